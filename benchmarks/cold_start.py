"""What a Lambda environment pays before its first request, and what the adapter adds to each.

Run: .venv/bin/python -m benchmarks.cold_start [ROUNDS]

CPU (user and system) of a child process from its start until it is ready (what Python does at its
end is left out: a function has none), median of interleaved rounds (default 9), the handler with
the DynamoDB store beside a bare boto3 client in the same run.
Targets: the handler under 700 ms, and at most 2.5 times the client.
Bytecode is kept in a folder of its own, as a process has it that is started a second time; one row
has none, as the function's zip has none. The list of imports is from `python -X importtime`: wall
time in each module itself. No request leaves the machine.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from typing import Any

from starlette.types import ASGIApp

from benchmarks.import_time import NO_END, cpu_ms, heaviest, print_rows, verdict
from opportune.api import create_app
from opportune.api.aws_lambda import PayloadV2, handle_with
from opportune.settings import Settings

ROUNDS = 9
TARGET_MS = 700
TARGET_RATIO = 2.5
"""To a boto3 client."""
REQUESTS = 300

EVENT: dict[str, Any] = {
    "version": "2.0",
    "rawPath": "/api/healthz",
    "rawQueryString": "",
    "headers": {"host": "localhost"},
    "requestContext": {
        "apiId": "a1b2c3d4e5",
        "domainName": "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com",
        "http": {"method": "GET", "path": "/api/healthz", "sourceIp": "203.0.113.7"},
        "stage": "$default",
    },
    "isBase64Encoded": False,
}
HANDLER = "import opportune.lambda_handler"
CANDIDATES = {
    "Python alone": "pass",
    "boto3 client": "import boto3; boto3.client('dynamodb')",
    "FastAPI": "import fastapi; fastapi.FastAPI()",
    "FastAPI and Mangum": "import fastapi, mangum; mangum.Mangum(fastapi.FastAPI())",
    "the handler": HANDLER,
    "the handler, first request": f"{HANDLER} as l; l.handler({EVENT!r}, None)",
}
FROM_SOURCE = "the handler, no bytecode"


def surroundings(bytecode: str) -> Mapping[str, str]:
    """Return the variables of a function, with a folder for bytecode; "" = none is kept."""
    variables = dict(os.environ)  # noqa: TID251 - for child processes
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    kept = {"PYTHONPYCACHEPREFIX": bytecode or "/dev/null"}
    return (
        variables
        | kept
        | {
            "OPPORTUNITY_STORAGE_TYPE": "dynamodb",
            "OPPORTUNITY_API_KEYS": f"00000000000a:nobody:viewer:{'0' * 64}",
            "OPPORTUNITY_ALLOWED_HOSTS": "localhost",
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
        }
    )


def start_times(rounds: int, with_bytecode: Mapping[str, str]) -> dict[str, list[float]]:
    """Return the CPU of each candidate in each round, in milliseconds."""
    for code in CANDIDATES.values():
        cpu_ms(("-c", code), with_bytecode)  # writes the bytecode
    times: dict[str, list[float]] = {name: [] for name in (*CANDIDATES, FROM_SOURCE)}
    for _ in range(rounds):
        for name, code in CANDIDATES.items():
            times[name].append(cpu_ms(("-c", code + NO_END), with_bytecode))
        times[FROM_SOURCE].append(cpu_ms(("-c", HANDLER + NO_END), surroundings("")))
    return times


def request_us(rounds: int) -> tuple[float, float]:
    """Return the CPU of a request through Mangum, and of the same without it, in microseconds."""
    app = create_app(settings=Settings(), hosts=["localhost"])
    handle = handle_with(app)
    loop = asyncio.new_event_loop()
    through: list[float] = []
    without: list[float] = []
    for _ in range(rounds):
        began = time.process_time()
        for _ in range(REQUESTS):
            handle(EVENT, None)
        through.append(time.process_time() - began)
        began = time.process_time()
        for _ in range(REQUESTS):
            loop.run_until_complete(_asked(app))
        without.append(time.process_time() - began)
    loop.close()
    return tuple(statistics.median(t) / REQUESTS * 1e6 for t in (through, without))  # type: ignore[return-value] # of two


async def _asked(app: ASGIApp) -> None:
    config: Any = {}
    scope = PayloadV2(EVENT, None, config).scope  # type: ignore[arg-type] # no context is read
    answer: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        answer.append(message)

    await app(scope, receive, send)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with tempfile.TemporaryDirectory() as bytecode:
        with_bytecode = surroundings(bytecode)
        times = start_times(rounds, with_bytecode)
        imports = heaviest(HANDLER, 10, with_bytecode)
    print_rows(times, "boto3 client")
    ours = statistics.median(times["the handler"])
    base = statistics.median(times["boto3 client"])
    print(f"The handler: {ours:.0f} ms. {verdict(ours, TARGET_MS, ' ms')}")
    ratio = ours / base
    print(f"The handler is {ratio:.2f} of a boto3 client. {verdict(ratio, TARGET_RATIO, '')}")
    print("Heaviest imports, ms in the module itself:")
    for own_ms, name in imports:
        print(f"  {name:<44}{own_ms:7.1f}")
    through, without = request_us(rounds)
    print(f"A request: {through:.0f} us of CPU through Mangum, {without:.0f} us without it")


if __name__ == "__main__":
    main()
