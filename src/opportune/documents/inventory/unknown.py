"""Words the refusal of a file whose tables are no inventory: what was seen, and what to do."""

from collections.abc import Sequence

from opportune.documents.inventory import layouts
from opportune.documents.inventory.layouts import Layout
from opportune.documents.inventory.recognition import Family
from opportune.documents.inventory.tables import Header, headers_of
from opportune.documents.opening.workbook import Sheet, Workbook
from opportune.documents.quality import listed
from opportune.errors import UnsupportedDocumentError
from opportune.model.assessment import Table

COLUMNS_SHOWN = 12
_WANTED = (
    "one needs columns like Serverid or HOSTNAME, and osName, numCpus, totalRAM (GB) "
    "or Storage-Total Disk Size (GB), in one header row"
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
        "Say what a column means with --map COLUMN=FIELD, for example --map 'Machine=hostname'.",
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
