"""Writes one table as workbooks of many dresses: by libraries, and by hand as other programs do.

Nothing here is shared with the reader. `Dress` says how a program writes its XML: prefix, quotes,
addresses, texts, and the page settings before and behind the cells.
"""

import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

import openpyxl
import xlsxwriter  # type: ignore[import-untyped] # it ships no types

Value = str | int
Table = Sequence[Sequence[Value]]

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


@dataclass(frozen=True)
class Dress:
    """How a program writes a sheet."""

    prefix: str = ""
    quote: str = '"'
    has_cell_addresses: bool = True
    has_row_numbers: bool = True
    address_last: bool = False
    """Behind the other attributes of its tag."""
    inline: bool = True
    """Texts stand in their cells; else in a table of their own."""
    before: str = ""
    behind: str = ""


PAGE = (
    '<{p}printOptions horizontalCentered="1"/><{p}pageMargins left="0.7" right="0.7" top="0.75" '
    'bottom="0.75" header="0.5" footer="0.5"/><{p}pageSetup paperSize="9" pageOrder="overThenDown" '
    'orientation="landscape" firstPageNumber="1" useFirstPageNumber="true"/><{p}headerFooter '
    "differentFirst='false'><{p}oddHeader>&amp;C r=\"XFD1048576\" &amp;A</{p}oddHeader>"
    "</{p}headerFooter><{p}rowBreaks count='1'><{p}brk id='40' max='16383'/></{p}rowBreaks>"
)
RULES = (
    '<{p}conditionalFormatting sqref="A1:C9"><{p}cfRule type="cellIs" priority="1" operator='
    '"greaterThan"><{p}formula>4</{p}formula></{p}cfRule></{p}conditionalFormatting>'
)
VIEW = (
    '<{p}sheetPr filterMode="false"><{p}pageSetUpPr fitToPage="false"/></{p}sheetPr><{p}cols>'
    '<{p}col min="1" max="1024" width="11.5" customWidth="false"/></{p}cols>'
)
DRESSES = {
    "office suite": Dress(inline=False, before=VIEW, behind=PAGE),
    "page settings and rules": Dress(behind=RULES + PAGE),
    "dotnet prefix": Dress(prefix="x:", behind=PAGE),
    "dotnet prefix, shared texts": Dress(prefix="x:", inline=False, before=VIEW, behind=PAGE),
    "long prefix, single quotes": Dress(prefix="ss1:", quote="'", behind=PAGE + RULES),
    "no addresses at all": Dress(has_cell_addresses=False, has_row_numbers=False, behind=PAGE),
    "rows have numbers, cells none": Dress(has_cell_addresses=False, behind=PAGE),
    "prefix without addresses": Dress(
        prefix="x:", has_cell_addresses=False, has_row_numbers=False, behind=PAGE
    ),
    "address last": Dress(address_last=True, behind=PAGE),
    "address last, single quotes": Dress(address_last=True, quote="'", inline=False),
}


def by_hand(table: Table, dress: Dress) -> bytes:
    """Return a workbook of one sheet, `Sheet1`, in this dress."""
    p = dress.prefix
    name = f":{p[:-1]}" if p else ""
    strings: list[str] = []
    rows = "".join(_row(number, row, dress, strings) for number, row in enumerate(table, 1))
    sheet = (
        f'<{p}worksheet xmlns{name}="{MAIN}">{dress.before.format(p=p)}<{p}sheetData>{rows}'
        f"</{p}sheetData>{dress.behind.format(p=p)}</{p}worksheet>"
    )
    texts = "".join(f"<{p}si><{p}t>{escape(text)}</{p}t></{p}si>" for text in strings)
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{OFFICE}/{kind}" Target="/xl/{target}"/>'
        for n, (kind, target) in enumerate(
            [("worksheet", "worksheets/sheet.xml"), ("sharedStrings", "sharedStrings.xml")], 1
        )
    )
    parts = {
        "[Content_Types].xml": (
            f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType='
            '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
            '<Default Extension="rels" ContentType='
            '"application/vnd.openxmlformats-package.relationships+xml"/></Types>'
        ),
        "_rels/.rels": (
            f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="R1" '
            f'Type="{OFFICE}/officeDocument" Target="/xl/workbook.xml"/></Relationships>'
        ),
        "xl/workbook.xml": (
            f'<{p}workbook xmlns{name}="{MAIN}" xmlns:r="{OFFICE}"><{p}sheets><{p}sheet '
            f'name="Sheet1" sheetId="1" r:id="rId1"/></{p}sheets><{p}definedNames><{p}definedName '
            'name="_xlnm.Print_Area" localSheetId="0">Sheet1!$A$1:$XFD$1048576'
            f"</{p}definedName></{p}definedNames></{p}workbook>"
        ),
        "xl/_rels/workbook.xml.rels": (
            f'<Relationships xmlns="{PACKAGE}/relationships">{relations}</Relationships>'
        ),
        "xl/worksheets/sheet.xml": sheet,
        "xl/sharedStrings.xml": f'<{p}sst xmlns{name}="{MAIN}">{texts}</{p}sst>',
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package:
        for part, xml in parts.items():
            package.writestr(part, f'<?xml version="1.0" encoding="utf-8"?>{xml}')
    return made.getvalue()


def _row(number: int, row: Sequence[Value], dress: Dress, strings: list[str]) -> str:
    p, q = dress.prefix, dress.quote
    cells = "".join(
        _cell(f"{chr(ord('A') + column)}{number}", value, dress, strings)
        for column, value in enumerate(row)
    )
    address = f" r={q}{number}{q}" if dress.has_row_numbers else ""
    return f"<{p}row{address}>{cells}</{p}row>"


def _cell(address: str, value: Value, dress: Dress, strings: list[str]) -> str:
    p, q = dress.prefix, dress.quote
    if isinstance(value, int):
        kind, inside = "n", f"<{p}v>{value}</{p}v>"
    elif dress.inline:
        kind, inside = "inlineStr", f"<{p}is><{p}t>{escape(value)}</{p}t></{p}is>"
    else:
        kind, inside = "s", f"<{p}v>{len(strings)}</{p}v>"
        strings.append(value)
    attributes = [f"t={q}{kind}{q}"]
    if dress.has_cell_addresses:
        attributes.insert(int(dress.address_last), f"r={q}{address}{q}")
    return f"<{p}c {' '.join(attributes)}>{inside}</{p}c>"


def by_openpyxl(table: Table) -> bytes:
    """Return the table as openpyxl writes it, with a print area, headers and footers."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Sheet1"
    for row in table:
        sheet.append(list(row))
    sheet.print_area = "A1:C9"
    sheet.page_setup.pageOrder = "overThenDown"
    header = sheet.oddHeader
    assert header is not None
    header.center.text = 'r="XFD1048576"'
    sheet.page_margins.header = 0.5
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def by_xlsxwriter(table: Table) -> bytes:
    """Return the table as XlsxWriter writes it, with a print area, headers and a page order."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Sheet1")
        for number, row in enumerate(table):
            sheet.write_row(number, 0, row)
        sheet.print_area("A1:C9")
        sheet.print_across()
        sheet.set_header('&C r="XFD1048576"')
        sheet.conditional_format("A1:C9", {"type": "blanks", "format": book.add_format()})
    return made.getvalue()


PRODUCERS: dict[str, Callable[[Table], bytes]] = {
    "openpyxl": by_openpyxl,
    "XlsxWriter": by_xlsxwriter,
    **{
        name: lambda table, dress=dress: by_hand(table, dress)  # type: ignore[misc] # bound default
        for name, dress in DRESSES.items()
    },
}
