"""Everything that is stored, a page at a time. Only an operator's role may scan."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from opportune.model.records import Opportunity, Page, Record
from opportune.stores.contract import Clock, Retention
from opportune.stores.cursor import SCAN_QUESTION, cursor_after, position_of
from opportune.stores.dynamodb.connection import Connection, Tables
from opportune.stores.dynamodb.items import (
    HEADER,
    NEWEST_TEMPLATES,
    read_head,
    read_header,
    read_revision,
    read_template,
)
from opportune.stores.dynamodb.journal_items import MIGRATION
from opportune.stores.dynamodb.reading import Reader
from opportune.stores.revisions import is_history_expired, is_live

T = TypeVar("T")
Read = Callable[[dict[str, Any]], Iterable[T]]
"""Makes rows of what a Scan answered."""


def scanned(
    connection: Connection,
    question: str,
    places: Sequence[tuple[str, Read[T]]],
    limit: int,
    cursor: str | None,
) -> tuple[tuple[T, ...], str | None]:
    """Scan tables one after the other, in DynamoDB's order.

    Args:
        connection: Sends the requests.
        question: What the cursor belongs to.
        places: Tables, each with what its items become.
        limit: How many items to read at most.
        cursor: Where to go on; None = at the beginning.

    Returns:
        The rows, and where to go on; None = all is read.
    """
    place, start = position_of(question, cursor) if cursor is not None else (0, "")
    rows: list[T] = []
    while place < len(places) and len(rows) < limit:
        table, read = places[place]
        page = connection.send(
            "Scan",
            table,
            TableName=table,
            ConsistentRead=True,
            Limit=limit - len(rows),
            **({"ExclusiveStartKey": json.loads(start)} if start else {}),
        )
        rows += read(page)
        start = json.dumps(page["LastEvaluatedKey"]) if page.get("LastEvaluatedKey") else ""
        place += not start
    return tuple(rows), cursor_after(question, (place, start)) if place < len(places) else None


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
        """Answer `scan`."""
        places: tuple[tuple[str, Read[Record]], ...] = (
            (self._tables.sessions, self._of_sessions),
            (self._tables.history, self._of_history),
            (self._tables.templates, self._of_templates),
        )
        items, more = scanned(self._connection, SCAN_QUESTION, places, limit, cursor)
        return Page[Record](items=items, cursor=more)

    def _of_sessions(self, page: dict[str, Any]) -> Iterator[Record]:
        """Yield headers, and newest revisions that have outlived their rows in the history."""
        now = self._clock()
        for item in page["Items"]:
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

    def _of_history(self, page: dict[str, Any]) -> Iterator[Record]:
        prepared: list[Opportunity] = []
        for item in page["Items"]:
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

    def _of_templates(self, page: dict[str, Any]) -> Iterator[Record]:
        for item in page["Items"]:
            if item["kind"]["S"] != NEWEST_TEMPLATES:
                yield read_template(item)
