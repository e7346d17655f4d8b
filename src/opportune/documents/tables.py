"""Finds tables in sheets by their headers, wherever the header row stands."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from opportune.assessment import Table
from opportune.documents.cells import text_of
from opportune.documents.units import GB_PER
from opportune.documents.workbook import Cell, Sheet
from opportune.models import folded

HEADER_ROWS = 40
"""Rows from the top of a sheet in which its header is looked for."""

_PARENTHESES = re.compile(r"[(\[]([^)\]]*)[)\]]")
_TRAILING_UNIT = re.compile(
    r"(?:[\s_.-]+|(?<=[a-z])in)(kb|mb|gb|tb|kib|mib|gib|tib|hours?|pct)$", re.IGNORECASE
)
_UNITS = frozenset((*GB_PER, "hours", "hour", "%"))


@dataclass(frozen=True)
class Layout:
    """A kind of table: which header means which field, and what makes it one.

    Args:
        headers: Header keys (`header_key`) to field names.
        required: Groups of fields; of each group at least one must be there.
        least: How many fields must be there in all.
        derived: Facts that come from other fields, and in which column they then stand.
    """

    kind: str
    headers: Mapping[str, str]
    required: tuple[frozenset[str], ...]
    least: int
    derived: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class FoundTable:
    """A table in a sheet: its place, the cells below its header, and what its columns are."""

    layout: Layout
    table: Table
    rows: Sequence[list[Cell]]
    indexes: Mapping[str, int]
    """Field to column index, 0-based."""
    units: Mapping[str, str]
    """Field to the unit that its header names, lower case; "" = none."""
    headers: Mapping[str, str]
    """Field to header as it stands in the file."""
    unused: tuple[str, ...]
    """Headers of columns that are not read."""

    @property
    def first_row(self) -> int:
        """Number of the first row below the header, 1-based."""
        return self.table.header_row + 1


def header_key(header: str) -> tuple[str, str]:
    """Return what a header says, and its unit, without spelling: ("totalram", "gb")."""
    inside = " ".join(_PARENTHESES.findall(header)).casefold().split()
    bare = _PARENTHESES.sub(" ", header).strip()
    unit = inside[-1] if inside and inside[-1] in _UNITS else ""
    trailing = _TRAILING_UNIT.search(bare)
    if trailing and not unit:
        bare, unit = bare[: trailing.start()], trailing[1].casefold()
    return re.sub(r"[^a-z0-9]", "", folded(bare)), "" if unit == "pct" else unit


def find_table(
    file: str, sha256: str, sheet: Sheet, layouts: Iterable[Layout]
) -> FoundTable | None:
    """Return the table that a sheet holds: the row and layout in which most headers fit."""
    best: tuple[int, int, Layout] | None = None
    candidates = tuple(layouts)
    for number, row in enumerate(sheet.rows[:HEADER_ROWS]):
        keys = {header_key(cell)[0] for cell in row if isinstance(cell, str) and cell}
        for layout in candidates:
            fields = {layout.headers[key] for key in keys if key in layout.headers}
            fits = len(fields) >= layout.least and all(fields & group for group in layout.required)
            if fits and (best is None or len(fields) > best[0]):
                best = (len(fields), number, layout)
    return None if best is None else _found(file, sha256, sheet, best[1], best[2])


def column_letters(index: int) -> str:
    """Return A for 0, AA for 26."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _found(file: str, sha256: str, sheet: Sheet, number: int, layout: Layout) -> FoundTable:
    indexes: dict[str, int] = {}
    units: dict[str, str] = {}
    headers: dict[str, str] = {}
    unused: list[str] = []
    for index, cell in enumerate(sheet.rows[number]):
        header = text_of(cell)
        key, unit = header_key(header)
        field = layout.headers.get(key)
        if field is None or field in indexes:
            unused += [header] if header else []
            continue
        indexes[field], units[field], headers[field] = index, unit, header
    places = dict(indexes)
    for name, sources in layout.derived.items():
        source = next((field for field in sources if field in indexes), None)
        if source is not None:
            places.setdefault(name, indexes[source])
    columns = {field: column_letters(index) for field, index in places.items()}
    rows = sheet.rows[number + 1 :]
    table = Table(file, sha256, sheet.name, number + 1, columns, places, rows)
    return FoundTable(layout, table, rows, indexes, units, headers, tuple(unused))
