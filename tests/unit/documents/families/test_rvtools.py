"""RVTools: what its tabs mean, and what they do not."""

from estates import read
from samples import exports, vmware
from samples.machines import make_machines
from workbooks import codes, note

from opportune.documents.quality import Code
from opportune.model.assessment import Assessment

MACHINES = make_machines(30)
INFO = ("VM", "Powerstate", "Template", "SRM Placeholder", "CPUs", "Memory")


def messages(found: Assessment, code: str) -> list[str]:
    return [n.message for n in found.quality if n.code == code]


def info(*rows: tuple[object, ...], more: tuple[str, ...] = ()) -> exports.Rows:
    """Return a vInfo tab: INFO and further columns."""
    return [(*INFO, *more), *rows]  # type: ignore[list-item] # cells of any kind


def test_memory_of_rvtools_is_in_mib_without_a_word_of_it() -> None:
    found = read(info(("a", "poweredOn", False, False, 2, 4096)))
    assert found.servers[0].ram_gb == 4
    assert "read as MiB, as this format means it" in messages(found, Code.UNIT_DECIDED)[0]
    assert Code.UNIT_AMBIGUOUS not in codes(found)


def test_small_virtual_machines_of_rvtools_are_in_mib_too() -> None:
    rows = [(f"vm{n}", "poweredOn", False, False, 1, 256) for n in range(5)]
    assert {s.ram_gb for s in read(info(*rows)).servers} == {0.25}


def test_provisioned_is_never_what_is_in_use() -> None:
    row = ("a", "poweredOn", False, False, 2, 4096, 102400, 140000)
    found = read(info(row, more=("Total disk capacity MiB", "Provisioned MiB")))
    server = found.servers[0]
    assert (server.disk_gb, server.disk_used_fraction) == (100, None)
    assert any("Provisioned counts thin disks" in m for m in messages(found, Code.NOT_EVIDENCE))


def test_provisioned_stands_in_for_the_size_only_where_nothing_else_does() -> None:
    row = ("a", "poweredOn", False, False, 2, 4096, 102400, 20480)
    found = read(info(row, more=("Provisioned MB", "In Use MB")))
    server = found.servers[0]
    assert (server.disk_gb, server.disk_used_fraction) == (100, 0.2)
    assert server.origins["disk_gb"][0].place("disk_gb", 2) == "G2"
    first = messages(found, Code.SIZE_ASSUMED)[0]
    assert "counts swap and snapshots" in first


def test_in_use_above_the_capacity_says_nothing() -> None:
    row = ("a", "poweredOn", False, False, 2, 4096, 1024, 4096)
    found = read(info(row, more=("Total disk capacity MiB", "In Use MiB")))
    assert found.servers[0].disk_used_fraction is None


def test_what_partitions_consume_is_what_is_in_use() -> None:
    tabs = vmware.rvtools(MACHINES[:1])
    found = read(exports.as_workbook(tabs))
    machine = MACHINES[0]
    assert found.servers[0].disk_used_fraction == machine.disk_used_gb / machine.disk_gb


def test_rvtools_has_no_history_so_peaks_stay_unknown() -> None:
    cpu: exports.Rows = [
        ("VM", "CPUs", "Sockets", "Cores p/s", "Max", "Overall", "VM UUID"),
        *((m.name, m.cpus, 2, m.cpus // 2, 5000, 4900, m.uuid) for m in MACHINES),
    ]
    memory: exports.Rows = [
        ("VM", "Size MiB", "Consumed", "Active", "Ballooned", "VM UUID"),
        *((m.name, m.ram_gb * 1024, 4000, 3900, 0, m.uuid) for m in MACHINES),
    ]
    tabs = {**vmware.rvtools(MACHINES), "vCPU": cpu, "vMemory": memory}
    found = read(exports.as_workbook(tabs))
    for server, machine in zip(found.servers, MACHINES, strict=True):
        assert server.cpu_peak_fraction is None
        assert server.ram_peak_fraction is None
        assert (server.sockets, server.cores) == (2, machine.cpus)
    noted = " ".join(messages(found, Code.NOT_EVIDENCE))
    assert "no history of utilisation" in noted
    assert "MHz" in noted
    assert "Active and consumed memory" in noted
    assert Code.CONSTANT_UTILISATION not in codes(found)


def test_templates_and_placeholders_are_no_machines_and_powered_off_ones_are() -> None:
    rows = (
        ("on", "poweredOn", "False", "False", 2, 4096),
        ("off", "poweredOff", "False", "False", 2, 4096),
        ("suspended", "suspended", "False", "False", 2, 4096),
        ("template", "poweredOff", "True", "False", 2, 4096),
        ("placeholder", "poweredOff", "False", "True", 2, 4096),
    )
    found = read(info(*rows))
    totals = found.totals()
    assert (totals.servers, totals.powered_on, totals.templates) == (3, 1, 2)
    assert [s.hostname for s in found.machines] == ["on", "off", "suspended"]


def test_the_tools_know_the_system_better_than_the_configuration_file() -> None:
    more = ("OS according to the configuration file", "OS according to the VMware Tools")
    rows = (
        ("a", "poweredOn", False, False, 2, 4096, "Other (32-bit)", "Red Hat Linux 8 (64-bit)"),
        ("b", "poweredOff", False, False, 2, 4096, "Ubuntu Linux (64-bit)", ""),
    )
    found = read(info(*rows, more=more))
    assert [s.os_name for s in found.servers] == [
        "Red Hat Linux 8 (64-bit)",
        "Ubuntu Linux (64-bit)",
    ]
    places = [s.origin("os_name")[0].place("os_name", s.row) for s in found.servers]
    assert places == ["H2", "G3"]


def test_tabs_whose_rows_differ_are_noted() -> None:
    tabs = dict(vmware.rvtools(MACHINES))
    partitions = tabs["vPartition"]
    tabs["vPartition"] = [*partitions[:-2], ("gone", "C:\\", 1024, 512)]
    found = read(exports.as_workbook(tabs))
    assert any("have no row in 'vPartition'" in m for m in messages(found, Code.ROWS_DIFFER))
    assert "'gone'" in note(found, Code.ORPHAN_REFERENCE)[0]


def test_shared_and_thin_disks_are_named_with_their_cells() -> None:
    header = ("VM", "Disk", "Capacity MiB", "Thin", "Sharing mode")
    rows: exports.Rows = [
        header,
        ("a", "Hard disk 1", 1024, "True", "sharingNone"),
        ("a", "Hard disk 2", 1024, "False", "sharingMultiWriter"),
    ]
    tabs = {"vInfo": info(("a", "poweredOn", False, False, 2, 4096)), "vDisk": rows}
    found = read(exports.as_workbook(tabs))
    assert found.servers[0].disk_gb == 2
    assert note(found, Code.SHARED_DISK)[1].endswith("vDisk!E3")
    assert note(found, Code.THIN_DISK)[1].endswith("vDisk!D2")


def test_the_cluster_comes_from_the_host_where_the_machine_does_not_say_it() -> None:
    tabs: dict[str, exports.Rows] = {
        "vInfo": info(("a", "poweredOn", False, False, 2, 4096, "esx1"), more=("Host",)),
        "vHost": [("Host", "Cluster", "CPU Model"), ("esx1", "gold", "Xeon")],
    }
    server = read(exports.as_workbook(tabs)).servers[0]
    assert (server.host, server.cluster) == ("esx1", "gold")
    assert server.origins["cluster"][0].place("cluster", 2) == "vHost!B2"


def test_machines_of_one_name_are_told_apart_by_their_uuid() -> None:
    tabs: dict[str, exports.Rows] = {
        "vInfo": info(
            ("web", "poweredOn", False, False, 2, 4096, "u-1"),
            ("web", "poweredOn", False, False, 4, 8192, "u-2"),
            more=("VM UUID",),
        ),
        "vDisk": [
            ("VM", "Disk", "Capacity MiB", "VM UUID"),
            ("web", "Hard disk 1", 1024, "u-1"),
            ("web", "Hard disk 1", 2048, "u-2"),
        ],
    }
    assert [s.disk_gb for s in read(exports.as_workbook(tabs)).servers] == [1, 2]


def test_an_id_goes_before_a_name_where_a_machine_was_renamed() -> None:
    tabs: dict[str, exports.Rows] = {
        "vInfo": info(
            ("a", "poweredOn", False, False, 2, 4096, "u-1"),
            ("b", "poweredOn", False, False, 4, 8192, "u-2"),
            more=("VM UUID",),
        ),
        "vDisk": [("VM", "Disk", "Capacity MiB", "VM UUID"), ("b", "Hard disk 1", 1024, "u-1")],
    }
    assert [s.disk_gb for s in read(exports.as_workbook(tabs)).servers] == [1, None]


def test_percentages_are_no_sizes() -> None:
    tabs: dict[str, exports.Rows] = {
        "vInfo": info(("a", "poweredOn", False, False, 2, 4096)),
        "vPartition": [
            ("VM", "Disk", "Free %", "Capacity MiB", "Free MiB"),
            ("a", "C:\\", 25, 1000, 250),
        ],
    }
    assert read(exports.as_workbook(tabs)).servers[0].disk_used_fraction == 0.75
