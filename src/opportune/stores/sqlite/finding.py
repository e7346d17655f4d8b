"""Which rows pass the filters, found in the columns alone."""

import json
import math
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt

from opportune.model.filters import OpportunityFilters
from opportune.model.folding import folded
from opportune.model.records import PRIORITY_RANK
from opportune.stores.sqlite.cache import ColumnCache, Columns, Values
from opportune.stores.sqlite.columns import (
    CATEGORY,
    CENTS,
    CLOSE,
    CREATED,
    CUSTOMER,
    OWNER,
    PRIORITY,
    SEARCHED,
    SERVICES,
    STATUS,
    STATUS_CODE,
    TTL,
    UPDATED,
    Column,
    day_ms,
)
from opportune.stores.sqlite.search import codes_of

Mask = npt.NDArray[np.bool_]
"""One truth value a row."""

IN_SESSION = "SELECT number FROM opportunity WHERE session_id = ?"
NAMED = """SELECT code FROM entry WHERE kind < 12 AND kind = :kind
    AND search IN (SELECT value FROM json_each(:names))"""
SERVICE_LISTS = f"SELECT code, name FROM entry WHERE kind < 12 AND kind = {SERVICES.number}"  # noqa: S608 - a constant
HAS_TERM = "SELECT 1 FROM opportunity WHERE number = ? AND instr(search, ?) > 0"


@dataclass(frozen=True)
class Selection:
    """Rows that pass, or may pass: the term has to be looked for in the texts of some."""

    rows: npt.NDArray[np.int64]
    """Their numbers, ascending."""
    term: str = ""
    unsure: Mask | None = None
    """Of each row, whether it is to be looked at; None = of none."""
    values: dict[Column, Values] = field(default_factory=dict)
    """What the rows have in the columns that were asked for."""

    def has_term(self, db: sqlite3.Connection, place: int) -> bool:
        """Tell whether the row in this place passes; its text is read if need be."""
        if self.unsure is None or not self.unsure[place]:
            return True
        values = (int(self.rows[place]), self.term)
        return db.execute(HAS_TERM, values).fetchone() is not None

    def settled(self, db: sqlite3.Connection) -> "Selection":
        """Return it with the rows that pass alone: the texts of all that are unsure are read."""
        if self.unsure is None:
            return self
        keeps = np.fromiter(
            (self.has_term(db, place) for place in range(len(self.rows))),
            dtype=np.bool_,
            count=len(self.rows),
        )
        values = {column: each[keeps] for column, each in self.values.items()}
        return Selection(self.rows[keeps], values=values)


def select(
    cache: ColumnCache,
    db: sqlite3.Connection,
    filters: OpportunityFilters,
    *,
    now: float,
    columns: Sequence[Column],
) -> Selection:
    """Return the rows that pass, with what they have in these columns.

    Args:
        cache: Of the file.
        db: In a transaction that has read nothing yet.
        filters: What is asked for.
        now: Epoch seconds.
        columns: Any.
    """
    with cache.at(db) as at:
        passing = np.ones(at.rows, dtype=np.bool_)
        for mask in _masks(db, at, filters, now):
            passing &= mask
        term, unsure = folded(filters.search_term), None
        if term:
            sure, perhaps = _with_term(db, at, term)
            unsure = passing & perhaps & ~sure if perhaps is not None else None
            passing &= sure if perhaps is None else sure | perhaps
        rows = np.flatnonzero(passing)
        return Selection(
            rows,
            term,
            unsure.take(rows) if unsure is not None else None,
            {column: at[column].take(rows) for column in columns},
        )


def _masks(
    db: sqlite3.Connection, at: Columns, filters: OpportunityFilters, now: float
) -> Iterator[Mask]:
    statuses = {STATUS_CODE[status] for status in filters.status}
    yield _is_one(at[STATUS], statuses) if statuses else at[STATUS] > 0
    yield at[TTL] > math.floor(now)
    if filters.priority:
        yield _is_one(at[PRIORITY], {PRIORITY_RANK[one] for one in filters.priority})
    if filters.min_arr is not None:
        yield at[CENTS] >= int(filters.min_arr * 100)
    if filters.max_arr is not None:
        yield at[CENTS] <= int(filters.max_arr * 100)
    if filters.session_id:
        yield _rows(at, (number for (number,) in db.execute(IN_SESSION, (filters.session_id,))))
    yield from _days(at, filters)
    yield from _names(db, at, filters)


def _days(at: Columns, filters: OpportunityFilters) -> Iterator[Mask]:
    """A day of 0 is none, and before every bound; with an upper one alone it must be left out."""
    for column, first, last in (
        (CREATED, filters.created_from, filters.created_to),
        (CLOSE, filters.close_from, filters.close_to),
    ):
        if first or last:
            yield at[column] >= (first or date.min).toordinal()
        if last:
            yield at[column] <= last.toordinal()
    if filters.updated_from:
        yield at[UPDATED] >= day_ms(filters.updated_from.toordinal())
    if filters.updated_to:
        yield at[UPDATED] < day_ms(filters.updated_to.toordinal() + 1)


def _names(db: sqlite3.Connection, at: Columns, filters: OpportunityFilters) -> Iterator[Mask]:
    for column, names in (
        (CATEGORY, filters.category),
        (CUSTOMER, filters.customer),
        (OWNER, filters.owner),
    ):
        if names:
            wanted = json.dumps([folded(name) for name in names])
            rows = db.execute(NAMED, {"kind": column.number, "names": wanted})
            yield _is_one(at[column], {code for (code,) in rows})
    if filters.service:
        services = {folded(name) for name in filters.service}
        lists = db.execute(SERVICE_LISTS)
        codes = {code for code, held in lists if services & set(map(folded, json.loads(held)))}
        yield _is_one(at[SERVICES], codes)


def _with_term(db: sqlite3.Connection, at: Columns, term: str) -> tuple[Mask, Mask | None]:
    """Return which rows have a term for sure, and which may have it; None = no others."""
    none = np.zeros(at.rows, dtype=np.bool_)
    if "\n" not in term:
        codes = codes_of(db, term)
        perhaps = _any(at, codes.perhaps) if codes.perhaps else None
        return _any(at, codes.sure), perhaps
    # Over several fields, or lines of one: each line must be somewhere.
    perhaps = ~none
    for line in filter(None, term.split("\n")):
        codes = codes_of(db, line)
        perhaps &= _any(at, codes.sure) | _any(at, codes.perhaps)
    return none, perhaps


def _any(at: Columns, codes: dict[int, list[int]]) -> Mask:
    """Return which rows have one of these codes."""
    found = np.zeros(at.rows, dtype=np.bool_)
    for column in sorted(SEARCHED, key=lambda one: -len(codes.get(one.number, ()))):
        if column.number in codes and not found.all():
            found |= _is_one(at[column], codes[column.number])
    return found


def _is_one(values: Values, wanted: Iterable[int]) -> Mask:
    """Return which of these values are wanted; by a table, which is faster than sorting."""
    numbers = np.fromiter(wanted, dtype=np.int64)
    if len(numbers) == 1:
        return np.asarray(values == numbers[0])
    table = np.zeros(int(numbers.max(initial=0)) + 2, dtype=np.bool_)
    table[numbers] = True
    return table.take(values, mode="clip")  # what is beyond the table meets its last place: no


def _rows(at: Columns, numbers: Iterable[int]) -> Mask:
    mask = np.zeros(at.rows, dtype=np.bool_)
    mask[np.fromiter(numbers, dtype=np.int64)] = True
    return mask
