"""Which role a route needs: decided here alone, from the table of routes.

Whatever reads needs a viewer, whatever else an editor; the table below names what differs. Data is
under /api; outside of it are only the files of the page, which everybody may read, as nobody
could log in without them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette._utils import get_route_path
from starlette.types import Scope

from opportune.access.roles import Role

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class Need(IntEnum):
    """Who may call; each may call all that those before it may."""

    PUBLIC = 0
    VIEWER = 1
    EDITOR = 2
    ADMIN = 3
    NOBODY = 4
    """Nothing was decided about this route, so it is closed."""


EXCEPTIONS = {
    ("GET", "/api/healthz"): Need.PUBLIC,
    ("GET", "/api/readyz"): Need.PUBLIC,
    ("POST", "/api/inspect"): Need.VIEWER,  # keeps nothing
    ("POST", "/api/sessions/{session_id}/verification"): Need.VIEWER,  # the same
    ("DELETE", "/api/sessions/{session_id}"): Need.ADMIN,
}


def need_of(method: str, template: str) -> Need:
    """Return who may call a route.

    Args:
        method: In upper case.
        template: Its path as it was declared: `/api/sessions/{session_id}`.
    """
    is_read = method in SAFE_METHODS
    if not _is_under(template, "/api"):
        return Need.PUBLIC if is_read else Need.NOBODY
    if _is_under(template, "/api/admin"):
        return Need.ADMIN
    if is_read or (method == "POST" and template.endswith("/preview")):
        default = Need.VIEWER
    else:
        default = Need.EDITOR
    return EXCEPTIONS.get(("GET" if method == "HEAD" else method, template), default)


def allows(role: Role, need: Need) -> bool:
    """Say whether a role is enough."""
    return Need[role.name] >= need


@dataclass(frozen=True)
class Place:
    """What a request is for."""

    template: str
    """Empty if there is no such route."""
    need: Need


@dataclass(frozen=True)
class _Route:
    template: str
    methods: frozenset[str]
    """Empty = every method."""
    path: re.Pattern[str]


class Routes:
    """The table of an application's routes, as they are at the first request.

    Args:
        app: Has all its routes by then.
    """

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._table: Sequence[_Route] = ()

    def place(self, scope: Scope) -> Place:
        """Return what a request is for, and who may send it.

        Where several routes fit, the strictest decides: it does not matter which of them answers.
        """
        self._table = self._table or _table(self._app)
        method, path = scope["method"], get_route_path(scope)  # what the router itself looks at
        fitting = [route for route in self._table if route.path.match(path)]
        exact = [route for route in fitting if not route.methods or method in route.methods]
        places = [_place(method, route.template, path) for route in exact]
        if places:
            return max(places, key=lambda place: place.need)
        return _place(method, fitting[0].template if fitting else "", path)


def _place(method: str, template: str, path: str) -> Place:
    # The page's files may be mounted at "/", below which every path is; that opens none of /api.
    is_of_path = _is_under(template, "/api") == _is_under(path, "/api")
    return Place(template, need_of(method, template if is_of_path else path))


def _table(app: FastAPI) -> Sequence[_Route]:
    return [
        _Route(context.path or "/", frozenset(context.methods or ()), context.path_regex)
        for context in iter_route_contexts(app.routes)
    ]


def _is_under(template: str, root: str) -> bool:
    return template == root or template.startswith(f"{root}/")
