"""The cells that a figure rests on: kept as rows and fields, written out only when shown."""

import hashlib
import marshal
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, NamedTuple

from opportune.model.assessment import (
    NO_FIGURES,
    Answer,
    Application,
    Database,
    Link,
    Rating,
    Server,
    Table,
)
from opportune.model.records import Evidence

TableRow = Server | Database | Application | Link
Fact = Server | Database | Application | Link | Rating | Answer

WHOLE_ROW = "*"
"""Instead of a field: every column that is read of the row."""

_FIRST_FILLED = {
    "id": ("id", "hostname", "name", "instance"),
    "server_id": ("server_id", "server_id_host"),
    "source": ("source", "source_host"),
    "target": ("target", "target_host"),
}
"""Facts that stand in the first of these columns that is not blank."""
_TOGETHER = {
    "is_template": ("is_template", "placeholder"),
    "is_virtual": ("is_virtual", "is_physical"),
}
"""Facts that all of these columns decide."""
_UNITS = {"cores": "cores", "threads": "threads", "sockets": "sockets"}
_ENDINGS = {"_gb": "GB", "_fraction": "fraction", "_hours": "h", "_lines": "lines"}

Value = str | float | bool | None


class Cell(NamedTuple):
    """A cell as people and programs see it.

    `source`: file and place. `raw`: its text as the file has it, "" = blank. `value`: what it was
    read as; of a fact that several cells make up (cores = sockets x cores per CPU) the fact.
    `unit`: of the value; `fraction` is 0..1.
    """

    source: str
    field: str
    raw: str
    value: Value
    unit: str


@dataclass(frozen=True, slots=True)
class Cells:
    """These fields of these rows, by our names: (`servers`, ("os_name", "os_version")).

    Iterating writes each cell out. A field for which a row's table has no column gives no cell.
    """

    facts: tuple[Fact, ...]
    fields: tuple[str, ...]

    def __iter__(self) -> Iterator[Cell]:
        for fact in self.facts:
            for name in self.fields:
                yield from _cells_of(fact, name)

    def __repr__(self) -> str:
        return f"Cells{tuple(self)!r}"


Shared = dict[tuple[str, int, int, int], tuple[Sequence[Any], bytes]]
"""Digests of columns of cells: by field, how many, and the first and last row's identity."""

MANY = 64
"""Rows from which on a column of cells has a digest of its own, to be found again."""


class Digest:
    """A SHA-256 over places, raw texts and values of cells: column by column, for speed.

    Args:
        shared: Given to the digests of all trees of an analysis, cells that several name are taken
            in once.
    """

    def __init__(self, shared: Shared) -> None:
        self._hash = hashlib.sha256()
        self._shared = shared
        self._columns: dict[tuple[int, str], Columns] = {}

    def add(self, text: str) -> None:
        """Take in a text."""
        self._hash.update(text.encode("utf-8", "backslashreplace"))

    def add_cells(self, cells: Cells) -> None:
        """Take in these cells, which stay alive as long as this does."""
        facts: Sequence[Any] = cells.facts
        if len(facts) < MANY:
            self._add_columns(facts, cells.fields)
            return
        for name in cells.fields:
            key = (name, len(facts), id(facts[0]), id(facts[-1]))
            same, found = self._shared.get(key, ((), b""))
            if same != facts:
                column = Digest(self._shared)
                column._add_columns(facts, (name,))
                found = column._hash.digest()
                self._shared[key] = (facts, found)
            self._hash.update(found)

    def _add_columns(self, facts: Sequence[Any], fields: Iterable[str]) -> None:
        only = _only_table(facts)
        together = [(only, facts, [fact.row for fact in facts])] if only else []
        for name in fields:
            self._add_values(facts, name)
            for table, members, rows in together or _by_table(facts, name):
                self._add_raws(table, members, rows, name)

    def _add_values(self, facts: Sequence[Any], name: str) -> None:
        """Take in what cells were read as; a text was read as itself."""
        values = list(map(attrgetter(name), facts)) if name != WHOLE_ROW else []
        self.add(name)
        if values and not isinstance(values[0], str):
            self._add_list(values)

    def _add_raws(
        self, table: Table | None, facts: Sequence[Any], rows: list[int], name: str
    ) -> None:
        """Take in where a field of facts stands, and what stands there."""
        if table is None:
            self._add_list([(f.file, f.location, getattr(f, name)) for f in facts])
            return
        for columns, there in self._by_columns(table, facts, rows, name):
            for column in columns:
                self.add(f"{table.file}!{table.sheet}!{table.columns[column]}")
                self._add_list(_raws(table, column, there))
            self._add_list(there)

    def _by_columns(
        self, table: Table, facts: Sequence[Any], rows: list[int], name: str
    ) -> Iterable[tuple[tuple[str, ...], list[int]]]:
        """Return rows by the columns that a field stands in there."""
        columns = self._columns.get((id(table), name))
        if columns is None:
            columns = self._columns[id(table), name] = _columns(table, name)
        if isinstance(columns, tuple):
            return [(columns, rows)]
        usual = _usual(table, facts, rows, name)
        if usual:
            return [(usual, rows)]
        found: dict[tuple[str, ...], list[int]] = {}
        for fact, row in zip(facts, rows, strict=True):
            found.setdefault(columns(fact, row), []).append(row)
        return found.items()

    def _add_list(self, values: Sequence[Any]) -> None:
        # Version 2 of the format writes equal values alike in every process and Python.
        try:
            self._hash.update(marshal.dumps(list(values), 2))
        except ValueError:  # dates
            self._hash.update(marshal.dumps(list(map(repr, values)), 2))

    def hexdigest(self) -> str:
        """Return it."""
        return self._hash.hexdigest()


def _only_table(facts: Sequence[Any]) -> Table | None:
    """Return the table that all facts stand in with all their fields; None if it is not one."""
    if not facts or isinstance(facts[0], Rating | Answer):
        return None
    if isinstance(facts[0], Server) and any(f.origins for f in facts):
        return None
    first: Table = facts[0].table
    return first if len({id(f.table) for f in facts}) == 1 else None


def _by_table(
    facts: Sequence[Fact], name: str
) -> Iterable[tuple[Table | None, Sequence[Any], list[int]]]:
    """Return facts by the table that a field of theirs stands in, and the rows there."""
    groups: dict[tuple[str, str, str], tuple[Table | None, list[Any], list[int]]] = {}
    for fact in facts:
        table, row = (None, 0) if isinstance(fact, Rating | Answer) else _origin(fact, name)
        key = (table.file, table.sha256, table.sheet) if table else ("", "", "")
        _, members, rows = groups.setdefault(key, (table, [], []))
        members.append(fact)
        rows.append(row)
    return groups.values()


def _origin(fact: TableRow, name: str) -> tuple[Table, int]:
    if isinstance(fact, Server) and name != WHOLE_ROW:
        return fact.origin(name)
    return fact.table, fact.row


def _raws(table: Table, column: str, rows: Sequence[int]) -> list[object]:
    index, first, cells = table.indexes.get(column), table.header_row + 1, table.rows
    if index is None:
        return []
    try:
        return [cells[row - first][index] for row in rows]
    except IndexError:  # rows of a CSV file may be short
        return [table.raw(column, row) for row in rows]


Columns = tuple[str, ...] | Callable[[TableRow, int], tuple[str, ...]]
"""The columns that a fact stands in; those that decided it in a row, where rows differ."""


@dataclass(frozen=True, slots=True)
class Cited:
    """A piece of evidence, and the cells that it cites."""

    evidence: Evidence
    cells: Cells


def written_out(groups: Iterable[Cells]) -> tuple[Cell, ...]:
    """Return each cell once, in the order in which they are first named."""
    found: dict[str | tuple[str, str, str], Cell] = {}
    for group in groups:
        for cell in group:
            # A rating's fields stand at one place; a table's cell is one, whatever it is read as.
            is_table = isinstance(group.facts[0], TableRow)
            found.setdefault(cell.source if is_table else cell[:3], cell)
    return tuple(found.values())


def unit_of(name: str) -> str:
    """Return the unit of a field's value; "" if it has none."""
    ending = next((unit for end, unit in _ENDINGS.items() if name.endswith(end)), "")
    return _UNITS.get(name, ending)


def _cells_of(fact: Fact, name: str) -> Iterator[Cell]:
    if isinstance(fact, TableRow):
        yield from _table_cells(fact, name)
        return
    value: Value = getattr(fact, name)
    raw = f"{value:g}" if isinstance(value, float | int) else str(value)
    yield Cell(f"{fact.file} {fact.location}: {fact.question}", name, raw, value, "")


def _table_cells(fact: TableRow, name: str) -> Iterator[Cell]:
    table, row = _origin(fact, name)
    columns = _columns(table, name)
    for column in columns if isinstance(columns, tuple) else columns(fact, row):
        field, raw = column if name == WHOLE_ROW else name, table.raw(column, row)
        value = getattr(fact, field, raw)
        # Spreadsheets show a whole number without decimals; readers hand it over as 8.0.
        is_whole = any(isinstance(r, float) and r.is_integer() for r in _raws(table, column, [row]))
        shown = raw.removesuffix(".0") if is_whole else raw
        yield Cell(f"{table.file} {table.place(column, row)}", field, shown, value, unit_of(field))


def _columns(table: Table, name: str) -> Columns:
    if name == "cores":
        return _cores(table)
    if name == "threads":
        return _present(("total_threads", "threads"), table)[:1]
    if name in _FIRST_FILLED:
        return _first_filled(_present(_FIRST_FILLED[name], table), table)
    if name == WHOLE_ROW:
        names = (name for name in table.columns if name not in NO_FIGURES)
        return _present(sorted(names, key=lambda n: (len(table.columns[n]), n)), table)
    return _present(_TOGETHER.get(name, (name,)), table)


def _present(names: Iterable[str], table: Table) -> tuple[str, ...]:
    """Return those that the table has, of several names for one column the first."""
    found: dict[str, str] = {}
    for name in names:
        if name in table.columns:
            found.setdefault(table.columns[name], name)
    return tuple(found.values())


def _usual(table: Table, facts: Sequence[Any], rows: Sequence[int], name: str) -> tuple[str, ...]:
    """Return the columns that a field stands in if they are the same in all rows; else ().

    Mostly they are: no row of the first column is blank, every server's cores are known.
    """
    if name in _FIRST_FILLED:
        first = _present(_FIRST_FILLED[name], table)[:1]
        return first if all(str(raw).strip() for raw in _raws(table, first[0], rows)) else ()
    if "total_cores" in table.columns or any(f.cores is None for f in facts):
        return ()
    return _product(table)


def _first_filled(columns: tuple[str, ...], table: Table) -> Columns:
    single = [(column,) for column in columns]

    def filled(_: TableRow, row: int) -> tuple[str, ...]:
        return next((one for one in single if table.raw(one[0], row).strip()), single[0])

    return filled if len(columns) > 1 else columns


def _cores(table: Table) -> Columns:
    """Return the columns of all cores: their own, or the two that multiply to them."""
    anywhere = _present(("total_cores", "sockets", "cores_per_cpu", "total_threads"), table)
    product = _product(table)

    def cores(fact: TableRow, row: int) -> tuple[str, ...]:
        count = getattr(fact, "cores", None)
        if count is None:  # every column that could have given it
            return anywhere
        if "total_cores" not in table.columns:
            return product
        stated = table.raw("total_cores", row).strip()
        if _is_number(stated, count):
            return ("total_cores",)
        return _present(("total_cores", *product), table) if stated else product

    return cores


def _product(table: Table) -> tuple[str, ...]:
    """Return the columns that make up all cores where no column holds them by itself."""
    if "cores_per_cpu" in table.columns:
        return _present(("sockets", "cores_per_cpu"), table)
    if "total_cores" in table.columns:
        return ("total_cores",)
    return _present(("sockets", "total_threads", "cores"), table)[:1]


def _is_number(text: str, value: object) -> bool:
    try:
        return float(text) == value
    except ValueError:
        return False
