"""What stands in the SQLite store's rows, and every query it asks of them."""
# ruff: noqa: S608 - every query is a constant: values come in as parameters alone

import json
import math
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from opportune.model.filters import OpportunityFilters, search_text
from opportune.model.folding import folded
from opportune.model.records import PRIORITY_RANK, Opportunity, Record, Session, Template
from opportune.stores.contract import Retention
from opportune.stores.cursor import Position, cents, milliseconds, position_of
from opportune.stores.journal import Migration, Note

MAX_INTEGER = 2**63 - 1
FIRST: Position = (MAX_INTEGER, "")
"""Before every row of a descending order."""

SWEPT_PER_WRITE = 100

LIVE = "deleted = 0 AND (ttl IS NULL OR ttl > :now)"
KEPT = f"(updated_ms >= :history_ms OR ({LIVE}))"
# Names and days are the caller's to compare: a list is short.
LIST = f"""SELECT body FROM opportunity WHERE session_id = :session_id AND {LIVE}
    AND (:priorities = '[]' OR priority IN (SELECT value FROM json_each(:priorities)))
    AND (:statuses = '[]' OR status IN (SELECT value FROM json_each(:statuses)))
    AND +arr_cents BETWEEN :min_cents AND :max_cents
    AND (:term = '' OR instr(search, :term) > 0)
    ORDER BY priority, arr_cents DESC, id"""
GET = f"SELECT body FROM opportunity WHERE id = :id AND {LIVE}"
HISTORY = f"""SELECT version, body FROM opportunity_past
        WHERE id = :id AND version >= :low AND version <= :high AND updated_ms >= :history_ms
    UNION ALL SELECT version, body FROM opportunity
        WHERE id = :id AND version >= :low AND version <= :high AND {KEPT}
    ORDER BY version"""
TEMPLATES = """SELECT body FROM template AS one WHERE deleted = 0
    AND version = (SELECT max(version) FROM template WHERE id = one.id) ORDER BY id"""
SESSIONS = """SELECT body FROM session WHERE deleted = 0
    AND updated_ms <= :number AND (updated_ms < :number OR id > :text)
    ORDER BY updated_ms DESC, id LIMIT :limit"""
SCANS: dict[str, tuple[type[Record], str]] = {
    "opportunity": (
        Opportunity,
        f"""SELECT id, version, body FROM opportunity
                WHERE (id, version) > (:id, :version) AND {KEPT}
            UNION ALL SELECT id, version, body FROM opportunity_past
                WHERE (id, version) > (:id, :version) AND updated_ms >= :history_ms
            ORDER BY id, version LIMIT :limit""",
    ),
    "session": (
        Session,
        """SELECT id, version, body FROM session WHERE (id, version) > (:id, :version)
            ORDER BY id, version LIMIT :limit""",
    ),
    "template": (
        Template,
        """SELECT id, version, body FROM template WHERE (id, version) > (:id, :version)
            ORDER BY id, version LIMIT :limit""",
    ),
}
NUMBER = "SELECT number FROM opportunity WHERE id = :id"
FREED_NUMBER = """DELETE FROM free_number WHERE number = (SELECT min(number) FROM free_number)
    RETURNING number"""
NEW_NUMBER = "SELECT coalesce(max(number), 0) + 1 FROM opportunity"
FREE_NUMBER = "INSERT INTO free_number VALUES (:number)"
FORGET = "DELETE FROM opportunity WHERE number = :number"
PUT_NEWEST = """INSERT INTO opportunity VALUES (:number,
    :id, :version, :session_id, :deleted, :status, :priority, :cents, :ms, :ttl, :search, :body)
    ON CONFLICT (id) DO UPDATE SET version = :version, deleted = :deleted, status = :status,
    priority = :priority, arr_cents = :cents, updated_ms = :ms, ttl = :ttl, search = :search,
    body = :body"""
NEWEST_BECOMES_PAST = """INSERT INTO opportunity_past
    SELECT id, version, updated_ms, body FROM opportunity WHERE id = :id"""
PUT_PAST = """INSERT INTO opportunity_past VALUES (:id, :version, :ms, :body)
    ON CONFLICT (id, version) DO UPDATE SET updated_ms = :ms, body = :body"""
KEEP_PAST = """INSERT INTO opportunity_past VALUES (:id, :version, :ms, :body)
    ON CONFLICT (id, version) DO NOTHING"""
PUT_SESSION = """INSERT INTO session VALUES (:id, :version, :deleted, :ms, :body)
    ON CONFLICT (id) DO UPDATE
    SET version = :version, deleted = :deleted, updated_ms = :ms, body = :body"""
PUT_TEMPLATE = """INSERT INTO template VALUES (:id, :version, :deleted, :body)
    ON CONFLICT (id, version) DO UPDATE SET deleted = :deleted, body = :body"""
KEEP_TEMPLATE = """INSERT INTO template VALUES (:id, :version, :deleted, :body)
    ON CONFLICT (id, version) DO NOTHING"""
_NOTE = "key, session_id, opportunity_ids, template_id"
NOTES = f"SELECT {_NOTE} FROM note LIMIT :limit"
NOTES_OF = f"SELECT {_NOTE} FROM note WHERE session_id = :id LIMIT :limit"
PUT_NOTE = "INSERT INTO note VALUES (:key, :session_id, :opportunity_ids, :template_id)"
SETTLE = "DELETE FROM note WHERE key = :key"
STAGE_NUMBER = "SELECT stage_number FROM migration"
PUT_MIGRATION = """INSERT INTO migration VALUES (1, :stage_number, :body)
    ON CONFLICT (number) DO UPDATE SET stage_number = :stage_number, body = :body"""
SWEEP_PAST = f"""DELETE FROM opportunity_past WHERE rowid IN (SELECT rowid FROM opportunity_past
    WHERE updated_ms < :history_ms LIMIT {SWEPT_PER_WRITE})"""
FORGOTTEN = f"""SELECT number FROM (SELECT * FROM (SELECT number, updated_ms FROM opportunity
        WHERE deleted = 1 AND updated_ms < :history_ms LIMIT {SWEPT_PER_WRITE})
    UNION ALL SELECT * FROM (SELECT number, updated_ms FROM opportunity
        WHERE deleted = 0 AND ttl <= :now ORDER BY ttl LIMIT {SWEPT_PER_WRITE}))
    WHERE updated_ms < :history_ms LIMIT {SWEPT_PER_WRITE}"""
"""Some of them. A write looks at no more however many are dead: what expired first is the first
whose history ends, so those that it looks at are gone before long and never bar the others."""


def page_values(question: str, limit: int, cursor: str | None) -> dict[str, int | str]:
    """Return where a page begins, and one row more than it holds: that tells if there are more."""
    number, text = position_of(question, cursor) if cursor is not None else FIRST
    return {"number": number, "text": text, "limit": limit + 1}


def opportunity_values(opportunity: Opportunity) -> dict[str, Any]:
    """Return the row of an opportunity's newest revision, without its number."""
    return {
        "id": opportunity.id,
        "version": opportunity.version,
        "session_id": opportunity.session_id,
        "deleted": opportunity.deleted,
        "status": opportunity.status,
        "priority": PRIORITY_RANK[opportunity.priority],
        "cents": cents(opportunity),
        "ms": milliseconds(opportunity.updated_at),
        "ttl": opportunity.ttl,
        "search": search_text(opportunity),
        "body": opportunity.model_dump_json(),
    }


def past_values(opportunity: Opportunity) -> dict[str, Any]:
    """Return the row of an older revision."""
    return {
        "id": opportunity.id,
        "version": opportunity.version,
        "ms": milliseconds(opportunity.updated_at),
        "body": opportunity.model_dump_json(),
    }


def session_values(session: Session) -> dict[str, Any]:
    """Return the row of a header."""
    return {
        "id": session.id,
        "version": session.version,
        "deleted": session.deleted,
        "ms": milliseconds(session.updated_at),
        "body": session.model_dump_json(),
    }


def template_values(template: Template) -> dict[str, Any]:
    """Return the row of a template."""
    return {
        "id": template.template_id,
        "version": template.version,
        "deleted": template.deleted,
        "body": template.model_dump_json(),
    }


def migration_values(migration: Migration) -> dict[str, Any]:
    """Return the row of the store migration."""
    return {"stage_number": migration.stage_number, "body": migration.model_dump_json()}


def note_values(note: Note) -> dict[str, Any]:
    """Return the row of a note."""
    return asdict(note) | {"opportunity_ids": json.dumps(note.opportunity_ids)}


def note_of(row: tuple[str, str, str, str]) -> Note:
    """Read a note."""
    key, session_id, opportunity_ids, template_id = row
    return Note(key, session_id, tuple(json.loads(opportunity_ids)), template_id)


def held_header(db: sqlite3.Connection, session_id: str) -> Session | None:
    """Return a session's header, deleted or not."""
    query = "SELECT body FROM session WHERE id = ?"
    row = db.execute(query, (session_id,)).fetchone() if session_id.isascii() else None
    return Session.model_validate_json(row[0]) if row else None


def newest_opportunity(db: sqlite3.Connection, opportunity_id: str) -> Opportunity | None:
    """Return the newest revision, dead or not."""
    row = db.execute("SELECT body FROM opportunity WHERE id = ?", (opportunity_id,)).fetchone()
    return Opportunity.model_validate_json(row[0]) if row else None


def bodies_of(db: sqlite3.Connection, numbers: Sequence[int]) -> list[str]:
    """Return the bodies of the rows with these numbers, in their order."""
    query = """SELECT number, body FROM opportunity
        WHERE number IN (SELECT value FROM json_each(?))"""
    bodies = dict(db.execute(query, (json.dumps(numbers),)).fetchall())
    return [bodies[number] for number in numbers]


def session_newest(db: sqlite3.Connection, session_id: str) -> list[Opportunity]:
    """Return the newest revisions of all that were ever in a session."""
    rows = db.execute("SELECT body FROM opportunity WHERE session_id = ?", (session_id,))
    return [Opportunity.model_validate_json(body) for (body,) in rows]


def newest_template(db: sqlite3.Connection, template_id: str) -> Template | None:
    """Return the newest revision, deleted or not."""
    query = "SELECT body FROM template WHERE id = ? ORDER BY version DESC LIMIT 1"
    row = db.execute(query, (template_id,)).fetchone() if template_id.isascii() else None
    return Template.model_validate_json(row[0]) if row else None


def held_migration(db: sqlite3.Connection) -> Migration | None:
    """Return the record of the store migration."""
    row = db.execute("SELECT body FROM migration").fetchone()
    return Migration.model_validate_json(row[0]) if row else None


def filter_values(filters: OpportunityFilters) -> dict[str, Any]:
    """Return what a list's filters compare with; open bounds and empty ones let all pass."""
    low, high = filters.min_arr, filters.max_arr
    return {
        "priorities": json.dumps(sorted({PRIORITY_RANK[one] for one in filters.priority})),
        "statuses": json.dumps(sorted(set(filters.status))),
        "min_cents": -MAX_INTEGER if low is None else int(low * 100),
        "max_cents": MAX_INTEGER if high is None else int(high * 100),
        "term": folded(filters.search_term),
    }


def time_values(now: datetime, retention: Retention) -> dict[str, float]:
    """Return the moments that queries compare with: of expiry and of the history's end."""
    seconds = now.timestamp()
    days = retention.history_days
    # The first millisecond whose revision is kept; `retained_until` counts whole seconds.
    history_ms = (math.floor(seconds) - days * 86_400 + 1) * 1000 if days else -MAX_INTEGER
    return {"now": seconds, "history_ms": history_ms}
