"""The filters of a list, as options: the same for every command that takes several."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:  # loaded when a command needs them: --help must not pay for it
    from opportune.model.filters import OpportunityFilters

_OPTIONS = (
    click.option(
        "--session",
        "session_id",
        default="",
        help="Only opportunities of this session, by priority and ARR.",
    ),
    click.option(
        "--priority",
        multiple=True,
        type=click.Choice(["High", "Medium", "Low"]),
        help="May be repeated.",
    ),
    click.option("--status", multiple=True, help="Status, in any language; may be repeated."),
    click.option("--min-arr", help="Lowest ARR, in US dollars a year, inclusive."),
    click.option("--max-arr", help="Highest ARR, in US dollars a year, inclusive."),
    click.option(
        "--search",
        "search_term",
        default="",
        help=(
            "Text that must occur in the title, reasoning, a talking point, customer, category or "
            "service; accents and case do not count."
        ),
    ),
    click.option("--category", multiple=True, help="Exact name; may be repeated."),
    click.option("--service", multiple=True, help="Exact name of an AWS service; may be repeated."),
    click.option("--customer", multiple=True, help="Exact name; may be repeated."),
    click.option("--owner", multiple=True, help="Exact name; may be repeated; '' means nobody."),
    click.option(
        "--created-from", metavar="DAY", help="First day of creation (UTC), as in 2026-03-01."
    ),
    click.option("--created-to", metavar="DAY", help="Last day of creation."),
    click.option("--updated-from", metavar="DAY", help="First day of the last change."),
    click.option("--updated-to", metavar="DAY", help="Last day of the last change."),
    click.option("--close-from", metavar="DAY", help="First day of the expected closing date."),
    click.option("--close-to", metavar="DAY", help="Last day of the expected closing date."),
)
NAMES = (
    "session_id",
    "priority",
    "status",
    "min_arr",
    "max_arr",
    "search_term",
    "category",
    "service",
    "customer",
    "owner",
    "created_from",
    "created_to",
    "updated_from",
    "updated_to",
    "close_from",
    "close_to",
)


def filter_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a filter; the command gets them as one `filters`."""

    @wraps(command)
    def filtered(**values: Any) -> None:
        given = {name: values.pop(name) for name in NAMES}
        command(filters=_filters(given), **values)

    for option in reversed(_OPTIONS):
        filtered = option(filtered)
    return filtered


def _filters(given: dict[str, Any]) -> "OpportunityFilters":
    from opportune.model.filters import OpportunityFilters
    from opportune.model.words import status_named

    given["status"] = tuple(status_named(name) for name in given["status"])
    return OpportunityFilters.checked(**given)
