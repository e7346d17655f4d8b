"""What `inspect` answers: the same keys for every kind of file."""

from workbooks import workbook

from opportune.documents import read_documents
from opportune.documents.samples.questionnaire import as_document, entries
from opportune.model.file import InputFile
from opportune.pipeline.answers import inspected


def test_answers_are_listed_with_their_place_for_every_kind_of_file() -> None:
    asked = [(question, answer) for question, answer in entries() if answer]
    form = inspected(read_documents([InputFile("form.docx", as_document(entries()))]))
    assert [(one.question, one.answer) for one in form.answers] == asked
    assert form.answers[0].source == "form.docx, paragraph 3"
    estate = inspected(read_documents([InputFile("estate.xlsx", workbook())]))
    assert estate.model_dump(by_alias=True)["answers"] == ()
