"""Store migrations of a running server: records a second, memory, and what its clients feel.

    python -m benchmarks.migrations [--records 5000] [--engine dynamodb-local] [--pair A,B]

For each directed pair of stores a server of its own; a client reads and writes over HTTP, 4 to 1,
alone and in each stage. Slow-downs are ratios of the medians of the same requests on the same
server, minutes apart. The migrator is the command line in a process of its own; for a memory store
it is the server. Waits that let older requests end are short here; the pause is as it is.
"""

import argparse
import itertools
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

sys.path.insert(
    0, str(Path(__file__).parents[1] / "tests" / "support")
)  # engines are started as there

import httpx2 as httpx

from opportune.model.records import Opportunity, Session
from opportune.pipeline.service import Service
from opportune.settings import Settings
from opportune.stores.contract import Store

STORES = ("memory", "sqlite", "dynamodb")
LIST = 25
SECONDS = 5.0
"""Of load in each phase."""
STATUSES = ("En Progreso", "Perdida")
ENVIRONMENT = {
    "OPPORTUNITY_MIGRATION_LEASE_SECONDS": "1",
    "OPPORTUNITY_MIGRATION_REQUEST_SECONDS": "1",
}


def url_of(kind: str, folder: Path, engine: str) -> str:
    """Return the URL of an empty store."""
    if kind != "dynamodb":
        return "memory:" if kind == "memory" else f"sqlite:///{folder / uuid.uuid4().hex}.sqlite3"
    from engines import REGION, endpoint_of, new_table

    table = new_table(engine, f"Bench{uuid.uuid4().hex}")
    return f"dynamodb://{table}?region={REGION}&endpoint={endpoint_of(engine)}"


def filled(store: Store, records: int) -> None:
    """Store lists until there are so many records."""
    for number in range(max(1, records // (LIST + 1))):
        session_id = f"s{number:06}"
        opportunities = [
            Opportunity(
                id=f"{session_id}.play-{n}",
                session_id=session_id,
                title=f"Opportunity {n} of {number}",
                category="Migración",
                priority="Medium",
                estimated_arr=str(1000 + n),
                reasoning="The inventory lists servers past their end of support. " * 8,
                talking_points=("One point.", "Another one.") * 3,
                next_steps=("A step.",) * 4,
            )
            for n in range(LIST)
        ]
        header = Session(id=session_id, customer=f"Customer {number}", updated_by="benchmark")
        store.store_opportunities(header, opportunities)


def serve(port: int, records: int) -> None:
    """Fill the store of the environment and serve it."""
    import uvicorn

    from opportune.api import create_app

    settings = Settings.from_environment()
    service = Service.from_settings(settings)
    filled(service.migrations.store, records)
    uvicorn.run(create_app(service, settings), port=port, log_level="error")


class Server:
    """The server process."""

    def __init__(self, kind: str, url: str, folder: Path, records: int) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.environment = dict(os.environ) | ENVIRONMENT | _settings(kind, url, folder)  # noqa: TID251 - for the children
        command = ["-m", "benchmarks.migrations", "--serve", str(port), "--records", str(records)]
        self.process = subprocess.Popen([sys.executable, *command], env=self.environment)
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{self.url}/api/readyz").is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise RuntimeError("the server did not become ready")

    def end(self) -> float:
        """End it; return the most memory that it held, in MB."""
        self.process.terminate()
        return _memory_mb(self.process)


def _settings(kind: str, url: str, folder: Path) -> dict[str, str]:
    given = {"OPPORTUNITY_STORAGE_TYPE": kind, "OPPORTUNITY_DATA_DIR": str(folder)}
    if kind == "dynamodb":
        table, _, place = url.removeprefix("dynamodb://").partition("?")
        region, endpoint = (part.partition("=")[2] for part in place.split("&"))
        given |= {"DYNAMODB_TABLE_NAME": table, "AWS_REGION": region}
        given["AWS_ENDPOINT_URL_DYNAMODB"] = endpoint
    return given


def _memory_mb(process: subprocess.Popen[Any]) -> float:
    _, code, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(code)
    return usage.ru_maxrss / 1024


class Client:
    """Reads and writes over HTTP; knows how long each took, and how long writes were refused."""

    def __init__(self, url: str, records: int) -> None:
        self._url = url
        self._sessions = max(1, records // (LIST + 1))
        self.reads: list[float] = []
        self.writes: list[float] = []
        self.rest_s = 0.0

    def work(self, done: threading.Event) -> None:
        """Work until told otherwise."""
        chance = random.Random(1)
        last_write = time.perf_counter()
        with httpx.Client(base_url=self._url, timeout=60) as http:
            while not done.is_set():
                id_ = f"s{chance.randrange(self._sessions):06}.play-{chance.randrange(LIST)}"
                began = time.perf_counter()
                if chance.random() < 0.8:
                    http.get(f"/api/opportunities/{id_}").raise_for_status()
                    self.reads.append(time.perf_counter() - began)
                    continue
                # Another status than the present one: the same one again would be no write.
                present = http.get(f"/api/opportunities/{id_}").json()["status"]
                body = {"status": next(s for s in STATUSES if s != present)}
                began = time.perf_counter()
                answer = http.patch(f"/api/opportunities/{id_}/status", json=body)
                now = time.perf_counter()
                if answer.is_success:
                    self.writes.append(now - began)
                    self.rest_s = max(self.rest_s, now - last_write)
                    last_write = now
                else:
                    time.sleep(0.02)

    @property
    def typical_s(self) -> float:
        """What a request takes: the medians of reads and writes, 4 to 1."""
        return (4 * statistics.median(self.reads) + statistics.median(self.writes)) / 5


@contextmanager
def load(url: str, records: int) -> Iterator[Client]:
    """Let a client work until the block ends."""
    client, done = Client(url, records), threading.Event()
    thread = threading.Thread(target=client.work, args=(done,))
    thread.start()
    try:
        yield client
    finally:
        done.set()
        thread.join()


class Verbs:
    """Calls verbs as an operator does."""

    def __init__(self, server: Server, kind: str) -> None:
        self._environment = server.environment
        self._where = ["--server", server.url] if kind == "memory" else []
        self.memory_mb = 0.0

    def __call__(self, *verb: str) -> dict[str, Any]:
        """Call one; return the status."""
        command = [sys.executable, "-m", "opportune", "store", "migrate", *verb, "--json"]
        process = subprocess.Popen(
            [*command, *self._where], env=self._environment, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        told = process.stdout.read()
        self.memory_mb = max(self.memory_mb, _memory_mb(process))
        if process.returncode:
            raise RuntimeError(f"{verb} ended with {process.returncode}")
        status: dict[str, Any] = json.loads(told)
        return status


def one_pair(source: str, target: str, records: int, engine: str) -> dict[str, float]:
    """Migrate from one store to the other and return the figures."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        server = Server(source, url_of(source, folder, engine), folder, records)
        verbs = Verbs(server, source if source == "memory" else target)
        figures = _measured(server, verbs, url_of(target, folder, engine), records)
        figures["server_mb"], figures["migrator_mb"] = server.end(), verbs.memory_mb
    return figures


def _measured(server: Server, verbs: Verbs, target_url: str, records: int) -> dict[str, float]:
    with load(server.url, records) as alone:
        time.sleep(SECONDS)
    with load(server.url, records) as copying:
        status = verbs("start", "--to", target_url)
    with load(server.url, records) as both:
        time.sleep(SECONDS)
    with load(server.url, records) as comparing:
        verified = verbs("verify")["verification"]
    with load(server.url, records) as pausing:
        verbs("cut-over")
        time.sleep(1)
    with load(server.url, records) as over:
        time.sleep(SECONDS)
    verbs("verify")
    with load(server.url, records) as ending:
        verbs("complete", "--yes")
        time.sleep(1)
    backfill = status["backfill"]
    copied = sum(backfill["copied"].values())
    return {
        "records": copied,
        "copied_per_s": copied / _between(backfill),
        "verified_per_s": sum(verified["source"].values()) / _between(verified),
        "copying": copying.typical_s / alone.typical_s,
        "both": both.typical_s / alone.typical_s,
        "comparing": comparing.typical_s / alone.typical_s,
        "cut_over": over.typical_s / alone.typical_s,
        "pause_s": max(pausing.rest_s, ending.rest_s),
        "read_ms": 1000 * statistics.median(alone.reads),
        "write_ms": 1000 * statistics.median(alone.writes),
        "dual_ms": 1000 * statistics.median(both.writes),
    }


def _between(times: dict[str, Any]) -> float:
    start, end = (datetime.fromisoformat(times[name]) for name in ("startedAt", "finishedAt"))
    return max(0.001, (end - start).total_seconds())


COLUMNS = (
    ("records", "records", "{:,.0f}"),
    ("copied/s", "copied_per_s", "{:,.0f}"),
    ("verified/s", "verified_per_s", "{:,.0f}"),
    ("migrator MB", "migrator_mb", "{:,.0f}"),
    ("server MB", "server_mb", "{:,.0f}"),
    ("copying", "copying", "{:.2f}x"),
    ("both", "both", "{:.2f}x"),
    ("comparing", "comparing", "{:.2f}x"),
    ("cut over", "cut_over", "{:.2f}x"),
    ("pause s", "pause_s", "{:.2f}"),
    ("read ms", "read_ms", "{:.2f}"),
    ("write ms", "write_ms", "{:.2f}"),
    ("dual ms", "dual_ms", "{:.2f}"),
)


def main() -> None:
    """Print a table of all directed pairs."""
    parser = argparse.ArgumentParser(description="Store migrations of a running server.")
    parser.add_argument("--records", type=int, default=5_000)
    parser.add_argument("--engine", default="dynamodb-local")
    parser.add_argument("--pair", help="only this one, as SOURCE,TARGET")
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(given.serve, given.records)
        return
    pairs = [tuple(given.pair.split(","))] if given.pair else itertools.permutations(STORES, 2)
    print(f"{'pair':<19}" + "".join(f"{title:>12}" for title, _, _ in COLUMNS))
    for source, target in pairs:
        figures = one_pair(source, target, given.records, given.engine)
        cells = "".join(f"{form.format(figures[key]):>12}" for _, key, form in COLUMNS)
        print(f"{f'{source} -> {target}':<19}{cells}", flush=True)


if __name__ == "__main__":
    main()
