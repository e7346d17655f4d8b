"""What compute costs under each basis, a discount applied once; and what doubts are worth."""

from collections import Counter
from decimal import ROUND_HALF_UP, Decimal

import pytest
from cases import RUN_DATE, analysis_of, fired, server
from drawn_assessments import assessments, check_sums
from hypothesis import given, settings
from hypothesis import strategies as st
from workbooks import column, read, workbook

from opportune.analysis import Analysis, analyze
from opportune.analysis.base import base_of
from opportune.analysis.tree import leaves
from opportune.errors import ConfigurationError
from opportune.model.assessment import Assessment
from opportune.model.records import LANGUAGES, Basis, QualityNote
from opportune.model.words import number
from opportune.prices.book import PriceBook

BOOK = PriceBook.bundled()
MONTH = {
    Basis.ON_DEMAND: Decimal("73.58"),
    Basis.COMPUTE_SP: Decimal("37.32"),
    Basis.INSTANCE_SP: Decimal("33.38"),
}
"""m7i.large, US dollars a month, 3 years without upfront payment (docs/analysis.md)."""


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def analysed(assessment: Assessment, basis: Basis = Basis.ON_DEMAND) -> Analysis:
    return analyze(assessment, session_id="s1", customer="", run_date=RUN_DATE, basis=basis)


@pytest.mark.parametrize("basis", Basis)
def test_a_discount_is_applied_once_and_to_compute_alone(basis: Basis) -> None:
    # 8 cores x 75 %, 16 GB x 50 % -> c7i.2xlarge 0.357; like for like the same type
    windows = server(
        os_name="Windows", os_version="2022", cores=8, disk_gb=500.0,
        cpu_peak_fraction=0.75, ram_peak_fraction=0.5,
    )  # fmt: skip
    analysis = analysed(Assessment(servers=(windows,)), basis)
    on_demand = Decimal("0.357") * 8760
    compute = cents(on_demand * MONTH[basis] / Decimal("73.58"))
    fixed = Decimal("3223.68") + Decimal("480.00")
    (node,) = analysis.trees["s1.rehost"].children
    assert [leaf.amount for leaf in node.children] == [compute, Decimal("3223.68"), 480]
    estimate = fired(analysis, "rehost").estimate
    assert estimate is not None
    assert estimate.basis == basis
    assert estimate.low == cents(on_demand * Decimal("33.38") / Decimal("73.58")) + fixed
    assert estimate.expected == compute + fixed
    assert estimate.high == cents(on_demand) + fixed


@pytest.mark.parametrize("basis", Basis)
def test_graviton_is_a_difference_under_the_same_basis(basis: Basis) -> None:
    # m7i.xlarge 0.2016, m7g.xlarge 0.1632
    analysis = analysed(Assessment(servers=(server(),)), basis)
    share = MONTH[basis] / Decimal("73.58")
    arm, x86 = (cents(Decimal(hourly) * 8760 * share) for hourly in ("0.1632", "0.2016"))
    opportunity = fired(analysis, "graviton")
    assert opportunity.estimated_arr == arm - x86
    assert opportunity.estimate is not None
    assert opportunity.estimate.basis == basis


@pytest.mark.parametrize("basis", [Basis.COMPUTE_SP, Basis.INSTANCE_SP])
def test_the_plans_price_rows_stand_in_the_tree_with_source_and_date(basis: Basis) -> None:
    analysis = analysed(Assessment(servers=(server(),)), basis)
    compute = analysis.trees["s1.rehost"].children[0].children[0]
    plans = [s for s in compute.sources if f"m7i-large-{basis}-3y-month" in s]
    assert len(plans) == 1
    assert plans[0].endswith("2026-11-22")
    assert compute.formula.endswith(f"x {MONTH[basis]} / 73.58")
    assert f"{number(MONTH[basis], 'en', decimals=2)}" in compute.formula


def test_a_book_without_a_plans_price_is_refused_only_where_it_is_needed() -> None:
    prices = {k: p for k, p in BOOK.prices.items() if "compute-sp" not in k}
    book = PriceBook(
        BOOK.version, BOOK.region, 8760, BOOK.instance_types, BOOK.graviton_families, prices
    )
    assert base_of(Assessment(servers=(server(),)), book).expected
    with pytest.raises(ConfigurationError, match="m7i-large-compute-sp-3y-month"):
        base_of(Assessment(servers=(server(),)), book, Basis.COMPUTE_SP)


@settings(max_examples=150, deadline=None)
@given(assessments(), st.sampled_from(Basis))
def test_sums_are_exact_and_views_ordered_under_every_basis(
    assessment: Assessment, basis: Basis
) -> None:
    analysis = analysed(assessment, basis)
    for opportunity in analysis.opportunities:
        tree, estimate = analysis.trees[opportunity.id], opportunity.estimate
        check_sums(tree)
        assert sum(leaf.amount for leaf in leaves(tree)) == opportunity.estimated_arr
        assert estimate is not None
        assert estimate.low <= estimate.expected == opportunity.estimated_arr <= estimate.high
        assert estimate.basis in {basis, Basis.ON_DEMAND, "none"}
    assert analysis.portfolio_arr == sum(o.estimated_arr for o in analysis.opportunities)


@settings(max_examples=100, deadline=None)
@given(assessments(), st.sampled_from(Basis))
def test_the_compute_of_each_server_is_counted_once_over_all_trees(
    assessment: Assessment, basis: Basis
) -> None:
    analysis = analysed(assessment, basis)
    compute = "EC2 compute"
    counted = Counter(
        leaf.sources[0]
        for tree in analysis.trees.values()
        for leaf in leaves(tree)
        if leaf.label == compute
    )
    sized = base_of(assessment, BOOK, basis).sized
    assert counted == Counter(f"estate.xlsx Servers!{s.server.row}:{s.server.row}" for s in sized)
    base = analysis.trees.get("s1.rehost")
    assert sum(s.compute for s in sized) == sum(
        (leaf.amount for leaf in leaves(base) if leaf.label == compute) if base else ()
    )


@settings(max_examples=60, deadline=None)
@given(assessments())
def test_a_commitment_never_costs_more(assessment: Assessment) -> None:
    dearest_first = [base_of(assessment, BOOK, basis) for basis in Basis]
    totals = [base.expected for base in dearest_first]
    assert totals == sorted(totals, reverse=True)
    assert len({base.licence for base in dearest_first}) == 1
    assert len({base.storage for base in dearest_first}) == 1
    assert len({(base.low, base.high) for base in dearest_first}) == 1


def note(analysis: Analysis, code: str) -> QualityNote:
    (found,) = (n for n in (*analysis.quality, *analysis.file_quality) if n.code == code)
    return found


def test_a_powered_off_machine_is_worth_what_it_would_add() -> None:
    off = server(3, disk_gb=100.0, is_powered_on=False)
    running = analysed(Assessment(servers=(server(2), server(3, disk_gb=100.0))))
    analysis = analysed(Assessment(servers=(server(2), off)))
    base = fired(analysis, "rehost").estimated_arr
    found = note(analysis, "powered-off-left-out")
    assert found.effect_arr == fired(running, "rehost").estimated_arr - base == Decimal("1862.02")
    assert found.source == "estate.xlsx Servers!A3"


def test_a_disk_or_peak_that_is_missing_is_worth_what_awss_own_tool_assumes() -> None:
    analysis = analysed(Assessment(servers=(server(2), server(3, disk_gb=100.0))))
    # 500 GB x 12 x 0.08; 4 cores x 25 %, 16 GB x 60 % -> r7i.large instead of m7i.xlarge, twice
    assert note(analysis, "disk-unknown").effect_arr == 480
    smaller = cents(Decimal("0.1323") * 8760) - Decimal("1766.02")
    assert note(analysis, "utilisation-missing").effect_arr == 2 * smaller
    assert "USD -1,214" in note(analysis, "utilisation-missing").message


def test_a_constant_is_worth_the_difference_to_servers_as_they_are() -> None:
    rows = tuple(server(r, cpu_peak_fraction=0.5, ram_peak_fraction=0.5) for r in range(2, 12))
    analysis = analysed(Assessment(servers=rows))
    estimate = fired(analysis, "rehost").estimate
    assert estimate is not None
    found = note(analysis, "figure-rests-on-constant").effect_arr
    assert found == estimate.high - estimate.expected > 0


def test_a_unit_is_worth_the_base_under_the_other_one() -> None:
    header = ("Serverid", "HOSTNAME", "osName", "numCpus", "totalRAM (GB)", "maxCpuUsagePctDec (%)")
    peaks = (0.5, 0.51, 0.52, 0.53)

    def workbook_of(factor: float) -> Assessment:
        rows = [(f"S{p}", f"h{p}", "RHEL", 16, 16, p * factor) for p in peaks]
        return read(workbook({"Servers": (header, *rows)}))

    analysis = analysed(workbook_of(1))
    other = workbook_of(0.01)
    (found,) = (n for n in analysis.file_quality if n.source.endswith("F2:F5"))
    base = fired(analysis, "rehost").estimated_arr
    assert found.code == "unit-decided"
    assert found.effect_arr == fired(analysed(other), "rehost").estimated_arr - base < 0
    (ram,) = (n for n in analysis.file_quality if n.source.endswith("E2:E5"))
    assert ram.effect_arr is None  # as the header says: there is no other reading


def test_a_repeated_id_is_worth_the_rows_counted_beside_the_first() -> None:
    rows = (("Serverid", "HOSTNAME", "osName", "numCpus", "totalRAM (GB)"),
            ("S1", "a", "RHEL", 4, 16), ("S1", "b", "RHEL", 4, 16))  # fmt: skip
    analysis = analysed(read(workbook({"Servers": rows})))
    assert note(analysis, "duplicate-id").effect_arr == Decimal("-1766.02")


def test_what_cannot_be_told_has_no_effect() -> None:
    analysis = analysis_of([server(2, cores=4000), server(3, ram_gb=None), server(4, disk_gb=1.0)])
    assert note(analysis, "server-fits-no-type").effect_arr is None
    assert note(analysis, "server-size-unknown").effect_arr is None
    kept = analysed(column("totalRAM (GB)", "16", "oops")).file_quality
    assert [n.effect_arr for n in kept if n.code == "value-not-understood"] == [None]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("basis", Basis)
def test_the_text_names_the_basis(language: str, basis: Basis) -> None:
    analysis = analyze(
        Assessment(servers=(server(),)),
        session_id="s1",
        customer="",
        language=language,
        run_date=RUN_DATE,
        basis=basis,
    )
    plan = {Basis.COMPUTE_SP: "Compute Savings Plan", Basis.INSTANCE_SP: "EC2 Instance Savings"}
    opportunity = fired(analysis, "rehost")
    assert (plan.get(basis, "\0") in opportunity.reasoning) == (basis in plan)
    on_demand = {"en": "on demand", "es": "bajo demanda", "pt": "sob demanda"}[language]
    assert (on_demand in opportunity.reasoning) == (basis == Basis.ON_DEMAND)
