"""Engines that speak DynamoDB, for tests, each on a free loopback port.

DynamoDB Local is started once for all workers of a run; ministack, which has one thread, for each.

OPPORTUNE_TEST_ENGINES names them (`ministack`, `dynamodb-local`, `simulator`), and DYNAMODB_URLS
further endpoints, both separated by commas. What is asked for and cannot be started fails; nothing
skips.
"""

import atexit
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet
from dynamodb_local import fetch_dynamodb_local, java_command
from faults import Injector
from once import keep, once
from simulator import Simulator

from opportune.stores.contract import Clock, Retention
from opportune.stores.dynamodb import DynamoDBStore
from opportune.stores.dynamodb.connection import Connection
from opportune.stores.dynamodb.tables import create_tables

REGION = "eu-west-1"
START_TIMEOUT_S = 60
_KEPT: list[subprocess.Popen[bytes]] = []
"""Engines that end with the run: Python warns of a running process that nobody refers to."""


class SharedConnection(Connection):
    """A connection that outlives the stores that use it."""

    def close(self) -> None:
        """Leave it open for the next store."""


def engine_names() -> list[str]:
    """Engines under test, by name; a further endpoint is its own name."""
    named = os.environ.get("OPPORTUNE_TEST_ENGINES", "ministack")  # noqa: TID251 # only tests
    urls = os.environ.get("DYNAMODB_URLS", "")  # noqa: TID251 # only tests
    return [name.strip() for name in f"{named},{urls}".split(",") if name.strip()]


def on_engines() -> list[ParameterSet]:
    """Return a parameter for each engine, outside tests/system: `make test` starts none."""
    return [pytest.param(name, marks=pytest.mark.slow) for name in engine_names()]


@cache
def endpoint_of(engine: str) -> str:
    """Return the engine's endpoint; starts it when first asked for."""
    if engine.startswith(("http://", "https://")):
        return engine
    if engine == "dynamodb-local":  # one serves all workers: it has threads, and starts slowly
        return once(engine, partial(start_dynamodb_local, is_shared=True))
    return {"ministack": _start_ministack}[engine]()


@cache
def shared_table(engine: str) -> str:
    """Return the main table that tests with ids of their own share."""
    return new_table(engine, "OpportuneTest")


def new_table(engine: str, name: str) -> str:
    """Make tables from infra/storage.yaml, without TTL: tests have clocks of their own."""
    if engine == "simulator":
        return simulator().create(name)
    create_tables(name, region=REGION, endpoint=endpoint_of(engine), with_ttl=False)
    return name


def _start_ministack() -> str:
    return start_ministack("dynamodb,dynamodbstreams,s3", Path(tempfile.gettempdir()), {})


def start_ministack(services: str, folder: Path, variables: dict[str, str]) -> str:
    """Return the endpoint of a cloud of its own with these services; it works in the folder."""
    port = free_port()
    environment = {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",  # else a listener on every interface
        "SERVICES": services,
        "STATE_DIR": str(folder / "ministack"),
        "TMPDIR": str(folder),
        "LOG_LEVEL": "ERROR",
    }
    command = [str(Path(sys.executable).parent / "ministack")]
    return _started(command, port, environment | variables, folder)


def start_dynamodb_local(heap_mb: int = 768, *, is_shared: bool = False) -> str:
    """Start one more; it keeps all in memory. A shared one ends with the run, not this process."""
    folder = fetch_dynamodb_local()
    port = free_port()
    java = [*java_command(), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", f"-Xmx{heap_mb}m"]
    jar = [f"-Djava.library.path={folder / 'DynamoDBLocal_lib'}", "-jar", "DynamoDBLocal.jar"]
    options = ["-inMemory", "-disableTelemetry", "-sharedDb", "-port", str(port)]
    return _started([*java, *jar, *options], port, {}, folder, is_shared=is_shared)


def free_port() -> int:
    """Return a port of the loopback interface that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _started(
    command: list[str],
    port: int,
    variables: dict[str, str],
    folder: Path,
    *,
    is_shared: bool = False,
) -> str:
    """Start an engine; it ends with this process, or with the run that shares it."""
    engine = subprocess.Popen(
        command,
        cwd=folder,
        env=dict(os.environ) | variables,  # noqa: TID251 # only tests
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    if is_shared and keep(engine.pid):
        _KEPT.append(engine)
    else:
        atexit.register(_stop, engine)
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if engine.poll() is not None:
            raise RuntimeError(f"{command[0]} ended at once with code {engine.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return f"http://127.0.0.1:{port}"
    raise RuntimeError(f"{command[0]} did not open port {port} in {START_TIMEOUT_S} s")


def _stop(engine: subprocess.Popen[bytes]) -> None:
    engine.terminate()
    try:
        engine.wait(timeout=10)
    except subprocess.TimeoutExpired:
        engine.kill()
        engine.wait()


def open_on(engine: str) -> Callable[..., DynamoDBStore]:
    """Return what opens a store on an engine; `fresh` ones have tables of their own."""

    def open_store(
        tmp_path: Path, clock: Clock, retention: Retention, *, fresh: bool
    ) -> DynamoDBStore:
        table = new_table(engine, f"T{uuid.uuid4().hex}") if fresh else shared_table(engine)
        return DynamoDBStore(
            table, clock=clock, retention=retention, connection=connection_to(engine)
        )

    return open_store


@cache
def connection_to(engine: str) -> SharedConnection:
    """Return a connection for the whole run: making a client costs more than a test."""
    if engine != "simulator":
        return SharedConnection(region=REGION, endpoint=endpoint_of(engine))
    connection = SharedConnection(region=REGION, endpoint="http://127.0.0.1:9")
    Injector(carry=simulator()).attach(connection)
    return connection


@cache
def simulator() -> Simulator:
    """Return the engine in this process."""
    return Simulator(random.Random(0))
