"""Answers `find_opportunities` and `totals`, each as of one moment."""

import math
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from pydantic import ValidationError

from opportune.model.filters import Grouping, OpportunityFilters, Order, Total
from opportune.model.records import Opportunity, Page
from opportune.stores.contract import Clock
from opportune.stores.cursor import (
    Position,
    cursor_after,
    find_position,
    find_question,
    position_of,
)
from opportune.stores.sqlite.file import SQLiteFile
from opportune.stores.sqlite.rows import FIRST, LIVE, bodies_of

if TYPE_CHECKING:  # they need numpy, whose loading costs more than a page without filters
    from opportune.stores.sqlite.cache import ColumnCache
    from opportune.stores.sqlite.columns import Column
    from opportune.stores.sqlite.finding import Selection

EVERYTHING = OpportunityFilters()
IN_ORDER = {
    order: [
        f"""SELECT body FROM opportunity INDEXED BY {index} WHERE {LIVE} AND {column} {place}
            ORDER BY {column} DESC, id LIMIT :limit"""  # noqa: S608 - constants
        for place in ("= :number AND id > :text", "< :number")
    ]
    for order, column, index in (
        (Order.NEWEST, "updated_ms", "opportunity_newest"),
        (Order.ARR, "arr_cents", "opportunity_arr"),
    )
}
"""All that follow a position in an order, from its own index: its ties first, then the others."""


class Finder:
    """Shared by all threads, as the columns that it keeps in memory are."""

    def __init__(self, file: SQLiteFile, clock: Clock) -> None:
        self._file = file
        self._clock = clock

    @cached_property
    def _columns(self) -> "ColumnCache":
        from opportune.stores.sqlite.cache import ColumnCache

        return ColumnCache()

    def page(
        self, filters: OpportunityFilters, order: Order, limit: int, cursor: str | None
    ) -> Page[Opportunity]:
        """Answer `find_opportunities`."""
        question = find_question(filters, order)
        after = position_of(question, cursor) if cursor is not None else FIRST
        found: Sequence[Opportunity] | None = None
        if filters == EVERYTHING:
            # A row that cannot be read is not in the columns: they leave it out.
            with suppress(ValidationError), self._file.snapshot() as db:
                bodies = self._in_order(db, order, after, limit + 1)
                found = _read(bodies[:limit])
        if found is None:
            with self._file.snapshot() as db:
                bodies = self._selected(db, filters, order, after, limit + 1)
            found = _read(bodies[:limit])
        more = None
        if len(bodies) > limit:
            more = cursor_after(question, find_position(found[-1], order))
        return Page[Opportunity](items=found, cursor=more)

    def totals(self, filters: OpportunityFilters, by: Grouping) -> tuple[Total, ...]:
        """Answer `totals`."""
        from opportune.stores.sqlite.adding import added_up, columns_for

        with self._file.snapshot() as db:
            selection = self._select(db, filters, *columns_for(by))
            return added_up(db, selection.settled(db), by)

    def _in_order(
        self, db: sqlite3.Connection, order: Order, after: Position, limit: int
    ) -> list[str]:
        number, text = after
        place = {"number": number, "text": text, "now": math.floor(self._clock().timestamp())}
        bodies: list[str] = []
        for query in IN_ORDER[order]:
            rows = db.execute(query, place | {"limit": limit - len(bodies)})
            bodies += (body for (body,) in rows)
        return bodies

    def _selected(
        self,
        db: sqlite3.Connection,
        filters: OpportunityFilters,
        order: Order,
        after: Position,
        limit: int,
    ) -> list[str]:
        from opportune.stores.sqlite.paging import ORDER_COLUMN, Paging

        selection = self._select(db, filters, ORDER_COLUMN[order])
        places = Paging(db, selection, order).after(after, limit)
        passing = (place for place in places if selection.has_term(db, place))
        return bodies_of(db, [int(selection.rows[place]) for place in islice(passing, limit)])

    def _select(
        self, db: sqlite3.Connection, filters: OpportunityFilters, *columns: "Column"
    ) -> "Selection":
        from opportune.stores.sqlite.finding import select

        now = self._clock().timestamp()
        return select(self._columns, db, filters, now=now, columns=columns)


def _read(bodies: Sequence[str]) -> tuple[Opportunity, ...]:
    return tuple(Opportunity.model_validate_json(body) for body in bodies)
