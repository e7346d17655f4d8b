"""What filters, totals and many changes ask of DynamoDB, and what races make of it."""

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from dynamodb_bench import Bench, fill
from engines import connection_to, engine_names, new_table
from faults import (
    Answer,
    CutError,
    Request,
    answer,
    commits,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stores import ManualClock, a_session, an_opportunity

from opportune.model.filters import Grouping, OpportunityFilters, Order, added_up
from opportune.model.records import Priority, Status
from opportune.stores.dynamodb import DynamoDBStore, transactions


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.connection.close()


def sent(bench: Bench, operation: str) -> list[dict[str, Any]]:
    return [one.body for one in bench.injector.sent if one.operation == operation]


def asked(bench: Bench) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return index, partition and bounds of each Query."""
    return [
        (
            body["IndexName"],
            body["ExpressionAttributeValues"][":partition"]["S"],
            tuple(
                next(iter(body["ExpressionAttributeValues"][name].values()))
                for name in (":low", ":high")
                if name in body["ExpressionAttributeValues"]
            ),
        )
        for body in sent(bench, "Query")
    ]


# ---- what is read


def test_totals_without_a_search_read_no_item(bench: Bench) -> None:
    stored = fill(bench)
    for by in Grouping:
        assert bench.store.totals(by=by) == added_up(stored, by)
    assert set(bench.injector.operations()) == {"Query"}
    assert all("IndexName" in body for body in sent(bench, "Query"))


def test_totals_with_a_search_read_only_what_rows_do_not_rule_out(bench: Bench) -> None:
    stored = fill(bench, count=24)
    filters = OpportunityFilters(search_term="STRASSE", category=("costes",))
    expected = [one for one in stored if filters.matches(one)]
    assert bench.store.totals(filters) == added_up(expected, Grouping.NONE)
    keys = [
        key["opportunityId"]["S"]
        for body in sent(bench, "BatchGetItem")
        for key in body["RequestItems"]["Bench"]["Keys"]
    ]
    assert sorted(keys) == sorted(one.id for one in stored if one.category == "Costes")


@pytest.mark.parametrize("order", list(Order))
def test_find_reads_no_item_that_its_row_rules_out(bench: Bench, order: Order) -> None:
    stored = fill(bench, count=24)
    filters = OpportunityFilters(owner=("EVA",), category=("migracion",))
    found = bench.store.find_opportunities(filters, order=order).items
    assert len(found) == 12
    keys = [
        key["opportunityId"]["S"]
        for body in sent(bench, "BatchGetItem")
        for key in body["RequestItems"]["Bench"]["Keys"]
    ]
    assert sorted(keys) == sorted(one.id for one in stored if one.owner)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (
            OpportunityFilters(updated_from=date(2026, 3, 1), status=(Status.WON,)),
            {("StatusIndex", "Ganada", ("2026-03-01T00:00:00.000Z",))},
        ),
        (
            OpportunityFilters(updated_to=date(2026, 3, 1), status=(Status.WON,)),
            {("StatusIndex", "Ganada", ("2026-03-01T23:59:59.999Z",))},
        ),
        (
            OpportunityFilters(
                updated_from=date(2026, 2, 28), updated_to=date(2026, 3, 1), status=(Status.NEW,)
            ),
            {("StatusIndex", "Nueva", ("2026-02-28T00:00:00.000Z", "2026-03-01T23:59:59.999Z"))},
        ),
        (
            OpportunityFilters(min_arr=Decimal("100.5"), priority=(Priority.HIGH,)),
            {("PriorityIndex", "High", ("100.5",))},
        ),
        (
            OpportunityFilters(max_arr=Decimal("-0.01"), min_arr=Decimal(-5)),
            {("PriorityIndex", one, ("-5", "-0.01")) for one in Priority},
        ),
    ],
)
def test_totals_ask_the_index_that_reads_least_within_the_bounds(
    bench: Bench, filters: OpportunityFilters, expected: set[Any]
) -> None:
    stored = fill(bench)
    assert bench.store.totals(filters) == added_up(
        [one for one in stored if filters.matches(one)], Grouping.NONE
    )
    again = {("StatusIndex", one, ("2026-03-01T12:00:50.000Z",)) for one in Status}
    assert set(asked(bench)) == expected | again


def test_bounds_that_exclude_each_other_ask_nothing_of_an_index(bench: Bench) -> None:
    fill(bench)
    filters = OpportunityFilters(min_arr=Decimal(2), max_arr=Decimal(1))
    assert bench.store.find_opportunities(filters, order=Order.ARR).items == ()
    assert bench.injector.sent == []


def test_a_cursor_and_a_bound_are_one_key_condition(bench: Bench) -> None:
    fill(bench)
    filters = OpportunityFilters(min_arr=Decimal(300), max_arr=Decimal(900))
    page = bench.store.find_opportunities(filters, order=Order.ARR, limit=2)
    assert [one.estimated_arr for one in page.items] == [900, 800]
    bench.injector.sent.clear()
    bench.store.find_opportunities(filters, order=Order.ARR, limit=2, cursor=page.cursor)
    assert {bounds for *_, bounds in asked(bench)} == {("300", "800")}


def test_a_question_about_one_session_is_asked_of_its_list(bench: Bench) -> None:
    stored = fill(bench)
    for filters in (
        OpportunityFilters(session_id="s1"),
        OpportunityFilters(session_id="s1", min_arr=Decimal(300), search_term="strasse"),
    ):
        expected = [one for one in stored if filters.matches(one)]
        assert expected
        assert bench.store.totals(filters) == added_up(expected, Grouping.NONE)
        for order in Order:
            found = bench.store.find_opportunities(filters, order=order).items
            assert sorted(one.id for one in found) == sorted(one.id for one in expected)
    assert {body["ConsistentRead"] for body in sent(bench, "Query")} == {True}
    assert set(bench.injector.operations()) == {"Query"}


# ---- what is true meanwhile


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # it begins anew each time
)
@given(data=st.data())
def test_no_opportunity_is_counted_twice_or_missed_while_others_change_it(
    bench: Bench, data: st.DataObject
) -> None:
    """Between any two requests of a count some opportunities go to another status or priority."""
    bench.anew()
    stored = {one.id: one for one in fill(bench)}
    moves = data.draw(
        st.lists(
            st.tuples(
                st.integers(0, 9),
                st.sampled_from(sorted(stored)),
                st.sampled_from(list(Status)),
                st.sampled_from(list(Priority)),
            ),
            max_size=6,
        ),
    )
    filters = data.draw(
        st.sampled_from(
            [
                OpportunityFilters(),
                OpportunityFilters(priority=tuple(Priority), min_arr=Decimal(0)),
                OpportunityFilters(search_term="rehost"),
            ],
        ),
    )
    number = -1

    def others_move(request: Request) -> Answer:
        nonlocal number
        number += 1
        bench.quietly()
        for place, key, status, priority in moves:
            if place == number:
                bench.clock.advance(milliseconds=1)
                current = bench.store.get_opportunity(key)
                changed = current.revised(status=status, priority=priority)
                stored[key] = bench.store.put_opportunity(changed)
        bench.injector.plan = others_move
        return None

    bench.injector.plan = others_move
    totals = bench.store.totals(filters)
    assert sum(total.count for total in totals) == len(stored)
    assert sum(total.arr for total in totals) == sum(o.estimated_arr for o in stored.values())


def test_an_index_that_lags_counts_each_once(bench: Bench) -> None:
    """StatusIndex answers with the row of before the change beside the one of after it."""
    (one, *_) = fill(bench)
    before = dict(bench.simulator.tables["Bench"].items[one.session_id, one.id])
    bench.store.put_opportunity(one.revised(status=Status.DISCARDED, estimated_arr=Decimal(7)))
    bench.clock.advance(hours=1)  # so long ago that it is not looked at once more
    expected = bench.store.totals()

    def answer_with_both(request: Request) -> Answer:
        if request.operation != "Query":
            return None
        content = json.loads(request.send().content)
        values = request.body["ExpressionAttributeValues"]
        if values[":partition"]["S"] == one.status and ":low" not in values:
            content["Items"].append(before)
        return answer(200, content)

    bench.injector.plan = answer_with_both
    assert bench.store.totals() == expected


def left_prepared(bench: Bench, *, is_committed: bool) -> None:
    """Leave a large list of session s0 behind: prepared, or committed and not promoted."""
    listed = [an_opportunity("s0", f"o{n}", estimated_arr=Decimal(5)) for n in range(9)]
    was_committed = False

    def cut(request: Request) -> Answer:
        nonlocal was_committed
        if was_committed:
            raise CutError
        if commits(request):
            if not is_committed:
                raise CutError
            was_committed = True
        return None

    bench.injector.plan = cut
    with pytest.raises(CutError):
        bench.store.store_opportunities(a_session("s0"), listed)
    bench.quietly()


@pytest.mark.parametrize("is_committed", [False, True])
def test_totals_and_find_see_marked_heads_alike(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, *, is_committed: bool
) -> None:
    monkeypatch.setattr(transactions, "TRANSACTION_ACTIONS", 7)
    fill(bench, sessions=1)
    left_prepared(bench, is_committed=is_committed)
    if not is_committed:
        found = bench.store.find_opportunities().items
        assert bench.store.totals() == added_up(found, Grouping.NONE)
        assert len(found) == 12
        bench.clock.advance(days=31)  # a mark takes the ttl from a head, so nobody sweeps it
        found = bench.store.find_opportunities().items
        assert {one.status for one in found} == {Status.WON}
        assert bench.store.totals() == added_up(found, Grouping.NONE)
    else:
        listed = bench.store.get_opportunities("s0")
        assert bench.store.totals() == added_up(listed, Grouping.NONE)


def test_what_has_expired_is_not_counted_though_nobody_swept_it(bench: Bench) -> None:
    stored = fill(bench)
    bench.clock.advance(days=31)
    assert {total.status for total in bench.store.totals()} == {Status.WON}
    bench.injector.sent.clear()
    assert len(bench.store.find_opportunities().items) == sum(
        one.status == Status.WON for one in stored
    )
    keys = [
        key for body in sent(bench, "BatchGetItem") for key in body["RequestItems"]["Bench"]["Keys"]
    ]
    assert len(keys) == sum(one.status == Status.WON for one in stored)


def test_an_index_made_before_rows_held_what_filters_need_is_answered_from_items(
    bench: Bench,
) -> None:
    stored = fill(bench)
    older = {"title", "priority", "status", "updatedAt", "estimatedARR", "customer", "owner", "ttl"}

    def answer_from_older_index(request: Request) -> Answer:
        if "IndexName" not in request.body:
            return None
        content = json.loads(request.send().content)
        kept = {*older, "sessionId", "opportunityId"}
        content["Items"] = [
            {name: value for name, value in item.items() if name in kept}
            for item in content["Items"]
        ]
        return answer(200, content)

    bench.injector.plan = answer_from_older_index
    filters = OpportunityFilters(category=("costes",))
    expected = [one for one in stored if filters.matches(one)]
    for by in Grouping:
        assert bench.store.totals(filters, by=by) == added_up(expected, by)
    found = bench.store.find_opportunities(filters).items
    assert sorted(o.id for o in found) == sorted(o.id for o in expected)


# ---- on engines


@pytest.mark.parametrize("engine", engine_names())
def test_an_engine_answers_every_key_condition(engine: str, clock: ManualClock) -> None:
    """Emulators read expressions by rules of their own; BETWEEN is one of the stranger ones."""
    table = new_table(engine, f"T{uuid.uuid4().hex}")
    store = DynamoDBStore(table, clock=clock, connection=connection_to(engine))
    stored = []
    store.store_opportunities(a_session("s"), [])
    for number in range(8):
        arr = Decimal(number * 50 - 100) / 100
        one = an_opportunity("s", f"o{number}", estimated_arr=arr, status=list(Status)[number % 5])
        stored.append(store.put_opportunity(one))
        clock.advance(hours=9)
    days = [None, date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 4)]
    amounts = [None, Decimal("-0.5"), Decimal(0), Decimal("1.5")]
    make: list[Callable[[Any, Any], OpportunityFilters]] = [
        lambda low, high: OpportunityFilters(updated_from=low, updated_to=high),
        lambda low, high: OpportunityFilters(min_arr=low, max_arr=high),
    ]
    bounds: list[list[Any]] = [days, amounts]
    for maker, values, order in zip(make, bounds, Order, strict=True):
        for low in values:
            for high in values:
                filters = maker(low, high)
                expected = [one for one in stored if filters.matches(one)]
                found = store.find_opportunities(filters, order=order).items
                assert sorted(o.id for o in found) == sorted(o.id for o in expected), filters
                assert store.totals(filters) == added_up(expected, Grouping.NONE), filters


def test_no_partition_is_read_deeper_than_a_page_takes(bench: Bench) -> None:
    """What one status has many of, and none that fits, is not read to its end for another's."""
    statuses = [Status.IN_PROGRESS, *[Status.NEW] * 9]
    for number in range(20):
        bench.clock.advance(minutes=1)
        listed = [
            an_opportunity(
                f"s{number}",
                f"o{n}",
                status=statuses[n % 10],
                owner="eva" if n % 10 == 0 else "",
            )
            for n in range(40)
        ]
        bench.store.store_opportunities(a_session(f"s{number}"), listed)
    read = 0

    def count_rows(request: Request) -> Answer:
        nonlocal read
        content = json.loads(request.send().content)
        if request.operation == "Query":
            read += len(content["Items"])
        return answer(200, content)

    bench.injector.plan = count_rows
    page = bench.store.find_opportunities(OpportunityFilters(owner=("eva",)), limit=5)
    assert [one.session_id for one in page.items] == ["s19"] * 4 + ["s18"]
    assert read < 300, "of 800"
