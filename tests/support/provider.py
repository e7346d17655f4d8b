"""An OIDC provider on this machine: keys of its own, tokens on demand, faults on request."""

import base64
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

AUDIENCE = "client-of-the-tests"
NOW_S = 1_800_000_000


@cache
def rsa_key(name: str = "rsa", *, bits: int = 2048) -> RSAPrivateKey:
    """A key by a name: the same name is the same key."""
    return generate_rsa(public_exponent=65537, key_size=bits)


@cache
def ec_key(name: str = "ec") -> EllipticCurvePrivateKey:
    return generate_private_key(SECP256R1())


def rsa_jwk(name: str = "rsa", **members: object) -> dict[str, Any]:
    key = RSAAlgorithm.to_jwk(rsa_key(name).public_key(), as_dict=True)
    return dict(key) | {"kid": name, "use": "sig", "alg": "RS256"} | members


def ec_jwk(name: str = "ec", **members: object) -> dict[str, Any]:
    key = ECAlgorithm.to_jwk(ec_key(name).public_key(), as_dict=True)
    return dict(key) | {"kid": name, "use": "sig", "alg": "ES256"} | members


def claims(issuer: str, now_s: float = NOW_S, /, **changes: object) -> dict[str, Any]:
    """Claims of a good token; None leaves one out."""
    good = {
        "iss": issuer,
        "aud": AUDIENCE,
        "sub": "7d3f",
        "iat": int(now_s) - 10,
        "exp": int(now_s) + 600,
        "cognito:groups": ["viewer"],
    }
    return {name: value for name, value in (good | changes).items() if value is not None}


def signed(body: dict[str, Any], *, name: str = "rsa", **header: object) -> str:
    return jwt.encode(body, rsa_key(name), "RS256", {"kid": name} | header)


def signed_by_ec(body: dict[str, Any], *, name: str = "ec", **header: object) -> str:
    return jwt.encode(body, ec_key(name), "ES256", {"kid": name} | header)


def unsigned(body: dict[str, Any], alg: str = "none") -> str:
    return f"{_part({'alg': alg, 'typ': 'JWT', 'kid': 'rsa'})}.{_part(body)}."


def signed_by_public_key(body: dict[str, Any]) -> str:
    """The attack on libraries that let a token choose: the public key as the secret of an HMAC."""
    public = rsa_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    start = f"{_part({'alg': 'HS256', 'typ': 'JWT', 'kid': 'rsa'})}.{_part(body)}"
    return f"{start}.{_text(hmac.digest(public, start.encode(), 'sha256'))}"


def _part(value: object) -> str:
    return _text(json.dumps(value).encode())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Provider:
    """What it answers, by path; a test may change it at any time."""

    def __init__(self, base: str) -> None:
        self.issuer = f"{base}/pool"
        self.jwks_url = f"{self.issuer}/.well-known/jwks.json"
        self.asked: list[str] = []
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.says("/pool/.well-known/jwks.json", {"keys": [rsa_jwk(), ec_jwk()]})
        self.says(
            "/pool/.well-known/openid-configuration",
            {"issuer": self.issuer, "jwks_uri": self.jwks_url},
        )

    def says(self, path: str, body: object, *, status: int = 200, **headers: str) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers[path] = (status, headers, data)

    def token(self, **changes: object) -> str:
        """A token that is good now."""
        return signed(claims(self.issuer, time.time(), **changes))


@contextmanager
def provider() -> Iterator[Provider]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(self.path)
            status, headers, data = made.answers.get(self.path, (404, {}, b"{}"))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Provider(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
