"""What routes have in common: the service, versions as ETags, keys that make repeats safe."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response, Security
from fastapi.security import HTTPBearer

from opportune.api.deferred import DeferredRoute
from opportune.api.description import operation_id
from opportune.api.problems import PROBLEMS
from opportune.errors import InvalidInputError
from opportune.model.records import Opportunity
from opportune.pipeline.service import Service

BEARER = HTTPBearer(
    auto_error=False,
    description="An API key, or a token of the configured OIDC provider. Not asked for without a "
    "login. Each route needs the role that docs/access.md names.",
)
"""For /api/docs and openapi.json; what checks it stands before the routes."""


def api_router(prefix: str = "/api") -> APIRouter:
    """Make a router. Its routes are complete: the application takes them as they are.

    Including a router would make each route a second time, a tenth of the start of a process.
    """
    return APIRouter(
        prefix=prefix,
        route_class=DeferredRoute,
        responses=PROBLEMS,
        dependencies=[Security(BEARER)],
        generate_unique_id_function=operation_id,
    )


def service_of(request: Request) -> Service:
    """Return the service of the application."""
    service: Service = request.app.state.service
    return service


def expected_version(if_match: Annotated[str | None, Header()] = None) -> int | None:
    """Return the version that If-Match names; None if it takes any.

    Raises:
        InvalidInputError: It is not the ETag of anything.
    """
    tag = (if_match or "*").strip().removeprefix("W/").strip('"')
    if tag == "*":
        return None
    if not tag.isdecimal():
        raise InvalidInputError(f"If-Match is {if_match!r}: give the ETag of what was read.")
    return int(tag)


def change_id(idempotency_key: Annotated[str, Header(max_length=100)] = "") -> str:
    """Return the change id that an Idempotency-Key stands for; empty without one."""
    return f"key:{idempotency_key}" if idempotency_key else ""


ServiceOf = Annotated[Service, Depends(service_of)]
ExpectedVersion = Annotated[int | None, Depends(expected_version)]
ChangeId = Annotated[str, Depends(change_id)]
Limit = Annotated[int, Query(ge=1, le=1000)]
Cursor = Annotated[str | None, Query(max_length=2000)]
Moment = Annotated[str, Query(max_length=40)]
"""`2026-03-01T12:00:00Z`, or a day: its end; see `moment_of`."""


def tagged(response: Response, opportunity: Opportunity) -> Opportunity:
    """Give an answer the ETag of what it holds: its version."""
    response.headers["ETag"] = f'"{opportunity.version}"'
    return opportunity
