"""A pipeline of a million opportunities in SQLite: built, asked, changed.

    python -m benchmarks.million [--rows 1000000] [--folder F] [--keep]

Builds the file through the store (`replicate`, 200 sessions a transaction) from what a process
beside it makes; a file that an earlier run kept in the folder is used again. Then measures mixed
questions, totals, changes of status with a synced disk, and many changes at once beside the same
without history. Times are of one thread, wall clock; other work on the machine is in them.
"""

import argparse
import functools
import multiprocessing
import os
import resource
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from benchmarks.million_data import BY_SESSION, HISTORY_DAYS, NOW, RETENTION_DAYS, Pipeline
from benchmarks.million_questions import measure
from opportune.model.records import Opportunity, Session
from opportune.stores.contract import Retention
from opportune.stores.sqlite import SQLiteStore

SESSIONS_AT_ONCE = 200
RETENTION = Retention(days=RETENTION_DAYS, history_days=HISTORY_DAYS)

_pipeline: list[Pipeline] = []
"""Of a child process: made once."""


def opened(path: Path) -> SQLiteStore:
    """Open the store on the day that the data ends."""
    return SQLiteStore(path, clock=lambda: NOW, retention=RETENTION)


def made(number: int, sessions: int) -> list[Session | Opportunity]:
    """Make a chunk, in a child process."""
    if not _pipeline:
        _pipeline.append(Pipeline())
    return _pipeline[0].chunk(number, sessions)


def build(path: Path, rows: int) -> None:
    """Fill a new file."""
    partial = path.with_suffix(".partial")
    for old in partial.parent.glob(f"{partial.name}*"):
        old.unlink()
    sessions = min(SESSIONS_AT_ONCE, -(-rows // BY_SESSION))
    chunks = -(-rows // (sessions * BY_SESSION))
    revisions, cpu, started = 0, time.process_time(), time.monotonic()
    context = multiprocessing.get_context("forkserver")
    make = functools.partial(made, sessions=sessions)
    with closing(opened(partial)) as store, context.Pool(1) as pool:
        for number, records in enumerate(pool.imap(make, range(chunks)), 1):
            store.replicate(records)
            revisions += sum(isinstance(record, Opportunity) for record in records)
            if number % 10 == 0 and sys.stderr.isatty():
                sys.stderr.write(f"\r{number * sessions * BY_SESSION:,} rows")
    seconds, cpu = time.monotonic() - started, time.process_time() - cpu
    partial.rename(path)
    built = chunks * sessions * BY_SESSION
    print(
        f"built {built:,} opportunities ({revisions:,} revisions) in {seconds:,.0f} s: "
        f"{built / seconds:,.0f} rows/s; {cpu:,.0f} s of CPU in the store's process"
    )


def report_size(path: Path) -> None:
    """Print how large the file is, and by what."""
    print(f"file {path.stat().st_size / 1e9:.2f} GB")
    with closing(sqlite3.connect(path)) as db:
        try:
            parts = db.execute(
                "SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC"
            ).fetchall()
        except sqlite3.OperationalError:
            print("  (this SQLite has no dbstat: no sizes by part)")
            return
    for name, size in parts:
        if size >= 1e6:
            print(f"  {name:<32}{size / 1e6:>10,.0f} MB")


def main() -> None:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="where the file is made; default: a new one")
    parser.add_argument("--keep", action="store_true", help="leave the file there for another run")
    parser.add_argument("--questions", type=int, default=2_500)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made_folder:
        folder = options.folder or Path(made_folder)
        path = folder / f"pipeline-{options.rows}.sqlite3"
        if path.exists():
            print(f"{path.name} is there already: used again")
        else:
            build(path, options.rows)
        report_size(path)
        print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        measure(path, opened, options.questions)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"most memory held: {peak:,.0f} MB")
        if not options.keep:
            path.unlink()


if __name__ == "__main__":
    main()
