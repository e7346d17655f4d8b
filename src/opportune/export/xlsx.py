"""A workbook: the list as a table, a summary with a chart, all evidence, and the method."""

import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from xlsxwriter import Workbook  # type: ignore[import-untyped] # it ships no types
from xlsxwriter.format import Format  # type: ignore[import-untyped] # the same
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped] # the same

from opportune.export.method import method_lines
from opportune.export.portfolio import Portfolio, claimed
from opportune.export.table import COLUMNS, Cell, Kind, headings, rows
from opportune.model.records import Priority, Status
from opportune.model.words import words

CELL_LIMIT = 32_767
"""Characters that a cell holds; a longer text is cut, and ends in an ellipsis."""
WIDE, WIDEST = 60, 420
"""Width of a column of long text, in characters; and what autofit may come to, in pixels."""
FIGURE = re.compile(r"-?\d{1,15}(\.\d{1,6})?")
INK, SHADES = "#12263F", {"High": "#C2410C", "Medium": "#D99A2B", "Low": "#64748B"}


class Sheets:
    """A workbook under way: knows the formats, and writes each value as what it is."""

    def __init__(self, portfolio: Portfolio, book: Workbook) -> None:
        region = portfolio.region
        self.portfolio = portfolio
        self.book = book
        self.text = words(portfolio.language)
        self.title = book.add_format({"bold": True, "font_size": 16, "font_color": INK})
        self.bold = book.add_format({"bold": True, "valign": "top"})
        top: dict[str, Any] = {"valign": "top"}
        self.formats: dict[Kind, Format] = {
            Kind.TEXT: book.add_format(top),
            Kind.LONG: book.add_format(top | {"text_wrap": True}),
            Kind.MONEY: book.add_format(top | {"num_format": region.money_format}),
            Kind.COUNT: book.add_format(top | {"num_format": "0"}),
            Kind.FIGURE: book.add_format(top | {"num_format": "#,##0.00"}),
            Kind.DAY: book.add_format(top | {"num_format": region.date_format}),
            Kind.TIME: book.add_format(top | {"num_format": f"{region.date_format} hh:mm"}),
        }

    def add(self, name: str) -> Worksheet:
        """Add a sheet; `name` is a key below `export.sheet.`."""
        sheet: Worksheet = self.book.add_worksheet(self.text[f"export.sheet.{name}"])
        return sheet

    def write(self, sheet: Worksheet, place: tuple[int, int], cell: Cell, kind: Kind) -> None:
        """Write one value; text is text whatever it looks like."""
        look = self.formats[kind]
        if cell in (None, ""):
            sheet.write_blank(*place, None, look)
        elif isinstance(cell, str):
            sheet.write_string(*place, shortened(cell), look)
        elif isinstance(cell, datetime):
            sheet.write_datetime(*place, cell.replace(tzinfo=None), look)
        elif isinstance(cell, date):
            sheet.write_datetime(*place, cell, look)
        elif isinstance(cell, Decimal | int):
            sheet.write_number(*place, float(cell), look)

    def table(
        self,
        sheet: Worksheet,
        name: str,
        titles: Sequence[str],
        kinds: Sequence[Kind],
        body: Iterable[Sequence[Cell]],
    ) -> None:
        """Write rows below frozen headings, as a table that can be filtered and sorted."""
        count = 0
        for count, row in enumerate(body, 1):
            for column, (cell, kind) in enumerate(zip(row, kinds, strict=True)):
                self.write(sheet, (count, column), cell, kind)
        columns = [
            {"header": title, "format": self.formats[kind]}
            for title, kind in zip(titles, kinds, strict=True)
        ]
        options = {"name": name, "columns": columns, "style": "Table Style Light 1"}
        sheet.add_table(0, 0, max(count, 1), len(titles) - 1, options)
        sheet.freeze_panes(1, 1)
        sheet.autofit(WIDEST)
        for column, kind in enumerate(kinds):
            if kind is Kind.LONG:
                sheet.set_column(column, column, WIDE)


def write(portfolio: Portfolio) -> bytes:
    """Write the workbook. Equal arguments give equal bytes."""
    data = io.BytesIO()
    with Workbook(data, {"in_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties(
            {
                "title": portfolio.title,
                "subject": portfolio.customer,
                "author": "opportune",
                "created": portfolio.moment.replace(tzinfo=None),
            },
        )
        sheets = Sheets(portfolio, book)
        kinds = [column.kind for column in COLUMNS]
        list_sheet = sheets.add("opportunities")
        sheets.table(
            list_sheet, "Opportunities", headings(portfolio.language), kinds, rows(portfolio)
        )
        _summary_sheet(sheets)
        _evidence_sheet(sheets)
        _method(sheets)
    return data.getvalue()


def shortened(text: str) -> str:
    """Return a text that fits into a cell."""
    return text if len(text) <= CELL_LIMIT else text[: CELL_LIMIT - 1] + "…"


def _summary_sheet(sheets: Sheets) -> None:
    """Write ARR by status and priority with stated totals, and draw it."""
    sheet, text, portfolio = sheets.add("summary"), sheets.text, sheets.portfolio
    sheet.write_string(0, 0, portfolio.title, sheets.title)
    for row, line in enumerate(method_lines(portfolio, with_method=False), 1):
        sheet.write_string(row, 0, line)
    head = 7
    titles = [
        text["export.column.status"],
        *(text[f"priority.{priority}"] for priority in Priority),
        text["export.total"],
        text["export.count"],
    ]
    for column, title in enumerate(titles):
        sheet.write_string(head, column, title, sheets.bold)
    money, count = sheets.formats[Kind.MONEY], sheets.formats[Kind.COUNT]
    for row, status in enumerate(Status, head + 1):
        sheet.write_string(row, 0, text[f"status.{status}"])
        for column, priority in enumerate(Priority, 1):
            sheet.write_number(row, column, float(portfolio.arr(status, priority)[1]), money)
        number, total = portfolio.arr(status)
        _write_total(sheet, (row, 4), f"=SUM(B{row + 1}:D{row + 1})", (money, total))
        sheet.write_number(row, 5, number, count)
    last = head + len(Status)
    sheet.write_string(last + 1, 0, text["export.total"], sheets.bold)
    for column, priority in enumerate(Priority, 1):
        letter = "ABCDEF"[column]
        total = portfolio.arr(priority=priority)[1]
        _write_total(
            sheet,
            (last + 1, column),
            f"=SUM({letter}{head + 2}:{letter}{last + 1})",
            (money, total),
        )
    number, total = portfolio.arr()
    _write_total(sheet, (last + 1, 4), f"=SUM(E{head + 2}:E{last + 1})", (money, total))
    _write_total(sheet, (last + 1, 5), f"=SUM(F{head + 2}:F{last + 1})", (count, Decimal(number)))
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 5, 20)
    _add_chart(sheets, sheet, head, last)


def _write_total(
    sheet: Worksheet, place: tuple[int, int], formula: str, shown: tuple[Format, Decimal]
) -> None:
    """Write a total with its value, for readers that do not compute."""
    look, value = shown
    sheet.write_formula(*place, formula, look, float(value))


def _add_chart(sheets: Sheets, sheet: Worksheet, head: int, last: int) -> None:
    text = sheets.text
    chart = sheets.book.add_chart({"type": "column", "subtype": "stacked"})
    for column, priority in enumerate(Priority, 1):
        chart.add_series(
            {
                "name": [sheet.name, head, column],
                "categories": [sheet.name, head + 1, 0, last, 0],
                "values": [sheet.name, head + 1, column, last, column],
                "fill": {"color": SHADES[priority]},
            },
        )
    chart.set_title({"name": text["export.chart.status"], "name_font": {"size": 12}})
    chart.set_y_axis({"num_format": "#,##0", "major_gridlines": {"visible": True}})
    chart.set_legend({"position": "bottom"})
    options = {"description": text["export.chart.status"], "x_scale": 1.4, "y_scale": 1.2}
    sheet.insert_chart(last + 3, 0, chart, options)


def _evidence_sheet(sheets: Sheets) -> None:
    text = sheets.text
    names = ("title", "evidence", "file", "place", "id")
    kinds = (Kind.TEXT, Kind.LONG, Kind.TEXT, Kind.LONG, Kind.TEXT)
    body = (
        (one.title, fact.text, fact.file, fact.location, one.id)
        for one in sheets.portfolio.opportunities
        for fact in one.evidence
    )
    titles = [text[f"export.column.{name}"] for name in names]
    sheets.table(sheets.add("evidence"), "Evidence", titles, kinds, body)


def _method(sheets: Sheets) -> None:
    """Write one row for each input of each estimate; below them, how an ARR is meant."""
    text, sheet = sheets.text, sheets.add("method")
    names = (
        "title", "formula", "input", "value", "unit", "source", "basis", "book", "region",
        "digest", "id",
    )  # fmt: skip
    kinds = [Kind.TEXT, Kind.LONG, Kind.TEXT, Kind.FIGURE, Kind.TEXT, Kind.LONG, *[Kind.TEXT] * 5]
    body = [
        (
            one.title, estimate.formula, item.name, _figure(item.value), item.unit, item.source,
            estimate.basis, estimate.price_book, estimate.region, estimate.digest, one.id,
        )
        for one in sheets.portfolio.opportunities
        if (estimate := claimed(one)) is not None
        for item in estimate.inputs
    ]  # fmt: skip
    titles = [text[f"export.column.{name}"] for name in names]
    sheets.table(sheet, "Method", titles, kinds, body)
    for row, line in enumerate(method_lines(sheets.portfolio), max(len(body), 1) + 3):
        sheet.write_string(row, 0, shortened(line))


def _figure(value: str) -> Cell:
    """Return an input's value as a number if it is written as one."""
    return Decimal(value) if FIGURE.fullmatch(value) else value
