"""Migration Hub: its import file, and its export of EC2 recommendations."""

from opportune.documents.families import plain_list
from opportune.documents.inventory import layouts
from opportune.documents.inventory.layouts import Caveat, layout
from opportune.documents.inventory.recognition import family
from opportune.documents.quality import Code

_PERCENT = "percent"

_HUB = {
    "id": "externalid",
    "other_id": "serverid",
    "hostname": "hostname",
    "other_name": "vmwarevmname vmname",
    "ip_address": "ipaddress",
    "moref": "vmwaremorefid",
    "sockets": "cpunumberofprocessors numberofprocessors",
    "total_cores": "cpunumberofcores numberofcores",
    "total_threads": "cpunumberoflogicalcores numberoflogicalcores",
    "os_name": "osname",
    "os_version": "osversion",
    "ram_gb": "ramtotalsize",
    "ram_used_avg_gb": "ramusedsizeinmbavg",
    "ram_used_peak_gb": "ramusedsizeinmbmax",
    "cpu_avg_fraction": "cpuusagepctavg",
    "cpu_peak_fraction": "cpuusagepctmax",
    "ram_avg_fraction": "ramusagepctavg",
    "ram_peak_fraction": "ramusagepctmax",
    "applications": "applications",
    "tags": "tags",
}
_HUB_DERIVED = {
    "id": "other_id hostname other_name ip_address",
    "hostname": "other_name",
    "cores": "total_cores sockets total_threads",
    "threads": "total_threads total_cores sockets",
    "ram_avg_fraction": "ram_used_avg_gb",
    "ram_peak_fraction": "ram_used_peak_gb",
    "environment": "tags",
}
_HUB_UNITS = {"ram_gb": "mb", "ram_used_avg_gb": "mb", "ram_used_peak_gb": "mb"}
_HUB_REQUIRED = (
    "id other_id hostname other_name ip_address moref",
    "sockets total_cores total_threads ram_gb os_name",
)
_NO_DISK = Caveat(
    Code.FIELD_MISSING,
    "This format of Migration Hub has no disk sizes: storage is not known.",
    lacks="disk_gb",
)

_IMPORT = layout(
    layouts.SERVERS,
    _HUB,
    _HUB_REQUIRED,
    3,
    _HUB_DERIVED,
    base=plain_list.SERVERS,
    units=_HUB_UNITS,
    shares=_PERCENT,
    fallbacks={"environment": "tags"},
    caveats=(_NO_DISK,),
)

MIGRATION_HUB = family(
    "migration-hub-import",
    "a Migration Hub import file",
    (_IMPORT,),
    "externalid smbiosid macaddress vmwaremorefid vmwarevcenterid vmwarevmname "
    "cpunumberofprocessors cpunumberofcores cpunumberoflogicalcores ramtotalsize "
    "ramusedsizeinmbavg ramusedsizeinmbmax cpuusagepctavg cpuusagepctmax applicationwave "
    "diskreadspersecondinkbavg diskreadspersecondinkbmax diskwritespersecondinkbavg "
    "diskreadsopspersecondavg diskreadsopspersecondmax networkreadspersecondinkbavg",
)

_RECOMMENDED = layout(
    layouts.SERVERS,
    _HUB,
    _HUB_REQUIRED,
    3,
    _HUB_DERIVED,
    prefixes="server",
    units=_HUB_UNITS,
    shares=_PERCENT,
    fallbacks={"environment": "tags"},
    caveats=(
        _NO_DISK,
        Caveat(
            Code.NOT_EVIDENCE,
            "The recommended instances are Migration Hub's own: sizes and prices are computed "
            "anew from what the servers are.",
            frozenset(("recommendationec2instancemodel",)),
        ),
    ),
)

RECOMMENDATIONS = family(
    "migration-hub-recommendations",
    "a Migration Hub export of EC2 recommendations",
    (_RECOMMENDED,),
    "recommendationec2remarks recommendationec2instancemodel recommendationec2requestedvcpu "
    "recommendationec2requestedcpuusagepct recommendationec2instancevcpucount "
    "recommendationec2instanceostype recommendationec2instancepricehourlyrate "
    "userpreferenceregion userpreferenceec2tenancy userpreferenceec2pricingmodel "
    "userpreferencerecommendationcpusizing",
)
