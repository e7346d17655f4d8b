"""What the service answers beyond the stored models. Other programs read these: names stay."""

from collections.abc import Sequence
from decimal import Decimal

from pydantic import Field

from opportune.analysis import Node
from opportune.assessment import Assessment, Rating
from opportune.models import (
    InventoryTotals,
    Model,
    Money,
    Opportunity,
    Priority,
    QualityNote,
    Session,
    SourceFile,
    Status,
)


class ReadDocument(Model):
    """A file that was recognised."""

    file: str
    kind: str
    sha256: str


class ReadinessRow(Model):
    """A rated question of a readiness report."""

    category: str
    subcategory: str
    question: str
    rating: float
    comment: str
    page: int
    """0 in a report without pages."""
    location: str


class Readiness(Model):
    """All ratings, recomputed from their rows. `mean` is None when there are none."""

    ratings: int
    sum: float
    mean: float | None
    rows: tuple[ReadinessRow, ...]


class Inspection(Model):
    """What the files say, before any conclusion."""

    documents: tuple[ReadDocument, ...]
    inventory: InventoryTotals
    readiness: Readiness
    quality: tuple[QualityNote, ...]


class CalculationNode(Model):
    """A step of a calculation; its children's amounts add up to its own."""

    label: str
    amount_usd: Money
    formula: str
    sources: tuple[str, ...]
    children: tuple["CalculationNode", ...]


class Summary(Model):
    """A list of opportunities in figures.

    `portfolio_arr` is the sum over the list: plays that overlap carry only what they add.
    """

    opportunities: int
    portfolio_arr: Money = Field(alias="portfolioARR")
    by_priority: dict[Priority, int]
    by_status: dict[Status, int]


class AnalysisAnswer(Model):
    """What an analysis found, and how many opportunities it changed in the store."""

    session_id: str
    opportunities: tuple[Opportunity, ...]
    summary: Summary
    inventory: InventoryTotals
    data_quality: tuple[QualityNote, ...]
    files: tuple[SourceFile, ...]
    added: int
    changed: int
    removed: int


class ExplanationAnswer(Model):
    """The calculation behind an ARR, recomputed from the kept files."""

    opportunity_id: str
    estimated_arr: Money = Field(alias="estimatedARR")
    is_current: bool
    """False: rules or prices have changed since it was stored."""
    tree: CalculationNode


def inspected(assessment: Assessment) -> Inspection:
    """Return what an assessment's files say, before any conclusion."""
    return Inspection(
        documents=tuple(
            ReadDocument(file=f.name, kind=f.kind, sha256=f.sha256) for f in assessment.files
        ),
        inventory=assessment.totals(),
        readiness=_readiness(assessment.ratings),
        quality=assessment.quality,
    )


def _readiness(ratings: Sequence[Rating]) -> Readiness:
    total = sum(r.rating for r in ratings)
    return Readiness(
        ratings=len(ratings),
        sum=total,
        mean=round(total / len(ratings), 4) if ratings else None,
        rows=tuple(
            ReadinessRow(
                category=r.category,
                subcategory=r.subcategory,
                question=r.question,
                rating=r.rating,
                comment=r.comment,
                page=r.page,
                location=r.location,
            )
            for r in ratings
        ),
    )


def calculation_node(node: Node) -> CalculationNode:
    """Return a step of the analysis, and those below it, as the wire has them."""
    return CalculationNode(
        label=node.label,
        amount_usd=node.amount,
        formula=node.formula,
        sources=node.sources,
        children=tuple(calculation_node(child) for child in node.children),
    )


def analysis_answer(
    session: Session, *, before: Sequence[Opportunity], after: Sequence[Opportunity]
) -> AnalysisAnswer:
    """Return what an analysis found: the list before it, and after it in list order."""
    old = {o.id: o for o in before}
    new = {o.id: o for o in after}
    return AnalysisAnswer(
        session_id=session.id,
        opportunities=tuple(after),
        summary=summary_of(after),
        inventory=session.totals,
        data_quality=session.quality,
        files=session.files,
        added=len(new.keys() - old.keys()),
        changed=sum(old[i] != new[i] for i in old.keys() & new.keys()),
        removed=len(old.keys() - new.keys()),
    )


def summary_of(opportunities: Sequence[Opportunity]) -> Summary:
    """Return a list in figures."""
    return Summary(
        opportunities=len(opportunities),
        portfolio_arr=sum((o.estimated_arr for o in opportunities), Decimal(0)),
        by_priority={p: sum(o.priority == p for o in opportunities) for p in Priority},
        by_status={s: sum(o.status == s for o in opportunities) for s in Status},
    )
