"""Databases on Amazon RDS and Aurora: what is priced, what is not, and nothing counted twice."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest
from cases import analysis_of, database, fired, found, server
from hypothesis import given, settings
from hypothesis import strategies as st

from opportune.analysis import Analysis
from opportune.analysis.rules.managed_offers import sql_edition
from opportune.analysis.tree import Node, leaves
from opportune.model.assessment import Database, Server

LICENCE: dict[str, Any] = {"license_model": "License included"}
OWN: dict[str, Any] = {"license_model": "Bring your own license"}
AURORA: dict[str, Any] = {"target_engine": "Aurora PostgreSQL", "cpu_cores": 2}


def on(host: int = 2, row: int = 2, **facts: Any) -> Database:
    known: dict[str, Any] = {"server_id": f"s{host}", "engine": "MySQL", "version": "8.4",
                             "cpu_cores": 4, "size_gb": 100.0}  # fmt: skip
    return database(row, **known | facts)


def arr_of(analysis: Analysis, play: str = "database-modernization") -> Decimal:
    return fired(analysis, play).estimated_arr


def test_a_database_that_has_its_server_to_itself_replaces_it() -> None:
    # 4 cores, 16 GB: m7i.xlarge 1,766.02; 100 GB on gp3 96.00
    analysis = analysis_of([server(disk_gb=100.0)], databases=(on(),))
    # db.m5.xlarge 2 x 124.83 x 12 = 2,995.92; 100 GB x 0.115 x 12 = 138.00
    assert arr_of(analysis) == Decimal("2995.92") + Decimal("138.00") - Decimal("1862.02")
    opportunity = fired(analysis, "database-modernization")
    assert "1 server is then no longer needed on EC2" in opportunity.reasoning
    assert opportunity.estimate is not None
    assert opportunity.estimate.low <= opportunity.estimated_arr < opportunity.estimate.high
    assert analysis.portfolio_arr == Decimal("3133.92")


def test_a_server_that_does_more_than_its_database_stays_and_the_database_is_on_top() -> None:
    analysis = analysis_of([server(cores=16, disk_gb=100.0)], databases=(on(),))
    assert arr_of(analysis) == Decimal("2995.92") + Decimal("138.00")
    assert "1 server stays in the base" in fired(analysis, "database-modernization").reasoning


def test_the_peak_of_the_server_counts_for_the_instance_as_it_does_for_the_server() -> None:
    busy = server(cores=16, cpu_peak_fraction=0.5)
    assert (
        "db.m5.large"
        in fired(analysis_of([busy], databases=(on(),)), "database-modernization").reasoning
    )


def test_ram_counts_only_where_the_database_has_the_server_to_itself() -> None:
    alone = analysis_of([server(ram_gb=64.0)], databases=(on(),))
    assert "db.m5.4xlarge" in fired(alone, "database-modernization").reasoning
    shared = analysis_of([server(cores=8, ram_gb=64.0)], databases=(on(),))
    assert "db.m5.xlarge" in fired(shared, "database-modernization").reasoning


@pytest.mark.parametrize(
    "facts", [{"is_replicated": True}, {"is_clustered": True}, {"deployment": "Multi-AZ"}]
)
def test_two_zones_cost_twice_instance_and_storage(facts: dict[str, Any]) -> None:
    one = arr_of(analysis_of([server(cores=16)], databases=(on(),)))
    assert arr_of(analysis_of([server(cores=16)], databases=(on(**facts),))) == 2 * one


def test_databases_of_one_instance_share_it_and_do_not_multiply_its_cores() -> None:
    both = (on(row=2, instance="MAIN"), on(row=3, instance="main"))
    analysis = analysis_of([server(disk_gb=100.0)], databases=both)
    (instance, away) = analysis.trees["s1.database-modernization"].children
    assert [leaf.amount for leaf in instance.children] == [Decimal("2995.92"), Decimal("276.00")]
    assert away.amount == Decimal("-1862.02")


def test_instances_that_state_more_cores_than_their_server_has_share_them() -> None:
    both = (on(row=2, instance="A"), on(row=3, instance="B"))
    analysis = analysis_of([server(ram_gb=8.0)], databases=both)
    names = [n.children[0].label for n in analysis.trees["s1.database-modernization"].children[:2]]
    assert names == ["RDS for MySQL db.m5.large"] * 2


def test_a_server_with_one_database_that_stays_is_not_taken_over() -> None:
    both = (on(row=2), on(row=3, engine="DB2", instance="other"))
    analysis = analysis_of([server()], databases=both)
    assert len(analysis.trees["s1.database-modernization"].children) == 1


def test_without_a_storage_price_or_a_size_the_servers_disk_stays_counted() -> None:
    for facts in (
        {"target_engine": "Aurora MySQL", "cpu_cores": 2},
        {"size_gb": None, "cpu_cores": 2},
    ):
        analysis = analysis_of(
            [server(cores=2, ram_gb=4.0, disk_gb=100.0)], databases=(on(**facts),)
        )
        away = analysis.trees["s1.database-modernization"].children[-1]
        assert away.amount == -Decimal("781.83")  # c7i.large; not the 96.00 of its disk
        assert "its disk stays counted" in away.formula


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"server_id": ""}, "whose server is not stated"),
        ({"server_id": "nowhere"}, "whose server is not stated"),
        ({"cpu_cores": None}, "whose cores are not stated"),
        ({"migration_strategy": "Retire"}, "to be retained or retired"),
        ({"engine": "MariaDB", "version": "10.11"}, "without a known price"),
        ({"target_engine": "DynamoDB"}, "without a known price"),
        ({"engine": "SQL Server", "version": "2019"}, "without a known price"),
        ({"engine": "SQL Server", "edition": "Enterprise", **OWN}, "without a known price"),
        ({"target_engine": "SQL Server", "edition": "Enterprise"}, "without a known price"),
        ({"target_engine": "Aurora MySQL"}, "beyond the largest class"),
        ({"engine": "PostgreSQL", "version": "17", "cpu_cores": 9}, "beyond the largest class"),
    ],
)  # fmt: skip
def test_what_is_not_known_is_counted_as_nothing_and_said(
    facts: dict[str, Any], reason: str
) -> None:
    analysis = analysis_of([server(cores=16)], databases=(on(**facts),))
    opportunity = fired(analysis, "database-modernization")
    assert opportunity.estimated_arr == 0
    assert "For 1 database nothing is counted: 1 " in opportunity.reasoning
    assert reason in opportunity.reasoning


@pytest.mark.parametrize(
    ("facts", "target"),
    [
        ({"edition": "SE2", **LICENCE}, "RDS for Oracle SE2 db.t3.xlarge"),
        ({"edition": "Standard 1"}, "RDS for Oracle SE2 db.t3.xlarge"),
        ({"edition": "Enterprise", **OWN}, "RDS for Oracle EE (BYOL) db.t3.xlarge"),
        ({"edition": "EE", **AURORA}, "Aurora db.t3.large"),
        ({"edition": "EE", "target_engine": "PostgreSQL"}, "RDS for PostgreSQL db.t3.xlarge"),
        ({"edition": "EE", "is_clustered": True, **AURORA}, "Aurora db.t3.large"),
    ],
)  # fmt: skip
def test_oracle_goes_where_the_files_say_and_stays_oracle_where_they_say_nothing(
    facts: dict[str, Any], target: str
) -> None:
    oracle = on(engine="Oracle", version="19c", **facts)
    opportunity = fired(analysis_of([server(cores=16)], databases=(oracle,)), "oracle-exit")
    assert f"{target} (1)" in opportunity.reasoning
    assert opportunity.estimated_arr > 0


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"edition": "Enterprise", "is_clustered": True}, "1 on Oracle RAC"),
        ({"edition": "Enterprise", **LICENCE}, "1 without a known price"),
        ({"edition": "SE2", **OWN}, "1 without a known price"),
        ({"edition": ""}, "1 without a known price"),
    ],
)
def test_oracle_that_rds_does_not_offer_or_price_stays(facts: dict[str, Any], reason: str) -> None:
    oracle = on(engine="Oracle", version="19c", **facts)
    opportunity = fired(analysis_of([server(cores=16)], databases=(oracle,)), "oracle-exit")
    assert opportunity.estimated_arr == 0
    assert reason in opportunity.reasoning


def test_a_managed_sql_server_is_not_licensed_on_ec2_as_well() -> None:
    sql = on(engine="SQL Server", version="2019", edition="Standard", **LICENCE)
    analysis = analysis_of([server(os_name="Windows", os_version="2019")], databases=(sql,))
    # db.m5.xlarge 893.52 x 12 + 138.00 - (1,766.02 + Windows 4 x 0.046 x 8,760 = 1,611.84)
    assert arr_of(analysis) == Decimal("10722.24") + Decimal("138.00") - Decimal("3377.86")
    assert found(analysis, "sql-server-licences") is None


def test_graviton_and_schedules_leave_a_server_alone_that_a_database_replaces() -> None:
    machines = [server(2, environment="dev"), server(3, environment="dev")]
    analysis = analysis_of(machines, databases=(on(2),))
    for play in ("graviton", "non-production"):
        assert [c.label for c in analysis.trees[f"s1.{play}"].children] == ["host3"]
        assert "managed database" in fired(analysis, play).reasoning


def test_a_release_past_support_on_rds_too_is_named_with_both_dates() -> None:
    old = analysis_of([server()], databases=(on(version="8.0.36"),))
    text = " ".join(fired(old, "database-modernization").talking_points)
    assert "Amazon RDS for MySQL 8.0: support ended 2026-07-31" in text
    assert "2029-07-31" in text
    assert "$0.10" in text
    new = analysis_of([server()], databases=(on(version="8.4"),))
    assert "Amazon RDS for MySQL" not in " ".join(
        fired(new, "database-modernization").talking_points
    )


@pytest.mark.parametrize(
    ("text", "edition"),
    [("EE", "enterprise"), ("SE 1", "standard"), ("Standard 1", "standard"), ("SE2", "standard"),
     ("Web", "web"), ("SQL Server Web", "web"), ("Express Edition", "express"), ("EX", "express"),
     ("Developer", "developer"), ("", ""), ("Sequel", ""), ("Datacenter", "")],
)  # fmt: skip
def test_editions_are_read_as_words(text: str, edition: str) -> None:
    assert sql_edition(text) == edition


FACTS = st.fixed_dictionaries(
    {},
    optional={
        "engine": st.sampled_from(["MySQL", "PostgreSQL", "Oracle", "SQL Server", "DB2"]),
        "edition": st.sampled_from(["EE", "SE2", "Web", ""]),
        "target_engine": st.sampled_from(["", "Aurora MySQL", "PostgreSQL", "SQL Server"]),
        "license_model": st.sampled_from(["", "BYOL", "License included"]),
        "cpu_cores": st.sampled_from([None, 1, 2, 4, 16]),
        "instance": st.sampled_from(["", "A", "B"]),
        "is_clustered": st.sampled_from([None, True]),
        "size_gb": st.sampled_from([None, 10.0, 500.0]),
    },
)
MACHINES: st.SearchStrategy[list[dict[str, Any]]] = st.lists(
    st.builds(
        dict,
        cores=st.sampled_from([1, 2, 4, 16]),
        ram_gb=st.sampled_from([4.0, 64.0]),
        os_name=st.sampled_from(["Ubuntu", "Windows"]),
        environment=st.sampled_from(["dev", "prod", "non-prod"]),
        cpu_peak_fraction=st.sampled_from([None, 0.5]),
        disk_gb=st.sampled_from([None, 100.0]),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=200, deadline=None)
@given(MACHINES, st.lists(st.tuples(st.integers(2, 6), FACTS), max_size=6))
def test_no_server_is_taken_off_further_than_it_was_counted(
    machines: list[dict[str, Any]], rows: list[tuple[int, dict[str, Any]]]
) -> None:
    servers = [server(r, **facts) for r, facts in enumerate(machines, 2)]
    databases = tuple(on(host, r, **facts) for r, (host, facts) in enumerate(rows, 2))
    analysis = analysis_of(servers, databases=databases)
    remaining: defaultdict[str, Decimal] = defaultdict(Decimal)
    for id_, tree in analysis.trees.items():
        for leaf in leaves(tree):
            if id_ == "s1.rehost" or leaf.amount < 0:
                remaining[row_of(leaf, servers)] += leaf.amount
    assert min(remaining.values()) >= 0
    gone = [
        leaf for t in analysis.trees.values() for leaf in leaves(t) if "no longer" in leaf.label
    ]
    for leaf in gone:
        others = [
            other
            for id_, tree in analysis.trees.items()
            if id_ not in ("s1.rehost", "s1.database-modernization", "s1.oracle-exit")
            for other in leaves(tree)
            if row_of(other, servers) == row_of(leaf, servers) and other.amount
        ]
        assert others == []
    assert len({row_of(leaf, servers) for leaf in gone}) == len(gone)


def row_of(leaf: Node, servers: list[Server]) -> str:
    places = [f"estate.xlsx Servers!{s.row}:{s.row}" for s in servers]
    return next((p for p in leaf.sources if p in places), "")
