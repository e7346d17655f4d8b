"""What a login costs each request: telling who calls, and which role a route needs.

Run: .venv/bin/python -m benchmarks.access [ROUNDS]

Microseconds a call in this process, best of ROUNDS (default 5) of 500 calls each; then CPU
milliseconds from the start of a process to the application, without and with a login.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from opportune.access.key_file import KeyFile
from opportune.access.keys import KeyRing, new_key
from opportune.access.limits import RateLimit
from opportune.access.roles import Role
from opportune.access.signing_keys import SigningKeys
from opportune.access.tokens import Tokens
from opportune.api import create_app
from opportune.api.policy import Routes
from opportune.settings import Settings

ROUNDS = 5
CALLS = 500
ISSUER = "https://issuer.example"
AUDIENCE = "bench"

START = (
    "from opportune.api import create_app; from opportune.settings import Settings; "
    "create_app(settings=Settings({})); import time; print(time.process_time())"
)
LOGIN = f"oidc_issuer={ISSUER!r}, oidc_audience=({AUDIENCE!r},)"


def subjects(folder: Path) -> dict[str, Callable[[], object]]:
    """Return what is measured, by name."""
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    ec_key = ec.generate_private_key(ec.SECP256R1())
    key_set = {
        "keys": [
            dict(RSAAlgorithm.to_jwk(rsa_key.public_key(), as_dict=True)) | {"kid": "rsa"},
            dict(ECAlgorithm.to_jwk(ec_key.public_key(), as_dict=True)) | {"kid": "ec"},
        ],
    }
    tokens = Tokens(
        ISSUER,
        [AUDIENCE],
        roles_claim="cognito:groups",
        keys=SigningKeys(lambda: key_set, time.monotonic),
        now=time.time,
    )
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "s",
        "exp": time.time() + 3600,
        "cognito:groups": ["editor"],
    }
    by_rsa = jwt.encode(claims, rsa_key, "RS256", {"kid": "rsa"})
    by_ec = jwt.encode(claims, ec_key, "ES256", {"kid": "ec"})
    file = KeyFile(folder / "keys.json")
    for number in range(100):
        kept, key = new_key(f"n{number}", Role.EDITOR, now=datetime.now(UTC))
        file.add(kept)
    ring = KeyRing([], file)
    limit = RateLimit(10**9, clock=time.monotonic)
    routes = Routes(create_app(settings=Settings()))
    scope = {"type": "http", "method": "PATCH", "path": "/api/opportunities/s.rehost/status"}
    return {
        "token by RS256": lambda: tokens.identity(by_rsa),
        "token by ES256": lambda: tokens.identity(by_ec),
        "API key, file of 100": lambda: ring.identity(key),
        "rate": lambda: limit.take("s"),
        "role of a route": lambda: routes.place(scope),
    }


def us_a_call(call: Callable[[], object]) -> float:
    started_s = time.perf_counter()
    for _ in range(CALLS):
        call()
    return (time.perf_counter() - started_s) / CALLS * 1e6


def start_ms(arguments: str) -> float:
    command = [sys.executable, "-c", START.format(arguments)]
    return float(subprocess.run(command, capture_output=True, check=True).stdout) * 1000


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with TemporaryDirectory() as folder:
        measured = subjects(Path(folder))
        print(f"us a call, best of {rounds} rounds of {CALLS}")
        for name, call in measured.items():
            print(f"  {name:<24}{min(us_a_call(call) for _ in range(rounds)):8.1f}")
    print(f"CPU ms from the start of a process to the application, best of {rounds} rounds in turn")
    starts = [(start_ms(""), start_ms(LOGIN)) for _ in range(rounds)]
    for name, times in zip(
        ("without a login", "with OIDC"), zip(*starts, strict=True), strict=True
    ):
        print(f"  {name:<24}{min(times):8.0f}")


if __name__ == "__main__":
    main()
