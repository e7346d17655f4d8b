"""Faults at the botocore layer: what a request meets between signing it and reading its answer."""

import json
import random
import socket
from binascii import crc32
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from botocore.httpsession import URLLib3Session

from opportune.stores.dynamodb.connection import Connection

Answer = AWSResponse | None
AT_ONCE: Any = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
"""As botocore's own clients have it; without it a body waits 40 ms for the header's receipt."""
Fault = Callable[["Request"], Answer]
"""Answers in the engine's place, or raises; None = the request goes its way."""


class CutError(BaseException):
    """The process ends here: nothing in the program may catch it."""


@dataclass(frozen=True)
class Request:
    """A request about to be sent, and how to send it."""

    prepared: AWSPreparedRequest
    carry: Callable[[AWSPreparedRequest], AWSResponse]
    operation: str
    body: dict[str, Any]

    def send(self) -> AWSResponse:
        return self.carry(self.prepared)


@dataclass
class Injector:
    """Lets a plan decide the fate of every request of a connection, and keeps what was sent."""

    plan: Fault = lambda request: None
    sent: list[Request] = field(default_factory=list)
    carry: Callable[[AWSPreparedRequest], AWSResponse] = field(
        default_factory=lambda: URLLib3Session(timeout=10, socket_options=AT_ONCE).send
    )

    def attach(self, connection: Connection) -> None:
        connection.client.meta.events.register("before-send.dynamodb", self)

    def __call__(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        operation = sent_operation(request)
        about_to_go = Request(request, self.carry, operation, json.loads(sent_body(request)))
        self.sent.append(about_to_go)
        return self.plan(about_to_go) or about_to_go.send()

    def operations(self) -> list[str]:
        return [request.operation for request in self.sent]


def sent_body(request: AWSPreparedRequest) -> bytes:
    assert isinstance(request.body, bytes)
    return request.body


def sent_operation(request: AWSPreparedRequest) -> str:
    target = request.headers["X-Amz-Target"]
    return (target.decode() if isinstance(target, bytes) else target).split(".")[-1]


class _Raw:
    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.body


def answer(status: int, content: dict[str, Any], *, checksum: int | None = None) -> AWSResponse:
    body = json.dumps(content).encode()
    headers = HTTPHeaders()
    headers["x-amz-crc32"] = str(crc32(body) if checksum is None else checksum)
    return AWSResponse("http://engine", status, headers, _Raw(body))


def refusal(code: str, *, status: int = 400, **more: Any) -> AWSResponse:
    return answer(status, {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", **more})


def throttled(request: Request) -> Answer:
    if request.operation == "TransactWriteItems":
        return cancelled(request, "ThrottlingError")
    return refusal("ProvisionedThroughputExceededException", message="slow down")


def conflicting(request: Request) -> Answer:
    if request.operation == "TransactWriteItems":
        return cancelled(request, "TransactionConflict")
    return refusal("TransactionConflictException", message="another transaction")


def cancelled(request: Request, code: str) -> AWSResponse:
    reasons = [{"Code": "None"} for _ in request.body["TransactItems"]]
    reasons[-1] = {"Code": code}
    return refusal("TransactionCanceledException", CancellationReasons=reasons)


def failed_before(request: Request) -> Answer:
    return refusal("InternalServerError", status=500)


def failed_after(request: Request) -> Answer:
    request.send()
    return refusal("InternalServerError", status=500)


def never_connected(request: Request) -> Answer:
    raise ConnectTimeoutError(endpoint_url=request.prepared.url)


def lost_before(request: Request) -> Answer:
    raise ReadTimeoutError(endpoint_url=request.prepared.url)


def lost_after(request: Request) -> Answer:
    request.send()
    raise ReadTimeoutError(endpoint_url=request.prepared.url)


def cut_before(request: Request) -> Answer:
    raise CutError


def cut_after(request: Request) -> Answer:
    request.send()
    raise CutError


def damaged(request: Request) -> Answer:
    """The answer's bytes change on the way: one digit more in every number."""
    response = request.send()
    content = json.loads(response.content)
    if response.status_code != 200:  # an error says nothing that could be damaged
        return answer(response.status_code, content)
    return answer(200, {**content, "Items": [], "Item": {}}, checksum=crc32(response.content))


def half_read(request: Request) -> Answer:
    """A BatchGetItem that leaves half of its keys unprocessed."""
    response = request.send()
    if request.operation != "BatchGetItem" or response.status_code != 200:
        return answer(response.status_code, json.loads(response.content))
    (table, wanted), *_ = request.body["RequestItems"].items()
    left = wanted["Keys"][(len(wanted["Keys"]) + 1) // 2 :]
    content = json.loads(response.content)
    content["Responses"][table] = [
        item
        for item in content["Responses"][table]
        if not any(key.items() <= item.items() for key in left)
    ]
    content["UnprocessedKeys"] = {table: {**wanted, "Keys": left}} if left else {}
    return answer(200, content)


FAULTS: tuple[Fault, ...] = (
    throttled,
    conflicting,
    failed_before,
    failed_after,
    never_connected,
    lost_before,
    lost_after,
    damaged,
    half_read,
    cut_before,
    cut_after,
)


def commits(request: Request) -> bool:
    """Tell whether a request makes a large list count that was prepared before it."""
    return any(
        "promoting" in action.get("Put", {}).get("Item", {})
        for action in request.body.get("TransactItems", ())
    )


def at(number: int, fault: Fault) -> Fault:
    """Return a plan that gives a fault to one request, by its place."""
    seen = -1

    def plan(request: Request) -> Answer:
        nonlocal seen
        seen += 1
        return fault(request) if seen == number else None

    return plan


def times(number: int, fault: Fault, operation: str = "") -> Fault:
    """Return a plan that gives this fault to the first requests of an operation (empty: any)."""
    left = number

    def plan(request: Request) -> Answer:
        nonlocal left
        if not left or operation not in ("", request.operation):
            return None
        left -= 1
        return fault(request)

    return plan


def at_random(chance: random.Random, fraction: float) -> Fault:
    """Return a plan that gives a random fault to this fraction of requests."""

    def plan(request: Request) -> Answer:
        return chance.choice(FAULTS)(request) if chance.random() < fraction else None

    return plan
