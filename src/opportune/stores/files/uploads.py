"""Files on their way in that are too large for one request: announced, sent apart, used by id.

An id is made here, cannot be guessed, and lives for an hour, sent or not. What was sent under it is
gone when an analysis has used it.
"""

import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from opportune.errors import InvalidInputError, StoreUnavailableError, UploadNotFoundError
from opportune.model.file import InputFile
from opportune.model.records import Model
from opportune.stores.contract import Clock, utc_now

LIFETIME = timedelta(hours=1)
NAME_LIMIT = 150
"""Characters of a file's name; S3 keeps 2 KB beside an object, and one may take 12 bytes there."""
ID = re.compile(r"[A-Za-z0-9_-]{32}")


class UploadAnswer(Model):
    """Where and how to send a file.

    With POST: a form with these fields, in this order, then the file as the field `file`. With PUT:
    the bytes of the file as the body, with these headers.
    """

    upload_id: str
    url: str
    """Absolute, or a path of this API."""
    method: str
    fields: dict[str, str]
    headers: dict[str, str]
    expires_at: str


@dataclass(frozen=True)
class Announced:
    """A file that a caller has announced."""

    name: str
    size_bytes: int
    expires_at: str
    """UTC, ISO 8601."""

    @classmethod
    def checked(cls, name: str, size_bytes: int, *, now: datetime, max_bytes: int) -> "Announced":
        """Make it of what somebody says.

        Raises:
            InvalidInputError: No name, no bytes, or too many.
        """
        plain = plain_name(name)
        if not plain or len(plain) > NAME_LIMIT or not plain.isprintable():
            raise InvalidInputError(
                f"name: give the file's name, 1 to {NAME_LIMIT} characters that can be printed."
            )
        if not 0 < size_bytes <= max_bytes:
            raise InvalidInputError(
                f"sizeBytes is {size_bytes}: a file has 1 to {max_bytes} bytes "
                "(OPPORTUNITY_MAX_FILE_MB)."
            )
        return cls(plain, size_bytes, (now + LIFETIME).isoformat(timespec="seconds"))

    def is_over(self, now: datetime) -> bool:
        """Tell whether its time has passed."""
        return datetime.fromisoformat(self.expires_at) <= now


class Uploads(Protocol):
    """Takes files in. Safe to share between threads."""

    def begin(self, name: str, size_bytes: int) -> UploadAnswer:
        """Announce a file, and say where to send it.

        Raises:
            InvalidInputError: The name or the size is not acceptable.
        """
        ...

    def receive(self, upload_id: str, data: bytes) -> None:
        """Keep what was sent to this API; again within the time replaces it.

        Raises:
            UploadNotFoundError: Nothing was announced under this id, or it has expired.
            InvalidInputError: Not as many bytes as announced, or files are not sent here.
        """
        ...

    def load(self, upload_id: str, expected: str = "") -> InputFile:
        """Return what was sent; `expected` as in InputFile.

        Raises:
            UploadNotFoundError: Nothing complete is here under this id, or it has expired.
        """
        ...

    def discard(self, upload_id: str) -> None:
        """Forget what was sent; what is not here is forgotten already."""
        ...


def plain_name(name: str) -> str:
    """Return a file's name without folders, of whichever system."""
    return name.replace("\\", "/").rsplit("/", 1)[-1]


def new_id() -> str:
    """Return an id that nobody can guess: 192 bits."""
    return secrets.token_urlsafe(24)


def _here(upload_id: str, announced: Announced) -> UploadAnswer:
    return UploadAnswer(
        upload_id=upload_id,
        url=f"/api/uploads/{upload_id}",
        method="PUT",
        fields={},
        headers={"content-type": "application/octet-stream"},
        expires_at=announced.expires_at,
    )


def _check_size(announced: Announced, data: bytes) -> None:
    if len(data) != announced.size_bytes:
        raise InvalidInputError(
            f"{len(data)} bytes arrived of {announced.name}, and {announced.size_bytes} were "
            "announced: send the whole file, or ask for a new upload."
        )


class MemoryUploads:
    """Takes files in as long as the process lives."""

    def __init__(self, *, max_bytes: int, clock: Clock = utc_now) -> None:
        self._max_bytes = max_bytes
        self._clock = clock
        self._announced: dict[str, Announced] = {}
        self._data: dict[str, bytes] = {}

    def begin(self, name: str, size_bytes: int) -> UploadAnswer:  # noqa: D102 - documented in Uploads
        now = self._clock()
        announced = Announced.checked(name, size_bytes, now=now, max_bytes=self._max_bytes)
        for old, known in list(self._announced.items()):
            if known.is_over(now):
                self.discard(old)
        upload_id = new_id()
        self._announced[upload_id] = announced
        return _here(upload_id, announced)

    def receive(self, upload_id: str, data: bytes) -> None:  # noqa: D102 - documented in Uploads
        _check_size(self._known(upload_id), data)
        self._data[upload_id] = data

    def load(self, upload_id: str, expected: str = "") -> InputFile:  # noqa: D102 - documented in Uploads
        name = self._known(upload_id).name
        data = self._data.get(upload_id)
        if data is None:
            raise UploadNotFoundError(upload_id)
        return InputFile(name, data, expected)

    def discard(self, upload_id: str) -> None:  # noqa: D102 - documented in Uploads
        self._announced.pop(upload_id, None)
        self._data.pop(upload_id, None)

    def _known(self, upload_id: str) -> Announced:
        announced = self._announced.get(upload_id)
        if announced is None or announced.is_over(self._clock()):
            raise UploadNotFoundError(upload_id)
        return announced


class FolderUploads:
    """Takes files into a folder, readable by this user alone.

    Args:
        folder: Made when the first file is announced.
        max_bytes: Largest file.
        clock: Tells the present moment.
    """

    def __init__(self, folder: Path, *, max_bytes: int, clock: Clock = utc_now) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._clock = clock

    def begin(self, name: str, size_bytes: int) -> UploadAnswer:  # noqa: D102 - documented in Uploads
        announced = Announced.checked(
            name, size_bytes, now=self._clock(), max_bytes=self._max_bytes
        )
        upload_id = new_id()
        self._write(f"{upload_id}.json", json.dumps(vars(announced)).encode())
        self._sweep()
        return _here(upload_id, announced)

    def receive(self, upload_id: str, data: bytes) -> None:  # noqa: D102 - documented in Uploads
        _check_size(self._known(upload_id), data)
        self._write(f"{upload_id}.data", data)

    def load(self, upload_id: str, expected: str = "") -> InputFile:  # noqa: D102 - documented in Uploads
        name = self._known(upload_id).name
        try:
            return InputFile(name, (self._folder / f"{upload_id}.data").read_bytes(), expected)
        except OSError:
            raise UploadNotFoundError(upload_id) from None

    def discard(self, upload_id: str) -> None:  # noqa: D102 - documented in Uploads
        if ID.fullmatch(upload_id):
            for path in self._both(upload_id):
                path.unlink(missing_ok=True)

    def _both(self, upload_id: str) -> Iterator[Path]:
        return (self._folder / f"{upload_id}.{kind}" for kind in ("data", "json"))

    def _known(self, upload_id: str) -> Announced:
        announced = self._announced(upload_id) if ID.fullmatch(upload_id) else None
        if announced is None or announced.is_over(self._clock()):
            raise UploadNotFoundError(upload_id)
        return announced

    def _announced(self, upload_id: str) -> Announced | None:
        try:
            return Announced(**json.loads((self._folder / f"{upload_id}.json").read_bytes()))
        except OSError:
            return None

    def _sweep(self) -> None:
        now = self._clock()
        for path in self._folder.glob("*.json"):
            announced = self._announced(path.stem)
            if announced and announced.is_over(now):
                self.discard(path.stem)

    def _write(self, name: str, data: bytes) -> None:
        # Under another name first: what is read is whole, however often it is sent.
        partial = self._folder / f"{name}.{secrets.token_hex(4)}.part"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            partial.touch(mode=0o600)
            partial.write_bytes(data)
            partial.replace(self._folder / name)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise StoreUnavailableError(
                f"{self._folder}: an upload could not be kept ({error.strerror}): "
                "free some space or set OPPORTUNITY_DATA_DIR to another folder."
            ) from error
