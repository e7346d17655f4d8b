"""What single faults do: how often a request is tried, what is told, what is never believed."""

import itertools
import logging
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError
from dynamodb_steps import STEPS, everything
from engines import REGION
from faults import (
    FAULTS,
    Answer,
    Fault,
    Injector,
    Request,
    answer,
    conflicting,
    cut_after,
    cut_before,
    damaged,
    failed_after,
    failed_before,
    half_read,
    lost_after,
    lost_before,
    never_connected,
    refusal,
    throttled,
    times,
)
from simulator import Simulator
from stores import ManualClock, a_session, an_opportunity

from opportune.errors import ConfigurationError, StoreError, StoreUnavailableError
from opportune.stores import journaling
from opportune.stores.dynamodb import DynamoDBStore
from opportune.stores.dynamodb.connection import DEADLINE_S, TRIES, Connection

PASSING = [fault for fault in FAULTS if fault not in (cut_before, cut_after)]
SECRET = "Zanzibar Shipping"
"""A customer's name that no log may hold."""


@dataclass
class Bench:
    store: DynamoDBStore
    injector: Injector
    pauses: list[float]
    seconds: list[float]


@pytest.fixture
def bench() -> Iterator[Bench]:
    pauses: list[float] = []
    seconds = [0.0]
    simulator = Simulator()
    simulator.create("Bench")
    connection = Connection(
        region=REGION,
        endpoint="http://127.0.0.1:9",
        sleep=pauses.append,
        jitter=lambda: 1.0,
        monotonic=lambda: seconds[0],
    )
    injector = Injector(carry=simulator)
    injector.attach(connection)
    store = DynamoDBStore("Bench", clock=ManualClock(), connection=connection)
    store.store_opportunities(a_session("s", customer=SECRET), [an_opportunity("s", "a")])
    injector.sent.clear()
    yield Bench(store, injector, pauses, seconds)
    store.close()


def number_notes_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the notes of a journal the same ids in every course, instead of random ones."""
    numbers = itertools.count()
    numbered = SimpleNamespace(uuid4=lambda: uuid.UUID(int=next(numbers)))
    monkeypatch.setattr(journaling, "uuid", numbered)


@pytest.mark.parametrize(
    ("fault", "number"),
    [*((fault, 1) for fault in PASSING), (lost_after, TRIES - 1)],
    ids=lambda one: getattr(one, "__name__", str(one)),
)
def test_a_passing_fault_is_overcome_wherever_it_strikes(
    bench: Bench, fault: Fault, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step that met a fault leaves the very items that it leaves without: so what follows it is
    as if there had been none, and is not repeated for each place."""
    simulator = Simulator()
    simulator.create("Bench")
    bench.injector.carry = simulator
    bench.store.store_opportunities(a_session("s"), [an_opportunity("s", "a")])
    places = 0
    for step in STEPS:
        before = simulator.items()
        bench.injector.sent.clear()
        number_notes_anew(monkeypatch)
        step(bench.store)
        total, after = len(bench.injector.sent), simulator.items()
        assert total > 0
        for place in range(total):
            simulator.put_back(before)
            left = [place, number]

            def plan(request: Request, left: list[int] = left) -> Answer:
                if left[0]:
                    left[0] -= 1
                    return None
                left[1] -= 1
                return fault(request) if left[1] >= 0 else None

            bench.injector.plan = plan
            number_notes_anew(monkeypatch)
            step(bench.store)
            bench.injector.plan = lambda request: None
            assert left[1] < number, "the fault has struck"
            assert simulator.items() == after
        places += total
    assert places > 60


@pytest.mark.parametrize(
    "fault",
    [throttled, conflicting, failed_before, never_connected, lost_before, damaged],
    ids=lambda fault: fault.__name__,
)
def test_a_lasting_fault_ends_as_unavailable_after_bounded_tries(
    bench: Bench, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    bench.injector.plan = fault
    with pytest.raises(StoreUnavailableError) as told:
        bench.store.get_opportunity("s.a")
    assert told.value.retry_after_s >= 1
    assert len(bench.injector.sent) == TRIES
    assert [record.getMessage() for record in caplog.records] == ["DynamoDB ERROR"]
    assert caplog.records[0].levelno == logging.ERROR
    bench.injector.sent.clear()
    with pytest.raises(StoreUnavailableError):
        bench.store.put_opportunity(an_opportunity("s", "b", customer=SECRET))
    assert len(bench.injector.sent) == TRIES
    assert SECRET not in str([vars(record) for record in caplog.records])


def test_pauses_between_tries_grow_with_full_jitter_up_to_a_limit(bench: Bench) -> None:
    bench.injector.plan = throttled
    with pytest.raises(StoreUnavailableError):
        bench.store.get_session("s")
    assert bench.pauses == [0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0]


def test_no_try_begins_after_the_deadline(bench: Bench) -> None:
    def slow(request: Request) -> Answer:
        bench.seconds[0] += DEADLINE_S / 2 + 1
        return lost_before(request)

    bench.injector.plan = slow
    with pytest.raises(StoreUnavailableError):
        bench.store.get_session("s")
    assert len(bench.injector.sent) == 2


def test_keys_that_stay_unprocessed_end_as_unavailable(bench: Bench) -> None:
    def none_read(request: Request) -> Answer:
        if request.operation != "BatchGetItem":
            return None
        return answer(200, {"Responses": {}, "UnprocessedKeys": request.body["RequestItems"]})

    bench.injector.plan = none_read
    with pytest.raises(StoreUnavailableError):
        bench.store.find_opportunities()


def test_keys_left_unprocessed_are_asked_for_again(bench: Bench) -> None:
    bench.store.store_opportunities(
        a_session("s"), [an_opportunity("s", slug) for slug in "abcdefg"]
    )
    bench.injector.plan = half_read
    assert len(bench.store.find_opportunities().items) == 7


def test_a_write_that_was_overtaken_before_its_second_try_knows_itself(bench: Bench) -> None:
    """The reply was lost; then somebody changed it further: still it happened, once."""
    first = bench.store.get_opportunity("s.a")

    def lost_and_overtaken(request: Request) -> Answer:
        if request.operation != "TransactWriteItems":
            return None
        bench.injector.plan = lambda request: None
        request.send()
        bench.store.put_opportunity(mine(first).revised(version=2, title="theirs"))
        return lost_before(request)

    def mine(base: Any) -> Any:
        return base.revised(title="mine", change_id="c-mine")

    bench.injector.plan = lost_and_overtaken
    stored = bench.store.put_opportunity(mine(first))
    assert (stored.title, stored.version) == ("mine", 2)
    titles = [one.title for one in bench.store.get_history("s.a")]
    assert titles == [first.title, "mine", "theirs"]


def test_a_replace_that_was_overtaken_before_its_second_try_knows_itself(bench: Bench) -> None:
    def lost_and_overtaken(request: Request) -> Answer:
        if request.operation != "TransactWriteItems":
            return None
        bench.injector.plan = lambda request: None
        request.send()
        bench.store.put_opportunity(an_opportunity("s", "theirs"))
        return lost_before(request)

    bench.injector.plan = lost_and_overtaken
    mine = [an_opportunity("s", "mine", change_id="c-mine")]
    header = bench.store.store_opportunities(a_session("s", change_id="c-mine"), mine)
    assert header.version == 2
    listed = {one.id: one.version for one in bench.store.get_opportunities("s")}
    assert listed == {"s.mine": 1, "s.theirs": 1}


def test_every_write_may_be_sent_twice(bench: Bench) -> None:
    """Each request of a write is carried out and its answer lost: nothing doubles."""
    current = bench.store.get_opportunity("s.a")
    bench.injector.plan = times(3, lost_after, "TransactWriteItems")
    stored = bench.store.put_opportunity(current.revised(title="once"))
    assert bench.store.get_history("s.a")[-1] == stored
    assert [one.version for one in bench.store.get_history("s.a")] == [1, 2]
    bench.injector.plan = times(3, failed_after, "TransactWriteItems")
    bench.store.store_opportunities(a_session("s"), [])
    assert [one.version for one in bench.store.get_history("s.a")] == [1, 2, 3]
    assert bench.store.get_session("s").version == 2


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (lambda request: refusal("ResourceNotFoundException"), "Bench"),
        (lambda request: refusal("AccessDeniedException"), "iam-service.json"),
        (lambda request: refusal("UnrecognizedClientException"), "credentials"),
        (lambda request: refusal("ExpiredTokenException"), "credentials"),
    ],
)
def test_what_a_setting_can_mend_names_table_region_and_remedy(
    bench: Bench, fault: Fault, words: str
) -> None:
    bench.injector.plan = fault
    with pytest.raises(ConfigurationError) as told:
        bench.store.get_session("s")
    assert words in str(told.value)
    assert "Bench" in str(told.value)
    assert REGION in str(told.value)
    assert len(bench.injector.sent) == 1


def test_missing_credentials_are_a_matter_of_configuration(bench: Bench) -> None:
    def no_credentials(request: Request) -> Answer:
        raise NoCredentialsError

    bench.injector.plan = no_credentials
    with pytest.raises(ConfigurationError, match="credentials"):
        bench.store.get_session("s")


def test_a_refusal_that_no_repeat_can_mend_is_told_at_once(bench: Bench) -> None:
    bench.injector.plan = lambda request: refusal("ValidationException", message=SECRET)
    with pytest.raises(StoreError) as told:
        bench.store.get_session("s")
    assert not isinstance(told.value, StoreUnavailableError)
    assert SECRET not in str(told.value)
    assert len(bench.injector.sent) == 1


def test_a_transaction_cancelled_for_a_fault_of_ours_is_not_tried_again(bench: Bench) -> None:
    bench.injector.plan = lambda request: (
        refusal("TransactionCanceledException", CancellationReasons=[{"Code": "ValidationError"}])
        if request.operation == "TransactWriteItems"
        else None
    )
    with pytest.raises(StoreError):
        bench.store.put_opportunity(an_opportunity("s", "b"))
    assert [one.operation for one in bench.injector.sent].count("TransactWriteItems") == 1


def test_every_read_of_a_table_is_strongly_consistent(bench: Bench) -> None:
    """Engines on one machine always are, so the request itself has to say it."""
    everything(bench.store)
    for request in bench.injector.sent:
        if request.operation in ("GetItem", "Scan") or (
            request.operation == "Query" and "IndexName" not in request.body
        ):
            assert request.body["ConsistentRead"] is True
        elif request.operation == "BatchGetItem":
            wanted = request.body["RequestItems"].values()
            assert all(table["ConsistentRead"] is True for table in wanted)


def test_no_text_of_a_user_becomes_part_of_an_expression(bench: Bench) -> None:
    everything(bench.store)
    plain = re.compile(
        r"(SET|REMOVE|AND|BETWEEN|attribute_not_exists|begins_with|[#:]\w+|[(),. =<>])+"
    )

    def expressions(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            for name, one in value.items():
                if name.endswith("Expression"):
                    yield one
                yield from expressions(one)
        elif isinstance(value, list):
            for one in value:
                yield from expressions(one)

    found = {text for request in bench.injector.sent for text in expressions(request.body)}
    assert len(found) > 5
    assert [text for text in found if not plain.fullmatch(text)] == []


def test_one_transaction_carries_a_token_that_stays_the_same_over_its_tries(bench: Bench) -> None:
    bench.injector.plan = times(2, lost_before, "TransactWriteItems")
    bench.store.put_opportunity(an_opportunity("s", "b"))
    tokens = [
        request.body["ClientRequestToken"]
        for request in bench.injector.sent
        if request.operation == "TransactWriteItems"
    ]
    assert len(tokens) == 3
    assert len(set(tokens)) == 1


def test_the_client_waits_briefly_tries_once_and_has_connections_for_every_thread() -> None:
    config = Connection(region=REGION, endpoint="http://127.0.0.1:9").client.meta.config
    assert (config.connect_timeout, config.read_timeout) == (2, 5)
    assert config.retries == {"mode": "standard", "total_max_attempts": 1}
    assert config.max_pool_connections >= 40
