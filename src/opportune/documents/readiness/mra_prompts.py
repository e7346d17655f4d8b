"""Answers to the text prompts of a readiness report: what is written beside or under them.

A prompt names frameworks and products that say nothing about the customer. So only what the layout
sets apart is an answer: a second column, or a line that begins with "Response:".
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from opportune.documents.opening.pdf import Page
from opportune.documents.questionnaires.answers import question_of, said
from opportune.documents.readiness.mra_bordered import Table, header_of, items_of
from opportune.documents.readiness.mra_grid import GridRow
from opportune.documents.readiness.mra_rows import Cells
from opportune.documents.readiness.mra_table import EDGE_PT, Columns, titled_columns
from opportune.documents.readiness.mra_text import COLUMN_GAP_EM, Line, Vocabulary
from opportune.documents.readiness.mra_words import COMMENT, QUESTION, RESPONSE, is_title_row
from opportune.model.assessment import Answer
from opportune.model.records import QualityNote

ROW_GAP_EM = 0.8
"""A free band wider than this share of the height stands between two rows or paragraphs."""

_LABEL = re.compile(
    r"(?:(?:customer )?(?:response|answer)|respuesta|resposta)\s*:\s*(.*)", re.IGNORECASE
)
_ENDS = (".", "?", ":", "!", ")")


@dataclass
class _Row:
    page: int
    prompt: list[Line] = field(default_factory=list)
    answer: list[Line] = field(default_factory=list)
    comment: list[Line] = field(default_factory=list)

    def add(self, cells: Cells) -> None:
        """Go on with what stands in these cells."""
        self.prompt += cells.get(QUESTION, [])
        self.answer += cells.get(RESPONSE, [])
        self.comment += cells.get(COMMENT, [])


def read_answers(
    file: str,
    pages: Sequence[Page],
    lines: Sequence[Line],
    edge: float | None,
    vocabulary: Vocabulary,
) -> tuple[list[Answer], list[QualityNote]]:
    """Return the prompts that were answered.

    Args:
        file: The report's name.
        pages: All, for their borders.
        lines: Those of the section, its heading left out.
        edge: Where ratings begin, in points, for a table that names no columns; None: not known.
        vocabulary: Of the whole document.
    """
    if not lines:
        return [], []
    rows, is_table = list(_bordered(items_of(pages, lines), vocabulary)), True
    if not rows:
        columns = titled_columns(lines) or _columns_at(lines, edge)
        is_table = columns is not None
        rows = list(_borderless_rows(lines, columns) if columns else _labelled(lines))
    answers = []
    for row in rows:
        text = said(vocabulary.joined(row.answer))
        label = _LABEL.fullmatch(text)
        text = said(label[1]) if label else text
        comment = said(vocabulary.joined(row.comment))
        prompt = question_of(vocabulary.joined(row.prompt))
        if prompt and (text or comment):
            whole = " ".join(filter(None, (text, comment)))
            answers.append(Answer(file, f"page {row.page}", prompt, whole))
    if is_table or rows:
        return answers, []
    message = (
        "The layout does not tell the text prompts from answers: all of it was taken for prompts, "
        "which are no evidence."
    )
    note = QualityNote(
        code="prompts-not-separated", message=message, source=f"{file}, page {lines[0].page}"
    )
    return answers, [note]


def _bordered(items: Sequence[Line | GridRow], vocabulary: Vocabulary) -> Iterator[_Row]:
    """Yield the rows of tables with borders; a page end may cut one."""
    row: _Row | None = None
    for page, cells in _bordered_cells(items, vocabulary):
        prompt = cells.get(QUESTION, [])
        if row is not None and prompt and not _is_cut(row, page):
            yield row
            row = None
        row = row or _Row(page)
        row.add(cells)
    if row is not None:
        yield row


def _bordered_cells(
    items: Sequence[Line | GridRow], vocabulary: Vocabulary
) -> Iterator[tuple[int, Cells]]:
    """Yield the page and the cells of each row below a header."""
    table: Table | None = None
    for item in items:
        if not isinstance(item, GridRow):
            continue
        header = header_of(item, vocabulary)
        if header is not None:
            table = Table.of(item, header)
        elif table is not None:
            yield item.page, table.cells(item)


def _is_cut(row: _Row, page: int) -> bool:
    """Say whether a page end cut this row's prompt, which goes on with what follows."""
    last = row.prompt[-1] if row.prompt else None
    return last is not None and page != last.page and not last.text.endswith(_ENDS)


def _columns_at(lines: Sequence[Line], edge: float | None) -> Columns | None:
    """Return two columns, if what stands right of this edge begins there."""
    right = [line for line in lines if edge is not None and line.words[-1].left >= edge - EDGE_PT]
    if edge is None or not right or not all(_begins_at(line, edge) for line in right):
        return None
    return Columns((min(line.left for line in lines), edge), (QUESTION, RESPONSE))


def _begins_at(line: Line, edge: float) -> bool:
    """Say whether a word begins at this edge, after a gap or as the line's first."""
    first = next(i for i, word in enumerate(line.words) if word.left >= edge - EDGE_PT)
    if first == 0:
        return True
    gap = line.words[first].left - line.words[first - 1].right
    return gap > COLUMN_GAP_EM * line.height and line.words[first].left < edge + EDGE_PT


def _borderless_rows(lines: Sequence[Line], columns: Columns) -> Iterator[_Row]:
    body = [line for line in lines if not is_title_row(line.text)]
    first = min((line.left for line in body), default=0.0)
    numbered = sum(_begins_with_number(line, first) for line in body) > 1
    row: _Row | None = None
    for group in _groups(body, lambda line: _begins_with_number(line, first) if numbered else None):
        page = group[0].page
        cells = columns.cells(page, group)
        if row is None or not _goes_on(row, page, cells):
            if row is not None:
                yield row
            row = _Row(page)
        row.add(cells)
    if row is not None:
        yield row


def _begins_with_number(line: Line, left: float) -> bool:
    """Say whether a line begins with the number of its row."""
    is_first = line.left < left + EDGE_PT
    return is_first and bool(re.fullmatch(r"\d{1,3}[.)]?", line.words[0].text))


def _goes_on(row: _Row, page: int, cells: Cells) -> bool:
    """Say whether what follows belongs to this row: no prompt beside it, or one cut by a page."""
    if not cells.get(QUESTION):
        return True
    is_cut = bool(row.prompt) and not row.prompt[-1].text.endswith(_ENDS)
    last = max((line.page for line in (*row.prompt, *row.answer)), default=row.page)
    return is_cut and last != page


def _groups(
    lines: Sequence[Line], begins: Callable[[Line], bool | None] = lambda _: None
) -> Iterator[list[Line]]:
    """Yield lines that belong together: no wide free band between them, and no page end.

    Args:
        lines: Top to bottom.
        begins: Says whether a line begins a row; None: its numbers do not tell.
    """
    group = list(lines[:1])
    for before, line in pairwise(lines):
        is_near = line.page == before.page and line.top - before.bottom < ROW_GAP_EM * line.height
        is_first = begins(line)
        if is_first is None:
            ends = before.text.endswith("?") and line.text[:1].isupper()
            is_first = not is_near or (ends and line.left <= group[0].left + EDGE_PT)
        if is_first or line.page != before.page:
            yield group
            group = []
        group.append(line)
    if group:
        yield group


def _labelled(lines: Sequence[Line]) -> Iterator[_Row]:
    """Yield prompts with the lines below them that begin with "Response:"."""
    prompt: list[Line] = []
    for group in _groups(lines):
        begin = next((i for i, line in enumerate(group) if _LABEL.match(line.text)), None)
        if begin is None:
            prompt = group
            continue
        above = group[:begin] or prompt
        if above:
            yield _Row(above[0].page, above, group[begin:])
        prompt = []
