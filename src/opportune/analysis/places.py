"""Where facts stand: many rows of a sheet as few ranges."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, TypeVar

from opportune.model.assessment import Row, Server, Table

RANGES_LISTED = 40
"""Ranges that one place lists; more become the range from the first row to the last."""


Fact = TypeVar("Fact", bound=Row)


@dataclass(frozen=True)
class Place(Generic[Fact]):
    """Rows of one table: `Servers!F2:F9, Servers!F12` in a file; in the order of the file.

    `rows` has one fact for each row of the table, `facts` every one: a row may hold several.
    """

    file: str
    location: str
    rows: tuple[Fact, ...]
    facts: tuple[Fact, ...]


def located(rows: Iterable[Fact], column: str) -> list[Place[Fact]]:
    """Return where a field of these rows stands, table by table.

    Args:
        rows: In any order; a row given twice counts once.
        column: Our name of the field; a field that the table lacks gives whole rows.

    Returns:
        Places by file and sheet; every fact is in exactly one.
    """
    facts = tuple(rows)
    if not any(isinstance(f, Server) and f.origins for f in facts):
        tables_met = {id(f.table) for f in facts}
        numbers = [f.row for f in facts]
        if len(tables_met) == 1 and all(a < b for a, b in pairwise(numbers)):  # nearly always
            table = facts[0].table
            return [Place(table.file, _location(table, column, numbers), facts, facts)]
    found: dict[tuple[str, str, str], dict[int, dict[int, Fact]]] = {}
    tables: dict[tuple[str, str, str], Table] = {}
    for fact in facts:
        table, row = _origin(fact, column)
        key = (table.file, table.sha256, table.sheet)
        tables[key] = table
        found.setdefault(key, {}).setdefault(row, {}).setdefault(id(fact), fact)
    return [
        Place(
            tables[key].file,
            _location(tables[key], column, sorted(members)),
            tuple(next(iter(members[n].values())) for n in sorted(members)),
            tuple(fact for n in sorted(members) for fact in members[n].values()),
        )
        for key, members in sorted(found.items(), key=lambda item: item[0])
    ]


def _origin(fact: Row, column: str) -> tuple[Table, int]:
    """Return where a field stands: of a server joined from several files, not in its own row."""
    if isinstance(fact, Server) and fact.origins:
        return fact.origin(column)
    return fact.table, fact.row


def _location(table: Table, column: str, numbers: list[int]) -> str:
    runs = _runs(numbers)
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
