"""Every store under contract, how a test opens it, and sample records to put into it.

OPPORTUNE_TEST_STORES says which of them tests run on: `quick` (no engine; the default), `rest`
(all others), `all`, or names separated by commas. A new store is one line in IN_PROCESS or PLAIN.
 An opener must hand out an empty store when `fresh` is asked for;
otherwise it may share one among tests, which then use ids of their own.
"""

import os
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from engines import engine_names, open_on

from opportune.model.records import (
    Estimate,
    EstimateInput,
    Evidence,
    InventoryTotals,
    Opportunity,
    Priority,
    QualityNote,
    Session,
    SourceFile,
    Template,
)
from opportune.observe.store import observed
from opportune.stores.contract import RETENTION, Clock, Retention, Store
from opportune.stores.memory.store import MemoryStore
from opportune.stores.sqlite import SQLiteStore


class ManualClock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **interval: float) -> None:
        self.now += timedelta(**interval)


class Opener(Protocol):
    def __call__(
        self, tmp_path: Path, clock: Clock, retention: Retention, *, fresh: bool
    ) -> Store: ...


class Open(Protocol):
    """The `open_store` fixture: opens the store under test, and closes it when the test ends."""

    def __call__(self, retention: Retention = RETENTION, *, fresh: bool = False) -> Store: ...


def open_memory(tmp_path: Path, clock: Clock, retention: Retention, *, fresh: bool) -> Store:
    return MemoryStore(clock=clock, retention=retention)


def open_sqlite(tmp_path: Path, clock: Clock, retention: Retention, *, fresh: bool) -> Store:
    path = tmp_path / f"{uuid.uuid4().hex}.sqlite3"
    return SQLiteStore(path, clock=clock, retention=retention)


def open_observed(tmp_path: Path, clock: Clock, retention: Retention, *, fresh: bool) -> Store:
    """A store as a service has it: whatever it does passes through what measures it."""
    store = open_memory(tmp_path, clock, retention, fresh=fresh)
    return observed(store, lambda observation: None, kind=lambda: "memory")


IN_PROCESS: dict[str, Opener] = {
    "memory": open_memory,
    "sqlite": open_sqlite,
    "observed": open_observed,
}
PLAIN: dict[str, Opener] = IN_PROCESS | {
    f"dynamodb-{name.removeprefix('dynamodb-')}": open_on(name) for name in engine_names()
}


def open_migrating(name: str) -> Opener:
    """Return what opens a store migration at a stage; `migrations.py` knows how, and this file."""

    def opener(tmp_path: Path, clock: Clock, retention: Retention, *, fresh: bool) -> Store:
        import migrations

        return migrations.MIGRATING[name](tmp_path, clock, retention, fresh=fresh)

    return opener


MIGRATING = [
    f"{pair}-{stage}"
    for pair in ("memory-to-sqlite", *(f"sqlite-to-{engine}" for engine in engine_names()[:1]))
    for stage in ("OFF", "DUAL_WRITE", "CUT_OVER", "COMPLETE")
]
"""Two stores acting as one: in every stage they keep what one store keeps. On the first engine: a
migration knows stores by their contract alone, and that is tested on every engine."""
STORES: dict[str, Opener] = PLAIN | {name: open_migrating(name) for name in MIGRATING}
QUICK = ("memory", "sqlite", "observed", "memory-to-sqlite-CUT_OVER")
"""What `make test` runs on: a store of each kind that needs no engine, and one stage."""


def chosen(named: str) -> list[str]:
    """Return the stores that a value of OPPORTUNE_TEST_STORES names."""
    groups = {
        "quick": list(QUICK),
        "rest": [name for name in STORES if name not in QUICK],
        "all": list(STORES),
    }
    names = groups.get(named) or [name.strip() for name in named.split(",")]
    unknown = set(names) - set(STORES)
    if unknown:
        raise ValueError(f"OPPORTUNE_TEST_STORES names {sorted(unknown)}: not in {list(STORES)}")
    return names


UNDER_TEST = chosen(os.environ.get("OPPORTUNE_TEST_STORES", "quick"))  # noqa: TID251 # only tests


def reference_store(clock: Clock, retention: Retention = RETENTION) -> Store:
    """A store to take records from that the store under test is to replicate."""
    return MemoryStore(clock=clock, retention=retention)


def new_session_id() -> str:
    """An id that no other test has."""
    return f"s{uuid.uuid4().hex[:15]}"


def a_session(session_id: str, **fields: Any) -> Session:
    return Session.model_validate(
        {"id": session_id, "customer": "Panadería Ñandú", "updated_by": "ana"} | fields
    )


def an_opportunity(session_id: str, slug: str = "rehost", **fields: Any) -> Opportunity:
    plain = {
        "id": f"{session_id}.{slug}",
        "session_id": session_id,
        "title": f"Rehost {slug}",
        "category": "Migración",
        "priority": Priority.MEDIUM,
        "estimated_arr": Decimal("1234.56"),
        "updated_by": "ana",
    }
    return Opportunity.model_validate(plain | fields)


def a_template(template_id: str, **fields: Any) -> Template:
    plain = {"template_id": template_id, "title": "Landing zone", "updated_by": "ana"}
    return Template.model_validate(plain | fields)


def new_template_id() -> str:
    """An id that no other test has."""
    return f"t{uuid.uuid4().hex[:15]}"


def a_full_session(session_id: str) -> Session:
    """A header with something in every field."""
    return a_session(
        session_id,
        customer="Ünïcode \U0001f600 \N{CJK UNIFIED IDEOGRAPH-4E2D} \x01\x7f\u2028",
        language="pt",
        files=(
            SourceFile(name="a b.xlsx", kind="mpa-workbook", sha256="0" * 64, size_bytes=2**40),
        ),
        totals=InventoryTotals(servers=200, ram_gb=6503.5, disk_gb=0.1 + 0.2, database_gb=1e-7),
        quality=(QualityNote(code="unit-decided", message="", source="Servers!L"),),
        change_id="change-1",
    )


def a_full_opportunity(session_id: str) -> Opportunity:
    """An opportunity with something in every field."""
    return an_opportunity(
        session_id,
        "a-1",
        title="Ünïcode \U0001f600 'quoted' \"twice\" \\ %_* \N{CJK UNIFIED IDEOGRAPH-4E2D}",
        category="",
        priority=Priority.LOW,
        estimated_arr=Decimal("9999999999999.99"),
        reasoning="line\nline\r\n\ttab \x01 \x7f \u2028 \ufeff",
        evidence=(Evidence(file="a.xlsx", location="Servers!F2:F201", text=""),),
        talking_points=("", " ", "e\u0301 is not \u00e9"),
        next_steps=("first", "first"),
        related_services=("Amazon RDS",),
        status="En Progreso",
        template_id="rehost",
        customer="Panadería Ñandú",
        owner="ana",
        close_date="2026-12-31",
        loss_reason="-",
        estimate=Estimate(
            basis="on-demand",
            price_book="2026-03",
            region="eu-south-2",
            formula="a * b",
            inputs=(EstimateInput(name="hours", value="8760", unit="h", source="constant"),),
            low=Decimal("-9999999999999.99"),
            expected=Decimal("0.01"),
            high=Decimal(0),
            digest="f" * 64,
        ),
        language="es",
        keep=True,
        change_id="change-2",
        change_note="because \U0001f600",
    )
