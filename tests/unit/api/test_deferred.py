"""Routes are made whole when they are asked for; who may call them is decided before."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, APIRouter
from starlette.testclient import TestClient

from opportune.api import shared
from opportune.api.deferred import DeferredRoute
from opportune.api.policy import Need, Routes

THREADS = 8


def application(router: APIRouter) -> FastAPI:
    app = FastAPI(openapi_url="/api/openapi.json")
    app.router.routes.extend(router.routes)
    return app


def declared(router: APIRouter) -> APIRouter:
    """Declare routes with all that a route may have: parameters, a body, an answer, a status."""

    @router.get("/things/{thing}")
    def show_thing(thing: int, some: int = 1) -> dict[str, int]:
        return {"thing": thing, "some": some}

    @router.post("/things", status_code=201)
    def make_thing(thing: dict[str, int]) -> dict[str, int]:
        return thing

    @router.delete("/things/{thing}", status_code=204)
    def drop_thing(thing: int) -> None:
        assert thing

    return router


def is_whole(route: Any) -> bool:
    return "dependant" in vars(route)


def test_only_what_is_called_is_made_whole() -> None:
    app = application(declared(shared.api_router()))
    ours = [route for route in app.routes if isinstance(route, APIRoute)]
    client = TestClient(app)
    assert [is_whole(route) for route in ours] == [False] * 3
    assert client.get("/api/nowhere").status_code == 404
    assert client.put("/api/things").status_code == 405
    assert [is_whole(route) for route in ours] == [False] * 3
    assert client.get("/api/things/7").json() == {"thing": 7, "some": 1}
    assert [is_whole(route) for route in ours] == [True, False, False]


def test_who_may_call_is_known_of_routes_that_are_not_whole() -> None:
    app = application(declared(shared.api_router()))
    routes = Routes(app)
    for method, path, need in (
        ("GET", "/api/things/7", Need.VIEWER),
        ("POST", "/api/things", Need.EDITOR),
        ("DELETE", "/api/things/7", Need.EDITOR),
    ):
        place = routes.place({"type": "http", "method": method, "path": path})
        assert (place.need, place.template.partition("{")[0]) == (need, path.partition("7")[0])
    assert not any(map(is_whole, app.routes))


def test_answers_and_description_are_those_of_plain_routes() -> None:
    plain = application(declared(APIRouter(prefix="/api")))
    deferred = application(declared(APIRouter(prefix="/api", route_class=DeferredRoute)))
    for method, path, body in (
        ("GET", "/api/things/7?some=2", None),
        ("HEAD", "/api/things/7", None),
        ("GET", "/api/things/seven", None),
        ("GET", "/api/things/7/", None),
        ("POST", "/api/things", {"a": 1}),
        ("POST", "/api/things", {"a": "x"}),
        ("DELETE", "/api/things/7", None),
        ("PUT", "/api/things", None),
    ):
        one, other = (TestClient(app).request(method, path, json=body) for app in (plain, deferred))
        assert (one.status_code, one.headers, one.content) == (
            other.status_code,
            other.headers,
            other.content,
        ), (method, path)
    assert plain.openapi() == deferred.openapi()
    assert plain.url_path_for("show_thing", thing=7) == deferred.url_path_for("show_thing", thing=7)


def test_threads_that_ask_at_once_get_one_route(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    plain: Callable[..., None] = APIRoute.__init__

    def counting(self: APIRoute, *args: Any, **options: Any) -> None:
        made.append(self)
        time.sleep(0.05)  # lets the others run meanwhile
        plain(self, *args, **options)

    monkeypatch.setattr(APIRoute, "__init__", counting)
    route = declared(shared.api_router()).routes[0]
    start = Barrier(THREADS)

    def app_of(_: int) -> object:
        start.wait()
        return getattr(route, "app")  # noqa: B009 - mypy knows a plain route only

    with ThreadPoolExecutor(THREADS) as threads:
        assert len({id(app) for app in threads.map(app_of, range(THREADS))}) == 1
    assert made == [route]


def test_what_cannot_be_made_fails_at_every_request_in_the_same_way() -> None:
    def answer() -> None:
        """Never called."""

    route = DeferredRoute("/broken", answer, unknown=1)
    for _ in range(2):
        with pytest.raises(TypeError, match="unknown"):
            getattr(route, "app")  # noqa: B009 - asking makes the route
    with pytest.raises(AttributeError, match="nothing"):
        getattr(DeferredRoute("/whole", answer), "nothing")  # noqa: B009 - the same
