"""What partners' and other vendors' tools write.

What the customer has is what a tool observed. What it recommends (an instance type, a size, a
price) is no fact about the customer: no such column has a field here, and a note says so.
"""

from opportune.documents.families import discovery, hub, mpa, plain_list
from opportune.documents.inventory import layouts
from opportune.documents.inventory.layouts import Caveat, layout
from opportune.documents.inventory.recognition import family
from opportune.documents.quality import Code

_PERCENT = "percent"
_RECOMMENDED = (
    "What a tool recommends is no fact about the customer: only what it observed is read."
)


def _recommended(keys: str) -> tuple[Caveat, ...]:
    return (Caveat(Code.NOT_EVIDENCE, _RECOMMENDED, frozenset(keys.split())),)


# Cloudamize

_CLOUDAMIZE_COMPUTE = layout(
    layouts.SERVERS,
    {
        "id": "serverid assetid",
        "hostname": "servername hostname",
        "os_name": "osname operatingsystem os",
        "os_version": "osversion",
        "total_cores": "observedvcpu observedvcpus observedcpu observedcpus observedcores",
        "ram_gb": "observedmemoryprovisioned observedmemory observedram observedprovisionedmemory",
        "cpu_peak_fraction": "observedpeakcpuutilization observedcpupeakutilization "
        "observedcpuutilizationpeak peakcpuutilization maxcpuutilization",
        "cpu_avg_fraction": "observedaveragecpuutilization observedcpuaverageutilization "
        "averagecpuutilization avgcpuutilization",
        "ram_peak_fraction": "observedpeakmemoryutilization observedmemorypeakutilization "
        "peakmemoryutilization maxmemoryutilization",
        "disk_gb": "observeddiskcapacity observedstorage observedstoragecapacity",
        "environment": "environment env",
        "ip_address": "ipaddress ip ipaddresses",
        "sql_edition": "mssqledition sqledition",
    },
    ("id hostname", "total_cores ram_gb"),
    3,
    {"id": "hostname", "cores": "total_cores", "threads": "total_cores", "os_name": "os_version"},
    units={"ram_gb": "gb", "disk_gb": "gb"},
    fallbacks={"os_name": "os_version"},
    caveats=_recommended(
        "recommendedvcpu recommendedmemory recommendedinstance recommendedcloudcapacity"
    ),
)

_CLOUDAMIZE_STORAGE = layout(
    layouts.SERVER_PARTS,
    {
        "id": "serverid assetid",
        "hostname": "servername hostname",
        "disk": "disk diskname device drive volume mountpoint",
        "size_gb": "observeddiskcapacity observedcapacity observedstorage",
        "used_gb": "observeddiskused observedusedcapacity observeddiskusage",
    },
    ("id hostname", "size_gb"),
    2,
    {"disk_gb": "size_gb", "disk_used_fraction": "used_gb"},
    units={"size_gb": "gb", "used_gb": "gb"},
    caveats=_recommended("recommendedcloudcapacity recommendedvolume recommendedstoragetype"),
)

CLOUDAMIZE = family(
    "cloudamize-workbook",
    "a Cloudamize workbook",
    (_CLOUDAMIZE_COMPUTE, _CLOUDAMIZE_STORAGE),
    "observedvcpu recommendedvcpu observedmemoryprovisioned recommendedmemory recommendedinstance "
    "observeddiskcapacity recommendedcloudcapacity gbmonthleavingserver "
    "sheet:dashboardallinfrastructures",
)

# Matilda

_MATILDA_HOSTS = layout(
    layouts.SERVERS,
    {
        "os_version": "version",
        "total_threads": "logicalprocessors",
        "databases": "databasescaches databases",
        "applications": "appservices applications application",
    },
    ("id hostname", "total_threads ram_gb os_name"),
    4,
    {"threads": "total_threads", "cores": "total_threads"},
    base=mpa.SERVERS,
    caveats=_recommended("recomminstancetype recommendedinstancetype"),
)

MATILDA = family(
    "matilda-workbook",
    "a Matilda workbook",
    (_MATILDA_HOSTS,),
    "oseolstatus ossupportenddate recomminstancetype databasescaches appservices "
    "sheet:hostdetails sheet:instanceassessmentsummary sheet:instancetcorightsizing",
)

# Concierto

_CONCIERTO_INVENTORY = layout(
    layouts.SERVERS,
    {"disk_used_gb": "utilizedstorage utilisedstorage usedstorage"},
    ("id hostname", "sockets total_cores ram_gb disk_gb os_name"),
    4,
    {"disk_used_fraction": "disk_used_gb"},
    base=mpa.SERVERS,
)

_CONCIERTO_METRICS = layout(
    layouts.SERVER_FACTS,
    {},
    (
        "id hostname ip_address",
        "cpu_peak_fraction cpu_avg_fraction ram_peak_fraction ram_avg_fraction",
    ),
    2,
    base=mpa.SERVERS,
)

_CONCIERTO_APPLICATIONS = layout(
    layouts.SERVER_FACTS,
    {
        "hostname": "hostname servername",
        "ip_address": "ipaddress ip serverip hostip",
        "applications": "applicationname appname application app",
    },
    ("hostname ip_address", "applications"),
    2,
)

CONCIERTO = family(
    "concierto-workbook",
    "a Concierto report",
    (
        _CONCIERTO_INVENTORY,
        _CONCIERTO_METRICS,
        _CONCIERTO_APPLICATIONS,
        mpa.DATABASES,
        *mpa.LINKS,
    ),
    "vmfuncationality vmfunctionality utilizedstorage sheet:inventorymaster sheet:appdashboard "
    "sheet:apptoipmapping sheet:vmutilizationmetrics sheet:overallconnectionsprod",
)

# Inventory template of AWS Professional Services

_MIXED_MARKS = sorted(
    discovery.DISCOVERY.marks | hub.MIGRATION_HUB.marks | set(plain_list.SHEET_MARKS.split())
)
"""It mixes names of AWS's discovery tool and of Migration Hub with its own, and its other sheets
are MPA's: those speak for it as well."""

_PROSERVE_SERVERS = layout(
    layouts.SERVERS,
    {
        "sockets": "totalnumcpus numcpus",
        "total_cores": "totalnumcores",
        "total_threads": "totalnumlogicalprocessors",
        "ram_gb": "totalram ramtotalsize ram memory",
        "disk_gb": "storageprovisioned",
        "disk_used_gb": "storageutil",
    },
    ("id hostname", "sockets total_cores ram_gb disk_gb os_name"),
    4,
    {"disk_used_fraction": "disk_used_gb"},
    base=plain_list.SERVERS,
    units={"ram_gb": "mb", "disk_gb": "gb", "disk_used_gb": "gb"},
    shares=_PERCENT,
)

PROSERVE = family(
    "proserve-inventory",
    "an inventory template of AWS Professional Services",
    (_PROSERVE_SERVERS, *mpa.LAYOUTS[1:]),
    " ".join(("storageprovisioned storageutil performanceprofile", *_MIXED_MARKS)),
)

# Azure Migrate

_AZURE_SERVERS = layout(
    layouts.SERVERS,
    {
        "hostname": "servername",
        "total_cores": "cores",
        "ip_address": "ipaddresses",
        "ram_gb": "memory",
        "disk_used_gb": "storageinuse",
        "cpu_avg_fraction": "cpuutilizationpercentage",
        "ram_avg_fraction": "memoryutilizationpercentage",
    },
    ("id hostname", "total_cores ram_gb os_name"),
    3,
    {
        "cores": "total_cores",
        "threads": "total_cores",
        "disk_used_fraction": "disk_used_gb",
    },
    base=mpa.SERVERS,
    units={"ram_gb": "mb", "disk_gb": "gb", "disk_used_gb": "gb"},
    shares=_PERCENT,
    summed={"disk_gb": r"disk\d+size"},
)

AZURE_MIGRATE = family(
    "azure-migrate",
    "an Azure Migrate import file",
    (_AZURE_SERVERS,),
    "cpuutilizationpercentage memoryutilizationpercentage storageinuse networkadapters boottype "
    "numberofdisks disk1size disk1readthroughput disk1writethroughput disk1readops "
    "networkinthroughput",
)

# Google Migration Center

_GOOGLE_SERVERS = layout(
    layouts.SERVERS,
    {
        "id": "machineid",
        "hostname": "machinename hostname",
        "total_cores": "allocatedprocessorcorecount",
        "ram_gb": "memory",
        "disk_gb": "totaldiskallocated",
        "disk_used_gb": "totaldiskused",
        "is_powered_on": "machinestatus",
        "ip_address": "primaryipaddress ipaddresslistsemicolondelimited",
        "os_name": "osname",
        "os_version": "osversion",
    },
    ("id hostname", "total_cores ram_gb disk_gb os_name"),
    3,
    {
        "id": "hostname",
        "cores": "total_cores",
        "threads": "total_cores",
        "disk_used_fraction": "disk_used_gb",
    },
    units={"ram_gb": "gb", "disk_gb": "gb", "disk_used_gb": "gb"},
)

GOOGLE = family(
    "google-vminfo",
    "a vmInfo file of Google Cloud Migration Center",
    (_GOOGLE_SERVERS,),
    "allocatedprocessorcorecount totaldiskallocated totaldiskused machinetypelabel "
    "ipaddresslistsemicolondelimited primarymacaddress hostinglocation ospublisher "
    "provisioningstate",
)

# Intake form of Cloud Migration Factory, and import file of Application Migration Service

_PLANNED = (
    "Instance type, tenancy and account are what a migration plans for, no fact about the "
    "customer: not read."
)

_FACTORY_SERVERS = layout(
    layouts.SERVERS,
    {
        "id": "serverid",
        "hostname": "servername",
        "fqdn": "serverfqdn",
        "os_name": "serverosfamily",
        "os_version": "serverosversion",
        "environment": "serverenvironment",
        "applications": "appname",
    },
    ("id hostname", "os_name os_version environment"),
    3,
    {"id": "hostname"},
    caveats=(Caveat(Code.NOT_EVIDENCE, _PLANNED, frozenset({"instancetype", "tenancy"})),),
)

FACTORY = family(
    "cmf-intake",
    "an intake form of Cloud Migration Factory",
    (_FACTORY_SERVERS,),
    "wavename awsaccountid awsregion serverfqdn servertier serverosfamily serverosversion "
    "serverenvironment rtype",
)

_MGN_SERVERS = layout(
    layouts.SERVERS,
    {
        "id": "mgnserveruserprovidedid",
        "hostname": "mgnserverfqdnforactionframework mgnserverhostname",
        "os_name": "mgnserverplatform",
        "environment": "mgnservertagenvironment mgnservertagenv",
        "applications": "mgnappname",
    },
    ("id hostname", "os_name applications environment"),
    2,
    {"hostname": "id"},
    caveats=(Caveat(Code.NOT_EVIDENCE, _PLANNED, frozenset({"mgnlaunchinstancetype"})),),
)

MGN = family(
    "mgn-import",
    "an import file of AWS Application Migration Service",
    (_MGN_SERVERS,),
    "mgnserveruserprovidedid mgnserverplatform mgnserverfqdnforactionframework mgnappname "
    "mgnwavename mgnaccountid mgnregion mgnlaunchinstancetype",
)

PARTNERS = (
    CLOUDAMIZE,
    MATILDA,
    CONCIERTO,
    PROSERVE,
    AZURE_MIGRATE,
    GOOGLE,
    FACTORY,
    MGN,
)
