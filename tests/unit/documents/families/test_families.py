"""Every family of inventories is recognised by its content, and says what it can, no more."""

import pytest
from estates import EXPORTS, NOTHING, Export, csv_sheets, csvs, file, read
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import exports, vmware
from samples.machines import Machine, make_machines
from workbooks import codes, note

from opportune.documents import INVENTORY_KINDS, kind_of, read_documents
from opportune.documents.families.registry import FAMILIES
from opportune.documents.quality import Code
from opportune.errors import UnsupportedDocumentError
from opportune.model.assessment import Server
from opportune.model.file import InputFile

MACHINES = make_machines(30)
CLOSE = 1e-4
"""Figures that an export rounds."""


def facts_of(server: Server) -> dict[str, object]:
    return {name: getattr(server, name) for name in ("id", *NOTHING)}


def expected_of(export: Export, machine: Machine) -> dict[str, object]:
    return NOTHING | export.says(machine)


def assert_says(export: Export, servers: tuple[Server, ...], machines: tuple[Machine, ...]) -> None:
    assert [server.hostname for server in servers] == [machine.name for machine in machines]
    for server, machine in zip(servers, machines, strict=True):
        found, expected = facts_of(server), expected_of(export, machine)
        for name, value in expected.items():
            if isinstance(value, float):
                assert found[name] == pytest.approx(value, abs=CLOSE), name
            else:
                assert found[name] == value, name


@pytest.mark.parametrize("name", EXPORTS)
def test_each_export_is_recognised_whatever_it_is_called(name: str) -> None:
    export = EXPORTS[name]
    assert kind_of(InputFile("invoice.pdf", export.write(MACHINES))) == export.kind
    assert export.kind in INVENTORY_KINDS


@settings(max_examples=4)
@pytest.mark.parametrize("name", EXPORTS)
@given(count=st.integers(1, 40), seed=st.integers(0, 10**6))
def test_the_same_machines_read_back_the_same_from_every_export(
    name: str, count: int, seed: int
) -> None:
    machines = make_machines(count, seed)
    export = EXPORTS[name]
    assert_says(export, read(export.write(machines)).servers, machines)


@pytest.mark.parametrize("name", EXPORTS)
def test_every_fact_has_its_place(name: str) -> None:
    found = read(EXPORTS[name].write(MACHINES))
    for server in found.servers[:3]:
        for fact in ("ram_gb", "disk_gb", "cpu_peak_fraction", "environment", "os_name"):
            value = getattr(server, fact)
            if value in (None, ""):
                continue
            table, row = server.origin(fact)
            assert table.raw(fact, row), (fact, table.place(fact, row))
            assert table.columns[fact] in table.place(fact, row)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.kind)
def test_no_family_knows_a_key_that_no_header_gives(family: object) -> None:
    from opportune.documents.inventory.recognition import Family
    from opportune.documents.inventory.tables import header_key

    assert isinstance(family, Family)
    keys = {key for layout in family.layouts for key in layout.headers} | {
        mark for mark in family.marks if not mark.startswith("sheet:")
    }
    assert not {key for key in keys if header_key(key)[0] != key}


def test_rvtools_says_every_field() -> None:
    server = read(csv_sheets(vmware.rvtools(MACHINES[:1], performance=True))).servers[0]
    assert server.table.sheet == "RVTools_tabvInfo.csv"
    assert facts_of(server) == NOTHING | {
        "id": "42010001-aaaa-bbbb-cccc-6dec81e74ef5",
        "is_virtual": True,
        "hypervisor": "VMware",
        "os_name": "Microsoft Windows Server 2012 R2",
        "cores": 2,
        "threads": 2,
        "cpu_peak_fraction": 0.73,
        "cpu_avg_fraction": 0.05,
        "ram_gb": 8.0,
        "ram_peak_fraction": 0.26,
        "ram_avg_fraction": 0.14,
        "disk_gb": 200.0,
        "disk_used_fraction": 0.14,
        "ip_address": "10.1.0.2",
        "host": "esx02.example.com",
        "cluster": "cluster-1",
    }
    places = {name: table.place(name, row) for name, (table, row) in server.origins.items()}
    assert places["disk_used_fraction"] == "RVTools_tabvPartition.csv!D2"
    assert places["cpu_peak_fraction"] == "RVTools_tabvcexport_tabvPerformance.csv!C2"


def test_databases_of_transform_are_engines_alone() -> None:
    found = read(csvs(exports.transform(MACHINES)))
    with_sql = [machine for machine in MACHINES if machine.sql_edition]
    assert [d.server_id for d in found.databases] == [machine.moref for machine in with_sql]
    assert len(found.databases) == len(with_sql)
    message, source = note(found, Code.ROW_IGNORED)
    assert "names nothing that is counted" in message
    assert source.startswith("estate.csv, sql_server_data_mpa.csv!3:")
    first = found.databases[0]
    assert (first.engine, first.version, first.instance) == (
        "sql server",
        "2015.131.5026.0",
        "MSSQLSERVER",
    )
    assert first.edition == f"{with_sql[0].sql_edition} Edition (64-bit)"
    assert first.is_clustered is False
    assert len({database.id for database in found.databases}) == len(with_sql)


@pytest.mark.parametrize("name", ["Migration Hub import", "Migration Evaluator", "list in English"])
def test_applications_named_in_rows_of_servers_are_linked(name: str) -> None:
    found = read(EXPORTS[name].write(MACHINES))
    wanted = {app for machine in MACHINES for app in machine.applications}
    assert {application.name for application in found.applications} == wanted
    of_server: dict[str, set[str]] = {}
    for link in found.links:
        assert link.kind == "server-application"
        of_server.setdefault(link.source, set()).add(link.target)
    for server, machine in zip(found.servers, MACHINES, strict=True):
        assert of_server.get(server.id, set()) == set(machine.applications)
    assert Code.ORPHAN_REFERENCE not in codes(found)


# Several files


def test_tabs_of_rvtools_given_one_by_one_are_one_inventory() -> None:
    tabs = vmware.rvtools(MACHINES, performance=True)
    files = [file(tabs[name], f"{name}.csv") for name in ("vPartition", "vInfo", "vHost", "vDisk")]
    files.append(file(tabs["vcexport_tabvPerformance"], "perf.csv"))
    found = read_documents(files)
    assert_says(EXPORTS["export-for-vcenter"], found.servers, MACHINES)
    origin, row = found.servers[0].origins["disk_used_fraction"]
    assert (origin.file, origin.place("disk_used_fraction", row)) == ("vPartition.csv", "D2")
    assert [f.kind for f in found.files] == ["rvtools"] * 5


def test_csv_files_of_transform_given_one_by_one_are_one_inventory() -> None:
    members = exports.transform(MACHINES)
    found = read_documents([file(rows, name) for name, rows in members.items()])
    assert found.totals().servers == len(MACHINES)
    whole = read(csvs(members))
    assert found.totals() == whole.totals()
    assert [s.cpu_peak_fraction for s in found.servers] == [
        s.cpu_peak_fraction for s in whole.servers
    ]


def test_sheets_of_mpa_as_csv_are_one_inventory() -> None:
    sheets: dict[str, exports.Rows] = {
        "a.csv": [("Serverid", "HOSTNAME", "osName", "totalRAM (GB)"), ("S1", "web01", "RHEL", 8)],
        "b.csv": [("Application ID", "Application Name", "Business Unit"), ("A1", "CRM", "Sales")],
        "c.csv": [("appid", "serverId"), ("A1", "S1")],
        "d.csv": [
            ("Database ID", "DB Name", "Source Engine Type", "Server ID"),
            ("D1", "orders", "Oracle", "S1"),
        ],
    }
    found = read_documents([file(rows, name) for name, rows in sheets.items()])
    assert {one.kind for one in found.files} == {"mpa-csv"}
    assert (len(found.servers), len(found.applications), len(found.databases)) == (1, 1, 1)
    assert [(link.source, link.target) for link in found.links] == [("S1", "A1")]
    zipped = read(csvs(sheets))
    assert zipped.totals() == found.totals()
    assert zipped.servers[0].table.place("ram_gb", 2) == "a.csv!D2"
    assert found.servers[0].table.place("ram_gb", 2) == "D2"


def test_figures_of_servers_alone_are_no_inventory() -> None:
    rows = exports.transform(MACHINES)["server_performance_metrics.csv"]
    assert kind_of(file(rows)) == "transform-export"
    with pytest.raises(UnsupportedDocumentError, match="Give the file that lists the servers too"):
        read(rows)


# Doubt


def test_a_file_that_two_families_fit_is_refused_naming_both() -> None:
    rvtools = vmware.rvtools(MACHINES)["vInfo"]
    hub = exports.migration_hub(MACHINES)
    both = [[*a, *b] for a, b in zip(rvtools, hub, strict=True)]
    with pytest.raises(UnsupportedDocumentError) as caught:
        read(both)
    message = str(caught.value)
    assert "an RVTools export" in message
    assert "a Migration Hub import file" in message
    assert "'Powerstate'" in message
    assert "'ExternalId'" in message
    assert "delete the columns of the other" in message


def test_a_few_columns_of_another_family_make_no_doubt() -> None:
    rows = [[*row, ""] for row in vmware.rvtools(MACHINES)["vInfo"]]
    rows[0][-1] = "ExternalId"
    assert kind_of(file(rows)) == "rvtools"


def test_an_unknown_file_is_told_what_came_nearest_and_how_to_map() -> None:
    with pytest.raises(UnsupportedDocumentError) as caught:
        read("Nombre;Sede;Piso\nweb01;Lima;3\n")
    message = str(caught.value)
    assert "columns found: 'Nombre', 'Sede', 'Piso'" in message
    assert "nearest came 'Nombre' to a plain list of servers" in message
    assert "'ram_gb'" in message
    assert "--map" in message


def test_what_a_format_does_not_say_is_noted() -> None:
    found = read(exports.migration_hub(MACHINES))
    assert "no disk sizes" in note(found, Code.FIELD_MISSING)[0]
    messages = [n.message for n in read(exports.recommendations(MACHINES)).quality]
    assert any("recommended instances" in message for message in messages)
