"""From an assessment to opportunities: plays x facts x prices. No clock, no network, no chance."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from opportune.analysis.base import base_of
from opportune.analysis.calculation import ARR, NOTHING, Node, digest
from opportune.analysis.case import Case, Finding
from opportune.analysis.plays import Play, bundled_plays, rendered
from opportune.analysis.prices import PriceBook
from opportune.analysis.quality import quality_notes
from opportune.analysis.rules import ARR_RULES, PRIORITIES, TRIGGERS
from opportune.analysis.wording import wording
from opportune.assessment import Assessment
from opportune.models import Estimate, Opportunity, QualityNote, by_list_order


@dataclass(frozen=True)
class Analysis:
    """What was found in one assessment.

    `opportunities` are not stored yet (version 0), in list order. `trees` holds each one's
    calculation by its id; a tree without children carries no ARR. `portfolio_arr` is US dollars a
    year: the base plus each play's increment on it.
    """

    opportunities: tuple[Opportunity, ...]
    trees: Mapping[str, Node]
    quality: tuple[QualityNote, ...]
    portfolio_arr: Decimal


def analyze(  # noqa: PLR0913 - each names a part of what is found; all but the first by keyword
    assessment: Assessment,
    *,
    session_id: str,
    customer: str,
    language: str = "en",
    run_date: date,
    prices: PriceBook | None = None,
) -> Analysis:
    """Find the sales opportunities of an assessment. The same input gives the same result.

    Args:
        assessment: One customer's inventory and readiness.
        session_id: The opportunities' ids begin with it.
        customer: Goes onto each opportunity; may be empty.
        language: en, es or pt, of all texts.
        run_date: The day that vendors' support is judged on; it is printed nowhere.
        prices: None = the bundled price book.

    Raises:
        InvalidInputError: The language is none of ours.
        ConfigurationError: The price book lacks a price.
    """
    book = prices or PriceBook.bundled()
    case = Case(assessment, run_date, wording(language), book, base_of(assessment, book))
    opportunities: list[Opportunity] = []
    trees: dict[str, Node] = {}
    for play in bundled_plays():
        finding = TRIGGERS[play.trigger.name](case, play.trigger.parameters)
        if finding is None:
            continue
        arr = ARR_RULES[play.arr](case, finding)
        opportunity = _opportunity(case, play, finding, arr, f"{session_id}.{play.id}")
        opportunities.append(opportunity.revised(customer=customer))
        trees[opportunity.id] = arr.tree
    return Analysis(
        opportunities=by_list_order(opportunities),
        trees=trees,
        quality=quality_notes(case),
        portfolio_arr=sum((o.estimated_arr for o in opportunities), NOTHING),
    )


def _opportunity(case: Case, play: Play, finding: Finding, arr: ARR, id_: str) -> Opportunity:
    texts = play.texts[case.words.language]
    expected = arr.tree.amount
    values = {**finding.values, "arr": case.words.money(expected)}
    return Opportunity(
        id=id_,
        session_id=id_.partition(".")[0],
        title=texts.title.format_map(values),
        category=play.category,
        priority=PRIORITIES[play.priority.name](play.priority.parameters, finding, expected),
        estimated_arr=expected,
        reasoning=" ".join(rendered(texts.reasoning, values)),
        evidence=finding.evidence,
        talking_points=rendered(texts.talking_points, values),
        next_steps=rendered(texts.next_steps, values),
        related_services=play.services,
        template_id=play.id,
        language=case.words.language,
        estimate=Estimate(
            basis=arr.basis,
            price_book=case.prices.version,
            region=case.prices.region,
            formula=arr.formula,
            inputs=arr.inputs,
            low=arr.low,
            expected=expected,
            high=arr.high,
            digest=digest(arr.tree),
        ),
    )
