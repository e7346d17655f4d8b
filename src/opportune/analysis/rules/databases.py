"""Trigger rules on databases: engines to leave, and engines to have managed."""

from collections import Counter
from collections.abc import Sequence

from opportune.analysis.case import Case, Finding, Named, Parameters, Sum, counted_in_base
from opportune.analysis.cells import Cells, Cited
from opportune.analysis.rules.end_of_support import database_size_evidence, support_groups
from opportune.analysis.support import Match, database_engine, support_table
from opportune.model.assessment import Database
from opportune.model.records import Priority

LARGE_PROCEDURES_LINES = 10_000
"""Lines of stored code from which a change of engine is a project of its own."""


def databases_of(case: Case, parameters: Parameters) -> Finding | None:
    """Fires on databases whose engine is one of `engines`."""
    matches = [
        (d, found)
        for d in case.assessment.databases
        if (found := database_engine(d.engine, d.version))
        and found.product in parameters["engines"]
    ]
    if not matches:
        return None
    databases = [d for d, _ in matches]
    hosts = case.hosts(databases)
    unsupported = [row for g in support_groups(case, matches) for row in g.rows]
    values = _values(case, matches) | {
        "unsupported": case.words.count(len(unsupported)),
        "counted": case.words.money(counted_in_base(hosts)),
        "hosts": case.words.count(len(hosts)),
    }
    worst = Priority.HIGH if unsupported else Priority.MEDIUM
    cells = (
        *case.listed(databases),
        Cells(tuple(databases), ("engine", "version")),
        *case.hosting(databases),
    )
    evidence, value_cells = _evidence(case, matches), _cells_of_values(case, databases)
    return Finding(evidence, values, worst, hosts, cells, value_cells)


def _cells_of_values(case: Case, databases: Sequence[Database]) -> dict[str, Named]:
    """Return what the values rest on besides engine, version and size."""
    procedures = tuple(d for d in databases if d.stored_procedure_lines)
    triggers = tuple(d for d in databases if d.trigger_lines)
    code = (Cells(procedures, ("stored_procedure_lines",)), Cells(triggers, ("trigger_lines",)))
    return {
        "names": case.names(databases),
        "code_lines": code,
        "with_code": code,
        "heavy": code,
        "light": code,
        "clustered": (Cells(tuple(d for d in databases if d.is_clustered), ("is_clustered",)),),
        "unreplicated": (
            Cells(tuple(d for d in databases if d.is_replicated is False), ("is_replicated",)),
        ),
        "byol": (Cells(tuple(d for d in databases if _is_own_licence(d)), ("license_model",)),),
        "targets": (Cells(tuple(d for d in databases if d.target_engine), ("target_engine",)),),
    }


def _values(case: Case, matches: Sequence[tuple[Database, Match]]) -> dict[str, object]:
    words = case.words
    databases = [d for d, _ in matches]
    names = support_table().names
    engines = Counter(names[found.product] for _, found in matches)
    coded = [d for d in databases if _code_lines(d)]
    heavy = [d for d in coded if _code_lines(d) >= LARGE_PROCEDURES_LINES]
    return {
        "databases": words.count(len(databases)),
        "engines": ", ".join(f"{e} ({words.number(n)})" for e, n in sorted(engines.items())),
        "size": words.short(sum(d.size_gb or 0 for d in databases)),
        "names": words.listing([d.name or d.id for d in databases]),
        "code_lines": words.count(sum(_code_lines(d) for d in databases)),
        "with_code": words.count(len(coded)),
        "heavy": words.count(len(heavy)),
        "light": words.count(len(databases) - len(heavy)),
        "heavy_limit": words.number(LARGE_PROCEDURES_LINES),
        "clustered": words.count(sum(d.is_clustered is True for d in databases)),
        "unreplicated": words.count(sum(d.is_replicated is False for d in databases)),
        "byol": words.count(sum(_is_own_licence(d) for d in databases)),
        "targets": words.listing(sorted({d.target_engine for d in databases if d.target_engine})),
        "unclear": words.count(sum(found.release is None for _, found in matches)),
    }


def _code_lines(database: Database) -> int:
    return (database.stored_procedure_lines or 0) + (database.trigger_lines or 0)


def _is_own_licence(database: Database) -> bool:
    licence = database.license_model.casefold()
    return "byol" in licence or "bring your own" in licence


def _evidence(case: Case, matches: Sequence[tuple[Database, Match]]) -> tuple[Cited, ...]:
    words = case.words
    databases = [d for d, _ in matches]
    by_product: dict[str, list[Database]] = {}
    for database, found in matches:
        by_product.setdefault(found.product, []).append(database)
    coded = [d for d in databases if _code_lines(d)]
    clustered = [d for d in databases if d.is_clustered]
    unclear = [d for d, found in matches if found.release is None]
    return (
        *(
            e
            for product, rows in sorted(by_product.items())
            for e in case.evidence(
                rows, "engine", "evidence-engine", engine=support_table().names[product]
            )
        ),
        *database_size_evidence(case, databases),
        *case.evidence(
            coded,
            "stored_procedure_lines",
            "evidence-code-lines",
            lines=Sum(_code_lines, words.count),
        ),
        *case.evidence(clustered, "is_clustered", "evidence-clustered"),
        *case.evidence(unclear, "version", "evidence-unclear"),
    )
