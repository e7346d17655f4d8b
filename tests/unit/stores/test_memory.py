"""What only the memory store has to keep: it lets go of what is forgotten, and pages are cheap."""

import gc

from stores import ManualClock, a_session, an_opportunity

from opportune.model.filters import OpportunityFilters, Order
from opportune.model.records import Opportunity
from opportune.stores.contract import Retention
from opportune.stores.memory.store import MemoryStore


def _held(prefix: str) -> int:
    """Opportunities in this process whose id begins so."""
    gc.collect()
    return sum(type(one) is Opportunity and one.id.startswith(prefix) for one in gc.get_objects())


def test_what_is_forgotten_is_let_go_of(clock: ManualClock) -> None:
    store = MemoryStore(clock=clock, retention=Retention(days=30, history_days=60))
    store.store_opportunities(
        a_session("old"), [an_opportunity("old", f"p-{n}") for n in range(10)]
    )
    kept = store.put_opportunity(store.get_opportunity("old.p-0").revised(keep=True))
    assert _held("old.") == 11
    clock.advance(days=61)
    store.store_opportunities(a_session("new"), [])
    assert _held("old.") > 1, "a write sweeps a little, not everything"
    for number in range(6):
        store.put_opportunity(an_opportunity("new", f"p-{number}"))
    assert _held("old.") == 1
    assert store.get_history(kept.id) == (kept,)


def test_a_page_is_right_among_many(clock: ManualClock) -> None:
    store = MemoryStore(clock=clock)
    for number in range(100):
        session_id = f"s{number:03}"
        rows = [
            an_opportunity(session_id, f"p-{n}", estimated_arr=number * 100 + n) for n in range(100)
        ]
        store.store_opportunities(a_session(session_id), rows)
    found: list[int] = []
    cursor = None
    for _ in range(3):
        page = store.find_opportunities(
            OpportunityFilters(max_arr=5000), order=Order.ARR, limit=1000, cursor=cursor
        )
        found += [int(o.estimated_arr) for o in page.items]
        cursor = page.cursor
    assert found == list(range(5000, 2000, -1))
