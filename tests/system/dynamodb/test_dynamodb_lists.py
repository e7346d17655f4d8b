"""Lists longer than a transaction: cut at every request, raced at every request, left behind."""

import contextlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from engines import REGION
from faults import Answer, CutError, Fault, Injector, Request, at, commits, cut_after, cut_before
from simulator import Simulator
from stores import ManualClock, a_session, an_opportunity

from opportune.errors import VersionConflictError
from opportune.model.records import Opportunity
from opportune.stores.dynamodb import DynamoDBStore, transactions
from opportune.stores.dynamodb.connection import Connection
from opportune.stores.dynamodb.items import HEADER

SLUGS = [f"o{number:02}" for number in range(9)]


@dataclass
class Bench:
    """A store on the simulator, with a hand on every request."""

    store: DynamoDBStore
    injector: Injector
    simulator: Simulator
    clock: ManualClock

    def head(self, opportunity_id: str) -> dict[str, dict[str, str]]:
        key = (opportunity_id.split(".", maxsplit=1)[0], opportunity_id)
        return self.simulator.tables["Bench"].items[key]

    def quietly(self) -> None:
        self.injector.plan = lambda request: None


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A transaction takes 7 actions here: a list of more than three goes in stages."""
    monkeypatch.setattr(transactions, "TRANSACTION_ACTIONS", 7)
    clock = ManualClock()
    simulator = Simulator(random.Random(3))
    simulator.create("Bench")
    connection = Connection(region=REGION, endpoint="http://127.0.0.1:9", sleep=lambda s: None)
    injector = Injector(carry=simulator)
    injector.attach(connection)
    store = DynamoDBStore("Bench", clock=clock, connection=connection)
    yield Bench(store, injector, simulator, clock)
    store.close()


def old_list(bench: Bench) -> tuple[Opportunity, ...]:
    listed = [an_opportunity("s", slug, title="old") for slug in SLUGS[:6]]
    bench.store.store_opportunities(a_session("s", change_id="c-old"), listed)
    bench.clock.advance(days=1)
    return bench.store.get_opportunities("s")


def replace_list(bench: Bench) -> None:
    """Six of the nine stay, three come, three go: nine heads change."""
    listed = [an_opportunity("s", slug, title="new", change_id="c-new") for slug in SLUGS[3:]]
    bench.store.store_opportunities(a_session("s", change_id="c-new"), listed)


def requests_of(bench: Bench, action: Callable[[Bench], None]) -> int:
    before = len(bench.injector.sent)
    action(bench)
    return len(bench.injector.sent) - before


def titles(listed: tuple[Opportunity, ...]) -> set[str]:
    return {one.title for one in listed}


def agrees_by_id(bench: Bench, listed: tuple[Opportunity, ...]) -> bool:
    """Tell whether reading one by one gives the same as the list, and histories end in it."""
    by_id = {one.id: one for one in listed}
    for slug in SLUGS:
        history = bench.store.get_history(f"s.{slug}")
        assert [one.version for one in history] == list(range(1, len(history) + 1))
        newest = history[-1] if history else None
        if newest is None or newest.deleted:
            if f"s.{slug}" in by_id:
                return False
        elif not newest == by_id.get(newest.id) == bench.store.get_opportunity(newest.id):
            return False
    return True


@pytest.mark.parametrize("fault", [cut_before, cut_after], ids=["before", "after"])
def test_a_replace_cut_at_any_request_is_seen_whole_or_not_at_all(
    bench: Bench, fault: Fault
) -> None:
    old = old_list(bench)
    outcomes = set()
    number = 0
    while True:
        bench.injector.plan = at(number, fault)
        try:
            replace_list(bench)
        except CutError:
            pass
        else:
            break
        bench.quietly()
        number += 1
        listed = bench.store.get_opportunities("s")
        outcomes |= titles(listed)
        assert listed == old or titles(listed) == {"new"}
        assert {one.id for one in listed} in (
            {f"s.{slug}" for slug in SLUGS[:6]},
            {f"s.{slug}" for slug in SLUGS[3:]},
        )
        assert agrees_by_id(bench, listed)
        if titles(listed) == {"new"}:
            # A new table for the next cut: this one has its new list for good.
            bench.simulator.create("Bench")
            old = old_list(bench)
    assert number > 8  # it did go in stages
    assert outcomes == {"old", "new"}


@pytest.mark.parametrize("fault", [cut_before, cut_after], ids=["before", "after"])
def test_repeating_a_cut_replace_completes_it_and_writes_nothing_twice(
    bench: Bench, fault: Fault
) -> None:
    old_list(bench)
    total = requests_of(bench, replace_list)
    for number in range(total):
        bench.simulator.create("Bench")
        old_list(bench)
        bench.injector.plan = at(number, fault)
        try:
            replace_list(bench)
        except CutError:
            bench.quietly()
            replace_list(bench)
        bench.quietly()
        assert titles(bench.store.get_opportunities("s")) == {"new"}
        versions = {slug: len(bench.store.get_history(f"s.{slug}")) for slug in SLUGS}
        assert versions == {slug: 1 if slug in SLUGS[6:] else 2 for slug in SLUGS}
        assert bench.store.get_session("s").version == 2
        assert not any("staged" in bench.head(f"s.{slug}") for slug in SLUGS)
        assert "promoting" not in bench.simulator.tables["Bench"].items["s", HEADER]


def test_a_change_made_during_a_replace_is_never_lost(bench: Bench) -> None:
    old_list(bench)
    total = requests_of(bench, replace_list)
    for number in range(total):
        bench.simulator.create("Bench")
        old_list(bench)
        changed: list[Opportunity] = []

        def change(request: Request, changed: list[Opportunity] = changed) -> Answer:
            bench.quietly()
            current = bench.store.get_opportunity("s.o04")
            changed.append(bench.store.put_opportunity(current.revised(title="by hand")))
            assert bench.store.get_opportunity("s.o04") == changed[0]
            return None

        bench.injector.plan = at(number, change)
        replace_list(bench)
        history = bench.store.get_history("s.o04")
        assert changed[0] in history
        assert {one.title for one in history} == {"old", "by hand", "new"}
        assert [one.version for one in history] == [1, 2, 3]
        assert agrees_by_id(bench, bench.store.get_opportunities("s"))


@pytest.mark.parametrize("actions", [7, 100], ids=["staged", "at once"])
def test_what_a_list_leaves_as_it_is_cannot_change_before_the_list_does(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, actions: int
) -> None:
    """Somebody changes it at any request: then that is a conflict, or came after the list."""
    monkeypatch.setattr(transactions, "TRANSACTION_ACTIONS", actions)
    kept = [one for one in old_list(bench) if one.id in ("s.o03", "s.o04")]

    def replace_others() -> None:
        listed = [an_opportunity("s", slug, title="new") for slug in ("o00", "o01", "o02", "o07")]
        bench.store.store_opportunities(a_session("s", change_id="c-new"), [*kept, *listed])

    total = requests_of(bench, lambda bench: replace_others())
    assert all(len(bench.store.get_history(one.id)) == 1 for one in kept)
    assert not any("staged" in bench.head(f"s.{slug}") for slug in SLUGS[:5])
    expected = bench.store.get_opportunities("s")
    outcomes = set()
    for number in range(total):
        bench.simulator.create("Bench")
        bench.clock.now -= timedelta(days=1)
        old = old_list(bench)
        seen: list[tuple[Opportunity, ...]] = []

        def change(request: Request, seen: list[tuple[Opportunity, ...]] = seen) -> Answer:
            bench.quietly()
            seen.append(bench.store.get_opportunities("s"))
            bench.store.put_opportunity(kept[1].revised(title="by hand"))
            return None

        bench.injector.plan = at(number, change)
        try:
            replace_others()
        except VersionConflictError:
            assert seen == [old]
            assert titles(bench.store.get_opportunities("s")) == {"old", "by hand"}
            outcomes.add("conflict")
        else:
            bench.quietly()
            if not seen:  # pages are of any length, so there are not always as many requests
                continue
            assert [one.id for one in seen[0]] == [one.id for one in expected]
            assert titles(seen[0]) == {"old", "new"}, "the list had changed before"
            outcomes.add("after it")
        assert bench.store.get_opportunity("s.o04").title == "by hand"
        assert agrees_by_id(bench, bench.store.get_opportunities("s"))
    assert outcomes == ({"conflict", "after it"} if actions == 7 else {"conflict"})


def test_a_list_that_only_leaves_things_as_they_are_is_cut_at_any_request(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More of them than a transaction holds: they are marked, and nothing is written of them."""
    monkeypatch.setattr(transactions, "TRANSACTION_ACTIONS", 6)
    listed = old_list(bench)

    def leave() -> None:
        bench.store.store_opportunities(a_session("s", change_id="c-left"), listed)

    total = requests_of(bench, lambda bench: leave())
    assert total > 4
    for number in range(total):
        for cut in (cut_before, cut_after):
            bench.simulator.create("Bench")
            bench.clock.now -= timedelta(days=1)
            old_list(bench)
            bench.injector.plan = at(number, cut)
            with contextlib.suppress(CutError):
                leave()
            bench.quietly()
            assert bench.store.get_opportunities("s") == listed
            assert agrees_by_id(bench, listed)
            leave()
            assert bench.store.get_session("s").version == 2
            assert bench.store.get_opportunities("s") == listed
            assert not any("staged" in bench.head(one.id) for one in listed)


def committed_but_not_finished(bench: Bench) -> None:
    """Leave a replace behind whose process died right after the commit."""
    old_list(bench)

    def plan(request: Request) -> Answer:
        return cut_after(request) if commits(request) else None

    bench.injector.plan = plan
    with pytest.raises(CutError):
        replace_list(bench)
    bench.quietly()


def test_what_a_dead_process_committed_is_finished_by_a_later_reader(bench: Bench) -> None:
    committed_but_not_finished(bench)
    assert titles(bench.store.get_opportunities("s")) == {"new"}
    assert titles(bench.store.find_opportunities().items) <= {"old", "new"}
    assert "staged" in bench.head("s.o04")  # another process may still be at it
    bench.clock.advance(seconds=31)
    listed = bench.store.get_opportunities("s")
    assert "staged" not in bench.head("s.o04")
    found = bench.store.find_opportunities().items
    assert sorted(found, key=lambda one: one.id) == sorted(listed, key=lambda one: one.id)


def test_what_a_dead_process_committed_is_finished_by_a_later_writer(bench: Bench) -> None:
    committed_but_not_finished(bench)
    created = bench.store.put_opportunity(an_opportunity("s", "late"))
    assert not any("staged" in bench.head(f"s.{slug}") for slug in SLUGS)
    listed = bench.store.get_opportunities("s")
    assert {one.id for one in listed} == {created.id, *(f"s.{slug}" for slug in SLUGS[3:])}


def test_a_reader_overtaken_by_the_finishing_reads_again(bench: Bench) -> None:
    committed_but_not_finished(bench)

    def finish(request: Request) -> Answer:
        if request.body["Key"]["opportunityId"] == {"S": HEADER}:
            bench.quietly()
            bench.store.put_opportunity(an_opportunity("s", "late"))
        return None

    bench.injector.plan = finish
    assert bench.store.get_opportunity("s.o04").title == "new"


def test_nothing_that_is_being_prepared_can_be_swept(bench: Bench) -> None:
    """TTL would otherwise delete a head together with the mark that it has been replaced."""
    committed_but_not_finished(bench)
    assert "ttl" not in bench.head("s.o04")
    bench.clock.advance(days=29, hours=1)  # the old ones would have expired by now
    bench.simulator.sweep(bench.clock.now, random.Random(1))
    assert titles(bench.store.get_opportunities("s")) == {"new"}
    assert "ttl" in bench.head("s.o04")


def test_what_was_prepared_in_vain_still_expires_when_it_would_have(bench: Bench) -> None:
    old = old_list(bench)
    bench.injector.plan = lambda request: cut_before(request) if commits(request) else None
    with pytest.raises(CutError):
        replace_list(bench)
    bench.quietly()
    assert "staged" in bench.head("s.o04")
    assert bench.store.get_opportunities("s") == old
    bench.clock.advance(days=29, hours=1)
    assert bench.store.get_opportunities("s") == ()
    assert bench.store.find_opportunities().items == ()


def test_a_prepared_revision_is_in_no_scan_and_no_history(bench: Bench) -> None:
    old_list(bench)
    bench.injector.plan = lambda request: cut_before(request) if commits(request) else None
    with pytest.raises(CutError):
        replace_list(bench)
    bench.quietly()
    scanned = [one for one in bench.store.scan().items if isinstance(one, Opportunity)]
    assert titles(tuple(scanned)) == {"old"}
    assert bench.store.get_history("s.o08") == ()
    assert [one.title for one in bench.store.get_history("s.o04")] == ["old"]
