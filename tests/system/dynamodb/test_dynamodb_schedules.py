"""Random fault schedules: what was acknowledged is there, nothing is torn, doubled or lost.

Most run on the simulator, which is quick and can cut pages short; some on every engine.
OPPORTUNE_SCHEDULES=N plays N on the simulator instead of the fixed 500, and a tenth of that on
engines; OPPORTUNE_FIRST_SEED says from which seed on.
"""

import os
import random
import uuid
from datetime import datetime

import pytest
from engines import REGION, endpoint_of, engine_names, new_table
from faults import Injector
from moves import at_stage
from schedules import SLUGS, Schedule
from simulator import Simulator
from stores import ManualClock, new_session_id

from opportune.stores.dynamodb import DynamoDBStore, transactions
from opportune.stores.dynamodb.connection import Connection
from opportune.stores.journal import Written

SCHEDULES = int(os.environ.get("OPPORTUNE_SCHEDULES", "500"))  # noqa: TID251 # only tests
FIRST_SEED = int(os.environ.get("OPPORTUNE_FIRST_SEED", "0"))  # noqa: TID251 - the same
STEPS = 8
PER_TEST = 25


def blocks(schedules: int) -> range:
    return range(FIRST_SEED, FIRST_SEED + schedules, PER_TEST)


def play(
    seed: int,
    table: str,
    connection: Connection,
    injector: Injector,
    simulator: Simulator | None = None,
) -> int:
    """Play one schedule; return how many writes were acknowledged."""
    chance = random.Random(seed)
    clock = ManualClock()
    store = DynamoDBStore(table, clock=clock, connection=connection)

    def sweep(now: datetime) -> None:
        if simulator:
            simulator.sweep(now, chance)

    schedule = Schedule(seed, new_session_id(), clock, injector, sweep)
    if seed % 4 < 2:
        schedule.play(store, STEPS)
    else:
        play_journaled(schedule, store)
    injector.sent.clear()
    return schedule.acknowledged


def play_journaled(schedule: Schedule, store: DynamoDBStore) -> None:
    """Play with a journal: in the end every revision is noted, and what was told is noted once."""
    at_stage(store, 1)
    told: list[Written] = []
    schedule.play(store.journaled(told.append, stage_number=1), STEPS)
    notes = store.journal(session_id=schedule.session_id, limit=1000)
    named = {one for note in notes for one in note.opportunity_ids}
    kept = {f"{schedule.session_id}.{slug}" for slug in SLUGS}
    assert {one for one in kept if store.get_history(one)} <= named
    keys = [wrote.note.key for wrote in told]
    assert len(set(keys)) == len(keys)
    assert set(keys) <= {note.key for note in notes}


def set_transaction_size(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With 7 actions a list of more than three is written in stages; with 100 none is."""
    monkeypatch.setattr(transactions, "TRANSACTION_ACTIONS", (7, 100)[seed % 2])


@pytest.mark.parametrize("first", blocks(SCHEDULES))
def test_every_schedule_has_a_sequential_explanation(
    first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = Connection(region=REGION, endpoint="http://127.0.0.1:9", sleep=lambda s: None)
    injector = Injector()
    injector.attach(connection)
    acknowledged = 0
    for seed in range(first, first + PER_TEST):
        set_transaction_size(seed, monkeypatch)
        simulator = Simulator(random.Random(seed) if seed % 3 == 0 else None)
        injector.carry = simulator
        table = simulator.create("Simulated")
        acknowledged += play(seed, table, connection, injector, simulator)
    connection.close()
    assert acknowledged > PER_TEST  # most writes got through: the faults did not hide them


@pytest.mark.parametrize("engine", engine_names())
@pytest.mark.parametrize("first", blocks(SCHEDULES // 10))
def test_every_schedule_on_an_engine_has_a_sequential_explanation(
    engine: str, first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = Connection(region=REGION, endpoint=endpoint_of(engine), sleep=lambda s: None)
    injector = Injector()
    injector.attach(connection)
    table = new_table(engine, f"T{uuid.uuid4().hex}")
    acknowledged = 0
    for seed in range(first, first + PER_TEST):
        set_transaction_size(seed, monkeypatch)
        acknowledged += play(seed, table, connection, injector)
    connection.close()
    assert acknowledged > PER_TEST
