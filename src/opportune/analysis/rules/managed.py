"""Databases on Amazon RDS and Aurora: what fires, and what they add to the base or take off it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from opportune.analysis.base import MONTHS, SizedServer
from opportune.analysis.case import Case, Finding, Parameters, counted_in_base
from opportune.analysis.cells import Cells
from opportune.analysis.rules.databases import databases_of
from opportune.analysis.rules.declared import ENGINES, arr_rule, trigger
from opportune.analysis.rules.increments import ON_DEMAND, counted, label_of, row_of, usd_input
from opportune.analysis.rules.managed_offers import storage_row
from opportune.analysis.rules.managed_prices import Move, Plan, database_key, managed_plan
from opportune.analysis.support import Support, database_engine, product_of, support_table
from opportune.analysis.tree import ARR, Node, sum_node
from opportune.model.money import NOTHING


@trigger(
    "databases",
    {"engines": ENGINES},
    counts="databases code_lines with_code heavy light clustered unreplicated byol unclear "
    "unsupported hosts priced unpriced replaced shared unstored past",
    texts="engines size names heavy_limit targets counted reasons classes managed replaced_amount "
    "past_releases extended_price elsewhere",
)
def managed_databases(case: Case, parameters: Parameters) -> Finding | None:
    """Fires like `databases_of`; tells which move to a managed service at a price that is known.

    `counted`: those of `engines` that no other play counts; without it all of them.
    """
    finding = databases_of(case, parameters)
    if finding is None:
        return None
    words = case.words
    databases = [d for d in case.assessment.databases if product_of(d) in parameters["engines"]]
    own = set(parameters.get("counted", parameters["engines"]))
    counted_here = [d for d in databases if product_of(d) in own]
    elsewhere = {product_of(d) for d in databases} - own
    plan = managed_plan(case)
    moves = plan.moves_of(counted_here)
    replaced = _replaced(plan, moves)
    shared = {m.host.server.id for m in moves} - plan.taken_over_ids
    stays = [(d, why) for d, why in plan.stays if product_of(d) in own]
    reasons = Counter(why for _, why in stays)
    past = _past_on_rds(case, moves)
    classes = Counter(f"{m.offer.name} {m.instance_class}" for m in moves)
    values = {
        "plan": plan,
        "moves": moves,
        "elsewhere": ", ".join(sorted(support_table().names[e] for e in elsewhere)),
        "priced": words.count(len(counted_here) - len(stays)),
        "unpriced": words.count(len(stays)),
        "reasons": "; ".join(
            words.phrase(f"stays-{why}", n=words.count(n)) for why, n in sorted(reasons.items())
        ),
        "classes": ", ".join(f"{name} ({words.number(n)})" for name, n in sorted(classes.items())),
        "managed": words.money(sum((m.instance + m.storage for m in moves), NOTHING)),
        "replaced": words.count(len(replaced)),
        "replaced_amount": words.money(sum((_cost_replaced(plan, h) for h in replaced), NOTHING)),
        "shared": words.count(len(shared)),
        "unstored": words.count(sum(len(m.databases) for m in moves if m.keeps_disk)),
        "past": words.count(len(past)),
        "past_releases": "; ".join(sorted(set(past.values()))),
        "extended_price": _extended_price(case),
    }
    versions = Cells(tuple(d for d in databases if database_key(d) in past), ("engine", "version"))
    return replace(
        finding,
        values={**finding.values, **values},
        cells=(*finding.cells, *plan.cells(case, databases), versions),
    )


@arr_rule("managed-databases")
def managed(case: Case, finding: Finding) -> ARR:
    """RDS instances and storage, less what the base counts of the servers that they replace."""
    plan, moves = finding.values["plan"], finding.values["moves"]
    if not isinstance(plan, Plan) or not isinstance(moves, tuple) or not moves:
        return counted(case, finding)
    words = case.words
    replaced = _replaced(plan, moves)
    tree = sum_node(
        words.phrase("label-managed"),
        words.phrase("formula-managed-tree"),
        [
            *(_move_node(case, plan, m) for m in moves),
            *(_replaced_node(case, plan, h) for h in replaced),
        ],
    )
    instances = sum((m.instance for m in moves), NOTHING)
    storage = sum((m.storage for m in moves), NOTHING)
    falls = sum((_cost_replaced(plan, h) for h in replaced), NOTHING)
    views = (
        tree.amount,
        tree.amount + falls - sum((_cost_replaced(plan, h, "as-is") for h in replaced), NOTHING),
        tree.amount + falls - sum((_cost_replaced(plan, h, "sp") for h in replaced), NOTHING),
    )
    rows = "; ".join(sorted({m.price.source for m in moves}))
    gone = {h.server.id for h in replaced}
    stay = counted_in_base(s for s in finding.servers if s.server.id not in gone)
    source = words.phrase("source-base")
    inputs = (
        usd_input(words.phrase("input-rds-instances"), instances, rows),
        usd_input(words.phrase("input-rds-storage"), storage, _storage_sources(case, moves)),
        usd_input(words.phrase("input-replaced"), -falls, source),
        usd_input(words.phrase("input-counted"), stay, source),
    )
    basis = case.basis.value if replaced else ON_DEMAND
    return ARR(tree, min(views), max(views), basis, words.phrase("formula-managed-arr"), inputs)


def _replaced(plan: Plan, moves: Sequence[Move]) -> tuple[SizedServer, ...]:
    """Return the servers taken over that this play takes off: those whose first move is its own."""
    first: dict[str, Move] = {}
    for move in plan.moves:
        first.setdefault(move.host.server.id, move)
    own = {id(move) for move in moves}
    return tuple(h for h in plan.taken_over if id(first[h.server.id]) in own)


def _cost_replaced(plan: Plan, host: SizedServer, view: str = "") -> Decimal:
    disk = plan.storage_replaced(host)
    if view == "as-is":
        return host.compute_as_is + host.licence_as_is + disk
    return (host.instance_sp if view == "sp" else host.compute) + host.licence + disk


def _move_node(case: Case, plan: Plan, move: Move) -> Node:
    words = case.words
    label = ", ".join(d.name or d.id for d in move.databases)
    place = tuple(f"{d.table.file} {d.table.place('', d.row)}" for d in move.databases)
    instance = Node(
        f"{move.offer.name} {move.instance_class}",
        move.instance,
        words.phrase(
            "formula-rds-instance",
            cores=words.number(move.cores, 1),
            ram="" if move.ram_gib is None else f", {words.number(move.ram_gib, 1)} GiB",
            instance=move.instance_class,
            price=words.price(move.price.amount),
            multiple=move.multiple,
            zones=move.zones,
            months=MONTHS,
        ),
        (*place, move.price.source),
    )
    leaves = [instance]
    if move.storage:
        row = case.prices.price(storage_row(move.zones))
        formula = f"{words.short(move.size_gb)} GB x {MONTHS} x {words.price(row.amount)}"
        leaves.append(
            Node(words.phrase("label-rds-storage"), move.storage, formula, (*place, row.source))
        )
    cells = (Cells(move.databases, ("name",)), *plan.cells(case, move.databases))
    return sum_node(label, words.phrase("formula-rds"), leaves, place, cells)


def _replaced_node(case: Case, plan: Plan, host: SizedServer) -> Node:
    kept = not plan.storage_replaced(host) and host.storage
    formula = case.words.phrase("formula-away-disk-stays" if kept else "formula-away")
    databases = plan.by_host[host.server.id]
    return Node(
        case.words.phrase("label-away", name=label_of(host)),
        -_cost_replaced(plan, host),
        formula,
        (row_of(host),),
        cells=(Cells((host.server,), ("hostname",)), *plan.cells(case, databases)),
    )


def _storage_sources(case: Case, moves: Sequence[Move]) -> str:
    rows = sorted({storage_row(m.zones) for m in moves if m.storage})
    found = "; ".join(case.prices.price(row).source for row in rows)
    return found or case.words.phrase("source-no-price")


def _past_on_rds(case: Case, moves: Sequence[Move]) -> dict[tuple[str, str, int], str]:
    """Return a sentence for each release that RDS no longer supports at its normal price."""
    table = support_table()
    past: dict[tuple[str, str, int], str] = {}
    for move, database in ((m, d) for m in moves for d in m.databases):
        found = database_engine(database.engine, database.version)
        release = found.release if found else None
        if release is None or not move.offer.price.startswith(f"rds-{release.product}-"):
            continue
        on_rds = table.releases.get((f"rds-{release.product}", release.version))
        if on_rds is None:
            continue
        state = on_rds.support_on(case.run_date, table.soon_days)
        if state in (Support.EXTENDED, Support.NONE):
            key = "extended" if on_rds.extended_text else "plain"
            past[database_key(database)] = case.words.phrase(
                f"support-{state}-{key}",
                name=on_rds.name,
                end=on_rds.end_text,
                extended=on_rds.extended_text,
            )
    return past


def _extended_price(case: Case) -> str:
    price = case.prices.prices.get("rds-extended-support-vcpu-hour")
    return case.words.price(price.amount) if price else ""
