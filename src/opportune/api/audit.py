"""One line in the log for each write, whoever sent it and whatever came of it.

It tells who, what and how it ended; nothing of a request's path, query or body, so no customer.
"""

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from opportune.api.policy import SAFE_METHODS, Routes

logger = logging.getLogger("opportune.audit")

NO_ANSWER = 0
"""Status of a request that ended without an answer, as when its sender has gone."""


class Audit:
    """An ASGI middleware around all others: it sees refused requests too.

    Args:
        app: What it watches.
        routes: Tell the template of a path.
    """

    def __init__(self, app: ASGIApp, *, routes: Routes) -> None:
        self._app = app
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; its line is written before its answer leaves."""
        if scope["type"] != "http" or scope["method"] in SAFE_METHODS:
            await self._app(scope, receive, send)
            return
        route = self._routes.place(scope).template
        is_written = False

        def write(status: int) -> None:
            nonlocal is_written
            if not is_written:
                is_written = True
                logger.info("write", extra=_facts(scope, route, status))

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                write(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            write(NO_ANSWER)


def _facts(scope: Scope, route: str, status: int) -> dict[str, object]:
    return {
        "caller": scope.get("caller", ""),
        "role": scope.get("role", ""),
        "method": scope["method"],
        "route": route,
        "status": status,
        "request_id": scope.get("request_id", ""),
    }
