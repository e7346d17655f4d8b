"""What partners' tools write: every figure that was observed is read, none that is recommended."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from samples import exports, partners
from samples.machines import Machine, make_machines

from opportune.documents import kind_of, read_documents
from opportune.documents.families.partners import PARTNERS
from opportune.model.assessment import Assessment, Server
from opportune.model.file import InputFile

MACHINES = tuple(m for m in make_machines(24))
Facts = dict[str, Any]


@dataclass(frozen=True)
class Case:
    kind: str
    make: Callable[[], bytes]
    facts: Callable[[Machine], Facts]


def book(sheets: Mapping[str, exports.Rows]) -> Callable[[], bytes]:
    return lambda: exports.as_workbook(sheets)


def text(rows: exports.Rows) -> Callable[[], bytes]:
    return lambda: exports.as_csv(rows)


def sizes(m: Machine) -> Facts:
    return {"cores": m.cpus, "ram_gb": m.ram_gb, "disk_gb": m.disk_gb}


def system(m: Machine) -> Facts:
    return {"os_name": m.os_name, "os_version": m.os_version}


def used(m: Machine) -> Facts:
    return {"disk_used_fraction": pytest.approx(m.disk_used_gb / m.disk_gb)}


def averages(m: Machine) -> Facts:
    return {
        "cpu_avg_fraction": pytest.approx(m.cpu_avg),
        "ram_avg_fraction": pytest.approx(m.ram_avg),
    }


def peaks(m: Machine) -> Facts:
    return {
        "cpu_peak_fraction": pytest.approx(m.cpu_peak),
        "ram_peak_fraction": pytest.approx(m.ram_peak),
    }


def unmeasured() -> Facts:
    names = ("cpu_peak_fraction", "cpu_avg_fraction", "ram_peak_fraction", "ram_avg_fraction")
    return dict.fromkeys(names)


CASES = {
    "cloudamize": Case(
        "cloudamize-workbook",
        book(partners.cloudamize(MACHINES)),
        lambda m: {
            **sizes(m), **unmeasured(), "os_name": m.system, "sql_edition": m.sql_edition,
        },
    ),
    "cloudamize dashboard": Case(
        "cloudamize-workbook",
        book(partners.cloudamize_dashboard(MACHINES)),
        lambda m: {
            **sizes(m), **unmeasured(), "os_name": m.system, "sql_edition": m.sql_edition,
        },
    ),
    "matilda": Case(
        "matilda-workbook",
        book(partners.matilda(MACHINES)),
        lambda m: {
            **system(m), **unmeasured(), "threads": m.cpus, "ram_gb": m.ram_gb,
            "environment": m.environment, "ip_address": m.ip_address, "disk_gb": None,
        },
    ),
    "concierto": Case(
        "concierto-workbook",
        book(partners.concierto(MACHINES)),
        lambda m: {
            **sizes(m), **used(m), **averages(m), **peaks(m), "os_name": m.system,
            "environment": m.environment, "ip_address": m.ip_address, "is_virtual": True,
            "sql_edition": m.sql_edition,
        },
    ),
    "proserve": Case(
        "proserve-inventory",
        book(partners.proserve(MACHINES)),
        lambda m: {
            **sizes(m), **system(m), **used(m), "environment": m.environment,
            "cpu_avg_fraction": pytest.approx(m.cpu_avg),
            "cpu_peak_fraction": pytest.approx(m.cpu_peak),
        },
    ),
    "azure": Case(
        "azure-migrate",
        text(partners.azure_migrate(MACHINES)),
        lambda m: {
            **sizes(m), **system(m), **used(m), **averages(m), "ip_address": m.ip_address,
            "cpu_peak_fraction": None,
        },
    ),
    "google": Case(
        "google-vminfo",
        text(partners.google_vm_info(MACHINES)),
        lambda m: {
            **sizes(m), **system(m), **used(m), **unmeasured(), "id": m.uuid,
            "ip_address": m.ip_address, "is_powered_on": m.is_powered_on,
        },
    ),
    "factory": Case(
        "cmf-intake",
        text(partners.factory_intake(MACHINES)),
        lambda m: {
            **system(m), "environment": m.environment, "cores": None, "ram_gb": None,
        },
    ),
    "mgn": Case(
        "mgn-import",
        text(partners.mgn_import(MACHINES)),
        lambda m: {
            "id": m.uuid, "os_name": m.os_name, "environment": m.environment, "cores": None,
        },
    ),
}  # fmt: skip


def read(data: bytes, name: str = "inventory") -> Assessment:
    return read_documents([InputFile(name, data)])


def codes(assessment: Assessment) -> set[str]:
    return {note.code for note in assessment.quality}


def by_name(assessment: Assessment) -> dict[str, Server]:
    return {server.hostname: server for server in assessment.servers}


def test_every_partner_s_format_is_tried() -> None:
    assert {case.kind for case in CASES.values()} == {one.kind for one in PARTNERS}


@pytest.mark.parametrize("name", CASES)
def test_format_is_recognised_by_its_content(name: str) -> None:
    case = CASES[name]
    assert kind_of(InputFile("anything.bin", case.make())) == case.kind


@pytest.mark.parametrize("name", CASES)
def test_each_field_is_read_of_each_machine(name: str) -> None:
    case = CASES[name]
    servers = by_name(read(case.make()))
    assert set(servers) == {m.name for m in MACHINES}
    for machine in MACHINES:
        for field, expected in case.facts(machine).items():
            assert getattr(servers[machine.name], field) == expected, (machine.name, field)


@pytest.mark.parametrize("name", ["cloudamize", "cloudamize dashboard", "matilda"])
def test_what_a_tool_recommends_is_no_fact_and_that_is_said(name: str) -> None:
    found = read(CASES[name].make())
    assert {s.ram_gb for s in found.servers} == {m.ram_gb for m in MACHINES}
    assert "not-evidence" in codes(found)


@pytest.mark.parametrize("name", ["factory", "mgn"])
def test_a_planned_instance_type_is_no_size(name: str) -> None:
    found = read(CASES[name].make())
    assert all(s.cores is None and s.ram_gb is None and s.disk_gb is None for s in found.servers)
    assert "not-evidence" in codes(found)


def test_recommended_columns_alone_give_no_sizes() -> None:
    rows: exports.Rows = [
        ("Server Name", "OS Version", "Recommended vCPU", "Recommended Memory",
         "Recommended Instance", "Observed vCPU"),
        *((m.name, m.system, m.cpus + 2, m.ram_gb * 3, "r7i.large", m.cpus) for m in MACHINES),
    ]  # fmt: skip
    servers = by_name(read(exports.as_workbook({"Compute": rows})))
    assert all(servers[m.name].cores == m.cpus for m in MACHINES)
    assert all(server.ram_gb is None for server in servers.values())


def test_header_on_the_second_row_gives_places_on_the_rows_below() -> None:
    server = read(CASES["concierto"].make()).servers[0]
    assert server.table.header_row == 2
    assert server.table.place("ram_gb", server.row) == "Inventory Master!F3"


def test_used_storage_in_gigabytes_and_in_percent_agree() -> None:
    servers = by_name(read(CASES["proserve"].make()))
    for machine in MACHINES:
        assert 0 < (servers[machine.name].disk_used_fraction or 0) <= 1


def test_applications_of_a_machine_come_from_the_sheet_that_names_its_address() -> None:
    found = read(CASES["concierto"].make())
    named = {folder.name for folder in found.applications}
    assert named == {name for m in MACHINES for name in m.applications}


def test_equal_arguments_give_equal_bytes() -> None:
    for case in CASES.values():
        assert case.make() == case.make()
