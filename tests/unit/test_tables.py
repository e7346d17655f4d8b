"""What reports failed rows of tables must not swallow them."""

import pytest
from tables import every


def tried_rows(tried: list[int]) -> None:
    with every() as row:
        for number in range(6):
            with row("row", number):
                tried.append(number)
                assert number % 2 == 0, f"{number} is odd"


def test_every_row_that_fails_is_named_and_the_rest_are_tried() -> None:
    tried: list[int] = []
    with pytest.raises(AssertionError) as told:
        tried_rows(tried)
    assert tried == list(range(6))
    lines = str(told.value).splitlines()
    assert lines[0] == "3 of 6 rows failed"
    assert all(any(f"{odd} is odd" in line for line in lines) for odd in (1, 3, 5))
    assert "row 0" not in str(told.value)


def test_an_error_counts_as_a_failure() -> None:
    with pytest.raises(AssertionError, match="ValueError"), every() as row, row("missing"):
        int("x")


def test_a_table_without_rows_proves_nothing() -> None:
    with pytest.raises(AssertionError, match="the table is empty"), every():
        pass
