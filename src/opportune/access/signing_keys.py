"""The public keys of an OIDC provider, kept for a while and followed when it changes them."""

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

from jwt import PyJWK
from jwt.exceptions import PyJWTError

from opportune.errors import LoginUnavailableError, NotAuthenticatedError

logger = logging.getLogger(__name__)

ALGORITHMS = ("RS256", "ES256")
"""Signed by a private key: who can verify cannot sign."""
FRESH_S = 600
"""After this the provider is asked again."""
USABLE_S = 3600
"""After this its keys no longer count, answer or not: it may have withdrawn them."""
PAUSE_S = 10
"""The provider is asked no more often, however many tokens name keys that nobody knows."""


class SigningKeys:
    """Safe to share between threads; one of them asks, the others go on with what is known.

    Args:
        fetch: Returns the provider's key set (RFC 7517), or raises LoginUnavailableError.
        clock: Seconds that only grow.
    """

    def __init__(self, fetch: Callable[[], Mapping[str, Any]], clock: Callable[[], float]) -> None:
        self._fetch = fetch
        self._clock = clock
        self._asking = threading.Lock()
        self._keys: Mapping[str, PyJWK] = {}
        self._fetched_at_s: float | None = None
        self._asked_at_s: float | None = None
        self._problem = ""

    def key(self, key_id: str) -> PyJWK:
        """Return a key that is in use.

        Raises:
            NotAuthenticatedError: The provider has no such key.
            LoginUnavailableError: It cannot be asked whether it has.
        """
        # A caller with keys does not wait for the one who fetches them.
        if self._must_ask(key_id) and self._asking.acquire(blocking=not self._is_usable()):
            try:
                if self._must_ask(key_id):
                    self._ask()
            finally:
                self._asking.release()
        if self._is_usable() and key_id in self._keys:
            return self._keys[key_id]
        if self._problem:
            raise LoginUnavailableError(
                "The login's provider does not answer, so the token cannot be checked now."
            )
        raise NotAuthenticatedError("The token is signed with a key that its issuer does not have.")

    def _is_usable(self) -> bool:
        return self._fetched_at_s is not None and self._clock() - self._fetched_at_s < USABLE_S

    def _must_ask(self, key_id: str) -> bool:
        now_s = self._clock()
        if self._asked_at_s is not None and now_s - self._asked_at_s < PAUSE_S:
            return False
        is_fresh = self._fetched_at_s is not None and now_s - self._fetched_at_s < FRESH_S
        return not is_fresh or key_id not in self._keys

    def _ask(self) -> None:
        try:
            self._keys = _usable(self._fetch())
        except LoginUnavailableError as error:
            self._problem = str(error)
            logger.warning("signing-keys-not-fetched", extra={"problem": self._problem})
        else:
            self._problem = ""
            self._fetched_at_s = self._clock()
        # Set last: who reads it before this must wait for the answer.
        self._asked_at_s = self._clock()


def _usable(key_set: Mapping[str, Any]) -> Mapping[str, PyJWK]:
    """Return the keys that may sign a token for us, by id.

    Raises:
        LoginUnavailableError: There is none.
    """
    listed = key_set.get("keys")
    found = [_signing_key(key) for key in (listed if isinstance(listed, list) else ())]
    keys = {str(key.key_id): key for key in found if key is not None}
    if not keys:
        raise LoginUnavailableError("The provider has no key that tokens may be signed with.")
    return keys


def _signing_key(jwk: object) -> PyJWK | None:
    """Return a key (RFC 7517), or None if it is not for signing as we allow, or is damaged."""
    if not isinstance(jwk, dict) or not isinstance(jwk.get("kid"), str):
        return None
    if jwk.get("use", "sig") != "sig" or jwk.get("alg", ALGORITHMS[0]) not in ALGORITHMS:
        return None
    try:
        key = PyJWK(jwk)
    except (PyJWTError, TypeError, ValueError):
        return None
    return key if key.algorithm_name in ALGORITHMS else None
