"""Whoever edits the SQLite file behind the store's back is named: each column, index and text."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from stores import ManualClock, a_session, an_opportunity

from opportune.model.records import Status
from opportune.stores.contract import Audited
from opportune.stores.sqlite import SQLiteStore
from opportune.stores.sqlite.columns import COLUMNS, Column
from opportune.stores.sqlite.index import part_key

HEAD = "UPDATE opportunity SET {} WHERE id = 's.a'"
PAST = "UPDATE opportunity_past SET {} WHERE id = 's.a'"
OF_HEAD = {
    "version": "version = 7",
    "session_id": "session_id = 'other'",
    "deleted": "deleted = 1",
    "status": "status = 'Ganada'",
    "priority": "priority = 0",
    "arr_cents": "arr_cents = arr_cents + 1",
    "updated_ms": "updated_ms = updated_ms - 86400000",
    "updated_ms long ago": "updated_ms = 0",
    "ttl": "ttl = NULL",
    "ttl long ago": "ttl = 1",
    "search": "search = ''",
    "JSON": "body = 'no JSON'",
    "owner": """body = replace(body, '"owner":"bea"', '"owner":5')""",
    "index": """body = replace(body, '"owner":"bea"', '"owner":"eva"')""",
    "arr_cents of the body": "body = replace(body, '1234.56', '9234.56')",
    "version of the body": """body = replace(body, '"version":2', '"version":3')""",
}
OF_PAST = {
    "version": "version = 9",
    "updated_ms": "updated_ms = updated_ms + 1",
    "updated_ms long ago": "updated_ms = 0",
    "JSON": "body = '{'",
    "history of version": "version = 2",
    "id": """body = replace(body, 's.a', 's.b')""",
}
OF_INDEX = {
    "owner": "UPDATE entry SET name = 'eva' WHERE name = 'bea'",
    "category": "UPDATE entry SET search = 'x' WHERE kind = 8",
    "title": "UPDATE entry SET kind = 13 WHERE kind = 12",
    "customer": "UPDATE entry SET digest = x'00' WHERE kind = 9",
    "rows use it": "UPDATE entry SET uses = uses + 1 WHERE kind = 9",
    "services": "DELETE FROM entry WHERE kind = 11",
    "full-text": """INSERT INTO entry_search (entry_search, rowid, search)
        SELECT 'delete', code, search FROM entry WHERE kind = 12 LIMIT 1""",
    "full-text index": "INSERT INTO entry_search (rowid, search) VALUES (99, 'planted')",
    "damaged": "UPDATE part SET data = x'0102' WHERE key >> 32 = 3",
    "status": "DELETE FROM part WHERE key >> 32 = 1",
    "listed as free": "INSERT INTO free_number SELECT number FROM opportunity LIMIT 1",
}


@pytest.fixture
def path(tmp_path: Path, clock: ManualClock) -> Path:
    """A file with an opportunity of two versions, another one, and a deleted one."""
    path = tmp_path / "opportune.sqlite3"
    with closing(SQLiteStore(path, clock=clock)) as store:
        rows = [an_opportunity("s", slug, related_services=["Amazon S3"]) for slug in "abc"]
        store.store_opportunities(a_session("s"), rows)
        store.put_opportunity(store.get_opportunity("s.a").revised(owner="bea"))
        store.put_opportunity(store.get_opportunity("s.c").revised(deleted=True))
    return path


def _problems(path: Path, clock: ManualClock, limit: int = 1000) -> list[Audited]:
    found: list[Audited] = []
    with closing(SQLiteStore(path, clock=clock)) as store:
        cursor = None
        while True:
            page = store.audit(limit=limit, cursor=cursor)
            found += [one for one in page.items if one.problem]
            cursor = page.cursor
            if cursor is None:
                return found


def _do(path: Path, change: Callable[[sqlite3.Connection], object]) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        change(db)


def _tamper(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA foreign_keys = 0")
        assert db.execute(statement).rowcount != 0, "the statement has to change something"


def test_an_untouched_file_has_no_problem(path: Path, clock: ManualClock) -> None:
    for limit in (1, 2, 1000):
        assert _problems(path, clock, limit) == []


@pytest.mark.parametrize("name", OF_HEAD)
def test_whoever_edits_a_newest_row_is_named(path: Path, clock: ManualClock, name: str) -> None:
    _tamper(path, HEAD.format(OF_HEAD[name]))
    (problem,) = [one for one in _problems(path, clock) if one.opportunity_id == "s.a"][-1:]
    assert name.split(" ", maxsplit=1)[0] in problem.problem
    assert (problem.revision is None) == ("cannot be read" in problem.problem)


@pytest.mark.parametrize("name", OF_PAST)
def test_whoever_edits_the_history_is_named(path: Path, clock: ManualClock, name: str) -> None:
    _tamper(path, PAST.format(OF_PAST[name]))
    problems = " ".join(one.problem for one in _problems(path, clock))
    assert name.removesuffix(" long ago") in problems


@pytest.mark.parametrize("name", OF_INDEX)
def test_whoever_edits_the_index_is_named(path: Path, clock: ManualClock, name: str) -> None:
    _tamper(path, OF_INDEX[name])
    assert name in " ".join(one.problem for one in _problems(path, clock))


def _number(db: sqlite3.Connection, key: str) -> int:
    number: int = db.execute("SELECT number FROM opportunity WHERE id = ?", (key,)).fetchone()[0]
    return number


def _set(db: sqlite3.Connection, column: Column, number: int, value: int) -> None:
    key = part_key(column, number)
    row = db.execute("SELECT data FROM part WHERE key = ?", (key,)).fetchone()
    data = bytearray(row[0] if row else column.part_bytes)
    column.place.pack_into(data, number % 500 * column.place.size, value)
    db.execute("INSERT OR REPLACE INTO part VALUES (?, 1, ?)", (key, data))


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.name)
@pytest.mark.parametrize("key", ["s.b", "s.c"])
def test_whoever_edits_a_column_of_the_index_is_named(
    path: Path, clock: ManualClock, column: Column, key: str
) -> None:
    _do(path, lambda db: _set(db, column, _number(db, key), 111))
    problems = [one.problem for one in _problems(path, clock) if one.opportunity_id == key]
    assert column.name in " ".join(problems)


def test_whoever_counts_what_is_not_there_is_named(path: Path, clock: ManualClock) -> None:
    _do(path, lambda db: _set(db, COLUMNS[0], 77, 1))
    problems = _problems(path, clock)
    assert ["row 77" in one.problem for one in problems] == [True]


def test_a_row_moved_to_another_number_is_named(path: Path, clock: ManualClock) -> None:
    _tamper(path, HEAD.format("number = 50"))
    assert any(one.opportunity_id == "s.a" for one in _problems(path, clock))


def test_what_has_outlived_its_retention_is_no_problem(path: Path, clock: ManualClock) -> None:
    clock.advance(days=500)
    with closing(SQLiteStore(path, clock=clock)) as store:
        assert store.audit().items == ()


def test_an_audit_mends_nothing(path: Path, clock: ManualClock) -> None:
    _tamper(path, HEAD.format("status = 'Ganada'"))
    assert _problems(path, clock) == _problems(path, clock) != []
    with closing(SQLiteStore(path, clock=clock)) as store:
        store.put_opportunity(store.get_opportunity("s.a").revised(status=Status.LOST))
    assert _problems(path, clock) == []
