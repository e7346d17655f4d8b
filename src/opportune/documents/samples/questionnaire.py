"""A discovery questionnaire of an invented customer: as Word document, and as list of questions.

The same questions are set in every form that people use: answers below, beside, in controls, as
boxes. Some stay blank, some keep the placeholder that the form shows.
"""

import io
import zipfile
from collections.abc import Callable, Sequence
from random import Random
from typing import Literal
from xml.sax.saxutils import escape

Cell = str | int | float | bool | None
Rows = Sequence[Sequence[Cell]]

Form = Literal["below", "beside", "headed", "control", "block control", "list", "labelled", "boxes"]
"""How a question is set: answer in the paragraph below, in the cell beside, under a header row, in
a control of the same line, in a control below, in a picked list, after "A:", as ticked box."""

FORMS: tuple[Form, ...] = (
    "below", "beside", "headed", "control", "block control", "list", "labelled", "boxes",
)  # fmt: skip
PLACEHOLDERS = (
    "Click or tap here to enter text.", "Click here to enter text.", "Choose an item.",
    "<enter the number>", "[Customer response]", "Haga clic o pulse aquí para escribir texto.",
    "Clique ou toque aqui para inserir o texto.", "Your answer here", "____", "…",
)  # fmt: skip
"""What a form shows where nothing was entered."""
BLOCK = (("Owner", "A seller"), ("Enterprise", "Example Corp"), ("Date Submitted", "2026-01-05"),
         ("Id-Session", "7f3a"))  # fmt: skip
"""What stands above the header of a list."""

_CREATED = (2026, 1, 5, 9, 0, 0)
_BLANK_SHARE = 0.25
_NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
)
_TYPES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Types xmlns='
    '"http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override '
    'PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    'wordprocessingml.document.main+xml"/></Types>'
)
_RELATIONS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns='
    '"http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)

Entry = tuple[str, str]
"""A question, and its answer; "" = blank."""

_ENTRIES: tuple[Entry, ...] = (
    ("How many servers are in scope?", "About 240, of which 30 are physical"),
    ("Which part of the estate runs on VMware?", "All virtual machines, vSphere 7 on 12 hosts"),
    ("Which databases are in use?", "Oracle 12c, SQL Server 2014 and some PostgreSQL"),
    ("Are there mainframe or AS/400 systems?", "One AS/400 for payroll"),
    ("Which SAP systems are there?", "ECC 6.0 on HANA, about 2 TB"),
    ("Which storage systems are in use?", "Two NetApp filers with 80 TB"),
    ("When must the data center be left?", "The lease ends in June 2027"),
    ("Which Microsoft agreements are there?", "Enterprise Agreement with Software Assurance"),
    ("How is backup done today?", "Nightly to tape, restores are not tested"),
    ("Is there a disaster recovery site?", "No"),
    ("Who is on the cloud team?", "Two engineers, no certification yet"),
    ("What drives the move?", "Cost, and releases that take six weeks"),
)


def entries(seed: int = 7) -> tuple[Entry, ...]:
    """Return questions with their answers; about a quarter is blank, never the first."""
    random = Random(seed)  # noqa: S311 - sample data, meant to repeat
    return tuple(
        (question, answer if not number or random.random() > _BLANK_SHARE else "")
        for number, (question, answer) in enumerate(_ENTRIES)
    )


def as_list(asked: Sequence[Entry]) -> Rows:
    """Return the rows of a list of questions, below a block on who filled it in."""
    header = ("Question ID", "Original Question", "Response", "Comment", "File URLs")
    rows = ((f"Q{n}", question, answer, "", "") for n, (question, answer) in enumerate(asked, 1))
    return [*BLOCK, (), header, *rows]


def as_document(asked: Sequence[Entry], forms: Sequence[Form] = FORMS, seed: int = 7) -> bytes:
    """Return a Word document; the forms take turns, and the seed picks placeholders."""
    random = Random(seed)  # noqa: S311 - sample data, meant to repeat
    body = [_paragraph_xml("Discovery questionnaire", style="Title")]
    for number, (question, answer) in enumerate(asked):
        body.append(_SET[forms[number % len(forms)]](question, answer, random))
    xml = f"<w:document {_NAMESPACES}><w:body>{''.join(body)}</w:body></w:document>"
    return packed(xml)


def packed(document_xml: str) -> bytes:
    """Return the XML of a document as a .docx file; equal arguments give equal bytes."""
    parts = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _RELATIONS,
        "word/document.xml": document_xml,
    }
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            entry = zipfile.ZipInfo(name, _CREATED)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text.encode())
    return data.getvalue()


def _run(text: str, properties: str = "") -> str:
    shown = escape(text)
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{shown}</w:t></w:r>'


def _paragraph_xml(text: str, style: str = "") -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}{_run(text) if text else ''}</w:p>"


def _table_xml(*rows: Sequence[str]) -> str:
    cells = ("".join(f"<w:tc>{_paragraph_xml(cell)}</w:tc>" for cell in row) for row in rows)
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>"


def _control(content: str, properties: str = "") -> str:
    return f"<w:sdt><w:sdtPr>{properties}</w:sdtPr><w:sdtContent>{content}</w:sdtContent></w:sdt>"


def _control_text(answer: str, random: Random) -> tuple[str, str]:
    """Return what a control shows, and what marks that as a placeholder."""
    return (answer, "") if answer else (random.choice(PLACEHOLDERS), "<w:showingPlcHdr/>")


def _below(question: str, answer: str, _random: Random) -> str:
    return _paragraph_xml(question) + _paragraph_xml(answer)


def _beside(question: str, answer: str, random: Random) -> str:
    return _table_xml((question, answer or random.choice(("", *PLACEHOLDERS))))


def _headed(question: str, answer: str, random: Random) -> str:
    shown = answer or random.choice(("", *PLACEHOLDERS))
    return _table_xml(("#", "Question", "Answer", "Comments"), ("1", question, shown, ""))


def _in_line(question: str, answer: str, random: Random) -> str:
    text, mark = _control_text(answer, random)
    return f"<w:p>{_run(f'{question} ')}{_control(_run(text), mark)}</w:p>"


def _in_block(question: str, answer: str, random: Random) -> str:
    text, mark = _control_text(answer, random)
    return _paragraph_xml(question) + _control(_paragraph_xml(text), mark)


def _picked(question: str, answer: str, _random: Random) -> str:
    prompt = "Choose an item."
    items = f'<w:listItem w:displayText="{prompt}" w:value=""/>'
    content = _control(_run(answer or prompt), f"<w:dropDownList>{items}</w:dropDownList>")
    return f"<w:p>{_run(f'{question} ')}{content}</w:p>"


def _labelled(question: str, answer: str, _random: Random) -> str:
    return _paragraph_xml(f"Q: {question}") + _paragraph_xml(f"A: {answer}")


def _boxes(question: str, answer: str, _random: Random) -> str:
    options = ((answer or "Yes", bool(answer)), ("Unknown", False))
    return _paragraph_xml(question) + "".join(
        f"<w:p>{_box(is_ticked=ticked)}{_run(f' {label}')}</w:p>" for label, ticked in options
    )


def _box(*, is_ticked: bool) -> str:
    state = f'<w14:checkbox><w14:checked w14:val="{int(is_ticked)}"/></w14:checkbox>'
    return _control(_run("\u2612" if is_ticked else "\u2610"), state)


_SET: dict[Form, Callable[[str, str, Random], str]] = {
    "below": _below,
    "beside": _beside,
    "headed": _headed,
    "control": _in_line,
    "block control": _in_block,
    "list": _picked,
    "labelled": _labelled,
    "boxes": _boxes,
}
