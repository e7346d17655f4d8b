"""A service with users' templates."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from customer import report, workbook

from opportune.analysis.plays.play import Play, Texts
from opportune.model.records import Opportunity
from opportune.pipeline.service import Service
from opportune.stores.contract import Store
from opportune.stores.files.kept import MemoryFiles
from opportune.stores.open import open_store

OURS = Play(
    id="arm-first",
    play="graviton",
    en=Texts(title="Arm first: {candidates:server|servers}", reasoning=("{share} less.",)),
    es=Texts(title="Arm primero", reasoning=("{share} menos.",)),
)


PLAIN = Play(
    id="kick-off",
    category="Workshop",
    services=("AWS Training and Certification",),
    priority={"rule": "fixed", "level": "High"},
    es=Texts(
        title="Taller para {customer}: {teams:equipo|equipos}",
        reasoning=("Lo pidió {who}.", {"when": "date", "text": "Será el {date}."}),
        next_steps=("{teams:|Invitarlo|Invitarlos}.",),
    ),
)


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    url = "memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'kept.sqlite3'}"
    store = open_store(url, clock=Clock())
    yield store
    store.close()


@pytest.fixture
def service(store: Store) -> Service:
    return Service(store, MemoryFiles(), clock=Clock())


def analysed(service: Service, **options: Any) -> str:
    wanted: dict[str, Any] = {"customer": "Example Corp", "updated_by": "ana"} | options
    return service.analyses.analyze([workbook(), report()], **wanted).session_id


def of(service: Service, session: str, play: str) -> Opportunity:
    return service.store.get_opportunity(f"{session}.{play}")
