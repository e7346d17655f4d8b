"""Totals, counted on the rows of an index; items are read only for a search term.

An opportunity that changes its status while its index is read may be met twice, or be missed: its
row goes from one partition to another. So each is counted by its id, the newer row wins, and in the
end what has changed since the reading began is looked at once more.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from opportune.model.filters import (
    Grouping,
    OpportunityFilters,
    Total,
    added_up,
    group_keys,
    totals_of,
)
from opportune.model.records import Opportunity, Status
from opportune.stores.contract import Clock
from opportune.stores.dynamodb.connection import Connection, Tables
from opportune.stores.dynamodb.index_rows import (
    BY_TIME,
    Bounds,
    Index,
    IndexReader,
    RowJudge,
    moment_ms,
    narrower,
    shown,
)
from opportune.stores.dynamodb.items import Item
from opportune.stores.dynamodb.reading import Reader
from opportune.stores.revisions import is_live

_CLOCKS_DIFFER = timedelta(seconds=10)
"""How far the clock of another process may be behind this one, the lag of the index included."""

_READ_AT_ONCE = 1000
"""Items whose texts are searched and let go before the next are read."""


class _Counted(NamedTuple):
    """What one opportunity adds to the totals. A million of them have to fit into memory."""

    updated_at: str
    status: Status
    arr: Decimal
    keys: tuple[str, ...]


@dataclass
class _Tally:
    """What was met so far, by id, and what only the items can tell."""

    counted: dict[str, _Counted] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)

    def take(self, opportunity_id: str, one: _Counted) -> None:
        """Count an opportunity, once."""
        before = self.counted.get(opportunity_id)
        if before is None or before.updated_at < one.updated_at:
            self.counted[opportunity_id] = one

    def join(self, other: "_Tally") -> None:
        """Take what another has met."""
        for opportunity_id, one in other.counted.items():
            self.take(opportunity_id, one)
        self.unread |= other.unread


class Totaller:
    """Answers `totals`. May lag as the indexes do."""

    def __init__(
        self, connection: Connection, tables: Tables, reader: Reader, clock: Clock
    ) -> None:
        self._connection = connection
        self._reader = reader
        self._clock = clock
        self._indexes = IndexReader(connection, tables)

    def totals(self, filters: OpportunityFilters, by: Grouping) -> tuple[Total, ...]:
        """Answer `totals`."""
        if filters.session_id:
            listing = self._reader.listing(filters.session_id)
            return added_up(self._reader.live(listing, filters), by)
        count = _Count(
            self._connection, self._reader, self._indexes, filters, by, began=self._clock()
        )
        return count.made()


@dataclass
class _Count:
    """One count: whom to ask, what is asked, and what was met so far."""

    connection: Connection
    reader: Reader
    indexes: IndexReader
    filters: OpportunityFilters
    by: Grouping
    began: datetime
    tally: _Tally = field(default_factory=_Tally)

    def __post_init__(self) -> None:
        self.judge = RowJudge(self.filters, self.began)

    def made(self) -> tuple[Total, ...]:
        """Return the totals."""
        index = narrower(self.filters)
        bounds = index.bounds(self.filters)
        for tally in self.connection.each(
            lambda partition: self._of_partition(index, partition, bounds),
            index.partitions(self.filters),
        ):
            self.tally.join(tally)
        self._look_again()
        self._read_items()
        sums: dict[tuple[str, Status], tuple[int, Decimal]] = {}
        for one in self.tally.counted.values():
            for key in one.keys:
                count, arr = sums.get((key, one.status), (0, Decimal(0)))
                sums[key, one.status] = count + 1, arr + one.arr
        return totals_of(sums)

    def _of_partition(self, index: Index, partition: str, bounds: Bounds) -> _Tally:
        tally = _Tally()
        for page in self.indexes.pages(index, partition, bounds):
            for item in page:
                row = shown(item)
                if row is None:
                    tally.unread.add(item["opportunityId"]["S"])
                elif self.judge.passes(row):
                    self._take(tally, row)
        return tally

    def _take(self, tally: _Tally, row: Opportunity) -> None:
        if self.filters.search_term:
            tally.unread.add(row.id)
        else:
            tally.take(row.id, self._counted(row))

    def _counted(self, one: Opportunity) -> _Counted:
        keys = tuple(group_keys(one, self.by))
        return _Counted(one.updated_at, one.status, one.estimated_arr, keys)

    def _look_again(self) -> None:
        """Take the newest rows of what has changed since the count began."""
        since = moment_ms(self.began - _CLOCKS_DIFFER)
        for changed in self.connection.each(
            lambda partition: self._changed(partition, since),
            BY_TIME.partitions(OpportunityFilters()),
        ):
            for item in changed:
                self._recount(item)

    def _changed(self, partition: str, since: int) -> list[Item]:
        pages = self.indexes.pages(BY_TIME, partition, (since, None))
        return [item for page in pages for item in page]

    def _recount(self, item: Item) -> None:
        row = shown(item)
        if row is None:
            self.tally.unread.add(item["opportunityId"]["S"])
            return
        before = self.tally.counted.get(row.id)
        if before is not None and before.updated_at < row.updated_at:
            del self.tally.counted[row.id]
        if self.judge.passes(row):
            self._take(self.tally, row)

    def _read_items(self) -> None:
        """Let the items decide where rows cannot."""
        ids = sorted(self.tally.unread)
        for start in range(0, len(ids), _READ_AT_ONCE):
            some = ids[start : start + _READ_AT_ONCE]
            for one in some:
                self.tally.counted.pop(one, None)
            known = self.reader.known_many(some)
            self._count_items(one.newest for one in known.values())

    def _count_items(self, found: Iterable[Opportunity | None]) -> None:
        for one in found:
            if one and is_live(one, self.began) and self.filters.matches(one):
                self.tally.take(one.id, self._counted(one))
