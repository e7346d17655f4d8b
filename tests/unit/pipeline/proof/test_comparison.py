from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inventories import estate, estates, server

from opportune.analysis import analyze
from opportune.analysis.plays.play import BASE_PLAY
from opportune.model.assessment import Assessment
from opportune.model.records import Basis, Opportunity, Session, Status
from opportune.pipeline.analyze.reanalysis import ANALYSIS_CHANGE
from opportune.pipeline.proof.compare import (
    Comparison,
    OpportunityState,
    Side,
    StepKind,
    compared,
)
from opportune.prices.book import PriceBook
from opportune.prices.kept import PriceBooks, to_toml


@cache
def cheap_book() -> PriceBook:
    """Return a book in which disks cost half."""
    data = dict(PriceBooks().find().data) | {"version": "cheap"}
    prices = dict(data["price"])
    prices["gp3-gb-month"] = prices["gp3-gb-month"] | {"amount": "0.04"}
    with TemporaryDirectory() as folder:
        path = Path(folder, "cheap.toml")
        path.write_text(to_toml(data | {"price": prices}), "utf-8")
        return PriceBook.load(path)


def book(version: str) -> PriceBook:
    return cheap_book() if version == "cheap" else PriceBook.bundled()


def side(
    assessment: Assessment,
    id_: str,
    stored: Callable[[Opportunity], Opportunity | None] = lambda o: o,
    **header: Any,
) -> Side:
    """Return a session that keeps what its analysis found, each opportunity as `stored` says."""
    session = Session.checked(
        **{"id": id_, "run_date": "2026-11-22", "price_book": PriceBook.bundled().version} | header
    )

    def analyse(conditions: Session) -> Any:
        return analyze(
            assessment,
            session_id=id_,
            customer="",
            language=conditions.language,
            run_date=date.fromisoformat(conditions.run_date),
            prices=book(conditions.price_book),
            basis=conditions.basis,
        )

    histories: Mapping[str, Sequence[Opportunity]] = {
        o.id: (kept.model_copy(update={"change_id": kept.change_id or f"{ANALYSIS_CHANGE}1"}),)
        for o in analyse(session).opportunities
        if (kept := stored(o))
    }
    return Side(session, assessment, analyse, book, lambda wanted: histories.get(wanted, ()))


def steps(found: Comparison) -> dict[str, Decimal]:
    return {s.play or str(s.kind): s.amount for s in found.bridge.steps}


def adds_up(found: Comparison) -> bool:
    amounts = (s.amount for s in found.bridge.steps)
    return found.bridge.old_arr + sum(amounts, Decimal(0)) == found.bridge.new_arr


ONE = estate(server("S1", "web01"))


def test_equal_sessions_differ_in_nothing() -> None:
    found = compared(side(ONE, "a"), side(ONE, "b"))
    assert (found.facts, found.servers) == ((), ())
    assert not any(s.amount for s in found.bridge.steps)
    assert {o.state for o in found.opportunities} == {OpportunityState.UNCHANGED}
    assert found.bridge.old_arr == found.bridge.new_arr > 0


def test_servers_added_removed_and_resized_have_a_step_each() -> None:
    old = estate(server("S1", "web01"), server("S2", "db01"))
    new = estate(server("S1", "web01", disk_gb=200.0), server("S3", "app01", disk_gb=1000.0))
    found = compared(side(old, "a"), side(new, "b"))
    assert adds_up(found)
    told = steps(found)
    assert told["resized"] == Decimal("96.00")  # 100 GB x 12 x 0.08
    assert told["removed"] < 0 < told["added"]
    assert {s.name for s in found.servers} == {"web01", "db01", "app01"}
    counts = {str(s.kind): s.servers for s in found.bridge.steps if s.servers}
    assert counts == {"added": 1, "removed": 1, "resized": 1}


def test_prices_and_basis_have_their_own_step() -> None:
    found = compared(side(ONE, "a"), side(ONE, "b", price_book="cheap", basis=Basis.COMPUTE_SP))
    assert adds_up(found)
    assert steps(found)["price"] == Decimal("-48.00")  # 100 GB x 12 x (0.04 - 0.08)
    assert steps(found)["basis"] < 0
    assert found.facts == ()


def test_other_rules_have_a_step_on_either_side() -> None:
    def dearer(o: Opportunity) -> Opportunity:
        assert o.estimate
        expected = o.estimate.expected + 100 if o.template_id == BASE_PLAY else o.estimate.expected
        return o.revised(estimate=o.estimate.revised(expected=expected), estimated_arr=expected)

    before = compared(side(ONE, "a", dearer), side(ONE, "b"))
    after = compared(side(ONE, "a"), side(ONE, "b", dearer))
    assert steps(before)["rule"] == -100
    assert steps(after)["new-rule"] == 100
    assert adds_up(before)
    assert adds_up(after)


def test_what_people_made_of_a_figure_is_not_in_the_bridge() -> None:
    edited = side(ONE, "a", lambda o: o.revised(estimated_arr=1, change_id="person"))
    assert (
        compared(edited, side(ONE, "b")).bridge == compared(side(ONE, "a"), side(ONE, "b")).bridge
    )


def test_what_an_analysis_took_off_the_list_is_not_in_the_old_portfolio() -> None:
    gone = side(ONE, "a", lambda o: o.revised(deleted=True))
    assert compared(gone, side(ONE, "b")).bridge.old_arr == 0


def test_both_sides_are_in_the_new_sessions_language() -> None:
    linux = estate(server("S1", "web01"), server("S2", "old01", os_version="6"))
    found = compared(side(linux, "a", language="es"), side(ONE, "b", language="pt"))
    (gone,) = (o for o in found.opportunities if o.state == OpportunityState.GONE)
    spoken = {
        o.template_id: o.title
        for o in side(linux, "x", language="pt")
        .analyse(Session.checked(id="x", language="pt", run_date="2026-11-22"))
        .opportunities
    }
    assert gone.title == spoken[gone.play]


def test_open_opportunities_grow_shrink_come_and_go() -> None:
    old = estate(server("S1", "web01"), server("S2", "old01", os_version="6"))
    new = estate(
        server("S1", "web01", cores=32, ram_gb=128.0, is_virtual=True, hypervisor="VMware")
    )
    states = {o.play: o.state for o in compared(side(old, "a"), side(new, "b")).opportunities}
    assert states["rehost"] == OpportunityState.GROWN
    assert states["linux-eos"] == OpportunityState.GONE
    assert states["vmware-exit"] == OpportunityState.NEW
    back = {o.play: o.state for o in compared(side(new, "a"), side(old, "b")).opportunities}
    assert back["rehost"] == OpportunityState.SHRUNK


@pytest.mark.parametrize("status", [Status.WON, Status.LOST, Status.DISCARDED])
def test_a_closed_opportunity_is_not_listed(status: Status) -> None:
    closed = side(ONE, "b", lambda o: o.revised(status=status))
    assert compared(side(ONE, "a"), closed).opportunities == ()
    assert compared(closed, side(ONE, "a")).opportunities != ()  # it is open again


def test_what_a_person_deleted_is_no_open_opportunity() -> None:
    deleted = side(ONE, "b", lambda o: o.revised(deleted=True, change_id="person"))
    states = {o.state for o in compared(side(ONE, "a"), deleted).opportunities}
    assert states == {OpportunityState.GONE}


HEADERS = st.fixed_dictionaries(
    {
        "price_book": st.sampled_from([PriceBook.bundled().version, "cheap"]),
        "basis": st.sampled_from(Basis),
        "language": st.sampled_from(["en", "es", "pt"]),
        "run_date": st.sampled_from(["2024-01-01", "2026-11-22", "2029-06-30"]),
    },
)


@given(estates(), estates(), HEADERS, HEADERS)
@settings(max_examples=150)
def test_the_bridge_adds_up_to_the_cent(
    old: Assessment, new: Assessment, then: dict[str, Any], now: dict[str, Any]
) -> None:
    left, right = side(old, "a", **then), side(new, "b", **now)
    found = compared(left, right)
    assert adds_up(found)
    assert found.bridge.old_arr == left.analyse(left.session).portfolio_arr
    assert found.bridge.new_arr == right.analyse(right.session).portfolio_arr
    # Each server's part explains the base in full: nothing of it is left for the play.
    assert BASE_PLAY not in steps(found)
    # What opportunities grew and shrank by is what the bridge says, but for its change of basis.
    grown = sum(((o.new_arr or 0) - (o.old_arr or 0) for o in found.opportunities), Decimal(0))
    before = {StepKind.RULE, StepKind.BASIS}
    assert grown == sum((s.amount for s in found.bridge.steps if s.kind not in before), Decimal(0))
