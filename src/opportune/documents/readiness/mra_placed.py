"""Rated rows of tables without borders, in the order of the section."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from opportune.documents.readiness.mra_lines import RowReader, rating_lines, with_rows
from opportune.documents.readiness.mra_outline import Heading, Outline, find_headings
from opportune.documents.readiness.mra_rows import Found
from opportune.documents.readiness.mra_scale import Scale
from opportune.documents.readiness.mra_table import Columns, find_columns, tables_differ
from opportune.documents.readiness.mra_text import Line
from opportune.documents.readiness.mra_words import COMMENT, RESPONSE, is_title_row


def responses_placed(lines: Sequence[Line]) -> list[str]:
    """Return the lines of all that stands in the column of responses."""
    columns = find_columns(lines)
    if columns is None:
        return []
    return [
        line.text
        for page, group in groupby(lines, key=lambda line: line.page)
        for line in columns.cells(page, (x for x in group if not is_title_row(x.text)))[RESPONSE]
    ]


def read_placed(
    lines: Sequence[Line], scale: Scale, lost: frozenset[int] | set[int] = frozenset()
) -> Found:
    """Return the rows of the tables among these lines.

    Args:
        lines: Of the section.
        scale: How ratings are written.
        lost: Pages that could not be read: whatever begins on them is not known.
    """
    columns = find_columns(lines)
    if columns is None:
        return Found()
    headings = find_headings(lines, columns, _rated(lines, columns, scale))
    outline, reader = Outline(headings), RowReader(scale)
    zones = _zones(lines, headings)
    found = Found(has_comments=COMMENT in columns.kinds)
    all_columns = _columns_of(zones, columns, scale)
    below = [*(_first_response(z, c) for z, c in zip(zones[1:], all_columns[1:], strict=True)), ""]
    page = lines[0].page
    for zone, mine, following in zip(zones, all_columns, below, strict=True):
        if not lost.isdisjoint(range(page, zone.page)):
            reader.heading()
            outline.forget()
        page = zone.page
        if zone.heading is not None:
            reader.heading()
            outline.enter(zone.heading)
        if zone.lines:
            begun = reader.zone(zone.lines, mine, at_page_end=zone.is_last, below=following)
            found.places += [(outline.category, outline.subcategory)] * len(begun)
    reader.heading()
    found.rows, found.unrated = reader.rows, reader.unrated
    return found


def _rated(lines: Sequence[Line], columns: Columns, scale: Scale) -> list[bool]:
    """Say which lines begin a rating."""
    rated: list[bool] = []
    for page, group in groupby(lines, key=lambda line: line.page):
        on_page = list(group)
        starts = rating_lines(columns.cells(page, on_page)[RESPONSE], scale)
        begun = {id(word) for line in starts for word in line.words}
        rated += [any(id(word) in begun for word in line.words) for line in on_page]
    return rated


@dataclass(frozen=True, slots=True)
class _Zone:
    """Lines of one page between two headings, and the columns' titles among them."""

    page: int
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
    for page, group in groupby(lines, key=lambda line: line.page):
        zone = _Zone(page, [], [], None, is_last=False)
        for line in group:
            if id(line) in first:
                zones.append(zone)
                zone = _Zone(page, [], [], first[id(line)], is_last=False)
            elif id(line) not in taken:
                (zone.titles if is_title_row(line.text) else zone.lines).append(line)
        zones.append(replace(zone, is_last=True))
    return zones


def _first_response(zone: _Zone, columns: Columns) -> str:
    """Return what a table goes on with at the top of a page; empty if a heading stands there."""
    if zone.heading is not None or not zone.lines:
        return ""
    response = columns.cells(zone.lines[0].page, zone.lines)[RESPONSE]
    return response[0].text if response else ""


def _columns_of(zones: Sequence[_Zone], usual: Columns, scale: Scale) -> list[Columns]:
    """Return each zone's columns: the usual ones, or its table's own if the tables differ."""
    columns = [usual] * len(zones)
    lines = [line for zone in zones for line in (*zone.titles, *zone.lines)]
    if tables_differ(lines, usual):
        begins = [i for i, zone in enumerate(zones) if zone.heading is not None or not i]
        for begin, end in pairwise([*begins, len(zones)]):
            table = [line for zone in zones[begin:end] for line in (*zone.titles, *zone.lines)]
            columns[begin:end] = [find_columns(table) or usual] * (end - begin)
    return with_rows(columns, [(zone.lines, zone.heading is not None) for zone in zones], scale)
