"""The two indexes: how they are asked, and what their rows tell without the item.

A row holds all that filters and groupings look at, but not what search does. It lags a little: it
shows what the item was a moment ago.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from opportune.model.filters import OpportunityFilters
from opportune.model.records import Opportunity, Priority, Status
from opportune.model.times import time_text
from opportune.stores.cursor import milliseconds
from opportune.stores.dynamodb.connection import Connection, Tables
from opportune.stores.dynamodb.items import Item, damaged
from opportune.stores.revisions import is_live

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_MS = 86_400_000

Bounds = tuple[int | None, int | None]
"""Lowest and highest number of a sort key; None = no bound."""


@dataclass(frozen=True, slots=True)
class Index:
    """An index: its keys, and how the sort key becomes a position's number and back.

    Args:
        partitions: The partitions that opportunities of these filters can be in.
        of: How many partitions opportunities have in all.
        bounds: The numbers that opportunities of these filters can have.
    """

    name: str
    partition: str
    sort: str
    number: Callable[[Item], int]
    value: Callable[[int], dict[str, str]]
    partitions: Callable[[OpportunityFilters], Sequence[str]]
    of: int
    bounds: Callable[[OpportunityFilters], Bounds]


def moment_ms(moment: datetime) -> int:
    """Return a moment as StatusIndex counts it: milliseconds since 1970."""
    return milliseconds(time_text(moment))


def _days(filters: OpportunityFilters) -> Bounds:
    first, last = filters.updated_from, filters.updated_to
    return (
        None if first is None else _midnight_ms(first),
        None if last is None else _midnight_ms(last) + _DAY_MS - 1,
    )


def _midnight_ms(day: date) -> int:
    return (day - _EPOCH.date()).days * _DAY_MS


def _cents(filters: OpportunityFilters) -> Bounds:
    low, high = filters.min_arr, filters.max_arr
    return (
        None if low is None else int(low * 100),
        None if high is None else int(high * 100),
    )


BY_TIME = Index(
    "StatusIndex",
    "status",
    "updatedAt",
    number=lambda item: milliseconds(item["updatedAt"]["S"]),
    value=lambda number: {"S": time_text(_EPOCH + timedelta(milliseconds=number))},
    partitions=lambda filters: sorted(set(filters.status or Status)),
    of=len(Status),
    bounds=_days,
)
BY_ARR = Index(
    "PriorityIndex",
    "priority",
    "estimatedARR",
    number=lambda item: int(Decimal(item["estimatedARR"]["N"]) * 100),
    value=lambda number: {"N": str(Decimal(number) / 100)},
    partitions=lambda filters: sorted(set(filters.priority or Priority)),
    of=len(Priority),
    bounds=_cents,
)


def narrower(filters: OpportunityFilters) -> Index:
    """Return the index of which these filters leave the smaller part to be read.

    A guess, as we do not know how many rows a partition has: partitions count alike, and a bound on
    the sort key leaves half of each.
    """

    def share(index: Index) -> float:
        bounds = sum(bound is not None for bound in index.bounds(filters))
        return float(len(index.partitions(filters)) / index.of * 0.5**bounds)

    return min((BY_TIME, BY_ARR), key=share)


class IndexReader:
    """Asks the indexes."""

    def __init__(self, connection: Connection, tables: Tables) -> None:
        self._connection = connection
        self._tables = tables

    def pages(
        self, index: Index, partition: str, bounds: Bounds, size: Callable[[], int] | None = None
    ) -> Iterator[list[Item]]:
        """Yield a partition's rows in pages, highest number first; an empty one need not be last.

        Args:
            index: Which one.
            partition: Which of its partitions.
            bounds: Of the rows' numbers.
            size: Asked before each page for how many rows it shall have; None = as many as
                DynamoDB gives, 1 MB.
        """
        question = _question(index, partition, bounds)
        while question:
            if size:
                question["Limit"] = size()
            page = self._connection.send(
                "Query",
                self._tables.sessions,
                TableName=self._tables.sessions,
                IndexName=index.name,
                ScanIndexForward=False,
                **question,
            )
            yield page["Items"]
            if not page.get("LastEvaluatedKey"):
                return
            question["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _question(index: Index, partition: str, bounds: Bounds) -> dict[str, Any]:
    """Write the key condition; nothing if no number is within the bounds."""
    low, high = bounds
    condition = "#partition = :partition"
    names = {"#partition": index.partition}
    values = {":partition": {"S": partition}}
    if low is not None:
        values[":low"] = index.value(low)
    if high is not None:
        values[":high"] = index.value(high)
    if low is not None and high is not None:
        if low > high:  # DynamoDB would refuse to be asked
            return {}
        condition += " AND #sort BETWEEN :low AND :high"
    elif low is not None:
        condition += " AND #sort >= :low"
    elif high is not None:
        condition += " AND #sort <= :high"
    if len(values) > 1:
        names["#sort"] = index.sort
    return {
        "KeyConditionExpression": condition,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }


class RowJudge:
    """Decides by index rows alone, as far as they tell.

    Args:
        filters: What is asked; a search term is left for who reads the items.
        now: What has expired by then does not pass.
    """

    def __init__(self, filters: OpportunityFilters, now: datetime) -> None:
        self._filters = filters.model_copy(update={"search_term": ""})
        self._now = now

    def passes(self, row: Opportunity) -> bool:
        """Tell whether an opportunity passes, by what its row shows."""
        return is_live(row, self._now) and self._filters.matches(row)

    def may_pass(self, item: Item) -> bool:
        """Tell whether it is worth reading the item."""
        row = shown(item)
        return row is None or self.passes(row)


_BLANK = Opportunity(
    id="s.a",
    session_id="s",
    title="",
    category="",
    priority=Priority.LOW,
    estimated_arr=Decimal(0),
)


def shown(item: Item) -> Opportunity | None:
    """Return an opportunity as far as an index row shows it; None if only the item can tell.

    That is so while a large replace is about to change it, for the head has no `ttl` then; and in
    an index that was made before rows held what filters need.

    Raises:
        StoreError: The row holds what this program never wrote.
    """
    if "staged" in item or "createdAt" not in item:
        return None
    try:
        return _BLANK.model_copy(
            update={
                "id": item["opportunityId"]["S"],
                "session_id": item["sessionId"]["S"],
                "category": item["category"]["S"],
                "priority": Priority(item["priority"]["S"]),
                "estimated_arr": Decimal(item["estimatedARR"]["N"]),
                "status": Status(item["status"]["S"]),
                "customer": item["customer"]["S"],
                "owner": item["owner"]["S"],
                "related_services": tuple(one["S"] for one in item["relatedServices"]["L"]),
                "close_date": _day(item.get("closeDate")),
                "created_at": item["createdAt"]["S"],
                "updated_at": item["updatedAt"]["S"],
                "ttl": int(item["ttl"]["N"]) if "ttl" in item else None,
            },
        )
    except (KeyError, ValueError) as error:
        raise damaged(item, error) from None


def _day(value: dict[str, Any] | None) -> date | None:
    return date.fromisoformat(value["S"]) if value else None
