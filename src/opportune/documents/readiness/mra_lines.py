"""Rows of tables without borders: ratings give away on which lines they stand.

A row ends at the free band across all columns before the next one. Where its cells are centred to
each other the widest band counts, else the last one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from opportune.documents.readiness.mra_rows import Cells, RowLines, fits, reads_on
from opportune.documents.readiness.mra_scale import Scale
from opportune.documents.readiness.mra_table import Columns
from opportune.documents.readiness.mra_text import Line
from opportune.documents.readiness.mra_words import COMMENT, DESCRIPTION, QUESTION, RESPONSE

NEARLY = 0.9
"""Bands whose widths differ by less are as good as equal."""
MOST = 0.8
BESIDE_EM = 0.4
"""Baselines closer than this share of the height stand beside each other in two columns."""
OVERLAP_EM = 0.7
"""Lines closer than this share of the height overlap: they are not two lines of one text."""
USUAL_EM = 1.3
"""The widest usual distance of lines, as a share of the height of their words."""
PARAGRAPH = 1.25
"""Lines further apart than this share of the usual distance are of two paragraphs."""


def rating_lines(lines: Sequence[Line], scale: Scale, below: str = "") -> list[Line]:
    """Return the lines of a response column that begin a rating, readable or not."""
    return [lines[index] for index in scale.starts([line.text for line in lines], below)]


def with_rows(
    columns: Sequence[Columns], zones: Sequence[tuple[Sequence[Line], bool]], scale: Scale
) -> list[Columns]:
    """Learn from zones how rows are told apart.

    Args:
        columns: What `find_columns` found, for each zone.
        zones: Lines of a page without a heading among them, and whether a heading stands above.
        scale: How ratings are written.
    """
    widths: list[float] = []
    top_votes: list[bool] = []
    all_cells = [
        mine.cells(zone[0].page if zone else 0, zone)
        for (zone, _), mine in zip(zones, columns, strict=True)
    ]
    pitch = least_pitch(column for cells in all_cells for column in cells.values())
    for cells in all_cells:
        starts = rating_lines(cells[RESPONSE], scale)
        top_votes += [_begins_its_row(cells, start, pitch) for start in starts]
        for first, second in pairwise(starts):
            bands = free_bands(_flat(cells), first, second.baseline)
            if bands:
                widths.append(max(width for _, width in bands))
    widths.sort()
    is_top_aligned = sum(top_votes) >= MOST * len(top_votes)
    row_gap = MOST * widths[len(widths) // 4] if widths else 0
    return [
        replace(mine, top_aligned=is_top_aligned and not mine.single, row_gap=row_gap)
        for mine in columns
    ]


def least_pitch(columns: Iterable[Sequence[Line]]) -> float:
    """Return the least distance of lines below each other in one column, in points."""
    distances = [
        second.baseline - first.baseline
        for column in columns
        for first, second in pairwise(column)
        if first.page == second.page
        and second.baseline - first.baseline > OVERLAP_EM * first.height
    ]
    return min(distances, default=float("inf"))


def _begins_its_row(cells: Cells, start: Line, pitch: float) -> bool:
    """Say whether the cells beside a rating begin on its line: none goes on from a line above."""
    for kind in (QUESTION, COMMENT, DESCRIPTION):
        lines = cells.get(kind, [])
        beside = [x for x in lines if abs(x.baseline - start.baseline) < BESIDE_EM * start.height]
        if not beside and kind == QUESTION:
            return False
        above = [x for x in lines if beside and x.baseline < beside[0].baseline]
        is_near = bool(above) and beside[0].baseline - above[-1].baseline < PARAGRAPH * pitch
        ends = "?" if kind == QUESTION else (".", "!", "?")
        if is_near and not above[-1].text.endswith(ends):
            return False
    return True


def _flat(cells: Cells) -> list[Line]:
    return [line for column in cells.values() for line in column]


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

    def __init__(self, scale: Scale) -> None:
        self._scale = scale
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
        starts = rating_lines(cells[RESPONSE], self._scale, below)
        if not starts:
            self._go_on(page, cells)
            return []
        cuts = [self._first_cut(columns, cells, starts[0])]
        cuts += [_cut(columns, cells, a, b) for a, b in pairwise(starts)]
        cuts.append(_last_cut(columns, cells, starts[-1], at_page_end=at_page_end))
        if self._open is not None:
            self._go_on(page, _between(cells, float("-inf"), cuts[0]))
            cells = _between(cells, cuts[0], float("inf"))
        begun = []
        for index, (top, bottom) in enumerate(pairwise(cuts)):
            row = self._begin(page)
            piece = _between(cells, top if index else float("-inf"), bottom)
            row.add(self._rated(page, piece, starts[index]) if columns.top_aligned else piece)
            begun.append(row)
        rest = _between(cells, cuts[-1], float("inf"))
        if any(rest.values()):
            self._waiting = RowLines(page)
            self._waiting.add(rest)
        self.rows += begun
        self._open = begun[-1]
        return begun

    def _begin(self, page: int) -> RowLines:
        row, self._waiting = self._waiting or RowLines(page), None
        return row

    def _go_on(self, page: int, cells: Cells) -> None:
        if not any(cells.values()):
            return
        if self._open is None and self._waiting is None:
            self._waiting = RowLines(page)
        row = self._waiting or self._open or RowLines(page)
        if reads_on(row.question, cells.get(QUESTION, [])):
            row.add(cells)
        else:
            self.unrated.append(page)

    def _rated(self, page: int, cells: Cells, start: Line) -> Cells:
        """Return the lines of a rated row; questions above and below it were not answered."""
        begin = start.baseline - BESIDE_EM * start.height
        questions = cells[QUESTION]
        edge = max((line.right for line in questions), default=0.0)
        asked = [line for line in questions if line.baseline < begin][-1:]
        end = float("inf")
        for line, following in pairwise(x for x in questions if x.baseline >= begin):
            usual = min(least_pitch([questions]), USUAL_EM * line.height)
            is_apart = following.baseline - line.baseline > PARAGRAPH * usual
            if line.text.endswith("?") and (is_apart or fits(line, following, edge)):
                asked.append(following)
                end = min(end, following.baseline - BESIDE_EM * following.height)
        self.unrated += [page] * len(asked)
        return _between(cells, begin, end)

    def _first_cut(self, columns: Columns, cells: Cells, start: Line) -> float:
        """Return where the part of an earlier row ends at the top of a zone."""
        if self._open is None or self._waiting is not None:
            return float("-inf")
        bands = free_bands(_flat(cells), None, start.baseline)
        if columns.top_aligned:
            return bands[-1][0] if bands else float("-inf")
        # Whatever stands above a rating in its own column belongs to an earlier row.
        above = [
            x.baseline
            for x in cells[RESPONSE]
            if x.baseline < start.baseline and not columns.single
        ]
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
    return next((middle for middle in wide if middle > cells[RESPONSE][-1].baseline), float("inf"))


def _between(cells: Cells, top: float, bottom: float) -> Cells:
    return {
        kind: [line for line in lines if top < line.baseline <= bottom]
        for kind, lines in cells.items()
    }
