"""A server with a login, as its callers meet it; and one without."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from customer import workbook
from guarded import Server, guarded, status_of
from provider import AUDIENCE
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from opportune.access.roles import Role
from opportune.api import create_app
from opportune.api.guards import Guard
from opportune.errors import ConfigurationError
from opportune.pipeline.service import Service
from opportune.settings import Settings
from opportune.stores.files.kept import MemoryFiles
from opportune.stores.open import open_store

MIGRATION = "/api/admin/store-migration"
PAGE = "https://app.example.com"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with guarded(tmp_path) as made:
        yield made


def analysed(server: Server, credential: str | None) -> Any:
    files = {"mpaFile": ("mpa.xlsx", workbook(5).data)}
    answer = server.send("POST", "/api/opportunities/analyze", credential, files=files)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_who_writes_is_written_down(server: Server) -> None:
    first = analysed(server, server.token("editor"))["opportunities"][0]
    assert first["updatedBy"] == "the-editor"
    url = f"/api/opportunities/{first['id']}"
    key = server.key(Role.EDITOR)
    moved = server.send("PATCH", f"{url}/status", key, json={"status": "Ganada"})
    assert moved.json()["updatedBy"] == "key:a-editor"
    history = server.send("GET", f"{url}/history", server.token("viewer")).json()
    assert [revision["updatedBy"] for revision in history] == ["the-editor", "key:a-editor"]


@pytest.mark.parametrize(("given", "noted"), [("", "the-admin"), ("ana", "ana (the-admin)")])
def test_nobody_migrates_the_store_in_anothers_name(
    server: Server, tmp_path: Path, given: str, noted: str
) -> None:
    target = {"to": f"sqlite:///{tmp_path / 'b.sqlite3'}", "operator": given}
    answer = server.send("POST", f"{MIGRATION}/start", server.token("admin"), json=target)
    assert answer.status_code == 202, answer.text
    service: Service = server.client.app.state.service  # type: ignore[attr-defined] # ours
    service.migrations.close()
    status = service.migrations.answer().status
    assert status is not None
    assert {change.by for change in status.changes} == {noted}


def test_an_answer_to_a_stranger_says_what_to_do(server: Server) -> None:
    nothing = server.send("GET", "/api/sessions", None)
    assert nothing.headers["www-authenticate"] == 'Bearer realm="opportune"'
    assert "Authorization: Bearer" in nothing.json()["detail"]
    expired = server.send("GET", "/api/sessions", server.token("viewer", exp=1))
    assert 'error="invalid_token"' in expired.headers["www-authenticate"]
    assert expired.json()["type"] == "urn:opportune:problem:not-authenticated"
    weak = server.send("DELETE", "/api/sessions/x", server.token("editor"))
    assert 'error="insufficient_scope"' in weak.headers["www-authenticate"]
    assert weak.json()["detail"] == "This needs the role admin; the-editor has editor."


@pytest.mark.parametrize(
    "values",
    [
        ["Basic {token}"],
        ["{token}"],
        ["Bearer"],
        ["Bearer "],
        ["Bearer {token}, Bearer {token}"],
        ["Bearer {token}", "Bearer {token}"],
        ["Bearer rubbish", "Bearer {token}"],
        ["", "Bearer {token}"],
    ],
)
def test_a_credential_in_another_form_does_not_count(server: Server, values: list[str]) -> None:
    token = server.token("admin")
    headers = [("Authorization", value.format(token=token)) for value in values]
    assert server.client.get("/api/sessions", headers=headers).status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_may_be_written_in_any_case(server: Server, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {server.token('viewer')}"}
    assert server.client.get("/api/sessions", headers=headers).status_code == 200


def test_a_key_revoked_while_the_server_runs_counts_no_more(server: Server) -> None:
    key = server.key(Role.VIEWER)
    assert server.send("GET", "/api/sessions", key).status_code == 200
    server.file.revoke(key.split("_")[1], now=datetime.now(UTC))
    assert server.send("GET", "/api/sessions", key).status_code == 401


def test_a_provider_that_is_down_lets_nobody_in_but_keys(server: Server) -> None:
    server.provider.says("/pool/.well-known/openid-configuration", b"", status=500)
    answer = server.send("GET", "/api/sessions", server.token("admin"))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["type"] == "urn:opportune:problem:login-unavailable"
    assert server.send("GET", "/api/sessions", server.key(Role.VIEWER)).status_code == 200
    assert server.send("GET", "/api/healthz", None).status_code == 200


def test_a_key_file_that_is_damaged_lets_no_key_in(server: Server, tmp_path: Path) -> None:
    key = server.key(Role.ADMIN)
    (tmp_path / "keys.json").write_text("?")
    assert server.send("GET", "/api/sessions", key).status_code == 503
    assert server.send("GET", "/api/sessions", server.token("viewer")).status_code == 200


def test_a_stranger_is_refused_before_the_body_is_read(server: Server) -> None:
    async def receive() -> Message:
        raise AssertionError("the body was asked for")

    assert status_of(server.client.app, "POST", "/api/inspect", receive) == 401


# Rates


def test_who_asks_too_often_is_told_when_to_come_again(tmp_path: Path) -> None:
    with guarded(tmp_path, rate_limit_per_minute=5) as server:
        ana, bea = server.token("viewer"), server.token("viewer", username="bea")
        answers = [server.send("GET", "/api/sessions", ana) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429]
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 12
        assert answers[-1].json()["type"] == "urn:opportune:problem:too-many-requests"
        assert server.send("GET", "/api/sessions", bea).status_code == 200


def test_strangers_of_one_address_share_and_take_nothing_from_callers(tmp_path: Path) -> None:
    with guarded(tmp_path, rate_limit_per_minute=5) as server:
        guesses = [server.send("GET", "/api/sessions", f"guess-{n}") for n in range(7)]
        assert [answer.status_code for answer in guesses] == [401] * 5 + [429] * 2
        assert server.send("GET", "/api/sessions", server.token("viewer")).status_code == 200
        health = [server.send("GET", "/api/healthz", None).status_code for _ in range(6)]
        assert health == [200] * 5 + [429]


# Other sites' pages


def test_a_page_that_was_named_may_read_and_write(tmp_path: Path) -> None:
    with guarded(tmp_path, cors_origins=(PAGE,)) as server:
        asked = {
            "Origin": PAGE,
            "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": "authorization,if-match",
        }
        allowed = server.send("OPTIONS", "/api/opportunities/x.y/status", None, headers=asked)
        assert allowed.status_code == 200
        assert allowed.headers["access-control-allow-origin"] == PAGE
        assert "access-control-allow-credentials" not in allowed.headers
        site = {"Origin": PAGE, "Sec-Fetch-Site": "cross-site"}
        answer = server.send("DELETE", "/api/sessions/x", server.token("admin"), headers=site)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (404, PAGE)
        refused = server.send("GET", "/api/sessions", None, headers=site)
        assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, PAGE)


@pytest.mark.parametrize("origin", ["https://evil.example", f"{PAGE}.evil.example", "null", ""])
def test_any_other_page_may_neither(tmp_path: Path, origin: str) -> None:
    with guarded(tmp_path, cors_origins=(PAGE,)) as server:
        asked = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        preflight = server.send("OPTIONS", "/api/sessions", None, headers=asked)
        assert preflight.status_code in (400, 401)
        site = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
        read = server.send("GET", "/api/sessions", server.token("admin"), headers=site)
        write = server.send("DELETE", "/api/sessions/x", server.token("admin"), headers=site)
        assert write.status_code == 403
        for answer in (preflight, read, write):
            assert "access-control-allow-origin" not in answer.headers


def test_without_names_of_pages_no_page_may(server: Server) -> None:
    asked = {"Origin": PAGE, "Access-Control-Request-Method": "GET"}
    preflight = server.send("OPTIONS", "/api/sessions", None, headers=asked)
    assert preflight.status_code == 401
    assert "access-control-allow-origin" not in preflight.headers


# Names and headers


def test_the_server_answers_to_the_names_it_was_given(tmp_path: Path) -> None:
    with guarded(tmp_path, allowed_hosts=("api.example.com",)) as server:
        for host, status in (
            ("api.example.com", 401),
            ("API.Example.com:443", 401),
            ("localhost:8000", 401),
            ("example.com", 400),
            ("api.example.com.evil.example", 400),
        ):
            headers = {"host": host}
            assert server.client.get("/api/sessions", headers=headers).status_code == status, host


def test_browsers_are_told_to_use_https_unless_it_is_this_machine(tmp_path: Path) -> None:
    with guarded(tmp_path, allowed_hosts=("api.example.com",)) as server:
        for host, told in (("api.example.com", True), ("localhost", False), ("[::1]:8", False)):
            headers = server.client.get("/api/healthz", headers={"host": host}).headers
            assert ("strict-transport-security" in headers) is told


def test_every_answer_carries_the_security_headers_even_that_to_a_bug() -> None:
    class Broken:
        def __getattr__(self, name: str) -> object:
            raise RuntimeError("a bug")

    service = Service(Broken(), MemoryFiles())  # type: ignore[arg-type] # fails on every use
    client = TestClient(create_app(service), base_url="http://localhost")
    for path, status in (("/api/readyz", 500), ("/api/nothing", 404), ("/api/healthz", 200)):
        answer = client.get(path)
        assert answer.status_code == status
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-request-id"]


def test_an_answer_that_has_begun_is_not_begun_again() -> None:
    sent: list[Message] = []

    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("in the middle")

    async def keep(message: Message) -> None:
        sent.append(message)

    guard = Guard(broken, hosts=["localhost"], max_body_bytes=1, max_file_bytes=1)
    with pytest.raises(RuntimeError):
        status_of(guard, "GET", "/", on_send=keep)
    assert [message["type"] for message in sent] == ["http.response.start"]


# No login


def test_without_a_login_whoever_is_on_this_machine_may_do_everything(tmp_path: Path) -> None:
    with TestClient(
        create_app(settings=Settings(data_dir=tmp_path, rate_limit_per_minute=1)),
        base_url="http://localhost",
    ) as client:
        for _ in range(3):
            assert client.get("/api/sessions").status_code == 200
        assert client.delete("/api/sessions/none").status_code == 404
        assert client.get(MIGRATION).status_code == 200
        body = {"to": f"sqlite:///{tmp_path / 'b.sqlite3'}", "operator": "ana"}
        assert client.post(f"{MIGRATION}/start", json=body).status_code == 202
        service: Service = client.app.state.service  # type: ignore[attr-defined] # ours
        service.migrations.close()
        status = service.migrations.answer().status
        assert status is not None
        assert status.changes[0].by == "ana"


def test_a_server_that_others_can_reach_needs_a_login_and_a_name(tmp_path: Path) -> None:
    def made(**changes: Any) -> None:
        service = Service(open_store("memory:"), MemoryFiles())
        create_app(service, Settings(data_dir=tmp_path, **changes), is_public=True)

    login = {"oidc_issuer": "https://issuer.example", "oidc_audience": (AUDIENCE,)}
    with pytest.raises(ConfigurationError, match="OPPORTUNITY_OIDC_ISSUER"):
        made(allowed_hosts=("api.example.com",))
    with pytest.raises(ConfigurationError, match="OPPORTUNITY_ALLOWED_HOSTS"):
        made(**login)
    made(allowed_hosts=("api.example.com",), **login)


def test_a_key_file_that_cannot_be_read_is_said_at_the_start(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, api_keys_file=tmp_path / "none.json")
    with pytest.raises(ConfigurationError, match=r"none\.json.*create-key"):
        create_app(settings=settings)
