"""Telling the report's standard description from the customer's comment."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from opportune.documents.readiness.mra_lines import least_pitch, rating_lines
from opportune.documents.readiness.mra_rows import Found, RowLines, fits
from opportune.documents.readiness.mra_scale import Scale
from opportune.documents.readiness.mra_text import Line, Vocabulary
from opportune.documents.readiness.mra_words import COMMENT_LABEL

BLANK_LINE = 1.45
"""Lines further apart than this share of the usual distance have a blank line between them."""
USUAL_EM = 1.3
"""The widest usual distance of lines, as a share of the height of their words."""
MANY = 0.3
"""Share of rows that show how the report sets its descriptions."""

_NEXT_SENTENCE = re.compile(r"[.!?]\s+\S")
_SENTENCE_END = re.compile(r"[.!?][\"')\]]*$")
_PREFIX = re.compile(r"([1-5])(?:\s+[-\u2013\u2014:]|[.):])\s+(?!\d)")


@dataclass(frozen=True, slots=True)
class Split:
    """A row's texts. `rating` is None if none can be read."""

    question: str
    response: str
    rating: int | None
    description: str
    comment: str
    is_sure: bool = True
    """False: the layout does not tell the description from a comment; all is kept as the former."""


class Splitter:
    """Splits what a row holds into rating, description and comment.

    A digit alone has its description in the column of comments: behind "N - " or not, then a blank
    line, then the comment. Without blank lines a line that ends although the next word would have
    fitted was ended on purpose: the comment begins below the first such line. Where no line tells,
    a description that another row of the same rating has shown does.

    Args:
        found: All rows, as they stand in the columns.
        scale: How ratings are written.
        vocabulary: Of the whole document.
    """

    def __init__(self, found: Found, scale: Scale, vocabulary: Vocabulary) -> None:
        self.scale = scale
        self._joined = vocabulary.joined
        self._has_comments = found.has_comments
        rows = found.rows
        self._pitch = least_pitch(column for row in rows for column in row.columns())
        mixed = [row.comment if found.has_comments else _response(row, scale) for row in rows]
        self._right_edge = max((x.right for lines in mixed for x in lines), default=0.0)
        filled = [(row, lines) for row, lines in zip(rows, mixed, strict=True) if lines]
        enough = max(1, MANY * len(filled))
        self._has_blanks = sum(bool(self._blank(x, r.blanks)) for r, x in filled) >= enough
        self._has_prefixes = sum(bool(_PREFIX.match(x[0].text)) for _, x in filled) >= enough
        self._known: set[tuple[int, str]] = set()
        self._learn(filled)

    def split(self, row: RowLines) -> Split:
        """Return a row's texts."""
        lines = _response(row, self.scale)
        question = self._joined([*row.question, *row.response[: len(row.response) - len(lines)]])
        response = self._joined(lines)
        read = self.scale.read(response)
        if read is None:
            return Split(question, response, None, "", "")
        rating, rest = read
        if row.description:
            description = _without_prefix(self._joined(row.description), rating)
            return Split(question, response, rating, description, self._comment(row.comment))
        if self._has_comments and rest:
            return Split(question, response, rating, rest, self._comment(row.comment))
        if self._has_comments and not self._is_described(row.comment, rating):
            return Split(question, response, rating, "", self._comment(row.comment))
        if self._has_comments:
            texts = self._parts(row.comment, row.blanks, rating)
        else:
            texts = self._parts(lines, row.blanks, rating)
        return Split(question, response, rating, *texts)

    def _comment(self, lines: Sequence[Line]) -> str:
        return COMMENT_LABEL.sub("", self._joined(lines), count=1)

    def _is_described(self, lines: Sequence[Line], rating: int) -> bool:
        """Say whether a cell of comments begins with the standard description."""
        if not lines:
            return False
        match = _PREFIX.match(self._joined(lines))
        if match is not None:
            return int(match[1]) == rating
        return self._has_blanks and not self._has_prefixes

    def _parts(self, lines: Sequence[Line], blanks: set[int], rating: int) -> tuple[str, str, bool]:
        """Return the description and the comment of one column, and whether that is sure."""
        end = self._end(lines, blanks)
        if end:
            description = self._described(lines[:end], rating)
            return description, self._comment(lines[end:]), True
        text = self._described(lines, rating)
        for known_rating, known in sorted(self._known, key=lambda one: -len(one[1])):
            if known_rating == rating and text.startswith(f"{known} "):
                return known, text[len(known) :].strip(), True
        half = len(text) // 2
        if text and text[:half] == text[half + 1 :]:
            return text[:half], text[:half], True
        may_hide = _is_cut_at_sentence(lines) or any(id(line) in blanks for line in lines)
        is_sure = (
            (rating, text) in self._known
            or (self._has_comments and self._has_blanks and not may_hide)
            or not _NEXT_SENTENCE.search(text)
        )
        return text, "", is_sure

    def _described(self, lines: Sequence[Line], rating: int) -> str:
        text = self._joined(lines)
        if self._has_comments:
            return _without_prefix(text, rating)
        read = self.scale.read(text)
        return read[1] if read else text

    def _end(self, lines: Sequence[Line], blanks: set[int]) -> int:
        """Return how many lines the description has; 0 = nothing tells."""
        blank = self._blank(lines, blanks)
        if blank or not self._has_blanks:
            return blank or self._forced_end(lines)
        # The blank line may have fallen where the page ends.
        for index, (line, following) in enumerate(pairwise(lines), start=1):
            if line.page != following.page:
                ends = _is_cut_at_sentence((line, following))
                return (
                    index
                    if ends and (self._fits(line, following) or self._is_known(lines[:index]))
                    else 0
                )
        return 0

    def _is_known(self, lines: Sequence[Line]) -> bool:
        text = self._joined(lines)
        match = _PREFIX.match(text)
        return match is not None and (int(match[1]), text[match.end() :]) in self._known

    def _blank(self, lines: Sequence[Line], blanks: set[int]) -> int:
        """Return how many lines stand above the first blank line; 0 = there is none."""
        for index, (line, following) in enumerate(pairwise(lines), start=1):
            if id(following) in blanks and _is_cut_at_sentence((line, following)):
                return index
            usual = min(self._pitch, USUAL_EM * following.height)
            distance = following.baseline - line.baseline
            if line.page == following.page and distance > BLANK_LINE * usual:
                return index
        return 0

    def _forced_end(self, lines: Sequence[Line]) -> int:
        """Return how many lines stand before the first break made on purpose; 0 = none."""
        for index, (line, following) in enumerate(pairwise(lines), start=1):
            if self._fits(line, following) and not line.text.replace(" ", "").isdecimal():
                return index
        return 0

    def _fits(self, line: Line, following: Line) -> bool:
        """Say whether a line ended although the next word would have fitted."""
        return fits(line, following, self._right_edge)

    def _learn(self, filled: Iterable[tuple[RowLines, Sequence[Line]]]) -> None:
        """Learn the descriptions of rows whose layout tells them."""
        for row, lines in filled:
            read = self.scale.read(self._joined(_response(row, self.scale)))
            if read is None or (self._has_comments and read[1]):
                continue
            if self._has_comments and not self._is_described(lines, read[0]):
                continue
            end = self._blank(lines, row.blanks)
            end = end or (0 if self._has_blanks else self._forced_end(lines))
            text = self._described(lines[:end] if end else lines, read[0])
            if end or (len(lines) == 1 and not _NEXT_SENTENCE.search(text)):
                self._known.add((read[0], text))


def _is_cut_at_sentence(lines: Sequence[Line]) -> bool:
    """Say whether a page ends between two sentences: a blank line may have been there."""
    return any(
        line.page != following.page
        and _SENTENCE_END.search(line.text)
        and not following.text[:1].islower()
        for line, following in pairwise(lines)
    )


def _without_prefix(text: str, rating: int) -> str:
    match = _PREFIX.match(text)
    return text[match.end() :] if match and int(match[1]) == rating else text


def _response(row: RowLines, scale: Scale) -> list[Line]:
    """Return the lines from the rating on; above it stands the question, if all is one column."""
    starts = rating_lines(row.response, scale)
    return row.response[row.response.index(starts[0]) :] if starts else row.response
