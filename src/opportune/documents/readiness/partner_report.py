"""A readiness assessment that a partner wrote in Markdown: areas with a score out of 5 each.

A score is known by its form (`Score: 2.8/5.0 (Moderate)` under an area's heading, in the heading,
behind a name, or in a table), never by being a number. What the text asks its reader to do is data.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from opportune.documents.opening.markdown import BOLD_LEVEL, Block, Heading, TableRow, blocks_of
from opportune.documents.readiness.areas import (
    REPORT,
    SUBJECT,
    NamedScore,
    Report,
    Section,
    read_report,
)
from opportune.documents.readiness.scores import SCALE, Score, area_name, tokens
from opportune.errors import DocumentError, MalformedDocumentError, UnsupportedDocumentError
from opportune.model.assessment import Assessment, Rating
from opportune.model.file import InputFile
from opportune.model.records import QualityNote, SourceFile

KIND = "mra-markdown"

MAX_SECTIONS = 5_000
LOOKED_AT_BYTES = 64 * 2**10
"""Within these a heading must begin or be underlined: large tables are not read in vain."""
FIRST_LINES = 60
"""Within these a report says what it is, in a heading or in its text."""

_MARKED = re.compile(rb"(?m)^ {0,3}(?:#{1,6}\s*\w|={3,}|-{3,}|<h[1-6])", re.IGNORECASE)
_CART = re.compile(r"\bCART\b|cloud adoption readiness tool", re.IGNORECASE)
_SAME = 0.05
"""Scores that differ by less are the same, rounded."""


def identify(file: InputFile) -> bool:
    """Say whether this is a readiness report in Markdown, or means to be: `extract` may refuse it.

    It has headings, and says near its begin that it assesses readiness.
    """
    if not _MARKED.search(file.data[:LOOKED_AT_BYTES].replace(b"\0", b"")):
        return False
    try:
        blocks = blocks_of(file)
    except DocumentError:
        return False
    headings = [block for block in blocks if isinstance(block, Heading)]
    if not any(heading.level < BOLD_LEVEL for heading in headings):
        return False
    shown = [block.text for block in blocks if not isinstance(block, TableRow)]
    first = " ".join(shown[:FIRST_LINES])
    return bool(SUBJECT.search(first) and REPORT.search(first))


def is_markdown(file: InputFile) -> bool:
    """Say whether this is a Markdown text, of whatever kind: by its name, or by two headings."""
    if file.name.casefold().endswith((".md", ".markdown")):
        return True
    if not _MARKED.search(file.data[:LOOKED_AT_BYTES].replace(b"\0", b"")):
        return False
    try:
        headings = [block for block in blocks_of(file) if isinstance(block, Heading)]
    except DocumentError:
        return False
    return sum(heading.level < BOLD_LEVEL for heading in headings) > 1


def no_report(file: InputFile) -> UnsupportedDocumentError:
    """Return the refusal of a text that is not a readiness report."""
    return UnsupportedDocumentError(
        file.name,
        "it is text, but no readiness report in Markdown: give the report's own file.",
    )


def extract(file: InputFile) -> Assessment:
    """Read the scored areas of a readiness report in Markdown.

    Returns:
        `ratings` in the report's order: `category` the area, `subcategory` a part of it that has a
        score of its own, `question` the heading as written, `description` the label of the score,
        `comment` the findings listed in its section; `quality` notes, and the one file.

    Raises:
        UnsupportedDocumentError: It is not a readiness report, or a result of CART.
        MalformedDocumentError: It is beyond the limits, or no area has a score out of 5.
    """
    blocks = blocks_of(file)
    if not identify(file):
        raise no_report(file)
    report = read_report(blocks)
    if len(report.sections) > MAX_SECTIONS or len(report.named) > MAX_SECTIONS:
        raise MalformedDocumentError(
            file.name,
            f"it has more than {MAX_SECTIONS:,} headings or named scores: give only the report.",
        )
    ratings = [
        rating for rating, _ in sorted(_ratings(file.name, report), key=lambda pair: pair[1])
    ]
    if not ratings:
        raise _without_scores(file, blocks)
    source = SourceFile(name=file.name, kind=KIND, sha256=file.sha256, size_bytes=len(file.data))
    notes = tuple(_quality_notes(file.name, report, ratings))
    return Assessment(files=(source,), ratings=tuple(ratings), quality=notes)


def _without_scores(file: InputFile, blocks: Sequence[Block]) -> DocumentError:
    if any(_CART.search(block.text) for block in blocks if not isinstance(block, TableRow)):
        return UnsupportedDocumentError(
            file.name,
            "it is a result of CART, which scores in percent and without findings: "
            "give the report of a Migration Readiness Assessment.",
        )
    return MalformedDocumentError(
        file.name,
        "it assesses readiness, but no area has a score out of 5 such as 2.8/5.0: "
        "give the scored version of the report.",
    )


def _ratings(name: str, report: Report) -> Iterator[tuple[Rating, int]]:
    """Yield ratings, and the line by which they are put in order."""
    scored = [s for s in report.sections if s.score is not None]
    for section in scored:
        above = next((s for s in section.up() if s is not section and s.score is not None), None)
        rating = _rating(name, section.title, section.line, section.score)
        if rating is None:
            continue
        if above is not None:
            rating = replace(rating, category=area_name(above.title), subcategory=rating.category)
        beside = [text for one in report.named if _is_of(one, section) for text in one.findings]
        yield replace(rating, comment=_listed([*section.findings, *beside])), section.line
    known = [tokens(area_name(section.title)) for section in scored]
    for one in report.named:
        rating = _rating(name, one.name, one.line, one.score)
        area = next((s for s in one.section.up() if s.score is not None), None)
        mine = tokens(area_name(one.name))
        if rating is None or any(mine <= other or other <= mine for other in known):
            continue
        if area is not None:
            rating = replace(rating, category=area_name(area.title), subcategory=rating.category)
        elif scored and not one.is_row:
            continue  # a name in the text around areas that have their sections
        else:
            known.append(mine)
        yield replace(rating, comment=_listed(one.findings)), one.line


def _is_of(one: NamedScore, section: Section) -> bool:
    return one.is_row and tokens(area_name(one.name)) == tokens(area_name(section.title))


def _listed(findings: Sequence[str]) -> str:
    return "; ".join(dict.fromkeys(text.rstrip(".;") for text in findings))


def _rating(name: str, title: str, line: int, score: Score | None) -> Rating | None:
    if score is None or score.value is None:
        return None
    return Rating(
        file=name,
        page=0,
        category=area_name(title),
        subcategory="",
        question=title,
        rating=score.value,
        description=score.label,
        comment="",
        line=line,
    )


def _quality_notes(file: str, report: Report, ratings: Sequence[Rating]) -> Iterator[QualityNote]:
    areas = [rating for rating in ratings if not rating.subcategory]
    mean = sum(rating.rating for rating in areas) / len(areas) if areas else 0.0
    stated = {score.value: line for line, score in reversed(report.overall)}
    for value, line in sorted(stated.items(), key=lambda item: item[1]):
        if areas and value is not None and abs(value - mean) >= _SAME:
            message = (
                f"The report gives {value:g} of {SCALE:g} overall, but the mean of its "
                f"{len(areas)} areas is {mean:.2f}: the areas count."
            )
            yield QualityNote(
                code="overall-differs", message=message, source=f"{file}, line {line}"
            )
    unread = [(line, s.written) for line, s in _beyond(report)]
    for line, written in [*unread, *report.unread]:
        message = (
            f'The score "{written}" is out of another scale, or a second one: it was left out.'
        )
        yield QualityNote(code="rating-unreadable", message=message, source=f"{file}, line {line}")
    for title, line in report.unread_columns.items():
        message = f'The column "{title}" beside the scores is no finding: it was not read.'
        yield QualityNote(code="column-ignored", message=message, source=f"{file}, line {line}")
    yield from _contradictions(file, report, ratings)
    yield QualityNote(
        code="areas-only",
        message=(
            "Its author scored areas as a whole: there are no rated questions, and findings are "
            "the author's words, not the customer's."
        ),
        source=file,
    )


def _beyond(report: Report) -> Iterator[tuple[int, Score]]:
    for section in report.sections:
        if section.score is not None and section.score.value is None:
            yield section.line, section.score
    for one in report.named:
        if one.score.value is None:
            yield one.line, one.score


def _contradictions(file: str, report: Report, ratings: Sequence[Rating]) -> Iterator[QualityNote]:
    """Yield a note where a table or list gives an area another score than its section."""
    by_name = {
        frozenset(tokens(rating.category)): rating for rating in ratings if not rating.subcategory
    }
    for one in report.named:
        rating = by_name.get(frozenset(tokens(area_name(one.name))))
        if rating is None or one.score.value is None or rating.line == one.line:
            continue
        if abs(one.score.value - rating.rating) >= _SAME:
            message = (
                f"{rating.category}: {rating.rating:g} of {SCALE:g} on line {rating.line}, but "
                f"{one.score.value:g} here: ask which holds."
            )
            yield QualityNote(
                code="ratings-contradict", message=message, source=f"{file}, line {one.line}"
            )
