"""Says what a file is by its bytes, for choosing a reader and for telling the user."""

from opportune.documents.file import InputFile
from opportune.documents.package import Part, list_parts
from opportune.errors import DocumentError, MalformedDocumentError, UnsupportedDocumentError

WORKBOOK = "workbook"
PDF = "pdf"

_XLSX = "save it as .xlsx and give that."
_MAGIC = (
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"BM", "an image"),
    (b"II*\0", "an image"),
    (b"MM\0*", "an image"),
    (b"{\\rtf", "a text document (RTF)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"SQLite format 3", "an SQLite database"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CONTROL = frozenset(range(9))
"""Bytes that no text holds."""
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")


def container_of(file: InputFile) -> str:
    """Return WORKBOOK or PDF.

    Raises:
        MalformedDocumentError: Empty, locked with a password, or a damaged zip.
        UnsupportedDocumentError: Anything else; says what it looks like and what to do.
    """
    if not file.data:
        raise MalformedDocumentError(file.name, "it is empty (0 bytes): export or copy it again.")
    if b"%PDF-" in file.data[:1024]:
        return PDF
    if file.data.startswith(_ZIP):
        _check_zip(file, list_parts(file))
        return WORKBOOK
    if file.data.startswith(_OLE):
        raise _ole_error(file)
    raise UnsupportedDocumentError(
        file.name,
        f"it looks like {_looks_like(file.data)}, not like an MPA workbook (.xlsx) "
        "or a readiness report (.pdf): give the file as it was exported.",
    )


def _check_zip(file: InputFile, parts: dict[str, Part]) -> None:
    if "xl/workbook.xml" in parts:
        return
    known = {
        "xl/workbook.bin": f"it is a binary workbook (.xlsb): {_XLSX}",
        "word/document.xml": "it is a Word document, not a workbook: give the .xlsx export.",
        "ppt/presentation.xml": "it is a presentation, not a workbook: give the .xlsx export.",
        "index/document.iwa": f"it is a Numbers or Pages document: {_XLSX}",
        "content.xml": f"it is an OpenDocument file: {_XLSX}",
    }
    for name, problem in known.items():
        if name in parts:
            raise UnsupportedDocumentError(file.name, problem)
    raise UnsupportedDocumentError(
        file.name, "it is a zip archive, not a workbook: unpack it and give the files inside."
    )


def _ole_error(file: InputFile) -> DocumentError:
    def holds(stream: str) -> bool:
        return stream.encode("utf-16-le") in file.data

    if holds("EncryptedPackage"):
        return MalformedDocumentError(
            file.name, "it is locked with a password: save it without one."
        )
    if holds("Workbook") or holds("Book"):
        what = "a workbook of Excel 2003 or older (.xls)"
    elif holds("WordDocument"):
        what = "a Word document (.doc)"
    else:
        what = "an old Office document"
    return UnsupportedDocumentError(file.name, f"it is {what}: {_XLSX}")


def _looks_like(data: bytes) -> str:
    for magic, what in _MAGIC:
        if data.startswith(magic):
            return what
    head = data[:4096]
    stripped = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if stripped[:1] == b"<":
        return "a web page or XML"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" not in head:
        return _kind_of_text(head)
    return "binary data of an unknown kind"


def _kind_of_text(head: bytes) -> str:
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not wide and any(byte in _CONTROL for byte in head):
        return "binary data of an unknown kind"
    first = head.split(b"\n", 1)[0]
    return "text (CSV)" if any(mark in first for mark in (b",", b";", b"\t")) else "text"
