"""The pipeline over HTTP: made, edited, counted, looked back at, merged."""

from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from customer import report, workbook
from lambda_events import Connect

from opportune.api import create_app
from opportune.settings import Settings

URL = "/api/opportunities"


@pytest.fixture
def client(tmp_path: Path, connect: Connect) -> httpx.Client:
    return connect(create_app(settings=Settings(data_dir=tmp_path)))


def made(client: httpx.Client, title: str = "By hand", **fields: Any) -> dict[str, Any]:
    body = {"fields": {"title": title, "customer": "Acme", "estimatedARR": 1000} | fields}
    answer = client.post(URL, json=body)
    assert answer.status_code == 201, answer.text
    one: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"{URL}/{one['id']}"
    return one


def test_one_by_hand_is_made_edited_deleted_and_restored(client: httpx.Client) -> None:
    one = made(client, owner="eva")
    url = f"{URL}/{one['id']}"
    edited = client.patch(
        url,
        json={"fields": {"owner": None, "closeDate": "2026-12-31"}, "note": "moved"},
        headers={"If-Match": '"1"'},
    )
    assert (edited.status_code, edited.headers["etag"]) == (200, '"2"')
    assert (edited.json()["owner"], edited.json()["closeDate"]) == ("", "2026-12-31")
    stale = client.patch(url, json={"fields": {"owner": "x"}}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    assert client.delete(url, headers={"If-Match": '"1"'}).status_code == 412
    assert client.delete(url, params={"note": "gone"}).status_code == 204
    assert client.get(url).status_code == 404
    restored = client.post(f"{url}/restore", json={})
    assert restored.json()["version"] == 4
    back = client.post(f"{url}/restore", json={"version": 1, "note": "as it was"})
    assert (back.json()["owner"], back.headers["etag"]) == ("eva", '"5"')
    steps = client.get(f"{url}/steps").json()
    assert [step["note"] for step in steps] == ["", "moved", "gone", "version 2", "as it was"]
    changed = client.get(f"{url}/differences", params={"old": 1, "new": 2}).json()
    assert changed == [
        {"field": "owner", "old": "eva", "new": ""},
        {"field": "closeDate", "old": None, "new": "2026-12-31"},
    ]


def test_a_repeated_making_with_its_key_is_made_once(client: httpx.Client) -> None:
    body = {"fields": {"title": "Once", "customer": "Acme"}}
    answers = [client.post(URL, json=body, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert len(client.get(URL).json()["items"]) == 1


def test_many_are_changed_by_filter_or_ids(client: httpx.Client) -> None:
    ids = [made(client, f"T{n}", owner="eva" if n else "bea")["id"] for n in range(4)]
    change = {"fields": {"status": "En Progreso"}, "note": "kick-off"}
    done = client.post(f"{URL}/changes", params={"owner": "EVA"}, json=change).json()
    assert (done["changed"], done["unchanged"], done["refused"]) == (3, 0, [])
    by_id = client.post(f"{URL}/changes", json=change | {"ids": [ids[0], "x.none"]}).json()
    assert by_id["changed"] == 1
    assert by_id["refused"][0]["opportunityId"] == "x.none"
    statuses = {o["status"] for o in client.get(URL).json()["items"]}
    assert statuses == {"En Progreso"}
    assert client.post(f"{URL}/changes", json=change).status_code == 422


def test_figures_equal_the_list(client: httpx.Client) -> None:
    for number in range(3):
        made(client, f"T{number}", category="Seguridad" if number else "Migración")
    query = {"category": "seguridad"}
    listed = client.get(URL, params=query).json()["items"]
    figures = client.get("/api/analytics", params=query | {"by": "category", "top": 1}).json()
    assert figures["total"] == {"count": 2, "arr": 2000.0, "weightedARR": 200.0}
    assert figures["total"]["count"] == len(listed)
    assert [group["key"] for group in figures["groups"]] == ["Seguridad"]
    assert len(figures["top"]) == 1
    totals = client.get("/api/totals", params={"by": "category"}).json()
    assert [(t["key"], t["count"], t["arr"]) for t in totals] == [
        ("Migración", 1, 1000.0),
        ("Seguridad", 2, 2000.0),
    ]
    moves = client.get("/api/analytics/moves").json()
    assert {move["new"] for move in moves["moves"]} == {"Nueva"}
    (stay,) = client.get("/api/analytics/stays").json()
    assert (stay["status"], stay["stays"]) == ("Nueva", 3)


def test_the_past_is_seen_as_it_was(client: httpx.Client) -> None:
    one = made(client)
    before = one["updatedAt"]
    client.patch(f"{URL}/{one['id']}", json={"fields": {"title": "Later"}})
    then = client.get(f"{URL}/{one['id']}", params={"at": before}).json()
    assert then == one
    pipeline = client.get("/api/pipeline", params={"at": before}).json()
    assert (pipeline["opportunities"], pipeline["unknown"]) == ([one], [])
    totals = client.get("/api/totals", params={"at": before}).json()
    assert [t["count"] for t in totals] == [1]
    figures = client.get("/api/analytics", params={"at": before}).json()
    assert figures["at"] == before
    report = client.get("/api/admin/history-verification").json()
    assert (report["revisions"], report["problems"]) == (2, [])


def test_duplicates_are_found_merged_and_taken_apart(client: httpx.Client) -> None:
    mpa, mra = ("mpa.xlsx", workbook(40).data), ("mra.pdf", report().data)
    for files in ({"mpaFile": mpa, "mraFile": mra}, {"mpaFile": mpa}):
        answer = client.post(f"{URL}/analyze", files=files, data={"customer": "Acme"})
        assert answer.status_code == 201
    pair = client.get("/api/duplicates").json()[0]
    assert {"customer", "play", "servers"} <= {reason["code"] for reason in pair["reasons"]}
    kept, other = pair["first"]["id"], pair["second"]["id"]
    merged = client.post(f"{URL}/{kept}/merge", json={"other": other}).json()
    assert merged["other"]["mergedInto"] == kept
    assert client.get(f"{URL}/{other}").status_code == 404
    apart = client.post(f"{URL}/{other}/unmerge", json={})
    assert apart.status_code == 200
    assert client.get(f"{URL}/{other}").status_code == 200
    assert client.post(f"{URL}/{other}/unmerge", json={}).status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "", {"fields": {}}, 422),
        ("POST", "", {"fields": {"title": "x", "colour": "red"}}, 422),
        ("POST", "", {"fields": {"title": "x"}, "sessionId": "none"}, 404),
        ("POST", "", {"fields": {"title": "x", "estimatedARR": 1.234}}, 422),
        ("PATCH", "/none.x", {"fields": {"title": "x"}}, 404),
        ("PATCH", "/none.x", {"fields": {}}, 422),
        ("DELETE", "/none.x", None, 404),
        ("POST", "/none.x/restore", {}, 404),
        ("POST", "/none.x/merge", {"other": "none.y"}, 404),
        ("POST", "/none.x/unmerge", {}, 404),
        ("GET", "/none.x/steps", None, 404),
        ("GET", "/none.x/differences?old=1&new=2", None, 404),
        ("GET", "/none.x?at=2020-01-01", None, 422),
        ("GET", "/none.x?at=soon", None, 422),
        ("GET", "?createdFrom=yesterday", None, 422),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    client: httpx.Client, method: str, path: str, body: dict[str, Any] | None, status: int
) -> None:
    answer = client.request(method, f"{URL}{path}", json=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert client.get(URL).json()["items"] == []
