"""From an assessment to opportunities: plays x facts x prices. The same input, the same result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from string import Formatter

from opportune.analysis.base import base_of
from opportune.analysis.business import told
from opportune.analysis.case import Case, Finding, Named
from opportune.analysis.cells import Shared
from opportune.analysis.counted_once import CountedOnce
from opportune.analysis.doubts import unit_readings, with_effects
from opportune.analysis.plays.play import Play, Texts, applies, bundled_plays
from opportune.analysis.quality import quality_notes
from opportune.analysis.rules.registry import ARR_RULES, PRIORITIES, TRIGGERS
from opportune.analysis.tree import ARR, Node, digest
from opportune.model.assessment import Application, Assessment
from opportune.model.filters import by_list_order
from opportune.model.money import NOTHING
from opportune.model.phrases import wording
from opportune.model.records import Basis, Estimate, Opportunity, Priority, QualityNote
from opportune.prices.book import PriceBook


@dataclass(frozen=True)
class Analysis:
    """What was found in one assessment.

    `opportunities` are not stored yet (version 0), in list order. `trees` holds each one's
    calculation by its id, with every cell that it rests on; a tree without children carries no ARR.
    `quality` are notes on the figures; `file_quality` those of the assessment itself, with their
    effect in dollars where one can be computed. `portfolio_arr` is US dollars a year: the base plus
    each play's increment on it.
    """

    opportunities: tuple[Opportunity, ...]
    trees: Mapping[str, Node]
    quality: tuple[QualityNote, ...]
    file_quality: tuple[QualityNote, ...]
    portfolio_arr: Decimal


def analyze(  # noqa: PLR0913 - each names a part of what is found; all but the first by keyword
    assessment: Assessment,
    *,
    session_id: str,
    customer: str,
    language: str = "en",
    run_date: date,
    prices: PriceBook | None = None,
    basis: Basis = Basis.ON_DEMAND,
    plays: Sequence[Play] | None = None,
) -> Analysis:
    """Find the sales opportunities of an assessment. The same input gives the same result.

    Args:
        assessment: One customer's inventory and readiness.
        session_id: The opportunities' ids begin with it.
        customer: Goes onto each opportunity; may be empty.
        language: en, es or pt, of all texts.
        run_date: The day that vendors' support is judged on; it is not printed.
        prices: None = the bundled price book.
        basis: What the customer is expected to pay for compute.
        plays: None = those that come with the package.

    Raises:
        InvalidInputError: The language is none of en, es, pt.
        ConfigurationError: The price book lacks a price.
    """
    book = prices or PriceBook.bundled()
    base = base_of(assessment, book, basis)
    taking_part = bundled_plays() if plays is None else tuple(plays)
    case = Case(assessment, run_date, wording(language), book, base, basis, plays=taking_part)
    readings = unit_readings(assessment.quality)
    shared: Shared = {}
    opportunities: list[Opportunity] = []
    trees: dict[str, Node] = {}
    counted = CountedOnce(case)
    for play in taking_part:
        finding = TRIGGERS[play.trigger["rule"]].find(case, play.trigger)
        if finding is None:
            continue
        arr, note = counted.counted(play, finding, ARR_RULES[play.arr](case, finding))
        tree = replace(arr.tree, cells=_rests_on(case, play, finding, arr), readings=readings)
        estimate = _estimate(case, arr, digest(tree, shared))
        id_ = f"{session_id}.{play.id}"
        values = {**finding.values, "arr": case.words.money(arr.tree.amount), "customer": customer}
        named = replace(finding, values=values)
        opportunity = _opportunity(case, play, finding=named, estimate=estimate, id_=id_, note=note)
        counted.add(play, opportunity)
        opportunities.append(opportunity.revised(customer=customer))
        trees[opportunity.id] = tree
    return Analysis(
        opportunities=by_list_order(opportunities),
        trees=trees,
        quality=quality_notes(case),
        file_quality=with_effects(case),
        portfolio_arr=sum((o.estimated_arr for o in opportunities), NOTHING),
    )


def _rests_on(case: Case, play: Play, finding: Finding, arr: ARR) -> Named:
    """Return what an opportunity rests on beyond the leaves of its calculation."""
    names = _values_used(play.texts(case.words.language), finding.values)
    return (
        *finding.cells,
        *(cited.cells for cited in finding.evidence),
        *(
            cells
            for name in sorted(names & finding.value_cells.keys())
            for cells in finding.value_cells[name]
        ),
        *arr.tree.cells,
    )


def _values_used(texts: Texts, values: Mapping[str, object]) -> set[str]:
    """Return the values that the sentences of a play use: the same in each language."""
    lines = [line for line in texts.lines if applies(line, values)]
    names = {line.when for line in lines}
    sentences = (texts.title, texts.priority, *(line.text for line in lines))
    return names.union(*map(_placeholders, sentences))


@cache
def _placeholders(text: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name)


def _estimate(case: Case, arr: ARR, digest_: str) -> Estimate:
    return Estimate(
        basis=arr.basis,
        price_book=case.prices.version,
        region=case.prices.region,
        formula=arr.formula,
        inputs=arr.inputs,
        low=arr.low,
        expected=arr.tree.amount,
        high=arr.high,
        digest=digest_,
    )


def _raised(case: Case, due: Sequence[Application], priority: Priority) -> str:
    """Tell why a priority is one step higher than the play's own rule has it."""
    words = case.words
    return words.phrase(
        "business-raised",
        priority=words.phrase(f"priority-{priority.lower()}"),
        names=words.listing([a.name or a.id for a in due]),
    )


def _opportunity(  # noqa: PLR0913 - what was found, and what was counted
    case: Case, play: Play, *, finding: Finding, estimate: Estimate, id_: str, note: str
) -> Opportunity:
    """Make an opportunity; `note` is added to its reasoning."""
    texts, expected = play.texts(case.words.language), estimate.expected
    values = finding.values
    asked = PRIORITIES[play.priority["rule"]].decide(play.priority, finding, expected)
    why = play.priority_sentence(case.words, asked, values)
    business = told(case, finding)
    priority = business.priority(asked)
    raised = _raised(case, business.due, priority) if priority != asked else ""
    return Opportunity(
        id=id_,
        session_id=id_.partition(".")[0],
        title=play.filled(texts.title, values),
        category=play.category,
        priority=priority,
        estimated_arr=expected,
        reasoning=" ".join(
            filter(None, (*play.sentences(texts.reasoning, values), note, why, raised))
        ),
        evidence=(*(cited.evidence for cited in finding.evidence), *business.evidence),
        talking_points=(*play.sentences(texts.talking_points, values), *business.talking_points),
        next_steps=(*play.sentences(texts.next_steps, values), *business.next_steps),
        related_services=play.services,
        template_id=play.id,
        language=case.words.language,
        estimate=estimate,
    )
