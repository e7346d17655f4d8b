"""What the API takes from the inside of its framework is still there.

Nothing here imports the API: it could not be imported any more if this had moved.
"""

from importlib import import_module

import pytest

MOVED = (
    "{what} is not in this release of Starlette any more. src/opportune/api/policy.py uses it to "
    "read the path that Starlette's own router will match. Find what the router calls now "
    "(starlette/routing.py), import that, or require an older release in pyproject.toml."
)


def test_the_path_that_the_router_matches_can_still_be_asked_for() -> None:
    try:
        get_route_path = import_module("starlette._utils").get_route_path
    except (ImportError, AttributeError):
        pytest.fail(MOVED.format(what="starlette._utils.get_route_path"))
    below = {"path": "/prefix/api/sessions", "root_path": "/prefix"}
    assert get_route_path(below) == "/api/sessions", MOVED.format(what="The meaning of it")
    assert get_route_path({"path": "/api/sessions"}) == "/api/sessions"
    assert get_route_path({"path": "/prefixed", "root_path": "/prefix"}) == "/prefixed"


def test_the_router_still_asks_the_same_function() -> None:
    routing = import_module("starlette.routing")
    utils = import_module("starlette._utils")
    assert getattr(routing, "get_route_path", None) is utils.get_route_path, MOVED.format(
        what="The router's use of get_route_path"
    )


def test_the_routes_of_an_application_can_still_be_listed() -> None:
    assert hasattr(import_module("fastapi.routing"), "iter_route_contexts"), (
        "fastapi.routing.iter_route_contexts is not in this release of FastAPI any more: "
        "src/opportune/api/policy.py lists all routes by it, to know who may call each."
    )
