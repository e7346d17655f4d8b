"""Checks and tidies the XML of a workbook's parts before any reader sees it.

A reader that builds the whole rectangle between the first and the last cell can be made to ask for
more memory than there is by two cells in opposite corners, and a few long texts that a million
cells refer to unpack to terabytes. Both are counted here first, on the bytes.
"""

import re
from collections.abc import Collection, Iterable, Iterator

from opportune.documents.opening.limits import LIMITS
from opportune.documents.opening.package import problem_of_xml

WINDOW_BYTES = 2**20
"""Empty rows are dropped when more than this much of nothing but them comes in a row."""

NO_CACHED_VALUE = "#NOT-CALCULATED!"
"""Stands in a cell whose formula was saved without its result; looks like an Excel error."""

_FORMULA = re.compile(
    rb"<((?:\w+:)?)c((?:\s[^<>]*)?)>\s*<\1f(?:\s[^<>]*)?(?:/>|>[^<]*</\1f>)\s*"
    rb"(?:<\1v\s*/>|<\1v>\s*</\1v>)?\s*</\1c>"
)
_ERROR_TYPE = re.compile(rb"\bt\s*=\s*[\"']e[\"']")
_EMPTY_CELL = re.compile(rb"<(?:\w+:)?c(?:\s+\w+=\"[^\"<>&]*\")*\s*/>")
_EMPTY_ROW = re.compile(rb"<row(?:\s+[\w:]+=\"[^\"<>&]*\")*\s*(?:/>|>\s*</row>)")
_DIMENSION = re.compile(rb"<(?:\w+:)?dimension\s[^<>]*>(?:</(?:\w+:)?dimension>)?")
_CELL_OR_ROW = re.compile(
    rb"<(?:[^\s<>/:=\"']*:)?(c|row)(?=[\s/>])(?:((?:[^>\"']|\"[^\"]*\"|'[^']*')*+)>)?+"
)
"""The tag of a cell or row; without attributes in group 2 if it never ends."""
_FIRST_ROW = re.compile(rb"<(\w{1,20}:)?row[\s/>]")
_ATTRIBUTE = re.compile(rb"([^\s=\"'/]+)\s*=\s*(\"[^\"]*\"|'[^']*')")
_ADDRESS = re.compile(rb"\s*([A-Za-z]*)(\d{0,7})\s*")
_STRING_START = re.compile(rb"<(?:\w+:)?si[\s/>]")
_INDEX = re.compile(rb"(\d+)\s*</(?:\w+:)?v\s*>")
_VALUE_END = re.compile(rb"</(?:\w+:)?v[\s>]")


class UnsafeXmlError(Exception):
    """The part must not be read; the message says why, and what to do."""


def without_empty_rows(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a sheet without long stretches of rows that hold no value.

    A sheet formatted down to its last row holds a million of them. Only whole rows that carry
    their own number go, so every other cell keeps its place.
    """
    window = b""
    for chunk in chunks:
        window += chunk
        if len(window) < WINDOW_BYTES:
            continue
        if b"v>" in window or b"is>" in window or b"f>" in window:
            yield window
            window = b""
            continue
        first, last = window.find(b"<row "), window.rfind(b'<row r="')
        rows = window[first:last]
        # `<row r="` in front of each: without its number a row would move up.
        if 0 <= first < last and rows.count(b"<row") == rows.count(b'<row r="'):
            yield window[:first]
            window = window[last:]
        else:
            yield window
            window = b""
    yield window


def tidied(data: bytes) -> tuple[bytes, int]:
    """Return a part ready to be read, and how many cells it spans: 0 if it is not a sheet.

    Error cells become text cells (`#N/A`), and formulas without a result NO_CACHED_VALUE, for
    readers that show both as blank.

    Raises:
        UnsafeXmlError: It defines entities, is not in UTF-8, spans more than LIMITS.area_cells, or
            has a cell where Excel has none.
    """
    if problem := problem_of_xml(data):
        raise UnsafeXmlError(problem)
    if b"sheetData" not in data:
        return data, 0
    columns, rows = extent(data)
    if columns * rows > LIMITS.area_cells:
        data = _without_empty_cells(data)
        columns, rows = extent(data)
    if columns > LIMITS.columns or rows > LIMITS.rows:
        raise UnsafeXmlError(
            "it has cells outside the rows and columns of Excel: save it again with Excel."
        )
    if columns * rows > LIMITS.area_cells:
        raise UnsafeXmlError(
            f"its cells span {columns:,} columns x {rows:,} rows, more "
            f"than the {LIMITS.area_cells:,} cells that are read: "
            "delete the rows and columns that lie apart."
        )
    head = data.find(b"sheetData")
    data = _DIMENSION.sub(b"", data[:head]) + data[head:]  # what a sheet says of its size may lie
    if _ERROR_TYPE.search(data):
        data = _ERROR_TYPE.sub(b't="str"', data)
    if b"<f" in data or b":f" in data:
        data = _FORMULA.sub(_marked, data)
    return data, columns * rows


def extent(data: bytes) -> tuple[int, int]:
    """Return how many columns and rows a sheet's cells span at most, from A1 on.

    Only the `r` of elements `c` and `row` is an address, whatever their prefix: page settings
    behind the cells have attributes that end in "r=" too. Never less than what a reader may see;
    empty cells count.

    Raises:
        UnsafeXmlError: The tag of a cell or row does not end.
    """
    body = _cells_of(data)
    first = _FIRST_ROW.search(body)
    prefix = first[1] or b"" if first else b""
    letters = re.findall(rb'<%bc r="([A-Za-z]{1,3})\d{1,7}"' % prefix, body)
    rows = re.findall(rb'<%b(?:c r="[A-Za-z]{1,3}|row r=")(\d{1,7})"' % prefix, body)
    cells, all_rows = (_may_be(name, prefix, body) for name in (b"c", b"row"))
    if len(letters) < cells or len(rows) < cells + all_rows:
        return _extent_of_tags(body)
    return max(map(column_number, set(letters)), default=0), max(map(int, set(rows)), default=0)


def _may_be(name: bytes, prefix: bytes, body: bytes) -> int:
    """Return how many elements of this name there are at most, under any prefix."""
    ends = body.count(b"</%b%b" % (prefix, name)) if prefix else 0
    return body.count(b"<" + name) + body.count(b":" + name) - ends


def _cells_of(data: bytes) -> bytes:
    """Return the part of a sheet that holds its cells; page settings follow behind."""
    first, last = data.find(b"sheetData"), data.rfind(b"sheetData>")
    return data[max(first, 0) : last if last > first else len(data)]


def _extent_of_tags(body: bytes) -> tuple[int, int]:
    """Return the extent of cells written in any way; those without an address add to it."""
    columns = rows = bare_rows = bare_cells = most_bare_cells = 0
    for match in _CELL_OR_ROW.finditer(body):
        is_row, attributes = match[1] == b"row", match[2]
        if attributes is None:
            raise UnsafeXmlError("a cell in it does not end: save it again with Excel.")
        addresses = [value[1:-1] for name, value in _ATTRIBUTE.findall(attributes) if name == b"r"]
        if is_row:
            bare_cells = 0
            bare_rows += not addresses
        elif not addresses:
            bare_cells += 1
            most_bare_cells = max(most_bare_cells, bare_cells)
        for address in addresses:
            column, row = _position(address)
            columns, rows = max(columns, column), max(rows, row)
    return columns + most_bare_cells, rows + bare_rows


def _position(address: bytes) -> tuple[int, int]:
    """Return column and row of `AB12`, or 0 and row of `12`; beyond Excel's if it is neither."""
    match = _ADDRESS.fullmatch(address)
    if match is None:
        return LIMITS.columns + 1, LIMITS.rows + 1
    return column_number(match[1]), int(match[2] or 0)


def column_number(letters: bytes) -> int:
    """Return 1 for A, 27 for AA; 0 for none, LIMITS.columns + 1 for what is beyond the last."""
    if len(letters) > len("XFD"):
        return LIMITS.columns + 1
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def check_texts(strings: bytes, sheets: Collection[bytes]) -> None:
    """Refuse a table of texts that would fill the memory once each cell has its own copy.

    Args:
        strings: Any part; one without a table of texts passes.
        sheets: All parts that may refer to it.

    Raises:
        UnsafeXmlError: Over LIMITS.texts, or over LIMITS.text_bytes in the cells.
    """
    starts = [match.start() for match in _STRING_START.finditer(strings)]
    if not starts:
        return
    if len(starts) > LIMITS.texts:
        raise UnsafeXmlError(f"it has more than {LIMITS.texts:,} texts: split the workbook.")
    ends = [*starts[1:], len(strings)]
    lengths = [end - start for start, end in zip(starts, ends, strict=True)]
    longest = max(lengths)
    if longest * sum(sheet.count(b"</") for sheet in sheets) <= LIMITS.text_bytes:
        return
    if sum(_text_bytes(sheet, lengths, longest) for sheet in sheets) > LIMITS.text_bytes:
        raise UnsafeXmlError(
            f"its cells hold more than {LIMITS.text_bytes // 2**20} MB of text: split the workbook."
        )


def _without_empty_cells(data: bytes) -> bytes:
    """Return the sheet without blank cells and rows, if each of them carries its own address."""
    body = _cells_of(data)
    if body.count(b"<c") > body.count(b'<c r="'):
        return data
    data = _EMPTY_CELL.sub(b"", data)
    return _EMPTY_ROW.sub(b"", data) if body.count(b"<row") == body.count(b'<row r="') else data


def _text_bytes(sheet: bytes, lengths: list[int], longest: int) -> int:
    """Return at least the bytes of all texts that a sheet's cells refer to."""
    indexes = [int(index[-9:]) for index in _INDEX.findall(sheet)]
    unknown = len(_VALUE_END.findall(sheet)) - len(indexes)
    return unknown * longest + sum(lengths[i] for i in indexes if i < len(lengths))


def _marked(match: re.Match[bytes]) -> bytes:
    prefix, attributes = match[1], match[2]
    if re.search(rb"\st\s*=\s*[\"'](?!n[\"'])", attributes):
        return match[0]  # a text result that is empty, not a missing one
    plain = re.sub(rb"\st\s*=\s*[\"']n[\"']", b"", attributes)
    return b'<%bc%b t="str"><%bv>%b</%bv></%bc>' % (
        (prefix, plain, prefix, NO_CACHED_VALUE.encode(), prefix, prefix)
    )
