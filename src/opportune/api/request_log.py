"""One log line for each request: its id, the route that it fits, status and duration."""

import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from opportune.observe import log
from opportune.observe.spans import Spans

NO_ROUTE = "unmatched"
"""In place of a path that fits no route: paths hold what users typed."""
SERVER_ERROR = 500


class RequestLog:
    """An ASGI middleware around everything else.

    Args:
        app: What answers.
        span: Opens a span around each request.
        monotonic: Seconds that only rise.
    """

    def __init__(
        self, app: ASGIApp, *, span: Spans, monotonic: Callable[[], float] = time.perf_counter
    ) -> None:
        self._app = app
        self._span = span
        self._monotonic = monotonic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, then tell of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = self._monotonic()
        status = SERVER_ERROR  # unless somebody answers

        async def noting_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            with self._span(scope["method"]) as rename:
                try:
                    await self._app(scope, receive, noting_send)
                finally:
                    rename(f"{scope['method']} {_route_of(scope)}")
        finally:
            log.request_served(
                method=scope["method"],
                route=_route_of(scope),
                status=status,
                duration_ms=(self._monotonic() - began) * 1000,
                request_id=scope.get("request_id", ""),
            )


def _route_of(scope: Scope) -> str:
    return str(getattr(scope.get("route"), "path", NO_ROUTE))
