"""Looks at servers as a whole: what is unlikely, contradicts itself or was not measured."""

import re
from collections import Counter
from collections.abc import Callable, Sequence

from opportune.documents.quality import Code, Notes, Spot, span
from opportune.model.assessment import Database, Server, Table

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

_SQL_SERVER = re.compile(r"(?:ms|microsoft)?[ _-]*sql[ _-]*server|mssql", re.IGNORECASE)
_LINUX = re.compile(
    r"(?P<rhel>red ?hat|rhel|centos|oracle linux|rocky|alma)|suse|sles|ubuntu|debian|linux",
    re.IGNORECASE,
)
_UNIX = re.compile(r"\b(?:aix|solaris|sunos|hp-?ux|z/?os|os/?400)\b", re.IGNORECASE)
_YEAR = re.compile(r"\b(20\d\d)\b")
_MAJOR = re.compile(r"(?<![\d.])(\d{1,2})(?!\d)")
FIRST_SQL_SERVER_ON_LINUX = 2017
FIRST_RHEL_FOR_SQL_SERVER = 7
"""SQL Server 2017 was the first for Linux, and ran on RHEL 7.3 and later (Microsoft, 2017-10)."""

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


def check_software(servers: Sequence[Server], databases: Sequence[Database], notes: Notes) -> None:
    """Note SQL Servers on systems that none runs on: one of the two is wrong. Nothing is changed.

    Args:
        servers: All of the inventory.
        databases: All of it; `server_id` as the servers spell it.
        notes: Where the findings go.
    """
    by_id = {server.id: server for server in servers}
    found = [
        (database.table, "engine", database.row, f"{database.engine} {database.version}", server)
        for database in databases
        if _SQL_SERVER.search(database.engine) and (server := by_id.get(database.server_id))
    ]
    found += [
        (*_cell_place(server, "sql_edition"), f"SQL Server {server.sql_edition}", server)
        for server in servers
        if server.sql_edition
    ]
    for table, name, row, product, server in found:
        system = f"{server.os_name} {server.os_version}".strip()
        if _cannot_run(product, system):
            notes.cell(
                Code.SOFTWARE_CONTRADICTION,
                "SQL Server does not run on this system, one of the two is wrong",
                Spot(table, name, row),
                f"{product.strip()} on {system}",
            )


def _cell_place(server: Server, name: str) -> tuple[Table, str, int]:
    table, row = server.origin(name)
    return table, name, row


def _cannot_run(product: str, system: str) -> bool:
    if _UNIX.search(system):
        return True
    linux = _LINUX.search(system)
    if linux is None:
        return False
    year = _YEAR.search(product)
    if year is not None and int(year[1]) < FIRST_SQL_SERVER_ON_LINUX:
        return True
    if "/" in system or "later" in system.casefold():  # VMware's "CentOS 4/5 or later"
        return False
    major = _MAJOR.search(system)
    return bool(linux["rhel"]) and major is not None and int(major[1]) < FIRST_RHEL_FOR_SQL_SERVER


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
