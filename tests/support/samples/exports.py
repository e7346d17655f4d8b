"""What other tools export of an invented estate, and how it is packed into files."""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import xlsxwriter  # type: ignore[import-untyped] # it ships no types
from samples.machines import Machine, shown

Cell = str | int | float | bool | None
Rows = Sequence[Sequence[Cell]]

CREATED = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""Fixed, so that equal arguments give equal bytes."""

KEYS_OF_LIST = {
    "en": ("Server Name", "IP Address", "Operating System", "OS Version", "CPU Cores",
           "Memory (GB)", "Disk (GB)", "Environment", "Application", "Power State"),
    "es": ("Nombre del servidor", "Dirección IP", "Sistema operativo", "Versión SO", "Núcleos",
           "Memoria (GB)", "Disco total (GB)", "Entorno", "Aplicación", "Estado encendido"),
    "pt": ("Nome do servidor", "Endereço IP", "Sistema operacional", "Versão SO", "Núcleos",
           "Memória (GB)", "Disco (GB)", "Ambiente", "Aplicação", "Power State"),
}  # fmt: skip


def transform(machines: Sequence[Machine]) -> Mapping[str, Rows]:
    """Return the CSV files of a Transform discovery export by their names in the zip."""
    return {
        "mpa_exports/vmware_data_mpa.csv": [
            (
                "vm_name", "vm_id", "vm_uuid", "powerstate", "host", "primary_ip_address", "cpus",
                "memory", "total_disk_capacity_mib", "os_according_to_the_configuration_file",
                "max_cpu_usage_pct_dec", "avg_cpu_usage_pct_dec", "max_ram_usage_pct_dec",
                "avg_ram_utl_pct_dec",
            ),
            *(
                (
                    m.name, m.moref, m.uuid, "poweredOn" if m.is_powered_on else "poweredOff",
                    m.host, m.ip_address, m.cpus, m.ram_gb * 1024, m.disk_gb * 1024, m.system,
                    *((shown(s) for s in _shares(m)) if m.is_powered_on else ("", "", "", "")),
                )
                for m in machines
            ),
        ],
        "server_inventory.csv": [
            ("server_id", "server_name", "ip_address", "os_name", "os_version", "cpu_cores",
             "memory_mb"),
            *((m.moref, m.name, m.ip_address, m.os_name, m.os_version, m.cpus, m.ram_gb * 1024)
              for m in machines),
        ],
        "server_performance_metrics.csv": [
            ("server_id", "cpu_utilization_avg_pct", "cpu_utilization_p95_pct",
             "cpu_utilization_peak_pct", "memory_utilization_avg_pct",
             "memory_utilization_p95_pct", "memory_utilization_peak_pct"),
            *((m.moref, shown(m.cpu_avg), shown(m.cpu_peak), shown(m.cpu_peak), shown(m.ram_avg),
               shown(m.ram_peak), shown(m.ram_peak)) for m in machines if m.is_powered_on),
        ],
        "storage_config.csv": [
            ("server_id", "disk_name", "size_gb", "used_gb"),
            *(row for m in machines for row in (
                (m.moref, "sda", m.disk_gb // 2, m.disk_used_gb // 2),
                (m.moref, "sdb", m.disk_gb - m.disk_gb // 2,
                 m.disk_used_gb - m.disk_used_gb // 2),
            )),
        ],
        "sql_server_data_mpa.csv": [
            ("Engine Type", "Is Engine Component", "Status", "Version", "Edition",
             "SQL Service Name", "Instance Name", "Is Clustered", "vm_name"),
            *(row for m in machines if m.sql_edition for row in (
                ("sql_server", "Y", "Running", "2015.131.5026.0",
                 f"{m.sql_edition} Edition (64-bit)", "Mssql", "MSSQLSERVER", "N", m.name),
                ("sql_server", "N", "Running", "2015.131.5026.0", "", "MsDtsServer130",
                 "MSSQLSERVER", "N", m.name),
            )),
        ],
    }  # fmt: skip


def migration_hub(machines: Sequence[Machine]) -> Rows:
    """Return a Migration Hub import file: RAM in MB, no disk."""
    return [
        (
            "ExternalId", "SMBiosId", "IPAddress", "MACAddress", "HostName", "VMware.MoRefId",
            "VMware.VCenterId", "CPU.NumberOfProcessors", "CPU.NumberOfCores",
            "CPU.NumberOfLogicalCores", "OS.Name", "OS.Version", "VMware.VMName",
            "RAM.TotalSizeInMB", "RAM.UsedSizeInMB.Avg", "RAM.UsedSizeInMB.Max",
            "CPU.UsagePct.Avg", "CPU.UsagePct.Max", "Applications", "ApplicationWave", "Tags",
            "ServerId",
        ),
        *(
            (
                m.uuid, "", m.ip_address, "", m.name, m.moref, "vc-1", 1, m.cpus, m.cpus,
                m.os_name, m.os_version, m.name, m.ram_gb * 1024,
                round(m.ram_gb * 1024 * m.ram_avg, 2), round(m.ram_gb * 1024 * m.ram_peak, 2),
                shown(m.cpu_avg), shown(m.cpu_peak), ", ".join(m.applications), "",
                f"owner:IT, environment:{m.environment}", "",
            )
            for m in machines
        ),
    ]  # fmt: skip


def recommendations(machines: Sequence[Machine]) -> Rows:
    """Return Migration Hub's export of EC2 recommendations."""
    return [
        (
            "ServerId", "Server.ExternalId", "Server.HostName", "Server.VMware.VMname",
            "Recommendation.EC2.Remarks", "Server.OS.Name", "Server.OS.Version",
            "Server.CPU.NumberOfProcessors", "Server.CPU.NumberOfCores",
            "Server.CPU.NumberOfLogicalCores", "Server.RAM.TotalSizeInMB",
            "Recommendation.EC2.Instance.Model", "Recommendation.EC2.Instance.Price.HourlyRate",
            "UserPreference.Region", "UserPreference.EC2.Tenancy", "Applications", "Tags",
            "Server.CPU.UsagePct.Avg", "Server.CPU.UsagePct.Max", "Server.RAM.UsagePct.Avg",
            "Server.RAM.UsagePct.Max",
        ),
        *(
            (
                f"d-server-{n:013}", m.uuid, m.name, m.name, "", m.os_name, m.os_version, 1,
                m.cpus, m.cpus, m.ram_gb * 1024, "m5.large", 0.096, "US East", "SHARED",
                ", ".join(m.applications), f"environment:{m.environment}", shown(m.cpu_avg),
                shown(m.cpu_peak), shown(m.ram_avg), shown(m.ram_peak),
            )
            for n, m in enumerate(machines)
        ),
    ]  # fmt: skip


def discovery_agent(machines: Sequence[Machine]) -> Rows:
    """Return a list of ADS agents: disks in GB."""
    return [
        (
            "agentId", "hostName", "osName", "osVersion", "totalNumCpus", "totalNumCores",
            "totalNumLogicalProcessors", "totalRAM", "totalDiskSize", "avgCpuUsagePct",
            "maxCpuUsagePct", "avgFreeRAM", "hypervisor",
        ),
        *(
            (
                m.uuid, m.name, m.os_name, m.os_version, 1, m.cpus, m.cpus, m.ram_gb * 1024,
                m.disk_gb, shown(m.cpu_avg), shown(m.cpu_peak),
                round(m.ram_gb * 1024 * (1 - m.ram_avg), 4), "vmware",
            )
            for m in machines
        ),
    ]  # fmt: skip


def discovery_collector(machines: Sequence[Machine]) -> Rows:
    """Return a list of the ADS collector: disks in MB, and the host that each machine runs on."""
    return [
        (
            "configId", "vmName", "hostName", "osName", "osVersion", "numCpus", "totalRAM",
            "totalDiskSize", "avgCpuUsagePct", "maxCpuUsagePct", "avgFreeRAM", "hypervisor",
            "powerState", "moRefId", "vCenterId", "smBiosId",
        ),
        *(
            (
                m.uuid, m.name, m.host, m.os_name, m.os_version, m.cpus, m.ram_gb * 1024,
                m.disk_gb * 1024, shown(m.cpu_avg), shown(m.cpu_peak),
                round(m.ram_gb * 1024 * (1 - m.ram_avg), 4), "VMware",
                "poweredOn" if m.is_powered_on else "poweredOff", m.moref, "vc-1", "",
            )
            for m in machines
        ),
    ]  # fmt: skip


def evaluator(machines: Sequence[Machine]) -> Mapping[str, Rows]:
    """Return a Migration Evaluator template: shares 0-1 under headers with a percent sign."""
    return {
        "Template": [
            (
                "Server Name", "CPU Cores", "Memory (MB)", "Provisioned Storage (GB)",
                "Operating System", "Is Virtual?", "Hypervisor Name", "Cpu String", "Environment",
                "SQL Edition", "Application", "Cpu Utilization Peak (%)",
                "Memory Utilization Peak (%)", "Time In-Use (%)", "Annual Cost (USD)",
                "Storage Type",
            ),
            *(
                (
                    m.name, m.cpus, m.ram_gb * 1024, m.disk_gb, m.system, True, m.host, "Xeon",
                    m.environment, m.sql_edition, ", ".join(m.applications), m.cpu_peak,
                    m.ram_peak, 1, "", "SSD",
                )
                for m in machines
            ),
        ],
    }  # fmt: skip


def server_list(machines: Sequence[Machine], language: str = "en") -> Rows:
    """Return a plain list of servers with headers in this language."""
    return [
        KEYS_OF_LIST[language],
        *(
            (
                m.name, m.ip_address, m.os_name, m.os_version, m.cpus, m.ram_gb, m.disk_gb,
                m.environment, ", ".join(m.applications), "on" if m.is_powered_on else "off",
            )
            for m in machines
        ),
    ]  # fmt: skip


def as_csv(
    rows: Iterable[Sequence[Cell]], *, delimiter: str = ",", encoding: str = "utf-8"
) -> bytes:
    """Return rows as the bytes of a CSV file."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def as_zip(members: Mapping[str, bytes]) -> bytes:
    """Return files as a zip archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            stored = zipfile.ZipInfo(name, CREATED.timetuple()[:6])
            archive.writestr(stored, data, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def as_workbook(sheets: Mapping[str, Iterable[Sequence[Cell]]]) -> bytes:
    """Return sheets as a workbook."""
    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"in_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties({"created": CREATED.replace(tzinfo=None)})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name[-31:])
            for number, row in enumerate(rows):
                for column, value in enumerate(row):
                    if value is not None and value != "":
                        sheet.write(number, column, value)
    return data.getvalue()


def _shares(machine: Machine) -> tuple[float, float, float, float]:
    return machine.cpu_peak, machine.cpu_avg, machine.ram_peak, machine.ram_avg
