"""Units by arithmetic: sizes and units written out by hand, and what holds for every size."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opportune.costs.units import (
    Index,
    item_bytes,
    number_bytes,
    read_units,
    table_write_units,
    write_units,
)
from opportune.stores.dynamodb.items import Item

STATUS_INDEX = Index(
    "StatusIndex",
    ("status", "updatedAt"),
    frozenset({"sessionId", "opportunityId", "status", "updatedAt", "title"}),
)
PRIORITY_INDEX = Index(
    "PriorityIndex",
    ("priority", "estimatedARR"),
    frozenset({"sessionId", "opportunityId", "priority", "estimatedARR"}),
)


def an_item(title_bytes: int, **other: Any) -> Item:
    """Attribute by attribute, name and value: 105 bytes and the title."""
    return {
        "sessionId": {"S": "s1"},  # 9 + 2
        "opportunityId": {"S": "s1.a"},  # 13 + 4
        "status": {"S": "Nueva"},  # 6 + 5
        "updatedAt": {"S": "2026-03-01T12:00:00.000Z"},  # 9 + 24
        "priority": {"S": "High"},  # 8 + 4
        "estimatedARR": {"N": "1234.56"},  # 12 + 1 + 3
        "title": {"S": "x" * title_bytes},  # 5 + the title
    } | other


def without(item: Item, name: str) -> Item:
    return {key: value for key, value in item.items() if key != name}


PROGRESS = {"status": {"S": "En Progreso"}}
OTHER_TITLE = {"title": {"S": "y" * 919}}

BY_HAND: list[tuple[str, Item | None, Item | None, int, int, int, int]] = [
    # what, before, after, table, table in a transaction, StatusIndex, PriorityIndex
    ("put 1,024 bytes", None, an_item(919), 1, 2, 1, 1),
    ("put 1,025 bytes", None, an_item(920), 2, 4, 1, 1),
    ("put, row of 77 + 947", None, an_item(947), 2, 4, 1, 1),
    ("put, row of 77 + 948", None, an_item(948), 2, 4, 2, 1),
    ("put 5,120 bytes", None, an_item(5015), 5, 10, 5, 1),
    ("put 5,121 bytes", None, an_item(5016), 6, 12, 5, 1),
    ("the same again", an_item(919), an_item(919), 1, 2, 0, 0),
    ("another status: a key", an_item(900), an_item(900, **PROGRESS), 1, 2, 2, 0),
    ("another status, 6 bytes more", an_item(919), an_item(919, **PROGRESS), 2, 4, 2, 0),
    ("another title: projected", an_item(919), an_item(919, **OTHER_TITLE), 1, 2, 1, 0),
    ("smaller: the larger counts", an_item(2000), an_item(10), 3, 6, 3, 0),
    ("key and size", an_item(2000), an_item(10, **PROGRESS), 3, 6, 4, 0),
    ("leaves an index", an_item(9), without(an_item(9), "estimatedARR"), 1, 2, 0, 1),
    ("not projected", an_item(9), an_item(9, reasoning={"S": "z"}), 1, 2, 0, 0),
    ("delete", an_item(2000), None, 3, 6, 3, 1),
    ("delete what is not there", None, None, 1, 2, 0, 0),
]


@pytest.mark.parametrize(
    ("before", "after", "alone", "in_transaction", "status", "priority"),
    [row[1:] for row in BY_HAND],
    ids=[row[0] for row in BY_HAND],
)
def test_write_units_are_those_computed_by_hand(  # noqa: PLR0913 - the columns of the table
    *,
    before: Item | None,
    after: Item | None,
    alone: int,
    in_transaction: int,
    status: int,
    priority: int,
) -> None:
    assert table_write_units(before, after, in_transaction=False) == alone
    assert table_write_units(before, after, in_transaction=True) == in_transaction
    assert STATUS_INDEX.write_units(before, after) == status
    assert PRIORITY_INDEX.write_units(before, after) == priority


@pytest.mark.parametrize(
    ("attribute", "size"),
    [
        ({"a": {"S": ""}}, 1),
        ({"a": {"S": "ñ"}}, 3),
        ({"é": {"S": "\U0001f600"}}, 6),
        ({"a": {"BOOL": True}}, 2),
        ({"a": {"NULL": True}}, 2),
        ({"a": {"L": []}}, 4),
        ({"a": {"L": [{"S": "ab"}, {"S": ""}]}}, 8),
        ({"a": {"M": {}}}, 4),
        ({"a": {"M": {"b": {"S": "cc"}}}}, 8),
        ({"a": {"M": {"b": {"N": "12"}, "c": {"L": [{"N": "1"}]}}}}, 16),
    ],
)
def test_sizes_are_those_computed_by_hand(attribute: Item, size: int) -> None:
    assert item_bytes(attribute) == size


@pytest.mark.parametrize(
    ("number", "size"),
    [
        *[("0", 1), ("7", 2), ("42", 2), ("100000", 2), ("123", 3), ("12.3", 3), ("1.23", 3)],
        *[("1230", 3), ("0.001", 2), ("1234.56", 4), ("-5", 3), ("-1234567.89", 7)],
        *[("1.2", 3), ("120", 3), ("0.12", 2), ("0.012", 3), ("1234.5", 4), ("-1.2", 4)],
        *[("9999999999999.99", 9), ("1772366400", 5), ("1772366401", 6), ("0.00", 1)],
    ],
)
def test_a_number_takes_a_byte_for_two_digits_between_its_zeros(number: str, size: int) -> None:
    """Found on both engines by padding an item until one byte more was one unit more."""
    assert number_bytes(number) == size


@pytest.mark.parametrize(
    ("size", "strong", "eventual"),
    [
        (0, 1, 0.5),
        (1, 1, 0.5),
        (4096, 1, 0.5),
        (4097, 2, 1),
        (25_600, 7, 3.5),
        (25 * 4096, 25, 12.5),
    ],
)
def test_read_units_are_those_computed_by_hand(size: int, strong: float, eventual: float) -> None:
    assert read_units(size, is_strong=True) == strong
    assert read_units(size, is_strong=False) == eventual


@given(st.integers(1, 400))
def test_a_unit_ends_exactly_at_its_last_byte(blocks: int) -> None:
    assert write_units(blocks * 1024) == blocks
    assert write_units(blocks * 1024 + 1) == blocks + 1
    assert read_units(blocks * 4096, is_strong=True) == blocks
    assert read_units(blocks * 4096 + 1, is_strong=True) == blocks + 1


@given(st.integers(0, 409_600), st.integers(0, 409_600))
def test_more_bytes_never_cost_less(one: int, other: int) -> None:
    small, large = sorted((one, other))
    assert write_units(small) <= write_units(large)
    assert read_units(small, is_strong=True) <= read_units(large, is_strong=True)
    assert read_units(small, is_strong=False) * 2 == read_units(small, is_strong=True)


VALUES = st.recursive(
    st.one_of(
        st.builds(lambda text: {"S": text}, st.text(max_size=20)),
        st.builds(lambda number: {"N": str(number)}, st.integers(-(10**30), 10**30)),
        st.just({"BOOL": True}),
    ),
    lambda inner: st.one_of(
        st.builds(lambda many: {"L": many}, st.lists(inner, max_size=4)),
        st.builds(lambda many: {"M": many}, st.dictionaries(st.text(max_size=5), inner)),
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text(min_size=1, max_size=9), VALUES), st.text(max_size=50))
def test_one_attribute_more_makes_an_item_larger_by_its_own_size(item: Item, text: str) -> None:
    name = "a name that is not there"
    larger = item | {name: {"S": text}}
    assert item_bytes(larger) == item_bytes(item) + len(name) + len(text.encode())


@given(st.integers(0, 3000), st.none() | st.integers(0, 3000))
def test_a_change_costs_what_its_larger_state_costs(one: int, other: int | None) -> None:
    before, after = an_item(one), None if other is None else an_item(other)
    at_least = table_write_units(None, before, in_transaction=False)
    units = table_write_units(before, after, in_transaction=False)
    assert units >= at_least
    assert units == table_write_units(after, before, in_transaction=False)
    assert STATUS_INDEX.write_units(before, after) == STATUS_INDEX.write_units(after, before)


def test_index_rows_have_what_the_template_declares() -> None:
    declared = {
        "IndexName": "I",
        "KeySchema": [
            {"AttributeName": "status", "KeyType": "HASH"},
            {"AttributeName": "updatedAt", "KeyType": "RANGE"},
        ],
        "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["title"]},
    }
    keys = ("sessionId", "opportunityId")
    assert Index.declared(declared, keys) == Index(
        "I", *(STATUS_INDEX.keys, STATUS_INDEX.attributes)
    )
    whole = Index.declared(declared | {"Projection": {"ProjectionType": "ALL"}}, keys)
    assert whole.row(an_item(9)) == an_item(9)
    bare = Index.declared(declared | {"Projection": {"ProjectionType": "KEYS_ONLY"}}, keys)
    assert set(bare.row(an_item(9)) or ()) == {*keys, "status", "updatedAt"}
    assert bare.row(without(an_item(9), "status")) is None
