"""Totals of selected rows, added up in the columns."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

import numpy as np

from opportune.model.filters import Grouping, Total, totals_of
from opportune.model.records import PRIORITY_RANK, Status
from opportune.stores.sqlite.cache import Values
from opportune.stores.sqlite.columns import (
    CATEGORY,
    CENTS,
    CLOSE,
    CREATED,
    CUSTOMER,
    OWNER,
    PRIORITY,
    SERVICES,
    STATUS,
    STATUS_CODE,
    Column,
)
from opportune.stores.sqlite.finding import Selection

GROUP_COLUMN: dict[Grouping, Column | None] = {
    Grouping.NONE: None,
    Grouping.PRIORITY: PRIORITY,
    Grouping.CATEGORY: CATEGORY,
    Grouping.SERVICE: SERVICES,
    Grouping.CUSTOMER: CUSTOMER,
    Grouping.OWNER: OWNER,
    Grouping.MONTH: CREATED,
    Grouping.CLOSE_MONTH: CLOSE,
}
ENTRY_NAMES = """SELECT code, name FROM entry
    WHERE code IN (SELECT value FROM json_each(?))"""
STATUSES = len(STATUS_CODE) + 1
_EXACT = 2**53
"""Below it a float holds every whole number."""
_LOW_BITS = 24


def columns_for(by: Grouping) -> tuple[Column, ...]:
    """Return the columns that totals need."""
    column = GROUP_COLUMN[by]
    return (STATUS, CENTS) if column is None else (STATUS, CENTS, column)


def added_up(db: sqlite3.Connection, selection: Selection, by: Grouping) -> tuple[Total, ...]:
    """Add up a selection that is settled and has `columns_for` the grouping."""
    column = GROUP_COLUMN[by]
    status, amounts = selection.values[STATUS], selection.values[CENTS]
    groups = None if column is None else selection.values[column]
    rows = list(_by_group(groups, status, amounts))
    keys_of = _keys(db, by, {group for group, *_ in rows})
    sums: dict[tuple[str, Status], tuple[int, int]] = {}
    for group, code, count, amount in rows:
        for key in keys_of[group]:
            place = (key, _STATUS[code])
            before = sums.get(place, (0, 0))
            sums[place] = (before[0] + count, before[1] + amount)
    return totals_of({place: (n, Decimal(c).scaleb(-2)) for place, (n, c) in sums.items()})


def _by_group(
    groups: Values | None, status: Values, amounts: Values
) -> Iterator[tuple[int, int, int, int]]:
    """Yield each group's number, status, count and cents."""
    kinds, places = np.zeros(1, dtype=np.int64), status.astype(np.int64)
    if groups is not None and len(groups):
        # Numbered anew without gaps, by a table: sorting a million would take ten times as long.
        is_there = np.zeros(int(groups.max()) + 1, dtype=np.bool_)
        is_there[groups] = True
        kinds = np.flatnonzero(is_there)
        table = np.cumsum(is_there) - 1
        places += table.take(groups) * STATUSES
    counts = np.bincount(places, minlength=len(kinds) * STATUSES)
    sums = _sums(places, amounts, len(counts))
    for place in np.flatnonzero(counts).tolist():
        group, code = divmod(place, STATUSES)
        yield int(kinds[group]), code, int(counts[place]), sums[place]


def _sums(places: Values, amounts: Values, count: int) -> list[int]:
    """Return exact sums of whole numbers: as floats in one go, or in two where they are large."""
    largest = int(np.abs(amounts).max(initial=0))
    if largest * max(1, len(amounts)) < _EXACT:
        sums = np.bincount(places, weights=amounts, minlength=count)
        return [int(one) for one in sums.tolist()]
    low = np.bincount(places, weights=amounts & (2**_LOW_BITS - 1), minlength=count)
    high = np.bincount(places, weights=amounts >> _LOW_BITS, minlength=count)
    return [
        (int(h) << _LOW_BITS) + int(one) for h, one in zip(high.tolist(), low.tolist(), strict=True)
    ]


def _keys(db: sqlite3.Connection, by: Grouping, groups: set[int]) -> Mapping[int, Sequence[str]]:
    """Return the keys of totals that each number in the column counts under."""
    if by is Grouping.NONE:
        return {0: [""]}
    if by is Grouping.PRIORITY:
        return {rank: [priority] for priority, rank in PRIORITY_RANK.items()}
    if by in (Grouping.MONTH, Grouping.CLOSE_MONTH):
        return {day: [_month(by, day)] for day in groups}
    rows = db.execute(ENTRY_NAMES, (json.dumps(sorted(groups)),))
    return {code: json.loads(name) if by is Grouping.SERVICE else [name] for code, name in rows}


def _month(by: Grouping, ordinal: int) -> str:
    """Return a day's month as `group_keys` writes it."""
    if not ordinal:
        return ""
    day = date.fromordinal(ordinal)
    return day.isoformat()[:7] if by is Grouping.MONTH else f"{day:%Y-%m}"


_STATUS = {code: status for status, code in STATUS_CODE.items()}
