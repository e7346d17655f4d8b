"""Rows of the table Question | Response | Comments, found by where the words stand.

Text order is not enough: a question that a page end cuts goes on, on the next page, after its own
rating and comment, and there shares its line with the comment's end. So each word is put into a
column by where it begins. The ratings themselves ("3 3 - ...") give away the second column and the
line on which their rows stand; a row ends at the free band across all columns before the next one.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from opportune.documents.readiness.mra_text import COLUMN_GAP_EM, Line, folded, lines_of

RATING = re.compile(r"([1-5])\s+\1(?:\s+[-\u2013\u2014]\s*|\s*[-\u2013\u2014]\s+)(.*)", re.DOTALL)
"""The digit twice, a dash: "2 2 - description". Years and "0-25%" are none."""
_DIGITS = re.compile(r"[1-5](?: [1-5])?")
_NO_RATING = re.compile(
    r"(?:\d+\s+\d+|\?|n/?a)\s*[-\u2013\u2014]\s.*|n/?a|(?:not |no )(?:answered|rated|response)",
    re.IGNORECASE | re.DOTALL,
)
_TITLES = ("question", "response", "comment")
EDGE_PT = 3.0
"""Words of one column begin within this of its edge, or right of it."""
BLANK_EM = 0.4
"""The widest blank between words, as a share of the height."""
NEARLY = 0.9
"""Bands whose widths differ by less are as good as equal."""
MOST = 0.8


@dataclass
class RowLines:
    """The lines of one row, by column, top to bottom over all its pages."""

    page: int
    """Where the question begins."""
    question: list[Line] = field(default_factory=list)
    response: list[Line] = field(default_factory=list)
    comment: list[Line] = field(default_factory=list)

    def add(self, cells: "Cells") -> None:
        """Go on with what stands in these cells."""
        for mine, more in zip((self.question, self.response, self.comment), cells, strict=True):
            mine.extend(more)


Cells = tuple[list[Line], list[Line], list[Line]]


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the columns begin, and how rows are told apart. Points."""

    response: float
    comment: float | None
    """None: comments follow the description in one column, or all is one column."""
    single: bool
    """Questions stand above their ratings, in one column."""
    top_aligned: bool
    """A row's cells begin on one line; otherwise they are centred to each other."""
    row_gap: float
    """The least free band between two rows."""

    def cells(self, page: int, lines: Iterable[Line]) -> Cells:
        """Sort the words of these lines into columns."""
        columns: tuple[list, list, list] = ([], [], [])  # type: ignore[type-arg] # words, then lines
        for line in lines:
            for word in line.words:
                columns[self._column(word.left)].append(word)
        question, response, comment = (lines_of(page, words) for words in columns)
        return question, response, comment

    def _column(self, left: float) -> int:
        if self.comment is not None and left >= self.comment - EDGE_PT:
            return 2
        return 1 if left >= self.response - EDGE_PT else 0


def is_title_row(line: Line) -> bool:
    """Say whether this is the table's own header: the columns' names and nothing else."""
    words = folded(line.text).split()
    named = [title for title in _TITLES if any(w.startswith(title) for w in words)]
    return len(named) > 1 and len(words) <= len(named) + 1


def rating_lines(lines: Sequence[Line], below: str = "") -> list[Line]:
    """Return the lines of a response column that begin a rating, readable or not.

    The digits may stand on a line of their own, right above "N - ..." or "- ...".

    Args:
        lines: Of the column, top to bottom.
        below: What follows the last of them at the top of the next page.
    """
    after = [*(line.text for line in lines[1:]), below][: len(lines)]
    return [
        line
        for line, following in zip(lines, after, strict=True)
        if RATING.match(line.text)
        or _NO_RATING.fullmatch(line.text)
        or (_DIGITS.fullmatch(line.text) and RATING.match(f"{line.text} {following}"))
    ]


def _rating_edges(lines: Sequence[Line]) -> list[float]:
    """Return where ratings begin, wherever on a line."""
    edges = []
    for number, line in enumerate(lines):
        below = [w for x in lines[number + 1 : number + 4] if x.page == line.page for w in x.words]
        for index, word in enumerate(line.words):
            if word.text not in ("1", "2", "3", "4", "5"):
                continue
            under = [w.text for w in below if w.left >= word.left - EDGE_PT][:3]
            for tail in (line.words[index + 1 : index + 4], ()):
                following = [w.text for w in tail] or under
                if RATING.match(" ".join([word.text, *following])):
                    edges.append(word.left)
                    break
    return edges


def find_columns(lines: Sequence[Line]) -> Columns | None:
    """Learn the table's geometry from the lines of its section; None if nothing is rated."""
    edges = _rating_edges(lines)
    if not edges:
        return None
    usual = Counter(round(x) for x in edges).most_common(1)[0][0]
    response = min(x for x in edges if abs(x - usual) <= EDGE_PT)
    comment = _comment_edge(lines, response, len(edges))
    body = [line for line in lines if not is_title_row(line)]
    lefts = sum(line.left < response - 4 * EDGE_PT for line in body)
    single = lefts < len(edges) / 2
    return Columns(response, comment, single, top_aligned=False, row_gap=0)


def _comment_edge(lines: Sequence[Line], response: float, rated: int) -> float | None:
    """Return the left edge that most words right of the ratings, and after a gap, have in common.

    A header that names comments bounds it: the edge stands left of the name's end.
    """
    titles = [line for line in lines if is_title_row(line)]
    bound = max((_title_right(line, "comment") for line in titles), default=None)
    if bound == 0:
        return None
    least = max(response + 40, *(_title_right(line, "response") for line in titles), 0)
    body = [line for line in lines if not is_title_row(line)]
    for gap_em, enough in (
        (COLUMN_GAP_EM, 1 if bound else max(3, rated / 5)),
        (BLANK_EM, max(2, rated / 2)),
    ):
        begins = Counter(
            round(x / 2)
            for line in body
            for x in _begins(line, gap_em)
            if least < x < (bound or line.right)
        )
        if begins and max(begins.values()) >= enough:
            usual = min(key for key, count in begins.items() if count == max(begins.values()))
            return min(
                x
                for line in body
                for x in _begins(line, gap_em)
                if round(x / 2) in (usual - 1, usual) and x > least
            )
    return None


def _begins(line: Line, gap_em: float) -> Iterator[float]:
    """Yield where words begin that stand first on the line, or after a wide gap."""
    yield line.left
    for before, word in pairwise(line.words):
        if word.left - before.right > gap_em * word.height:
            yield word.left


def _title_right(line: Line, title: str) -> float:
    return max(
        (word.right for word in line.words if folded(word.text).startswith(title)), default=0
    )


def tables_differ(lines: Sequence[Line], columns: Columns) -> bool:
    """Say whether ratings also begin elsewhere: each table has columns of its own width."""
    edges = _rating_edges(lines)
    return sum(abs(x - columns.response) > EDGE_PT for x in edges) > len(edges) / 10


def with_rows(
    columns: Sequence[Columns], zones: Sequence[tuple[Sequence[Line], bool]]
) -> list[Columns]:
    """Learn from zones how rows are told apart.

    Args:
        columns: What `find_columns` found, for each zone.
        zones: Lines of a page without a heading among them, and whether a heading stands above.
    """
    widths: list[float] = []
    top_votes: list[bool] = []
    for (zone, is_below_heading), mine in zip(zones, columns, strict=True):
        cells = mine.cells(zone[0].page if zone else 0, zone)
        starts = rating_lines(cells[1])
        if starts and is_below_heading:
            top_votes.append(min(line.bottom for line in zone) > starts[0].top)
        for first, second in pairwise(starts):
            bands = free_bands(_flat(cells), first, second.baseline)
            if bands:
                widths.append(max(width for _, width in bands))
                top_votes.append(bands[-1][1] >= NEARLY * widths[-1])
    widths.sort()
    is_top_aligned = sum(top_votes) >= MOST * len(top_votes)
    row_gap = MOST * widths[len(widths) // 4] if widths else 0
    return [
        replace(mine, top_aligned=is_top_aligned and not mine.single, row_gap=row_gap)
        for mine in columns
    ]


def _flat(cells: Cells) -> list[Line]:
    return [line for column in cells for line in column]


def free_bands(lines: Iterable[Line], first: Line | None, end: float) -> list[tuple[float, float]]:
    """Return the bands that no line touches, from a line (None = the top) down to a baseline.

    Returns:
        Middle and width of each band, top to bottom.
    """
    inside = sorted(
        (x for x in lines if (first is None or x.baseline >= first.baseline) and x.baseline <= end),
        key=lambda x: x.top,
    )
    bands, bottom = [], None
    for line in inside:
        if bottom is not None and line.top > bottom:
            bands.append(((line.top + bottom) / 2, line.top - bottom))
        bottom = max(line.bottom, bottom if bottom is not None else line.bottom)
    return bands


class RowReader:
    """Reads rows from zones: the lines of a page between two headings."""

    def __init__(self) -> None:
        self.rows: list[RowLines] = []
        self.unrated: list[int] = []
        """Pages of questions for which no rating was found."""
        self._open: RowLines | None = None
        self._waiting: RowLines | None = None

    def heading(self) -> None:
        """Close the open row: what follows belongs to another part of the report."""
        if self._waiting is not None:
            self.unrated.append(self._waiting.page)
        self._open = self._waiting = None

    def zone(
        self, lines: Sequence[Line], columns: Columns, *, at_page_end: bool, below: str = ""
    ) -> list[RowLines]:
        """Read a zone; return the rows that begin in it.

        Args:
            lines: The zone.
            columns: Of its table.
            at_page_end: It ends with its page.
            below: The response that its table goes on with on the next page.
        """
        page = lines[0].page
        cells = columns.cells(page, lines)
        starts = rating_lines(cells[1], below)
        if not starts:
            self._go_on(page, cells)
            return []
        cuts = [self._first_cut(columns, cells, starts[0])]
        cuts += [_cut(columns, cells, a, b) for a, b in pairwise(starts)]
        cuts.append(_last_cut(columns, cells, starts[-1], at_page_end=at_page_end))
        if self._open is not None:
            self._open.add(_between(cells, float("-inf"), cuts[0]))
            cells = _between(cells, cuts[0], float("inf"))
        begun = []
        for index, (top, bottom) in enumerate(pairwise(cuts)):
            row = self._begin(page)
            row.add(_between(cells, top if index else float("-inf"), bottom))
            begun.append(row)
        rest = _between(cells, cuts[-1], float("inf"))
        if any(rest):
            self._waiting = RowLines(page)
            self._waiting.add(rest)
        self.rows += begun
        self._open = begun[-1]
        return begun

    def _begin(self, page: int) -> RowLines:
        row, self._waiting = self._waiting or RowLines(page), None
        return row

    def _go_on(self, page: int, cells: Cells) -> None:
        if not any(cells):
            return
        if self._open is None and self._waiting is None:
            self._waiting = RowLines(page)
        (self._waiting or self._open or RowLines(page)).add(cells)

    def _first_cut(self, columns: Columns, cells: Cells, start: Line) -> float:
        """Return where the part of an earlier row ends at the top of a zone."""
        if self._open is None or self._waiting is not None:
            return float("-inf")
        bands = free_bands(_flat(cells), None, start.baseline)
        if columns.top_aligned:
            return bands[-1][0] if bands else float("-inf")
        # Whatever stands above a rating in its own column belongs to an earlier row.
        above = [x.baseline for x in cells[1] if x.baseline < start.baseline and not columns.single]
        least = max(above, default=float("inf"))
        wide = [band for band in bands if band[1] >= columns.row_gap or band[0] > least]
        return max(wide, key=lambda band: band[1])[0] if wide else float("-inf")


def _cut(columns: Columns, cells: Cells, first: Line, second: Line) -> float:
    """Return where a row ends between its rating and the next."""
    bands = free_bands(_flat(cells), first, second.baseline)
    if not bands:
        return second.top
    if columns.top_aligned:
        return bands[-1][0]
    widest = max(width for _, width in bands)
    return next(middle for middle, width in reversed(bands) if width >= NEARLY * widest)


def _last_cut(columns: Columns, cells: Cells, start: Line, *, at_page_end: bool) -> float:
    """Return where the next row's question begins before its rating, at a page end."""
    if columns.top_aligned or not at_page_end:
        return float("inf")
    bands = free_bands(_flat(cells), start, float("inf"))
    wide = [middle for middle, width in bands if width >= columns.row_gap > 0]
    if columns.single:
        return wide[-1] if wide else float("inf")
    return next((middle for middle in wide if middle > cells[1][-1].baseline), float("inf"))


def _between(cells: Cells, top: float, bottom: float) -> Cells:
    question, response, comment = (
        [line for line in column if top < line.baseline <= bottom] for column in cells
    )
    return question, response, comment
