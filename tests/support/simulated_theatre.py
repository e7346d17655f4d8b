"""Where schedules are played: stores of each kind for them, with nothing left to true chance."""

import itertools
import random
import uuid
from pathlib import Path

import pytest
from engines import REGION, SharedConnection
from faults import Injector
from migration_simulation import LEASES, RETENTION, Play
from simulated_store import Network, SimulatedStore, dynamodb_plan, seeded_ids
from simulated_world import World
from simulator import Item, Simulator

from opportune.stores.contract import Store
from opportune.stores.dynamodb import DynamoDBStore
from opportune.stores.memory.store import MemoryStore
from opportune.stores.migration.serving import Leases
from opportune.stores.sqlite import SQLiteStore

FAULTS = (0.0, 0.03, 0.08, 0.15)

PAIRS = (
    *(("memory", "memory"),) * 16,
    ("memory", "sqlite"),
    ("sqlite", "memory"),
    ("sqlite", "dynamodb"),
    ("dynamodb", "memory"),
)
"""Taken in turn by the seed: most of them the quickest."""

SLOW_LEASES = Leases(steady_s=6, moving_s=3, longest_request_s=200)
"""A DynamoDB store tries again for long."""


class ShortScans(Simulator):
    """Cuts scans into short pages, and leaves lists whole.

    A list that takes several requests shows no replace by halves, but single changes as each
    request finds them: it could not be judged as one moment.
    """

    def _Query(self, body: Item) -> Item:  # noqa: N802 # DynamoDB's spelling
        chance, self.chance = self.chance, None
        try:
            return super()._Query(body)
        finally:
            self.chance = chance


class Theatre:
    """Plays schedules one after the other; whatever is costly to make is used again."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._patch = patch
        self._names = itertools.count()
        self._injector = Injector()
        self._world = World(0)
        self._connection = SharedConnection(
            region=REGION,
            endpoint="http://127.0.0.1:9",
            in_flight=1,
            sleep=self._sleep,
            jitter=self._jitter,
            monotonic=self._monotonic,
        )
        self._injector.attach(self._connection)

    def perform(self, seed: int, kinds: tuple[str, str] | None = None) -> Play:
        """Play one schedule; raises AssertionError if it breaks a promise.

        Args:
            seed: Of everything that happens.
            kinds: Of both stores, if not as the seed has it.
        """
        self._patch.setattr(uuid, "uuid4", seeded_ids(seed))
        world = self._world = World(seed)
        network = Network(world, random.Random(seed).choice(FAULTS))
        kinds = kinds or PAIRS[seed % len(PAIRS)]
        self._injector.plan = dynamodb_plan(network)
        self._injector.carry = ShortScans(world.chance if seed % 3 == 0 else None)
        held, stores = {}, {}
        for kind, letter in zip(kinds, "AB", strict=True):
            url = f"{kind}-{letter}"
            held[url] = self._opened(kind, world)
            # Each request of the DynamoDB store meets its own fate.
            is_remote = kind == "dynamodb"
            stores[url] = held[url] if is_remote else SimulatedStore(url, held[url], network)
        leases = SLOW_LEASES if "dynamodb" in kinds else LEASES
        play = Play(world, network, stores, held, leases=leases)
        try:
            play.perform()
        except AssertionError as wrong:
            raise AssertionError(f"{wrong}\nseed {seed}, {' to '.join(kinds)}") from None
        finally:
            self._injector.sent.clear()
            for store in held.values():
                store.close()
        return play

    def close(self) -> None:
        self._connection.client.close()

    # Of the play under way.

    def _sleep(self, seconds: float) -> None:
        self._world.sleep(seconds)

    def _jitter(self) -> float:
        return self._world.chance.random()

    def _monotonic(self) -> float:
        return self._world.monotonic()

    def _opened(self, kind: str, world: World) -> Store:
        if kind == "memory":
            return MemoryStore(clock=world.clock, retention=RETENTION)
        if kind == "sqlite":
            path = self._folder / f"{next(self._names)}.sqlite3"
            return SQLiteStore(path, clock=world.clock, retention=RETENTION)
        simulator = self._injector.carry
        assert isinstance(simulator, Simulator)
        table = simulator.create("Simulated")
        return DynamoDBStore(
            table, clock=world.clock, retention=RETENTION, connection=self._connection
        )
