"""Finds tables in sheets by their headers, wherever the header row stands."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from opportune.documents.inventory.filling import (
    fields_by_words,
    filled_in,
    with_name,
    with_system,
    with_virtual_cores,
)
from opportune.documents.inventory.headers import meaning_of
from opportune.documents.inventory.layouts import SERVERS, Layout
from opportune.documents.inventory.units import GB_PER
from opportune.documents.opening.texts import text_of
from opportune.documents.opening.workbook import Cell, Sheet
from opportune.model.assessment import Table
from opportune.model.folding import folded

HEADER_ROWS = 40
"""Rows from the top of a sheet in which its header is looked for."""
_LAST = 1_000_000
"""A rank after that of any header key."""
HEADER_LENGTH = 120
"""A longer text is no header."""

_PERCENT = re.compile(r"%|pct|percent", re.IGNORECASE)
_PARENTHESES = re.compile(r"[(\[]([^)\]]*)[)\]]")
_TRAILING_UNIT = re.compile(
    r"(?:[\s_.-]+|(?<=[a-z])in)(kb|mb|gb|tb|kib|mib|gib|tib|mo|go|hours?|horas?|pct)$",
    re.IGNORECASE,
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
    implied: Mapping[str, str] = field(default_factory=dict)
    """Field to the unit that is meant where its header names none, as in `Layout.units`."""
    understood: Mapping[str, str] = field(default_factory=dict)
    """Field to the header that no layout declares, but whose words or values say it."""
    delimiter: str = ""
    """What separates the cells of a text; "" in a workbook."""

    @property
    def first_row(self) -> int:
        """Number of the first row below the header, 1-based."""
        return self.table.header_row + 1


_HeaderCell = tuple[int, str, str, str]
"""Column index, text, key, unit."""


@dataclass(frozen=True)
class Header:
    """A row that may be a header: each text in it with its column, key and unit."""

    number: int
    """Index of the row, 0-based."""
    cells: tuple[_HeaderCell, ...]
    filled: frozenset[int] | None = None
    """Indexes of the columns that hold anything below; None = all."""

    @cached_property
    def keys(self) -> frozenset[str]:
        """The keys of its texts."""
        return frozenset(key for _, _, key, _ in self.cells if key)

    def is_filled(self, index: int) -> bool:
        """Whether a column holds anything below this row; without rows below all do."""
        return self.filled is None or index in self.filled


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
    width = max((len(row) for row in sheet.rows[:1]), default=0)
    last = [_last_filled(sheet.rows, index) for index in range(width)]
    return tuple(
        Header(
            number,
            tuple(_header_cells(row)),
            frozenset(index for index, place in enumerate(last) if place > number)
            if number + 1 < len(sheet.rows)
            else None,
        )
        for number, row in enumerate(sheet.rows[:HEADER_ROWS])
    )


def _last_filled(rows: Sequence[Sequence[Cell]], index: int) -> int:
    """Return the last row that has something in a column, -1 if none has."""
    return next((n for n in range(len(rows) - 1, -1, -1) if rows[n][index] not in ("", " ")), -1)


def _header_cells(row: Sequence[Cell]) -> Iterator[tuple[int, str, str, str]]:
    for index, cell in enumerate(row):
        if isinstance(cell, str) and cell and len(cell) <= HEADER_LENGTH:
            yield index, text_of(cell), *header_key(cell)


@dataclass(frozen=True)
class Knowledge:
    """What is known of columns beside a table's own layout."""

    mapping: Mapping[str, str] = field(default_factory=dict)
    """Folded header to field, where the user says it: before any other header."""
    others: Sequence[Layout] = ()
    """Layouts of servers that say what columns mean that the own one does not know: the plain list
    last. None: only what the own layout declares is read."""
    by_words: bool = False
    """Whether a list of servers may be one by the words of its headers alone, and only by columns
    that hold something."""


def find_table(
    file: tuple[str, str],
    sheet: Sheet,
    headers: Sequence[Header],
    layouts: Sequence[Layout],
    known: Knowledge,
) -> FoundTable | None:
    """Return the table that a sheet holds: the row and layout in which most headers fit.

    Args:
        file: Name and SHA-256.
        sheet: The sheet.
        headers: Its rows that may be a header, from `headers_of`.
        layouts: What it may hold; of two that fit alike the first.
        known: What else is known of columns.
    """
    best: tuple[int, Header, Layout] | None = None
    for header in headers:
        if not header.keys:
            continue
        names = _header_texts(header) if known.mapping else ()
        given = {known.mapping[name] for name in names if name in known.mapping}
        for candidate in layouts:
            fields = _recognised_fields(header, candidate, by_words=known.by_words)
            fields |= given & candidate.fields
            if candidate_fits(candidate, fields) and (best is None or len(fields) > best[0]):
                best = (len(fields), header, candidate)
    return None if best is None else _found_table(file, sheet, best[1:], known)


def _recognised_fields(header: Header, candidate: Layout, *, by_words: bool) -> set[str]:
    if by_words and candidate.kind == SERVERS:
        return fields_by_words(header, candidate)
    return {name for key in header.keys if (name := candidate.field_of(key)) is not None}


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


def _header_texts(header: Header) -> Iterator[str]:
    return (folded(text) for _, text, _, _ in header.cells)


def _found_table(
    file: tuple[str, str], sheet: Sheet, fitting: tuple[Header, Layout], known: Knowledge
) -> FoundTable:
    header, layout = fitting
    rows = sheet.rows[header.number + 1 :]
    mapped = _mapped(header, layout, known.mapping)
    chosen = _chosen(header, layout, mapped)
    others = known.others if layout.kind == SERVERS else ()
    more = filled_in(header, layout, chosen, others, rows)
    chosen |= {one.column: one.field for one in more}
    if layout.kind == SERVERS:
        with_virtual_cores(header, chosen)
        with_system(chosen, layout, rows)
        with_name(chosen, layout)
    read = _Read()
    for cell in header.cells:
        read.add(chosen.get(cell[0]), cell)
    patterns = {**(others[-1].summed if others else {}), **layout.summed}
    for name, cells in _summed(header, patterns, read.indexes).items():
        read.add_sum(name, cells)
    understood = {chosen[one.column]: one.text for one in more if one.is_understood}
    for name, text in understood.items():
        read.units[name] = read.units[name] or meaning_of(text).unit
    places = _places(read.indexes, (layout, *others[-1:]))
    columns_of = {known: column_letters(index) for known, index in places.items()}
    return FoundTable(
        layout,
        Table(*file, sheet.name, header.number + 1, columns_of, places, rows),
        rows,
        read.indexes,
        read.units,
        read.headers,
        tuple(read.unused),
        header.keys,
        max((index for index, _, _, _ in header.cells), default=-1) + 1,
        read.summed,
        {name: read.headers[name] for name in mapped.values() if name in read.headers},
        {**layout.units, **{one.field: one.implied for one in more}},
        understood,
        sheet.delimiter,
    )


@dataclass
class _Read:
    """What the cells of a header are read as."""

    indexes: dict[str, int] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)
    summed: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def add(self, name: str | None, cell: _HeaderCell) -> None:
        """Add a column: of a field, or of none."""
        index, text, _, unit = cell
        if name is not None:
            self.indexes[name], self.units[name], self.headers[name] = index, unit, text
        elif text:
            self.unused.append(text)

    def add_sum(self, name: str, cells: Sequence[_HeaderCell]) -> None:
        """Add a field that is the sum of several columns."""
        self.summed[name] = tuple(f"{name}+{n}" if n else name for n in range(len(cells)))
        for part, cell in zip(self.summed[name], cells, strict=True):
            self.add(part, cell)
            self.unused.remove(cell[1])


def _places(indexes: Mapping[str, int], layouts: Sequence[Layout]) -> dict[str, int]:
    """Return where each field stands, and each fact that comes from one."""
    places = dict(indexes)
    for name, sources in (pair for layout in layouts for pair in layout.derived.items()):
        source = next((known for known in sources if known in indexes), None)
        if source is not None:
            places.setdefault(name, indexes[source])
    return places


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
        # A column that holds nothing gives way to any other of its field.
        rank = (layout.rank_of(key) + (0 if header.is_filled(index) else _LAST), index)
        best[name] = min(best.get(name, rank), rank)
    return {index: name for name, (_, index) in best.items()}


def _summed(
    header: Header, patterns: Mapping[str, str], indexes: Mapping[str, int]
) -> dict[str, list[_HeaderCell]]:
    sums = {}
    for name, pattern in patterns.items():
        fits = [cell for cell in header.cells if re.fullmatch(pattern, cell[2])]
        free = [cell for cell in fits if cell[0] not in indexes.values()]
        if free and name not in indexes:
            sums[name] = free
    return sums
