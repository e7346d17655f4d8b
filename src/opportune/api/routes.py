"""The routes. Sync on purpose: the framework runs them in threads, and the stores are sync."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Header, Query, Request, Response, UploadFile

from opportune.api.callers import Caller
from opportune.api.filters import Filters
from opportune.api.problems import PROBLEMS
from opportune.comparison import Comparison
from opportune.documents.file import InputFile
from opportune.errors import InvalidInputError
from opportune.filters import Order
from opportune.intake import inspect_files, parsed_mapping
from opportune.models import (
    LANGUAGES,
    Basis,
    Model,
    Opportunity,
    Page,
    Session,
    Status,
    Text,
)
from opportune.pricing.books import PriceBookAnswer
from opportune.rewording import speaker_of
from opportune.service import Service
from opportune.settings import Settings
from opportune.verification import Verification
from opportune.views import (
    AnalysisAnswer,
    ExplanationAnswer,
    Inspection,
)

router = APIRouter(prefix="/api", responses=PROBLEMS)


class StatusChange(Model):
    """Where to move an opportunity, and why."""

    status: Status
    note: Text = ""


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


SettingsOf = Annotated[Settings, Depends(_settings)]
ServiceOf = Annotated[Service, Depends(_service)]
Limit = Annotated[int, Query(ge=1, le=1000)]
Cursor = Annotated[str | None, Query(max_length=2000)]
Mapped = Annotated[list[str], Form(alias="map", max_length=200)]
"""Columns and what they mean: `Mem size=ram_gb`."""


def _input(upload: UploadFile, expected: str = "") -> InputFile:
    name = (upload.filename or "upload").replace("\\", "/").rsplit("/", 1)[-1]
    return InputFile(name, upload.file.read(), expected)


@router.post("/opportunities/analyze", status_code=201)
def analyze(  # noqa: PLR0913 - the fields of the form
    service: ServiceOf,
    caller: Caller,
    *,
    mpa_file: Annotated[UploadFile, File(alias="mpaFile")],
    mra_file: Annotated[UploadFile | None, File(alias="mraFile")] = None,
    questionnaire_file: Annotated[UploadFile | None, File(alias="questionnaireFile")] = None,
    customer: Annotated[str, Form(max_length=200)] = "",
    language: Annotated[str, Form(pattern=f"^({'|'.join(LANGUAGES)})$")] = "en",
    session_id: Annotated[str | None, Form(alias="sessionId")] = None,
    mapped: Mapped = [],  # noqa: B006 - never changed, FastAPI copies
    basis: Annotated[Basis, Form()] = Basis.ON_DEMAND,
    price_book: Annotated[str, Form(alias="priceBook", max_length=200)] = "",
    reword: Annotated[str, Form(pattern="^(bedrock)?$")] = "",
    settings: SettingsOf,
) -> AnalysisAnswer:
    """Read a customer's files, find the opportunities, and keep them as a session."""
    files = [_input(mpa_file, "inventory")]
    if mra_file:
        files.append(_input(mra_file, "readiness"))
    if questionnaire_file:
        files.append(_input(questionnaire_file))
    return service.analyze(
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


@router.post("/inspect")
def inspect(
    files: Annotated[list[UploadFile], File()],
    mapped: Mapped = [],  # noqa: B006 - never changed, FastAPI copies
) -> Inspection:
    """Say what files hold, what was dropped and what contradicts; keep nothing."""
    return inspect_files([_input(f) for f in files], mapping=parsed_mapping(mapped))


@router.get("/opportunities")
def list_opportunities(
    service: ServiceOf,
    filters: Filters,
    order: Order = Order.NEWEST,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Opportunity]:
    """List opportunities of all sessions, a page at a time."""
    return service.list_opportunities(filters, order=order, limit=limit, cursor=cursor)


@router.get("/opportunities/{opportunity_id}")
def get_opportunity(
    service: ServiceOf,
    response: Response,
    opportunity_id: str,
    version: Annotated[int | None, Query(ge=1)] = None,
) -> Opportunity:
    """Return an opportunity, or one revision of it."""
    return _tagged(response, service.opportunity(opportunity_id, version=version))


@router.get("/opportunities/{opportunity_id}/history")
def get_history(service: ServiceOf, opportunity_id: str) -> tuple[Opportunity, ...]:
    """Return every revision, oldest first."""
    return service.history(opportunity_id)


@router.get("/opportunities/{opportunity_id}/explanation")
def explain(service: ServiceOf, opportunity_id: str) -> ExplanationAnswer:
    """Return the calculation behind an ARR, recomputed from the kept files."""
    return service.explain(opportunity_id)


@router.patch("/opportunities/{opportunity_id}/status")
def update_status(  # noqa: PLR0913 - path, body and headers
    service: ServiceOf,
    caller: Caller,
    *,
    response: Response,
    opportunity_id: str,
    change: StatusChange,
    if_match: Annotated[str | None, Header()] = None,
    idempotency_key: Annotated[str, Header(max_length=100)] = "",
) -> Opportunity:
    """Move an opportunity to a status.

    With If-Match (the ETag of what was read) it is refused by 412 if somebody was faster. With an
    Idempotency-Key a repeat of the same request changes nothing more.
    """
    updated = service.update_status(
        opportunity_id,
        change.status,
        updated_by=caller,
        note=change.note,
        expected_version=version_of(if_match),
        change_id=f"key:{idempotency_key}" if idempotency_key else "",
    )
    return _tagged(response, updated)


@router.get("/sessions")
def list_sessions(service: ServiceOf, limit: Limit = 50, cursor: Cursor = None) -> Page[Session]:
    """List sessions, last changed first."""
    return service.sessions(limit=limit, cursor=cursor)


@router.get("/sessions/{session_id}")
def get_session(service: ServiceOf, session_id: str) -> Session:
    """Return a session's header."""
    return service.session(session_id)


@router.get("/sessions/{session_id}/opportunities")
def session_opportunities(
    service: ServiceOf, session_id: str, filters: Filters
) -> tuple[Opportunity, ...]:
    """Return a session's list by priority, highest ARR, id."""
    return service.session_opportunities(session_id, filters)


@router.delete("/sessions/{session_id}", status_code=204)
def delete_session(service: ServiceOf, caller: Caller, session_id: str) -> None:
    """Delete a session and its opportunities."""
    service.delete_session(session_id, updated_by=caller)


@router.get("/sessions/{session_id}/verification")
def verify_kept(service: ServiceOf, session_id: str) -> Verification:
    """Recompute a session from our copies of its files, and say whether it is what is stored."""
    return service.verify(session_id)


@router.post("/sessions/{session_id}/verification")
def verify(
    service: ServiceOf, session_id: str, files: Annotated[list[UploadFile], File()]
) -> Verification:
    """Recompute a session from these bytes, and say whether it is what is stored."""
    return service.verify(session_id, [_input(f) for f in files])


@router.get("/comparisons")
def compare(
    service: ServiceOf, old: Annotated[str, Query()], new: Annotated[str, Query()]
) -> Comparison:
    """Say what differs between two sessions of one customer, and why the portfolio does."""
    return service.compare(old, new)


@router.get("/prices")
def prices(
    service: ServiceOf,
    version: Annotated[str, Query(max_length=200)] = "",
    name: Annotated[str, Query(max_length=200)] = "",
) -> PriceBookAnswer:
    """Return a price book, the one in use by default; `name` keeps rows that have this in them."""
    return service.price_book(version).named(name)


@router.get("/healthz")
def healthz() -> dict[str, Any]:
    """Say that the process runs."""
    return {"status": "ok"}


@router.get("/readyz")
def readyz(service: ServiceOf) -> dict[str, Any]:
    """Say whether the store answers."""
    service.sessions(limit=1)
    return {"status": "ok"}


def _tagged(response: Response, opportunity: Opportunity) -> Opportunity:
    response.headers["ETag"] = f'"{opportunity.version}"'
    return opportunity


def version_of(if_match: str | None) -> int | None:
    """Return the version that an If-Match names; None: any."""
    tag = (if_match or "*").strip().removeprefix("W/").strip('"')
    if tag == "*":
        return None
    if not tag.isdecimal():
        raise InvalidInputError(f"If-Match is {if_match!r}: give the ETag of what was read.")
    return int(tag)
