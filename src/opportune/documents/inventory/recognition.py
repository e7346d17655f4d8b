"""Recognises which family of inventory a file is of: by its headers, never by its name.

A family is a declaration (`family`): the layouts of its tables, and the headers that speak for it.
A family needs `least` of these *marks* to read a file at all. Of several the one that reads the
most facts wins, then the one with the most marks.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from opportune.documents.inventory.column_notes import note_columns
from opportune.documents.inventory.facts import disagree, facts_in, sizes_in
from opportune.documents.inventory.layouts import HOSTS, SERVERS, Caveat, Layout
from opportune.documents.inventory.tables import (
    FoundTable,
    Header,
    Knowledge,
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
            note_columns(found, notes)


@dataclass(frozen=True)
class _Candidate:
    """A family that a file may be of."""

    family: Family
    tables: list[FoundTable]
    marks: frozenset[str]
    weight: float
    """Of its marks; one that families share counts as a part for each."""

    @property
    def facts(self) -> int:
        """How many facts it reads."""
        return facts_in(self.tables)


def recognise(
    workbook: Workbook,
    families: Sequence[Family],
    mapping: Mapping[str, str],
    *,
    is_part: bool = False,
) -> Recognised | None:
    """Return which family a file is of, and its tables; None if it is of none.

    Every family whose marks are there reads the file, each with the columns that the others and the
    plain list know; the one that reads the most facts wins, of several the one with the most marks.

    Args:
        workbook: The file's sheets.
        families: All that are known; one without marks takes what no other does.
        mapping: Folded header to field, as the user gave it.
        is_part: Whether the file is a part of an export of one of these families: no marks needed.

    Raises:
        UnsupportedDocumentError: Two families fit about equally, and read different figures.
    """
    headers = [(sheet, headers_of(sheet)) for sheet in workbook.sheets if sheet.rows]
    shared = Counter(mark for one in families for mark in one.marks)
    fitting = [
        _Candidate(one, tables, marks, sum(1 / shared[mark] for mark in marks))
        for one in families
        if one.marks
        and (tables := _tables(workbook, one, headers, Knowledge(mapping)))
        and (len(marks := _marks(one, tables)) >= one.least or is_part)
    ]
    plain = [one for one in families if not one.marks]
    ranked = [one.family for one in sorted(fitting, key=lambda one: -one.weight)]
    others = [one.layouts[0] for one in (*ranked, *plain) if one.layouts[0].kind == SERVERS]
    known = Knowledge(mapping, others)
    candidates = [
        replace(one, tables=_tables(workbook, one.family, headers, known)) for one in fitting
    ]
    for one in plain:
        by_words = Knowledge(mapping, one.layouts[:1], by_words=True)
        tables = _tables(workbook, one, headers, by_words)
        if tables and not any(_covers(candidate, tables) for candidate in candidates):
            candidates.append(_Candidate(one, tables, frozenset(), 0.0))
    if not candidates:
        return None
    candidates.sort(key=lambda one: (-one.facts, -one.weight))
    _check_rival(workbook, candidates, fitting)
    return _contents(workbook, candidates[0].family, candidates[0].tables)


def _covers(one: _Candidate, tables: Sequence[FoundTable]) -> bool:
    """Whether a tool's family reads the sheets of these tables, with all sizes of servers.

    It knows what its sheets are: hosts that virtual machines run on are no servers to it.
    """
    read = {table.table.sheet: table for table in one.tables}
    return all(
        (own := read.get(table.table.sheet)) is not None
        and (own.layout.kind == HOSTS or sizes_in(table) <= sizes_in(own))
        for table in tables
    )


def _tables(
    workbook: Workbook,
    one: Family,
    headers: Sequence[tuple[Sheet, tuple[Header, ...]]],
    known: Knowledge,
) -> list[FoundTable]:
    file = (workbook.file.name, workbook.file.sha256)
    found = (find_table(file, sheet, rows, one.layouts, known) for sheet, rows in headers)
    return [table for table in found if table is not None]


def _marks(one: Family, tables: Sequence[FoundTable]) -> frozenset[str]:
    keys = {key for table in tables for key in table.keys}
    keys |= {f"sheet:{header_key(table.table.sheet)[0]}" for table in tables if table.table.sheet}
    return frozenset(keys & one.marks)


def _check_rival(
    workbook: Workbook, candidates: Sequence[_Candidate], fitting: Sequence[_Candidate]
) -> None:
    """Refuse a file whose tools, each by its own columns, say different things of its machines."""
    own = {one.family.kind: one for one in fitting}
    first = own.get(candidates[0].family.kind)
    for rival in candidates[1:] if first else ():
        second = own.get(rival.family.kind)
        if first is None or second is None:
            continue
        ours, theirs = len(first.marks - second.marks), len(second.marks - first.marks)
        if theirs >= max(RIVAL_MARKS, RIVAL_SHARE * ours) and disagree(first.tables, second.tables):
            raise _doubtful(workbook, first, second)


def _doubtful(workbook: Workbook, one: _Candidate, other: _Candidate) -> UnsupportedDocumentError:
    ours = _distinctive_headers(one.tables, one.marks - other.marks)
    theirs = _distinctive_headers(other.tables, other.marks - one.marks)
    return UnsupportedDocumentError(
        workbook.file.name,
        f"it could be {one.family.name} ({ours}) as well as {other.family.name} ({theirs}), and "
        "they say different things of the same machines: give it as one of these tools exports "
        "it, or delete the columns of the other.",
    )


def _distinctive_headers(tables: Sequence[FoundTable], marks: AbstractSet[str]) -> str:
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
