"""Asking an OIDC provider for the keys that it signs with. Imported where one is configured."""

import http.client
import json
import time
import urllib.error
import urllib.request
from typing import Any

from opportune.errors import LoginUnavailableError
from opportune.settings import is_trusted_url

TIMEOUT_S = 3
"""Of a connection and of each piece of an answer."""
DEADLINE_S = 6
"""Of an answer as a whole."""
MOST_BYTES = 500_000
NOT_FOUND = 404


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Nobody but the configured provider is asked."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirects)


class Issuer:
    """An OIDC provider.

    Args:
        url: As its tokens name it in `iss`.
        jwks_url: Where its keys are; empty = where its configuration says, and without one at
            `<url>/.well-known/jwks.json`.
    """

    def __init__(self, url: str, jwks_url: str = "") -> None:
        self.url = url
        self._jwks_url = jwks_url

    def key_set(self) -> dict[str, Any]:
        """Return its JSON Web Key Set, fetched again.

        Raises:
            LoginUnavailableError: It does not answer, or with something else.
        """
        found = _json_object(self._jwks_url or self._discovered())
        if found is None:
            raise LoginUnavailableError(f"{self.url} has no signing keys where they should be.")
        return found

    def _discovered(self) -> str:
        base = self.url.rstrip("/")
        told = _json_object(f"{base}/.well-known/openid-configuration")
        if told is None:
            return f"{base}/.well-known/jwks.json"
        url = str(told.get("jwks_uri", ""))
        if told.get("issuer") != self.url or not is_trusted_url(url):
            raise LoginUnavailableError(
                f"{self.url} calls itself {told.get('issuer')!r} and has its keys at {url!r}: "
                "set OPPORTUNITY_OIDC_ISSUER exactly as it does."
            )
        return url


def _json_object(url: str) -> dict[str, Any] | None:
    """Return the JSON object at a URL; None if nothing is there."""
    request = urllib.request.Request(url, headers={"Accept": "application/json"})  # noqa: S310 - checked
    try:
        with _OPENER.open(request, timeout=TIMEOUT_S) as reply:
            answer = json.loads(_limited_body(reply))
    except urllib.error.HTTPError as refusal:
        with refusal:
            if refusal.code == NOT_FOUND:
                return None
            raise LoginUnavailableError(f"{url} answered {refusal.code}.") from None
    except (OSError, http.client.HTTPException, ValueError, RecursionError) as problem:
        raise LoginUnavailableError(f"{url} does not answer as it should: {problem}.") from None
    if not isinstance(answer, dict):
        raise LoginUnavailableError(f"{url} does not answer with a JSON object.")
    return answer


def _limited_body(reply: http.client.HTTPResponse) -> bytes:
    """Read an answer that is neither too long nor too slow."""
    until_s = time.monotonic() + DEADLINE_S
    data = b""
    while piece := reply.read1(65_536):
        data += piece
        if len(data) > MOST_BYTES:
            raise ValueError(f"over {MOST_BYTES} bytes")
        if time.monotonic() > until_s:
            raise ValueError(f"longer than {DEADLINE_S} s")
    return data
