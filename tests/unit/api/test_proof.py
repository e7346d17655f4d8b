"""The routes that prove and price."""

from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from customer import report, workbook
from lambda_events import Connect
from workbooks import workbook as made

from opportune.api import create_app
from opportune.prices.book import PriceBook
from opportune.settings import Settings

MPA = ("mpa.xlsx", workbook().data)
MRA = ("mra.pdf", report().data)
LATER = ("later.xlsx", workbook(seed=8).data)


@pytest.fixture(params=["memory", "sqlite"])
def client(request: pytest.FixtureRequest, tmp_path: Path, connect: Connect) -> httpx.Client:
    settings = Settings(storage_type=request.param, data_dir=tmp_path)
    return connect(create_app(settings=settings))


def analysed(client: httpx.Client, mpa: tuple[str, bytes] = MPA, **form: str) -> str:
    answer = client.post(
        "/api/opportunities/analyze",
        files={"mpaFile": mpa, "mraFile": MRA},
        data={"customer": "Example Corp"} | form,
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["sessionId"])


def verified(client: httpx.Client, session: str, *files: tuple[str, bytes]) -> Any:
    url = f"/api/sessions/{session}/verification"
    answer = client.post(url, files=[("files", f) for f in files]) if files else client.get(url)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_session_is_verified_from_uploads_and_from_our_copies(client: httpx.Client) -> None:
    session = analysed(client, basis="instance-sp", language="pt")
    given, kept = verified(client, session, MPA, MRA), verified(client, session)
    assert (given["isEqual"], given["source"], given["basis"]) == (True, "given", "instance-sp")
    assert (kept["isEqual"], kept["source"]) == (True, "kept")
    changed = verified(client, session, LATER, MRA)
    assert not changed["isEqual"]
    assert {d["subject"] for d in changed["differences"]} >= {"file", "totals", "opportunity"}


def test_a_broken_upload_is_a_difference_and_no_failure(client: httpx.Client) -> None:
    found = verified(client, analysed(client), ("mpa.xlsx", b"no workbook"), MRA)
    assert [d["subject"] for d in found["differences"]] == ["file", "reading"]


def test_two_sessions_are_compared(client: httpx.Client) -> None:
    old, new = analysed(client), analysed(client, LATER, basis="compute-sp")
    answer = client.get("/api/comparisons", params={"old": old, "new": new})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    cents = [round(100 * s["amount"]) for s in body["bridge"]["steps"]]
    assert round(100 * body["bridge"]["oldARR"]) + sum(cents) == round(
        100 * body["bridge"]["newARR"]
    )
    assert {f["kind"] for f in body["facts"]} >= {"server"}
    assert all(f["oldSource"] or f["newSource"] for f in body["facts"])


def test_sessions_of_different_customers_are_refused(client: httpx.Client) -> None:
    params = {"old": analysed(client), "new": analysed(client, customer="Other Corp")}
    answer = client.get("/api/comparisons", params=params)
    assert (answer.status_code, answer.json()["type"]) == (
        422,
        "urn:opportune:problem:invalid-input",
    )


def test_prices_are_shown_and_filtered(client: httpx.Client) -> None:
    body = client.get("/api/prices").json()
    bundled = PriceBook.bundled().version
    assert (body["version"], body["known"]) == (bundled, [bundled])
    rows = client.get("/api/prices", params={"name": "gp3"}).json()["rows"]
    assert [r["name"] for r in rows] == ["gp3-gb-month"]


@pytest.mark.parametrize("version", ["gone", "/etc/passwd", "../prices/x.toml"])
def test_a_price_book_is_named_by_its_version_and_never_by_a_path(
    client: httpx.Client, version: str
) -> None:
    assert client.get("/api/prices", params={"version": version}).status_code == 404
    answer = client.post(
        "/api/opportunities/analyze", files={"mpaFile": MPA}, data={"priceBook": version}
    )
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:opportune:problem:not-found")
    assert client.get("/api/sessions").json()["items"] == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/sessions/none/verification", 404),
        ("POST", "/api/sessions/none/verification", 422),
        ("GET", "/api/comparisons?old=none&new=none", 404),
        ("GET", "/api/comparisons?old=none", 422),
    ],
)
def test_problems(client: httpx.Client, method: str, path: str, status: int) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.json()["status"]) == (status, status)


@pytest.mark.parametrize("form", [{"map": "RAM"}, {"basis": "free"}])
def test_conditions_that_make_no_sense_are_refused(
    client: httpx.Client, form: dict[str, str]
) -> None:
    answer = client.post("/api/opportunities/analyze", files={"mpaFile": MPA}, data=form)
    assert answer.status_code == 422
    assert client.get("/api/sessions").json()["items"] == []


def test_columns_are_given_a_meaning_by_repeated_fields(client: httpx.Client) -> None:
    rows = [("Serverid", "HOSTNAME", "osName", "Grey", "White"), ("S1", "web01", "RHEL", 100, 16)]
    book = ("estate.xlsx", made({"Servers": rows}))
    form = {"map": ["Grey=disk_gb", "White=ram_gb"]}
    answer = client.post("/api/inspect", files=[("files", book)], data=form)
    totals = answer.json()["inventory"]
    assert (totals["diskGb"], totals["ramGb"]) == (100, 16)
    posted = client.post("/api/opportunities/analyze", files={"mpaFile": book}, data=form)
    session = client.get(f"/api/sessions/{posted.json()['sessionId']}").json()
    assert [m["field"] for m in session["mapping"]] == ["disk_gb", "ram_gb"]
    assert verified(client, session["id"], book)["isEqual"]
    # The column that was given a meaning is not in other bytes: told, and no failure.
    changed = verified(client, session["id"], MPA)
    assert [d["subject"] for d in changed["differences"]] == ["file", "file", "reading"]
    unknown = client.post("/api/inspect", files=[("files", MPA)], data={"map": ["Nothing=ram_gb"]})
    assert (unknown.status_code, unknown.json()["status"]) == (422, 422)
