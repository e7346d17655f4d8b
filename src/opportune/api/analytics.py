"""Routes of figures; each is the sum over the list of the same filters."""

from typing import Annotated

from fastapi import Query

from opportune.api.filters import Filters
from opportune.api.shared import Moment, ServiceOf, api_router
from opportune.model.filters import Grouping, Total
from opportune.pipeline.changes.history import moment_of
from opportune.pipeline.figures import Moves, PipelineFigures, Stay

router = api_router()


@router.get("/totals")
def get_totals(
    service: ServiceOf, filters: Filters, by: Grouping = Grouping.NONE, at: Moment = ""
) -> tuple[Total, ...]:
    """Return counts and sums by group and status."""
    if at:
        return service.histories.totals_at(moment_of(at), filters, by=by)
    return service.store.totals(filters, by=by)


@router.get("/analytics")
def get_analytics(  # noqa: PLR0913 - the fields of the query
    service: ServiceOf,
    filters: Filters,
    *,
    by: Grouping = Grouping.NONE,
    top: Annotated[int, Query(ge=1, le=100)] = 10,
    stalled_days: Annotated[int, Query(alias="stalledDays", ge=1)] = 14,
    at: Moment = "",
) -> PipelineFigures:
    """Return a pipeline in figures: worth, win rate, groups, top, what has stalled."""
    return service.analytics.figures(
        filters, by=by, top=top, stalled_days=stalled_days, at=moment_of(at) if at else None
    )


@router.get("/analytics/moves")
def get_moves(
    service: ServiceOf, filters: Filters, days: Annotated[int, Query(ge=1, le=366)] = 7
) -> Moves:
    """Return which opportunities came to which status in the last days."""
    return service.analytics.moves(filters, days=days)


@router.get("/analytics/stays")
def get_stays(service: ServiceOf, filters: Filters) -> tuple[Stay, ...]:
    """Return how long opportunities are and were in each status."""
    return service.analytics.stays(filters)
