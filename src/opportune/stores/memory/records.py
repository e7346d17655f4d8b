"""What the memory store holds, and how it changes. Whoever calls in here has the store's lock."""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from opportune.model.filters import Order, search_text
from opportune.model.records import Opportunity, R, Record, Session, Template
from opportune.stores.changes import Change
from opportune.stores.contract import Clock, Retention
from opportune.stores.copying import is_header_taken
from opportune.stores.cursor import Position, find_position
from opportune.stores.journal import Copying, Migration, Note
from opportune.stores.revisions import is_forgotten, is_history_expired

_SWEPT_PER_WRITE = 2
"""Opportunities whose history is swept at each write: more than a write adds."""


class Newest:
    """The newest revision of an opportunity, and what `find` needs of it, made when needed."""

    def __init__(self, opportunity: Opportunity) -> None:
        self.opportunity = opportunity

    @cached_property
    def positions(self) -> Mapping[Order, Position]:
        """Where it stands in each order."""
        return {order: find_position(self.opportunity, order) for order in Order}

    @cached_property
    def search_text(self) -> str:
        """What search looks at."""
        return search_text(self.opportunity)


class MemoryRecords:
    """Everything that a memory store holds, the notes and the record of a store migration too."""

    def __init__(self, clock: Clock, retention: Retention) -> None:
        self._clock = clock
        self._retention = retention
        self.sessions: dict[str, Session] = {}
        self.newest: dict[str, Newest] = {}  # by id
        self.templates: dict[str, list[Template]] = {}  # by id; ascending, never empty
        self.notes: dict[str, Note] = {}  # by key
        self.migration: Migration | None = None
        self._revisions: dict[str, list[Opportunity]] = {}  # by id; ascending, never empty
        self._members: dict[str, dict[str, None]] = {}  # a session's ids, dead ones too, in order
        self._sweep_queue: deque[str] = deque()  # every id in _revisions, once

    def newest_of(self, opportunity_id: str) -> Opportunity | None:
        """Return the newest revision, dead or not."""
        newest = self.newest.get(opportunity_id)
        return newest.opportunity if newest else None

    def newest_template(self, template_id: str) -> Template | None:
        """Return the newest revision, deleted or not."""
        revisions = self.templates.get(template_id)
        return revisions[-1] if revisions else None

    def session_newest(self, session_id: str) -> list[Opportunity]:
        """Return the newest revisions of all that were ever in a session."""
        return [self.newest[one].opportunity for one in self._members.get(session_id, ())]

    def kept(self, opportunity_id: str) -> list[Opportunity]:
        """Return the revisions that are readable, oldest first."""
        revisions = self._revisions.get(opportunity_id, [])
        now, retention = self._clock(), self._retention
        if not revisions or is_forgotten(revisions[-1], now, retention):
            return []
        older = [o for o in revisions[:-1] if not is_history_expired(o, now, retention)]
        return [*older, revisions[-1]]

    def apply(self, change: Change) -> None:
        """Write what was decided; nothing in here can fail half-way."""
        for revision in change.revisions:
            if revision.version == 1:
                self._forget(revision.id)
            self._keep(revision)
        if change.header is not None:
            self.sessions[change.header.id] = change.header
        self._sweep()

    def append_template(self, revision: Template) -> None:
        """Write the next revision of a template."""
        self.templates.setdefault(revision.template_id, []).append(revision)

    def replicate(self, record: Record, copying: Copying) -> None:
        """Take a record as another store holds it."""
        if isinstance(record, Session):
            if is_header_taken(record.version, self.held_version(record), copying):
                self.sessions[record.id] = record
        elif isinstance(record, Template):
            _insert(self.templates.setdefault(record.template_id, []), record, copying)
        else:
            if not self.kept(record.id):
                self._forget(record.id)
            self._keep(record, copying)

    def held_version(self, record: Record) -> int:
        """Return the newest version held under a record's key; 0 if there is none."""
        held: Record | None
        if isinstance(record, Session):
            held = self.sessions.get(record.id)
        elif isinstance(record, Template):
            held = self.newest_template(record.template_id)
        else:
            held = self.newest_of(record.id) if self.kept(record.id) else None
        return held.version if held else 0

    def after(self, after: Position) -> Iterator[tuple[Position, Record]]:
        """Yield everything after a position, by kind, id and version."""
        kinds: dict[str, Mapping[str, object]] = {
            "opportunity": self._revisions,
            "session": self.sessions,
            "template": self.templates,
        }
        keys = [f"{kind} {key}" for kind, held in kinds.items() for key in sorted(held)]
        for text in keys[bisect_left(keys, after[1]) :]:
            for record in self._records(*text.split(" ")):
                if text != after[1] or record.version > after[0]:
                    yield (record.version, text), record

    def _records(self, kind: str, key: str) -> Sequence[Record]:
        if kind == "session":
            return [self.sessions[key]]
        return self.kept(key) if kind == "opportunity" else self.templates[key]

    def _keep(self, revision: Opportunity, copying: Copying = Copying.NEWER) -> None:
        if revision.id not in self._revisions:
            self._revisions[revision.id] = []
            self._members.setdefault(revision.session_id, {})[revision.id] = None
            self._sweep_queue.append(revision.id)
        revisions = self._revisions[revision.id]
        _insert(revisions, revision, copying)
        if revisions[-1] is revision:
            self.newest[revision.id] = Newest(revision)

    def _forget(self, opportunity_id: str) -> None:
        revisions = self._revisions.pop(opportunity_id, None)
        if revisions is not None:
            del self.newest[opportunity_id]
            del self._members[revisions[-1].session_id][opportunity_id]
            self._sweep_queue.remove(opportunity_id)

    def _sweep(self) -> None:
        """Let go of what has outlived its retention: a few at a time, everything in turn."""
        for _ in range(min(_SWEPT_PER_WRITE, len(self._sweep_queue))):
            opportunity_id = self._sweep_queue[0]
            kept = self.kept(opportunity_id)
            if kept:
                self._revisions[opportunity_id] = kept
                self._sweep_queue.rotate(-1)
            else:
                self._forget(opportunity_id)


def _insert(revisions: list[R], revision: R, copying: Copying) -> None:
    """Put a revision in its place by version; one that is there already stays, unless mended."""
    at = bisect_left(revisions, revision.version, key=lambda held: held.version)
    is_there = at < len(revisions) and revisions[at].version == revision.version
    if not is_there or copying is Copying.MEND:
        revisions[at : at + is_there] = [revision]
