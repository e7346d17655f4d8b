"""Tools that keep what a company has: ServiceNow's table of servers (cmdb_ci_server), Device42.

Both count cores per CPU. ServiceNow's columns come by their names or by their labels.
"""

from opportune.documents.families import plain_list
from opportune.documents.inventory import layouts
from opportune.documents.inventory.layouts import Caveat, layout
from opportune.documents.inventory.recognition import family
from opportune.documents.quality import Code

_SERVERS = layout(
    layouts.SERVERS,
    {
        "id": "sysid assettag serialnumber",
        "hostname": "name hostname",
        "other_name": "fqdn",
        "sockets": "cpucount",
        "cores_per_cpu": "cpucorecount",
        "threads_per_core": "cpucorethread",
        "ram_gb": "ram",
        "disk_gb": "diskspace",
        "os_name": "operatingsystem os",
        "os_version": "osversion",
        "is_virtual": "virtual isvirtual",
        "is_powered_on": "operationalstatus installstatus status",
        "environment": "environment usedfor",
        "ip_address": "ipaddress",
    },
    ("hostname id", "sockets", "cores_per_cpu"),
    4,
    {"id": "hostname other_name", "cores": "cores_per_cpu sockets"},
    base=plain_list.SERVERS,
    units={"ram_gb": "mb", "disk_gb": "gb"},
    caveats=(
        Caveat(
            Code.UNIT_DECIDED,
            "CPU core count is per CPU: all cores are CPU count times CPU core count.",
            frozenset(("cpucorecount",)),
        ),
    ),
)

SERVICENOW = family(
    "servicenow-cmdb",
    "a ServiceNow export of servers",
    (_SERVERS,),
    "cpucorecount cpucorethread sysclassname sysid installstatus operationalstatus diskspace "
    "cpuspeed cputype cpumanufacturer assignmentgroup supportgroup discoverysource",
    text_kind="servicenow-cmdb",
)

_DEVICES = layout(
    layouts.SERVERS,
    {
        "hostname": "name devicename",
        "sockets": "cpucount",
        "cores_per_cpu": "cpucore cpucores",
        "environment": "servicelevel",
        "disk_gb": "hddsize",
    },
    ("hostname id", "sockets", "cores_per_cpu"),
    4,
    {"cores": "cores_per_cpu sockets"},
    base=plain_list.SERVERS,
)

DEVICE42 = family(
    "device42",
    "a Device42 export of devices",
    (_DEVICES,),
    "virtualsubtype servicelevel cpupower hddcount hddsize virtualhostname hddraid",
)
