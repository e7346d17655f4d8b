"""A server with a login, its provider and its keys; and the table of its routes."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from provider import AUDIENCE, Provider, provider
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from opportune.access.key_file import KeyFile
from opportune.access.keys import new_key
from opportune.access.roles import Role
from opportune.api import create_app
from opportune.settings import Settings


@dataclass
class Server:
    client: TestClient
    provider: Provider
    file: KeyFile

    def token(self, role: str | None, **changes: object) -> str:
        groups = {"cognito:groups": [role] if role else []}
        return self.provider.token(**({"username": f"the-{role}"} | groups | changes))

    def key(self, role: Role) -> str:
        kept, key = new_key(f"a-{role}", role, now=datetime.now(UTC))
        self.file.add(kept)
        return key

    def revoked_key(self) -> str:
        key = self.key(Role.ADMIN)
        self.file.revoke(key.split("_")[1], now=datetime.now(UTC))
        return key

    def send(self, method: str, path: str, credential: str | None, **more: Any) -> Any:
        shown = {} if credential is None else {"Authorization": f"Bearer {credential}"}
        headers = more.pop("headers", {}) | shown
        return self.client.request(method, path, headers=headers, **more)


@contextmanager
def guarded(folder: Path, **changes: Any) -> Iterator[Server]:
    """Run a server whose callers must say who they are."""
    file = KeyFile(folder / "keys.json")
    file.add(new_key("first", Role.VIEWER, now=datetime.now(UTC))[0])
    with provider() as issuer:
        values: dict[str, Any] = {
            "data_dir": folder,
            "oidc_issuer": issuer.issuer,
            "oidc_audience": (AUDIENCE,),
            "api_keys_file": folder / "keys.json",
            "rate_limit_per_minute": 0,
        }
        app = create_app(settings=Settings(**(values | changes)))
        with TestClient(app, base_url="http://localhost", follow_redirects=False) as client:
            yield Server(client, issuer, file)


def routes_of(app: FastAPI) -> list[tuple[str, str]]:
    """Return every route as (method, template), by template."""
    return sorted(
        {
            (method, context.path or "/")
            for context in iter_route_contexts(app.routes)
            for method in context.methods or ("GET", "POST", "PUT", "PATCH", "DELETE")
        },
        key=lambda route: route[::-1],
    )


def path_of(template: str) -> str:
    """Return a path that a route answers to, of a thing that is not there."""
    return re.sub(r"\{[^}]*\}", "none", template)


async def _nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _ignored(_: Message) -> None:
    """Take an answer and do nothing with it."""


def status_of(
    app: ASGIApp,
    method: str,
    path: str,
    receive: Receive = _nothing,
    *,
    on_send: Send = _ignored,
) -> int:
    """Send an anonymous request with this very path, which no client has put in order."""
    statuses: list[int] = []

    async def send(message: Message) -> None:
        statuses.extend([message["status"]] if "status" in message else [])
        await on_send(message)

    async def answer() -> None:
        await app(scope, receive, send)

    scope: Scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
        "scheme": "http",
        "http_version": "1.1",
        "root_path": "",
    }
    asyncio.run(answer())
    (status,) = statuses
    return status


APP = create_app(settings=Settings())
ROUTES = routes_of(APP)
