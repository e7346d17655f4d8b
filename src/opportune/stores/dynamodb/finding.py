"""Pages across sessions, found by the indexes.

An index says where to look: it lags a little, and holds less than an item. What its rows rule out
is not read; the rest is read again by key, and left out if it stands elsewhere by now. Rows that
share a sort key come from the index in no order, so all of them are read before the first is given:
by id, as the contract has it. Of one session, its own list is asked: that does not lag.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from math import inf

from opportune.model.filters import OpportunityFilters, Order
from opportune.model.records import Opportunity, Page, R, Session
from opportune.stores.contract import Clock
from opportune.stores.cursor import (
    SESSIONS_QUESTION,
    Position,
    cursor_after,
    find_position,
    find_question,
    position_of,
    session_position,
)
from opportune.stores.dynamodb.connection import Connection, Tables
from opportune.stores.dynamodb.index_rows import (
    BY_ARR,
    BY_TIME,
    Bounds,
    Index,
    IndexReader,
    RowJudge,
)
from opportune.stores.dynamodb.items import HEADER, Item, head_key, read_header
from opportune.stores.dynamodb.reading import Reader
from opportune.stores.revisions import is_live

_SMALLEST_QUERY = 25
_LARGEST_QUERY = 5000
"""Rows; about as many as fit into the 1 MB of a page."""


@dataclass(frozen=True, slots=True)
class _Hit:
    """A row of an index: the position it stands for, and its partition."""

    position: Position
    partition: str


class Finder:
    """Answers questions across sessions. May lag as the indexes do."""

    def __init__(
        self, connection: Connection, tables: Tables, reader: Reader, clock: Clock
    ) -> None:
        self._connection = connection
        self._tables = tables
        self._reader = reader
        self._clock = clock
        self._indexes = IndexReader(connection, tables)

    def opportunities(
        self, filters: OpportunityFilters, order: Order, limit: int, cursor: str | None
    ) -> Page[Opportunity]:
        """Answer `find_opportunities`."""
        question = find_question(filters, order)
        after = position_of(question, cursor) if cursor is not None else None
        if filters.session_id:
            return self._of_session(question, filters, order, limit, after)
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

        index = BY_ARR if order is Order.ARR else BY_TIME
        bounds = _until(index.bounds(filters), after)
        judge = RowJudge(filters, now)
        streams = [
            _Stream(self._indexes.pages(index, one, bounds, _sizes(limit)), index, one, judge)
            for one in index.partitions(filters)
        ]
        hits = self._hits(streams, after)
        return _page(question, limit, hits, read, is_selective=bool(filters.search_term))

    def _of_session(
        self,
        question: str,
        filters: OpportunityFilters,
        order: Order,
        limit: int,
        after: Position | None,
    ) -> Page[Opportunity]:
        listing = self._reader.listing(filters.session_id)
        found = self._reader.live(listing, filters)
        rows = sorted(
            ((find_position(one, order), one) for one in found),
            key=lambda row: _list_order(row[0]),
        )
        left = [row for row in rows if after is None or _list_order(row[0]) > _list_order(after)]
        return _cut(question, limit, left)

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

        pages = self._indexes.pages(BY_TIME, HEADER, _until((None, None), after), _sizes(limit))
        stream = _Stream(pages, BY_TIME, HEADER, None)
        hits = self._hits([stream], after)
        return _page(SESSIONS_QUESTION, limit, hits, read, is_selective=False)

    def _hits(self, streams: Sequence["_Stream"], after: Position | None) -> Iterator[_Hit]:
        """Yield hits of some partitions in the order of their positions, after this one."""
        merged = self._merged(streams)
        for number, tied in groupby(merged, key=lambda hit: hit.position[0]):
            for hit in sorted(tied, key=lambda hit: (hit.position[1], hit.partition)):
                if after is None or number < after[0] or hit.position[1] > after[1]:
                    yield hit

    def _merged(self, streams: Sequence["_Stream"]) -> Iterator[_Hit]:
        """Yield hits, highest number first; no partition is read deeper than that takes."""
        while True:
            waiting = [stream for stream in streams if stream.ready]
            best = max((stream.ready[0].position[0] for stream in waiting), default=-inf)
            unsure = [
                stream
                for stream in streams
                if not stream.ready and stream.lowest >= best and stream.lowest > -inf
            ]
            if unsure:
                self._connection.each(_Stream.read, unsure)  # at once
            elif waiting:
                yield next(s for s in waiting if s.ready[0].position[0] == best).ready.popleft()
            else:
                return


class _Stream:
    """A partition's hits, highest number first, read a page at a time."""

    def __init__(
        self,
        pages: Iterator[list[Item]],
        index: Index,
        partition: str,
        judge: RowJudge | None,
    ) -> None:
        self._pages = pages
        self._index = index
        self._partition = partition
        self._judge = judge
        self._key = "sessionId" if partition == HEADER else "opportunityId"
        self.ready: deque[_Hit] = deque()
        self.lowest: float = inf
        """Number down to which it was read: hits to come are not above it; -inf = read to its end.
        """

    def read(self) -> None:
        """Read a page."""
        page = next(self._pages, None)
        if page is None:
            self.lowest = -inf
            return
        for item in page:
            self.lowest = number = self._index.number(item)
            if self._judge is None or self._judge.may_pass(item):
                self.ready.append(_Hit((number, item[self._key]["S"]), self._partition))


def _until(bounds: Bounds, after: Position | None) -> Bounds:
    """Leave out what stands before the last row that was given."""
    low, high = bounds
    if after is None:
        return bounds
    return low, after[0] if high is None else min(high, after[0])


def _sizes(limit: int) -> Callable[[], int]:
    """Return what says how many rows a query takes: each twice as many as the last."""
    size = max(limit + 1, _SMALLEST_QUERY)

    def larger() -> int:
        nonlocal size
        now, size = size, min(2 * size, _LARGEST_QUERY)
        return now

    return larger


def _list_order(position: Position) -> tuple[int, str]:
    """Sort key of positions: numbers descending, then ids ascending."""
    return -position[0], position[1]


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
    return _cut(question, limit, rows)


def _cut(question: str, limit: int, rows: Sequence[tuple[Position, R]]) -> Page[R]:
    """Return the first rows as a page."""
    more = cursor_after(question, rows[limit - 1][0]) if len(rows) > limit else None
    return Page[R](items=tuple(row for _, row in rows[:limit]), cursor=more)
