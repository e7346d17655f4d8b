"""A team's pipeline on DynamoDB: pages, searches, totals and changes, and the units they consume.

Run: .venv/bin/python -m benchmarks.pipeline_dynamodb [--opportunities N] [--engine URL] [--quick]

The pipeline: opportunities as the analyzer makes them, 3.6 KB of JSON each, in sessions of 49, one
customer in ten sessions; over a year, with statuses, owners and close dates as a team has them. It
is built on DynamoDB Local, in memory, and that takes minutes. Units are those
that the engine reports; milliseconds are the engine's on this machine, not those of AWS. Of a
transaction DynamoDB Local reports the last item of each table only, so write units are counted here
by AWS's rules. A request on two tables counts as two.
"""

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.stores import analysed
from opportune.model.filters import Grouping, OpportunityFilters, Order
from opportune.model.records import Opportunity, Session, Status
from opportune.stores.changes import Moment, replacing
from opportune.stores.contract import Retention
from opportune.stores.dynamodb import DynamoDBStore
from opportune.stores.dynamodb import connection as requests
from opportune.stores.dynamodb.connection import Connection, Tables
from opportune.stores.dynamodb.items import Header, Item, head_item, header_item, revision_item
from opportune.stores.dynamodb.tables import create_tables

REGION = "eu-west-1"
TABLE = "Pipeline"
NOW = datetime(2026, 11, 28, tzinfo=UTC)
OF_SESSION = 49
"""Opportunities: with their revisions and the header, they fill one transaction."""
SESSIONS_OF_CUSTOMER = 10
OWNERS = [f"seller{number:02}" for number in range(40)]
KEPT = Retention(days=0)
BUILDERS = 4
HEAP_MB = 3000

MOST_RUNS = 50
LONGEST_S = 5.0
"""Of the runs of one question; one is always made."""


def built(connection: Connection, count: int) -> float:
    """Put the pipeline there; return the seconds it took."""
    models = analysed()
    began = time.perf_counter()
    sessions = range(-(-count // OF_SESSION))

    def build(number: int) -> None:
        size = min(OF_SESSION, count - number * OF_SESSION)
        put_session(connection, models, number, size)

    with ThreadPoolExecutor(BUILDERS) as pool:
        for number, _ in enumerate(pool.map(build, sessions)):
            if sys.stderr.isatty():
                print(f"\r{number * OF_SESSION:,} stored", end="", file=sys.stderr)
    return time.perf_counter() - began


def put_session(
    connection: Connection, models: Sequence[Opportunity], number: int, size: int
) -> None:
    """Write what the store would write, without its transactions: the engine is slow at those."""
    chance = random.Random(number)
    moment = NOW - timedelta(minutes=chance.randrange(60, 60 * 24 * 365))
    listed = [made(models, f"s{number:06}", place, chance) for place in range(size)]
    wanted = Session(id=f"s{number:06}", customer=listed[0].customer, updated_by="bench")
    session, change = replacing(wanted, listed, header=None, newest=(), when=Moment(moment, KEPT))
    heads = [head_item(one, 1) for one in change.revisions]
    rows = [revision_item(one, KEPT) for one in change.revisions]
    tables = Tables(TABLE)
    for table, items in (
        (tables.sessions, [header_item(Header(session)), *heads]),
        (tables.history, rows),
    ):
        for start in range(0, len(items), 25):
            puts = [{"PutRequest": {"Item": item}} for item in items[start : start + 25]]
            connection.send("BatchWriteItem", table, RequestItems={table: puts})


def made(
    models: Sequence[Opportunity], session_id: str, place: int, chance: random.Random
) -> Opportunity:
    """Return an opportunity of the pipeline; all of it follows from the session."""
    model = models[place % len(models)]
    close = date(2026, 6, 1) + timedelta(days=chance.randrange(500))
    (status,) = chance.choices(list(Status), weights=(55, 20, 8, 10, 7))
    customer = int(session_id[1:]) // SESSIONS_OF_CUSTOMER
    return model.revised(
        id=f"{session_id}.play-{place}",
        session_id=session_id,
        customer=f"Customer {customer:05} Ltd",
        status=status,
        owner=chance.choice(OWNERS) if status != Status.NEW else "",
        estimated_arr=model.estimated_arr + Decimal(chance.randrange(5_000_00)) / 100,
        close_date=close if chance.random() < 0.6 else None,
        updated_by="bench",
        change_id="build",
    )


@dataclass(frozen=True)
class Measured:
    """What a question took: milliseconds of each run, and what a run consumed."""

    name: str
    taken_ms: Sequence[float]
    requests: float
    read_units: float
    write_units: float


def measured(store: DynamoDBStore, name: str, work: Callable[[int], object], most: int) -> Measured:
    """Do a piece of work some times; each is given its number."""
    before = consumed(store)
    taken: list[float] = []
    deadline = time.perf_counter() + LONGEST_S
    while len(taken) < most and (not taken or time.perf_counter() < deadline):  # see LONGEST_S
        began = time.perf_counter()
        work(len(taken))
        taken.append((time.perf_counter() - began) * 1000)
    units = [
        (after - so_far) / len(taken) for so_far, after in zip(before, consumed(store), strict=True)
    ]
    return Measured(name, taken, *units)


def consumed(store: DynamoDBStore) -> tuple[float, float, float]:
    """Return requests, read units and write units so far."""
    usage = store.usage
    return (
        sum(row.requests for row in usage),
        sum(row.read_units for row in usage),
        sum(row.write_units for row in usage),
    )


def questions(count: int) -> dict[str, OpportunityFilters]:
    """Return what is asked, by name."""
    customer = f"Customer {count // OF_SESSION // SESSIONS_OF_CUSTOMER // 2:05} Ltd"
    return {
        "everything": OpportunityFilters(),
        "one status": OpportunityFilters(status=(Status.WON,)),
        "one category": OpportunityFilters(category=("Seguridad",)),
        "one service": OpportunityFilters(service=("Amazon RDS",)),
        "one owner": OpportunityFilters(owner=(OWNERS[7],)),
        "one customer": OpportunityFilters(customer=(customer,)),
        "one session": OpportunityFilters(session_id="s000003"),
        "ARR from 750,000": OpportunityFilters(min_arr=Decimal(750_000)),
        "changed in March": OpportunityFilters(
            updated_from=date(2026, 3, 1), updated_to=date(2026, 3, 31)
        ),
        "to be closed in December": OpportunityFilters(
            close_from=date(2026, 12, 1), close_to=date(2026, 12, 31)
        ),
        "owner, status, category and ARR": OpportunityFilters(
            owner=(OWNERS[7], OWNERS[8]),
            status=(Status.IN_PROGRESS, Status.NEW),
            min_arr=Decimal(1000),
            close_from=date(2026, 12, 1),
        ),
    }


def searches(count: int) -> dict[str, OpportunityFilters]:
    """Return what is searched for, by name."""
    customer = f"customer {count // OF_SESSION // SESSIONS_OF_CUSTOMER // 2:05}"
    return {
        "a word of many": OpportunityFilters(search_term="migration service"),
        "a word of many, one owner": OpportunityFilters(
            search_term="migration service", owner=(OWNERS[7],)
        ),
        "one customer's name, in progress": OpportunityFilters(
            search_term=customer, status=(Status.IN_PROGRESS,)
        ),
        "what nobody has, one owner": OpportunityFilters(
            search_term="zanzibar", owner=(OWNERS[7],)
        ),
    }


def reads(store: DynamoDBStore, count: int, most: int) -> Iterator[Measured]:
    """Measure pages and totals."""
    asked = questions(count) | searches(count)

    def page(filters: OpportunityFilters, order: Order) -> Callable[[int], object]:
        return lambda _: store.find_opportunities(filters, order=order)

    for name, filters in asked.items():
        yield measured(store, f"page: {name}", page(filters, Order.NEWEST), most)
    for name in ("everything", "ARR from 750,000", "one owner"):
        yield measured(store, f"page by ARR: {name}", page(asked[name], Order.ARR), most)
    cursor = store.find_opportunities(limit=1000).cursor
    yield measured(
        store, "page after 1,000", lambda _: store.find_opportunities(cursor=cursor), most
    )

    def totals(filters: OpportunityFilters, by: Grouping) -> Callable[[int], object]:
        return lambda _: store.totals(filters, by=by)

    for by in (Grouping.NONE, Grouping.OWNER, Grouping.SERVICE):
        yield measured(store, f"totals by {by}", totals(OpportunityFilters(), by), most)
    for name, filters in asked.items():
        yield measured(store, f"totals: {name}", totals(filters, Grouping.NONE), most)
    unbounded = OpportunityFilters(search_term="zanzibar")
    yield measured(store, "totals: what nobody has", totals(unbounded, Grouping.NONE), 1)


def changes(store: DynamoDBStore, bulk: int, most: int) -> Iterator[Measured]:
    """Measure changes of a status, one by one and many at once."""
    found: list[Opportunity] = []
    cursor = None
    while len(found) < bulk:
        page = store.find_opportunities(limit=min(bulk, 1000), cursor=cursor)
        found += page.items
        cursor = page.cursor
    held = {one.id: one for one in found[:bulk]}

    def one_status(number: int) -> None:
        key = list(held)[number]
        held[key] = store.put_opportunity(moved(store.get_opportunity(key), f"one-{number}"))

    def all_statuses(number: int) -> None:
        answers = store.put_opportunities([moved(o, f"all-{number}") for o in held.values()])
        for answer in answers:
            if not isinstance(answer, Opportunity):
                raise answer
            held[answer.id] = answer

    units = sum(map(write_units, held.values()))
    one = measured(store, "a status: read, check, write", one_status, min(most, bulk))
    yield replace(one, write_units=units / len(held))
    many = measured(store, f"{bulk:,} statuses at once", all_statuses, 5)
    yield replace(many, write_units=units)


def write_units(one: Opportunity) -> int:
    """Return what a change of its status consumes: 2 a KB in a transaction, then the indexes.

    StatusIndex loses a row and gains one; PriorityIndex has one written over; both are below 1 KB.
    """
    written = (head_item(one, 1), revision_item(one, KEPT))
    return sum(2 * -(-item_bytes(item) // 1024) for item in written) + 2 + 1


def item_bytes(item: Item) -> int:
    """Return the size of an item as DynamoDB counts it."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: dict[str, Any]) -> int:
    ((kind, held),) = value.items()
    if kind == "S":
        return len(held.encode())
    if kind == "L":
        return 3 + sum(1 + _value_bytes(one) for one in held)
    return 1 if kind == "BOOL" else len(held) // 2 + 2


def moved(one: Opportunity, change_id: str) -> Opportunity:
    """Return the opportunity with its next status."""
    statuses = list(Status)
    status = statuses[(statuses.index(one.status) + 1) % len(statuses)]
    return one.revised(status=status, change_id=change_id)


def report(rows: Iterable[Measured]) -> None:
    head = ("runs", "p50 ms", "p99 ms", "requests", "read units", "write units")
    print(f"{'':<52}" + "".join(f"{one:>12}" for one in head))
    for row in rows:
        taken = sorted(row.taken_ms)
        p99 = taken[min(len(taken) - 1, int(len(taken) * 0.99))]
        figures = (
            f"{len(taken):12,}{statistics.median(taken):12,.0f}{p99:12,.0f}"
            f"{row.requests:12,.1f}{row.read_units:12,.1f}{row.write_units:12,.1f}"
        )
        print(f"{row.name:<52}{figures}", flush=True)


def started() -> str:
    """Start DynamoDB Local; return its endpoint."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
    from engines import start_dynamodb_local

    return start_dynamodb_local(heap_mb=HEAP_MB)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--opportunities", type=int, default=100_000)
    parser.add_argument("--engine", default="", help="a URL; else DynamoDB Local is started")
    parser.add_argument("--built", action="store_true", help="the engine has it from before")
    parser.add_argument("--quick", action="store_true", help="300, once: does it still run?")
    options = parser.parse_args()
    count, most, bulk = (300, 1, 100) if options.quick else (options.opportunities, MOST_RUNS, 1000)
    # The engine shares its machine with others.
    requests.READ_TIMEOUT_S, requests.DEADLINE_S = 60, 300
    endpoint = options.engine or started()
    connection = Connection(region=REGION, endpoint=endpoint)
    if not options.built:
        create_tables(TABLE, region=REGION, endpoint=endpoint, with_ttl=False)
        print(f"{count:,} opportunities built in {built(connection, count):,.0f} s", flush=True)
    store = DynamoDBStore(TABLE, clock=lambda: NOW, retention=KEPT, connection=connection)
    report(reads(store, count, most))
    report(changes(store, min(bulk, count), most))
    store.close()


if __name__ == "__main__":
    main()
