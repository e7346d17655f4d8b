"""Everything that is stored, a page at a time. Only an operator's role may scan."""

import json
from collections.abc import Iterator, Sequence

from opportune.models import Opportunity, Page, Record
from opportune.stores.contract import Clock, Retention
from opportune.stores.cursor import SCAN_QUESTION, cursor_after, position_of
from opportune.stores.dynamodb.connection import Connection, Tables
from opportune.stores.dynamodb.items import (
    HEADER,
    NEWEST_TEMPLATES,
    Item,
    read_head,
    read_header,
    read_revision,
    read_template,
)
from opportune.stores.dynamodb.journal_items import MIGRATION
from opportune.stores.dynamodb.reading import Reader
from opportune.stores.revisions import is_history_expired, is_live


class Scanner:
    """Answers `scan`."""

    def __init__(
        self,
        connection: Connection,
        tables: Tables,
        reader: Reader,
        clock: Clock,
        retention: Retention,
    ) -> None:
        self._connection = connection
        self._tables = tables
        self._reader = reader
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
            records += read(page["Items"])
            start = json.dumps(page["LastEvaluatedKey"]) if page.get("LastEvaluatedKey") else ""
            place += not start
        more = cursor_after(SCAN_QUESTION, (place, start)) if place < len(tables) else None
        return Page[Record](items=tuple(records), cursor=more)

    def _of_sessions(self, items: Sequence[Item]) -> Iterator[Record]:
        """Yield headers, and newest revisions that have outlived their rows in the history."""
        now = self._clock()
        for item in items:
            key = item["opportunityId"]["S"]
            if key == HEADER:
                session = read_header(item).session
                if session is not None:
                    yield session
                continue
            head = read_head(item)  # of a note too: it has no version, so there is no revision
            newest = self._reader.known(key).newest if head.staged else head.opportunity
            if newest and is_live(newest, now) and is_history_expired(newest, now, self._retention):
                yield newest

    def _of_history(self, items: Sequence[Item]) -> Iterator[Record]:
        prepared: list[Opportunity] = []
        for item in items:
            if item["opportunityId"]["S"] == MIGRATION:
                continue
            revision: Opportunity = read_revision(item)
            if is_history_expired(revision, self._clock(), self._retention):
                continue
            if "attempt" in item:  # prepared by a large replace: does it count, and is it this one?
                prepared.append(revision)
            else:
                yield revision
        yield from self._reader.counting([(one.id, one.version) for one in prepared])

    def _of_templates(self, items: Sequence[Item]) -> Iterator[Record]:
        for item in items:
            if item["kind"]["S"] != NEWEST_TEMPLATES:
                yield read_template(item)
