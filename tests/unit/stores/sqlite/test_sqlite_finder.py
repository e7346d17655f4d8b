"""A page without filters comes from an order's index: it equals what the columns say."""

from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from stores import ManualClock, a_session, an_opportunity

from opportune.model.filters import OpportunityFilters, Order
from opportune.stores.contract import Retention
from opportune.stores.sqlite import SQLiteStore

LETS_EVERYTHING_PASS = OpportunityFilters(created_from=date(1900, 1, 1))


def _pages(
    store: SQLiteStore, filters: OpportunityFilters | None, order: Order, limit: int
) -> list[list[str]]:
    pages: list[list[str]] = []
    cursor = None
    while not pages or cursor:
        page = store.find_opportunities(filters, order=order, limit=limit, cursor=cursor)
        pages.append([one.id for one in page.items])
        cursor = page.cursor
    return pages


@pytest.mark.parametrize("order", list(Order))
def test_pages_without_filters_are_those_of_the_columns(tmp_path: Path, order: Order) -> None:
    clock = ManualClock()
    with closing(
        SQLiteStore(tmp_path / "a.sqlite3", clock=clock, retention=Retention(30, 365))
    ) as store:
        for session_id in ("gone", "s1", "s2", "s3"):
            rows = [
                an_opportunity(session_id, f"p-{n}", estimated_arr=Decimal(n % 4 * 100))
                for n in range(9)
            ]
            store.store_opportunities(a_session(session_id), rows)
            clock.advance(days=31 if session_id == "gone" else 1)
        store.delete_session("s2", updated_by="eva", change_id="c1")
        for limit in (1, 4, 18, 50):
            plain = _pages(store, None, order, limit)
            assert plain == _pages(store, LETS_EVERYTHING_PASS, order, limit), limit
            assert sum(map(len, plain)) == 18  # of two sessions: one has expired, one is deleted
