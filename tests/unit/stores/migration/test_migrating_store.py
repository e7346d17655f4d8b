"""Who serves, for how long a process believes it, and what that means for its answers."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from migrations import SOURCE, STAGES, TARGET, CutError, World
from stores import a_session, a_template, an_opportunity

from opportune.errors import (
    ConfigurationError,
    OpportunityNotFoundError,
    StoreUnavailableError,
    VersionConflictError,
)
from opportune.model.records import Opportunity
from opportune.stores.contract import Store
from opportune.stores.journal import Migration, Stage
from opportune.stores.memory.store import MemoryStore
from opportune.stores.migration.pairing import SETTLED_TOGETHER
from opportune.stores.migration.store import MigratingStore
from opportune.stores.migration.verbs import finish

ONE = "s1.rehost"


@pytest.fixture
def world() -> World:
    made = World(MemoryStore(), MemoryStore())
    made.source.store_opportunities(a_session("s1"), [an_opportunity("s1")])
    return made


def _owned(store: Store, owner: str, **changes: Any) -> Opportunity:
    return store.put_opportunity(store.get_opportunity(ONE).revised(owner=owner, **changes))


def _change(world: World, **changes: Any) -> Migration:
    """Change the record behind everybody's back."""
    record = world.source.get_migration()
    assert record is not None
    return world.source.put_migration(
        record.revised(stage_number=record.stage_number + 1, **changes)
    )


def _intercept(world: World, method: str, act: Callable[[], object]) -> None:
    """Do something once, after the next request of this name was carried out."""

    def plan(name: str, call: Callable[[], Any]) -> Any:
        try:
            return call()
        finally:
            if name == method:
                world.requests.heal()
                act()

    world.requests.plan = plan


# Who serves


@pytest.mark.parametrize("stage", STAGES)
def test_each_stage_is_read_and_written_where_it_says(world: World, stage: Stage) -> None:
    world.bring_to(stage)
    configured = (0,) if stage is Stage.OFF else (0, 1)
    for number in configured:
        process = world.process(number)
        written = _owned(process, f"o{number}")
        in_source = world.source.get_history(ONE)[-1] == written
        in_target = world.target.get_history(ONE)[-1:] == (written,)
        assert in_source is (stage is not Stage.COMPLETE)
        assert in_target is (stage is not Stage.OFF)
        world.requests.sent.clear()
        process.get_opportunity(ONE)
        side = "target" if stage in (Stage.CUT_OVER, Stage.COMPLETE) else "source"
        assert world.requests.sent == [f"{side}.get_opportunity"]


@pytest.mark.parametrize("reads_target", [False, True])
def test_a_pause_refuses_writes_and_says_when_to_come_again(
    world: World, *, reads_target: bool
) -> None:
    world.bring_to(Stage.DUAL_WRITE)
    _change(world, stage=Stage.PAUSED, toward=Stage.CUT_OVER, reads_target=reads_target)
    process = world.process()
    before = process.get_opportunity(ONE)
    world.requests.sent.clear()
    writes: list[Callable[[], object]] = [
        lambda: process.put_opportunity(before.revised(owner="o")),
        lambda: process.store_opportunities(a_session("s1"), []),
        lambda: process.delete_session("s1", updated_by="ana", change_id="c"),
        lambda: process.put_template(a_template("t")),
        lambda: process.delete_template("t", version=1, updated_by="ana", change_id="c"),
        lambda: process.replicate([before]),
    ]
    for write in writes:
        with pytest.raises(StoreUnavailableError, match="Nothing was written") as refused:
            write()
        assert refused.value.retry_after_s == 2
    assert world.requests.sent == ["source.get_migration"] * len(writes), "perhaps it is over"
    world.requests.sent.clear()
    assert process.get_opportunity(ONE) == before
    assert world.requests.sent == [("target" if reads_target else "source") + ".get_opportunity"]


def test_finished_migrations_are_followed_from_store_to_store() -> None:
    urls = [f"sqlite:///{number}" for number in range(4)]
    plain = {url: MemoryStore() for url in urls}
    for source, target in itertools.pairwise(urls):
        pair = World(plain[source], plain[target], urls=(source, target))
        pair.watched = dict(plain)
        pair.bring_to(Stage.COMPLETE)
    processes = [
        MigratingStore(plain[url], url=url, open_peer=plain.get, monotonic=lambda: 0.0)
        for url in urls
    ]
    for number, process in enumerate(processes):
        process.store_opportunities(a_session(f"s{number}"), [])
    assert {one.id for one in plain[urls[-1]].list_sessions().items} == {"s0", "s1", "s2", "s3"}
    assert not plain[urls[0]].list_sessions().items


def test_records_that_lead_in_a_circle_are_refused_with_the_remedy(world: World) -> None:
    for url, other in ((SOURCE, TARGET), (TARGET, SOURCE)):
        world.plain[url].put_migration(
            Migration(id="x", source=url, target=other, stage=Stage.COMPLETE)
        )
    with pytest.raises(ConfigurationError, match="circle"):
        world.process().list_sessions()


# Leases


@pytest.mark.parametrize(
    ("stage", "lease_s"),
    [(Stage.OFF, 10), (Stage.DUAL_WRITE, 2), (Stage.CUT_OVER, 2), (Stage.COMPLETE, 10)],
)
def test_the_stage_is_read_once_a_lease(world: World, stage: Stage, lease_s: int) -> None:
    world.bring_to(stage)
    process = world.process()
    process.get_opportunity(ONE)
    world.requests.sent.clear()
    world.time.advance(lease_s - 0.01)
    process.get_opportunity(ONE)
    assert not [name for name in world.requests.sent if "get_migration" in name]
    world.time.advance(0.02)
    process.get_opportunity(ONE)
    assert [name for name in world.requests.sent if "get_migration" in name]


def test_who_cannot_read_the_stage_refuses_to_serve(world: World) -> None:
    process = world.process()
    process.get_opportunity(ONE)
    world.time.advance(11)
    world.requests.fail(0)
    with pytest.raises(StoreUnavailableError):
        process.get_opportunity(ONE)
    assert world.requests.sent[-1] == "source.get_migration"


@pytest.mark.parametrize(("stage", "lease_s"), [(Stage.OFF, 10), (Stage.DUAL_WRITE, 2)])
def test_a_lease_begins_before_its_record_is_read(world: World, stage: Stage, lease_s: int) -> None:
    world.bring_to(stage)
    process = world.process()
    _intercept(world, "source.get_migration", lambda: world.time.advance(lease_s))
    world.requests.sent.clear()
    process.get_opportunity(ONE)
    assert world.requests.sent == [
        "source.get_migration",  # takes as long as the lease
        "source.get_migration",  # so it is asked again before anything else
        "source.get_opportunity",
    ]


@pytest.mark.parametrize("is_found", [True, False])
def test_a_read_that_outlived_its_lease_is_repeated_if_the_stage_changed(
    world: World, *, is_found: bool
) -> None:
    world.bring_to(Stage.DUAL_WRITE)
    process = world.process()
    wanted = ONE if is_found else "s1.new"

    def cut_over_meanwhile() -> None:
        finish(world.migrator().verify())
        finish(world.migrator().cut_over())
        newest = world.process().store_opportunities(
            a_session("s1"), [an_opportunity("s1", slug, owner="new") for slug in ("rehost", "new")]
        )
        assert newest.version == 2

    _intercept(world, "source.get_opportunity", cut_over_meanwhile)
    assert process.get_opportunity(wanted).owner == "new"


def test_a_read_that_outlived_its_lease_counts_if_the_stage_is_the_same(world: World) -> None:
    world.bring_to(Stage.DUAL_WRITE)
    process = world.process()
    _intercept(world, "source.get_opportunity", lambda: world.time.advance(3))
    process.get_opportunity(ONE)
    assert world.requests.sent.count("source.get_opportunity") == 1
    _intercept(world, "source.get_opportunity", lambda: world.time.advance(3))
    with pytest.raises(OpportunityNotFoundError):
        process.get_opportunity("s1.unknown")


def test_a_write_without_a_fence_that_outlived_its_lease_is_not_acknowledged(
    world: World,
) -> None:
    process = world.process()
    before = process.get_opportunity(ONE)
    _intercept(world, "source.put_opportunity", lambda: world.bring_to(Stage.DUAL_WRITE))
    with pytest.raises(StoreUnavailableError, match="may or may not"):
        process.put_opportunity(before.revised(owner="o", change_id="c"))
    again = process.put_opportunity(before.revised(owner="o", change_id="c"))
    assert again.version == 2
    _intercept(world, "source.put_opportunity", lambda: world.time.advance(11))
    assert _owned(world.process(), "p").version == 3, "the stage is the same: it counts"


def test_a_refusal_by_a_store_that_no_longer_decides_does_not_count(world: World) -> None:
    world.bring_to(Stage.CUT_OVER)
    late = world.process()
    late.get_opportunity(ONE)
    finish(world.migrator().verify())
    finish(world.migrator().complete())
    newest = _owned(world.process(), "o")
    assert newest.version == 2
    assert late.put_opportunity(newest.revised(owner="p")).version == 3, "its source has only 1"


def test_a_refusal_that_outlived_its_lease_does_not_count_if_the_stage_changed(
    world: World,
) -> None:
    process = world.process()

    def move_and_change() -> None:
        world.bring_to(Stage.COMPLETE)
        _owned(world.process(), "o")

    _intercept(world, "source.put_opportunity", move_and_change)
    wanted = world.source.get_opportunity(ONE).revised(version=2, owner="p")
    assert process.put_opportunity(wanted).version == 3, "its source has only 1"


def test_a_write_of_an_older_stage_starts_over_and_nothing_of_it_is_left(world: World) -> None:
    world.bring_to(Stage.DUAL_WRITE)
    late = world.process(monotonic=lambda: 0.0)  # its lease does not end
    late.get_opportunity(ONE)
    finish(world.migrator().verify())
    finish(world.migrator().cut_over())
    finish(world.migrator().verify())
    finish(world.migrator().complete())
    assert late.put_template(a_template("t")).version == 1
    assert world.target.get_template("t").version == 1
    assert world.source.get_template_history("t") == ()


# Writing to both


@pytest.mark.parametrize("stage", [Stage.DUAL_WRITE, Stage.CUT_OVER])
def test_a_write_is_told_only_when_the_target_has_it_and_can_be_repeated(
    world: World, stage: Stage
) -> None:
    world.bring_to(stage)
    process = world.process()
    newest = process.get_opportunity(ONE)
    for number, method in enumerate(("put_opportunity", "put_template", "delete_session")):
        before_target = lambda name, call: _fail() if name == "target.replicate" else call()  # noqa: E731 - one line beside its use
        writes: dict[str, Callable[[], Any]] = {
            "put_opportunity": lambda: process.put_opportunity(
                newest.revised(owner="o", change_id="c")
            ),
            "put_template": lambda: process.put_template(a_template("t", change_id="c")),
            "delete_session": lambda: process.delete_session("s1", updated_by="ana", change_id="d"),
        }
        world.requests.plan = before_target
        with pytest.raises(StoreUnavailableError, match="roll-back"):
            writes[method]()
        assert world.source.journal(), "its note stays"
        world.requests.heal()
        writes[method]()
        process.close()
        assert len(world.source.get_history(ONE)) == (3 if number == 2 else 2)
        assert world.target.get_history(ONE) == world.source.get_history(ONE)
        assert world.target.get_header("s1") == world.source.get_header("s1")
        assert world.target.list_templates() == world.source.list_templates()


def _fail() -> None:
    raise StoreUnavailableError("injected")


def test_a_conflict_in_cut_over_shows_what_it_rests_on(world: World) -> None:
    world.bring_to(Stage.CUT_OVER)
    cut = world.process()
    before = cut.get_opportunity(ONE)
    world.requests.plan = lambda name, call: _cut() if name == "target.replicate" else call()
    with pytest.raises(CutError):
        _owned(cut, "of the process that ended")
    world.requests.heal()
    process = world.process()
    assert process.get_opportunity(ONE) == before
    with pytest.raises(VersionConflictError):
        process.put_opportunity(before.revised(owner="p"))
    assert process.get_opportunity(ONE).owner == "of the process that ended"
    assert _owned(process, "p").version == 3


def _cut() -> None:
    raise CutError


def test_a_replaced_list_takes_along_what_another_process_has_left_behind(world: World) -> None:
    """The delete is only in the source; the list that leaves it out says nothing of it."""
    world.bring_to(Stage.CUT_OVER)
    world.requests.plan = lambda name, call: _cut() if name == "target.replicate" else call()
    with pytest.raises(CutError):
        _owned(world.process(), "", deleted=True)
    world.requests.heal()
    process = world.process()
    process.store_opportunities(a_session("s1"), [])
    assert process.get_opportunities("s1") == ()
    assert world.target.get_header("s1") == world.source.get_header("s1")


def test_what_is_brought_over_was_read_while_no_write_came_in_between(world: World) -> None:
    """A list is replaced between reading its header and its records: neither half may arrive."""
    slugs = ("rehost", "other")
    world.source.store_opportunities(
        a_session("s1"), [an_opportunity("s1", slug, title="old") for slug in slugs]
    )
    number = world.bring_to(Stage.CUT_OVER)
    assert number is not None
    journaled = world.source.journaled(lambda written: None, stage_number=number.stage_number)
    stale = world.process().get_opportunity(ONE)
    journaled.put_opportunity(stale.revised(owner="of the process that ended"))
    _intercept(
        world,
        "source.get_header",
        lambda: journaled.store_opportunities(
            a_session("s1"), [an_opportunity("s1", slug, title="new") for slug in slugs]
        ),
    )
    with pytest.raises(VersionConflictError):
        world.process().put_opportunity(stale.revised(owner="p"))
    assert {one.title for one in world.target.get_opportunities("s1")} == {"new"}
    assert world.target.get_header("s1") == world.source.get_header("s1")


def test_a_gap_in_the_target_is_filled_before_a_write_is_told(world: World) -> None:
    world.bring_to(Stage.CUT_OVER)
    first, second = world.process(), world.process()
    newest = first.get_opportunity(ONE)

    def another_writes() -> None:
        written = world.source.get_history(ONE)[-1]
        second.put_opportunity(written.revised(owner="second"))

    _intercept(world, "source.put_opportunity", another_writes)
    first.put_opportunity(newest.revised(owner="first"))
    assert [one.owner for one in world.target.get_history(ONE)] == ["", "first", "second"]


def test_notes_are_settled_in_batches_and_when_the_process_ends(world: World) -> None:
    world.bring_to(Stage.DUAL_WRITE)
    process = world.process()
    for number in range(SETTLED_TOGETHER + 3):
        _owned(process, f"o{number}")
    assert world.requests.sent.count("source.settle") == 1
    assert len(world.source.journal()) == 3
    world.requests.fail(0)
    process.close()
    assert len(world.source.journal()) == 3, "that could not be settled is no error"
    world.requests.heal()
    _owned(process, "again")
    process.close()
    assert len(world.source.journal()) == 3
    finish(world.migrator().verify())
    finish(world.migrator().cut_over())
    assert world.source.journal() == ()
