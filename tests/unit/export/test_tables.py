"""Spreadsheets and CSV: the same cells come back, and none of them is a formula."""

import csv
import io
import zipfile
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import example, given
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from portfolios import FORMULA, HOSTILE, UNPRINTABLE_TEXT, analysed, estimate, hostile, portfolio

from opportune.errors import InvalidInputError
from opportune.export import delimited, xlsx
from opportune.export.delimited import cell_text
from opportune.export.portfolio import Portfolio
from opportune.export.table import COLUMNS, Kind, headings, rows
from opportune.model.records import Opportunity, Priority
from opportune.model.regions import REGIONS

SHEETS = ("Opportunities", "Summary", "Evidence", "Method")
NUMBERS = (Kind.MONEY, Kind.COUNT)
BEGINNINGS = tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")


def book_of(shown: Portfolio) -> Workbook:
    return load_workbook(io.BytesIO(xlsx.write(shown)))


def sheet_of(shown: Portfolio, number: int) -> Worksheet:
    sheet = book_of(shown).worksheets[number]
    assert isinstance(sheet, Worksheet)
    return sheet


def csv_rows(data: bytes, separator: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=separator))


def plain(value: object) -> object:
    """Return a cell as openpyxl gives it: money as float, moments without zone, blanks as None."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - as a cell holds it
    return None if value == "" else value


def test_a_workbook_reopens_with_equal_values_of_the_right_kind() -> None:
    shown = analysed()
    sheet = sheet_of(shown, 0)
    read = [list(row) for row in sheet.iter_rows(values_only=True)]
    assert read[0] == headings("es")
    assert read[1:] == [[plain(cell) for cell in row] for row in rows(shown)]
    assert sheet.freeze_panes == "B2"
    (table,) = sheet.tables.values()
    assert table.ref == f"A1:Y{len(shown.opportunities) + 1}"


def test_the_workbook_has_a_summary_with_a_chart_all_evidence_and_the_method() -> None:
    shown = analysed("en")
    book = book_of(shown)
    assert tuple(book.sheetnames) == SHEETS
    evidence = sum(len(one.evidence) for one in shown.opportunities)
    assert book["Evidence"].max_row == evidence + 1
    method = " ".join(
        str(cell) for row in book["Method"].iter_rows(values_only=True) for cell in row if cell
    )
    (source,) = shown.sources
    assert source.price_book in method
    assert source.files[0] in method
    assert "what the customer is estimated to pay AWS in a year" in method
    with zipfile.ZipFile(io.BytesIO(xlsx.write(shown))) as package:
        assert "xl/charts/chart1.xml" in package.namelist()


def test_the_only_formulas_are_stated_totals_and_they_carry_their_values() -> None:
    shown = analysed()
    formulas = book_of(shown)
    values = load_workbook(io.BytesIO(xlsx.write(shown)), data_only=True)
    found = {
        (sheet.title, cell.coordinate): values[sheet.title][cell.coordinate].value
        for sheet in formulas.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }
    assert {name for name, _ in found} == {"Resumen"}
    assert len(found) == 10
    count, total = shown.arr()
    assert {float(total), float(count)} <= {*found.values()}
    high = float(shown.arr(priority=Priority.HIGH)[1])
    assert high in found.values()


def test_totals_of_the_workbook_add_up() -> None:
    values = load_workbook(io.BytesIO(xlsx.write(analysed())), data_only=True)["Resumen"]
    table = [row[1:6] for row in values.iter_rows(min_row=9, max_row=14, values_only=True)]
    for column in range(5):
        cells = [row[column] for row in table]
        assert sum(float(str(cell)) for cell in cells[:-1]) == pytest.approx(float(str(cells[-1])))


def test_a_title_like_a_formula_stays_text() -> None:
    shown = portfolio(hostile(FORMULA))
    cell = sheet_of(shown, 0)["A2"]
    assert (cell.value, cell.data_type) == (FORMULA, "s")
    assert csv_rows(delimited.write(shown))[1][0] == f"'{FORMULA}"


def test_a_text_longer_than_a_cell_is_cut_visibly() -> None:
    shown = portfolio(hostile("x" * 40_000))
    value = str(sheet_of(shown, 0)["A2"].value)
    assert (len(value), value[-1]) == (32_767, "…")


def test_a_workbook_without_rows_opens() -> None:
    assert [cell.value for cell in sheet_of(portfolio(), 0)[1]] == headings("en")


@pytest.mark.parametrize(("region", "money", "day"), [
    ("en-US", "[$USD] #,##0.00", "mm/dd/yyyy"),
    ("es-ES", "#,##0.00 [$USD]", "dd/mm/yyyy"),
])  # fmt: skip
def test_number_formats_follow_the_region(region: str, money: str, day: str) -> None:
    sheet = sheet_of(portfolio(hostile("x"), region=REGIONS[region]), 0)
    formats = {cell.number_format for cell in sheet[2]}
    assert {money, day} <= formats


def test_equal_workbooks_have_equal_bytes() -> None:
    assert xlsx.write(analysed()) == xlsx.write(analysed())


@pytest.mark.parametrize("separator", [",", ";"])
def test_csv_gives_the_same_cells_back(separator: str) -> None:
    shown = analysed()
    data = delimited.write(shown, separator=separator)
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.endswith(b"\r\n")
    read = csv_rows(data, separator)
    assert read[0] == headings("es")
    assert read[1:] == [[cell_text(cell) for cell in row] for row in rows(shown)]
    arr = [row[5] for row in read[1:]]
    assert arr == [f"{one.estimated_arr:.2f}" for one in shown.opportunities]


def test_a_negative_amount_stays_a_number_in_csv() -> None:
    shown = portfolio(hostile("-5", estimated_arr="-23326.59", estimate=estimate(low="-1")))
    row = csv_rows(delimited.write(shown))[1]
    assert (row[0], row[5], row[6]) == ("'-5", "-23326.59", "-1.00")


def test_another_separator_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="use ',' or ';'"):
        delimited.write(portfolio(), separator="|")


@given(HOSTILE)
@example(hostile(UNPRINTABLE_TEXT))
def test_no_text_of_a_workbook_becomes_a_formula_or_changes(one: Opportunity) -> None:
    shown = portfolio(one)
    book = book_of(shown)
    (row,) = rows(shown)
    read = [cell.value for cell in book.worksheets[0][2]]
    assert [_unescaped(value) for value in read] == [plain(cell) for cell in row]
    for sheet in (book.worksheets[0], book.worksheets[2], book.worksheets[3]):
        assert not [
            c.coordinate for cells in sheet.iter_rows() for c in cells if c.data_type == "f"
        ]


def _unescaped(value: object) -> object:
    """Return a text as spreadsheet programs show it; openpyxl leaves `_x005F_` as it stands."""
    return value.replace("_x005F_", "_") if isinstance(value, str) else value


@given(HOSTILE)
def test_no_cell_of_a_csv_file_begins_like_a_formula_whatever_the_separator(
    one: Opportunity,
) -> None:
    for written in delimited.SEPARATORS:
        data = delimited.write(portfolio(one), separator=written)
        (read,) = csv_rows(data, written)[1:]
        assert read == [cell_text(cell) for cell in rows(portfolio(one))[0]]
        for column, cell in zip(COLUMNS, read, strict=True):
            assert column.kind in NUMBERS or not cell.lstrip().startswith(BEGINNINGS)
        for cell in _cut_anywhere(data):
            assert not cell.startswith(BEGINNINGS) or _is_number(cell)


def _cut_anywhere(data: bytes) -> list[str]:
    """Cut as a program would that knows neither quotes nor which separator was meant."""
    text = data.decode("utf-8-sig").replace("\r\n", "\n")
    for mark in (";", ",", "\t"):
        text = text.replace(mark, "\n")
    return text.split("\n")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
