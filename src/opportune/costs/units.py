"""Capacity units by arithmetic: what DynamoDB charges for an item written or read.

Source: the DynamoDB developer guide, "item sizes and formats", "read and write operations" and
"managing complex workflows with transactions", as of November 2026. What it leaves open is said
where it is decided. Items are in DynamoDB's own JSON: `{"title": {"S": "text"}}`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from opportune.stores.dynamodb.items import Item

WRITE_BYTES = 1024
"""One write unit."""
READ_BYTES = 4096
"""One strongly consistent read unit."""
OVERHEAD_BYTES = 100
"""Stored and billed with each item, and with each row of an index; no part of its units."""
TRANSACTION_FACTOR = 2
"""Of a table's part of a transactional write: to prepare and to commit.

Indexes follow after the commit, so their part is taken as written once. ministack counts so,
DynamoDB Local counts otherwise, and AWS does not say.
"""

_LIST_BYTES = 3
_ELEMENT_BYTES = 1


def item_bytes(item: Item) -> int:
    """Return the size of an item: names and values, in bytes."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(typed: Mapping[str, Any]) -> int:
    ((kind, value),) = typed.items()
    if kind == "S":
        return len(value.encode())
    if kind == "N":
        return number_bytes(value)
    if kind in ("BOOL", "NULL"):
        return 1
    if kind == "L":
        elements = sum(_ELEMENT_BYTES + _value_bytes(one) for one in value)
    elif kind == "M":
        elements = sum(
            _ELEMENT_BYTES + len(name.encode()) + _value_bytes(one) for name, one in value.items()
        )
    else:
        raise ValueError(f"no item of ours has a value of type {kind}")
    return _LIST_BYTES + elements


def number_bytes(text: str) -> int:
    """Return the size of a number: a byte for two significant digits, one more, one for a minus.

    Zeros at either end do not count; pairs are laid from the decimal point outwards, so 1.2 is two
    pairs (01 and 20), and so is 120. Both local engines count the same.
    """
    sign, digits, exponent = Decimal(text).normalize().as_tuple()
    if digits == (0,):
        return 1
    assert isinstance(exponent, int)  # noqa: S101 # a stored number is finite
    is_odd = exponent % 2
    return 1 + (len(digits) + is_odd + 1) // 2 + sign


def write_units(size: int) -> int:
    """Return the units of writing so many bytes; nothing there is written as one unit."""
    return max(1, -(-size // WRITE_BYTES))


def read_units(size: int, *, is_strong: bool) -> float:
    """Return the units of reading so many bytes in one go: half of it if eventually consistent."""
    blocks = max(1, -(-size // READ_BYTES))
    return blocks if is_strong else blocks / 2


@dataclass(frozen=True, slots=True)
class Index:
    """A secondary index: which attributes its rows have.

    Args:
        name: Its name.
        keys: Its partition and sort key.
        attributes: Names that are copied, keys of table and index included; None = all.
    """

    name: str
    keys: tuple[str, ...]
    attributes: frozenset[str] | None

    @classmethod
    def declared(cls, index: Mapping[str, Any], table_keys: Iterable[str]) -> "Index":
        """Make one of what infra/storage.yaml says."""
        keys = tuple(key["AttributeName"] for key in index["KeySchema"])
        projection = index["Projection"]
        copied = frozenset((*table_keys, *keys, *projection.get("NonKeyAttributes", ())))
        is_whole = projection["ProjectionType"] == "ALL"
        return cls(index["IndexName"], keys, None if is_whole else copied)

    def row(self, item: Item | None) -> Item | None:
        """Return an item's row; None if it lacks a key of the index, or there is no item."""
        if item is None or any(key not in item for key in self.keys):
            return None
        if self.attributes is None:
            return item
        return {name: value for name, value in item.items() if name in self.attributes}

    def write_units(self, before: Item | None, after: Item | None) -> int:
        """Return what a change of an item costs here: another key is a delete and a put."""
        old, new = self.row(before), self.row(after)
        if old == new:
            return 0
        if old is None or new is None:
            return write_units(item_bytes(old or new or {}))
        if any(old[key] != new[key] for key in self.keys):
            return write_units(item_bytes(old)) + write_units(item_bytes(new))
        return write_units(max(item_bytes(old), item_bytes(new)))


def table_write_units(before: Item | None, after: Item | None, *, in_transaction: bool) -> int:
    """Return what a change of an item costs in its table: by the larger of the two states."""
    units = write_units(max(item_bytes(before or {}), item_bytes(after or {})))
    return units * TRANSACTION_FACTOR if in_transaction else units
