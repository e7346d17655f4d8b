"""Answers, applications and reports: what they are evidence of, and what they are not."""

from decimal import Decimal
from typing import Any

import pytest
from cases import (
    analysis_of,
    application,
    database,
    fired,
    found,
    rating,
    runs_on,
    server,
)

from opportune.analysis.rules.answers import says, unsure
from opportune.model.assessment import Answer
from opportune.model.records import Priority, SourceFile


def answer(text: str, question: str = "What is in scope?", comment: str = "") -> Answer:
    return Answer("questions.csv", "C7", question, text, comment)


@pytest.mark.parametrize(
    ("text", "clause"),
    [
        ("SAP ECC on premises", "SAP ECC on premises"),
        ("We use Oracle. SAP S/4 follows; no dates", "SAP S/4 follows"),
        ("No mainframe, but SAP runs in Madrid", "SAP runs in Madrid"),
        ("Usamos SAP", "Usamos SAP"),
        ("No SAP", ""),
        ("We do not run SAP", ""),
        ("We don\u2019t have SAP", ""),
        ("No tenemos SAP", ""),
        ("Não usamos SAP", ""),
        ("sin SAP", ""),
        ("unknown if SAP", ""),
        ("ASAP, please", ""),
        ("SAPIENS insurance suite", ""),
        ("Yes", ""),
        ("", ""),
    ],
)
def test_only_an_affirming_clause_with_the_whole_word_says_it(text: str, clause: str) -> None:
    assert says(text, ("SAP",)) == clause


@pytest.mark.parametrize(
    "text", ["Not sure", "not sure.", "Unknown", "No sabemos", "We're not sure", "?"]
)
def test_a_comment_may_say_no_more_than_that_nobody_knows(text: str) -> None:
    assert unsure(text)


@pytest.mark.parametrize(
    "text", ["", "Not sure, but keys are shared.", "No framework.", "Known gap"]
)
def test_a_comment_that_says_something_counts(text: str) -> None:
    assert not unsure(text)


def test_a_low_rating_that_is_a_guess_is_no_gap() -> None:
    guess = rating("Security & Compliance", "GRC", 2, comment="Not sure")
    assert found(analysis_of([server()], ratings=(guess,)), "security-gaps") is None
    gap = rating("Security & Compliance", "GRC", 2, comment="Not sure, keys are shared.")
    assert found(analysis_of([server()], ratings=(gap,)), "security-gaps") is not None


# SAP


@pytest.mark.parametrize(
    "facts",
    [
        {"answers": (answer("SAP ECC 6.0, 40 users"),)},
        {"answers": (answer("see comment", comment="S/4HANA planned"),)},
        {"applications": (application(name="Payroll (SAP)"),)},
        {"applications": (application(kind="SAP module"),)},
        {"databases": (database(engine="SAP HANA", version="2.0"),)},
    ],
)
def test_sap_fires_where_the_customer_names_it(facts: dict[str, Any]) -> None:
    opportunity = fired(analysis_of([server()], **facts), "sap")
    assert opportunity.estimated_arr == 0
    assert opportunity.priority == Priority.MEDIUM


@pytest.mark.parametrize(
    "facts",
    [
        {"answers": (answer("Yes", question="Do you run SAP?"),)},
        {"answers": (answer("No SAP here", question="Do you run SAP?"),)},
        {"answers": (answer("As soon as possible: ASAP"),)},
        {"applications": (application(name="SAPIENS"),)},
        {"ratings": (rating("Scope", "SAP", 1, comment="SAP is out of scope"),)},
    ],
)
def test_a_question_a_denial_or_a_part_of_a_word_is_no_sap(facts: dict[str, Any]) -> None:
    assert found(analysis_of([server(hostname="sap01")], **facts), "sap") is None


def test_sles_for_sap_is_sap_and_plain_sles_is_not() -> None:
    sap = analysis_of([server(os_name="SLES for SAP", os_version="15.6")])
    assert "1 server runs an operating system made for SAP" in fired(sap, "sap").reasoning
    assert found(analysis_of([server(os_name="SLES", os_version="15.6")]), "sap") is None


# Exit dates, programme, VMware


def test_an_answer_dates_the_exit_from_a_data_centre() -> None:
    dated = answer("Scope is open. We must leave the data center no later than June 2027")
    opportunity = fired(analysis_of([server()], answers=(dated,)), "rehost")
    assert "We must leave the data center no later than June 2027" in opportunity.reasoning
    assert ("questions.csv", "C7") in [(e.file, e.location) for e in opportunity.evidence]


@pytest.mark.parametrize(
    "text",
    ["2027", "We are not leaving the data center in 2027", "The data center was built in 2021",
     "We leave in June 2027", "The data center lease ends soon",
     "The data center lease is unknown"],
)  # fmt: skip
def test_what_does_not_date_an_exit_is_not_quoted(text: str) -> None:
    asked = answer(text, question="When does the data center lease end, e.g. in 2027?")
    opportunity = fired(analysis_of([server()], answers=(asked,)), "rehost")
    assert "dates the exit" not in opportunity.reasoning


def test_the_programme_is_suggested_from_a_base_worth_it_by_phase() -> None:
    large = [server(r) for r in range(57)]
    assert found(analysis_of(large[:56]), "migration-programme") is None
    ratings = {
        "Assess": (),
        "Mobilize": (rating("Skills & COE", "COE", 2),),
        "Migrate & Modernize": (rating("Skills & COE", "COE", 4),),
    }
    for phase, rated in ratings.items():
        opportunity = fired(analysis_of(large, ratings=rated), "migration-programme")
        assert opportunity.title.endswith(f"phase {phase}")
        assert opportunity.estimated_arr == 0
        assert opportunity.priority == Priority.MEDIUM
    many = analysis_of([server(r) for r in range(284)])
    assert fired(many, "migration-programme").priority == Priority.HIGH


def test_vmware_names_hosts_and_clusters_and_no_price_for_evs() -> None:
    machines = [
        server(2, hypervisor="VMware", host="esx1", cluster="c1"),
        server(3, hypervisor="VMware", host="esx2", cluster="c1"),
    ]
    opportunity = fired(analysis_of(machines), "vmware-exit")
    assert "2 hosts" in opportunity.reasoning
    assert "1 cluster." in opportunity.reasoning
    assert "Amazon Elastic VMware Service" in " ".join(opportunity.talking_points)
    assert opportunity.estimated_arr == 0
    asked = answer("Yes", question="Do you run VMware?")
    assert found(analysis_of([server()], answers=(asked,)), "vmware-exit") is None


def test_an_rvtools_export_is_enough_to_begin_a_licence_assessment() -> None:
    export = SourceFile(name="r.xlsx", kind="rvtools", sha256="c" * 64, size_bytes=1)
    windows = [server(os_name="Windows", os_version="2022")]
    steps = fired(analysis_of(windows, files=(export,)), "license-optimization").next_steps
    assert any("RVTools" in step for step in steps)
    steps = fired(analysis_of(windows), "license-optimization").next_steps
    assert not any("RVTools" in step for step in steps)


# Contradictions


def test_no_accounts_and_a_trail_in_one_contradict_each_other() -> None:
    low = rating("Landing Zone", "Account Design", 1, page=28, comment="We have no AWS accounts.")
    trail = rating("Security", "Logging", 2, page=37, comment="CloudTrail is configured.")
    analysis = analysis_of([server()], ratings=(low, trail))
    for play in ("landing-zone", "security-gaps"):
        opportunity = fired(analysis, play)
        assert "contradict each other" in opportunity.reasoning
        assert {"page 28", "page 37"} <= {e.location for e in opportunity.evidence}
    standard = rating("Security", "Logging", 2, description="CloudTrail is configured.")
    alone = fired(analysis_of([server()], ratings=(low, standard)), "landing-zone")
    assert "contradict" not in alone.reasoning


def test_experience_rated_lowest_and_highest_is_cited_as_a_contradiction() -> None:
    rows = (
        rating("Skills & COE", "Experience baseline", 5),
        rating("Skills & COE", "Leader", 2),
        rating("Migration Process & Experience", "Migration Experience", 1),
    )
    assert "contradict" in fired(analysis_of(ratings=rows), "training").reasoning
    assert "contradict" not in fired(analysis_of(ratings=rows[:2]), "training").reasoning


# Containers, files


@pytest.mark.parametrize(
    "facts",
    [
        {"kind": "Web application"},
        {"architecture": "Microservices"},
        {"kind": "ASP.NET"},
        {"name": "Billing (Java)"},
    ],
)
def test_applications_that_say_what_containers_suit_fire(facts: dict[str, Any]) -> None:
    analysis = analysis_of(
        [server()], applications=(application(**facts),), links=(runs_on(2, "s2", "a2"),)
    )
    opportunity = fired(analysis, "containers")
    assert opportunity.estimated_arr == Decimal("876.00")  # 8,760 h x 0.10
    assert opportunity.estimate is not None
    # Fargate (4 x 0.04048 + 16 x 0.004445) x 8,760 = 2,041.43, less 1,766.02 of EC2
    assert opportunity.estimate.high == Decimal("876.00")
    assert "2041.43" in [i.value for i in opportunity.estimate.inputs]


@pytest.mark.parametrize(
    "facts",
    [
        {"name": "JavaScript library"},
        {"name": "Web-Channel"},
        {"kind": "ERP", "architecture": "Monolith"},
        {"kind": "Web application", "migration_strategy": "Retire"},
        {},
    ],
)
def test_an_operating_system_or_a_retired_application_is_no_container(
    facts: dict[str, Any],
) -> None:
    analysis = analysis_of(
        [server(os_name="Windows", os_version="2022", hostname="web-java-01")],
        applications=(application(**facts),),
        links=(runs_on(2, "s2", "a2"),),
    )
    assert found(analysis, "containers") is None


def test_servers_of_databases_are_no_containers_and_without_servers_nothing_is_counted() -> None:
    web = (application(kind="Web application"),)
    links = (runs_on(2, "s2", "a2"), runs_on(3, "s3", "a2"))
    rows = (database(server_id="s3"),)
    both = analysis_of([server(2), server(3)], applications=web, links=links, databases=rows)
    reasoning = fired(both, "containers").reasoning
    assert "1 server hosts a database and is left out" in reasoning
    assert "1 server of these applications hosts no database" in reasoning
    none = fired(analysis_of([server(2)], applications=web), "containers")
    assert none.estimated_arr == 0
    assert "nothing is counted" in none.reasoning


def test_file_servers_and_cold_data_fire_without_a_price_for_a_tier_nobody_measured() -> None:
    share = analysis_of(
        [server(disk_gb=1000.0)],
        applications=(application(name="Home drives", kind="File server"),),
        links=(runs_on(2, "s2", "a2"),),
    )
    opportunity = fired(share, "file-storage")
    assert opportunity.estimated_arr == 0
    assert "USD 960 a year of the base" in opportunity.reasoning
    assert opportunity.priority == Priority.LOW
    cold = fired(
        analysis_of([server()], answers=(answer("30 TB, rarely accessed"),)), "file-storage"
    )
    assert cold.priority == Priority.MEDIUM


def test_a_large_or_empty_disk_and_a_question_about_files_are_no_access_pattern() -> None:
    disk = server(hostname="fileserver01", disk_gb=90_000.0, disk_used_fraction=0.05)
    asked = answer("Yes", question="Do you have a NAS or archive data?")
    assert found(analysis_of([disk], answers=(asked,)), "file-storage") is None
    assert found(analysis_of([disk], answers=(answer("We have no NAS"),)), "file-storage") is None
