"""What stands in the tables, what indexes answer, what it costs; making and examining tables."""

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from engines import REGION, connection_to, endpoint_of, engine_names, new_table
from faults import Answer, Injector, Request, commits, lost_before
from stores import ManualClock, a_full_opportunity, a_session, a_template, an_opportunity

from opportune.errors import ConfigurationError, StoreUnavailableError
from opportune.model.filters import Grouping, OpportunityFilters, Order, Total
from opportune.model.records import Opportunity, Priority, Status
from opportune.stores.contract import Retention
from opportune.stores.dynamodb import DynamoDBStore
from opportune.stores.dynamodb.connection import Connection, open_client
from opportune.stores.dynamodb.doctor import examine
from opportune.stores.dynamodb.tables import create_tables, delete_tables


@pytest.fixture(params=engine_names())
def engine(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def table(engine: str) -> str:
    return new_table(engine, f"T{uuid.uuid4().hex}")


@pytest.fixture
def store(engine: str, table: str, clock: ManualClock) -> DynamoDBStore:
    return DynamoDBStore(table, clock=clock, connection=connection_to(engine))


@pytest.fixture
def client(engine: str) -> Any:
    return connection_to(engine).client


def item(client: Any, table: str, session_id: str, key: str) -> dict[str, Any]:
    wanted = {"sessionId": {"S": session_id}, "opportunityId": {"S": key}}
    found: dict[str, Any] = client.get_item(TableName=table, Key=wanted, ConsistentRead=True)[
        "Item"
    ]
    return found


def indexed(client: Any, table: str, index: str) -> set[str]:
    rows = client.scan(TableName=table, IndexName=index)["Items"]
    return {row["opportunityId"]["S"] for row in rows}


def test_the_guides_attributes_stand_in_plain_so_that_people_can_query_them(
    store: DynamoDBStore, client: Any, table: str
) -> None:
    store.store_opportunities(a_session("s"), [a_full_opportunity("s").revised(keep=False)])
    stored = store.get_opportunity("s.a-1")
    found = item(client, table, "s", "s.a-1")
    assert found["sessionId"] == {"S": "s"}
    assert found["opportunityId"] == {"S": "s.a-1"}
    assert found["title"] == {"S": stored.title}
    assert found["priority"] == {"S": "Low"}
    assert Decimal(found["estimatedARR"]["N"]) == Decimal("9999999999999.99")
    assert found["reasoning"] == {"S": stored.reasoning}
    assert found["talkingPoints"] == {"L": [{"S": text} for text in stored.talking_points]}
    assert found["nextSteps"] == {"L": [{"S": text} for text in stored.next_steps]}
    assert found["relatedServices"] == {"L": [{"S": "Amazon RDS"}]}
    assert found["status"] == {"S": "En Progreso"}
    assert found["createdAt"] == found["updatedAt"] == {"S": stored.updated_at}
    assert found["ttl"] == {"N": str(stored.ttl)}


def test_ttl_is_a_number_of_seconds_and_absent_on_what_never_expires(
    store: DynamoDBStore, client: Any, table: str, clock: ManualClock
) -> None:
    kept = an_opportunity("s", "kept", keep=True)
    store.store_opportunities(a_session("s"), [an_opportunity("s", "a"), kept])
    in_30_days = int(clock.now.timestamp()) + 30 * 86_400
    assert item(client, table, "s", "s.a")["ttl"] == {"N": str(in_30_days)}
    assert "ttl" not in item(client, table, "s", "s.kept")
    assert "ttl" not in item(client, table, "s", "#session")
    key = {"opportunityId": {"S": "s.kept"}, "version": {"N": "1"}}
    row = client.get_item(TableName=f"{table}-History", Key=key)["Item"]
    assert row["ttl"] == {"N": str(int(clock.now.timestamp()) + 365 * 86_400)}


def test_what_is_deleted_leaves_the_indexes(store: DynamoDBStore, client: Any, table: str) -> None:
    store.store_opportunities(a_session("s"), [an_opportunity("s", "a"), an_opportunity("s", "b")])
    assert indexed(client, table, "StatusIndex") == {"s.a", "s.b", "#session"}
    assert indexed(client, table, "PriorityIndex") == {"s.a", "s.b"}
    store.put_opportunity(store.get_opportunity("s.a").revised(deleted=True))
    assert indexed(client, table, "StatusIndex") == {"s.b", "#session"}
    store.delete_session("s", updated_by="ana", change_id="c")
    assert indexed(client, table, "StatusIndex") == set()
    assert indexed(client, table, "PriorityIndex") == set()


def test_a_swept_opportunity_is_made_anew_where_its_versions_ended(
    store: DynamoDBStore, client: Any, table: str, clock: ManualClock
) -> None:
    store.store_opportunities(a_session("s"), [an_opportunity("s", "a"), an_opportunity("s", "b")])
    clock.advance(days=31)
    for slug in "ab":
        key = {"sessionId": {"S": "s"}, "opportunityId": {"S": f"s.{slug}"}}
        client.delete_item(TableName=table, Key=key)
    assert store.get_history("s.a")[0].version == 1
    assert store.put_opportunity(an_opportunity("s", "a")).version == 2
    store.store_opportunities(a_session("s"), [an_opportunity("s", "b")])
    assert store.get_opportunity("s.b").version == 2


def test_the_newest_revision_outlives_its_row_in_the_history(
    engine: str, table: str, client: Any, clock: ManualClock
) -> None:
    store = DynamoDBStore(
        table, clock=clock, connection=connection_to(engine), retention=Retention(30, 60)
    )
    store.store_opportunities(a_session("s"), [an_opportunity("s", "a", keep=True)])
    clock.advance(days=61)
    key = {"opportunityId": {"S": "s.a"}, "version": {"N": "1"}}
    client.delete_item(TableName=f"{table}-History", Key=key)
    kept = store.get_opportunity("s.a")
    assert store.get_history("s.a") == (kept,)
    assert store.get_opportunity("s.a", version=1) == kept
    assert kept in store.scan().items


def test_an_index_row_of_the_engine_holds_what_filters_need(
    store: DynamoDBStore, table: str
) -> None:
    """The simulator's rows are whole items; an engine's hold what infra/storage.yaml projects."""
    one = an_opportunity("s", "a", close_date="2026-05-01", owner="eva", related_services=["S3"])
    store.store_opportunities(a_session("s"), [one])
    units = _reads(store, table)
    filters = OpportunityFilters(
        category=("migracion",), service=("s3",), close_from=date(2026, 5, 1), owner=("Eva",)
    )
    assert store.totals(filters, by=Grouping.MONTH) == (
        Total(key="2026-03", status=Status.NEW, count=1, arr=one.estimated_arr),
    )
    assert store.totals(filters.revised(priority=["Medium"], min_arr=0)) != ()
    assert _reads(store, table) == units, "no item was read"


def _reads(store: DynamoDBStore, table: str) -> int:
    return sum(
        row.requests
        for row in store.usage
        if row.place == table and row.operation in ("BatchGetItem", "GetItem")
    )


def test_an_index_that_lags_shows_nothing_that_is_no_longer_so(
    engine: str, table: str, clock: ManualClock
) -> None:
    """The index's answers of before the change are given after it."""
    connection = Connection(region=REGION, endpoint=endpoint_of(engine))
    injector = Injector()
    injector.attach(connection)
    store = DynamoDBStore(table, clock=clock, connection=connection)
    names = ["moved", "gone", "still"]
    store.store_opportunities(a_session("s"), [an_opportunity("s", one) for one in names])
    remembered: dict[str, Answer] = {}

    def stale(request: Request) -> Answer:
        if "IndexName" not in request.body:
            return None
        question = str(request.body)
        if question not in remembered:
            remembered[question] = request.send()
            _ = remembered[question] and remembered[question].content  # type: ignore[union-attr] # read once, kept
        return remembered[question]

    injector.plan = stale
    everywhere = OpportunityFilters(status=tuple(Status), priority=tuple(Priority))
    for order in Order:
        assert len(store.find_opportunities(everywhere, order=order).items) == 3
    assert len(store.list_sessions().items) == 1
    moved = store.get_opportunity("s.moved").revised(status=Status.LOST, priority=Priority.HIGH)
    store.put_opportunity(moved)
    store.put_opportunity(store.get_opportunity("s.gone").revised(deleted=True))
    for order in Order:
        found = store.find_opportunities(everywhere, order=order).items
        assert [one.id for one in found] == ["s.still"]
    store.delete_session("s", updated_by="ana", change_id="c")
    assert store.list_sessions().items == ()
    connection.close()


def test_no_history_of_what_is_only_being_prepared(
    engine: str, table: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody prepares a large list between the two requests of a reader, and is cut."""
    monkeypatch.setattr("opportune.stores.dynamodb.transactions.TRANSACTION_ACTIONS", 4)
    connection = Connection(region=REGION, endpoint=endpoint_of(engine), sleep=lambda seconds: None)
    injector = Injector()
    injector.attach(connection)
    store = DynamoDBStore(table, clock=clock, connection=connection)
    store.store_opportunities(a_session("s"), [])

    def never_commit(request: Request) -> Answer:
        return lost_before(request) if commits(request) else None

    def prepare() -> None:
        injector.plan = never_commit
        with pytest.raises(StoreUnavailableError):
            store.store_opportunities(a_session("s"), [an_opportunity("s", slug) for slug in "abc"])
        injector.plan = lambda request: None

    def prepare_before_rows(request: Request) -> Answer:
        if request.operation == "Query":
            prepare()
        return None

    injector.plan = prepare_before_rows
    assert store.get_history("s.a") == ()
    # Now a mark is there; it is replaced by another one while the history is read.
    seen: list[str] = []

    def prepare_after_rows(request: Request) -> Answer:
        if "Query" in seen:
            prepare()
        seen.append(request.operation)
        return None

    injector.plan = prepare_after_rows
    assert store.get_history("s.a") == ()
    connection.close()


def test_a_list_too_heavy_for_a_transaction_is_still_one_step(
    store: DynamoDBStore, table: str
) -> None:
    """Twelve of 300 KB: over the 4 MB of a transaction, heads and revisions together."""
    heavy = [an_opportunity("s", f"h{n}", reasoning="x" * 99_000, next_steps=["y" * 99_000] * 2)
             for n in range(12)]  # fmt: skip
    store.store_opportunities(a_session("s"), heavy)
    assert len(store.get_opportunities("s")) == 12
    assert len(store.get_history("s.h3")) == 1


def test_empty_texts_are_kept_wherever_they_are_no_key(store: DynamoDBStore) -> None:
    empty = an_opportunity("s", "a", title="", category="", talking_points=[""], language="")
    store.store_opportunities(a_session("s", customer=""), [empty])
    stored = store.get_opportunity("s.a")
    assert (stored.title, stored.category, stored.talking_points) == ("", "", ("",))
    assert stored.language == ""
    assert store.get_opportunities("s") == (stored,)


def test_usage_adds_up_what_tables_and_indexes_consumed(
    store: DynamoDBStore, engine: str, table: str
) -> None:
    def units(place: str) -> tuple[float, float]:
        rows = [row for row in store.usage if row.place == place]
        return sum(row.read_units for row in rows), sum(row.write_units for row in rows)

    store.store_opportunities(a_session("s"), [an_opportunity("s", "a")])
    reads, writes = units(table)
    assert writes >= 4  # header and head, each twice its size as part of a transaction
    assert units(f"{table}-History")[1] >= 2
    assert units(f"{table}/StatusIndex")[1] >= 2
    assert units(f"{table}/PriorityIndex")[1] >= 1
    store.find_opportunities()
    store.get_session("s")
    assert units(f"{table}/StatusIndex")[0] > 0
    assert units(table)[0] > reads
    by_operation = {row.operation for row in store.usage if row.requests}
    assert {"Query", "TransactWriteItems", "BatchGetItem"} <= by_operation


def test_templates_and_their_revisions_do_not_get_in_each_others_way(
    store: DynamoDBStore,
) -> None:
    store.put_template(a_template("newest", title="1"))
    for version in range(1, 12):
        store.put_template(a_template("newest", title=str(version + 1), version=version))
    assert [one.version for one in store.get_template_history("newest")] == list(range(1, 13))
    assert [one.title for one in store.list_templates()] == ["12"]
    assert store.get_template_history("#newest") == ()


def test_tables_are_made_once_and_removed_with_all_they_hold(engine: str) -> None:
    endpoint = endpoint_of(engine)
    name = f"T{uuid.uuid4().hex}"
    assert create_tables(name, endpoint=endpoint) == (name, f"{name}-History", f"{name}-Templates")
    assert create_tables(name, endpoint=endpoint) == ()
    assert len(delete_tables(name, endpoint=endpoint)) == 3
    assert delete_tables(name, endpoint=endpoint) == ()


@pytest.mark.parametrize("endpoint", ["", "https://dynamodb.eu-west-1.amazonaws.com"])
def test_tables_are_neither_made_nor_removed_in_the_cloud(endpoint: str) -> None:
    for action in (create_tables, delete_tables):
        with pytest.raises(ConfigurationError, match=r"infra/storage\.yaml"):
            action("OpportunitySessions", region=REGION, endpoint=endpoint)


def test_the_doctor_says_what_is_missing_and_how_to_mend_it(engine: str) -> None:
    place = {"region": REGION, "endpoint": endpoint_of(engine)}
    name = f"T{uuid.uuid4().hex}"
    assert {(one.subject, one.found) for one in examine(name, **place)} == {("table", "missing")}
    client = open_client(**place)
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "sessionId", "AttributeType": "S"},
            {"AttributeName": "opportunityId", "AttributeType": "N"},
            {"AttributeName": "status", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "sessionId", "KeyType": "HASH"},
            {"AttributeName": "opportunityId", "KeyType": "RANGE"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "StatusIndex",
                "KeySchema": [{"AttributeName": "status", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            },
        ],
    )
    found = {one.subject: one for one in examine(name, **place) if one.table == name}
    for subject in ("keys", "index StatusIndex", "index PriorityIndex", "TTL"):
        assert not found[subject].is_well, subject
    assert found["keys"].found == "sessionId S, opportunityId N"
    assert found["index PriorityIndex"].found == "missing"
    assert found["permission GetItem"].is_well is False  # the key has another type
    client.close()


def test_the_doctor_finds_keys_indexes_ttl_and_permissions_of_our_tables_well(
    engine: str,
) -> None:
    place = {"region": REGION, "endpoint": endpoint_of(engine)}
    name = f"T{uuid.uuid4().hex}"
    create_tables(name, region=REGION, endpoint=place["endpoint"])
    ill = {one.subject for one in examine(name, **place) if not one.is_well}
    # What local engines do not have, or are not asked for there.
    assert ill <= {"point-in-time recovery", "encryption with KMS", "deletion protection"}


def test_the_store_keeps_an_opportunity_as_the_model_has_it(store: DynamoDBStore) -> None:
    store.store_opportunities(a_session("s"), [a_full_opportunity("s")])
    (stored,) = store.get_opportunities("s")
    assert isinstance(stored, Opportunity)
    stamps = {"version", "created_at", "updated_at", "ttl", "digest"}
    assert stored.model_dump(exclude=stamps) == a_full_opportunity("s").model_dump(exclude=stamps)
