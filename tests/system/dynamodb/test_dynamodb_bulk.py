"""Many changes at once on DynamoDB: few requests, one step each, whatever fault they meet."""

from collections.abc import Iterator
from typing import Any

import pytest
from dynamodb_bench import Bench, fill
from faults import (
    Answer,
    CutError,
    Fault,
    Request,
    at,
    commits,
    cut_after,
    cut_before,
    lost_after,
    lost_before,
    throttled,
)
from moves import at_stage
from stores import a_session, an_opportunity

from opportune.errors import StoreUnavailableError, VersionConflictError, WrongStageError
from opportune.model.records import Opportunity
from opportune.stores.dynamodb import DynamoDBStore, transactions


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.connection.close()


def revised(stored: list[Opportunity], **changes: Any) -> list[Opportunity]:
    return [one.revised(owner="bea", change_id="bulk", **changes) for one in stored]


def test_a_thousand_changes_take_few_requests(bench: Bench) -> None:
    stored = fill(bench, count=200, sessions=2)
    bench.store.put_opportunities(revised(stored))
    assert bench.injector.operations().count("BatchGetItem") == 2
    assert bench.injector.operations().count("TransactWriteItems") == 4
    assert len(bench.injector.sent) == 6


def outcome(bench: Bench) -> list[tuple[Opportunity, ...]]:
    return [bench.store.get_history(f"s{n % 3}.o{n}") for n in range(12)]


@pytest.mark.parametrize("is_journaled", [False, True])
@pytest.mark.parametrize(
    "fault",
    [cut_before, cut_after, lost_before, lost_after, throttled],
    ids=lambda fault: getattr(fault, "__name__", ""),
)
def test_many_changes_that_meet_a_fault_anywhere_are_done_once_when_repeated(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, fault: Fault, *, is_journaled: bool
) -> None:
    monkeypatch.setattr(transactions, "TRANSACTION_ACTIONS", 10)

    def begin() -> tuple[DynamoDBStore, list[Opportunity]]:
        bench.anew()
        at_stage(bench.store, 1)
        wanted = revised(fill(bench))
        wanted[3] = wanted[3].revised(deleted=True)
        wanted.append(an_opportunity("s1", "made", change_id="bulk"))
        return (
            bench.store.journaled(bench.told.append, stage_number=1)
            if is_journaled
            else bench.store
        ), wanted

    store, wanted = begin()
    total = bench.requests_of(lambda: store.put_opportunities(wanted))
    expected = outcome(bench)
    assert total > 5
    for number in range(total):
        store, wanted = begin()
        bench.injector.plan = at(number, fault)
        is_cut = fault in (cut_before, cut_after)
        if is_cut:
            with pytest.raises(CutError):
                store.put_opportunities(wanted)
        else:
            answers = store.put_opportunities(wanted)
        bench.quietly()
        for history in outcome(bench):
            assert [one.version for one in history] in ([1], [1, 2])
        again = store.put_opportunities(wanted)
        assert is_cut or again == answers
        assert {type(one) for one in again} == {Opportunity}
        assert [[o.version for o in h] for h in outcome(bench)] == [
            [o.version for o in h] for h in expected
        ]
        if is_journaled:
            noted = {key for note in bench.store.journal() for key in note.opportunity_ids}
            assert noted == {one.id for one in wanted}


def test_of_many_changes_only_those_are_refused_that_somebody_else_came_before(
    bench: Bench,
) -> None:
    """Between reading and writing somebody changes two of them."""
    wanted = revised(fill(bench, count=120))
    faster = {wanted[2].id, wanted[77].id}

    def overtake(request: Request) -> Answer:
        if request.operation != "TransactWriteItems":
            return None
        bench.quietly()
        for key in faster:
            bench.store.put_opportunity(bench.store.get_opportunity(key).revised(title="theirs"))
        return None

    bench.injector.plan = overtake
    answers = bench.store.put_opportunities(wanted)
    refused = {one.id for one, a in zip(wanted, answers, strict=True) if isinstance(a, Exception)}
    assert refused == faster
    assert {type(a) for a in answers} == {Opportunity, VersionConflictError}
    for one in wanted:
        newest = bench.store.get_opportunity(one.id)
        assert newest.version == 2
        assert newest.title == ("theirs" if one.id in faster else one.title)


def test_many_changes_whose_outcome_is_unknown_say_so(bench: Bench) -> None:
    wanted = revised(fill(bench))
    bench.injector.plan = lambda request: (
        lost_after(request) if request.operation == "TransactWriteItems" else None
    )
    with pytest.raises(StoreUnavailableError):
        bench.store.put_opportunities(wanted)
    bench.quietly()
    answers = bench.store.put_opportunities(wanted)
    assert [a.version for a in answers if isinstance(a, Opportunity)] == [2] * 12


def test_many_changes_end_a_large_list_in_preparation(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would be committed upon heads that it has not read."""
    monkeypatch.setattr(transactions, "TRANSACTION_ACTIONS", 7)
    fill(bench, count=6, sessions=1)
    listed = [an_opportunity("s0", f"o{n}", title="list", change_id="list") for n in range(6)]

    def overtake(request: Request) -> Answer:
        if not commits(request):
            return None
        bench.quietly()
        current = bench.store.get_opportunities("s0")
        answers = bench.store.put_opportunities(revised(list(current)))
        assert {type(a) for a in answers} == {Opportunity}
        return None

    bench.injector.plan = overtake
    bench.store.store_opportunities(a_session("s0", change_id="list"), listed)
    for number in range(6):
        history = bench.store.get_history(f"s0.o{number}")
        assert [one.change_id for one in history] == ["", "bulk", "list"]


def test_many_changes_are_held_back_by_the_fence(bench: Bench) -> None:
    wanted = revised(fill(bench))
    at_stage(bench.store, 2)
    before = outcome(bench)
    with pytest.raises(WrongStageError):
        bench.store.journaled(bench.told.append, stage_number=1).put_opportunities(wanted)
    assert outcome(bench) == before
    assert bench.store.journal() == ()
    assert bench.told == []


def test_many_changes_are_noted_and_told_once_for_each_session(bench: Bench) -> None:
    wanted = revised(fill(bench))
    at_stage(bench.store, 1)
    store = bench.store.journaled(bench.told.append, stage_number=1)
    answers = store.put_opportunities(wanted)
    notes = bench.store.journal()
    assert sorted(note.session_id for note in notes) == ["s0", "s1", "s2"]
    assert {note.key for note in notes} == {told.note.key for told in bench.told}
    assert sorted((r for told in bench.told for r in told.revisions), key=lambda r: r.id) == sorted(
        (a for a in answers if isinstance(a, Opportunity)), key=lambda a: a.id
    )
    bench.store.settle(notes)
    assert store.put_opportunities(wanted) == answers
    assert bench.store.journal() == (), "a repeat notes nothing"


def test_a_refusal_to_restore_rests_on_one_moment(bench: Bench) -> None:
    """The opportunity is restored, then its session goes, between two reads of a restorer."""
    (one, *_) = fill(bench, count=2, sessions=1)
    deleted = bench.store.put_opportunity(one.revised(deleted=True))

    def overtake(request: Request) -> Answer:
        if request.operation != "GetItem" or "#session" not in str(request.body):
            return None
        bench.quietly()
        bench.store.put_opportunity(deleted.revised(deleted=False, title="theirs"))
        bench.store.delete_session("s0", updated_by="eva", change_id="")
        return None

    bench.injector.plan = overtake
    with pytest.raises(VersionConflictError):
        bench.store.put_opportunity(deleted.revised(deleted=False, title="mine"))
