"""Sure ids go before names: of machines with one name, and of one machine with two."""

from openpyxl_oracle import rows_of
from row_files import VINFO, by_csv, by_openpyxl, by_xlsxwriter, machine, read_files
from workbooks import codes

U1, U2 = "4213b0d1-7c3e-11ee-b962-0242ac120002", "4213b0d1-7c3e-11ee-b962-0242ac120003"
TURNED = "d1b01342-3e7c-ee11-b962-0242ac120002"
"""U1 with the bytes of its first three groups the other way round, as SMBIOS tools print it."""


def info(*rows: tuple[object, ...]) -> bytes:
    return by_openpyxl(vInfo=(VINFO, *rows))


def test_machines_of_one_name_with_other_uuids_or_vcenters_stay_two() -> None:
    first = machine("web01", uuid=U1, vcenter="vca")
    others = {
        "another UUID and vCenter": machine("web01", uuid=U2, vcenter="vcb"),
        "another UUID": machine("web01", uuid=U2, vcenter="vca"),
        "the same UUID in another vCenter": machine("web01", uuid=U1, vcenter="vcb"),
        "no UUID, another vCenter": machine("web01", vcenter="vcb"),
    }
    wrong = []
    for name, second in others.items():
        found = read_files(a_xlsx=info(first), b_xlsx=info(second))
        told = [n for n in found.quality if n.code == "ambiguous-join"]
        if len(found.servers) != 2 or len({s.id for s in found.servers}) != 2 or not told:
            wrong.append((name, len(found.servers)))
    assert not wrong


def test_one_machine_stays_one() -> None:
    first = machine("web01", uuid=U1, vcenter="vca")
    others = {
        "renamed": machine("web01-old", uuid=U1, vcenter="vca"),
        "spelled otherwise": machine("web01", uuid=U1.upper(), vcenter="VCA"),
        "its bytes turned": machine("web01", uuid=TURNED, vcenter="vca"),
        "without a UUID": machine("web01", vcenter="vca"),
        "without either": machine("web01", vcenter=""),
    }
    wrong = []
    for name, second in others.items():
        found = read_files(a_xlsx=info(first), b_xlsx=info(second))
        if len(found.servers) != 1:
            wrong.append((name, [s.id for s in found.servers]))
    assert not wrong


def test_serial_numbers_join_and_part() -> None:
    def serials(name: str, serial: str) -> bytes:
        header = ("Host Name", "Serial Number", "OS", "vCPU", "Memory (GB)")
        return by_csv((header, (name, serial, "RHEL 8", 4, 16)))

    pairs = {
        ("db01", "CZJ1234", "db01", "CZJ9999"): 2,
        ("db01", "CZJ1234", "db01-new", "czj1234"): 1,
        ("db01", "None", "db02", "None"): 2,
        ("db01", "To be filled by O.E.M.", "db01", "Default string"): 1,
        ("db01", f"VMware-{U1}", "db02", U1): 1,
    }
    wrong = []
    for (name, serial, other, its), machines in pairs.items():
        found = read_files(a_csv=serials(name, serial), b_csv=serials(other, its))
        if len(found.servers) != machines:
            wrong.append((serial, its, len(found.servers)))
    assert not wrong


def test_in_a_merged_export_an_id_counts_only_in_its_vcenter() -> None:
    rows = (
        VINFO,
        machine("web01", 2, uuid=U1, vcenter="vca"),
        machine("web01", 4, uuid=U1, vcenter="vcb"),
        machine("db01", 8, uuid=U2, vcenter="vcb"),
    )
    disks = (
        ("VM", "Disk", "Capacity MiB", "VM UUID", "VI SDK Server"),
        ("web01", "Hard disk 1", 10240, U1, "vca"),
        ("web01", "Hard disk 1", 20480, U1, "vcb"),
        ("web01", "Hard disk 2", 20480, U1, "vcb"),
    )
    without_size = [(*row[:5], "", *row[6:]) for row in rows[1:]]
    data = by_xlsxwriter(vInfo=(VINFO, *without_size), vDisk=disks)
    found = read_files(a_xlsx=data)
    sums: dict[object, float] = {}
    for row in rows_of(data, "vDisk"):
        sums[row["VI SDK Server"]] = sums.get(row["VI SDK Server"], 0) + float(
            str(row["Capacity MiB"])
        )
    assert [(s.hostname, s.cores, s.disk_gb) for s in found.servers] == [
        ("web01", 2, sums["vca"] / 1024),
        ("web01", 4, sums["vcb"] / 1024),
        ("db01", 8, None),
    ]
    assert len({s.id for s in found.servers}) == 3
    assert "ambiguous-join" in codes(found)


def test_a_uuid_of_the_vcenter_is_surer_than_how_it_is_called() -> None:
    first = machine("web01", uuid=U1, vcenter="vca", vcenter_uuid=U2)
    second = machine("web01", uuid=U1, vcenter="10.0.0.1", vcenter_uuid=U2)
    assert len(read_files(a_xlsx=info(first), b_xlsx=info(second)).servers) == 1
    third = machine("web01", uuid=U1, vcenter="vca", vcenter_uuid=U1)
    assert len(read_files(a_xlsx=info(first), b_xlsx=info(third)).servers) == 2


def test_a_file_without_servers_is_told_and_the_others_are_read() -> None:
    notes = by_csv((("Topic", "Decision"), ("Kick-off", "Monday")))
    estate = info(machine("web01"))
    for files in ({"a_xlsx": estate, "b_csv": notes}, {"b_csv": notes, "a_xlsx": estate}):
        found = read_files(**files)
        assert len(found.servers) == 1
        (told,) = [n for n in found.quality if n.code == "file-without-servers"]
        assert told.source == "b.csv"
        assert [f.kind for f in found.files if f.name == "b.csv"] == ["not-read"]


def test_storage_is_called_unknown_only_where_no_file_has_it() -> None:
    hub = by_csv(
        (
            ("ExternalId", "HostName", "VMware.VMName", "CPU.NumberOfCores", "RAM.TotalSizeInMB"),
            ("e1", "elm1", "elm1", 4, 16384),
        )
    )
    disks = by_csv((("Server Name", "OS", "vCPU", "Storage (GB)"), ("elm1", "RHEL 8", 4, 300)))
    said = "storage is not known"
    alone = read_files(a_csv=hub)
    assert any(said in n.message for n in alone.quality)
    for files in ({"a_csv": hub, "b_csv": disks}, {"b_csv": disks, "a_csv": hub}):
        found = read_files(**files)
        assert [s.disk_gb for s in found.servers] == [300]
        assert not any(said in n.message for n in found.quality)
