"""Files of earlier releases: brought up to date with all they hold, or left as they were."""

import multiprocessing
import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from moves import everything, prepare
from sqlite_files import kept_and_rebuilt, older_file
from stores import ManualClock, a_session, an_opportunity

from opportune.model.filters import Grouping, OpportunityFilters, added_up
from opportune.model.records import Opportunity
from opportune.stores.sqlite import SQLiteStore, index
from opportune.stores.sqlite.schema import SCHEMA

PROCESSES = multiprocessing.get_context("fork")
ROWS = 60


@pytest.fixture
def older(tmp_path: Path, clock: ManualClock) -> Path:
    """A file of schema 2 with lists, histories, a deleted and an expired opportunity."""
    new, older = tmp_path / "new.sqlite3", tmp_path / "older.sqlite3"
    with closing(SQLiteStore(new, clock=clock)) as store:
        prepare(store)
        store.store_opportunities(a_session("gone"), [an_opportunity("gone")])
        clock.advance(days=31)
        rows = [an_opportunity("s1", f"p-{n}", title=f"{n} servers") for n in range(ROWS)]
        store.store_opportunities(a_session("s1"), rows)
        store.put_opportunity(store.get_opportunity("s1.p-1").revised(owner="eva"))
        store.put_opportunity(store.get_opportunity("s1.p-2").revised(deleted=True))
    older_file(new, older, 2)
    return older


def _ask(path: Path, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(question).fetchall()


def _is_whole(path: Path, new: Path, clock: ManualClock) -> None:
    """Check that it holds, finds and audits what the file it was made from does."""
    with (
        closing(SQLiteStore(path, clock=clock)) as store,
        closing(SQLiteStore(new, clock=clock)) as expected,
    ):
        assert everything(store) == everything(expected)
        live = list(expected.find_opportunities(limit=1000).items)
        assert len(live) >= ROWS - 1
        for by in Grouping:
            assert store.totals(by=by) == added_up(live, by)
        asked = OpportunityFilters(search_term="7 SERVERS")
        assert {one.id for one in store.find_opportunities(asked).items} == {
            one.id for one in live if asked.matches(one)
        }
        assert {one.problem for one in store.audit().items} == {""}
    kept, rebuilt = kept_and_rebuilt(path)
    assert kept == rebuilt
    assert _ask(path, "PRAGMA user_version") == [(len(SCHEMA),)]
    assert _ask(path, "PRAGMA foreign_key_check") == []
    assert _ask(path, "PRAGMA integrity_check") == [("ok",)]


def test_a_file_of_schema_2_gets_its_index(older: Path, tmp_path: Path, clock: ManualClock) -> None:
    _is_whole(older, tmp_path / "new.sqlite3", clock)


def _open_and_die(path: Path, after: int) -> None:
    """Open the file and be killed while its index is made."""
    readable = index._readable  # noqa: SLF001 # where to die

    def dying(db: sqlite3.Connection):  # type: ignore[no-untyped-def] # as what it stands for
        for count, row in enumerate(readable(db)):
            if count == after:
                os.kill(os.getpid(), signal.SIGKILL)
            yield row

    index._readable = dying  # noqa: SLF001 # in this process alone
    SQLiteStore(path)


@pytest.mark.parametrize("after", [0, 1, ROWS // 2, ROWS])
def test_a_process_killed_while_it_upgrades_leaves_the_file_as_it_was(
    older: Path, tmp_path: Path, clock: ManualClock, after: int
) -> None:
    before = _ask(older, "SELECT * FROM opportunity ORDER BY id")
    child = PROCESSES.Process(target=_open_and_die, args=(older, after))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    assert _ask(older, "PRAGMA user_version") == [(2,)]
    assert _ask(older, "SELECT * FROM opportunity ORDER BY id") == before
    _is_whole(older, tmp_path / "new.sqlite3", clock)


def test_a_row_that_cannot_be_read_stops_no_upgrade_and_is_named_afterwards(
    older: Path, clock: ManualClock
) -> None:
    with closing(sqlite3.connect(older, isolation_level=None)) as db:
        db.execute("UPDATE opportunity SET body = '{' WHERE id = 's1.p-5'")
    with closing(SQLiteStore(older, clock=clock)) as store:
        problems = {one.opportunity_id: one for one in store.audit().items if one.problem}
        found = store.find_opportunities(limit=1000).items
    assert "cannot be read" in problems["s1.p-5"].problem
    assert isinstance(found[0], Opportunity)
    assert "s1.p-5" not in {one.id for one in found}
