"""Bad files as their sender meets them: one sentence, by command line and by HTTP, nothing kept."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typst
from customer import report, workbook
from starlette.testclient import TestClient
from workbooks import ole, with_deflated
from workbooks import workbook as plain_workbook

from opportune.api import create_app
from opportune.cli import main
from opportune.settings import Settings

SHEET = "xl/worksheets/sheet1.xml"
MEGABYTE = b" " * 2**20
EMPTY_ROW = b'<row r="%d" s="1" customFormat="1"><c r="A%d" s="1"/></row>'
HEALTHY, REPORT = workbook().data, report().data


def bomb() -> bytes:
    return with_deflated(plain_workbook(), SHEET, [(MEGABYTE, 1024)])


def empty_rows() -> bytes:
    """Return a workbook whose only sheet is formatted down to Excel's last row, and empty."""
    head = (
        b'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns='
        b'"http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    )
    rows = b"".join(EMPTY_ROW % (n, n) for n in range(1, 1_048_577))
    return with_deflated(
        plain_workbook(), SHEET, [(head, 1), (rows, 1), (b"</sheetData></worksheet>", 1)]
    )


def other_pdf() -> bytes:
    return typst.compile(b"= An invoice for services", ignore_system_fonts=True)


# name -> the inventory and the report, the file that the sentence names, a word of it
Files = Callable[[], tuple[bytes, bytes]]
CASES: dict[str, tuple[Files, str, str]] = {
    "empty file": (lambda: (b"", REPORT), "mpa.xlsx", "empty"),
    "wrong type": (lambda: (b"just some notes", REPORT), "mpa.xlsx", "text"),
    "encrypted workbook": (
        lambda: (ole("EncryptedPackage", "EncryptionInfo"), REPORT),
        "mpa.xlsx",
        "password",
    ),
    "cut workbook": (lambda: (HEALTHY[:9000], REPORT), "mpa.xlsx", "cut"),
    "no server sheet": (
        lambda: (plain_workbook({"Costs": [("Month", "USD"), ("May", 5)]}), REPORT),
        "mpa.xlsx",
        "Costs",
    ),
    "zip bomb": (lambda: (bomb(), REPORT), "mpa.xlsx", "zip bomb"),
    "a million empty rows": (lambda: (empty_rows(), REPORT), "mpa.xlsx", "Servers"),
    "truncated report": (lambda: (HEALTHY, REPORT[:20_000]), "mra.pdf", "cut"),
    "another report": (lambda: (HEALTHY, other_pdf()), "mra.pdf", "no MRA report"),
    "swapped": (lambda: (REPORT, HEALTHY), "mpa.xlsx", "readiness report"),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_a_bad_file_is_refused_everywhere_and_nothing_is_kept(
    case: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make, name, words = CASES[case]
    mpa, mra = make()
    (tmp_path / "mpa.xlsx").write_bytes(mpa)
    (tmp_path / "mra.pdf").write_bytes(mra)
    data_dir = tmp_path / "data"
    monkeypatch.setenv("OPPORTUNITY_DATA_DIR", str(data_dir))
    command = ["opportune", "analyze", str(tmp_path / "mpa.xlsx"), str(tmp_path / "mra.pdf")]
    monkeypatch.setattr(sys, "argv", [*command, "--store", "sqlite"])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    assert (ended.value.code, out, err.count("\n")) == (3, "", 1), err
    assert err.startswith(f"opportune: {name}")
    assert words in err

    app = create_app(settings=Settings(storage_type="sqlite", data_dir=data_dir))
    with TestClient(app, base_url="http://localhost") as client:
        answer = client.post(
            "/api/opportunities/analyze",
            files={"mpaFile": ("mpa.xlsx", mpa), "mraFile": ("mra.pdf", mra)},
        )
        assert answer.status_code in (415, 422), answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"] == err.removeprefix("opportune: ").rstrip("\n")
        assert client.get("/api/sessions").json()["items"] == []
    assert not (data_dir / "files").exists()
