"""API keys for scripts: `oppk_<id>_<secret>`, shown once, kept as a hash.

The secret has 256 random bits, so a plain SHA-256 of the key is as good as a slow hash: there is
nothing to guess it from.
"""

import hmac
import logging
import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Protocol

from pydantic import StringConstraints

from opportune.access.roles import Identity, Role
from opportune.errors import (
    ConfigurationError,
    InvalidInputError,
    LoginUnavailableError,
    NotAuthenticatedError,
)
from opportune.model.records import Model, Time
from opportune.model.times import time_text

logger = logging.getLogger(__name__)

PREFIX = "oppk_"
_KEY = re.compile(rf"{PREFIX}([0-9a-f]{{12}})_[A-Za-z0-9_-]{{43}}")
NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
SETTING = "OPPORTUNITY_API_KEYS"
REVOKED = "revoked"


class ApiKey(Model):
    """What is kept of a key. Nobody can call with it."""

    id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12}$")]
    """Stands in the key itself; no secret."""
    name: Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
    """What the key is for; `updatedBy` is `key:<name>`."""
    role: Role
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """Of the whole key, in hexadecimal."""
    created_at: Time = ""
    """Empty for one from OPPORTUNITY_API_KEYS."""
    is_revoked: bool = False
    revoked_at: Time = ""

    @property
    def entry(self) -> str:
        """The key as OPPORTUNITY_API_KEYS has it."""
        end = f":{REVOKED}" if self.is_revoked else ""
        return f"{self.id}:{self.name}:{self.role}:{self.sha256}{end}"

    def opens(self, presented: str) -> bool:
        """Say whether this is the key, in a time that does not depend on how wrong it is."""
        return hmac.compare_digest(self.sha256, _key_hash(presented))


class KeySource(Protocol):
    """Where keys are looked up."""

    def keys(self) -> Sequence[ApiKey]:
        """Return all keys, revoked ones too, as they are now.

        Raises:
            ConfigurationError: They cannot be read.
        """
        ...


class KeyRing:
    """All keys that this server knows.

    Args:
        fixed: Those of the setting.
        source: Those that may change while the server runs.
    """

    def __init__(self, fixed: Sequence[ApiKey], source: KeySource | None = None) -> None:
        self._fixed = tuple(fixed)
        self._source = source

    def identity(self, presented: str) -> Identity:
        """Return whose key this is. Revoked in one place is revoked.

        Raises:
            NotAuthenticatedError: It is not a key of ours, or was revoked.
            LoginUnavailableError: Whether it was revoked cannot be told now.
        """
        found = _KEY.fullmatch(presented)
        entries = [key for key in self._all() if found and key.id == found[1]]
        # An unknown id costs the same comparison as a known one.
        fits = [key.opens(presented) for key in entries or [_NOBODY]]
        if not entries or not all(fits) or any(key.is_revoked for key in entries):
            raise NotAuthenticatedError("The API key is not valid, or was revoked.")
        return Identity(f"key:{entries[0].name}", entries[0].role)

    def _all(self) -> tuple[ApiKey, ...]:
        try:
            return (*self._fixed, *(self._source.keys() if self._source else ()))
        except ConfigurationError as error:
            logger.error("api-keys-unreadable", extra={"problem": str(error)})  # noqa: TRY400 - no bug
            raise LoginUnavailableError("The API keys cannot be read now.") from error


def new_key(name: str, role: Role, *, now: datetime) -> tuple[ApiKey, str]:
    """Make a key: what is kept of it, and the key itself, which nobody can read again.

    Raises:
        InvalidInputError: The name has other characters than letters, digits, `.`, `_` and `-`.
    """
    if not re.fullmatch(NAME_PATTERN, name):
        raise InvalidInputError(
            f"{name!r} is not a name for a key: use up to 64 letters, digits, '.', '_' and '-'."
        )
    id_ = secrets.token_hex(6)
    key = f"{PREFIX}{id_}_{secrets.token_urlsafe(32)}"
    kept = ApiKey(id=id_, name=name, role=role, sha256=_key_hash(key), created_at=time_text(now))
    return kept, key


def parsed_entries(entries: Sequence[str]) -> tuple[ApiKey, ...]:
    """Read the entries of OPPORTUNITY_API_KEYS: `id:name:role:sha256hex[:revoked]`.

    Raises:
        ConfigurationError: One is not of that form, or an id is there twice; what the entry
            holds is not repeated.
    """
    keys = tuple(_api_key_of(entry, number) for number, entry in enumerate(entries, 1))
    if len({key.id for key in keys}) < len(keys):
        raise ConfigurationError(f"{SETTING} has two entries of one id: remove one.")
    return keys


def _api_key_of(entry: str, number: int) -> ApiKey:
    if entry.startswith(PREFIX):
        raise ConfigurationError(
            f"{SETTING}, entry {number}, is a key: give the entry that was printed with it."
        )
    parts = entry.split(":")
    try:
        id_, name, role, digest = parts[:4]
        is_revoked = parts[4:] == [REVOKED]
        if parts[4:] and not is_revoked:
            raise ValueError  # noqa: TRY301 - as any other part that is not as it should be
        return ApiKey(id=id_, name=name, role=Role(role), sha256=digest, is_revoked=is_revoked)
    except ValueError:  # pydantic's too
        raise ConfigurationError(
            f"{SETTING}, entry {number}: use id:name:role:sha256, and :{REVOKED} after it for a "
            "key that no longer counts."
        ) from None


def _key_hash(key: str) -> str:
    return sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


_NOBODY = ApiKey(id="0" * 12, name="nobody", role=Role.VIEWER, sha256="0" * 64, is_revoked=True)
