"""Several files, one inventory: a server that two files list counts once, and it is said why."""

import random
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from opportune.documents.inventory.joining import Joined, joined
from opportune.documents.quality import Notes
from opportune.model.assessment import Application, Assessment, Database, Link, Server, Table

COLUMNS = {"id": "A", "hostname": "B", "ip_address": "C", "ram_gb": "D", "os_name": "E"}


def table(name: str, columns: dict[str, str] | None = None) -> Table:
    return Table(name, name * 8, "Servers", 1, COLUMNS if columns is None else columns)


A, B, C = table("a.xlsx"), table("b.csv"), table("c.csv")


def server(of: Table, row: int, id_: str, name: str = "", **facts: Any) -> Server:
    return Server(of, row, id_, name, **facts)


def join(*parts: Assessment | list[Server]) -> tuple[Joined, list[str]]:
    notes = Notes()
    whole = [p if isinstance(p, Assessment) else Assessment(servers=tuple(p)) for p in parts]
    return joined(whole, notes), [f"{n.code}: {n.message}" for n in notes.finished()]


def test_the_same_id_and_name_is_one_server_and_the_second_file_fills_what_is_blank() -> None:
    found, notes = join(
        [server(A, 2, "srv-1", "web01", ram_gb=16.0)],
        [server(B, 7, "SRV-1", "WEB01.corp.example", os_name="RHEL 8", ram_gb=16.2)],
    )
    (one,) = found.servers
    assert (one.id, one.ram_gb, one.os_name) == ("srv-1", 16.0, "RHEL 8")
    assert one.origin("os_name") == (B, 7)
    assert one.origin("ram_gb") == (A, 2)
    told = "joined: 1 cell: same server as in a.xlsx by its id, counted once: "
    assert notes == [f"{told}Servers!A7 ('WEB01.corp.example')."]


def test_a_name_joins_where_ids_differ() -> None:
    found, notes = join([server(A, 2, "1", "web01")], [server(B, 2, "vm-77", "web01.corp.example")])
    assert len(found.servers) == 1
    assert "by its name" in notes[0]


def test_an_address_joins_where_names_differ() -> None:
    found, notes = join(
        [server(A, 2, "1", "VM-Web", ip_address="10.0.0.9")],
        [server(B, 2, "vm-77", "web01", ip_address="10.0.0.9, 192.168.7.1")],
    )
    assert len(found.servers) == 1
    assert "by its address" in notes[0]


def test_addresses_that_many_machines_have_join_nothing() -> None:
    for address in ("127.0.0.1", "169.254.1.1", "0.0.0.0", "::1", "n/a"):
        found, _ = join(
            [server(A, 2, "1", "one", ip_address=address)],
            [server(B, 2, "2", "two", ip_address=address)],
        )
        assert len(found.servers) == 2, address


def test_the_same_name_in_two_domains_is_two_servers() -> None:
    found, _ = join([server(A, 2, "1", "web01.madrid")], [server(B, 2, "2", "web01.lima")])
    assert len(found.servers) == 2


def test_a_name_that_stands_twice_in_a_file_joins_nothing_and_is_noted() -> None:
    found, notes = join(
        [server(A, 2, "a1", "web01")], [server(B, 2, "b1", "web01"), server(B, 3, "b2", "web01")]
    )
    assert len(found.servers) == 3
    assert notes[0].startswith("ambiguous-join: 2 cells: its name is that of several servers")


def test_counters_that_coincide_are_not_one_server() -> None:
    found, _ = join([server(A, 2, "1")], [server(B, 2, "1")])
    assert len(found.servers) == 2


def test_an_id_that_names_another_server_elsewhere_is_made_distinct_with_its_links() -> None:
    theirs = Assessment(
        servers=(server(B, 2, "12", "db01"),),
        databases=(Database(B, 2, "d1", server_id="12"),),
        links=(Link(B, 2, "server-application", "12", "app"),),
    )
    found, notes = join([server(A, 2, "12", "web01")], theirs)
    assert [s.id for s in found.servers] == ["12", "12 (b.csv)"]
    assert found.databases[0].server_id == "12 (b.csv)"
    assert found.links[0].source == "12 (b.csv)"
    assert "another file gives this id to another server" in notes[0]


def test_what_refers_to_a_joined_server_follows_it() -> None:
    theirs = Assessment(
        servers=(server(B, 2, "vm-1", "web01"), server(B, 3, "vm-2", "web02")),
        databases=(Database(B, 2, "d1", server_id="VM-1"), Database(B, 3, "d2", server_id="vm-2")),
    )
    links = Assessment(links=(Link(C, 2, "server-server", "vm-1", "vm-2"),))
    found, _ = join([server(A, 2, "s-1", "web01")], theirs, links)
    assert [d.server_id for d in found.databases] == ["s-1", "vm-2"]
    assert (found.links[0].source, found.links[0].target) == ("s-1", "vm-2")


def test_where_files_contradict_the_first_counts_and_the_other_cell_is_named() -> None:
    found, notes = join(
        [server(A, 2, "s-1", "web01", ram_gb=16.0, os_name="Windows Server 2016 Standard")],
        [server(B, 9, "s-1", "web01", ram_gb=32.0, os_name="Windows Server 2019")],
    )
    assert found.servers[0].ram_gb == 16.0
    cells = " ".join(note for note in notes if note.startswith("contradictory-files"))
    assert "Servers!D9 ('32.0')" in cells
    assert "Servers!E9 ('Windows Server 2019')" in cells


def test_tools_that_word_a_system_differently_do_not_contradict() -> None:
    _, notes = join(
        [server(A, 2, "s-1", "web01", os_name="Microsoft Windows Server 2016 (64-bit)")],
        [server(B, 2, "s-1", "web01", os_name="Windows Server 2016 Standard")],
    )
    assert not any(note.startswith("contradictory") for note in notes)


def test_the_power_state_counts_from_the_file_that_has_one() -> None:
    with_power = table("p.csv", COLUMNS | {"is_powered_on": "F"})
    off = server(with_power, 2, "s-1", "web01", is_powered_on=False)
    assert not join([server(A, 2, "s-1", "web01")], [off])[0].servers[0].is_powered_on
    on = server(A, 2, "s-1", "web01")
    assert not join([off], [on])[0].servers[0].is_powered_on


def test_databases_and_applications_of_two_files_count_once() -> None:
    one = Assessment(
        servers=(server(A, 2, "s-1", "db01"),),
        databases=(Database(A, 2, "d1", name="ERP", engine="Oracle 19c", server_id="s-1"),),
        applications=(Application(A, 2, "a1", name="Nómina"),),
    )
    other = Assessment(
        servers=(server(B, 2, "x-9", "db01"),),
        databases=(Database(B, 2, "77", name="erp", engine="Oracle", server_id="x-9"),),
        applications=(Application(B, 2, "p-3", name="nomina"),),
    )
    found, _ = join(one, other)
    assert [d.id for d in found.databases] == ["d1"]
    assert [a.id for a in found.applications] == ["a1"]


@given(st.integers(1, 25), st.randoms(use_true_random=False))
def test_an_inventory_cut_over_two_files_is_whole_again(count: int, chance: random.Random) -> None:
    whole = [
        server(A, n + 2, f"srv-{n}", f"host{n}", ip_address=f"10.0.{n}.1", ram_gb=float(n + 1))
        for n in range(count)
    ]
    first, second = [], []
    for one in whole:
        where = chance.choice(["first", "second", "both"])
        if where != "second":
            first.append(replace(one, ram_gb=None) if where == "both" else one)
        if where != "first":
            renamed = replace(one, table=B, id=chance.choice([one.id, f"vm{one.row}"]))
            second.append(renamed)
    chance.shuffle(second)
    found, _ = join(first, second) if first else join(second)
    assert {(s.hostname, s.ram_gb) for s in found.servers} == {
        (s.hostname, s.ram_gb) for s in whole
    }
    assert len(found.servers) == count
    assert len({s.id for s in found.servers}) == count
