"""Telling the report's standard description from the customer's comment in one column."""

import re
from collections.abc import Sequence
from itertools import pairwise

from opportune.documents.readiness.mra_table import RATING, Columns, RowLines, rating_lines
from opportune.documents.readiness.mra_text import Line, Vocabulary

_NEXT_SENTENCE = re.compile(r"[.!?]\s+\S")


class Splitter:
    """Splits what follows a rating into description and comment where the layout does not.

    A line that ends although the next word would have fitted was ended on purpose: the comment
    begins after the first such line. Where no line tells, a description that another row of the
    same rating has shown does.

    Args:
        rows: All rows, as they stand in the columns.
        columns: The table's geometry.
        vocabulary: Of the whole document.
    """

    def __init__(self, rows: Sequence[RowLines], columns: Columns, vocabulary: Vocabulary) -> None:
        self._columns = columns
        self._vocabulary = vocabulary
        self._right_edge = max((x.right for row in rows for x in row.response), default=0)
        self._known: set[tuple[str, str]] = set()
        for row in rows if columns.comment is None else ():
            lines = _response(row)
            end = self._forced_end(lines)
            match = RATING.match(vocabulary.joined(lines[:end] if end else lines))
            if match and (end or (len(lines) == 1 and not _NEXT_SENTENCE.search(match[2]))):
                self._known.add((match[1], match[2]))

    def split(self, row: RowLines) -> tuple[str, str, str, bool]:
        """Return a row's question, response and comment, and whether that is sure."""
        joined = self._vocabulary.joined
        lines = _response(row)
        question = joined([*row.question, *row.response[: len(row.response) - len(lines)]])
        if self._columns.comment is not None:
            return question, joined(lines), joined(row.comment), True
        end = self._forced_end(lines)
        if end:
            return question, joined(lines[:end]), joined(lines[end:]), True
        response = joined(lines)
        match = RATING.match(response)
        if match is None:
            return question, response, "", True
        for rating, text in sorted(self._known, key=lambda known: -len(known[1])):
            if rating == match[1] and match[2].startswith(f"{text} "):
                begin = match.start(2) + len(text)
                return question, response[:begin], response[begin:].strip(), True
        half = len(match[2]) // 2
        if match[2][:half] == match[2][half + 1 :]:
            return question, response[: match.start(2) + half], match[2][:half], True
        is_sure = (match[1], match[2]) in self._known or not _NEXT_SENTENCE.search(match[2])
        return question, response, "", is_sure

    def _forced_end(self, lines: Sequence[Line]) -> int:
        """Return how many lines stand before the first break made on purpose; 0 = none."""
        for index, (line, following) in enumerate(pairwise(lines), start=1):
            word = following.words[0]
            blank = 0.3 * word.height
            fits = line.right + blank + (word.right - word.left) < self._right_edge
            if fits and not line.text.replace(" ", "").isdecimal():
                return index
        return 0


def _response(row: RowLines) -> list[Line]:
    """Return the lines from the rating on; above it stands the question, if all is one column."""
    starts = rating_lines(row.response)
    return row.response[row.response.index(starts[0]) :] if starts else row.response
