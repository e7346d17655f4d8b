"""What a store migration refuses, in one sentence, so that nothing is lost or mixed."""

from collections.abc import Callable

import pytest
from journeys import VERBS, fill
from migrations import SOURCE, TARGET, World
from stores import a_template

from opportune.errors import ConfigurationError, NotVerifiedError, WrongStageError
from opportune.stores.journal import Stage
from opportune.stores.memory.store import MemoryStore
from opportune.stores.migration.verbs import finish


@pytest.fixture
def world() -> World:
    made = World(MemoryStore(), MemoryStore())
    fill(made)
    return made


# Verifying comes first


def _stale(world: World) -> None:
    finish(world.migrator().verify())
    finish(world.migrator().cut_over())
    finish(world.migrator().roll_back())


def _unclean(world: World) -> None:
    world.source.put_template(a_template("behind"))  # past the journal
    finish(world.migrator().verify())


@pytest.mark.parametrize(
    ("prepare", "why"),
    [
        (lambda world: None, "not compared yet"),
        (_stale, "before the last change of stage"),
        (_unclean, "1 differences.*verify --repair"),
    ],
)
def test_cutting_over_needs_a_clean_verification_since_the_last_change_of_stage(
    world: World, prepare: Callable[[World], None], why: str
) -> None:
    world.bring_to(Stage.DUAL_WRITE)
    prepare(world)
    number = world.migrator().status().stage_number
    with pytest.raises(NotVerifiedError, match=why):
        finish(world.migrator().cut_over())
    assert world.migrator().status().stage_number == number


def test_completing_needs_a_clean_verification_since_the_cut_over(world: World) -> None:
    world.bring_to(Stage.CUT_OVER)
    with pytest.raises(NotVerifiedError, match="before the last change"):
        finish(world.migrator().complete())
    world.source.put_template(a_template("behind"))
    finish(world.migrator().verify())
    with pytest.raises(NotVerifiedError, match="1 differences"):
        finish(world.migrator().complete())
    assert world.migrator().status().stage is Stage.CUT_OVER


def test_a_verification_during_which_the_stage_changed_counts_for_nothing(world: World) -> None:
    world.bring_to(Stage.DUAL_WRITE)
    finish(world.migrator().verify())
    steps = world.migrator().verify()
    next(steps)
    finish(world.migrator().cut_over())
    with pytest.raises(WrongStageError, match="meanwhile"):
        finish(steps)
    assert not world.migrator().status().is_verified


@pytest.mark.parametrize(
    ("stage", "verb"),
    [
        (Stage.OFF, "verify"),
        (Stage.OFF, "cut_over"),
        (Stage.OFF, "complete"),
        (Stage.DUAL_WRITE, "complete"),
        (Stage.CUT_OVER, "start"),
        (Stage.COMPLETE, "start"),
        (Stage.COMPLETE, "verify"),
        (Stage.COMPLETE, "cut_over"),
        (Stage.COMPLETE, "roll_back"),
    ],
)
def test_a_step_that_does_not_follow_is_refused_in_one_sentence(
    world: World, stage: Stage, verb: str
) -> None:
    world.bring_to(stage)
    before = world.source.get_migration()
    with pytest.raises(WrongStageError, match=r"^[^\n]+\.$"):
        finish(VERBS[verb](world.migrator()))
    assert world.source.get_migration() == before


@pytest.mark.parametrize("stage", [Stage.DUAL_WRITE, Stage.CUT_OVER, Stage.COMPLETE])
def test_a_step_that_was_taken_already_is_no_error(world: World, stage: Stage) -> None:
    world.bring_to(stage)
    verb = {Stage.DUAL_WRITE: "start", Stage.CUT_OVER: "cut_over", Stage.COMPLETE: "complete"}
    before = world.source.get_migration()
    assert finish(VERBS[verb[stage]](world.migrator())).stage is stage
    assert world.source.get_migration() == before


def test_a_target_with_something_of_its_own_is_refused(world: World) -> None:
    world.target.put_template(a_template("mine"))
    with pytest.raises(ConfigurationError, match=r"not empty.*name an empty store"):
        finish(world.migrator().start())
    assert world.source.get_migration() is None
    assert world.target.get_migration() is None


def test_a_target_of_another_migration_is_refused(world: World) -> None:
    other = World(MemoryStore(), world.target, urls=("sqlite:///other", TARGET))
    other.source.put_template(a_template("o"))
    other.bring_to(Stage.DUAL_WRITE)
    world.watched["sqlite:///other"] = other.source
    with pytest.raises(ConfigurationError, match="belongs to another"):
        finish(world.migrator().start())
    assert other.migrator().status().stage is Stage.DUAL_WRITE


def test_only_the_store_that_serves_can_be_migrated(world: World) -> None:
    world.bring_to(Stage.DUAL_WRITE)
    third = World(world.target, MemoryStore(), urls=(TARGET, "sqlite:///third"))
    third.watched[SOURCE] = world.source
    with pytest.raises(WrongStageError, match="which decides"):
        finish(third.migrator().start())
    with pytest.raises(WrongStageError, match="other way round"):
        finish(world.migrator(back=True).verify())
    other = World(world.source, MemoryStore(), urls=(SOURCE, "sqlite:///third"))
    with pytest.raises(WrongStageError, match="is under way"):
        finish(other.migrator().start())
    with pytest.raises(WrongStageError, match="goes to"):
        finish(other.migrator().verify())


def test_one_store_under_two_names_is_noticed_and_left_as_it_was(world: World) -> None:
    world = World(world.target, world.target)
    with pytest.raises(ConfigurationError, match="same store"):
        finish(world.migrator().start())
    process = world.process()
    process.put_template(a_template("t"))
    assert process.get_template("t").version == 1
