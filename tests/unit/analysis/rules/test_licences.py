"""Microsoft licences: what they add on EC2, and what an assessment would look at."""

from decimal import Decimal
from typing import Any

import pytest
from cases import analysis_of, database, fired, found, rating, server

from opportune.model.assessment import Answer, Assessment, Database
from opportune.model.records import Priority
from opportune.prices.book import X86_FAMILIES, PriceBook

PLAY = "sql-server-licences"
HOURS = Decimal(8760)


def sql(row: int = 2, **facts: Any) -> Database:
    """Return a database whose cores are unknown, so that it stays on EC2."""
    known: dict[str, Any] = {"engine": "SQL Server", "version": "2019", "server_id": "s2",
                             "edition": "Standard"}  # fmt: skip
    return database(row, **known | facts)


@pytest.mark.parametrize(
    ("edition", "together"),
    [("Web", "0.063"), ("Standard", "0.166"), ("Enterprise", "0.421"), ("EE", "0.421")],
)
def test_sql_server_adds_its_part_of_the_price_with_windows(edition: str, together: str) -> None:
    # The base counts Windows itself: only the difference is SQL Server's. 4 cores: 4 vCPU
    windows = server(os_name="Windows", os_version="2022")
    opportunity = fired(analysis_of([windows], databases=(sql(edition=edition),)), PLAY)
    assert opportunity.estimated_arr == (4 * (Decimal(together) - Decimal("0.046")) * HOURS)


def test_two_vcpus_are_billed_as_four() -> None:
    small = server(cores=2, ram_gb=8.0)
    opportunity = fired(analysis_of([small], databases=(sql(),)), PLAY)
    assert opportunity.estimated_arr == 4 * Decimal("0.12") * HOURS
    assert "fewer than 4 vCPU" in opportunity.reasoning


def test_a_server_is_licensed_once_by_its_dearest_edition() -> None:
    several = (sql(2), sql(3, edition="Enterprise"), sql(4, edition="Web"))
    opportunity = fired(analysis_of([server()], databases=several), PLAY)
    assert opportunity.estimated_arr == 4 * Decimal("0.375") * HOURS
    assert opportunity.priority == Priority.HIGH


@pytest.mark.parametrize(
    "facts",
    [
        {"license_model": "BYOL"},
        {"license_model": "Bring your own license"},
        {"edition": ""},
        {"edition": "Express"},
        {"edition": "Developer"},
        {"server_id": "nowhere"},
        {"engine": "PostgreSQL", "edition": "Enterprise"},
    ],
)
def test_own_free_and_unknown_licences_add_nothing(facts: dict[str, Any]) -> None:
    assert found(analysis_of([server()], databases=(sql(**facts),)), PLAY) is None


def test_an_own_licence_covers_the_whole_server() -> None:
    both = (sql(2), sql(3, license_model="BYOL"))
    assert found(analysis_of([server()], databases=both), PLAY) is None


def test_the_edition_of_a_server_counts_where_no_database_is_listed() -> None:
    opportunity = fired(analysis_of([server(sql_edition="SQL Server Standard")]), PLAY)
    assert opportunity.estimated_arr == 4 * Decimal("0.12") * HOURS
    assert found(analysis_of([server(hostname="SQL Standard 2019")]), PLAY) is None


def test_the_low_view_has_developer_outside_of_production_and_standard_for_enterprise() -> None:
    machines = [server(2, environment="test"), server(3, environment="prod")]
    rows = (sql(2), sql(3, server_id="s3", edition="Enterprise"))
    opportunity = fired(analysis_of(machines, databases=rows), PLAY)
    assert opportunity.estimate is not None
    assert opportunity.estimate.low == 4 * Decimal("0.12") * HOURS
    assert opportunity.estimated_arr == 4 * Decimal("0.495") * HOURS
    assert "1 server is recorded as not production" in " ".join(opportunity.talking_points)


def test_sizing_never_chooses_a_burstable_type_whose_licence_has_another_price() -> None:
    assert not any(family.startswith("t") for family in X86_FAMILIES)
    assert PriceBook.bundled().price("windows-vcpu-hour").amount == Decimal("0.046")


def test_own_windows_licences_end_with_2019_and_go_to_dedicated_hosts() -> None:
    versions = ("2012 R2", "2019", "2022", "2025", "")
    machines = [server(r, os_name="Windows", os_version=v) for r, v in enumerate(versions, 2)]
    points = " ".join(fired(analysis_of(machines), "license-optimization").talking_points)
    assert "2 servers run Windows Server 2019 or earlier" in points
    assert "Dedicated Hosts" in points
    assert "2 servers run a later release" in points
    new = analysis_of([server(os_name="Windows", os_version="2022")])
    assert "Dedicated Hosts" not in " ".join(fired(new, "license-optimization").talking_points)


def test_more_than_twenty_windows_servers_are_flagged_for_an_assessment() -> None:
    for count, flagged in ((20, False), (21, True)):
        machines = [server(r, os_name="Windows", os_version="2022") for r in range(count)]
        reasoning = fired(analysis_of(machines), "license-optimization").reasoning
        assert ("Optimization and Licensing Assessment is worth" in reasoning) == flagged


def test_ola_in_a_readiness_comment_is_no_evidence_and_an_answer_is_cited() -> None:
    comment = rating("Operating Model", "Service Catalog", 1, comment="An OLA has not been done.")
    assert found(analysis_of([server()], ratings=(comment,)), "license-optimization") is None
    answer = Answer("q.xlsx", "C4", "Is an OLA wanted?", "Our Enterprise Agreement ends in May.")
    windows = server(os_name="Windows", os_version="2022")
    opportunity = fired(analysis_of([windows], answers=(answer,)), "license-optimization")
    assert "Our Enterprise Agreement ends in May" in opportunity.reasoning
    assert ("q.xlsx", "C4") in [(e.file, e.location) for e in opportunity.evidence]
    silent = Answer("q.xlsx", "C4", "Do you have a Microsoft Enterprise Agreement?", "Yes")
    opportunity = fired(analysis_of([windows], answers=(silent,)), "license-optimization")
    assert "q.xlsx" not in [e.file for e in opportunity.evidence]


def test_nothing_of_microsoft_is_no_licence_play() -> None:
    ids = {o.template_id for o in analysis_of([server()]).opportunities}
    assert not ids & {"license-optimization", PLAY}
    assert Assessment().answers == ()
