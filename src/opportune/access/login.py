"""What a server lets callers in by."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from opportune.access.key_file import KeyFile
from opportune.access.keys import PREFIX, KeyRing, parsed_entries
from opportune.access.roles import Identity
from opportune.errors import NotAuthenticatedError
from opportune.settings import Settings

if TYPE_CHECKING:  # cryptography is loaded only where tokens are checked
    from opportune.access.tokens import Tokens


class Login:
    """Tells who presents a key or a token. Safe to share between threads.

    Args:
        keys: API keys.
        tokens: None = API keys alone.
    """

    def __init__(self, keys: KeyRing, tokens: "Tokens | None" = None) -> None:
        self._keys = keys
        self._tokens = tokens

    @classmethod
    def from_settings(
        cls, settings: Settings, *, now: Callable[[], float] = time.time
    ) -> "Login | None":
        """Make what the settings name; None if they name nothing.

        Raises:
            ConfigurationError: Keys cannot be read.
        """
        if not settings.has_login:
            return None
        file = KeyFile(settings.api_keys_file) if settings.api_keys_file else None
        if file is not None:
            file.keys()  # a file that cannot be read is said at the start, not at the first request
        return cls(KeyRing(parsed_entries(settings.api_keys), file), _tokens(settings, now))

    def identity(self, credential: str) -> Identity:
        """Return who presents an API key or a token.

        Raises:
            NotAuthenticatedError: Nobody that we know.
            ForbiddenError: Somebody without any role.
            LoginUnavailableError: It cannot be told now.
        """
        if credential.startswith(PREFIX):
            return self._keys.identity(credential)
        if self._tokens is None:
            raise NotAuthenticatedError("This server takes API keys only.")
        return self._tokens.identity(credential)


def _tokens(settings: Settings, now: Callable[[], float]) -> "Tokens | None":
    if not settings.oidc_issuer:
        return None
    from opportune.access.issuer import Issuer
    from opportune.access.signing_keys import SigningKeys
    from opportune.access.tokens import Tokens

    issuer = Issuer(settings.oidc_issuer, settings.oidc_jwks_url)
    return Tokens(
        issuer.url,
        settings.oidc_audience,
        roles_claim=settings.oidc_roles_claim,
        keys=SigningKeys(issuer.key_set, time.monotonic),
        now=now,
    )
