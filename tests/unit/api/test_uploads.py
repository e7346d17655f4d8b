"""Uploads over HTTP: announced, sent apart, analysed by id; also past Lambda's limit of 6 MB."""

import io
import random
import zipfile
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from buckets import keys_in, new_bucket
from customer import SERVERS, report, workbook
from engines import REGION, endpoint_of
from lambda_events import PAYLOAD_LIMIT, Connect

from opportune.api import create_app
from opportune.settings import Settings
from opportune.stores.files.s3 import FILES

MPA, MRA = workbook().data, report().data


def with_a_picture(size_bytes: int) -> bytes:
    """Return the workbook with a picture in it that does not compress."""
    data = io.BytesIO(MPA)
    with zipfile.ZipFile(data, "a") as book:
        book.writestr("xl/media/image1.png", random.Random(0).randbytes(size_bytes))
    return data.getvalue()


BIG = with_a_picture(7_000_000)


@pytest.fixture(params=["memory", "sqlite"])
def client(request: pytest.FixtureRequest, tmp_path: Path, connect: Connect) -> httpx.Client:
    settings = Settings(
        storage_type=request.param, data_dir=tmp_path, max_upload_mb=1, max_file_mb=2
    )
    return connect(create_app(settings=settings))


def begun(client: httpx.Client, name: str, data: bytes) -> dict[str, Any]:
    answer = client.post("/api/uploads", json={"name": name, "sizeBytes": len(data)})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def sent(client: httpx.Client, name: str, data: bytes) -> str:
    """Do as a client does that knows nothing but the answer."""
    told = begun(client, name, data)
    if told["method"] == "PUT":
        answer = client.put(told["url"], content=data, headers=told["headers"])
    else:
        answer = httpx.post(told["url"], data=told["fields"], files={"file": (name, data)})
    assert answer.status_code == 204, answer.text
    return str(told["uploadId"])


def analysed(client: httpx.Client, **form: str) -> httpx.Response:
    return client.post("/api/opportunities/analyze", data={"customer": "Example Corp"} | form)


def test_an_upload_is_analysed_like_a_file_of_the_form(client: httpx.Client) -> None:
    by_id = analysed(
        client, mpaUpload=sent(client, "mpa.xlsx", MPA), mraUpload=sent(client, "mra.pdf", MRA)
    )
    assert by_id.status_code == 201, by_id.text
    by_form = client.post(
        "/api/opportunities/analyze",
        files={"mpaFile": ("mpa.xlsx", MPA), "mraFile": ("mra.pdf", MRA)},
        data={"customer": "Example Corp"},
    ).json()
    assert by_form["sessionId"] == by_id.json()["sessionId"]
    assert (by_form["added"], by_form["changed"]) == (0, 0)
    assert by_form["opportunities"] == by_id.json()["opportunities"]


def test_files_of_the_form_and_uploads_go_together(client: httpx.Client) -> None:
    mra = sent(client, "mra.pdf", MRA)
    form = {"mraUpload": mra}
    answer = client.post(
        "/api/opportunities/analyze", files={"mpaFile": ("mpa.xlsx", MPA)}, data=form
    )
    assert [f["name"] for f in answer.json()["files"]] == ["mpa.xlsx", "mra.pdf"]


def test_an_upload_is_gone_after_its_analysis_and_not_after_a_refusal(
    client: httpx.Client, tmp_path: Path
) -> None:
    mpa = sent(client, "mpa.xlsx", MPA)
    refused = analysed(client, mpaUpload=mpa, map="Nothing=ram_gb")
    assert refused.status_code == 422
    assert analysed(client, mpaUpload=mpa).status_code == 201
    again = analysed(client, mpaUpload=mpa)
    assert (again.status_code, again.json()["type"]) == (404, "urn:opportune:problem:not-found")
    assert "POST /api/uploads" in again.json()["detail"]
    assert [*tmp_path.glob("uploads/*")] == []


@pytest.mark.parametrize("pair", ["mpa", "mra", "questionnaire"])
def test_a_file_and_its_upload_are_not_both_taken(client: httpx.Client, pair: str) -> None:
    files = {"mpaFile": ("mpa.xlsx", MPA), f"{pair}File": ("a", MRA)}
    form = {f"{pair}Upload": sent(client, "a", MRA)}
    answer = client.post("/api/opportunities/analyze", files=files, data=form)
    assert answer.status_code == 422
    assert f"{pair}File and {pair}Upload are both given" in answer.json()["detail"]
    assert client.get("/api/sessions").json()["items"] == []


def test_without_an_inventory_both_ways_are_named(client: httpx.Client) -> None:
    detail = analysed(client).json()["detail"]
    assert "mpaFile" in detail
    assert "mpaUpload" in detail


@pytest.mark.parametrize("upload_id", ["x" * 32, "../../opportune.sqlite3", "ñ"])
def test_an_unknown_upload_is_a_404_with_the_remedy(client: httpx.Client, upload_id: str) -> None:
    answer = analysed(client, mpaUpload=upload_id)
    assert (answer.status_code, "POST /api/uploads" in answer.json()["detail"]) == (404, True)
    put = client.put("/api/uploads/" + "x" * 32, content=b"a")
    assert (put.status_code, "POST /api/uploads" in put.json()["detail"]) == (404, True)


def test_inspecting_leaves_an_upload_for_its_analysis(client: httpx.Client) -> None:
    mpa = sent(client, "mpa.xlsx", MPA)
    form = {"uploads": [mpa]}
    told = client.post("/api/inspect", data=form, files=[("files", ("mra.pdf", MRA))]).json()
    assert (told["inventory"]["servers"], len(told["documents"])) == (SERVERS, 2)
    assert client.post("/api/inspect", data=form).json()["inventory"]["servers"] == SERVERS
    assert client.post("/api/inspect").status_code == 422
    assert analysed(client, mpaUpload=mpa).status_code == 201


@pytest.mark.parametrize(
    "body", [{"name": "a"}, {"name": "", "sizeBytes": 1}, {"name": "a", "sizeBytes": 2_000_001}]
)
def test_what_cannot_be_sent_is_not_announced(client: httpx.Client, body: dict[str, Any]) -> None:
    answer = client.post("/api/uploads", json=body)
    assert (answer.status_code, answer.json()["status"]) == (422, 422)


def test_a_file_has_its_own_limit_and_everything_else_keeps_the_small_one(
    client: httpx.Client,
) -> None:
    large = bytes(1_500_000)
    sent(client, "large.csv", large)
    assert client.post("/api/inspect", files={"files": large}).status_code == 413
    told = begun(client, "a", b"a")
    over = client.put(told["url"], content=bytes(2_000_001))
    assert (over.status_code, "OPPORTUNITY_MAX_FILE_MB" in over.json()["detail"]) == (413, True)


def test_other_bytes_than_announced_are_refused(client: httpx.Client) -> None:
    told = begun(client, "a", b"abc")
    assert client.put(told["url"], content=b"ab").status_code == 422


@pytest.mark.slow
def test_on_aws_a_file_over_6_mb_goes_past_the_function_and_is_analysed(
    tmp_path: Path, connect: Connect
) -> None:
    bucket = new_bucket()
    settings = Settings(
        storage_type="sqlite",
        data_dir=tmp_path,
        aws_region=REGION,
        s3_endpoint=endpoint_of("ministack"),
        upload_bucket=bucket.name,
        files_bucket=bucket.name,
    )
    client = connect(create_app(settings=settings))
    assert len(BIG) > PAYLOAD_LIMIT
    answer = analysed(
        client, mpaUpload=sent(client, "mpa.xlsx", BIG), mraUpload=sent(client, "mra.pdf", MRA)
    )
    assert answer.status_code == 201, answer.text
    body = answer.json()
    kept = sorted(FILES + file["sha256"] for file in body["files"])
    assert sorted(keys_in(bucket)) == kept  # both uploads are gone, both files are kept
    assert not (tmp_path / "files").exists()
    session = body["sessionId"]
    assert client.get(f"/api/sessions/{session}/verification").json()["isEqual"] is True
    first = body["opportunities"][0]["id"]
    assert client.get(f"/api/opportunities/{first}/explanation").json()["isCurrent"] is True


def test_a_file_over_6_mb_in_the_form_does_not_reach_a_function(
    tmp_path: Path, connect: Connect, request: pytest.FixtureRequest
) -> None:
    client = connect(create_app(settings=Settings(data_dir=tmp_path)))
    answer = client.post("/api/inspect", files={"files": ("mpa.xlsx", BIG)})
    is_lambda = "asgi" not in request.node.callspec.id
    assert answer.status_code == (413 if is_lambda else 200)


@pytest.mark.slow
def test_in_memory_nothing_goes_to_a_bucket_that_would_outlive_it(
    tmp_path: Path, connect: Connect
) -> None:
    bucket = new_bucket()
    settings = Settings(
        data_dir=tmp_path, files_bucket=bucket.name, s3_endpoint=endpoint_of("ministack")
    )
    client = connect(create_app(settings=settings))
    files = {"mpaFile": ("mpa.xlsx", MPA)}
    assert client.post("/api/opportunities/analyze", files=files).status_code == 201
    assert keys_in(bucket) == []
