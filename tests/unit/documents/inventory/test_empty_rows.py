"""Sheets that are formatted down to their last row are read as if they were not."""

import io
import re
import tracemalloc
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from workbooks import SHEET, changed, read, with_deflated, workbook

from opportune.documents import read_documents
from opportune.documents.opening.sheet_xml import without_empty_rows
from opportune.model.file import InputFile

HEALTHY = workbook()


def formatted_rows(first: int, last: int, cells: int) -> bytes:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[:cells]
    return b"".join(
        b'<row r="%d" s="1" customFormat="1">%b</row>'
        % (n, b"".join(b'<c r="%c%d" s="1"/>' % (ord(letter), n) for letter in letters))
        for n in range(first, last + 1)
    )


def million_rows(cells: int) -> bytes:
    """Return the healthy workbook, formatted down to the last row that Excel has."""
    with zipfile.ZipFile(io.BytesIO(HEALTHY)) as archive_:
        before, _, after = archive_.read(SHEET).partition(b"</sheetData>")
    step = 8192
    blocks = [
        (formatted_rows(first, min(first + step - 1, 1_048_576), cells), 1)
        for first in range(4, 1_048_577, step)
    ]
    return with_deflated(HEALTHY, SHEET, [(before, 1), *blocks, (b"</sheetData>" + after, 1)])


@pytest.mark.slow
def test_a_million_empty_formatted_rows_are_read_in_bounded_memory() -> None:
    file = InputFile("million.xlsx", million_rows(cells=2))
    tracemalloc.start()
    try:
        found = read_documents([file])
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(found.servers) == 2
    assert peak_bytes < 32 * 2**20  # its sheet is over 90 MB


def test_rows_below_a_long_empty_stretch_keep_their_places() -> None:
    last = b'<row r="60000"><c r="A60000" t="s"><v>5</v></c><c r="C60000" t="s"><v>7</v></c></row>'
    gap = formatted_rows(4, 59_999, 2)
    assert len(gap) > 2 * 2**20
    found = read(
        changed(
            HEALTHY,
            SHEET,
            lambda xml: xml.replace(b"</sheetData>", gap + last + b"</sheetData>"),
        ),
    )
    assert [server.row for server in found.servers] == [2, 3, 60_000]


def test_empty_rows_without_numbers_stay_for_they_hold_up_those_below() -> None:
    gap = b'<row s="1" customFormat="1"/>' * 100_000
    xml = b'<sheetData><row r="1"/>' + gap + b'<row r="100002"/></sheetData>'
    assert len(xml) > 2 * 2**20
    chunks = (xml[i : i + 2**20] for i in range(0, len(xml), 2**20))
    assert b"".join(without_empty_rows(chunks)) == xml


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.booleans(), min_size=1, max_size=40),
    st.integers(1, 5000),
)
def test_dropping_empty_rows_never_drops_a_value(pattern: list[bool], size: int) -> None:
    rows = [
        b'<row r="%d"><c r="A%d"><v>%d</v></c></row>' % (n, n, n)
        if full
        else formatted_rows(n * 1000, n * 1000 + 700, 1)
        for n, full in enumerate(pattern, 1)
    ]
    xml = b"<sheetData>" + b"".join(rows) + b"</sheetData>"
    chunks = (xml[i : i + size * 100] for i in range(0, len(xml), size * 100))
    kept = b"".join(without_empty_rows(chunks))
    assert re.findall(rb"<v>(\d+)</v>", kept) == re.findall(rb"<v>(\d+)</v>", xml)
    assert kept.startswith(b"<sheetData>")
    assert kept.endswith(b"</sheetData>")
