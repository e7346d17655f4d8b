"""Routes on duplicates: found, merged, taken apart."""

from opportune.api.callers import Caller
from opportune.api.filters import Filters
from opportune.api.shared import ServiceOf, api_router
from opportune.model.records import Model, OpportunityId, Text
from opportune.pipeline.changes.duplicates import Duplicate, Merged

router = api_router()


class MergeRequest(Model):
    """Which one to merge into that of the path."""

    other: OpportunityId
    note: Text = ""


class UnmergeRequest(Model):
    """Why it is taken apart."""

    note: Text = ""


@router.get("/duplicates")
def list_duplicates(service: ServiceOf, filters: Filters) -> tuple[Duplicate, ...]:
    """Return pairs that may be one opportunity, with the reasons, likeliest first."""
    return service.duplicates.possible(filters)


@router.post("/opportunities/{opportunity_id}/merge")
def merge_duplicate(
    service: ServiceOf, caller: Caller, opportunity_id: str, request: MergeRequest
) -> Merged:
    """Merge another opportunity into this one; both keep their histories."""
    return service.duplicates.merge(
        opportunity_id, request.other, updated_by=caller, note=request.note
    )


@router.post("/opportunities/{opportunity_id}/unmerge")
def unmerge_duplicate(
    service: ServiceOf, caller: Caller, opportunity_id: str, request: UnmergeRequest
) -> Merged:
    """Take a merge apart: this one, the duplicate, is back."""
    return service.duplicates.unmerge(opportunity_id, updated_by=caller, note=request.note)
