"""Which opportunities are meant, in what order, and what they add up to: decided once for all.

Every store agrees with `OpportunityFilters.matches`, with `find_order`'s orders and with
`added_up`; how it finds out is its own affair.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, PlainSerializer

from opportune.model.folding import folded
from opportune.model.records import PRIORITY_RANK, Model, Money, Opportunity, Priority, Status, Text


class Order(StrEnum):
    """Order of opportunities across sessions; ties by id, ascending."""

    NEWEST = "newest"
    """Last changed first."""
    ARR = "arr"
    """Highest ARR first."""


class OpportunityFilters(Model):
    """The guide's filters, and what else a pipeline is cut by.

    An empty one lets everything through. Bounds are inclusive; days are in UTC. Names (category,
    service, customer, owner) are compared without case and accents; of several one must fit.
    """

    priority: tuple[Priority, ...] = ()
    status: tuple[Status, ...] = ()
    min_arr: Money | None = Field(default=None, alias="minARR")
    max_arr: Money | None = Field(default=None, alias="maxARR")
    search_term: Text = ""
    """Must occur in the title, reasoning, a talking point, the customer, category or a service."""
    category: tuple[Text, ...] = ()
    service: tuple[Text, ...] = ()
    """One of the related services."""
    customer: tuple[Text, ...] = ()
    owner: tuple[Text, ...] = ()
    """"" = nobody."""
    session_id: Text = ""
    """Only this analysis."""
    created_from: date | None = None
    created_to: date | None = None
    updated_from: date | None = None
    updated_to: date | None = None
    close_from: date | None = None
    """With a bound on it, an opportunity without a close date does not pass."""
    close_to: date | None = None

    def matches(self, opportunity: Opportunity) -> bool:
        """Decide, for every store alike, whether an opportunity passes."""
        return (
            self.matches_row(opportunity)
            and self._names_match(opportunity)
            and (not self.search_term or folded(self.search_term) in search_text(opportunity))
        )

    def matches_row(self, opportunity: Opportunity) -> bool:
        """Decide the part that needs no text: priority, status, ARR, session and days."""
        return (
            (not self.priority or opportunity.priority in self.priority)
            and (not self.status or opportunity.status in self.status)
            and (self.min_arr is None or opportunity.estimated_arr >= self.min_arr)
            and (self.max_arr is None or opportunity.estimated_arr <= self.max_arr)
            and (not self.session_id or opportunity.session_id == self.session_id)
            and _within(opportunity.created_at, self.created_from, self.created_to)
            and _within(opportunity.updated_at, self.updated_from, self.updated_to)
            and _within(
                opportunity.close_date.isoformat() if opportunity.close_date else "",
                self.close_from,
                self.close_to,
            )
        )

    def _names_match(self, opportunity: Opportunity) -> bool:
        return (
            _is_one_of(opportunity.category, self.category)
            and _is_one_of(opportunity.customer, self.customer)
            and _is_one_of(opportunity.owner, self.owner)
            and (
                not self.service
                or any(_is_one_of(one, self.service) for one in opportunity.related_services)
            )
        )

    def canonical(self) -> dict[str, Any]:
        """Return what is asked as JSON values: equal questions, equal values."""
        values = self.model_dump(mode="json", by_alias=False, exclude_defaults=True)
        for name in ("priority", "status"):
            if name in values:
                values[name] = sorted(set(values[name]))
        for name in ("category", "service", "customer", "owner"):
            if name in values:
                values[name] = sorted({folded(one) for one in values[name]})
        return dict(sorted(values.items()))


class Grouping(StrEnum):
    """By what totals are told apart, beside the status."""

    NONE = "none"
    PRIORITY = "priority"
    CATEGORY = "category"
    SERVICE = "service"
    """One with several services counts under each; one with none counts nowhere."""
    CUSTOMER = "customer"
    OWNER = "owner"
    MONTH = "month"
    """In which it was created: `2026-03`."""
    CLOSE_MONTH = "close-month"
    """In which it is to be closed; empty without a close date."""


Sum = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]
"""US dollars, to the cent, of any number of opportunities."""


class Total(Model):
    """How many opportunities of a group have a status, and their ARR."""

    key: Text
    """Of the group; empty if totals are not grouped."""
    status: Status
    count: int
    arr: Sum


def added_up(opportunities: Iterable[Opportunity], by: Grouping) -> tuple[Total, ...]:
    """Return totals by group and status, in the order of keys, then of statuses; none is empty."""
    sums: dict[tuple[str, Status], tuple[int, Decimal]] = {}
    for one in opportunities:
        for key in group_keys(one, by):
            count, arr = sums.get((key, one.status), (0, Decimal(0)))
            sums[key, one.status] = count + 1, arr + one.estimated_arr
    return totals_of({place: (count, arr) for place, (count, arr) in sums.items()})


def totals_of(sums: dict[tuple[str, Status], tuple[int, Decimal]]) -> tuple[Total, ...]:
    """Return sums as totals, in their order."""
    order = list(Status)
    rows = sorted(sums.items(), key=lambda row: (row[0][0], order.index(row[0][1])))
    return tuple(
        Total(key=key, status=status, count=count, arr=arr) for (key, status), (count, arr) in rows
    )


def group_keys(opportunity: Opportunity, by: Grouping) -> Iterator[str]:
    """Yield the groups that an opportunity counts in."""
    if by is Grouping.SERVICE:
        yield from sorted(set(opportunity.related_services))
    else:
        yield _GROUP_KEY[by](opportunity)


_GROUP_KEY: dict[Grouping, Callable[[Opportunity], str]] = {
    Grouping.NONE: lambda _: "",
    Grouping.PRIORITY: lambda one: one.priority.value,
    Grouping.CATEGORY: lambda one: one.category,
    Grouping.CUSTOMER: lambda one: one.customer,
    Grouping.OWNER: lambda one: one.owner,
    Grouping.MONTH: lambda one: one.created_at[:7],
    Grouping.CLOSE_MONTH: lambda one: f"{one.close_date:%Y-%m}" if one.close_date else "",
}


def _within(moment: str, first: date | None, last: date | None) -> bool:
    """Tell whether a moment's or day's text is of these days; no text is of none."""
    if first is None and last is None:
        return True
    day = moment[:10]
    return (
        day != ""
        and (first is None or day >= first.isoformat())
        and (last is None or day <= last.isoformat())
    )


def _is_one_of(name: str, wanted: Sequence[str]) -> bool:
    return not wanted or folded(name) in {folded(one) for one in wanted}


def search_text(opportunity: Opportunity) -> str:
    """Return all that search looks at, folded, fields apart by line breaks."""
    return folded(
        "\n".join(
            (
                opportunity.title,
                opportunity.reasoning,
                *opportunity.talking_points,
                opportunity.customer,
                opportunity.category,
                *opportunity.related_services,
            ),
        ),
    )


def list_order(opportunity: Opportunity) -> tuple[int, Decimal, str]:
    """Sort key of a session's list: priority, then highest ARR, then id."""
    return (PRIORITY_RANK[opportunity.priority], -opportunity.estimated_arr, opportunity.id)


def by_list_order(opportunities: Sequence[Opportunity]) -> tuple[Opportunity, ...]:
    """Return a session's list in its order."""
    return tuple(sorted(opportunities, key=list_order))
