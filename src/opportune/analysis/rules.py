"""The rules that plays name: triggers, ARR rules, and how a priority is decided."""

from collections.abc import Callable
from decimal import Decimal

from opportune.analysis.case import Case, Finding, Parameters
from opportune.analysis.rules_arr import ARR_RULES
from opportune.analysis.rules_databases import databases_of
from opportune.analysis.rules_inventory import graviton, hypervisor, inventory, microsoft_licences
from opportune.analysis.rules_readiness import low_ratings, pillar_gaps, recovery_gap
from opportune.analysis.rules_support import end_of_database_support, end_of_server_support
from opportune.models import Priority

__all__ = ["ARR_RULES", "PRIORITIES", "TRIGGERS"]

TRIGGERS: dict[str, Callable[[Case, Parameters], Finding | None]] = {
    "databases": databases_of,
    "end-of-database-support": end_of_database_support,
    "end-of-server-support": end_of_server_support,
    "graviton": graviton,
    "hypervisor": hypervisor,
    "inventory": inventory,
    "low-ratings": low_ratings,
    "microsoft-licences": microsoft_licences,
    "pillar-gaps": pillar_gaps,
    "recovery-gap": recovery_gap,
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
