"""ARR rules: what a play adds to the base calculation, as a tree of leaves to the cent.

A server's compute, licence and storage are counted in the base and nowhere else. Every other rule
gives an increment on it: a new service, a difference in price, or nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

from opportune.analysis.base import MONTHS, SizedServer, gb
from opportune.analysis.case import (
    Case,
    Finding,
    by_fields,
    counted_in_base,
    sizing_fields,
    windows_fields,
)
from opportune.analysis.cells import Cells
from opportune.analysis.places import located
from opportune.analysis.rules.declared import arr_rule
from opportune.analysis.tree import ARR, LazyNodes, Node, sum_node
from opportune.model.assessment import Server
from opportune.model.money import NOTHING, cents
from opportune.model.records import Basis, EstimateInput
from opportune.prices.book import InstanceType, Price


def server_leaf(
    case: Case, sized: SizedServer, amount: Decimal, formula: str, *prices: str
) -> Node:
    """Return what an increment adds for one server, with the cells that decided its type.

    Args:
        case: The case.
        sized: The server.
        amount: US dollars a year, in cents.
        formula: How the amount came about.
        prices: Sources of the prices in it.
    """
    server = sized.server
    named = (Cells((server,), ("hostname",)),) if server.hostname else ()
    return Node(
        label_of(sized), amount, formula, (row_of(sized), *prices),
        cells=(*named, *case.costs((sized,))),
    )  # fmt: skip


def label_of(sized: SizedServer) -> str:
    """Return what people call a server."""
    return sized.server.hostname or sized.server.id


def row_of(sized: SizedServer) -> str:
    """Return where a server stands."""
    server = sized.server
    return f"{server.table.file} {server.table.place('', server.row)}"


def usd_input(name: str, amount: Decimal, source: str) -> EstimateInput:
    """Return an amount that went into an estimate."""
    return EstimateInput(name=name, value=str(amount), unit="USD/year", source=source)


ON_DEMAND = Basis.ON_DEMAND.value
NO_ARR = "none"


@arr_rule("base")
def base(case: Case, finding: Finding) -> ARR:
    """Everything that runs, on EC2: the base of the portfolio."""
    words, sums = case.words, case.base
    tree = Node(
        words.phrase("label-base"),
        sums.expected,
        words.phrase("formula-base-tree", n=words.count(len(sums.sized))),
        children=LazyNodes(
            sums.sized,
            _server_node(case),
            (*case.hostnames(sums.sized), *case.costs(sums.sized)),
            _bare_server_node(case),
        ),
        cells=case.repeats(s.server for s in sums.sized),
    )
    prices = case.prices
    cores, ram, disk, system = (
        _spans(finding.servers, column) for column in ("cores", "ram_gb", "disk_gb", "os_name")
    )
    types = "; ".join(sorted({s.instance.source for s in sums.sized}))
    inputs = (
        usd_input(words.phrase("input-compute"), sums.compute, f"{cores}; {ram}; {types}"),
        usd_input(
            words.phrase("input-licences"),
            sums.licence,
            f"{system}; {prices.price('windows-vcpu-hour').source}",
        ),
        usd_input(
            words.phrase("input-storage"),
            sums.storage,
            f"{disk}; {prices.price('gp3-gb-month').source}",
        ),
        *(_share(case, basis) for basis in dict.fromkeys((case.basis, Basis.INSTANCE_SP))),
    )
    formula = words.phrase("formula-base", basis=basis_text(case))
    return ARR(tree, sums.low, sums.high, case.basis.value, formula, tuple(filter(None, inputs)))


def basis_text(case: Case) -> str:
    """Return the pricing basis of compute in words: `on demand`."""
    return case.words.phrase(f"basis-{case.basis}")


def _share(case: Case, basis: Basis) -> EstimateInput | None:
    """Return what a Savings Plan leaves of the compute price; None on demand."""
    rows = case.prices.share_rows(basis)
    if not rows:
        return None
    return EstimateInput(
        name=case.words.phrase(f"input-share-{basis}"),
        value=case.words.percent(float(round(case.prices.share(basis), 4))),
        source=rows[0].source,
    )


def _bare_server_node(case: Case) -> Callable[[SizedServer], Node]:
    """Return what makes a server's node without its texts."""
    sources = _leaf_sources(case)

    def node(sized: SizedServer) -> Node:
        row = (row_of(sized),)
        leaves = tuple(
            Node("", amount, "", (*row, *rows)) for _, amount, rows in sources(sized) if amount
        )
        return Node("", sized.total, "", row, leaves)

    return node


def _leaf_sources(
    case: Case,
) -> Callable[[SizedServer], tuple[tuple[str, Decimal, tuple[str, ...]], ...]]:
    """Return what gives the leaves of a server: kind, amount, rows of the price book."""
    prices = case.prices
    plan = tuple(price.source for price in prices.share_rows(case.basis))
    licence = (prices.price("windows-vcpu-hour").source,)
    storage = (prices.price("gp3-gb-month").source,)

    def leaves(sized: SizedServer) -> tuple[tuple[str, Decimal, tuple[str, ...]], ...]:
        return (
            ("compute", sized.compute, (sized.instance.source, *plan)),
            ("licence", sized.licence, licence),
            ("storage", sized.storage, storage),
        )

    return leaves


def _server_node(case: Case) -> Callable[[SizedServer], Node]:
    """Return what makes a server's node: compute, licence and storage, each if there is any."""
    words, sources = case.words, _leaf_sources(case)
    labels = {k: words.phrase(f"label-{k}") for k in ("compute", "licence", "storage")}
    total = words.phrase("formula-server")
    licence, gp3 = (case.prices.price(n).amount for n in ("windows-vcpu-hour", "gp3-gb-month"))
    hours = words.number(case.prices.hours_a_year)

    def proof(kind: str, sized: SizedServer) -> tuple[str, tuple[str, ...]]:
        """Return the formula of a leaf, and the fields that it rests on."""
        server = sized.server
        if kind == "compute":
            return compute_formula(case, sized), sizing_fields(sized)
        if kind == "licence":
            formula = f"{sized.instance.vcpus} vCPU x {hours} h x {words.price(licence)}"
            return formula, windows_fields(server)
        disk = words.short(server.disk_gb or 0)
        return f"{disk} GB x {MONTHS} x {words.price(gp3)}", ("disk_gb",)

    def node(sized: SizedServer) -> Node:
        row, facts = (row_of(sized),), (sized.server,)
        leaves: list[Node] = []
        for kind, amount, rows in sources(sized):
            if amount:
                formula, fields = proof(kind, sized)
                cells = (Cells(facts, fields),)
                leaves.append(Node(labels[kind], amount, formula, (*row, *rows), cells=cells))
        cells = (Cells(facts, ("hostname", *case.scope_fields(sized.server))),)
        return sum_node(label_of(sized), total, leaves, row, cells)

    return node


def compute_formula(case: Case, sized: SizedServer) -> str:
    """Tell how a server's compute came about, from its cores to the price."""
    words, need, server = case.words, sized.need, sized.server
    price = (words.price(sized.instance.hourly), *plan_factor(case))
    units = server.cores if server.cores is not None else server.threads
    return words.phrase(
        "formula-compute",
        units=words.phrase("cores" if server.cores is not None else "threads", n=units),
        cpu=_peak(case, need.cpu_peak_fraction),
        vcpus=words.number(need.vcpus, 1),
        ram=words.short(server.ram_gb or 0),
        ram_peak=_peak(case, need.ram_peak_fraction),
        need_ram=words.number(need.ram_gib, 1),
        instance=sized.instance.name,
        hours=words.number(case.prices.hours_a_year),
        price=" x ".join(price),
    )


def plan_factor(case: Case) -> tuple[str, ...]:
    """Return the factor of a Savings Plan as a formula has it: `33.38 / 73.58`; on demand none."""
    amounts = [case.words.number(p.amount, 2) for p in case.prices.share_rows(case.basis)]
    return (" / ".join(amounts),) if amounts else ()


def _peak(case: Case, fraction: float | None) -> str:
    if fraction is None:
        return case.words.phrase("no-peak")
    return case.words.phrase("at-peak", peak=case.words.percent(fraction))


@arr_rule("graviton")
def graviton(case: Case, finding: Finding) -> ARR:
    """The difference in price between the Graviton and the x86 type of the same size."""
    words, prices = case.words, case.prices
    plan = prices.share_rows(case.basis)
    moves = {s.server.id: arm for s in finding.servers if (arm := prices.graviton_of(s.instance))}
    servers = tuple(s for s in finding.servers if s.server.id in moves)

    def node(sized: SizedServer) -> Node:
        arm = moves[sized.server.id]
        return Node(
            label_of(sized),
            case.yearly(arm) - sized.compute,
            _graviton_formula(case, sized, arm),
            (row_of(sized), sized.instance.source, arm.source, *(p.source for p in plan)),
            cells=(Cells((sized.server,), ("hostname", *case.type_fields(sized))),),
        )

    views = {"instance_sp": NOTHING, "as_is": NOTHING}
    for sized in servers:
        share = moves[sized.server.id].hourly / sized.instance.hourly - 1
        views["instance_sp"] += cents(sized.instance_sp * share)
        views["as_is"] += cents(sized.compute_as_is * share)
    moved = counted_in_base(finding.servers)
    tree = sum_node(
        words.phrase("label-graviton"),
        words.phrase("formula-graviton"),
        LazyNodes(servers, node, (*case.hostnames(servers), *case.sizing(servers))),
        cells=case.costs(finding.servers),
    )
    range_ = (tree.amount, *views.values())
    inputs = (usd_input(words.phrase("input-counted"), moved, words.phrase("source-base")),)
    basis = case.basis.value if servers else NO_ARR
    formula = words.phrase("formula-graviton-arr", basis=basis_text(case))
    return ARR(tree, min(range_), max(range_), basis, formula, inputs)


def _graviton_formula(case: Case, sized: SizedServer, arm: InstanceType) -> str:
    words = case.words
    difference = f"({words.price(arm.hourly)} - {words.price(sized.instance.hourly)})"
    hours = f"{words.number(case.prices.hours_a_year)} h"
    factors = " x ".join((hours, difference, *plan_factor(case)))
    return f"{sized.instance.name} -> {arm.name}, {factors}"


@arr_rule("recovery")
def recovery(case: Case, finding: Finding) -> ARR:
    """Elastic Disaster Recovery where DR is missing, one full snapshot copy where backup is."""
    words = case.words
    drs, snapshot = (case.prices.price(n) for n in ("drs-server-hour", "snapshot-gb-month"))
    dr_nodes = _recovery_nodes(case, case.sized(_ids(finding.values, "dr_ids")), drs)
    without_backup = case.sized(_ids(finding.values, "backup_ids"))
    backup_nodes = _backup_nodes(case, without_backup, snapshot)
    groups = [
        sum_node(words.phrase(label), words.phrase(formula), nodes)
        for label, formula, nodes in (
            ("label-drs", "formula-drs", dr_nodes),
            ("label-backup", "formula-backup", backup_nodes),
        )
        if nodes
    ]
    tree = sum_node(words.phrase("label-recovery"), words.phrase("formula-recovery"), groups)
    backup = sum((n.amount for n in backup_nodes), NOTHING)
    full = sum(
        (cents(gb(s.server.disk_gb) * snapshot.amount * MONTHS) for s in without_backup), NOTHING
    )
    inputs = (
        usd_input(words.phrase("label-drs"), tree.amount - backup, drs.source),
        usd_input(words.phrase("label-backup"), backup, snapshot.source),
    )
    basis = ON_DEMAND if groups else NO_ARR  # neither service has a Savings Plan
    formula = words.phrase("formula-recovery-arr")
    return ARR(tree, tree.amount, tree.amount - backup + full, basis, formula, inputs)


def _recovery_nodes(
    case: Case, servers: Sequence[SizedServer], price: Price
) -> LazyNodes[SizedServer]:
    words, hours = case.words, case.prices.hours_a_year
    formula = f"{words.number(hours)} h x {words.price(price.amount)}"
    yearly = cents(price.amount * hours)

    def node(sized: SizedServer) -> Node:
        cells = (Cells((sized.server,), ("hostname", *case.type_fields(sized))),)
        return Node(label_of(sized), yearly, formula, (row_of(sized), price.source), cells=cells)

    return LazyNodes(servers, node, (*case.hostnames(servers), *case.sizing(servers)))


def _backup_nodes(
    case: Case, servers: Sequence[SizedServer], price: Price
) -> LazyNodes[SizedServer]:
    words = case.words

    def node(sized: SizedServer) -> Node:
        copied = _copied_gb(sized.server)
        fields = ("hostname", *case.type_fields(sized), *_disk_fields(sized.server))
        return Node(
            label_of(sized),
            cents(copied * price.amount * MONTHS),
            f"{words.short(copied)} GB x {MONTHS} x {words.price(price.amount)}",
            (row_of(sized), price.source),
            cells=(Cells((sized.server,), fields),),
        )

    disks = by_fields((s.server, _disk_fields(s.server)) for s in servers)
    return LazyNodes(servers, node, (*case.hostnames(servers), *case.sizing(servers), *disks))


def _copied_gb(server: Server) -> Decimal:
    """Return the used part of a server's disk; all of it if that is not known."""
    used, size = server.disk_used_fraction, gb(server.disk_gb)
    return size * Decimal(str(used)) if used is not None and 0 < used <= 1 else size


def _disk_fields(server: Server) -> tuple[str, ...]:
    if not server.disk_gb:
        return ()
    used = server.disk_used_fraction
    is_known = used is not None and 0 < used <= 1
    return ("disk_gb", "disk_used_fraction") if is_known else ("disk_gb",)


def _ids(values: Mapping[str, object], name: str) -> tuple[str, ...]:
    found = values.get(name)
    return tuple(str(i) for i in found) if isinstance(found, tuple) else ()


@arr_rule("counted-in-base")
def counted(case: Case, finding: Finding) -> ARR:
    """Nothing on top: these servers are in the base, and their part of it is named."""
    words = case.words
    amount = counted_in_base(finding.servers)
    formula = words.phrase(
        "formula-counted", n=words.count(len(finding.servers)), amount=words.money(amount)
    )
    source = _spans(finding.servers, "cores") or words.phrase("source-base")
    inputs = (usd_input(words.phrase("input-counted"), amount, source),)
    cells = case.costs(finding.servers)
    tree = Node(words.phrase("label-increment"), NOTHING, formula, cells=cells)
    return ARR(tree, NOTHING, NOTHING, NO_ARR, formula, inputs)


@arr_rule("none")
def none(case: Case, finding: Finding) -> ARR:
    """No recurring revenue of its own."""
    del finding
    formula = case.words.phrase("formula-none")
    tree = Node(case.words.phrase("label-increment"), NOTHING, formula)
    return ARR(tree, NOTHING, NOTHING, NO_ARR, formula)


def _spans(servers: Iterable[SizedServer], column: str) -> str:
    places = located((s.server for s in servers), column)
    return "; ".join(f"{p.file} {p.location}" for p in places)
