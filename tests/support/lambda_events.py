"""API Gateway HTTP APIs and Lambda function URLs, as httpx transports.

Each request becomes the event that AWS documents (payload format 2.0), goes through JSON as it does
on the way to a function, and the function's answer becomes a response. So what a client of the
application can do, it can do through these.
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, unquote

import httpx2 as httpx
from fastapi import FastAPI
from starlette.testclient import TestClient

from opportune.api.aws_lambda import Handle, handle_with

WAYS = ("asgi", "apigateway-v2", "function-url")
"""How a test's client reaches the application."""

API_ID = "a1b2c3d4e5"
DOMAINS = {
    "apigateway-v2": f"{API_ID}.execute-api.eu-west-1.amazonaws.com",
    "function-url": f"{API_ID}.lambda-url.eu-west-1.on.aws",
}
FUNCTION = {
    "OPPORTUNITY_STORAGE_TYPE": "dynamodb",
    "OPPORTUNITY_API_KEYS": f"00000000000a:nobody:viewer:{'0' * 64}",
    "OPPORTUNITY_ALLOWED_HOSTS": ",".join([*DOMAINS.values(), "example.com"]),
    "AWS_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
}
"""Variables of a function; the API key is nobody's."""
PAYLOAD_LIMIT = 6 * 1024 * 1024
"""Of an event, and of an answer, in bytes of JSON."""
TEXT_TYPES = ("text/", "application/json", "application/javascript", "application/xml")
"""Bodies of these go into an event as they are; all others in Base64."""

Connect = Callable[[FastAPI], httpx.Client]


@dataclass(frozen=True)
class Context:
    """What Lambda passes beside an event; only what is read by anybody."""

    aws_request_id: str = "c0ffee00-0000-4000-8000-000000000000"
    function_name: str = "opportune"


class LambdaTransport(httpx.BaseTransport):
    """Carries requests to a function in this process.

    Args:
        handle: The function.
        way: `apigateway-v2` or `function-url`.
        stage: Of an HTTP API; its name leads the path, but that of $default.
        domain: Another than AWS's own, as a custom domain name is.
    """

    def __init__(
        self,
        handle: Handle,
        way: str,
        *,
        stage: str = "$default",
        domain: str = "",
    ) -> None:
        self._handle = handle
        self._way = way
        self._stage = stage
        self._domain = domain or DOMAINS[way]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        sent = json.dumps(event_of(request, self._way, stage=self._stage, domain=self._domain))
        if len(sent) > PAYLOAD_LIMIT:
            return httpx.Response(413, json={"message": "Request Entity Too Large"})
        answer = json.dumps(self._handle(json.loads(sent), Context()))
        if len(answer) > PAYLOAD_LIMIT:
            return httpx.Response(502, json={"message": "Internal Server Error"})
        return _response(json.loads(answer))


def event_of(
    request: httpx.Request, way: str, *, stage: str = "$default", domain: str = ""
) -> dict[str, Any]:
    """Return a request as Lambda gets it."""
    raw_path, _, query = request.url.raw_path.decode("ascii").partition("?")
    path = unquote(raw_path)
    if stage != "$default" and not domain.startswith("api."):
        path = f"/{stage}{path}"
    content = request.read()
    headers, cookies = _headers(request)
    is_text = headers.get("content-type", "").startswith(TEXT_TYPES)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        # An HTTP API decodes it, a function URL does not.
        "rawPath": path if way == "apigateway-v2" else raw_path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012" if way == "apigateway-v2" else "anonymous",
            "apiId": API_ID,
            "domainName": domain or DOMAINS[way],
            "domainPrefix": (domain or DOMAINS[way]).split(".")[0],
            "http": {
                "method": request.method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "$default",
            "stage": stage,
            "time": "28/Nov/2026:12:00:00 +0000",
            "timeEpoch": 1795867200000,
        },
        "isBase64Encoded": bool(content) and not is_text,
    }
    if cookies:
        event["cookies"] = cookies
    if query:
        event["queryStringParameters"] = _joined(parse_qsl(query, keep_blank_values=True))
    if content:
        event["body"] = content.decode() if is_text else base64.b64encode(content).decode("ascii")
    return event


def _headers(request: httpx.Request) -> tuple[dict[str, str], list[str]]:
    """Return the headers, repeated ones joined by commas, and the cookies apart from them."""
    sent = [(name.lower(), value) for name, value in request.headers.multi_items()]
    cookies = [c.strip() for n, v in sent if n == "cookie" for c in v.split(";")]
    kept = [(n, v) for n, v in sent if n not in ("cookie", "transfer-encoding")]
    amended = {
        "content-length": str(len(request.read())),
        "x-amzn-trace-id": "Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e",
        "x-forwarded-for": "203.0.113.7",
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    }
    return _joined(kept) | amended, cookies


def _joined(pairs: list[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _response(answer: Mapping[str, Any]) -> httpx.Response:
    body = answer.get("body", "")
    content = base64.b64decode(body, validate=True) if answer["isBase64Encoded"] else body.encode()
    headers = list(answer["headers"].items())
    for cookie in answer.get("cookies", []):
        assert SimpleCookie(cookie), cookie
        headers.append(("set-cookie", cookie))
    return httpx.Response(answer["statusCode"], headers=headers, content=content)


@contextmanager
def reached(app: FastAPI, way: str) -> Iterator[httpx.Client]:
    """Give a client of an application that runs from its start to its shutdown."""
    with TestClient(app, base_url="http://localhost") as direct:
        if way == "asgi":
            yield direct
            return
        transport = LambdaTransport(handle_with(app), way)
        with httpx.Client(transport=transport, base_url="http://localhost") as client:
            yield client
