"""What an MPA workbook says: sheets, headers, servers."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workbooks import (
    HEADERS,
    SERVERS,
    column,
    note,
    read,
    read_sheets,
    servers,
    workbook,
)

from opportune.documents import INVENTORY_KINDS, kind_of
from opportune.documents.families import mpa
from opportune.documents.inventory.layouts import Layout
from opportune.documents.inventory.tables import column_letters, header_key
from opportune.documents.quality import Code
from opportune.model.file import InputFile


def test_a_file_is_identified_by_its_content() -> None:
    assert kind_of(InputFile("notes.txt", workbook())) == "mpa-workbook"
    assert "mpa-workbook" in INVENTORY_KINDS


def test_each_fact_knows_its_cell() -> None:
    server = read(workbook()).servers[1]
    assert server.table.place("ram_gb", server.row) == "Servers!E3"
    assert server.table.place("os_name", server.row) == "Servers!C3"
    assert server.table.file == "estate.xlsx"


def test_totals_add_up() -> None:
    totals = read(workbook()).totals()
    assert (totals.servers, totals.sockets, totals.cores, totals.ram_gb) == (2, 6, 6, 24)


def test_sheets_are_recognised_by_headers_wherever_the_header_row_stands() -> None:
    rows = [("Portfolio of 2026",), (None,), ("", "as exported"), HEADERS, *SERVERS]
    found = read_sheets(Whatever=rows)
    assert [(s.id, s.row) for s in found.servers] == [("S1", 5), ("S2", 6)]
    assert found.servers[0].table.place("id", 5) == "Whatever!A5"


@pytest.mark.parametrize(
    ("field", "layout"),
    [(field, layout) for layout in mpa.LAYOUTS for field in sorted(set(layout.headers.values()))],
)
def test_no_header_means_two_fields(field: str, layout: Layout) -> None:
    keys = [key for key, name in layout.headers.items() if name == field]
    assert keys
    assert all(header_key(key)[0] == key for key in keys)


@pytest.mark.parametrize(
    ("header", "key"),
    [
        (" Host  Name\n", ("hostname", "")),
        ("totalRAM (GB)", ("totalram", "gb")),
        ("Memory (MB)", ("memory", "mb")),
        ("*Memory (In MB)", ("memory", "mb")),
        ("RAM.TotalSizeInMB", ("ramtotalsize", "mb")),
        ("Provisioned MiB", ("provisioned", "mib")),
        ("total_disk_capacity_mib", ("totaldiskcapacity", "mib")),
        ("Is Virtual?", ("isvirtual", "")),
        ("Peak CPU %", ("peakcpu", "")),
        ("Cpu Utilization Peak (%)", ("cpuutilizationpeak", "%")),
        ("Storage-Utilization %", ("storageutilization", "")),
        ("Origen Hostname ", ("origenhostname", "")),
        ("Región", ("region", "")),
        ("Recovery Point Objective (hours)", ("recoverypointobjective", "hours")),
    ],
)
def test_spelling_of_a_header_does_not_matter(header: str, key: tuple[str, str]) -> None:
    assert header_key(header) == key


SPELLINGS = {
    "id": "Serverid|Server Id|ServerId|Server ID|serverId",
    "hostname": "HOSTNAME|Hostname|Host Name|Host Name |Server Name|Server hostname",
    "is_physical": "isPhysical|Is Physical|is Physical?",
    "is_virtual": "Is Virtual?",
    "sockets": "numCpus|Num CPUs|Number CPUs|CPU Sockets|CPU Count|vCPU|CPUs",
    "total_cores": "CPU Cores",
    "total_threads": "Logical Processors",
    "cores_per_cpu": "numCoresPerCpu|Cores Per CPU",
    "threads_per_core": "numThreadsPerCore|Threads Per Core",
    "ram_gb": "totalRAM (GB)|Total RAM (GB)|RAM (GB)|Memory (GB)|Memory (MB)|Memory"
    "|RAM.TotalSizeInMB",
    "cpu_peak_fraction": "maxCpuUsagePctDec (%)|Max CPU Usage|Peak CPU %|Peak CPU Usage (%)"
    "|Cpu Utilization Peak (%)|CPU.UsagePct.Max",
    "cpu_avg_fraction": "avgCpuUsagePctDec (%)|Avg CPU Usage|Average CPU %"
    "|Average CPU Usage (%)|CPU.UsagePct.Avg",
    "ram_peak_fraction": "maxRamUsagePctDec (%)|Max RAM Usage|Peak RAM Usage (%)"
    "|Memory Utilization Peak (%)",
    "ram_avg_fraction": "avgRamUtlPctDec (%)|avgRamUsagePctDec|Avg RAM",
    "disk_gb": "Storage-Total Disk Size (GB)|Storage (GB)|Total Disk Size (GB)"
    "|Provisioned Storage (GB)|Provisioned MiB|Provisioned MB",
    "environment": "Environment Type|Environment",
}


@pytest.mark.parametrize(
    ("field", "header"),
    [(field, header) for field, names in SPELLINGS.items() for header in names.split("|")],
)
def test_every_spelling_seen_in_exports_is_known(field: str, header: str) -> None:
    assert mpa.SERVERS.headers[header_key(header)[0]] == field


DATABASE_SPELLINGS = {
    "name": "DB Name|Database Name",
    "instance": "DB Instance Name|Instance Name",
    "engine": "Source Engine Type|Engine Type|Engine",
    "version": "Source Engine Version|Engine Version",
    "edition": "Source Engine Edition|Engine Edition|SQL Edition|MS SQL Edition",
    "size_gb": "Total Size (GB)|Size (GB)",
    "license_model": "License Model|License",
    "is_clustered": "Cluster/Oracle RAC (Y/N)",
}


@pytest.mark.parametrize(
    ("field", "header"),
    [(field, header) for field, names in DATABASE_SPELLINGS.items() for header in names.split("|")],
)
def test_every_spelling_of_database_columns_is_known(field: str, header: str) -> None:
    assert mpa.DATABASES.headers[header_key(header)[0]] == field


# What a server is


@pytest.mark.parametrize(
    ("header", "values", "virtual"),
    [
        (
            "isPhysical",
            ("Physical", "Virtual", "Y", "FALSE", True),
            [False, True, False, True, False],
        ),
        (
            "Is Virtual?",
            ("Yes", "N", "Virtual", "Physical", False),
            [True, False, True, False, False],
        ),
    ],
)
def test_physical_and_virtual_are_told_apart(
    header: str, values: tuple[object, ...], virtual: list[bool]
) -> None:
    assert [s.is_virtual for s in column(header, *values).servers] == virtual


def test_cores_and_threads_are_products() -> None:
    headers = ("numCpus", "numCoresPerCpu", "numThreadsPerCore")
    found = read_sheets(**servers(headers, ("RHEL", 2, 8, 2), ("RHEL", 4, 1, 1)))
    assert [(s.sockets, s.cores, s.threads) for s in found.servers] == [(2, 16, 32), (4, 4, 4)]
    assert found.servers[0].table.place("cores", 2) == "Servers!E2"


def test_virtual_cpus_count_as_cores_and_that_is_said() -> None:
    found = column("vCPU", 4, 8)
    assert [(s.cores, s.threads) for s in found.servers] == [(4, 4), (8, 8)]
    assert note(found, Code.CORES_ASSUMED)[1] == "estate.xlsx, Servers!D2:D3"


def test_powered_off_machines_and_templates_are_told_apart() -> None:
    headers = ("Powerstate", "Template", "SRM Placeholder")
    rows = [
        ("RHEL", "poweredOn", "FALSE", "FALSE"),
        ("RHEL", "poweredOff", False, False),
        ("RHEL", "suspended", True, False),
        ("RHEL", "", "", "TRUE"),
    ]
    totals = read_sheets(**servers(headers, *rows)).totals()
    assert (totals.servers, totals.powered_on, totals.templates) == (2, 1, 2)


# Round trip

WORDS = st.text(string.ascii_letters + string.digits + " -_éß", min_size=1, max_size=12).map(
    lambda text: " ".join(f"x{text}".split())
)
MACHINES = st.lists(
    st.fixed_dictionaries(
        {
            "hostname": WORDS,
            "os_name": WORDS,
            "sockets": st.integers(1, 8) | st.none(),
            "ram_gb": st.integers(1, 2048).map(float) | st.none(),
            "disk_gb": st.integers(0, 100_000).map(float) | st.none(),
            "cpu_peak_fraction": st.integers(0, 100).map(lambda n: n / 100) | st.none(),
            "environment": st.sampled_from(["prod", "dev", "Test", ""]),
        },
    ),
    min_size=1,
    max_size=12,
)
ROUND_TRIP_FIELDS = (
    "hostname", "os_name", "sockets", "ram_gb", "disk_gb", "cpu_peak_fraction", "environment",
)  # fmt: skip
ROUND_TRIP_HEADERS = (
    "HOSTNAME", "osName", "numCpus", "totalRAM (GB)", "Storage (GB)", "Max CPU Usage",
    "Environment Type",
)  # fmt: skip


@given(MACHINES)
def test_what_is_written_is_what_is_read(machines: list[dict[str, object]]) -> None:
    rows = [
        (f"S{n}", *(machine[name] for name in ROUND_TRIP_FIELDS))
        for n, machine in enumerate(machines)
    ]
    found = read_sheets(Servers=[("Serverid", *ROUND_TRIP_HEADERS), *rows])
    assert [
        {name: getattr(server, name) for name in machine}
        for server, machine in zip(found.servers, machines, strict=True)
    ] == machines


@given(st.integers(0, 20_000))
def test_column_letters_are_those_of_excel(index: int) -> None:
    letters = column_letters(index)
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    assert number == index + 1
