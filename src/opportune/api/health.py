"""Whether the process runs, and whether it can work: for load balancers and people."""

from http import HTTPStatus
from typing import Any

from fastapi import Request, Response

from opportune.api.problems import problem, request_id_of
from opportune.api.shared import api_router
from opportune.errors import OpportuneError, StoreUnavailableError
from opportune.pipeline.service import Service

router = api_router("")

RETRY_AFTER_S = 30
"""Where nothing but a change of the settings will help."""


@router.get("/api/healthz")
@router.get("/healthz", include_in_schema=False)
def healthz() -> dict[str, Any]:
    """Say that the process runs."""
    return {"status": "ok"}


@router.get("/api/readyz", response_model=dict[str, Any])
@router.get("/readyz", include_in_schema=False)
def readyz(request: Request) -> Any:
    """Say whether the process can work; if not, which check failed, and why."""
    service: Service = request.app.state.service
    failed: dict[str, OpportuneError] = {}
    for name, check in service.readiness_checks.items():
        try:
            check()
        except OpportuneError as error:
            failed[name] = error
    if failed:
        return _not_ready(request, failed)
    return {"status": "ok", "checks": dict.fromkeys(service.readiness_checks, "ok")}


def _not_ready(request: Request, failed: dict[str, OpportuneError]) -> Response:
    pauses = [e.retry_after_s for e in failed.values() if isinstance(e, StoreUnavailableError)]
    texts = {name: str(error) for name, error in failed.items()}
    return problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "not-ready",
        " ".join(f"{name}: {why}" for name, why in texts.items()),
        request_id_of(request),
        headers={"Retry-After": str(max(pauses, default=RETRY_AFTER_S))},
        checks=texts,
    )
