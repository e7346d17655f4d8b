"""Where the columns of a table without borders stand, found by where the words stand.

Text order is not enough: a question that a page end cuts goes on, on the next page, after its own
rating and comment, and there shares its line with the comment's end. So each word is put into a
column by where it begins. The titles say what each column holds, and the free space between their
texts where it begins; without titles the ratings ("3 3 - ...") give away the second column.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from opportune.documents.readiness.mra_rows import Cells
from opportune.documents.readiness.mra_scale import DOUBLED
from opportune.documents.readiness.mra_text import COLUMN_GAP_EM, Line, lines_of
from opportune.documents.readiness.mra_words import (
    COMMENT,
    OTHER,
    QUESTION,
    RESPONSE,
    column_kind,
    is_title_row,
)

EDGE_PT = 3.0
"""Words of one column begin within this of its edge, or right of it."""
BLANK_EM = 0.4
"""The widest blank between words, as a share of the height."""
LEAST_GAP_PT = 2.5
"""Free space between two columns."""
CROSSING_SHARES = (0.0, 0.02, 0.06, 0.12)
"""Of lines that may cross it: headings that look like questions."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the columns begin, left to right, and what they hold; how rows are told apart."""

    edges: tuple[float, ...]
    """Points. The first column begins at the page's left edge, whatever stands here."""
    kinds: tuple[str, ...]
    single: bool = False
    """Questions stand above their ratings, in one column."""
    top_aligned: bool = False
    """A row's cells begin on one line; otherwise they are centred to each other."""
    row_gap: float = 0
    """The least free band between two rows, in points."""

    @property
    def second(self) -> float:
        """Where the second column begins."""
        return self.edges[1]

    @property
    def response(self) -> float:
        """Where the column of ratings begins."""
        return self.edges[self.kinds.index(RESPONSE)]

    def cells(self, page: int, lines: Iterable[Line]) -> Cells:
        """Sort the words of these lines into columns."""
        words: dict[str, list] = {kind: [] for kind in self.kinds}  # type: ignore[type-arg] # words
        for line in lines:
            for word in line.words:
                words[self._kind_at(word.left)].append(word)
        return {kind: lines_of(page, found) for kind, found in words.items()}

    def _kind_at(self, left: float) -> str:
        at = sum(left >= edge - EDGE_PT for edge in self.edges[1:])
        return self.kinds[at]


def find_columns(lines: Sequence[Line]) -> Columns | None:
    """Learn a table's columns from the lines of its section; None if nothing gives them away."""
    return titled_columns(lines) or _columns_by_ratings(lines)


def titled_columns(lines: Sequence[Line]) -> Columns | None:
    """Return the columns that the table's titles name; None if it has none, or they do not fit."""
    rows = [line for line in lines if is_title_row(line.text)]
    if not rows:
        return None
    titles = _titles(rows[0])
    named = {kind for kind, _, _ in titles} - {OTHER}
    if QUESTION not in named or RESPONSE not in named:
        return None
    body = _body(lines)
    edges = [titles[0][1]]
    for (_, left, right), (_, begin, _) in pairwise(titles):
        edge = _edge_between(body, max(left, min(right, begin)), begin)
        if edge is None:
            return None
        edges.append(edge)
    kinds = tuple(kind for kind, _, _ in titles)
    return Columns(tuple(edges), kinds)


def _titles(row: Line) -> list[tuple[str, float, float]]:
    """Return the kind of each title of a row, and where it begins and ends."""
    groups = [[row.words[0]]]
    for before, word in pairwise(row.words):
        is_own = bool(column_kind(word.text)) and bool(column_kind(before.text))
        if is_own or word.left - before.right > COLUMN_GAP_EM * row.height:
            groups.append([])
        groups[-1].append(word)
    titles = []
    for group in groups:
        kind = column_kind(" ".join(word.text for word in group)) or OTHER
        titles.append((kind, group[0].left, group[-1].right))
    return titles


def _body(lines: Sequence[Line]) -> list[Line]:
    """Return the lines of rows: those in the style of most words, without titles of columns."""
    styles = Counter(
        word.style for line in lines if not is_title_row(line.text) for word in line.words
    )
    usual = styles.most_common(1)[0][0] if styles else ""
    return [
        line
        for line in lines
        if not is_title_row(line.text)
        and not (line.is_solid and all(word.style != usual for word in line.words))
    ]


def _edge_between(lines: Sequence[Line], after: float, begin: float) -> float | None:
    """Return where a column begins whose title begins there: behind free space.

    Args:
        lines: Of the table's rows.
        after: Where the title of the column before ends.
        begin: Where its own title begins.
    """
    words = sorted(
        (word.left, word.right)
        for line in lines
        for word in line.words
        if word.right > after and word.left < begin + EDGE_PT
    )
    for share in CROSSING_SHARES:
        gaps = _gaps(words, after, begin, crossing=round(share * len(lines)))
        if gaps:
            return max(gaps, key=lambda gap: gap[1] - gap[0])[1]
    return None


def _gaps(
    words: Sequence[tuple[float, float]], after: float, begin: float, *, crossing: int
) -> list[tuple[float, float]]:
    """Return the spaces between two places that no more than so many words touch."""
    steps = sorted(
        [(max(left, after), 1) for left, _ in words] + [(right, -1) for _, right in words]
    )
    gaps, count, free_from = [], 0, after
    for place, step in steps:
        if count <= crossing < count + step or (place >= begin and count <= crossing):
            if min(place, begin) - free_from >= LEAST_GAP_PT:
                gaps.append((free_from, min(place, begin)))
            free_from = place
        elif count > crossing >= count + step:
            free_from = place
        count += step
    if count <= crossing and begin - free_from >= LEAST_GAP_PT:
        gaps.append((free_from, begin))
    return gaps


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
                if DOUBLED.match(" ".join([word.text, *following])):
                    edges.append(word.left)
                    break
    return edges


def _columns_by_ratings(lines: Sequence[Line]) -> Columns | None:
    """Return the columns that ratings of two digits give away; None if there are none."""
    edges = _rating_edges(lines)
    if not edges:
        return None
    usual = Counter(round(x) for x in edges).most_common(1)[0][0]
    response = min(x for x in edges if abs(x - usual) <= EDGE_PT)
    comment = _comment_edge(lines, response, len(edges))
    body = [line for line in lines if not is_title_row(line.text)]
    left = min((line.left for line in body), default=0.0)
    lefts = sum(line.left < response - 4 * EDGE_PT for line in body)
    single = lefts < len(edges) / 2
    if comment is None:
        return Columns((left, response), (QUESTION, RESPONSE), single)
    return Columns((left, response, comment), (QUESTION, RESPONSE, COMMENT), single)


def _comment_edge(lines: Sequence[Line], response: float, rated: int) -> float | None:
    """Return the left edge that most words right of the ratings, and after a gap, have in common.

    A header that names comments bounds it: the edge stands left of the name's end.
    """
    titles = [line for line in lines if is_title_row(line.text)]
    bound = max((_title_right(line, COMMENT) for line in titles), default=None)
    if bound == 0:
        return None
    least = max(response + 40, *(_title_right(line, RESPONSE) for line in titles), 0)
    body = [line for line in lines if not is_title_row(line.text)]
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


def _title_right(line: Line, kind: str) -> float:
    return max((right for found, _, right in _titles(line) if found == kind), default=0)


def tables_differ(lines: Sequence[Line], columns: Columns) -> bool:
    """Say whether tables of this section have columns of their own widths."""
    titles = [_titles(line) for line in lines if is_title_row(line.text)]
    first = titles[0] if titles else []
    moved = [
        row
        for row in titles
        if [kind for kind, _, _ in row] != [kind for kind, _, _ in first]
        or any(abs(a[1] - b[1]) > EDGE_PT for a, b in zip(row, first, strict=True))
    ]
    edges = _rating_edges(lines)
    away = sum(abs(x - columns.response) > EDGE_PT for x in edges)
    return bool(moved) or away > len(edges) / 10
