"""Priority rules: how soon a seller should act on what a trigger found."""

from decimal import Decimal
from typing import Literal

from opportune.analysis.case import Finding, Parameters
from opportune.analysis.rules.declared import AMOUNT_USD, Parameter, priority_rule
from opportune.model.records import Priority


@priority_rule("by-arr", {"high": AMOUNT_USD, "medium": AMOUNT_USD})
def by_arr(parameters: Parameters, finding: Finding, expected: Decimal) -> Priority:
    """Return High from `high` US dollars a year on, Medium from `medium` on, else Low."""
    del finding
    if expected >= parameters["high"]:
        return Priority.HIGH
    return Priority.MEDIUM if expected >= parameters["medium"] else Priority.LOW


@priority_rule(
    "fixed", {"level": Parameter("High, Medium or Low", Literal["High", "Medium", "Low"])}
)
def fixed(parameters: Parameters, finding: Finding, expected: Decimal) -> Priority:
    """Return `level`."""
    del finding, expected
    return Priority(parameters["level"])


@priority_rule("worst")
def worst(parameters: Parameters, finding: Finding, expected: Decimal) -> Priority:
    """Return what the trigger concluded from the facts; docs/analysis.md explains each."""
    del parameters, expected
    return finding.worst
