"""Which tokens let somebody in, and as whom."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from provider import (
    AUDIENCE,
    NOW_S,
    claims,
    ec_jwk,
    rsa_jwk,
    rsa_key,
    signed,
    signed_by_ec,
    signed_by_public_key,
    unsigned,
)

from opportune.access.roles import Role
from opportune.access.signing_keys import SigningKeys
from opportune.access.tokens import LEEWAY_S, MOST_CHARACTERS, Tokens
from opportune.errors import ForbiddenError, NotAuthenticatedError

ISSUER = "https://issuer.example/pool"


def tokens(*keys: dict[str, Any], roles_claim: str = "cognito:groups") -> Tokens:
    key_set = {"keys": list(keys or (rsa_jwk(), ec_jwk()))}
    return Tokens(
        ISSUER,
        [AUDIENCE, "another-client"],
        roles_claim=roles_claim,
        keys=SigningKeys(lambda: key_set, lambda: 0.0),
        now=lambda: NOW_S,
    )


def good(**changes: object) -> dict[str, Any]:
    return claims(ISSUER, **changes)


@pytest.mark.parametrize("sign", [signed, signed_by_ec])
def test_a_token_of_the_issuer_lets_its_bearer_in(sign: Callable[..., str]) -> None:
    identity = tokens().identity(sign(good()))
    assert (identity.name, identity.role) == ("7d3f", Role.VIEWER)


REFUSED: dict[str, tuple[Callable[[], str], str]] = {
    "empty": (lambda: "", "not a JWT"),
    "two parts": (lambda: "a.b", "not a JWT"),
    "padded": (lambda: signed(good()) + "=", "not a JWT"),
    "rubbish": (lambda: "a.b.c", "not one that its issuer signed"),
    "oversize": (lambda: signed(good(more="x" * MOST_CHARACTERS)), "not a JWT"),
    "alg none": (lambda: unsigned(good()) + "AA", "RS256 or ES256"),
    "alg NONE": (lambda: unsigned(good(), "NONE") + "AA", "RS256 or ES256"),
    "no signature": (lambda: unsigned(good()), "not a JWT"),
    "HS256 with the public key": (lambda: signed_by_public_key(good()), "RS256 or ES256"),
    "unknown kid": (lambda: signed(good(), name="stranger"), "does not have"),
    "another's key under our kid": (
        lambda: signed(good(), name="stranger", kid="rsa"),
        "not one that its issuer signed",
    ),
    "kid of the other algorithm": (
        lambda: signed(good(), kid="ec"),
        "not one that its issuer signed",
    ),
    "a critical extension": (
        lambda: signed(good(), crit=["exp"]),
        "not one that its issuer signed",
    ),
    "a logout token": (lambda: signed(good(), typ="logout+jwt"), "neither an access nor an ID"),
    "expired": (lambda: signed(good(exp=NOW_S - LEEWAY_S)), "expired"),
    "not yet valid": (lambda: signed(good(nbf=NOW_S + LEEWAY_S + 1)), "not valid yet"),
    "issued later": (lambda: signed(good(iat=NOW_S + LEEWAY_S + 1)), "not valid yet"),
    "wrong audience": (lambda: signed(good(aud="other")), "another audience"),
    "wrong audiences": (lambda: signed(good(aud=["other", AUDIENCE[:-1]])), "another audience"),
    "no audience": (lambda: signed(good(aud=None)), "another audience"),
    "audience of another form": (lambda: signed(good(aud={"a": AUDIENCE})), "another audience"),
    "Cognito's ID token by client id": (
        lambda: signed(good(aud=None, token_use="id", client_id=AUDIENCE)),
        "another audience",
    ),
    "Cognito's access token of another client": (
        lambda: signed(good(aud=None, token_use="access", client_id="other")),
        "another audience",
    ),
    "a client id beside a wrong audience": (
        lambda: signed(good(aud="other", token_use="access", client_id=AUDIENCE)),
        "another audience",
    ),
    "wrong issuer": (lambda: signed(claims(ISSUER + "/")), "another issuer"),
    "no issuer": (lambda: signed(good(iss=None)), "no iss"),
    "no expiry": (lambda: signed(good(exp=None)), "no exp"),
    "no subject": (lambda: signed(good(sub=None)), "no sub"),
    "expiry of another form": (lambda: signed(good(exp="soon")), "exp is not a time"),
    "expiry true": (lambda: signed(good(exp=True)), "exp is not a time"),
    "expiry without end": (lambda: signed(good(exp=float("inf"))), "exp is not a time"),
    "a name that hides": (lambda: signed(good(sub="a\u202eb")), "not a name"),
    "a name like a key's": (lambda: signed(good(sub="key:nightly")), "not a name"),
    "a name like this machine's": (lambda: signed(good(sub="local")), "not a name"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_any_other_token_is_refused_in_one_sentence(case: str) -> None:
    make, words = REFUSED[case]
    with pytest.raises(NotAuthenticatedError, match=words):
        tokens().identity(make())


def test_clocks_may_differ_a_little() -> None:
    for changes in (
        {"exp": NOW_S - LEEWAY_S + 1},
        {"nbf": NOW_S + LEEWAY_S},
        {"iat": NOW_S + LEEWAY_S},
    ):
        assert tokens().identity(signed(good(**changes))).role is Role.VIEWER


@pytest.mark.parametrize(
    "audience",
    [
        {"aud": AUDIENCE},
        {"aud": ["x", "another-client"]},
        {"aud": None, "token_use": "access", "client_id": AUDIENCE},
        {"aud": AUDIENCE, "token_use": "id"},
    ],
)
def test_each_way_to_name_us_as_the_audience_counts(audience: dict[str, object]) -> None:
    assert tokens().identity(signed(good(**audience))).name == "7d3f"


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        (["viewer"], Role.VIEWER),
        (["admin", "viewer"], Role.ADMIN),
        (["others", "editor", "viewer"], Role.EDITOR),
        ("editor", Role.EDITOR),
        ("openid editor", Role.EDITOR),
    ],
)
def test_the_highest_role_counts(groups: object, role: Role) -> None:
    assert tokens().identity(signed(good(**{"cognito:groups": groups}))).role is role


@pytest.mark.parametrize("groups", [None, [], ["Admin"], ["adm", 7, None], "administrator", 3, {}])
def test_without_a_role_of_ours_the_caller_is_known_and_may_nothing(groups: object) -> None:
    with pytest.raises(ForbiddenError, match="cognito:groups"):
        tokens().identity(signed(good(**{"cognito:groups": groups})))


def test_roles_may_stand_elsewhere() -> None:
    nested = signed(good(realm_access={"roles": ["admin"]}, **{"https://x.example/r": ["editor"]}))
    assert tokens(roles_claim="realm_access.roles").identity(nested).role is Role.ADMIN
    assert tokens(roles_claim="https://x.example/r").identity(nested).role is Role.EDITOR
    with pytest.raises(ForbiddenError):
        tokens(roles_claim="realm_access.roles.deeper").identity(nested)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"email": "ana@example.com", "email_verified": True}, "ana@example.com"),
        ({"email": "ana@example.com", "email_verified": False}, "7d3f"),
        ({"email": "ana@example.com", "email_verified": "true"}, "7d3f"),
        ({"username": "ana"}, "ana"),
        ({"cognito:username": "bea", "username": "ana"}, "bea"),
        ({"username": "Ana Pérez"}, "7d3f"),
        ({"username": "local"}, "7d3f"),
        ({"username": "x" * 201}, "7d3f"),
        ({"username": "\ud800"}, "7d3f"),
    ],
)
def test_who_writes_is_called_as_the_issuer_vouches(changes: dict[str, object], name: str) -> None:
    assert tokens().identity(signed(good(**changes))).name == name


@pytest.mark.parametrize(
    "key",
    [
        rsa_jwk(use="enc"),
        rsa_jwk(alg="RS512"),
        rsa_jwk(alg="none"),
        rsa_jwk(kid=None),
        {"kty": "oct", "kid": "rsa", "k": "c2VjcmV0", "alg": "HS256"},
    ],
)
def test_a_key_that_is_not_for_signing_as_we_allow_verifies_nothing(key: dict[str, Any]) -> None:
    with pytest.raises(NotAuthenticatedError, match="does not have"):
        tokens(key, ec_jwk()).identity(signed(good()))


def test_a_key_that_is_too_short_verifies_nothing() -> None:
    import jwt
    from jwt.algorithms import RSAAlgorithm

    short = rsa_key("short", bits=1024)
    jwk = dict(RSAAlgorithm.to_jwk(short.public_key(), as_dict=True)) | {"kid": "short"}
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        token = jwt.encode(good(), short, "RS256", {"kid": "short"})
    with pytest.raises(NotAuthenticatedError):
        tokens(jwk).identity(token)


GOOD = {"rsa": signed(good()), "ec": signed_by_ec(good())}
CHECKER = tokens()


@given(
    which=st.sampled_from(sorted(GOOD)),
    place=st.floats(0, 1, exclude_max=True),
    change=st.sampled_from(["replace", "insert", "remove", "cut"]),
    letter=st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.= \n"),
)
def test_a_token_that_was_tampered_with_is_never_accepted(
    which: str, place: float, change: str, letter: str
) -> None:
    token = GOOD[which]
    at = int(place * len(token))
    changed = {
        "replace": token[:at] + letter + token[at + 1 :],
        "insert": token[:at] + letter + token[at:],
        "remove": token[:at] + token[at + 1 :],
        "cut": token[:at],
    }[change]
    if changed == token:
        return
    with pytest.raises(NotAuthenticatedError):
        CHECKER.identity(changed)


@given(body=st.sampled_from(sorted(GOOD)), signature=st.binary(min_size=1, max_size=300))
def test_no_signature_but_the_issuers_is_accepted(body: str, signature: bytes) -> None:
    import base64

    start = GOOD[body].rpartition(".")[0]
    made = base64.urlsafe_b64encode(signature).rstrip(b"=").decode()
    with pytest.raises(NotAuthenticatedError):
        CHECKER.identity(f"{start}.{made}")


@given(text=st.text(max_size=200))
def test_no_text_is_a_token(text: str) -> None:
    with pytest.raises(NotAuthenticatedError):
        CHECKER.identity(text)
