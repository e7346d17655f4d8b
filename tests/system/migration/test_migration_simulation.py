"""Store migrations by the hundred, each a course of events that follows from its seed.

OPPORTUNE_SCHEDULES=N plays N instead of the fixed ones, OPPORTUNE_FIRST_SEED says from which seed
on; a failure prints its whole course and its seed, and this plays it again:

    OPPORTUNE_FIRST_SEED=123 OPPORTUNE_SCHEDULES=1 \\
      pytest tests/system/migration/test_migration_simulation.py -s
"""

import os
from collections.abc import Iterator

import pytest
from simulated_theatre import Theatre

from opportune.stores.journal import Stage

SCHEDULES = int(os.environ.get("OPPORTUNE_SCHEDULES", "400"))  # noqa: TID251 # only tests
FIRST_SEED = int(os.environ.get("OPPORTUNE_FIRST_SEED", "0"))  # noqa: TID251 - the same
PER_TEST = 20


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    with pytest.MonkeyPatch.context() as patch:
        theatre = Theatre(tmp_path_factory.mktemp("stores"), patch)
        yield theatre
        theatre.close()


@pytest.mark.parametrize("first", range(FIRST_SEED, FIRST_SEED + SCHEDULES, PER_TEST))
def test_every_schedule_keeps_every_promise(first: int, theatre: Theatre) -> None:
    seeds = range(first, min(first + PER_TEST, FIRST_SEED + SCHEDULES))
    plays = [theatre.perform(seed) for seed in seeds]

    if SCHEDULES == 1:
        print(plays[0].story())  # noqa: T201 # shown with -s
    assert sum(play.acknowledged for play in plays) > 5 * len(plays)  # faults did not hide all
    if len(plays) == PER_TEST:
        assert set().union(*(play.stages for play in plays)) == set(Stage)


@pytest.mark.parametrize("seed", [1, 2, 3, 16, 17, 18, 19])
def test_the_same_seed_gives_the_same_course(seed: int, theatre: Theatre) -> None:
    course = theatre.perform(seed).world.log
    assert len(course) > 100
    assert theatre.perform(seed).world.log == course
    assert theatre.perform(seed + 20).world.log != course
