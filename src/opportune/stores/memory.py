"""The store in the process's memory: for trying out, for tests, and as one side of a migration.

One lock guards everything; what is slow, search over 100,000 opportunities, works outside of it
on a snapshot. Values are frozen, so they are handed out as they are.
"""

import heapq
import threading
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice

from opportune.errors import (
    OpportunityNotFoundError,
    SessionNotFoundError,
    TemplateNotFoundError,
)
from opportune.models import (
    Opportunity,
    OpportunityFilters,
    Order,
    Page,
    R,
    Record,
    Session,
    Template,
    by_list_order,
    folded,
    search_text,
)
from opportune.stores.changes import (
    Change,
    Moment,
    deleting_template,
    departing,
    putting,
    putting_template,
    replacing,
)
from opportune.stores.contract import (
    PAGE_LIMIT,
    RETENTION,
    Clock,
    Retention,
    Usage,
    check_limit,
    check_list,
    check_size,
    check_stored,
    is_forgotten,
    is_history_expired,
    is_live,
    utc_now,
)
from opportune.stores.cursor import (
    SCAN_QUESTION,
    SESSIONS_QUESTION,
    Position,
    cursor_after,
    find_position,
    find_question,
    position_of,
    session_position,
)

_SWEPT_PER_WRITE = 2
"""Opportunities whose history is swept at each write: more than a write adds."""


class _Newest:
    """The newest revision of an opportunity, and what `find` needs of it, made when needed."""

    def __init__(self, opportunity: Opportunity) -> None:
        self.opportunity = opportunity

    @cached_property
    def positions(self) -> Mapping[Order, Position]:
        return {order: find_position(self.opportunity, order) for order in Order}

    @cached_property
    def search_text(self) -> str:
        return search_text(self.opportunity)


class MemoryStore:
    """Keeps everything until the process ends. `contract.py` says what it promises."""

    usage: tuple[Usage, ...] = ()

    def __init__(self, *, clock: Clock = utc_now, retention: Retention = RETENTION) -> None:
        self._clock = clock
        self._retention = retention
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}
        self._revisions: dict[str, list[Opportunity]] = {}  # by id; ascending, never empty
        self._newest: dict[str, _Newest] = {}  # by id
        self._members: dict[str, set[str]] = {}  # ids of a session's opportunities, dead ones too
        self._templates: dict[str, list[Template]] = {}  # by id; ascending, never empty
        self._sweep_queue: deque[str] = deque()  # every id in _revisions, once

    def store_opportunities(
        self, session: Session, opportunities: Sequence[Opportunity]
    ) -> Session:
        check_list(session, opportunities)
        with self._lock:
            header, change = replacing(
                session,
                opportunities,
                header=self._sessions.get(session.id),
                newest=self._session_newest(session.id),
                when=self._moment(),
            )
            self._apply(change)
        return header

    def get_opportunities(
        self, session_id: str, filters: OpportunityFilters | None = None
    ) -> tuple[Opportunity, ...]:
        now = self._clock()
        with self._lock:
            newest = self._session_newest(session_id)
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
            newest = self._newest.get(opportunity.id)
            revision, change = putting(
                opportunity,
                newest=newest.opportunity if newest else None,
                header=self._sessions.get(opportunity.session_id),
                when=self._moment(),
            )
            self._apply(change)
        return revision

    def get_history(self, opportunity_id: str) -> tuple[Opportunity, ...]:
        with self._lock:
            return tuple(self._kept(opportunity_id))

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
        plain = wanted.model_copy(update={"search_term": ""})
        term = folded(wanted.search_term)
        now = self._clock()
        with self._lock:
            snapshot = list(self._newest.values())
        rows = [
            (_descending(one.positions[order]), one.opportunity)
            for one in snapshot
            if is_live(one.opportunity, now)
            and plain.matches(one.opportunity)
            and (not term or term in one.search_text)
        ]
        return _page(rows, question, limit, after)

    def get_session(self, session_id: str) -> Session:
        with self._lock:
            session = self._sessions.get(session_id)
        if session is None or session.deleted:
            raise SessionNotFoundError(session_id)
        return session

    def list_sessions(self, *, limit: int = 50, cursor: str | None = None) -> Page[Session]:
        check_limit(limit)
        after = position_of(SESSIONS_QUESTION, cursor) if cursor is not None else None
        with self._lock:
            snapshot = list(self._sessions.values())
        rows = [(_descending(session_position(s)), s) for s in snapshot if not s.deleted]
        return _page(rows, SESSIONS_QUESTION, limit, after)

    def delete_session(self, session_id: str, *, updated_by: str, change_id: str) -> None:
        with self._lock:
            if session_id not in self._sessions:
                raise SessionNotFoundError(session_id)
            change = departing(
                self._sessions[session_id],
                newest=self._session_newest(session_id),
                updated_by=updated_by,
                change_id=change_id,
                when=self._moment(),
            )
            self._apply(change)

    def put_template(self, template: Template) -> Template:
        check_size(template)
        with self._lock:
            return self._put_template(template)

    def get_template(self, template_id: str, *, version: int | None = None) -> Template:
        for revision in reversed(self.get_template_history(template_id)):
            if version is None:
                if not revision.deleted:
                    return revision
                break
            if revision.version == version:
                return revision
        raise TemplateNotFoundError(template_id)

    def list_templates(self) -> tuple[Template, ...]:
        with self._lock:
            newest = [revisions[-1] for _, revisions in sorted(self._templates.items())]
        return tuple(template for template in newest if not template.deleted)

    def get_template_history(self, template_id: str) -> tuple[Template, ...]:
        with self._lock:
            return tuple(self._templates.get(template_id, ()))

    def delete_template(
        self, template_id: str, *, version: int, updated_by: str, change_id: str
    ) -> None:
        with self._lock:
            revisions = self._templates.get(template_id)
            deletion = deleting_template(
                template_id,
                newest=revisions[-1] if revisions else None,
                version=version,
                updated_by=updated_by,
                change_id=change_id,
            )
            self._put_template(deletion)

    def scan(self, *, limit: int = PAGE_LIMIT, cursor: str | None = None) -> Page[Record]:
        check_limit(limit)
        after = position_of(SCAN_QUESTION, cursor) if cursor is not None else (0, "")
        with self._lock:
            rows = list(islice(self._records_after(after), limit + 1))
        more = cursor_after(SCAN_QUESTION, rows[limit - 1][0]) if len(rows) > limit else None
        return Page[Record](items=tuple(record for _, record in rows[:limit]), cursor=more)

    def replicate(self, record: Record) -> None:
        check_stored(record)
        with self._lock:
            if isinstance(record, Session):
                held = self._sessions.get(record.id)
                if held is None or held.version <= record.version:
                    self._sessions[record.id] = record
            elif isinstance(record, Template):
                _insert(self._templates.setdefault(record.template_id, []), record)
            else:
                if not self._kept(record.id):
                    self._forget(record.id)
                self._keep(record)

    def close(self) -> None:
        """Nothing to release: the data goes with the object."""

    def _moment(self) -> Moment:
        return Moment(self._clock(), self._retention)

    def _session_newest(self, session_id: str) -> list[Opportunity]:
        return [self._newest[one].opportunity for one in self._members.get(session_id, ())]

    def _kept(self, opportunity_id: str) -> list[Opportunity]:
        """Return the revisions that are readable, oldest first."""
        revisions = self._revisions.get(opportunity_id, [])
        now, retention = self._clock(), self._retention
        if not revisions or is_forgotten(revisions[-1], now, retention):
            return []
        older = [o for o in revisions[:-1] if not is_history_expired(o, now, retention)]
        return [*older, revisions[-1]]

    def _apply(self, change: Change) -> None:
        """Write what was decided; nothing in here can fail half-way."""
        for revision in change.revisions:
            if revision.version == 1:
                self._forget(revision.id)
            self._keep(revision)
        if change.header is not None:
            self._sessions[change.header.id] = change.header
        self._sweep()

    def _keep(self, revision: Opportunity) -> None:
        if revision.id not in self._revisions:
            self._revisions[revision.id] = []
            self._members.setdefault(revision.session_id, set()).add(revision.id)
            self._sweep_queue.append(revision.id)
        revisions = self._revisions[revision.id]
        _insert(revisions, revision)
        if revisions[-1] is revision:
            self._newest[revision.id] = _Newest(revision)

    def _forget(self, opportunity_id: str) -> None:
        revisions = self._revisions.pop(opportunity_id, None)
        if revisions is not None:
            del self._newest[opportunity_id]
            self._members[revisions[-1].session_id].remove(opportunity_id)
            self._sweep_queue.remove(opportunity_id)

    def _sweep(self) -> None:
        """Let go of what has outlived its retention: a few at a time, everything in turn."""
        for _ in range(min(_SWEPT_PER_WRITE, len(self._sweep_queue))):
            opportunity_id = self._sweep_queue[0]
            kept = self._kept(opportunity_id)
            if kept:
                self._revisions[opportunity_id] = kept
                self._sweep_queue.rotate(-1)
            else:
                self._forget(opportunity_id)

    def _put_template(self, template: Template) -> Template:
        revisions = self._templates.get(template.template_id)
        newest = revisions[-1] if revisions else None
        revision, is_new = putting_template(template, newest=newest, when=self._moment())
        if is_new:
            self._templates.setdefault(template.template_id, []).append(revision)
        return revision

    def _records_after(self, after: Position) -> Iterator[tuple[Position, Record]]:
        """Yield everything after a position, by kind, id and version."""
        kinds: dict[str, Mapping[str, object]] = {
            "opportunity": self._revisions,
            "session": self._sessions,
            "template": self._templates,
        }
        keys = [f"{kind} {key}" for kind, held in kinds.items() for key in sorted(held)]
        for text in keys[bisect_left(keys, after[1]) :]:
            for record in self._records(*text.split(" ")):
                if text != after[1] or record.version > after[0]:
                    yield (record.version, text), record

    def _records(self, kind: str, key: str) -> Sequence[Record]:
        if kind == "session":
            return [self._sessions[key]]
        return self._kept(key) if kind == "opportunity" else self._templates[key]


def _insert(revisions: list[R], revision: R) -> None:
    """Put a revision in its place by version; one that is there already is replaced."""
    at = bisect_left(revisions, revision.version, key=lambda held: held.version)
    is_there = at < len(revisions) and revisions[at].version == revision.version
    revisions[at : at + is_there] = [revision]


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
