"""Adds up sheets with openpyxl alone, by headers that a test names: a second opinion on a reader.

It shares no code with the reader and knows no rule: a test says which rows count.
"""

import io
from collections.abc import Callable, Iterator, Mapping

from openpyxl import load_workbook

Row = Mapping[str, object]


def rows_of(data: bytes, sheet: str) -> Iterator[Row]:
    """Yield the rows of a sheet by its first row's headers; blank rows are left out."""
    book = load_workbook(io.BytesIO(data), data_only=True)
    values = book[sheet].iter_rows(values_only=True)
    headers = [str(header) for header in next(values)]
    for row in values:
        if any(cell is not None for cell in row):
            yield dict(zip(headers, row, strict=False))


def total(
    data: bytes, sheet: str, header: str, counts: Callable[[Row], bool] = lambda _: True
) -> float:
    """Return the sum of a column over the rows that count."""
    return sum(
        float(str(row[header]))
        for row in rows_of(data, sheet)
        if counts(row) and row.get(header) not in (None, "")
    )


def count(data: bytes, sheet: str, counts: Callable[[Row], bool] = lambda _: True) -> int:
    """Return how many rows count."""
    return sum(1 for row in rows_of(data, sheet) if counts(row))
