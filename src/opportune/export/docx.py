"""The playbook as a text document: real heading styles, repeated table heads, alternative texts."""

import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from docx import Document
from docx.document import Document as DocumentObject
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from opportune.export.document import Worded, worded
from opportune.export.pdf import chart_picture
from opportune.export.portfolio import Portfolio

CULTURES = {"en": "en-US", "es": "es-419", "pt": "pt-BR"}
INK = RGBColor(0x12, 0x26, 0x3F)
HEAD_SHADE = "E9EEF4"
CHECK_BOX = "☐ "
STYLES = {"Heading 1": "Heading1", "Heading 2": "Heading2", "List Bullet": "ListBullet"}
"""Names of styles and their ids in the library's document."""
PAPERS = {"us-letter": (Cm(21.59), Cm(27.94)), "a4": (Cm(21.0), Cm(29.7))}


def write(portfolio: Portfolio) -> bytes:
    """Write the playbook as DOCX. Equal arguments give equal bytes."""
    data = worded(portfolio)
    document = _empty(portfolio, data)
    _cover(document, data, chart_picture(portfolio))
    for one in data["opportunities"]:
        _add_opportunity(document, one, data["words"])
    method = _add_paragraph(document, data["words"]["method"], "Heading 1")
    method.paragraph_format.page_break_before = True
    for paragraph in data["method"]:
        document.add_paragraph(paragraph)
    _list(document, data["words"]["sources"], data["sources"])
    made = io.BytesIO()
    document.save(made)
    return packed_at(made.getvalue(), portfolio.moment)


def packed_at(data: bytes, moment: datetime) -> bytes:
    """Return an Office file packed again, its parts dated by a moment and not by the clock."""
    stamp = max(moment.astimezone(UTC).replace(tzinfo=None), datetime(1980, 1, 1)).timetuple()[:6]  # noqa: DTZ001 - zip knows no zones, and nothing before
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            part = zipfile.ZipInfo(name, stamp)
            part.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(part, old.read(name))
    return made.getvalue()


def _empty(portfolio: Portfolio, data: Worded) -> DocumentObject:
    """Return a document with our looks, its language and its properties."""
    document = Document()
    culture = CULTURES[portfolio.language]
    section = document.sections[0]
    section.page_width, section.page_height = PAPERS[data["paper"]]
    section.left_margin = section.right_margin = Cm(2.2)
    styles: Any = document.styles
    styles["Normal"].font.name, styles["Normal"].font.size = "Calibri", Pt(10.5)
    for name in ("Title", "Heading 1", "Heading 2"):
        styles[name].font.color.rgb = INK
        fonts = styles[name].element.rPr.rFonts
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        styles[name].font.name = "Calibri"
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), culture)
    properties = document.core_properties
    properties.title, properties.subject = data["title"][:255], data["customer"][:255]
    properties.author, properties.language, properties.comments = "opportune", culture, ""
    moment = portfolio.moment.astimezone(UTC).replace(tzinfo=None)
    properties.created = properties.modified = moment
    properties.last_modified_by = "opportune"
    return document


def _cover(document: DocumentObject, data: Worded, picture: bytes) -> None:
    text = data["words"]
    document.add_paragraph(data["title"], "Title")
    if data["customer"]:
        document.add_paragraph(data["customer"], "Subtitle")
    for line in data["about"]:
        document.add_paragraph(line)
    if data["chart"]["bars"]:
        _add_paragraph(document, data["chart"]["title"], "Heading 2")
        shape = document.add_picture(io.BytesIO(picture), width=Cm(16.5))
        shape._inline.docPr.set("descr", data["chart"]["alt"])  # noqa: SLF001 - the library has no way to give it
        shape._inline.docPr.set("title", data["chart"]["title"])  # noqa: SLF001 - the same
    _add_paragraph(document, text["matrix"], "Heading 2")
    _add_table(
        document,
        [text["status"], *data["matrix"]["titles"]],
        (
            [row["name"], *(f"{cell['arr']} ({cell['count']})" for cell in row["cells"])]
            for row in data["matrix"]["rows"]
        ),
    )
    _add_paragraph(document, text["list"], "Heading 2")
    _add_table(
        document,
        [text[key] for key in ("number", "opportunity", "priority", "status", "arr_short")],
        (
            [str(one["number"]), *(one[key] for key in ("title", "priority", "status", "arr"))]
            for one in data["opportunities"]
        ),
    )


def _add_opportunity(document: DocumentObject, one: Worded, text: dict[str, str]) -> None:
    heading = _add_paragraph(document, f"{one['number']}. {one['title']}", "Heading 1")
    heading.paragraph_format.page_break_before = True
    facts = [
        f"{text['priority']}: {one['priority']}",
        *(one[key] for key in ("status", "category", "customer", "owner", "close_date", "arr")),
    ]
    document.add_paragraph(" · ".join(fact for fact in facts if fact)).runs[0].bold = True
    if one["loss_reason"]:
        document.add_paragraph(f"{text['loss']}: {one['loss_reason']}")
    _add_paragraph(document, text["reasoning"], "Heading 2")
    document.add_paragraph(one["reasoning"])
    _add_paragraph(document, text["evidence"], "Heading 2")
    _add_table(
        document,
        [text["fact"], text["place"]],
        ([e["text"], f"{e['file']} · {e['place']}"] for e in one["evidence"]),
    )
    _add_estimate(document, one["estimate"], text)
    _list(document, text["talking"], one["talking_points"])
    _list(document, text["next"], one["next_steps"], style="", mark=CHECK_BOX)
    _list(document, text["services"], one["services"])


def _add_estimate(document: DocumentObject, estimate: Worded | None, text: dict[str, str]) -> None:
    _add_paragraph(document, text["estimate"], "Heading 2")
    if estimate is None:
        document.add_paragraph(text["no_estimate"])
        return
    views = (("low", "low"), ("expected", "expected"), ("high_view", "high"))
    document.add_paragraph(" · ".join(f"{text[word]} {estimate[key]}" for word, key in views))
    sources = (("basis", "basis"), ("region", "region"), ("book", "price_book"))
    document.add_paragraph(" · ".join(f"{text[word]} {estimate[key]}" for word, key in sources))
    document.add_paragraph(f"{text['formula']}: {estimate['formula']}")
    _add_table(
        document,
        [text["input"], text["value"], text["source"]],
        ([i["name"], f"{i['value']} {i['unit']}".strip(), i["source"]] for i in estimate["inputs"]),
    )


def _list(
    document: DocumentObject,
    title: str,
    items: Sequence[str],
    *,
    style: str = "List Bullet",
    mark: str = "",
) -> None:
    if items:
        _add_paragraph(document, title, "Heading 2")
        for item in items:
            _add_paragraph(document, f"{mark}{item}", style)


def _add_paragraph(document: DocumentObject, text: str, style: str = "") -> Paragraph:
    """Add a paragraph. By name the library would look through all styles for each, for 10 ms."""
    paragraph = document.add_paragraph(text)
    if style:
        paragraph._p.style = STYLES[style]  # noqa: SLF001 - see above
    return paragraph


def _add_table(
    document: DocumentObject, titles: Sequence[str], rows: Iterable[Sequence[str]]
) -> None:
    """Add a table whose head stands on every page it runs over; none if it has no rows."""
    body = [list(row) for row in rows]
    if not body:
        return
    table: Table = document.add_table(1, len(titles), "Table Grid")
    head = table.rows[0]
    _mark(head._tr.get_or_add_trPr(), "w:tblHeader")  # noqa: SLF001 - the library has no way to say it
    _fill(head.cells, titles, _as_head)
    for row in body:
        added: Any = table.add_row()  # type: ignore[no-untyped-call] # the library has none there
        _mark(added._tr.get_or_add_trPr(), "w:cantSplit")  # noqa: SLF001 - the same
        _fill(added.cells, row)
    document.add_paragraph()


def _fill(
    cells: Sequence[_Cell],
    texts: Sequence[str],
    look: Callable[[_Cell], None] | None = None,
) -> None:
    for cell, text in zip(cells, texts, strict=True):
        cell.text = text
        for run in cell.paragraphs[0].runs:
            run.font.size = Pt(9)
        if look is not None:
            look(cell)


def _as_head(cell: _Cell) -> None:
    for run in cell.paragraphs[0].runs:
        run.bold = True
    shade = OxmlElement("w:shd")
    shade.set(qn("w:val"), "clear")
    shade.set(qn("w:fill"), HEAD_SHADE)
    cell._tc.get_or_add_tcPr().append(shade)  # noqa: SLF001 - the library has no way to shade


def _mark(properties: Any, name: str) -> None:
    properties.append(OxmlElement(name))
