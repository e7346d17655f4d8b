"""The discovery tool of AWS Transform: the zip that it exports, and single CSV files of it."""

from itertools import product

from opportune.documents.families import mpa, plain_list
from opportune.documents.inventory import layouts
from opportune.documents.inventory.layouts import layout
from opportune.documents.inventory.recognition import family

_PERCENT = "percent"


def _statistic_keys(things: str, statistics: str) -> str:
    """Return the keys of a statistic of a thing in every order: "cpuutilizationavg avgcpu..."."""
    return " ".join(
        f"{a}{b} {b}{a} {a}pct{b} {b}{a}pct {a}{b}percent {a}percent{b} {b}{a}percent"
        for a, b in product(things.split(), statistics.split())
    )


_CPU = "cpuutilization cpuusage cpu"
_RAM = "memoryutilization memoryusage memory ramutilization ramusage ram"
_PEAK, _MEAN = "peak max maximum", "avg average mean"

_VMWARE = layout(
    layouts.SERVERS,
    {
        "id": "vmid",
        "uuid": "vmuuid",
        "hostname": "vmname",
        "total_cores": "cpus",
        "is_powered_on": "powerstate",
        "host": "host",
        "ip_address": "primaryipaddress",
        "ram_gb": "memory",
        "disk_gb": "totaldiskcapacity",
        "os_name": "osaccordingtothevmwaretools",
        "os_configured": "osaccordingtotheconfigurationfile",
        "cpu_peak_fraction": "maxcpuusagepctdec",
        "cpu_avg_fraction": "avgcpuusagepctdec",
        "ram_peak_fraction": "maxramusagepctdec",
        "ram_avg_fraction": "avgramutlpctdec avgramusagepctdec",
    },
    ("id hostname", "total_cores ram_gb disk_gb"),
    3,
    {
        "id": "hostname",
        "os_name": "os_configured",
        "cores": "total_cores",
        "threads": "total_cores",
    },
    units={"ram_gb": "mb", "disk_gb": "mib"},
    shares=_PERCENT,
    constants={"is_virtual": True},
    fallbacks={"os_name": "os_configured"},
)

_INVENTORY = layout(
    layouts.SERVERS,
    {},
    ("id hostname", "sockets total_cores total_threads ram_gb disk_gb os_name"),
    3,
    base=plain_list.SERVERS,
    units={"ram_gb": "mb"},
    shares=_PERCENT,
)

_METRICS = layout(
    layouts.SERVER_FACTS,
    {
        "id": "serverid vmid",
        "hostname": "hostname servername vmname",
        "ip_address": "ipaddress primaryipaddress",
        "cpu_peak_fraction": _statistic_keys(_CPU, _PEAK),
        "cpu_avg_fraction": _statistic_keys(_CPU, _MEAN),
        "ram_peak_fraction": _statistic_keys(_RAM, _PEAK),
        "ram_avg_fraction": _statistic_keys(_RAM, _MEAN),
    },
    (
        "id hostname ip_address",
        "cpu_peak_fraction cpu_avg_fraction ram_peak_fraction ram_avg_fraction",
    ),
    2,
    shares=_PERCENT,
)

_STORAGE = layout(
    layouts.SERVER_PARTS,
    {
        "id": "serverid vmid",
        "hostname": "hostname servername vmname",
        "disk": "diskid disk diskname device devicename volume volumeid volumename mountpoint lun",
        "size_gb": "size disksize capacity totalcapacity totalsize volumesize sizetotal",
        "used_gb": "used usedspace usedsize usedcapacity spaceused",
        "free_gb": "free freespace freesize availablespace available",
    },
    ("id hostname", "disk", "size_gb"),
    3,
    {"disk_gb": "size_gb", "disk_used_fraction": "used_gb free_gb"},
)

_NETWORK = layout(
    layouts.SERVER_FACTS,
    {
        "id": "serverid vmid",
        "hostname": "hostname servername vmname",
        "ip_address": "ipaddress ip ipv4address ipaddresses ipv4",
        "mac": "macaddress mac",
    },
    ("id hostname", "ip_address", "mac"),
    3,
)

_DATABASES = layout(
    "databases",
    {
        "version": "version",
        "edition": "edition",
        "is_engine": "isenginecomponent",
        "service": "sqlservicename displayname",
        "is_clustered": "isclustered",
        "server_id": "vmid",
        "server_id_host": "vmname computername",
    },
    ("id name instance service", "engine version edition"),
    3,
    base=mpa.DATABASES,
)

TRANSFORM = family(
    "transform-export",
    "an export of AWS Transform's discovery tool",
    (_INVENTORY, _VMWARE, _METRICS, _STORAGE, _NETWORK, _DATABASES, *mpa.LINKS),
    "vmname vmid vmuuid primaryipaddress totaldiskcapacity "
    "osaccordingtotheconfigurationfile maxcpuusagepctdec avgcpuusagepctdec maxramusagepctdec "
    "avgramutlpctdec isenginecomponent sqlservicename sqlservicetype "
    + _statistic_keys(f"{_CPU} {_RAM}", "p95"),
)
