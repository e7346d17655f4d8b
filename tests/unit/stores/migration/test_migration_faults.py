"""One request, of the migrator or of somebody at work, is cut or fails: nothing told is lost."""

import os

import pytest
from journeys import JOURNEY, People, check_equal, fill, travel
from migrations import World

from opportune.stores.journal import Stage
from opportune.stores.memory.store import MemoryStore
from opportune.stores.migration.serving import Leases

EVERY = int(os.environ.get("OPPORTUNE_FAULT_STRIDE", "23"))  # noqa: TID251 - only tests
"""1: a fault at every request; else at every so many, each test beginning at another."""


def _world() -> World:
    world = World(MemoryStore(), MemoryStore(), leases=Leases(steady_s=4, longest_request_s=2))
    fill(world)
    return world


def _journey(number: int | None, fault: str) -> tuple[World, People, int]:
    world = _world()
    people = People(world)
    if number is not None:
        act = world.requests.cut if fault.startswith("cut") else world.requests.fail
        act(number, after=fault.endswith("after"))
    again = travel(world, people)
    return world, people, again


def test_people_work_on_through_a_migration_there_and_back_and_there_again() -> None:
    world, people, again = _journey(None, "")
    assert again == 0
    assert people.acknowledged > 40
    assert 0 < people.refused < people.acknowledged / 3, "only while writes rest"
    migration = world.source.get_migration()
    assert migration is not None
    assert migration.stage is Stage.COMPLETE


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["cut before", "cut after", "failed before", "failed after"])
def test_a_fault_at_any_request_loses_nothing(fault: str) -> None:
    total = len(_journey(None, "")[0].requests.sent)
    hit = 0
    for number in range(hash_of(fault) % EVERY, total, EVERY):
        world, people, again = _journey(number, fault)
        hit += again
        assert people.acknowledged > 25, number
        assert world.migrator().status().stage is Stage.COMPLETE
    assert hit > total / EVERY / 10, "the migrator was hit too"


def hash_of(text: str) -> int:
    """A number that is the same in every run."""
    return sum(text.encode())


def test_without_the_last_step_both_stores_end_equal_after_any_fault() -> None:
    total = len(_journey(None, "")[0].requests.sent)
    for number in range(3, total, 3 * EVERY):
        world = _world()
        people = People(world)
        world.requests.cut(number)
        travel(world, people, JOURNEY[:-1])
        world.requests.heal()
        people.processes[0].close()
        list(world.migrator().verify())
        status = world.migrator().status()
        assert status.is_verified, number
        check_equal(world)
