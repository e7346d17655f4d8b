"""The file of API keys: hashes as JSON, changed by commands, read again by servers."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from opportune.access.keys import ApiKey
from opportune.errors import ApiKeyNotFoundError, ConfigurationError
from opportune.model.records import Model
from opportune.model.times import time_text

MOST_BYTES = 1_000_000


class _Content(Model):
    keys: tuple[ApiKey, ...] = ()


class KeyFile:
    """Keys in a file, readable by this user alone.

    Args:
        path: Made with the first key.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[tuple[int, ...], tuple[ApiKey, ...]] | None = None

    def keys(self) -> tuple[ApiKey, ...]:  # noqa: D102 - documented in KeySource
        try:
            state = self._path.stat()
            mark = (state.st_mtime_ns, state.st_size, state.st_ino)
            if self._read is None or self._read[0] != mark:
                self._read = (mark, self._content())
            return self._read[1]
        except OSError as error:
            raise self._unreadable(error.strerror or "cannot be read") from None

    def add(self, key: ApiKey) -> None:
        """Add a key.

        Raises:
            ConfigurationError: The file cannot be read or written.
        """
        with self._changing() as keys:
            keys.append(key)

    def revoke(self, key_id: str, *, now: datetime) -> ApiKey:
        """Let a key count no more; again is the same as once.

        Raises:
            ApiKeyNotFoundError: The file has no such key.
            ConfigurationError: The file cannot be read or written.
        """
        with self._changing() as keys:
            for index, key in enumerate(keys):
                if key.id == key_id:
                    if not key.is_revoked:
                        keys[index] = key.revised(is_revoked=True, revoked_at=time_text(now))
                    return keys[index]
            raise ApiKeyNotFoundError(key_id)

    @contextmanager
    def _changing(self) -> Iterator[list[ApiKey]]:
        """Lend the keys to one process at a time, then write them; a reader sees old or new."""
        import fcntl  # not everywhere, and servers only read

        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(f"{self._path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
                keys = list(self._content() if self._path.exists() else ())
                yield keys
                self._write(_Content(keys=tuple(keys)))
            finally:
                os.close(lock)
        except OSError as error:
            raise self._unreadable(error.strerror or "cannot be written") from None

    def _content(self) -> tuple[ApiKey, ...]:
        with self._path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        try:
            if len(data) > MOST_BYTES:
                raise ValueError  # noqa: TRY301 - too large is not as it should be, like the rest
            return _Content.model_validate_json(data).keys
        except (ValidationError, ValueError):
            raise self._unreadable("is not a file of API keys") from None

    def _write(self, content: _Content) -> None:
        partial = self._path.with_name(f"{self._path.name}.{os.getpid()}.part")
        try:
            partial.unlink(missing_ok=True)
            partial.touch(mode=0o600)
            with partial.open("w", encoding="utf-8") as out:
                out.write(content.model_dump_json(indent=2) + "\n")
                out.flush()
                os.fsync(out.fileno())
            partial.replace(self._path)
        finally:
            partial.unlink(missing_ok=True)

    def _unreadable(self, problem: str) -> ConfigurationError:
        return ConfigurationError(
            f"OPPORTUNITY_API_KEYS_FILE {self._path}: {problem}; "
            "'opportune access create-key' makes one."
        )
