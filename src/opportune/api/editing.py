"""Routes that make, edit and delete opportunities, one or many."""

from typing import Annotated

from fastapi import Query, Response
from pydantic import Field

from opportune.api.callers import Caller
from opportune.api.filters import Filters
from opportune.api.shared import ChangeId, ExpectedVersion, ServiceOf, api_router, tagged
from opportune.model.records import LANGUAGES, Model, Opportunity, OpportunityId, Text
from opportune.pipeline.changes.edit import Edit
from opportune.pipeline.changes.edit_many import ManyChanged

router = api_router()


class NewOpportunity(Model):
    """An opportunity made by hand."""

    fields: Edit
    """A title at least."""
    session_id: Text = ""
    """Empty = the customer's session of what is made by hand."""
    language: Annotated[str, Field(pattern=f"^({'|'.join(LANGUAGES)})$")] = "en"
    note: Text = ""


class EditRequest(Model):
    """Fields to change, and why."""

    fields: Edit
    note: Text = ""


class ManyRequest(EditRequest):
    """Fields to change of these, or of all that pass the query's filters."""

    ids: tuple[OpportunityId, ...] = ()


@router.post("/opportunities", status_code=201)
def create_opportunity(
    service: ServiceOf,
    caller: Caller,
    *,
    response: Response,
    request: NewOpportunity,
    change_id: ChangeId,
) -> Opportunity:
    """Make an opportunity by hand."""
    made = service.editing.create(
        request.fields,
        updated_by=caller,
        session_id=request.session_id,
        language=request.language,
        note=request.note,
        change_id=change_id,
    )
    response.headers["Location"] = f"/api/opportunities/{made.id}"
    return tagged(response, made)


@router.post("/opportunities/changes")
def change_many(
    service: ServiceOf, caller: Caller, *, request: ManyRequest, filters: Filters
) -> ManyChanged:
    """Change the same fields of many opportunities; each keeps its whole history."""
    return service.bulk.change(
        request.fields,
        filters=filters,
        ids=request.ids,
        updated_by=caller,
        note=request.note,
    )


@router.patch("/opportunities/{opportunity_id}")
def edit_opportunity(  # noqa: PLR0913 - path, body and headers
    service: ServiceOf,
    caller: Caller,
    *,
    response: Response,
    opportunity_id: str,
    request: EditRequest,
    version: ExpectedVersion,
    change_id: ChangeId,
) -> Opportunity:
    """Change fields of an opportunity; null clears one that may be empty."""
    edited = service.editing.edit(
        opportunity_id,
        request.fields,
        updated_by=caller,
        note=request.note,
        expected_version=version,
        change_id=change_id,
    )
    return tagged(response, edited)


@router.delete("/opportunities/{opportunity_id}", status_code=204)
def delete_opportunity(
    service: ServiceOf,
    caller: Caller,
    *,
    opportunity_id: str,
    note: Annotated[str, Query(max_length=2000)] = "",
    version: ExpectedVersion,
) -> None:
    """Delete an opportunity; its history stays, and it can be restored."""
    service.editing.delete(opportunity_id, updated_by=caller, note=note, expected_version=version)
