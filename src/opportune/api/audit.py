"""One line in the log for each write, whoever sent it and whatever came of it.

It tells who, what and how it ended; nothing of a request's path, query or body, so no customer.
"""

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from opportune.api.policy import SAFE_METHODS, Routes

logger = logging.getLogger("opportune.audit")


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
        """Pass a request on, and write its line when it has ended."""
        if scope["type"] != "http" or scope["method"] in SAFE_METHODS:
            await self._app(scope, receive, send)
            return
        route = self._routes.place(scope).template
        status = 0  # nothing was answered

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            logger.info(
                "write",
                extra={
                    "caller": scope.get("caller", ""),
                    "role": scope.get("role", ""),
                    "method": scope["method"],
                    "route": route,
                    "status": status,
                    "request_id": scope.get("request_id", ""),
                },
            )
