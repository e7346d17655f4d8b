"""What is rehearsed is what an engine meters, to the unit, wherever the engine tells the truth.

ministack is right about writes, those of transactions and indexes too. DynamoDB Local is right
about reads and single writes, but counts nothing for a page without rows. Any other endpoint is
taken at its word in everything.
"""

import uuid
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from engines import connection_to, engine_names, new_table
from stores import ManualClock, a_session, a_template, an_opportunity

from opportune.costs.estimate import Assumptions, estimate
from opportune.costs.prices import prices_of
from opportune.costs.rehearsal import Rehearsal
from opportune.costs.sample import made_up
from opportune.costs.workload import PAGE_ROWS, Spent, Workload, analyse, update
from opportune.model.filters import Order
from opportune.model.records import Priority, Status
from opportune.pipeline.service import Service
from opportune.stores.contract import Usage
from opportune.stores.dynamodb import DynamoDBStore
from opportune.stores.dynamodb.connection import Connection
from opportune.stores.files.kept import MemoryFiles

Play = Callable[[DynamoDBStore, ManualClock], None]

METERING = [name for name in engine_names() if name != "simulator"]  # it reports no units
WRITES_ALONE = frozenset({"PutItem", "UpdateItem", "DeleteItem"})
READS = frozenset({"BatchGetItem", "GetItem", "Query"})
TRUTHFUL = {
    "ministack": WRITES_ALONE | {"TransactWriteItems", "BatchWriteItem"},
    "dynamodb-local": WRITES_ALONE | READS,
}


class Counted(Rehearsal):
    """A rehearsal that also counts what an engine leaves out for pages without rows."""

    def __init__(self, table: str, engine: str) -> None:
        super().__init__(table)
        self.left_out: dict[str, float] = defaultdict(float)
        self._leaves_out = engine == "dynamodb-local"

    def send(self, operation: str, table: str, **request: Any) -> dict[str, Any]:
        answer = super().send(operation, table, **request)
        if self._leaves_out and answer.get("Items") == []:
            index = request.get("IndexName")
            place = f"{table}/{index}" if index else table
            self.left_out[place] += 1 if request.get("ConsistentRead") else 0.5
        return answer


@pytest.fixture(params=METERING)
def engine(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def metered(connection: Connection, table: str, play: Play, clock: ManualClock) -> Spent:
    store = DynamoDBStore(table, clock=clock, connection=connection)
    before = Spent(store.usage)
    play(store, clock)
    return Spent(store.usage).since(before)


def agreed(engine: str, play: Play) -> dict[tuple[str, str], Usage]:
    """Play on the engine and in rehearsal; compare; return what was rehearsed."""
    table = new_table(engine, f"T{uuid.uuid4().hex}")
    of_engine = metered(connection_to(engine), table, play, ManualClock())
    rehearsal = Counted(table, engine)
    rehearsed = metered(rehearsal, table, play, ManualClock())
    expected = {(row.operation, row.place): row for row in rehearsed.usage}
    found = {(row.operation, row.place): row for row in of_engine.usage}
    assert {key: row.requests for key, row in found.items() if row.requests} == {
        key: row.requests for key, row in expected.items() if row.requests
    }
    for key, row in expected.items():
        if key[0] in TRUTHFUL.get(engine, {key[0]}):
            reads = row.read_units - (rehearsal.left_out[key[1]] if key[0] == "Query" else 0)
            units = (found[key].read_units, found[key].write_units)
            assert units == (reads, row.write_units), key
    return expected


def page_through(store: DynamoDBStore) -> None:
    for order in Order:
        page = store.find_opportunities(order=order, limit=3)
        while page.cursor:
            page = store.find_opportunities(order=order, limit=3, cursor=page.cursor)


def small_lists(store: DynamoDBStore, clock: ManualClock) -> None:
    """Sizes across several units, changed keys, deletes, restores, edits, reads of all kinds."""
    five = [an_opportunity("small", f"o{n}", reasoning="r" * 700 * n) for n in range(5)]
    assert store.get_opportunities("small") == ()
    store.store_opportunities(a_session("small"), five)
    for one in five:
        clock.advance(seconds=1)
        for status in (Status.IN_PROGRESS, Status.WON):
            present = store.get_opportunity(one.id)
            store.put_opportunity(present.revised(status=status, change_note="ñ" * 300))
            clock.advance(seconds=1)
        assert len(store.get_history(one.id)) == 3
        store.get_opportunity(one.id, version=1)
        page_through(store)
    edited = store.get_opportunity("small.o1").revised(
        title="T" * 1500, priority=Priority.HIGH, estimated_arr="99999.95"
    )
    deleted = store.put_opportunity(edited).revised(deleted=True)
    clock.advance(seconds=1)
    restored = store.put_opportunity(deleted).revised(deleted=False)
    store.put_opportunity(restored)
    clock.advance(seconds=1)
    assert len(store.get_opportunities("small")) == 5
    store.list_sessions()
    store.put_template(a_template("landing"))
    store.list_templates()
    store.get_template_history("landing")


def large_lists(store: DynamoDBStore, clock: ManualClock) -> None:
    """Beyond one transaction: made, changed, shortened and deleted, in stages each time."""
    many = [an_opportunity("large", f"b{n:03}", reasoning="r" * 20 * n) for n in range(120)]
    store.store_opportunities(a_session("large"), many)
    clock.advance(seconds=1)
    page_through(store)
    header = store.get_session("large")
    listed = store.get_opportunities("large")[:100]
    store.store_opportunities(header, [one.revised(owner="o" * 40) for one in listed])
    clock.advance(seconds=1)
    page_through(store)
    store.delete_session("large", updated_by="ana", change_id="c")


def heavy_lists(store: DynamoDBStore, clock: ManualClock) -> None:
    """Too many bytes for a transaction, and for a page of a Query."""
    texts = ["y" * 99_000] * 2
    heavy = [an_opportunity("heavy", f"h{n:02}", next_steps=texts) for n in range(14)]
    store.store_opportunities(a_session("heavy"), heavy)
    assert len(store.get_opportunities("heavy")) == 14


@pytest.mark.parametrize("play", [small_lists, large_lists, heavy_lists])
def test_a_rehearsal_asks_and_consumes_what_the_engine_meters(engine: str, play: Play) -> None:
    assert len(agreed(engine, play)) > 5


WORK = Workload(analyses=3, updates=2, list_reads=6, reads=4, finds=2)


@pytest.mark.parametrize(("opportunities", "item_kb"), [(4, 5), (60, 1.4)])
def test_an_estimate_is_what_the_same_month_meters(
    engine: str, opportunities: int, item_kb: float
) -> None:
    sample = made_up(opportunities, item_kb)

    def month(store: DynamoDBStore, clock: ManualClock) -> None:
        service = Service(store, MemoryFiles(), clock=clock)
        for number in range(WORK.analyses):
            one = sample.numbered(number)
            analyse(service, one)
            clock.advance(seconds=1)
            update(service, [each.id for each in one.opportunities], WORK.updates)
            clock.advance(seconds=1)
        for number in range(WORK.list_reads):
            service.analyses.opportunities(sample.numbered(number % 3).header.id)
        for number in range(WORK.reads):
            service.store.get_opportunity(sample.numbered(number % 3).opportunities[0].id)
        for _ in range(WORK.finds):
            service.store.find_opportunities(limit=PAGE_ROWS)

    rehearsed = agreed(engine, month).values()
    assumed = Assumptions(workload=WORK, sample=sample)
    writes, reads, *_ = estimate(assumed, prices_of("us-east-1")).lines
    assert writes.quantity == sum(row.write_units for row in rehearsed)
    assert reads.quantity == sum(row.read_units for row in rehearsed)
