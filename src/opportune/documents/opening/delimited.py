"""Reads text with separators (CSV, TSV) as a sheet: encoding, separator and quotes are found out.

Rows are counted as a spreadsheet counts them: a quoted line break does not begin a row, and a first
line `sep=;` is none. Every cell is a text.
"""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from opportune.documents.opening.limits import LIMITS
from opportune.documents.opening.workbook import Cell, Sheet
from opportune.errors import MalformedDocumentError, UnsupportedDocumentError
from opportune.model.file import InputFile

DELIMITERS = ",;\t|"
"""Those that are looked for, the likelier first."""
SAMPLE_ROWS = 100
"""Rows from the top that decide the separator."""
MAX_CELL_CHARACTERS = 131_072
"""The most that the reader takes into one cell; a quote that is never closed runs into it."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins like that of UTF-16: first
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SEPARATOR_LINE = re.compile(r"\A\"?sep=(.)\"?[ \t]*(?:\r\n|\r|\n|\Z)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1f]")
_CONTROL_SHARE = 0.001
"""A few stray control characters are found in people's remarks; with more it is not text."""
_WIDE_SAMPLE = 512
_WIDE_SHARE = 0.3
"""Of the bytes at even (or odd) places of UTF-16 text without a mark that are 0, at least."""


@dataclass(frozen=True)
class Text:
    """A file's text, and how its bytes were read."""

    text: str
    encoding: str
    is_assumed: bool
    """Nothing in the bytes proves the encoding: they are only no UTF-8."""


def decoded(file: InputFile, data: bytes, place: str = "") -> Text:
    """Return bytes as text.

    Raises:
        MalformedDocumentError: Larger than what is read.
        UnsupportedDocumentError: Binary data.
    """
    if len(data) > LIMITS.kept_bytes:
        raise MalformedDocumentError(
            file.name,
            f"it is larger than the {LIMITS.kept_bytes // 2**20} MB that are read: split it.",
            place=place,
        )
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _checked(file, _strict(file, data, encoding, place), encoding, place)
    wide = _wide(data)
    if wide:
        return _checked(file, _strict(file, data, wide, place), wide, place)
    try:
        return _checked(file, data.decode("utf-8"), "utf-8", place)
    except UnicodeDecodeError:
        pass
    try:
        text, encoding = data.decode("cp1252"), "cp1252"
    except UnicodeDecodeError:
        text, encoding = data.decode("latin-1"), "latin-1"
    return _checked(file, text, encoding, place, assumed=True)


def read_sheet(file: InputFile, text: str, name: str = "") -> Sheet:
    """Return text with separators as a sheet.

    Args:
        file: The customer's file, for messages.
        text: Without a byte order mark.
        name: Of the sheet: "" for a CSV file, the member's for one in a zip.

    Raises:
        MalformedDocumentError: A quote is never closed, or it is beyond the limits.
    """
    given = _SEPARATOR_LINE.match(text)
    body = text[given.end() :] if given else text
    delimiter = given[1] if given else delimiter_of(body)
    rows: list[list[Cell]] = []
    known: dict[str, str] = {}
    same = known.setdefault
    width = cells = 0
    for row in _delimited_records(file, body, delimiter, name):
        # One object for each text: most cells of a large export repeat.
        rows.append([same(cell, cell) for cell in row])
        width = max(width, len(row))
        cells += len(row)
        if cells > LIMITS.area_cells or width > LIMITS.columns:
            raise MalformedDocumentError(
                file.name,
                f"it has more than the {LIMITS.area_cells:,} cells, or {LIMITS.columns:,} columns, "
                "that are read: split it.",
                place=name,
            )
    while rows and not any(rows[-1]):
        rows.pop()
    _pad(file, rows, width, name)
    return Sheet(name, rows, delimiter)


def delimiter_of(text: str) -> str:
    """Return the separator with which most rows have equally many cells, more of them first."""
    best, best_score = DELIMITERS[0], 0.0
    head = text[: SAMPLE_ROWS * 4096]
    for delimiter in DELIMITERS:
        score = _score(head, delimiter)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _score(text: str, delimiter: str) -> float:
    counts: Counter[int] = Counter()
    try:
        rows = csv.reader(_text_lines(text), delimiter=delimiter)
        counts.update(len(row) for row in islice(filter(None, rows), SAMPLE_ROWS))
    except csv.Error:
        return 0.0
    several = [(times, width) for width, times in counts.items() if width > 1]
    if not several:
        return 0.0
    times, width = max(several)
    # Rows that do not fit weigh much: decimal commas give many cells, but none in the header.
    return float((width - 1) * (times / counts.total()) ** 3)


def _delimited_records(
    file: InputFile, text: str, delimiter: str, place: str
) -> Iterator[list[str]]:
    reader = csv.reader(_text_lines(text), delimiter=delimiter)
    start = before = 0
    try:
        for row in reader:
            before, start = start, reader.line_num
            yield row
    except csv.Error as error:
        raise _unclosed(file, start + 1, place) from error
    if _is_open(text, before, delimiter):
        raise _unclosed(file, before + 1, place)


def _is_open(text: str, start: int, delimiter: str) -> bool:
    """Whether the last record, which begins with that line, ends only with the text."""
    rest = islice(_text_lines(text), start, None)
    try:
        next(csv.reader(rest, delimiter=delimiter, strict=True), None)
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False


def _text_lines(text: str) -> Iterator[str]:
    r"""Yield lines with their ends; only \n, \r\n and \r end one."""
    start, size = 0, len(text)
    while start < size:
        end = text.find("\n", start)
        end = size if end < 0 else end + 1
        line = text[start:end]
        start = end
        if "\r" in line[:-2] or line.endswith("\r"):
            yield from re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", line)
        else:
            yield line


def _pad(file: InputFile, rows: Sequence[list[Cell]], width: int, place: str) -> None:
    if width * len(rows) > LIMITS.area_cells:
        raise MalformedDocumentError(
            file.name,
            f"its cells span {width:,} columns x {len(rows):,} rows, more than the "
            f"{LIMITS.area_cells:,} cells that are read: split it.",
            place=place,
        )
    for row in rows:
        if len(row) < width:
            row.extend([""] * (width - len(row)))


def _wide(data: bytes) -> str:
    """Return the encoding of UTF-16 text without a byte order mark, as its zeros show; else ""."""
    sample = data[:_WIDE_SAMPLE]
    half = len(sample) // 2
    if not half:
        return ""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if odd >= _WIDE_SHARE * half and not even:
        return "utf-16-le"
    return "utf-16-be" if even >= _WIDE_SHARE * half and not odd else ""


def _strict(file: InputFile, data: bytes, encoding: str, place: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise MalformedDocumentError(
            file.name,
            f"its text is damaged or cut off ({encoding.removesuffix('-sig').upper()} that cannot "
            "be decoded): export it again.",
            place=place,
        ) from error


def _checked(
    file: InputFile, text: str, encoding: str, place: str, *, assumed: bool = False
) -> Text:
    if "\0" in text or len(_CONTROL.findall(text)) > _CONTROL_SHARE * len(text):
        raise UnsupportedDocumentError(
            file.name,
            "it looks like binary data of an unknown kind, not like text: "
            "give the file as it was exported.",
            place=place,
        )
    return Text(text, encoding, assumed)


def _unclosed(file: InputFile, line: int, place: str) -> MalformedDocumentError:
    return MalformedDocumentError(
        file.name,
        f"a quotation mark in line {line:,} is not closed, or a cell has more than "
        f"{MAX_CELL_CHARACTERS:,} characters: mend the line or export it again.",
        place=place,
    )
