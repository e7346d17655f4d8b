"""Every route x every kind of caller gives exactly the right answer."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from guarded import APP, ROUTES, Server, guarded, path_of
from provider import claims, signed, signed_by_ec, signed_by_public_key, unsigned
from tables import every

from opportune.access.roles import Role
from opportune.access.tokens import MOST_CHARACTERS

RANK = {"viewer": 1, "editor": 2, "admin": 3}

# Said here once more, by hand: the code derives it, this is what people were promised.
PUBLIC = {("GET", f"{prefix}/{name}") for prefix in ("", "/api") for name in ("healthz", "readyz")}
NEEDS = {
    ("DELETE", "/api/sessions/{session_id}"): "admin",
    ("POST", "/api/exports"): "viewer",
    ("POST", "/api/inspect"): "viewer",
    ("POST", "/api/sessions/{session_id}/verification"): "viewer",
}


def needed(method: str, template: str) -> str:
    if template.startswith("/api/admin/"):
        return "admin"
    writes_nothing = method in ("GET", "HEAD") or template.endswith("/preview")
    return NEEDS.get((method, template), "viewer" if writes_nothing else "editor")


def _claims(server: Server, **changes: object) -> dict[str, Any]:
    admin = {"cognito:groups": ["admin"]}
    return claims(server.provider.issuer, time.time(), **(admin | changes))


REFUSED: dict[str, Callable[[Server], str | None]] = {
    "no token": lambda _: None,
    "expired": lambda s: s.token("admin", exp=int(time.time()) - 60),
    "not yet valid": lambda s: s.token("admin", nbf=int(time.time()) + 600),
    "wrong audience": lambda s: s.token("admin", aud="other"),
    "wrong issuer": lambda s: s.token("admin", iss="https://other.example"),
    "no expiry": lambda s: s.token("admin", exp=None),
    "alg none": lambda s: unsigned(_claims(s)),
    "HS256 with the public key": lambda s: signed_by_public_key(_claims(s)),
    "unknown kid": lambda s: signed(_claims(s), name="stranger"),
    "another's signature": lambda s: signed(_claims(s), name="stranger", kid="rsa"),
    "oversize": lambda s: s.token("admin", more="x" * MOST_CHARACTERS),
    "revoked key": lambda s: s.revoked_key(),
    "unknown key": lambda _: f"oppk_{'0' * 12}_{'A' * 43}",
    "wrong secret": lambda s: s.key(Role.ADMIN)[:-43] + "A" * 43,
    "rubbish": lambda _: "rubbish",
}
ADMITTED: dict[str, tuple[Callable[[Server], str], str | None]] = {
    "viewer": (lambda s: s.token("viewer"), "viewer"),
    "editor": (lambda s: s.token("editor"), "editor"),
    "admin": (lambda s: s.token("admin"), "admin"),
    "admin by EC": (lambda s: signed_by_ec(_claims(s)), "admin"),
    "no role": (lambda s: s.token(None), None),
    "viewer's key": (lambda s: s.key(Role.VIEWER), "viewer"),
    "editor's key": (lambda s: s.key(Role.EDITOR), "editor"),
    "admin's key": (lambda s: s.key(Role.ADMIN), "admin"),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with guarded(tmp_path_factory.mktemp("guarded")) as made:
        yield made


@pytest.fixture(scope="module")
def credentials(server: Server) -> dict[str, str | None]:
    made = {name: make(server) for name, make in REFUSED.items()}
    return made | {name: make(server) for name, (make, _) in ADMITTED.items()}


def expected(method: str, template: str, caller: str) -> set[int]:
    """Return the statuses by which access is denied; empty = the route itself answers."""
    if (method, template) in PUBLIC:
        return set()
    if caller in REFUSED:
        return {401}
    role = ADMITTED[caller][1]
    is_enough = role is not None and RANK[role] >= RANK[needed(method, template)]
    return set() if is_enough else {403}


@pytest.mark.parametrize("caller", [*REFUSED, *ADMITTED])
def test_access_matrix(server: Server, credentials: dict[str, str | None], caller: str) -> None:
    with every() as row:
        for method, template in ROUTES:
            with row(method, template):
                check(
                    server,
                    method,
                    template,
                    credentials[caller],
                    expected(method, template, caller),
                )


def check(
    server: Server, method: str, template: str, credential: str | None, denied: set[int]
) -> None:
    body: dict[str, Any] = {} if method in ("GET", "HEAD", "DELETE") else {"json": {}}
    answer = server.send(method, path_of(template), credential, **body)
    if not denied:
        assert answer.status_code not in (401, 403, 429, 500, 503), answer.text
        return
    assert answer.status_code in denied
    assert answer.headers["www-authenticate"].startswith('Bearer realm="opportune"')
    if method != "HEAD":
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code


def test_the_matrix_is_whole() -> None:
    assert len(ROUTES) >= 26
    assert set(NEEDS) | PUBLIC <= set(ROUTES), "a route that is named here is gone"
    in_document = {
        (method.upper(), path)
        for path, methods in APP.openapi()["paths"].items()
        for method in methods
    }
    assert in_document <= set(ROUTES)
    assert all(path.startswith("/api/") for _, path in in_document), "data is under /api"
