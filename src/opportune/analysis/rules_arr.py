"""ARR rules: what a play adds to the base calculation, as a tree of leaves to the cent.

A server's compute, licence and storage are counted in the base and nowhere else. Every other rule
gives an increment on it: a new service, a difference in price, or nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from opportune.analysis.base import MONTHS, SizedServer, gb
from opportune.analysis.calculation import ARR, NOTHING, Node, cents, sum_node
from opportune.analysis.case import Case, Finding, counted_in_base
from opportune.analysis.places import located
from opportune.models import EstimateInput

ON_DEMAND = "on-demand"
NO_ARR = "none"


def base(case: Case, finding: Finding) -> ARR:
    """Everything that runs, on EC2: the base of the portfolio."""
    words, sums = case.words, case.base
    leaves = _base_leaves(case)
    tree = sum_node(
        words.phrase("label-base"),
        words.phrase("formula-base-tree", n=words.count(len(sums.sized))),
        (
            sum_node(
                s.server.hostname or s.server.id, words.phrase("formula-server"), leaves(s), _row(s)
            )
            for s in sums.sized
        ),
    )
    prices = case.prices
    cores, ram, disk, system = (
        _spans(finding.servers, column) for column in ("cores", "ram_gb", "disk_gb", "os_name")
    )
    types = "; ".join(sorted({s.instance.source for s in sums.sized}))
    inputs = (
        _amount(words.phrase("input-compute"), sums.compute, f"{cores}; {ram}; {types}"),
        _amount(
            words.phrase("input-licences"),
            sums.licence,
            f"{system}; {prices.price('windows-vcpu-hour').source}",
        ),
        _amount(
            words.phrase("input-storage"),
            sums.storage,
            f"{disk}; {prices.price('gp3-gb-month').source}",
        ),
        EstimateInput(
            name=words.phrase("input-committed-share"),
            value=words.percent(float(round(prices.committed_share, 4))),
            source=prices.price("m7i-large-instance-sp-3y-month").source,
        ),
    )
    return ARR(tree, sums.low, sums.high, ON_DEMAND, words.phrase("formula-base"), inputs)


def _base_leaves(case: Case) -> Callable[[SizedServer], Iterable[Node]]:
    words, prices = case.words, case.prices
    labels = {k: words.phrase(f"label-{k}") for k in ("compute", "licence", "storage")}
    licence, gp3 = prices.price("windows-vcpu-hour"), prices.price("gp3-gb-month")
    hours = words.number(prices.hours_a_year)

    def leaves(sized: SizedServer) -> Iterable[Node]:
        row = _row(sized)
        instance = sized.instance
        formula = compute_formula(case, sized)
        yield Node(labels["compute"], sized.compute, formula, (*row, instance.source))
        if sized.licence:
            formula = f"{instance.vcpus} vCPU x {hours} h x {words.price(licence.amount)}"
            yield Node(labels["licence"], sized.licence, formula, (*row, licence.source))
        if sized.storage:
            disk = words.short(sized.server.disk_gb or 0)
            formula = f"{disk} GB x {MONTHS} x {words.price(gp3.amount)}"
            yield Node(labels["storage"], sized.storage, formula, (*row, gp3.source))

    return leaves


def compute_formula(case: Case, sized: SizedServer) -> str:
    """Tell how a server's compute came about, from its cores to the price."""
    words, need, server = case.words, sized.need, sized.server
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
        price=words.price(sized.instance.hourly),
    )


def _peak(case: Case, fraction: float | None) -> str:
    if fraction is None:
        return case.words.phrase("no-peak")
    return case.words.phrase("at-peak", peak=case.words.percent(fraction))


def graviton(case: Case, finding: Finding) -> ARR:
    """The difference in price between the Graviton and the x86 type of the same size."""
    words, hours = case.words, case.prices.hours_a_year
    children: list[Node] = []
    views = {"committed": NOTHING, "as_is": NOTHING}
    for sized in finding.servers:
        arm = case.prices.graviton_of(sized.instance)
        if arm is None:
            continue
        delta = cents(arm.hourly * hours) - sized.compute
        formula = (
            f"{sized.instance.name} -> {arm.name}, {words.number(hours)} h x "
            f"({words.price(arm.hourly)} - {words.price(sized.instance.hourly)})"
        )
        label = sized.server.hostname or sized.server.id
        sources = (*_row(sized), sized.instance.source, arm.source)
        children.append(Node(label, delta, formula, sources))
        share = arm.hourly / sized.instance.hourly - 1
        views["committed"] += cents(sized.committed * share)
        views["as_is"] += cents(sized.compute_as_is * share)
    tree = sum_node(words.phrase("label-graviton"), words.phrase("formula-graviton"), children)
    range_ = (tree.amount, *views.values())
    moved = counted_in_base(finding.servers)
    inputs = (_amount(words.phrase("input-counted"), moved, words.phrase("source-base")),)
    basis = ON_DEMAND if children else NO_ARR
    return ARR(tree, min(range_), max(range_), basis, words.phrase("formula-graviton-arr"), inputs)


def recovery(case: Case, finding: Finding) -> ARR:
    """Elastic Disaster Recovery where DR is missing, one full snapshot copy where backup is."""
    words, prices = case.words, case.prices
    drs, snapshot = prices.price("drs-server-hour"), prices.price("snapshot-gb-month")
    unprotected = _ids(finding.values, "dr_ids")
    without_backup = _ids(finding.values, "backup_ids")
    hours = words.number(prices.hours_a_year)
    yearly = cents(drs.amount * prices.hours_a_year)
    dr_nodes = [
        Node(
            s.server.hostname or s.server.id,
            yearly,
            f"{hours} h x {words.price(drs.amount)}",
            (*_row(s), drs.source),
        )
        for s in case.sized(unprotected)
    ]
    backup_nodes: list[Node] = []
    full = NOTHING
    for sized in case.sized(without_backup):
        used = sized.server.disk_used_fraction
        size = gb(sized.server.disk_gb)
        copied = size * Decimal(str(used)) if used is not None and 0 < used <= 1 else size
        formula = f"{words.short(copied)} GB x {MONTHS} x {words.price(snapshot.amount)}"
        backup_nodes.append(
            Node(
                sized.server.hostname or sized.server.id,
                cents(copied * snapshot.amount * MONTHS),
                formula,
                (*_row(sized), snapshot.source),
            )
        )
        full += cents(size * snapshot.amount * MONTHS)
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
    inputs = (
        _amount(words.phrase("label-drs"), tree.amount - backup, drs.source),
        _amount(words.phrase("label-backup"), backup, snapshot.source),
    )
    basis = ON_DEMAND if groups else NO_ARR
    formula = words.phrase("formula-recovery-arr")
    return ARR(tree, tree.amount, tree.amount - backup + full, basis, formula, inputs)


def _ids(values: Mapping[str, object], name: str) -> tuple[str, ...]:
    found = values.get(name)
    return tuple(str(i) for i in found) if isinstance(found, tuple) else ()


def counted(case: Case, finding: Finding) -> ARR:
    """Nothing on top: these servers are in the base, and their part of it is named."""
    words = case.words
    amount = counted_in_base(finding.servers)
    formula = words.phrase(
        "formula-counted", n=words.count(len(finding.servers)), amount=words.money(amount)
    )
    source = _spans(finding.servers, "cores") or words.phrase("source-base")
    inputs = (_amount(words.phrase("input-counted"), amount, source),)
    tree = Node(words.phrase("label-increment"), NOTHING, formula)
    return ARR(tree, NOTHING, NOTHING, NO_ARR, formula, inputs)


def none(case: Case, finding: Finding) -> ARR:
    """No recurring revenue of its own."""
    del finding
    formula = case.words.phrase("formula-none")
    tree = Node(case.words.phrase("label-increment"), NOTHING, formula)
    return ARR(tree, NOTHING, NOTHING, NO_ARR, formula)


def _row(sized: SizedServer) -> tuple[str]:
    server = sized.server
    return (f"{server.table.file} {server.table.place('', server.row)}",)


def _spans(servers: Iterable[SizedServer], column: str) -> str:
    places = located((s.server for s in servers), column)
    return "; ".join(f"{p.file} {p.location}" for p in places)


def _amount(name: str, amount: Decimal, source: str) -> EstimateInput:
    return EstimateInput(name=name, value=str(amount), unit="USD/year", source=source)


ARR_RULES: dict[str, Callable[[Case, Finding], ARR]] = {
    "base": base,
    "graviton": graviton,
    "recovery": recovery,
    "counted-in-base": counted,
    "none": none,
}
