"""What a form prints where an answer should stand is nobody's answer; what replaces it is one."""

import io

import docx

from opportune.documents.questionnaires import docx as questionnaire_docx
from opportune.documents.samples.questionnaire import packed
from opportune.model.assessment import Assessment
from opportune.model.file import InputFile

QUESTION = "Who decides on the date of the migration?"
PRINTED = (
    "1 2 3 4 5",
    "0 / 1 / 2 / 3",
    "Name, title, e-mail",
    "Nombre, cargo y correo electrónico",
    "List of AWS Regions",
    "__________",
)
GIVEN = {
    "3": "3",
    "10 20 30": "10 20 30",
    "Ana Ruiz, CTO, ana@example.com": "Ana Ruiz, CTO, ana@example.com",
    "eu-west-1, eu-south-2": "eu-west-1, eu-south-2",
    "____ Ana Ruiz": "Ana Ruiz",
    "List of servers is attached": "List of servers is attached",
}


def read(*rows: tuple[str, str], before: tuple[str, ...] = ()) -> Assessment:
    """Return what is read of a document that python-docx has written."""
    document = docx.Document()
    for text in before:
        document.add_paragraph(text)
    table = document.add_table(len(rows), 2)
    for cells, texts in zip(table.rows, rows, strict=True):
        for cell, text in zip(cells.cells, texts, strict=True):
            cell.text = text
    data = io.BytesIO()
    document.save(data)
    return questionnaire_docx.extract(InputFile("form.docx", data.getvalue()))


def answers(found: Assessment) -> list[str]:
    return [one.answer for one in found.answers]


def test_what_the_form_prints_is_no_answer() -> None:
    wrong = {text: given for text in PRINTED if (given := answers(read((QUESTION, text))))}
    assert wrong == {}


def test_what_somebody_wrote_there_is_one() -> None:
    wrong = {
        text: found
        for text, given in GIVEN.items()
        if (found := answers(read((QUESTION, text)))) != [given]
    }
    assert wrong == {}


def codes(found: Assessment) -> list[str]:
    return [note.code for note in found.quality]


def raw(body: str) -> Assessment:
    """Return what is read of a document of this body in the words of WordprocessingML."""
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    xml = f'<w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>'
    return questionnaire_docx.extract(InputFile("form.docx", packed(xml)))


def paragraph(text: str, more: str = "") -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r>{more}</w:p>"


def test_controls_whose_state_stands_elsewhere_are_told_and_never_ticked() -> None:
    box = '<w:r><w:object><w:control w:name="CheckBox1"/></w:object></w:r>'
    found = raw(paragraph(QUESTION) + paragraph("", f"{box}<w:r><w:t>The board</w:t></w:r>"))
    assert answers(found) == []
    assert "control-not-read" in codes(found)
    assert "control-not-read" not in codes(raw(paragraph(QUESTION) + paragraph("The board")))


def test_labels_among_definitions_are_no_answers_and_told() -> None:
    heading = (
        '<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>Definitions</w:t></w:r></w:p>'
    )
    words = heading + paragraph("RTO: time until it runs again")
    found = raw(words + paragraph(QUESTION) + paragraph("The board"))
    assert answers(found) == ["The board"]
    assert "label-not-answer" in codes(found)
