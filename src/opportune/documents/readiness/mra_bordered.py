"""Rated rows of tables with borders: cells from the borders, columns from the header row.

A page end may cut a row anywhere. What stands on the next page, at its top and without a rating of
its own, goes on where the row ended; the rating is not printed again.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from opportune.documents.opening.pdf import Page
from opportune.documents.readiness.mra_grid import Cell, Grid, GridRow
from opportune.documents.readiness.mra_outline import Heading, Outline, headings_of, is_heading
from opportune.documents.readiness.mra_rows import Cells, Found, RowLines, reads_on
from opportune.documents.readiness.mra_scale import Scale
from opportune.documents.readiness.mra_text import SAME_LINE_EM, Line, Vocabulary
from opportune.documents.readiness.mra_words import (
    COMMENT,
    COMMENT_LABEL,
    LONGEST_TITLE,
    OTHER,
    QUESTION,
    RESPONSE,
    column_kind,
)

Item = Line | GridRow
BLANK_LINES = 0.7
"""More than this share of a line, left free beyond the usual, is a blank line."""


def items_of(pages: Sequence[Page], lines: Sequence[Line]) -> list[Item]:
    """Return the rows of tables with borders among these lines, and the lines outside of them."""
    by_number = {page.number: page for page in pages}
    return [
        item
        for number, group in groupby(lines, key=lambda line: line.page)
        for item in Grid(by_number[number]).items(list(group))
        for item in _parted(item)
    ]


def _parted(item: Item) -> list[Item]:
    """Return a table's header apart from the row below, if no border stands between them."""
    if not isinstance(item, GridRow):
        return [item]
    first = item.lines[0]
    tops = [
        [x for x in cell.lines if abs(x.baseline - first.baseline) < SAME_LINE_EM * x.height]
        for cell in item.cells
    ]
    kinds = [column_kind(lines[0].text) if lines else "" for lines in tops]
    if RESPONSE not in kinds or not all(kinds) or sum(map(len, tops)) == len(item.lines):
        return [item]
    rest = [
        [x for x in cell.lines if x not in top] for cell, top in zip(item.cells, tops, strict=True)
    ]
    parts = [
        replace(item, cells=[replace(c, lines=x) for c, x in zip(item.cells, lines, strict=True)])
        for lines in (tops, rest)
    ]
    parts[1].top = first.baseline
    return [*parts]


def header_of(row: GridRow, vocabulary: Vocabulary) -> list[str] | None:
    """Return what each column holds, if this row is a table's header; None if it is a row."""
    texts = [vocabulary.joined(cell.lines) for cell in row.cells]
    kinds = [column_kind(text) if text else OTHER for text in texts]
    named = {kind for kind in kinds if kind not in ("", OTHER)}
    if RESPONSE not in named or len(named) == 1:
        return None
    # A column by another name ("Capability") asks, if none else does.
    unknown = [text for text, kind in zip(texts, kinds, strict=True) if not kind]
    if any(len(text.split()) > LONGEST_TITLE for text in unknown):
        return None
    if QUESTION not in named and "" in kinds:
        kinds[kinds.index("")] = QUESTION
    return [kind or OTHER for kind in kinds]


@dataclass
class Table:
    """The columns of the table that is being read: what each holds, and its borders."""

    kinds: list[str]
    edges: list[tuple[float, float]]

    @classmethod
    def of(cls, row: GridRow, kinds: list[str]) -> "Table":
        """Return the columns of a header row, which hold these kinds."""
        return cls(kinds, [(cell.left, cell.right) for cell in row.cells])

    def cells(self, row: GridRow) -> Cells:
        """Return a row's lines by what their columns hold."""
        cells: dict[str, list[Line]] = {}
        for index, cell in enumerate(row.cells):
            kind = self.kinds[index] if len(row.cells) == len(self.kinds) else self._at(cell)
            cells.setdefault(kind, []).extend(cell.lines)
        return cells

    def _at(self, cell: Cell) -> str:
        middle = (cell.left + cell.right) / 2
        for kind, (left, right) in zip(self.kinds, self.edges, strict=True):
            if left <= middle <= right:
                return kind
        return OTHER


def responses_of(items: Sequence[Item], vocabulary: Vocabulary) -> list[str]:
    """Return the texts of all cells that stand in a column of responses."""
    table = _first_table(items, vocabulary, Scale())
    texts = []
    for item in items:
        if isinstance(item, GridRow):
            kinds = header_of(item, vocabulary)
            if kinds is not None:
                table = Table.of(item, kinds)
            elif table is not None and QUESTION in table.kinds:
                texts.append(vocabulary.joined(table.cells(item).get(RESPONSE, [])))
    return [text for text in texts if text]


def read_bordered(
    items: Sequence[Item],
    scale: Scale,
    vocabulary: Vocabulary,
    lost: frozenset[int] | set[int] = frozenset(),
) -> Found:
    """Return the rows of the tables among these items.

    Args:
        items: Of the section, as `items_of` returns them.
        scale: How ratings are written.
        vocabulary: Of the whole document.
        lost: Pages that could not be read: whatever begins on them is not known.
    """
    marks = _headings(items, vocabulary)
    outline = Outline(list(marks.values()))
    reader = _Reader(scale, vocabulary)
    table = _first_table(items, vocabulary, scale)
    taken = {id(line) for heading in marks.values() for line in heading.lines}
    page = items[0].page if items else 0
    for item in items:
        if not lost.isdisjoint(range(page, item.page)):
            outline.forget()
            reader.close()
        page = item.page
        if isinstance(item, Line):
            if id(item) in marks:
                outline.enter(marks[id(item)])
            if id(item) in taken:
                reader.close()
            continue
        kinds = header_of(item, vocabulary)
        if kinds is not None:
            table = Table.of(item, kinds)
        elif table is not None and QUESTION in table.kinds:
            reader.row(item, table.cells(item), (outline.category, outline.subcategory))
    return reader.finished(has_comments=any(row.comment for row in reader.found.rows))


def _first_table(items: Sequence[Item], vocabulary: Vocabulary, scale: Scale) -> Table | None:
    """Return columns by what stands in them, if no table has a header; else None."""
    rows = [item for item in items if isinstance(item, GridRow)]
    if not rows or any(header_of(row, vocabulary) for row in rows):
        return None
    width = Counter(len(row.cells) for row in rows).most_common(1)[0][0]
    rows = [row for row in rows if len(row.cells) == width]
    texts = [[vocabulary.joined(row.cells[i].lines) for row in rows] for i in range(width)]
    rated = [sum(scale.read(text) is not None for text in column) for column in texts]
    asked = [sum(text.endswith("?") for text in column) for column in texts]
    response = rated.index(max(rated))
    question = max((i for i in range(width) if i != response), key=lambda i: (asked[i], -i))
    kinds = [COMMENT if i > min(question, response) else OTHER for i in range(width)]
    kinds[question], kinds[response] = QUESTION, RESPONSE
    return Table.of(rows[0], kinds)


def _headings(items: Sequence[Item], vocabulary: Vocabulary) -> dict[int, Heading]:
    """Return the headings among the lines outside of tables, by the `id` of their first line."""
    styles = Counter(
        word.style
        for item in items
        if isinstance(item, GridRow) and header_of(item, vocabulary) is None
        for line in item.lines
        for word in line.words
    )
    body = styles.most_common(1)[0][0] if styles else ""
    lines = [item if isinstance(item, Line) else item.lines[0] for item in items]
    rows = [isinstance(item, GridRow) for item in items]
    titles = [isinstance(x, GridRow) and header_of(x, vocabulary) is not None for x in items]
    marked = [
        not is_row and (is_heading(line, body) or (stands_above and line.page == following.page))
        for line, is_row, following, stands_above in zip(
            lines, rows, [*lines[1:], lines[-1]], [*titles[1:], False], strict=True
        )
    ]
    rated = [is_row and not is_title for is_row, is_title in zip(rows, titles, strict=True)]
    return {id(heading.lines[0]): heading for heading in headings_of(lines, marked, rated)}


class _Reader:
    """Puts rows together that page ends cut."""

    def __init__(self, scale: Scale, vocabulary: Vocabulary) -> None:
        self.found = Found()
        self._scale = scale
        self._joined = vocabulary.joined
        self._open: RowLines | None = None
        self._last: GridRow | None = None
        self._cuts: list[tuple[Line, float, float]] = []
        """First lines of comments that go on, and the free space below and above the cut."""
        self._spaces: list[tuple[float, float]] = []

    def close(self) -> None:
        """Close the open row: what follows belongs to another part of the report."""
        self._open = None

    def row(self, row: GridRow, cells: Cells, place: tuple[str, str]) -> None:
        """Read a row of a table, or the rest of one."""
        is_rest = self._open is not None and self._goes_on(self._open, row, cells)
        if self._open is not None and is_rest:
            self._note_cut(self._open, row, cells)
            self._open.add(cells)
        else:
            self._open = RowLines(row.page)
            self._open.add(cells)
            self.found.rows.append(self._open)
            self.found.places.append(place)
        self._spaces.append(_spaces(row))
        self._last = row

    def _goes_on(self, row: RowLines, more: GridRow, cells: Cells) -> bool:
        last = self._last
        if last is None or more.page - last.page > 1:
            return False
        response = self._joined(cells.get(RESPONSE, []))
        if more.page == last.page:
            # A row below that only comments: of a cell that spans both, or labelled so.
            text = self._joined(more.lines)
            return not response and (bool(COMMENT_LABEL.match(text)) or not cells.get(QUESTION))
        if row.response and self._scale.starts([response]):
            return False
        return reads_on(row.question, cells.get(QUESTION, []))

    def _note_cut(self, row: RowLines, more: GridRow, cells: Cells) -> None:
        comment = cells.get(COMMENT, [])
        if self._last is not None and row.comment and comment and more.page != self._last.page:
            below = self._last.bottom - row.comment[-1].baseline
            self._cuts.append((comment[0], below, comment[0].baseline - more.top))
            row.cut_lines.add(id(comment[0]))

    def finished(self, *, has_comments: bool) -> Found:
        """Return all rows; what a blank line at a page end set apart is marked."""
        if self._spaces:
            below = min(space for space, _ in self._spaces)
            above = min(space for _, space in self._spaces)
            for row in self.found.rows:
                for line, under, over in self._cuts:
                    least = BLANK_LINES * line.height
                    is_blank = under > below + least or over > above + least
                    if is_blank and id(line) in row.cut_lines:
                        row.blanks.add(id(line))
        self.found.has_comments = has_comments
        return self.found


def _spaces(row: GridRow) -> tuple[float, float]:
    """Return the space below a row's last line, and above its first one."""
    lines = row.lines
    return row.bottom - max(x.baseline for x in lines), min(x.baseline for x in lines) - row.top
