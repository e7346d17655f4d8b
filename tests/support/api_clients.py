"""A client of the HTTP API over a store in memory, and sessions analysed through it."""

from pathlib import Path

import httpx2 as httpx
import pytest
from customer import report, workbook
from lambda_events import Connect

from opportune.api import create_app
from opportune.settings import Settings

MPA = ("mpa.xlsx", workbook().data)


MRA = ("mra.pdf", report().data)


@pytest.fixture(params=["memory", "sqlite"])
def client(request: pytest.FixtureRequest, tmp_path: Path, connect: Connect) -> httpx.Client:
    settings = Settings(storage_type=request.param, data_dir=tmp_path, max_upload_mb=2)
    return connect(create_app(settings=settings))


def analysed(client: httpx.Client, **form: str) -> dict[str, object]:
    answer = client.post(
        "/api/opportunities/analyze",
        files={"mpaFile": MPA, "mraFile": MRA},
        data={"customer": "Example Corp"} | form,
    )
    assert answer.status_code == 201, answer.text
    body: dict[str, object] = answer.json()
    return body
