"""Gathers what a seller must know about the files: few notes, each with its places.

Codes are constants; docs/documents.md explains each (a test compares).
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from opportune.model.assessment import Table
from opportune.model.records import QualityNote

PLACES_SHOWN = 5
RAW_SHOWN = 60
"""Characters of a cell's raw text in a message."""


class Code(StrEnum):
    """What a note is about."""

    UNIT_DECIDED = "unit-decided"
    UNIT_AMBIGUOUS = "unit-ambiguous"
    UNIT_CONTRADICTION = "unit-contradiction"
    MIXED_UNITS = "mixed-units"
    NUMBER_AMBIGUOUS = "number-ambiguous"
    NUMBER_FORMAT = "number-format"
    ERROR_VALUE = "error-value"
    FORMULA_WITHOUT_VALUE = "formula-without-value"
    VALUE_NOT_UNDERSTOOD = "value-not-understood"
    IMPOSSIBLE_VALUE = "impossible-value"
    IMPLAUSIBLE_VALUE = "implausible-value"
    CONTRADICTORY_VALUES = "contradictory-values"
    CONSTANT_UTILISATION = "constant-utilisation"
    DEFAULT_UTILISATION = "default-utilisation"
    CORES_ASSUMED = "cores-assumed"
    BLANK_ID = "blank-id"
    DUPLICATE_ID = "duplicate-id"
    REPEATED_ROW = "repeated-row"
    ROW_IGNORED = "row-ignored"
    ORPHAN_REFERENCE = "orphan-reference"
    SHEET_MISSING = "sheet-missing"
    SHEET_IGNORED = "sheet-ignored"
    COLUMN_IGNORED = "column-ignored"
    COLUMN_UNDERSTOOD = "column-understood"
    COLUMN_MAPPED = "column-mapped"
    NOT_EVIDENCE = "not-evidence"
    ROWS_DIFFER = "rows-differ"
    ROW_MISALIGNED = "row-misaligned"
    SHARED_DISK = "shared-disk"
    THIN_DISK = "thin-disk"
    FIELD_MISSING = "field-missing"
    SIZE_ASSUMED = "size-assumed"
    ENCODING_ASSUMED = "encoding-assumed"
    SOFTWARE_CONTRADICTION = "software-contradiction"
    DUPLICATE_FILE = "duplicate-file"
    JOINED = "joined"
    CONTRADICTORY_FILES = "contradictory-files"
    AMBIGUOUS_JOIN = "ambiguous-join"
    EXAMPLE_ROW = "example-row"
    NOT_A_SERVER = "not-a-server"
    LISTED_APART = "listed-apart"
    CLASS_NOT_KNOWN = "class-not-known"
    FILE_WITHOUT_SERVERS = "file-without-servers"


class Spot(NamedTuple):
    """A field of a row; `name` as in `table.columns`, "" = the whole row."""

    table: Table
    name: str
    row: int


@dataclass
class _Finding:
    table: Table
    name: str
    rows: list[int] = field(default_factory=list)
    raws: list[str] = field(default_factory=list)


@dataclass
class Notes:
    """Notes in the order in which their first cell was met; cells of one kind become one note."""

    _notes: dict[tuple[str, ...], QualityNote | _Finding] = field(default_factory=dict)

    def add(self, code: Code, message: str, source: str) -> None:
        """Add a finished note."""
        note = QualityNote(code=code, message=message, source=source)
        self._notes[code, message, source] = note

    def cell(self, code: Code, problem: str, spot: Spot, raw: str) -> None:
        """Add a cell to the note about this problem in this column.

        Args:
            code: The note's.
            problem: What is wrong with each of them: "not a number, left blank".
            spot: Where the cell stands.
            raw: What stands there.
        """
        table, name, row = spot
        key = (code, problem, table.sha256, table.sheet, name)
        finding = self._notes.setdefault(key, _Finding(table, name))
        if isinstance(finding, _Finding):
            finding.rows.append(row)
            if len(finding.raws) < PLACES_SHOWN:
                finding.raws.append(raw)

    def finished(self) -> tuple[QualityNote, ...]:
        """Return all notes."""
        return tuple(
            _note(key[0], key[1], value) if isinstance(value, _Finding) else value
            for key, value in self._notes.items()
        )


def _note(code: str, problem: str, finding: _Finding) -> QualityNote:
    table, rows = finding.table, finding.rows
    shown = ", ".join(
        f"{table.place(finding.name, row)} ({shortened(raw)!r})"
        if raw
        else table.place(finding.name, row)
        for row, raw in zip(rows, finding.raws, strict=False)
    )
    more = f" and {len(rows) - PLACES_SHOWN:,} more" if len(rows) > PLACES_SHOWN else ""
    noun = "cell" if len(rows) == 1 else "cells"
    return QualityNote(
        code=code,
        message=f"{len(rows):,} {noun}: {problem}: {shown}{more}.",
        source=f"{table.file}, {span(table, finding.name, min(rows), max(rows))}",
    )


def span(table: Table, name: str, first: int, last: int) -> str:
    """Return the place of a field in these rows: one cell or a range."""
    return table.place(name, first) if first == last else table.span(name, first, last)


def shortened(text: str, limit: int = RAW_SHOWN) -> str:
    """Return the text, cut to what a message can bear."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def listed(names: list[str], limit: int = 20) -> str:
    """Return names as one phrase: `'a', 'b' and 3 more`."""
    shown = ", ".join(repr(shortened(name)) for name in names[:limit])
    return f"{shown} and {len(names) - limit:,} more" if len(names) > limit else shown
