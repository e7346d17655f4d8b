"""Inventories for tests: servers with what refers to them, by hand or by chance."""

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from opportune.model.assessment import Application, Assessment, Database, Link, Server, Table

OLD_TABLE = Table("old.xlsx", "0" * 64, "Servers", 1, {"ram_gb": "L", "id": "A"})
NEW_TABLE = Table("new.xlsx", "1" * 64, "Servers", 1, {"ram_gb": "M", "id": "A"})


def server(
    id_: str, name: str = "", table: Table = OLD_TABLE, row: int = 2, **facts: Any
) -> Server:
    given: dict[str, Any] = {"cores": 4, "ram_gb": 16.0, "disk_gb": 100.0, "os_name": "RHEL"}
    return Server(table, row, id_, hostname=name, **(given | {"os_version": "8"} | facts))


def estate(*servers: Server, **parts: Any) -> Assessment:
    return Assessment(servers=servers, **parts)


def runs(server_id: str, application: str) -> Link:
    return Link(OLD_TABLE, 2, "server-application", server_id, application)


NAMES = st.sampled_from(["", "web01", "web02", "web02.corp", "db01", "app01"])
SERVERS = st.builds(
    server,
    st.just(""),
    NAMES,
    table=st.sampled_from([OLD_TABLE, NEW_TABLE]),
    row=st.integers(2, 40),
    cores=st.sampled_from([None, 1, 2, 8, 64, 500]),
    ram_gb=st.sampled_from([None, 0.5, 7.77, 64.0, 512.0]),
    disk_gb=st.sampled_from([None, 0.01, 33.333, 2000.0]),
    cpu_peak_fraction=st.sampled_from([None, 0.13, 0.5, 1.0]),
    os_name=st.sampled_from(["RHEL", "Windows Server", "Ubuntu"]),
    os_version=st.sampled_from(["6", "8", "2012 R2", "22.04"]),
    ip_address=st.sampled_from(["", "10.0.0.1", "10.0.0.2"]),
    is_powered_on=st.booleans(),
    is_template=st.sampled_from([False, False, False, True]),
    hypervisor=st.sampled_from(["", "VMware"]),
)


@st.composite
def estates(draw: st.DrawFn) -> Assessment:
    ids = draw(st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=6))
    servers = tuple(replace(draw(SERVERS), id=id_) for id_ in ids)
    applications = (
        Application(OLD_TABLE, 2, "A1", name="Shop", has_disaster_recovery=False),
        Application(OLD_TABLE, 3, "A2", name="Erp", has_backup=False, criticality="high"),
    )
    links = tuple(
        runs(id_, draw(st.sampled_from(["A1", "A2"]))) for id_ in ids if draw(st.booleans())
    )
    databases = tuple(
        Database(OLD_TABLE, 2, f"D{n}", engine=engine, version="12", server_id=id_, size_gb=10.0)
        for n, id_ in enumerate(ids[:2])
        for engine in [draw(st.sampled_from(["Oracle", "MySQL", "SQL Server"]))]
    )
    return Assessment(servers=servers, applications=applications, links=links, databases=databases)
