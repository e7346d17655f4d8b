"""What only the SQLite store has to keep: its file, whatever happens to the process or the disk."""

import multiprocessing
import random
import resource
import sqlite3
import stat
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from stores import ManualClock, a_session, an_opportunity

from opportune.errors import (
    ConfigurationError,
    OpportunityNotFoundError,
    StoreError,
    StoreUnavailableError,
    VersionConflictError,
)
from opportune.model.filters import OpportunityFilters
from opportune.model.records import Opportunity, Priority
from opportune.stores.contract import Retention
from opportune.stores.open import open_store
from opportune.stores.sqlite import SQLiteStore
from opportune.stores.sqlite.audit import ROWS
from opportune.stores.sqlite.file import APPLICATION_ID
from opportune.stores.sqlite.paging import TIES
from opportune.stores.sqlite.rows import FORGOTTEN, HISTORY, LIST, SCANS, SESSIONS
from opportune.stores.sqlite.schema import SCHEMA

KILLS = 40
PROCESSES = multiprocessing.get_context("forkserver")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "opportune.sqlite3"


@pytest.fixture
def sqlite_store(path: Path, clock: ManualClock) -> Iterator[SQLiteStore]:
    store = SQLiteStore(path, clock=clock, busy_timeout_s=0.05)
    yield store
    store.close()


def _ask(path: Path, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(question).fetchall()


# Survives its process


def _write_until_killed(path: Path, acknowledge: Connection, cycle: int) -> None:
    """Replace, put and delete for ever; say what was stored as soon as the store has said so."""
    store = SQLiteStore(path)
    number = 0
    while True:
        number += 1
        mark = f"{cycle}-{number}"
        rows = [an_opportunity("s1", f"p-{n}", owner=mark) for n in range(number % 5, 8)]
        store.store_opportunities(a_session("s1", change_id=mark), rows)
        acknowledge.send([(o.id, o.version, mark) for o in store.get_opportunities("s1")])
        for _ in range(3):
            newest = store.get_opportunities("s1")[0]
            put = store.put_opportunity(newest.revised(owner=mark, deleted=number % 3 == 0))
            acknowledge.send([(put.id, put.version, mark)])


def _acknowledged_until_killed(path: Path, cycle: int, wait_s: float) -> list[tuple[str, int, str]]:
    """Let a child write, kill it in the midst of it, and return all that it had acknowledged."""
    receiver, sender = PROCESSES.Pipe(duplex=False)
    child = PROCESSES.Process(target=_write_until_killed, args=(path, sender, cycle))
    child.start()
    sender.close()
    acknowledged: list[tuple[str, int, str]] = list(receiver.recv())
    threading.Event().wait(wait_s)
    child.kill()
    child.join()
    assert child.exitcode == -9
    try:
        while True:
            acknowledged += receiver.recv()
    except (EOFError, OSError):
        receiver.close()
    return acknowledged


@pytest.mark.slow
def test_every_acknowledged_write_survives_a_kill_at_any_moment(path: Path) -> None:
    PROCESSES.set_forkserver_preload(["opportune.stores.sqlite", "stores"])
    chance = random.Random(7)
    acknowledged: list[tuple[str, int, str]] = []
    for cycle in range(KILLS):
        new = _acknowledged_until_killed(path, cycle, chance.uniform(0, 0.05))
        acknowledged += new
        assert _ask(path, "PRAGMA integrity_check") == [("ok",)]
        with closing(SQLiteStore(path)) as store:
            for opportunity_id, version, mark in new:
                assert store.get_opportunity(opportunity_id, version=version).owner == mark
            whole = {o.owner for o in store.get_opportunities("s1")}
            assert whole == {store.get_session("s1").change_id}, "a list is of one replacement"
    assert len(acknowledged) > KILLS * 8
    with closing(SQLiteStore(path)) as store:
        for key in {opportunity_id for opportunity_id, _, _ in acknowledged}:
            owners = {revision.version: revision.owner for revision in store.get_history(key)}
            assert sorted(owners) == list(range(1, len(owners) + 1))
            assert {(v, mark) for one, v, mark in acknowledged if one == key} <= owners.items()


def test_the_disk_is_asked_to_keep_each_write(sqlite_store: SQLiteStore) -> None:
    durable = {"synchronous": 2, "foreign_keys": 1, "journal_mode": "wal"}
    assert sqlite_store.pragmas() == durable | {"wal_autocheckpoint": 4000}


def test_what_was_stored_is_there_after_reopening(path: Path, clock: ManualClock) -> None:
    first = open_store(f"sqlite:///{path}", clock=clock)
    header = first.store_opportunities(a_session("s1"), [an_opportunity("s1")])
    listed = first.get_opportunities("s1")
    first.close()
    second = open_store(f"sqlite:///{path}", clock=clock)
    assert second.get_session("s1") == header
    assert second.get_opportunities("s1") == listed
    second.close()


def test_a_file_has_its_owner_alone(sqlite_store: SQLiteStore, path: Path) -> None:
    sqlite_store.store_opportunities(a_session("s1"), [])
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name


# Several processes


def _put_many(path: Path, name: str, count: int) -> None:
    store = SQLiteStore(path)
    done = 0
    while done < count:
        newest = store.get_opportunity("s1.rehost")
        try:
            store.put_opportunity(newest.revised(owner=name))
        except VersionConflictError:
            continue
        done += 1
    store.close()


def test_processes_share_a_file_and_lose_nothing(path: Path) -> None:
    store = SQLiteStore(path)
    store.store_opportunities(a_session("s1"), [an_opportunity("s1")])
    children = [PROCESSES.Process(target=_put_many, args=(path, name, 15)) for name in "abc"]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0, 0, 0]
    history = store.get_history("s1.rehost")
    assert [r.version for r in history] == list(range(1, 47))
    assert sorted(r.owner for r in history[1:]) == ["a"] * 15 + ["b"] * 15 + ["c"] * 15
    store.close()


def _open_new(path: Path) -> None:
    SQLiteStore(path).close()


@pytest.mark.slow
def test_processes_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    for number in range(5):
        path = tmp_path / f"{number}.sqlite3"
        children = [PROCESSES.Process(target=_open_new, args=(path,)) for _ in range(4)]
        for child in children:
            child.start()
        for child in children:
            child.join()
        assert [child.exitcode for child in children] == [0] * 4
        assert _ask(path, "PRAGMA user_version") == [(len(SCHEMA),)]


# What goes wrong is said in our words


def test_a_locked_file_is_unavailable_and_nothing_was_written(
    sqlite_store: SQLiteStore, path: Path
) -> None:
    sqlite_store.store_opportunities(a_session("s1"), [])
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailableError, match="locked"):
            sqlite_store.put_opportunity(an_opportunity("s1"))
        assert sqlite_store.get_opportunities("s1") == ()  # reading goes on
        other.execute("ROLLBACK")
    assert sqlite_store.put_opportunity(an_opportunity("s1")).version == 1


def test_a_full_disk_is_unavailable_and_loses_nothing(
    sqlite_store: SQLiteStore, path: Path
) -> None:
    """The system's limit on a file's size stands in for the end of the disk."""
    sqlite_store.store_opportunities(a_session("s1"), [an_opportunity("s1", "a")])
    before = sqlite_store.get_opportunities("s1")
    large = [an_opportunity("s1", f"p-{n}", talking_points=["x" * 90_000] * 3) for n in range(8)]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    try:
        with pytest.raises(StoreUnavailableError):
            sqlite_store.store_opportunities(a_session("s1"), large)
        assert sqlite_store.get_opportunities("s1") == before
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert _ask(path, "PRAGMA integrity_check") == [("ok",)]
    sqlite_store.store_opportunities(a_session("s1"), large)
    assert len(sqlite_store.get_opportunities("s1")) == 8


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no-such-folder"):
        SQLiteStore(tmp_path / "no-such-folder" / "x.sqlite3")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="folder"):
        SQLiteStore(tmp_path)


def test_a_file_that_is_no_database_is_left_alone(path: Path) -> None:
    path.write_bytes(b"Dear diary, " * 1000)
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match=r"opportune\.sqlite3"):
        SQLiteStore(path)
    assert path.read_bytes() == before


def test_another_programs_database_is_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE theirs (x)")
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match="another program"):
        SQLiteStore(path)
    assert path.read_bytes() == before


def test_a_newer_schema_is_refused(sqlite_store: SQLiteStore, path: Path) -> None:
    _ask(path, f"PRAGMA user_version = {len(SCHEMA) + 1}")
    with pytest.raises(ConfigurationError, match="newer release"):
        SQLiteStore(path)
    assert _ask(path, "PRAGMA application_id") == [(APPLICATION_ID,)]


def test_an_older_schema_is_brought_up_to_date_at_once_or_not_at_all(
    sqlite_store: SQLiteStore, path: Path, monkeypatch: pytest.MonkeyPatch, clock: ManualClock
) -> None:
    sqlite_store.store_opportunities(a_session("s1"), [an_opportunity("s1")])
    newer = (*SCHEMA, ("CREATE TABLE extra (x INTEGER) STRICT", "CREATE TABLE extra (broken"))
    monkeypatch.setattr("opportune.stores.sqlite.file.SCHEMA", newer)
    with pytest.raises(StoreError):
        SQLiteStore(path)
    assert _ask(path, "PRAGMA user_version") == [(len(SCHEMA),)]
    assert _ask(path, "SELECT name FROM sqlite_schema WHERE name = 'extra'") == []
    newer = (*SCHEMA, ("CREATE TABLE extra (x INTEGER) STRICT",))
    monkeypatch.setattr("opportune.stores.sqlite.file.SCHEMA", newer)
    upgraded = SQLiteStore(path, clock=clock)
    assert _ask(path, "PRAGMA user_version") == [(len(SCHEMA) + 1,)]
    assert len(upgraded.get_opportunities("s1")) == 1
    upgraded.close()


def test_a_damaged_file_says_so(sqlite_store: SQLiteStore, path: Path) -> None:
    rows = [an_opportunity("s1", f"p-{n}", reasoning="x" * 5000) for n in range(50)]
    sqlite_store.store_opportunities(a_session("s1"), rows)
    sqlite_store.close()
    with path.open("r+b") as file:
        for page in range(1, path.stat().st_size // 4096):
            file.seek(page * 4096)
            file.write(b"\xff" * 100)
    with pytest.raises(StoreError, match=r"opportune\.sqlite3"):
        _list_once(path)


def _list_once(path: Path) -> None:
    with closing(SQLiteStore(path)) as store:
        store.get_opportunities("s1")


def test_a_closed_store_says_so(path: Path) -> None:
    store = SQLiteStore(path)
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.get_opportunities("s1")


# What is kept in the file


def test_what_is_forgotten_leaves_the_file(path: Path, clock: ManualClock) -> None:
    retention = Retention(days=30, history_days=60)
    store = SQLiteStore(path, clock=clock, retention=retention)
    for number in range(3):
        store.store_opportunities(a_session(f"s{number}"), [an_opportunity(f"s{number}")])
        store.put_opportunity(store.get_opportunity(f"s{number}.rehost").revised(owner="bea"))
    kept = store.put_opportunity(store.get_opportunity("s0.rehost").revised(keep=True))
    clock.advance(days=61)
    store.store_opportunities(a_session("s9"), [])
    assert _ask(path, "SELECT id, version FROM opportunity") == [(kept.id, 3)]
    assert _ask(path, "SELECT id, version FROM opportunity_past") == []
    with pytest.raises(OpportunityNotFoundError):
        store.get_opportunity("s1.rehost")
    store.close()


def test_what_is_forgotten_but_not_swept_yet_makes_way(path: Path, clock: ManualClock) -> None:
    rows = [an_opportunity("s1", f"p-{n}") for n in range(150)]
    retention = Retention(days=30, history_days=60)
    with closing(SQLiteStore(path, clock=clock, retention=retention)) as store:
        for _ in range(2):
            store.store_opportunities(a_session("s1"), rows)
        clock.advance(days=61)
        first = store.put_opportunity(rows[-1])
        second = store.put_opportunity(first.revised(owner="bea"))
        assert store.get_history(first.id) == (first, second)
        assert [first.version, second.version] == [1, 2]


def test_reads_decode_only_what_they_return(
    sqlite_store: SQLiteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for session_id in ("s1", "s2"):
        rows = [
            an_opportunity(session_id, f"p-{n}", priority=Priority.HIGH if n < 5 else Priority.LOW)
            for n in range(50)
        ]
        sqlite_store.store_opportunities(a_session(session_id), rows)
    decoded: list[str] = []
    decode = Opportunity.model_validate_json

    def counting(body: str) -> Opportunity:
        decoded.append(body)
        return decode(body)

    monkeypatch.setattr(Opportunity, "model_validate_json", counting)
    sqlite_store.get_opportunities("s1", OpportunityFilters(priority=(Priority.HIGH,)))
    assert len(decoded) == 5
    sqlite_store.find_opportunities(limit=7)
    assert len(decoded) == 12
    sqlite_store.get_opportunity("s1.p-1")
    assert len(decoded) == 13


@pytest.mark.parametrize(
    "query",
    [LIST, *TIES.values(), HISTORY, SESSIONS, FORGOTTEN, ROWS, *(q for _, q in SCANS.values())],
)
def test_every_read_follows_an_index_and_sorts_nothing(
    sqlite_store: SQLiteStore, path: Path, query: str
) -> None:
    sqlite_store.store_opportunities(a_session("s1"), [])
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        names = {
            name: ("" if name in ("text", "term", "rest", "id", "session_id") else 0)
            for name in _parameters(query)
        }
        values = names or (0, "")
        plan = [row["detail"] for row in connection.execute(f"EXPLAIN QUERY PLAN {query}", values)]
    # A subquery's rows are limited already where it is scanned.
    steps = [step for step in plan if "json_each" not in step and "(subquery" not in step]
    assert not [step for step in steps if "TEMP B-TREE" in step], plan
    assert not [step for step in steps if step.startswith("SCAN") and "INDEX" not in step], plan


def _parameters(query: str) -> set[str]:
    return {word.split(":")[1].strip("(),") for word in query.split() if ":" in word}


def test_threads_open_no_more_connections_than_they_use_at_once(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = 0
    connect = sqlite3.connect

    def counting(*args: object, **options: object) -> sqlite3.Connection:
        nonlocal opened
        opened += 1
        return connect(*args, **options)  # type: ignore[call-overload,no-any-return] # passed on as it came

    monkeypatch.setattr(sqlite3, "connect", counting)
    store = SQLiteStore(path)
    for _ in range(5):
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: store.get_opportunities("s1"), range(50)))
    store.close()
    assert opened <= 1 + 1 + 4  # to look at the file, to bring it up to date, one for each thread
