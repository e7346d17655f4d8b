"""Templates over HTTP."""

from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from customer import report, workbook
from lambda_events import Connect

from opportune.api import create_app
from opportune.settings import Settings

OURS = {
    "id": "arm-first",
    "play": "graviton",
    "en": {
        "title": "Arm first: {candidates:server|servers}",
        "talkingPoints": ["One.", {"when": "ready", "text": "{ready:|is|are} ready."}],
    },
}


@pytest.fixture
def client(tmp_path: Path, connect: Connect) -> httpx.Client:
    return connect(create_app(settings=Settings(data_dir=tmp_path, max_upload_mb=2)))


def made(client: httpx.Client, **fields: Any) -> dict[str, Any]:
    answer = client.post("/api/templates", json=OURS | fields)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_a_template_is_made_read_changed_and_deleted(client: httpx.Client) -> None:
    assert len(client.get("/api/templates").json()) == 21
    body = made(client)
    assert (body["state"], body["version"], body["play"]) == ("own", 1, "graviton")
    assert body["template"]["en"]["talkingPoints"][1] == {
        "text": "{ready:|is|are} ready.",
        "when": "ready",
    }
    read = client.get("/api/templates/arm-first")
    assert read.json() == body
    assert read.headers["ETag"] == '"1"'
    again = client.put("/api/templates/arm-first", json=body["template"] | {"category": "Ours"})
    assert (again.json()["version"], again.headers["ETag"]) == (2, '"2"')
    assert client.delete("/api/templates/arm-first").status_code == 204
    assert client.get("/api/templates/arm-first").status_code == 404
    old = client.get("/api/templates/arm-first", params={"version": 1}).json()
    assert old["template"] == body["template"]
    restored = client.post("/api/templates/arm-first/restore", json={"version": 1}).json()
    assert (restored["version"], restored["template"]) == (4, body["template"])
    told = client.get("/api/templates/arm-first/history").json()
    assert [r["state"] for r in told] == ["own", "own", "deleted", "own"]
    assert told[1]["differences"] == [{"field": "category", "old": "Sostenibilidad", "new": "Ours"}]


def test_a_built_in_play_is_changed_disabled_and_never_lost(client: httpx.Client) -> None:
    plain = client.get("/api/templates/training", params={"language": "es"})
    assert plain.headers["ETag"] == '"0"'
    off = client.patch(
        "/api/templates/training", json={"enabled": False}, headers={"If-Match": '"0"'}
    )
    assert off.json()["state"] == "disabled"
    listed = {t["id"]: t["state"] for t in client.get("/api/templates").json()}
    assert listed["training"] == "disabled"
    assert client.delete("/api/templates/training").status_code == 204
    assert client.get("/api/templates/training").json()["state"] == "built-in"
    again = client.delete("/api/templates/training")
    assert again.status_code == 422
    assert "disable it instead" in again.json()["detail"]
    base = client.patch("/api/templates/rehost", json={"enabled": False})
    assert base.status_code == 422


def test_who_was_slower_is_refused(client: httpx.Client) -> None:
    made(client)
    stale = {"If-Match": '"7"'}
    for answer in (
        client.put("/api/templates/arm-first", json=OURS, headers=stale),
        client.patch("/api/templates/arm-first", json={"enabled": False}, headers=stale),
        client.delete("/api/templates/arm-first", headers=stale),
    ):
        assert answer.status_code == 412, answer.text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"en": {"title": "{x}"}}, "en.title: {x} is not a value of this play: known are"),
        ({"en": {"title": "{arr.real}"}}, "is not a placeholder"),
        ({"play": "nothing"}, "there is no built-in play 'nothing'"),
        ({"id": "graviton"}, "'graviton' exists already"),
        ({"id": ""}, "id: give one"),
        ({"en": {"titel": "x"}}, "en.title: Field required."),
    ],
)
def test_a_mistake_is_a_422_with_its_sentence(
    client: httpx.Client, fields: dict[str, Any], sentence: str
) -> None:
    answer = client.post("/api/templates", json=OURS | fields)
    assert answer.status_code == 422
    assert sentence in answer.json()["detail"]
    assert all(t["version"] == 0 for t in client.get("/api/templates").json())


def test_a_copy_is_ones_own(client: httpx.Client) -> None:
    copy = client.post("/api/templates/graviton/duplicate", json={"id": "arm-too"})
    assert copy.status_code == 201
    assert (copy.json()["play"], copy.json()["state"]) == ("graviton", "own")
    assert client.post("/api/templates/x/duplicate", json={"id": "y"}).status_code == 404


def test_a_preview_writes_nothing(client: httpx.Client) -> None:
    body = {"template": OURS, "language": "en"}
    found = client.post("/api/templates/arm-first/preview", json=body).json()
    assert found["fires"] is True
    assert found["opportunity"]["title"].startswith("Arm first: ")
    assert client.get("/api/templates/arm-first").status_code == 404
    why = client.post("/api/templates/sap/preview", json={"language": "es"}).json()
    assert (why["fires"], why["opportunity"]) == (False, None)
    assert "La regla busca SAP" in why["whyNot"]


def test_a_preview_on_a_sessions_files(client: httpx.Client) -> None:
    analysed = client.post(
        "/api/opportunities/analyze",
        files={"mpaFile": ("mpa.xlsx", workbook().data), "mraFile": ("mra.pdf", report().data)},
    ).json()
    session = analysed["sessionId"]
    found = client.post("/api/templates/graviton/preview", json={"sessionId": session}).json()
    stored = client.get(f"/api/opportunities/{session}.graviton").json()
    assert found["facts"] == session
    assert found["opportunity"]["estimate"] == stored["estimate"]
    missing = client.post("/api/templates/graviton/preview", json={"sessionId": "nowhere"})
    assert missing.status_code == 404


def test_an_opportunity_is_made_by_hand_once_for_a_key(client: httpx.Client) -> None:
    body = {
        "customer": "Example Corp",
        "values": {"applications": "2"},
        "estimatedARR": 1234.5,
        "closeDate": "2026-12-31",
        "nextSteps": ["Call."],
    }
    answers = [
        client.post("/api/templates/sap/opportunities", json=body, headers={"Idempotency-Key": "a"})
        for _ in range(2)
    ]
    assert [a.status_code for a in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    new = answers[0].json()["opportunity"]
    assert (new["estimatedARR"], new["closeDate"], new["nextSteps"]) == (
        1234.5,
        "2026-12-31",
        ["Call."],
    )
    assert answers[0].json()["open"] == ["names"]
    assert client.get(f"/api/opportunities/{new['id']}").json() == new
    bad = client.post("/api/templates/sap/opportunities", json={"values": {"x": "1"}})
    assert bad.status_code == 422
    assert "'x' is not a value of 'sap': known are" in bad.json()["detail"]
    few = client.post("/api/templates/sap/opportunities", json={"values": {"applications": "two"}})
    assert "applications: 'two' is not a whole number" in few.json()["detail"]
