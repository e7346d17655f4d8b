"""The rows of a sample estate: an invented customer, the same for the same seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import NamedTuple


class Formula(NamedTuple):
    """A cell that is computed, and its saved result; "" = saved without one."""

    text: str
    result: float | str


Cell = str | int | float | Formula | None
Rows = Sequence[Sequence[Cell]]

SERVER_HEADERS = (
    "Serverid", "isPhysical", "hypervisor", "HOSTNAME", "osName", "osVersion", "numCpus",
    "numCoresPerCpu", "numThreadsPerCore", "maxCpuUsagePctDec (%)", "avgCpuUsagePctDec (%)",
    "totalRAM (GB)", "maxRamUsagePctDec (%)", "avgRamUtlPctDec (%)", "Uptime",
    "Environment Type", "Storage-Total Disk Size (GB)", "Storage-Utilization %",
    "Storage-Max Read IOPS Size (KB)", "Storage-Max Write IOPS Size (KB)",
)  # fmt: skip

DATABASE_HEADERS = (
    "Database ID", "DB Name", "DB Instance Name", "Source Engine Type", "Source Engine Version",
    "Source Engine Edition", "Total Size (GB)", "Server ID", "Target Engine", "Deployment Type",
    "Database Owner Name", "Database Owner Email", "Database Owner Phone", "License Model",
    "Oracle ADR (Y/N)", "Replication (Y/N)", "Cluster/Oracle RAC (Y/N)", "Peak IOPS (KB)",
    "Average IOPS (KB)", "WQF Rating (1,2,3,4,5)", "Migration Strategy", "CPU Cores",
    "Max Transactions per Second", "Redo Log Size (KB)", "Stored Procedures Lines of Code",
    "Triggers Lines of Code", "Utilization", "Throughput (MBps)",
)  # fmt: skip

APPLICATION_HEADERS = (
    "Application ID", "Reference ID", "Application Name", "Description", "Business Unit",
    "Business Owner", "Business Owner Email", "Business Owner Phone", "Business Criticality",
    "Application Type", "Recovery Point Objective (hours)", "Recovery Time Objective (hours)",
    "Availability", "Service/Operation Agreements", "Revenue Generating (Y/N)",
    "Number of Users", "Number of Connections", "Number of Inbound Connections",
    "Number of Outbound Connections", "User Location", "Usage Cycle",
    "Operating Hours per Day", "Pain-point, Risks and Challenges", "Modernization Preference",
    "Modernization Roadmap", "Downtime Permission (Y/N)", "Approaching Refresh (Y/N)",
    "Migration Strategy", "Migration Consideration", "Existing Dependencies",
    "Dependencies Description", "Environment Type", "Database ", "File System",
    "Storage Inventory", "User Connection Type (Dedicated/Web)", "Application Tiers",
    "Architecture Type", "Application Support", "CDN", "Lifecycle Status",
    "Development Phase", "Outage - Planned", "Outage - Unplanned", "Development Methodology",
    "Release Cycle", "Change Control Procedures", "License Requirements",
    "COTS Software (Y/N)", "COTS Vendor",
    "Special Requirements on Technologies, Processes, or Other applications",
    "Key Support Utilities", "Compliance Framework", "Data Sovereignty Requirements",
    "Data Classification", "Data Encryption", "Other Regulatory Requirements",
    "Reporting Requirement", "Penetration Test", "Deployment Type", "Maintenance Cycle",
    "Monitoring Solution", "Backup Process", "Infrastructure Maintenance",
    "Disaster Recovery (Y/N)", "Disaster Recovery Plan", "Blackout days", "Test Cases",
)  # fmt: skip

SHEET_NOTES = (
    "Sample portfolio of an invented customer, for trying out the import.",
    "Servers, Applications, Databases: what there is.",
    "The other sheets say what runs where and what talks to what.",
)

# System, version, and on how many of 100 servers.
_SYSTEMS: tuple[tuple[str, str | float, int], ...] = (
    ("Windows Server", "2008 R2", 4), ("Windows Server", "2012 R2", 9),
    ("Windows Server", 2016.0, 9), ("Windows Server", 2019.0, 10), ("Windows ", "2022", 6),
    ("RHEL", 5.0, 3), ("RHEL", 6.0, 6), ("RHEL", 7.0, 13), ("RHEL", 8.0, 10), ("RHEL", 9.0, 4),
    ("CentOS", "7", 9), ("Ubuntu", "18.04", 4), ("Ubuntu", "20.04", 4), ("Ubuntu", "22.04", 3),
    ("SLES", "12 SP5", 3), ("SLES", "15 SP6", 3),
)  # fmt: skip

# Engine, version, edition, target engine and license model.
_ENGINES: tuple[tuple[str, str | float, str, str, str], ...] = (
    ("Oracle", "11g", "EE", "Aurora PostgreSQL", "BYOL"),
    ("SQL Server", 2016.0, "Standard", "SQL Server", "License included"),
    ("MySQL", 5.7, "", "Aurora MySQL", "No license required"),
    ("Oracle", "19c", "SE2", "Oracle", "Bring your own license"),
    ("SQL Server", 2012.0, "Enterprise", "SQL Server", "BYOL"),
    ("PostgreSQL", 12.0, "", "Aurora PostgreSQL", "No license required"),
)

_SIZES = ((1, 2, 8), (2, 2, 16), (2, 4, 32), (2, 8, 64), (4, 8, 128), (4, 12, 256))
_WEIGHTS = (28, 30, 22, 12, 6, 2)
_ENVIRONMENTS = ("prod", "non-prod", "dev", "Test", "DR")
_ENVIRONMENT_WEIGHTS = (46, 8, 20, 18, 8)
_HYPERVISORS = ("VMware ESXi", "VMware ESXi", "Hyper-V", "KVM")
_BUSINESS = ("Billing", "Orders", "Payroll", "Portal", "Reporting", "Stock", "Support", "Claims")


@dataclass(frozen=True)
class Estate:
    """The rows of each sheet, under its header."""

    servers: Rows
    databases: Rows
    applications: Rows
    server_applications: Rows
    communications: Rows
    database_applications: Rows
    dependencies: Rows


def make_estate(servers: int, rng: Random) -> Estate:
    """Invent an estate of so many servers."""
    applications = max(2, servers // 12)
    databases = max(1, round(servers / 14))
    app_ids = [f"APP-{i:04}" for i in range(1, applications + 1)]
    return Estate(
        servers=[_server(i, rng) for i in range(1, servers + 1)],
        databases=[_database(i, servers, rng) for i in range(1, databases + 1)],
        applications=[_application(i, id_, rng) for i, id_ in enumerate(app_ids, 1)],
        server_applications=[
            (app_ids[(i * 7) % applications], _server_id(i)) for i in range(1, servers + 1)
        ]
        + [("APP-9999", _server_id(1))],
        communications=[_communication(rng, servers) for _ in range(max(5, servers // 4))]
        + [_communication_between("SRV-RETIRED", _server_id(1), rng)],
        database_applications=[
            (f"DB-{i:04}", app_ids[(i * 5) % applications], rng.choice(("High", "Medium", "Low")))
            for i in range(1, databases + 1)
        ]
        + [("DB-OLD", app_ids[0], "Low")],
        dependencies=[(a, b, rng.choice(("high", "medium"))) for a, b in pairwise(app_ids)],
    )


def _server_id(number: int) -> str:
    return f"SRV-{number:05}"


def _every(number: int, period: int, phase: int) -> bool:
    return number % period == phase


def _server(number: int, rng: Random) -> tuple[Cell, ...]:
    system, version, _ = rng.choices(_SYSTEMS, [s[2] for s in _SYSTEMS])[0]
    cpus, cores, ram = rng.choices(_SIZES, _WEIGHTS)[0]
    environment = rng.choices(_ENVIRONMENTS, _ENVIRONMENT_WEIGHTS)[0]
    physical = rng.randrange(5) == 0  # one in five
    hypervisor = "" if physical else rng.choice(_HYPERVISORS)
    peak, average, ram_peak, ram_average = _utilisation(number, rng)
    memory: Cell = float(ram)
    disk: Cell = rng.choice((80, 120, 200, 250, 400, 500, 750, 1000, 2000))
    if _every(number, 10, 3):  # a tenth carries its unit
        disk = f"{disk} GB"
    elif _every(number, 50, 7):
        disk = "1,5 TB"
    elif _every(number, 20, 9):
        memory = Formula(f"={ram // 2}*2", float(ram))
    if _every(number, 90, 11):  # contradicts its 16 cores and more
        cpus, cores, memory = 4, 4, 0.5
    if _every(number, 120, 17):  # a physical server cannot have one
        physical, hypervisor = True, "VMware ESXi"
    uptime: Cell = rng.choice((0.5, 0.9, 0.98, 1.0))
    if _every(number, 150, 21):
        uptime = Formula("=NA()", "#N/A")
    elif _every(number, 150, 22):
        uptime = Formula("=1-Z1", "")
    return (
        _server_id(number),
        "Physical" if physical else "Virtual",
        hypervisor,
        f"host{number:05}",
        system,
        version,
        cpus,
        cores,
        2 if physical else 1,
        peak,
        average,
        memory,
        ram_peak,
        ram_average,
        uptime,
        environment,
        disk,
        rng.randint(20, 92),
        f"{rng.choice((64, 128, 256, 512))} KB",
        f"{rng.choice((32, 64, 128))} KB",
    )


def _utilisation(number: int, rng: Random) -> tuple[float, float, float, float]:
    """Return CPU peak and average as fractions, RAM peak and average as percent."""
    if _every(number, 12, 5):  # what a collector writes for machines without history
        return 0.25, 0.25, 60.0, 60.0
    peak = round(min(0.98, rng.betavariate(2.2, 3)), 3)
    ram_peak = round(min(97.0, 20 + 75 * rng.betavariate(3, 2)), 1)
    if _every(number, 75, 13):  # an average above its peak
        return peak, round(min(1.0, peak + 0.015), 3), ram_peak, ram_peak
    return (
        peak,
        round(peak * rng.uniform(0.2, 0.6), 3),
        ram_peak,
        round(ram_peak * rng.uniform(0.5, 0.9), 1),
    )


def _database(number: int, servers: int, rng: Random) -> tuple[Cell, ...]:
    engine, version, edition, target, license_model = _ENGINES[(number - 1) % len(_ENGINES)]
    has_code = engine in ("Oracle", "SQL Server")
    orphan = _every(number, 25, 4)
    host = "SRV-GONE" if orphan else _server_id(1 + (number * 13) % servers)
    peak = rng.choice((200, 500, 1200, 4000))
    return (
        f"DB-{number:04}",
        f"{_BUSINESS[number % len(_BUSINESS)]} data {number}",
        f"INST{number:04}",
        engine,
        version,
        edition,
        rng.choice((20, 60, 150, 400, 900, 2500)),
        host,
        target,
        rng.choice(("Multi-AZ", "Single-AZ")),
        "Data team",
        "data@example.com",
        "",
        license_model,
        "N",
        rng.choice(("Y", "N")),
        "Y" if engine == "Oracle" and _every(number, 12, 1) else "N",
        peak,
        peak * 3 // 4,
        rng.randint(1, 5),
        rng.choice(("Rehost", "Replatform", "")),
        rng.choice((2, 4, 8, 16)),
        rng.choice((100, 400, 900)),
        204800,
        rng.choice((0, 1500, 12000, 40000)) if has_code else "",
        rng.choice((0, 200, 3000)) if has_code else "",
        rng.randint(10, 100),
        rng.choice((50, 100, 250)),
    )


def _application(number: int, id_: str, rng: Random) -> tuple[Cell, ...]:
    business = _BUSINESS[number % len(_BUSINESS)]
    recovery = rng.choice(("Hot", "Warm", "Cold", "None"))
    cells: dict[str, Cell] = {
        "Application ID": id_,
        "Reference ID": f"REF-{number:04}",
        "Application Name": f"{business} {number}",
        "Description": f"{business} for one business unit",
        "Business Unit": rng.choice(("Finance", "Sales", "Operations", "IT")),
        "Business Owner": f"Head of {business}",
        "Business Owner Email": "owner@example.com",
        "Business Criticality": rng.choice(("High", "Medium", "Low")),
        "Application Type": rng.choice(("Web application", "Client/server", "Batch")),
        "Recovery Point Objective (hours)": rng.choice((1, 4, 12, 24)),
        "Recovery Time Objective (hours)": rng.choice((1, 4, 8, "30 min")),
        "Availability": rng.choice(("24/7", "Business hours")),
        "Revenue Generating (Y/N)": rng.choice(("Yes", "No")),
        "Number of Users": rng.choice((30, 120, 800, 3000)),
        "User Location": rng.choice(("EU", "USA", "EU, USA")),
        "Operating Hours per Day": rng.choice((12, 24)),
        "Migration Strategy": rng.choice(("", "Rehost", "Replatform", "Retire", "Rearchitect")),
        "Environment Type": rng.choice(("Prod", "Dev")),
        "Database ": rng.choice(("Oracle", "SQL Server", "MySQL", "")),
        "File System": rng.choice(("NTFS", "Ext4")),
        "Architecture Type": rng.choice(("Monolith", "Microservices", "N-tier")),
        "Lifecycle Status": "Active",
        "Development Methodology": rng.choice(("Waterfall", "Agile", "CI/CD")),
        "License Requirements": rng.choice(("Yes", "No")),
        "COTS Software (Y/N)": rng.choice(("Yes", "No")),
        "Compliance Framework": rng.choice(("PCI DSS", "ISO 27001", "")),
        "Data Classification": rng.choice(("Confidential", "Restricted", "Internal")),
        "Data Encryption": rng.choice(("Yes", "No")),
        "Penetration Test": rng.choice(("Yes", "No")),
        "Maintenance Cycle": rng.choice(("Weekly", "Monthly")),
        "Backup Process": rng.choice(("Yes", "Yes", "No")),
        "Disaster Recovery (Y/N)": "N" if recovery == "None" else "Y",
        "Disaster Recovery Plan": recovery,
    }
    return tuple(cells.get(header) for header in APPLICATION_HEADERS)


def _communication(rng: Random, servers: int) -> tuple[Cell, ...]:
    source, target = rng.randint(1, servers), rng.randint(1, servers)
    return _communication_between(_server_id(source), _server_id(target), rng)


def _communication_between(source: str, target: str, rng: Random) -> tuple[Cell, ...]:
    process = f"d-process-{rng.randrange(16**12):012x}"
    return (
        source,
        process,
        f"10.0.{rng.randrange(256)}.{rng.randrange(1, 255)}",
        rng.randrange(32768, 60999),
        target,
        f"10.0.{rng.randrange(256)}.{rng.randrange(1, 255)}",
        process[::-1],
        rng.choice((22, 80, 443, 1433, 1521, 3306, 5432)),
        "Ipv4",
        "TCP",
        rng.randrange(1, 100_000),
        "Active",
    )
