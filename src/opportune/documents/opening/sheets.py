"""Opens every container of tables alike: a workbook, a CSV file, a zip of CSV files."""

from opportune.documents.opening.container import ARCHIVE, TEXT, container_of
from opportune.documents.opening.workbook import Workbook
from opportune.model.file import InputFile


def open_sheets(file: InputFile, container: str = "") -> Workbook:
    """Return the sheets of a file.

    Args:
        file: A workbook, a text with separators, or a zip archive of such.
        container: What `container_of` said, if it is known.

    Raises:
        MalformedDocumentError: Locked, damaged, or beyond the limits of docs/documents.md.
        UnsupportedDocumentError: Not a container of tables.
    """
    container = container or container_of(file)
    if container == TEXT:
        from opportune.documents.opening.delimited import decoded, read_sheet

        text = decoded(file, file.data)
        assumed = {"": text.encoding} if text.is_assumed else {}
        return Workbook(file, (read_sheet(file, text.text),), (), assumed, is_text=True)
    if container == ARCHIVE:
        from opportune.documents.opening.archive import open_archive

        return open_archive(file)
    from opportune.documents.opening.workbook import open_workbook

    return open_workbook(file)
