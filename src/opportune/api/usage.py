"""A route for operators: what the store has consumed since this process began."""

from typing import Annotated

from fastapi import Depends, Request

from opportune.api.shared import api_router
from opportune.observe.tally import UsageAnswer
from opportune.pipeline.service import Service

router = api_router("/api/admin/usage")


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


@router.get("")
def get_usage(service: Annotated[Service, Depends(_service)]) -> UsageAnswer:
    """Return capacity units by the store's operation and session."""
    return UsageAnswer(rows=service.metered)
