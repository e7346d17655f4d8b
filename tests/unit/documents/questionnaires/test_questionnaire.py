"""Questionnaires: what was answered reads back exactly; a blank or a placeholder never does."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import exports
from workbooks import workbook

from opportune.documents import QUESTIONNAIRE_KINDS, kind_of, read_documents
from opportune.documents.questionnaires import docx as questionnaire_docx
from opportune.documents.questionnaires.answers import question_of, said
from opportune.documents.samples.questionnaire import (
    FORMS,
    PLACEHOLDERS,
    Entry,
    as_document,
    as_list,
    entries,
)
from opportune.model.assessment import Answer, Assessment
from opportune.model.file import InputFile

MANY = settings(max_examples=60, deadline=None, derandomize=True)

TOPICS = st.sampled_from(["servers", "sites", "SAP", "AS/400", "VMware 7.0", "costs", "Größe"])
QUESTIONS = st.builds(
    "{} {} of {} {}?".format,
    st.sampled_from(["Which part", "How much", "What share"]),
    st.sampled_from(["in use", "in scope", "left"]),
    TOPICS,
    st.integers(1, 99),
)
ANSWERS = st.builds(
    "{} {} {}".format,
    st.sampled_from(["About", "No more than", "N/A for", "Oracle,", "<200 of", "(all) of"]),
    st.integers(0, 10_000),
    TOPICS,
)
ENTRIES = st.lists(
    st.tuples(QUESTIONS, st.one_of(st.just(""), ANSWERS)), min_size=1, max_size=9
).map(lambda asked: [*asked, ("Which is the last one?", "This one")])


def answers(found: Assessment) -> list[Entry]:
    return [(one.question, one.answer) for one in found.answers]


def sheet(rows: exports.Rows) -> Assessment:
    return read_documents([InputFile("q.csv", exports.as_csv(rows))])


# ---- round trips


@pytest.mark.parametrize("forms", [FORMS, *[(form,) for form in FORMS]], ids=str)
@given(asked=ENTRIES, seed=st.integers(0, 99))
@MANY
def test_a_document_reads_back_exactly_and_blanks_never_appear(
    forms: tuple[str, ...], asked: list[Entry], seed: int
) -> None:
    file = InputFile("q.docx", as_document(asked, forms, seed))  # type: ignore[arg-type] # of FORMS
    found = questionnaire_docx.extract(file)
    assert answers(found) == [entry for entry in asked if entry[1]]
    blanks = sum(not answer for _, answer in asked)
    notes = [n.message for n in found.quality if n.code == "questions-unanswered"]
    assert [note.startswith(f"{blanks} of {len(asked)} ") for note in notes] == [True] * (
        blanks > 0
    )


@given(asked=ENTRIES)
@MANY
def test_a_list_reads_back_exactly_as_csv_and_as_workbook(asked: list[Entry]) -> None:
    rows = as_list(asked)
    expected = [entry for entry in asked if entry[1]]
    assert answers(sheet(rows)) == expected
    data = exports.as_workbook({"Read me": [("Hello",)], "Questions": rows})
    assert answers(read_documents([InputFile("q.xlsx", data)])) == expected


def test_kinds_and_places_are_those_of_the_form() -> None:
    asked = entries()
    rows = as_list(asked)
    files = (as_document(asked), exports.as_workbook({"Questions": rows}), exports.as_csv(rows))
    for data, kind, place in zip(
        files, QUESTIONNAIRE_KINDS, ("paragraph 3", "Questions!C7", "C7"), strict=True
    ):
        file = InputFile("anything.bin", data)
        found = read_documents([file])
        assert kind_of(file) == found.files[0].kind == kind
        assert found.answers[0] == Answer("anything.bin", place, *asked[0])


def test_equal_arguments_give_equal_bytes() -> None:
    assert as_document(entries(3)) == as_document(entries(3))


# ---- what is an answer


@pytest.mark.parametrize("text", [*PLACEHOLDERS, "", " ", "-", "--", "\u2014", "?", "TBD", "tbc.",
                                  "to be confirmed", "Pendiente", "Yes / No", "Sí/No", "#N/A",
                                  "[Yes / No]", "{{customer_name}}", "«Nombre»", "<region>",
                                  "Seleccione una opción", "☐ Yes ☐ No", "[ ] Yes [ ] No",
                                  "Select one", "No response", "\u2002\u2002\u2002"])  # fmt: skip
def test_a_blank_or_placeholder_is_no_answer(text: str) -> None:
    assert said(text) == ""


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("N/A", "N/A"),
        ("None", "None"),
        ("No", "No"),
        ("0", "0"),
        ("[250]", "[250]"),
        ("< 200 servers", "< 200 servers"),
        ("We choose the region by date", "We choose the region by date"),
        ("Enter prise", "Enter prise"),
        ("☒ Yes ☐ No", "Yes"),
        ("Yes ☐ No ☒", "No"),
        ("[x] Yes [ ] No", "Yes"),
        ("( ) Low (X) High", "High"),
        ("☑ SAP ☐ Oracle ☑ Db2", "SAP, Db2"),
        ("☒ Yes, on 3 sites", "Yes, on 3 sites"),
        ("☒", "Yes"),
        ("Open source only", "Open source only"),
        ("Pending since 2024", "Pending since 2024"),
        ("a\n b", "a b"),
    ],
)
def test_what_the_customer_says_is_an_answer(text: str, answer: str) -> None:
    assert said(text) == answer


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("1. How many?", "How many?"),
        ("Q3: How many?", "How many?"),
        ("Pregunta 2.1) ¿Cuántos?", "¿Cuántos?"),
        ("a) How many?", "How many?"),
        ("3 sites or more?", "3 sites or more?"),
        ("P99 latency?", "P99 latency?"),
    ],
)
def test_a_question_loses_its_number(text: str, question: str) -> None:
    assert question_of(text) == question


# ---- lists


@pytest.mark.parametrize(
    "header",
    [
        ("Question ID", "Original Question", "Response", "Comment"),
        ("#", "Question", "Answer", "Notes"),
        ("Nº", "Pregunta", "Respuesta", "Observaciones"),
        ("ID", "Pergunta", "Resposta do cliente", "Comentários"),
        ("Ref", "Discovery Question (please answer all)", "Customer Response", "Remarks"),
        ("ID", "Topic", "Answer / Comments", "Notes"),
    ],
)
def test_headers_are_known_in_three_languages(header: tuple[str, ...]) -> None:
    found = sheet([header, (1, "Which one?", "This", "a remark"), (2, "And now?", "", "")])
    assert found.answers == (Answer("q.csv", "C2", "Which one?", "This", "a remark"),)


def test_every_sheet_of_questions_is_read_and_sections_are_none() -> None:
    header = ("Question", "Response")
    data = workbook(
        {
            "About": [("Owner", "A seller")],
            "Network": [("Assessment",), header, ("Sites",), ("How many?", 3), header],
            "Security": [header, ("MFA?", True), ("SSO?", "#N/A"), ("When?", "2027-06-01")],
        },
    )
    found = read_documents([InputFile("q.xlsx", data)])
    assert [(a.location, a.question, a.answer) for a in found.answers] == [
        ("Network!B4", "How many?", "3"),
        ("Security!B2", "MFA?", "Yes"),
        ("Security!B4", "When?", "2027-06-01"),
    ]


def test_a_comment_without_an_answer_is_no_answer_and_is_said() -> None:
    found = sheet(
        [("Question", "Response", "Comment"), ("One?", "", "see mail"), ("Two?", "2", "")]
    )
    assert answers(found) == [("Two?", "2")]
    assert "comment-without-answer" in {note.code for note in found.quality}


def test_questions_without_headers_are_known_by_their_marks() -> None:
    found = sheet([("One?", "1"), ("Two?", ""), ("Three?", "3")])
    assert answers(found) == [("One?", "1"), ("Three?", "3")]


def test_answers_in_a_workbook_of_servers_are_read_beside_them() -> None:
    servers = [("Serverid", "HOSTNAME", "osName", "numCpus"), ("S1", "web01", "RHEL", 4)]
    asked = [("Question", "Response"), ("Which one?", "This")]
    found = read_documents(
        [InputFile("q.xlsx", workbook({"Servers": servers, "Questions": asked}))]
    )
    assert (len(found.servers), answers(found)) == (1, [("Which one?", "This")])
