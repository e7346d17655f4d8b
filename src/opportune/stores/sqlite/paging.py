"""Rows in the order of a page: the greatest number first, ties by id. A few, not all, are sorted.

The first rows of many are cut off by a bound that a sample of them suggests. Many rows may have the
same number (an ARR of 0, one bulk change): then the order's index in the file is followed.
"""

import json
import sqlite3
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from opportune.model.filters import Order
from opportune.stores.cursor import Position
from opportune.stores.sqlite.cache import Values
from opportune.stores.sqlite.columns import CENTS, UPDATED, Column
from opportune.stores.sqlite.finding import Selection

Places = npt.NDArray[np.int64]
"""Places in a selection."""

ORDER_COLUMN: dict[Order, Column] = {Order.NEWEST: UPDATED, Order.ARR: CENTS}
IDS = """SELECT number, id FROM opportunity
    WHERE number IN (SELECT value FROM json_each(?))"""
TIES = {
    Order.NEWEST: """SELECT number FROM opportunity INDEXED BY opportunity_newest
        WHERE deleted = 0 AND updated_ms = ? AND id > ? ORDER BY id""",
    Order.ARR: """SELECT number FROM opportunity INDEXED BY opportunity_arr
        WHERE deleted = 0 AND arr_cents = ? AND id > ? ORDER BY id""",
}

FEW = 3000
"""Rows that are sorted at once rather than picked by an index."""

SAMPLE = 1000
"""Keys of many that suggest a bound."""


class Paging:
    """Puts a selection in order, lazily.

    Args:
        db: In the transaction of the selection.
        selection: With the order's column.
        order: Which.
    """

    def __init__(self, db: sqlite3.Connection, selection: Selection, order: Order) -> None:
        self._db = db
        self._order = order
        self._rows = selection.rows
        self._keys = selection.values[ORDER_COLUMN[order]]

    def after(self, position: Position, at_once: int) -> Iterator[int]:
        """Yield the places of rows after a position; they are put in order some at a time."""
        number, text = position
        if text:
            yield from self._tied(number, text)
        left = np.flatnonzero(self._keys < number) if text else None  # None: all
        while len(self._rows) if left is None else len(left):
            keys = self._keys if left is None else self._keys.take(left)
            bound = _bound(keys, at_once)
            yield from self._sorted(_among(left, np.flatnonzero(keys > bound)))
            yield from self._tied(bound, "")
            left = _among(left, np.flatnonzero(keys < bound))
            at_once = min(
                4 * at_once, FEW
            )  # a caller who goes on has found little in the first ones

    def _sorted(self, places: Places) -> list[int]:
        ids = self._ids(places)
        return sorted(places.tolist(), key=lambda place: (-int(self._keys[place]), ids[place]))

    def _tied(self, number: int, after: str) -> Iterator[int]:
        """Yield those with this number and a later id, by id."""
        places = np.flatnonzero(self._keys == number)
        if len(places) <= FEW:
            ids = self._ids(places)
            yield from sorted((p for p in places.tolist() if ids[p] > after), key=ids.__getitem__)
            return
        flags = np.zeros(int(self._rows[-1]) + 1, dtype=np.uint8)
        flags[self._rows.take(places)] = 1
        is_tied = flags.tobytes()  # bytes are quicker to ask one by one
        for (row,) in self._db.execute(TIES[self._order], (number, after)):
            if row < len(is_tied) and is_tied[row]:
                yield int(np.searchsorted(self._rows, row))

    def _ids(self, places: Places) -> dict[int, str]:
        rows = self._rows.take(places).tolist()
        found = dict(self._db.execute(IDS, (json.dumps(rows),)).fetchall())
        return {place: found[row] for place, row in zip(places.tolist(), rows, strict=True)}


def _among(left: Places | None, places: Places) -> Places:
    return places if left is None else left.take(places)


def _bound(keys: Values, wanted: int) -> int:
    """Return a number that some `wanted` keys, or all, reach; few more than that are above it."""
    if len(keys) <= wanted:
        return int(keys.min())
    step = len(keys) // SAMPLE
    if step > 1:  # most keys are below what a sample says
        sample = np.sort(keys[::step])
        guess = sample[-min(len(sample), 2 * wanted // step + 8)]
        reaching = keys[keys >= guess]
        if len(reaching) >= wanted:
            keys = reaching
    return int(np.partition(keys, len(keys) - wanted)[len(keys) - wanted])
