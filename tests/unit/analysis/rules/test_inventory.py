"""Inventories built by hand for the tests of the analysis, and where their facts stand."""

from decimal import Decimal

from cases import analysis_of, server
from hypothesis import given
from hypothesis import strategies as st

from opportune.analysis.places import RANGES_LISTED, located
from opportune.model.assessment import (
    Table,
)


@given(st.sets(st.integers(2, 400), min_size=1))
def test_a_place_covers_exactly_the_rows_it_is_for(rows: set[int]) -> None:
    (place,) = located([server(r) for r in rows], "os_name")
    covered: set[int] = set()
    for part in place.location.split(", "):
        first, _, last = part.removeprefix("Servers!E").partition(":E")
        covered |= set(range(int(first), int(last or first) + 1))
    assert len(place.rows) == len(rows)
    assert rows <= covered
    if place.location.count(",") or len(rows) <= RANGES_LISTED:
        assert covered == rows


def test_facts_of_two_files_are_cited_file_by_file() -> None:
    other = Table("b.csv", "b" * 64, "", 1)
    places = located([server(3), server(2), server(9, table=other)], "cores")
    assert [(p.file, p.location) for p in places] == [
        ("b.csv", "row 9"),
        ("estate.xlsx", "Servers!H2:H3"),
    ]


def test_a_column_that_the_table_lacks_is_cited_by_whole_rows() -> None:
    (place,) = located([server(2), server(3)], "no_such_field")
    assert place.location == "Servers!2:3"


def test_amounts_are_exact_decimals() -> None:
    assert isinstance(analysis_of([server()]).portfolio_arr, Decimal)
