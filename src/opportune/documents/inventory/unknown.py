"""Words the refusal of a file whose tables are no inventory: what was seen, and what to do."""

from collections.abc import Sequence

from opportune.documents.inventory import layouts
from opportune.documents.inventory.column_notes import SIZES, field_hinted, option_for
from opportune.documents.inventory.layouts import Layout
from opportune.documents.inventory.recognition import Family
from opportune.documents.inventory.tables import Header, headers_of
from opportune.documents.inventory.values import fits
from opportune.documents.opening.workbook import Cell, Sheet, Workbook
from opportune.documents.quality import listed
from opportune.errors import UnsupportedDocumentError
from opportune.model.assessment import Table

COLUMNS_SHOWN = 12
OPTIONS_SHOWN = 4
LEAST_COLUMNS = 2
_WANTED = (
    "one needs columns like Serverid or HOSTNAME, and osName, numCpus, totalRAM (GB) "
    "or Storage-Total Disk Size (GB), in one header row, with values below them"
)


def no_inventory(workbook: Workbook, families: Sequence[Family]) -> UnsupportedDocumentError:
    """Return the error for a file of no family: where it looked, and what came nearest."""
    headers = [(sheet, header) for sheet in workbook.sheets for header in headers_of(sheet)]
    if workbook.is_text and not any(len(row) > 1 for s in workbook.sheets for row in s.rows):
        return UnsupportedDocumentError(
            workbook.file.name,
            "it looks like text, not like an inventory (.xlsx, .csv, .zip) or a readiness report "
            "(.pdf): give the file as it was exported.",
        )
    nearest = _nearest(headers, families)
    return UnsupportedDocumentError(
        workbook.file.name,
        f"{_searched(workbook)}: {_WANTED}{f'; {nearest}' if nearest else ''}. "
        f"Say what a column means with --map COLUMN=FIELD, for example {_example(headers)}.",
    )


def without_servers(workbook: Workbook) -> UnsupportedDocumentError:
    """Return the error for files that were recognised, but none of them lists servers."""
    return UnsupportedDocumentError(
        workbook.file.name,
        f"{_searched(workbook)}: {_WANTED}. Give the file that lists the servers too.",
    )


def only_other_rows(table: Table) -> UnsupportedDocumentError:
    """Return the error for a list of which no row is a server: addresses, devices, examples."""
    return UnsupportedDocumentError(
        table.file,
        f"no row below {table.place('', table.header_row)} is a server: none has a size or an "
        "operating system, or its class says that it is something else. Give the file that lists "
        "the servers.",
    )


def _searched(workbook: Workbook) -> str:
    names = [sheet.name for sheet in workbook.sheets]
    if names == [""]:
        first = next((row for row in workbook.sheets[0].rows if any(row)), [])
        columns = [str(cell) for cell in first if cell != ""]
        return f"no table lists servers (columns found: {listed(columns, COLUMNS_SHOWN)})"
    return f"no sheet lists servers (found: {listed(names)})"


def _example(headers: Sequence[tuple[Sheet, Header]]) -> str:
    """Return options that would take columns of this file; a made-up one if none comes to mind."""
    found: dict[str, str] = {}
    for sheet, header in headers:
        rows = sheet.rows[header.number + 1 :]
        if not rows or len(header.cells) < LEAST_COLUMNS:
            continue
        for index, text, _, _ in header.cells:
            cells = [row[index] for row in rows]
            name = field_hinted(text)
            if name and name not in found and fits(name, cells):
                found[name] = text
        if found and "hostname" not in found:
            taken = set(found.values())
            named = (t for i, t, _, _ in header.cells if t not in taken and _holds_names(rows, i))
            if (first := next(named, None)) is not None:
                found["hostname"] = first
        if found:
            break
    options = [option_for(text, name) for name, text in sorted(found.items(), key=_by_need)]
    return " ".join(options[:OPTIONS_SHOWN]) or option_for("Machine", "hostname")


def _by_need(pair: tuple[str, str]) -> int:
    """Sort names first, then sizes."""
    return 0 if pair[0] in ("hostname", "id") else 1 if pair[0] in SIZES else 2


def _holds_names(rows: Sequence[Sequence[Cell]], index: int) -> bool:
    """Whether a column's cells could be names of machines: texts that never repeat."""
    texts = [text for row in rows if isinstance(text := row[index], str) and text]
    return len(texts) > len(rows) / 2 and len(set(texts)) == len(texts) and fits("hostname", texts)


def _nearest(headers: Sequence[tuple[Sheet, Header]], families: Sequence[Family]) -> str:
    """Return which headers came nearest to a list of servers, and what that one lacks."""
    best: tuple[int, Sheet, list[str], Family, Layout, set[str]] | None = None
    for one in reversed(families):  # the plain list first: it is what people write themselves
        for layout in one.layouts:
            if layout.kind != layouts.SERVERS:
                continue
            for sheet, header in headers:
                known = [(t, f) for _, t, key, _ in header.cells if (f := layout.field_of(key))]
                fields = {name for _, name in known}
                if fields and (best is None or len(fields) > best[0]):
                    texts = [text for text, _ in known]
                    best = (len(fields), sheet, texts, one, layout, fields)
    if best is None:
        return ""
    _, sheet, texts, one, layout, fields = best
    lacking = next((group for group in layout.required if not group & fields), frozenset())
    where = f"in {sheet.name!r} " if sheet.name else ""
    needs = f", which needs one of {listed(sorted(lacking))} too" if lacking else ""
    return f"nearest came {listed(texts, COLUMNS_SHOWN)} {where}to {one.name}{needs}"
