"""RVTools, as a workbook or as its CSV files, in all generations of headers.

4.x writes "Provisioned MiB", 3.x "Provisioned MB", the oldest (and merged) `vInfoProvisioned`.
awslabs/export-for-vcenter writes the same tables as CSV, and one with utilisation.
"""

from opportune.documents.inventory import layouts
from opportune.documents.inventory.layouts import Caveat, layout
from opportune.documents.inventory.recognition import family
from opportune.documents.quality import Code

_MACHINE = {
    "id": "vmuuid uuid",
    "hostname": "vm vmname",
    "dns_name": "dnsname guesthostname",
    "moref": "vmid objectid",
    "is_powered_on": "powerstate",
    "is_template": "template",
    "placeholder": "srmplaceholder",
    "ip_address": "primaryipaddress primaryip",
    "host": "host",
    "cluster": "cluster",
    "os_name": "osaccordingtothevmwaretools ostools",
    "os_configured": "osaccordingtotheconfigurationfile osaccordingtotheconfiguration os",
    "environment": "environment env",
    "applications": "application applications",
    "uuid": "smbiosuuid",
    "vcenter": "visdkserver",
    "vcenter_uuid": "visdkuuid",
    "folder": "folder",
    "pool": "resourcepool",
    "vapp": "vapp",
    "notes": "annotation",
}
_MB = dict.fromkeys(
    ("ram_gb", "disk_gb", "disk_provisioned_gb", "disk_in_use_gb", "size_gb", "used_gb", "free_gb"),
    "mib",
)
"""Memory is in MiB without a word of it; the oldest headers name no unit at all."""
_VIRTUAL = {"is_virtual": True, "hypervisor": "VMware"}
_NO_HISTORY = "peaks stay unknown unless another file has them, and nothing is right-sized by it."

_INFO = layout(
    layouts.SERVERS,
    _MACHINE
    | {
        "total_cores": "cpus numcpu vcpus",
        "ram_gb": "memory memorysize",
        "disk_gb": "totaldiskcapacity",
        "disk_provisioned_gb": "provisioned provisionedspace",
        "disk_in_use_gb": "inuse usedspace",
    },
    ("hostname", "total_cores ram_gb", "ram_gb disk_gb is_powered_on os_name os_configured"),
    3,
    {
        "id": "hostname",
        "cores": "total_cores",
        "threads": "total_cores",
        "os_name": "os_configured",
        "placeholder": "is_template",
    },
    prefixes="vinfo",
    units=_MB,
    constants=_VIRTUAL,
    fallbacks={
        "os_name": "os_configured",
        "disk_gb": "disk_provisioned_gb",
        "disk_used_fraction": "disk_in_use_gb",
    },
    caveats=(
        Caveat(Code.NOT_EVIDENCE, f"RVTools has no history of utilisation: {_NO_HISTORY}"),
        Caveat(
            Code.NOT_EVIDENCE,
            "Provisioned counts thin disks at their full size, and swap: it is never taken for "
            "what is in use.",
            frozenset(("provisioned", "vinfoprovisioned")),
        ),
        Caveat(
            Code.NOT_EVIDENCE,
            f"Active memory is that of one moment: {_NO_HISTORY}",
            frozenset(("activememory", "vinfoactivememory")),
        ),
    ),
)

_CPU = layout(
    layouts.SERVER_FACTS,
    _MACHINE
    | {
        "total_cores": "cpus",
        "sockets": "sockets",
        "cores_in_socket": "coresps corespersocket",
        "overall_mhz": "overall",
    },
    ("id hostname", "sockets cores_in_socket overall_mhz"),
    3,
    {"cores": "total_cores", "threads": "total_cores"},
    prefixes="vcpu",
    caveats=(
        Caveat(
            Code.NOT_EVIDENCE,
            f"'Overall' is the load of one moment, in MHz: {_NO_HISTORY}",
            frozenset(("overall", "vcpuoverall")),
        ),
    ),
)

_MEMORY = layout(
    layouts.SERVER_FACTS,
    _MACHINE
    | {
        "ram_gb": "size memorysize",
        "consumed": "consumed",
        "active": "active",
        "ballooned": "ballooned",
        "reservation": "reservation",
    },
    ("id hostname", "ram_gb", "consumed active ballooned reservation"),
    3,
    prefixes="vmemory",
    units=_MB,
    caveats=(
        Caveat(
            Code.NOT_EVIDENCE,
            f"Active and consumed memory are those of one moment: {_NO_HISTORY}",
            frozenset(("active", "consumed", "vmemoryactive", "vmemoryconsumed")),
        ),
    ),
)

_PARTITION = layout(
    layouts.SERVER_PARTS,
    _MACHINE
    | {
        "size_gb": "capacity",
        "used_gb": "consumed",
        "free_gb": "free",
        "disk": "disk",
    },
    ("id hostname", "size_gb", "used_gb free_gb"),
    3,
    {"disk_gb": "size_gb", "disk_used_fraction": "used_gb free_gb"},
    prefixes="vpartition",
    units=_MB,
)

_DISK = layout(
    layouts.SERVER_PARTS,
    _MACHINE
    | {
        "size_gb": "capacity",
        "disk": "disk",
        "mode": "diskmode",
        "path": "path diskpath",
        "raw": "raw",
        "thin": "thin",
        "shared": "sharingmode sharedbus",
    },
    ("id hostname", "size_gb", "disk mode path raw thin shared"),
    3,
    {"disk_gb": "size_gb"},
    prefixes="vdisk",
    units=_MB,
)

_HOST = layout(
    layouts.HOSTS,
    {
        "host": "host name",
        "cluster": "cluster",
        "cpu_model": "cpumodel",
        "cpus": "cpu numcpu",
        "cores": "cores numcpucores",
    },
    ("host", "cluster", "cpu_model cpus cores"),
    3,
    prefixes="vhost",
)

_PERFORMANCE = layout(
    layouts.SERVER_FACTS,
    {
        "id": "vmuuid",
        "hostname": "vmname vm",
        "cpu_peak_fraction": "maxcpuusagepctdec",
        "cpu_avg_fraction": "avgcpuusagepctdec",
        "ram_peak_fraction": "maxramusagepctdec",
        "ram_avg_fraction": "avgramutlpctdec avgramusagepctdec",
    },
    ("id hostname", "cpu_peak_fraction cpu_avg_fraction ram_peak_fraction ram_avg_fraction"),
    3,
    shares="percent",
)

RVTOOLS = family(
    "rvtools",
    "an RVTools export",
    (_INFO, _DISK, _PARTITION, _CPU, _MEMORY, _HOST, _PERFORMANCE),
    "vm powerstate template srmplaceholder dnsname vmuuid vmid primaryipaddress totaldiskcapacity "
    "osaccordingtotheconfigurationfile osaccordingtothevmwaretools inuse unshared hwversion "
    "guestdetaileddata visdkserver visdkservertype visdkuuid visdkapiversion coresps ballooned "
    "sharedbus sharingmode thin cpumodel esxversion diskkey diskpath capacity consumed "
    "storagemaxreadiopssize storagemaxwriteiopssize timestamp vmname "
    "vinfovmname vinfopowerstate vinfotemplate vinfocpus vinfomemory vinfohost vinfocluster "
    "vinfoostools vinfoos vinfouuid vinfoprovisioned vinfoinuse vinfototaldiskcapacity "
    "vinfosrmplaceholder vinfodatacenter vinfoprimaryipaddress vpartitionvmname "
    "vpartitioncapacity vpartitionconsumed vcpuvmname vmemoryvmname vdiskvmname vhostname "
    "vhostcluster vhostcpumodel",
)
