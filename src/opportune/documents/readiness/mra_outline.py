"""Headings of a readiness report: which categories and sub-categories its rated rows stand under.

Names known from reports of 2023 help; what decides for others is how they are set and what follows.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from opportune.documents.opening.pdf import FIELD_STYLE, Word
from opportune.documents.readiness.mra_table import EDGE_PT, Columns
from opportune.documents.readiness.mra_text import Line
from opportune.documents.readiness.mra_words import folded, is_title_row

CATEGORIES = {
    "Business Case": (
        "High Level Business Case",
        "Key Stakeholder Sign-off",
        "Migration Funding Commitment",
        "Specific Migration Workloads Committed",
    ),
    "Customer Migration Project Plan": (
        "Delivery Model & Approach",
        "Project Management Capability",
        "Migration Plan",
    ),
    "Skills & COE": ("Single Threaded Leader", "Experience baseline", "Design or Evolve COE"),
    "Landing Zone": ("Account Design & Configuration",),
    "App Portfolio Discovery & Planning": (
        "Application Discovery Data",
        "Workload Owner Buy-In",
        "Workload Owner Buy-In or Alignment",
    ),
    "Migration Process & Experience": ("Migration Experience",),
    "Operating Model": (
        "Operations Model",
        "MSP",
        "AMI/Patching",
        "Backup",
        "Asset Management",
        "Config & Change",
        "BCP/DR",
        "Service Catalog",
        "Cost Management",
        "Run Books",
        "CI/CD",
        "Incident Response",
    ),
    "Security & Compliance": (
        "Security Strategy",
        "Reference Architecture (IAM)",
        "3rd Party Risk",
        "GRC",
        "Logging & Monitoring",
        "Lifecycle",
        "DevSecOps",
        "Playbook",
    ),
}

_CATEGORY_OF = {folded(sub): name for name, subs in CATEGORIES.items() for sub in subs}
_CATEGORIES = {folded(name) for name in CATEGORIES}
_NUMBERING = re.compile(r"^\d+(?:\.\d+)*[.)]?\s+")
_SCORE = re.compile(r"\s*[:(\-\u2013\u2014]?\s*\d(?:\.\d+)?(?:\s*/\s*5)?\s*\)?$")
_JOINER = re.compile(r"\s+[-\u2013\u2014>|\u203a]\s+|\s*:\s+")

CATEGORY, SUBCATEGORY = 1, 2
SIZE_PT = 0.3
"""Heights of words in one size differ by no more than this."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading among the rows. `lines` are what it takes up on the page."""

    lines: tuple[Line, ...]
    text: str
    has_rows: bool
    """A rating stands between it and the next heading."""

    @property
    def style(self) -> str:
        """How it is set."""
        return self.lines[0].words[0].style


def find_headings(lines: Sequence[Line], columns: Columns, rated: Sequence[bool]) -> list[Heading]:
    """Return the headings among the lines of a section whose tables have no borders, in order.

    Args:
        lines: Of the section.
        columns: Of its tables.
        rated: Which of the lines begin a rating.
    """
    body = _question_style(lines, columns)
    marked = [
        not has_rating and _is_heading(line, following, body, columns)
        for line, following, has_rating in zip(lines, (*lines[1:], None), rated, strict=True)
    ]
    return headings_of(lines, marked, rated)


def headings_of(
    lines: Sequence[Line], marked: Sequence[bool], rated: Sequence[bool]
) -> list[Heading]:
    """Return headings, put together where one wraps.

    Args:
        lines: In order.
        marked: Which of them are headings, or parts of one.
        rated: Which of them begin a rated row.
    """
    marks = list(marked)
    for index, (line, following) in enumerate(pairwise(lines)):
        if _is_wrapped_name(line, following):
            marks[index] = marks[index + 1] = True
    groups: list[list[int]] = []
    for index in (i for i, is_marked in enumerate(marks) if is_marked):
        if groups and _wraps(lines, groups[-1], index):
            groups[-1].append(index)
        else:
            groups.append([index])
    ends = [group[0] for group in groups[1:]] + [len(lines)] * bool(groups)
    return [
        Heading(
            lines=tuple(lines[i] for i in group),
            text=" ".join(lines[i].text for i in group),
            has_rows=any(rated[group[-1] + 1 : end]),
        )
        for group, end in zip(groups, ends, strict=True)
    ]


def _is_wrapped_name(line: Line, following: Line) -> bool:
    """Say whether two lines are a known name, and neither line is one."""
    if line.page != following.page or following.baseline - line.baseline > 1.7 * line.height:
        return False
    names = (line.text, following.text)
    both = f"{line.text} {following.text}"
    return bool(_name_and_level(both)[1]) and not any(_name_and_level(one)[1] for one in names)


def _question_style(lines: Sequence[Line], columns: Columns) -> str:
    # A line with a gap spans columns, so it is of a row, not one of as many headings.
    rows = [line for line in lines if not line.is_solid and not is_title_row(line.text)]
    styles = Counter(
        word.style
        for line in rows or lines
        for word in line.words
        if columns.single or word.left < columns.second - EDGE_PT
    )
    return styles.most_common(1)[0][0] if styles else ""


def _is_heading(line: Line, following: Line | None, body: str, columns: Columns) -> bool:
    if is_title_row(line.text) or not line.is_solid:
        return False
    if not columns.single and line.left > columns.second - 4 * EDGE_PT:
        return False
    return _stands_above_titles(line, following) or is_heading(line, body)


def is_heading(line: Line, body: str) -> bool:
    """Say whether a line is a known name, or set apart from texts in this style, and no smaller."""
    if _name_and_level(line.text)[1]:
        return True
    return not line.text[:1].islower() and all(_is_set_apart(word, body) for word in line.words)


def _is_set_apart(word: Word, body: str) -> bool:
    """Say whether a word is set in another font than the body, or larger; never if smaller."""
    size, _, font = body.partition(" ")
    larger = word.height - float(size or 0)
    own = word.style.partition(" ")[2]
    is_other = own != font or larger > SIZE_PT
    return word.style != FIELD_STYLE and is_other and larger >= -SIZE_PT


def _stands_above_titles(line: Line, following: Line | None) -> bool:
    return following is not None and following.page == line.page and is_title_row(following.text)


def _wraps(lines: Sequence[Line], group: list[int], index: int) -> bool:
    before, line = lines[group[-1]], lines[index]
    if index != group[-1] + 1 or before.page != line.page or _name_and_level(before.text)[1]:
        return False
    is_near = line.baseline - before.baseline < 1.7 * line.height
    return is_near and before.words[0].style == line.words[0].style


def _name_and_level(text: str) -> tuple[str, int]:
    """Return a heading's name without number and score, and its level; 0 if it is not known."""
    for name in (text, _SCORE.sub("", text), _SCORE.sub("", _NUMBERING.sub("", text))):
        if folded(name) in _CATEGORIES:
            return name, CATEGORY
        if folded(name) in _CATEGORY_OF:
            return name, SUBCATEGORY
    return text, 0


class Outline:
    """Keeps the category and sub-category that hold while headings pass by.

    Args:
        headings: All of the section, in order.
    """

    def __init__(self, headings: Sequence[Heading]) -> None:
        self.category = ""
        self.subcategory = ""
        self._levels: dict[str, Counter[int]] = {}
        for heading in headings:
            level = _name_and_level(heading.text)[1]
            if level:
                self._levels.setdefault(heading.style, Counter())[level] += 1

    def forget(self) -> None:
        """Go on where no heading is known."""
        self.category = self.subcategory = ""

    def enter(self, heading: Heading) -> None:
        """Go on under this heading."""
        name, level = _name_and_level(heading.text)
        both = _JOINER.split(heading.text, maxsplit=1)
        if not level and len(both) == 2 and folded(both[0]) in _CATEGORIES:  # noqa: PLR2004 - a pair
            self.category, self.subcategory = both
            return
        if (level or self._level_by_style(heading)) == CATEGORY:
            self.category, self.subcategory = name, ""
            return
        self.subcategory = name
        self.category = self.category or _CATEGORY_OF.get(folded(name), "")

    def _level_by_style(self, heading: Heading) -> int:
        levels = self._levels.get(heading.style, Counter())
        if len(levels) == 1:
            return next(iter(levels))
        return SUBCATEGORY if heading.has_rows else CATEGORY
