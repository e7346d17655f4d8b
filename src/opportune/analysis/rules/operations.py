"""Running for less: right-sizing on real utilisation, and hours of what is not production."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StrictInt

from opportune.analysis.base import SizedServer
from opportune.analysis.case import Case, Finding, Named, Parameters
from opportune.analysis.cells import Cells
from opportune.analysis.rules.declared import NUMBER, SHARE, Fraction, Parameter, arr_rule, trigger
from opportune.analysis.rules.environments import is_development_or_test, is_non_production
from opportune.analysis.rules.increments import NO_ARR, server_leaf, usd_input
from opportune.analysis.rules.inventory import graviton
from opportune.analysis.rules.managed_prices import managed_plan
from opportune.analysis.tree import ARR, Node, sum_node
from opportune.model.assessment import Server
from opportune.model.money import NOTHING, cents
from opportune.model.records import Basis, Priority

_PEAKS = ("cpu_peak_fraction", "ram_peak_fraction")
_AVERAGES = ("cpu_avg_fraction", "ram_avg_fraction")


_Pair = Annotated[list[Fraction], Field(min_length=2, max_length=2)]


@trigger(
    "right-sizing",
    {
        "defaults": Parameter(
            "pairs of CPU and RAM as fractions", Annotated[list[_Pair], Field(max_length=20)]
        ),
        "constant_share": SHARE,
        "constant_from": Parameter(
            "number, 2 to 1,000,000", Annotated[StrictInt, Field(ge=2, le=1_000_000)]
        ),
        "medium_share": SHARE,
    },
    counts="smaller measured servers unmeasured",
    texts="as_is at_peak saved share medium_share cpu ram names",
)
def right_sizing(case: Case, parameters: Parameters) -> Finding | None:
    """Fires on servers with measured peaks that need a smaller type than they are.

    Measured: both peaks are known; they are not `defaults`; neither column holds one value on
    `constant_share` of at least `constant_from` servers; and they are not a momentary reading, that
    is, where averages are known, at least one lies below its peak.
    """
    measured = [s for s in case.base.sized if _is_measured(s.server, parameters["defaults"])]
    if not measured or any(_is_constant(measured, name, parameters) for name in _PEAKS):
        return None
    smaller = tuple(s for s in measured if s.compute_as_is > _peak_on_demand(case, s))
    if not smaller:
        return None
    words = case.words
    as_is = sum((s.compute_as_is for s in smaller), NOTHING)
    saved = as_is - sum((_peak_on_demand(case, s) for s in smaller), NOTHING)
    share = saved / as_is
    rows = [s.server for s in smaller]
    values = {
        "smaller": words.count(len(smaller)),
        "measured": words.count(len(measured)),
        "servers": words.count(len(case.base.sized)),
        "unmeasured": words.count(len(case.base.sized) - len(measured)),
        "as_is": words.money(as_is),
        "at_peak": words.money(as_is - saved),
        "saved": words.money(saved),
        "share": words.percent(float(round(share, 2))),
        "medium_share": words.percent(parameters["medium_share"]),
        "cpu": words.percent(_median(s.cpu_peak_fraction for s in rows)),
        "ram": words.percent(_median(s.ram_peak_fraction for s in rows)),
        "names": words.listing([s.hostname or s.id for s in rows]),
    }
    evidence = (
        *case.evidence(
            rows, "cpu_peak_fraction", "evidence-cpu-peaks", cpu=_told_median(case, _PEAKS[0])
        ),
        *case.evidence(
            rows, "ram_peak_fraction", "evidence-ram-peaks", ram=_told_median(case, _PEAKS[1])
        ),
    )
    compared = tuple(s.server for s in case.base.sized)
    cells = (*case.sizing(case.base.sized), Cells(compared, (*_PEAKS, *_AVERAGES)))
    worst = Priority.MEDIUM if share >= Decimal(str(parameters["medium_share"])) else Priority.LOW
    value_cells = {"names": case.names(rows)}
    return Finding(evidence, values, worst, smaller, cells, value_cells)


def _peak_on_demand(case: Case, sized: SizedServer) -> Decimal:
    return cents(sized.instance.hourly * case.prices.hours_a_year)


def _is_measured(server: Server, defaults: list[list[float]]) -> bool:
    peaks = [getattr(server, name) for name in _PEAKS]
    averages = [getattr(server, name) for name in _AVERAGES]
    if any(p is None or not 0 < p <= 1 for p in peaks):
        return False
    if peaks in defaults or averages in defaults:
        return False
    pairs = [(a, p) for a, p in zip(averages, peaks, strict=True) if a is not None]
    return not pairs or any(a < p for a, p in pairs)


def _is_constant(servers: list[SizedServer], name: str, parameters: Parameters) -> bool:
    """Tell whether one value fills a column so far that it was not measured."""
    values = Counter(getattr(s.server, name) for s in servers)
    most = values.most_common(1)[0][1]
    enough = len(servers) >= parameters["constant_from"]
    return bool(enough and most >= parameters["constant_share"] * len(servers))


def _told_median(case: Case, name: str) -> Callable[[Sequence[Server]], str]:
    """Return what writes the median of a peak over an entry's servers."""
    return lambda rows: case.words.percent(_median(getattr(s, name) for s in rows))


def _median(fractions: Iterable[float | None]) -> float:
    ordered = sorted(f for f in fractions if f is not None)
    return ordered[len(ordered) // 2]


@arr_rule("right-sized")
def right_sized(case: Case, finding: Finding) -> ARR:
    """Nothing on top: the base is priced at the peak already; the difference is named."""
    words = case.words
    as_is = sum((s.compute_as_is for s in finding.servers), NOTHING)
    at_peak = sum((_peak_on_demand(case, s) for s in finding.servers), NOTHING)
    source = words.phrase("source-base")
    inputs = (
        usd_input(words.phrase("input-as-is"), as_is, source),
        usd_input(words.phrase("input-at-peak"), at_peak, source),
        usd_input(words.phrase("input-already-off"), at_peak - as_is, source),
    )
    formula = words.phrase("formula-right-sized", amount=words.money(as_is - at_peak))
    cells = case.sizing(finding.servers)
    tree = Node(words.phrase("label-increment"), NOTHING, formula, cells=cells)
    return ARR(tree, NOTHING, NOTHING, NO_ARR, formula, inputs)


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A server that need not run around the clock, and its compute a year if it did."""

    sized: SizedServer
    compute: Decimal
    """Under the basis; of its Graviton type where that play counts it."""


@trigger(
    "non-production",
    {
        "hours": Parameter("hours a week, 1 to 168", Annotated[StrictInt, Field(ge=1, le=168)]),
        "week": Parameter("168", Literal[168]),
        "many": NUMBER,
    },
    counts="vague servers all_servers on_graviton replaced",
    texts="vague_amount kinds compute share many names hours_a_week week",
)
def non_production(case: Case, parameters: Parameters) -> Finding | None:
    """Fires on servers whose environment is development or test, or only called non-production.

    Counted are those of development and test; the others are named, and in the low view.
    """
    plan = managed_plan(case)
    found = [s for s in case.base.sized if is_non_production(s.server)]
    staying = tuple(s for s in found if s.server.id not in plan.taken_over_ids)
    if not staying:
        return None
    words = case.words
    arms, arm_cells = _graviton_compute(case)
    rows = tuple(s for s in staying if is_development_or_test(s.server))
    scheduled = tuple(Scheduled(s, arms.get(s.server.id, s.compute)) for s in rows)
    vague = tuple(
        Scheduled(s, arms.get(s.server.id, s.compute))
        for s in staying
        if not is_development_or_test(s.server)
    )
    hours, week = parameters["hours"], parameters["week"]
    kinds = Counter(s.server.environment.strip() for s in staying)
    compute = sum((s.compute for s in scheduled), NOTHING)
    values = {
        "scheduled": scheduled,
        "unspecific": vague,
        "vague": words.count(len(vague)),
        "vague_amount": words.money(_saved_while_stopped(vague, hours, week)),
        "hours_a_week": hours,
        "week": week,
        "servers": words.count(len(rows)),
        "all_servers": words.count(len(case.base.sized)),
        "kinds": ", ".join(f"{k} ({words.number(n)})" for k, n in sorted(kinds.items())),
        "compute": words.money(compute),
        "share": words.percent(round(1 - hours / week, 3)),
        "on_graviton": words.count(sum(s.server.id in arms for s in rows)),
        "replaced": words.count(len(found) - len(staying)),
        "many": words.number(parameters["many"]),
        "names": words.listing([s.server.hostname or s.server.id for s in staying]),
    }
    servers = [s.server for s in staying]

    def kinds_of(rows: Sequence[Server]) -> str:
        counted = Counter(s.environment.strip() for s in rows)
        return ", ".join(f"{k} ({words.number(n)})" for k, n in sorted(counted.items()))

    computes = case.yearly_told((s.sized.server, s.compute) for s in scheduled)
    evidence = (
        *case.evidence(servers, "environment", "evidence-environment", kinds=kinds_of),
        *case.evidence(servers, "cores", "evidence-scheduled", compute=computes),
    )
    cells = (
        *case.sizing(case.base.sized),
        Cells(tuple(s.server for s in found), ("environment",)),
        *arm_cells,
        *plan.taken_over_cells(case),
    )
    worst = Priority.MEDIUM if len(rows) >= parameters["many"] else Priority.LOW
    return Finding(evidence, values, worst, staying, cells, {"names": case.names(servers)})


def _saved_while_stopped(servers: Iterable[Scheduled], hours: int, week: int) -> Decimal:
    """Return what these servers take off the base: negative, in cents, server by server."""
    part = Decimal(hours) / Decimal(week) - 1
    return sum((cents(s.compute * part) for s in servers), NOTHING)


def _graviton_compute(case: Case) -> tuple[dict[str, Decimal], Named]:
    """Return the yearly compute of the servers that the Graviton play counts, and what decided."""
    play = next((p for p in case.plays if p.trigger["rule"] == "graviton"), None)
    finding = graviton(case, play.trigger) if play else None
    if finding is None:
        return {}, ()
    arms = ((s, case.prices.graviton_of(s.instance)) for s in finding.servers)
    return {s.server.id: case.yearly(arm) for s, arm in arms if arm}, finding.cells


@arr_rule("schedule")
def schedule(case: Case, finding: Finding) -> ARR:
    """The compute of the hours in which development and test servers are stopped: negative."""
    words, values = case.words, finding.values
    label = words.phrase("label-schedule")
    if case.basis is not Basis.ON_DEMAND:  # a commitment is paid whether servers run or not
        formula = words.phrase("formula-schedule-committed")
        return ARR(Node(label, NOTHING, formula), NOTHING, NOTHING, NO_ARR, formula)
    hours, week = int(str(values["hours_a_week"])), int(str(values["week"]))
    scheduled, vague = (_scheduled(values[name]) for name in ("scheduled", "unspecific"))
    children = [
        server_leaf(
            case,
            s.sized,
            _saved_while_stopped((s,), hours, week),
            f"{words.number(s.compute, 2)} x ({hours} / {week} - 1)",
            s.sized.instance.source,
        )
        for s in scheduled
    ]
    formula = words.phrase("formula-schedule", hours=hours, week=week)
    tree = sum_node(label, formula, children)
    counted = sum((s.compute for s in scheduled), NOTHING)
    more = _saved_while_stopped(vague, hours, week)
    source = words.phrase("source-base")
    inputs = (
        usd_input(words.phrase("input-scheduled"), counted, source),
        usd_input(words.phrase("input-unspecific"), more, source),
    )
    formula = words.phrase("formula-schedule-arr", hours=hours, week=week)
    # High: under a commitment, which is paid in any case, hours not run take nothing off.
    basis = case.basis.value if children else NO_ARR
    return ARR(tree, tree.amount + more, NOTHING, basis, formula, inputs)


def _scheduled(value: object) -> tuple[Scheduled, ...]:
    return value if isinstance(value, tuple) else ()
