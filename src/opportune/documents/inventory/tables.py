"""Finds tables in sheets by their headers, wherever the header row stands."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from opportune.documents.inventory.layouts import Layout
from opportune.documents.inventory.units import GB_PER
from opportune.documents.opening.texts import text_of
from opportune.documents.opening.workbook import Cell, Sheet
from opportune.model.assessment import Table
from opportune.model.folding import folded

HEADER_ROWS = 40
"""Rows from the top of a sheet in which its header is looked for."""
HEADER_LENGTH = 120
"""A longer text is no header."""

_PERCENT = re.compile(r"%|pct|percent", re.IGNORECASE)
_PARENTHESES = re.compile(r"[(\[]([^)\]]*)[)\]]")
_TRAILING_UNIT = re.compile(
    r"(?:[\s_.-]+|(?<=[a-z])in)(kb|mb|gb|tb|kib|mib|gib|tib|hours?|horas?|pct)$", re.IGNORECASE
)
_CAMEL_UNIT = re.compile(r"(?<=[a-z])(KB|MB|GB|TB|KiB|MiB|GiB|TiB)$")
_IN = re.compile(r"[\s_.-]+(?:in|en|em)$", re.IGNORECASE)
_UNITS = frozenset((*GB_PER, "hours", "hour", "horas", "hora", "%"))


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
    keys: frozenset[str] = frozenset()
    """The header's keys, of read columns and others."""
    width: int = 0
    """Columns up to the last one that has a header."""
    summed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Field to the fields, itself first, that it is the sum of."""
    mapped: Mapping[str, str] = field(default_factory=dict)
    """Field to the header that the user gave for it."""

    @property
    def first_row(self) -> int:
        """Number of the first row below the header, 1-based."""
        return self.table.header_row + 1


@dataclass(frozen=True)
class Header:
    """A row that may be a header: each text in it with its column, key and unit."""

    number: int
    """Index of the row, 0-based."""
    cells: tuple[tuple[int, str, str, str], ...]
    """Column index, text, key, unit."""

    @property
    def keys(self) -> frozenset[str]:
        """The keys of its texts."""
        return frozenset(key for _, _, key, _ in self.cells if key)


@lru_cache(maxsize=8192)
def header_key(header: str) -> tuple[str, str]:
    """Return what a header says, and its unit, without spelling: ("totalram", "gb")."""
    inside = " ".join(_PARENTHESES.findall(header)).casefold().split()
    bare = _PARENTHESES.sub(" ", header).strip()
    unit = inside[-1] if inside and inside[-1] in _UNITS else ""
    trailing = _TRAILING_UNIT.search(bare) or _CAMEL_UNIT.search(bare)
    if trailing and not unit:
        bare, unit = _IN.sub("", bare[: trailing.start()]), trailing[1].casefold()
    return re.sub(r"[^a-z0-9]", "", folded(bare)), "" if unit == "pct" else unit


def headers_of(sheet: Sheet) -> tuple[Header, ...]:
    """Return the rows of a sheet that may be its header."""
    return tuple(
        Header(number, tuple(_header_cells(row)))
        for number, row in enumerate(sheet.rows[:HEADER_ROWS])
    )


def _header_cells(row: Sequence[Cell]) -> Iterator[tuple[int, str, str, str]]:
    for index, cell in enumerate(row):
        if isinstance(cell, str) and cell and len(cell) <= HEADER_LENGTH:
            yield index, text_of(cell), *header_key(cell)


def find_table(
    file: tuple[str, str],
    sheet: Sheet,
    headers: Sequence[Header],
    layouts: Iterable[Layout],
    mapping: Mapping[str, str] = {},
) -> FoundTable | None:
    """Return the table that a sheet holds: the row and layout in which most headers fit.

    Args:
        file: Name and SHA-256.
        sheet: The sheet.
        headers: Its rows that may be a header, from `headers_of`.
        layouts: What it may hold; of two that fit alike the first.
        mapping: Folded header to field, where the user says it: before any other header.
    """
    best: tuple[int, Header, Layout] | None = None
    candidates = tuple(layouts)
    for header in headers:
        keys = header.keys
        if not keys:
            continue
        given = {mapping[name] for name in _names(header) if name in mapping} if mapping else set()
        for candidate in candidates:
            fields = {known for key in keys if (known := candidate.field_of(key)) is not None}
            fields |= given & candidate.fields
            if candidate_fits(candidate, fields) and (best is None or len(fields) > best[0]):
                best = (len(fields), header, candidate)
    return None if best is None else _found(file, sheet, best[1], best[2], mapping)


def candidate_fits(candidate: Layout, fields: set[str]) -> bool:
    """Whether these fields make a table of this layout."""
    return len(fields) >= candidate.least and all(fields & group for group in candidate.required)


def column_letters(index: int) -> str:
    """Return A for 0, AA for 26."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _names(header: Header) -> Iterator[str]:
    return (folded(text) for _, text, _, _ in header.cells)


def _found(
    file: tuple[str, str],
    sheet: Sheet,
    header: Header,
    layout: Layout,
    mapping: Mapping[str, str],
) -> FoundTable:
    indexes: dict[str, int] = {}
    units: dict[str, str] = {}
    headers: dict[str, str] = {}
    unused: list[str] = []
    mapped = _mapped(header, layout, mapping)
    chosen = _chosen(header, layout, mapped)
    for index, text, _, unit in header.cells:
        name = chosen.get(index)
        if name is None:
            unused += [text] if text else []
        else:
            indexes[name], units[name], headers[name] = index, unit, text
    summed: dict[str, tuple[str, ...]] = {}
    for name, cells in _summed(header, layout, indexes).items():
        summed[name] = tuple(f"{name}+{n}" if n else name for n in range(len(cells)))
        for part, (index, text, _, unit) in zip(summed[name], cells, strict=True):
            indexes[part], units[part], headers[part] = index, unit, text
            unused.remove(text)
    places = dict(indexes)
    for name, sources in layout.derived.items():
        source = next((known for known in sources if known in indexes), None)
        if source is not None:
            places.setdefault(name, indexes[source])
    columns_of = {known: column_letters(index) for known, index in places.items()}
    rows = sheet.rows[header.number + 1 :]
    table = Table(*file, sheet.name, header.number + 1, columns_of, places, rows)
    width = max((index for index, _, _, _ in header.cells), default=-1) + 1
    by_user = {name: headers[name] for name in mapped.values() if name in headers}
    return FoundTable(
        layout,
        table,
        rows,
        indexes,
        units,
        headers,
        tuple(unused),
        header.keys,
        width,
        summed,
        by_user,
    )


def _mapped(header: Header, layout: Layout, mapping: Mapping[str, str]) -> dict[int, str]:
    """Return the columns whose field the user gave; of several with one header the first."""
    found: dict[int, str] = {}
    for index, text, _, _ in header.cells:
        name = mapping.get(folded(text)) if mapping else None
        if name in layout.fields and name not in found.values():
            found[index] = name
    return found


def _chosen(header: Header, layout: Layout, mapped: Mapping[int, str]) -> dict[int, str]:
    """Return the columns that are read: one for each field, by the user, then by its key's rank."""
    best: dict[str, tuple[int, int]] = {name: (-1, index) for index, name in mapped.items()}
    for index, text, key, _ in header.cells:
        name = layout.field_of(key)
        if name is None or index in mapped or (name.endswith("_gb") and _PERCENT.search(text)):
            continue
        rank = (layout.rank_of(key), index)
        best[name] = min(best.get(name, rank), rank)
    return {index: name for name, (_, index) in best.items()}


def _summed(
    header: Header, layout: Layout, indexes: Mapping[str, int]
) -> dict[str, list[tuple[int, str, str, str]]]:
    sums = {}
    for name, pattern in layout.summed.items():
        fits = [cell for cell in header.cells if re.fullmatch(pattern, cell[2])]
        free = [cell for cell in fits if cell[0] not in indexes.values()]
        if free and name not in indexes:
            sums[name] = free
    return sums
