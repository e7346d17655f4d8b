"""The rules that plays name: triggers, ARR rules, and how a priority is decided."""

from collections.abc import Callable
from decimal import Decimal

from opportune.analysis.case import Case, Finding, Parameters
from opportune.analysis.rules.end_of_support import end_of_database_support, end_of_server_support
from opportune.analysis.rules.increments import ARR_RULES as SHARED_ARR_RULES
from opportune.analysis.rules.inventory import graviton
from opportune.analysis.rules.licences import licence_review, sql_licences, sql_server_licences
from opportune.analysis.rules.managed import managed, managed_databases
from opportune.analysis.rules.modernisation import container_platform, containers, file_storage, sap
from opportune.analysis.rules.operations import non_production, right_sized, right_sizing, schedule
from opportune.analysis.rules.programmes import (
    base_migration,
    low_ratings_checked,
    migration_programme,
    vmware_exit,
)
from opportune.analysis.rules.readiness import pillar_gaps, recovery_gap
from opportune.analysis.tree import ARR
from opportune.model.records import Priority

__all__ = ["ARR_RULES", "PRIORITIES", "TRIGGERS"]

TRIGGERS: dict[str, Callable[[Case, Parameters], Finding | None]] = {
    "containers": containers,
    "databases": managed_databases,
    "end-of-database-support": end_of_database_support,
    "end-of-server-support": end_of_server_support,
    "file-storage": file_storage,
    "graviton": graviton,
    "hypervisor": vmware_exit,
    "inventory": base_migration,
    "low-ratings": low_ratings_checked,
    "microsoft-licences": licence_review,
    "migration-programme": migration_programme,
    "non-production": non_production,
    "pillar-gaps": pillar_gaps,
    "recovery-gap": recovery_gap,
    "right-sizing": right_sizing,
    "sap": sap,
    "sql-server-licences": sql_server_licences,
}

ARR_RULES: dict[str, Callable[[Case, Finding], ARR]] = {
    **SHARED_ARR_RULES,
    "containers": container_platform,
    "managed-databases": managed,
    "right-sized": right_sized,
    "schedule": schedule,
    "sql-server-licences": sql_licences,
}


def worst(parameters: Parameters, finding: Finding, expected: Decimal) -> Priority:
    """Return what the facts ask for; the trigger's docstring or docs/analysis.md says how."""
    del parameters, expected
    return finding.worst


def fixed(parameters: Parameters, finding: Finding, expected: Decimal) -> Priority:
    """Return `level`."""
    del finding, expected
    return Priority(parameters["level"])


def by_arr(parameters: Parameters, finding: Finding, expected: Decimal) -> Priority:
    """Return High from `high` US dollars a year on, Medium from `medium` on, else Low."""
    del finding
    if expected >= parameters["high"]:
        return Priority.HIGH
    return Priority.MEDIUM if expected >= parameters["medium"] else Priority.LOW


PRIORITIES: dict[str, Callable[[Parameters, Finding, Decimal], Priority]] = {
    "by-arr": by_arr,
    "fixed": fixed,
    "worst": worst,
}
