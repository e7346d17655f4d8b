"""Assessments drawn at random, and the sums that hold for each."""

from decimal import Decimal
from typing import Any

from cases import (
    APPLICATIONS,
    DATABASES,
    LINKS,
    full_estate,
    server,
)
from hypothesis import strategies as st

from opportune.analysis import Node
from opportune.model.assessment import Application, Assessment, Database, Link

FRACTIONS = st.one_of(st.none(), st.floats(0, 1))


SERVER_ROWS: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict,
    os_name=st.sampled_from(["Windows", "RHEL", "Ubuntu", "AIX", "", "CentOS 7 (64-bit)"]),
    os_version=st.sampled_from(["2012 R2", "4.0", "22.04", "", "9"]),
    cores=st.one_of(st.none(), st.integers(0, 250)),
    threads=st.one_of(st.none(), st.integers(1, 64)),
    ram_gb=st.one_of(st.none(), st.floats(0, 2000)),
    cpu_peak_fraction=FRACTIONS,
    ram_peak_fraction=FRACTIONS,
    disk_gb=st.one_of(st.none(), st.floats(0, 100_000)),
    disk_used_fraction=FRACTIONS,
    environment=st.sampled_from(["prod", "dev", ""]),
    hypervisor=st.sampled_from(["VMware", ""]),
    is_powered_on=st.booleans(),
    is_template=st.booleans(),
)


TRUTH = st.sampled_from([None, True, False])


@st.composite
def assessments(draw: st.DrawFn) -> Assessment:
    """Draw an estate with servers of all kinds, databases and applications on them."""
    servers = [server(r, **f) for r, f in enumerate(draw(st.lists(SERVER_ROWS, max_size=25)), 2)]
    ids = [s.id for s in servers] + ["nowhere"]
    engines = st.sampled_from(["Oracle", "SQL Server", "MySQL", "PostgreSQL", "DB2"])
    versions = st.sampled_from(["11g", "2014", "8", "8.0.1", "14", ""])
    databases = [
        Database(
            DATABASES, r, f"d{r}", engine=draw(engines), version=draw(versions),
            size_gb=draw(st.one_of(st.none(), st.floats(0, 1e5))),
            server_id=draw(st.sampled_from(ids)),
        )
        for r in range(2, 2 + draw(st.integers(0, 5)))
    ]  # fmt: skip
    applications = [
        Application(
            APPLICATIONS, r, f"a{r}", has_disaster_recovery=draw(TRUTH), has_backup=draw(TRUTH),
            is_encrypted=draw(TRUTH), has_penetration_test=draw(TRUTH),
        )
        for r in range(2, 2 + draw(st.integers(0, 4)))
    ]  # fmt: skip
    links = [
        Link(
            LINKS,
            r,
            "server-application",
            draw(st.sampled_from(ids)),
            f"a{draw(st.integers(2, 6))}",
        )
        for r in range(2, 2 + draw(st.integers(0, 8)))
    ]
    return Assessment(
        servers=tuple(servers),
        databases=tuple(databases),
        applications=tuple(applications),
        links=tuple(links),
        ratings=full_estate().ratings if draw(st.booleans()) else (),
    )


def check_sums(node: Node) -> None:
    assert node.amount == node.amount.quantize(Decimal("0.01"))
    if node.children:
        assert sum(child.amount for child in node.children) == node.amount
        for child in node.children:
            check_sums(child)
