"""What the file says twice, compared: bodies with columns, index, search and history."""

import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime
from textwrap import shorten
from typing import Any

import numpy as np
from pydantic import ValidationError

from opportune.errors import StoreError
from opportune.model.records import Opportunity
from opportune.stores.contract import Audited, AuditPage, Retention
from opportune.stores.cursor import AUDIT_QUESTION, cursor_after
from opportune.stores.revisions import is_forgotten, is_history_expired
from opportune.stores.sqlite.cache import ColumnCache
from opportune.stores.sqlite.columns import (
    COLUMNS,
    NUMBERS,
    STATUS,
    Column,
    Entry,
    entries_of,
    numbers_of,
)
from opportune.stores.sqlite.index import Index
from opportune.stores.sqlite.rows import opportunity_values, past_values

# No column decides what is read: what was edited must not hide a row.
ROWS = """SELECT id, version, 1 AS is_newest, number, session_id, deleted, status, priority,
        arr_cents AS cents, updated_ms AS ms, ttl, search, body, version AS newest_version
        FROM opportunity WHERE (id, version) > (:id, :version)
    UNION ALL SELECT id, version, 0, 0, '', 0, '', 0, 0, updated_ms, NULL, '', body,
        (SELECT version FROM opportunity WHERE id = past.id)
        FROM opportunity_past AS past WHERE (id, version) > (:id, :version)
    ORDER BY id, version LIMIT :limit"""
ENTRY = "SELECT kind, name, search, digest FROM entry WHERE code = ?"
LIVE_NUMBERS = "SELECT number FROM opportunity WHERE deleted = 0"
TAKEN_NUMBERS = "SELECT number FROM free_number JOIN opportunity USING (number)"
USES = "SELECT code, uses FROM entry"
CHECK_SEARCH = "INSERT INTO entry_search (entry_search, rank) VALUES ('integrity-check', 1)"

WORDS = {"cents": "arr_cents", "ms": "updated_ms"}
"""Names of columns in the file, where a query calls them otherwise."""


class Auditor:
    """Compares within one transaction, which may write but has nothing to keep.

    Args:
        db: The transaction.
        now: Decides what has outlived its retention, and is not to be named.
        retention: The store's.
    """

    def __init__(self, db: sqlite3.Connection, now: datetime, retention: Retention) -> None:
        self._db = db
        self._now = now
        self._retention = retention
        self._index = Index(db)
        self._entries: dict[int, tuple[Any, ...] | None] = {}

    def page(self, limit: int, after: tuple[int, str] | None) -> AuditPage:
        """Return the revisions after a position; before the first, what is wrong with no one's."""
        version, key = after or (0, "")
        values = {"id": key, "version": version, "limit": limit + 1}
        cursor = self._db.execute(ROWS, values)
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        items = [] if after else [Audited("", 0, None, problem) for problem in self._whole()]
        items += [one for row in rows[:limit] for one in self._audited(row)]
        more = None
        if len(rows) > limit:
            last = rows[limit - 1]
            more = cursor_after(AUDIT_QUESTION, (last["version"], last["id"]))
        return AuditPage(tuple(items), more)

    def _audited(self, row: Mapping[str, Any]) -> Iterator[Audited]:
        place = (row["id"], row["version"])
        try:
            revision = Opportunity.model_validate_json(row["body"])
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "JSON"
            yield Audited(*place, None, f"Its body cannot be read: {where}: {first['msg']}.")
            return
        wrong = list(self._wrong_columns(row, revision))
        if row["is_newest"]:
            wrong += self._wrong_index(row["number"], revision)
        elif row["version"] >= row["newest_version"]:
            wrong.append(f"It is kept as history of version {row['newest_version']}")
        if wrong or not self._is_gone(revision, is_newest=bool(row["is_newest"])):
            problem = f"{'; '.join(wrong)}." if wrong else ""
            yield Audited(*place, revision, problem)

    def _is_gone(self, revision: Opportunity, *, is_newest: bool) -> bool:
        judge = is_forgotten if is_newest else is_history_expired
        return judge(revision, self._now, self._retention)

    def _wrong_columns(self, row: Mapping[str, Any], revision: Opportunity) -> Iterator[str]:
        expected = opportunity_values(revision) if row["is_newest"] else past_values(revision)
        del expected["body"]  # its JSON may have been written by an earlier release
        for name, value in expected.items():
            if row[name] != value:
                column = WORDS.get(name, name)
                yield f"Column {column} says {_shortened(row[name])}, its body {_shortened(value)}"

    def _wrong_index(self, number: int, revision: Opportunity) -> Iterator[str]:
        try:
            held = self._index.held(number)
        except StoreError as error:
            yield str(error).rstrip(".")
            return
        expected = numbers_of(revision)
        for column in NUMBERS:
            if held[column] != expected[column]:
                yield f"The index says {column.name} {held[column]}, its body {expected[column]}"
        entries = {entry.column: entry for entry in entries_of(revision)}
        for column in COLUMNS[len(NUMBERS) :]:
            if not self._is_entry(held[column], column, entries.get(column)):
                yield f"The index has another {column.name} than its body"

    def _is_entry(self, code: int, column: Column, expected: Entry | None) -> bool:
        """Tell whether a code stands for what is expected, 0 for nothing."""
        if expected is None or not code:
            return expected is None and not code
        if code not in self._entries:
            self._entries[code] = self._db.execute(ENTRY, (code,)).fetchone()
        wanted = (column.number, expected.name, expected.search, expected.digest)
        return self._entries[code] == wanted

    def _whole(self) -> Iterator[str]:
        """Yield what is wrong with the index as a whole."""
        try:
            self._db.execute(CHECK_SEARCH)
        except sqlite3.DatabaseError as error:
            yield f"The full-text index differs from the texts it is made of: {error}."
        try:
            yield from self._wrong_places()
        except StoreError as error:
            yield str(error)

    def _wrong_places(self) -> Iterator[str]:
        for (number,) in self._db.execute(TAKEN_NUMBERS):
            yield f"Row {number} is listed as free, and is not."
        with ColumnCache().at(self._db) as at:
            live = np.fromiter((n for (n,) in self._db.execute(LIVE_NUMBERS)), dtype=np.int64)
            counted = np.flatnonzero(at[STATUS])
            for number in np.setdiff1d(counted, live).tolist():
                yield f"The index counts row {number}, where no opportunity is."
            used: np.ndarray[Any, Any] = np.zeros(1, dtype=np.int64)
            for column in COLUMNS[len(NUMBERS) :]:
                more = np.bincount(at[column])
                size = max(len(used), len(more))
                used = np.pad(used, (0, size - len(used))) + np.pad(more, (0, size - len(more)))
        for code, uses in self._db.execute(USES):
            if uses != (used[code] if code < len(used) else 0):
                yield f"Entry {code} of the index says that {uses} rows use it: that is wrong."


def _shortened(value: object) -> str:
    return shorten(repr(value), width=60, placeholder="...")
