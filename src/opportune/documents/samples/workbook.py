"""Writes an MPA-like workbook of any size: an invented customer with the faults of real exports.

Every sheet and header of the official format is there; so are texts with units, formulas, ids that
name nothing, and figures that contradict each other, for the quality notes to find.
"""

import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import xlsxwriter  # type: ignore[import-untyped] # it ships no types
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped] # the same

from opportune.documents.samples.mpa_rows import (
    APPLICATION_HEADERS,
    DATABASE_HEADERS,
    SERVER_HEADERS,
    SHEET_NOTES,
    Cell,
    Estate,
    Formula,
    make_estate,
)

CREATED = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""Fixed, so that the same seed gives the same bytes."""


def write_workbook(path: Path, *, servers: int = 200, seed: int = 7) -> None:
    """Write the workbook.

    Args:
        path: Where; an existing file is replaced.
        servers: How many, 1 to 100,000; a database for each 14, an application for each 12.
        seed: Same seed, same bytes.
    """
    estate = make_estate(servers, random.Random(seed))  # noqa: S311 - invented data, no secret
    with xlsxwriter.Workbook(str(path), {"constant_memory": False}) as book:
        # A workbook's dates carry no zone.
        book.set_properties({"title": "Sample portfolio", "created": CREATED.replace(tzinfo=None)})
        contents = book.add_worksheet("TOC")
        for row, line in enumerate(SHEET_NOTES, 1):
            contents.write_string(row, 1, line)
        for name, headers, rows in _sheets(estate):
            _write(book.add_worksheet(name), headers, rows)
        extra = book.add_worksheet("Additional")
        for row, cells in enumerate((("Shared Storage",), ("Storage type", "Raw/Usable")), 1):
            extra.write_row(row, 1, cells)


def _sheets(estate: Estate) -> Iterable[tuple[str, Sequence[str], Iterable[Sequence[Cell]]]]:
    yield "Servers", SERVER_HEADERS, estate.servers
    yield "Applications", APPLICATION_HEADERS, estate.applications
    yield "Databases", DATABASE_HEADERS, estate.databases
    yield "Server to application", ("appid", "serverId"), estate.server_applications
    yield (
        "Server communication",
        (
            "Source Server ID", " Source Process ID", " Source Server IP Address",
            " Source Port", " Target Server ID", " Target Server IP Address",
            "Target Process ID", " Target Port", "IP Version", "Transport Protocol", "Count",
            "State",
        ),
        estate.communications,
    )  # fmt: skip
    yield (
        "Database to application",
        ("Database ID", "Application ID", "Criticality"),
        estate.database_applications,
    )
    yield (
        "Application dependency",
        ("SRC App ID", "DEST App ID", "Criticality"),
        estate.dependencies,
    )


def _write(sheet: Worksheet, headers: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    sheet.freeze_panes(1, 0)
    for column, header in enumerate(headers):
        sheet.write_string(0, column, header)
    string, number = sheet.write_string, sheet.write_number
    for row, cells in enumerate(rows, 1):
        for column, cell in enumerate(cells):
            if isinstance(cell, str):
                if cell:
                    string(row, column, cell)
            elif isinstance(cell, Formula):
                sheet.write_formula(row, column, cell.text, None, cell.result)
            elif cell is not None:
                number(row, column, cell)
