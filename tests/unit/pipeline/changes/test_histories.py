"""The past on every store: as-of equals what was seen then, and going back is a revision."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pipelines import FILTERS, Life, lived
from stores import ManualClock, a_session, an_opportunity

from opportune.errors import (
    InvalidInputError,
    OpportunityNotFoundError,
    SessionNotFoundError,
    VersionConflictError,
)
from opportune.model.filters import Grouping, added_up
from opportune.model.records import Opportunity, Status
from opportune.pipeline.changes.history import Histories, moment_of
from opportune.stores.contract import RETENTION, Retention, Store
from opportune.stores.memory.store import MemoryStore


@pytest.fixture
def histories(store: Store, clock: ManualClock) -> Histories:
    return Histories(store, clock, RETENTION)


@pytest.fixture
def one(store: Store, session_id: str) -> Opportunity:
    store.store_opportunities(a_session(session_id), [])
    return store.put_opportunity(an_opportunity(session_id))


def _check_replay(store: Store, clock: ManualClock, seed: int, steps: int) -> None:
    histories = Histories(store, clock, RETENTION)
    moments = list(lived(Life(store, clock, random.Random(seed)), steps))
    for moment in moments:
        for filters in FILTERS:
            expected = [o for o in moment.live if filters.matches(o)]
            past = histories.pipeline_at(moment.at, filters)
            assert sorted(past.opportunities, key=lambda o: o.id) == expected
            assert past.unknown == ()
        for by in (Grouping.NONE, Grouping.SERVICE, Grouping.OWNER):
            assert histories.totals_at(moment.at, by=by) == added_up(moment.live, by)
    for moment in moments[-3:]:
        for seen in moment.live:
            assert histories.at(seen.id, moment.at) == seen


@given(seed=st.integers(0, 2**32), steps=st.integers(1, 25))
def test_as_of_totals_equal_replayed_totals(seed: int, steps: int) -> None:
    clock = ManualClock()
    _check_replay(MemoryStore(clock=clock), clock, seed, steps)


@pytest.mark.parametrize("seed", [1, 2])
def test_as_of_equals_what_was_seen_on_every_store(
    fresh_store: Store, clock: ManualClock, seed: int
) -> None:
    _check_replay(fresh_store, clock, seed, 14)


def test_a_moment_in_the_future_or_before_what_is_kept_is_refused(
    histories: Histories, clock: ManualClock
) -> None:
    for moment in (clock.now + timedelta(seconds=1), clock.now - timedelta(days=366)):
        with pytest.raises(InvalidInputError):
            histories.pipeline_at(moment)
        with pytest.raises(InvalidInputError):
            histories.at("a.b", moment)


def test_what_has_outlived_its_retention_is_unknown_not_guessed(clock: ManualClock) -> None:
    retention = Retention(days=30, history_days=60)
    store = MemoryStore(clock=clock, retention=retention)
    histories = Histories(store, clock, retention)
    store.store_opportunities(a_session("s"), [an_opportunity("s", keep=True)])
    clock.advance(days=50)
    between = clock.now
    clock.advance(days=5)
    (kept,) = store.get_opportunities("s")
    store.put_opportunity(kept.revised(title="second", keep=True))
    clock.advance(days=20)
    assert [o.version for o in store.get_history(kept.id)] == [2]
    past = histories.pipeline_at(between)
    assert (past.opportunities, past.unknown) == ((), (kept.id,))
    with pytest.raises(OpportunityNotFoundError):
        histories.at(kept.id, between)
    before = clock.now - timedelta(days=59, hours=23)
    assert histories.pipeline_at(before).unknown == (kept.id,)


def test_what_expired_by_a_moment_was_gone_then(clock: ManualClock) -> None:
    store = MemoryStore(clock=clock)
    histories = Histories(store, clock, RETENTION)
    store.store_opportunities(a_session("s"), [an_opportunity("s")])
    (one,) = store.get_opportunities("s")
    ends = datetime.fromtimestamp(one.ttl or 0, UTC)
    clock.advance(days=40)
    before = ends - timedelta(milliseconds=1)
    assert histories.pipeline_at(before).opportunities == (one,)
    assert histories.pipeline_at(ends).opportunities == ()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01", datetime(2026, 3, 1, 23, 59, 59, 999_000, tzinfo=UTC)),
        ("2026-03-01T12:00:00Z", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01T12:00:00", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        (" 2026-03-01T14:00:00+02:00 ", datetime(2026, 3, 1, 12, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_as_people_write_it(text: str, moment: datetime) -> None:
    assert moment_of(text) == moment


@pytest.mark.parametrize("text", ["", "yesterday", "2026-02-30", "01/03/2026"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="is not a date or a time"):
        moment_of(text)


def test_steps_tell_who_changed_what_and_why(
    histories: Histories, store: Store, one: Opportunity
) -> None:
    store.put_opportunity(
        one.revised(status=Status.LOST, loss_reason="Price", updated_by="eva", change_note="call")
    )
    first, second = histories.steps(one.id)
    assert {c.field for c in first.changes} >= {"title", "estimatedARR", "status"}
    assert (second.version, second.updated_by, second.note) == (2, "eva", "call")
    assert [(c.field, c.old, c.new) for c in second.changes] == [
        ("status", "Nueva", "Perdida"),
        ("lossReason", "", "Price"),
    ]
    assert histories.differences(one.id, 1, 2) == second.changes
    assert histories.differences(one.id, 2, 2) == ()
    with pytest.raises(OpportunityNotFoundError):
        histories.differences(one.id, 1, 3)
    with pytest.raises(OpportunityNotFoundError):
        histories.steps("none.here")


def test_restoring_a_version_is_a_new_revision_with_its_content(
    histories: Histories, store: Store, one: Opportunity
) -> None:
    store.put_opportunity(one.revised(title="other", owner="eva"))
    restored = histories.restore(one.id, 1, updated_by="ana")
    assert (restored.version, restored.title, restored.owner) == (3, one.title, "")
    assert (restored.updated_by, restored.change_note) == ("ana", "version 1")
    assert histories.differences(one.id, 1, 3) == ()
    assert histories.restore(one.id, 1, updated_by="ana") == restored, "no further revision"


def test_restoring_brings_back_what_was_deleted_or_has_expired(
    histories: Histories, store: Store, one: Opportunity, clock: ManualClock
) -> None:
    with pytest.raises(InvalidInputError, match="not deleted"):
        histories.restore(one.id, updated_by="ana")
    store.put_opportunity(one.revised(deleted=True))
    assert histories.restore(one.id, updated_by="ana").title == one.title
    clock.advance(days=31)
    with pytest.raises(OpportunityNotFoundError):
        store.get_opportunity(one.id)
    back = histories.restore(one.id, updated_by="ana", note="still open")
    assert (back.version, back.change_note) == (4, "still open")
    assert store.get_opportunity(one.id) == back


def test_restoring_refuses_what_cannot_be(
    histories: Histories, store: Store, one: Opportunity
) -> None:
    gone = store.put_opportunity(one.revised(deleted=True))
    with pytest.raises(InvalidInputError, match="is a delete"):
        histories.restore(one.id, gone.version, updated_by="ana")
    with pytest.raises(OpportunityNotFoundError):
        histories.restore(one.id, 7, updated_by="ana")
    with pytest.raises(VersionConflictError):
        histories.restore(one.id, 1, updated_by="ana", expected_version=1)
    store.delete_session(one.session_id, updated_by="ana", change_id="")
    with pytest.raises(SessionNotFoundError):
        histories.restore(one.id, updated_by="ana")
    assert store.get_history(one.id)[-1] == gone


def test_a_repeated_restore_with_its_key_is_made_once(
    histories: Histories, store: Store, one: Opportunity
) -> None:
    store.put_opportunity(one.revised(deleted=True))
    first = histories.restore(one.id, updated_by="ana", change_id="key:1")
    assert histories.restore(one.id, updated_by="ana", change_id="key:1") == first


def test_a_restore_that_somebody_overtakes_is_tried_again(clock: ManualClock) -> None:
    class Overtaken(MemoryStore):
        left = 2

        def put_opportunity(self, opportunity: Opportunity) -> Opportunity:
            if self.left and opportunity.updated_by == "ana":
                self.left -= 1
                newest = self.get_history(opportunity.id)[-1]
                super().put_opportunity(newest.revised(owner=f"o{self.left}", updated_by="eva"))
            return super().put_opportunity(opportunity)

    store = Overtaken(clock=clock)
    store.store_opportunities(a_session("s"), [an_opportunity("s", updated_by="eva")])
    (one,) = store.get_opportunities("s")
    store.put_opportunity(one.revised(title="changed", updated_by="eva"))
    restored = Histories(store, clock, RETENTION).restore(one.id, 1, updated_by="ana")
    assert (restored.version, restored.title) == (5, one.title)
