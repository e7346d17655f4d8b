"""A sheet is its cells, whichever program wrote it and whatever it says about the page."""

from xlsx_dresses import PRODUCERS, Table

from opportune.documents.opening.sheet_xml import extent
from opportune.documents.opening.workbook import open_workbook
from opportune.errors import DocumentError
from opportune.model.file import InputFile

TABLE: Table = (
    ("Serverid", "HOSTNAME", "osName", "numCpus", "totalRAM (GB)"),
    ("S1", 'r="ZZZ9999999"', "<c r=", 4, 16),
    ("S2", "web02:c", "header=9", 2, 8),
)


def test_every_producer_gives_the_same_cells() -> None:
    wrong = []
    for name, write in PRODUCERS.items():
        try:
            (sheet,) = open_workbook(InputFile("estate.xlsx", write(TABLE))).sheets
        except DocumentError as error:
            wrong.append(f"{name}: refused: {error}")
            continue
        rows = [tuple(row) for row in sheet.rows]
        if rows != [tuple(row) for row in TABLE]:
            wrong.append(f"{name}: {rows}")
    assert wrong == []


def test_only_addresses_of_cells_and_rows_count() -> None:
    cells = b'<row r="2"><c r="A2"><v>1</v></c><c s="1" r="C2"/></row>'
    settings = (
        b"",
        b'<pageMargins header="0.5" footer="0.3"/>',
        b'<pageSetup pageOrder="overThenDown" r="9"/>',
        b"<oddHeader>r=\"XFD1048576\" r='99999999'</oddHeader>",
        b'<tc r="XFD9"/><rowBreaks r="99"/><cr r="ZZ1"/>',
        b'<x:col r="ZZ1"/><rows r="99"/>',
    )
    for before in settings:
        for behind in settings:
            for end in (b"</sheetData>", b"</x:sheetData>", b"", b"<!-- sheetData> -->"):
                body = before + b"<sheetData>" + cells + end + behind
                assert extent(body) == (3, 2), body


def test_every_spelling_of_an_address_counts() -> None:
    for cell in (
        b'<c r="D7"/>',
        b"<c r='D7'/>",
        b'<x:c\n r = "D7" t="n"></x:c>',
        b'<c a=">" r="D7"/>',
        b"<c a='\"' r='D7'/>",
        b'<:c t="n" r="D7"/>',
        b'<c t="n"r="D7"/>',
        b'<c hr="ZZ99" x:r="ZZ99" r="D7"/>',
        b'<c><c/><c/><c></c></c><row r="7"/>',
    ):
        sheet = b'<sheetData><row r="1">' + cell + b"</row></sheetData>"
        columns, rows = extent(sheet)
        assert (columns, rows) == (4, 7), cell
