"""Counts the facts that a table gives, and compares those of two readings of one file."""

from collections.abc import Mapping, Sequence

from opportune.documents.inventory.cells import quantity_of
from opportune.documents.inventory.layouts import HOSTS, SERVER_FACTS, SERVER_PARTS, SERVERS
from opportune.documents.inventory.tables import FoundTable
from opportune.documents.opening.texts import text_of
from opportune.documents.opening.workbook import Cell

_FACTS: Mapping[str, str] = {
    "os_name": "os", "os_configured": "os", "os_version": "version",
    "sockets": "cpu", "total_cores": "cpu", "total_threads": "cpu",
    "cores_per_cpu": "cores", "threads_per_core": "threads",
    "ram_gb": "ram", "disk_gb": "disk", "disk_provisioned_gb": "disk",
    "cpu_peak_fraction": "cpu peak", "cpu_avg_fraction": "cpu average",
    "ram_peak_fraction": "ram peak", "ram_used_peak_gb": "ram peak", "ram_free_peak_gb": "ram peak",
    "ram_avg_fraction": "ram average", "ram_used_avg_gb": "ram average",
    "ram_free_avg_gb": "ram average",
    "disk_used_fraction": "disk used", "disk_used_gb": "disk used", "disk_free_gb": "disk used",
    "disk_in_use_gb": "disk used", "used_gb": "disk used", "free_gb": "disk used",
    "size_gb": "disk",
    "is_powered_on": "power", "environment": "environment", "ip_address": "address",
    "applications": "applications", "databases": "databases", "sql_edition": "sql",
}  # fmt: skip
"""Field to the fact about a machine that it gives; several may give the same."""

_COMPARED = ("ram_gb", "disk_gb", "total_cores")
COMPARED_ROWS = 200
AGREEING_SHARE = 0.9
_RATIOS = (1.0, 1024.0, 1 / 1024, 1000.0, 1 / 1000)
"""Between one size in two units; thousands where somebody rounded."""
TOLERANCE = 0.01


def facts_in(tables: Sequence[FoundTable]) -> int:
    """Return how many facts tables give, each counted once however many columns say it."""
    about_servers = {
        _FACTS[name]
        for table in tables
        if table.layout.kind in (SERVERS, SERVER_FACTS, SERVER_PARTS)
        for name in table.indexes
        if name in _FACTS
    }
    about_others = {
        (table.layout.kind, name)
        for table in tables
        if table.layout.kind not in (SERVERS, SERVER_FACTS, SERVER_PARTS, HOSTS)
        for name in table.indexes
    }
    return len(about_servers) + len(about_others)


def sizes_in(table: FoundTable) -> set[str]:
    """Return which sizes of machines a table gives: cpu, ram, disk."""
    return {_FACTS.get(name, "") for name in table.indexes} & {"cpu", "ram", "disk"}


def disagree(ours: Sequence[FoundTable], theirs: Sequence[FoundTable]) -> bool:
    """Whether two readings of a file take a size from different columns that differ in it."""
    by_sheet = {one.table.sheet: one for one in theirs if one.layout.kind == SERVERS}
    return any(
        _differ(one, by_sheet[one.table.sheet])
        for one in ours
        if one.layout.kind == SERVERS and one.table.sheet in by_sheet
    )


def _differ(one: FoundTable, other: FoundTable) -> bool:
    for name in _COMPARED:
        here, there = one.indexes.get(name), other.indexes.get(name)
        if here is None or there is None or here == there:
            continue
        pairs = [
            (a, b)
            for row in one.rows[:COMPARED_ROWS]
            if (a := _number(row[here])) and (b := _number(row[there]))
        ]
        if pairs and not any(_agree(pairs, ratio) for ratio in _RATIOS):
            return True
    return False


def _agree(pairs: Sequence[tuple[float, float]], ratio: float) -> bool:
    alike = sum(abs(a - b * ratio) <= TOLERANCE * a for a, b in pairs)
    return alike >= AGREEING_SHARE * len(pairs)


def _number(cell: Cell) -> float:
    found = quantity_of(text_of(cell), ".")
    return found.value if found else 0.0
