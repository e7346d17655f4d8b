"""Every trap of real inventory exports, by name: what is read, what is not, and what is noted."""

import pytest
from estates import file, read
from samples import exports, vmware
from samples.machines import make_machines
from workbooks import codes, note, read_sheets

from opportune.documents import kind_of, read_documents
from opportune.documents.quality import Code
from opportune.model.assessment import Assessment

MACHINES = make_machines(30)


def messages(found: Assessment, code: str) -> list[str]:
    return [n.message for n in found.quality if n.code == code]


# AWS's own formats


def test_ram_of_a_migration_hub_file_is_in_mb_and_disks_are_not_there() -> None:
    found = read("HostName,RAM.TotalSizeInMB,CPU.NumberOfCores,ExternalId\na,8192,2,x1\n")
    assert found.servers[0].ram_gb == 8
    assert found.servers[0].disk_gb is None
    assert Code.FIELD_MISSING in codes(found)


def test_a_migration_hub_row_needs_only_one_of_its_names() -> None:
    header = "ExternalId,IPAddress,HostName,VMware.VMName,OS.Name,RAM.TotalSizeInMB"
    rows = ("x1,,,,RHEL,8192", ",10.0.0.9,,,RHEL,8192", ",,web,,RHEL,8192", ",,,vm-web,RHEL,8192")
    found = read("\n".join((header, *rows)) + "\n")
    assert [s.id for s in found.servers] == ["x1", "10.0.0.9", "web", "vm-web"]
    assert [s.hostname for s in found.servers] == ["", "", "web", "vm-web"]


@pytest.mark.parametrize(
    ("tags", "environment"),
    [
        ("environment:prod, owner:IT", "prod"),
        ("owner:IT, Env: Test", "Test"),
        ("{env:dev}", "dev"),
        ("owner:environment", ""),
    ],
)
def test_tags_may_tell_the_environment(tags: str, environment: str) -> None:
    rows = [("ExternalId", "HostName", "OS.Name", "RAM.TotalSizeInMB", "Tags")]
    rows.append(("x", "a", "RHEL", "8192", tags))
    assert read(rows).servers[0].environment == environment


def test_used_ram_above_the_total_is_impossible() -> None:
    text = (
        "ExternalId,HostName,RAM.TotalSizeInMB,RAM.UsedSizeInMB.Avg\nx,a,8192,4096\ny,b,1024,4096\n"
    )
    found = read(text)
    assert [s.ram_avg_fraction for s in found.servers] == [0.5, None]
    assert note(found, Code.IMPOSSIBLE_VALUE)[1] == "estate.csv, D3"


def test_percent_of_an_idle_estate_is_read_as_its_format_writes_it() -> None:
    text = "ExternalId,HostName,RAM.TotalSizeInMB,CPU.UsagePct.Avg,CPU.UsagePct.Max\n"
    found = read(f"{text}x,a,8192,0.51,35\ny,b,8192,0.2,20\n")
    assert [s.cpu_avg_fraction for s in found.servers] == [0.0051, 0.002]
    assert [s.cpu_peak_fraction for s in found.servers] == [0.35, 0.2]


def test_fractions_where_a_format_writes_percent_are_doubtful() -> None:
    text = "ExternalId,HostName,RAM.TotalSizeInMB,CPU.UsagePct.Avg,CPU.UsagePct.Max\n"
    found = read(f"{text}x,a,8192,0.27,0.75\ny,b,8192,0.2,0.5\n")
    assert [s.cpu_peak_fraction for s in found.servers] == [0.75, 0.5]
    assert any(
        "although this format writes percent" in m for m in messages(found, Code.UNIT_AMBIGUOUS)
    )


def test_free_ram_is_not_used_ram() -> None:
    text = "hostName,osName,totalNumCpus,totalRAM,avgFreeRAM,maxCpuUsagePct\na,RHEL,2,8192,2048,9\n"
    found = read(text)
    assert found.servers[0].ram_avg_fraction == 0.75
    assert found.servers[0].ram_peak_fraction is None


def test_disks_of_agent_and_collector_in_one_file_are_each_in_their_unit() -> None:
    header = "hostName,vmName,osName,totalNumCpus,totalRAM,totalDiskSize,maxCpuUsagePct,moRefId\n"
    found = read(f"{header}a,,RHEL,2,8192,100,9,\nesx,vm1,RHEL,2,8192,102400,9,vm-7\n")
    assert [s.disk_gb for s in found.servers] == [100, 100]
    assert [s.hostname for s in found.servers] == ["a", "vm1"]
    decided = " ".join(messages(found, Code.UNIT_DECIDED))
    assert "in rows with 'moRefId' read as MB" in decided
    assert "in rows without 'moRefId' read as GB" in decided


def test_values_decide_against_the_unit_of_the_discovery_service() -> None:
    header = "hostName,osName,totalNumCpus,totalRAM,totalDiskSize,maxCpuUsagePct\n"
    found = read(f"{header}a,RHEL,2,16,512000,9\nb,RHEL,2,32,409600,8\n")
    assert [s.ram_gb for s in found.servers] == [16, 32]
    assert [s.disk_gb for s in found.servers] == [500, 400]
    assert codes(found).count(Code.UNIT_CONTRADICTION) == 2


def test_keys_of_the_discovery_api_name_kilobytes() -> None:
    header = (
        "server.agentId,server.hostName,server.osName,server.performance.numCpus,"
        "server.performance.totalRAMInKB,server.performance.avgFreeRAMInKB"
    )
    found = read(f"{header}\ni-1,a,RHEL,2,8388608,4194304\n")
    assert found.files[0].kind == "ads-export"
    assert (found.servers[0].ram_gb, found.servers[0].ram_avg_fraction) == (8, 0.5)


def test_samples_of_an_agent_become_its_highest_figures() -> None:
    files = [
        file(
            "agentId,hostName,osName,osVersion,hypervisor,cpuType\ni-1,a,RHEL,8,xen,x64\n", "os.csv"
        ),
        file(
            "agentId,timestamp,totalCpuUsagePct,totalNumCpus,totalRAM,freeRAM,totalDiskSize\n"
            "i-1,2026-01-01,12,4,8192,4096,100\ni-1,2026-01-02,80,4,8192,2048,100\n",
            "performance.csv",
        ),
    ]
    server = read_documents(files).servers[0]
    assert (server.ram_gb, server.disk_gb, server.sockets) == (8, 100, 4)
    assert (server.cpu_peak_fraction, server.ram_peak_fraction) == (0.8, 0.75)
    table, row = server.origins["cpu_peak_fraction"]
    assert table.place("cpu_peak_fraction", row) == "C3"


def test_migration_evaluator_writes_fractions_under_a_percent_sign() -> None:
    found = read(exports.as_workbook(exports.evaluator(MACHINES)))
    assert [s.cpu_peak_fraction for s in found.servers] == [m.cpu_peak for m in MACHINES]
    assert "as a fraction, as this format writes it" in " ".join(messages(found, Code.UNIT_DECIDED))
    rows = [list(row) for row in exports.evaluator(MACHINES)["Template"]]
    for row, machine in zip(rows[1:], MACHINES, strict=True):
        row[11] = machine.cpu_peak * 100
    found = read(rows)
    assert found.servers[0].cpu_peak_fraction == MACHINES[0].cpu_peak
    assert "although this format writes fractions" in note(found, Code.UNIT_CONTRADICTION)[0]


@pytest.mark.parametrize(
    ("said", "hypervisor", "host"),
    [
        ("VMware ESXi 7.0.3", "VMware ESXi 7.0.3", ""),
        ("Microsoft Hyper-V 2019", "Microsoft Hyper-V 2019", ""),
        ("esx02.example.com", "", "esx02.example.com"),
        ("Host-1", "", "Host-1"),
        ("", "", ""),
    ],
)
def test_a_column_of_hypervisors_may_hold_names_of_hosts(
    said: str, hypervisor: str, host: str
) -> None:
    rows = [list(row) for row in exports.evaluator(MACHINES[:1])["Template"]]
    rows[1][6] = said
    server = read(rows).servers[0]
    assert (server.hypervisor, server.host) == (hypervisor, host)


def test_the_licensed_sql_edition_is_kept_as_it_is_said() -> None:
    rows = [list(row) for row in exports.evaluator(MACHINES[:3])["Template"]]
    for row, edition in zip(rows[1:], ("SQL Server 2012 Enterprise", "None", ""), strict=True):
        row[9] = edition
    found = read(rows)
    assert [s.sql_edition for s in found.servers] == ["SQL Server 2012 Enterprise", "", ""]
    assert found.databases == ()


# Values


def test_a_constant_pair_of_the_collectors_is_named() -> None:
    rows = [("Server Name", "OS", "Memory (GB)", "Peak CPU %", "Peak RAM Usage (%)")]
    rows += [(f"s{n}", "RHEL", "8", "25", "60") for n in range(8)]
    rows += [("x", "RHEL", "8", "80", "70")]
    assert any("25% CPU and 60% RAM" in m for m in messages(read(rows), Code.CONSTANT_UTILISATION))


@pytest.mark.parametrize(
    ("system", "version", "engine", "contradicts"),
    [
        ("RHEL", 5, "SQL Server 2012", True),
        ("Red Hat Enterprise Linux 6", "", "MS SQL Server", True),
        ("Ubuntu Linux", "20.04", "SQL Server 2014", True),
        ("AIX", "7.1", "SQL Server", True),
        ("RHEL", 8, "SQL Server 2019", False),
        ("Ubuntu Linux", "20.04", "SQL Server 2019", False),
        ("CentOS 4/5 or later (64-bit)", "", "SQL Server 2019", False),
        ("Windows Server", "2012 R2", "SQL Server 2012", False),
        ("RHEL", 5, "MySQL", False),
    ],
)
def test_sql_server_on_a_system_that_it_does_not_run_on_is_named(
    system: str, version: object, engine: str, *, contradicts: bool
) -> None:
    found = read_sheets(
        Servers=[("Serverid", "HOSTNAME", "osName", "osVersion"), ("S1", "db", system, version)],
        Databases=[
            ("Database ID", "DB Name", "Source Engine Type", "Server ID"),
            ("D1", "orders", engine, "S1"),
        ],
    )
    assert (Code.SOFTWARE_CONTRADICTION in codes(found)) == contradicts
    if contradicts:
        assert note(found, Code.SOFTWARE_CONTRADICTION)[1] == "estate.xlsx, Databases!C2"


def test_half_a_gigabyte_with_sixteen_cores_is_unlikely() -> None:
    found = read("Server Name,OS,Memory (GB),CPU Cores\na,RHEL,0.5,16\n")
    assert "0.5 GB with 16 cores" in note(found, Code.IMPLAUSIBLE_VALUE)[0]


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("10.0.0.5", "10.0.0.5"),
        ("fe80::1, 10.0.0.5", "10.0.0.5"),
        ("['169.254.1.1', '10.0.0.7']", "10.0.0.7"),
        ("127.0.0.1", ""),
        ("2001:db8::5", "2001:db8::5"),
        ("N/A", ""),
    ],
)
def test_the_address_is_the_first_that_tells_where_a_machine_is(said: str, address: str) -> None:
    rows = [("Server Name", "OS", "IP Address"), ("a", "RHEL", said)]
    assert read(rows).servers[0].ip_address == address


def test_disks_in_columns_of_their_own_add_up() -> None:
    rows = [
        ("Server Name", "OS", "Disk 1 size (In GB)", "Disk 2 size (In GB)"),
        ("a", "RHEL", "40", "60"),
    ]
    server = read(rows).servers[0]
    assert server.disk_gb == 100
    assert server.table.place("disk_gb", 2) == "C2"


def test_databases_named_in_a_row_are_engines_and_nothing_more() -> None:
    rows = [("Server Name", "OS", "RAM (GB)", "Databases"), ("a", "RHEL", "8", "Oracle 12c; MySQL")]
    found = read(rows)
    assert [(d.engine, d.version, d.server_id) for d in found.databases] == [
        ("Oracle 12c", "", "a"),
        ("MySQL", "", "a"),
    ]
    assert found.databases[0].table.place("engine", 2) == "D2"


@pytest.mark.parametrize(
    "header",
    [
        "serverName;operatingSystem;totalRamGB;cpuCores",
        "server_name;operating_system;ram_gb;cpu_cores",
        "*Server name;*OS name;*Memory (In GB);*Cores",
        "SERVER NAME;OS;RAM [GB];# CPU Cores",
        "Nombre del Servidor;Sistema Operativo;Memoria RAM (GB);Núcleos CPU",
        "Nome do Servidor;Sistema Operacional;Memória em GB;Núcleos",
        "fqdn;os;memory gb;number of cores",
    ],
)
def test_headers_are_read_however_they_are_spelled(header: str) -> None:
    found = read(f"{header}\nweb01;RHEL 8;16;4\nweb02;RHEL 9;8;2\n")
    assert [(s.hostname, s.os_name, s.ram_gb, s.cores) for s in found.servers] == [
        ("web01", "RHEL 8", 16, 4),
        ("web02", "RHEL 9", 8, 2),
    ]


def test_sheets_of_a_plain_list_count_all_whatever_their_columns() -> None:
    sheets: dict[str, exports.Rows] = {
        "Lima": [("Servidor", "Sistema operativo", "RAM (GB)"), ("a", "RHEL 8", 8)],
        "Quito": [
            ("Servidor", "Sistema operativo", "RAM (GB)", "Disco (GB)", "Entorno"),
            ("b", "RHEL 9", 16, 100, "prod"),
            ("a", "", "", 50, ""),
        ],
    }
    found = read(exports.as_workbook(sheets))
    facts = [(s.hostname, s.os_name, s.ram_gb, s.disk_gb) for s in found.servers]
    assert facts == [("b", "RHEL 9", 16, 100), ("a", "RHEL 8", 8, 50)]
    assert found.servers[1].origins["ram_gb"][0].place("ram_gb", 2) == "Lima!C2"


def test_a_name_of_a_file_decides_nothing() -> None:
    rvtools = exports.as_csv(vmware.rvtools(MACHINES)["vInfo"])
    assert kind_of(file(rvtools, "MigrationHub_import.csv")) == "rvtools"
