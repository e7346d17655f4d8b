"""Sweeping the SQLite store's file: all goes that is forgotten, and no write pays for the size."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from stores import ManualClock, a_session, an_opportunity

from opportune.model.records import Opportunity
from opportune.stores.contract import Retention
from opportune.stores.sqlite import SQLiteStore
from opportune.stores.sqlite.rows import FORGOTTEN, SWEPT_PER_WRITE, time_values

LONG_HISTORY = Retention(days=30, history_days=60)
LONG_LIFE = Retention(days=60, history_days=30)
FEW = SWEPT_PER_WRITE * 2


def _many(count: int) -> list[Opportunity]:
    return [an_opportunity("s1", f"p-{n}") for n in range(count)]


def _steps(path: Path, clock: ManualClock, retention: Retention) -> int:
    """Return how many steps of SQLite's machine looking for the forgotten takes."""
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    with closing(sqlite3.connect(path)) as db:
        db.set_progress_handler(step, 1)
        db.execute(FORGOTTEN, time_values(clock(), retention)).fetchall()
    return steps


@pytest.mark.parametrize(
    ("retention", "days"),
    [
        pytest.param(LONG_HISTORY, 45, id="dead, with their history kept"),
        pytest.param(LONG_LIFE, 45, id="alive, older than the history"),
        pytest.param(LONG_LIFE, 1, id="alive"),
    ],
)
def test_a_write_looks_at_no_more_rows_however_many_there_are(
    tmp_path: Path, clock: ManualClock, retention: Retention, days: int
) -> None:
    paths = [tmp_path / "few.sqlite3", tmp_path / "many.sqlite3"]
    for path, count in zip(paths, (FEW, 3 * FEW), strict=True):
        with closing(SQLiteStore(path, clock=clock, retention=retention)) as store:
            store.store_opportunities(a_session("s1"), _many(count))
    clock.advance(days=days)
    few, many = (_steps(path, clock, retention) for path in paths)
    assert few == many > 0


@pytest.mark.parametrize("retention", [LONG_HISTORY, LONG_LIFE])
@pytest.mark.parametrize("is_deleted", [False, True], ids=["expired", "deleted"])
def test_some_writes_later_nothing_forgotten_is_left(
    tmp_path: Path, clock: ManualClock, retention: Retention, *, is_deleted: bool
) -> None:
    path = tmp_path / "pipeline.sqlite3"
    with closing(SQLiteStore(path, clock=clock, retention=retention)) as store:
        store.store_opportunities(a_session("s1"), _many(FEW))
        if is_deleted:
            store.store_opportunities(a_session("s1"), [])
        clock.advance(days=61)
        for _ in range(2 * FEW // SWEPT_PER_WRITE):
            store.store_opportunities(a_session("s2"), [an_opportunity("s2")])
            store.store_opportunities(a_session("s2"), [])
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT id FROM opportunity").fetchall() == [("s2.rehost",)]


def test_the_dead_whose_history_is_kept_bar_no_others_for_ever(
    tmp_path: Path, clock: ManualClock
) -> None:
    """Both kinds meet when the retention was changed: the forgotten expire after the others."""
    path = tmp_path / "pipeline.sqlite3"
    with closing(SQLiteStore(path, clock=clock, retention=Retention(days=62))) as store:
        store.store_opportunities(a_session("long"), [an_opportunity("long")])
    clock.advance(days=5)
    with closing(SQLiteStore(path, clock=clock, retention=LONG_HISTORY)) as store:
        store.store_opportunities(a_session("s1"), _many(FEW))
        clock.advance(days=59)
        store.store_opportunities(a_session("s2"), [])
        with closing(sqlite3.connect(path)) as db:
            assert db.execute("SELECT count(*) FROM opportunity").fetchall() == [(FEW + 1,)]
        clock.advance(days=2)
        for number in range(FEW // SWEPT_PER_WRITE + 1):
            store.store_opportunities(a_session(f"t{number}"), [])
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT id FROM opportunity").fetchall() == []
