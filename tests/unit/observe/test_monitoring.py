"""Log lines and metrics: valid for CloudWatch, enough to find an error, nothing of a customer."""

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import httpx2 as httpx
import pytest
from customer import report, workbook
from starlette.testclient import TestClient

from opportune.api import create_app
from opportune.errors import ConfigurationError, StoreUnavailableError
from opportune.observe import log
from opportune.settings import Settings
from opportune.stores.migration.store import MigratingStore
from opportune.stores.observing import Observation

Lines = Callable[[], list[dict[str, Any]]]

AS_JSON = Settings(log_format="json")
UNITS = {"Milliseconds", "Count"}  # of those that CloudWatch knows, the ones that we use


@pytest.fixture
def own_logging() -> Iterator[None]:
    """Give back what `configure` replaces."""
    loggers = [logging.getLogger(), logging.getLogger("opportune"), log.logger]
    held = [(one, one.level, one.handlers[:]) for one in loggers]
    loggers[0].handlers = []  # else pytest's own would be closed
    yield
    for one, level, handlers in held:
        one.setLevel(level)
        one.handlers = handlers


@pytest.fixture
def lines(own_logging: None, capsys: pytest.CaptureFixture[str]) -> Lines:
    """What was logged since it was last asked for; every line is a JSON object."""

    def written() -> list[dict[str, Any]]:
        return [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    return written


def client_of(settings: Settings) -> TestClient:
    app = create_app(settings=settings)
    return TestClient(app, base_url="http://localhost", raise_server_exceptions=False)


def check_embedded(line: dict[str, Any]) -> None:
    """Hold a line to the specification of the embedded metric format."""
    embedded = line["_aws"]
    assert set(embedded) == {"Timestamp", "CloudWatchMetrics"}
    assert isinstance(embedded["Timestamp"], int)
    assert 1.7e12 < embedded["Timestamp"] < 1e13  # milliseconds since the epoch
    (directive,) = embedded["CloudWatchMetrics"]
    assert set(directive) == {"Namespace", "Dimensions", "Metrics"}
    assert directive["Namespace"] == "Opportune"
    for names in directive["Dimensions"]:
        assert 0 < len(names) <= 30
        for name in names:
            assert isinstance(line[name], str)
            assert 0 < len(line[name]) <= 1024
    assert 0 < len(directive["Metrics"]) <= 100
    for metric in directive["Metrics"]:
        assert set(metric) == {"Name", "Unit"}
        assert metric["Unit"] in UNITS
        value = line[metric["Name"]]
        assert isinstance(value, int | float)
        assert not isinstance(value, bool)


def test_a_store_operation_is_a_line_with_its_metrics(lines: Lines) -> None:
    log.configure(AS_JSON)
    observation = Observation("put_opportunity", "s1", "dynamodb", 12.34567, 2, 2.0, 23.0)
    observation.throttles = 3
    log.store_operation(observation)
    (line,) = lines()
    check_embedded(line)
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["Store", "Operation"]]
    names = {one["Name"]: one["Unit"] for one in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    assert names == {
        "Latency": "Milliseconds",
        "Conflicts": "Count",
        "Throttles": "Count",
        "Unavailable": "Count",
        "ReadUnits": "Count",
        "WriteUnits": "Count",
    }
    assert (line["event"], line["Store"], line["Operation"]) == (
        "store-operation",
        "dynamodb",
        "put_opportunity",
    )
    assert (line["Latency"], line["ReadUnits"], line["WriteUnits"]) == (12.346, 2.0, 23.0)
    assert (line["Throttles"], line["requests"]) == (3, 2)
    assert line["session"] == log.digest("s1") != "s1"


def test_a_request_is_a_line_with_its_route_and_the_id_that_its_answer_has(
    lines: Lines, tmp_path: Path
) -> None:
    log.configure(AS_JSON)
    client = client_of(Settings(storage_type="sqlite", data_dir=tmp_path))
    lines()
    answer = client.get("/api/opportunities/canary.rehost", headers={"X-Request-Id": "abcdefgh1"})
    assert answer.status_code == 404
    told = lines()
    for line in told:
        check_embedded(line)
        assert line["requestId"] == "abcdefgh1" == answer.headers["x-request-id"]
    assert [line["event"] for line in told] == ["store-operation", "request"]
    assert told[0]["failure"] == "OpportunityNotFoundError"
    assert (told[1]["Route"], told[1]["status"], told[1]["ServerErrors"]) == (
        "GET /api/opportunities/{opportunity_id}",
        404,
        0,
    )
    assert told[1]["Duration"] > 0
    client.get("/api/canary/canary")
    client.get("/api/sessions", headers={"Host": "canary"})
    assert [line["Route"] for line in lines()] == ["GET unmatched"] * 2


CANARY = "Zanzibar"


def canary_files() -> dict[str, Any]:
    """Files whose names and bytes name the customer."""
    return {
        "mpaFile": (f"{CANARY}.xlsx", workbook().data),
        "mraFile": (f"{CANARY}.pdf", report().data),
    }


def provoke(client: TestClient) -> list[httpx.Response]:
    """Do everything that speaks of a customer, and let it go wrong in many ways."""
    form = {"customer": CANARY, "sessionId": f"{CANARY}-1"}
    analysed = client.post("/api/opportunities/analyze", files=canary_files(), data=form)
    first = analysed.json()["opportunities"][0]["id"]
    broken = {"mpaFile": (f"{CANARY}.csv", f"{CANARY};{CANARY}\n1;2".encode())}
    change = {"status": "En Progreso", "note": CANARY}
    stale = {"If-Match": '"77"'}
    return [
        analysed,
        client.post("/api/opportunities/analyze", files=broken, data=form),
        client.post("/api/inspect", files={"files": (f"{CANARY}.xlsx", CANARY.encode())}),
        client.patch(f"/api/opportunities/{first}/status", json=change),
        client.patch(f"/api/opportunities/{first}/status", json=change | {"status": CANARY}),
        client.patch(f"/api/opportunities/{first}/status", json=change, headers=stale),
        client.get(f"/api/opportunities?searchTerm={CANARY}&cursor={CANARY}"),
        client.get(f"/api/sessions/{CANARY}-1/opportunities"),
        client.get(f"/api/opportunities/{CANARY}.x/explanation"),
        client.get(f"/{CANARY}?{CANARY}={CANARY}", headers={"User-Agent": CANARY}),
        client.get("/api/healthz", headers={"Host": f"{CANARY}.example"}),
        client.delete(f"/api/sessions/{CANARY}-1"),
    ]


def test_no_line_says_anything_of_a_customer(
    lines: Lines,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.configure(AS_JSON)
    client = client_of(Settings(storage_type="sqlite", data_dir=tmp_path))
    answers = provoke(client)
    statuses = {answer.status_code for answer in answers}
    assert sum(CANARY in answer.text for answer in answers) > 5  # who asks is told
    assert {201, 200, 204, 400, 404, 415, 422, 412} <= statuses

    listing = Mock()
    monkeypatch.setattr(MigratingStore, "list_sessions", listing)
    for error, status in (
        (RuntimeError(f"{CANARY} in the midst of a bug"), 500),
        (ConfigurationError(f"{CANARY} as a setting"), 500),
        (StoreUnavailableError(f"Others keep changing {CANARY}"), 503),
    ):
        listing.side_effect = error
        assert client.get("/api/sessions").status_code == status
    written = capsys.readouterr().err
    events = [json.loads(line)["event"] for line in written.splitlines()]
    assert set(events) == {
        "store-operation",
        "request",
        "write",
        "unexpected-error",
        "request-failed",
        "store-unavailable",
    }
    assert CANARY.lower() not in written.lower()


def test_an_error_is_found_by_its_request_id_and_says_where_it_was_raised(
    lines: Lines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.configure(AS_JSON)
    client = client_of(Settings(storage_type="sqlite", data_dir=tmp_path))

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(MigratingStore, "list_sessions", fail)
    found = client.get("/api/sessions").json()["requestId"]
    told = [line for line in lines() if line.get("requestId") == found]
    error = next(line for line in told if line["event"] == "unexpected-error")
    assert error["level"] == "ERROR"
    assert error["exception"]["type"] == "RuntimeError"
    assert error["exception"]["at"][-1].startswith("test_monitoring.py:")
    assert [line["status"] for line in told if line["event"] == "request"] == [500]


def test_as_text_a_line_is_for_people_and_metrics_are_left_out(
    own_logging: None, capsys: pytest.CaptureFixture[str]
) -> None:
    log.configure(Settings(log_format="text"))
    log.store_operation(Observation("put_opportunity", "s1", "memory"))
    log.request_served(method="GET", route="/api/x", status=200, duration_ms=1, request_id="r")
    logging.getLogger("opportune.stores").warning("notes not settled", extra={"count": 3})
    logging.getLogger("botocore").info("not ours")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("WARNING notes not settled count=3")


def test_configuring_twice_prints_each_line_once(lines: Lines) -> None:
    log.configure(AS_JSON)
    log.configure(AS_JSON)
    log.store_operation(Observation("put_opportunity"))
    assert len(lines()) == 1


@pytest.mark.parametrize(("function", "expected"), [("", "text"), ("opportune-api", "json")])
def test_on_lambda_lines_are_json_unless_told_otherwise(
    function: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME", raising=False)
    if function:
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", function)
    assert Settings.from_environment({}).log_format == expected
    told = Settings.from_environment({"OPPORTUNITY_LOG_FORMAT": "text"})
    assert told.log_format == "text"


def test_what_is_logged_is_what_cost_actual_reads(lines: Lines, tmp_path: Path) -> None:
    log.configure(AS_JSON)
    from opportune.costs.actual import logged

    first = Observation("put_opportunity", "s1", "dynamodb", 1.5, 2, 2.0, 23.0)
    log.store_operation(first)
    log.store_operation(Observation("find_opportunities", "", "dynamodb", 1, 6, 6.5, 0))
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines()), "utf-8")
    found, put = logged(path)
    assert (found.operation, found.session_id, found.read_units) == ("find_opportunities", "", 6.5)
    assert (put.session_id, put.requests, put.write_units) == (log.digest("s1"), 2, 23.0)
