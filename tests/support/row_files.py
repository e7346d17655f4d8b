"""Writes inventories whose rows are not all servers, with openpyxl, XlsxWriter and csv.

It shares no code with the readers; each file comes with what a careful person counts in it.
"""

import csv
import io
from collections.abc import Sequence

import openpyxl
import xlsxwriter  # type: ignore[import-untyped] # it ships no types

from opportune.documents import read_documents
from opportune.model.assessment import Assessment
from opportune.model.file import InputFile

Rows = Sequence[Sequence[object]]

VINFO = (
    "VM",
    "Powerstate",
    "Template",
    "CPUs",
    "Memory",
    "Total disk capacity MiB",
    "Annotation",
    "Folder",
    "OS according to the VMware Tools",
    "VM UUID",
    "VI SDK Server",
    "VI SDK UUID",
)


def machine(  # noqa: PLR0913 - the columns of a row
    name: str,
    cpus: int = 4,
    *,
    os: str = "Ubuntu Linux (64-bit)",
    gib: int = 16,
    notes: str = "",
    folder: str = "",
    uuid: str = "",
    vcenter: str = "vc.example.test",
    vcenter_uuid: str = "",
) -> tuple[object, ...]:
    """Return a row of vInfo with 100 GiB of disk."""
    return (
        *(name, "poweredOn", "False", cpus, gib * 1024, 102400),
        *(notes, folder, os, uuid, vcenter, vcenter_uuid),
    )


def by_openpyxl(**sheets: Rows) -> bytes:
    """Return a workbook written by openpyxl."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([None if cell == "" else cell for cell in row])
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def by_xlsxwriter(**sheets: Rows) -> bytes:
    """Return a workbook written by XlsxWriter."""
    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"in_memory": True}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return data.getvalue()


def by_csv(rows: Rows, separator: str = ",") -> bytes:
    """Return rows as text."""
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows(rows)
    return text.getvalue().encode()


def read_files(**files: bytes) -> Assessment:
    """Read files together: `a_xlsx=data` is a.xlsx."""
    return read_documents([InputFile(name.replace("_", "."), data) for name, data in files.items()])
