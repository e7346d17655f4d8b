"""Pages across sessions, found by the indexes.

An index says where to look: it lags a little, and holds less than an item. What it names is read
again by key, and left out if it stands elsewhere by now. Rows that share a sort key come from the
index in no order, so all of them are read before the first is given: by id, as the contract has it.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby, islice

from opportune.filters import OpportunityFilters, Order
from opportune.models import Opportunity, Page, Priority, R, Session, Status
from opportune.stores.contract import Clock
from opportune.stores.cursor import (
    SESSIONS_QUESTION,
    Position,
    cursor_after,
    find_position,
    find_question,
    milliseconds,
    position_of,
    session_position,
)
from opportune.stores.dynamodb.connection import Connection, Tables
from opportune.stores.dynamodb.items import HEADER, Item, head_key, read_header
from opportune.stores.dynamodb.reading import Reader
from opportune.stores.revisions import is_live
from opportune.times import time_text

_SMALLEST_QUERY = 25
_LARGEST_QUERY = 1000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Hit:
    """A row of an index: the position it stands for, and its partition."""

    position: Position
    partition: str


@dataclass(frozen=True, slots=True)
class _Index:
    """An index: its keys, and how the sort key becomes a position's number and back."""

    name: str
    partition: str
    sort: str
    number: Callable[[Item], int]
    value: Callable[[int], dict[str, str]]


_BY_TIME = _Index(
    "StatusIndex",
    "status",
    "updatedAt",
    number=lambda item: milliseconds(item["updatedAt"]["S"]),
    value=lambda number: {"S": time_text(_EPOCH + timedelta(milliseconds=number))},
)
_BY_ARR = _Index(
    "PriorityIndex",
    "priority",
    "estimatedARR",
    number=lambda item: int(Decimal(item["estimatedARR"]["N"]) * 100),
    value=lambda number: {"N": str(Decimal(number) / 100)},
)


class Finder:
    """Answers questions across sessions. May lag as the indexes do."""

    def __init__(
        self, connection: Connection, tables: Tables, reader: Reader, clock: Clock
    ) -> None:
        self._connection = connection
        self._tables = tables
        self._reader = reader
        self._clock = clock

    def opportunities(
        self, filters: OpportunityFilters, order: Order, limit: int, cursor: str | None
    ) -> Page[Opportunity]:
        """Answer `find_opportunities`."""
        question = find_question(filters, order)
        after = position_of(question, cursor) if cursor is not None else None
        now = self._clock()

        def read(hits: Sequence[_Hit]) -> Iterator[tuple[Position, Opportunity]]:
            known = self._reader.known_many([hit.position[1] for hit in hits])
            for hit in hits:
                one = known[hit.position[1]].newest if hit.position[1] in known else None
                if one is None or not is_live(one, now) or not filters.matches(one):
                    continue
                partition = one.priority if order is Order.ARR else one.status
                if (find_position(one, order), partition) == (hit.position, hit.partition):
                    yield hit.position, one

        index = _BY_ARR if order is Order.ARR else _BY_TIME
        partitions: Iterable[str] = (
            filters.priority or Priority if order is Order.ARR else filters.status or Status
        )
        hits = self._hits(index, set(partitions), filters, after, limit)
        return _page(question, limit, hits, read, is_selective=bool(filters.search_term))

    def sessions(self, limit: int, cursor: str | None) -> Page[Session]:
        """Answer `list_sessions`."""
        after = position_of(SESSIONS_QUESTION, cursor) if cursor is not None else None

        def read(hits: Sequence[_Hit]) -> Iterator[tuple[Position, Session]]:
            keys = [head_key(hit.position[1], HEADER) for hit in hits]
            items = self._connection.get_many(self._tables.sessions, keys)
            headers = [read_header(item).session for item in items]
            found = {header.id: header for header in headers if header and not header.deleted}
            for hit in hits:
                header = found.get(hit.position[1])
                if header is not None and session_position(header) == hit.position:
                    yield hit.position, header

        hits = self._hits(_BY_TIME, {HEADER}, OpportunityFilters(), after, limit)
        return _page(SESSIONS_QUESTION, limit, hits, read, is_selective=False)

    def _hits(
        self,
        index: _Index,
        partitions: Iterable[str],
        filters: OpportunityFilters,
        after: Position | None,
        limit: int,
    ) -> Iterator[_Hit]:
        """Yield hits of some partitions in the order of their positions, after this one."""
        streams = [
            self._partition(index, str(one), filters, after, limit) for one in sorted(partitions)
        ]
        merged = heapq.merge(*streams, key=lambda hit: -hit.position[0])
        for number, tied in groupby(merged, key=lambda hit: hit.position[0]):
            for hit in sorted(tied, key=lambda hit: (hit.position[1], hit.partition)):
                if after is None or number < after[0] or hit.position[1] > after[1]:
                    yield hit

    def _partition(
        self,
        index: _Index,
        partition: str,
        filters: OpportunityFilters,
        after: Position | None,
        limit: int,
    ) -> Iterator[_Hit]:
        """Yield a partition's hits, highest number first; each query is larger than the last."""
        names = {"#partition": index.partition}
        values = {":partition": {"S": partition}}
        condition = "#partition = :partition"
        if after is not None:
            condition += " AND #sort <= :after"
            names["#sort"] = index.sort
            values[":after"] = index.value(after[0])
        size = max(limit + 1, _SMALLEST_QUERY)
        start: dict[str, Item] = {}
        while True:
            page = self._connection.send(
                "Query",
                self._tables.sessions,
                TableName=self._tables.sessions,
                IndexName=index.name,
                KeyConditionExpression=condition,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=values,
                ScanIndexForward=False,
                Limit=min(size, _LARGEST_QUERY),
                **start,
            )
            for item in page["Items"]:
                if _may_match(item, filters):
                    key = item["sessionId" if partition == HEADER else "opportunityId"]["S"]
                    yield _Hit((index.number(item), key), partition)
            if not page.get("LastEvaluatedKey"):
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
            size *= 2


def _may_match(item: Item, filters: OpportunityFilters) -> bool:
    """Tell, by what the index holds, whether it is worth reading an item."""
    if "estimatedARR" not in item:
        return True  # a header
    arr = Decimal(item["estimatedARR"]["N"])
    return (
        (not filters.priority or item["priority"]["S"] in filters.priority)
        and (not filters.status or item["status"]["S"] in filters.status)
        and (filters.min_arr is None or arr >= filters.min_arr)
        and (filters.max_arr is None or arr <= filters.max_arr)
    )


def _page(
    question: str,
    limit: int,
    hits: Iterator[_Hit],
    read: Callable[[Sequence[_Hit]], Iterable[tuple[Position, R]]],
    *,
    is_selective: bool,
) -> Page[R]:
    """Read hits until a page and one row more is full: that row tells whether to go on."""
    rows: list[tuple[Position, R]] = []
    while len(rows) <= limit:
        missing = limit + 1 - len(rows)
        some = list(islice(hits, max(missing, 100) if is_selective else missing))
        if not some:
            break
        rows += read(some)
    more = cursor_after(question, rows[limit - 1][0]) if len(rows) > limit else None
    return Page[R](items=tuple(row for _, row in rows[:limit]), cursor=more)
