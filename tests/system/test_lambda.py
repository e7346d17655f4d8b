"""AWS Lambda: events in the forms that AWS documents, and what a start of the function costs."""

import json
import os
import random
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from types import ModuleType
from typing import Any

import httpx2 as httpx
import pytest
from lambda_events import DOMAINS, FUNCTION, Context, LambdaTransport, event_of
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from opportune.access.keys import new_key
from opportune.access.roles import Role
from opportune.api import create_app
from opportune.api.aws_lambda import handle_with
from opportune.pipeline.service import Service
from opportune.stores.files.kept import MemoryFiles
from opportune.stores.open import open_store

LAMBDA = ("apigateway-v2", "function-url")
HEAVY = (
    "boto3",
    "click",
    "opportune.analysis.engine",
    "opportune.cli",
    "opportune.documents.reading",
    "opportune.pipeline.analyze.rewording.bedrock",
    "opportune.pipeline.analyze.rewording.tokens",
    "opportune.documents.samples",
    "opportune.stores.migration.verbs",
    "opportune.stores.sqlite",
    "pypdfium2",
    "python_calamine",
    "rich",
    "typst",
    "uvicorn",
    "xlsxwriter",
    "yaml",
)
"""What a request to show the pipeline does not need."""


async def echo(request: Request) -> JSONResponse:
    """Answer with the request as the application sees it."""
    told = {
        "method": request.method,
        "url": str(request.url),
        "path": request.url.path,
        "decoded": request.scope["path"],
        "query": request.query_params.multi_items(),
        "headers": {n: request.headers.getlist(n) for n in request.headers},
        "cookies": request.cookies,
        "body": (await request.body()).hex(),
        "client": request.client.host if request.client else "",
    }
    answer = JSONResponse(told)
    answer.set_cookie("a", "1")
    answer.set_cookie("b", "2; x", httponly=True)
    answer.headers.append("vary", "Origin")
    answer.headers.append("vary", "Cookie")
    return answer


PROBE = Starlette(routes=[Route("/{rest:path}", echo, methods=["GET", "POST", "PUT"])])


@contextmanager
def client_of(app: Any, way: str, **place: str) -> Iterator[httpx.Client]:
    transport = LambdaTransport(handle_with(app), way, **place)
    with httpx.Client(transport=transport, base_url=f"https://{DOMAINS[way]}") as client:
        yield client


@pytest.fixture(params=LAMBDA)
def way(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def test_an_event_has_the_documented_shape(way: str) -> None:
    request = httpx.Request(
        "POST",
        f"https://{DOMAINS[way]}/api/a%20b?status=En%20Progreso&status=Nueva&q=",
        headers=[("X-Two", "1"), ("X-Two", "2"), ("Cookie", "a=1; b=2")],
        content=b"\x00\xff",
    )
    event = event_of(request, way)
    assert event["version"] == "2.0"
    assert event["rawPath"] == ("/api/a b" if way == "apigateway-v2" else "/api/a%20b")
    assert event["rawQueryString"] == "status=En%20Progreso&status=Nueva&q="
    assert event["queryStringParameters"] == {"status": "En Progreso,Nueva", "q": ""}
    assert event["cookies"] == ["a=1", "b=2"]
    assert "cookie" not in event["headers"]
    assert event["headers"]["x-two"] == "1,2"
    assert (event["isBase64Encoded"], event["body"]) == (True, "AP8=")
    assert event["requestContext"]["http"]["method"] == "POST"


@pytest.mark.parametrize(
    "query",
    [
        [("status", "En Progreso"), ("status", "Nueva")],
        [("searchTerm", "50% + ñ & = #"), ("empty", "")],
        [("a", "1,2"), ("a", "3"), ("ünï", "日本")],
    ],
)
def test_repeated_and_encoded_keys_of_a_query_survive(
    way: str, query: Sequence[tuple[str, str]]
) -> None:
    with client_of(PROBE, way) as client:
        assert client.get("/q", params=tuple(query)).json()["query"] == [
            list(pair) for pair in query
        ]


def test_headers_cookies_body_and_sender_survive(way: str) -> None:
    with client_of(PROBE, way) as client:
        headers = [("X-Two", "1"), ("X-Two", "2"), ("Cookie", "a=1; b=2")]
        answer = client.post("/h", headers=headers, content=bytes(range(256)))
        told = answer.json()
        assert told["headers"]["x-two"] == ["1,2"]
        assert told["cookies"] == {"a": "1", "b": "2"}
        assert told["body"] == bytes(range(256)).hex()
        assert told["client"] == "203.0.113.7"
        assert told["url"] == f"https://{DOMAINS[way]}/h"
        text = client.post("/h", content="ñ", headers={"content-type": "text/plain"}).json()
        assert bytes.fromhex(text["body"]).decode() == "ñ"


def test_answers_keep_each_cookie_and_repeated_header(way: str) -> None:
    with client_of(PROBE, way) as client:
        headers = client.get("/").headers
    cookies = headers.get_list("set-cookie")
    assert [c.split(";")[0] for c in cookies] == ["a=1", 'b="2\\073 x"']
    assert headers["vary"].replace(" ", "") == "Origin,Cookie"


@pytest.mark.parametrize("raw", ["/a%20b", "/100%25", "/a%2525b", "/%C3%B1", "/x+y"])
def test_a_path_is_decoded_once(way: str, raw: str) -> None:
    with client_of(PROBE, way) as client:
        told = client.get(raw).json()
    assert told["decoded"] == httpx.URL(f"https://example.com{raw}").path


@pytest.mark.parametrize(
    ("stage", "domain", "asked", "seen"),
    [
        ("prod", "", "/api/healthz", "/api/healthz"),
        ("prod", "", "/production", "/production"),
        ("prod", "", "/prod/x", "/prod/x"),
        ("prod", "", "/", "/"),
        ("api", "", "/api/healthz", "/api/healthz"),
        ("$default", "", "/api/healthz", "/api/healthz"),
        # A custom domain name leads to a stage without naming it.
        ("api", "api.example.com", "/api/healthz", "/api/healthz"),
    ],
)
def test_the_stage_is_no_part_of_the_path(stage: str, domain: str, asked: str, seen: str) -> None:
    with client_of(PROBE, "apigateway-v2", stage=stage, domain=domain) as client:
        assert client.get(asked).json()["path"] == seen


def test_the_stage_alone_is_the_root() -> None:
    event = event_of(httpx.Request("GET", "https://example.com/"), "apigateway-v2", stage="prod")
    event["rawPath"] = "/prod"
    assert json.loads(handle_with(PROBE)(event, Context())["body"])["path"] == "/"


BINARY = bytes(range(256))


@pytest.mark.parametrize(
    ("media_type", "content", "is_base64"),
    [
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", BINARY, True),
        ("application/pdf", b"%PDF-1.7 all of it ASCII", True),
        ("application/json", '{"a": "ñ"}'.encode(), False),
        ("application/problem+json", b"{}", False),
        ("text/csv; charset=utf-8", "\ufeffñ".encode(), False),
        ("text/plain", BINARY, True),  # what is no text goes out as it is, whatever it is called
    ],
)
def test_binary_answers_are_base64_and_texts_are_not(
    way: str, media_type: str, content: bytes, *, is_base64: bool
) -> None:
    async def answer(_: Request) -> Response:
        return Response(content, media_type=media_type)

    app = Starlette(routes=[Route("/", answer)])
    raw = handle_with(app)(event_of(httpx.Request("GET", "https://x/"), way), Context())
    assert raw["isBase64Encoded"] is is_base64
    with client_of(app, way) as client:
        got = client.get("/")
    assert (got.content, got.headers["content-type"][:8]) == (content, media_type[:8])


def test_a_bug_is_a_500_without_its_text(way: str) -> None:
    class Broken:
        def __getattr__(self, name: str) -> object:
            raise RuntimeError("secret of a customer")

    service = Service(Broken(), MemoryFiles())  # type: ignore[arg-type] # fails on every use
    with client_of(create_app(service, hosts=[DOMAINS[way]]), way) as client:
        answer = client.get("/api/readyz")
    assert (answer.status_code, answer.json()["status"]) == (500, 500)
    assert "secret" not in answer.text


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The handler's module, loaded as Lambda does."""
    for name, value in FUNCTION.items():
        monkeypatch.setenv(name, value)
    return import_module("opportune.lambda_handler")


def test_the_handler_answers_under_the_names_that_it_was_given(
    function: ModuleType, way: str
) -> None:
    for name, status in ((DOMAINS[way], 200), ("example.com", 200), ("evil.example", 400)):
        request = httpx.Request("GET", f"https://{name}/api/healthz")
        assert function.handler(event_of(request, way), Context())["statusCode"] == status, name


def test_the_handler_asks_who_calls(function: ModuleType, way: str) -> None:
    request = httpx.Request("GET", f"https://{DOMAINS[way]}/api/opportunities")
    assert function.handler(event_of(request, way), Context())["statusCode"] == 401


@pytest.mark.parametrize("missing", ["OPPORTUNITY_API_KEYS", "OPPORTUNITY_ALLOWED_HOSTS"])
def test_the_function_does_not_start_open_to_everybody(missing: str) -> None:
    with pytest.raises(subprocess.CalledProcessError) as failed:
        started("", **{missing: ""})
    assert missing in failed.value.stderr or "login" in failed.value.stderr


def started(code: str, **variables: str) -> str:
    """Return what a fresh process prints that runs this after loading the handler."""
    return subprocess.run(
        [sys.executable, "-c", f"import sys, opportune.lambda_handler as l\n{code}"],
        env=os.environ | FUNCTION | variables,  # noqa: TID251 # only tests
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_the_start_loads_nothing_that_most_requests_do_not_need() -> None:
    loaded = started("print(*sys.modules)").split()
    assert "opportune.stores.dynamodb.store" in loaded
    assert [name for name in HEAVY if name in loaded] == []


def test_the_start_connects_to_nothing_that_a_snapshot_could_hold() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0)
        endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
        started("l._before_snapshot()", AWS_ENDPOINT_URL_DYNAMODB=endpoint)
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_the_description_of_the_api_is_made_when_it_is_asked_for() -> None:
    key, secret = new_key("test", Role.VIEWER, now=datetime(2026, 3, 1, tzinfo=UTC))
    login = {"Authorization": f"Bearer {secret}"}
    request = httpx.Request("GET", "https://example.com/api/openapi.json", headers=login)
    code = f"print(l.handler({event_of(request, 'function-url')!r}, None)['body'])"
    app = create_app(Service(open_store("memory:"), MemoryFiles()))
    assert json.loads(started(code, OPPORTUNITY_API_KEYS=key.entry)) == app.openapi()


def test_before_a_snapshot_everything_is_loaded_that_an_analysis_needs() -> None:
    code = "l._before_snapshot(); print(*sys.modules)"
    loaded = started(code).split()
    assert {"opportune.analysis.engine", "pypdfium2", "python_calamine"} <= {*loaded}


def test_the_start_makes_no_route_whole_and_a_snapshot_has_them_all() -> None:
    code = "print(sum('dependant' in vars(r) for r in l.application.routes))"
    before, after = map(int, started(f"{code}\nl._before_snapshot()\n{code}").split())
    assert before == 0
    assert after >= len(create_app(Service(open_store("memory:"), MemoryFiles())).routes) - 1


def test_restored_environments_do_not_draw_the_same_pauses(
    function: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks: dict[str, Any] = {}
    runtime = ModuleType("snapshot_restore_py")
    for name in ("before_snapshot", "after_restore"):
        setattr(runtime, f"register_{name}", lambda hook, name=name: hooks.update({name: hook}))
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", runtime)
    assert function.register_hooks()
    snapshot, drawn = random.getstate(), set()
    for _ in range(2):
        random.setstate(snapshot)
        hooks["after_restore"]()
        drawn.add(random.random())
    assert (len(drawn), "before_snapshot" in hooks) == (2, True)


def test_without_snapstart_there_are_no_hooks(function: ModuleType) -> None:
    assert not function.register_hooks()
