"""Shapes of forms that people make: what nobody answered gives nothing, the rest is read."""

import io
from collections.abc import Sequence

from docx import Document

from opportune.documents import read_documents
from opportune.documents.questionnaires.answers import said
from opportune.model.assessment import Assessment
from opportune.model.file import InputFile

Rows = Sequence[Sequence[str]]
Block = str | Rows
"""A paragraph ("# " before a heading), or the rows of a table; its first row is bold after "*"."""
Entry = tuple[str, str]


def read(*blocks: Block) -> Assessment:
    """Write these blocks with python-docx, and read them; a question at the end is unanswered."""
    document = Document()
    for block in (*blocks, "# End", "Is this the end?"):
        if not isinstance(block, str):
            table = document.add_table(len(block), max(map(len, block)))
            for number, row in enumerate(block):
                for column, text in enumerate(row):
                    run = table.cell(number, column).paragraphs[0].add_run(text.removeprefix("*"))
                    run.bold = text.startswith("*")
        elif block.startswith("# "):
            document.add_heading(block[2:], 1)
        else:
            document.add_paragraph(block)
    made = io.BytesIO()
    document.save(made)
    return read_documents([InputFile("form.docx", made.getvalue())])


BLANK: dict[str, Sequence[Block]] = {
    "box beside its label": ["Which kinds?", [("☐", "Tickets"), ("☐", "Freight")]],
    "boxes in a row": ["In which unit?", [("☐", "Knots", "☐", "Leagues")]],
    "boxes with labels": [[("☐ Oracle", "☐ SQL Server", "☐ Db2")]],
    "a box alone": ["# Workloads", "☐ Mainframe", "☐ SAP"],
    "names over boxes": ["Is it done?", [("Sim", "Não", "Parcial"), ("☐", "☐", "☐")]],
    "option, meaning, box": [[("Strategy", "Meaning", "Chosen"), ("Sink", "Stop it", "☐")]],
    "matrix": [[("Area", "Low", "High"), ("Backup", "☐", "☐"), ("Network", "☐", "☐")]],
    "two questions": [[("Do you use a partner? If so, who is it?", "Which service?"), ("", "")]],
    "three questions twice": [
        [("Who?", "What?", "When?"), ("", "", ""), ("Where?", "Why?", "How?"), ("", "", "")]
    ],
    "questions alone": [[("Who is it?", "Which one is it?")]],
    "glossary": ["Is it safe? (Write below.)", "", [("Strategy", "Description"), ("Sink", "Stop")]],
    "bold glossary": [[("*6R", "*Meaning", "*Example"), ("Tow", "Move it", "EC2")]],
    "glossary in Spanish": [[("Término", "Significado"), ("Remolcar", "Mover tal cual")]],
    "legend": [[("1", "Not begun"), ("2", "Under way"), ("5", "Done")]],
    "definitions": ["# Definitions", "RTO: time to recover", "RPO: data that may be lost"],
    "guide column": [[("Pergunta", "Por que é importante?"), ("Usam SAP?", "SAP muda o tamanho")]],
    "example column": [[("N.º", "Pregunta", "Ejemplo", "Respuesta"), ("1", "¿Qué BD?", "Db2", "")]],
    "example row": [[("Ejemplo", "¿Qué ERP?", "SAP ECC"), ("1", "¿Qué ERP?", "")]],
    "records": [[("*Role", "*Name", "*Email"), ("Owner", "", ""), ("Expert", "", "")]],
    "records of two": [[("Name", "Role"), ("", ""), ("", "")]],
    "records with an example": [
        "Which systems matter?", [("*System", "*Owner"), ("Example: CRM", "J. Doe"), ("", "")]
    ],
    "header over blanks": [[("Driver", "Weight (1-5)"), ("Cost", ""), ("Speed", "")]],
    "topic and details": [[("Topic", "Details"), ("Scope", "[To be filled in]"), ("Out", "TBD")]],
    "choices": [[("Requirement", "Priority"), ("Uptime", "High / Medium / Low")]],
    "instructions in cells": [[("Company", "Insert company name"), ("Date", "dd/mm/yyyy")]],
    "instructions in Spanish": [[("Cliente", "Escriba el nombre"), ("Sitios", "Indique cuántos")]],
    "hints": ["What drives it?", "Cost, speed, other (specify)", "2. Times", "(MM/YYYY)"],
    "this section": ["What is at stake?", "This section helps the team to plan."],
    "a label below": ["¿Cuántas hay?", "Objetivos del proyecto:"],
    "lines": ["Signature: ________  Date: ________", "Name: ____"],
    "bullets": ["● Answer every part", "✓ Send the form back"],
    "question and answer": ["Q1. What is it?", "A:", "Q2. Where is it?", "A: "],
    "pairs": [[("Name:", "", "Date:", ""), ("Region:", "", "Site:", "")]],
    "document data": ["Document owner: The agency", "Version: 0.1", "Disclaimer: as is."],
}  # fmt: skip

FILLED: dict[str, tuple[Sequence[Block], list[Entry]]] = {
    "box beside its label": (
        ["Which kinds?", [("☒", "Tickets"), ("☐", "Freight"), ("☒", "Lake")]],
        [("Which kinds?", "Tickets, Lake")],
    ),
    "boxes in a row": (
        ["In which unit?", [("☐", "Knots", "☒", "Leagues")]], [("In which unit?", "Leagues")],
    ),
    "names over boxes": (
        ["Is it done?", [("Sim", "Não", "Parcial"), ("☐", "☒", "☐")]], [("Is it done?", "Não")],
    ),
    "option, meaning, box": (
        [[("Strategy", "Meaning", "Chosen"), ("Sink", "Stop it", "☒"), ("Tow", "Move", "☐")]],
        [("Sink", "Yes")],
    ),
    "matrix": (
        [[("Area", "Low", "High"), ("Backup", "☐", "☒"), ("Network", "☒", "☐")]],
        [("Backup", "High"), ("Network", "Low")],
    ),
    "label before boxes": (
        ["SAP? ☐ Yes ☒ No", "Regions: [ ] us-east-1 [x] eu-west-1"],
        [("SAP?", "No"), ("Regions", "eu-west-1")],
    ),
    "two questions": (
        [[("Who is it?", "Which service?"), ("Ann", "Freight")]],
        [("Who is it?", "Ann"), ("Which service?", "Freight")],
    ),
    "an answer that asks": (
        [[("Which teams?", "HR"), ("Which system?", "RHEL?"), ("Which site?", "Lima")]],
        [("Which teams?", "HR"), ("Which system?", "RHEL?"), ("Which site?", "Lima")],
    ),
    "topic and priority": (
        [[("Requirement", "Priority"), ("Uptime", "High"), ("Cost", "Low")]],
        [("Uptime", "High"), ("Cost", "Low")],
    ),
    "attributes": (
        [[("Attribute", "Description", "Value"), ("RTO", "Time to recover", "4 h"),
          ("RPO", "Data that may be lost", "")]],
        [("RTO", "4 h")],
    ),
    "records below a question": (
        ["Who helps?", [("Name", "Role"), ("Ann", "Pilot"), ("Bob", "Mate")]],
        [("Who helps?", "Ann, Pilot; Bob, Mate")],
    ),
    "labels": (
        [[("Company name", "Quarrymoor Ferries"), ("Employees", "1200")]],
        [("Company name", "Quarrymoor Ferries"), ("Employees", "1200")],
    ),
    "a list": (
        ["What drives it?", "1. Cost", "2. Speed"], [("What drives it?", "1. Cost; 2. Speed")],
    ),
    "boxes with labels": (
        [[("☐ Oracle", "☒ SQL Server", "☒ Db2")]], [("SQL Server", "Yes"), ("Db2", "Yes")],
    ),
}  # fmt: skip


def test_blank_forms_of_every_shape_give_no_answer() -> None:
    wrong = {
        name: [(one.question, one.answer) for one in read(*blocks).answers]
        for name, blocks in BLANK.items()
    }
    assert {name: got for name, got in wrong.items() if got} == {}


def test_filled_forms_of_every_shape_give_what_was_answered() -> None:
    wrong = {}
    for name, (blocks, expected) in FILLED.items():
        got = [(one.question, one.answer) for one in read(*blocks).answers]
        if got != expected:
            wrong[name] = got
    assert wrong == {}


def test_what_stands_in_a_table_and_is_no_answer_is_noted() -> None:
    for blocks in (BLANK["glossary"], BLANK["example row"], BLANK["header over blanks"]):
        assert "table-not-answers" in {note.code for note in read(*blocks).quality}, blocks


def test_words_of_the_form_are_no_answer_and_those_of_the_customer_are() -> None:
    form = (
        "Please describe your sites", "Describe the sites", "Enter the number", "e.g. SAP",
        "Example: Lima", "Provide a list of sites", "Si aplica, indique cuál", "Descreva os dados",
        "Por favor indique o nome", "Note: one line each", "Seleccione una", "(If yes, which one?)",
    )  # fmt: skip
    customer = (
        "Please see the annex", "Describing it is hard", "Enterprise edition", "Listed in the CMDB",
        "Provide access for 200 users by May", "Example Corp", "Notebooks", "Selected by the board",
        "Si", "Se usa SAP", "Use of tape", "This server and that one", "Detalle de sitios en anexo",
    )  # fmt: skip
    assert [text for text in form if said(text)] == []
    assert [text for text in customer if not said(text)] == []
