"""Events of AWS Lambda in, answers out, by an ASGI application in between.

Mangum runs the application and forms the answer. What a request is we say ourselves: Mangum decodes
a path that an HTTP API has decoded already, and does not know its own stage.
"""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote

from mangum import Mangum
from mangum.handlers import HTTPGateway
from mangum.types import ASGI, LambdaConfig, LambdaContext, LambdaEvent, Scope

TEXTS = ["text/", "application/json", "application/problem+json"]
"""Content types that go out as they are; all others in Base64."""

LOOP = asyncio.new_event_loop()
"""Of this process: Lambda gives it one event at a time."""

Handle = Callable[[dict[str, Any], Any], dict[str, Any]]


class PayloadV2(HTTPGateway):
    """A request in payload format 2.0, which HTTP APIs and function URLs share but for its path.

    An HTTP API decodes the path and leaves the name of its stage in it; a function URL does
    neither.
    """

    @classmethod
    def infer(cls, event: LambdaEvent, context: LambdaContext, config: LambdaConfig) -> bool:  # noqa: ARG003 - Mangum's signature
        """Tell whether an event is of this format."""
        return event.get("version") == "2.0"

    @property
    def scope(self) -> Scope:
        """The request as ASGI has it."""
        context = self.event["requestContext"]
        headers = {name.lower(): value for name, value in self.event["headers"].items()}
        if self.event.get("cookies"):
            headers["cookie"] = "; ".join(self.event["cookies"])
        path = self.event["rawPath"]
        if _is_function_url(context):
            raw_path, path = path, unquote(path)
        else:
            path = _without_stage(path, context)
            raw_path = quote(path)
        return {
            "type": "http",
            "method": context["http"]["method"],
            "http_version": "1.1",
            "headers": [[k.encode("latin-1"), v.encode()] for k, v in headers.items()],
            "path": path,
            "raw_path": raw_path.encode(),
            "root_path": "",
            "scheme": headers.get("x-forwarded-proto", "https"),
            "query_string": self.event["rawQueryString"].encode(),
            "server": (context["domainName"], 443),
            "client": (context["http"]["sourceIp"], 0),
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "aws.event": self.event,
            "aws.context": self.context,
        }


def _is_function_url(context: dict[str, Any]) -> bool:
    return ".lambda-url." in context["domainName"]


def _without_stage(path: str, context: dict[str, Any]) -> str:
    """Return a path as the application knows it.

    Only the API's own domain name has the stage in the path, and not that of stage $default.
    """
    prefix = f"/{context['stage']}"
    is_own = str(context["domainName"]).startswith(f"{context['apiId']}.execute-api.")
    if is_own and f"{path}/".startswith(f"{prefix}/"):
        return path.removeprefix(prefix) or "/"
    return path


def handle_with(app: ASGI) -> Handle:
    """Return what answers events with an application, one at a time.

    The application is neither started nor shut down: Lambda tells nobody when it takes an
    environment away.
    """
    asyncio.set_event_loop(LOOP)
    adapter = Mangum(app, lifespan="off", custom_handlers=[PayloadV2], text_mime_types=TEXTS)

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        asyncio.set_event_loop(LOOP)  # Mangum takes the thread's own, which may be another by now
        return adapter(event, context)

    return handle
