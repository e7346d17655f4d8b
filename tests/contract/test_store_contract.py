"""Every rule of `stores/contract.py` on every store: values, revisions, single writes.

The sisters `test_store_contract_*.py` hold the rest. No test here may ask which store it has.
"""

import inspect
import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError
from stores import (
    PLAIN,
    QUICK,
    STORES,
    UNDER_TEST,
    ManualClock,
    a_full_opportunity,
    a_full_session,
    a_session,
    an_opportunity,
    chosen,
    new_session_id,
)
from tables import every

from opportune.errors import (
    InvalidInputError,
    OpportunityNotFoundError,
    SessionNotFoundError,
    TooLargeError,
    VersionConflictError,
)
from opportune.model.records import Opportunity, Status
from opportune.model.times import time_text
from opportune.stores.contract import RECORD_LIMIT_BYTES, Store
from opportune.stores.revisions import digest_of

AMOUNTS = ("0", "-0.01", "0.01", "0.10", "-9999999999999.99", "9999999999999.99", "123456789.1")
NO_ID_OF_OURS = ["", " ", "nodot", "a.b.c", "ñ.ñ", "x" * 5000, "\ud800", "a.b\0c", "%", "s.'--"]


@pytest.fixture
def stored(store: Store, session_id: str) -> Opportunity:
    """An opportunity at version 1, alone in its session."""
    store.store_opportunities(a_session(session_id), [])
    return store.put_opportunity(an_opportunity(session_id))


def test_every_store_is_in_the_quick_tier_or_in_the_rest() -> None:
    assert {"memory", "sqlite"} < set(QUICK)
    assert any(name.startswith("dynamodb-") for name in STORES)
    assert sorted([*chosen("quick"), *chosen("rest")]) == sorted(STORES) == sorted(chosen("all"))


@pytest.mark.every_store
def test_the_suite_ran_every_contract_test_on_every_store(request: pytest.FixtureRequest) -> None:
    ran: dict[str, set[str]] = {}
    for item in request.session.items:
        if isinstance(item, pytest.Function) and "store_name" in item.fixturenames:
            ran.setdefault(f"{item.path.name}:{item.originalname}", set()).add(
                str(item.callspec.params["store_name"])
            )
    assert len(ran) > 10
    for name, stores in ran.items():
        # A migration under way is not itself a side of another one.
        is_of_one_side = name.startswith("test_store_contract_moving.py:")
        assert stores == set(UNDER_TEST) & set(PLAIN if is_of_one_side else STORES), name


def test_the_suite_has_no_way_to_leave_a_store_out() -> None:
    escape = re.compile(r"\.skip|xfail\b|orskip|isinstance\(store|(?:Memory|SQLite|DB)Store")
    for path in sorted(Path(__file__).parent.glob("test_store_contract*.py")):
        code = path.read_text("utf-8").replace(escape.pattern, "")
        assert escape.findall(code) == [], path.name


def test_every_method_of_the_contract_is_there_with_its_signature(store: Store) -> None:
    for name, promised in inspect.getmembers(Store, inspect.isfunction):
        if not name.startswith("_"):
            kept = ["self", *inspect.signature(getattr(store, name)).parameters]
            assert kept == list(inspect.signature(promised).parameters), name


# Values


def test_what_is_read_equals_what_was_written_field_by_field(store: Store, session_id: str) -> None:
    header, opportunity = a_full_session(session_id), a_full_opportunity(session_id)
    stamped_header = store.store_opportunities(header, [])
    stamped = store.put_opportunity(opportunity)
    read = store.get_opportunity(opportunity.id)
    assert read == stamped
    stamps = {"version": 1, "created_at": read.created_at, "updated_at": read.updated_at}
    assert dict(read) == dict(opportunity) | stamps | {"ttl": None, "digest": digest_of(read)}
    assert store.get_opportunities(session_id) == (read,)
    assert store.get_history(opportunity.id) == (read,)
    expected = dict(stamped_header) | {
        "version": 2,
        "updated_at": store.get_session(session_id).updated_at,
        "updated_by": "ana",
        "change_id": "change-2",
    }
    assert dict(store.get_session(session_id)) == expected
    assert dict(stamped_header) == dict(header) | {
        "version": 1,
        "created_at": stamped_header.created_at,
        "updated_at": stamped_header.updated_at,
    }


def test_money_is_exact_to_the_cent(store: Store) -> None:
    with every() as row:
        for arr in AMOUNTS:
            with row(arr):
                session_id = new_session_id()
                store.store_opportunities(a_session(session_id), [])
                store.put_opportunity(an_opportunity(session_id, estimated_arr=Decimal(arr)))
                (read,) = store.get_opportunities(session_id)
                assert read.estimated_arr == Decimal(arr)
                assert type(read.estimated_arr) is Decimal


def test_what_was_read_cannot_be_changed(store: Store, stored: Opportunity) -> None:
    (read,) = store.get_opportunities(stored.session_id)
    with pytest.raises(ValidationError):
        read.title = "changed"  # type: ignore[misc] # that it is refused is the point
    assert isinstance(read.evidence, tuple)
    assert store.get_opportunity(stored.id) == stored


def test_a_list_that_was_handed_in_is_not_watched(store: Store, session_id: str) -> None:
    given = [an_opportunity(session_id, "one")]
    store.store_opportunities(a_session(session_id), given)
    given.append(an_opportunity(session_id, "two"))
    assert len(store.get_opportunities(session_id)) == 1


# Revisions and stamps


def test_a_write_appends_the_next_version_and_keeps_the_older(
    store: Store, stored: Opportunity
) -> None:
    revisions = [stored]
    for number in range(2, 6):
        revisions.append(store.put_opportunity(revisions[-1].revised(title=f"Title {number}")))
    assert [r.version for r in revisions] == [1, 2, 3, 4, 5]
    assert store.get_history(stored.id) == tuple(revisions)
    assert store.get_opportunity(stored.id) == revisions[-1]
    for revision in revisions:
        assert store.get_opportunity(stored.id, version=revision.version) == revision


def test_a_write_based_on_an_older_version_conflicts_and_leaves_no_trace(
    store: Store, stored: Opportunity
) -> None:
    second = store.put_opportunity(stored.revised(title="second"))
    with pytest.raises(VersionConflictError) as caught:
        store.put_opportunity(stored.revised(title="lost update"))
    assert (caught.value.key, caught.value.expected, caught.value.actual) == (stored.id, 1, 2)
    assert store.get_history(stored.id) == (stored, second)


@pytest.mark.parametrize("version", [2, 2**53 - 1])
def test_a_write_based_on_a_version_yet_to_come_conflicts(
    store: Store, stored: Opportunity, version: int
) -> None:
    with pytest.raises(VersionConflictError):
        store.put_opportunity(stored.revised(version=version))
    assert store.get_history(stored.id) == (stored,)


def test_creating_what_exists_conflicts(store: Store, stored: Opportunity) -> None:
    with pytest.raises(VersionConflictError) as caught:
        store.put_opportunity(an_opportunity(stored.session_id))
    assert (caught.value.expected, caught.value.actual) == (0, 1)


def test_creating_what_is_deleted_conflicts(store: Store, stored: Opportunity) -> None:
    store.put_opportunity(stored.revised(deleted=True))
    with pytest.raises(VersionConflictError):
        store.put_opportunity(an_opportunity(stored.session_id))


def test_changing_what_is_unknown_is_not_found(store: Store, session_id: str) -> None:
    store.store_opportunities(a_session(session_id), [])
    with pytest.raises(OpportunityNotFoundError):
        store.put_opportunity(an_opportunity(session_id, version=1))
    assert store.get_opportunities(session_id) == ()


def test_creating_in_a_session_that_does_not_exist_is_refused(
    store: Store, session_id: str
) -> None:
    with pytest.raises(SessionNotFoundError):
        store.put_opportunity(an_opportunity(session_id))
    assert store.get_opportunities(session_id) == ()
    assert store.get_history(f"{session_id}.rehost") == ()


def test_the_store_stamps_with_its_clock(
    store: Store, stored: Opportunity, clock: ManualClock
) -> None:
    assert stored.created_at == stored.updated_at == time_text(clock.now)
    assert stored.ttl == int((clock.now + timedelta(days=30)).timestamp())
    clock.advance(hours=5, milliseconds=7)
    changed = store.put_opportunity(stored.revised(created_at="", updated_at="", ttl=5))
    assert changed.created_at == stored.created_at
    assert changed.updated_at == time_text(clock.now)
    assert changed.ttl == int((clock.now + timedelta(days=30)).timestamp())


def test_a_revision_is_later_than_its_base_even_if_the_clock_is_not(
    store: Store, stored: Opportunity, clock: ManualClock
) -> None:
    second = store.put_opportunity(stored.revised(owner="bea"))
    clock.advance(days=-1)
    third = store.put_opportunity(second.revised(owner="carl"))
    assert stored.updated_at < second.updated_at < third.updated_at


def test_creating_raises_the_headers_version_and_says_who_did_it(
    store: Store, session_id: str
) -> None:
    before = store.store_opportunities(a_session(session_id, change_id="c0"), [])
    created = an_opportunity(session_id, updated_by="bea", change_id="c1")
    stored = store.put_opportunity(created)
    after = store.get_session(session_id)
    assert (after.version, after.updated_by, after.change_id) == (2, "bea", "c1")
    assert after.customer == before.customer
    assert after.created_at == before.created_at
    store.put_opportunity(stored.revised(owner="bea"))
    assert store.get_session(session_id) == after


# Deleting and restoring


def test_a_delete_is_a_revision_that_hides(store: Store, stored: Opportunity) -> None:
    gone = store.put_opportunity(stored.revised(deleted=True, updated_by="bea"))
    assert (gone.version, gone.deleted) == (2, True)
    with pytest.raises(OpportunityNotFoundError):
        store.get_opportunity(stored.id)
    assert store.get_opportunities(stored.session_id) == ()
    assert store.get_opportunity(stored.id, version=1) == stored
    assert store.get_opportunity(stored.id, version=2) == gone
    assert store.get_history(stored.id) == (stored, gone)


def test_appending_to_a_delete_restores(store: Store, stored: Opportunity) -> None:
    gone = store.put_opportunity(stored.revised(deleted=True))
    version = store.get_session(stored.session_id).version
    back = store.put_opportunity(gone.revised(deleted=False))
    assert back.version == 3
    assert store.get_opportunity(stored.id) == back
    assert store.get_opportunities(stored.session_id) == (back,)
    assert store.get_session(stored.session_id).version == version + 1


def test_restoring_in_a_deleted_session_is_refused(store: Store, stored: Opportunity) -> None:
    store.delete_session(stored.session_id, updated_by="ana", change_id="")
    gone = store.get_history(stored.id)[-1]
    with pytest.raises(SessionNotFoundError):
        store.put_opportunity(gone.revised(deleted=False))
    assert store.get_history(stored.id)[-1] == gone


def test_a_delete_must_name_its_version(store: Store, session_id: str) -> None:
    store.store_opportunities(a_session(session_id), [])
    with pytest.raises(InvalidInputError):
        store.put_opportunity(an_opportunity(session_id, deleted=True))


# Repeating


def test_repeating_a_creation_returns_what_it_made(store: Store, session_id: str) -> None:
    store.store_opportunities(a_session(session_id), [])
    wanted = an_opportunity(session_id, change_id="c1")
    first = store.put_opportunity(wanted)
    header = store.get_session(session_id)
    assert store.put_opportunity(wanted) == first
    assert store.get_history(wanted.id) == (first,)
    assert store.get_session(session_id) == header


@pytest.mark.parametrize("change", [{"status": Status.LOST}, {"deleted": True}])
def test_repeating_a_change_returns_what_it_made(
    store: Store, stored: Opportunity, change: dict[str, object], clock: ManualClock
) -> None:
    wanted = stored.revised(change_id="c2", **change)
    second = store.put_opportunity(wanted)
    clock.advance(minutes=1)
    assert store.put_opportunity(wanted) == second
    assert store.get_history(stored.id) == (stored, second)


def test_repeating_a_restore_returns_what_it_made(store: Store, stored: Opportunity) -> None:
    gone = store.put_opportunity(stored.revised(deleted=True, change_id="c2"))
    wanted = gone.revised(deleted=False, change_id="c3")
    back = store.put_opportunity(wanted)
    header = store.get_session(stored.session_id)
    assert store.put_opportunity(wanted) == back
    assert store.get_session(stored.session_id) == header


def test_an_empty_change_id_never_recognises_itself(store: Store, stored: Opportunity) -> None:
    wanted = stored.revised(owner="bea", change_id="")
    store.put_opportunity(wanted)
    with pytest.raises(VersionConflictError):
        store.put_opportunity(wanted)


def test_a_repeat_after_somebody_elses_change_conflicts(store: Store, stored: Opportunity) -> None:
    wanted = stored.revised(owner="bea", change_id="c2")
    second = store.put_opportunity(wanted)
    store.put_opportunity(second.revised(owner="carl", change_id="c3"))
    with pytest.raises(VersionConflictError):
        store.put_opportunity(wanted)


def test_another_change_with_a_change_id_seen_before_is_not_taken_for_a_repeat(
    store: Store, stored: Opportunity
) -> None:
    second = store.put_opportunity(stored.revised(owner="bea", change_id="c2"))
    third = store.put_opportunity(second.revised(owner="carl", change_id="c2"))
    assert (third.version, third.owner) == (3, "carl")


# Limits and odd questions


@pytest.mark.parametrize("letter", ["a", "\N{EURO SIGN}", "\U0001f600"])
def test_a_record_over_the_limit_is_refused_and_its_field_is_named(
    store: Store, stored: Opportunity, letter: str
) -> None:
    pieces = RECORD_LIMIT_BYTES // (len(letter.encode()) * 20_000) + 1
    large = stored.revised(next_steps=[letter * 20_000] * pieces)
    with pytest.raises(TooLargeError, match="nextSteps"):
        store.put_opportunity(large)
    assert store.get_history(stored.id) == (stored,)


@pytest.mark.parametrize("letter", ["a", "\N{EURO SIGN}", '"'])
def test_a_record_just_under_the_limit_is_kept(
    store: Store, stored: Opportunity, letter: str
) -> None:
    room = RECORD_LIMIT_BYTES - len(stored.model_dump_json().encode()) - 100
    cost = len(letter.encode()) + (letter == '"')
    pieces = [letter * (room // cost // 10)] * 10
    large = store.put_opportunity(stored.revised(next_steps=pieces))
    assert store.get_opportunity(stored.id) == large


def test_an_id_that_cannot_exist_is_simply_not_found(store: Store) -> None:
    with every() as row:
        for odd in NO_ID_OF_OURS:
            with row(repr(odd[:20])):
                with pytest.raises(OpportunityNotFoundError):
                    store.get_opportunity(odd)
                with pytest.raises(OpportunityNotFoundError):
                    store.get_opportunity(odd, version=1)
                with pytest.raises(SessionNotFoundError):
                    store.get_session(odd)
                with pytest.raises(SessionNotFoundError):
                    store.delete_session(odd, updated_by="ana", change_id="c1")
                assert store.get_history(odd) == ()
                assert store.get_opportunities(odd) == ()


def test_a_version_that_does_not_exist_is_not_found(store: Store, stored: Opportunity) -> None:
    with every() as row:
        for version in (0, -1, 2, 2**63, 10**40):
            with row(version), pytest.raises(OpportunityNotFoundError):
                store.get_opportunity(stored.id, version=version)
