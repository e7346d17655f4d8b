"""Reading what is stored, so that every answer is one state that the store was in.

docs/decisions/0003-dynamodb-lists.md says why these rules suffice. In short: a head that bears the
mark of a large replace counts as its header says; a session's list is taken only if no head is
newer than the header and none is older than what was written together with it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from opportune.errors import StoreError, StoreUnavailableError
from opportune.model.filters import OpportunityFilters
from opportune.model.records import (
    OPPORTUNITY_ID_PATTERN,
    SESSION_ID_PATTERN,
    Opportunity,
    Session,
    session_of,
)
from opportune.stores.contract import Clock, Retention
from opportune.stores.dynamodb.connection import Connection, Tables
from opportune.stores.dynamodb.items import (
    HEADER,
    Head,
    Header,
    Item,
    head_key,
    read_head,
    read_header,
    read_revision,
    revision_key,
)
from opportune.stores.revisions import is_forgotten, is_history_expired, is_live

_SESSION_ID = re.compile(SESSION_ID_PATTERN)
_OPPORTUNITY_ID = re.compile(OPPORTUNITY_ID_PATTERN)
# DynamoDB refuses keys that are empty or too long; no other text could be an id either.

_SETTLED_AFTER = timedelta(hours=1)
"""A transaction has reached all its items long before; and no item's ttl can have passed yet."""


def is_opportunity_id(text: str) -> bool:
    """Tell whether this can be the id of an opportunity."""
    return _OPPORTUNITY_ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an opportunity.

    Args:
        newest: Its newest revision, deleted and expired ones too; None if there is none.
        head: What stands in the table, for conditions.
        list_version: As of a head.
        aborts: The large replace in preparation that a change of this head must end.
    """

    newest: Opportunity | None
    head: Head | None = None
    list_version: int = 0
    aborts: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the history, and the large replace that prepared it (empty: written in one step)."""

    revision: Opportunity
    attempt: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A session's header and heads, dead ones too, as of one moment."""

    header: Header | None
    known: Mapping[str, Known]

    @property
    def session(self) -> Session | None:
        """The header's record."""
        return self.header.session if self.header else None


class Reader:
    """Strongly consistent reads by key and by session."""

    def __init__(
        self, connection: Connection, tables: Tables, clock: Clock, retention: Retention
    ) -> None:
        self._connection = connection
        self._tables = tables
        self._clock = clock
        self._retention = retention

    def header(self, session_id: str) -> Header | None:
        """Return a session's header."""
        if not _SESSION_ID.fullmatch(session_id):
            return None
        item = self._connection.get(self._tables.sessions, head_key(session_id, HEADER))
        return read_header(item) if item else None

    def known(self, opportunity_id: str) -> Known:
        """Return what is known of an opportunity by its head."""
        if not is_opportunity_id(opportunity_id):
            return Known(None)
        return self._resolved(opportunity_id, self._head(opportunity_id))

    def base(self, opportunity_id: str) -> Known:
        """Return the same; if the head was swept, what the history still tells."""
        known = self.known(opportunity_id)
        return known if known.newest is not None else self.swept(opportunity_id, known)

    def swept(self, opportunity_id: str, known: Known) -> Known:
        """Return what the history tells of one whose head says nothing."""
        known, rows = self._rows(opportunity_id, known)
        if known.newest is None and rows:
            return Known(rows[-1], known.head, 0, known.aborts)
        return known

    def headers(self, session_ids: Sequence[str]) -> dict[str, Header]:
        """Return the headers that are there, by session."""
        keys = [head_key(one, HEADER) for one in session_ids]
        items = self._connection.get_many(self._tables.sessions, keys)
        return {item["sessionId"]["S"]: read_header(item) for item in items}

    def rows(self, keys: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Row]:
        """Return rows of the history by id and version, whether they count or not."""
        wanted = [revision_key(*key) for key in keys]
        items = self._connection.get_many(self._tables.history, wanted)
        found = [Row(read_revision(item), _attempt(item)) for item in items]
        return {(row.revision.id, row.revision.version): row for row in found}

    def known_many(self, opportunity_ids: Sequence[str]) -> dict[str, Known]:
        """Return what is known of those that have a head."""
        keys = [head_key(session_of(one), one) for one in opportunity_ids]
        items = self._connection.get_many(self._tables.sessions, keys)
        return {
            item["opportunityId"]["S"]: self._resolved(item["opportunityId"]["S"], read_head(item))
            for item in items
        }

    def listing(self, session_id: str) -> Listing:
        """Return a session's header and heads as of one moment.

        Raises:
            StoreUnavailableError: The list was changing during every try.
        """
        if not _SESSION_ID.fullmatch(session_id):
            return Listing(None, {})
        for _ in self._connection.pauses():
            header, heads = self._query_session(session_id)
            if not self._is_torn(header, heads):
                return Listing(header, self._known_of_list(header, heads))
        raise StoreUnavailableError(f"The list of session {session_id!r} is being replaced.")

    def live(self, listing: Listing, filters: OpportunityFilters) -> list[Opportunity]:
        """Return what a list holds by now and these filters let through."""
        now = self._clock()  # after reading: what had expired before the list was replaced is gone
        newest = (known.newest for known in listing.known.values())
        return [one for one in newest if one and is_live(one, now) and filters.matches(one)]

    def history(self, opportunity_id: str) -> tuple[Opportunity, ...]:
        """Return every kept revision, oldest first."""
        if not is_opportunity_id(opportunity_id):
            return ()
        known, rows = self._rows(opportunity_id, self.known(opportunity_id))
        if known.newest is None:
            return tuple(rows)
        if is_forgotten(known.newest, self._clock(), self._retention):
            return ()
        return (*(row for row in rows if row.version < known.newest.version), known.newest)

    def revision(self, opportunity_id: str, version: int) -> Opportunity | None:
        """Return a kept revision."""
        known = self.known(opportunity_id)
        if known.newest is None:
            kept = self.history(opportunity_id)
            return next((one for one in kept if one.version == version), None)
        if is_forgotten(known.newest, self._clock(), self._retention):
            return None
        if not 0 < version < known.newest.version:
            return known.newest if version == known.newest.version else None
        row = self._row(opportunity_id, version)
        return row[0] if row and self._is_kept(row[0]) else None

    def counting(self, keys: Sequence[tuple[str, int]]) -> Iterator[Opportunity]:
        """Yield the revisions by id and version that count and are kept: `revision` for many."""
        known = self.known_many(list({one: None for one, _ in keys}))
        rows = self.rows(keys)  # after the heads: up to their versions no row changes any more
        for key in keys:
            found = self._counting(*key, known.get(key[0], Known(None)), rows.get(key))
            if found is not None:
                yield found

    def _counting(
        self, opportunity_id: str, version: int, known: Known, row: Row | None
    ) -> Opportunity | None:
        newest = known.newest
        if newest is None:
            return self.revision(opportunity_id, version)
        if version > newest.version or is_forgotten(newest, self._clock(), self._retention):
            return None
        if version == newest.version:
            return newest
        return row.revision if row and self._is_kept(row.revision) else None

    def is_written(self, revision: Opportunity, attempt: str = "") -> bool:
        """Tell whether a revision counts, as written by this attempt (empty: in one step)."""
        newest = self.known(revision.id).newest
        if newest is None or newest.version < revision.version:
            return False
        # From here on the row cannot change any more.
        return self._row(revision.id, revision.version) == (revision, attempt)

    def _is_kept(self, revision: Opportunity) -> bool:
        return not is_history_expired(revision, self._clock(), self._retention)

    def _row(self, opportunity_id: str, version: int) -> tuple[Opportunity, str] | None:
        """Return a row of the history, whether it counts or not, and who prepared it."""
        item = self._connection.get(self._tables.history, revision_key(opportunity_id, version))
        return (read_revision(item), _attempt(item)) if item else None

    def _rows(self, opportunity_id: str, known: Known) -> tuple[Known, list[Opportunity]]:
        """Return what is known and the kept rows of the history that count, oldest first.

        Rows up to the newest version never change. Without one, a row that a large replace has
        prepared counts unless the head announces it; so the head must be the same before and after.
        """
        while True:
            items = self._connection.query(
                self._tables.history,
                "#id = :id",
                ExpressionAttributeNames={"#id": "opportunityId"},
                ExpressionAttributeValues={":id": {"S": opportunity_id}},
            )
            rows = [(read_revision(item), _attempt(item)) for item in items]
            kept = [row for row in rows if self._is_kept(row[0])]
            if known.newest is not None or not any(attempt for _, attempt in kept):
                return known, [revision for revision, _ in kept]
            again = self.known(opportunity_id)
            if again.head == known.head:
                mark = again.head.staged if again.head else None
                announced = mark.attempt if mark else None
                return known, [o for o, attempt in kept if attempt != announced]
            known = again

    def _head(self, opportunity_id: str) -> Head | None:
        key = head_key(session_of(opportunity_id), opportunity_id)
        item = self._connection.get(self._tables.sessions, key)
        return read_head(item) if item else None

    def _resolved(self, opportunity_id: str, head: Head | None) -> Known:
        """Decide what a head says, asking its header if it bears a mark."""
        while head is not None and head.staged is not None:
            header = self.header(session_of(opportunity_id)) or Header()
            if header.staging == head.staged.attempt:
                return Known(head.opportunity, head, head.list_version, head.staged.attempt)
            if header.promoting == head.staged.attempt:
                return self._promoted(opportunity_id, head)
            again = self._head(opportunity_id)
            if again is not None and again.staged == head.staged:
                # Neither prepared nor committed, and still marked after we knew that: given up.
                return Known(again.opportunity, again, again.list_version)
            head = again
        return Known(head.opportunity, head, head.list_version) if head else Known(None)

    def _promoted(self, opportunity_id: str, head: Head) -> Known:
        """Return what a committed replace has prepared for a head."""
        mark = head.staged
        if mark and mark.version == head.version:  # it stays as it is
            return Known(head.opportunity, head, mark.list_version)
        row = mark and self._row(opportunity_id, mark.version)
        if not mark or not row:
            raise StoreError(f"A revision of {opportunity_id!r} that was committed is missing.")
        return Known(row[0], head, mark.list_version)

    def _query_session(self, session_id: str) -> tuple[Header | None, dict[str, Head]]:
        header: Header | None = None
        heads: dict[str, Head] = {}
        for item in self._connection.query(
            self._tables.sessions,
            "#session = :session",
            ExpressionAttributeNames={"#session": "sessionId"},
            ExpressionAttributeValues={":session": {"S": session_id}},
        ):
            if item["opportunityId"]["S"] == HEADER:  # the first one: "#" sorts before any id
                header = read_header(item)
            else:
                heads[item["opportunityId"]["S"]] = read_head(item)
        return header, heads

    def _is_torn(self, header: Header | None, heads: Mapping[str, Head]) -> bool:
        """Tell whether a transaction on the list was seen half done."""
        list_version = header.version if header else 0
        if any(head.list_version > list_version for head in heads.values()):
            return True
        if header is None or header.session is None or not header.changes:
            return False
        age = self._clock() - datetime.fromisoformat(header.session.updated_at)
        return abs(age) < _SETTLED_AFTER and any(
            one not in heads or heads[one].version < version
            for one, version in header.changes.items()
        )

    def _known_of_list(self, header: Header | None, heads: Mapping[str, Head]) -> dict[str, Known]:
        """Decide what marked heads say, by the header that was read before them."""
        promoting = header.promoting if header else ""
        staging = header.staging if header else ""
        known = {}
        prepared = {}
        for one, head in heads.items():
            attempt = head.staged.attempt if head.staged else ""
            list_version = head.list_version
            if head.staged and attempt == promoting:
                list_version = head.staged.list_version
                if head.staged.version != head.version:  # else it stays as it is
                    prepared[one] = head.staged
            aborts = attempt if attempt == staging else ""
            known[one] = Known(head.opportunity, head, list_version, aborts)
        keys = [revision_key(one, mark.version) for one, mark in prepared.items()]
        for item in self._connection.get_many(self._tables.history, keys):
            revision = read_revision(item)
            mark = prepared.pop(revision.id)
            known[revision.id] = Known(revision, heads[revision.id], mark.list_version)
        if prepared:
            raise StoreError(f"A revision of {min(prepared)!r} that was committed is missing.")
        return known


def _attempt(item: Item) -> str:
    """Return which large replace prepared a row; empty if it was written in one step."""
    return str(item.get("attempt", {}).get("S", ""))
