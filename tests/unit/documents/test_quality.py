"""What is wrong with a workbook is said, with its cells; references are looked up."""

from pathlib import Path

import pytest
from workbooks import (
    HEADERS,
    SERVERS,
    SHEET,
    Formula,
    Rows,
    changed,
    codes,
    column,
    note,
    read,
    read_sheets,
    servers,
    workbook,
)

from opportune.documents import read_documents
from opportune.documents.quality import Code
from opportune.model.file import InputFile

DOCS = Path(__file__).parents[3] / "docs" / "documents.md"


def test_every_quality_code_is_documented_and_no_other() -> None:
    text = DOCS.read_text("utf-8").split("## Quality notes of inventories\n")[1].split("\n## ")[0]
    documented = {line.split("`")[1] for line in text.splitlines() if line.startswith("| `")}
    assert documented == set(Code)


def test_errors_and_missing_results_are_named_with_their_cells() -> None:
    found = column("totalRAM (GB)", 16, "#N/A", Formula("=A1+1"), 8)
    assert [s.ram_gb for s in found.servers] == [16, None, None, 8]
    message, source = note(found, Code.ERROR_VALUE)
    assert "#N/A" in message
    assert source == "estate.xlsx, Servers!D3"
    assert note(found, Code.FORMULA_WITHOUT_VALUE)[1] == "estate.xlsx, Servers!D4"


def test_error_cells_of_excel_are_not_taken_for_blank() -> None:
    broken = changed(
        workbook(),
        SHEET,
        lambda xml: xml.replace(b'<c r="E2"><v>16<', b'<c r="E2" t="e"><f>X1</f><v>#REF!<'),
    )
    found = read(broken)
    assert [s.ram_gb for s in found.servers] == [None, 8]
    message, source = note(found, Code.ERROR_VALUE)
    assert "#REF!" in message
    assert source == "estate.xlsx, Servers!E2"


def test_impossible_values_are_left_blank_and_named() -> None:
    found = column("numCpus", -4, 0, 2)
    assert [s.sockets for s in found.servers] == [None, None, 2]
    message, source = note(found, Code.IMPOSSIBLE_VALUE)
    assert "2 cells" in message
    assert source == "estate.xlsx, Servers!D2:D3"


def test_unlikely_and_contradictory_values_are_kept_and_named() -> None:
    headers = ("isPhysical", "hypervisor", "numCpus", "totalRAM (GB)", "Max CPU", "Avg CPU")
    row = ("RHEL", "Physical", "VMware", 16, 0.5, 0.3, 0.9)
    found = read_sheets(**servers(headers, row))
    assert found.servers[0].ram_gb == 0.5
    assert "0.5 GB with 16 cores" in note(found, Code.IMPLAUSIBLE_VALUE)[0]
    assert codes(found).count(Code.CONTRADICTORY_VALUES) == 2


def test_the_same_utilisation_on_most_servers_is_no_measurement() -> None:
    found = column("Max CPU Usage", *[0.75] * 9, 0.5)
    message, source = note(found, Code.CONSTANT_UTILISATION)
    assert "9 of 10 servers (90.0%)" in message
    assert source == "estate.xlsx, Servers!D2:D11"
    varied = column("Max CPU Usage", *[n / 20 for n in range(20)])
    assert Code.CONSTANT_UTILISATION not in codes(varied)


@pytest.mark.parametrize(
    ("defaults", "code"), [(9, Code.CONSTANT_UTILISATION), (3, Code.DEFAULT_UTILISATION)]
)
def test_the_default_of_the_collectors_is_named(defaults: int, code: str) -> None:
    real = [("RHEL", n / 10, n * 7) for n in range(1, 11 - defaults)]
    rows = [("RHEL", 0.25, 60)] * defaults + real
    found = read_sheets(**servers(("Max CPU Usage", "Max RAM Usage"), *rows))
    messages = [n.message for n in found.quality if n.code == code]
    assert any("25% CPU and 60% RAM" in message for message in messages)


def test_rows_that_repeat_are_counted_once_and_contradicting_ones_twice() -> None:
    rows = (*SERVERS, SERVERS[0], ("S2", "web02", "RHEL", 8, 8))
    found = read_sheets(Servers=(HEADERS, *rows))
    assert [s.row for s in found.servers] == [2, 3, 5]
    assert note(found, Code.REPEATED_ROW)[1] == "estate.xlsx, Servers!A4"
    assert note(found, Code.DUPLICATE_ID)[1] == "estate.xlsx, Servers!A5"


def test_rows_without_an_id_are_known_by_their_host_and_totals_are_no_servers() -> None:
    rows = [*SERVERS, ("", "web03", "RHEL", 1, 1), ("", "", "RHEL", 1, 1), ("Total", "", "", 9, 9)]
    found = read_sheets(Servers=[HEADERS, *rows, ("", "", "", 9, 9)])
    assert [s.id for s in found.servers] == ["S1", "S2", "web03", "row 5"]
    assert Code.BLANK_ID in codes(found)
    message, source = note(found, Code.ROW_IGNORED)
    assert "2 cells" in message
    assert source.endswith("Servers!6:7") or "Servers!" in source


LINKED: dict[str, Rows] = {
    "Servers": [HEADERS, *SERVERS],
    "Databases": [
        ("Database ID", "DB Name", "Source Engine Type", "Server ID"),
        ("DB1", "Orders", "Oracle", "s1"),
        ("DB2", "Stock", "MySQL", "S99"),
    ],
    "Applications": [
        ("Application ID", "Application Name", "Business Unit"),
        ("A1", "CRM", "Sales"),
    ],
    "Server to application": [("appid", "serverId"), ("A1", "S1"), ("A7", "S2")],
    "Server communication": [
        ("Source Server ID", " Target Server ID", " Target Port"),
        ("S1", "S2", 443),
        ("web01", "S2", 80),
    ],
    "Database to application": [
        ("Database ID", "Application ID", "Criticality"),
        ("D1", "A1", "High"),
        ("D2", "A1", "Low"),
    ],
    "Application dependency": [("SRC App ID", "DEST App ID", "Criticality"), ("A1", "A1", "low")],
    "Additional": [("Shared Storage",)],
}


def test_all_sheets_of_the_format_are_read() -> None:
    found = read(workbook(LINKED))
    assert (len(found.servers), len(found.databases), len(found.applications)) == (2, 2, 1)
    assert [(link.kind, link.source, link.target) for link in found.links[:3]] == [
        ("server-application", "S1", "A1"),
        ("server-application", "S2", "A7"),
        ("server-server", "S1", "S2"),
    ]
    assert found.links[2].port == 443
    assert note(found, Code.SHEET_IGNORED)[1] == "estate.xlsx, 'Additional'"


def test_references_to_nothing_are_noted_with_their_cells() -> None:
    found = read(workbook(LINKED))
    sources = {n.source for n in found.quality if n.code == Code.ORPHAN_REFERENCE}
    assert sources == {
        "estate.xlsx, Databases!D3",
        "estate.xlsx, Server to application!A3",
        "estate.xlsx, Server communication!A3",
        "estate.xlsx, Database to application!A2:A3",
    }


def test_ids_that_differ_in_case_only_are_the_same() -> None:
    assert read(workbook(LINKED)).databases[0].server_id == "S1"


def test_host_names_are_looked_up_where_the_column_holds_host_names() -> None:
    rows = [("Origen Hostname ", "Destino Hostname", "Destino Port"), ("WEB01", "web02", 22)]
    found = read_sheets(Servers=[HEADERS, *SERVERS], Conexiones=rows)
    assert [(link.source, link.target, link.port) for link in found.links] == [("S1", "S2", 22)]


def test_links_to_a_kind_that_no_sheet_lists_are_one_note() -> None:
    rows = [("appid", "serverId"), ("A1", "S1"), ("A2", "S2")]
    found = read(workbook({"Servers": [HEADERS, *SERVERS], "Links": rows}))
    assert "2 rows refer to applications" in note(found, Code.SHEET_MISSING)[0]
    assert Code.ORPHAN_REFERENCE not in codes(found)


def test_columns_that_are_not_read_are_named_once() -> None:
    found = column("Rack Position", 7)
    message, source = note(found, Code.COLUMN_IGNORED)
    assert "'Rack Position'" in message
    assert source == "estate.xlsx, Servers!1:1"


# Several files


def test_files_with_the_same_bytes_are_read_once() -> None:
    data = workbook()
    found = read_documents([InputFile("a.xlsx", data), InputFile("b.xlsx", data)])
    assert [file.name for file in found.files] == ["a.xlsx"]
    assert note(found, Code.DUPLICATE_FILE)[1] == "b.xlsx"


def test_an_inventory_in_parts_is_one_inventory() -> None:
    parts = [InputFile(f"{name}.xlsx", workbook({name: rows})) for name, rows in LINKED.items()][
        :-1
    ]
    whole = read(workbook(LINKED))
    found = read_documents(parts)
    assert found.totals() == whole.totals()
    assert [link.target for link in found.links] == [link.target for link in whole.links]


def test_progress_is_told_for_each_file() -> None:
    told: list[str] = []
    read_documents([InputFile("a.xlsx", workbook())], on_progress=told.append)
    assert told == ["a.xlsx"]
