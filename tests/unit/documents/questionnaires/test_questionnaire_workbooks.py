"""Workbooks that ask, that list, and that do both: each is read as what it is."""

import io
from collections.abc import Mapping, Sequence

import openpyxl
from workbooks import workbook as by_xlsxwriter

from opportune.documents import read_documents
from opportune.errors import DocumentError
from opportune.model.file import InputFile

Rows = Sequence[Sequence[object]]
Sheets = Mapping[str, Rows]
Entry = tuple[str, str]

SERVERS = ("Server Name", "Operating System", "CPU Cores", "Memory (GB)", "Environment")
REAL: Rows = (("web01", "RHEL 8", 4, 16, "prod"), ("web02", "RHEL 8", 2, 8, "test"))


def by_openpyxl(sheets: Sheets) -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        sheet.page_margins.header = 0.5
        sheet.page_setup.pageOrder = "overThenDown"
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def asking(*answers: str) -> Rows:
    """Return a list of three questions on sources and tooling."""
    questions = ("Which CMDB is used?", "Which tool watches the servers?", "May agents be used?")
    given = [*answers, "", "", ""]
    rows = [(n, q, given[n - 1], "") for n, q in enumerate(questions, 1)]
    return [("Sources and tooling",), ("#", "Question", "Answer", "Notes"), *rows]


def detail(value: str) -> Rows:
    """Return the sheet of one application: fields down, their meaning and example beside them."""
    return [
        ("Application detail",),
        ("Attribute", "Description", "Example", "Response"),
        ("Application name", "Name of the application", "e.g. Ledger", value),
        ("Hostname", "Servers that run it", "srv01, srv02", ""),
        ("Operating system", "As the vendor calls it", "RHEL 8", ""),
        ("Memory (GB)", "Of all servers", "64", ""),
    ]


CASES: dict[str, tuple[Sheets, str, list[str], list[Entry]]] = {
    "questions alone, blank": ({"Tooling": asking()}, "questionnaire-xlsx", [], []),
    "questions alone": (
        {"Tooling": asking("ServiceNow")},
        "questionnaire-xlsx", [], [("Which CMDB is used?", "ServiceNow")],
    ),
    "detail, blank": ({"App": detail("")}, "questionnaire-xlsx", [], []),
    "detail": (
        {"App": detail("Tide ledger")},
        "questionnaire-xlsx", [], [("Application name", "Tide ledger")],
    ),
    "a row that says it is an example": (
        {"Tooling": asking(), "Servers": [SERVERS, ("Example: srv01", "Windows", 4, 16, "prod")]},
        "questionnaire-xlsx", [], [],
    ),
    "a sample server": (
        {"Tooling": asking(), "Servers": [SERVERS, ("srv-sample-1", "Windows", 4, 16, "prod")]},
        "questionnaire-xlsx", [], [],
    ),
    "a sample that no word tells": (
        {"Tooling": asking(), "Servers": [SERVERS, ("srv01", "Windows", 4, 16, "prod")]},
        "questionnaire-xlsx", [], [],
    ),
    "placeholders": (
        {"Tooling": asking(), "Servers": [SERVERS, ("<server>", "<system>", "", "", "<stage>")]},
        "questionnaire-xlsx", [], [],
    ),
    "instructions below a header": (
        {
            "Tooling": asking(),
            "Servers": [SERVERS, ("Enter the name", "e.g. RHEL 8", "", "", "Please choose"), *REAL],
        },
        "server-list", ["web01", "web02"], [],
    ),
    "both": (
        {"Servers": [SERVERS, *REAL], "Tooling": asking("", "None", "No")},
        "server-list", ["web01", "web02"],
        [("Which tool watches the servers?", "None"), ("May agents be used?", "No")],
    ),
    "an inventory with a column of notes": (
        {"Servers": [(*SERVERS, "Question"), *[(*row, "OK?") for row in REAL]]},
        "server-list", ["web01", "web02"], [],
    ),
    "fields in Spanish, blank": (
        {"Ficha": [("Campo", "Valor"), ("Nombre del servidor", ""), ("Sistema operativo", "")]},
        "questionnaire-xlsx", [], [],
    ),
    "example answers": (
        {"P": [("Pergunta", "Resposta de exemplo", "Resposta"), ("Qual ERP?", "SAP ECC", ""),
               ("Quantos servidores?", "200", "Quarenta"), ("Exemplo", "x", "y")]},
        "questionnaire-xlsx", [], [("Quantos servidores?", "Quarenta")],
    ),
    "options as columns": (
        {"P": [("Question", "Yes", "No", "Comments"), ("MFA?", "x", "", ""), ("SSO?", "", "", ""),
               ("SIEM?", "☐", "☒", "")]},
        "questionnaire-xlsx", [], [("MFA?", "Yes"), ("SIEM?", "No")],
    ),
}  # fmt: skip


def test_each_workbook_is_read_as_what_it_is_whoever_wrote_it() -> None:
    wrong = []
    for name, (sheets, kind, servers, answers) in CASES.items():
        for write in (by_openpyxl, by_xlsxwriter):
            try:
                found = read_documents([InputFile("book.xlsx", write(sheets))])
            except DocumentError as error:
                wrong.append(f"{name}, {write.__module__}: refused: {error}")
                continue
            got = (
                found.files[0].kind,
                [one.hostname for one in found.servers],
                [(one.question, one.answer) for one in found.answers],
            )
            if got != (kind, servers, answers):
                wrong.append(f"{name}, {write.__module__}: {got}")
    assert wrong == []


def test_what_is_taken_for_a_sample_is_told() -> None:
    for name in ("a row that says it is an example", "a sample server", "placeholders",
                 "a sample that no word tells", "instructions below a header"):  # fmt: skip
        found = read_documents([InputFile("book.xlsx", by_xlsxwriter(CASES[name][0]))])
        assert "example-row" in {note.code for note in found.quality}, name
