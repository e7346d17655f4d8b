"""Opens a workbook of any origin safely, and gives its sheets as rows of plain values."""

import io
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TypeVar

from opportune.documents.opening.package import Package, Part, pack
from opportune.documents.opening.sheet_xml import (
    UnsafeXmlError,
    check_texts,
    tidied,
    without_empty_rows,
)
from opportune.errors import DocumentError, MalformedDocumentError
from opportune.model.file import InputFile

Cell = int | float | str | bool | date | datetime | time | timedelta
"""A value as it is stored; "" = blank. An error is its text, `#N/A`."""

T = TypeVar("T")

_MAIN_PART = "xl/workbook.xml"
_PARTS = re.compile(
    r"\[content_types\]\.xml|_rels/\.rels|xl/(?!theme/|drawings/|charts/|media/|pivot|externallinks/|ctrlprops/|tables/|comments"
    r"|printersettings/|worksheets/_rels/|threadedcomments/|persons/|slicer|customxml/|connections"
    r"|calcchain)[^:]*\.(?:xml|rels)"
)


@dataclass(frozen=True)
class Sheet:
    """A sheet: `rows[0]` is row 1, `rows[0][0]` cell A1; rows are equally long."""

    name: str
    rows: list[list[Cell]]
    delimiter: str = ""
    """What separates the cells of a text; "" in a workbook."""


@dataclass(frozen=True)
class Workbook:
    """The sheets of a file, in its order: of a workbook, of a zip of CSV files, or a CSV file."""

    file: InputFile
    sheets: tuple[Sheet, ...]
    others: tuple[str, ...] = ()
    """Members of a zip that were not read, as they are not text."""
    assumed_encodings: Mapping[str, str] = field(default_factory=dict)
    """Sheets whose text is in an encoding that nothing in the bytes proves."""
    is_text: bool = False
    """A CSV file, or a zip of such: every cell is a text."""


def identify(package: Package) -> bool:
    """Say whether a zip is a workbook (.xlsx, .xlsm)."""
    return _MAIN_PART in package.parts


def open_workbook(file: InputFile) -> Workbook:
    """Read all sheets of an .xlsx or .xlsm file. Macros, links and images are not even unpacked.

    Raises:
        MalformedDocumentError: Locked, damaged, or beyond the limits of docs/documents.md.
        UnsupportedDocumentError: Packed in an unknown way.
    """
    data = pack(_read_parts(Package(file)))
    with _reader_errors(file):
        return Workbook(file, _sheets(data))


def _read_parts(package: Package) -> dict[str, bytes]:
    # Which part is read as what is up to the reader and to relations that the file declares:
    # every part has to pass every check.
    needed = [part for name, part in package.parts.items() if _PARTS.fullmatch(name)]
    package.check(needed)
    parts: dict[str, bytes] = {}
    cells = 0
    for part in needed:
        data = package.read(part, without_empty_rows)
        parts[part.name], spanned = _safely(package.file, part, tidied, data)
        cells += spanned
        if cells > package.limits.file_cells:
            raise MalformedDocumentError(
                package.file.name,
                f"its sheets span more than {package.limits.file_cells:,} cells together: "
                "delete those that are not needed.",
            )
    for part in needed:
        _safely(
            package.file, part, lambda data: check_texts(data, parts.values()), parts[part.name]
        )
    return parts


def _safely(file: InputFile, part: Part, check: Callable[[bytes], T], data: bytes) -> T:
    try:
        return check(data)
    except UnsafeXmlError as error:
        raise MalformedDocumentError(file.name, str(error), place=part.name[:100]) from error


def _sheets(data: bytes) -> tuple[Sheet, ...]:
    from python_calamine import CalamineWorkbook, SheetTypeEnum

    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return tuple(
        Sheet(meta.name, book.get_sheet_by_name(meta.name).to_python(skip_empty_area=False))
        for meta in book.sheets_metadata
        if meta.typ == SheetTypeEnum.WorkSheet
    )


@contextmanager
def _reader_errors(file: InputFile) -> Iterator[None]:
    try:
        yield
    except (DocumentError, MemoryError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        raise MalformedDocumentError(
            file.name, "its sheets cannot be read: save it again with Excel, then try again."
        ) from error
