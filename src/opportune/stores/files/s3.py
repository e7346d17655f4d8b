"""Amazon S3: customers' files on their way in, and those that sessions were made from.

Nothing here names a kind of encryption: the bucket's own applies to every object (S3 knows no
plain ones), and naming one in a request would replace the key that the bucket was given.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from opportune.errors import (
    ConfigurationError,
    FileMissingError,
    InvalidInputError,
    MalformedDocumentError,
    StoreUnavailableError,
    UploadNotFoundError,
)
from opportune.model.file import InputFile
from opportune.model.records import SourceFile
from opportune.settings import Settings
from opportune.stores.contract import Clock, utc_now
from opportune.stores.files.uploads import ID, LIFETIME, Announced, UploadAnswer, new_id

logger = logging.getLogger("opportune.files_s3")

CONNECT_TIMEOUT_S = 2
READ_TIMEOUT_S = 10
TRIES = 5
FILES = "files/"
UPLOADS = "uploads/"

_MISSING = frozenset({"404", "NoSuchKey"})
_DENIED = frozenset({"403", "AccessDenied"})
_KEPT = "PreconditionFailed"
_TRANSIENT = frozenset({"ConditionalRequestConflict", "OperationAborted", "SlowDown"})


@dataclass(frozen=True)
class Found:
    """An object that is there: the metadata that its sender gave, and its bytes, not read yet."""

    size_bytes: int
    metadata: dict[str, str]
    read: Callable[[], bytes]


class Bucket:
    """A bucket; safe to share between threads. Its client is made when it is first used.

    Args:
        name: Of the bucket.
        setting: What names it, for messages.
        region: Empty = what the AWS settings of this machine say.
        endpoint: Empty = the region's. On a loopback address no credentials are needed.
    """

    def __init__(self, name: str, setting: str, *, region: str = "", endpoint: str = "") -> None:
        self.name = name
        self._setting = setting
        self._region = region
        self._endpoint = endpoint

    @cached_property
    def client(self) -> Any:
        """The client.

        Raises:
            ConfigurationError: No credentials, or an endpoint that makes no sense.
        """
        is_local = urlsplit(self._endpoint).hostname in ("127.0.0.1", "localhost", "::1")
        session = botocore.session.get_session()
        if not is_local and session.get_credentials() is None:
            raise self._judged("reached", NoCredentialsError())
        try:
            return session.create_client(
                "s3",
                region_name=self._region or ("us-east-1" if is_local else None),
                endpoint_url=self._endpoint or None,
                config=Config(
                    connect_timeout=CONNECT_TIMEOUT_S,
                    read_timeout=READ_TIMEOUT_S,
                    retries={"mode": "standard", "total_max_attempts": TRIES},
                    signature_version="s3v4",
                ),
                aws_access_key_id="local" if is_local else None,
                aws_secret_access_key="local" if is_local else None,  # no secret
            )
        except (BotoCoreError, ValueError) as error:
            raise ConfigurationError(f"AWS_ENDPOINT_URL_S3 or AWS settings: {error}") from error

    def find(self, key: str) -> Found | None:
        """Return an object; None if there is none that we may read."""
        try:
            answer = self.client.get_object(Bucket=self.name, Key=key)
        except ClientError as error:
            code = _code(error)
            if code in _MISSING | _DENIED:
                # Without leave to list a bucket, S3 refuses what is missing as it refuses access.
                if code in _DENIED:
                    logger.warning("s3-object-denied", extra={"bucket": self.name})
                return None
            raise self._judged("read", error) from error
        except BotoCoreError as error:
            raise self._judged("read", error) from error

        def read() -> bytes:
            try:
                data: bytes = answer["Body"].read()
            except BotoCoreError as error:
                raise self._judged("read", error) from error
            return data

        return Found(answer["ContentLength"], answer["Metadata"], read)

    def put_new(self, key: str, data: bytes) -> None:
        """Put an object unless there is one under this key."""
        for left in reversed(range(TRIES)):
            try:
                self.client.put_object(Bucket=self.name, Key=key, Body=data, IfNoneMatch="*")
            except ClientError as error:
                code = _code(error)
                if code == _KEPT:
                    return
                if code in _TRANSIENT and left:
                    continue  # somebody else is putting the same bytes there now
                raise self._judged("written", error) from error
            except BotoCoreError as error:
                raise self._judged("written", error) from error
            else:
                return

    def delete(self, key: str) -> None:
        """Delete an object; one that is not there is deleted already."""
        try:
            self.client.delete_object(Bucket=self.name, Key=key)
        except (ClientError, BotoCoreError) as error:
            raise self._judged("deleted", error) from error

    def form(
        self, key: str, *, size_bytes: int, metadata: dict[str, str]
    ) -> tuple[str, dict[str, str]]:
        """Return the address and the fields of a form that puts exactly this object."""
        fields = {f"x-amz-meta-{name}": value for name, value in metadata.items()}
        try:
            post = self.client.generate_presigned_post(
                self.name,
                key,
                Fields=dict(fields),
                Conditions=[
                    *({name: value} for name, value in fields.items()),
                    ["content-length-range", size_bytes, size_bytes],
                ],
                ExpiresIn=int(LIFETIME.total_seconds()),
            )
        except BotoCoreError as error:
            raise self._judged("written", error) from error
        return post["url"], post["fields"]

    def _judged(self, done: str, error: Exception) -> ConfigurationError | StoreUnavailableError:
        code = _code(error)
        logger.error("s3-error", extra={"bucket": self.name, "code": code})
        if _is_refusal(error):
            return ConfigurationError(
                f"A file could not be {done} in {self._setting}, bucket {self.name} ({code}): "
                "check the bucket, the AWS credentials and what they are granted."
            )
        return StoreUnavailableError(
            f"A file could not be {done} in bucket {self.name} in time ({code})."
        )


class S3Files:
    """Keeps files in a bucket by digest, for every process that uses it."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    @classmethod
    def from_settings(cls, settings: Settings) -> "S3Files":
        """Make it over the bucket that the settings name."""
        return cls(
            Bucket(settings.files_bucket, "OPPORTUNITY_FILES_BUCKET", **_client_options(settings))
        )

    def keep(self, file: InputFile) -> None:  # noqa: D102 - documented in FileKeeper
        self._bucket.put_new(FILES + file.sha256, file.data)

    def load(self, source: SourceFile) -> InputFile:  # noqa: D102 - documented in FileKeeper
        found = self._bucket.find(FILES + source.sha256)
        file = InputFile(source.name, found.read()) if found else None
        if file is None or file.sha256 != source.sha256:
            raise FileMissingError(source.name)
        return file


class S3Uploads:
    """Takes files into a bucket, past this process: a form lets its holder put one object.

    Args:
        bucket: Deletes what is under `uploads/` by itself after a day.
        max_bytes: Largest file.
        clock: Tells the present moment.
    """

    def __init__(self, bucket: Bucket, *, max_bytes: int, clock: Clock = utc_now) -> None:
        self._bucket = bucket
        self._max_bytes = max_bytes
        self._clock = clock

    @classmethod
    def from_settings(cls, settings: Settings) -> "S3Uploads":
        """Make it over the bucket that the settings name."""
        bucket = Bucket(
            settings.upload_bucket, "OPPORTUNITY_UPLOAD_BUCKET", **_client_options(settings)
        )
        return cls(bucket, max_bytes=settings.max_file_mb * 1_000_000)

    def begin(self, name: str, size_bytes: int) -> UploadAnswer:  # noqa: D102 - documented in Uploads
        announced = Announced.checked(
            name, size_bytes, now=self._clock(), max_bytes=self._max_bytes
        )
        upload_id = new_id()
        metadata = {"name": quote(announced.name), "expires": announced.expires_at}
        url, fields = self._bucket.form(
            UPLOADS + upload_id, size_bytes=size_bytes, metadata=metadata
        )
        return UploadAnswer(
            upload_id=upload_id,
            url=url,
            method="POST",
            fields=fields,
            headers={},
            expires_at=announced.expires_at,
        )

    def receive(self, upload_id: str, data: bytes) -> None:  # noqa: ARG002, D102 - documented in Uploads
        raise InvalidInputError(
            f"Upload {upload_id!r} is not sent here: send it to the url that came with its id."
        )

    def load(self, upload_id: str, expected: str = "") -> InputFile:  # noqa: D102 - documented in Uploads
        found = self._bucket.find(UPLOADS + upload_id) if ID.fullmatch(upload_id) else None
        if found is None or "expires" not in found.metadata:
            raise UploadNotFoundError(upload_id)
        name = unquote(found.metadata["name"])
        if Announced(name, found.size_bytes, found.metadata["expires"]).is_over(self._clock()):
            raise UploadNotFoundError(upload_id)
        if found.size_bytes > self._max_bytes:
            limit_mb = self._max_bytes // 1_000_000
            raise MalformedDocumentError(
                name, f"it is over {limit_mb} MB (OPPORTUNITY_MAX_FILE_MB): send a part of it."
            )
        return InputFile(name, found.read(), expected)

    def discard(self, upload_id: str) -> None:  # noqa: D102 - documented in Uploads
        if ID.fullmatch(upload_id):
            self._bucket.delete(UPLOADS + upload_id)


def _client_options(settings: Settings) -> dict[str, str]:
    return {"region": settings.aws_region, "endpoint": settings.s3_endpoint}


def _is_refusal(error: Exception) -> bool:
    """Tell whether asking again would be refused again."""
    if not isinstance(error, ClientError):
        return isinstance(error, NoCredentialsError)
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    return status < HTTPStatus.INTERNAL_SERVER_ERROR and _code(error) not in _TRANSIENT


def _code(error: Exception) -> str:
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", ""))
    return type(error).__name__
