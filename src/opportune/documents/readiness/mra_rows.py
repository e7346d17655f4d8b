"""One rated row of a report, put together over its pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from opportune.documents.readiness.mra_text import Line
from opportune.documents.readiness.mra_words import COMMENT, DESCRIPTION, QUESTION, RESPONSE

Cells = Mapping[str, list[Line]]
"""Lines by the kind of column that they stand in; a kind that a table lacks may be missing."""


@dataclass
class RowLines:
    """The lines of one row, by column, top to bottom over all its pages."""

    page: int
    """Where the question begins."""
    question: list[Line] = field(default_factory=list)
    response: list[Line] = field(default_factory=list)
    description: list[Line] = field(default_factory=list)
    comment: list[Line] = field(default_factory=list)
    cut_lines: set[int] = field(default_factory=set)
    """`id` of the lines of comments that begin below a page end."""
    blanks: set[int] = field(default_factory=set)
    """`id` of the lines among them above which a line was left blank."""

    def add(self, cells: Cells) -> None:
        """Go on with what stands in these cells."""
        self.question.extend(cells.get(QUESTION, ()))
        self.response.extend(cells.get(RESPONSE, ()))
        self.description.extend(cells.get(DESCRIPTION, ()))
        self.comment.extend(cells.get(COMMENT, ()))

    def columns(self) -> tuple[list[Line], ...]:
        """Return the lines of each of its cells."""
        return self.question, self.response, self.description, self.comment


@dataclass
class Found:
    """The rows of a section in order, and the category and sub-category of each."""

    rows: list[RowLines] = field(default_factory=list)
    places: list[tuple[str, str]] = field(default_factory=list)
    unrated: list[int] = field(default_factory=list)
    """Pages of questions beside which no rating stands."""
    has_comments: bool = True
    """Comments have a column of their own."""


def reads_on(question: Sequence[Line], more: Sequence[Line]) -> bool:
    """Say whether these lines of questions are one: no sentence ends between them on purpose."""
    if not more or not question:
        return True
    if not question[-1].text.endswith((".", "?", "!")) or more[0].text[:1].islower():
        return True
    return not fits(question[-1], more[0], max(line.right for line in (*question, *more)))


def fits(line: Line, following: Line, edge: float) -> bool:
    """Say whether a line ended although the next word would have fitted, left of this edge."""
    word = following.words[0]
    return line.right + 0.3 * word.height + (word.right - word.left) < edge
