"""AWS Application Discovery Service: its agents and its collector, and the keys of its API."""

from opportune.documents.inventory import layouts
from opportune.documents.inventory.layouts import Caveat, layout
from opportune.documents.inventory.recognition import family
from opportune.documents.quality import Code

_PERCENT = "percent"

_DISCOVERED = {
    "id": "serverid configid configurationid agentid id",
    "hostname": "vmname",
    "other_name": "hostname",
    "moref": "morefid vcenterid connectorid",
    "os_name": "osname",
    "os_version": "osversion",
    "hypervisor": "hypervisor",
    "sockets": "totalnumcpus numcpus",
    "total_cores": "totalnumcores",
    "cores_per_cpu": "numcores",
    "total_threads": "totalnumlogicalprocessors",
    "ram_gb": "totalram",
    "ram_free_avg_gb": "avgfreeram",
    "ram_free_peak_gb": "minfreeram freeram",
    "disk_gb": "totaldisksize",
    "disk_free_gb": "totaldiskfreesize",
    "cpu_peak_fraction": "maxcpuusagepct totalcpuusagepct",
    "cpu_avg_fraction": "avgcpuusagepct",
    "is_powered_on": "powerstate",
    "ip_address": "ipaddress",
}
_DISCOVERED_DERIVED = {
    "hostname": "other_name",
    "id": "hostname other_name",
    "cores": "total_cores cores_per_cpu sockets total_threads",
    "threads": "total_threads total_cores cores_per_cpu sockets",
    "ram_avg_fraction": "ram_free_avg_gb",
    "ram_peak_fraction": "ram_free_peak_gb",
    "disk_used_fraction": "disk_free_gb",
}
_DISCOVERED_UNITS = {
    "ram_gb": "mb",
    "ram_free_avg_gb": "mb",
    "ram_free_peak_gb": "mb",
    "disk_gb": "mb|moref|gb",
    "disk_free_gb": "mb|moref|gb",
}
_FREE = Caveat(
    Code.UNIT_DECIDED,
    "Free RAM is what is left: it is read as total minus free.",
    frozenset(("avgfreeram", "minfreeram", "freeram")),
)

_SERVERS = layout(
    layouts.SERVERS,
    _DISCOVERED,
    ("id hostname other_name", "sockets total_cores ram_gb os_name"),
    3,
    _DISCOVERED_DERIVED,
    prefixes="serverperformance server",
    units=_DISCOVERED_UNITS,
    shares=_PERCENT,
    caveats=(_FREE,),
)

_SAMPLES = layout(
    layouts.SERVER_FACTS,
    _DISCOVERED | {"timestamp": "timestamp"},
    ("id", "timestamp", "sockets ram_gb disk_gb cpu_peak_fraction cpu_avg_fraction"),
    4,
    _DISCOVERED_DERIVED,
    prefixes="serverperformance server",
    units=_DISCOVERED_UNITS,
    shares=_PERCENT,
    caveats=(_FREE,),
)

DISCOVERY = family(
    "ads-export",
    "an export of AWS Application Discovery Service",
    (_SERVERS, _SAMPLES),
    "totalnumcpus totalnumcores totalnumlogicalprocessors totaldisksize totaldiskfreesize "
    "avgfreeram minfreeram freeram maxcpuusagepct avgcpuusagepct totalcpuusagepct morefid "
    "vcenterid smbiosid connectorid configid agentid datacenterid vmfolderpath numnetworkcards "
    "numdisks cputype avgdiskbytesreadpersecond maxdiskbytesreadpersecond avgdiskreadiops "
    "serveragentid serverconfigurationid serverperformanceavgcpuusagepct "
    "serverperformancemaxcpuusagepct serverperformancenumcpus serverperformancetotalram "
    "serverperformanceavgfreeram",
)
