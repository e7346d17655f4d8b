"""What DynamoDB does with what is replicated: cut, raced and repeated at every single request."""

from collections.abc import Iterator

import pytest
from dynamodb_bench import Bench
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
)
from moves import WRITES, everything, prepare
from stores import a_session, a_template, an_opportunity, reference_store

from opportune.model.records import Opportunity, Record, Session, Template
from opportune.stores.dynamodb import transactions
from opportune.stores.journal import Copying

SMALL = ("change", "restore", "put-template", "create")
at_both_sides = pytest.mark.parametrize("cut", [cut_before, cut_after], ids=["before", "after"])


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A transaction takes 7 actions here: a list of more than three goes in stages."""
    monkeypatch.setattr(transactions, "TRANSACTION_ACTIONS", 7)
    bench = Bench()
    yield bench
    bench.connection.close()


def old_and_new(bench: Bench, count: int) -> tuple[list[Record], list[Record]]:
    """A list, and what replaces it: one is deleted, one stays, the others are new or changed.

    The newest has a second revision already.
    """
    source = reference_store(bench.clock)
    old = [an_opportunity("s", f"p-{number}", title="old") for number in range(count)]
    source.store_opportunities(a_session("s"), old)
    before = list(everything(source).values())
    bench.clock.advance(seconds=1)
    new = [an_opportunity("s", f"p-{number}", title="new") for number in range(2, count + 2)]
    source.store_opportunities(a_session("s"), [source.get_opportunity("s.p-1"), *new])
    newest = source.get_opportunity(f"s.p-{count + 1}")
    source.put_opportunity(newest.revised(owner="bea"))
    after = everything(source)
    return before, [one for one in after.values() if one not in before]


@at_both_sides
@pytest.mark.parametrize("is_staged", [False, True])
@pytest.mark.parametrize("copying", [Copying.NEWER, Copying.NEXT])
def test_a_replicated_list_cut_at_any_request_is_seen_whole_or_not_at_all(
    bench: Bench,
    monkeypatch: pytest.MonkeyPatch,
    cut: Fault,
    copying: Copying,
    *,
    is_staged: bool,
) -> None:
    if not is_staged:
        monkeypatch.undo()
    old, new = old_and_new(bench, 7)
    bench.store.replicate(old)
    listed = bench.store.get_opportunities("s")
    ids = sorted({one.id for one in new if isinstance(one, Opportunity)})
    histories = [bench.store.get_history(one) for one in ids]
    total = bench.requests_of(lambda: bench.store.replicate(new, copying=copying))
    expected_histories = [bench.store.get_history(one) for one in ids]
    expected = bench.store.get_opportunities("s")
    final = everything(bench.store)
    assert {one.title for one in expected} == {"old", "new"}
    outcomes = set()
    for number in range(total):
        bench.anew()
        bench.store.replicate(old)
        bench.injector.plan = at(number, cut)
        with pytest.raises(CutError):
            bench.store.replicate(new, copying=copying)
        bench.quietly()
        found = bench.store.get_opportunities("s")
        assert found in (listed, expected), number
        found_histories = [bench.store.get_history(one) for one in ids]
        assert found_histories == (histories if found == listed else expected_histories)
        by_id = tuple(bench.store.get_opportunity(one.id) for one in found)
        assert by_id == found
        outcomes.add(found == expected)
        assert bench.store.replicate(new, copying=copying)
        assert everything(bench.store) == final
    assert outcomes == ({False} if not is_staged and cut is cut_before else {False, True})


@pytest.mark.parametrize("copying", list(Copying))
def test_replicating_is_repeated_where_a_reply_is_lost(bench: Bench, copying: Copying) -> None:
    old, new = old_and_new(bench, 7)
    more: list[Record] = [reference_store(bench.clock).put_template(a_template("t"))]
    bench.store.replicate(old)
    total = bench.requests_of(lambda: bench.store.replicate([*new, *more], copying=copying))
    final = everything(bench.store)
    for number in range(total):
        for fault in (lost_after, lost_before):
            bench.anew()
            bench.store.replicate(old)
            bench.injector.plan = at(number, fault)
            assert bench.store.replicate([*new, *more], copying=copying)
            bench.quietly()
            assert everything(bench.store) == final


@pytest.mark.parametrize("kinds", [(Session, Opportunity, Template), (Opportunity,), (Session,)])
def test_what_is_replicated_meanwhile_is_never_lowered(
    bench: Bench, kinds: tuple[type[Record], ...]
) -> None:
    """Between any two requests a newer state arrives from elsewhere."""
    source = reference_store(bench.clock)
    prepare(source)
    old = [one for one in everything(source).values() if isinstance(one, kinds)]
    bench.clock.advance(seconds=1)
    for write in WRITES:
        if write.name in SMALL:
            write.do(source)
    new = list(everything(source).values())
    total = bench.requests_of(lambda: bench.store.replicate(old))
    for number in range(total):
        for copying in Copying:
            bench.anew()

            def overtake(request: Request) -> Answer:
                bench.quietly()
                bench.store.replicate(new)
                return None

            bench.injector.plan = at(number, overtake)
            bench.store.replicate(old, copying=copying)
            bench.quietly()
            assert everything(bench.store) == everything(source), number


def left_in_preparation(bench: Bench) -> None:
    """Leave a large list behind that was prepared and never committed."""
    bench.store.store_opportunities(a_session("s"), [])

    def never_commit(request: Request) -> Answer:
        return cut_before(request) if commits(request) else None

    bench.injector.plan = never_commit
    rows = [an_opportunity("s", f"p-{number}", title="in vain") for number in range(9)]
    with pytest.raises(CutError):
        bench.store.store_opportunities(a_session("s"), rows)
    bench.quietly()


def test_what_was_prepared_in_vain_does_not_stay_among_what_is_replicated(bench: Bench) -> None:
    source = reference_store(bench.clock)
    source.store_opportunities(a_session("s"), [an_opportunity("s", "p-1", title="1")])
    for title in ("2", "3"):
        base = source.get_opportunity("s.p-1")
        source.put_opportunity(base.revised(title=title))
    first, second, third = source.get_history("s.p-1")
    for order in ([third, second, first], [second, first, third], [first, second, third]):
        bench.anew()
        left_in_preparation(bench)
        for one in order:
            bench.store.replicate([one])
            assert bench.store.get_opportunity("s.p-1").title in "123"
        assert bench.store.get_history("s.p-1") == (first, second, third)


def test_replicating_ends_a_list_in_preparation(bench: Bench) -> None:
    """Else it would be committed upon heads that it has not read."""
    source = reference_store(bench.clock)
    source.store_opportunities(a_session("s"), [an_opportunity("s", "p-1", title="1")])
    bench.store.replicate(list(everything(source).values()))
    bench.clock.advance(seconds=1)
    copied = source.put_opportunity(source.get_opportunity("s.p-1").revised(title="copied"))
    rows = [an_opportunity("s", f"p-{number}", title="mine") for number in range(9)]

    def overtake(request: Request) -> Answer:
        if not commits(request):
            return None
        bench.quietly()
        bench.store.replicate([copied])
        return None

    bench.injector.plan = overtake
    bench.store.store_opportunities(a_session("s"), rows)
    assert [one.title for one in bench.store.get_history("s.p-1")] == ["1", "copied", "mine"]


def test_many_records_take_few_requests(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    source = reference_store(bench.clock)
    for session in range(20):
        rows = [an_opportunity(f"s{session}", f"p-{number}") for number in range(10)]
        source.store_opportunities(a_session(f"s{session}"), rows)
        for one in source.get_opportunities(f"s{session}"):
            source.put_opportunity(one.revised(title="changed"))
    records = list(everything(source).values())
    revisions = [one for one in records if isinstance(one, Opportunity)]
    headers = [one for one in records if isinstance(one, Session)]
    assert (len(revisions), len(headers)) == (400, 20)
    # 2 reads of 100 heads, 200 looks into the history for what has none, 7 transactions.
    assert bench.requests_of(lambda: bench.store.replicate(revisions)) <= 2 + 200 + 7
    assert bench.requests_of(lambda: bench.store.replicate(headers)) == 2
    assert bench.requests_of(lambda: bench.store.replicate(records)) == 3 + 4
    later = [one for one in revisions if one.version == 2]
    mended = [one.revised(title="mended") for one in later]
    assert bench.requests_of(lambda: bench.store.replicate(mended, copying=Copying.MEND)) <= 2 + 7
    (one, *_) = (one.revised(version=3) for one in later)
    assert bench.requests_of(lambda: bench.store.replicate([one], copying=Copying.NEXT)) == 2
