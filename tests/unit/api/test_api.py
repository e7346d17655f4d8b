import json
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest
from api_clients import MPA, MRA, analysed
from customer import SERVERS
from starlette.testclient import TestClient

from opportune.api import create_app
from opportune.errors import StoreUnavailableError
from opportune.pipeline.service import Service
from opportune.stores.files.kept import MemoryFiles
from opportune.stores.open import open_store

ROOT = Path(__file__).parents[3]


def first_id(client: httpx.Client) -> str:
    session = analysed(client)["sessionId"]
    return str(client.get(f"/api/sessions/{session}/opportunities").json()[0]["id"])


def test_an_analysis_answers_with_what_the_migration_guide_names(client: httpx.Client) -> None:
    body = analysed(client)
    assert {"sessionId", "opportunities", "summary", "dataQuality"} <= body.keys()
    assert client.get(f"/api/sessions/{body['sessionId']}").json()["totals"]["servers"] == SERVERS
    listed = client.get(f"/api/sessions/{body['sessionId']}/opportunities").json()
    assert listed == body["opportunities"]
    assert isinstance(listed[0]["estimatedARR"], float)


def test_the_same_upload_is_the_same_session(client: httpx.Client) -> None:
    first, second = analysed(client), analysed(client)
    assert first["sessionId"] == second["sessionId"]
    assert first["opportunities"] == second["opportunities"]
    assert second["added"] == second["changed"] == 0


def test_a_status_moves_and_history_tells_who(client: httpx.Client) -> None:
    wanted = first_id(client)
    url = f"/api/opportunities/{wanted}"
    tag = client.get(url).headers["etag"]
    change = {"status": "En Progreso", "note": "call"}
    moved = client.patch(f"{url}/status", json=change, headers={"If-Match": tag})
    assert (moved.status_code, moved.headers["etag"]) == (200, '"2"')
    stale = client.patch(f"{url}/status", json={"status": "Ganada"}, headers={"If-Match": tag})
    assert stale.status_code == 412
    history = client.get(f"{url}/history").json()
    assert [(r["version"], r["status"], r["changeNote"]) for r in history] == [
        (1, "Nueva", ""),
        (2, "En Progreso", "call"),
    ]
    assert client.get(url, params={"version": 1}).json()["status"] == "Nueva"


def test_a_repeated_change_with_its_key_is_made_once(client: httpx.Client) -> None:
    url = f"/api/opportunities/{first_id(client)}/status"
    headers = {"Idempotency-Key": "k1", "If-Match": '"1"'}
    answers = [client.patch(url, json={"status": "Ganada"}, headers=headers) for _ in range(2)]
    assert [(a.status_code, a.json()["version"]) for a in answers] == [(200, 2)] * 2


def test_lists_filter_and_page(client: httpx.Client) -> None:
    body = analysed(client)
    opportunities = body["opportunities"]
    assert isinstance(opportunities, list)
    params: dict[str, str | int] = {"order": "arr", "limit": 2}
    seen: list[str] = []
    for _ in range(100):
        page = client.get("/api/opportunities", params=params).json()
        seen += [o["id"] for o in page["items"]]
        if page["cursor"] is None:
            break
        params["cursor"] = page["cursor"]
    by_arr = sorted(opportunities, key=lambda o: (-o["estimatedARR"], o["id"]))
    assert seen == [o["id"] for o in by_arr]
    high = client.get("/api/opportunities", params={"priority": ["High"], "minARR": 1}).json()
    expected = {o["id"] for o in opportunities if o["priority"] == "High" and o["estimatedARR"] > 0}
    assert {o["id"] for o in high["items"]} == expected


def test_the_explanation_adds_up(client: httpx.Client) -> None:
    wanted = first_id(client)
    answer = client.get(f"/api/opportunities/{wanted}/explanation").json()
    assert answer["tree"]["amountUsd"] == answer["estimatedARR"]
    assert answer["isCurrent"] is True


def test_inspect_keeps_nothing(client: httpx.Client) -> None:
    answer = client.post("/api/inspect", files=[("files", MPA), ("files", MRA)])
    assert answer.json()["inventory"]["servers"] == SERVERS
    assert client.get("/api/sessions").json()["items"] == []


def test_sessions_are_listed_and_deleted(client: httpx.Client) -> None:
    session = analysed(client)["sessionId"]
    assert [s["id"] for s in client.get("/api/sessions").json()["items"]] == [session]
    assert client.delete(f"/api/sessions/{session}").status_code == 204
    assert client.get(f"/api/sessions/{session}").status_code == 404
    assert client.get("/api/opportunities").json()["items"] == []


def test_health(client: httpx.Client) -> None:
    assert client.get("/api/healthz").status_code == client.get("/api/readyz").status_code == 200


BAD_UPLOADS = {
    "swapped": ({"mpaFile": MRA, "mraFile": MPA}, 415),
    "empty": ({"mpaFile": ("mpa.xlsx", b"")}, 422),
    "wrong type": ({"mpaFile": ("mpa.xlsx", b"plain text, no workbook")}, 415),
    "cut report": ({"mpaFile": MPA, "mraFile": ("mra.pdf", MRA[1][:5000])}, 422),
    "missing": ({"mraFile": MRA}, 422),
}


@pytest.mark.parametrize("case", BAD_UPLOADS)
def test_bad_files_are_refused_in_words_and_nothing_is_kept(
    client: httpx.Client, case: str
) -> None:
    files, status = BAD_UPLOADS[case]
    answer = client.post("/api/opportunities/analyze", files=files)
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert answer.status_code == status, body
    assert body["requestId"] == answer.headers["x-request-id"]
    assert "mpa" in body["detail"].lower() or "mra" in body["detail"].lower()
    assert client.get("/api/sessions").json()["items"] == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/opportunities/none.rehost", 404),
        ("GET", "/api/opportunities/none.rehost/history", 404),
        ("GET", "/api/opportunities/none.rehost/explanation", 404),
        ("GET", "/api/sessions/none", 404),
        ("GET", "/api/sessions/none/opportunities", 404),
        ("DELETE", "/api/sessions/none", 404),
        ("GET", "/api/nothing", 404),
        ("GET", "/api/opportunities?limit=0", 422),
        ("GET", "/api/opportunities?minARR=many", 422),
        ("GET", "/api/opportunities?minARR=nan", 422),
        ("GET", "/api/opportunities?cursor=forged", 422),
        ("GET", "/api/opportunities?status=Gone", 422),
        ("POST", "/api/sessions", 405),
    ],
)
def test_every_error_is_a_problem(
    client: httpx.Client, method: str, path: str, status: int
) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status


def test_a_malformed_if_match_is_refused(client: httpx.Client) -> None:
    url = f"/api/opportunities/{first_id(client)}/status"
    answer = client.patch(url, json={"status": "Ganada"}, headers={"If-Match": "yesterday"})
    assert answer.status_code == 422


def test_a_body_over_the_limit_is_refused_whether_announced_or_not(client: httpx.Client) -> None:
    def parts() -> Iterator[bytes]:
        yield from (b"x" * 1_000_000 for _ in range(4))

    form = {"content-type": "multipart/form-data; boundary=b"}
    announced = client.post("/api/inspect", files={"files": b"x" * 3_000_000})
    streamed = client.post("/api/inspect", content=parts(), headers=form)
    for answer in (announced, streamed):
        assert (answer.status_code, answer.json()["status"]) == (413, 413)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", ""])
def test_a_foreign_host_name_is_refused(client: httpx.Client, host: str) -> None:
    assert client.get("/api/sessions", headers={"host": host}).status_code == 400


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000", "[::1]"])
def test_loopback_names_are_ours(client: httpx.Client, host: str) -> None:
    assert client.get("/api/sessions", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(("site", "status"), [("cross-site", 403), ("same-site", 403)])
def test_a_page_of_another_site_may_not_write(client: httpx.Client, site: str, status: int) -> None:
    answer = client.post(
        "/api/opportunities/analyze", files={"mpaFile": MPA}, headers={"sec-fetch-site": site}
    )
    assert answer.status_code == status
    assert client.get("/api/sessions", headers={"sec-fetch-site": site}).json()["items"] == []


def test_answers_carry_security_headers_and_no_cors(client: httpx.Client) -> None:
    headers = client.get("/api/sessions", headers={"origin": "http://evil.example"}).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "access-control-allow-origin" not in headers


def test_a_store_that_does_not_answer_is_a_503_with_a_time_to_wait() -> None:
    class Down:
        def __getattr__(self, name: str) -> object:
            raise StoreUnavailableError("no answer", retry_after_s=7)

    service = Service(Down(), MemoryFiles())  # type: ignore[arg-type] # fails on every use
    answer = TestClient(create_app(service), base_url="http://localhost").get("/api/readyz")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")


def test_a_bug_is_a_500_without_its_text() -> None:
    class Broken:
        def __getattr__(self, name: str) -> object:
            raise RuntimeError("secret of a customer")

    service = Service(Broken(), MemoryFiles())  # type: ignore[arg-type] # fails on every use
    app = create_app(service)
    client = TestClient(app, base_url="http://localhost", raise_server_exceptions=False)
    answer = client.get("/api/readyz")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.json()["requestId"]


def test_the_committed_openapi_document_is_the_applications() -> None:
    service = Service(open_store("memory:"), MemoryFiles())
    committed = json.loads((ROOT / "openapi.json").read_text("utf-8"))
    assert committed == create_app(service).openapi(), "run: make openapi"
