"""Operations on a store are measured, whatever they are called, in whatever threads they work."""

import uuid
from typing import Any, cast

import pytest
from dynamodb_bench import Bench
from engines import connection_to, new_table, on_engines
from faults import failed_before, throttled, times
from stores import ManualClock, a_session, an_opportunity

from opportune.costs.workload import Spent
from opportune.errors import (
    OpportunityNotFoundError,
    StoreUnavailableError,
    VersionConflictError,
)
from opportune.model.records import Status
from opportune.observe.store import observed
from opportune.observe.tally import MOST_SESSIONS, Metered, Tally
from opportune.stores.contract import Store
from opportune.stores.dynamodb import DynamoDBStore
from opportune.stores.memory.store import MemoryStore
from opportune.stores.observing import Observation, current


class Told(list[Observation]):
    """A store, and what is told of its operations."""

    def of(self, store: Store) -> Store:
        seconds = iter(range(10_000))
        return observed(
            store, self.append, kind=lambda: "memory", monotonic=lambda: float(next(seconds))
        )


def test_each_operation_is_told_with_its_session_store_and_time() -> None:
    told = Told()
    store = told.of(MemoryStore())
    store.store_opportunities(a_session("s1"), [an_opportunity("s1")])
    store.get_opportunities("s1")
    one = store.get_opportunity(opportunity_id="s1.rehost")
    store.put_opportunity(one.revised(status=Status.WON))
    store.find_opportunities()
    store.list_templates()
    store.get_template_history("s1")
    assert [(one.operation, one.session_id) for one in told] == [
        ("store_opportunities", "s1"),
        ("get_opportunities", "s1"),
        ("get_opportunity", "s1"),
        ("put_opportunity", "s1"),
        ("find_opportunities", ""),
        ("list_templates", ""),
        ("get_template_history", ""),
    ]
    assert {(one.store, one.latency_ms, one.failure) for one in told} == {("memory", 1000.0, "")}


def test_an_operation_that_comes_later_is_measured_without_being_known() -> None:
    class Later:
        total = 7

        def audit(self, session_id: str, *, limit: int = 5) -> tuple[str, int]:
            observation = current()
            assert observation is not None
            observation.consumed(requests=1, reads=0.5, writes=2)
            return session_id, limit

        def put_opportunities(self, opportunities: list[Any]) -> int:
            return len(opportunities)

    told = Told()
    store = cast("Any", told.of(cast("Store", Later())))
    assert store.audit("s9", limit=3) == ("s9", 3)
    assert store.put_opportunities([an_opportunity("s1", "a"), an_opportunity("s1", "b")]) == 2
    assert store.put_opportunities([an_opportunity("s1"), an_opportunity("s2")]) == 2
    assert store.total == 7
    assert [(one.operation, one.session_id) for one in told] == [
        ("audit", "s9"),
        ("put_opportunities", "s1"),
        ("put_opportunities", ""),
    ]
    assert (told[0].requests, told[0].read_units, told[0].write_units) == (1, 0.5, 2)
    assert current() is None
    with pytest.raises(AttributeError):
        store.misspelt("s1")
    with pytest.raises(TypeError):
        store.audit()


def test_what_is_refused_is_told_by_its_kind() -> None:
    told = Told()
    store = told.of(MemoryStore())
    with pytest.raises(OpportunityNotFoundError):
        store.get_opportunity("s1.rehost")
    store.store_opportunities(a_session("s1"), [an_opportunity("s1")])
    one = store.get_opportunity("s1.rehost")
    store.put_opportunity(one.revised(title="first"))
    with pytest.raises(VersionConflictError):
        store.put_opportunity(one.revised(title="second"))
    assert [(one.failure, one.conflicts, one.unavailable) for one in told] == [
        ("OpportunityNotFoundError", 0, 0),
        ("", 0, 0),
        ("", 0, 0),
        ("", 0, 0),
        ("VersionConflictError", 1, 0),
    ]


@pytest.mark.parametrize("refused", ["GetItem", "Query", "TransactWriteItems", "BatchGetItem"])
def test_throttled_requests_are_counted_for_the_operation_that_met_them(refused: str) -> None:
    bench, told = Bench(), Told()
    store = told.of(cast("Store", bench.store))
    bench.injector.plan = times(3, throttled, refused)
    store.store_opportunities(a_session("s1"), [an_opportunity("s1")])
    store.get_opportunity("s1.rehost")
    store.find_opportunities()
    assert sum(one.throttles for one in told) == 3
    assert [one.throttles for one in told if one.operation == "get_opportunity"] == [
        3 if refused == "GetItem" else 0
    ]


def test_an_engine_that_never_answers_is_told_as_unavailable() -> None:
    bench, told = Bench(), Told()
    bench.injector.plan = times(99, failed_before)
    with pytest.raises(StoreUnavailableError):
        told.of(cast("Store", bench.store)).get_opportunity("s1.rehost")
    assert (told[0].unavailable, told[0].throttles) == (1, 0)


@pytest.fixture(params=on_engines())
def store(request: pytest.FixtureRequest, clock: ManualClock) -> DynamoDBStore:
    table = new_table(request.param, f"T{uuid.uuid4().hex}")
    return DynamoDBStore(table, clock=clock, connection=connection_to(request.param))


def test_what_operations_account_for_adds_up_to_all_that_was_consumed(
    store: DynamoDBStore, clock: ManualClock
) -> None:
    """Also what the threads consume that read many batches at once."""
    before = Spent(store.usage)
    tally, told = Tally(), Told()

    def report(observation: Observation) -> None:
        told.append(observation)
        tally.add(observation)

    measured = observed(cast("Store", store), report, kind=lambda: "dynamodb")
    for session in ("s1", "s2"):
        many = [an_opportunity(session, f"b{n}") for n in range(160)]
        measured.store_opportunities(a_session(session), many)
        clock.advance(seconds=1)
    assert len(measured.find_opportunities(limit=300).items) == 300
    measured.get_opportunities("s2")
    rows = tally.rows()
    for count in ("requests", "read_units", "write_units"):
        consumed = sum(getattr(one, count) for one in Spent(store.usage).since(before).usage)
        assert sum(getattr(row, count) for row in rows) == consumed > 0, count
    found = next(one for one in told if one.operation == "find_opportunities")
    assert found.requests > 3  # the queries, and batches of 100 keys in threads of their own
    assert {row.session_id for row in rows} == {"", "s1", "s2"}
    assert current() is None


def test_what_no_operation_accounts_for_is_a_row_of_its_own(store: DynamoDBStore) -> None:
    tally = Tally()
    measured = observed(cast("Store", store), tally.add, kind=lambda: "dynamodb")
    spent = sum(one.requests for one in store.usage)
    measured.get_opportunities("s1")
    store.get_opportunities("s1")  # beside what is measured
    other = tally.rows(store.usage)[-1]
    assert (other.operation, other.requests) == ("other", spent + 1)


def test_a_tally_tells_so_many_sessions_apart_and_no_more() -> None:
    tally = Tally()
    for number in range(MOST_SESSIONS + 5):
        tally.add(Observation("put_opportunity", f"s{number}", requests=1))
    rows = tally.rows()
    assert len(rows) == MOST_SESSIONS + 1
    assert sum(row.requests for row in rows) == MOST_SESSIONS + 5
    assert rows[0] == Metered(operation="put_opportunity", calls=5, requests=5)
