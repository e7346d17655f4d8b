"""Recognises which family of inventory a file is of: by its headers, never by its name.

A family is a declaration (`family`): the layouts of its tables, and the headers that speak for it.
A family needs `least` of these *marks*. Of several the best is the one with the most, a mark that
families share counting as a part for each.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from opportune.documents.inventory.layouts import SERVERS, Caveat, Layout
from opportune.documents.inventory.tables import (
    FoundTable,
    Header,
    find_table,
    header_key,
    headers_of,
)
from opportune.documents.opening.workbook import Sheet, Workbook
from opportune.documents.quality import Code, Notes, listed
from opportune.errors import UnsupportedDocumentError

RIVAL_SHARE = 0.5
"""A second family makes a file doubtful if it has this share, or more, of the marks of its own
that the first has of its own; what both have speaks for neither."""
RIVAL_MARKS = 2
MARKS_SHOWN = 4


@dataclass(frozen=True)
class Family:
    """A kind of inventory file.

    Args:
        kind: As in `SourceFile.kind`.
        name: What people call it: "an RVTools export".
        layouts: Of its tables; of two that fit a sheet alike the first. Tables of servers that
            come first are completed by those that come later.
        marks: Header keys that speak for it, and for few others; none: it takes what nobody else
            does; `sheet:` in front of a sheet's name, as a key.
        least: How many marks it needs.
        text_kind: The kind of a CSV file, or zip of such, if it has another one.
        caveats: What holds for every file of it.
        reads_all_lists: Whether every sheet that lists servers counts: people keep a sheet for each
            site, with more or fewer columns. Else the fullest one does, as tools write it.
    """

    kind: str
    name: str
    layouts: tuple[Layout, ...]
    marks: frozenset[str]
    least: int
    text_kind: str = ""
    caveats: tuple[Caveat, ...] = ()
    reads_all_lists: bool = False


def family(  # noqa: PLR0913 - the parts of a declaration, by name
    kind: str,
    name: str,
    its_layouts: Sequence[Layout],
    marks: str,
    *,
    least: int = 2,
    text_kind: str = "",
    caveats: Sequence[Caveat] = (),
    reads_all_lists: bool = False,
) -> Family:
    """Return a family; `marks` are header keys apart by spaces."""
    keys = frozenset(marks.split())
    return Family(
        kind, name, tuple(its_layouts), keys, least, text_kind, tuple(caveats), reads_all_lists
    )


@dataclass(frozen=True)
class Recognised:
    """A file's family, its tables, and the sheets that hold none."""

    workbook: Workbook
    family: Family
    tables: tuple[FoundTable, ...]
    others: tuple[str, ...]
    """Sheets with cells, but without a table that is read."""
    doubles: tuple[str, ...]
    """Sheets of a layout that another sheet fits better."""

    @property
    def kind(self) -> str:
        """What the file is."""
        is_text = bool(self.family.text_kind) and self.workbook.is_text
        return self.family.text_kind if is_text else self.family.kind

    def note_unused(self, notes: Notes) -> None:
        """Note what of the file is not read, what the user decided, and the family's caveats."""
        name = self.workbook.file.name
        for sheets, reason in (
            ((*self.others, *self.workbook.others), "hold no table that is read"),
            (self.doubles, "hold a table that another sheet has more completely"),
        ):
            if sheets:
                shown = listed(list(sheets))
                message = f"Sheets {shown} {reason}: not used."
                notes.add(Code.SHEET_IGNORED, message, f"{name}, {shown}")
        for sheet, encoding in self.workbook.assumed_encodings.items():
            notes.add(
                Code.ENCODING_ASSUMED,
                f"The text is not in UTF-8; it was read as {encoding}: look at accents in names.",
                f"{name}, {sheet}" if sheet else name,
            )
        for caveat in self.family.caveats:
            notes.add(Code(caveat.code), caveat.message, name)
        for found in self.tables:
            _note_table(found, notes)


def _note_table(found: FoundTable, notes: Notes) -> None:
    table = found.table
    place = f"{table.file}, {table.place('', table.header_row)}"
    if found.unused:
        notes.add(
            Code.COLUMN_IGNORED,
            f"{len(found.unused):,} columns are not used: {listed(list(found.unused), 40)}.",
            place,
        )
    for name, header in found.mapped.items():
        cell = table.place(name, table.header_row)
        notes.add(
            Code.COLUMN_MAPPED,
            f"Column {header!r} is read as {name}, as the user decided.",
            f"{table.file}, {cell}",
        )
    for caveat in found.layout.caveats:
        if not caveat.lacks and (not caveat.keys or caveat.keys & found.keys):
            notes.add(Code(caveat.code), caveat.message, place)


def recognise(
    workbook: Workbook,
    families: Sequence[Family],
    mapping: Mapping[str, str],
    *,
    is_part: bool = False,
) -> Recognised | None:
    """Return which family a file is of, and its tables; None if it is of none.

    Args:
        workbook: The file's sheets.
        families: All that are known; one without marks takes what no other does.
        mapping: Folded header to field, as the user gave it.
        is_part: Whether the file is a part of an export of one of these families: no marks needed.

    Raises:
        UnsupportedDocumentError: Two families fit about equally.
    """
    headers = [(sheet, headers_of(sheet)) for sheet in workbook.sheets if sheet.rows]
    shared = Counter(mark for one in families for mark in one.marks)
    scores: list[tuple[float, Family, list[FoundTable], set[str]]] = []
    fallback: Recognised | None = None
    for one in families:
        tables = _tables(workbook, one, headers, mapping)
        if not tables:
            continue
        if not one.marks:
            fallback = fallback or _contents(workbook, one, tables)
            continue
        marks = _marks(one, tables)
        score = sum(1 / shared[mark] for mark in marks)
        if is_part or len(marks) >= one.least:
            scores.append((score, one, tables, marks))
    if not scores:
        return fallback
    scores.sort(key=lambda scored: -scored[0])
    _check_rival(workbook, scores)
    return _contents(workbook, scores[0][1], scores[0][2])


def _tables(
    workbook: Workbook,
    one: Family,
    headers: Sequence[tuple[Sheet, tuple[Header, ...]]],
    mapping: Mapping[str, str],
) -> list[FoundTable]:
    file = (workbook.file.name, workbook.file.sha256)
    found = (find_table(file, sheet, rows, one.layouts, mapping) for sheet, rows in headers)
    return [table for table in found if table is not None]


def _marks(one: Family, tables: Sequence[FoundTable]) -> set[str]:
    keys = {key for table in tables for key in table.keys}
    keys |= {f"sheet:{header_key(table.table.sheet)[0]}" for table in tables if table.table.sheet}
    return keys & one.marks


def _check_rival(
    workbook: Workbook, scores: Sequence[tuple[float, Family, list[FoundTable], set[str]]]
) -> None:
    _, first, tables, marks = scores[0]
    for _, second, others, rivals in scores[1:]:
        ours, theirs = len(marks - rivals), len(rivals - marks)
        if theirs >= max(RIVAL_MARKS, RIVAL_SHARE * ours):
            raise _doubtful(workbook, (first, tables, marks), (second, others, rivals))


_Candidate = tuple[Family, list[FoundTable], set[str]]


def _doubtful(workbook: Workbook, one: _Candidate, other: _Candidate) -> UnsupportedDocumentError:
    (first, tables, marks), (second, others, rivals) = one, other
    return UnsupportedDocumentError(
        workbook.file.name,
        f"it could be {first.name} ({_shown(tables, marks - rivals)}) as well as {second.name} "
        f"({_shown(others, rivals - marks)}): give it as one of these tools exports it, or delete "
        "the columns of the other.",
    )


def _shown(tables: Sequence[FoundTable], marks: set[str]) -> str:
    """Return the headers that are marks of one family and not of the other."""
    names = [
        str(text)
        for table in tables
        for text in (*table.headers.values(), *table.unused)
        if header_key(text)[0] in marks
    ]
    return listed(list(dict.fromkeys(names)), MARKS_SHOWN) or "by the columns that both have"


def _contents(workbook: Workbook, one: Family, found: Sequence[FoundTable]) -> Recognised:
    """Keep, of several sheets of one layout, those with the most fields, and all with the same."""
    best: dict[int, FoundTable] = {}
    for table in found:
        known = best.get(id(table.layout))
        if known is None or len(table.indexes) > len(known.indexes):
            best[id(table.layout)] = table
    read = [
        table
        for table in found
        if set(table.indexes) == set(best[id(table.layout)].indexes)
        or (one.reads_all_lists and table.layout.kind == SERVERS)
    ]
    named = {table.table.sheet for table in found}
    others = tuple(s.name for s in workbook.sheets if s.rows and s.name not in named)
    doubles = tuple(t.table.sheet for t in found if not any(t is kept for kept in read))
    return Recognised(workbook, one, tuple(read), others, doubles)
