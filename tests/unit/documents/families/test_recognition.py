"""A file is of the family that reads the most of it, and generic words make it nobody's."""

import csv
import io

import openpyxl
import pytest
from samples import exports, vmware
from samples.machines import make_machines
from workbooks import codes, note, read_sheets

from opportune.documents import kind_of, read_documents
from opportune.documents.quality import Code
from opportune.errors import UnsupportedDocumentError
from opportune.model.assessment import Assessment
from opportune.model.file import InputFile

Rows = list[tuple[object, ...]]


def file(rows: Rows, delimiter: str = ",") -> InputFile:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return InputFile("list.csv", text.getvalue().encode())


def read(rows: Rows, delimiter: str = ",") -> Assessment:
    return read_documents([file(rows, delimiter)])


def sums(found: Assessment) -> tuple[int, int, float, float]:
    totals = found.totals()
    return (totals.servers, totals.cores, totals.ram_gb, totals.disk_gb)


def test_generic_words_make_no_file_a_vendor_s() -> None:
    rows: Rows = [
        ("Machine ID", "Machine Name", "Machine Status", "vCPU", "Memory (GB)", "Disk (GB)")
    ]
    rows += [(f"m{n}", f"host{n}", "On", 4, 16, 200) for n in range(3)]
    assert kind_of(file(rows)) == "server-list"
    assert sums(read(rows)) == (3, 12, 48, 600)


def test_a_vendor_s_file_gives_no_fewer_facts_than_a_plain_list() -> None:
    rows: Rows = [
        ("wave_name", "server_name", "server_os_family", "server_environment", "r_type",
         "Allocated RAM (GB)", "cpu_count", "Storage Allocated (GB)"),
        ("w1", "web01", "linux", "prod", "Rehost", 16, 4, 200),
        ("w1", "web02", "linux", "prod", "Rehost", 8, 2, 100),
    ]  # fmt: skip
    assert kind_of(file(rows)) == "cmf-intake"
    assert sums(read(rows)) == (2, 6, 24, 300)


def composite(ram_of_mpa: tuple[object, object]) -> bytes:
    """Return a sheet with the columns of Migration Hub and MPA, made with openpyxl."""
    book = openpyxl.Workbook()
    sheet = book[book.sheetnames[0]]
    sheet.append(
        ["ExternalId", "HostName", "VMware.MoRefId", "VMware.VCenterId", "CPU.NumberOfCores",
         "RAM.TotalSizeInMB", "CPU.UsagePct.Max", "isPhysical", "numCpus", "totalRAM (GB)",
         "Storage-Total Disk Size (GB)", "Environment Type", "maxRamUsagePctDec (%)"]
    )  # fmt: skip
    for number, ram in enumerate(ram_of_mpa):
        sheet.append(
            [f"e{number}", f"web{number}", f"vm-{number}", "vc", 4, 8192, 70, "N", 1, ram, 200,
             "Production", 50]
        )  # fmt: skip
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


@pytest.mark.parametrize("ram", [(8, 8), (None, None)])
def test_a_template_with_columns_of_several_tools_is_read_as_their_union(
    ram: tuple[object, object],
) -> None:
    found = read_documents([InputFile("template.xlsx", composite(ram))])
    assert sums(found) == (2, 8, 16, 400)
    assert [server.cpu_peak_fraction for server in found.servers] == [0.7, 0.7]
    assert [server.ram_peak_fraction for server in found.servers] == [0.5, 0.5]


def test_two_tools_that_contradict_each_other_are_refused_with_both_names() -> None:
    with pytest.raises(UnsupportedDocumentError) as caught:
        read_documents([InputFile("template.xlsx", composite((3, 77)))])
    message = str(caught.value)
    assert "Migration Hub" in message
    assert "MPA" in message


def test_servicenow_counts_cores_per_cpu() -> None:
    rows: Rows = [
        ("name", "sys_class_name", "sys_id", "cpu_count", "cpu_core_count", "ram", "disk_space",
         "os", "operational_status", "virtual"),
        ("db01", "Linux Server", "a1", 2, 8, 65536, 500, "Linux Red Hat", "Operational", "false"),
        ("web01", "Linux Server", "a2", 4, 1, 16384, 100, "Linux Red Hat", "Operational", "true"),
    ]  # fmt: skip
    assert kind_of(file(rows)) == "servicenow-cmdb"
    assert sums(read(rows)) == (2, 2 * 8 + 4 * 1, 64 + 16, 600)


def test_device42_counts_cores_per_cpu() -> None:
    rows: Rows = [
        ("name", "virtual_subtype", "service_level", "os", "cpu_count", "cpu_core", "ram_(GB)",
         "hdd_size_(GB)"),
        ("db01", "", "Production", "Windows", 2, 8, 64, 900),
    ]  # fmt: skip
    assert kind_of(file(rows)) == "device42"
    assert sums(read(rows)) == (1, 16, 64, 900)
    assert read(rows).servers[0].environment == "Production"


def test_a_version_that_names_a_system_is_the_system() -> None:
    found = read_sheets(S=[("Server", "OS Version", "vCPU"), ("a", "RHEL 8", 4), ("b", "2016", 2)])
    assert [server.os_version for server in found.servers] == ["RHEL 8", "2016"]
    found = read_sheets(S=[("Server", "OS Version", "vCPU"), ("a", "RHEL 8", 4)])
    assert found.servers[0].os_name == "RHEL 8"


def test_a_domain_name_stands_in_only_for_a_name_that_is_not_there() -> None:
    rows: Rows = [("Name", "DNS Name", "vCPU"), ("web01", "web01.corp", 4), ("db01", "", 2)]
    assert [server.hostname for server in read(rows).servers] == ["web01", "db01"]
    rows = [("OS", "FQDN", "vCPU"), ("RHEL 8", "web01.corp", 4), ("", "Total", 4)]
    assert [server.hostname for server in read(rows).servers] == ["web01.corp"]


def test_a_list_that_resembles_a_tab_of_an_export_keeps_its_sizes() -> None:
    rows: Rows = [
        ("VM", "Powerstate", "Sockets", "Cores per Socket", "Total RAM (GB)", "HDD (GB)"),
        ("a", "On", 2, 4, 16, 100),
        ("b", "Off", 1, 2, 8, 50),
    ]
    assert sums(read(rows)) == (2, 10, 24, 150)
    assert read(rows).totals().powered_on == 1


def test_virtual_cpus_beside_cores_per_socket_are_all_cores() -> None:
    found = read_sheets(
        VMs=[("VM Name", "vCPUs", "Cores per socket", "RAM (GB)"), ("a", 8, 4, 32), ("b", 4, 2, 8)]
    )
    assert [server.cores for server in found.servers] == [8, 4]


def test_an_empty_column_is_no_fact() -> None:
    rows: Rows = [("IP Address", "Name", "Usage", "OS"), ("10.0.0.1", "a", "Used", "")]
    with pytest.raises(UnsupportedDocumentError):
        read(rows)


def test_an_empty_column_gives_way_to_a_filled_one() -> None:
    found = read_sheets(
        S=[("Serverid", "HOSTNAME", "totalRAM (GB)", "Memory (MB)"), ("1", "a", None, 8192)]
    )
    assert found.servers[0].ram_gb == 8


def test_german_rvtools_groups_thousands_with_dots() -> None:
    rows: Rows = [
        ("VM", "Powerstate", "Template", "CPUs", "Memory", "Total disk capacity MiB"),
        ("a", "poweredOn", "FALSCH", 16, "131.072", "1.048.576"),
        ("b", "poweredOn", "WAHR", 4, "16.384", "204.800"),
        ("c", "poweredOff", "FALSCH", 2, "512", "102.400"),
    ]
    found = read(rows, ";")
    assert [server.ram_gb for server in found.servers] == [128, 16, 0.5]
    assert [server.disk_gb for server in found.servers] == [1024, 200, 100]
    assert [server.is_template for server in found.servers] == [False, True, False]
    assert Code.NUMBER_FORMAT in codes(found)


def test_an_export_beside_its_columns_in_another_tool_s_words_is_read() -> None:
    machines = make_machines(6)
    rows = vmware.rvtools(machines)["vInfo"]
    both = [[*a, *b] for a, b in zip(rows, exports.migration_hub(machines), strict=True)]
    both[0] = [*both[0]]
    ram = both[0].index("RAM.TotalSizeInMB")
    for row in both[1:]:
        row[ram] = 4096 + both.index(row)
    with pytest.raises(UnsupportedDocumentError, match="different things"):
        read([tuple(row) for row in both])


def test_what_is_not_read_is_named_with_the_option_that_would_take_it() -> None:
    found = read_sheets(
        S=[
            ("Serverid", "HOSTNAME", "osName", "Note", "Fitted mem (GB)"),
            ("1", "a", "RHEL", "x", 8),
        ]
    )
    message = note(found, Code.COLUMN_IGNORED)[0]
    assert "'Fitted mem (GB)', 'Note'" in message
    assert "--map 'Fitted mem (GB)=ram_gb'" in message


def test_a_refusal_names_the_options_for_its_own_columns() -> None:
    rows: Rows = [("Ref", "Fitted mem x"), ("web01", 16), ("web02", 8)]
    with pytest.raises(UnsupportedDocumentError) as caught:
        read(rows)
    assert "--map 'Ref=hostname' --map 'Fitted mem x=ram_gb'" in str(caught.value)
