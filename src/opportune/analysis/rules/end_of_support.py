"""Trigger rules on vendors' support: servers and databases by what is left of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from opportune.analysis.case import Case, Finding, Named, Parameters, counted_in_base
from opportune.analysis.cells import Cells, Cited
from opportune.analysis.rules.declared import ENGINES, Parameter, trigger
from opportune.analysis.rules.inventory import size_evidence
from opportune.analysis.support import (
    Match,
    Release,
    Support,
    database_engine,
    operating_system,
    support_table,
)
from opportune.model.assessment import Database, Server
from opportune.model.money import NOTHING
from opportune.model.records import Priority

_System = Literal[
    "windows-server", "rhel", "centos", "oracle-linux", "ubuntu", "sles", "debian", "amazon-linux"
]

_ORDER = (Support.NONE, Support.EXTENDED, Support.ENDS_SOON)
"""States that a play fires on, worst first."""


@dataclass(frozen=True)
class _Group:
    """Rows that run one release, and how far it is supported."""

    release: Release
    support: Support
    rows: tuple[Server | Database, ...]


@trigger(
    "end-of-server-support",
    {
        "products": Parameter(
            "of windows-server, rhel, centos, oracle-linux, ubuntu, sles, debian, amazon-linux",
            Annotated[list[_System], Field(min_length=1, max_length=100)],
        )
    },
    counts="affected total none extended soon unclear",
    texts="releases names counted licence snapshot",
)
def end_of_server_support(case: Case, parameters: Parameters) -> Finding | None:
    """Fires on running servers with a release of `products` past support, or soon to be."""
    matches = [
        (s, found)
        for s in case.running
        if (found := operating_system(s.os_name, s.os_version))
        and found.product in parameters["products"]
    ]
    return _finding(case, matches)


@trigger(
    "end-of-database-support",
    {"products": ENGINES},
    counts="affected total none extended soon unclear",
    texts="releases names counted licence snapshot",
)
def end_of_database_support(case: Case, parameters: Parameters) -> Finding | None:
    """Fires on databases with a release of `products` past support, or soon to be."""
    matches = [
        (d, found)
        for d in case.assessment.databases
        if (found := database_engine(d.engine, d.version))
        and found.product in parameters["products"]
    ]
    return _finding(case, matches)


def support_groups(
    case: Case, matches: Sequence[tuple[Server | Database, Match]]
) -> tuple[_Group, ...]:
    """Return what is past support or soon will be, worst state first, then by release."""
    table = support_table()
    rows: dict[Release, list[Server | Database]] = {}
    for row, found in matches:
        if found.release is not None:
            rows.setdefault(found.release, []).append(row)
    groups = (
        _Group(release, release.support_on(case.run_date, table.soon_days), tuple(members))
        for release, members in rows.items()
    )
    return tuple(
        sorted(
            (g for g in groups if g.support in _ORDER),
            key=lambda g: (_ORDER.index(g.support), g.release.ends, g.release.name),
        ),
    )


def support_text(case: Case, group: _Group) -> str:
    """Tell a release's state with both of its dates: `Windows Server 2012 R2: ...`."""
    key = "extended" if group.release.extended_text else "plain"
    return case.words.phrase(
        f"support-{group.support}-{key}",
        name=group.release.name,
        end=group.release.end_text,
        extended=group.release.extended_text,
    )


def _finding(case: Case, matches: Sequence[tuple[Server | Database, Match]]) -> Finding | None:
    groups = support_groups(case, matches)
    if not groups:
        return None
    words = case.words
    affected = [row for g in groups for row in g.rows]
    unclear = [row for row, found in matches if found.release is None]
    sized = case.sized(r.id if isinstance(r, Server) else r.server_id for r in affected)
    by_state = {
        state: words.count(sum(len(g.rows) for g in groups if g.support == state))
        for state in _ORDER
    }
    values = {
        "affected": words.count(len(affected)),
        "total": words.count(len(matches)),
        "none": by_state[Support.NONE],
        "extended": by_state[Support.EXTENDED],
        "soon": by_state[Support.ENDS_SOON],
        "unclear": words.count(len(unclear)),
        "releases": "; ".join(
            f"{support_text(case, g)} ({words.number(len(g.rows))})" for g in groups
        ),
        "names": words.listing([_name(row) for row in affected]),
        "counted": words.money(counted_in_base(sized)),
        "licence": words.money(sum((s.licence for s in sized), NOTHING)),
        "snapshot": support_table().snapshot,
    }
    evidence = (
        *(e for g in groups for e in _release_evidence(case, g)),
        *_extent(case, affected),
        *_at_release(case, unclear, "evidence-unclear"),
    )
    worst = Priority.MEDIUM if groups[0].support == Support.ENDS_SOON else Priority.HIGH
    cells = (*_matched(case, [row for row, _ in matches]), *_hosts(case, affected))
    return Finding(evidence, values, worst, sized, cells, {"names": case.names(affected)})


def _matched(case: Case, rows: Sequence[Server | Database]) -> Named:
    """Return what makes rows ones of the play's products, in a release or in none that is known."""
    servers = tuple(r for r in rows if isinstance(r, Server))
    databases = tuple(r for r in rows if isinstance(r, Database))
    return (
        *case.in_scope(servers),
        Cells(servers, ("os_name", "os_version")),
        *case.listed(databases),
        Cells(databases, ("engine", "version")),
    )


def _hosts(case: Case, affected: Sequence[Server | Database]) -> Named:
    """Return what the amount of the affected rows in the base rests on."""
    servers = [s for s in affected if isinstance(s, Server)]
    return (
        *case.amounts(servers),
        *case.costs(case.sized(s.id for s in servers)),
        *case.hosting(d for d in affected if isinstance(d, Database)),
    )


def _release_evidence(case: Case, group: _Group) -> tuple[Cited, ...]:
    return _at_release(case, group.rows, "evidence-support", support=support_text(case, group))


def _at_release(
    case: Case, rows: Sequence[Server | Database], key: str, **values: object
) -> tuple[Cited, ...]:
    """Return a fact at the cells that name the release: version, or if blank product."""
    by_column: dict[str, list[Server | Database]] = {}
    for row in rows:
        by_column.setdefault(_release_column(row), []).append(row)
    return tuple(
        e
        for column, members in sorted(by_column.items())
        for e in case.evidence(members, column, key, **values)
    )


def _release_column(row: Server | Database) -> str:
    if isinstance(row, Server):
        return "os_version" if row.os_version else "os_name"
    return "version" if row.version else "engine"


def _name(row: Server | Database) -> str:
    return (row.hostname if isinstance(row, Server) else row.name) or row.id


def _extent(case: Case, rows: Sequence[Server | Database]) -> tuple[Cited, ...]:
    """Return how large the affected rows are, so that a seller can weigh them."""
    return (
        *size_evidence(case, [r for r in rows if isinstance(r, Server)]),
        *database_size_evidence(case, [r for r in rows if isinstance(r, Database)]),
    )


def database_size_evidence(case: Case, databases: Sequence[Database]) -> tuple[Cited, ...]:
    """Return how many gigabytes these databases have."""
    return case.evidence(databases, "size_gb", "evidence-database-size", size=case.size_told())
