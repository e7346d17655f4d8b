"""Takes the zip of a workbook apart safely, and packs what is needed anew.

The readers below never see the customer's zip. Every part is inflated here, counted while it grows
(the sizes that a zip declares may lie), checked, and put into a new, uncompressed zip in memory
which holds nothing else: no macros, images or second directory.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from opportune.errors import MalformedDocumentError, UnsupportedDocumentError
from opportune.model.file import InputFile

MAX_ENTRIES = 10_000
"""Files in the zip."""
MAX_INFLATED_BYTES = 512 * 2**20
"""Of the parts that are read, unpacked, together."""
MAX_KEPT_BYTES = 160 * 2**20
"""Of the same without long stretches of empty rows: what is held in memory at once."""
MAX_RATIO = 200
"""Unpacked to packed size of a part; real sheets reach about 20."""
RATIO_FROM_BYTES = 4 * 2**20
"""Parts that unpack to less than this are not held to the ratio."""
CHUNK_BYTES = 2**20

_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_PARTS = re.compile(
    r"\[content_types\]\.xml|_rels/\.rels|xl/(?!theme/|drawings/|charts/|media/|pivot|externallinks/|ctrlprops/|tables/|comments"
    r"|printersettings/|worksheets/_rels/|threadedcomments/|persons/|slicer|customxml/|connections"
    r"|calcchain)[^:]*\.(?:xml|rels)"
)
_SYSTEM_FILES = re.compile(r"(?:^|/)(?:__macosx/|\._|\.ds_store$|thumbs\.db$|desktop\.ini$)")


@dataclass
class Budget:
    """What may still be unpacked, over all parts of a file."""

    inflated: int = MAX_INFLATED_BYTES
    kept: int = MAX_KEPT_BYTES


@dataclass(frozen=True)
class Part:
    """An entry of the zip, under its name in the form `xl/workbook.xml`."""

    name: str
    entry: zipfile.ZipInfo = field(repr=False)


def list_parts(file: InputFile) -> dict[str, Part]:
    """Return the entries of a zip by lower-case name; nothing is unpacked.

    Raises:
        MalformedDocumentError: No directory can be read, or it is too long.
    """
    # Counted in the raw bytes: a directory of millions of entries is never built.
    if file.data.count(b"PK\x01\x02") > MAX_ENTRIES:
        raise MalformedDocumentError(
            file.name, f"it holds more than {MAX_ENTRIES:,} files: save it anew where it was made."
        )
    with _damage(file), zipfile.ZipFile(io.BytesIO(file.data)) as archive:
        parts = [Part(e.filename.replace("\\", "/").lstrip("/"), e) for e in archive.infolist()]
    return {part.name.lower(): part for part in parts}


def workbook_parts(file: InputFile, parts: dict[str, Part]) -> list[Part]:
    """Return the parts that reading cells needs, checked by what the directory declares.

    Raises:
        MalformedDocumentError: Locked, or declared to unpack to more than the limits.
        UnsupportedDocumentError: Compressed in a way that no spreadsheet program uses.
    """
    needed = [part for name, part in parts.items() if _PARTS.fullmatch(name)]
    _check_declared(file, needed)
    return needed


def member_parts(file: InputFile, parts: dict[str, Part]) -> list[Part]:
    """Return the files in a zip archive, without folders and what systems add, in its order.

    Raises:
        MalformedDocumentError: Locked, or declared to unpack to more than the limits.
        UnsupportedDocumentError: Compressed in a way that is not read.
    """
    needed = [
        part
        for name, part in parts.items()
        if not name.endswith("/") and not _SYSTEM_FILES.search(name)
    ]
    _check_declared(file, needed)
    return needed


def inflate(file: InputFile, part: Part, budget: Budget) -> Iterator[bytes]:
    """Yield a part in chunks, counting what really comes out of it.

    Raises:
        MalformedDocumentError: It unpacks to more than the limits, or is damaged.
    """
    size = checksum = 0
    for chunk in _chunks(file, part):
        size += len(chunk)
        budget.inflated -= len(chunk)
        if budget.inflated < 0:
            raise _too_large(file, part.name)
        _check_ratio(file, part, size)
        checksum = zlib.crc32(chunk, checksum)
        yield chunk
    if size != part.entry.file_size or checksum != part.entry.CRC:
        raise _damaged(file, part.name)


def pack(parts: dict[str, bytes]) -> bytes:
    """Return a new zip of these parts, uncompressed."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return packed.getvalue()


def keep(file: InputFile, part: Part, budget: Budget, size: int) -> None:
    """Count bytes that stay in memory.

    Raises:
        MalformedDocumentError: They are over MAX_KEPT_BYTES in total.
    """
    budget.kept -= size
    if budget.kept < 0:
        raise _too_large(file, part.name)


def _check_declared(file: InputFile, needed: list[Part]) -> None:
    for part in needed:
        if part.entry.flag_bits & 1:
            raise MalformedDocumentError(
                file.name, "it is locked with a password: save it without one."
            )
        if part.entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise UnsupportedDocumentError(
                file.name,
                "it is packed in a way that spreadsheet programs do not use: save it anew.",
                place=part.name[:100],
            )
        _check_ratio(file, part, part.entry.file_size)
    if sum(part.entry.file_size for part in needed) > MAX_INFLATED_BYTES:
        raise _too_large(file, "")


def _chunks(file: InputFile, part: Part) -> Iterator[bytes]:
    """Yield what the entry's own bytes hold, whatever sizes are declared for it."""
    packed = _packed(file, part)
    if part.entry.compress_type == zipfile.ZIP_STORED:
        for start in range(0, len(packed), CHUNK_BYTES):
            yield bytes(packed[start : start + CHUNK_BYTES])
        return
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    for start in range(0, len(packed), CHUNK_BYTES):
        rest: bytes | memoryview = packed[start : start + CHUNK_BYTES]
        while rest and not inflater.eof:
            with _damage(file, part.name):
                chunk = inflater.decompress(rest, CHUNK_BYTES)
            rest = inflater.unconsumed_tail
            yield chunk
    while not inflater.eof:
        with _damage(file, part.name):
            chunk = inflater.decompress(b"", CHUNK_BYTES)
        if not chunk:
            raise _damaged(file, part.name)
        yield chunk


def _packed(file: InputFile, part: Part) -> memoryview:
    with _damage(file, part.name):
        start = part.entry.header_offset
        header = _LOCAL_HEADER.unpack_from(file.data, start)
        if header[0] != b"PK\x03\x04":
            raise zipfile.BadZipFile
        begin = start + _LOCAL_HEADER.size + header[-2] + header[-1]
        packed = memoryview(file.data)[begin : begin + part.entry.compress_size]
        if len(packed) != part.entry.compress_size:
            raise zipfile.BadZipFile
        return packed


def _check_ratio(file: InputFile, part: Part, size: int) -> None:
    if size > RATIO_FROM_BYTES and size > MAX_RATIO * part.entry.compress_size:
        raise MalformedDocumentError(
            file.name,
            f"it unpacks to more than {MAX_RATIO} times its size, as a zip bomb does, "
            "and was not opened: copy the cells into a new workbook.",
            place=part.name[:100],
        )


def _too_large(file: InputFile, name: str) -> MalformedDocumentError:
    return MalformedDocumentError(
        file.name,
        f"it unpacks to more than the {MAX_INFLATED_BYTES // 2**20} MB "
        f"({MAX_KEPT_BYTES // 2**20} MB without empty rows) that are read: "
        "delete the sheets that are not needed, or split it.",
        place=name[:100],
    )


def _damaged(file: InputFile, name: str) -> MalformedDocumentError:
    return MalformedDocumentError(
        file.name,
        "it is cut off or damaged: save it again with the program that made it, or get a new copy.",
        place=name[:100],
    )


@contextmanager
def _damage(file: InputFile, name: str = "") -> Iterator[None]:
    """Turn what zipfile, struct and zlib raise on broken bytes into one error."""
    try:
        yield
    except (MalformedDocumentError, MemoryError):
        raise
    except Exception as error:  # zipfile raises a dozen kinds on bytes that are no zip
        raise _damaged(file, name) from error
