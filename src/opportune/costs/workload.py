"""A month of work, and what its operations ask of DynamoDB: rehearsed, not written down.

The service and the store run as in production, on tables in memory that count
(`costs/rehearsal.py`). So the number and kind of requests are the store's own.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

from opportune.costs.rehearsal import Rehearsal
from opportune.costs.sample import TABLE, Sample
from opportune.costs.units import OVERHEAD_BYTES, item_bytes, write_units
from opportune.model.records import Status
from opportune.pipeline.service import Service
from opportune.stores.contract import RETENTION, Clock, Retention, Usage
from opportune.stores.dynamodb import DynamoDBStore
from opportune.stores.dynamodb.connection import Tables
from opportune.stores.dynamodb.items import HEADER, Item
from opportune.stores.files.kept import MemoryFiles

TABLES = Tables(TABLE)
PAGE_ROWS = 50
"""Of a page across sessions."""

_STATUSES = (Status.IN_PROGRESS, Status.LOST)
"""Where changes lead, in turn: neither keeps an opportunity for ever, as Ganada does."""
_ROWS_LOOKED_AT = 400
"""More than the first page across sessions looks at: a larger population costs the same."""


@dataclass(frozen=True)
class Workload:
    """What happens in a month. The defaults are the migration guide's assumptions."""

    analyses: int = 100
    updates: int = 0
    """Status changes of each opportunity."""
    list_reads: int = 1000
    """Of a session's list."""
    reads: int = 0
    """Of one opportunity by id."""
    finds: int = 0
    """Pages of 50 across sessions, newest first."""


@dataclass(frozen=True)
class Spent:
    """Units by kind of request and place (`Table` or `Table/Index`)."""

    usage: tuple[Usage, ...]

    @property
    def reads(self) -> float:
        """All read units."""
        return sum(row.read_units for row in self.usage)

    @property
    def writes(self) -> float:
        """All write units."""
        return sum(row.write_units for row in self.usage)

    def writes_of(self, is_meant: Callable[[str], bool]) -> float:
        """Return the write units of some places."""
        return sum(row.write_units for row in self.usage if is_meant(row.place))

    def since(self, before: "Spent") -> "Spent":
        """Return what was spent after that."""
        held = {(row.operation, row.place): row for row in before.usage}
        none = Usage("", "")
        spent = []
        for row in self.usage:
            old = held.get((row.operation, row.place), none)
            if row != old:
                requests = row.requests - old.requests
                reads = row.read_units - old.read_units
                writes = row.write_units - old.write_units
                spent.append(Usage(row.operation, row.place, requests, reads, writes))
        return Spent(tuple(spent))


@dataclass(frozen=True)
class Stored:
    """Bytes that one session keeps, with what is billed beside each item and row of an index."""

    heads: int
    head_rows: int
    """In the indexes."""
    history: int
    header: int
    header_rows: int


@dataclass(frozen=True)
class Rehearsed:
    """What the operations of a workload cost.

    Args:
        analysis: Keeping one.
        updates: All status changes of one session.
        list_read, read, find: One each.
        head_units: Of the opportunities of one analysis, if each was written once and alone.
        stored: What stays of one session.
    """

    analysis: Spent
    updates: Spent
    list_read: Spent
    read: Spent
    find: Spent
    head_units: int
    stored: Stored


def rehearse(
    workload: Workload, sample: Sample, *, sessions: int, retention: Retention = RETENTION
) -> Rehearsed:
    """Find out what each operation of a workload costs once.

    Args:
        workload: Says how often an opportunity is changed, and whether there are finds.
        sample: What each analysis keeps.
        sessions: How many are stored, for pages across them.
        retention: How long things are kept.
    """
    rehearsal = Rehearsal(TABLE)
    clock = _ticking()
    store = DynamoDBStore(TABLE, clock=clock, connection=rehearsal, retention=retention)
    service = Service(store, MemoryFiles(), clock=clock)

    def spent(action: Callable[[], object]) -> Spent:
        before = Spent(store.usage)
        action()
        return Spent(store.usage).since(before)

    first = sample.numbered(0)
    ids = [one.id for one in first.opportunities]
    analysis = spent(lambda: analyse(service, first))
    head_units = sum(write_units(item_bytes(item)) for item in _main(rehearsal, is_header=False))
    updates = spent(lambda: update(service, ids, workload.updates))
    stored = _stored(rehearsal)
    list_read = spent(lambda: service.analyses.opportunities(first.header.id))
    read = spent(lambda: [service.store.get_opportunity(one) for one in ids[:1]])
    if workload.finds:
        needed = -(-_ROWS_LOOKED_AT // max(1, len(ids))) + 1
        for number in range(1, min(sessions, needed)):
            other = sample.numbered(number)
            analyse(service, other)
            update(service, [one.id for one in other.opportunities], workload.updates)
    find = spent(lambda: service.store.find_opportunities(limit=PAGE_ROWS))
    return Rehearsed(analysis, updates, list_read, read, find, head_units, stored)


def analyse(service: Service, sample: Sample) -> None:
    """Read the templates and keep an analysis, as analysing files does."""
    service.store.list_templates()
    service.analyses.store_analysis(sample.header, sample.opportunities)


def update(service: Service, opportunity_ids: Sequence[str], times: int) -> None:
    """Change the status of each opportunity so many times."""
    for number in range(times):
        for one in opportunity_ids:
            status = _STATUSES[number % len(_STATUSES)]
            service.editing.move(one, status, updated_by="seller")


def _ticking() -> Clock:
    """Return a clock that goes on by a second whenever it is asked."""
    seconds = count(1)
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    return lambda: begin + timedelta(seconds=next(seconds))


def _main(rehearsal: Rehearsal, *, is_header: bool, index: str = "") -> list[Item]:
    rows = rehearsal.tables[TABLES.sessions].rows(index)
    return [row for row in rows if (row["opportunityId"]["S"] == HEADER) == is_header]


def _stored(rehearsal: Rehearsal) -> Stored:
    def rows_of_indexes(*, is_header: bool) -> int:
        indexes = rehearsal.tables[TABLES.sessions].indexes
        return sum(_billed(_main(rehearsal, is_header=is_header, index=one)) for one in indexes)

    return Stored(
        heads=_billed(_main(rehearsal, is_header=False)),
        head_rows=rows_of_indexes(is_header=False),
        history=_billed(rehearsal.tables[TABLES.history].rows()),
        header=_billed(_main(rehearsal, is_header=True)),
        header_rows=rows_of_indexes(is_header=True),
    )


def _billed(items: Iterable[Item]) -> int:
    return sum(item_bytes(item) + OVERHEAD_BYTES for item in items)
