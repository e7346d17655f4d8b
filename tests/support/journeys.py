"""A whole store migration there and back and there again, with people at work all the time.

After every step of the migrator somebody writes and somebody reads, through processes configured
for either store. One request, of whomever, may meet a fault. What was told must stay true.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from migrations import CutError, World, scanned
from stores import a_session, a_template, an_opportunity

from opportune.errors import StoreError, StoreUnavailableError
from opportune.model.records import Opportunity
from opportune.stores.journal import Stage
from opportune.stores.migration.steps import Steps
from opportune.stores.migration.store import MigratingStore
from opportune.stores.migration.verbs import Migrator

Verb = Callable[[Migrator], Steps]

JOURNEY: tuple[Verb, ...] = (
    lambda migrator: migrator.start(batch=3),
    lambda migrator: migrator.verify(),
    lambda migrator: migrator.cut_over(),
    lambda migrator: migrator.verify(),
    lambda migrator: migrator.roll_back(to=Stage.DUAL_WRITE),
    lambda migrator: migrator.verify(),
    lambda migrator: migrator.cut_over(),
    lambda migrator: migrator.verify(),
    lambda migrator: migrator.complete(),
)
VERBS: dict[str, Verb] = {
    "start": lambda migrator: migrator.start(),
    "verify": lambda migrator: migrator.verify(),
    "cut_over": lambda migrator: migrator.cut_over(),
    "roll_back": lambda migrator: migrator.roll_back(),
    "complete": lambda migrator: migrator.complete(),
}
SESSION = "s1"
ONE = f"{SESSION}.a"


@dataclass
class People:
    """Write one opportunity again and again, replace its list now and then, and read both.

    Only one thing happens at a time here; a write that failed is repeated or left, in turn.
    """

    world: World
    told_version: int = 0
    """Nobody may be told less any more."""
    told_header: int = 0
    writes: int = 0
    acknowledged: int = 0
    refused: int = 0
    pending: Opportunity | None = None
    processes: list[MigratingStore] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.processes = [self.world.process(0), self.world.process(1)]

    def work(self) -> None:
        # Nobody is configured for the target before it has its record: it is another store then.
        has_begun = self.world.target.get_migration() is not None
        turn = self.writes % 2 if has_begun else 0
        for action in (self._write, self._read, self._replace if self.writes % 5 == 4 else None):
            if action is None:
                continue
            try:
                action(self.processes[turn])
            except StoreUnavailableError:
                self.refused += 1
            except CutError:
                self.processes[turn] = self.world.process(turn)
            turn = 1 - turn if has_begun else 0
        self.writes += 1

    def _write(self, store: MigratingStore) -> None:
        wanted = self.pending if self.writes % 3 else None
        self.pending = None
        if wanted is None:
            newest = store.get_opportunity(ONE)
            self._saw(newest)
            wanted = newest.revised(owner=f"w{self.writes}", change_id=f"c{self.writes}")
        self.pending = wanted
        try:
            stored = store.put_opportunity(wanted)
        except StoreUnavailableError:
            raise
        except StoreError:  # somebody's write of before is there after all
            self.pending = None
            return
        self.pending = None
        assert stored.owner == wanted.owner
        self.acknowledged += 1
        self._saw(stored)

    def _replace(self, store: MigratingStore) -> None:
        listed = store.get_opportunities(SESSION)
        header = store.store_opportunities(
            a_session(SESSION, customer=f"w{self.writes}", change_id=f"r{self.writes}"),
            [one.revised(version=0, title=f"t{self.writes}") for one in listed],
        )
        assert header.version > self.told_header
        self.told_header = header.version
        self.told_version += 1

    def _read(self, store: MigratingStore) -> None:
        listed = store.get_opportunities(SESSION)
        header = store.get_session(SESSION)
        assert header.version >= self.told_header, "a header went back"
        self.told_header = header.version
        assert len(listed) == 3
        titles = {one.title for one in listed}
        assert len(titles) == 1, f"torn: {titles}"
        self._saw(next(one for one in listed if one.id == ONE))

    def _saw(self, one: Opportunity) -> None:
        assert one.version >= self.told_version, f"{one.version} after {self.told_version}"
        self.told_version = one.version


def fill(world: World) -> None:
    """Put something of every kind into the source."""
    source = world.source
    source.store_opportunities(
        a_session(SESSION), [an_opportunity(SESSION, slug, title="t") for slug in "abc"]
    )
    source.store_opportunities(a_session("gone"), [an_opportunity("gone", "x")])
    source.delete_session("gone", updated_by="ana", change_id="")
    source.store_opportunities(a_session("kept"), [an_opportunity("kept", n) for n in "xy"])
    source.put_opportunity(source.get_opportunity("kept.x").revised(deleted=True))
    source.put_template(source.put_template(a_template("t")).revised(title="second"))


def travel(
    world: World, people: People, journey: tuple[Verb, ...] = JOURNEY, *, back: bool = False
) -> int:
    """Take the migration through a journey; return how often its operator had to call again."""
    again = 0
    for verb in journey:
        while True:
            try:
                for _ in verb(world.migrator(back=back)):
                    people.work()
                break
            except (CutError, StoreUnavailableError):
                again += 1
                people.work()
                assert again < 20
    for _ in range(6):
        world.time.advance(1)
        people.work()
    return again


def check_equal(world: World) -> None:
    """Both stores hold the same, whatever each has let go of."""
    assert scanned(world.source) == scanned(world.target)
