"""Columns of the index as arrays in memory, as of the moment of a reader's transaction.

A process keeps each column that it was asked for: 62 bytes a row if all are used, and no more.
It follows other writers, of this process or not, by the stamps of the parts.
"""

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from opportune.stores.sqlite.columns import COLUMNS, SEGMENT_ROWS, STATUS, Column
from opportune.stores.sqlite.index import KEY_SHIFT, check_part

Values = npt.NDArray[Any]

STAMP = "SELECT coalesce(max(stamp), 0) FROM part"
LAST_STATUS = "SELECT coalesce(max(key), -1) FROM part WHERE key < ?"
COLUMN = "SELECT key, data FROM part WHERE key >= ? AND key < ?"
CHANGED = "SELECT key, data FROM part WHERE stamp > ?"

_SEGMENT = 2**KEY_SHIFT - 1
_BY_NUMBER: Mapping[int, Column] = {column.number: column for column in COLUMNS}


class ColumnCache:
    """The columns of one file, shared by the threads of a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stamp = 0
        self._held: dict[Column, Values] = {}
        self._rows = 0

    @contextmanager
    def at(self, db: sqlite3.Connection) -> Iterator["Columns"]:
        """Give the columns as a transaction sees them, to be looked at within the block only.

        Args:
            db: In a transaction that has read nothing yet: what it sees is then never older than
                what is held.
        """
        with self._lock:
            self._follow(db)
            yield Columns(db, self._held, self._rows)

    def _follow(self, db: sqlite3.Connection) -> None:
        (stamp,) = db.execute(STAMP).fetchone()
        if stamp == self._stamp:
            return
        if stamp < self._stamp:  # the file was put back to an older copy
            self._held.clear()
            self._rows = 0
        self._grow(db)
        if self._held:
            for key, data in db.execute(CHANGED, (self._stamp,)):
                column = _BY_NUMBER.get(key >> KEY_SHIFT)
                if column is not None and column in self._held:
                    _fill_segment(self._held[column], column, key, data)
        self._stamp = stamp

    def _grow(self, db: sqlite3.Connection) -> None:
        """Make room for rows that are new: each has a status before anything else."""
        (last,) = db.execute(LAST_STATUS, ((STATUS.number + 1) << KEY_SHIFT,)).fetchone()
        rows = ((last & _SEGMENT) + 1) * SEGMENT_ROWS if last >= 0 else 0
        if rows <= self._rows:
            return
        for column, values in self._held.items():
            more = np.zeros(rows - self._rows, dtype=column.packed)
            self._held[column] = np.concatenate((values, more))
        self._rows = rows


class Columns:
    """The columns at one moment; one is read when it is first asked for."""

    def __init__(self, db: sqlite3.Connection, held: dict[Column, Values], rows: int) -> None:
        self._db = db
        self._held = held
        self.rows = rows
        """One more than the greatest number of a row, or a little above."""

    def __getitem__(self, column: Column) -> Values:
        values = self._held.get(column)
        if values is None:
            values = np.zeros(self.rows, dtype=column.packed)
            first = column.number << KEY_SHIFT
            for key, data in self._db.execute(COLUMN, (first, first + 2**KEY_SHIFT)):
                _fill_segment(values, column, key, data)
            self._held[column] = values
        return values


def _fill_segment(values: Values, column: Column, key: int, data: bytes) -> None:
    start = (key & _SEGMENT) * SEGMENT_ROWS
    check_part(column, key, data)
    if start < len(values):  # beyond it no row has a status
        values[start : start + SEGMENT_ROWS] = np.frombuffer(data, dtype=column.packed)
