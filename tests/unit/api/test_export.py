"""Exports and imports over HTTP."""

import io
from urllib.parse import unquote

import pytest
from api_clients import analysed
from docx_files import paragraphs_of, template
from openpyxl import load_workbook
from starlette.testclient import TestClient

from opportune.api.exports import disposition
from opportune.export import MEDIA_TYPES, Format


@pytest.mark.parametrize("format_", Format)
def test_every_format_is_handed_out_as_a_file(client: TestClient, format_: Format) -> None:
    analysed(client, customer="Panadería Ñandú")
    answer = client.get("/api/exports", params={"format": format_})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPES[format_]
    plain, _, name = answer.headers["content-disposition"].partition("; filename*=UTF-8''")
    assert plain.startswith('attachment; filename="soa-Panaderia-Nandu-')
    assert unquote(name).startswith("soa-Panadería-Ñandú-")
    assert unquote(name).endswith(f".{format_}")
    assert len(answer.content) > 1000


def test_filters_are_those_of_the_list(client: TestClient) -> None:
    session = analysed(client)["sessionId"]
    wanted = {"priority": "High", "maxARR": "0", "sessionId": str(session)}
    listed = client.get(
        f"/api/sessions/{session}/opportunities", params={"priority": "High", "maxARR": "0"}
    )
    answer = client.get("/api/exports", params=wanted | {"format": "xlsx", "language": "pt"})
    sheet = load_workbook(io.BytesIO(answer.content))["Oportunidades"]
    (ids,) = sheet.iter_cols(25, 25, 2, values_only=True)
    assert [*ids] == [one["id"] for one in listed.json()]


def test_an_own_template_is_filled_in_and_a_broken_one_named(client: TestClient) -> None:
    analysed(client)
    own = {"template": ("own.docx", template("{{ customer }}: {{ count }}").data)}
    answer = client.post("/api/exports?format=docx&priority=High", files=own)
    assert answer.status_code == 200, answer.text
    assert paragraphs_of(answer.content)[0].startswith("Example Corp: ")
    broken = {"template": ("own.docx", template("{{ kunde }}").data)}
    answer = client.post("/api/exports?format=docx", files=broken)
    assert answer.status_code == 422
    assert "own.docx, tag {{ kunde }}" in answer.json()["detail"]
    macros = {"template": ("own.docm", b"x")}
    assert client.post("/api/exports?format=docx", files=macros).status_code == 415
    assert client.post("/api/exports?format=pdf", files=own).status_code == 422


@pytest.mark.parametrize("query", ["", "format=exe", "format=csv&sep=|", "format=pdf&region=fr-FR"])
def test_what_is_not_acceptable_is_said(client: TestClient, query: str) -> None:
    answer = client.get(f"/api/exports?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_records_go_from_one_server_to_another(client: TestClient) -> None:
    session = analysed(client)["sessionId"]
    data = client.get("/api/exports?format=jsonl").content
    again = client.post("/api/imports", files={"file": ("all.jsonl", data)})
    assert again.status_code == 200, again.text
    assert again.json()["new"] == 0
    assert again.json()["equal"] == len(client.get(f"/api/sessions/{session}/opportunities").json())
    client.delete(f"/api/sessions/{session}")
    assert client.post("/api/imports", files={"file": ("x.jsonl", data)}).json()["older"] > 0
    broken = client.post("/api/imports", files={"file": ("x.jsonl", data[:-10])})
    assert broken.status_code == 422
    assert "x.jsonl" in broken.json()["detail"]


def test_a_customers_name_cannot_break_out_of_the_header(client: TestClient) -> None:
    analysed(client, customer='x"; filename="y.exe\r\nSet-Cookie: a=b')
    header = client.get("/api/exports?format=csv").headers["content-disposition"]
    plain, _, encoded = header.partition("; filename*=UTF-8''")
    assert plain.count('"') == 2
    assert disposition(unquote(encoded)) == header
    assert "set-cookie" not in client.get("/api/exports?format=csv").headers
