"""Each play: what makes it fire, what must not, and what it says in each language."""

import string
from collections.abc import Iterator
from datetime import date
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

from opportune.analysis import analyze
from opportune.analysis.plays.play import CATEGORIES, SECTIONS, Play, Texts, bundled_plays
from opportune.analysis.rules.registry import ARR_RULES, PRIORITIES, TRIGGERS
from opportune.errors import InvalidInputError
from opportune.model.assessment import Assessment
from opportune.model.phrases import wording
from opportune.model.records import LANGUAGES, Priority, TemplateLine

PLAYS = bundled_plays()
WINDOWS: dict[str, Any] = {"os_name": "Windows", "os_version": "2022"}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def lines(texts: Texts) -> Iterator[tuple[str, TemplateLine]]:
    yield "title", TemplateLine(text=texts.title)
    yield "priority", TemplateLine(text=texts.priority)
    for part in SECTIONS:
        for number, line in enumerate(getattr(texts, part)):
            yield f"{part} {number}", line


@pytest.mark.parametrize("play", PLAYS, ids=lambda p: p.id)
def test_a_play_says_the_same_with_the_same_placeholders_in_each_language(play: Play) -> None:
    shapes = {
        language: {k: (x.when, placeholders(x.text)) for k, x in lines(play.texts(language))}
        for language in play.languages
    }
    assert set(shapes) == set(LANGUAGES)
    assert shapes["es"] == shapes["en"]
    assert shapes["pt"] == shapes["en"]


@pytest.mark.parametrize("play", PLAYS, ids=lambda p: p.id)
def test_a_play_names_rules_that_exist_and_a_known_category(play: Play) -> None:
    assert play.trigger["rule"] in TRIGGERS
    assert play.arr in ARR_RULES
    assert play.priority["rule"] in PRIORITIES
    assert play.category in CATEGORIES
    assert play.services
    assert 3 <= len(play.texts("en").next_steps) <= 5


def test_no_rule_is_left_without_a_play() -> None:
    assert {p.trigger["rule"] for p in PLAYS} == set(TRIGGERS)
    assert {p.arr for p in PLAYS} == set(ARR_RULES)


def test_each_phrase_has_the_same_placeholders_in_each_language() -> None:
    english = wording("en").phrases
    for language in ("es", "pt"):
        for key, text in wording(language).phrases.items():
            assert placeholders(text) == placeholders(english[key]), key


def test_an_unknown_language_is_refused_by_name() -> None:
    with pytest.raises(InvalidInputError, match="'fr'"):
        analysis_of([server()], language="fr")


def test_numbers_and_plurals_follow_the_language() -> None:
    spanish, english = wording("es"), wording("en")
    assert spanish.money(Decimal("915780.47")) == "USD 915.780"
    assert english.money(Decimal("915780.47")) == "USD 915,780"
    assert english.price(Decimal("0.0800")) == "$0.08"
    assert spanish.price(Decimal("0.08925")) == "$0,08925"
    assert f"{spanish.count(1):servidor|servidores}" == "1 servidor"
    assert f"{english.count(1200):server|servers}" == "1,200 servers"
    assert f"{english.count(2):|runs|run}" == "run"
    assert english.listing(list("abcdefg")) == "a, b, c, d, e and 2 more"


def test_nothing_fires_on_nothing() -> None:
    analysis = analysis_of()
    assert analysis.opportunities == ()
    assert analysis.portfolio_arr == 0


def test_a_clean_modern_linux_server_gives_the_base_and_graviton_only() -> None:
    assert {o.template_id for o in analysis_of([server()]).opportunities} == {"rehost", "graviton"}


def test_end_of_support_counts_only_machines_that_run() -> None:
    old = {"os_name": "Windows", "os_version": "2008 R2"}
    gone = [server(2, **old, is_template=True), server(3, **old, is_powered_on=False)]
    assert found(analysis_of([server(4), *gone]), "windows-eos") is None
    opportunity = fired(analysis_of([server(2, **old), server(3, **WINDOWS)]), "windows-eos")
    assert opportunity.priority == Priority.HIGH
    assert opportunity.title.endswith("1 server")
    assert "1 Windows server of 2 runs a release" in opportunity.reasoning
    assert opportunity.evidence[0].location == "Servers!F2"


def test_support_that_ends_within_a_year_is_less_urgent_than_support_that_ended() -> None:
    soon = fired(analysis_of([server(os_name="Windows", os_version="2016")]), "windows-eos")
    assert soon.priority == Priority.MEDIUM


@pytest.mark.parametrize("version", ["2019", "2022", "2025"])
def test_supported_windows_does_not_fire(version: str) -> None:
    analysis = analysis_of([server(os_name="Windows", os_version=version)])
    assert found(analysis, "windows-eos") is None
    assert found(analysis, "linux-eos") is None


def test_sql_server_fires_on_databases_and_not_on_a_server_named_after_it() -> None:
    assert found(analysis_of([server(hostname="SQL Server 2008")]), "sqlserver-eos") is None
    old = database(engine="SQL Server", version="2012")
    assert fired(analysis_of([server()], databases=(old,)), "sqlserver-eos").priority == "High"
    new = database(engine="SQL Server", version="2022")
    assert found(analysis_of([server()], databases=(new,)), "sqlserver-eos") is None


def test_linux_past_support_fires_and_current_linux_does_not() -> None:
    assert found(analysis_of([server(os_name="RHEL", os_version="4.0")]), "linux-eos") is not None
    assert found(analysis_of([server(os_name="RHEL", os_version="9.4")]), "linux-eos") is None


def test_oracle_exit_needs_an_oracle_database_and_weighs_its_code() -> None:
    mysql = database(engine="Oracle MySQL", version="8.0")
    assert found(analysis_of([server()], databases=(mysql,)), "oracle-exit") is None
    oracle = (
        database(2, engine="Oracle", version="19c", stored_procedure_lines=12_000),
        database(3, engine="Oracle", version="19c", trigger_lines=200, is_clustered=True),
    )
    opportunity = fired(analysis_of([server()], databases=oracle), "oracle-exit")
    assert "2 databases hold 12,200 lines of PL/SQL and triggers; 1 with 10,000" in (
        opportunity.reasoning
    )
    assert "Oracle RAC" in opportunity.reasoning
    assert opportunity.priority == Priority.MEDIUM
    assert "Databases!Q3" in [e.location for e in opportunity.evidence]


def test_database_modernization_leaves_oracle_and_unknown_engines_out() -> None:
    others = (database(2, engine="Oracle", version="19c"), database(3, engine="DB2"))
    assert found(analysis_of([server()], databases=others), "database-modernization") is None
    assert found(analysis_of(databases=(database(),)), "database-modernization") is not None


def test_graviton_is_never_offered_for_windows_or_where_a_commercial_database_runs() -> None:
    assert found(analysis_of([server(**WINDOWS)]), "graviton") is None
    for engine in ("SQL Server", "Oracle"):
        hosted = (database(engine=engine, version="2019", server_id="s2"),)
        assert found(analysis_of([server(2)], databases=hosted), "graviton") is None
        both = analysis_of([server(2), server(3)], databases=hosted)
        assert [c.label for c in both.trees["s1.graviton"].children] == ["host3"]


def test_graviton_is_the_difference_in_price_on_releases_with_an_arm_edition() -> None:
    # 4 cores, 16 GB -> m7i.xlarge 0.2016, m7g.xlarge 0.1632:
    # 1,766.016 -> 1,766.02 and 1,429.632 -> 1,429.63
    analysis = analysis_of([server(2), server(3, os_name="RHEL", os_version="6.8")])
    opportunity = fired(analysis, "graviton")
    assert opportunity.estimated_arr == Decimal("1429.63") - Decimal("1766.02")
    assert opportunity.estimate is not None
    assert opportunity.estimate.low <= opportunity.estimated_arr <= opportunity.estimate.high < 0
    assert [c.label for c in analysis.trees["s1.graviton"].children] == ["host2"]
    assert opportunity.priority == Priority.MEDIUM
    assert "about 19 % less" in opportunity.talking_points[0]


def test_graviton_counts_nothing_until_the_operating_system_is_renewed() -> None:
    opportunity = fired(analysis_of([server(os_name="RHEL", os_version="6.8")]), "graviton")
    assert opportunity.estimated_arr == 0
    assert opportunity.priority == Priority.LOW
    assert "USD -336" in opportunity.reasoning


def test_a_type_without_a_graviton_twin_is_left_out() -> None:
    assert found(analysis_of([server(cores=150, ram_gb=300.0)]), "graviton") is None


def test_disaster_recovery_counts_each_server_of_the_applications_without_it_once() -> None:
    analysis = analysis_of(
        [server(2, disk_gb=100.0, disk_used_fraction=0.5), server(3), server(4)],
        applications=(
            application(2, has_disaster_recovery=False, has_backup=False),
            application(3, has_disaster_recovery=False),
            application(4, has_disaster_recovery=True, has_backup=True),
        ),
        links=(
            runs_on(2, "s2", "a2"),
            runs_on(3, "s2", "a3"),
            runs_on(4, "s3", "a3"),
            runs_on(5, "s4", "a4"),
            runs_on(6, "nowhere", "a2"),
        ),
    )
    opportunity = fired(analysis, "dr-backup")
    # 2 x 8,760 x 0.028 = 490.56; 50 GB x 12 x 0.05 = 30.00, of the provisioned 100 GB 60.00
    assert opportunity.estimated_arr == Decimal("520.56")
    assert opportunity.estimate is not None
    assert opportunity.estimate.high == Decimal("550.56")
    recovery, backup = analysis.trees["s1.dr-backup"].children
    assert [c.label for c in recovery.children] == ["host2", "host3"]
    assert [c.label for c in backup.children] == ["host2"]


def test_a_low_rating_of_recovery_concerns_production_servers_only() -> None:
    machines = [
        server(2, environment="Production"),
        server(3, environment="non-prod"),
        server(4, environment=""),
    ]
    analysis = analysis_of(machines, ratings=(rating("Operating Model", "BCP/DR", 2),))
    assert fired(analysis, "dr-backup").estimated_arr == Decimal("245.28")
    high = analysis_of(machines, ratings=(rating("Operating Model", "BCP/DR", 3),))
    assert found(high, "dr-backup") is None


def test_what_the_workbook_does_not_say_is_no_gap() -> None:
    analysis = analysis_of([server()], applications=(application(),))
    assert {o.template_id for o in analysis.opportunities} == {"rehost", "graviton"}


@pytest.mark.parametrize(
    ("play", "category", "subcategory", "at_most"),
    [
        ("security-gaps", "Security & Compliance", "Lifecycle", 2),
        ("landing-zone", "Landing Zone", "Account Design & Configuration", 1),
        ("training", "Skills & COE", "Experience baseline", 3),
        ("wafr", "Operating Model", "Cost Management", 2),
    ],
)
def test_readiness_plays_fire_up_to_their_rating_and_not_above(
    play: str, category: str, subcategory: str, at_most: int
) -> None:
    low = analysis_of([server()], ratings=(rating(category, subcategory, at_most),))
    opportunity = fired(low, play)
    assert opportunity.estimated_arr == 0
    assert opportunity.estimate is not None
    assert opportunity.estimate.basis == "none"
    assert opportunity.evidence[0].location == "page 30"
    high = analysis_of([server()], ratings=(rating(category, subcategory, at_most + 1),))
    assert found(high, play) is None


@pytest.mark.parametrize(
    ("value", "priority"), [(1, Priority.HIGH), (2, Priority.MEDIUM), (3, Priority.LOW)]
)
def test_the_lowest_rating_decides_the_priority(value: int, priority: Priority) -> None:
    analysis = analysis_of(ratings=(rating("Skills & COE", "COE", value), rating("Skills", "B", 3)))
    assert fired(analysis, "training").priority == priority


def test_a_keyword_in_a_question_or_standard_description_is_no_evidence() -> None:
    analysis = analysis_of(
        ratings=(
            rating(
                "Business Case",
                "Funding",
                1,
                question="Are Oracle, SAP, VMware, Security, Backup and Windows 2008 in scope?",
                description="Landing zone, skills and disaster recovery are not defined.",
            ),
        ),
    )
    assert analysis.opportunities == ()


def test_the_customers_comment_is_cited() -> None:
    low = rating("Security & Compliance", "GRC", 1, comment="No framework in use.")
    cited = fired(analysis_of([server()], ratings=(low,)), "security-gaps").evidence[0].text
    assert "rated 1 of 5" in cited
    assert "No framework in use." in cited
    assert "AWS Lambda" not in cited


def test_without_a_readiness_report_only_the_workbooks_own_evidence_fires() -> None:
    analysis = analysis_of([server()], applications=(application(is_encrypted=False),))
    ids = {o.template_id for o in analysis.opportunities}
    assert {"security-gaps", "wafr"} <= ids
    assert not {"landing-zone", "training", "dr-backup"} & ids


def test_a_well_architected_review_needs_a_workload() -> None:
    low = (rating("Operating Model", "Backup", 1),)
    assert found(analysis_of(ratings=low), "wafr") is None
    assert found(analysis_of([server()], ratings=low), "wafr") is not None


def test_vmware_exit_needs_the_hypervisor_column() -> None:
    assert (
        found(analysis_of([server(hostname="vmware-01", hypervisor="Xen")]), "vmware-exit") is None
    )
    assert found(analysis_of([server(hypervisor="VmWare")]), "vmware-exit") is not None


def test_the_licence_assessment_is_urgent_beyond_twenty_windows_servers() -> None:
    assert found(analysis_of([server()]), "license-optimization") is None
    few = analysis_of([server(r, **WINDOWS) for r in range(20)])
    assert fired(few, "license-optimization").priority == Priority.MEDIUM
    many = analysis_of([server(r, **WINDOWS) for r in range(21)])
    assert fired(many, "license-optimization").priority == Priority.HIGH


@pytest.mark.parametrize(
    ("servers", "priority"), [(10, Priority.LOW), (57, Priority.MEDIUM), (284, Priority.HIGH)]
)
def test_the_base_is_as_urgent_as_it_is_large(servers: int, priority: Priority) -> None:
    # 1,766.02 a server: from 100,000 on Medium, from 500,000 on High
    assert fired(analysis_of([server(r) for r in range(servers)]), "rehost").priority == priority


def test_an_empty_assessment_of_files_alone_is_no_opportunity() -> None:
    analysis = analyze(Assessment(), session_id="s", customer="", run_date=date(2026, 1, 1))
    assert analysis.trees == {}
