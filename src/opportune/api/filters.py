"""The filters of a list, as a query says them: the same for lists, totals, exports and changes."""

from datetime import date
from typing import Annotated

from fastapi import Depends, Query

from opportune.model.filters import OpportunityFilters
from opportune.model.records import Priority, Status

Names = Annotated[list[str], Query(max_length=200)]
Day = Annotated[date | None, Query()]


def filters_of(  # noqa: PLR0913 - the fields of the query
    *,
    priority: Annotated[list[Priority], Query()] = [],  # noqa: B006 - never changed, FastAPI copies
    status: Annotated[list[Status], Query()] = [],  # noqa: B006 - the same
    min_arr: Annotated[float | None, Query(alias="minARR")] = None,
    max_arr: Annotated[float | None, Query(alias="maxARR")] = None,
    search_term: Annotated[str, Query(alias="searchTerm", max_length=200)] = "",
    category: Names = [],  # noqa: B006 - the same
    service: Names = [],  # noqa: B006 - the same
    customer: Names = [],  # noqa: B006 - the same
    owner: Names = [],  # noqa: B006 - the same
    in_session: Annotated[str, Query(alias="sessionId", max_length=64)] = "",
    created_from: Annotated[Day, Query(alias="createdFrom")] = None,
    created_to: Annotated[Day, Query(alias="createdTo")] = None,
    updated_from: Annotated[Day, Query(alias="updatedFrom")] = None,
    updated_to: Annotated[Day, Query(alias="updatedTo")] = None,
    close_from: Annotated[Day, Query(alias="closeFrom")] = None,
    close_to: Annotated[Day, Query(alias="closeTo")] = None,
) -> OpportunityFilters:
    """Return the filters that a query says. `owner=` (empty) means nobody's."""
    return OpportunityFilters.checked(
        priority=tuple(priority),
        status=tuple(status),
        min_arr=None if min_arr is None else str(min_arr),
        max_arr=None if max_arr is None else str(max_arr),
        search_term=search_term,
        category=tuple(category),
        service=tuple(service),
        customer=tuple(customer),
        owner=tuple(owner),
        session_id=in_session,
        created_from=created_from,
        created_to=created_to,
        updated_from=updated_from,
        updated_to=updated_to,
        close_from=close_from,
        close_to=close_to,
    )


Filters = Annotated[OpportunityFilters, Depends(filters_of)]
