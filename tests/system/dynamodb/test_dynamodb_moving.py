"""What DynamoDB does for store migrations: cut, raced and repeated at every single request."""

import random
from collections.abc import Iterator

import pytest
from dynamodb_bench import Bench
from faults import (
    Answer,
    CutError,
    Fault,
    Request,
    answer,
    at,
    cut_after,
    cut_before,
    failed_after,
    lost_after,
    lost_before,
)
from moves import WRITES, Write, a_migration, at_stage, changed, everything, prepare
from stores import a_session, a_template, an_opportunity

from opportune.errors import StoreUnavailableError, VersionConflictError, WrongStageError
from opportune.model.records import Opportunity, Record, Session
from opportune.stores.dynamodb import journal_items, transactions
from opportune.stores.journal import Note

SMALL = [write for write in WRITES if write.name != "replace-many"]
of_every_kind = pytest.mark.parametrize("write", SMALL, ids=lambda write: write.name)
at_both_sides = pytest.mark.parametrize("cut", [cut_before, cut_after], ids=["before", "after"])


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A transaction takes 7 actions here: a journaled list of more than two goes in stages."""
    monkeypatch.setattr(transactions, "TRANSACTION_ACTIONS", 7)
    bench = Bench()
    yield bench
    bench.connection.close()


def covers(notes: tuple[Note, ...], came: list[Record]) -> bool:
    """Tell whether notes name everything that came."""
    ids = {one for note in notes for one in note.opportunity_ids}
    sessions = {note.session_id for note in notes}
    templates = {note.template_id for note in notes}
    for one in came:
        if isinstance(one, Opportunity):
            is_named = one.id in ids
        elif isinstance(one, Session):
            is_named = one.id in sessions
        else:
            is_named = one.template_id in templates
        if not is_named:
            return False
    return True


@of_every_kind
@at_both_sides
def test_a_process_that_dies_anywhere_leaves_no_write_without_its_note(
    bench: Bench, write: Write, cut: Fault
) -> None:
    store = bench.prepared()
    total = bench.requests_of(lambda: write.do(store))
    outcomes = set()
    for number in range(total):
        store = bench.prepared()
        before = everything(bench.store)
        bench.injector.plan = at(number, cut)
        with pytest.raises(CutError):
            write.do(store)
        bench.quietly()
        came = changed(before, everything(bench.store))
        outcomes.add(bool(came))
        assert covers(bench.store.journal(), came), number
        assert len(bench.told) <= bool(came)
        write.do(store)
        came = changed(before, everything(bench.store))
        assert covers(bench.store.journal(), came)
        assert len(bench.store.journal()) == 1, "what was cut and what repeats it write once"
    assert outcomes in ({False, True}, {False} if cut is cut_before else ())


@of_every_kind
def test_a_stage_that_changes_between_two_requests_holds_the_write_back_or_finds_its_note(
    bench: Bench, write: Write
) -> None:
    store = bench.prepared()
    total = bench.requests_of(lambda: write.do(store))
    refused = 0
    for number in range(total):
        store = bench.prepared()
        before = everything(bench.store)

        def change_stage(request: Request) -> Answer:
            bench.quietly()
            at_stage(bench.store, 2)
            return None

        bench.injector.plan = at(number, change_stage)
        try:
            write.do(store)
        except WrongStageError:
            refused += 1
            assert changed(before, everything(bench.store)) == []
            assert bench.store.journal() == ()
            assert bench.told == []
        else:
            came = changed(before, everything(bench.store))
            assert came
            assert covers(bench.store.journal(), came)
            assert len(bench.told) == 1
    assert refused >= 1


@of_every_kind
@pytest.mark.parametrize("fault", [lost_after, failed_after, lost_before])
def test_a_lost_reply_is_told_once_and_noted_once(bench: Bench, write: Write, fault: Fault) -> None:
    store = bench.prepared()
    total = bench.requests_of(lambda: write.do(store))
    for number in range(total):
        store = bench.prepared()
        before = everything(bench.store)
        bench.injector.plan = at(number, fault)
        write.do(store)
        bench.quietly()
        (wrote,) = bench.told
        assert bench.store.journal() == (wrote.note,)
        assert covers((wrote.note,), changed(before, everything(bench.store)))


@of_every_kind
def test_a_write_that_happened_before_the_stage_changed_is_told_though_its_reply_was_lost(
    bench: Bench, write: Write
) -> None:
    """The repeat meets the fence of the next stage, and a state that went on: still it happened."""
    store = bench.prepared()
    before = everything(bench.store)

    def lost_and_fenced(request: Request) -> Answer:
        is_decisive = "ConditionCheck" in str(request.body) and "#journal" in str(request.body)
        if not is_decisive:
            return None
        bench.quietly()
        request.send()
        at_stage(bench.store, 2)
        return lost_before(request)

    bench.injector.plan = lost_and_fenced
    if write.name == "clear":  # nothing but the header could tell, and that is as it was written
        write.do(store)
    write.do(store)
    (wrote,) = bench.told
    assert bench.store.journal() == (wrote.note,)
    assert covers((wrote.note,), changed(before, everything(bench.store)))


def test_the_migrations_record_survives_lost_replies(bench: Bench) -> None:
    for fault in (lost_after, failed_after, lost_before):
        for number in range(2):
            bench.anew()
            bench.injector.plan = at(number, fault)
            stored = bench.store.put_migration(a_migration())
            assert bench.store.get_migration() == stored
            assert stored.version == 1


def test_a_migration_overwritten_before_the_second_try_is_not_said_to_have_failed(
    bench: Bench,
) -> None:
    def lost_and_overtaken(request: Request) -> Answer:
        if request.operation != "PutItem":
            return None
        bench.quietly()
        request.send()
        at_stage(bench.store, 5)
        return lost_before(request)

    bench.injector.plan = lost_and_overtaken
    with pytest.raises(StoreUnavailableError):
        bench.store.put_migration(a_migration())


def test_a_migration_changed_since_it_was_read_is_not_overwritten(bench: Bench) -> None:
    first = bench.store.put_migration(a_migration())

    def overtake(request: Request) -> Answer:
        bench.quietly()
        at_stage(bench.store, 5)
        return None

    bench.injector.plan = at(1, overtake)
    with pytest.raises(VersionConflictError):
        bench.store.put_migration(first.revised(stage_number=9))
    held = bench.store.get_migration()
    assert held is not None
    assert held.stage_number == 5


def test_a_long_note_comes_in_parts_and_is_settled_as_one_or_part_by_part(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_items, "IDS_PER_ITEM", 4)
    for part_by_part in (False, True):
        bench.anew()
        at_stage(bench.store, 1)
        store = bench.store.journaled(bench.told.append, stage_number=1)
        rows = [an_opportunity("s", f"p-{number}") for number in range(9)]
        store.store_opportunities(a_session("s"), rows)
        (wrote,) = bench.told
        parts = bench.store.journal(session_id="s")
        assert len(parts) == 3
        named = [one for part in parts for one in part.opportunity_ids]
        assert sorted(named) == sorted(wrote.note.opportunity_ids) == sorted(r.id for r in rows)
        for notes in ([part] for part in parts) if part_by_part else [[wrote.note]]:
            assert bench.store.journal() != ()
            bench.store.settle(notes)
        assert bench.store.journal() == ()


def test_notes_left_unprocessed_are_taken_out_again_and_in_the_end_given_up(bench: Bench) -> None:
    at_stage(bench.store, 1)
    store = bench.store.journaled(bench.told.append, stage_number=1)
    for number in range(60):
        store.put_template(a_template(f"t-{number}"))
    notes = bench.store.journal()
    assert len(notes) == 60

    def half(request: Request) -> Answer:
        ((table, wanted),) = request.body["RequestItems"].items()
        request.body["RequestItems"][table], left = wanted[::2], wanted[1::2]
        bench.simulator._BatchWriteItem(request.body)  # noqa: SLF001 # half of what was asked
        return answer(200, {"UnprocessedItems": {table: left} if left else {}})

    bench.injector.plan = half
    bench.store.settle(notes[:50])
    bench.quietly()
    assert bench.store.journal() == notes[50:]
    bench.injector.plan = lambda request: answer(
        200, {"UnprocessedItems": request.body["RequestItems"]}
    )
    with pytest.raises(StoreUnavailableError):
        bench.store.settle(notes[50:])


def test_a_scan_asks_for_nothing_but_pages(bench: Bench) -> None:
    bench.simulator.chance = None
    prepare(bench.store)
    assert bench.requests_of(bench.store.scan) == 3 + 2, "two to see which prepared rows count"


def test_a_note_is_in_no_index_and_never_swept(bench: Bench) -> None:
    store = bench.prepared()
    store.put_opportunity(an_opportunity("s", "x"))
    bench.clock.advance(days=4000)
    for _ in range(20):
        bench.simulator.sweep(bench.clock.now, random.Random(1))
    (note,) = bench.store.journal()
    assert note == bench.told[0].note
    table = bench.simulator.tables["Bench"]
    (item,) = (item for key, item in table.items.items() if key[0] == "#journal")
    assert not {"status", "priority", "updatedAt", "estimatedARR", "ttl"} & set(item)
    assert bench.store.get_migration() is not None
