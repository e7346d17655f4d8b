"""Every figure is the sum over the list of the same filter, on every store and at any time."""

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pipelines import FILTERS, Life, lived
from stores import ManualClock, a_session, an_opportunity

from opportune.errors import ConfigurationError, InvalidInputError
from opportune.model.filters import Grouping, OpportunityFilters
from opportune.model.records import Opportunity, Status
from opportune.pipeline.changes.history import Histories
from opportune.pipeline.figures import PROBABILITIES, Analytics, PipelineFigures
from opportune.settings import Settings
from opportune.stores.contract import RETENTION, Store
from opportune.stores.memory.store import MemoryStore

KEYS: dict[Grouping, Callable[[Opportunity], Sequence[str]]] = {
    Grouping.NONE: lambda o: (),
    Grouping.PRIORITY: lambda o: (o.priority,),
    Grouping.CATEGORY: lambda o: (o.category,),
    Grouping.SERVICE: lambda o: o.related_services,
    Grouping.CUSTOMER: lambda o: (o.customer,),
    Grouping.OWNER: lambda o: (o.owner,),
    Grouping.MONTH: lambda o: (o.created_at[:7],),
    Grouping.CLOSE_MONTH: lambda o: (o.close_date.isoformat()[:7] if o.close_date else "",),
}


def _analytics(store: Store, clock: ManualClock) -> Analytics:
    return Analytics(store, Histories(store, clock, RETENTION), clock)


def _arr(rows: Sequence[Opportunity]) -> Decimal:
    return sum((o.estimated_arr for o in rows), Decimal(0))


def _weighted(rows: Sequence[Opportunity]) -> Decimal:
    cent = Decimal("0.01")
    parts = (
        (_arr([o for o in rows if o.status == s]) * p).quantize(cent, ROUND_HALF_UP)
        for s, p in PROBABILITIES.items()
    )
    return sum(parts, Decimal(0))


def _check(figures: PipelineFigures, listed: Sequence[Opportunity], by: Grouping) -> None:
    """Hold every figure to the list."""
    assert figures.total.count == len(listed)
    assert figures.total.arr == _arr(listed)
    assert figures.total.weighted_arr == _weighted(listed)
    open_ = [o for o in listed if o.status in (Status.NEW, Status.IN_PROGRESS)]
    assert (figures.open.count, figures.open.arr) == (len(open_), _arr(open_))
    for status in Status:
        rows = [o for o in listed if o.status == status]
        of_status = figures.by_status.get(status)
        assert (of_status.count if of_status else 0) == len(rows)
        assert (of_status.arr if of_status else 0) == _arr(rows)
    groups = {group.key: group for group in figures.groups}
    assert groups.keys() == {key for o in listed for key in KEYS[by](o)}
    for key, group in groups.items():
        rows = [o for o in listed if key in KEYS[by](o)]
        assert (group.count, group.arr, group.weighted_arr) == (
            len(rows),
            _arr(rows),
            _weighted(rows),
        )
        assert sum(f.count for f in group.by_status.values()) == len(rows)
    assert [g.arr for g in figures.groups] == sorted((g.arr for g in figures.groups), reverse=True)
    won = [o for o in listed if o.status == Status.WON]
    lost = [o for o in listed if o.status == Status.LOST]
    assert (figures.win_rate.won, figures.win_rate.lost) == (len(won), len(lost))
    if won or lost:
        assert figures.win_rate.by_count == round(len(won) / len(won + lost), 4)
    else:
        assert figures.win_rate.by_count is None
    ranked = sorted(listed, key=lambda o: (-o.estimated_arr, o.id))
    assert [row.id for row in figures.top] == [o.id for o in ranked[:3]]
    day = (f"{figures.at[:10]}", figures.stalled.days)
    limit = _days_before(*day)
    quiet = [o for o in open_ if o.updated_at[:10] <= limit]
    assert (figures.stalled.count, figures.stalled.arr) == (len(quiet), _arr(quiet))


def _days_before(day: str, days: int) -> str:
    from datetime import date

    return (date.fromisoformat(day) - timedelta(days=days)).isoformat()


def _check_store(store: Store, clock: ManualClock, seed: int, steps: int) -> None:
    *_, middle, end = lived(Life(store, clock, random.Random(seed)), steps)
    analytics = _analytics(store, clock)
    for filters in FILTERS:
        for number, by in enumerate(Grouping):
            if by is Grouping.NONE or number % 3 == seed % 3:
                now = analytics.figures(filters, by=by, top=3, stalled_days=3)
                _check(now, [o for o in end.live if filters.matches(o)], by)
        then = analytics.figures(filters, by=Grouping.OWNER, top=3, stalled_days=3, at=middle.at)
        _check(then, [o for o in middle.live if filters.matches(o)], Grouping.OWNER)


@given(seed=st.integers(0, 2**32), steps=st.integers(2, 25))
def test_every_figure_is_the_sum_over_the_list(seed: int, steps: int) -> None:
    clock = ManualClock()
    _check_store(MemoryStore(clock=clock), clock, seed, steps)


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_every_figure_is_the_sum_over_the_list_on_every_store(
    fresh_store: Store, clock: ManualClock, seed: int
) -> None:
    _check_store(fresh_store, clock, seed, 12)


@pytest.fixture
def held(clock: ManualClock) -> MemoryStore:
    store = MemoryStore(clock=clock)
    store.store_opportunities(a_session("s"), [])
    return store


def _put(store: Store, slug: str, **fields: Any) -> Opportunity:
    return store.put_opportunity(an_opportunity("s", slug, **fields))


def test_an_empty_pipeline_has_figures_of_nothing(held: MemoryStore, clock: ManualClock) -> None:
    figures = _analytics(held, clock).figures(by=Grouping.SERVICE)
    assert (figures.total.count, figures.total.arr) == (0, Decimal(0))
    assert figures.groups == ()
    assert (figures.win_rate.by_count, figures.win_rate.by_arr) == (None, None)
    assert (figures.top, figures.stalled.count, figures.stalled.oldest) == ((), 0, ())


def test_stalled_ones_are_open_and_quiet(held: MemoryStore, clock: ManualClock) -> None:
    for slug, status in (("a", Status.NEW), ("b", Status.WON), ("c", Status.IN_PROGRESS)):
        _put(held, slug, status=status, estimated_arr=10)
    clock.advance(days=14)
    _put(held, "d", estimated_arr=99)
    stalled = _analytics(held, clock).figures().stalled
    assert ([row.id for row in stalled.oldest], stalled.count) == (["s.a", "s.c"], 2)
    lost = _analytics(held, clock).figures(OpportunityFilters(status=(Status.WON,))).stalled
    assert (lost.count, lost.oldest) == (0, ())
    assert _analytics(held, clock).figures(stalled_days=15).stalled.count == 0


def test_moves_tell_who_moved_what_where_and_when(held: MemoryStore, clock: ManualClock) -> None:
    old = _put(held, "old", estimated_arr=5)
    clock.advance(days=10)
    won = held.put_opportunity(old.revised(status=Status.WON, updated_by="eva"))
    made = _put(held, "made", estimated_arr=7)
    clock.advance(hours=1)
    held.put_opportunity(made.revised(owner="eva"))
    moves = _analytics(held, clock).moves(days=7)
    assert [(m.id, m.old, m.new, m.by) for m in moves.moves] == [
        (old.id, Status.NEW, Status.WON, "eva"),
        (made.id, None, Status.NEW, "ana"),
    ]
    assert moves.moves[0].at == won.updated_at
    assert moves.arr_by_status[Status.WON] == Decimal(5)
    assert moves.arr_by_status[Status.NEW] == Decimal(7)
    only = _analytics(held, clock).moves(OpportunityFilters(status=(Status.WON,)), days=7)
    assert [m.id for m in only.moves] == [old.id]


def test_stays_count_days_from_entering_a_status_to_leaving_it(
    held: MemoryStore, clock: ManualClock
) -> None:
    first = _put(held, "a", keep=True)
    clock.advance(days=4)
    first = held.put_opportunity(first.revised(owner="eva"))
    clock.advance(days=2)
    first = held.put_opportunity(first.revised(status=Status.IN_PROGRESS))
    clock.advance(days=10)
    held.put_opportunity(first.revised(status=Status.WON))
    _put(held, "b")
    clock.advance(days=3)
    found = {stay.status: stay for stay in _analytics(held, clock).stays()}
    new = found[Status.NEW]
    assert (new.stays, new.mean_days, new.median_days, new.longest_days) == (2, 4.5, 4.5, 6)
    assert (found[Status.IN_PROGRESS].longest_days, found[Status.WON].longest_days) == (10, 3)
    assert Status.LOST not in found


def test_a_stay_ends_with_a_delete_and_begins_anew_with_a_restore(
    held: MemoryStore, clock: ManualClock
) -> None:
    one = _put(held, "a")
    clock.advance(days=2)
    gone = held.put_opportunity(one.revised(deleted=True))
    clock.advance(days=5)
    held.put_opportunity(gone.revised(deleted=False))
    clock.advance(days=1)
    (stay,) = _analytics(held, clock).stays()
    assert (stay.stays, stay.mean_days, stay.longest_days) == (2, 1.5, 2)


def test_numbers_out_of_range_are_refused(held: MemoryStore, clock: ManualClock) -> None:
    analytics = _analytics(held, clock)
    for call in (
        lambda: analytics.figures(top=0),
        lambda: analytics.figures(top=101),
        lambda: analytics.figures(stalled_days=0),
        lambda: analytics.moves(days=0),
        lambda: analytics.moves(days=367),
    ):
        with pytest.raises(InvalidInputError):
            call()


def test_probabilities_are_a_setting() -> None:
    chances = Settings(probabilities=" Nueva = 0.25 ,En Progreso=1").chances
    assert chances[Status.NEW] == Decimal("0.25")
    assert chances[Status.IN_PROGRESS] == 1
    assert chances[Status.WON] == 1
    assert Settings().chances == PROBABILITIES


@pytest.mark.parametrize("text", ["Nueva", "Nueva=1.1", "Nueva=-0.1", "Gone=1", "Nueva=NaN", "=1"])
def test_probabilities_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="OPPORTUNITY_PROBABILITIES"):
        Settings(probabilities=text)
