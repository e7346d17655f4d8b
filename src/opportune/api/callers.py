"""Who asks: what routes write down as `updatedBy`."""

from typing import Annotated

from fastapi import Depends, Request


def caller_of(request: Request) -> str:
    """Return the name of who sent a request; `local` as long as only this machine can."""
    return str(request.scope.get("caller", "local"))


Caller = Annotated[str, Depends(caller_of)]
