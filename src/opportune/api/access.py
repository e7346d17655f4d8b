"""Who calls, and whether they may: settled before any route is reached."""

from anyio import CapacityLimiter, to_thread
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from opportune.access.keys import PREFIX
from opportune.access.limits import RateLimit, network_of
from opportune.access.login import Login
from opportune.access.roles import LOCAL, Identity
from opportune.api.policy import Need, Place, Routes, allows
from opportune.api.problems import answer_to
from opportune.errors import AccessError, ForbiddenError, NotAuthenticatedError

ANONYMOUS = "anonymous"
"""Caller of a public route of a server that has a login."""

MOST_THREADS = 8
"""That check tokens: an issuer that does not answer takes no thread from the routes."""


class Access:
    """An ASGI middleware that sets `caller` and `role` in the scope, or refuses.

    Args:
        app: What it protects.
        routes: Say which role each request needs.
        login: None = only this machine can call, and may do everything.
        limit: Of each caller, once there is a login.
    """

    def __init__(
        self, app: ASGIApp, *, routes: Routes, login: Login | None, limit: RateLimit
    ) -> None:
        self._app = app
        self._routes = routes
        self._login = login
        self._limit = limit
        self._threads = CapacityLimiter(MOST_THREADS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or answer it."""
        if scope["type"] == "websocket":  # we have none, so none was decided about
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] == "http":
            try:
                await self._admit(scope)
            except AccessError as error:
                await answer_to(Request(scope), error)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _admit(self, scope: Scope) -> None:
        """Settle who calls.

        Raises:
            AccessError: They may not.
        """
        place = self._routes.place(scope)
        if self._login is None:
            _enter(scope, LOCAL)
        elif place.need is Need.PUBLIC:
            scope["caller"], scope["role"] = ANONYMOUS, ""
            self._limit.take(("public", _network(scope)))
        else:
            identity = await self._identified(scope, self._login)
            _enter(scope, identity)
            self._limit.take(("caller", identity.name))
            _check(identity, place)

    async def _identified(self, scope: Scope, login: Login) -> Identity:
        try:
            credential = _credential(Headers(scope=scope))
            if credential.startswith(PREFIX):
                return login.identity(credential)
            # A token may have to wait for its issuer's keys.
            return await to_thread.run_sync(login.identity, credential, limiter=self._threads)
        except AccessError:
            self._limit.take(("refused", _network(scope)))
            raise


def _credential(headers: Headers) -> str:
    """Return what the caller presents.

    Raises:
        NotAuthenticatedError: Nothing, or not as `Authorization: Bearer ...`.
    """
    given = headers.getlist("authorization")
    if not given:
        raise NotAuthenticatedError(
            "Say who calls: send 'Authorization: Bearer' with a token or an API key.",
            is_missing=True,
        )
    scheme, _, credential = given[0].strip().partition(" ")
    if len(given) > 1 or scheme.lower() != "bearer" or not credential.strip():
        raise NotAuthenticatedError(
            "Authorization must be 'Bearer' with one token or one API key, and be there once."
        )
    return credential.strip()


def _check(identity: Identity, place: Place) -> None:
    if allows(identity.role, place.need):
        return
    if place.need is Need.NOBODY:
        raise ForbiddenError("Nothing outside /api can be written to.")
    raise ForbiddenError(
        f"This needs the role {place.need.name.lower()}; {identity.name} has {identity.role}."
    )


def _enter(scope: Scope, identity: Identity) -> None:
    scope["caller"], scope["role"] = identity.name, identity.role.value


def _network(scope: Scope) -> str:
    client = scope.get("client")
    return network_of(client[0]) if client else ""
