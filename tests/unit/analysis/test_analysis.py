"""What holds for every analysis: exact sums, nothing counted twice, evidence, sameness."""

import dataclasses
import re
import subprocess
import sys
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

from cases import (
    APPLICATIONS,
    DATABASES,
    SERVERS,
    analyzed,
    as_text,
    full_estate,
)
from drawn_assessments import assessments, check_sums
from hypothesis import given, settings
from hypothesis import strategies as st

from opportune.analysis import Node, analyze
from opportune.analysis.tree import digest, leaves
from opportune.model.assessment import Assessment, Server, Table
from opportune.model.filters import by_list_order
from opportune.model.records import Opportunity


@settings(max_examples=150, deadline=None)
@given(assessments())
def test_leaves_sum_to_each_arr_to_the_cent_and_the_arrs_to_the_portfolio(
    assessment: Assessment,
) -> None:
    analysis = analyzed(assessment)
    assert set(analysis.trees) == {o.id for o in analysis.opportunities}
    for opportunity in analysis.opportunities:
        tree = analysis.trees[opportunity.id]
        check_sums(tree)
        assert sum(leaf.amount for leaf in leaves(tree)) == opportunity.estimated_arr
        estimate = opportunity.estimate
        assert estimate is not None
        assert estimate.low <= estimate.expected == opportunity.estimated_arr <= estimate.high
        assert estimate.digest == digest(tree)
        assert (estimate.basis == "none") == (not tree.children)
    assert analysis.portfolio_arr == sum(o.estimated_arr for o in analysis.opportunities)


@settings(max_examples=150, deadline=None)
@given(assessments())
def test_each_servers_compute_is_counted_once_and_only_in_the_base(assessment: Assessment) -> None:
    analysis = analyzed(assessment)
    counted = Counter(
        leaf.sources[0]
        for tree in analysis.trees.values()
        for leaf in leaves(tree)
        if leaf.label == "EC2 compute"
    )
    assert not counted or max(counted.values()) == 1
    in_base = analysis.trees["s1.rehost"].children if "s1.rehost" in analysis.trees else ()
    left_out = [
        n for n in analysis.quality if n.code in ("server-size-unknown", "server-fits-no-type")
    ]
    running = [s for s in assessment.machines if s.is_powered_on]
    assert len(in_base) == len(counted)
    assert (len(in_base) < len(running)) == bool(left_out)


INCREMENTS = {
    "rehost",
    "containers",
    "database-modernization",
    "dr-backup",
    "graviton",
    "non-production",
    "oracle-exit",
    "sql-server-licences",
}
"""Plays that may carry an ARR: the base and what is added to it or taken off it."""


@settings(max_examples=100, deadline=None)
@given(assessments())
def test_the_portfolio_is_the_base_plus_increments_and_all_else_adds_nothing(
    assessment: Assessment,
) -> None:
    analysis = analyzed(assessment)
    by_play = {o.template_id: o.estimated_arr for o in analysis.opportunities}
    assert all(arr == 0 for play, arr in by_play.items() if play not in INCREMENTS)
    assert analysis.portfolio_arr == sum(by_play.get(play, 0) for play in INCREMENTS)
    base = by_play.get("rehost", Decimal(0))
    assert -base <= by_play.get("graviton", 0) <= 0
    assert by_play.get("dr-backup", 0) >= 0


@settings(max_examples=100, deadline=None)
@given(assessments())
def test_every_opportunity_cites_at_least_two_facts_at_places_that_exist(
    assessment: Assessment,
) -> None:
    pages = {r.page for r in assessment.ratings}
    for opportunity in analyzed(assessment).opportunities:
        assert len(opportunity.evidence) >= 2, opportunity.id
        for evidence in opportunity.evidence:
            if evidence.file == "readiness.pdf":
                assert {int(n) for n in re.findall(r"\d+", evidence.location)} <= pages
                continue
            assert evidence.file == "estate.xlsx"
            for place in evidence.location.split(", "):
                check_place(place, assessment)


def check_place(place: str, assessment: Assessment) -> None:
    sheet, _, cells = place.partition("!")
    rows_of: dict[str, tuple[Table, set[int]]] = {
        "Servers": (SERVERS, {s.row for s in assessment.servers}),
        "Databases": (DATABASES, {d.row for d in assessment.databases}),
        "Applications": (APPLICATIONS, {a.row for a in assessment.applications}),
    }
    table, rows = rows_of[sheet]
    for cell in cells.split(":"):
        column, row = re.fullmatch(r"([A-Z]+)(\d+)", cell).groups()  # type: ignore[union-attr] # None fails the test as it should
        assert column in table.columns.values()
        assert int(row) in rows


@settings(max_examples=50, deadline=None)
@given(assessments(), st.sampled_from(["en", "es", "pt"]))
def test_the_same_assessment_gives_the_same_bytes(assessment: Assessment, language: str) -> None:
    shuffled = dataclasses.replace(
        assessment, servers=tuple(reordered_columns(s) for s in assessment.servers)
    )
    first = as_text(analyzed(assessment, language))
    assert as_text(analyzed(assessment, language)) == first
    assert as_text(analyzed(shuffled, language)) == first


def reordered_columns(server_: Server) -> Server:
    columns = dict(reversed(list(server_.table.columns.items())))
    return dataclasses.replace(server_, table=dataclasses.replace(server_.table, columns=columns))


def test_another_process_with_other_hash_seeds_gives_the_same_bytes() -> None:
    program = (
        "import sys, hashlib; sys.path.insert(0, sys.argv[1])\n"
        "from cases import analyzed, as_text, full_estate\n"
        "print(hashlib.sha256(as_text(analyzed(full_estate())).encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program, str(Path(__file__).parents[2] / "support")],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3", "4")
    }
    assert len(digests) == 1


def test_the_run_date_changes_states_and_is_printed_nowhere() -> None:
    analyses = [
        analyze(full_estate(), session_id="s1", customer="", run_date=day)
        for day in (date(2026, 11, 22), date(2026, 11, 23))
    ]
    assert as_text(analyses[0]) == as_text(analyses[1])


def test_opportunities_come_in_list_order() -> None:
    found: tuple[Opportunity, ...] = analyzed(full_estate()).opportunities
    assert found == by_list_order(found)


def test_a_digest_tells_another_amount_and_not_another_language() -> None:
    node = Node("a", Decimal("1.00"), "f", ("x",), (Node("b", Decimal("1.00"), "g"),))
    assert digest(node) == digest(dataclasses.replace(node, label="z", formula="y"))
    assert digest(node) != digest(dataclasses.replace(node, amount=Decimal("1.01")))
    assert digest(node) != digest(dataclasses.replace(node, children=()))


def test_a_digest_is_of_every_leaf() -> None:
    estate = full_estate()
    dearer = tuple(
        dataclasses.replace(s, disk_gb=(s.disk_gb or 0) + 1) if s.row == 2 else s
        for s in estate.servers
    )
    changed = analyzed(dataclasses.replace(estate, servers=dearer)).trees["s1.rehost"]
    assert digest(changed) != digest(analyzed(estate).trees["s1.rehost"])
