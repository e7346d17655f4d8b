"""Replacing a session's list in one step for readers, whatever its length.

Up to what one transaction can hold it is one. Beyond that a replace is an *attempt* with a name:

1. announce: the header says which attempt is being prepared;
2. stage: each changed head gets a mark, its new revision goes into the history; readers ignore
   both;
3. commit: the header becomes the new one and says that the attempt's heads are to be promoted:
   from here on every reader takes a marked head for what the mark announces;
4. promote: each marked head becomes its new revision;
5. finish: the header no longer says so.

Anybody who changes a head or the header meanwhile ends an attempt that is not committed (small
writes win), and anybody may carry out 4 and 5 of one that is. docs/decisions/0003-dynamodb-lists.md
"""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from opportune.errors import StoreUnavailableError
from opportune.model.records import Opportunity, Session
from opportune.stores.changes import Change
from opportune.stores.contract import Retention
from opportune.stores.dynamodb import actions
from opportune.stores.dynamodb.connection import ConditionFailedError, Connection, Tables
from opportune.stores.dynamodb.items import Head, Header, Staged
from opportune.stores.dynamodb.reading import Known, Listing, Reader
from opportune.stores.dynamodb.transactions import Writer, fits, portions
from opportune.stores.journal import Written
from opportune.stores.journaling import written


@dataclass(frozen=True)
class Prepared:
    """A head as it was, what it is to become, and revisions between the two, if any.

    `stays` if it is that already: then nothing is written, but nobody may change it meanwhile.
    """

    head: Head | None
    revision: Opportunity
    between: tuple[Opportunity, ...] = ()
    stays: bool = False

    @property
    def rows(self) -> tuple[Opportunity, ...]:
        """The revisions that go into the history."""
        return () if self.stays else (self.revision, *self.between)

    @property
    def size(self) -> int:
        """Bytes of JSON; a head holds about as much as its row."""
        return sum(len(row.model_dump_json().encode()) for row in self.rows or (self.revision,))


class SessionLists:
    """Writes the lists of sessions."""

    def __init__(
        self,
        connection: Connection,
        tables: Tables,
        reader: Reader,
        retention: Retention,
        writer: Writer,
    ) -> None:
        self._connection = connection
        self._tables = tables
        self._reader = reader
        self._retention = retention
        self._writer = writer

    def journaled(self, writer: Writer) -> "SessionLists":
        """Return the same with another writer."""
        return SessionLists(self._connection, self._tables, self._reader, self._retention, writer)

    def change(
        self,
        session_id: str,
        wanted: Sequence[str],
        decide: Callable[[Session | None, Sequence[Opportunity]], tuple[Session, Change]],
    ) -> Session:
        """Read a list, decide what changes, write it; again if somebody else wrote meanwhile.

        Args:
            session_id: Whose list.
            wanted: Ids that the new list will have.
            decide: Takes the header and the newest revisions; returns the answer and what to write.
        """
        for number in self._connection.pauses():
            listing = self._reader.listing(session_id)
            if listing.header and listing.header.promoting:
                self.finish(session_id, listing)
                continue
            # A session without a header is new, so nothing can be in the history of its ids; if
            # there is, the condition on the first revision fails and the next round looks.
            is_looked_up = listing.header is not None or number > 0
            known = dict(listing.known)
            if is_looked_up:
                for one in wanted:
                    if one not in known or known[one].newest is None:
                        known[one] = self._reader.swept(one, known.get(one, Known(None)))
            newest = [one.newest for one in known.values() if one.newest is not None]
            answer, change = decide(listing.session, newest)
            if change.header is None:
                return answer
            prepared = [
                Prepared(known[one.id].head if one.id in known else None, one)
                for one in change.revisions
            ]
            prepared += _staying(wanted, prepared, known)
            if self.write(listing.header, change.header, prepared, is_looked_up=is_looked_up):
                return answer
        raise StoreUnavailableError(f"Others keep changing the list of session {session_id!r}.")

    def finish(self, session_id: str, listing: Listing) -> None:
        """Write the heads of a committed replace that its own process has not finished."""
        if listing.header is None or not listing.header.promoting:
            return
        attempt = listing.header.promoting
        prepared = [
            Prepared(known.head, known.newest)
            for known in listing.known.values()
            if known.newest and known.head and known.head.staged
            if known.head.staged.attempt == attempt
        ]
        self._promote(session_id, attempt, prepared, listing.header.version)

    def write(
        self,
        before: Header | None,
        session: Session,
        prepared: Sequence[Prepared],
        *,
        is_looked_up: bool,
    ) -> bool:
        """Write a header and heads in one step for readers; False if somebody else came first.

        Args:
            before: The header as it was read.
            session: The new header.
            prepared: The new heads, and those that stay.
            is_looked_up: The history was asked about those that have no head.
        """
        count = 1 + self._writer.own_actions + sum(1 + len(one.rows) for one in prepared)
        # A head holds about as much again as its row.
        size = len(session.model_dump_json().encode()) + sum(2 * one.size for one in prepared)
        write = self._write_at_once if fits(count, size) else self._write_staged
        return write(before, session, prepared, is_looked_up=is_looked_up)

    def _write_at_once(
        self,
        before: Header | None,
        session: Session,
        prepared: Sequence[Prepared],
        *,
        is_looked_up: bool,
    ) -> bool:
        changed = {one.revision.id: one.revision.version for one in prepared if not one.stays}
        header = Header(session, changed)
        transaction = [actions.put_header(self._tables, header, over=before)]
        for one in prepared:
            act = actions.check_head(self._tables, one.revision, over=one.head)
            if not one.stays:
                act = actions.put_head(self._tables, one.revision, session.version, over=one.head)
            transaction += [act, *self._rows(one, is_looked_up=is_looked_up)]
        return self._writer.write(
            transaction,
            lambda: self._is_written(session, prepared),
            _written(session, prepared),
        )

    def _is_written(
        self, session: Session, prepared: Sequence[Prepared], attempt: str = ""
    ) -> bool:
        """Tell whether a list counts, as written by this attempt (empty: in one step)."""
        for one in prepared:
            if not one.stays:
                return self._reader.is_written(one.revision, attempt)
        held = self._reader.header(session.id)
        if held and held.session == session:
            return True
        raise StoreUnavailableError(f"Whether session {session.id!r} was written is unknown.")

    def _write_staged(
        self,
        before: Header | None,
        session: Session,
        prepared: Sequence[Prepared],
        *,
        is_looked_up: bool,
    ) -> bool:
        attempt = uuid.uuid4().hex
        announce = actions.announce(self._tables, session.id, attempt, over=before)
        if not self._writer.write([announce], lambda: False):
            return False
        for some in portions(prepared, lambda one: (1 + len(one.rows), one.size)):
            transaction = []
            for one in some:
                mark = Staged(attempt, one.revision.version, session.version)
                transaction += [
                    actions.mark_head(self._tables, one.revision, mark, over=one.head),
                    *self._rows(one, is_looked_up=is_looked_up, attempt=attempt),
                ]
            try:
                self._connection.transact(self._tables.sessions, transaction)
            except ConditionFailedError:
                return False
        commit = actions.commit(self._tables, Header(session, promoting=attempt))
        if not self._writer.write(
            [commit],
            lambda: self._is_written(session, prepared, attempt),
            _written(session, prepared),
        ):
            return False
        self._promote(session.id, attempt, prepared, session.version)
        return True

    def _rows(
        self, one: Prepared, *, is_looked_up: bool, attempt: str = ""
    ) -> Iterator[actions.Action]:
        for row in one.rows:
            yield actions.put_revision(
                self._tables,
                row,
                self._retention,
                attempt=attempt,
                is_first_ever=not is_looked_up and one.head is None,
            )

    def _promote(
        self, session_id: str, attempt: str, prepared: Sequence[Prepared], list_version: int
    ) -> None:
        for some in portions(prepared, lambda one: (1, one.size)):
            rest = list(some)
            while rest:
                transaction = [
                    actions.promote_head(self._tables, one.revision, list_version, attempt)
                    for one in rest
                ]
                try:
                    self._connection.transact(self._tables.sessions, transaction)
                except ConditionFailedError as refused:
                    # Those are not marked any more: somebody else has promoted or changed them.
                    rest = [one for place, one in enumerate(rest) if place not in refused.failed]
                else:
                    break
        try:
            update = actions.finish(self._tables, session_id, attempt)
            self._connection.send("UpdateItem", self._tables.sessions, **update)
        except ConditionFailedError:
            pass  # somebody else has finished it


def _written(session: Session, prepared: Sequence[Prepared]) -> Written:
    revisions = tuple(one.revision for one in prepared if not one.stays)
    return written(Change(session, revisions))


def _staying(
    wanted: Sequence[str], prepared: Sequence[Prepared], known: Mapping[str, Known]
) -> Iterator[Prepared]:
    """Yield those of a new list that nothing is written of."""
    changed = {one.revision.id for one in prepared}
    for one in wanted:
        newest = known[one].newest if one in known else None
        if one not in changed and newest is not None:
            yield Prepared(known[one].head, newest, stays=True)
