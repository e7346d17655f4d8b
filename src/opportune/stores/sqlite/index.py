"""Keeps the index: the numbers in the columns, and the entries that hold their texts.

A write changes it in its own transaction. Only what differs is written: a change of status touches
the parts of three columns, and no text.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from opportune.errors import StoreError
from opportune.model.records import Opportunity
from opportune.stores.sqlite.columns import (
    COLUMNS,
    NUMBERS,
    SEGMENT_ROWS,
    Column,
    Entry,
    entries_of,
    numbers_of,
)

KEY_SHIFT = 32
NEXT_STAMP = "SELECT coalesce(max(stamp), 0) + 1 FROM part"
PART = "SELECT data FROM part WHERE key = ?"
PUT_PART = """INSERT INTO part VALUES (:key, :stamp, :data)
    ON CONFLICT (key) DO UPDATE SET stamp = :stamp, data = :data"""
CODE = "SELECT code FROM entry WHERE digest = ?"
PUT_ENTRY = "INSERT INTO entry VALUES (NULL, ?, 0, ?, ?, ?)"
USE_ENTRY = "UPDATE entry SET uses = uses + ? WHERE code = ?"
UNUSED = "SELECT code, search FROM entry WHERE code = ? AND uses <= 0"
DROP_ENTRY = "DELETE FROM entry WHERE code = ?"
SEARCH_ENTRY = "INSERT INTO entry_search (rowid, search) VALUES (?, ?)"
UNSEARCH_ENTRY = """INSERT INTO entry_search (entry_search, rowid, search)
    VALUES ('delete', ?, ?)"""

ROWS_AT_ONCE = 50_000
"""Rows after which a rebuilding index is written, so that memory stays small."""


def part_key(column: Column, number: int) -> int:
    """Return the key of the part that holds a row's place in a column."""
    return column.number << KEY_SHIFT | number // SEGMENT_ROWS


def check_part(column: Column, key: int, data: bytes | bytearray) -> None:
    """Refuse a part that has not the size that its column gives it.

    Raises:
        StoreError: It has not.
    """
    if len(data) != column.part_bytes:
        raise StoreError(f"Part {key} of the index is damaged: restore a copy of the file.")


class Index:
    """The index within one transaction: reads what is there, gathers changes, `flush` writes them.

    Args:
        db: Inside a transaction that writes; for looking only, any connection.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._parts: dict[int, bytearray] = {}
        self._changed: set[int] = set()
        self._codes: dict[Entry, int] = {}
        self._uses: Counter[int] = Counter()

    def held(self, number: int) -> dict[Column, int]:
        """Return what stands in all columns of a row."""
        return {column: self._get(column, number) for column in COLUMNS}

    def put(self, number: int, opportunity: Opportunity) -> None:
        """Say of a row what its newest revision is."""
        numbers = numbers_of(opportunity)
        codes = {entry.column: self._code(entry) for entry in entries_of(opportunity)}
        self._set_all(number, {**numbers, **codes})

    def clear(self, number: int) -> None:
        """Say that there is no such row."""
        self._set_all(number, {})

    def flush(self) -> None:
        """Write what was gathered."""
        if self._changed:
            (stamp,) = self._db.execute(NEXT_STAMP).fetchone()
            self._db.executemany(
                PUT_PART,
                (
                    {"key": key, "stamp": stamp, "data": self._parts[key]}
                    for key in sorted(self._changed)
                ),
            )
        self._db.executemany(USE_ENTRY, [(by, code) for code, by in self._uses.items() if by])
        for code in self._uses:  # 0 names no entry
            self._drop_unused(code)
        self._parts.clear()
        self._changed.clear()
        self._codes.clear()
        self._uses.clear()

    def _set_all(self, number: int, values: Mapping[Column, int]) -> None:
        place = number % SEGMENT_ROWS
        for column in COLUMNS:
            key = part_key(column, number)
            part = self._part(column, key)
            at = place * column.place.size
            before, after = column.place.unpack_from(part, at)[0], values.get(column, 0)
            if before == after:
                continue
            column.place.pack_into(part, at, after)
            self._changed.add(key)
            if column not in NUMBERS:
                self._uses[before] -= 1
                self._uses[after] += 1

    def _get(self, column: Column, number: int) -> int:
        part = self._part(column, part_key(column, number))
        value: int = column.place.unpack_from(part, number % SEGMENT_ROWS * column.place.size)[0]
        return value

    def _part(self, column: Column, key: int) -> bytearray:
        part = self._parts.get(key)
        if part is None:
            row = self._db.execute(PART, (key,)).fetchone()
            part = bytearray(row[0] if row else column.part_bytes)
            check_part(column, key, part)
            self._parts[key] = part
        return part

    def _code(self, entry: Entry) -> int:
        """Return the code of an entry; a new one if there is none yet."""
        code = self._codes.get(entry)
        if code is None:
            row = self._db.execute(CODE, (entry.digest,)).fetchone()
            code = row[0] if row else self._added(entry)
            self._codes[entry] = code
        return code

    def _added(self, entry: Entry) -> int:
        values = (entry.column.number, entry.digest, entry.name, entry.search)
        code = self._db.execute(PUT_ENTRY, values).lastrowid
        if code is None:
            raise AssertionError("an insert has a row id")
        self._db.execute(SEARCH_ENTRY, (code, entry.search))
        self._uses[code] += 0  # dropped again if nothing comes to use it
        return code

    def _drop_unused(self, code: int) -> None:
        for unused in self._db.execute(UNUSED, (code,)).fetchall():
            self._db.execute(UNSEARCH_ENTRY, unused)
            self._db.execute(DROP_ENTRY, (code,))


def rebuild(db: sqlite3.Connection) -> None:
    """Make the index anew from the rows; one that cannot be read stands in no column."""
    for table in ("part", "entry"):
        db.execute(f"DELETE FROM {table}")  # noqa: S608 - two constants
    db.execute("INSERT INTO entry_search (entry_search) VALUES ('rebuild')")
    index = Index(db)
    for count, (number, opportunity) in enumerate(_readable(db), 1):
        index.put(number, opportunity)
        if count % ROWS_AT_ONCE == 0:
            index.flush()
    index.flush()


def _readable(db: sqlite3.Connection) -> Iterator[tuple[int, Opportunity]]:
    for number, body in db.execute("SELECT number, body FROM opportunity ORDER BY number"):
        try:
            yield number, Opportunity.model_validate_json(body)
        except ValidationError:
            continue
