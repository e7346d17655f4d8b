"""Tokens of an OIDC provider (JWT, RFC 7519), checked as RFC 8725 advises."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import jwt

from opportune.access.roles import LOCAL, Identity, highest
from opportune.access.signing_keys import ALGORITHMS, SigningKeys
from opportune.errors import ForbiddenError, NotAuthenticatedError

MOST_CHARACTERS = 16_000
"""Of a token: a few hundred groups fit in."""
LEEWAY_S = 30
"""By which the provider's clock may differ from ours."""
NAME_CLAIMS = ("cognito:username", "username", "sub")
"""Who a token is for; the first that can be written down. A verified `email` goes before them."""
TYPES = ("", "jwt", "at+jwt", "application/at+jwt")
"""`typ` of ID and access tokens; other tokens of a provider are not for us."""

_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
MOST_OF_A_NAME = 200


class Tokens:
    """Checks tokens of one provider.

    Args:
        issuer: As tokens name it in `iss`, to the letter.
        audience: What a token must be made for: one of these in `aud`, or, in an access token
            of Cognito, in `client_id`.
        roles_claim: Where roles are: a name, or a path with dots as `realm_access.roles`.
        keys: The provider's.
        now: Seconds since 1970.
    """

    def __init__(
        self,
        issuer: str,
        audience: Iterable[str],
        *,
        roles_claim: str,
        keys: SigningKeys,
        now: Callable[[], float],
    ) -> None:
        self._issuer = issuer
        self._audience = frozenset(audience)
        self._roles_claim = roles_claim
        self._keys = keys
        self._now = now

    def identity(self, token: str) -> Identity:
        """Return whom a token is for.

        Raises:
            NotAuthenticatedError: It is not valid, or not for us.
            ForbiddenError: It is, but names none of our roles.
            LoginUnavailableError: The provider does not answer.
        """
        claims = self._claims(token)
        self._check_times(claims)
        self._check_audience(claims)
        role = highest(_listed(_claim_at(claims, self._roles_claim)))
        if role is None:
            raise ForbiddenError(
                f"The token gives no role: {self._roles_claim} must name viewer, editor or admin."
            )
        return Identity(_caller_name(claims), role)

    def _claims(self, token: str) -> Mapping[str, Any]:
        """Return the claims of a token that the issuer has signed."""
        if len(token) > MOST_CHARACTERS or not _SHAPE.fullmatch(token):
            raise NotAuthenticatedError("The token is not a JWT.")
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") not in ALGORITHMS:
                raise NotAuthenticatedError(f"Tokens must be signed by {' or '.join(ALGORITHMS)}.")
            if str(header.get("typ", "")).lower() not in TYPES:
                raise NotAuthenticatedError("The token is neither an access nor an ID token.")
            claims: Mapping[str, Any] = jwt.decode(
                token,
                self._keys.key(str(header.get("kid", ""))),
                algorithms=ALGORITHMS,
                issuer=self._issuer,
                options={
                    "require": ["exp", "iss", "sub"],
                    "enforce_minimum_key_length": True,
                    # By the clock that was given, and with Cognito's rule, below.
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                    "verify_aud": False,
                },
            )
        except jwt.InvalidIssuerError:
            raise NotAuthenticatedError("The token is of another issuer.") from None
        except jwt.MissingRequiredClaimError as error:
            raise NotAuthenticatedError(f"The token has no {error.claim}.") from None
        except jwt.PyJWTError:
            raise NotAuthenticatedError("The token is not one that its issuer signed.") from None
        return claims

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        now_s = self._now()
        if _seconds(claims, "exp") <= now_s - LEEWAY_S:
            raise NotAuthenticatedError("The token has expired: sign in again.")
        for claim in ("nbf", "iat"):
            if claim in claims and _seconds(claims, claim) > now_s + LEEWAY_S:
                raise NotAuthenticatedError("The token is not valid yet.")

    def _check_audience(self, claims: Mapping[str, Any]) -> None:
        given = claims.get("aud")
        if given is None and claims.get("token_use") == "access":
            given = claims.get("client_id")
        if not self._audience.intersection(_text_list(given)):
            raise NotAuthenticatedError("The token was made for another audience.")


def _seconds(claims: Mapping[str, Any], claim: str) -> float:
    value = claims[claim]
    # JSON knows no infinity, Python's reader does; and True is a number in Python alone.
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise NotAuthenticatedError(f"The token's {claim} is not a time.")


def _text_list(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [text for text in values if isinstance(text, str)]


def _listed(value: object) -> list[str]:
    """Return the names in a claim: a list, or words in one text as `scope` has them."""
    return value.split() if isinstance(value, str) else _text_list(value)


def _claim_at(claims: Mapping[str, Any], path: str) -> object:
    """Return a claim by its name; where there is none, by its path."""
    if path in claims:
        return claims[path]
    found: object = claims
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _caller_name(claims: Mapping[str, Any]) -> str:
    names = [claims.get(claim) for claim in NAME_CLAIMS]
    if claims.get("email_verified") is True:
        names.insert(0, claims.get("email"))
    for name in names:
        if isinstance(name, str) and _is_name(name):
            return name
    raise NotAuthenticatedError("The token's sub is not a name that can be written down.")


def _is_name(text: str) -> bool:
    """Say whether a token's bearer may be called this.

    Not as an API key, or this machine's user, is called; and nothing that hides on a screen.
    """
    is_taken = text.startswith("key:") or text == LOCAL.name
    is_plain = text.isprintable() and " " not in text
    return 0 < len(text) <= MOST_OF_A_NAME and is_plain and not is_taken
