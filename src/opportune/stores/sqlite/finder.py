"""Answers `find_opportunities` and `totals`, each as of one moment."""

import sqlite3
from itertools import islice

from opportune.model.filters import Grouping, OpportunityFilters, Order, Total
from opportune.model.records import Opportunity, Page
from opportune.stores.contract import Clock
from opportune.stores.cursor import cursor_after, find_position, find_question, position_of
from opportune.stores.sqlite.adding import added_up, columns_for
from opportune.stores.sqlite.cache import ColumnCache
from opportune.stores.sqlite.columns import Column
from opportune.stores.sqlite.file import SQLiteFile
from opportune.stores.sqlite.finding import Selection, select
from opportune.stores.sqlite.paging import ORDER_COLUMN, Paging
from opportune.stores.sqlite.rows import FIRST, bodies_of


class Finder:
    """Shared by all threads, as the columns that it keeps in memory are."""

    def __init__(self, file: SQLiteFile, clock: Clock) -> None:
        self._file = file
        self._clock = clock
        self._columns = ColumnCache()

    def page(
        self, filters: OpportunityFilters, order: Order, limit: int, cursor: str | None
    ) -> Page[Opportunity]:
        """Answer `find_opportunities`."""
        question = find_question(filters, order)
        after = position_of(question, cursor) if cursor is not None else FIRST
        with self._file.snapshot() as db:
            selection = self._select(db, filters, ORDER_COLUMN[order])
            places = Paging(db, selection, order).after(after, limit + 1)
            passing = (place for place in places if selection.has_term(db, place))
            page = [int(selection.rows[place]) for place in islice(passing, limit + 1)]
            bodies = bodies_of(db, page[:limit])
        found = tuple(Opportunity.model_validate_json(body) for body in bodies)
        more = None
        if len(page) > limit:
            more = cursor_after(question, find_position(found[-1], order))
        return Page[Opportunity](items=found, cursor=more)

    def totals(self, filters: OpportunityFilters, by: Grouping) -> tuple[Total, ...]:
        """Answer `totals`."""
        with self._file.snapshot() as db:
            selection = self._select(db, filters, *columns_for(by))
            return added_up(db, selection.settled(db), by)

    def _select(
        self, db: sqlite3.Connection, filters: OpportunityFilters, *columns: Column
    ) -> Selection:
        now = self._clock().timestamp()
        return select(self._columns, db, filters, now=now, columns=columns)
