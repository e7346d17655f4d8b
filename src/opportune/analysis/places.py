"""Where facts stand: many rows of a sheet as few ranges."""

from collections.abc import Iterable
from dataclasses import dataclass

from opportune.assessment import Row, Table

RANGES_LISTED = 40
"""Ranges that one place lists; more become the range from the first row to the last."""


@dataclass(frozen=True)
class Place:
    """Rows of one table: `Servers!F2:F9, Servers!F12` in a file."""

    file: str
    location: str
    rows: int


def located(rows: Iterable[Row], column: str) -> list[Place]:
    """Return where a field of these rows stands, table by table.

    Args:
        rows: In any order; a row given twice counts once.
        column: Our name of the field; a field that the table lacks gives whole rows.
    """
    numbers: dict[tuple[str, str, str], set[int]] = {}
    tables: dict[tuple[str, str, str], Table] = {}
    for fact in rows:
        key = (fact.table.file, fact.table.sha256, fact.table.sheet)
        numbers.setdefault(key, set()).add(fact.row)
        tables[key] = fact.table
    return [
        Place(tables[key].file, _location(tables[key], column, found), len(found))
        for key, found in sorted(numbers.items())
    ]


def _location(table: Table, column: str, numbers: set[int]) -> str:
    runs = _runs(sorted(numbers))
    if len(runs) > RANGES_LISTED:
        runs = [(runs[0][0], runs[-1][1])]
    return ", ".join(
        table.place(column, first) if first == last else table.span(column, first, last)
        for first, last in runs
    )


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    """Return runs of neighbours: 2, 3, 4, 9 -> (2, 4), (9, 9)."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs
