"""RVTools exports of an invented estate, in each generation of headers."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from samples.machines import Machine, hosts_of, shown

Cell = str | int | float | bool | None
Sheets = Mapping[str, Sequence[Sequence[Cell]]]
Generation = Literal["4.x", "3.x", "oldest"]

SWAP_MIB_PER_GB = 1024
"""Provisioned space counts swap as large as the memory."""

_INFO = {
    "VM": ("VM", "vInfoVMName"),
    "Powerstate": ("Powerstate", "vInfoPowerstate"),
    "Template": ("Template", "vInfoTemplate"),
    "SRM Placeholder": ("SRM Placeholder", "vInfoSRMPlaceHolder"),
    "DNS Name": ("DNS Name", "vInfoGuestHostName"),
    "CPUs": ("CPUs", "vInfoCPUs"),
    "Memory": ("Memory", "vInfoMemory"),
    "Active Memory": ("Active Memory", "vInfoActiveMemory"),
    "NICs": ("NICs", "vInfoNICs"),
    "Disks": ("Disks", "vInfoNumVirtualDisks"),
    "Total disk capacity MiB": ("", "vInfoTotalDiskCapacityMiB"),
    "Provisioned MiB": ("Provisioned MB", "vInfoProvisioned"),
    "In Use MiB": ("In Use MB", "vInfoInUse"),
    "Primary IP Address": ("Primary IP Address", "vInfoPrimaryIPAddress"),
    "Datacenter": ("Datacenter", "vInfoDataCenter"),
    "Cluster": ("Cluster", "vInfoCluster"),
    "Host": ("Host", "vInfoHost"),
    "OS according to the configuration file": (
        "OS according to the configuration file",
        "vInfoOS",
    ),
    "OS according to the VMware Tools": ("OS according to the VMware Tools", "vInfoOSTools"),
    "VM ID": ("", "vInfoVMID"),
    "VM UUID": ("VM UUID", "vInfoUUID"),
}
"""Headers of 4.x, with those of 3.x and the oldest; "" = there is none."""


def rvtools(
    machines: Sequence[Machine],
    generation: Generation = "4.x",
    *,
    performance: bool = False,
) -> Sheets:
    """Return the tables of an export by the names of their tabs.

    Args:
        machines: What there is.
        generation: Of headers.
        performance: Whether utilisation is there, as export-for-vcenter adds it.
    """
    place = {"4.x": -1, "3.x": 0, "oldest": 1}[generation]
    headers = {new: new if place < 0 else names[place] for new, names in _INFO.items()}
    kept = [new for new, header in headers.items() if header]
    old = generation == "oldest"
    unit = "MB" if generation == "3.x" else "MiB"
    sheets: dict[str, Sequence[Sequence[Cell]]] = {
        "vInfo": [
            [headers[name] for name in kept],
            *([row[name] for name in kept] for row in map(_info, machines)),
        ],
        "vDisk": [
            _header("vDisk", old, "VM", "Disk", f"Capacity {unit}", "Thin", "Sharing mode"),
            *_disks(machines),
        ],
        "vPartition": [
            _header("vPartition", old, "VM", "Disk", f"Capacity {unit}", f"Consumed {unit}"),
            *_partitions(machines),
        ],
        "vHost": [
            _header(
                "vHost", old, "Host", "Datacenter", "Cluster", "CPU Model", "# CPU", "ESX Version"
            ),
            *(
                (host, "DC", cluster, "Xeon", 2, "VMware ESXi 7.0.3")
                for host, cluster in hosts_of(machines).items()
            ),
        ],
        "vDatastore": [("Name", "Config status", "Address"), ("ds-1", "green", "/vmfs/1")],
    }
    if performance:
        sheets["vcexport_tabvPerformance"] = list(_performance(machines))
    return sheets


def _header(tab: str, old: bool, *names: str) -> list[str]:  # noqa: FBT001 - one place
    if not old:
        return list(names)
    words = {"VM": "VMName", "Host": "Name", "# CPU": "NumCpu", "CPU Model": "CpuModel"}
    joined = {name: "".join(w[0].upper() + w[1:] for w in name.split()) for name in names}
    return [tab + words.get(name, joined[name]) for name in names]


def _info(machine: Machine) -> Mapping[str, Cell]:
    disk_mib = machine.disk_gb * 1024
    return {
        "VM": machine.name,
        "Powerstate": "poweredOn" if machine.is_powered_on else "poweredOff",
        "Template": machine.is_template,
        "SRM Placeholder": False,
        "DNS Name": f"{machine.name}.example.com",
        "CPUs": machine.cpus,
        "Memory": machine.ram_gb * 1024,
        "Active Memory": machine.ram_gb * 100,
        "NICs": 1,
        "Disks": 2,
        "Total disk capacity MiB": disk_mib,
        "Provisioned MiB": disk_mib + machine.ram_gb * SWAP_MIB_PER_GB,
        "In Use MiB": machine.disk_used_gb * 1024,
        "Primary IP Address": machine.ip_address,
        "Datacenter": "DC",
        "Cluster": machine.cluster,
        "Host": machine.host,
        "OS according to the configuration file": f"{machine.os_name} (64-bit)",
        # The tools of a machine that is switched off say nothing.
        "OS according to the VMware Tools": machine.system if machine.is_powered_on else "",
        "VM ID": machine.moref,
        "VM UUID": machine.uuid,
    }


def _disks(machines: Iterable[Machine]) -> Iterable[Sequence[Cell]]:
    for machine in machines:
        first = machine.disk_gb * 1024 // 4
        yield machine.name, "Hard disk 1", first, True, "sharingNone"
        yield machine.name, "Hard disk 2", machine.disk_gb * 1024 - first, False, "sharingNone"


def _partitions(machines: Iterable[Machine]) -> Iterable[Sequence[Cell]]:
    for machine in machines:
        if not machine.is_powered_on:
            continue
        first, used = machine.disk_gb * 1024 // 4, machine.disk_used_gb * 1024 // 4
        rest = machine.disk_gb * 1024 - first
        yield machine.name, "C:\\", first, used
        yield machine.name, "D:\\", rest, machine.disk_used_gb * 1024 - used


def _performance(machines: Iterable[Machine]) -> Iterable[Sequence[Cell]]:
    yield (
        "VM Name", "VM UUID", "maxCpuUsagePctDec", "avgCpuUsagePctDec", "maxRamUsagePctDec",
        "avgRamUtlPctDec", "Storage-Max Read IOPS Size", "Storage-Max Write IOPS Size",
        "Timestamp",
    )  # fmt: skip
    for machine in machines:
        shares = (machine.cpu_peak, machine.cpu_avg, machine.ram_peak, machine.ram_avg)
        if machine.is_powered_on:
            yield machine.name, machine.uuid, *map(shown, shares), 0, 0, "2026-01-05 09:00:00"
