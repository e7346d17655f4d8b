"""The contract on every store: what a store migration needs, from fence and note to mending."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest
from moves import (
    WRITES,
    Write,
    a_migration,
    at_stage,
    by_text,
    changed,
    everything,
    prepare,
    told_records,
)
from stores import (
    MIGRATING,
    UNDER_TEST,
    ManualClock,
    a_session,
    a_template,
    an_opportunity,
    reference_store,
)

from opportune.errors import (
    InvalidInputError,
    TooLargeError,
    VersionConflictError,
    WrongStageError,
)
from opportune.model.records import Opportunity, Record
from opportune.stores.contract import Store
from opportune.stores.journal import Note, Stage, Written

THREADS = 6


@pytest.fixture(params=[name for name in UNDER_TEST if name not in MIGRATING])
def store_name(request: pytest.FixtureRequest) -> str:
    """A migration under way is not itself a side of another one."""
    name: str = request.param
    return name


of_every_kind = pytest.mark.parametrize("write", WRITES, ids=lambda write: write.name)


# The record of the store migration


def test_a_store_that_takes_part_in_no_migration_says_so(fresh_store: Store) -> None:
    assert fresh_store.get_migration() is None


def test_the_migration_is_read_as_it_was_written(fresh_store: Store, clock: ManualClock) -> None:
    wanted = a_migration(
        target="dynamodb://Ñ?region=eu-west-1",
        is_target=True,
        stage=Stage.PAUSED,
        stage_number=7,
        reads_target=True,
        toward=Stage.CUT_OVER,
        details='{"a": "\U0001f600\\n"}',
        change_id="c1",
    )
    stored = fresh_store.put_migration(wanted)
    assert fresh_store.get_migration() == stored
    stamps = {"version": 1, "updated_at": stored.updated_at}
    assert dict(stored) == dict(wanted) | stamps
    second = fresh_store.put_migration(stored.revised(stage_number=8))
    assert fresh_store.get_migration() == second
    assert second.version == 2
    assert second.updated_at > stored.updated_at, "also if the clock stands still"


def test_the_migration_is_written_only_over_the_version_that_was_read(fresh_store: Store) -> None:
    with pytest.raises(VersionConflictError):
        fresh_store.put_migration(a_migration(version=1))
    first = fresh_store.put_migration(a_migration())
    fresh_store.put_migration(first.revised(stage_number=1))
    for stale in (first, a_migration(), a_migration(version=3)):
        with pytest.raises(VersionConflictError) as caught:
            fresh_store.put_migration(stale.revised(stage_number=9))
        assert (caught.value.expected, caught.value.actual) == (stale.version, 2)
    held = fresh_store.get_migration()
    assert held is not None
    assert held.stage_number == 1


def test_writing_the_migration_can_be_repeated(fresh_store: Store, clock: ManualClock) -> None:
    wanted = a_migration(change_id="c1")
    first = fresh_store.put_migration(wanted)
    clock.advance(seconds=1)
    assert fresh_store.put_migration(wanted) == first
    again = first.revised(stage_number=2, change_id="c2")
    second = fresh_store.put_migration(again)
    assert fresh_store.put_migration(again) == second
    with pytest.raises(VersionConflictError):
        fresh_store.put_migration(first.revised(stage_number=3, change_id="c1"))
    with pytest.raises(VersionConflictError):
        fresh_store.put_migration(first.revised(change_id=""))


def test_a_migration_that_not_every_store_could_hold_is_refused(fresh_store: Store) -> None:
    with pytest.raises(TooLargeError, match="details"):
        fresh_store.put_migration(a_migration(details="\U0001f600" * 100_000))
    assert fresh_store.get_migration() is None


def test_of_many_who_write_the_migration_at_once_one_succeeds_each_time(
    fresh_store: Store,
) -> None:
    fresh_store.put_migration(a_migration())
    won: list[int] = []
    refused: list[VersionConflictError] = []
    barrier = threading.Barrier(THREADS)

    def change(operator: int) -> None:
        for number in range(4):
            barrier.wait()
            held = fresh_store.get_migration()
            assert held is not None
            barrier.wait()  # all have read the same version
            wanted = held.revised(stage_number=operator, change_id=f"{operator}-{number}")
            try:
                won.append(fresh_store.put_migration(wanted).version)
            except VersionConflictError as error:
                refused.append(error)

    _at_once(change)
    assert sorted(won) == [2, 3, 4, 5]
    assert len(refused) == (THREADS - 1) * 4


def _at_once(task: Any) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(task, number) for number in range(THREADS)]:
            done.result()


# Fence, note, telling


@of_every_kind
def test_a_write_is_told_and_noted_once_with_all_that_it_wrote(
    fresh_store: Store, write: Write, clock: ManualClock
) -> None:
    prepare(fresh_store)
    at_stage(fresh_store, 3)
    clock.advance(seconds=1)
    before = everything(fresh_store)
    told: list[Written] = []
    journaled = fresh_store.journaled(told.append, stage_number=3)
    answer = write.do(journaled)
    came = changed(before, everything(fresh_store))
    assert came, "nothing was written"
    (wrote,) = told
    assert by_text(told_records(wrote)) == by_text(came)
    assert (wrote.header is not None) == write.changes_header
    if answer is not None:
        assert answer in came
    assert fresh_store.journal() == (wrote.note,)
    _check_note(wrote, write)
    assert write.do(journaled) == answer
    assert told == [wrote], "a repeat tells nothing"
    assert fresh_store.journal() == (wrote.note,)
    fresh_store.settle([wrote.note])
    assert fresh_store.journal() == ()
    fresh_store.settle([wrote.note])
    assert by_text(changed(before, everything(fresh_store))) == by_text(came)


def _check_note(wrote: Written, write: Write) -> None:
    assert wrote.note.key
    assert wrote.note.session_id == ("" if write.of_template else "s")
    assert wrote.note.template_id == ("t" if write.of_template else "")
    assert wrote.note.opportunity_ids == tuple(one.id for one in wrote.revisions)


@of_every_kind
@pytest.mark.parametrize("stored_number", [None, 2, 4])
def test_a_write_of_another_stage_is_refused_and_leaves_no_trace(
    fresh_store: Store, write: Write, stored_number: int | None
) -> None:
    prepare(fresh_store)
    if stored_number is not None:
        at_stage(fresh_store, stored_number)
    before = everything(fresh_store)
    listed = fresh_store.get_opportunities("s")
    told: list[Written] = []
    with pytest.raises(WrongStageError, match="3"):
        write.do(fresh_store.journaled(told.append, stage_number=3))
    assert everything(fresh_store) == before
    assert fresh_store.get_opportunities("s") == listed
    assert [fresh_store.get_opportunity(one.id) for one in listed] == list(listed)
    assert fresh_store.get_history("s.p-1") == ()
    assert fresh_store.journal() == ()
    assert told == []
    write.do(fresh_store)
    assert changed(before, everything(fresh_store)), "without a fence it goes through"
    assert fresh_store.journal() == ()


def test_what_changes_nothing_asks_no_fence_and_leaves_no_note(fresh_store: Store) -> None:
    prepare(fresh_store)
    at_stage(fresh_store, 1)
    told: list[Written] = []
    current = fresh_store.journaled(told.append, stage_number=1)
    stored = WRITES[0].do(current)
    fresh_store.settle([wrote.note for wrote in told])
    at_stage(fresh_store, 2)
    late = fresh_store.journaled(told.append, stage_number=1)
    assert WRITES[0].do(late) == stored, "its own work, found again"
    with pytest.raises(VersionConflictError):
        late.put_opportunity(an_opportunity("s", "p-1"))
    with pytest.raises(VersionConflictError):
        late.put_template(a_template("t"))
    assert fresh_store.journal() == ()
    assert len(told) == 1


def test_notes_are_of_their_session_and_as_many_as_asked_for(fresh_store: Store) -> None:
    at_stage(fresh_store, 1)
    told: list[Written] = []
    store = fresh_store.journaled(told.append, stage_number=1)
    for session_id in ("a", "a-b", "b"):
        store.store_opportunities(a_session(session_id), [])
        store.put_opportunity(an_opportunity(session_id))
    store.put_template(a_template("a"))
    notes = {wrote.note.key: wrote.note for wrote in told}
    assert len(notes) == 7
    assert _keyed(fresh_store.journal()) == notes
    for session_id in ("a", "a-b", "b", "c", "A", "a#", "\ud800", ""):
        expected = {k: n for k, n in notes.items() if n.session_id == session_id or not session_id}
        assert _keyed(fresh_store.journal(session_id=session_id)) == expected
    assert len(fresh_store.journal(limit=3)) == 3
    assert len(fresh_store.journal(limit=1, session_id="a")) == 1
    for limit in (0, 1001):
        with pytest.raises(InvalidInputError):
            fresh_store.journal(limit=limit)
    first = fresh_store.journal(limit=4)
    fresh_store.settle([*first, *first])
    assert _keyed(fresh_store.journal()) == {
        key: note for key, note in notes.items() if note not in first
    }


def _keyed(notes: tuple[Note, ...]) -> dict[str, Note]:
    assert len({note.key for note in notes}) == len(notes)
    return {note.key: note for note in notes}


def test_notes_and_the_migration_are_in_no_list_and_no_scan(fresh_store: Store) -> None:
    prepare(fresh_store)
    before = (
        everything(fresh_store, 1),
        fresh_store.find_opportunities(),
        fresh_store.list_sessions(),
        fresh_store.list_templates(),
    )
    at_stage(fresh_store, 1)
    told: list[Written] = []
    store = fresh_store.journaled(told.append, stage_number=1)
    store.put_opportunity(an_opportunity("s", "x"))
    store.put_template(a_template("u"))
    came = [record for wrote in told for record in told_records(wrote)]
    after = everything(fresh_store, 1)
    assert by_text(changed(before[0], after)) == by_text(came)
    assert len(fresh_store.find_opportunities().items) == len(before[1].items) + 1
    assert len(fresh_store.list_sessions().items) == len(before[2].items)
    assert len(fresh_store.list_templates()) == len(before[3]) + 1


def test_a_journaled_store_is_made_for_each_write_and_shares_everything(
    fresh_store: Store,
) -> None:
    at_stage(fresh_store, 1)
    told: list[Written] = []
    fresh_store.store_opportunities(a_session("s"), [])

    def write(writer: int) -> None:
        for number in range(5):
            mine: list[Written] = []
            store = fresh_store.journaled(mine.append, stage_number=1)
            put = store.put_opportunity(an_opportunity("s", f"p-{writer}-{number}"))
            assert store.get_opportunity(put.id) == put == fresh_store.get_opportunity(put.id)
            (wrote,) = mine
            assert wrote.revisions == (put,)
            told.extend(mine)

    _at_once(write)
    assert len(fresh_store.get_opportunities("s")) == THREADS * 5
    notes = {wrote.note.key: wrote.note for wrote in told}
    assert _keyed(fresh_store.journal()) == notes
    assert len(notes) == THREADS * 5
    headers = Counter(wrote.header.version for wrote in told if wrote.header)
    assert headers == Counter(range(2, THREADS * 5 + 2))


def test_no_write_of_a_stage_lands_after_the_stage_was_changed(fresh_store: Store) -> None:
    """Writers go on with the old number while it changes: what they have written is noted."""
    at_stage(fresh_store, 1)
    told: list[Written] = []
    has_begun = threading.Event()
    at_change: list[dict[Any, Record]] = []

    def hear(wrote: Written) -> None:
        told.append(wrote)
        if len(told) == THREADS * 2:
            has_begun.set()

    def act(number: int) -> None:
        if number == 0:
            assert has_begun.wait(timeout=30)
            at_stage(fresh_store, 2)
            at_change.append(everything(fresh_store))
        else:
            with pytest.raises(WrongStageError):
                _write_for_ever(fresh_store.journaled(hear, stage_number=1), f"s{number}")

    _at_once(act)
    assert everything(fresh_store) == at_change[0]
    written = [record for wrote in told for record in told_records(wrote)]
    assert {key for key in at_change[0] if key[0] == "Opportunity"} == {
        ("Opportunity", one.id, one.version) for one in written if isinstance(one, Opportunity)
    }
    notes = _keyed(fresh_store.journal(limit=1000))
    assert notes.items() <= {wrote.note.key: wrote.note for wrote in told}.items()
    assert len(notes) == min(1000, len(told))


def _write_for_ever(store: Store, session_id: str) -> None:
    store.store_opportunities(a_session(session_id), [])
    for number in count():
        store.put_opportunity(an_opportunity(session_id, f"p-{number}"))


def test_whoever_sees_a_write_sees_its_note(fresh_store: Store) -> None:
    at_stage(fresh_store, 1)
    fresh_store.store_opportunities(a_session("s"), [])
    finished = threading.Event()

    def act(number: int) -> None:
        if number == 0:
            store = fresh_store.journaled(lambda wrote: None, stage_number=1)
            for written in range(60):
                store.put_opportunity(an_opportunity("s", f"p-{written}"))
            finished.set()
            return
        while not finished.is_set():
            seen = {one.id for one in fresh_store.get_opportunities("s")}
            notes = fresh_store.journal(session_id="s")
            assert seen <= {one for note in notes for one in note.opportunity_ids}

    _at_once(act)


def test_what_is_replicated_and_settled_is_neither_fenced_nor_noted(
    fresh_store: Store, clock: ManualClock
) -> None:
    source = reference_store(clock)
    header = source.store_opportunities(a_session("s"), [an_opportunity("s")])
    late = fresh_store.journaled(lambda wrote: pytest.fail("told"), stage_number=9)
    assert late.replicate([header, *source.get_opportunities("s")])
    late.settle([])
    assert late.put_migration(a_migration()) == late.get_migration()
    assert fresh_store.get_opportunities("s") == source.get_opportunities("s")
    assert fresh_store.journal() == late.journal() == ()


# Headers


def test_a_deleted_header_is_read_as_a_header(store: Store, session_id: str) -> None:
    assert store.get_header(session_id) is None
    assert store.get_header("ñ") is None
    stored = store.store_opportunities(a_session(session_id), [])
    assert store.get_header(session_id) == stored
    store.delete_session(session_id, updated_by="ana", change_id="c1")
    gone = store.get_header(session_id)
    assert gone is not None
    assert (gone.version, gone.deleted, gone.change_id) == (2, True, "c1")
