"""Word files for tests: templates with tags, and packages with something in them."""

import io
import zipfile
from collections.abc import Mapping, Sequence

from docx import Document

from opportune.export.docx_template import UserTemplate

NAME = "own.docx"


def template(*paragraphs: str, rows: Sequence[Sequence[str]] = ()) -> UserTemplate:
    """Return a template with these paragraphs, and a table of these rows."""
    document = Document()
    for text in paragraphs:
        document.add_paragraph(text)
    if rows:
        table = document.add_table(len(rows), len(rows[0]))
        for row, texts in enumerate(rows):
            for column, text in enumerate(texts):
                table.cell(row, column).text = text
    made = io.BytesIO()
    document.save(made)
    return UserTemplate(NAME, made.getvalue())


def with_parts(base: UserTemplate, parts: Mapping[str, bytes]) -> bytes:
    """Return a template with parts put in, or in place of its own."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(base.data)) as old,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, data in parts.items():
            new.writestr(name, data)
    return made.getvalue()


def part_of(base: UserTemplate, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(base.data)) as package:
        return package.read(name).decode()


def paragraphs_of(data: bytes) -> list[str]:
    return [paragraph.text for paragraph in Document(io.BytesIO(data)).paragraphs]


def tables_of(data: bytes) -> list[list[list[str]]]:
    tables = Document(io.BytesIO(data)).tables
    return [[[cell.text for cell in row.cells] for row in table.rows] for table in tables]
