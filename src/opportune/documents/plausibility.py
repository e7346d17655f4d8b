"""Looks at servers as a whole: what is unlikely, contradicts itself or was not measured."""

from collections import Counter
from collections.abc import Callable, Sequence

from opportune.assessment import Server
from opportune.documents.quality import Code, Notes, Spot, span

LEAST_RAM_GB_PER_CORE = 0.25
LEAST_CORES = 4
"""Servers with fewer cores may really have little memory."""
CONSTANT_SHARE = 0.5
CONSTANT_MIN_SERVERS = 5
DEFAULT_SHARE = 0.05
DEFAULT_MIN_SERVERS = 2
"""One server may have these figures by chance."""
DEFAULT_CPU = 0.25
DEFAULT_RAM = 0.60
"""AWS's VMware collectors write 25 % CPU and 60 % RAM where they measured nothing (2026-11)."""

_Pair = tuple[float | None, float | None]


def check_servers(servers: Sequence[Server], notes: Notes) -> None:
    """Note what is doubtful. Nothing is changed.

    Args:
        servers: All of one table, in its order.
        notes: Where the findings go.
    """
    for server in servers:
        _check_server(server, notes)
    machines = [server for server in servers if not server.is_template]
    _check_constant(machines, "CPU", "cpu_peak_fraction", _cpu_pair, notes)
    _check_constant(machines, "RAM", "ram_peak_fraction", _ram_pair, notes)
    _check_default(machines, notes)


def _check_server(server: Server, notes: Notes) -> None:
    def contradiction(problem: str, name: str, raw: str) -> None:
        notes.cell(Code.CONTRADICTORY_VALUES, problem, Spot(server.table, name, server.row), raw)

    cores, ram = server.cores, server.ram_gb
    if cores and ram and cores >= LEAST_CORES and ram < cores * LEAST_RAM_GB_PER_CORE:
        notes.cell(
            Code.IMPLAUSIBLE_VALUE,
            "little memory for so many cores",
            Spot(server.table, "ram_gb", server.row),
            f"{ram:g} GB with {cores} cores",
        )
    for label, name, (peak, average) in (
        ("CPU", "cpu_avg_fraction", _cpu_pair(server)),
        ("RAM", "ram_avg_fraction", _ram_pair(server)),
    ):
        if peak is not None and average is not None and average > peak:
            contradiction(
                f"average {label} above its peak", name, f"{average:.0%} above {peak:.0%}"
            )
    if server.is_virtual is False and server.hypervisor:
        contradiction("physical, but on a hypervisor", "hypervisor", server.hypervisor)


def _cpu_pair(server: Server) -> _Pair:
    return (server.cpu_peak_fraction, server.cpu_avg_fraction)


def _ram_pair(server: Server) -> _Pair:
    return (server.ram_peak_fraction, server.ram_avg_fraction)


def _check_constant(
    machines: Sequence[Server],
    label: str,
    name: str,
    pair_of: Callable[[Server], _Pair],
    notes: Notes,
) -> None:
    measured = [(server, pair) for server in machines if (pair := pair_of(server)) != (None, None)]
    if len(measured) < CONSTANT_MIN_SERVERS:
        return
    pair, count = Counter(pair for _, pair in measured).most_common(1)[0]
    if count <= CONSTANT_SHARE * len(measured):
        return
    if name not in measured[0][0].table.columns:
        name = name.replace("peak", "avg")
    notes.add(
        Code.CONSTANT_UTILISATION,
        f"{label} utilisation is the same on {count:,} of {len(measured):,} servers "
        f"({count / len(measured):.1%}): {_described(pair)}. It was hardly measured: "
        "no evidence for right-sizing.",
        _source([server for server, _ in measured], name),
    )


def _check_default(machines: Sequence[Server], notes: Notes) -> None:
    defaults = [
        server
        for server in machines
        if DEFAULT_CPU in _cpu_pair(server) and DEFAULT_RAM in _ram_pair(server)
    ]
    if len(defaults) < DEFAULT_MIN_SERVERS or len(defaults) < DEFAULT_SHARE * len(machines):
        return
    constant = len(defaults) > CONSTANT_SHARE * len(machines)
    notes.add(
        Code.CONSTANT_UTILISATION if constant else Code.DEFAULT_UTILISATION,
        f"{len(defaults):,} of {len(machines):,} servers ({len(defaults) / len(machines):.1%}) "
        "have 25% CPU and 60% RAM: the default that the AWS collectors write where "
        "nothing was measured.",
        _source(defaults, "cpu_peak_fraction"),
    )


def _described(pair: _Pair) -> str:
    peak, average = pair
    parts = [f"peak {peak:.1%}"] if peak is not None else []
    parts += [f"average {average:.1%}"] if average is not None else []
    return ", ".join(parts)


def _source(servers: Sequence[Server], name: str) -> str:
    table = servers[0].table
    return f"{table.file}, {span(table, name, servers[0].row, servers[-1].row)}"
