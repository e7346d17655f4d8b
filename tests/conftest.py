"""The store matrix: what takes `store`, `fresh_store` or `open_store` runs on every store."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2 as httpx
import pytest
from fastapi import FastAPI
from hypothesis import settings
from lambda_events import WAYS, Connect, reached
from stores import STORES, ManualClock, Open, new_session_id

from opportune.stores.contract import RETENTION, Retention, Store

# The same examples every time, and no judgement of time: a red test is then red for everybody.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("long", max_examples=5000, deadline=None)
settings.load_profile("ci")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=list(STORES))
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
