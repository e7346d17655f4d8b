"""Tables as a page's own borders make them: thin rectangles and lines around each cell."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from opportune.documents.opening.pdf import Page, Rule, Word
from opportune.documents.readiness.mra_text import Line, lines_of
from opportune.documents.readiness.mra_words import is_title_row

SNAP_PT = 2.0
"""Borders closer than this are one."""
COLUMN_PT = 6.0
"""Columns are wider than this: two borders closer to each other stand between the same cells."""
ROW_PT = 3.0
TOUCHING_EM = 0.7
"""What stands no lower below a border, as a share of its height, has run out of its cell."""
MAX_RULES = 2_000
"""Of a page, joined: more make a picture, no table."""
_TWO_COLUMNS = 3
"""Borders."""


@dataclass
class Cell:
    """A cell of a row: where it stands, and what is in it."""

    left: float
    right: float
    lines: list[Line]


@dataclass
class GridRow:
    """A row of a table with borders, on one page. A border that a page end cut off is infinite."""

    page: int
    top: float
    bottom: float
    cells: list[Cell]

    @property
    def lines(self) -> list[Line]:
        """Of all its cells, top to bottom."""
        return sorted((x for cell in self.cells for x in cell.lines), key=lambda x: x.baseline)


@dataclass(frozen=True, slots=True)
class _Border:
    """A straight border: where it stands, and from where to where it goes."""

    at: float
    begin: float
    end: float

    def covers(self, place: float) -> bool:
        return self.begin - SNAP_PT <= place <= self.end + SNAP_PT


class Grid:
    """The borders of one page."""

    def __init__(self, page: Page) -> None:
        self._upright = _joined(
            _Border((r.left + r.right) / 2, r.top, r.bottom) for r in page.rules if _stands(r)
        )
        self._level = _joined(
            _Border((r.top + r.bottom) / 2, r.left, r.right) for r in page.rules if not _stands(r)
        )
        if len(self._upright) + len(self._level) > MAX_RULES:
            self._upright = self._level = []

    def items(self, lines: Sequence[Line]) -> list[Line | GridRow]:
        """Return rows of tables, and the lines outside of them, top to bottom."""
        rows: dict[tuple[int, int], tuple[GridRow, list[list[Word]]]] = {}
        outside: list[Line | GridRow] = []
        for line in lines:
            free: list[Word] = []
            for word in line.words:
                middle = word.baseline - 0.3 * word.height
                edges = self._edges(middle)
                column = _column(edges, (word.left + word.right) / 2)
                if len(edges) < _TWO_COLUMNS or column is None:
                    above = None if is_title_row(line.text) else _overflown(rows.values(), word)
                    (free if above is None else above).append(word)
                    continue
                top, bottom = self._band((word.left + word.right) / 2, middle)
                key = _row_key(rows, top, len(edges))
                if key not in rows:
                    cells = [Cell(a, b, []) for a, b in pairwise(edges)]
                    rows[key] = GridRow(line.page, top, bottom, cells), [[] for _ in cells]
                row, words = rows[key]
                words[column].append(word)
                row.bottom = max(row.bottom, bottom)
            if free:
                outside.append(Line(line.page, tuple(free)))
        for row, words in rows.values():
            for cell, mine in zip(row.cells, words, strict=True):
                cell.lines = lines_of(row.page, mine)
        items: list[Line | GridRow] = [*outside, *(row for row, _ in rows.values())]
        return sorted(items, key=_height)

    def _edges(self, y: float) -> list[float]:
        """Return where columns begin and end at this height; empty if nothing stands there."""
        edges: list[float] = []
        for border in self._upright:
            if border.covers(y) and (not edges or border.at - edges[-1] > COLUMN_PT):
                edges.append(border.at)
        return edges

    def _band(self, x: float, y: float) -> tuple[float, float]:
        """Return the borders above and below a place."""
        covering = [border.at for border in self._level if border.covers(x)]
        above = max((at for at in covering if at <= y), default=float("-inf"))
        return above, min((at for at in covering if at > y), default=float("inf"))


def _overflown(rows: Iterable[tuple[GridRow, list[list[Word]]]], word: Word) -> list[Word] | None:
    """Return the words of the cell whose lower border this word touches; None if there is none."""
    for row, words in rows:
        column = _column([cell.left for cell in row.cells] + [row.cells[-1].right], word.left)
        if column is not None and 0 < word.baseline - row.bottom < TOUCHING_EM * word.height:
            return words[column]
    return None


def _stands(rule: Rule) -> bool:
    return rule.bottom - rule.top > rule.right - rule.left


def _joined(borders: Iterable[_Border]) -> list[_Border]:
    """Join the pieces of one border; return borders by where they stand."""
    groups: list[list[_Border]] = []
    for border in sorted(borders, key=lambda b: b.at):
        if groups and border.at - groups[-1][0].at <= SNAP_PT:
            groups[-1].append(border)
        else:
            groups.append([border])
    joined: list[_Border] = []
    for group in groups:
        group.sort(key=lambda b: b.begin)
        first = group[0]
        begin, end = first.begin, first.end
        for border in group[1:]:
            if border.begin > end + SNAP_PT:
                joined.append(_Border(first.at, begin, end))
                begin = border.begin
            end = max(end, border.end)
        joined.append(_Border(first.at, begin, end))
    return joined


def _column(edges: Sequence[float], x: float) -> int | None:
    pairs = enumerate(pairwise(edges))
    return next((index for index, (a, b) in pairs if a <= x <= b), None)


def _row_key(rows: Iterable[tuple[int, int]], top: float, edges: int) -> tuple[int, int]:
    """Return the key of the row whose cells begin at this height, or a new one."""
    at = round(max(top, 0.0) * 10) if top > float("-inf") else -1
    near = (key for key in rows if key[1] == edges and abs(key[0] - at) <= ROW_PT * 10)
    return next(near, (at, edges))


def _height(item: Line | GridRow) -> float:
    if isinstance(item, Line):
        return item.baseline
    return min(line.baseline for line in item.lines)
