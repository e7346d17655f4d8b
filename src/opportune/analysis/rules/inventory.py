"""Trigger rules on servers: what runs, on what, and what it is free to move to."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Literal

from opportune.analysis.base import SizedServer
from opportune.analysis.case import (
    Case,
    Finding,
    Named,
    Parameters,
    Sum,
    by_fields,
    counted_in_base,
)
from opportune.analysis.cells import Cells, Cited
from opportune.analysis.rules.declared import Parameter, Words, trigger
from opportune.analysis.rules.managed_prices import managed_plan
from opportune.analysis.sizing import cpu_units
from opportune.analysis.support import (
    Match,
    is_linux,
    is_windows,
    operating_system,
    product_of,
)
from opportune.model.assessment import Database, Server
from opportune.model.folding import folded
from opportune.model.money import NOTHING
from opportune.model.records import Priority

COMMERCIAL_ENGINES = frozenset({"oracle", "sql-server"})

_Linux = Literal["rhel", "centos", "oracle-linux", "ubuntu", "sles", "debian", "amazon-linux"]


def inventory(case: Case, parameters: Parameters) -> Finding | None:
    """Fires on servers that run and can be sized."""
    del parameters
    base, words = case.base, case.words
    if not base.sized:
        return None
    servers = [s.server for s in base.sized]
    measured = [s for s in base.sized if s.need.cpu_peak_fraction or s.need.ram_peak_fraction]
    unmeasured = tuple(
        s.server
        for s in base.sized
        if s.need.cpu_peak_fraction is None and s.need.ram_peak_fraction is None
    )
    constant = base.constant_peaks
    evidence = (
        *case.evidence(
            servers,
            "cores",
            "evidence-cores",
            cores=case.cores_told(),
        ),
        *case.evidence(
            servers,
            "ram_gb",
            "evidence-ram",
            ram=case.ram_told(),
        ),
        *case.evidence(
            [s for s in servers if s.disk_gb],
            "disk_gb",
            "evidence-disk",
            disk=Sum(lambda s: s.disk_gb or 0, words.short, 2),
        ),
        *case.evidence((s.server for s in measured), "cpu_peak_fraction", "evidence-peaks"),
    )
    values = {
        "servers": words.count(len(servers)),
        "windows": words.count(sum(s.licence > 0 for s in base.sized)),
        "compute": words.money(base.compute),
        "licence": words.money(base.licence),
        "storage": words.money(base.storage),
        "expected": words.money(base.expected),
        "low": words.money(base.low),
        "high": words.money(base.high),
        "measured": words.count(len(measured)),
        "unmeasured": words.count(len(unmeasured)),
        "constant": words.count(constant[2] if constant else 0),
        "constant_cpu": words.percent(constant[0]) if constant else "",
        "constant_ram": words.percent(constant[1]) if constant else "",
        "left_out": words.count(len(base.unknown_size) + len(base.too_large)),
        "powered_off": words.count(len(base.powered_off)),
        "powered_off_amount": words.money(counted_in_base(base.powered_off_sized)),
        "price_book": case.prices.version,
        "basis": case.words.phrase(f"basis-{case.basis}"),
    }
    off = case.in_scope(base.powered_off)
    value_cells = {
        "unmeasured": (Cells(unmeasured, ("cpu_peak_fraction", "ram_peak_fraction")),),
        "left_out": _left_out(case),
        "powered_off": off,
        "powered_off_amount": case.costs(base.powered_off_sized),
    }
    return Finding(evidence, values, Priority.HIGH, base.sized, value_cells=value_cells)


def _left_out(case: Case) -> Named:
    """Return why servers that run are in no figure."""
    base = case.base
    unknown = (
        (s, tuple(name for name in ("cores", "ram_gb") if not _known(s, name)))
        for s in base.unknown_size
    )
    large = ("cores", "threads", "ram_gb", "cpu_peak_fraction", "ram_peak_fraction")
    return (
        *case.in_scope((*base.unknown_size, *base.too_large)),
        *by_fields(unknown),
        *by_fields((s, large) for s in base.too_large),
    )


def _known(server: Server, name: str) -> bool:
    return bool(server.ram_gb if name == "ram_gb" else cpu_units(server))


@trigger(
    "graviton",
    {"arm64": Parameter("table: Linux product to its releases", dict[_Linux, Words])},
    counts="candidates ready later barred managed",
    texts="share delta later_delta x86",
)
def graviton(case: Case, parameters: Parameters) -> Finding | None:
    """Fires on Linux servers that no commercial database runs on and no managed one replaces.

    Counted are those whose release has a 64-bit Arm edition (`arm64`: versions by product); the
    others could follow when their operating system is renewed, and are only named.
    """
    words = case.words
    bars: dict[str, Database] = {}
    for database in case.assessment.databases:
        if product_of(database) in COMMERCIAL_ENGINES:
            bars.setdefault(database.server_id, database)
    plan = managed_plan(case)
    linux = [s for s in case.base.sized if is_linux(s.server.os_name, s.server.os_version)]
    candidates = [
        s
        for s in linux
        if s.server.id not in bars
        and s.server.id not in plan.taken_over_ids
        and case.prices.graviton_of(s.instance) is not None
    ]
    if not candidates:
        return None
    ready = tuple(s for s in candidates if _has_arm(s.server, parameters["arm64"]))
    later = tuple(s for s in candidates if not _has_arm(s.server, parameters["arm64"]))
    evidence = (
        *case.evidence((s.server for s in ready), "os_version", "evidence-arm-ready"),
        *case.evidence((s.server for s in later), "os_version", "evidence-arm-later"),
        *case.evidence((s.server for s in linux), "os_name", "evidence-linux"),
    )
    barring = tuple(bars[s.server.id] for s in linux if s.server.id in bars)
    x86 = sum((s.compute for s in candidates), NOTHING)
    values = {
        "share": words.percent(float(round(-_graviton_delta(case, candidates) / x86, 2))),
        "candidates": words.count(len(candidates)),
        "ready": words.count(len(ready)),
        "later": words.count(len(later)),
        "barred": words.count(len(barring)),
        "managed": words.count(
            sum(s.server.id in plan.taken_over_ids and s.server.id not in bars for s in linux)
        ),
        "delta": words.money(_graviton_delta(case, ready)),
        "later_delta": words.money(_graviton_delta(case, later)),
        "x86": words.money(sum((s.compute for s in ready), NOTHING)),
    }
    cells = (
        Cells(tuple(s.server for s in linux), ("os_name", "os_version")),
        *case.sizing(linux),
        *case.listed(barring),
        Cells(barring, ("engine", "server_id")),
        *plan.taken_over_cells(case),
    )
    return Finding(evidence, values, Priority.MEDIUM if ready else Priority.LOW, ready, cells)


def _graviton_delta(case: Case, servers: Iterable[SizedServer]) -> Decimal:
    arms = ((s, case.prices.graviton_of(s.instance)) for s in servers)
    return sum((case.yearly(a) - s.compute for s, a in arms if a), NOTHING)


def _has_arm(server: Server, arm64: Mapping[str, list[str]]) -> bool:
    match operating_system(server.os_name, server.os_version):
        case Match(product, release) if release is not None:
            return release.version in arm64.get(product, ())
    return False


def hypervisor(case: Case, parameters: Parameters) -> Finding | None:
    """Fires on machines of a hypervisor whose name contains `name`."""
    words = case.words
    name = folded(parameters["name"])
    servers = [s for s in case.running if name in folded(s.hypervisor)]
    if not servers:
        return None
    sized = case.sized(s.id for s in servers)
    evidence = (
        *case.evidence(servers, "hypervisor", "evidence-hypervisor", name=servers[0].hypervisor),
        *size_evidence(case, servers),
    )
    values = {
        "servers": words.count(len(servers)),
        "all_servers": words.count(len(case.running)),
        "cores": words.number(sum(s.cores or s.threads or 0 for s in servers)),
        "ram": words.short(sum(s.ram_gb or 0 for s in servers)),
        "counted": words.money(counted_in_base(sized)),
    }
    value_cells = {"all_servers": case.all_running}
    cells = (*case.in_scope(servers), *case.amounts(servers), *case.costs(sized))
    return Finding(evidence, values, Priority.MEDIUM, sized, cells, value_cells)


def sql_server_databases(case: Case) -> list[Database]:
    """Return the databases on SQL Server, in file order."""
    return [d for d in case.assessment.databases if product_of(d) == "sql-server"]


def _is_enterprise(database: Database) -> bool:
    return folded(database.edition).startswith(("ent", "ee"))


def microsoft_licences(case: Case, parameters: Parameters) -> Finding | None:
    """Fires on Windows servers and SQL Server databases; urgent from `many` Windows servers on."""
    words = case.words
    windows = [s for s in case.running if is_windows(s.os_name, s.os_version)]
    databases = sql_server_databases(case)
    if not windows and not databases:
        return None
    sized = case.sized(s.id for s in windows)
    enterprise = [d for d in databases if _is_enterprise(d)]
    evidence = (
        *case.evidence(windows, "os_name", "evidence-windows"),
        *size_evidence(case, windows),
        *case.evidence(databases, "engine", "evidence-sql-server"),
        *case.evidence(databases, "edition", "evidence-sql-editions", m=Sum(_is_enterprise, int)),
    )
    values = {
        "windows": words.count(len(windows)),
        "cores": words.number(sum(s.cores or s.threads or 0 for s in windows)),
        "licence": words.money(sum((s.licence for s in sized), NOTHING)),
        "databases": words.count(len(databases)),
        "enterprise": words.count(len(enterprise)),
    }
    cells = (
        *case.in_scope(windows),
        *case.windows(windows),
        *case.amounts(windows),
        *case.listed(databases),
        *case.costs(sized),
    )
    worst = Priority.HIGH if len(windows) > parameters["many"] else Priority.MEDIUM
    return Finding(evidence, values, worst, sized, cells)


def size_evidence(case: Case, servers: Sequence[Server]) -> tuple[Cited, ...]:
    """Return what these servers have, which is what their figure rests on."""
    return case.evidence(
        servers,
        "cores",
        "evidence-size",
        cores=case.cores_told(),
        ram=case.ram_told(),
    )
