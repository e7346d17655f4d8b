"""Answers to the text prompts of a readiness report: what is written beside or under them.

A prompt names frameworks and products that say nothing about the customer. So only what the layout
sets apart is an answer: a second column, or a line that begins with "Response:".
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from opportune.documents.questionnaires.answers import question_of, said
from opportune.documents.readiness.mra_table import EDGE_PT, Columns
from opportune.documents.readiness.mra_text import COLUMN_GAP_EM, Line, Vocabulary, folded, lines_of
from opportune.model.assessment import Answer
from opportune.model.records import QualityNote

ROW_GAP_EM = 0.8
"""A free band wider than this share of the height stands between two rows or paragraphs."""

_QUESTION_TITLE = re.compile(r"(?:questions?|prompts?|topics?|preguntas?|perguntas?)\b")
_ANSWER_TITLE = re.compile(r"(?:responses?|answers?|comments?|respuestas?|respostas?)")
_LABEL = re.compile(
    r"(?:(?:customer )?(?:response|answer)|respuesta|resposta)\s*:\s*(.*)", re.IGNORECASE
)
_ENDS = (".", "?", ":", "!", ")")


@dataclass
class _Row:
    page: int
    prompt: list[Line] = field(default_factory=list)
    answer: list[Line] = field(default_factory=list)


def read_answers(
    file: str, lines: Sequence[Line], columns: Columns, vocabulary: Vocabulary
) -> tuple[list[Answer], list[QualityNote]]:
    """Return the prompts that were answered.

    Args:
        file: The report's name.
        lines: Those of the section, its heading left out.
        columns: Of the rated questions, for a table that names no columns.
        vocabulary: Of the whole document.
    """
    if not lines:
        return [], []
    edge = _edge(lines, columns)
    rows = list(_table(lines, edge)) if edge is not None else list(_labelled(lines))
    answers = []
    for row in rows:
        text = said(vocabulary.joined(row.answer))
        prompt = question_of(vocabulary.joined(row.prompt))
        label = _LABEL.fullmatch(text)
        text = said(label[1]) if label else text
        if text and prompt:
            answers.append(Answer(file, f"page {row.page}", prompt, text))
    if edge is not None or rows:
        return answers, []
    message = (
        "The layout does not tell the text prompts from answers: all of it was taken for prompts, "
        "which are no evidence."
    )
    note = QualityNote(
        code="prompts-not-separated", message=message, source=f"{file}, page {lines[0].page}"
    )
    return answers, [note]


def _edge(lines: Sequence[Line], columns: Columns) -> float | None:
    """Return where the column of answers begins; None if all is one column."""
    for line in lines:
        if _is_title(line):
            return next(w.left for w in line.words if _ANSWER_TITLE.fullmatch(folded(w.text)))
    right = [line for line in lines if line.words[-1].left >= columns.response - EDGE_PT]
    if right and all(_begins_at(line, columns.response) for line in right):
        return columns.response
    return None


def _is_title(line: Line) -> bool:
    words = folded(line.text).split()
    named = [word for word in words if _QUESTION_TITLE.match(word) or _ANSWER_TITLE.match(word)]
    has_both = bool(_QUESTION_TITLE.match(folded(line.text))) and any(
        _ANSWER_TITLE.fullmatch(word) for word in words[1:]
    )
    return has_both and len(words) <= len(named) + 1


def _begins_at(line: Line, edge: float) -> bool:
    """Say whether a word begins at this edge, after a gap or as the line's first."""
    first = next(i for i, word in enumerate(line.words) if word.left >= edge - EDGE_PT)
    if first == 0:
        return True
    gap = line.words[first].left - line.words[first - 1].right
    return gap > COLUMN_GAP_EM * line.height and line.words[first].left < edge + EDGE_PT


def _table(lines: Sequence[Line], edge: float) -> Iterator[_Row]:
    row: _Row | None = None
    for group in _groups([line for line in lines if not _is_title(line)]):
        page = group[0].page
        left = [w for line in group for w in line.words if w.left < edge - EDGE_PT]
        right = [w for line in group for w in line.words if w.left >= edge - EDGE_PT]
        if row is None or not _goes_on(row, page, is_beside=not left):
            if row is not None:
                yield row
            row = _Row(page)
        row.prompt += lines_of(page, left)
        row.answer += lines_of(page, right)
    if row is not None:
        yield row


def _goes_on(row: _Row, page: int, *, is_beside: bool) -> bool:
    """Say whether what follows belongs to this row: no prompt beside it, or one cut by a page."""
    if is_beside:
        return True
    is_cut = bool(row.prompt) and not row.prompt[-1].text.endswith(_ENDS)
    last = max((line.page for line in (*row.prompt, *row.answer)), default=row.page)
    return is_cut and last != page


def _groups(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Yield lines between which there is no wide free band, and no page end."""
    group = list(lines[:1])
    for before, line in pairwise(lines):
        is_near = line.page == before.page and line.top - before.bottom < ROW_GAP_EM * line.height
        if not is_near:
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
