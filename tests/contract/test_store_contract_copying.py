"""The contract on every store: taking many records over at once, in one step, without gaps."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from moves import by_text, everything
from stores import (
    ManualClock,
    Open,
    a_session,
    a_template,
    an_opportunity,
    new_session_id,
    new_template_id,
    reference_store,
)
from tables import every

from opportune.errors import SessionNotFoundError
from opportune.model.records import Opportunity, Record, Session, Template
from opportune.stores.contract import Retention, Store
from opportune.stores.journal import Copying


def _rows(session_id: str, clock: ManualClock, count: int) -> list[list[Record]]:
    """Versions 1 to `count` of a header, an opportunity and a template, as stored elsewhere."""
    source = reference_store(clock)
    key = new_template_id()
    headers: list[Record] = []
    for number in range(count):
        clock.advance(seconds=1)
        listed = [an_opportunity(session_id, owner=str(number))]
        headers.append(source.store_opportunities(a_session(session_id), listed))
        source.put_template(a_template(key, version=number, title=str(number)))
    revisions = source.get_history(f"{session_id}.rehost")
    return [headers, list(revisions), list(source.get_template_history(key))]


def _held(store: Store, record: Record) -> list[Record]:
    """Return what the store holds under a record's key, oldest first; of a header the newest."""
    if isinstance(record, Session):
        header = store.get_header(record.id)
        return [header] if header else []
    if isinstance(record, Template):
        return list(store.get_template_history(record.template_id))
    return list(store.get_history(record.id))


HELD_GIVEN_TAKEN: tuple[tuple[list[int], list[int], bool], ...] = (
    ([], [1], True),
    ([], [2], False),
    ([], [1, 2, 3], True),
    ([], [1, 3], False),
    ([1], [2], True),
    ([1], [3], False),
    ([1], [3, 2], True),
    ([1], [1], True),
    ([1, 2, 3], [2], True),
    ([1, 2, 3], [1, 4], True),
    ([1, 2, 3], [1, 5], False),
    ([3], [1, 4], True),
)


def test_what_would_leave_a_gap_is_not_taken(store: Store, clock: ManualClock) -> None:
    with every() as case:
        for held, given, is_taken in HELD_GIVEN_TAKEN:
            for row in _rows(new_session_id(), clock, 5):
                with case(held, given, type(row[0]).__name__):
                    check_taken(store, row, held, given, is_taken=is_taken)


def check_taken(
    store: Store, row: Sequence[Record], held: list[int], given: list[int], *, is_taken: bool
) -> None:
    for version in held:
        store.replicate([row[version - 1]])
    before = _held(store, row[0])
    wanted = [row[version - 1] for version in given]
    assert store.replicate(wanted, copying=Copying.NEXT) is is_taken
    after = _held(store, row[0])
    expected = {*held, *given} if is_taken else {*held}
    if isinstance(row[0], Session):
        expected = {max(expected)} if expected else set()
    assert after == [row[version - 1] for version in sorted(expected)]
    assert is_taken or after == before


def test_one_gap_holds_back_everything_that_is_given_with_it(
    store: Store, session_id: str, clock: ManualClock
) -> None:
    headers, revisions, templates = _rows(session_id, clock, 3)
    for bad in (headers[2], revisions[2], templates[2]):
        rest = [row[0] for row in (headers, revisions, templates) if bad not in row]
        assert not store.replicate([*rest, bad], copying=Copying.NEXT)
        assert all(_held(store, one) == [] for one in (*rest, bad))
    assert store.replicate([headers[0], revisions[0], templates[0]], copying=Copying.NEXT)


def test_nothing_to_take_is_no_gap(store: Store) -> None:
    assert all(store.replicate([], copying=copying) for copying in Copying)


def test_what_was_forgotten_leaves_no_gap(
    open_store: Open, session_id: str, clock: ManualClock
) -> None:
    retention = Retention(days=30, history_days=60)
    store, source = open_store(retention), reference_store(clock, retention)
    header = source.store_opportunities(a_session(session_id), [an_opportunity(session_id)])
    put = source.put_opportunity(source.get_opportunity(f"{session_id}.rehost"))
    store.replicate([header, *source.get_history(put.id)])
    clock.advance(days=61)
    source.store_opportunities(a_session(session_id), [an_opportunity(session_id)])
    (anew,) = source.get_opportunities(session_id)
    assert anew.version == 1
    assert store.replicate([anew], copying=Copying.NEXT)
    assert store.get_history(anew.id) == (anew,)
    assert not store.replicate([anew.revised(version=3)], copying=Copying.NEXT)


def test_a_page_of_anything_is_taken_whole(fresh_store: Store, clock: ManualClock) -> None:
    """Headers, lists, long histories, deleted and expired ones, in one call; then newer ones."""
    source = reference_store(clock)
    _fill(source, clock, rounds=3)
    early = list(everything(source).values())
    assert fresh_store.replicate(early)
    assert everything(fresh_store) == everything(source)
    _fill(source, clock, rounds=4)
    clock.advance(days=20)
    records = list(everything(source).values())
    assert fresh_store.replicate(records[::-1])
    held = everything(fresh_store)
    assert by_text(list(held.values())) == by_text(records)
    for session_id in ("s0", "s1", "s2", "big"):
        assert fresh_store.get_opportunities(session_id) == source.get_opportunities(session_id)
    assert fresh_store.find_opportunities(limit=1000) == source.find_opportunities(limit=1000)
    assert fresh_store.replicate(records, copying=Copying.MEND)
    assert everything(fresh_store) == held


def _fill(source: Store, clock: ManualClock, rounds: int) -> None:
    for number in range(rounds):
        clock.advance(days=1)
        for session in range(3):
            key = f"s{session}"
            listed = [an_opportunity(key, f"p-{n}", title=str(number)) for n in range(4 + number)]
            source.store_opportunities(a_session(key), listed[session:])
            changed = source.get_opportunities(key)[0]
            source.put_opportunity(changed.revised(deleted=number % 2 == 0, keep=True))
        listed = [an_opportunity("big", f"p-{n}") for n in range(60)]
        source.store_opportunities(a_session("big"), listed[number:])
        held = source.get_header("left")
        source.store_opportunities(a_session("left"), [an_opportunity("left")])
        source.delete_session("left", updated_by="ana", change_id="")
        long = source.get_history("s0.long")
        wanted = long[-1] if long else an_opportunity("s0", "long", keep=True)
        for _ in range(60):
            wanted = source.put_opportunity(wanted.revised(deleted=False))
        key = f"t{0 if held else 1}"
        versions = source.get_template_history(key)
        source.put_template(a_template(key, version=len(versions)))


def _one_step(store: Store, rows: Sequence[tuple[Session, tuple[Opportunity, ...]]]) -> None:
    """Replicate one list after the other; meanwhile every list that is read is one of them."""
    finished = threading.Event()
    session_id = rows[0][0].id
    lists = [by_text(list(listed)) for _, listed in rows]

    def write() -> None:
        try:
            for number, (header, listed) in enumerate(rows):
                given: list[Record] = [header, *listed]
                if number:
                    kept = {one.id for one in listed}
                    given += [_deletion(one) for one in rows[number - 1][1] if one.id not in kept]
                assert store.replicate(given, copying=Copying.NEXT)
        finally:
            finished.set()

    def read() -> None:
        newest = -1
        while not finished.is_set():
            found = by_text(list(store.get_opportunities(session_id)))
            seen = lists.index(found) if found else -1
            assert seen >= newest
            newest = seen

    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(read), pool.submit(read)]
        pool.submit(write).result()
        for reader in readers:
            reader.result()
    assert by_text(list(store.get_opportunities(session_id))) == lists[-1]


def _deletion(one: Opportunity) -> Opportunity:
    return one.revised(deleted=True, version=one.version + 1)


@pytest.mark.parametrize("length", [12, 60])
def test_a_header_and_its_list_become_visible_in_one_step(
    store: Store, session_id: str, clock: ManualClock, length: int
) -> None:
    source = reference_store(clock)
    rows = []
    for number in range(6):
        clock.advance(seconds=1)
        wanted = [
            an_opportunity(session_id, f"p-{n}", owner=str(number)) for n in range(length + number)
        ]
        header = source.store_opportunities(a_session(session_id), wanted)
        rows.append((header, source.get_opportunities(session_id)))
    _one_step(store, rows)
    for row in rows[-1][1]:
        assert store.get_history(row.id) == source.get_history(row.id)
    source.delete_session(session_id, updated_by="ana", change_id="")
    gone = source.get_header(session_id)
    assert gone is not None
    deleted = [source.get_history(row.id)[-1] for row in rows[-1][1]]
    assert store.replicate([*deleted, gone], copying=Copying.NEXT)
    assert store.get_opportunities(session_id) == ()
    with pytest.raises(SessionNotFoundError):
        store.get_session(session_id)


def test_many_who_replicate_the_same_end_with_the_newest_of_all(
    store: Store, session_id: str, clock: ManualClock
) -> None:
    source = reference_store(clock)
    given: list[list[Record]] = []
    for number in range(5):
        clock.advance(seconds=1)
        wanted = [an_opportunity(session_id, f"p-{n}", owner=str(number)) for n in range(10)]
        header = source.store_opportunities(a_session(session_id), wanted)
        given.append([header, *source.get_opportunities(session_id)])

    def copy(number: int) -> None:
        for step in range(len(given)):
            store.replicate(given[(number + step) % len(given)])

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(copy, number) for number in range(4)]:
            done.result()
    assert store.get_header(session_id) == source.get_header(session_id)
    assert store.get_opportunities(session_id) == source.get_opportunities(session_id)
    for one in source.get_opportunities(session_id):
        assert store.get_history(one.id) == source.get_history(one.id)
