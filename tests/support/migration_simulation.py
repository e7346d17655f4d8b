"""One seed, one course of events: a service under load, migrated between two stores and back.

Several processes of the service serve clients by the real `MigratingStore`; one or two operators
drive the real `Migrator`; requests are delayed, lost and repeated, processes die, time jumps.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from faults import CutError
from linearizability import UNKNOWN, Call, unexplained
from session_judge import Asked, Held, Rules
from simulated_clients import Client
from simulated_store import Network
from simulated_world import Actor, Process, World

from opportune.errors import (
    ConfigurationError,
    MigrationError,
    StoreUnavailableError,
    WrongStageError,
)
from opportune.stores.contract import Retention, Store
from opportune.stores.journal import Stage
from opportune.stores.migration.record import MigrationStatus
from opportune.stores.migration.serving import Leases
from opportune.stores.migration.steps import Progress, Steps
from opportune.stores.migration.store import MigratingStore
from opportune.stores.migration.verbs import Migrator, finish

RETENTION = Retention(days=30, history_days=40)
"""Gone from lists after one epoch, from the history after two."""
LEASES = Leases(steady_s=6, moving_s=3, longest_request_s=8)
RUSH_S = 5.0


class Service:
    """A place in which one process of the service runs after the other."""

    def __init__(self, play: "Play", name: str) -> None:
        self._play = play
        self._name = name
        self.restart()

    def restart(self) -> None:
        """Begin anew, configured for either store once both lead to the one that serves."""
        play = self._play
        self.process = play.world.new_process(self._name)
        first, second = play.stores
        urls = (first, second) if play.stages else (first,)
        url = play.world.chance.choice(urls)
        self.store = MigratingStore(
            play.stores[url],
            url=url,
            open_peer=play.stores.get,
            leases=play.leases,
            monotonic=play.world.monotonic,
            close=lambda: None,
        )

    def ready(self) -> Process:
        """Return the process, a new one if it has died."""
        if self.process.is_dead:
            self.restart()
        return self.process


@dataclass
class Play:
    """A schedule: two stores, and everything that happens to them."""

    world: World
    network: Network
    stores: dict[str, Store]
    """As processes see them, by URL; the first has the data to begin with."""
    held: dict[str, Store]
    """The same as they are."""
    session_id: str = "s"
    leases: Leases = LEASES
    verbs: int = 20
    """Of an operator."""
    calls: list[Call[Asked]] = field(default_factory=list)
    rush_until_s: float = 0.0
    """The stage has just changed: this is when it matters what clients do."""
    is_over: bool = False
    stages: set[Stage] = field(default_factory=set)
    acknowledged: int = 0

    def perform(self) -> None:
        """Play it; raises AssertionError, with the whole course, if a promise is broken."""
        world, chance = self.world, self.world.chance
        fraction, self.network.fraction = self.network.fraction, 0
        first = Service(self, "first")
        world.spawn(first.ready(), lambda actor: Client(self, first, actor).fill())
        self._run()
        self.network.fraction = fraction
        services = [Service(self, f"service{n}") for n in (1, 2)]
        for number, service in enumerate((*services, *services)):
            self._spawn_client(service, number)
        number = 1 if chance.random() < 0.8 else 2
        for name in ("operator1", "operator2")[:number]:
            operator = Operator(self, name, has_rival=number > 1)
            world.spawn(operator.process, operator.work)
        world.spawn(world.new_process("time"), self._pass_time)
        self._run()
        self.network.fraction = 0
        last = Operator(self, "last")
        world.spawn(last.process, last.bring_to_an_end)
        self._run()
        reader = Service(self, "reader")
        world.spawn(reader.ready(), lambda actor: Client(self, reader, actor).look_at_all())
        self._run()
        self._judge()

    def _spawn_client(self, service: Service, number: int) -> None:
        self.world.spawn(service.ready(), lambda actor: Client(self, service, actor, number).work())

    def _run(self) -> None:
        try:
            self.world.run()
        except AssertionError as wrong:
            raise AssertionError(self.story(str(wrong))) from wrong
        except Exception as wrong:
            raise AssertionError(self.story(repr(wrong))) from wrong

    def _pass_time(self, actor: Actor) -> None:
        """Perhaps a month goes by in a moment.

        Two would do so only if a migration were left in the middle for longer than anything is
        remembered: then nobody can tell any more what the source had.
        """
        world = self.world
        if world.chance.random() < 0.4:
            world.sleep(world.chance.uniform(0, 60))
            if not self.is_over:
                self.let_a_month_pass()

    def let_a_month_pass(self) -> None:
        world = self.world
        world.tell("a month passes")
        asked = Asked("time", epoch=world.epoch)
        world.epoch += 1
        now = world.tick()
        self.calls.append(Call(asked, now, world.tick(), None, "time"))

    def _judge(self) -> None:
        unknown = {call.operation.change for call in self.calls if call.answer == UNKNOWN}
        rules = Rules(((call.operation, call.answer) for call in self.calls), unknown)
        story = unexplained(self.calls, Held(), rules)
        assert not story, self.story("no order explains the answers:", *story)

    def story(self, *lines: str) -> str:
        return "\n".join((*self.world.log, *lines))


class Operator:
    """Takes the next verb, or another one; is killed, tries again, goes back, and on."""

    def __init__(self, play: Play, name: str, *, has_rival: bool = False) -> None:
        self.play = play
        self.name = name
        self.has_rival = has_rival
        self.source, self.target = list(play.stores)
        self.process = play.world.new_process(name)

    def work(self, actor: Actor) -> None:
        """Do some verbs, then call it a day."""
        play, world = self.play, self.play.world
        world.sleep(world.chance.uniform(0, 3))
        for _ in range(play.verbs):
            if self.process.is_dead:
                self.process = actor.process = world.new_process(self.name)
                world.process = actor.process
            try:
                self._take_a_verb()
            except CutError:
                continue
            except (StoreUnavailableError, MigrationError, ConfigurationError) as refusal:
                if isinstance(refusal, ConfigurationError) and not self.has_rival:
                    raise  # with a rival, one may name the stores the wrong way round
                world.tell(f"{type(refusal).__name__}: {refusal}")
                self._pause()
        play.is_over = True

    def _pause(self) -> None:
        with contextlib.suppress(CutError):
            self.play.world.sleep(self.play.world.chance.uniform(0, 2))

    def _take_a_verb(self) -> None:
        world = self.play.world
        migrator = self._migrator()
        status = self._status(migrator)
        if status is None:
            verb = "start"
        else:
            self.play.stages.add(status.stage)
            if status.stage is Stage.COMPLETE and world.chance.random() < 0.8:
                finish(migrator.complete())  # makes it final
                self.source, self.target = self.target, self.source
                return
            verb = world.chance.choice(_sensible(status))
        world.tell(f"verb {verb}")
        if status and (status.is_verified or status.stage in (Stage.PAUSED, Stage.CUT_OVER)):
            self.play.rush_until_s = world.now_s + RUSH_S
        steps = _verb(migrator, verb, world.chance.randint(2, 5))
        self._run(steps)

    def _run(self, steps: Steps) -> None:
        """Go on step by step; now and then leave it in the middle."""
        play, chance = self.play, self.play.world.chance
        patience = chance.choice((10_000, 10_000, chance.randint(1, 40)))
        for progress in _until_done(steps):
            if progress.step == "stage":
                in_rush = play.world.now_s < play.rush_until_s
                play.rush_until_s = play.world.now_s + (RUSH_S if in_rush else 1)
            patience -= 1
            if not patience:
                play.world.tell("leaves it there")
                steps.close()
                return
        status = self._status(self._migrator())
        is_dirty = status and status.verification and not status.verification.is_clean
        assert not is_dirty, f"a difference was found: {status and status.verification}"

    def _status(self, migrator: Migrator) -> MigrationStatus | None:
        try:
            return migrator.status()
        except WrongStageError:
            return None

    def _migrator(self) -> Migrator:
        play = self.play
        return Migrator(
            self.source,
            self.target,
            open_peer=play.stores.get,
            operator=self.name,
            clock=play.world.clock,
            monotonic=play.world.monotonic,
            sleep=play.world.sleep,
            leases=play.leases,
            retention=RETENTION,
        )

    def bring_to_an_end(self, actor: Actor) -> None:
        """Without further faults, every migration can be finished, or undone; stores converge."""
        for source, target in (
            (self.source, self.target),
            (self.target, self.source),
        ):
            self.source, self.target = source, target
            status = self._status(self._migrator())
            if status is None or status.stage is Stage.OFF:
                continue
            if status.stage is Stage.COMPLETE:
                finish(self._migrator().complete())
                continue
            self._end()

    def _end(self) -> None:
        if self.play.world.chance.random() < 0.3:
            status = finish(self._migrator().roll_back(to=Stage.OFF))
            assert status.stage is Stage.OFF
            return
        status = finish(self._migrator().resume())
        if status.stage is Stage.DUAL_WRITE:
            status = finish(self._migrator().verify())
            assert status.is_verified, status.verification
            status = finish(self._migrator().cut_over())
        if status.stage is Stage.CUT_OVER:
            status = finish(self._migrator().verify())
            assert status.is_verified, status.verification
            self._compare()
            status = finish(self._migrator().complete())
        assert status.stage is Stage.COMPLETE

    def _compare(self) -> None:
        """Judge by our own eyes what the verification has called equal."""
        held = [_all_of(self.play.held[url]) for url in (self.source, self.target)]
        if not self.play.world.epoch:  # what is over may be left in one of them
            assert held[0] == held[1], "called equal, but are not"


def _all_of(store: Store) -> list[str]:
    found: list[str] = []
    cursor = None
    while True:
        page = store.scan(cursor=cursor)
        found += [record.model_dump_json() for record in page.items]
        cursor = page.cursor
        if cursor is None:
            return sorted(found)


def _until_done(steps: Steps) -> Iterator[Progress]:
    while True:
        try:
            yield next(steps)
        except StopIteration:
            return


def _verb(migrator: Migrator, verb: str, batch: int) -> Steps:
    if verb == "start":
        return migrator.start(batch=batch)
    steps: Steps = getattr(migrator, verb)()
    return steps


def _sensible(status: MigrationStatus) -> tuple[str, ...]:
    """Return verbs to choose from; most of them lead on."""
    if status.stage is Stage.OFF:
        return ("start",)
    if status.stage is Stage.PAUSED:
        return ("resume", "resume", "resume", "roll_back", "cut_over", "complete")
    if status.stage is Stage.CUT_OVER:
        on = "complete" if status.is_verified else "verify"
        return (on, on, on, "roll_back")
    if status.stage is Stage.DUAL_WRITE and not status.backfill.finished_at:
        return (*("start",) * 12, "roll_back", "cut_over")
    on = "cut_over" if status.is_verified else "verify"
    return (*(on,) * 9, "roll_back", "cut_over")
