"""Errors as HTTP says them: RFC 9457 problem+json, one table, always with the request's id."""

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from opportune.errors import (
    ConfigurationError,
    DocumentError,
    ForbiddenError,
    InvalidInputError,
    LoginUnavailableError,
    MalformedDocumentError,
    NotAuthenticatedError,
    NotFoundError,
    NotVerifiedError,
    OpportuneError,
    StoreUnavailableError,
    TooLargeError,
    TooManyRequestsError,
    UnsupportedDocumentError,
    VersionConflictError,
    WrongStageError,
)

logger = logging.getLogger(__name__)

# The first row whose class fits decides.
STATUS_OF: tuple[tuple[type[OpportuneError], HTTPStatus, str], ...] = (
    (UnsupportedDocumentError, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported-document"),
    (MalformedDocumentError, HTTPStatus.UNPROCESSABLE_ENTITY, "malformed-document"),
    (DocumentError, HTTPStatus.UNPROCESSABLE_ENTITY, "document"),
    (NotFoundError, HTTPStatus.NOT_FOUND, "not-found"),
    (VersionConflictError, HTTPStatus.CONFLICT, "version-conflict"),
    (TooLargeError, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large"),
    (InvalidInputError, HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input"),
    (StoreUnavailableError, HTTPStatus.SERVICE_UNAVAILABLE, "store-unavailable"),
    (NotAuthenticatedError, HTTPStatus.UNAUTHORIZED, "not-authenticated"),
    (ForbiddenError, HTTPStatus.FORBIDDEN, "forbidden"),
    (TooManyRequestsError, HTTPStatus.TOO_MANY_REQUESTS, "too-many-requests"),
    (LoginUnavailableError, HTTPStatus.SERVICE_UNAVAILABLE, "login-unavailable"),
    (NotVerifiedError, HTTPStatus.CONFLICT, "not-verified"),
    (WrongStageError, HTTPStatus.CONFLICT, "wrong-stage"),
    (ConfigurationError, HTTPStatus.INTERNAL_SERVER_ERROR, "configuration"),
    (OpportuneError, HTTPStatus.INTERNAL_SERVER_ERROR, "failed"),
)


class Problem(BaseModel):
    """An error as RFC 9457 has it. `detail` says what is wrong, where, and what to do."""

    type: str
    title: str
    status: int
    detail: str
    requestId: str  # noqa: N815 - the wire name


PROBLEMS: dict[int | str, dict[str, Any]] = {
    "default": {"description": "A problem", "model": Problem},
}


def problem(
    status: HTTPStatus,
    code: str,
    detail: str,
    request_id: str,
    *,
    headers: dict[str, str] | None = None,
    **members: object,
) -> JSONResponse:
    """Return a problem+json answer; `members` are further keys of its body."""
    body = {
        "type": f"urn:opportune:problem:{code}",
        "title": status.phrase,
        "status": int(status),
        "detail": detail,
        "requestId": request_id,
    }
    return JSONResponse(
        body | members, int(status), headers=headers, media_type="application/problem+json"
    )


def request_id_of(request: Request) -> str:
    """Return the id that the guard gave this request."""
    return str(request.scope.get("request_id", ""))


def install(app: FastAPI) -> None:
    """Make an application answer every error as a problem."""
    app.exception_handler(OpportuneError)(answer_to)
    app.exception_handler(RequestValidationError)(_invalid_request)
    app.exception_handler(HTTPException)(_http)
    app.exception_handler(Exception)(answer_to_bug)


def answer_to(request: Request, error: OpportuneError) -> JSONResponse:
    """Return the answer to a request that ended with one of our errors."""
    status, code = next((s, c) for kind, s, c in STATUS_OF if isinstance(error, kind))
    headers = _headers_of(error)
    if isinstance(error, VersionConflictError) and "if-match" in request.headers:
        status = HTTPStatus.PRECONDITION_FAILED
    if isinstance(error, StoreUnavailableError):
        logger.warning("store-unavailable", extra={"problem": str(error)})
    elif status == HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("request-failed", exc_info=error)
    return problem(status, code, str(error), request_id_of(request), headers=headers)


def _headers_of(error: OpportuneError) -> dict[str, str]:
    if isinstance(error, StoreUnavailableError | TooManyRequestsError | LoginUnavailableError):
        return {"Retry-After": str(error.retry_after_s)}
    if isinstance(error, NotAuthenticatedError):
        wrong = "" if error.is_missing else ', error="invalid_token"'
        return {"WWW-Authenticate": f'Bearer realm="opportune"{wrong}'}
    if isinstance(error, ForbiddenError):
        return {"WWW-Authenticate": 'Bearer realm="opportune", error="insufficient_scope"'}
    return {}


def _invalid_request(request: Request, error: RequestValidationError) -> JSONResponse:
    errors = [
        {"field": ".".join(str(part) for part in e["loc"][1:]), "message": str(e["msg"])}
        for e in error.errors()
    ]
    first = errors[0]
    return problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid-request",
        f"{first['field'] or 'body'}: {first['message']}.",
        request_id_of(request),
        errors=errors,
    )


def _http(request: Request, error: HTTPException) -> JSONResponse:
    status = HTTPStatus(error.status_code)
    headers = dict(error.headers or {})
    return problem(status, "http", str(error.detail), request_id_of(request), headers=headers)


def answer_to_bug(request: Request, error: Exception) -> JSONResponse:
    """Return the answer to a request that ended with an error of anybody else."""
    logger.error("unexpected-error", exc_info=error)
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "unexpected",
        "Something unexpected happened; the log has it under this request id.",
        request_id_of(request),
    )
