"""Health, readiness and usage of a server."""

import uuid
from pathlib import Path

import pytest
from api_clients import analysed
from dynamodb_bench import Bench
from engines import REGION, endpoint_of, new_table, on_engines
from faults import failed_before, times
from starlette.testclient import TestClient

from opportune.api import create_app
from opportune.observe.tally import UsageAnswer
from opportune.pipeline.service import Service
from opportune.settings import Settings
from opportune.stores.files.kept import MemoryFiles


def client_of(service: Service | None = None, settings: Settings | None = None) -> TestClient:
    return TestClient(create_app(service, settings), base_url="http://localhost")


@pytest.mark.parametrize("prefix", ["", "/api"])
def test_health_and_readiness_answer_under_both_names(prefix: str, tmp_path: Path) -> None:
    with client_of(settings=Settings(storage_type="sqlite", data_dir=tmp_path)) as client:
        assert client.get(f"{prefix}/healthz").json() == {"status": "ok"}
        ready = client.get(f"{prefix}/readyz")
        assert ready.json() == {"status": "ok", "checks": {"store": "ok", "prices": "ok"}}


def test_readiness_asks_the_store_for_one_key_and_nothing_else() -> None:
    """The service's role may read keys; a Query of an index would cost more, and may lag."""
    bench = Bench()
    client = client_of(Service(bench.store, MemoryFiles()))
    assert client.get("/readyz").is_success
    assert bench.injector.operations() == ["GetItem"]


def test_readiness_names_the_check_that_failed_and_why() -> None:
    bench = Bench()
    client = client_of(Service(bench.store, MemoryFiles()))
    bench.injector.plan = times(99, failed_before)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "1"
    body = answer.json()
    assert body["type"] == "urn:opportune:problem:not-ready"
    assert list(body["checks"]) == ["store"]
    assert "DynamoDB did not carry out GetItem on Bench" in body["checks"]["store"]
    assert body["detail"].startswith("store: ")
    assert client.get("/healthz").is_success  # the process itself is well


def test_a_price_book_that_is_not_there_makes_a_server_unready(tmp_path: Path) -> None:
    settings = Settings(storage_type="sqlite", data_dir=tmp_path, price_book="no-such-book")
    with client_of(settings=settings) as client:
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert list(answer.json()["checks"]) == ["prices"]


@pytest.mark.parametrize("engine", on_engines())
def test_a_server_tells_what_each_operation_and_session_has_consumed(
    engine: str, tmp_path: Path
) -> None:
    settings = Settings(
        storage_type="dynamodb",
        data_dir=tmp_path,
        dynamodb_table=new_table(engine, f"T{uuid.uuid4().hex}"),
        aws_region=REGION,
        dynamodb_endpoint=endpoint_of(engine),
    )
    service = Service.from_settings(settings)
    client = client_of(service, settings)
    session_id = analysed(client)["sessionId"]
    client.get("/api/opportunities")
    rows = UsageAnswer.model_validate_json(client.get("/api/admin/usage").text).rows
    by_operation = {(row.operation, row.session_id): row for row in rows}
    assert by_operation["store_opportunities", str(session_id)].write_units > 100
    assert by_operation["find_opportunities", ""].calls == 1
    for count in ("requests", "read_units", "write_units"):
        consumed = sum(getattr(one, count) for one in service.store.usage)
        assert sum(getattr(row, count) for row in rows) == consumed
    service.close()


def test_a_store_that_bills_nothing_has_consumed_nothing(tmp_path: Path) -> None:
    with client_of(settings=Settings(storage_type="sqlite", data_dir=tmp_path)) as client:
        analysed(client)
        rows = client.get("/api/admin/usage").json()["rows"]
    assert rows
    assert sum(row["requests"] for row in rows) == 0
