"""What the SQLite store does for store migrations: older files, and processes that are killed."""

import hashlib
import json
import multiprocessing
import random
import sqlite3
import threading
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from moves import at_stage, changed, everything, prepare
from sqlite_files import older_file
from stores import ManualClock, a_session, an_opportunity

from opportune.model.records import Opportunity
from opportune.stores.sqlite import SQLiteStore
from opportune.stores.sqlite.rows import NOTES_OF, SETTLE
from opportune.stores.sqlite.schema import SCHEMA

KILLS = 15
PROCESSES = multiprocessing.get_context("forkserver")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "opportune.sqlite3"


def test_the_first_schema_is_as_it_was_released() -> None:
    released = "1c6134890556c4c63c46150159a62da6f9ff7599d1d8b9a62cb14dab4e63bcb2"
    told = hashlib.sha256(json.dumps(SCHEMA[0]).encode()).hexdigest()
    assert told == released


def test_a_file_of_the_first_schema_becomes_one_that_can_be_migrated(
    path: Path, tmp_path: Path, clock: ManualClock
) -> None:
    with closing(SQLiteStore(tmp_path / "new.sqlite3", clock=clock)) as new:
        prepare(new)
        before = everything(new)
    older_file(tmp_path / "new.sqlite3", path, 1)
    assert _ask(path, "PRAGMA user_version") == [(1,)]
    assert _ask(path, "SELECT name FROM sqlite_schema WHERE name IN ('note', 'migration')") == []
    with closing(SQLiteStore(path, clock=clock)) as store:
        assert _ask(path, "PRAGMA user_version") == [(len(SCHEMA),)]
        assert everything(store) == before
        assert store.get_migration() is None
        assert store.journal() == ()
        at_stage(store, 1)
        journaled = store.journaled(lambda wrote: None, stage_number=1)
        put = journaled.put_opportunity(store.get_opportunity("s.same").revised(title="new"))
    with closing(SQLiteStore(path, clock=clock)) as store:
        (note,) = store.journal()
        assert note.opportunity_ids == (put.id,)
        migration = store.get_migration()
        assert migration is not None
        assert migration.stage_number == 1
        assert store.get_history(put.id)[-1] == put


def test_the_notes_of_a_session_and_a_note_to_be_settled_are_found_by_an_index(path: Path) -> None:
    with closing(SQLiteStore(path)):
        for statement in (NOTES_OF, SETTLE):
            values = {"id": "s", "limit": 1, "key": "k"}
            with closing(sqlite3.connect(path)) as db:
                plan = db.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
            assert [row[3] for row in plan if "USING" not in row[3]] == []


def _ask(path: Path, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(question).fetchall()


def _write_until_killed(path: Path, ready: Connection, cycle: int) -> None:
    """Replace, create and delete for ever, each with its note."""
    store = SQLiteStore(path).journaled(lambda wrote: None, stage_number=1)
    number = 0
    while True:
        number += 1
        mark = f"{cycle}-{number}"
        rows = [an_opportunity("s", f"p-{n}", owner=mark) for n in range(number % 3, 6)]
        store.store_opportunities(a_session("s", change_id=mark), rows)
        put = store.put_opportunity(an_opportunity("s", f"p-{mark}"))
        store.put_opportunity(put.revised(deleted=True))
        ready.send(number)


@pytest.mark.slow
def test_a_process_killed_at_any_moment_leaves_no_write_without_its_note(path: Path) -> None:
    PROCESSES.set_forkserver_preload(["opportune.stores.sqlite", "stores"])
    chance = random.Random(11)
    with closing(SQLiteStore(path)) as store:
        at_stage(store, 1)
        written = 0
        for cycle in range(KILLS):
            before = everything(store)
            receiver, sender = PROCESSES.Pipe(duplex=False)
            child = PROCESSES.Process(target=_write_until_killed, args=(path, sender, cycle))
            child.start()
            receiver.recv()
            threading.Event().wait(chance.uniform(0, 0.03))
            child.kill()
            child.join()
            receiver.close()
            sender.close()
            came = changed(before, everything(store))
            notes = store.journal(limit=1000)
            named = {one for note in notes for one in note.opportunity_ids}
            assert {one.id for one in came if isinstance(one, Opportunity)} == named
            assert {note.session_id for note in notes} == {"s"}
            written += len(notes)
            store.settle(notes)
            assert store.journal() == ()
        assert written > KILLS * 3
