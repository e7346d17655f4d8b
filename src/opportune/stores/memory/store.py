"""The store in the process's memory: for trying out, for tests, and as one side of a migration.

One lock guards everything; what is slow, search over 100,000 opportunities, works outside of it
on a snapshot. Values are frozen, so they are handed out as they are.
"""

import copy
import heapq
import threading
from collections.abc import Iterator, Sequence
from itertools import islice

from opportune.errors import (
    OpportunityNotFoundError,
    SessionNotFoundError,
    StoreError,
)
from opportune.model.filters import (
    Grouping,
    OpportunityFilters,
    Order,
    Total,
    added_up,
    by_list_order,
)
from opportune.model.folding import folded
from opportune.model.records import Opportunity, Page, R, Record, Session, Template
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
from opportune.stores.checks import (
    check_bulk,
    check_limit,
    check_list,
    check_size,
    check_stored,
    put_each,
)
from opportune.stores.contract import (
    PAGE_LIMIT,
    RETENTION,
    Audited,
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
    find_question,
    position_of,
    session_position,
)
from opportune.stores.derived import SessionsByHeader, TemplatesByHistory
from opportune.stores.journal import Copying, Migration, Note, Told, Written
from opportune.stores.journaling import Journaling, written, written_template
from opportune.stores.memory.records import MemoryRecords, Newest
from opportune.stores.revisions import is_live


class MemoryStore(SessionsByHeader, TemplatesByHistory):
    """Keeps everything until the process ends. `contract.py` says what it promises."""

    usage: tuple[Usage, ...] = ()

    def __init__(self, *, clock: Clock = utc_now, retention: Retention = RETENTION) -> None:
        self._clock = clock
        self._retention = retention
        self._lock = threading.Lock()
        self._held = MemoryRecords(clock, retention)
        self._journaling: Journaling | None = None

    def store_opportunities(
        self, session: Session, opportunities: Sequence[Opportunity]
    ) -> Session:
        check_list(session, opportunities)
        with self._lock:
            header, change = replacing(
                session,
                opportunities,
                header=self._held.sessions.get(session.id),
                newest=self._held.session_newest(session.id),
                when=self._moment(),
            )
            wrote = self._apply(change)
        self._tell(wrote)
        return header

    def get_opportunities(
        self, session_id: str, filters: OpportunityFilters | None = None
    ) -> tuple[Opportunity, ...]:
        with self._lock:
            newest = self._held.session_newest(session_id)
        now = self._clock()
        wanted = filters or OpportunityFilters()
        return by_list_order([o for o in newest if is_live(o, now) and wanted.matches(o)])

    def get_opportunity(self, opportunity_id: str, *, version: int | None = None) -> Opportunity:
        for revision in reversed(self.get_history(opportunity_id)):
            if version is None:
                if is_live(revision, self._clock()):
                    return revision
                break
            if revision.version == version:
                return revision
        raise OpportunityNotFoundError(opportunity_id)

    def put_opportunity(self, opportunity: Opportunity) -> Opportunity:
        check_size(opportunity)
        with self._lock:
            revision, change = putting(
                opportunity,
                newest=self._held.newest_of(opportunity.id),
                header=self._held.sessions.get(opportunity.session_id),
                when=self._moment(),
            )
            wrote = self._apply(change)
        self._tell(wrote)
        return revision

    def put_opportunities(
        self, opportunities: Sequence[Opportunity]
    ) -> tuple[Opportunity | StoreError, ...]:
        check_bulk(opportunities)
        return put_each(self, opportunities)

    def get_history(self, opportunity_id: str) -> tuple[Opportunity, ...]:
        with self._lock:
            return tuple(self._held.kept(opportunity_id))

    def find_opportunities(
        self,
        filters: OpportunityFilters | None = None,
        *,
        order: Order = Order.NEWEST,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Opportunity]:
        check_limit(limit)
        wanted = filters or OpportunityFilters()
        question = find_question(wanted, order)
        after = position_of(question, cursor) if cursor is not None else None
        rows = [
            (_descending(one.positions[order]), one.opportunity) for one in self._matching(wanted)
        ]
        return _page(rows, question, limit, after)

    def totals(
        self, filters: OpportunityFilters | None = None, *, by: Grouping = Grouping.NONE
    ) -> tuple[Total, ...]:
        matching = self._matching(filters or OpportunityFilters())
        return added_up((one.opportunity for one in matching), by)

    def _matching(self, wanted: OpportunityFilters) -> Iterator[Newest]:
        plain = wanted.model_copy(update={"search_term": ""})
        term = folded(wanted.search_term)
        now = self._clock()
        with self._lock:
            snapshot = list(self._held.newest.values())
        for one in snapshot:
            if (
                is_live(one.opportunity, now)
                and plain.matches(one.opportunity)
                and (not term or term in one.search_text)
            ):
                yield one

    def get_header(self, session_id: str) -> Session | None:
        with self._lock:
            return self._held.sessions.get(session_id)

    def list_sessions(self, *, limit: int = 50, cursor: str | None = None) -> Page[Session]:
        check_limit(limit)
        after = position_of(SESSIONS_QUESTION, cursor) if cursor is not None else None
        with self._lock:
            snapshot = list(self._held.sessions.values())
        rows = [(_descending(session_position(s)), s) for s in snapshot if not s.deleted]
        return _page(rows, SESSIONS_QUESTION, limit, after)

    def delete_session(self, session_id: str, *, updated_by: str, change_id: str) -> None:
        with self._lock:
            if session_id not in self._held.sessions:
                raise SessionNotFoundError(session_id)
            change = departing(
                self._held.sessions[session_id],
                newest=self._held.session_newest(session_id),
                updated_by=updated_by,
                change_id=change_id,
                when=self._moment(),
            )
            wrote = self._apply(change)
        self._tell(wrote)

    def put_template(self, template: Template) -> Template:
        check_size(template)
        with self._lock:
            revision, wrote = self._put_template(template)
        self._tell(wrote)
        return revision

    def list_templates(self) -> tuple[Template, ...]:
        with self._lock:
            newest = [revisions[-1] for _, revisions in sorted(self._held.templates.items())]
        return tuple(template for template in newest if not template.deleted)

    def get_template_history(self, template_id: str) -> tuple[Template, ...]:
        with self._lock:
            return tuple(self._held.templates.get(template_id, ()))

    def delete_template(
        self, template_id: str, *, version: int, updated_by: str, change_id: str
    ) -> None:
        with self._lock:
            deletion = deleting_template(
                template_id,
                newest=self._held.newest_template(template_id),
                version=version,
                updated_by=updated_by,
                change_id=change_id,
            )
            _, wrote = self._put_template(deletion)
        self._tell(wrote)

    def scan(self, *, limit: int = PAGE_LIMIT, cursor: str | None = None) -> Page[Record]:
        check_limit(limit)
        after = position_of(SCAN_QUESTION, cursor) if cursor is not None else (0, "")
        with self._lock:
            rows = list(islice(self._held.after(after), limit + 1))
        more = cursor_after(SCAN_QUESTION, rows[limit - 1][0]) if len(rows) > limit else None
        return Page[Record](items=tuple(record for _, record in rows[:limit]), cursor=more)

    def audit(self, *, limit: int = PAGE_LIMIT, cursor: str | None = None) -> AuditPage:
        check_limit(limit)
        after = position_of(AUDIT_QUESTION, cursor) if cursor is not None else (0, "")
        with self._lock:
            rows = [
                (position, Audited(record.id, record.version, record))
                for position, record in islice(self._held.after(after), limit + 1)
                if isinstance(record, Opportunity)  # they come before all else
            ]
        more = cursor_after(AUDIT_QUESTION, rows[limit - 1][0]) if len(rows) > limit else None
        return AuditPage(tuple(audited for _, audited in rows[:limit]), more)

    def replicate(self, records: Sequence[Record], *, copying: Copying = Copying.NEWER) -> bool:
        check_stored(records)
        with self._lock:
            if copying is Copying.NEXT and leaves_gap(records, self._held.held_version):
                return False
            for record in records:
                self._held.replicate(record, copying)
        return True

    def journaled(self, told: Told, *, stage_number: int) -> "MemoryStore":
        store = copy.copy(self)
        store._journaling = Journaling(told, stage_number)  # noqa: SLF001 # of our own class
        return store

    def journal(self, *, limit: int = PAGE_LIMIT, session_id: str = "") -> tuple[Note, ...]:
        check_limit(limit)
        with self._lock:
            notes = (
                note
                for note in self._held.notes.values()
                if not session_id or note.session_id == session_id
            )
            return tuple(islice(notes, limit))

    def settle(self, notes: Sequence[Note]) -> None:
        with self._lock:
            for note in notes:
                self._held.notes.pop(note.key, None)

    def get_migration(self) -> Migration | None:
        with self._lock:
            return self._held.migration

    def put_migration(self, migration: Migration) -> Migration:
        check_size(migration)
        with self._lock:
            stored, _ = putting_migration(migration, held=self._held.migration, now=self._clock())
            self._held.migration = stored
        return stored

    def close(self) -> None:
        """Nothing to release: the data goes with the object."""

    def _moment(self) -> Moment:
        return Moment(self._clock(), self._retention)

    def _apply(self, change: Change) -> Written | None:
        """Write what was decided; return what to tell once the lock is free."""
        if change == NOTHING:
            return None
        wrote = self._noted(written(change))
        self._held.apply(change)
        return wrote

    def _put_template(self, template: Template) -> tuple[Template, Written | None]:
        newest = self._held.newest_template(template.template_id)
        revision, is_new = putting_template(template, newest=newest, when=self._moment())
        if not is_new:
            return revision, None
        wrote = self._noted(written_template(revision))
        self._held.append_template(revision)
        return revision, wrote

    def _noted(self, wrote: Written) -> Written | None:
        """Check the fence and note a write that is about to happen, if there is a journal."""
        if self._journaling is None:
            return None
        migration = self._held.migration
        self._journaling.check(migration.stage_number if migration else None)
        self._held.notes[wrote.note.key] = wrote.note
        return wrote

    def _tell(self, wrote: Written | None) -> None:
        if self._journaling and wrote:
            self._journaling.told(wrote)


def _descending(position: Position) -> Position:
    return -position[0], position[1]


def _page(
    rows: list[tuple[Position, R]], question: str, limit: int, after: Position | None
) -> Page[R]:
    """Return the next `limit` rows by position."""
    if after is not None:
        rows = [row for row in rows if row[0] > _descending(after)]
    first = heapq.nsmallest(limit + 1, rows, key=lambda row: row[0])
    more = None
    if len(first) > limit:
        more = cursor_after(question, _descending(first[limit - 1][0]))
    return Page[R](items=tuple(record for _, record in first[:limit]), cursor=more)
