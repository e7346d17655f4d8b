"""Says what a file is by its bytes, for choosing a reader and for telling the user."""

from opportune.documents.opening import word_package, workbook
from opportune.documents.opening.package import Package
from opportune.errors import DocumentError, MalformedDocumentError, UnsupportedDocumentError
from opportune.model.file import InputFile

WORKBOOK = "workbook"
PDF = "pdf"
TEXT = "text"
"""CSV, Markdown, any other text."""
ARCHIVE = "archive"
"""A zip that is not an Office file."""
WORD = "word"

_XLSX = "save it as .xlsx and give that."
_MAGIC = (
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"II*\0", "an image"),
    (b"MM\0*", "an image"),
    (b"{\\rtf", "a text document (RTF)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3", "an SQLite database"),
)
_MAGIC_OF_BINARY = ((b"BM", "an image"), (b"MZ", "a program"))
"""Too short to tell from a text that begins so."""
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")


def container_of(file: InputFile) -> str:
    """Return WORKBOOK, PDF, WORD, ARCHIVE or TEXT.

    Raises:
        MalformedDocumentError: Empty, locked with a password, or a damaged zip.
        UnsupportedDocumentError: Anything else; says what it looks like and what to do.
    """
    if not file.data:
        raise MalformedDocumentError(file.name, "it is empty (0 bytes): export or copy it again.")
    if b"%PDF-" in file.data[:1024]:
        return PDF
    if file.data.startswith(_ZIP):
        return _container_of_zip(Package(file))
    if file.data.startswith(_OLE):
        raise _ole_error(file)
    looks = _looks_like(file.data)
    if looks is None:
        return TEXT
    raise UnsupportedDocumentError(
        file.name,
        f"it looks like {looks}, not like an inventory (.xlsx, .csv, .zip) "
        "or a readiness report (.pdf): give the file as it was exported.",
    )


def _container_of_zip(package: Package) -> str:
    """Ask each reader whether a zip is its own; what none knows is an archive."""
    if workbook.identify(package):
        return WORKBOOK
    if word_package.identify(package):
        return WORD
    known = {
        "xl/workbook.bin": f"it is a binary workbook (.xlsb): {_XLSX}",
        "ppt/presentation.xml": "it is a presentation, not a workbook: give the .xlsx export.",
        "index/document.iwa": f"it is a Numbers or Pages document: {_XLSX}",
        "content.xml": f"it is an OpenDocument file: {_XLSX}",
    }
    for name, problem in known.items():
        if name in package.parts:
            raise UnsupportedDocumentError(package.file.name, problem)
    return ARCHIVE


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


def _looks_like(data: bytes) -> str | None:
    """Return what a file that is neither a zip nor a PDF looks like; None = text."""
    head = data[:4096]
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff")) or _is_wide(head)
    magics = _MAGIC + (_MAGIC_OF_BINARY if b"\0" in head and not wide else ())
    for magic, what in magics:
        if data.startswith(magic):
            return what
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        return "a web page or XML"
    if not wide and b"\0" in head:
        return "binary data of an unknown kind"
    return None


def _is_wide(head: bytes) -> bool:
    """Whether all zeros stand at every other byte, as in UTF-16 text without a mark."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    return max(even, odd) >= len(head) // 8 > 0 and min(even, odd) == 0
