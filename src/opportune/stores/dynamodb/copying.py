"""What store migrations need: everything that is stored, and storing it as another store has it."""

import json
from collections.abc import Iterator

from opportune.errors import StoreUnavailableError
from opportune.models import Opportunity, Page, Record, Session
from opportune.stores.contract import Clock, Retention, is_forgotten, is_history_expired, is_live
from opportune.stores.cursor import SCAN_QUESTION, cursor_after, position_of
from opportune.stores.dynamodb import actions
from opportune.stores.dynamodb.connection import ConditionFailedError, Connection, Tables
from opportune.stores.dynamodb.items import (
    HEADER,
    NEWEST_TEMPLATES,
    Header,
    Item,
    read_header,
    read_revision,
    read_template,
)
from opportune.stores.dynamodb.reading import Reader
from opportune.stores.dynamodb.session_list import SessionLists


class Copier:
    """Scans and replicates. Only an operator's role may scan."""

    def __init__(  # noqa: PLR0913, PLR0917 # the parts of one store, made in one place
        self,
        connection: Connection,
        tables: Tables,
        reader: Reader,
        lists: SessionLists,
        clock: Clock,
        retention: Retention,
    ) -> None:
        self._connection = connection
        self._tables = tables
        self._reader = reader
        self._lists = lists
        self._clock = clock
        self._retention = retention

    def scan(self, limit: int, cursor: str | None) -> Page[Record]:
        """Answer `scan`: the tables one after the other, in DynamoDB's order."""
        place, start = position_of(SCAN_QUESTION, cursor) if cursor is not None else (0, "")
        tables = (
            (self._tables.sessions, self._of_sessions),
            (self._tables.history, self._of_history),
            (self._tables.templates, self._of_templates),
        )
        records: list[Record] = []
        while place < len(tables) and len(records) < limit:
            table, read = tables[place]
            page = self._connection.send(
                "Scan",
                table,
                TableName=table,
                ConsistentRead=True,
                Limit=limit - len(records),
                **({"ExclusiveStartKey": json.loads(start)} if start else {}),
            )
            for item in page["Items"]:
                records += read(item)
            start = json.dumps(page["LastEvaluatedKey"]) if page.get("LastEvaluatedKey") else ""
            place += not start
        more = cursor_after(SCAN_QUESTION, (place, start)) if place < len(tables) else None
        return Page[Record](items=tuple(records), cursor=more)

    def _of_sessions(self, item: Item) -> Iterator[Record]:
        """Yield a header, or a newest revision that has outlived its row in the history."""
        if item["opportunityId"]["S"] == HEADER:
            session = read_header(item).session
            if session is not None:
                yield session
            return
        newest = self._reader.known(item["opportunityId"]["S"]).newest
        now = self._clock()
        if newest and is_live(newest, now) and is_history_expired(newest, now, self._retention):
            yield newest

    def _of_history(self, item: Item) -> Iterator[Record]:
        revision: Opportunity | None = read_revision(item)
        if revision is None or is_history_expired(revision, self._clock(), self._retention):
            return
        if "attempt" in item:  # prepared by a large replace: does it count, and is it this one?
            revision = self._reader.revision(revision.id, revision.version)
        if revision is not None:
            yield revision

    def _of_templates(self, item: Item) -> Iterator[Record]:
        if item["kind"]["S"] != NEWEST_TEMPLATES:
            yield read_template(item)

    def replicate_session(self, session: Session) -> None:
        """Answer `replicate` for a header."""
        for _ in self._connection.pauses():
            header = self._reader.header(session.id)
            if header and header.promoting:
                self._lists.finish(session.id, self._reader.listing(session.id))
                continue
            if header and header.version > session.version:
                return
            put = actions.put_header(self._tables, Header(session), over=header)
            try:
                self._connection.send("PutItem", self._tables.sessions, **put["Put"])
            except ConditionFailedError:
                continue
            return
        raise StoreUnavailableError(f"Others keep changing session {session.id!r}.")

    def replicate_revision(self, revision: Opportunity) -> None:
        """Answer `replicate` for a revision."""
        row = actions.put_revision(self._tables, revision, self._retention)
        for _ in self._connection.pauses():
            known = self._reader.base(revision.id)
            newest = known.newest
            if newest is not None and is_forgotten(newest, self._clock(), self._retention):
                newest = None
            if newest is not None and newest.version > revision.version:
                self._connection.send("PutItem", self._tables.history, **row["Put"])
                return
            head = actions.put_head(self._tables, revision, known.list_version, over=known.head)
            transaction = [head, row]
            if known.aborts:
                stop = actions.stop_staging(self._tables, revision.session_id, known.aborts)
                transaction.append(stop)
            try:
                self._connection.transact(self._tables.sessions, transaction)
            except ConditionFailedError:
                continue
            return
        raise StoreUnavailableError(f"Others keep changing {revision.id!r}.")
