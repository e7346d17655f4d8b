"""Makes workbooks for tests: healthy ones with XlsxWriter, and then broken ones out of those."""

import io
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence

import xlsxwriter  # type: ignore[import-untyped] # it ships no types

from opportune.documents import read_documents
from opportune.model.assessment import Assessment
from opportune.model.file import InputFile

SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"

HEADERS = ("Serverid", "HOSTNAME", "osName", "numCpus", "totalRAM (GB)")
SERVERS = (("S1", "web01", "RHEL", 4, 16), ("S2", "web02", "RHEL", 2, 8))

Rows = Sequence[Sequence[object]]


class Formula(str):
    """A formula saved without its result."""

    __slots__ = ()


def workbook(sheets: Mapping[str, Rows] | None = None) -> bytes:
    """Return a workbook with these rows; by default a `Servers` sheet of two servers."""
    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"in_memory": True, "strings_to_formulas": False}) as book:
        for name, rows in (sheets or {"Servers": (HEADERS, *SERVERS)}).items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for column, value in enumerate(row):
                    if isinstance(value, Formula):
                        sheet.write_formula(number, column, value, None, "")
                    elif value is not None:
                        sheet.write(number, column, value)
    return data.getvalue()


def read(data: bytes, name: str = "estate.xlsx") -> Assessment:
    """Read one file."""
    return read_documents([InputFile(name, data)])


def read_sheets(**sheets: Rows) -> Assessment:
    """Read a workbook with these sheets."""
    return read(workbook(sheets))


def codes(assessment: Assessment) -> list[str]:
    """Return the codes of the quality notes."""
    return [note.code for note in assessment.quality]


def note(assessment: Assessment, code: str) -> tuple[str, str]:
    """Return message and source of the one note with this code."""
    (found,) = [n for n in assessment.quality if n.code == code]
    return found.message, found.source


def changed(data: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """Return the workbook with one part changed."""
    return rebuilt(data, lambda name, old: change(old) if name == part else old)


def rebuilt(data: bytes, change: Callable[[str, bytes], bytes | None]) -> bytes:
    """Return the workbook with each part changed, or left out where None."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return packed.getvalue()


def archive(**parts: bytes) -> bytes:
    """Return a zip of these files; `__` in a name stands for "/", `_` for "."."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in parts.items():
            new.writestr(name.replace("__", "/").replace("_", "."), content)
    return packed.getvalue()


def with_deflated(
    data: bytes, part: str, blocks: Sequence[tuple[bytes, int]], lie: int = 0
) -> bytes:
    """Return the workbook with a part of enormous size, made without ever holding it.

    Args:
        data: A healthy workbook.
        part: Which of its parts.
        blocks: What the part holds: each bytes so many times.
        lie: If not 0, the unpacked size that the zip declares instead of the true one.
    """
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    pieces, size, checksum = [], 0, 0
    for block, times in blocks:
        for _ in range(times):
            pieces.append(packer.compress(block))
            size += len(block)
            checksum = zlib.crc32(block, checksum)
    pieces.append(packer.flush())
    stored = zipfile.ZipInfo(part)
    content = b"".join(pieces)
    rest = rebuilt(data, lambda name, old: None if name == part else old)
    packed = io.BytesIO(rest)
    with zipfile.ZipFile(packed, "a") as new:
        new.writestr(stored, content)
    return _declared_deflated(packed.getvalue(), part, lie or size, checksum)


def _declared_deflated(data: bytes, part: str, size: int, checksum: int) -> bytes:
    """Turn an entry that was stored already packed into one that is declared as packed."""
    changed_data = bytearray(data)
    name = part.encode()
    deflated = zipfile.ZIP_DEFLATED.to_bytes(2, "little")
    for signature, header, method in ((b"PK\x03\x04", 30, 8), (b"PK\x01\x02", 46, 10)):
        at = changed_data.rfind(name) if signature[2] == 1 else changed_data.find(name)
        at -= header
        assert changed_data[at : at + 4] == signature
        changed_data[at + method : at + method + 2] = deflated
        changed_data[at + method + 6 : at + method + 10] = checksum.to_bytes(4, "little")
        changed_data[at + method + 14 : at + method + 18] = size.to_bytes(4, "little")
    return bytes(changed_data)


def ole(*streams: str) -> bytes:
    """Return bytes that begin like an old Office file and name these streams."""
    names = b"".join(stream.encode("utf-16-le") + b"\0" * 32 for stream in streams)
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + names


def servers(headers: tuple[str, ...], *rows: tuple[object, ...]) -> dict[str, Rows]:
    """Return the sheets of a workbook with an id and a host in front of these columns."""
    cells = [(f"S{n}", f"host{n}", *row) for n, row in enumerate(rows, 1)]
    return {"Servers": [("Serverid", "HOSTNAME", "osName", *headers), *cells]}


def column(header: str, *values: object) -> Assessment:
    """Return a workbook whose servers have one more column."""
    return read_sheets(**servers((header,), *(("RHEL", value) for value in values)))
