"""What a doubt in the files is worth: the base under the other reading, less the base as it is.

Only effects that follow from the files, the price book and a stated assumption are given; what
would have to be guessed has none. They are those on the base: increments of plays are left as they
are.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal

from opportune.analysis.case import Case, counted_in_base
from opportune.analysis.sizing import Fitter, Need, cpu_units
from opportune.model.assessment import Server, Table
from opportune.model.money import NOTHING, cents
from opportune.model.records import QualityNote

ASSUMED_CPU, ASSUMED_RAM = 0.25, 0.60
"""Peaks that AWS's own sample tool assumes where nothing was measured (its source, 2026-11-22)."""
ASSUMED_DISK_GB = 500
"""Disk that it assumes where none is stated."""

MONTHS = 12

_PLACE = re.compile(
    r"(?P<file>.*), (?P<column>(?:.*!)?[A-Z]{1,3})(?P<row>\d+)(?P<more>:[A-Z]{1,3}\d+)?"
)
_DOUBTS = frozenset(("unit-ambiguous", "unit-contradiction"))
_UNITS = _DOUBTS | {"unit-decided"}
_GB_PER_MB = 1 / 1024

_AT_STAKE = frozenset(("implausible-value", "software-contradiction"))
"""Doubts whose other reading is unknown: what the server costs is at stake. A note about several
cells does not say which rows they are in, and has no effect."""

NeedOf = Callable[[Server], Need | None]


def unit_readings(notes: Iterable[QualityNote]) -> dict[str, str]:
    """Return how the units of columns were decided, by file and column: `mpa.xlsx Servers!L`."""
    found: dict[str, str] = {}
    for note in notes:
        place = _PLACE.fullmatch(note.source) if note.code in _UNITS else None
        if place:
            found.setdefault(f"{place['file']} {place['column']}", note.message)
    return found


def with_effects(case: Case) -> tuple[QualityNote, ...]:
    """Return the notes of the files, each with its effect in dollars if one can be computed."""
    columns = _server_columns(case)
    changed: list[QualityNote] = []
    for note in case.assessment.quality:
        place = _PLACE.fullmatch(note.source)
        column = columns.get(f"{place['file']} {place['column']}") if place else None
        effect = _effect(case, note.code, *column) if column else None
        if place and column and not place["more"] and note.code in _AT_STAKE:
            effect = _cost(case, column[0], int(place["row"]))
        changed.append(note if effect is None else note.model_copy(update={"effect_arr": effect}))
    return tuple(changed)


def _server_columns(case: Case) -> dict[str, tuple[Table, str]]:
    """Return the columns of servers, by file and place as notes name them."""
    found: dict[str, tuple[Table, str]] = {}
    for table in {id(s.table): s.table for s in case.assessment.servers}.values():
        for name in sorted(table.columns):
            place = table.place(name, 1).removesuffix("1")
            found.setdefault(f"{table.file} {place}", (table, name))
    return found


def _effect(case: Case, code: str, table: Table, name: str) -> Decimal | None:
    peak = f"{name.partition('_')[0]}_peak_fraction"
    if code in _DOUBTS or (code == "unit-decided" and name.endswith("_peak_fraction")):
        return _other_unit(case, table, name)
    if code == "constant-utilisation":
        return _without_constant(case, table, peak)
    if code == "default-utilisation":
        return without_peaks(case, [s for s in case.running if s.table is table and _default(s)])
    if code == "duplicate-id" and name == "id":
        return -counted_in_base(s for s in case.base.sized if case.repeats((s.server,)))
    return None


def _cost(case: Case, table: Table, row: int) -> Decimal | None:
    """Return what the base counts for the server in a row; None if it counts none."""
    found = [s for s in case.base.sized if s.server.table is table and s.server.row == row]
    return counted_in_base(found) if found else None


def _other_unit(case: Case, table: Table, name: str) -> Decimal | None:
    """Return by how much the base changes if a column has the other unit: percent, or MB."""
    ratio = _ratio(case, table, name)
    if ratio is None:
        return None
    if name in ("cpu_peak_fraction", "ram_peak_fraction"):
        factor = 0.01 if ratio > 0.5 else 100.0  # noqa: PLR2004 - 1 or 0.01
    elif name in ("ram_gb", "disk_gb"):
        factor = _GB_PER_MB if ratio > 0.5 else 1 / _GB_PER_MB  # noqa: PLR2004 - 1 or 1/1024
    else:
        return None
    rows = [s for s in case.running if s.origin(name)[0] is table]
    if name == "disk_gb":
        return _storage(case, ((s.disk_gb or 0) * (factor - 1) for s in rows if _is_sized(case, s)))

    def need_of(server: Server) -> Need | None:
        facts = {n: getattr(server, n) for n in _FACTS}
        if facts[name] is not None:
            facts[name] *= factor
        return _need(cpu_units(server), **facts)

    return _resized(case, rows, need_of)


_FACTS = ("ram_gb", "cpu_peak_fraction", "ram_peak_fraction")


def _ratio(case: Case, table: Table, name: str) -> float | None:
    """Return what the column's plain numbers were multiplied by; None if it holds none."""
    for server in case.assessment.servers:
        value = getattr(server, name, None)
        there, row = server.origin(name)
        if there is table and isinstance(value, float) and value:
            try:
                return value / float(table.raw(name, row))
            except (ValueError, ZeroDivisionError):
                continue
    return None


def _without_constant(case: Case, table: Table, name: str) -> Decimal | None:
    """Return by how much the base changes without the most common peak, where it is applied."""
    if name not in _FACTS:
        return None
    rows = [s for s in case.running if s.table is table and getattr(s, name) is not None]
    if not rows:
        return None
    common = Counter(getattr(s, name) for s in rows).most_common(1)[0][0]
    return without_peaks(case, [s for s in rows if getattr(s, name) == common], (name,))


def without_peaks(
    case: Case, servers: Iterable[Server], names: tuple[str, ...] = _FACTS[1:]
) -> Decimal:
    """Return by how much the base changes if these servers are sized without their peaks."""

    def need_of(server: Server) -> Need | None:
        facts = {n: None if n in names else getattr(server, n) for n in _FACTS}
        return _need(cpu_units(server), **facts)

    return _resized(case, servers, need_of)


def with_assumed_peaks(case: Case, servers: Iterable[Server]) -> Decimal:
    """Return by how much the base changes with the assumed peaks where none was measured."""

    def need_of(server: Server) -> Need | None:
        cpu, ram = server.cpu_peak_fraction, server.ram_peak_fraction
        return _need(
            cpu_units(server),
            server.ram_gb,
            cpu if _is_peak(cpu) else ASSUMED_CPU,
            ram if _is_peak(ram) else ASSUMED_RAM,
        )

    return _resized(case, servers, need_of)


def with_assumed_disks(case: Case, servers: Iterable[Server]) -> Decimal:
    """Return by how much the base changes with the assumed disk for each of these servers."""
    return _storage(case, (ASSUMED_DISK_GB for _ in servers))


def _default(server: Server) -> bool:
    cpu = (server.cpu_peak_fraction, server.cpu_avg_fraction)
    ram = (server.ram_peak_fraction, server.ram_avg_fraction)
    return ASSUMED_CPU in cpu and ASSUMED_RAM in ram


def _is_peak(fraction: float | None) -> bool:
    return fraction is not None and 0 < fraction <= 1


def _need(
    units: int | None,
    ram_gb: float | None,
    cpu_peak_fraction: float | None,
    ram_peak_fraction: float | None,
) -> Need | None:
    if not units or not ram_gb:
        return None
    cpu = cpu_peak_fraction if cpu_peak_fraction and _is_peak(cpu_peak_fraction) else 1
    ram = ram_peak_fraction if ram_peak_fraction and _is_peak(ram_peak_fraction) else 1
    return Need(round(units * cpu, 6), round(ram_gb * ram, 6))


def _is_sized(case: Case, server: Server) -> bool:
    return server.id in case.sized_by_id


def _resized(case: Case, servers: Iterable[Server], need_of: NeedOf) -> Decimal:
    """Return by how much the base changes if servers need something else.

    A server that fits no type then leaves the base.
    """
    prices, fitter = case.prices, Fitter(case.prices)
    licence = prices.price("windows-vcpu-hour").amount * prices.hours_a_year
    compute = {t.name: case.yearly(t) for t in prices.x86_by_price}
    difference = NOTHING
    for server in servers:
        sized, need = case.sized_by_id.get(server.id), need_of(server)
        if sized is None:
            continue
        instance = fitter.fit(need) if need else None
        if instance is None:
            difference -= sized.total
            continue
        windows = cents(instance.vcpus * licence) if sized.licence else NOTHING
        difference += compute[instance.name] + windows - sized.compute - sized.licence
    return difference


def _storage(case: Case, sizes_gb: Iterable[float]) -> Decimal:
    monthly = case.prices.price("gp3-gb-month").amount
    return cents(sum((Decimal(str(gb)) for gb in sizes_gb), Decimal(0)) * monthly * MONTHS)
