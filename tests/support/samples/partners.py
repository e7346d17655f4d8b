"""What partners' and other vendors' tools export of an invented estate, each in its own words.

What they recommend stands beside what they observed, and always differs from it: a reader that
mixes the two is found out.
"""

from collections.abc import Mapping, Sequence

from samples.machines import Machine, shown

from opportune.documents.samples.questionnaire import Rows

MB_PER_GB = 1024
TITLE = ("Report of an invented estate",)
"""Some tools write a title above the headers."""


def cloudamize(machines: Sequence[Machine]) -> Mapping[str, Rows]:
    """Return a workbook of three sheets, their headers on row 2."""
    return {
        "Compute": [
            TITLE,
            ("Server Name", "OS Version", "MS SQL Edition", "Observed vCPU", "Recommended vCPU",
             "Observed Memory Provisioned (GB)", "Recommended Memory (GB)",
             "Recommended Instance"),
            *((m.name, m.system, m.sql_edition, m.cpus, m.cpus + 2, m.ram_gb, m.ram_gb * 3,
               "r7i.large") for m in machines),
        ],
        "Storage": [
            TITLE,
            ("Server Name", "Observed Disk Capacity (GB)", "Recommended Cloud Capacity (GB)"),
            *((m.name, m.disk_gb, m.disk_gb * 2) for m in machines),
        ],
        "Network": [TITLE, ("Server Name", "GB/month leaving server"),
                    *((m.name, 12.5) for m in machines)],
    }  # fmt: skip


def cloudamize_dashboard(machines: Sequence[Machine]) -> Mapping[str, Rows]:
    """Return a workbook with all in one sheet."""
    header = (
        "Server Name", "OS Version", "MS SQL Edition", "Recommended vCPU", "Observed vCPU",
        "Recommended Memory", "Observed Memory Provisioned", "Recommended Instance",
        "Recommended Cloud Capacity", "Observed Disk Capacity", "GB/month leaving server",
    )  # fmt: skip
    rows = [
        (m.name, m.system, m.sql_edition, m.cpus + 2, m.cpus, m.ram_gb * 3, m.ram_gb, "r7i.large",
         m.disk_gb * 2, m.disk_gb, 12.5)
        for m in machines
    ]  # fmt: skip
    return {"Dashboard-All-Infrastructures": [TITLE, header, *rows]}


def matilda(machines: Sequence[Machine]) -> Mapping[str, Rows]:
    """Return a workbook of three sheets."""
    return {
        "Host Details": [
            ("Host Name", "IP Address", "Platform", "Operating System", "Version", "Environment",
             "Memory (GB)", "Logical Processors", "Databases/Caches", "OS EOL Status",
             "OS Support End Date", "Recomm. Instance Type", "Migration Strategy", "AppServices"),
            *((m.name, m.ip_address, "VMware", m.os_name, m.os_version, m.environment, m.ram_gb,
               m.cpus, "", "Supported", "2029-01-09", "m7i.large", "Rehost",
               ", ".join(m.applications)) for m in machines),
        ],
        "Instance Assessment Summary": [("Category", "Count"), ("Hosts", len(machines))],
        "Instance TCO Right Sizing": [
            ("Host Name", "Recomm. Instance Type", "Recomm. vCPU", "Recomm. Memory", "Annual Cost"),
            *((m.name, "m7i.large", m.cpus + 2, m.ram_gb * 3, 900) for m in machines),
        ],
    }  # fmt: skip


def concierto(machines: Sequence[Machine]) -> Mapping[str, Rows]:
    """Return a workbook whose headers stand on row 2, with its misspelling."""
    return {
        "Inventory Master": [
            TITLE,
            ("Host Name ", "IP Address", "Is Virtual?", "Operating System", "CPU Count",
             "Memory (MB)", "Cpu Utilization Peak (%)", "Cpu Utilization Avg (%)",
             "Memory Utilization Peak (%)", "Memory Utilization Avg (%)",
             "Provisioned Storage (GB)", "Utilized Storage (GB)", "Environment",
             "VM Funcationality", "SQL Edition"),
            *((m.name, m.ip_address, "Yes", m.system, m.cpus, m.ram_gb * MB_PER_GB, *_percents(m),
               m.disk_gb, m.disk_used_gb, m.environment, "Application server", m.sql_edition)
              for m in machines),
        ],
        "App to IP Mapping": [
            TITLE,
            ("Application Name", "IP Address"),
            *((name, m.ip_address) for m in machines for name in m.applications),
        ],
    }  # fmt: skip


def proserve(machines: Sequence[Machine]) -> Mapping[str, Rows]:
    """Return an inventory template: RAM in MB, used storage as GB and as percent."""
    return {
        "Infrastructure": [
            ("hostName", "ipAddress", "osName", "osVersion", "totalNumCpus", "totalNumCores",
             "totalRAM", "storage_provisioned_gb", "storage_util_gb", "storage_util_pct",
             "avgCpuUsagePct", "maxCpuUsagePct", "Environment", "Performance Profile"),
            *((m.name, m.ip_address, m.os_name, m.os_version, m.cpus, m.cpus,
               m.ram_gb * MB_PER_GB, m.disk_gb, m.disk_used_gb,
               round(100 * m.disk_used_gb / m.disk_gb, 1), shown(m.cpu_avg), shown(m.cpu_peak),
               m.environment, "General") for m in machines),
        ],
    }  # fmt: skip


def azure_migrate(machines: Sequence[Machine]) -> Rows:
    """Return a CSV import file: RAM in MB, a column per disk."""
    return [
        ("*Server name", "IP addresses", "*Cores", "*Memory (In MB)", "*OS name", "OS version",
         "OS architecture", "CPU utilization percentage", "Memory utilization percentage",
         "Network adapters", "Boot type", "Number of disks", "Storage in use (In GB)",
         "Disk 1 size (In GB)", "Disk 2 size (In GB)"),
        *((m.name, m.ip_address, m.cpus, m.ram_gb * MB_PER_GB, m.os_name, m.os_version, "x64",
           shown(m.cpu_avg), shown(m.ram_avg), 1, "BIOS", 2, m.disk_used_gb, m.disk_gb // 2,
           m.disk_gb - m.disk_gb // 2) for m in machines),
    ]  # fmt: skip


def google_vm_info(machines: Sequence[Machine]) -> Rows:
    """Return a vmInfo.csv."""
    return [
        ("MachineId", "MachineName", "PrimaryIPAddress", "MachineStatus",
         "AllocatedProcessorCoreCount", "MemoryGiB", "TotalDiskAllocatedGiB", "TotalDiskUsedGiB",
         "OsName", "OsVersion"),
        *((m.uuid, m.name, m.ip_address, "running" if m.is_powered_on else "stopped", m.cpus,
           m.ram_gb, m.disk_gb, m.disk_used_gb, m.os_name, m.os_version) for m in machines),
    ]  # fmt: skip


def factory_intake(machines: Sequence[Machine]) -> Rows:
    """Return an intake form of Cloud Migration Factory: a plan, without sizes."""
    return [
        ("wave_name", "app_name", "aws_region", "aws_accountid", "server_name",
         "server_os_family", "server_os_version", "server_fqdn", "server_tier",
         "server_environment", "r_type", "instanceType", "tenancy", "tags"),
        *(("wave1", ", ".join(m.applications), "us-east-1", "111122223333", m.name, m.os_name,
           m.os_version, f"{m.name}.example.com", "web", m.environment, "Rehost", "m5.large",
           "Shared", "") for m in machines),
    ]  # fmt: skip


def mgn_import(machines: Sequence[Machine]) -> Rows:
    """Return an import file of Application Migration Service."""
    return [
        ("mgn:account-id", "mgn:region", "mgn:wave:name", "mgn:app:name",
         "mgn:server:user-provided-id", "mgn:server:platform",
         "mgn:server:fqdn-for-action-framework", "mgn:server:tag:Environment",
         "mgn:launch:instance-type"),
        *(("111122223333", "us-east-1", "wave1", ", ".join(m.applications), m.uuid, m.os_name,
           m.name, m.environment, "m5.large") for m in machines),
    ]  # fmt: skip


def _percents(machine: Machine) -> tuple[float, float, float, float]:
    return (
        shown(machine.cpu_peak),
        shown(machine.cpu_avg),
        shown(machine.ram_peak),
        shown(machine.ram_avg),
    )
