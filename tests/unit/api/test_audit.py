"""One line for each write, whatever came of it, and nothing of what was in it."""

import asyncio
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from customer import workbook
from guarded import APP, ROUTES, Server, guarded, path_of, status_of
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from opportune.api import create_app
from opportune.api.audit import Audit
from opportune.api.policy import Routes
from opportune.observe.log import JsonFormatter
from opportune.pipeline.service import Service
from opportune.settings import Settings
from opportune.stores.files.kept import MemoryFiles

CANARY = "Canario-de-Ejemplo-4711"
FACTS = ("caller", "role", "method", "route", "status", "request_id")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with guarded(tmp_path, max_upload_mb=1, allowed_hosts=("api.example.com",)) as made:
        yield made


@pytest.fixture(autouse=True)
def _everything(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [
        {name: getattr(record, name) for name in FACTS}
        for record in caplog.records
        if record.name == "opportune.audit" and record.message == "write"
    ]


def test_a_line_tells_who_did_what_and_how_it_ended(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    answer = server.send("DELETE", "/api/sessions/none", server.token("admin"))
    assert lines(caplog) == [
        {
            "caller": "the-admin",
            "role": "admin",
            "method": "DELETE",
            "route": "/api/sessions/{session_id}",
            "status": 404,
            "request_id": answer.headers["x-request-id"],
        },
    ]


def test_reading_leaves_no_line(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    for method, _template in ROUTES:
        if method in ("GET", "HEAD"):
            server.send(method, path_of(_template), server.token("admin"))
    assert lines(caplog) == []


def test_a_write_that_was_refused_anywhere_leaves_its_line(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    def parts() -> Iterator[bytes]:
        yield from (b"x" * 600_000 for _ in range(3))

    admin = server.token("admin")
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    server.send("DELETE", "/api/sessions/x", None)
    server.send("DELETE", "/api/sessions/x", server.token("editor"))
    server.send("DELETE", "/api/sessions/x", admin, headers={"Sec-Fetch-Site": "cross-site"})
    server.send("DELETE", "/api/sessions/x", admin, headers={"Host": "evil.example"})
    server.send("POST", "/api/inspect", admin, content=b"x" * 2_000_000)
    server.send("POST", "/api/inspect", admin, content=parts(), headers=form)
    server.send("POST", "/api/nothing", admin)
    server.send("POST", "/api/opportunities/analyze", admin)
    told = [(line["caller"], line["route"], line["status"]) for line in lines(caplog)]
    assert told == [
        ("", "/api/sessions/{session_id}", 401),
        ("the-editor", "/api/sessions/{session_id}", 403),
        ("", "/api/sessions/{session_id}", 403),
        ("", "/api/sessions/{session_id}", 400),
        ("", "/api/inspect", 413),
        ("the-admin", "/api/inspect", 413),
        ("the-admin", "", 404),
        ("the-admin", "/api/opportunities/analyze", 422),
    ]
    assert all(line["request_id"] for line in lines(caplog))


def test_a_bug_leaves_its_line(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def __getattr__(self, name: str) -> object:
            raise RuntimeError("a bug")

    service = Service(Broken(), MemoryFiles())  # type: ignore[arg-type] # fails on every use
    client = TestClient(create_app(service), base_url="http://localhost")
    assert client.delete("/api/sessions/x").status_code == 500
    assert [(line["caller"], line["status"]) for line in lines(caplog)] == [("local", 500)]


def test_the_line_is_there_before_the_answer_leaves(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[int] = []

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            seen.append(len(lines(caplog)))

    assert status_of(server.client.app, "DELETE", "/api/sessions/x", on_send=send) == 401
    assert seen == [1]


def test_a_request_that_ends_without_an_answer_leaves_its_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def gone(scope: Scope, receive: Receive, send: Send) -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        status_of(Audit(gone, routes=Routes(APP)), "DELETE", "/api/sessions/x")
    assert [line["status"] for line in lines(caplog)] == [0]


def test_nothing_of_a_request_is_in_any_log(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    admin = server.token("admin")
    data = workbook(5).data
    headers = {"User-Agent": CANARY, "X-Request-Id": f"{CANARY}!", "Idempotency-Key": CANARY}
    upload = {
        "files": {"mpaFile": (f"{CANARY}.xlsx", data)},
        "data": {"customer": CANARY, "sessionId": "s1"},
    }
    bad = {
        "files": {"mpaFile": (f"{CANARY}.xlsx", CANARY.encode())},
        "data": {"customer": CANARY},
    }
    for credential in (admin, None, CANARY, f"oppk_{CANARY}", server.token("viewer", sub=CANARY)):
        for form in (upload, bad):
            url = f"/api/opportunities/analyze?q={CANARY}"
            server.send("POST", url, credential, headers=headers, **form)
        for method, template in ROUTES:
            path = path_of(template).replace("none", CANARY)
            body = {} if method in ("GET", "HEAD") else {"json": {"operator": CANARY, "to": CANARY}}
            server.send(method, f"{path}?searchTerm={CANARY}", credential, headers=headers, **body)
    first = server.send("GET", "/api/opportunities", admin).json()["items"][0]["id"]
    change = {"status": "Ganada", "note": CANARY}
    answer = server.send("PATCH", f"/api/opportunities/{first}/status", admin, json=change)
    assert answer.status_code == 200
    assert len(lines(caplog)) > 60
    ours = [record for record in caplog.records if record.name.startswith("opportune")]
    written = [JsonFormatter().format(record) for record in ours]
    assert [line for line in written if CANARY.lower() in line.lower()] == []
    assert all(admin not in line for line in written)


def test_a_log_line_is_one_line_of_json_whatever_is_in_it() -> None:
    record = logging.makeLogRecord(
        {"name": "opportune.audit", "msg": "write", "caller": 'a\r\n{"b": 1}\u2028', "status": 201}
    )
    line = JsonFormatter().format(record)
    assert len(line.splitlines()) == 1
    told = json.loads(line)
    assert (told["event"], told["caller"]) == ("write", 'a\r\n{"b": 1}\u2028')
    assert set(told) == {"time", "level", "logger", "event", "caller", "status"}


def test_a_log_line_tells_where_an_error_came_from() -> None:
    try:
        int("a bug")
    except ValueError as error:
        record = logging.makeLogRecord(
            {"msg": "unexpected-error", "exc_info": (type(error), error, error.__traceback__)}
        )
    told = json.loads(JsonFormatter().format(record))["exception"]
    assert told["type"] == "ValueError"
    assert "test_audit.py" in told["at"][0]
    assert "a bug" not in str(told), "a message may quote a customer's file"


def test_without_a_login_the_line_says_local(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    client = TestClient(
        create_app(settings=Settings(data_dir=tmp_path)), base_url="http://localhost"
    )
    client.delete("/api/sessions/none")
    assert [(line["caller"], line["role"]) for line in lines(caplog)] == [("local", "admin")]
