"""CSV that spreadsheet programs open as it was meant, and in which no text becomes a formula."""

import csv
import io
import re
from datetime import datetime
from decimal import Decimal

from opportune.errors import InvalidInputError
from opportune.export.portfolio import Portfolio
from opportune.export.table import Cell, headings, rows
from opportune.model.times import time_text

SEPARATORS = (",", ";")
BEGINNING = r"[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]"
"""Of a formula, as some program or other sees it; the last four are full-width forms."""
DANGEROUS = re.compile(rf"^(?=\s*{BEGINNING})|(?<=[,;\t\n])(?={BEGINNING})")
"""Where a formula may begin. Inside a cell, too: a program that expects the other separator, or
takes a line end for the end of a row, cuts there."""


def write(portfolio: Portfolio, *, separator: str = ",") -> bytes:
    """Write opportunities as CSV: UTF-8 with a mark, CRLF, numbers with a point, times in UTC.

    Raises:
        InvalidInputError: The separator is neither a comma nor a semicolon.
    """
    if separator not in SEPARATORS:
        raise InvalidInputError(f"{separator!r} is not a separator we write: use ',' or ';'.")
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator, lineterminator="\r\n")
    writer.writerow(headings(portfolio.language))
    writer.writerows([cell_text(cell) for cell in row] for row in rows(portfolio))
    return text.getvalue().encode("utf-8-sig")


def cell_text(cell: Cell) -> str:
    """Return a cell as the file has it."""
    if isinstance(cell, str):
        return DANGEROUS.sub("'", cell)
    if isinstance(cell, Decimal):
        return f"{cell:.2f}"
    if isinstance(cell, datetime):
        return time_text(cell)
    return "" if cell is None else str(cell)
