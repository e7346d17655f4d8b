"""A month's bill: its arithmetic, the way there from the guide's figures, prices, and sizes."""

from decimal import Decimal
from pathlib import Path

import pytest
from customer import report, workbook
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from opportune.costs.estimate import Assumptions, Estimate, Line, estimate
from opportune.costs.prices import prices_of
from opportune.costs.rehearsal import Rehearsal
from opportune.costs.sample import TABLE, Sample, made_up
from opportune.costs.units import item_bytes
from opportune.costs.workload import Workload
from opportune.errors import ConfigurationError, InvalidInputError
from opportune.pipeline.service import Service
from opportune.stores.contract import Retention
from opportune.stores.dynamodb import DynamoDBStore, blueprint
from opportune.stores.files.kept import MemoryFiles
from opportune.stores.open import open_store

PRICES = prices_of("us-east-1")


def lines_of(answer: Estimate) -> dict[str, Line]:
    return {line.name: line for line in answer.lines}


def steps_of(line: Line) -> dict[str, Decimal]:
    return {step.reason: step.usd for step in line.steps}


def test_under_its_own_assumptions_the_guides_figures_stand_beside_ours() -> None:
    answer = estimate(Assumptions(), PRICES)
    guide = {line.name: line.guide_usd for line in answer.lines}
    assert guide["writes"] == Decimal("0.000625")  # 500 x $1.25 a million
    assert guide["reads"] == Decimal("0.00025")  # 1,000 x $0.25 a million
    assert round(guide["storage"], 4) == Decimal("0.0006")  # 500 x 5 KB x $0.25 a GB
    assert guide["pitr"] == 0
    assert answer.guide_printed_usd == Decimal("0.002")
    assert round(answer.guide_usd, 6) == Decimal("0.001471")


def test_the_bill_of_the_guides_month_is_the_one_computed_by_hand() -> None:
    """One analysis of five opportunities of 5 KB, each figure from the table in docs/cost.md."""
    writes, reads, *_ = estimate(Assumptions(), PRICES).lines
    heads, history, header = 5 * 5 * 2, 5 * 6 * 2, 2 * 2
    status_index, priority_index = 5 + 1, 5
    assert writes.quantity == 100 * (heads + history + header + status_index + priority_index)
    analysis = 1 + 1 + 1 + 7  # no templates, header and list yet, the list of 26 KB afterwards
    one_list = 1 + 7  # the header, the list
    assert reads.quantity == 100 * analysis + 1000 * one_list
    assert writes.usd == Decimal("0.0078125")
    assert reads.usd == Decimal("0.001125")


ASSUMPTIONS = st.builds(
    Assumptions,
    st.builds(
        Workload,
        analyses=st.integers(0, 10**6),
        updates=st.integers(0, 3),
        list_reads=st.integers(0, 10**9),
        reads=st.integers(0, 10**9),
        finds=st.integers(0, 10**6),
    ),
    st.integers(0, 6),
    retention=st.builds(Retention, st.sampled_from([0, 7, 30]), st.sampled_from([0, 365])),
    has_pitr=st.booleans(),
    has_free_tier=st.booleans(),
)


@pytest.mark.slow
@hypothesis_settings(max_examples=15)
@given(ASSUMPTIONS)
def test_steps_lead_exactly_from_the_guides_line_to_ours(assumed: Assumptions) -> None:
    answer = estimate(assumed, PRICES)
    lines = lines_of(answer)
    for line in answer.lines:
        assert line.usd == line.guide_usd + sum(step.usd for step in line.steps)
    million = Decimal(1_000_000)
    assert lines["writes"].usd == lines["writes"].quantity * PRICES.write_usd_per_million / million
    assert lines["reads"].usd == lines["reads"].quantity * PRICES.read_usd_per_million / million
    gb = lines["storage"].quantity
    billed = max(Decimal(0), gb - 25) if assumed.has_free_tier else gb
    assert abs(lines["storage"].usd - billed * PRICES.storage_usd_per_gb_month) < Decimal("1e-18")
    assert answer.usd == sum(line.usd for line in answer.lines)
    assert all(line.usd >= -Decimal("1e-18") for line in answer.lines)


def test_ten_times_the_analyses_are_ten_times_the_writes_and_the_storage() -> None:
    one, ten = (
        lines_of(estimate(Assumptions(Workload(analyses=count, updates=2)), PRICES))
        for count in (100, 1000)
    )
    for name in ("writes", "storage", "pitr"):
        assert ten[name].quantity == one[name].quantity * 10


def test_recovery_and_free_storage_can_be_switched_and_change_nothing_else() -> None:
    plain = lines_of(estimate(Assumptions(), PRICES))
    other = lines_of(estimate(Assumptions(has_pitr=False, has_free_tier=True), PRICES))
    assert plain["pitr"].usd > 0
    assert other["pitr"].usd == other["storage"].usd == 0
    assert plain["writes"] == other["writes"]
    indexes = steps_of(plain["storage"])["indexes"]
    of_tables = plain["storage"].usd - indexes
    assert plain["pitr"].usd == of_tables * PRICES.pitr_usd_per_gb_month / Decimal("0.25")


def test_history_is_stored_for_its_own_time() -> None:
    def history(days: int) -> Decimal:
        assumed = Assumptions(retention=Retention(30, days))
        return steps_of(lines_of(estimate(assumed, PRICES))["storage"])["history"]

    assert history(60) == 2 * history(30)
    # For ever: as it is after a year, without the attribute that says until when.
    assert history(365) * Decimal("0.99") < history(0) < history(365)


def test_index_rows_follow_the_template(monkeypatch: pytest.MonkeyPatch) -> None:
    """Indexes of whole items are as dear as the table, to write and to store."""
    before = lines_of(estimate(Assumptions(), PRICES))
    text = blueprint.template_text()
    kept = text.replace("ProjectionType: INCLUDE", "ProjectionType: ALL")
    monkeypatch.setattr(blueprint, "template_text", lambda: kept)
    after = lines_of(estimate(Assumptions(), PRICES))
    indexes = steps_of(after["writes"])["indexes"]
    # Two indexes x five items of 5 KB, and in one of them the header of 2 KB.
    assert indexes == 100 * (2 * 5 * 5 + 2) * Decimal("0.625") / 1_000_000
    assert steps_of(before["writes"])["indexes"] < indexes
    assert steps_of(before["storage"])["indexes"] < steps_of(after["storage"])["indexes"]


@given(st.integers(1, 4), st.floats(1.2, 90))
@hypothesis_settings(max_examples=30)
def test_what_is_made_up_is_stored_with_the_size_asked_for(count: int, item_kb: float) -> None:
    rehearsal = Rehearsal(TABLE)
    store = DynamoDBStore(TABLE, connection=rehearsal)
    sample = made_up(count, item_kb)
    Service(store, MemoryFiles()).analyses.store_analysis(sample.header, sample.opportunities)
    rows = rehearsal.tables[TABLE].rows()
    sizes = [item_bytes(row) for row in rows if row["opportunityId"]["S"] != "#session"]
    assert len(sizes) == count
    # A ttl that ends in zeros takes a byte or more less.
    assert all(0 <= round(item_kb * 1024) - size <= 4 for size in sizes)


@pytest.mark.parametrize("item_kb", [0.1, 91.0])
def test_a_size_that_no_opportunity_has_is_refused(item_kb: float) -> None:
    with pytest.raises(InvalidInputError, match="--item-kb"):
        made_up(5, item_kb)


def test_what_a_real_analysis_keeps_is_measured() -> None:
    service = Service(open_store("memory:"), MemoryFiles())
    answer = service.analyses.analyze(
        [workbook(20), report()], customer="Canary Corp", updated_by="ana"
    )
    sample = Sample.of(service.store.get_session(answer.session_id), answer.opportunities)
    estimated = estimate(Assumptions(sample=sample), PRICES)
    assert estimated.opportunities == len(answer.opportunities) > 5
    assert estimated.item_bytes > 1024
    assert estimated.guide_printed_usd is None


def test_a_region_without_prices_is_refused_and_a_file_can_have_them(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"eu-south-2 are not in prices\.toml"):
        prices_of("eu-south-2")
    bundled = Path(__file__).parents[3] / "src/opportune/costs/prices.toml"
    file = tmp_path / "mine.toml"
    text = bundled.read_text("utf-8").replace("us-east-1", "eu-south-2").replace("0.625", "0.9")
    file.write_text(text, "utf-8")
    assert prices_of("eu-south-2", file).write_usd_per_million == Decimal("0.9")
    with pytest.raises(ConfigurationError, match="which has eu-south-2"):
        prices_of("us-east-1", file)
    file.write_text('["eu-south-2"]\nsource = "mine"\n', "utf-8")
    with pytest.raises(ConfigurationError, match="no usable write_usd_per_million"):
        prices_of("eu-south-2", file)
    file.write_text("no toml", "utf-8")
    with pytest.raises(ConfigurationError, match=r"mine\.toml cannot be read"):
        prices_of("eu-south-2", file)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        prices_of("eu-south-2", tmp_path / "missing.toml")


def test_prices_are_those_since_november_2024() -> None:
    assert (PRICES.write_usd_per_million, PRICES.read_usd_per_million) == (
        Decimal("0.625"),
        Decimal("0.125"),
    )
    assert PRICES.since.isoformat() == "2024-11-01"
    assert PRICES.of_units(reads=0.5, writes=3) == Decimal("0.0000019375")
