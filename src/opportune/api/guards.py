"""What stands before every route: request ids, size limit, allowed hosts, cross-site writes.

A server on loopback is within reach of every page that its user has open: a foreign page may post
forms to it, or rebind its own name to 127.0.0.1. Hence the checks of Host and Sec-Fetch-Site.
"""

import re
import uuid
from collections.abc import Sequence
from http import HTTPStatus
from typing import NamedTuple

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from opportune.api.policy import SAFE_METHODS
from opportune.api.problems import answer_to_bug, problem
from opportune.observe import log

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")

FILES = "/api/uploads/"
"""Begins the path of requests whose body is one file."""

PORT = re.compile(r":\d+$")
REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")

SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    "cache-control": "no-store",
}
ONLY_HTTPS = {"strict-transport-security": "max-age=31536000"}
"""For a year; sent where the server is called by another name than this machine's."""


Refusal = tuple[HTTPStatus, str, str]
"""Status, code and sentence."""


class Limit(NamedTuple):
    """The largest body of a request, and the setting that says so."""

    size_bytes: int
    setting: str

    @property
    def refusal(self) -> Refusal:
        """What a larger one is answered."""
        return (
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "too-large",
            f"The request is over {self.size_bytes // 1_000_000} MB ({self.setting}).",
        )


class Guard:
    """An ASGI middleware around the whole application.

    Args:
        app: What it guards.
        hosts: Names, without port, by which it may be called.
        origins: Of other sites' pages that may write.
        max_body_bytes: Largest request body.
        max_file_bytes: Largest body of a request that sends one file and nothing else.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: Sequence[str],
        origins: Sequence[str] = (),
        max_body_bytes: int,
        max_file_bytes: int,
    ) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)
        self._origins = frozenset(origins)
        self._max_body = Limit(max_body_bytes, "OPPORTUNITY_MAX_UPLOAD_MB")
        self._max_file = Limit(max_file_bytes, "OPPORTUNITY_MAX_FILE_MB")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check a request, then pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        scope["request_id"] = request_id
        log.REQUEST_ID.set(request_id)
        is_here = _host_of(headers) in LOOPBACK_HOSTS
        answer = _Answer(send, request_id, {} if is_here else ONLY_HTTPS)
        is_file = scope["method"] == "PUT" and scope["path"].startswith(FILES)
        limit = self._max_file if is_file else self._max_body
        refusal = self._refusal(scope["method"], headers, limit)
        if refusal:
            await problem(*refusal, request_id)(scope, receive, answer.send)
            return
        body = _Body(receive, limit.size_bytes)
        answer.body = body
        try:
            await self._app(scope, body.receive, answer.send)
        except Exception as error:
            if answer.has_started:
                raise
            # Answered here, so that it carries our headers too.
            await answer_to_bug(Request(scope), error)(scope, receive, answer.send)
        if answer.must_refuse:
            # Whatever the route made of the cut body is dropped: this is what was wrong.
            await problem(*limit.refusal, request_id)(scope, receive, answer.send_anyway)

    def _refusal(self, method: str, headers: Headers, limit: Limit) -> Refusal | None:
        if _host_of(headers) not in self._hosts:
            return (HTTPStatus.BAD_REQUEST, "host", "This server is not known by that name.")
        is_write = method not in SAFE_METHODS
        is_ours = headers.get("sec-fetch-site", "none") in ("none", "same-origin")
        if is_write and not is_ours and headers.get("origin") not in self._origins:
            return (HTTPStatus.FORBIDDEN, "cross-site", "Another site's page may not write here.")
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > limit.size_bytes:
            return limit.refusal
        return None


class _Body:
    """Counts what arrives, and ends the body where the limit is passed."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._left = limit
        self.too_large = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            self.too_large = True
            return {"type": "http.request", "body": b"", "more_body": False}
        return message


class _Answer:
    """Adds our headers; holds back the answer to a body that was cut."""

    def __init__(self, send: Send, request_id: str, more: dict[str, str]) -> None:
        self._send = send
        self._request_id = request_id
        self._headers = SECURITY_HEADERS | more
        self.has_started = False
        self.body: _Body | None = None

    @property
    def must_refuse(self) -> bool:
        return not self.has_started and self.body is not None and self.body.too_large

    async def send(self, message: Message) -> None:
        if self.must_refuse:
            return
        await self.send_anyway(message)

    async def send_anyway(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_started = True
            headers = MutableHeaders(scope=message)
            headers["x-request-id"] = self._request_id
            for name, value in self._headers.items():
                headers.setdefault(name, value)
        await self._send(message)


def _host_of(headers: Headers) -> str:
    """Return the name, without port, that a request calls us by."""
    return PORT.sub("", headers.get("host", "")).lower()
