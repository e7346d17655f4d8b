"""A store migration of real processes under load, while migrator and server are killed (SIGKILL).

One server over SQLite, writers that speak HTTP to it, and the command line as migrator: to DynamoDB
and back, again and again, until enough were killed. Every acknowledged write is looked for at the
end. `python tests/support/migration_kills.py 200` runs it by hand and prints the figures.
"""

import os
import random
import signal
import statistics
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import httpx2 as httpx
from engines import REGION, endpoint_of, engine_names, new_table
from servers import free_port, wait_until_ready
from stores import a_session, an_opportunity, new_session_id

from opportune.stores.sqlite import SQLiteStore

SESSIONS = 30
OPPORTUNITIES = 25
WRITERS = 3
STATUSES = ("Nueva", "En Progreso", "Perdida", "Descartada")
KILLS_PER_VERB = 8
RATE = "1200"
REFUSALS = 20
"""Of a verb that nobody kills, one after the other: then something is wrong."""


@dataclass
class Figures:
    """What was seen. Seconds."""

    kills: int = 0
    server_kills: int = 0
    acknowledged: int = 0
    refused: int = 0
    migrations: int = 0
    resumed_s: list[float] = field(default_factory=list)
    """From the start of a migrator after a kill to its first step."""
    restarted_s: list[float] = field(default_factory=list)
    """From the start of a server after a kill until it answers."""
    lost: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.kills} kills ({self.server_kills} of the server), {self.migrations} "
            f"migrations, {self.acknowledged} writes acknowledged, {self.refused} answers lost or "
            f"refused, {len(self.lost)} writes lost; resumed in {_spread(self.resumed_s)}, "
            f"server back in {_spread(self.restarted_s)}"
        )


def _spread(seconds: list[float]) -> str:
    if not seconds:
        return "-"
    return f"{statistics.median(seconds):.2f} s (median), {max(seconds):.2f} s (longest)"


class Server:
    """The server process, always on the same port."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "opportune", "serve", "--port", str(self.port)],
            env=self._environment,
            stderr=subprocess.DEVNULL,
        )
        with httpx.Client(base_url=self.url, timeout=5) as client:
            wait_until_ready(client, process)
        return process

    def kill(self) -> float:
        """Kill it, start it again, and return how long that took."""
        self.end()
        began = time.monotonic()
        self.process = self._start()
        return time.monotonic() - began

    def end(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


class Writers:
    """Threads that move opportunities on, and know what was acknowledged."""

    def __init__(self, url: str, ids: list[str], figures: Figures, seed: int) -> None:
        self._url, self._ids, self._figures = url, ids, figures
        self._stop = threading.Event()
        self.acknowledged: dict[str, dict[int, str]] = {}
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._work, args=(random.Random(seed + n),))
            for n in range(WRITERS)
        ]
        for thread in self._threads:
            thread.start()

    def _work(self, chance: random.Random) -> None:
        with httpx.Client(base_url=self._url, timeout=10) as client:
            while not self._stop.is_set():
                self._write(client, chance.choice(self._ids), chance.choice(STATUSES))
                time.sleep(0.02)

    def _write(self, client: httpx.Client, id_: str, status: str) -> None:
        """Write until it is acknowledged: the same key makes repeating safe."""
        key = uuid.uuid4().hex
        while not self._stop.is_set():
            try:
                answer = client.patch(
                    f"/api/opportunities/{id_}/status",
                    json={"status": status},
                    headers={"Idempotency-Key": key},
                )
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.is_success:
                said = answer.json()
                with self._lock:
                    self.acknowledged.setdefault(id_, {})[said["version"]] = said["status"]
                    self._figures.acknowledged += 1
                return
            self._figures.refused += 1
            time.sleep(0.05)

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


class Migration:
    """Runs verbs as a person would, and kills them."""

    def __init__(
        self, environment: dict[str, str], server: Server, figures: Figures, chance: random.Random
    ) -> None:
        self._environment, self._server = environment, server
        self._figures, self._chance = figures, chance

    def run(self, *verb: str, kills: int) -> None:
        """Call a verb until it ends by itself; kill it, or the server, so many times before."""
        is_resumed, refusals = False, 0
        while True:
            process, first_step_s = self._started(verb)
            if is_resumed and first_step_s is not None:
                self._figures.resumed_s.append(first_step_s)
            if kills <= 0:
                said = process.communicate(timeout=120)[1]
                if process.returncode == 0:
                    return
                refusals += 1  # the server holds the lock, or has just been killed
                assert refusals < REFUSALS, said
                time.sleep(0.2)
                continue
            time.sleep(self._chance.uniform(0, 1.2))
            kills -= 1
            self._figures.kills += 1
            if self._chance.random() < 0.3:
                self._figures.server_kills += 1
                self._figures.restarted_s.append(self._server.kill())
                process.kill()
            else:
                process.kill()
            process.communicate()
            is_resumed = True

    def _started(self, verb: tuple[str, ...]) -> tuple[subprocess.Popen[str], float | None]:
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "opportune", "store", "migrate", *verb],
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        line = process.stderr.readline()
        return process, time.monotonic() - began if ": " in line else None


def run(folder: Path, *, kills: int, seed: int = 0, engine: str = "") -> Figures:
    """Migrate to DynamoDB and back until so many processes were killed."""
    figures, chance = Figures(), random.Random(seed)
    source, ids = _filled(folder)
    engine = engine or engine_names()[0]
    table = new_table(engine, f"Kills{uuid.uuid4().hex}")
    target = f"dynamodb://{table}?region={REGION}&endpoint={endpoint_of(engine)}"
    environment = dict(os.environ) | {  # noqa: TID251 - for the children
        "OPPORTUNITY_STORAGE_TYPE": "sqlite",
        "OPPORTUNITY_DATA_DIR": str(folder),
        "OPPORTUNITY_MIGRATION_LEASE_SECONDS": "2",
        "OPPORTUNITY_MIGRATION_REQUEST_SECONDS": "3",
    }
    server = Server(environment)
    writers = Writers(server.url, ids, figures, seed)
    migration = Migration(environment, server, figures, chance)
    try:
        goal = target
        while figures.kills < kills:
            left = kills - figures.kills
            verbs = [("start", "--to", goal, "--rate", RATE), ("verify", "--repair")]
            verbs += [("cut-over",), ("verify",), ("complete", "--yes")]
            for verb in verbs:
                share = min(KILLS_PER_VERB, max(1, left // len(verbs)))
                migration.run(*verb, kills=min(share, kills - figures.kills))
            figures.migrations += 1
            goal = source if goal == target else target
        writers.stop()
        figures.lost = _lost(server.url, writers.acknowledged)
    finally:
        writers.stop()
        server.end()
    return figures


def _filled(folder: Path) -> tuple[str, list[str]]:
    file = folder / "opportune.sqlite3"
    store = SQLiteStore(file)
    ids = []
    for _ in range(SESSIONS):
        session_id = new_session_id()
        opportunities = [an_opportunity(session_id, f"play-{n}") for n in range(OPPORTUNITIES)]
        store.store_opportunities(a_session(session_id), opportunities)
        ids += [one.id for one in opportunities]
    store.close()
    return f"sqlite:///{file}", ids


def _lost(url: str, acknowledged: dict[str, dict[int, str]]) -> list[str]:
    """Return every acknowledged write that the history does not have."""
    lost = []
    with httpx.Client(base_url=url, timeout=30) as client:
        for id_, writes in acknowledged.items():
            history = client.get(f"/api/opportunities/{id_}/history").json()
            kept = {revision["version"]: revision["status"] for revision in history}
            if sorted(kept) != list(range(1, len(kept) + 1)):
                lost.append(f"{id_}: versions {sorted(kept)}")
            lost += [f"{id_} {n} {s}" for n, s in writes.items() if kept.get(n) != s]
    return lost


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as scratch:
        print(run(Path(scratch), kills=int(sys.argv[1]), seed=int([*sys.argv, "0"][2])))  # noqa: T201 - its answer
