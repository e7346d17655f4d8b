"""The store in one SQLite file, as the contract wants it.

`opportunity` has the newest revisions, `opportunity_past` those before: reads of the present touch
nothing else.
"""

import copy
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from opportune.errors import (
    OpportunityNotFoundError,
    SessionNotFoundError,
    StoreError,
)
from opportune.model.filters import Grouping, OpportunityFilters, Order, Total
from opportune.model.records import Opportunity, Page, Record, Session, Template
from opportune.stores.changes import (
    NOTHING,
    Change,
    Moment,
    deleting_template,
    departing,
    putting,
    putting_migration,
    putting_template,
    replacing,
)
from opportune.stores.checks import check_bulk, check_limit, check_list, check_size, check_stored
from opportune.stores.contract import (
    PAGE_LIMIT,
    RETENTION,
    AuditPage,
    Clock,
    Retention,
    Usage,
    utc_now,
)
from opportune.stores.copying import leaves_gap
from opportune.stores.cursor import (
    AUDIT_QUESTION,
    SCAN_QUESTION,
    SESSIONS_QUESTION,
    Position,
    cursor_after,
    position_of,
    session_position,
)
from opportune.stores.derived import SessionsByHeader, TemplatesByHistory
from opportune.stores.journal import Copying, Migration, Note, Told, Written
from opportune.stores.journaling import Journaling, written, written_template
from opportune.stores.sqlite.bulk import decided
from opportune.stores.sqlite.copying import Copier
from opportune.stores.sqlite.file import SQLiteFile
from opportune.stores.sqlite.finder import Finder
from opportune.stores.sqlite.rows import (
    GET,
    HISTORY,
    LIST,
    MAX_INTEGER,
    NOTES,
    NOTES_OF,
    PUT_MIGRATION,
    PUT_NOTE,
    PUT_SESSION,
    PUT_TEMPLATE,
    SCANS,
    SESSIONS,
    SETTLE,
    STAGE_NUMBER,
    TEMPLATES,
    filter_values,
    held_header,
    held_migration,
    migration_values,
    newest_opportunity,
    newest_template,
    note_of,
    note_values,
    page_values,
    session_newest,
    session_values,
    template_values,
    time_values,
)
from opportune.stores.sqlite.writing import Writer


class SQLiteStore(SessionsByHeader, TemplatesByHistory):
    """Keeps everything in one file. `contract.py` says what it promises.

    Args:
        path: The file; its folder must exist.
        clock: Tells the present moment.
        retention: How long things are kept.
        busy_timeout_s: How long a write waits for another process.

    Raises:
        ConfigurationError: The file cannot be used.
    """

    usage: tuple[Usage, ...] = ()

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock = utc_now,
        retention: Retention = RETENTION,
        busy_timeout_s: float = 10,
    ) -> None:
        self._clock = clock
        self._retention = retention
        self._file = SQLiteFile(path, busy_timeout_s=busy_timeout_s)
        self._finder = Finder(self._file, clock)
        self._journaling: Journaling | None = None

    def store_opportunities(
        self, session: Session, opportunities: Sequence[Opportunity]
    ) -> Session:
        check_list(session, opportunities)
        with self._file.writing() as db:
            header, change = replacing(
                session,
                opportunities,
                header=held_header(db, session.id),
                newest=session_newest(db, session.id),
                when=self._moment(),
            )
            wrote = self._apply(db, change)
        self._tell(wrote)
        return header

    def get_opportunities(
        self, session_id: str, filters: OpportunityFilters | None = None
    ) -> tuple[Opportunity, ...]:
        wanted = filters or OpportunityFilters()
        values = filter_values(wanted) | self._times() | {"session_id": session_id}
        listed = (Opportunity.model_validate_json(body) for body in self._bodies(LIST, values))
        return tuple(one for one in listed if wanted.matches(one))

    def get_opportunity(self, opportunity_id: str, *, version: int | None = None) -> Opportunity:
        if version is not None:
            revisions = self._history(opportunity_id, version, version)
            if not revisions:
                raise OpportunityNotFoundError(opportunity_id)
            return revisions[0]
        for body in self._bodies(GET, {"id": opportunity_id} | self._times()):
            return Opportunity.model_validate_json(body)
        raise OpportunityNotFoundError(opportunity_id)

    def put_opportunity(self, opportunity: Opportunity) -> Opportunity:
        check_size(opportunity)
        with self._file.writing() as db:
            revision, change = putting(
                opportunity,
                newest=newest_opportunity(db, opportunity.id),
                header=held_header(db, opportunity.session_id),
                when=self._moment(),
            )
            wrote = self._apply(db, change)
        self._tell(wrote)
        return revision

    def put_opportunities(
        self, opportunities: Sequence[Opportunity]
    ) -> tuple[Opportunity | StoreError, ...]:
        check_bulk(opportunities)
        with self._file.writing() as db:
            answers, changes = decided(db, opportunities, self._moment())
            wrote = self._apply(db, *changes)
        self._tell(wrote)
        return answers

    def get_history(self, opportunity_id: str) -> tuple[Opportunity, ...]:
        return self._history(opportunity_id, 1, MAX_INTEGER)

    def find_opportunities(
        self,
        filters: OpportunityFilters | None = None,
        *,
        order: Order = Order.NEWEST,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Opportunity]:
        check_limit(limit)
        return self._finder.page(filters or OpportunityFilters(), order, limit, cursor)

    def totals(
        self, filters: OpportunityFilters | None = None, *, by: Grouping = Grouping.NONE
    ) -> tuple[Total, ...]:
        return self._finder.totals(filters or OpportunityFilters(), by)

    def get_header(self, session_id: str) -> Session | None:
        with self._file.reading() as db:
            return held_header(db, session_id)

    def list_sessions(self, *, limit: int = 50, cursor: str | None = None) -> Page[Session]:
        check_limit(limit)
        bodies = self._bodies(SESSIONS, page_values(SESSIONS_QUESTION, limit, cursor))
        found = tuple(Session.model_validate_json(body) for body in bodies[:limit])
        more = None
        if len(bodies) > limit:
            more = cursor_after(SESSIONS_QUESTION, session_position(found[-1]))
        return Page[Session](items=found, cursor=more)

    def delete_session(self, session_id: str, *, updated_by: str, change_id: str) -> None:
        with self._file.writing() as db:
            header = held_header(db, session_id)
            if header is None:
                raise SessionNotFoundError(session_id)
            change = departing(
                header,
                newest=session_newest(db, session_id),
                updated_by=updated_by,
                change_id=change_id,
                when=self._moment(),
            )
            wrote = self._apply(db, change)
        self._tell(wrote)

    def put_template(self, template: Template) -> Template:
        check_size(template)
        with self._file.writing() as db:
            revision, wrote = self._put_template(db, template)
        self._tell(wrote)
        return revision

    def list_templates(self) -> tuple[Template, ...]:
        return tuple(Template.model_validate_json(body) for body in self._bodies(TEMPLATES, {}))

    def get_template_history(self, template_id: str) -> tuple[Template, ...]:
        query = "SELECT body FROM template WHERE id = :id ORDER BY version"
        bodies = self._bodies(query, {"id": template_id})
        return tuple(Template.model_validate_json(body) for body in bodies)

    def delete_template(
        self, template_id: str, *, version: int, updated_by: str, change_id: str
    ) -> None:
        with self._file.writing() as db:
            deletion = deleting_template(
                template_id,
                newest=newest_template(db, template_id),
                version=version,
                updated_by=updated_by,
                change_id=change_id,
            )
            _, wrote = self._put_template(db, deletion)
        self._tell(wrote)

    def scan(self, *, limit: int = PAGE_LIMIT, cursor: str | None = None) -> Page[Record]:
        check_limit(limit)
        version, after = position_of(SCAN_QUESTION, cursor) if cursor is not None else (0, "")
        after_kind, _, after_id = after.partition(" ")
        rows: list[tuple[Position, Record]] = []
        for kind, (model, query) in SCANS.items():
            if kind < after_kind or len(rows) > limit:
                continue
            start = (after_id, version) if kind == after_kind else ("", 0)
            values = {"id": start[0], "version": start[1], "limit": limit + 1 - len(rows)}
            for key, number, body in self._rows(query, values | self._times()):
                rows.append(((number, f"{kind} {key}"), model.model_validate_json(body)))
        more = cursor_after(SCAN_QUESTION, rows[limit - 1][0]) if len(rows) > limit else None
        return Page[Record](items=tuple(record for _, record in rows[:limit]), cursor=more)

    def audit(self, *, limit: int = PAGE_LIMIT, cursor: str | None = None) -> AuditPage:
        check_limit(limit)
        after = position_of(AUDIT_QUESTION, cursor) if cursor is not None else None
        with self._file.snapshot() as db:
            from opportune.stores.sqlite.audit import Auditor  # needs numpy

            return Auditor(db, self._clock(), self._retention).page(limit, after)

    def replicate(self, records: Sequence[Record], *, copying: Copying = Copying.NEWER) -> bool:
        check_stored(records)
        with self._file.writing() as db:
            writer = Writer(db)
            copier = Copier(db, writer, self._moment())
            if copying is Copying.NEXT and leaves_gap(records, copier.held_version):
                return False
            for record in records:
                copier.replicate(record, copying)
            writer.finish()
        return True

    def journaled(self, told: Told, *, stage_number: int) -> "SQLiteStore":
        store = copy.copy(self)
        store._journaling = Journaling(told, stage_number)  # noqa: SLF001 # of our own class
        return store

    def journal(self, *, limit: int = PAGE_LIMIT, session_id: str = "") -> tuple[Note, ...]:
        check_limit(limit)
        rows = self._rows(NOTES_OF if session_id else NOTES, {"id": session_id, "limit": limit})
        return tuple(note_of(row) for row in rows)

    def settle(self, notes: Sequence[Note]) -> None:
        with self._file.writing() as db:
            db.executemany(SETTLE, [{"key": note.key} for note in notes])

    def get_migration(self) -> Migration | None:
        with self._file.reading() as db:
            return held_migration(db)

    def put_migration(self, migration: Migration) -> Migration:
        check_size(migration)
        with self._file.writing() as db:
            held = held_migration(db)
            stored, is_new = putting_migration(migration, held=held, now=self._clock())
            if is_new:
                db.execute(PUT_MIGRATION, migration_values(stored))
        return stored

    def close(self) -> None:
        self._file.close()

    def pragmas(self) -> dict[str, str | int]:
        """Return the settings of SQLite that decide about durability, as they are in force."""
        return self._file.pragmas()

    def _moment(self) -> Moment:
        return Moment(self._clock(), self._retention)

    def _times(self) -> dict[str, float]:
        """Return the moments that queries compare with: of expiry and of the history's end."""
        return time_values(self._clock(), self._retention)

    def _rows(self, query: str, values: Mapping[str, Any]) -> list[Any]:
        try:
            with self._file.reading() as db:
                return db.execute(query, values).fetchall()
        except (UnicodeEncodeError, OverflowError):
            return []  # an id that is not a text, a version of 20 digits: no record can have it

    def _bodies(self, query: str, values: Mapping[str, Any]) -> list[str]:
        return [body for (body,) in self._rows(query, values)]

    def _history(self, opportunity_id: str, low: int, high: int) -> tuple[Opportunity, ...]:
        values = {"id": opportunity_id, "low": low, "high": high} | self._times()
        return tuple(
            Opportunity.model_validate_json(body) for _, body in self._rows(HISTORY, values)
        )

    def _apply(self, db: sqlite3.Connection, *changes: Change) -> list[Written]:
        """Write what was decided; return what to tell once it is kept."""
        changes = tuple(change for change in changes if change != NOTHING)
        if not changes:
            return []
        writer = Writer(db)
        for change in changes:
            for revision in change.revisions:
                writer.append(revision)
            if change.header is not None:
                db.execute(PUT_SESSION, session_values(change.header))
        writer.sweep(self._times())
        writer.finish()
        return self._noted(db, *(written(change) for change in changes))

    def _put_template(
        self, db: sqlite3.Connection, template: Template
    ) -> tuple[Template, list[Written]]:
        newest = newest_template(db, template.template_id)
        revision, is_new = putting_template(template, newest=newest, when=self._moment())
        if not is_new:
            return revision, []
        db.execute(PUT_TEMPLATE, template_values(revision))
        return revision, self._noted(db, written_template(revision))

    def _noted(self, db: sqlite3.Connection, *wrote: Written) -> list[Written]:
        """Check the fence and note the writes, if there is a journal."""
        if self._journaling is None:
            return []
        row = db.execute(STAGE_NUMBER).fetchone()
        self._journaling.check(row[0] if row else None)
        db.executemany(PUT_NOTE, [note_values(one.note) for one in wrote])
        return list(wrote)

    def _tell(self, wrote: list[Written]) -> None:
        if self._journaling:
            for one in wrote:
                self._journaling.told(one)
