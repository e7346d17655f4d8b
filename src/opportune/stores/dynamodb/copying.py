"""Storing records as another store has them: many in few requests, none lowered.

What is there is read first, a hundred keys a request. Then each head is written together with its
revisions, on condition that it is still as it was read, as many of them a transaction as it can
hold. What others have changed meanwhile is read and written again.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from opportune.errors import StoreUnavailableError
from opportune.model.records import Opportunity, Record, Session, Template
from opportune.stores.changes import Moment
from opportune.stores.copying import is_header_taken, leaves_gap
from opportune.stores.dynamodb import actions, transactions
from opportune.stores.dynamodb.actions import Action
from opportune.stores.dynamodb.connection import ConditionFailedError, Connection, Tables
from opportune.stores.dynamodb.items import Header
from opportune.stores.dynamodb.reading import Known, Reader, Row
from opportune.stores.dynamodb.session_list import Prepared, SessionLists
from opportune.stores.dynamodb.templates import Templates
from opportune.stores.dynamodb.transactions import portions
from opportune.stores.journal import Copying
from opportune.stores.revisions import is_forgotten

_OTHER_ACTIONS = 4
"""Beside revisions in between: header, head, newest revision, the end of another's attempt."""


@dataclass(frozen=True)
class _Held:
    """What the store holds of what it is given."""

    headers: Mapping[str, Header]
    known: Mapping[str, Known]
    templates: Mapping[str, Template | None]
    when: Moment

    def newest(self, opportunity_id: str) -> Opportunity | None:
        """Return the newest revision; None if it is forgotten."""
        newest = self.known[opportunity_id].newest
        if newest is None or is_forgotten(newest, self.when.now, self.when.retention):
            return None
        return newest

    def version(self, record: Record) -> int:
        """Return the newest version under a record's key; 0 if there is none."""
        if isinstance(record, Session):
            return self.headers[record.id].version if record.id in self.headers else 0
        if isinstance(record, Template):
            template = self.templates[record.template_id]
            return template.version if template else 0
        newest = self.newest(record.id)
        return newest.version if newest else 0


@dataclass(frozen=True)
class _Unit:
    """Actions that only go together, and the records that they store."""

    transaction: tuple[Action, ...]
    records: tuple[Record, ...]
    aborts: tuple[str, ...] = ()
    """Session and name of a large replace in preparation that has to be ended with it."""

    @property
    def extent(self) -> tuple[int, int]:
        """Count of actions and bytes."""
        size = sum(len(record.model_dump_json().encode()) for record in self.records)
        return len(self.transaction) + bool(self.aborts), 2 * size


class Copier:
    """Answers `replicate`."""

    def __init__(
        self,
        connection: Connection,
        tables: Tables,
        reader: Reader,
        lists: SessionLists,
        templates: Templates,
    ) -> None:
        self._connection = connection
        self._tables = tables
        self._reader = reader
        self._lists = lists
        self._templates = templates

    def replicate(self, records: Sequence[Record], copying: Copying, when: Moment) -> bool:
        """Answer `replicate`."""
        held = self._read(records, when)
        if copying is Copying.NEXT and leaves_gap(records, held.version):
            return False
        # Versions only rise, so no gap can open any more.
        left = _without_older_headers(records)
        pauses = self._connection.pauses()
        next(pauses)
        while after := self._write(left, held, copying):
            if len(after) < len(left):
                pauses = self._connection.pauses()  # it goes on: no reason to wait
            if next(pauses, None) is None:
                raise StoreUnavailableError("Others keep changing what is to be replicated.")
            left = after
            held = self._read(left, when)
        return True

    def _read(self, records: Sequence[Record], when: Moment) -> _Held:
        headers = self._reader.headers(
            list({one.id: None for one in records if isinstance(one, Session)})
        )
        for session_id, header in headers.items():
            if header.promoting:
                headers[session_id] = self._finished(session_id)
        ids = list({one.id: None for one in records if isinstance(one, Opportunity)})
        known = self._reader.known_many(ids)
        missing = [one for one in ids if one not in known or known[one].newest is None]
        swept = self._connection.each(
            lambda one: self._reader.swept(one, known.get(one, Known(None))), missing
        )
        known |= dict(zip(missing, swept, strict=True))
        keys = list({one.template_id: None for one in records if isinstance(one, Template)})
        templates = self._connection.each(self._templates.newest, keys)
        return _Held(headers, known, dict(zip(keys, templates, strict=True)), when)

    def _finished(self, session_id: str) -> Header:
        """Finish a large replace that was committed; return the header after it."""
        while True:
            self._lists.finish(session_id, self._reader.listing(session_id))
            header = self._reader.header(session_id) or Header()
            if not header.promoting:
                return header

    def _write(self, records: Sequence[Record], held: _Held, copying: Copying) -> list[Record]:
        """Write what is newer or to be mended; return what is left to be done once more."""
        plan = _Plan(self._tables, held, copying)
        for found in _by_id(records).values():
            plan.add_revisions(found)
        rows = self._reader.rows([(one.id, one.version) for one in plan.joining])
        for one in plan.joining:
            plan.join(one, rows.get((one.id, one.version)))
        lists = plan.add_headers([one for one in records if isinstance(one, Session)])
        for template in records:
            if isinstance(template, Template):
                self._templates.replicate(template, copying)
        left = self._connection.each(lambda one: self._write_list(held, *one), lists)
        ready = list(portions(plan.units(), lambda unit: unit.extent))
        left += self._connection.each(self._carry_out, ready)
        return [*plan.later, *(record for some in left for record in some)]

    def _write_list(
        self, held: _Held, session: Session, heads: Sequence[Prepared]
    ) -> Sequence[Record]:
        """Write a header and heads in one step; return what is left to be done once more."""
        before = held.headers.get(session.id)
        if self._lists.write(before, session, heads, is_looked_up=True):
            return ()
        return [session, *(row for head in heads for row in head.rows)]

    def _carry_out(self, portion: Sequence[_Unit]) -> Sequence[Record]:
        """Write units in one transaction; return the records of those that others came before."""
        left: list[Record] = []
        while portion:
            transaction: list[Action] = []
            owner: list[Collection[int]] = []  # of each action: the places of its units
            for place, unit in enumerate(portion):
                transaction += unit.transaction
                owner += [{place}] * len(unit.transaction)
            for aborts in sorted({unit.aborts for unit in portion if unit.aborts}):
                transaction.append(actions.stop_staging(self._tables, *aborts))
                owner.append({n for n, unit in enumerate(portion) if unit.aborts == aborts})
            try:
                self._connection.transact(self._tables.sessions, transaction)
            except ConditionFailedError as refused:
                failed = {place for action in refused.failed for place in owner[action]}
                left += [one for place in sorted(failed) for one in portion[place].records]
                portion = [unit for place, unit in enumerate(portion) if place not in failed]
            else:
                break
        return left


class _Plan:
    """What to write, decided by what is held."""

    def __init__(self, tables: Tables, held: _Held, copying: Copying) -> None:
        self._tables = tables
        self._retention = held.when.retention
        self._held = held
        self._is_mending = copying is Copying.MEND
        self._copying = copying
        self._heads: dict[str, Prepared] = {}  # by id
        self._units: list[_Unit] = []
        self.joining: list[Opportunity] = []
        """Revisions that are not above the newest that is held."""
        self.later: list[Opportunity] = []
        """Revisions that do not fit into one transaction with their head."""

    def add_revisions(self, found: Sequence[Opportunity]) -> None:
        """Take revisions of one opportunity, newest first."""
        top = found[0]
        newest = self._held.newest(top.id)
        held_version = newest.version if newest else 0
        is_mended = self._is_mending and top.version == held_version and top != newest
        if top.version <= held_version and not is_mended:
            self.joining += found
            return
        between = [one for one in found[1:] if one.version > held_version]
        room = max(0, transactions.TRANSACTION_ACTIONS - _OTHER_ACTIONS)
        self.later += between[room:]
        self.joining += [one for one in found[1:] if one.version <= held_version]
        known = self._held.known[top.id]
        self._heads[top.id] = Prepared(known.head, top, tuple(between[:room]))

    def join(self, revision: Opportunity, row: Row | None) -> None:
        """Put an older revision into the history; `row` is what stands there."""
        if row is not None and row.revision == revision:
            return
        if row is not None and not row.attempt and not self._is_mending:
            return
        # A row that differs was prepared by a large replace that came to nothing.
        put = actions.put_revision(
            self._tables,
            revision,
            self._retention,
            is_first_ever=row is None,
            over_attempt=row.attempt if row else "",
        )
        self._units.append(_Unit((put,), (revision,)))

    def add_headers(self, given: Sequence[Session]) -> list[tuple[Session, list[Prepared]]]:
        """Take headers; return the newer ones whose heads have to go with them in one step."""
        lists = []
        for session in given:
            version = self._held.version(session)
            if not is_header_taken(session.version, version, self._copying):
                continue
            of_list = [
                key
                for key, head in self._heads.items()
                if head.revision.session_id == session.id and session.version > version
            ]
            if of_list:
                lists.append((session, [self._heads.pop(key) for key in of_list]))
                continue
            before = self._held.headers.get(session.id)
            put = actions.put_header(self._tables, Header(session), over=before)
            self._units.append(_Unit((put,), (session,)))
        return lists

    def units(self) -> Iterator[_Unit]:
        """Yield what goes by itself: heads first."""
        for key, head in self._heads.items():
            known = self._held.known[key]
            put = actions.put_head(self._tables, head.revision, known.list_version, over=head.head)
            rows = (actions.put_revision(self._tables, o, self._retention) for o in head.rows)
            aborts = (head.revision.session_id, known.aborts) if known.aborts else ()
            yield _Unit((put, *rows), head.rows, aborts)
        yield from self._units


def _without_older_headers(records: Sequence[Record]) -> list[Record]:
    """Leave out headers that a newer one of the same session replaces at once."""
    newest: dict[str, int] = {}
    for one in records:
        if isinstance(one, Session):
            newest[one.id] = max(newest.get(one.id, 0), one.version)
    return [one for one in records if not isinstance(one, Session) or one.version == newest[one.id]]


def _by_id(records: Sequence[Record]) -> dict[str, list[Opportunity]]:
    """Return the revisions by id, newest first."""
    by_id: dict[str, list[Opportunity]] = {}
    for one in records:
        if isinstance(one, Opportunity):
            by_id.setdefault(one.id, []).append(one)
    for found in by_id.values():
        found.sort(key=lambda one: one.version, reverse=True)
    return by_id
