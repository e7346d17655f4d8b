"""What the service answers beyond the stored models. Other programs read these: names stay."""

from collections.abc import Sequence
from decimal import Decimal

from pydantic import Field

from opportune import analysis
from opportune.model.assessment import Aside, Assessment, Rating, Server
from opportune.model.records import (
    Gigabytes,
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


class GivenAnswer(Model):
    """What the customer answered to a question of a questionnaire, or a report's text prompt."""

    question: str
    answer: str
    source: str
    """File and place in it: `form.docx, table 2, row 3`."""


class SetAside(Model):
    """Rows of lists of servers that are none to migrate, by what they are and how that is known.

    They are in no sum. Sizes are those that the files state.
    """

    kind: str
    """`virtualisation platform`, `network device`, ..."""
    rule: str
    rows: int
    cores: int
    ram_gb: Gigabytes
    disk_gb: Gigabytes
    names: tuple[str, ...]
    places: tuple[str, ...]
    """File and place of each, in the order of the names."""


class Inspection(Model):
    """What the files say, before any conclusion."""

    documents: tuple[ReadDocument, ...]
    inventory: InventoryTotals
    readiness: Readiness
    answers: tuple[GivenAnswer, ...]
    quality: tuple[QualityNote, ...]
    set_aside: tuple[SetAside, ...] = ()


class CalculationCell(Model):
    """A cell that a calculation rests on: its place, what stands there, and what it was read as."""

    source: str
    field: str
    """Our name of what it says: `ram_gb`."""
    raw: str
    """As the file has it; empty: blank."""
    value: str | bool | int | float | None
    """Of a fact that several cells make up (cores), the fact."""
    unit: str
    """Of the value; `fraction` is 0 to 1; empty: none."""


class CalculationNode(Model):
    """A step of a calculation; its children's amounts add up to its own."""

    label: str
    amount_usd: Money
    formula: str
    sources: tuple[str, ...]
    cells: tuple[CalculationCell, ...] = ()
    """What the step rests on beyond the cells of its children."""
    readings: tuple[str, ...] = ()
    """On the first step: how the units of the columns were decided that its cells stand in."""
    children: tuple["CalculationNode", ...]


class Summary(Model):
    """A list of opportunities in figures.

    `portfolio_arr` is the sum over the list: plays that overlap carry only what they add.
    """

    opportunities: int
    portfolio_arr: Money = Field(alias="portfolioARR")
    by_priority: dict[Priority, int]
    by_status: dict[Status, int]


class Refusal(Model):
    """An opportunity that kept its own words, and why."""

    opportunity_id: str
    reason: str


class RewordingAnswer(Model):
    """What a language model did to the texts."""

    model: str
    reworded: int
    dropped_sentences: int
    """They said something that the rules did not find."""
    refused: tuple[Refusal, ...] = ()


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
    rewording: RewordingAnswer | None = None
    """None if the texts are the rules' own."""


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
        answers=tuple(
            GivenAnswer(
                question=one.question, answer=one.answer, source=f"{one.file}, {one.location}"
            )
            for one in assessment.answers
        ),
        quality=assessment.quality,
        set_aside=_set_aside(assessment.aside),
    )


def _set_aside(aside: Sequence[Aside]) -> tuple[SetAside, ...]:
    groups: dict[tuple[str, str], list[Server]] = {}
    for one in aside:
        groups.setdefault((one.kind, one.rule), []).append(one.server)
    return tuple(
        SetAside(
            kind=kind,
            rule=rule,
            rows=len(servers),
            cores=sum(s.cores or s.threads or 0 for s in servers),
            ram_gb=round(sum(s.ram_gb or 0 for s in servers), 3),
            disk_gb=round(sum(s.disk_gb or 0 for s in servers), 3),
            names=tuple(s.hostname or s.id for s in servers),
            places=tuple(
                f"{s.table.file}, {s.table.place('hostname' if s.hostname else 'id', s.row)}"
                for s in servers
            ),
        )
        for (kind, rule), servers in groups.items()
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


def calculation_node(node: "analysis.Node") -> CalculationNode:
    """Return a step of the analysis, and those below it, as the wire has them."""
    view, named = _calculation_node(node)
    columns = {place.rstrip("0123456789") for place in named}
    readings = (text for column, text in node.readings.items() if column in columns)
    return view.model_copy(update={"readings": tuple(dict.fromkeys(readings))})


def _calculation_node(node: "analysis.Node") -> tuple[CalculationNode, set[str]]:
    """Return the view of a step, and the places that it and those below it name."""
    below: set[str] = set()
    children = []
    for child in node.children:
        view, named = _calculation_node(child)
        children.append(view)
        below |= named
    cells = [cell for cell in analysis.written_out(node.cells) if cell.source not in below]
    view = CalculationNode(
        label=node.label,
        amount_usd=node.amount,
        formula=node.formula,
        sources=node.sources,
        cells=tuple(CalculationCell(**cell._asdict()) for cell in cells),
        children=tuple(children),
    )
    return view, below.union(cell.source for cell in cells)


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
