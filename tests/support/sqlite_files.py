"""Files of the SQLite store as tests need them: looked into, or of an older release."""

import sqlite3
from contextlib import closing
from pathlib import Path

from opportune.stores.sqlite.columns import COLUMNS, NUMBERS
from opportune.stores.sqlite.file import APPLICATION_ID
from opportune.stores.sqlite.index import Index, rebuild
from opportune.stores.sqlite.schema import SCHEMA

_ROWS = {
    "session": "SELECT * FROM held.session",
    "opportunity": """SELECT id, version, session_id, deleted, status, priority, arr_cents,
        updated_ms, ttl, search, body FROM held.opportunity""",
    "opportunity_past": "SELECT * FROM held.opportunity_past",
    "template": "SELECT * FROM held.template",
    "note": "SELECT * FROM held.note",
    "migration": "SELECT * FROM held.migration",
}

Held = tuple[dict[int, list[object]], list[tuple[object, ...]]]


def older_file(path: Path, older: Path, version: int) -> None:
    """Write what a file holds into a new one of an older schema."""
    with closing(sqlite3.connect(older, isolation_level=None)) as db:
        db.execute("ATTACH ? AS held", (str(path),))
        for statement in (one for step in SCHEMA[:version] for one in step):
            db.execute(statement)
        tables = {name for (name,) in db.execute("SELECT name FROM main.sqlite_schema")}
        for name, query in _ROWS.items():
            if name in tables:
                db.execute(f"INSERT INTO main.{name} {query}")
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {version}")


def index_of(db: sqlite3.Connection) -> Held:
    """Return all that the index says: numbers and texts of each row, and every entry."""
    entries = {
        code: tuple(rest)
        for code, *rest in db.execute("SELECT code, kind, name, search, uses, digest FROM entry")
    }
    index = Index(db)
    (most,) = db.execute("SELECT coalesce(max(number), 0) FROM opportunity").fetchone()
    rows: dict[int, list[object]] = {}
    for number in range(most + 2):
        held = index.held(number)
        texts = [entries[held[one]] if held[one] else None for one in COLUMNS[len(NUMBERS) :]]
        rows[number] = [*(held[one] for one in NUMBERS), *texts]
    return rows, sorted(entries.values())


def kept_and_rebuilt(path: Path) -> tuple[Held, Held]:
    """Return the index as it was kept, and as it would be made of the rows alone."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        kept = index_of(db)
        rebuild(db)
        rebuilt = index_of(db)
        db.execute("ROLLBACK")
    return kept, rebuilt
