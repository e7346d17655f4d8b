"""The contract on every store: shared by threads, nothing is lost and nobody sees a mixture."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import partial

import pytest
from stores import ManualClock, a_session, an_opportunity

from opportune.errors import (
    OpportunityNotFoundError,
    StoreUnavailableError,
    VersionConflictError,
)
from opportune.model.records import Opportunity
from opportune.stores.contract import Store

WRITERS = 8


class SlowClock(ManualClock):
    """Lets other threads in at the moment a store looks at the time: in the midst of its work."""

    def __call__(self) -> datetime:
        time.sleep(0.0005)
        return super().__call__()


@pytest.fixture
def clock() -> ManualClock:
    return SlowClock()


def _at_once(tasks: Sequence[Callable[[], object]]) -> None:
    """Run the tasks in a thread each, all started together; raise what any of them raised."""
    barrier = threading.Barrier(len(tasks))

    def run(task: Callable[[], object]) -> None:
        barrier.wait()
        task()

    with ThreadPoolExecutor(len(tasks)) as pool:
        for done in [pool.submit(run, task) for task in tasks]:
            done.result()


def test_each_version_has_exactly_one_writer(store: Store, session_id: str) -> None:
    store.store_opportunities(a_session(session_id), [an_opportunity(session_id)])
    key = f"{session_id}.rehost"
    won: list[Opportunity] = []
    refused: list[VersionConflictError] = []

    def write(writer: int) -> None:
        for number in range(6):
            wanted = store.get_opportunity(key).revised(
                owner=f"{writer}-{number}", change_id=f"{writer}-{number}"
            )
            try:
                won.append(store.put_opportunity(wanted))
            except VersionConflictError as error:
                refused.append(error)

    _at_once([partial(write, n) for n in range(WRITERS)])
    assert len(won) + len(refused) == WRITERS * 6
    assert refused, "the writers never met: this run has tested nothing"
    assert all(error.actual > error.expected for error in refused)
    versions = Counter(revision.version for revision in won)
    assert versions == Counter(range(2, len(won) + 2))
    history = store.get_history(key)
    assert [r.version for r in history] == list(range(1, len(won) + 2))
    assert {r.change_id for r in history[1:]} == {r.change_id for r in won}
    assert list(history[1:]) == sorted(won, key=lambda revision: revision.version)


def test_one_of_many_creates_and_the_others_conflict(store: Store, session_id: str) -> None:
    store.store_opportunities(a_session(session_id), [])
    outcomes: list[str] = []

    def create(writer: int) -> None:
        try:
            store.put_opportunity(an_opportunity(session_id, owner=str(writer)))
            outcomes.append("created")
        except VersionConflictError:
            outcomes.append("conflict")

    _at_once([partial(create, n) for n in range(WRITERS)])
    assert Counter(outcomes) == {"created": 1, "conflict": WRITERS - 1}
    assert len(store.get_history(f"{session_id}.rehost")) == 1
    assert store.get_session(session_id).version == 2


def test_every_creation_raises_the_headers_version(store: Store, session_id: str) -> None:
    store.store_opportunities(a_session(session_id), [])
    _at_once(
        [
            partial(store.put_opportunity, an_opportunity(session_id, f"p-{n}"))
            for n in range(WRITERS)
        ],
    )
    assert len(store.get_opportunities(session_id)) == WRITERS
    assert store.get_session(session_id).version == 1 + WRITERS


def test_a_list_is_seen_before_or_after_a_replacement_never_between(
    store: Store, session_id: str
) -> None:
    """Each replacement writes its number into every row and changes the length of the list."""
    rounds = 12

    def wanted(number: int) -> list[Opportunity]:
        return [
            an_opportunity(session_id, f"p-{n}", owner=str(number)) for n in range(20 + number % 3)
        ]

    store.store_opportunities(a_session(session_id), wanted(0))
    finished = threading.Event()

    def replace() -> None:
        try:
            for number in range(1, rounds):
                store.store_opportunities(a_session(session_id), wanted(number))
        finally:
            finished.set()

    def read() -> None:
        newest = 0
        while not finished.is_set():
            listed = store.get_opportunities(session_id)
            (owner,) = {o.owner for o in listed}
            assert len(listed) == 20 + int(owner) % 3
            assert int(owner) >= newest
            newest = int(owner)

    _at_once([replace, read, read])
    assert {o.owner for o in store.get_opportunities(session_id)} == {str(rounds - 1)}


def test_two_replacements_at_once_end_as_one_of_them(store: Store, session_id: str) -> None:
    header = store.store_opportunities(a_session(session_id), [])
    outcomes: list[str] = []

    def replace(name: str) -> None:
        wanted = [an_opportunity(session_id, f"{name}-{n}", owner=name) for n in range(10)]
        try:
            store.store_opportunities(header, wanted)
            outcomes.append("stored")
        except VersionConflictError:
            outcomes.append("conflict")

    _at_once([partial(replace, name) for name in "abcd"])
    assert Counter(outcomes) == {"stored": 1, "conflict": 3}
    listed = store.get_opportunities(session_id)
    assert (len(listed), len({o.owner for o in listed})) == (10, 1)
    assert store.get_session(session_id).version == 2


def test_what_is_deleted_under_a_writer_conflicts_and_stays_deleted(
    store: Store, session_id: str
) -> None:
    """Writers change what the session's deletion takes away: whoever is late is refused."""
    slugs = [f"p-{n}" for n in range(WRITERS)]
    store.store_opportunities(a_session(session_id), [an_opportunity(session_id, s) for s in slugs])

    def change(slug: str) -> None:
        try:
            for _ in range(20):
                store.put_opportunity(store.get_opportunity(f"{session_id}.{slug}"))
        except (VersionConflictError, OpportunityNotFoundError):
            pass

    def delete() -> None:
        for _ in range(5):  # others may keep changing the list; the same change may be repeated
            with suppress(StoreUnavailableError):
                store.delete_session(session_id, updated_by="ana", change_id="d1")
                return
        raise AssertionError("never deleted")

    _at_once([delete, *(partial(change, slug) for slug in slugs)])
    assert store.get_opportunities(session_id) == ()
    for slug in slugs:
        history = store.get_history(f"{session_id}.{slug}")
        assert [r.version for r in history] == list(range(1, len(history) + 1))
        assert [r.deleted for r in history] == [False] * (len(history) - 1) + [True]
