"""Opens zips and the XML in them safely: workbooks, Word documents, templates, zips of CSV files.

No other module unpacks a zip or parses XML of a customer. Every part is inflated here, counted
while it grows (the sizes that a zip declares may lie) and checked against one set of limits.
"""

import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from opportune.documents.opening.limits import LIMITS, Limits
from opportune.errors import MalformedDocumentError, UnsupportedDocumentError
from opportune.model.file import InputFile

CHUNK_BYTES = 2**20

_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_SYSTEM_FILES = re.compile(r"(?:^|/)(?:__macosx/|\._|\.ds_store$|thumbs\.db$|desktop\.ini$)")
_ENCODING = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([^\"']*)[\"']")
_SAVE_AGAIN = "save it again with the program that made it"


@dataclass(frozen=True)
class Part:
    """An entry of the zip, under its name in the form `xl/workbook.xml`."""

    name: str
    entry: zipfile.ZipInfo = field(repr=False)


class Package:
    """A zip, and how much of it may still be unpacked.

    Args:
        file: Its bytes, and the name that errors carry.
        limits: What is unpacked and parsed at most.

    Raises:
        MalformedDocumentError: No directory can be read, or it is too long.
    """

    def __init__(self, file: InputFile, limits: Limits | None = None) -> None:
        """List the entries; nothing is unpacked."""
        self.file, self.limits = file, limits or LIMITS
        self._inflated, self._kept = self.limits.inflated_bytes, self.limits.kept_bytes
        # Counted in the raw bytes: a directory of millions of entries is never built.
        if file.data.count(b"PK\x01\x02") > self.limits.entries:
            raise self._error(
                f"it holds more than {self.limits.entries:,} files (parts): {_SAVE_AGAIN}."
            )
        with self._damage(), zipfile.ZipFile(io.BytesIO(file.data)) as archive:
            parts = [Part(e.filename.replace("\\", "/").lstrip("/"), e) for e in archive.infolist()]
        self.parts = {part.name.lower(): part for part in parts}
        """By lower-case name."""
        self.has_doubles = len(self.parts) < len(parts)

    @property
    def members(self) -> list[Part]:
        """The files without folders and what systems add, in the order of the zip."""
        return [
            part
            for name, part in self.parts.items()
            if not name.endswith("/") and not _SYSTEM_FILES.search(name)
        ]

    def check(self, parts: Iterable[Part]) -> None:
        """Check what the directory declares of parts, before any of them is unpacked.

        Raises:
            MalformedDocumentError: Locked, or declared to unpack to more than the limits.
            UnsupportedDocumentError: Compressed in a way that no office program uses.
        """
        declared = 0
        for part in parts:
            if part.entry.flag_bits & 1:
                raise self._error("it is locked with a password: save it without one.")
            if part.entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise UnsupportedDocumentError(
                    self.file.name,
                    f"it is packed in a way that office programs do not use: {_SAVE_AGAIN}.",
                    place=part.name[:100],
                )
            self._check_size(part, part.entry.file_size)
            declared += part.entry.file_size
        if declared > self.limits.inflated_bytes:
            raise self._too_large("")

    def chunks(self, part: Part) -> Iterator[bytes]:
        """Yield a part in chunks, counting what really comes out of it.

        Raises:
            MalformedDocumentError: It unpacks to more than the limits, or is damaged.
        """
        size = checksum = 0
        for chunk in self._unpacked(part):
            size += len(chunk)
            self._inflated -= len(chunk)
            if self._inflated < 0:
                raise self._too_large(part.name)
            self._check_size(part, size)
            checksum = zlib.crc32(chunk, checksum)
            yield chunk
        if size != part.entry.file_size or checksum != part.entry.CRC:
            raise self.damaged(part.name)

    def read(
        self, part: Part, tidied: Callable[[Iterable[bytes]], Iterable[bytes]] = iter
    ) -> bytes:
        """Return a part whole, as far as it stays within what may be held in memory.

        Args:
            part: One of `parts`.
            tidied: Leaves out what is not needed, before it is counted as kept.
        """
        data = bytearray()
        for chunk in tidied(self.chunks(part)):
            self._kept -= len(chunk)
            if self._kept < 0:
                raise self._too_large(part.name)
            data += chunk
        return bytes(data)

    def xml(self, name: str) -> ET.Element:
        """Return a part as a tree, by its lower-case name.

        Raises:
            MalformedDocumentError: Missing, damaged, not in UTF-8, with entities, or too large.
            UnsupportedDocumentError: Compressed in an unknown way.
        """
        if name not in self.parts:
            raise self.damaged(name)
        part = self.parts[name]
        self.check([part])
        data = self.read(part)
        problem = _problem_of_tree(data, self.limits) or problem_of_xml(data)
        if problem:
            raise self._error(problem, name)
        try:
            root = ET.fromstring(data)  # noqa: S314 - entities, other encodings and size are refused above
        except ET.ParseError as error:
            raise self._error(
                f"it is cut off or damaged, and no valid XML: {_SAVE_AGAIN}.", name
            ) from error
        level, depth = [root], 0
        while level:
            depth += 1
            if depth > self.limits.xml_depth:
                raise self._error(
                    "its parts are nested deeper than any program nests them: "
                    "copy the text into a new document.",
                    name,
                )
            level = [child for element in level for child in element]
        return root

    def related(self, kind: str, source: str = "") -> str:
        """Return the name of a part by its relation to another one; empty if there is none.

        Args:
            kind: The end of the relation's type: `officeDocument`, `styles`.
            source: Lower-case name of the part that names it; none: the package.
        """
        folder, name = posixpath.split(source)
        relations = posixpath.join(folder, "_rels", f"{name}.rels")
        if relations not in self.parts:
            return ""
        for relation in self.xml(relations):
            is_inside = relation.get("TargetMode", "").lower() != "external"
            if is_inside and relation.get("Type", "").endswith(f"/{kind}"):
                target = posixpath.join("/", folder, relation.get("Target", ""))
                return posixpath.normpath(target).lstrip("/").lower()
        return ""

    def damaged(self, name: str = "") -> MalformedDocumentError:
        """Return the error for a part whose bytes are not what they should be."""
        return self._error(f"it is cut off or damaged: {_SAVE_AGAIN}, or get a new copy.", name)

    def _unpacked(self, part: Part) -> Iterator[bytes]:
        """Yield what the entry's own bytes hold, whatever sizes are declared for it."""
        packed = self._packed(part)
        if part.entry.compress_type == zipfile.ZIP_STORED:
            for start in range(0, len(packed), CHUNK_BYTES):
                yield bytes(packed[start : start + CHUNK_BYTES])
            return
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        for start in range(0, len(packed), CHUNK_BYTES):
            rest: bytes | memoryview = packed[start : start + CHUNK_BYTES]
            while rest and not inflater.eof:
                with self._damage(part.name):
                    chunk = inflater.decompress(rest, CHUNK_BYTES)
                rest = inflater.unconsumed_tail
                yield chunk
        while not inflater.eof:
            with self._damage(part.name):
                chunk = inflater.decompress(b"", CHUNK_BYTES)
            if not chunk:
                raise self.damaged(part.name)
            yield chunk

    def _packed(self, part: Part) -> memoryview:
        with self._damage(part.name):
            start = part.entry.header_offset
            header = _LOCAL_HEADER.unpack_from(self.file.data, start)
            if header[0] != b"PK\x03\x04":
                raise zipfile.BadZipFile
            begin = start + _LOCAL_HEADER.size + header[-2] + header[-1]
            packed = memoryview(self.file.data)[begin : begin + part.entry.compress_size]
            if len(packed) != part.entry.compress_size:
                raise zipfile.BadZipFile
            return packed

    def _check_size(self, part: Part, size: int) -> None:
        limits = self.limits
        if size > limits.ratio_from_bytes and size > limits.ratio * part.entry.compress_size:
            raise self._error(
                f"it unpacks to more than {limits.ratio} times its size, as a zip bomb does, "
                "and was not opened: copy what is needed into a new file.",
                part.name,
            )
        if size > limits.part_bytes:
            raise self._too_large(part.name)

    def _too_large(self, name: str) -> MalformedDocumentError:
        limits = self.limits
        return self._error(
            f"it unpacks to more than the {_mb(limits.inflated_bytes)} MB "
            f"({_mb(limits.kept_bytes)} MB without empty rows) that are read: "
            "delete what is not needed, or split it.",
            name,
        )

    def _error(self, problem: str, name: str = "") -> MalformedDocumentError:
        return MalformedDocumentError(self.file.name, problem, place=name[:100])

    @contextmanager
    def _damage(self, name: str = "") -> Iterator[None]:
        """Turn what zipfile, struct and zlib raise on broken bytes into one error."""
        try:
            yield
        except (MalformedDocumentError, MemoryError):
            raise
        except Exception as error:  # zipfile raises a dozen kinds on bytes that are not a zip
            raise self.damaged(name) from error


def pack(parts: dict[str, bytes]) -> bytes:
    """Return a new zip of these parts, uncompressed."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return packed.getvalue()


def problem_of_xml(data: bytes) -> str:
    """Return why XML must not be read; empty if it may.

    Entities multiply while they are read, and what is not in UTF-8 is not what the checks see.
    """
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        return f"it defines XML entities, which no office program writes: {_SAVE_AGAIN}."
    return f"its text is not in UTF-8: {_SAVE_AGAIN}." if b"\0" in data else ""


def _problem_of_tree(data: bytes, limits: Limits) -> str:
    """Return why no tree is built of XML; empty if it may be."""
    bare = data.removeprefix(b"\xef\xbb\xbf")
    encoding = _ENCODING.match(bare[:200])
    is_utf8 = encoding is None or encoding[1].lower() in (b"utf-8", b"utf8", b"us-ascii")
    if not is_utf8 or not bare.lstrip().startswith(b"<"):
        return f"its text is not in UTF-8: {_SAVE_AGAIN}."
    if len(data) > limits.xml_bytes:
        return f"its text unpacks to over {_mb(limits.xml_bytes)} MB: give only what is needed."
    if data.count(b"<") > limits.xml_tags:
        return f"it is longer than the {limits.xml_tags:,} tags that are read: give a part of it."
    return ""


def _mb(size_bytes: int) -> int:
    """Return megabytes, of 10^6 bytes or of 2^20, as the limit was set."""
    return size_bytes // (2**20 if size_bytes % 2**20 == 0 else 10**6)
