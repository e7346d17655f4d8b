"""The MRA report (AWS Migration Readiness Assessment) as PDF: its rated questions.

Only rows under "Ratings Responses" count. Headings recur in Contents, Heatmap and Details, and text
prompts name frameworks and products that say nothing about the customer.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from opportune.documents.opening.pdf import looks_like_pdf, read_pages
from opportune.documents.readiness.mra_comment import Splitter
from opportune.documents.readiness.mra_notes import notes_on
from opportune.documents.readiness.mra_outline import Heading, Outline, find_headings
from opportune.documents.readiness.mra_prompts import read_answers
from opportune.documents.readiness.mra_table import (
    RATING,
    Columns,
    RowLines,
    RowReader,
    find_columns,
    is_title_row,
    tables_differ,
    with_rows,
)
from opportune.documents.readiness.mra_text import Line, Vocabulary, body_lines, folded
from opportune.errors import DocumentError, MalformedDocumentError, UnsupportedDocumentError
from opportune.model.assessment import Assessment, Rating
from opportune.model.file import InputFile
from opportune.model.records import QualityNote, SourceFile

KIND = "mra-report"

_SECTION = re.compile(r"ratings? responses?(?: \w+)?")
_NEXT_SECTIONS = re.compile(r"(?:text responses?|optional questions)(?: \w+)?|disclaimer")
_SIGNS = (
    re.compile(r".*\bmigration readiness\b.*"),
    _SECTION,
    re.compile(r"text responses?(?: \w+)?"),
    re.compile(r"optional questions(?: \w+)?"),
    re.compile(r"(?:consolidated )?recommended actions(?: \w+)?"),
    re.compile(r"(?:readiness )?heat ?map(?: \w+)?"),
    re.compile(r"(?:readiness )?radar(?: chart)?(?: \w+)?"),
)
_PROMPTS = re.compile(r"text responses?(?: \w+)?")
_AFTER_PROMPTS = re.compile(r"optional questions(?: \w+)?|disclaimer|appendix(?: \w+)?")
_ENOUGH_SIGNS = 3
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
        UnsupportedDocumentError: The file is empty, no PDF, has no text layer, or is no MRA report.
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
    section = _section(file, lines)
    columns = find_columns(section)
    if columns is None:
        raise MalformedDocumentError(
            file.name,
            'has no rating under "Ratings Responses": export the report after the workshop.',
            place=f"page {section[0].page}",
        )
    vocabulary = Vocabulary(pages)
    ratings, notes = _read(file, section, columns, vocabulary)
    answers, more = read_answers(file.name, _prompts(lines), columns, vocabulary)
    source = SourceFile(name=file.name, kind=KIND, sha256=file.sha256, size_bytes=len(file.data))
    return Assessment(
        files=(source,),
        ratings=tuple(ratings),
        answers=tuple(answers),
        quality=(*notes, *notes_on(file.name, ratings), *more),
    )


def _is_report(lines: Sequence[Line]) -> bool:
    texts = set(_titles(lines)) | {folded(line.text) for line in lines}
    found = sum(any(sign.fullmatch(text) for text in texts) for sign in _SIGNS)
    return found >= _ENOUGH_SIGNS


def _section(file: InputFile, lines: Sequence[Line]) -> Sequence[Line]:
    """Return the lines between "Ratings Responses" and the next section.

    Contents names both sections too: the right one is the one with ratings in it.
    """
    texts = _titles(lines)
    begins = [i for i, text in enumerate(texts) if _SECTION.fullmatch(text)]
    if not begins:
        raise MalformedDocumentError(
            file.name, 'has no section "Ratings Responses": export the full report.'
        )
    sections = []
    for begin in begins:
        title_end = begin + (begin + 1 < len(texts) and not texts[begin + 1])
        after = (i for i in range(title_end, len(texts)) if _NEXT_SECTIONS.fullmatch(texts[i]))
        sections.append(lines[title_end : next(after, len(texts))])
    return next((s for s in sections if find_columns(s[1:]) is not None), sections[-1])


def _titles(lines: Sequence[Line]) -> list[str]:
    """Return each line as a section's title is compared; one that wraps, as its first line's.

    The second line of a title that wraps is left empty.
    """
    texts = [folded(line.text) for line in lines]
    known = (*_SIGNS, _NEXT_SECTIONS)
    for index, (line, following) in enumerate(pairwise(lines)):
        both = f"{texts[index]} {texts[index + 1]}"
        is_near = line.page == following.page and (
            following.baseline - line.baseline < _WRAP_EM * line.height
        )
        is_alike = line.words[0].style == following.words[0].style
        if is_near and is_alike and any(title.fullmatch(both) for title in known[1:]):
            texts[index], texts[index + 1] = both, ""
    return texts


def _prompts(lines: Sequence[Line]) -> Sequence[Line]:
    """Return the lines of the last section of text prompts, without its title."""
    texts = _titles(lines)
    begins = [i for i, text in enumerate(texts) if _PROMPTS.fullmatch(text)]
    if not begins:
        return []
    begin = begins[-1] + 1
    begin += begin < len(texts) and not texts[begin]
    ends = (i for i in range(begin, len(texts)) if _AFTER_PROMPTS.fullmatch(texts[i]))
    return lines[begin : next(ends, len(texts))]


def _read(
    file: InputFile, section: Sequence[Line], columns: Columns, vocabulary: Vocabulary
) -> tuple[list[Rating], list[QualityNote]]:
    lines = section[1:]
    headings = find_headings(lines, columns)
    outline, reader = Outline(headings), RowReader()
    zones = _zones(lines, headings)
    places: list[tuple[str, str]] = []
    all_columns = _columns_of(zones, columns)
    below = [*(_first_response(z, c) for z, c in zip(zones[1:], all_columns[1:], strict=True)), ""]
    for zone, mine, following in zip(zones, all_columns, below, strict=True):
        if zone.heading is not None:
            reader.heading()
            outline.enter(zone.heading)
        if zone.lines:
            begun = reader.zone(zone.lines, mine, at_page_end=zone.is_last, below=following)
            places += [(outline.category, outline.subcategory)] * len(begun)
    reader.heading()
    splitter = Splitter(reader.rows, columns, vocabulary)
    ratings: list[Rating] = []
    notes = [_unreadable(file.name, page) for page in reader.unrated]
    for row, place in zip(reader.rows, places, strict=True):
        rating, note = _rating(file.name, row, place, splitter)
        ratings += [rating] if rating else []
        notes += [note] if note else []
    return ratings, notes


@dataclass(frozen=True, slots=True)
class _Zone:
    """Lines of one page between two headings, and the columns' titles among them."""

    lines: list[Line]
    titles: list[Line]
    heading: Heading | None
    """What stands right above, unless the zone begins at the page's top."""
    is_last: bool
    """It ends at the page's end."""


def _zones(lines: Sequence[Line], headings: Sequence[Heading]) -> list[_Zone]:
    first = {id(heading.lines[0]): heading for heading in headings}
    taken = {id(line) for heading in headings for line in heading.lines}
    zones: list[_Zone] = []
    for _, group in groupby(lines, key=lambda line: line.page):
        zone = _Zone([], [], None, is_last=False)
        for line in group:
            if id(line) in first:
                zones.append(zone)
                zone = _Zone([], [], first[id(line)], is_last=False)
            elif id(line) not in taken:
                (zone.titles if is_title_row(line) else zone.lines).append(line)
        zones.append(replace(zone, is_last=True))
    return zones


def _first_response(zone: _Zone, columns: Columns) -> str:
    """Return what a table goes on with at the top of a page; empty if a heading stands there."""
    if zone.heading is not None or not zone.lines:
        return ""
    response = columns.cells(zone.lines[0].page, zone.lines)[1]
    return response[0].text if response else ""


def _columns_of(zones: Sequence[_Zone], usual: Columns) -> list[Columns]:
    """Return each zone's columns: the usual ones, or its table's own if the tables differ."""
    columns = [usual] * len(zones)
    if tables_differ([line for zone in zones for line in zone.lines], usual):
        begins = [i for i, zone in enumerate(zones) if zone.heading is not None or not i]
        for begin, end in pairwise([*begins, len(zones)]):
            table = [line for zone in zones[begin:end] for line in (*zone.titles, *zone.lines)]
            columns[begin:end] = [find_columns(table) or usual] * (end - begin)
    return with_rows(columns, [(zone.lines, zone.heading is not None) for zone in zones])


def _rating(
    name: str, row: RowLines, place: tuple[str, str], splitter: Splitter
) -> tuple[Rating | None, QualityNote | None]:
    question, response, comment, is_sure = splitter.split(row)
    match = RATING.fullmatch(response)
    if match is None or not question:
        return None, _unreadable(name, row.page)
    category, subcategory = place
    rating = Rating(
        file=name,
        page=row.page,
        category=category,
        subcategory=subcategory,
        question=question,
        rating=int(match[1]),
        description=match[2].strip(),
        comment=comment,
    )
    if is_sure:
        return rating, None
    return rating, QualityNote(
        code="comment-not-separated",
        message=(
            "The layout does not tell the standard description from a comment: the text was kept "
            "as description, so it is no evidence."
        ),
        source=f"{name}, page {row.page}",
    )


def _unreadable(name: str, page: int) -> QualityNote:
    return QualityNote(
        code="rating-unreadable",
        message="A question here has no rating from 1 to 5 that could be read: it was left out.",
        source=f"{name}, page {page}",
    )
