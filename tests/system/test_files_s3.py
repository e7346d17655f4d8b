"""A bucket that refuses, is slow or is not there: one sentence, and the right kind of error."""

from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import EndpointConnectionError

from opportune.errors import (
    ConfigurationError,
    FileMissingError,
    OpportuneError,
    StoreUnavailableError,
    UploadNotFoundError,
)
from opportune.model.file import InputFile
from opportune.model.records import SourceFile
from opportune.stores.files.s3 import TRIES, Bucket, S3Files, S3Uploads

FILE = InputFile("a", b"a")
SOURCE = SourceFile(name="a.xlsx", kind="mpa", sha256=FILE.sha256, size_bytes=1)


def answering(*answers: tuple[int, str] | Exception) -> tuple[Bucket, list[Any]]:
    """Return a bucket that answers so, the last one for ever, and the requests that it got."""
    bucket = Bucket("b", "OPPORTUNITY_FILES_BUCKET", endpoint="http://127.0.0.1:9")
    left, got = list(answers), []

    def answer(request: Any, **_: object) -> Any:
        got.append(request)
        status_code = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(status_code, Exception):
            raise status_code
        status, code = status_code
        body = f"<Error><Code>{code}</Code><Message>no</Message></Error>" if code else ""
        return AWSResponse(request.url, status, HTTPHeaders(), _Raw(body.encode()))

    bucket.client.meta.events.register("before-send.s3", answer)
    return bucket, got


class _Raw:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def stream(self, **_: object) -> Any:
        yield self._data

    def read(self, *_: object) -> bytes:
        data, self._data = self._data, b""
        return data


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, "AccessDenied", ConfigurationError),
        (404, "NoSuchBucket", ConfigurationError),
        (400, "AuthorizationHeaderMalformed", ConfigurationError),
        (503, "SlowDown", StoreUnavailableError),
        (500, "InternalError", StoreUnavailableError),
        (409, "ConditionalRequestConflict", StoreUnavailableError),
    ],
)
def test_a_refused_write_says_what_to_check(
    status: int, code: str, kind: type[OpportuneError]
) -> None:
    bucket, _ = answering((status, code))
    with pytest.raises(kind, match=code) as caught:
        S3Files(bucket).keep(FILE)
    assert ("OPPORTUNITY_FILES_BUCKET" in str(caught.value)) == (kind is ConfigurationError)
    assert ("granted" in str(caught.value)) == (kind is ConfigurationError)


def test_two_that_keep_the_same_file_at_once_both_succeed() -> None:
    bucket, got = answering((409, "ConditionalRequestConflict"), (412, "PreconditionFailed"))
    S3Files(bucket).keep(FILE)
    assert [request.headers["If-None-Match"] for request in got] == [b"*", b"*"]


def test_a_write_that_failed_is_tried_again_and_not_for_ever() -> None:
    bucket, got = answering((503, "SlowDown"), (200, ""))
    S3Files(bucket).keep(FILE)
    assert len(got) == 2
    bucket, got = answering((500, "InternalError"))
    with pytest.raises(StoreUnavailableError):
        S3Files(bucket).keep(FILE)
    assert len(got) == TRIES


def test_a_bucket_out_of_reach_is_unavailable() -> None:
    bucket, _ = answering(EndpointConnectionError(endpoint_url="http://127.0.0.1:9"))
    for use in (
        lambda: S3Files(bucket).keep(FILE),
        lambda: S3Files(bucket).load(SOURCE),
        lambda: S3Uploads(bucket, max_bytes=9).discard("x" * 32),
    ):
        with pytest.raises(StoreUnavailableError, match="bucket b"):
            use()


@pytest.mark.parametrize(("status", "code"), [(404, "NoSuchKey"), (403, "AccessDenied")])
def test_an_object_that_may_not_be_listed_is_missing_like_one_that_is_not_there(
    status: int, code: str
) -> None:
    bucket, _ = answering((status, code))
    with pytest.raises(FileMissingError):
        S3Files(bucket).load(SOURCE)
    with pytest.raises(UploadNotFoundError, match="POST /api/uploads"):
        S3Uploads(bucket, max_bytes=9).load("x" * 32)


def test_no_request_names_a_kind_of_encryption() -> None:
    bucket, got = answering((200, ""))
    S3Files(bucket).keep(FILE)
    answer = S3Uploads(bucket, max_bytes=9).begin("a.xlsx", 9)
    assert not [n for n in (*got[0].headers, *answer.fields) if "encryption" in n.lower()]


def test_an_endpoint_that_makes_no_sense_names_its_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    with pytest.raises(ConfigurationError, match="AWS_ENDPOINT_URL_S3"):
        S3Files(Bucket("b", "OPPORTUNITY_FILES_BUCKET", endpoint="no address")).keep(FILE)


def test_without_credentials_the_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    bucket = Bucket("b", "OPPORTUNITY_UPLOAD_BUCKET", region="eu-west-1")
    with pytest.raises(ConfigurationError, match="OPPORTUNITY_UPLOAD_BUCKET"):
        S3Uploads(bucket, max_bytes=9).begin("a", 1)
