"""The routes. Sync on purpose: the framework runs them in threads, and the stores are sync."""

from typing import Annotated

from fastapi import Depends, File, Form, Query, Request, Response, UploadFile

from opportune.api.callers import Caller
from opportune.api.filters import Filters
from opportune.api.shared import (
    ChangeId,
    Cursor,
    ExpectedVersion,
    Limit,
    Moment,
    ServiceOf,
    api_router,
    tagged,
)
from opportune.api.uploads import UploadsOf, either, sent
from opportune.errors import InvalidInputError
from opportune.model.filters import Order
from opportune.model.records import (
    LANGUAGES,
    Basis,
    Model,
    Opportunity,
    Page,
    Session,
    Status,
    Text,
)
from opportune.pipeline.analyze.intake import parsed_mapping
from opportune.pipeline.analyze.rewording import speaker_of
from opportune.pipeline.answers import AnalysisAnswer, ExplanationAnswer, Inspection
from opportune.pipeline.changes.history import moment_of
from opportune.pipeline.proof.compare import Comparison
from opportune.pipeline.proof.verify import SessionVerification
from opportune.prices.kept import PriceBookAnswer
from opportune.settings import Settings

router = api_router()


class StatusChange(Model):
    """Where to move an opportunity, and why."""

    status: Status
    note: Text = ""


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


SettingsOf = Annotated[Settings, Depends(_settings)]
Mapped = Annotated[list[str], Form(alias="map", max_length=200)]
"""Columns and what they mean: `Mem size=ram_gb`."""


@router.post("/opportunities/analyze", status_code=201)
def analyze(  # noqa: PLR0913 - the fields of the form
    service: ServiceOf,
    uploads: UploadsOf,
    caller: Caller,
    *,
    mpa_file: Annotated[UploadFile | None, File(alias="mpaFile")] = None,
    mra_file: Annotated[UploadFile | None, File(alias="mraFile")] = None,
    questionnaire_file: Annotated[UploadFile | None, File(alias="questionnaireFile")] = None,
    mpa_upload: Annotated[str, Form(alias="mpaUpload", max_length=100)] = "",
    mra_upload: Annotated[str, Form(alias="mraUpload", max_length=100)] = "",
    questionnaire_upload: Annotated[str, Form(alias="questionnaireUpload", max_length=100)] = "",
    customer: Annotated[str, Form(max_length=200)] = "",
    language: Annotated[str, Form(pattern=f"^({'|'.join(LANGUAGES)})$")] = "en",
    session_id: Annotated[str | None, Form(alias="sessionId")] = None,
    mapped: Mapped = [],  # noqa: B006 - never changed, FastAPI copies
    basis: Annotated[Basis, Form()] = Basis.ON_DEMAND,
    price_book: Annotated[str, Form(alias="priceBook", max_length=200)] = "",
    reword: Annotated[str, Form(pattern="^(bedrock)?$")] = "",
    settings: SettingsOf,
) -> AnalysisAnswer:
    """Read a customer's files, find the opportunities, and keep them as a session.

    Each file is part of the form, or was sent before (POST /api/uploads) and is named by its id. An
    upload is gone once its analysis is kept; after a refusal it can be used again.
    """
    if not mpa_file and not mpa_upload:
        raise InvalidInputError("mpaFile: give the inventory, or its upload as mpaUpload.")
    files = [
        *either(uploads, "mpa", mpa_file, mpa_upload, "inventory"),
        *either(uploads, "mra", mra_file, mra_upload, "readiness"),
        *either(uploads, "questionnaire", questionnaire_file, questionnaire_upload),
    ]
    answer = service.analyses.analyze(
        files,
        customer=customer,
        updated_by=caller,
        language=language,
        session_id=session_id or None,
        basis=basis,
        mapping=parsed_mapping(mapped),
        price_book=price_book,
        speaker=speaker_of(settings, reword),
    )
    for upload_id in filter(None, (mpa_upload, mra_upload, questionnaire_upload)):
        uploads.discard(upload_id)
    return answer


@router.post("/inspect")
def inspect(
    service: ServiceOf,
    uploads: UploadsOf,
    files: Annotated[list[UploadFile], File()] = [],  # noqa: B006 - never changed, FastAPI copies
    sent_before: Annotated[list[str], Form(alias="uploads", max_length=100)] = [],  # noqa: B006 - the same
    mapped: Mapped = [],  # noqa: B006 - the same
) -> Inspection:
    """Say what files hold, what was dropped and what contradicts; keep nothing.

    Files are part of the form, or named by the ids of their uploads; these can be used again.
    """
    inputs = [*map(sent, files), *map(uploads.load, sent_before)]
    if not inputs:
        raise InvalidInputError("files: give a file at least, or the id of an upload as uploads.")
    return service.analyses.inspect(inputs, mapping=parsed_mapping(mapped))


@router.get("/opportunities")
def list_opportunities(
    service: ServiceOf,
    filters: Filters,
    order: Order = Order.NEWEST,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Opportunity]:
    """List opportunities of all sessions, a page at a time."""
    return service.store.find_opportunities(filters, order=order, limit=limit, cursor=cursor)


@router.get("/opportunities/{opportunity_id}")
def get_opportunity(
    service: ServiceOf,
    response: Response,
    opportunity_id: str,
    version: Annotated[int | None, Query(ge=1)] = None,
    at: Moment = "",
) -> Opportunity:
    """Return an opportunity, or one revision of it, or as it stood at a moment."""
    if at:
        return tagged(response, service.histories.at(opportunity_id, moment_of(at)))
    return tagged(response, service.store.get_opportunity(opportunity_id, version=version))


@router.get("/opportunities/{opportunity_id}/history")
def get_history(service: ServiceOf, opportunity_id: str) -> tuple[Opportunity, ...]:
    """Return every revision, oldest first."""
    return service.histories.revisions(opportunity_id)


@router.get("/opportunities/{opportunity_id}/explanation")
def explain(service: ServiceOf, opportunity_id: str) -> ExplanationAnswer:
    """Return the calculation behind an ARR, recomputed from the kept files."""
    return service.proofs.explain(opportunity_id)


@router.patch("/opportunities/{opportunity_id}/status")
def update_status(  # noqa: PLR0913 - path, body and headers
    service: ServiceOf,
    caller: Caller,
    *,
    response: Response,
    opportunity_id: str,
    change: StatusChange,
    version: ExpectedVersion,
    change_id: ChangeId,
) -> Opportunity:
    """Move an opportunity to a status.

    With If-Match (the ETag of what was read) it is refused by 412 if somebody was faster. With an
    Idempotency-Key a repeat of the same request changes nothing more.
    """
    updated = service.editing.move(
        opportunity_id,
        change.status,
        updated_by=caller,
        note=change.note,
        expected_version=version,
        change_id=change_id,
    )
    return tagged(response, updated)


@router.get("/sessions")
def list_sessions(service: ServiceOf, limit: Limit = 50, cursor: Cursor = None) -> Page[Session]:
    """List sessions, last changed first."""
    return service.store.list_sessions(limit=limit, cursor=cursor)


@router.get("/sessions/{session_id}")
def get_session(service: ServiceOf, session_id: str) -> Session:
    """Return a session's header."""
    return service.store.get_session(session_id)


@router.get("/sessions/{session_id}/opportunities")
def session_opportunities(
    service: ServiceOf, session_id: str, filters: Filters
) -> tuple[Opportunity, ...]:
    """Return a session's list by priority, highest ARR, id."""
    return service.analyses.opportunities(session_id, filters)


@router.delete("/sessions/{session_id}", status_code=204)
def delete_session(service: ServiceOf, caller: Caller, session_id: str) -> None:
    """Delete a session and its opportunities."""
    service.editing.delete_session(session_id, updated_by=caller)


@router.get("/sessions/{session_id}/verification")
def verify_kept(service: ServiceOf, session_id: str) -> SessionVerification:
    """Recompute a session from our copies of its files, and say whether it is what is stored."""
    return service.proofs.verify(session_id)


@router.post("/sessions/{session_id}/verification")
def verify(
    service: ServiceOf, session_id: str, files: Annotated[list[UploadFile], File()]
) -> SessionVerification:
    """Recompute a session from these bytes, and say whether it is what is stored."""
    return service.proofs.verify(session_id, [sent(f) for f in files])


@router.get("/comparisons")
def compare(
    service: ServiceOf, old: Annotated[str, Query()], new: Annotated[str, Query()]
) -> Comparison:
    """Say what differs between two sessions of one customer, and why the portfolio does."""
    return service.proofs.compare(old, new)


@router.get("/prices")
def prices(
    service: ServiceOf,
    version: Annotated[str, Query(max_length=200)] = "",
    name: Annotated[str, Query(max_length=200)] = "",
) -> PriceBookAnswer:
    """Return a price book, the one in use by default; `name` keeps rows that have this in them."""
    return service.books.answer(version).named(name)
