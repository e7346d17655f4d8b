"""The MRA report (AWS Migration Readiness Assessment) as PDF: its rated questions.

Only rows under "Ratings Responses" count. Headings recur in Contents, Heatmap and Details, and text
prompts name frameworks and products that say nothing about the customer.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from opportune.documents.opening.pdf import Page, looks_like_pdf, read_pages
from opportune.documents.readiness.mra_actions import on_actions
from opportune.documents.readiness.mra_bordered import items_of, read_bordered, responses_of
from opportune.documents.readiness.mra_comment import Splitter
from opportune.documents.readiness.mra_notes import notes_on
from opportune.documents.readiness.mra_placed import read_placed, responses_placed
from opportune.documents.readiness.mra_prompts import read_answers
from opportune.documents.readiness.mra_rows import Found
from opportune.documents.readiness.mra_scale import scale_of
from opportune.documents.readiness.mra_table import find_columns
from opportune.documents.readiness.mra_text import Line, Vocabulary, body_lines
from opportune.documents.readiness.mra_words import (
    ACTIONS,
    LEGAL,
    OPTIONAL,
    PROMPTS,
    RATINGS,
    SIGNS,
    is_title_row,
    title_of,
)
from opportune.errors import DocumentError, MalformedDocumentError, UnsupportedDocumentError
from opportune.model.assessment import Assessment, Rating
from opportune.model.file import InputFile
from opportune.model.records import QualityNote, SourceFile

KIND = "mra-report"

_ENOUGH_SIGNS = 3
_PICTURE = 0.3
"""A picture that covers this share of a page without text is what the page shows."""
_WRAP_EM = 1.8
"""Lines of one title stand no further apart, as a share of their height."""


def identify(file: InputFile) -> bool:
    """Say whether this is an MRA report: by the sections it has, never by its name.

    False as well for what cannot be opened; `extract` says why.
    """
    if not looks_like_pdf(file):
        return False
    try:
        return _is_report(body_lines(read_pages(file)))
    except DocumentError:
        return False


def extract(file: InputFile) -> Assessment:
    """Read the rated questions of an MRA report, and the text prompts that were answered.

    Returns:
        `ratings` and `answers` in the report's order, `quality` notes, and the one file.

    Raises:
        UnsupportedDocumentError: It is empty, no PDF, has no text layer, or is not an MRA report.
        MalformedDocumentError: It is cut off, damaged, locked, beyond the limits, or an MRA report
            without rated questions.
    """
    pages = read_pages(file)
    lines = body_lines(pages)
    if not any(page.words for page in pages):
        raise UnsupportedDocumentError(
            file.name,
            "has no text layer (it is a scan): export the report as PDF from its web form.",
        )
    if not _is_report(lines):
        raise UnsupportedDocumentError(
            file.name, "is a PDF but no MRA report: give the report of the readiness assessment."
        )
    vocabulary = Vocabulary(pages)
    section = _section(file, lines)
    found, splitter = _rows(pages, lines, section, vocabulary)
    ratings, notes = _ratings(file.name, found, splitter)
    if not ratings:
        raise _without_ratings(file, section, found, splitter)
    columns = find_columns(section)
    edge = columns.response if columns else None
    answers, more = read_answers(file.name, pages, _prompts(lines), edge, vocabulary)
    source = SourceFile(name=file.name, kind=KIND, sha256=file.sha256, size_bytes=len(file.data))
    return Assessment(
        files=(source,),
        ratings=tuple(ratings),
        answers=tuple(answers),
        quality=(
            *_on_gaps(file.name, pages, lines, ratings, notes),
            *notes,
            *notes_on(file.name, ratings),
            *more,
            *on_actions(file.name, pages, _actions(lines), vocabulary),
        ),
    )


def _is_report(lines: Sequence[Line]) -> bool:
    texts = set(_titles(lines)) | {title_of(line.text) for line in lines}
    found = sum(any(sign.fullmatch(text) for text in texts) for sign in SIGNS)
    return found >= _ENOUGH_SIGNS


def _section(file: InputFile, lines: Sequence[Line]) -> Sequence[Line]:
    """Return the lines between "Ratings Responses" and the next section, without its title.

    Contents names both sections too: the right one is the longest.
    """
    sections = _sections(lines, RATINGS, (PROMPTS, OPTIONAL, LEGAL))
    if not sections:
        raise MalformedDocumentError(
            file.name, 'has no section "Ratings Responses": export the full report.'
        )
    return max(sections, key=len)


def _prompts(lines: Sequence[Line]) -> Sequence[Line]:
    """Return the lines of the last section of text prompts, without its title."""
    sections = _sections(lines, PROMPTS, (OPTIONAL, LEGAL))
    return sections[-1] if sections else []


def _actions(lines: Sequence[Line]) -> Sequence[Line]:
    """Return the lines of the longest section of recommended actions, without its title."""
    sections = _sections(lines, ACTIONS, (RATINGS, PROMPTS, OPTIONAL, LEGAL))
    return max(sections, key=len, default=[])


def _sections(
    lines: Sequence[Line], title: re.Pattern[str], ends: Sequence[re.Pattern[str]]
) -> list[Sequence[Line]]:
    """Return what stands below each line with this title, up to the next title of the others."""
    texts = _titles(lines)
    found = []
    for begin in (i for i, text in enumerate(texts) if title.fullmatch(text)):
        first = begin + 1
        first += first < len(texts) and not texts[first]
        after = range(first, len(texts))
        end = next((i for i in after if any(x.fullmatch(texts[i]) for x in ends)), len(texts))
        found.append(lines[first:end])
    return found


def _titles(lines: Sequence[Line]) -> list[str]:
    """Return each line as a section's title is compared; one that wraps, as its first line's.

    The second line of a title that wraps is left empty.
    """
    texts = [title_of(line.text) or "-" for line in lines]
    known = (*SIGNS[1:], OPTIONAL, LEGAL)
    for index, (line, following) in enumerate(pairwise(lines)):
        both = f"{texts[index]} {texts[index + 1]}"
        is_near = line.page == following.page and (
            following.baseline - line.baseline < _WRAP_EM * line.height
        )
        is_alike = line.words[0].style == following.words[0].style
        if is_near and is_alike and any(title.fullmatch(both) for title in known):
            texts[index], texts[index + 1] = both, ""
    return texts


def _rows(
    pages: Sequence[Page], lines: Sequence[Line], section: Sequence[Line], vocabulary: Vocabulary
) -> tuple[Found, Splitter]:
    """Return the rows of a section: by its borders, or by where words stand if it has none."""
    texts = [line.text for line in lines]
    lost = _pictures(pages, lines)
    items = items_of(pages, section)
    scale = scale_of(texts, responses_of(items, vocabulary), by_line=False)
    bordered = read_bordered(items, scale, vocabulary, lost)
    by_borders = bordered, Splitter(bordered, scale, vocabulary)
    has_others = any(isinstance(item, Line) and is_title_row(item.text) for item in items)
    if _rated(*by_borders) and not has_others:
        return by_borders
    scale = scale_of(texts, responses_placed(section), by_line=True)
    placed = read_placed(section, scale, lost)
    by_places = placed, Splitter(placed, scale, vocabulary)
    return max(by_borders, by_places, key=lambda one: _rated(*one))


def _rated(found: Found, splitter: Splitter) -> int:
    return sum(splitter.split(row).rating is not None for row in found.rows)


def _ratings(name: str, found: Found, splitter: Splitter) -> tuple[list[Rating], list[QualityNote]]:
    ratings: list[Rating] = []
    notes = [_unreadable(name, page) for page in found.unrated]
    for row, (category, subcategory) in zip(found.rows, found.places, strict=True):
        split = splitter.split(row)
        if split.rating is None or not split.question:
            notes.append(_unreadable(name, row.page))
            continue
        ratings.append(
            Rating(
                file=name,
                page=row.page,
                category=category,
                subcategory=subcategory,
                question=split.question,
                rating=split.rating,
                description=split.description,
                comment=split.comment,
            )
        )
        notes += [] if split.is_sure else [_not_separated(name, row.page)]
    return ratings, notes


def _without_ratings(
    file: InputFile, section: Sequence[Line], found: Found, splitter: Splitter
) -> DocumentError:
    why = splitter.scale.why_unread(splitter.split(row).response for row in found.rows)
    place = f"page {section[0].page}" if section else ""
    return MalformedDocumentError(
        file.name,
        f'{why} under "Ratings Responses": export the report after the workshop, with ratings '
        "from 1 to 5.",
        place=place,
    )


def _not_separated(name: str, page: int) -> QualityNote:
    return QualityNote(
        code="comment-not-separated",
        message=(
            "The layout does not tell the standard description from a comment: the text was kept "
            "as description, so it is no evidence."
        ),
        source=f"{name}, page {page}",
    )


def _unreadable(name: str, page: int) -> QualityNote:
    return QualityNote(
        code="rating-unreadable",
        message="A question here has no rating from 1 to 5 that could be read: it was left out.",
        source=f"{name}, page {page}",
    )


def _on_gaps(
    name: str,
    pages: Sequence[Page],
    lines: Sequence[Line],
    ratings: Sequence[Rating],
    notes: Sequence[QualityNote],
) -> Iterator[QualityNote]:
    """Yield notes on what is missing: rows without a rating, and pages that are pictures."""
    missing = sum(note.code == "rating-unreadable" for note in notes)
    if missing:
        total = len(ratings) + missing
        yield QualityNote(
            code="ratings-incomplete",
            message=(
                f"{missing} of {total} questions have no rating that could be read: the scores are "
                f"those of the other {len(ratings)}."
            ),
            source=name,
        )
    pictures = sorted(_pictures(pages, lines))
    if pictures:
        listed = ", ".join(str(number) for number in pictures)
        yield QualityNote(
            code="page-not-read",
            message=(
                f"{'Page' if len(pictures) == 1 else 'Pages'} {listed}: a picture without text, "
                "which was not read. What stands there is missing, and what begins on the page "
                "before may be cut short."
            ),
            source=f"{name}, page {pictures[0]}",
        )


def _pictures(pages: Sequence[Page], lines: Sequence[Line]) -> set[int]:
    """Return the numbers of pages that are pictures without text."""
    with_text = {line.page for line in lines}
    return {p.number for p in pages if p.number not in with_text and p.picture >= _PICTURE}
