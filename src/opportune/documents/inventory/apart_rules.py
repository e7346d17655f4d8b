"""Declares the machines that a list of servers holds and that are none to migrate.

Those of the virtualisation platform itself, appliances of migration tools and proxies of backup
programs go away with the old data centre. A name alone decides nothing (`hcx-report-app` may be an
application): each needs two signs, and no system that it never has.
"""

import re
from dataclasses import dataclass
from functools import cached_property

PLATFORM, MIGRATION, BACKUP = "virtualisation platform", "migration appliance", "backup proxy"

NEVER = r"windows|red hat|rhel"
"""Systems that appliances do not have."""
PHOTON = r"photon|crx"
"""A system that only VMware's appliances have."""
_OTHER = rf"{PHOTON}|other\b.*linux|other\b.*64"
"""What vSphere says of appliances whose system is their maker's own."""


@dataclass(frozen=True)
class ApartRule:
    """How one product's machines are recognised. Words are whole ones, apart by bars.

    Args:
        product: Its name, as in the note.
        kind: PLATFORM, MIGRATION or BACKUP.
        names: The first sign: words, one of which the machine's own name has.
        parts: A second sign: words that the name has as well.
        systems: A second sign: an expression that the operating system fits.
        said: A second sign: an expression that folder, resource pool, vApp or notes fit.
            On a system that only VMware's appliances have it is enough without a name.
        never: Systems that speak against it.
    """

    product: str
    kind: str
    names: str
    parts: str = ""
    systems: str = ""
    said: str = ""
    never: str = NEVER

    @cached_property
    def patterns(self) -> tuple[re.Pattern[str] | None, ...]:
        """Expressions for names, parts, systems, said and never; None: no such sign."""
        return (
            _whole(self.names),
            _whole(self.parts),
            _whole(self.systems),
            _whole(self.said),
            _whole(self.never),
        )


def _whole(words: str) -> re.Pattern[str] | None:
    return re.compile(rf"(?<![a-z])(?:{words})(?![a-z])") if words else None


_COLLECTS = "collector|connector|appliance|agent|agentless|proxy|scanner|client|server|host"

RULES = (
    ApartRule("VMware vCLS", PLATFORM, "vcls", "", _OTHER, "vcls"),
    ApartRule(
        "VMware vCenter",
        PLATFORM,
        "vcenter|vcsa|vcva|vxrail",
        "appliance|vcsa|manager|mgr",
        rf"{_OTHER}|suse linux enterprise 1[125]",
        "vcenter server|platform services controller",
    ),
    ApartRule(
        "VMware vCenter",
        PLATFORM,
        "vcenter",
        said="vcenter server|vmware vcenter",
        never="red hat|rhel",
    ),
    ApartRule("VMware vCenter", PLATFORM, "vc|psc", "", PHOTON, "vcenter server"),
    ApartRule(
        "VMware NSX",
        PLATFORM,
        "nsx|nsxt|nsxv|nsxmgr|nsxedge",
        "manager|mgr|edge|controller|ctrl|node|nsxmgr|nsxedge",
        _OTHER,
        "nsx|nsx t",
    ),
    ApartRule("VMware vSAN witness", PLATFORM, "witness", "vsan", "esxi?", "vsan"),
    ApartRule(
        "VMware HCX",
        PLATFORM,
        "hcx",
        "manager|mgr|interconnect|connector|cloud|ix|ne|cgw|wo|wan|l2c",
        _OTHER,
        "hcx",
    ),
    ApartRule(
        "VMware Aria (vRealize)",
        PLATFORM,
        "vrops|vrli|vra|vrni|vrslcm|vrlcm|vidm|vrealize|aria|loginsight",
        "operations|ops|logs|automation|lifecycle|suite|appliance|collector|proxy|lcm",
        _OTHER,
        "vrealize|aria|log insight|workspace one access",
    ),
    ApartRule(
        "VMware Site Recovery",
        PLATFORM,
        "srm|vrms|vsphere replication",
        "appliance|replication",
        _OTHER,
        "site recovery manager|vsphere replication",
    ),
    ApartRule("VMware Cloud Foundation", PLATFORM, "sddc", "manager|mgr", _OTHER, "sddc manager"),
    ApartRule(
        "VMware Tanzu", PLATFORM, "supervisorcontrolplanevm|tkc|tkg", "", PHOTON, "supervisor|tkg"
    ),
    ApartRule(
        "VMware appliance",
        PLATFORM,
        "skyline|usage meter|uag|vcd",
        "collector|appliance|meter",
        _OTHER,
        "skyline|usage meter|unified access gateway",
    ),
    ApartRule("Nutanix controller", PLATFORM, "ntnx", "cvm", "", "nutanix controller", ""),
    ApartRule("HyperFlex controller", PLATFORM, "stctlvm", "", "ubuntu|other.*", "hyperflex"),
    ApartRule("SimpliVity controller", PLATFORM, "omnistackvc", "", ".*linux.*", "omnistack"),
    ApartRule(
        "AWS Application Migration Service",
        MIGRATION,
        "mgn|drs|cloudendure|application migration service|elastic disaster recovery",
        "replication|replicator|replica|conversion|converter|appliance|connector|vcenter|agentless",
        "",
        "application migration service|cloudendure|elastic disaster recovery",
        "",
    ),
    ApartRule(
        "AWS Application Discovery Service",
        MIGRATION,
        "ads|application discovery|discovery connector|agentless collector|aws discovery|"
        "transform discovery",
        "connector|collector|appliance|agentless|tool",
        "",
        "application discovery service|agentless collector|discovery connector",
        "",
    ),
    ApartRule(
        "Migration Evaluator",
        MIGRATION,
        "migration evaluator|tso|tsologic|migrationevaluator",
        "collector|appliance|logic",
        "",
        "migration evaluator|tso logic",
        "",
    ),
    ApartRule("Cloudamize", MIGRATION, "cloudamize", f"{_COLLECTS}|data", "", "cloudamize", ""),
    ApartRule("RVTools", MIGRATION, "rvtools?", "host|server|vm|jump|box|srv", "", "rvtools", ""),
    ApartRule(
        "Azure Migrate",
        MIGRATION,
        "azure migrate|azmigrate|azuremigrate",
        _COLLECTS,
        "",
        "azure migrate",
        "",
    ),
    ApartRule(
        "Zerto",
        MIGRATION,
        "zerto|z vra|zvra|zvm|zvma",
        "vra|zvm|vca|appliance|manager",
        "debian.*",
        "zerto",
        "",
    ),
    ApartRule(
        "discovery tool",
        MIGRATION,
        "device 42|device42|matilda|modelizeit|stratozone|turbonomic|movere|lansweeper",
        _COLLECTS,
        "",
        "device42|matilda|modelizeit|stratozone|turbonomic|movere|lansweeper",
        "",
    ),
    ApartRule(
        "Veeam proxy", BACKUP, "veeam|vbr", "proxy|proxies|prx", "", "veeam (?:backup )?proxy", ""
    ),
    ApartRule(
        "backup proxy",
        BACKUP,
        "commvault|avamar|networker|rubrik|cohesity|netbackup|nakivo|vdp",
        "proxy|proxies|prx|vsa|vproxy|avproxy",
        "",
        "backup proxy|vmware backup proxy",
        "",
    ),
)

SYSTEMS = {
    "virtualisation host": r"(?:vmware )?esxi?",
    "network device": r"(?:cisco )?(?:ios|ios xe|ios xr|nx os|nxos)|cisco (?:adaptive.*|asa.*)|"
    r"junos.*|fortios.*|fortigate.*|pan os.*|arubaos.*|comware.*|big ip.*|tmos.*|sonicos.*|"
    r"routeros.*|netscaler.*|citrix adc.*|gaia.*|arista.*",
    "storage": r"(?:data |netapp )*ontap.*|onefs.*|isilon.*|dd os.*|data domain.*|purity.*",
}
"""Operating systems that only such devices have, by kind: this sign is enough."""
