"""Writes made forms as Word documents: with python-docx, and as XML put together by hand."""

import io
import zipfile
from collections.abc import Callable, Sequence
from xml.sax.saxutils import escape

from docx import Document
from docx.document import Document as DocumentObject
from docx.oxml import parse_xml
from docx.table import _Cell
from docx.text.paragraph import Paragraph
from made_forms import HEADERS, LEVELS, PLACEHOLDERS, Asked, Box, Form, Item

MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
W14 = "http://schemas.microsoft.com/office/word/2010/wordml"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def by_python_docx(form: Form, *, filled: bool) -> bytes:
    """Return a form as python-docx writes it; boxes and controls are XML put into its tree."""
    document = Document()
    document.add_heading("Harbour form", 1)
    for item in form.items:
        document.add_heading(item.kind.capitalize(), 2)
        _Docx(document, form.language, filled=filled).item(item)
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


class _Docx:
    def __init__(self, document: DocumentObject, language: str, *, filled: bool) -> None:
        self.document, self.language, self.filled = document, language, filled

    def item(self, item: Item) -> None:  # noqa: C901 - a branch for each kind of item
        asked = item.asked
        if item.texts:
            self._silent(item)
        elif item.kind == "headed":
            self._table([HEADERS[self.language], *(
                (str(n), one.question, self._said(one)) for n, one in enumerate(asked, 1)
            )])  # fmt: skip
        elif item.kind == "beside":
            self._table([(one.question, self._said(one)) for one in asked])
        elif item.kind == "side by side":
            self._table([[one.question for one in asked], [self._said(one) for one in asked]])
        elif item.kind == "in one cell":
            table = self.document.add_table(1, len(asked))
            for one, cell in zip(asked, table.rows[0].cells, strict=True):
                cell.text = one.question
                self._control(cell.add_paragraph(), one)
        elif item.kind == "options as columns":
            names = LEVELS[self.language]
            table = self.document.add_table(1 + len(asked), 1 + len(names))
            for column, name in enumerate(names, 1):
                table.cell(0, column).text = name
            for row, one in enumerate(asked, 1):
                table.cell(row, 0).text = one.question
                for column in range(len(names)):
                    self._box(table.cell(row, column + 1).paragraphs[0], item.box, one, column)
        else:
            for one in asked:
                self._single(item, one)

    def _single(self, item: Item, one: Asked) -> None:
        question = self.document.add_paragraph(one.question)
        if item.kind == "below":
            self.document.add_paragraph(self._said(one))
        elif item.kind == "control":
            question.add_run(" ")
            self._control(question, one)
        elif item.kind == "ticked in the line":
            for index, option in enumerate(one.options):
                question.add_run(" ")
                self._box(question, item.box, one, index)
                question.add_run(f" {option}")
        elif item.kind == "ticked lines":
            for index, option in enumerate(one.options):
                line = self.document.add_paragraph()
                self._box(line, item.box, one, index)
                line.add_run(f" {option}")
        else:
            is_label_first = item.kind == "label and box"
            table = self.document.add_table(len(one.options), 2)
            for index, option in enumerate(one.options):
                table.cell(index, int(not is_label_first)).text = option
                cell = table.cell(index, int(is_label_first))
                self._box(cell.paragraphs[0], item.box, one, index)

    def _silent(self, item: Item) -> None:
        if len(item.texts[0]) > 1:
            self._table(item.texts)
            return
        if item.kind == "hint":
            self.document.add_paragraph({"en": "Is it safe?", "es": "¿Es seguro?",
                                         "pt": "É seguro?"}[self.language])  # fmt: skip
        for (line,) in item.texts:
            self.document.add_paragraph(line)

    def _table(self, rows: Sequence[Sequence[str]]) -> None:
        table = self.document.add_table(len(rows), len(rows[0]))
        for number, row in enumerate(rows):
            for column, text in enumerate(row):
                cell: _Cell = table.cell(number, column)
                cell.text = text

    def _said(self, one: Asked) -> str:
        return one.answer if self.filled else ""

    def _control(self, paragraph: Paragraph, one: Asked) -> None:
        mark = "" if self.filled else "<w:showingPlcHdr/>"
        text = one.answer if self.filled else PLACEHOLDERS[self.language]
        paragraph._p.append(parse_xml(  # noqa: SLF001 - python-docx has no controls
            f'<w:sdt xmlns:w="{MAIN}"><w:sdtPr>{mark}<w:text/></w:sdtPr><w:sdtContent><w:r>'
            f"<w:t>{escape(text)}</w:t></w:r></w:sdtContent></w:sdt>"
        ))  # fmt: skip

    def _box(self, paragraph: Paragraph, box: Box, one: Asked, index: int) -> None:
        on = self.filled and index in one.chosen
        if box == "glyph":
            paragraph.add_run("\u2612" if on else "\u2610")
        elif box == "letter":
            paragraph.add_run("\u00fe" if on else "o").font.name = "Wingdings"
        else:
            for node in parse_xml(_box_xml("w", box, on=on)):
                paragraph._p.append(node)  # noqa: SLF001 - python-docx has no boxes


def _box_xml(w: str, box: Box, *, on: bool) -> str:
    """Return runs that show a box, in an element around them."""
    inside = {
        "glyph": f"<{w}:r><{w}:t>{'☒' if on else '☐'}</{w}:t></{w}:r>",
        "letter": f'<{w}:r><{w}:rPr><{w}:rFonts {w}:ascii="Wingdings" {w}:hAnsi="Wingdings"/>'
        f"</{w}:rPr><{w}:t>{'þ' if on else '¨'}</{w}:t></{w}:r>",
        "symbol": f'<{w}:r><{w}:sym {w}:font="Wingdings 2" {w}:char="{"F052" if on else "F0A3"}"/>'
        f"</{w}:r>",
        "legacy": f'<{w}:r><{w}:fldChar {w}:fldCharType="begin"><{w}:ffData><{w}:checkBox>'
        f'<{w}:default {w}:val="0"/>{f"<{w}:checked/>" if on else ""}</{w}:checkBox></{w}:ffData>'
        f"</{w}:fldChar></{w}:r><{w}:r><{w}:instrText> FORMCHECKBOX </{w}:instrText></{w}:r>"
        f'<{w}:r><{w}:fldChar {w}:fldCharType="end"/></{w}:r>',
        "control": f'<{w}:sdt><{w}:sdtPr><w14:checkbox><w14:checked w14:val="{int(on)}"/>'
        f"</w14:checkbox></{w}:sdtPr><{w}:sdtContent><{w}:r><{w}:t>{'☒' if on else '☐'}</{w}:t>"
        f"</{w}:r></{w}:sdtContent></{w}:sdt>",
    }[box]
    return f'<{w}:box xmlns:{w}="{MAIN}" xmlns:w14="{W14}">{inside}</{w}:box>'


def by_hand(form: Form, *, filled: bool) -> bytes:
    """Return a form as a program with its own prefix, and names of parts, might write it."""
    body = "".join(
        f"{_p(item.kind, heading=True)}{_item(form, item, filled)}" for item in form.items
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" '
        'ContentType="application/xml"/><Override PartName="/text/main2.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>'
        "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="a" '
        f'Target="text/main2.xml" Type="{OFFICE}/officeDocument"/></Relationships>',
        "text/main2.xml": f'<n:document xmlns:n="{MAIN}" xmlns:w14="{W14}"><n:body>{body}'
        "</n:body></n:document>",
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package:
        for name, xml in parts.items():
            package.writestr(name, xml)
    return made.getvalue()


def _item(  # noqa: PLR0911 - a branch for each kind of item
    form: Form,
    item: Item,
    filled: bool,  # noqa: FBT001 - one of two variants
) -> str:
    asked, language = item.asked, form.language
    said = {one: one.answer if filled else "" for one in asked}
    if item.texts:
        return _silent(item, language)
    if item.kind == "headed":
        rows = [[str(n), one.question, said[one]] for n, one in enumerate(asked, 1)]
        return _t([[_p(text) for text in row] for row in [list(HEADERS[language]), *rows]])
    if item.kind == "beside":
        return _t([[_p(one.question), _p(said[one])] for one in asked])
    if item.kind == "side by side":
        return _t([[_p(one.question) for one in asked], [_p(said[one]) for one in asked]])
    if item.kind == "in one cell":
        return _t([[_p(one.question) + _control(language, said[one], block=True) for one in asked]])
    if item.kind == "options as columns":
        rows = [
            [_p(one.question), *(_tick(item, one, i, filled) for i in range(len(one.options)))]
            for one in asked
        ]
        return _t([[_p(""), *map(_p, LEVELS[language])], *rows])
    return "".join(_single(form, item, one, filled) for one in asked)


def _silent(item: Item, language: str) -> str:
    if len(item.texts[0]) > 1:
        return _t([[_p(text) for text in row] for row in item.texts])
    first = {"en": "Is it safe?", "es": "¿Es seguro?", "pt": "É seguro?"}[language]
    lines = "".join(_p(line, italic=True) for (line,) in item.texts)
    return (_p(first) if item.kind == "hint" else "") + lines


def _single(form: Form, item: Item, one: Asked, filled: bool) -> str:  # noqa: FBT001 - one of two variants
    if item.kind == "below":
        return _p(one.question) + _p(one.answer if filled else "")
    if item.kind == "control":
        return _p(one.question) + _control(form.language, one.answer if filled else "", block=True)
    boxes = [_inside(item, one, i, filled) for i in range(len(one.options))]
    pairs = list(zip(boxes, one.options, strict=True))
    if item.kind == "ticked in the line":
        return _p(one.question, after="".join(f"{box}{_r(f' {text} ')}" for box, text in pairs))
    if item.kind == "ticked lines":
        return _p(one.question) + "".join(_p("", after=box + _r(f" {text}")) for box, text in pairs)
    cells = [[_p("", after=box), _p(text)] for box, text in pairs]
    if item.kind == "label and box":
        cells = [row[::-1] for row in cells]
    return _p(one.question) + _t(cells)


def _tick(item: Item, one: Asked, index: int, filled: bool) -> str:  # noqa: FBT001 - one of two variants
    return _p("", after=_inside(item, one, index, filled))


def _inside(item: Item, one: Asked, index: int, filled: bool) -> str:  # noqa: FBT001 - one of two variants
    xml = _box_xml("n", item.box, on=filled and index in one.chosen)
    return xml.partition(">")[2].rpartition("<")[0]


def _r(text: str, *, italic: bool = False) -> str:
    style = "<n:rPr><n:i/></n:rPr>" if italic else ""
    return f'<n:r>{style}<n:t xml:space="preserve">{escape(text)}</n:t></n:r>'


def _p(text: str, *, after: str = "", heading: bool = False, italic: bool = False) -> str:
    style = '<n:pPr><n:pStyle n:val="Heading2"/></n:pPr>' if heading else ""
    return f"<n:p>{style}{_r(text, italic=italic) if text else ''}{after}</n:p>"


def _t(rows: Sequence[Sequence[str]]) -> str:
    inside = "".join(
        f"<n:tr>{''.join(f'<n:tc>{cell}</n:tc>' for cell in row)}</n:tr>" for row in rows
    )
    return f"<n:tbl>{inside}</n:tbl>"


def _control(language: str, text: str, *, block: bool) -> str:
    mark = "" if text else "<n:showingPlcHdr/>"
    shown = text or PLACEHOLDERS[language]
    content = _p(shown) if block else _r(shown)
    return f"<n:sdt><n:sdtPr>{mark}</n:sdtPr><n:sdtContent>{content}</n:sdtContent></n:sdt>"


WRITERS: dict[str, Callable[..., bytes]] = {"python-docx": by_python_docx, "by hand": by_hand}
