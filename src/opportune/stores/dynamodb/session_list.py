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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from opportune.errors import StoreUnavailableError
from opportune.models import Opportunity, Session
from opportune.stores.changes import Change
from opportune.stores.contract import Retention
from opportune.stores.dynamodb import actions
from opportune.stores.dynamodb.connection import ConditionFailedError, Connection, Tables
from opportune.stores.dynamodb.items import Head, Header, Staged
from opportune.stores.dynamodb.reading import Known, Listing, Reader

TRANSACTION_ACTIONS = 100
TRANSACTION_BYTES = 3_500_000
"""Of 4 MB; the rest is for names of attributes and what indexes copy."""

_ITEM_OVERHEAD_BYTES = 1_500


@dataclass(frozen=True)
class _Prepared:
    """A head as it was, and what it is to become."""

    head: Head | None
    revision: Opportunity


class SessionLists:
    """Writes the lists of sessions."""

    def __init__(
        self, connection: Connection, tables: Tables, reader: Reader, retention: Retention
    ) -> None:
        self._connection = connection
        self._tables = tables
        self._reader = reader
        self._retention = retention

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
            try:
                self._write(listing.header, known, change, is_looked_up=is_looked_up)
            except ConditionFailedError:
                continue
            return answer
        raise StoreUnavailableError(f"Others keep changing the list of session {session_id!r}.")

    def finish(self, session_id: str, listing: Listing) -> None:
        """Write the heads of a committed replace that its own process has not finished."""
        if listing.header is None or not listing.header.promoting:
            return
        attempt = listing.header.promoting
        prepared = [
            _Prepared(known.head, known.newest)
            for known in listing.known.values()
            if known.newest and known.head and known.head.staged
            if known.head.staged.attempt == attempt
        ]
        self._promote(session_id, attempt, prepared, listing.header.version)

    def _write(
        self,
        header: Header | None,
        known: dict[str, Known],
        change: Change,
        *,
        is_looked_up: bool,
    ) -> None:
        if change.header is None:
            raise ValueError("a change of a list changes its header")
        prepared = [
            _Prepared(known[one.id].head if one.id in known else None, one)
            for one in change.revisions
        ]
        sizes = [len(one.model_dump_json().encode()) for one in change.revisions]
        is_small = (
            2 * len(prepared) + 1 <= TRANSACTION_ACTIONS
            and 2 * sum(sizes)
            + len(change.header.model_dump_json().encode())
            + (2 * len(prepared) + 1) * _ITEM_OVERHEAD_BYTES
            <= TRANSACTION_BYTES
        )
        if is_small:
            self._write_at_once(header, change.header, prepared, is_looked_up=is_looked_up)
        else:
            self._write_staged(header, change.header, prepared, is_looked_up=is_looked_up)

    def _write_at_once(
        self,
        before: Header | None,
        session: Session,
        prepared: Sequence[_Prepared],
        *,
        is_looked_up: bool,
    ) -> None:
        header = Header(session, {one.revision.id: one.revision.version for one in prepared})
        transaction = [actions.put_header(self._tables, header, over=before)]
        for one in prepared:
            transaction += [
                actions.put_head(self._tables, one.revision, session.version, over=one.head),
                actions.put_revision(
                    self._tables,
                    one.revision,
                    self._retention,
                    is_first_ever=not is_looked_up and one.head is None,
                ),
            ]
        try:
            self._connection.transact(self._tables.sessions, transaction)
        except ConditionFailedError as refused:
            if not (refused.is_uncertain and self._is_written(session, prepared)):
                raise

    def _is_written(self, session: Session, prepared: Sequence[_Prepared]) -> bool:
        """Tell whether an earlier try of a refused transaction was carried out."""
        if prepared:
            return self._reader.is_written(prepared[0].revision)
        header = self._reader.header(session.id)
        if header and header.session == session:
            return True
        raise StoreUnavailableError(f"Whether session {session.id!r} was written is unknown.")

    def _write_staged(
        self,
        before: Header | None,
        session: Session,
        prepared: Sequence[_Prepared],
        *,
        is_looked_up: bool,
    ) -> None:
        attempt = uuid.uuid4().hex
        update = actions.announce(self._tables, session.id, attempt, over=before)
        self._connection.send("UpdateItem", self._tables.sessions, **update)
        for some in self._portions(prepared, 2):
            transaction = []
            for one in some:
                mark = Staged(attempt, one.revision.version, session.version)
                transaction += [
                    actions.mark_head(self._tables, one.revision, mark, over=one.head),
                    actions.put_revision(
                        self._tables,
                        one.revision,
                        self._retention,
                        attempt=attempt,
                        is_first_ever=not is_looked_up and one.head is None,
                    ),
                ]
            self._connection.transact(self._tables.sessions, transaction)
        self._commit(session, attempt, prepared[0].revision)
        self._promote(session.id, attempt, prepared, session.version)

    def _commit(self, session: Session, attempt: str, witness: Opportunity) -> None:
        header = Header(session, promoting=attempt)
        try:
            self._connection.send(
                "PutItem", self._tables.sessions, **actions.commit(self._tables, header)
            )
        except ConditionFailedError as refused:
            if not (refused.is_uncertain and self._reader.is_written(witness, attempt)):
                raise

    def _promote(
        self, session_id: str, attempt: str, prepared: Sequence[_Prepared], list_version: int
    ) -> None:
        for some in self._portions(prepared, 1):
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

    @staticmethod
    def _portions(
        prepared: Sequence[_Prepared], actions_each: int
    ) -> Iterator[Sequence[_Prepared]]:
        """Cut into what one transaction can hold."""
        portion: list[_Prepared] = []
        size = 0
        for one in prepared:
            bytes_ = len(one.revision.model_dump_json().encode()) + 2 * _ITEM_OVERHEAD_BYTES
            is_full = (len(portion) + 1) * actions_each > TRANSACTION_ACTIONS
            if portion and (is_full or size + bytes_ > TRANSACTION_BYTES):
                yield portion
                portion, size = [], 0
            portion.append(one)
            size += bytes_
        if portion:
            yield portion
