"""The contract on every store: totals, many changes at once, and what an audit is given."""

from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from questions import QUESTIONS, ROWS
from stores import ManualClock, a_session, an_opportunity, new_session_id

from opportune.errors import (
    InvalidInputError,
    OpportunityNotFoundError,
    TooLargeError,
    VersionConflictError,
)
from opportune.model.filters import Grouping, OpportunityFilters, Total, added_up
from opportune.model.records import Opportunity, Status
from opportune.stores.contract import Audited, Store
from opportune.stores.revisions import digest_of


@pytest.fixture
def pipeline(fresh_store: Store, clock: ManualClock) -> list[Opportunity]:
    """Opportunities of three sessions and several months; some deleted, expired or forgotten."""
    for number in range(3):
        fresh_store.store_opportunities(a_session(f"p{number}", customer=f"C{number}"), [])
    stored = []
    for number, fields in enumerate(ROWS * 2):
        # Two are older than their retention by now; a won one is too, and stays.
        if number in (2, 9):
            clock.advance(days=20)
        extra = {"status": Status.WON} if number == 1 else {}
        one = an_opportunity(f"p{number % 3}", f"o{number}", **fields | extra)
        stored.append(fresh_store.put_opportunity(one))
    gone = fresh_store.put_opportunity(stored[4].revised(deleted=True))
    now = clock().timestamp()
    return [o for o in stored if o.id != gone.id and (o.ttl is None or o.ttl > now)]


def test_totals_are_the_sums_of_what_find_finds(
    fresh_store: Store, pipeline: list[Opportunity]
) -> None:
    assert 0 < len(pipeline) < len(ROWS) * 2 - 1
    for filters in QUESTIONS:
        expected = list(filter(filters.matches, pipeline))
        for by in Grouping:
            assert fresh_store.totals(filters, by=by) == added_up(expected, by), (filters, by)


def test_totals_of_everything_count_every_live_opportunity(
    fresh_store: Store, pipeline: list[Opportunity]
) -> None:
    totals = fresh_store.totals()
    assert sum(total.count for total in totals) == len(pipeline)
    assert sum(total.arr for total in totals) == sum(o.estimated_arr for o in pipeline)


def test_an_empty_store_has_no_totals(fresh_store: Store) -> None:
    assert fresh_store.totals() == ()


def test_totals_follow_each_change(fresh_store: Store) -> None:
    fresh_store.store_opportunities(a_session("one"), [])
    first = fresh_store.put_opportunity(
        an_opportunity("one", related_services=["Amazon EC2"], close_date=date(2026, 5, 1))
    )
    arr = Decimal("1234.56")
    assert fresh_store.totals() == (Total(key="", status=Status.NEW, count=1, arr=arr),)
    moved = fresh_store.put_opportunity(
        first.revised(
            status=Status.LOST,
            estimated_arr=Decimal("-0.01"),
            related_services=["Amazon S3"],
            owner="eva",
            close_date=date(2026, 6, 1),
        ),
    )
    wanted = {
        Grouping.SERVICE: "Amazon S3",
        Grouping.OWNER: "eva",
        Grouping.CLOSE_MONTH: "2026-06",
        Grouping.MONTH: "2026-03",
    }
    for by, key in wanted.items():
        total = Total(key=key, status=Status.LOST, count=1, arr=Decimal("-0.01"))
        assert fresh_store.totals(by=by) == (total,), by
    fresh_store.put_opportunity(moved.revised(deleted=True))
    assert fresh_store.totals(by=Grouping.SERVICE) == ()


def test_many_changes_at_once_are_what_each_would_be(
    store: Store, session_id: str, clock: ManualClock
) -> None:
    store.store_opportunities(
        a_session(session_id), [an_opportunity(session_id, f"o{n}") for n in range(120)]
    )
    stored = store.get_opportunities(session_id)
    clock.advance(hours=1)
    wanted = [o.revised(status=Status.IN_PROGRESS, change_id="bulk", owner=o.id) for o in stored]
    answers = store.put_opportunities(wanted)
    assert [a.version for a in answers if isinstance(a, Opportunity)] == [2] * 120
    for before, after in zip(stored, answers, strict=True):
        assert store.get_history(before.id) == (before, after)
    assert store.put_opportunities(wanted) == answers, "a repeat changes nothing"
    assert store.get_session(session_id).version == 1


def test_one_refused_change_stops_no_other(store: Store, session_id: str) -> None:
    store.store_opportunities(
        a_session(session_id), [an_opportunity(session_id, f"o{n}") for n in range(4)]
    )
    first, stale, third, last = store.get_opportunities(session_id)
    newer = store.put_opportunity(stale.revised(title="somebody was faster"))
    answers = store.put_opportunities(
        [
            first.revised(title="one"),
            stale.revised(title="two"),
            third.revised(deleted=True),
            an_opportunity(session_id, "missing", version=3),
            an_opportunity(session_id, "created"),
            last.revised(title="four"),
        ],
    )
    assert isinstance(answers[1], VersionConflictError)
    assert (answers[1].expected, answers[1].actual) == (1, 2)
    assert isinstance(answers[3], OpportunityNotFoundError)
    kept = {o.id.partition(".")[2]: o.title for o in store.get_opportunities(session_id)}
    assert kept == {
        "o0": "one",
        "o1": newer.title,
        "created": "Rehost created",
        "o3": "four",
    }
    assert store.get_session(session_id).version == 2, "creating adds to the list"


def test_many_changes_reach_over_sessions(store: Store) -> None:
    sessions = [new_session_id() for _ in range(3)]
    for one in sessions:
        store.store_opportunities(a_session(one), [an_opportunity(one)])
    wanted = [o.revised(owner="eva") for s in sessions for o in store.get_opportunities(s)]
    store.put_opportunities(wanted)
    assert [o.owner for s in sessions for o in store.get_opportunities(s)] == ["eva"] * 3


def test_many_changes_with_one_that_is_unacceptable_change_nothing(
    store: Store, session_id: str
) -> None:
    store.store_opportunities(a_session(session_id), [an_opportunity(session_id)])
    (stored,) = store.get_opportunities(session_id)
    fine = stored.revised(title="changed")
    with pytest.raises(InvalidInputError):
        store.put_opportunities([fine, fine])
    with pytest.raises(InvalidInputError):
        store.put_opportunities([fine, an_opportunity(session_id, "b", deleted=True)])
    huge = an_opportunity(session_id, "c", next_steps=["x" * 90_000] * 4)
    with pytest.raises(TooLargeError):
        store.put_opportunities([fine, huge])
    assert store.get_opportunities(session_id) == (stored,)
    assert store.put_opportunities([]) == ()


def _audited(store: Store, limit: int) -> list[Audited]:
    rows: list[Audited] = []
    cursor = None
    while True:
        page = store.audit(limit=limit, cursor=cursor)
        rows += page.items
        cursor = page.cursor
        if cursor is None:
            return rows


def test_an_audit_is_given_every_revision_in_rows_without_a_problem(
    fresh_store: Store, pipeline: list[Opportunity]
) -> None:
    fresh_store.put_opportunity(pipeline[0].revised(title="second"))
    for limit in (1, 4, 1000):
        rows = _audited(fresh_store, limit)
        ids = [row.opportunity_id for row in rows]
        assert len(set(ids)) == sum(1 for a, b in pairwise([None, *ids]) if a != b), "in a row"
        expected = {o: fresh_store.get_history(o) for o in set(ids)}
        for one, revisions in expected.items():
            of_one = [row for row in rows if row.opportunity_id == one]
            assert [row.revision for row in of_one] == list(revisions)
            assert [row.version for row in of_one] == [o.version for o in revisions]
        assert {row.problem for row in rows} == {""}
        assert {o.id for o in pipeline} <= set(ids)


def test_an_audit_refuses_another_questions_cursor(
    fresh_store: Store, pipeline: list[Opportunity]
) -> None:
    cursor = fresh_store.scan(limit=1).cursor
    with pytest.raises(InvalidInputError):
        fresh_store.audit(cursor=cursor)
    with pytest.raises(InvalidInputError):
        fresh_store.audit(limit=0)


def test_revisions_are_chained_by_their_digests(store: Store, session_id: str) -> None:
    store.store_opportunities(a_session(session_id), [an_opportunity(session_id)])
    (first,) = store.get_opportunities(session_id)
    second = store.put_opportunity(first.revised(title="b"))
    store.put_opportunity(second.revised(deleted=True))
    store.store_opportunities(a_session(session_id), [an_opportunity(session_id)])
    store.delete_session(session_id, updated_by="ana", change_id="")
    history = store.get_history(first.id)
    assert len(history) == 5
    assert [o.digest for o in history] == [digest_of(o) for o in history]
    assert history[0].previous_digest == ""
    assert [o.previous_digest for o in history[1:]] == [o.digest for o in history[:-1]]


def test_a_digest_that_a_caller_gives_is_not_taken(store: Store, session_id: str) -> None:
    store.store_opportunities(
        a_session(session_id),
        [an_opportunity(session_id, digest="f" * 64, previous_digest="e" * 64)],
    )
    (stored,) = store.get_opportunities(session_id)
    assert (stored.previous_digest, stored.digest) == ("", digest_of(stored))


def test_filters_that_ask_the_same_are_the_same_question() -> None:
    one = OpportunityFilters.model_validate({"owner": ["Eva", "bea"], "priority": ["Low", "High"]})
    two = OpportunityFilters.model_validate({"owner": ["BEA", "eva"], "priority": ["High", "Low"]})
    assert one.canonical() == two.canonical()
    assert one.canonical() != one.revised(owner=["eva"]).canonical()
