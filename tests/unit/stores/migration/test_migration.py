"""The verbs of an operator: what they do, what they refuse, and that all can be repeated."""

import contextlib
import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from engines import engine_names
from journeys import SESSION, VERBS, People, fill, travel
from migrations import SOURCE, TARGET, World, scanned
from stores import STORES, ManualClock, a_session, a_template, an_opportunity

from opportune.errors import (
    ConfigurationError,
    MigrationError,
    StoreUnavailableError,
    WrongStageError,
)
from opportune.stores.contract import RETENTION
from opportune.stores.journal import Stage
from opportune.stores.memory.store import MemoryStore
from opportune.stores.migration.serving import LEASES
from opportune.stores.migration.steps import Progress
from opportune.stores.migration.verbs import finish, migration_of

ENGINE = f"dynamodb-{engine_names()[0].removeprefix('dynamodb-')}"
PAIRS = [
    pytest.param(pair, marks=[pytest.mark.slow] * (ENGINE in pair), id="-to-".join(pair))
    for pair in itertools.permutations(("memory", "sqlite", ENGINE), 2)
]


@pytest.fixture
def world() -> World:
    made = World(MemoryStore(), MemoryStore())
    fill(made)
    return made


# A whole migration


@pytest.mark.parametrize("kinds", PAIRS)
def test_a_migration_between_any_two_kinds_of_store_there_back_and_there_for_good(
    kinds: tuple[str, str], tmp_path: Path
) -> None:
    clock = ManualClock()
    pair = [STORES[kind](tmp_path, clock, RETENTION, fresh=True) for kind in kinds]
    world = World(pair[0], pair[1], clock)
    fill(world)
    people = People(world)
    assert travel(world, people) == 0
    assert people.acknowledged > 60
    final = finish(world.migrator().complete())
    assert final.stage is Stage.COMPLETE
    assert final.open_notes == 0
    assert world.source.get_opportunities(SESSION) != world.target.get_opportunities(SESSION)
    back = World(pair[1], pair[0], clock, urls=(TARGET, SOURCE))
    finish(back.migrator().start())
    status = finish(back.migrator().verify())
    assert status.is_verified, "a former partner takes what it has missed"
    assert scanned(pair[1]) == scanned(pair[0])
    assert finish(back.migrator().roll_back()).stage is Stage.OFF
    for store in pair:
        store.close()


def test_rolling_back_after_the_cut_over_keeps_every_write_made_since(world: World) -> None:
    world.bring_to(Stage.CUT_OVER)
    process = world.process(1)
    for number in range(30):
        process.put_opportunity(process.get_opportunity(f"{SESSION}.a").revised(owner=f"o{number}"))
    process.store_opportunities(a_session("new"), [an_opportunity("new")])
    process.delete_session("kept", updated_by="ana", change_id="c")
    process.put_template(a_template("u"))
    read = scanned(world.target)
    assert finish(world.migrator().roll_back(to=Stage.OFF)).stage is Stage.OFF
    assert scanned(world.source) == read
    world.time.advance(11)
    assert process.get_opportunity(f"{SESSION}.a").owner == "o29"
    assert [one.template_id for one in process.list_templates()] == ["t", "u"]


def test_the_pause_is_short(world: World) -> None:
    world.bring_to(Stage.DUAL_WRITE)
    finish(world.migrator().verify())
    slept_s = world.time.slept_s
    finish(world.migrator().cut_over())
    assert world.time.slept_s - slept_s == 2, "one lease"
    finish(world.migrator().verify())
    finish(world.migrator().complete())
    assert world.time.slept_s - slept_s == 2, "completing waits for nobody"


# Two operators


def test_of_two_operators_who_start_at_once_towards_different_targets_one_succeeds(
    world: World,
) -> None:
    other = World(world.source, MemoryStore(), urls=(SOURCE, "sqlite:///other"))

    def meanwhile(name: str, call: Callable[[], object]) -> object:
        if name == "target.put_migration":
            world.requests.heal()
            other.bring_to(Stage.DUAL_WRITE)
        return call()

    world.requests.plan = meanwhile
    with pytest.raises(WrongStageError, match="faster"):
        finish(world.migrator().start())
    assert other.migrator().status().stage is Stage.DUAL_WRITE


def test_of_two_who_start_in_opposite_directions_neither_harms_the_other() -> None:
    world = World(MemoryStore(), MemoryStore())

    def meanwhile(name: str, call: Callable[[], object]) -> object:
        if name == "target.put_migration":
            world.requests.heal()
            call()
            with pytest.raises((MigrationError, ConfigurationError)):
                finish(world.migrator(back=True).start())
            return None
        return call()

    world.requests.plan = meanwhile
    try:
        finish(world.migrator().start())
    except (MigrationError, AttributeError):
        finish(world.migrator().start())
    assert world.migrator().status().stage is Stage.DUAL_WRITE


@pytest.mark.parametrize("pause", [0.0, 1.0])
def test_two_operators_who_take_turns_with_the_same_verb_both_end_well(
    world: World, pause: float
) -> None:
    people = People(world)
    for verb in ("start", "verify", "cut_over", "verify", "complete"):
        running = [VERBS[verb](world.migrator(operator=name)) for name in ("ana", "bea")]
        while running:
            for steps in list(running):
                try:
                    next(steps)
                except StopIteration:
                    running.remove(steps)
                world.time.advance(pause + 0.001)
                people.work()
    assert world.migrator().status().stage is Stage.COMPLETE
    assert people.acknowledged > 20


def test_cutting_over_and_rolling_back_at_once_end_in_one_of_both(world: World) -> None:
    for first in range(1, 8):
        made = World(MemoryStore(), MemoryStore())
        fill(made)
        made.bring_to(Stage.DUAL_WRITE)
        finish(made.migrator().verify())
        cutting = made.migrator().cut_over()
        for _ in range(first):
            if next(cutting, None) is None:
                break
        finish(made.migrator(operator="bea").roll_back(to=Stage.DUAL_WRITE))
        with contextlib.suppress(MigrationError):
            finish(cutting)
        assert made.migrator().status().stage in (Stage.DUAL_WRITE, Stage.CUT_OVER)
        made.process().put_template(a_template("u"))


# Copying


def test_after_a_kill_at_most_one_batch_is_copied_again(world: World) -> None:
    total = len(scanned(world.source))
    for number in range(6):
        made = World(world.source, MemoryStore(), urls=(SOURCE, f"sqlite:///{number}"))
        batches = 0

        def plan(name: str, call: Callable[[], object], number: int = number) -> object:
            nonlocal batches
            batches += name == "target.replicate"
            answer = call()
            if name == "target.replicate" and batches == number + 1:
                raise StoreUnavailableError("cut after the batch, before it is written down")
            return answer

        made.requests.plan = plan
        with pytest.raises(StoreUnavailableError):
            finish(made.migrator().start(batch=2))
        finish(made.migrator().start(batch=2))
        assert batches == -(-total // 2) + 1
        finish(made.migrator().roll_back())
        assert scanned(made.target) == scanned(world.source)


def test_copying_waits_until_no_write_without_a_fence_can_be_under_way(world: World) -> None:
    steps = world.migrator().start()
    for _ in steps:
        if "target.replicate" not in world.requests.sent:
            continue
        assert world.time.slept_s == LEASES.unfenced_s
        break
    assert world.time.slept_s == LEASES.unfenced_s


def test_copying_keeps_to_a_rate_and_tells_how_long_it_will_take() -> None:
    world = World(MemoryStore(), MemoryStore())
    world.source.store_opportunities(
        a_session("s1"), [an_opportunity("s1", f"o-{number}") for number in range(199)]
    )
    told: list[Progress] = []
    finish(world.migrator().start(batch=10, records_per_s=20), told.append)
    assert world.time.slept_s == pytest.approx(LEASES.unfenced_s + 10)
    copied = [one for one in told if one.step == "backfill"]
    assert [one.done for one in copied] == list(range(10, 201, 10))
    assert {one.total for one in copied} == {200}
    assert copied[9].per_s == pytest.approx(20, rel=0.15)
    assert copied[9].left_s == pytest.approx(5, rel=0.15)


@pytest.mark.parametrize("verb", ["cut_over", "roll_back", "complete"])
def test_what_was_left_behind_just_before_the_pause_is_brought_over_in_it(
    world: World, verb: str
) -> None:
    status = world.bring_to(Stage.DUAL_WRITE if verb == "cut_over" else Stage.CUT_OVER)
    assert status is not None
    finish(world.migrator().verify())

    def plan(name: str, call: Callable[[], object]) -> object:
        if name == "source.put_migration":
            world.requests.heal()
            world.source.journaled(
                lambda written: None, stage_number=status.stage_number
            ).put_template(a_template("of-a-process-that-ended"))
        return call()

    world.requests.plan = plan
    shown = 1
    for _ in VERBS[verb](world.migrator()):
        templates = len(world.process().list_templates())
        assert templates >= shown, "what was read once is never gone again"
        shown = templates
    assert scanned(world.source) == scanned(world.target)
    assert world.source.journal() == ()


# Answers


def test_every_answer_ends_with_the_next_step(world: World) -> None:
    said = [
        finish(VERBS[verb](world.migrator())).next_step
        for verb in ("start", "verify", "cut_over", "verify", "complete")
    ]
    assert [text.split(" (")[0] for text in said[:4]] == [
        f"opportune store migrate {verb}" for verb in ("verify", "cut-over", "verify", "complete")
    ]
    assert f"configure every process for {TARGET}" in said[4]


def test_the_status_says_who_did_what(world: World) -> None:
    with pytest.raises(WrongStageError, match="There is no store migration"):
        world.migrator().status()
    world.bring_to(Stage.CUT_OVER)
    status = world.migrator().status()
    assert [change.stage_number for change in status.changes] == [1, 2, 3, 4]
    assert {change.by for change in status.changes} == {"ana"}
    assert status.reads == "target"
    assert status.backfill.copied.total == len(scanned(world.target))
    assert migration_of(TARGET, world.plain.get) == (SOURCE, TARGET)
    with pytest.raises(WrongStageError):
        migration_of(SOURCE, lambda url: MemoryStore())


@pytest.mark.parametrize("toward", [Stage.CUT_OVER, Stage.DUAL_WRITE, Stage.COMPLETE])
def test_what_was_interrupted_is_finished(world: World, toward: Stage) -> None:
    world.bring_to(Stage.DUAL_WRITE if toward is Stage.CUT_OVER else Stage.CUT_OVER)
    finish(world.migrator().verify())
    verb = {
        Stage.CUT_OVER: "cut_over",
        Stage.DUAL_WRITE: "roll_back",
        Stage.COMPLETE: "complete",
    }[toward]
    steps = VERBS[verb](world.migrator())
    while world.source.get_migration() and world.migrator().status().stage is not Stage.PAUSED:
        next(steps)
    steps.close()
    assert verb.replace("_", "-") in world.migrator().status().next_step
    assert finish(world.migrator().resume()).stage is toward


def test_an_unreadable_target_in_cut_over_can_be_abandoned_and_nothing_is_lost(
    world: World,
) -> None:
    world.bring_to(Stage.CUT_OVER)
    process = world.process()
    process.put_template(a_template("u"))
    held = scanned(world.target)

    def plan(name: str, call: Callable[[], object]) -> object:
        if name.startswith("target."):
            raise StoreUnavailableError("gone for good")
        return call()

    world.requests.plan = plan
    with pytest.raises(StoreUnavailableError):
        process.put_template(a_template("v"))
    with pytest.raises(StoreUnavailableError):
        finish(world.migrator().roll_back(to=Stage.OFF))
    finish(world.migrator().roll_back(to=Stage.OFF, abandon_target=True))
    world.time.advance(11)
    assert [one.template_id for one in process.list_templates()] == ["t", "u", "v"]
    assert held.items() <= scanned(world.source).items()


def test_a_new_migration_has_a_higher_stage_number_than_any_before(world: World) -> None:
    numbers = [0]
    for _ in range(3):
        world.bring_to(Stage.DUAL_WRITE)
        numbers.append(world.migrator().status().stage_number)
        finish(world.migrator().roll_back())
        numbers.append(world.migrator().status().stage_number)
    assert numbers == sorted(set(numbers))
