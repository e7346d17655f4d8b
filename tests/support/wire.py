"""Canned answers in DynamoDB's place, given below a botocore client by its `before-send` hook."""

import json
from binascii import crc32
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

ENDPOINT = "http://127.0.0.1:9"  # nothing is ever sent there

Json = dict[str, Any]


@dataclass
class Answer:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self.body


def ok(document: Json) -> Answer:
    return checked(200, json.dumps(document, ensure_ascii=False).encode())


def checked(status: int, body: bytes) -> Answer:
    headers = {"x-amz-crc32": str(crc32(body)), "x-amzn-RequestId": "R1"}
    return Answer(status, body, headers | {"Content-Type": "application/x-amz-json-1.0"})


def damaged(document: Json) -> Answer:
    whole = ok(document)
    return Answer(200, b"?" + whole.body[1:], whole.headers)


@dataclass
class Wire:
    """Keeps what is sent and gives canned answers, the last one again and again."""

    answers: Sequence[Answer] = (ok({}),)
    sent: list[AWSPreparedRequest] = field(default_factory=list)

    def __call__(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        answer = self.answers[min(len(self.sent), len(self.answers) - 1)]
        self.sent.append(request)
        headers: Any = answer.headers
        return AWSResponse(request.url, answer.status, headers, answer)

    def give(self, *answers: Answer) -> None:
        self.answers, self.sent = answers, []
