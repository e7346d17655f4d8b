"""Machines of the platform and of migration tools: set apart by two signs, with their size."""

from openpyxl_oracle import count, total
from row_files import VINFO, by_csv, by_openpyxl, by_xlsxwriter, machine, read_files
from workbooks import codes

PHOTON = "VMware Photon OS (64-bit)"
OTHER = "Other 3.x or later Linux (64-bit)"
WINDOWS = "Microsoft Windows Server 2019 (64-bit)"

APART = {
    "vCLS-4c4c4544-0001": machine("vCLS-4c4c4544-0001", 1, os=OTHER, folder="vCLS"),
    "vcenter01": machine("vcenter01", 8, os=PHOTON),
    "vc-a": machine("vc-a", 8, os=PHOTON),
    "NSX-Manager-0": machine("NSX-Manager-0", 6),
    "edge-7": machine("nsx-edge-7", 4),
    "vsan-witness": machine("vsan-witness", 2, os="VMware ESXi 7.0"),
    "hcx-interconnect-r1": machine("hcx-interconnect-r1", 8, os=OTHER),
    "mgmt-a": machine("mgmt-a", 4, os=PHOTON, notes="VMware vCenter Server Appliance"),
    "vrops-main": machine("vrops-main", 8, os=PHOTON),
    "aws-mgn-vcenter-client": machine("aws-mgn-vcenter-client", 2),
    "Application Migration Service Replication Server": machine(
        "AWS Application Migration Service Replication Server", 2
    ),
    "ads-connector-2": machine("ads-connector-2", 2, os=OTHER),
    "cloudamize-collector": machine("cloudamize-collector", 2, os=WINDOWS),
    "rvtools-host": machine("rvtools-host", 2, os=WINDOWS),
    "veeam-proxy-03": machine("veeam-proxy-03", 8, os=WINDOWS),
    "nested": machine("lab-esx-1", 8, os="VMware ESXi 6.7"),
}
KEPT = {
    "a product's name in an application's": machine("hcx-report-app", os=WINDOWS),
    "the same on Linux": machine("hcx-report-app2"),
    "no whole word": machine("transfercube-hcxless", os=OTHER),
    "a system that speaks against it": machine("nsx-manager-report", os=WINDOWS),
    "the domain is not the name": machine("web01.vcenter.example.test", os=OTHER),
    "the backup server itself": machine("veeam01", os=WINDOWS),
    "Photon alone": machine("harbor-1", os=PHOTON),
    "advertising": machine("ads-web-01"),
    "notes that only mention it": machine("crm-01", notes="backed up by Veeam, see vCenter"),
    "plain": machine("elm1"),
}


def test_machines_of_platform_and_tools_are_set_apart_with_their_size() -> None:
    wrong = []
    for name, row in APART.items():
        data = by_openpyxl(vInfo=(VINFO, machine("elm1"), row))
        found = read_files(a_xlsx=data)
        apart = [(a.server.hostname, a.server.cores) for a in found.aside]
        if apart != [(row[0], row[3])] or [s.hostname for s in found.servers] != ["elm1"]:
            wrong.append((name, apart))
    assert not wrong


def test_a_word_in_a_name_sets_nothing_apart() -> None:
    wrong = []
    for name, row in KEPT.items():
        found = read_files(a_xlsx=by_xlsxwriter(vInfo=(VINFO, row)))
        if found.aside or len(found.servers) != 1:
            wrong.append((name, found.aside))
    assert not wrong


def test_the_note_tells_count_size_names_places_and_rules() -> None:
    names = {str(row[0]) for row in APART.values()}
    rows = (*KEPT.values(), *APART.values())
    data = by_openpyxl(vInfo=(VINFO, *rows))
    found = read_files(a_xlsx=data)
    kept = found.totals()
    assert kept.servers == count(data, "vInfo", lambda r: r["VM"] not in names) == len(KEPT)
    assert kept.cores == total(data, "vInfo", "CPUs", lambda r: r["VM"] not in names)
    assert sum(a.server.cores or 0 for a in found.aside) == total(
        data, "vInfo", "CPUs", lambda r: r["VM"] in names
    )
    told = [n for n in found.quality if n.code == "listed-apart"]
    assert len(told) == len({a.kind for a in found.aside}) == 4
    backup = next(n for n in told if "backup proxy" in n.message)
    row = len(KEPT) + list(APART).index("veeam-proxy-03") + 2
    assert backup.message == (
        "1 row is no server to migrate (backup proxy), in no sum: 8 cores, 16 GB RAM, "
        f"100 GB disk: veeam-proxy-03 (vInfo!A{row}, Veeam proxy by name and part of the name)."
    )


def test_network_devices_and_storage_are_known_by_their_system() -> None:
    rows = (
        ("Host Name", "OS", "vCPU", "Memory (GB)"),
        ("elm1", "Oracle Linux 8", 4, 16),
        ("fw-1", "FortiOS 7.2", 8, 16),
        ("sw-1", "Cisco IOS XE 17.3", 2, 4),
        ("nas-1", "NetApp ONTAP 9.11", 8, 64),
        ("esx-1", "VMware ESXi 8.0", 64, 1024),
    )
    found = read_files(a_csv=by_csv(rows))
    assert [s.hostname for s in found.servers] == ["elm1"]
    kinds = [a.kind for a in found.aside]
    assert kinds == ["network device", "network device", "storage", "virtualisation host"]


def test_what_refers_to_a_machine_set_apart_is_no_orphan() -> None:
    disks = (("VM", "Disk", "Capacity MiB", "Thin"), ("vcenter01", "Hard disk 1", 1024, "False"))
    rows = (VINFO, machine("elm1"), APART["vcenter01"])
    found = read_files(a_xlsx=by_openpyxl(vInfo=rows, vDisk=disks))
    assert "orphan-reference" not in codes(found)
