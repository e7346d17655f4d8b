"""The contract on every store: what expires, what is kept, and what is forgotten. No waiting."""

from typing import Any

import pytest
from stores import ManualClock, Open, a_session, an_opportunity

from opportune.errors import OpportunityNotFoundError, VersionConflictError
from opportune.model.filters import Order
from opportune.model.records import Opportunity, Status
from opportune.stores.contract import Retention, Store

JUST_UNDER_30_DAYS = {"days": 30, "milliseconds": -1}


@pytest.fixture
def stored(store: Store, session_id: str) -> Opportunity:
    return _stored(store, session_id)


def _stored(store: Store, session_id: str, **fields: Any) -> Opportunity:
    store.store_opportunities(a_session(session_id), [an_opportunity(session_id, **fields)])
    (listed,) = store.get_opportunities(session_id)
    return listed


def _is_visible(store: Store, opportunity: Opportunity) -> bool:
    listed = store.get_opportunities(opportunity.session_id)
    try:
        store.get_opportunity(opportunity.id)
    except OpportunityNotFoundError:
        assert opportunity.id not in [o.id for o in listed]
        return False
    assert opportunity.id in [o.id for o in listed]
    return True


def test_an_opportunity_is_gone_30_days_after_its_last_change(
    store: Store, stored: Opportunity, clock: ManualClock
) -> None:
    clock.advance(**JUST_UNDER_30_DAYS)
    assert _is_visible(store, stored)
    clock.advance(milliseconds=1)
    assert not _is_visible(store, stored)


def test_a_change_renews_it(store: Store, stored: Opportunity, clock: ManualClock) -> None:
    clock.advance(days=29)
    changed = store.put_opportunity(stored.revised(owner="bea"))
    clock.advance(**JUST_UNDER_30_DAYS)
    assert _is_visible(store, changed)
    clock.advance(days=1)
    assert not _is_visible(store, changed)


@pytest.mark.parametrize("fields", [{"keep": True}, {"status": Status.WON}])
def test_what_is_kept_or_won_never_expires(
    store: Store, session_id: str, clock: ManualClock, fields: dict[str, object]
) -> None:
    opportunity = _stored(store, session_id, **fields)
    assert opportunity.ttl is None
    clock.advance(days=4000)
    assert _is_visible(store, opportunity)
    assert store.get_history(opportunity.id) == (opportunity,)
    assert store.get_opportunity(opportunity.id, version=1) == opportunity


def test_with_zero_days_nothing_expires(
    open_store: Open, session_id: str, clock: ManualClock
) -> None:
    store = open_store(Retention(days=0))
    opportunity = _stored(store, session_id)
    assert opportunity.ttl is None
    clock.advance(days=4000)
    assert _is_visible(store, opportunity)


def test_what_is_not_won_any_more_expires(
    store: Store, session_id: str, clock: ManualClock
) -> None:
    won = _stored(store, session_id, status=Status.WON)
    store.put_opportunity(won.revised(status=Status.LOST))
    clock.advance(days=30)
    assert not _is_visible(store, won)


def test_find_does_not_show_what_has_expired(fresh_store: Store, clock: ManualClock) -> None:
    _stored(fresh_store, "s1")
    clock.advance(days=29)
    _stored(fresh_store, "s2")
    for order in Order:
        assert len(fresh_store.find_opportunities(order=order).items) == 2
    clock.advance(days=1)
    for order in Order:
        assert [o.session_id for o in fresh_store.find_opportunities(order=order).items] == ["s2"]
    first = fresh_store.find_opportunities(limit=1)
    assert first.cursor is None


def test_an_expired_ones_history_stays_readable(
    store: Store, stored: Opportunity, clock: ManualClock
) -> None:
    second = store.put_opportunity(stored.revised(owner="bea"))
    clock.advance(days=31)
    assert store.get_history(stored.id) == (stored, second)
    assert store.get_opportunity(stored.id, version=1) == stored
    assert store.get_opportunity(stored.id, version=2) == second


def test_changing_what_has_expired_is_not_found(
    store: Store, stored: Opportunity, clock: ManualClock
) -> None:
    clock.advance(days=30)
    with pytest.raises(OpportunityNotFoundError):
        store.put_opportunity(stored.revised(owner="bea"))
    assert store.get_history(stored.id) == (stored,)


def test_creating_anew_what_has_expired_continues_its_versions(
    store: Store, stored: Opportunity, clock: ManualClock
) -> None:
    clock.advance(days=30)
    version = store.get_session(stored.session_id).version
    wanted = an_opportunity(stored.session_id, change_id="c1", owner="bea")
    again = store.put_opportunity(wanted)
    assert (again.version, again.created_at) == (2, stored.created_at)
    assert _is_visible(store, again)
    assert store.get_history(stored.id) == (stored, again)
    assert store.get_session(stored.session_id).version == version + 1
    assert store.put_opportunity(wanted) == again


def test_storing_a_list_with_what_has_expired_brings_it_back(
    store: Store, stored: Opportunity, clock: ManualClock
) -> None:
    clock.advance(days=30)
    with pytest.raises(VersionConflictError) as caught:
        store.store_opportunities(a_session(stored.session_id), [stored])
    assert (caught.value.expected, caught.value.actual) == (1, 0)
    store.store_opportunities(a_session(stored.session_id), [an_opportunity(stored.session_id)])
    assert store.get_opportunity(stored.id).version == 2


def test_what_has_expired_is_not_deleted_by_a_replacement_or_with_its_session(
    store: Store, stored: Opportunity, clock: ManualClock
) -> None:
    clock.advance(days=30)
    store.store_opportunities(a_session(stored.session_id), [])
    store.delete_session(stored.session_id, updated_by="ana", change_id="c1")
    assert store.get_history(stored.id) == (stored,)


def test_a_deleted_one_can_be_restored_until_it_expires(
    store: Store, stored: Opportunity, clock: ManualClock
) -> None:
    gone = store.put_opportunity(stored.revised(deleted=True))
    clock.advance(days=30, seconds=-1)
    back = store.put_opportunity(gone.revised(deleted=False))
    assert _is_visible(store, back)
    gone = store.put_opportunity(back.revised(deleted=True))
    clock.advance(days=30)
    with pytest.raises(OpportunityNotFoundError):
        store.put_opportunity(gone.revised(deleted=False))
    anew = store.put_opportunity(an_opportunity(stored.session_id))
    assert anew.version == 5


def test_headers_do_not_expire(store: Store, stored: Opportunity, clock: ManualClock) -> None:
    clock.advance(days=4000)
    assert store.get_session(stored.session_id).id == stored.session_id


# History and its retention


def test_revisions_are_readable_until_their_retention_ends(
    open_store: Open, session_id: str, clock: ManualClock
) -> None:
    store = open_store(Retention(days=30, history_days=60))
    first = _stored(store, session_id, keep=True)
    clock.advance(days=10)
    second = store.put_opportunity(first.revised(owner="bea"))
    clock.advance(days=50, milliseconds=-1)
    assert store.get_history(first.id) == (first, second)
    clock.advance(milliseconds=1)
    assert store.get_history(first.id) == (second,)
    with pytest.raises(OpportunityNotFoundError):
        store.get_opportunity(first.id, version=1)
    clock.advance(days=1000)
    assert store.get_history(first.id) == (second,)
    third = store.put_opportunity(second.revised(owner="carl"))
    assert (third.version, store.get_history(first.id)) == (3, (third,))


def test_with_zero_history_days_every_revision_stays(
    open_store: Open, session_id: str, clock: ManualClock
) -> None:
    store = open_store(Retention(history_days=0))
    first = _stored(store, session_id)
    clock.advance(days=4000)
    again = store.put_opportunity(an_opportunity(session_id))
    assert store.get_history(first.id) == (first, again)
    assert again.version == 2


@pytest.mark.parametrize("deleted", [False, True])
def test_what_is_dead_and_outlived_its_history_is_forgotten(
    open_store: Open, session_id: str, clock: ManualClock, *, deleted: bool
) -> None:
    store = open_store(Retention(days=30, history_days=60))
    first = _stored(store, session_id)
    newest = store.put_opportunity(first.revised(owner="bea", deleted=deleted))
    clock.advance(days=60, milliseconds=-1)
    assert len(store.get_history(first.id)) == 2
    clock.advance(milliseconds=1)
    assert store.get_history(first.id) == ()
    with pytest.raises(OpportunityNotFoundError):
        store.get_opportunity(first.id, version=2)
    with pytest.raises(OpportunityNotFoundError):
        store.put_opportunity(newest.revised(deleted=False))
    anew = store.put_opportunity(an_opportunity(session_id))
    assert (anew.version, anew.created_at > first.created_at) == (1, True)
    assert store.get_history(first.id) == (anew,)
    second = store.put_opportunity(anew.revised(owner="bea"))
    assert store.get_history(first.id) == (anew, second)


def test_scan_shows_what_is_kept_and_not_what_is_forgotten(
    open_store: Open, clock: ManualClock
) -> None:
    store = open_store(Retention(days=30, history_days=60), fresh=True)
    first = _stored(store, "s1")
    newest = store.put_opportunity(first.revised(keep=True))
    header = store.get_session("s1")
    clock.advance(days=40)
    assert sorted(r.version for r in store.scan().items if r != header) == [1, 2]
    clock.advance(days=20)
    assert [r for r in store.scan().items if r != header] == [newest]


def test_what_is_forgotten_stays_forgotten_however_much_is_written_since(
    open_store: Open, clock: ManualClock
) -> None:
    store = open_store(Retention(days=30, history_days=60), fresh=True)
    for number in range(5):
        _stored(store, f"old{number}")
    kept = _stored(store, "kept", keep=True)
    clock.advance(days=60)
    for number in range(10):
        _stored(store, f"new{number}")
    assert store.get_opportunity(kept.id) == kept
    for number in range(5):
        assert store.get_history(f"old{number}.rehost") == ()
    assert len(store.find_opportunities().items) == 11
