"""Who asks: what routes write down as `updatedBy`."""

from typing import Annotated

from fastapi import Depends, Request


def caller_of(request: Request) -> str:
    """Return the name of who sent a request; `local` where there is no login."""
    return str(request.scope["caller"])


Caller = Annotated[str, Depends(caller_of)]
