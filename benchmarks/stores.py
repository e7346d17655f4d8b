"""Storing, reading and changing opportunities on DynamoDB: ours beside other clients.

Run: .venv/bin/python -m benchmarks.stores [--engine stub|dynamodb-local] [--rounds N] [--quick]

Work: (a) store 5,000 opportunities, as the analyzer makes them, in sessions of 50; (b) read those
100 sessions; (c) set 500 statuses; (d) one session of 2,000, stored and read. Rounds are
interleaved, each on tables of its own; figures are medians. CPU is that of this process, so of the
client alone. The stub answers at once; DynamoDB Local is a real engine and takes its own time.

The other clients: pip install '.[bench]'. One that cannot be imported is named and left out.
"""

import argparse
import gc
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.store_peers import NOW, PEERS, REGION, TTL, Client, Peer, Row, Sample
from opportune.analysis import analyze
from opportune.documents import read_documents
from opportune.documents.samples.workbook import write_workbook
from opportune.model.file import InputFile
from opportune.model.records import Opportunity
from opportune.stores.dynamodb.tables import create_tables, delete_tables


@dataclass(frozen=True)
class Load:
    """How much work a round is."""

    sessions: int
    of: int
    updates: int
    large: int


FULL = Load(sessions=100, of=50, updates=500, large=2000)
QUICK = Load(sessions=2, of=50, updates=10, large=120)


class Taken(NamedTuple):
    """What a piece of work took: seconds of wall clock and of this process's CPU, and items."""

    wall_s: float
    cpu_s: float
    items: int


WORK = ("(a) store", "(b) read", "(c) update", "(d) store large", "(d) read large")


def analysed() -> tuple[Opportunity, ...]:
    """Return what the analyzer makes of a sample workbook: about 3 KB of JSON each."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "mpa.xlsx")
        write_workbook(path, servers=200)
        assessment = read_documents([InputFile(path.name, path.read_bytes())])
    return analyze(
        assessment, session_id="bench", customer="Example Corp", run_date=date(2026, 11, 22)
    ).opportunities


def sample(models: Sequence[Opportunity], session_id: str, size: int) -> Sample:
    """Make a session's list of any length from analysed opportunities."""
    opportunities = [
        one.revised(
            id=f"{session_id}.play-{number}",
            session_id=session_id,
            updated_by="bench",
            change_id="store",
        )
        for number, one in zip(range(size), cycle(models), strict=False)
    ]
    rows = [plain_row(one) for one in opportunities]
    return Sample(session_id, opportunities, rows, [with_floats(row) for row in rows])


def plain_row(opportunity: Opportunity) -> Row:
    """Return the item that the migration guide would write: keys, all fields, ttl."""
    fields: Row = with_lists(opportunity.model_dump(by_alias=True))
    stamps = {"opportunityId": opportunity.id, "createdAt": NOW, "updatedAt": NOW, "ttl": TTL}
    return fields | stamps


def with_lists(value: Any) -> Any:
    """Return what JSON has: lists for tuples, texts for enumerations and days."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: with_lists(one) for name, one in value.items()}
    if isinstance(value, tuple):
        return [with_lists(one) for one in value]
    return str(value) if isinstance(value, str) else value


def with_floats(value: Any) -> Any:
    """Return a row for a client that takes no Decimal."""
    if isinstance(value, dict):
        return {name: with_floats(one) for name, one in value.items()}
    if isinstance(value, list):
        return [with_floats(one) for one in value]
    return float(value) if isinstance(value, Decimal) else value


def measured(work: Callable[[], int]) -> Taken:
    """Do a piece of work."""
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    items = work()
    return Taken(time.perf_counter() - wall, time.process_time() - cpu, items)


def one_round(client: Client, load: Load, models: Sequence[Opportunity]) -> list[Taken]:
    """Let a client do all the work once."""
    samples = [sample(models, f"session-{n}", load.of) for n in range(load.sessions)]
    large = sample(models, "large", load.large)
    ids = [one.session_id for one in samples]
    keys = [(row["sessionId"], row["opportunityId"]) for one in samples for row in one.rows]
    keys = random.Random(20261122).sample(keys, load.updates)
    warm = sample(models, "warm-up", 1)
    client.store([warm])
    client.read(["warm-up"])
    client.update([("warm-up", warm.rows[0]["opportunityId"])])
    taken = [
        measured(lambda: client.store(samples)),
        measured(lambda: client.read(ids)),
        measured(lambda: client.update(keys)),
        measured(lambda: client.store([large])),
        measured(lambda: client.read(["large"])),
    ]
    if (taken[1].items, taken[4].items) != (load.sessions * load.of, load.large):
        raise RuntimeError(f"{type(client).__name__} did not read what it had stored")
    return taken


def available(peers: tuple[Peer, ...], endpoint: str) -> list[Peer]:
    """Return those whose packages are installed; say which are not."""
    found = []
    for peer in peers:
        try:
            peer.open("Probe", endpoint).close()
        except ImportError as error:
            print(f"{peer.name} is left out: {error}")
        else:
            found.append(peer)
    return found


def run(endpoint: str, load: Load, rounds: int) -> dict[Peer, list[list[Taken]]]:
    """Return what each round took each peer."""
    taken: dict[Peer, list[list[Taken]]] = {peer: [] for peer in available(PEERS, endpoint)}
    models = analysed()
    for number in range(rounds):
        for place, peer in enumerate(taken):
            table = f"Bench{number}-{place}"
            create_tables(table, region=REGION, endpoint=endpoint, with_ttl=False)
            client = peer.open(table, endpoint)
            taken[peer].append(one_round(client, load, models))
            client.close()
            delete_tables(table, region=REGION, endpoint=endpoint)
    return taken


def report(taken: dict[Peer, list[list[Taken]]], load: Load) -> None:
    for place, work in enumerate(WORK):
        print(f"\n{work}: {opportunities(load)[place]:,} opportunities")
        head = f"{'wall s':>8}{'CPU s':>8}{'items':>8}{'CPU us/item':>13}{'x guide':>9}"
        print(f"  {'':<24}{head}  guarantees")
        guide = median_cpu(taken, "guide", place)
        for peer, rounds in taken.items():
            wall = statistics.median(one[place].wall_s for one in rounds)
            cpu = statistics.median(one[place].cpu_s for one in rounds)
            items = rounds[0][place].items
            figures = f"{wall:8.2f}{cpu:8.2f}{items:8,}{cpu / items * 1e6:13.0f}{guide / cpu:9.1f}"
            print(f"  {peer.name:<24}{figures}  {peer.guarantees}")


def opportunities(load: Load) -> tuple[int, ...]:
    """Return how many opportunities each piece of work touches."""
    return (load.sessions * load.of, load.sessions * load.of, load.updates, load.large, load.large)


def median_cpu(taken: dict[Peer, list[list[Taken]]], name: str, place: int) -> float:
    (rounds,) = (rounds for peer, rounds in taken.items() if name in peer.name)
    return statistics.median(one[place].cpu_s for one in rounds)


@contextmanager
def started(engine: str) -> Iterator[str]:
    """Start an engine; yield its endpoint."""
    if engine != "stub":
        sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
        from engines import endpoint_of

        yield endpoint_of(engine)
        return
    command = [sys.executable, str(Path(__file__).with_name("store_stub.py"))]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as stub:
        assert stub.stdout is not None
        yield f"http://127.0.0.1:{int(stub.stdout.readline())}"
        stub.communicate()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--engine", default="stub", help="stub, dynamodb-local, ministack or a URL")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="one small round: does it still run?")
    options = parser.parse_args()
    load, rounds = (QUICK, 1) if options.quick else (FULL, options.rounds)
    with started(options.engine) as endpoint:
        taken = run(endpoint, load, rounds)
    print(f"engine {options.engine}, median of {rounds} interleaved rounds, one request at a time")
    report(taken, load)


if __name__ == "__main__":
    main()
