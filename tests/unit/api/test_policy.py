"""Which role a route needs follows from the table of routes, and no path leads around it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from guarded import APP, ROUTES, Server, guarded, path_of, status_of
from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect
from tables import every

from opportune.access.roles import Role
from opportune.api import create_app
from opportune.api.policy import EXCEPTIONS, Need, Routes, allows, need_of
from opportune.settings import Settings

ROOT = Path(__file__).parents[3]


def test_every_route_has_a_policy() -> None:
    with every() as row:
        for method, template in ROUTES:
            with row(method, template):
                assert need_of(method, template) is not Need.NOBODY, (
                    "decide who may call it: src/opportune/api/policy.py"
                )


def test_what_is_public_is_known() -> None:
    public = {route for route in ROUTES if need_of(*route) is Need.PUBLIC}
    under_api = {route for route in public if route[1].startswith("/api")}
    assert under_api == {("GET", "/api/healthz"), ("GET", "/api/readyz")}


def test_every_exception_is_a_route_and_is_documented() -> None:
    assert set(EXCEPTIONS) <= set(ROUTES)
    text = (ROOT / "docs" / "access.md").read_text("utf-8")
    for method, template in EXCEPTIONS:
        shown = re.sub(r"\{\w+\}", "{id}", template)
        assert f"{method} {shown}" in text


@pytest.mark.parametrize(
    ("method", "template", "need"),
    [
        ("GET", "/api/sessions", Need.VIEWER),
        ("HEAD", "/api/healthz", Need.PUBLIC),
        ("OPTIONS", "/api/sessions", Need.VIEWER),
        ("PUT", "/api/templates/{id}", Need.EDITOR),
        ("DELETE", "/api/templates/{id}", Need.EDITOR),
        ("POST", "/api/templates/preview", Need.VIEWER),
        ("PUT", "/api/templates/preview", Need.EDITOR),
        ("GET", "/api/admin/store-migration", Need.ADMIN),
        ("POST", "/api/admin/anything/preview", Need.ADMIN),
        ("GET", "/api/admin", Need.ADMIN),
        ("POST", "/api/administrators", Need.EDITOR),
        ("BREW", "/api/coffee", Need.EDITOR),
        ("GET", "/", Need.PUBLIC),
        ("GET", "/assets/{path:path}", Need.PUBLIC),
        ("GET", "/apis", Need.PUBLIC),
        ("POST", "/", Need.NOBODY),
        ("POST", "/mcp", Need.NOBODY),
    ],
)
def test_the_rule_for_routes_to_come(method: str, template: str, need: Need) -> None:
    assert need_of(method, template) is need


def test_each_role_may_all_that_those_before_it_may() -> None:
    allowed = {role: {need for need in Need if allows(role, need)} for role in Role}
    assert allowed[Role.VIEWER] < allowed[Role.EDITOR] < allowed[Role.ADMIN]
    assert Need.NOBODY not in allowed[Role.ADMIN]


def test_where_several_routes_fit_the_strictest_decides() -> None:
    def answer() -> None:
        """Never called."""

    app = FastAPI(openapi_url=None, docs_url=None)
    app.add_api_route("/{anything:path}", answer, methods=["DELETE"])
    app.add_api_route("/api/{what}/{name}", answer, methods=["DELETE"])
    app.add_api_route("/api/sessions/{session_id}", answer, methods=["DELETE"])
    app.router.routes.append(Mount("/", StaticFiles(directory=ROOT / "docs")))
    place = Routes(app).place({"type": "http", "method": "DELETE", "path": "/api/sessions/s1"})
    assert (place.template, place.need) == ("/api/sessions/{session_id}", Need.ADMIN)


def test_a_prefix_in_front_of_the_server_changes_nothing() -> None:
    scope = {"type": "http", "method": "DELETE", "root_path": "/stage"}
    for path in ("/stage/api/sessions/s1", "/api/sessions/s1"):
        assert Routes(APP).place(scope | {"path": path}).need is Need.ADMIN


# On a server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with guarded(tmp_path_factory.mktemp("guarded")) as made:
        yield made


TRICKS = st.one_of(
    st.sampled_from(["/", "//", "/./", "/../", "/api", "/api/healthz/..", "%2f", "%2e", ".json"]),
    st.sampled_from(list("\\;?#Aé \x00")),
)


@given(
    route=st.sampled_from(ROUTES),
    method=st.sampled_from(["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "get"]),
    places=st.lists(st.tuples(st.floats(0, 1), TRICKS), max_size=3),
    upper=st.booleans(),
)
def test_no_path_leads_an_anonymous_caller_to_data(
    server: Server,
    route: tuple[str, str],
    method: str,
    places: list[tuple[float, str]],
    *,
    upper: bool,
) -> None:
    path = path_of(route[1])
    for where, trick in places:
        at = int(where * len(path))
        path = path[:at] + trick + path[at:]
    path = path.upper() if upper else path
    status = status_of(server.client.app, method, path)
    is_public = path in ("/api/healthz", "/api/readyz")
    assert status in (401, 403, 404, 405, 307) or (is_public and status == 200), (method, path)
    if path.startswith("/api/") and not is_public:
        assert status == 401


def test_what_is_not_there_is_not_told_to_a_stranger(server: Server) -> None:
    assert server.send("GET", "/api/nothing", None).status_code == 401
    assert server.send("GET", "/api/nothing", server.token("viewer")).status_code == 404


def test_a_method_that_is_not_there_needs_its_role_all_the_same(server: Server) -> None:
    for role, status in (("viewer", 403), ("editor", 405)):
        assert server.send("POST", "/api/sessions", server.token(role)).status_code == status


def test_the_files_of_the_page_are_for_everybody_and_writes_beside_them_for_nobody(
    server: Server, tmp_path: Path
) -> None:
    (tmp_path / "index.html").write_text("<p>")
    app = create_app(settings=server.client.app.state.settings)  # type: ignore[attr-defined] # ours
    app.mount("/", StaticFiles(directory=tmp_path, html=True))
    client = TestClient(app, base_url="http://localhost")
    assert client.get("/").status_code == 200
    assert client.get("/api/sessions").status_code == 401
    assert client.post("/").status_code == 401
    admin = {"Authorization": f"Bearer {server.token('admin')}"}
    assert client.post("/", headers=admin).status_code == 403
    assert client.get("/api/sessions", headers=admin).status_code == 200
    assert client.get("/api/nothing").status_code == 401
    editor = {"Authorization": f"Bearer {server.token('editor')}"}
    assert client.post("/api/opportunities/analyze", headers=editor).status_code == 422
    assert client.delete("/api/sessions/none", headers=editor).status_code == 403
    assert client.delete("/api/sessions/none", headers=admin).status_code == 404


def test_a_socket_is_closed_before_it_opens(tmp_path: Path) -> None:
    async def echo(socket: WebSocket) -> None:
        await socket.accept()

    app = create_app(settings=Settings(data_dir=tmp_path))
    app.add_api_websocket_route("/api/live", echo)
    client = TestClient(app, base_url="http://localhost")
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/api/live"):
        pass


def test_a_route_that_was_added_late_is_protected(server: Server) -> None:
    async def answer(_: object) -> None:
        raise AssertionError("reached")

    app = create_app(settings=server.client.app.state.settings)  # type: ignore[attr-defined] # ours
    app.router.routes.append(Route("/api/later", answer, methods=["POST"]))
    client = TestClient(app, base_url="http://localhost")
    viewer = {"Authorization": f"Bearer {server.token('viewer')}"}
    assert client.post("/api/later").status_code == 401
    assert client.post("/api/later", headers=viewer).status_code == 403
