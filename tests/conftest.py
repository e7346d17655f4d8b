"""The store matrix: what takes `store`, `fresh_store` or `open_store` runs on every store."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2 as httpx
import once
import pytest
from fastapi import FastAPI
from hypothesis import settings
from lambda_events import WAYS, Connect, reached
from stores import STORES, UNDER_TEST, ManualClock, Open, new_session_id

from opportune.stores.contract import RETENTION, Retention, Store

# The same examples every time, and no judgement of time: a red test is then red for everybody.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("long", max_examples=5000, deadline=None)
settings.load_profile("ci")

SYSTEM = Path(__file__).parent / "system"


LONGEST_FIRST = (
    "test_deployment.py",
    "test_migration_kills.py",
    "test_package.py",
    "test_infra.py",
    "test_store_machine.py",
    "test_migration_simulation.py",
)
"""What takes half a minute and more begins at once: else one worker ends long after the others."""


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        once.begin()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        once.end()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in tests/system as slow, and what runs once for each store."""
    for item in items:
        if SYSTEM in item.path.parents:
            item.add_marker(pytest.mark.slow)
        if "store_name" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.every_store)
            if item.get_closest_marker("slow"):
                raise pytest.UsageError(f"{item.nodeid}: slow, so `make test` would not run it")
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    name = item.path.name
    return LONGEST_FIRST.index(name) if name in LONGEST_FIRST else len(LONGEST_FIRST)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=UNDER_TEST)
def store_name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def open_store(store_name: str, tmp_path: Path, clock: ManualClock) -> Iterator[Open]:
    opened: list[Store] = []

    def open_one(retention: Retention = RETENTION, *, fresh: bool = False) -> Store:
        opened.append(STORES[store_name](tmp_path, clock, retention, fresh=fresh))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Open) -> Store:
    """A store in which ids of one's own are free, and others' may be there."""
    return open_store()


@pytest.fixture
def fresh_store(open_store: Open) -> Store:
    """An empty store."""
    return open_store(fresh=True)


@pytest.fixture
def session_id() -> str:
    return new_session_id()


@pytest.fixture(params=WAYS)
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """Gives clients of applications: directly, through an HTTP API, through a function URL."""
    with ExitStack() as clients:

        def connected(app: FastAPI) -> httpx.Client:
            return clients.enter_context(reached(app, request.param))

        yield connected
