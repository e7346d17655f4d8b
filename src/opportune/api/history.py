"""Routes of the past: what changed, how things stood, going back, and whether it is unchanged."""

from typing import Annotated

from fastapi import Query, Response

from opportune.api.callers import Caller
from opportune.api.filters import Filters
from opportune.api.shared import ChangeId, ExpectedVersion, Moment, ServiceOf, api_router, tagged
from opportune.model.records import Model, Opportunity, Text, Version
from opportune.pipeline.changes.history import FieldChange, PastPipeline, Step, moment_of
from opportune.pipeline.changes.seals import HistoryReport

router = api_router()

VersionNumber = Annotated[int, Query(ge=1)]


class RestoreRequest(Model):
    """What to go back to."""

    version: Version | None = None
    """None = what it was before it was deleted or expired."""
    note: Text = ""


@router.get("/opportunities/{opportunity_id}/steps")
def get_steps(service: ServiceOf, opportunity_id: str) -> tuple[Step, ...]:
    """Return every revision as what it changed, by whom and why, oldest first."""
    return service.histories.steps(opportunity_id)


@router.get("/opportunities/{opportunity_id}/differences")
def get_differences(
    service: ServiceOf, opportunity_id: str, old: VersionNumber, new: VersionNumber
) -> tuple[FieldChange, ...]:
    """Return what differs between two revisions."""
    return service.histories.differences(opportunity_id, old, new)


@router.post("/opportunities/{opportunity_id}/restore")
def restore_opportunity(  # noqa: PLR0913 - path, body and headers
    service: ServiceOf,
    caller: Caller,
    *,
    response: Response,
    opportunity_id: str,
    request: RestoreRequest,
    version: ExpectedVersion,
    change_id: ChangeId,
) -> Opportunity:
    """Bring an earlier content back, as a new revision; also what was deleted or has expired."""
    restored = service.histories.restore(
        opportunity_id,
        request.version,
        updated_by=caller,
        note=request.note,
        expected_version=version,
        change_id=change_id,
    )
    return tagged(response, restored)


@router.get("/pipeline")
def get_pipeline_at(service: ServiceOf, filters: Filters, at: Moment) -> PastPipeline:
    """Return the opportunities of all sessions as they stood at a moment."""
    return service.histories.pipeline_at(moment_of(at), filters)


@router.get("/admin/history-verification")
def verify_history(service: ServiceOf) -> HistoryReport:
    """Check every kept revision; names each edit that was not made through this program."""
    report, _ = service.seals.verify()
    return report
