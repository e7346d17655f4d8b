"""Reads a zip of CSV files, such as exports come in, as one workbook: each member is a sheet.

Nothing is written to a disk: a member's name is a label, whatever path it pretends to be.
"""

from opportune.documents.opening.delimited import Text, decoded, read_sheet
from opportune.documents.opening.package import Package, Part
from opportune.documents.opening.texts import text_of
from opportune.documents.opening.workbook import Sheet, Workbook
from opportune.errors import MalformedDocumentError, UnsupportedDocumentError
from opportune.model.file import InputFile

NAME_SHOWN = 100

_ZIP, _PDF = b"PK\x03\x04", b"%PDF-"
_OLE = b"\xd0\xcf\x11\xe0"
_UNPACK = "unpack it and give the files inside."


def open_archive(file: InputFile) -> Workbook:
    """Read all text files in a zip archive as sheets; other files in it stay out.

    Raises:
        MalformedDocumentError: Locked, damaged, or beyond the limits.
        UnsupportedDocumentError: It holds workbooks or other archives, or no text at all.
    """
    package = Package(file)
    limits, members = package.limits, package.members
    if len(members) > limits.members:
        raise MalformedDocumentError(
            file.name, f"it holds more than {limits.members} files: pack only the CSV files of it."
        )
    package.check(members)
    sheets: list[Sheet] = []
    others: list[str] = []
    assumed: dict[str, str] = {}
    cells = 0
    for part in members:
        data = package.read(part)
        label = _member_label(part)
        _check_kind(file, data, label)
        text = _text(file, data, label)
        if text is None:
            others.append(label)
            continue
        if text.is_assumed:
            assumed[label] = text.encoding
        sheets.append(read_sheet(file, text.text, label))
        cells += len(sheets[-1].rows) * len(sheets[-1].rows[0]) if sheets[-1].rows else 0
        if cells > limits.file_cells:
            raise MalformedDocumentError(
                file.name,
                f"its files have more than {limits.file_cells:,} cells together: "
                "pack only those that are needed.",
            )
    if not any(sheet.rows for sheet in sheets):
        raise UnsupportedDocumentError(
            file.name, f"it is a zip archive, not a workbook, and holds no CSV files: {_UNPACK}"
        )
    return Workbook(file, tuple(sheets), tuple(others), assumed, is_text=True)


def _check_kind(file: InputFile, data: bytes, label: str) -> None:
    """Refuse what is a document of its own: read alone, with its own limits, or not at all."""
    if data.startswith((_ZIP, _OLE)) or _PDF in data[:1024]:
        raise UnsupportedDocumentError(
            file.name,
            "it is a zip archive, not a workbook, with workbooks, reports or other archives in it: "
            + _UNPACK,
            place=label,
        )


def _text(file: InputFile, data: bytes, label: str) -> Text | None:
    if not data:
        return None
    try:
        return decoded(file, data, label)
    except UnsupportedDocumentError:
        return None  # a picture or a program: named as not read


def _member_label(part: Part) -> str:
    """Return a member's name as it is shown and cited: one line, no way up to other folders."""
    pieces = [piece for piece in part.name.split("/") if piece not in ("", ".", "..")]
    return text_of("/".join(pieces))[-NAME_SHOWN:] or "member"
