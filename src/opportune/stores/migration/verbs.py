"""Moving a running service from one store to another, and back: the verbs of an operator.

Each verb looks at the stage, does what comes next, and looks again; so it can be killed anywhere
and called again, and two operators at once do no harm. docs/decisions/0005-store-migration.md has
the table of steps and says why they are these.
"""

import time
import uuid
from collections.abc import Callable, Generator, Iterator

from opportune.errors import (
    ConfigurationError,
    NotVerifiedError,
    StoreError,
    StoreUnavailableError,
    VersionConflictError,
    WrongStageError,
)
from opportune.stores.contract import RETENTION, Clock, Retention, utc_now
from opportune.stores.journal import Migration, Stage
from opportune.stores.migration.backfill import Copier, Pace
from opportune.stores.migration.draining import drain
from opportune.stores.migration.peers import OpenPeer
from opportune.stores.migration.record import (
    Details,
    MigrationStatus,
    details_of,
    is_verified,
    next_step,
    side_read,
)
from opportune.stores.migration.serving import LEASES, Leases, Serving
from opportune.stores.migration.start import Beginning
from opportune.stores.migration.steps import MigrationRecords, Progress, Steps
from opportune.stores.migration.verification import Verifier

BATCH = 500
"""Records that are copied at a time."""

DRAINS_BEFORE_PAUSE = 3
"""Rounds of draining while writes go on: what is brought over then does not prolong the pause."""

COMMAND = "opportune store migrate {verb}"


class Migrator:
    """One store migration, from one store to another.

    Verbs return generators: each step is a few requests or one batch, and the generator returns the
    status when all is done (`finish` runs one). Left anywhere, the same verb begins where it ended.

    Args:
        source_url: The store that is copied, as records name it; a memory store's is made by
            `Peers.named`.
        target_url: The one that it is copied to, likewise.
        open_peer: Opens them.
        operator: Who asks, for the record.
        clock: For times in the record.
        monotonic: Seconds that only rise.
        sleep: Waits for seconds.
        new_id: Makes an id that nothing else has.
        leases: As every process has them.
        retention: As both stores have it.
        command: How verbs are called, for `next_step`; `{verb}` stands for the verb.
    """

    def __init__(  # noqa: PLR0913 - each is a thing that tests and the simulation replace
        self,
        source_url: str,
        target_url: str,
        *,
        open_peer: OpenPeer,
        operator: str,
        clock: Clock = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
        leases: Leases = LEASES,
        retention: Retention = RETENTION,
        command: str = COMMAND,
    ) -> None:
        self._records = MigrationRecords(source_url, target_url, open_peer, operator, clock, new_id)
        self._pace = Pace(monotonic, sleep)
        self._leases = leases
        self._retention = retention
        self._command = command

    def start(self, *, batch: int = BATCH, records_per_s: float | None = None) -> Steps:
        """Write to both stores from now on, and copy what is there; or go on with that.

        Args:
            batch: Records copied at a time, 1 to 1,000.
            records_per_s: At most so many; None: as fast as it goes.

        Raises:
            WrongStageError: The source does not serve, or another migration is under way.
            ConfigurationError: The target holds something of its own.
        """
        records = self._records
        target_serving = Serving(
            records.target,
            url=records.target_url,
            open_peer=records.open_peer,
            leases=self._leases,
            monotonic=self._pace.monotonic,
        )
        Beginning(records, target_serving).begin()
        yield Progress("stage", 1)
        yield from Copier(records, self._leases, self._pace, batch, records_per_s).copy()
        return self.status()

    def verify(self, *, repair: bool = False) -> Steps:
        """Compare both stores by content; what came out stands in the status.

        Args:
            repair: Replace what differs in the target by what the source has, and compare again.
                What only the target has is reported and stays.

        Raises:
            WrongStageError: Nothing to compare yet, or the stage changed meanwhile.
        """
        yield from Verifier(self._records, self._retention, self._pace, repair).verify()
        return self.status()

    def cut_over(self) -> Steps:
        """Read the target from now on. Writes rest meanwhile, for a lease and a little more.

        Raises:
            NotVerifiedError: No clean verification since the last change of stage.
            WrongStageError: The migration is elsewhere.
        """
        migration, details = self._records.read()
        while migration.stage is not Stage.CUT_OVER:
            if migration.stage is Stage.DUAL_WRITE:
                self._check_verified(migration, details)
                yield from self._drain_some()
                migration = self._pause(migration, Stage.CUT_OVER, reads_target=False)
            elif migration.stage is not Stage.PAUSED or migration.toward is not Stage.CUT_OVER:
                raise self._wrong("Cutting over", migration)
            elif not migration.reads_target:
                yield from self._drain()
                migration = self._pause(migration, Stage.CUT_OVER, reads_target=True)
            else:
                yield from self._pace.wait(self._leases.moving_s)
                migration = self._records.enter(migration, Stage.CUT_OVER)
            yield Progress("stage", migration.stage_number)
            details = details_of(migration)
        return self.status()

    def roll_back(self, *, to: Stage | None = None, abandon_target: bool = False) -> Steps:
        """Go one step back, or as far as asked: to DUAL_WRITE or to OFF. No write is lost.

        Args:
            to: DUAL_WRITE or OFF; None: DUAL_WRITE, or OFF if it is there already.
            abandon_target: The target is lost for good, so nothing is brought over to it. Until
                COMPLETE nothing is lost thereby: the source has every write. After it, what was
                written since is; that is the only way back then.

        Raises:
            WrongStageError: The migration is complete, or was not as far as that.
        """
        migration, _ = self._records.read()
        goal = to or _one_back(migration)
        while migration.stage is not goal:
            if migration.stage is Stage.DUAL_WRITE and goal is Stage.OFF:
                migration = self._records.enter(migration, Stage.OFF)
            elif migration.stage is Stage.COMPLETE and abandon_target and self._is_target_lost():
                migration = self._records.enter(migration, Stage.OFF)
                goal = Stage.OFF
            elif migration.stage in (Stage.CUT_OVER, Stage.PAUSED):
                migration = yield from self._toward_dual_write(
                    migration, abandon_target=abandon_target
                )
            else:
                raise self._wrong(f"Rolling back to {goal}", migration)
            yield Progress("stage", migration.stage_number)
        return self.status()

    def complete(self) -> Steps:
        """Let the target serve alone. The only way back is a new migration.

        Raises:
            NotVerifiedError: No clean verification since cutting over.
            WrongStageError: The migration is elsewhere.
        """
        migration, details = self._records.read()
        while migration.stage is not Stage.COMPLETE:
            if migration.stage is Stage.CUT_OVER:
                self._check_verified(migration, details)
                yield from self._drain_some()
                migration = self._pause(migration, Stage.COMPLETE, reads_target=True)
            elif migration.stage is Stage.PAUSED and migration.toward is Stage.COMPLETE:
                yield from self._drain()
                migration = self._records.enter(migration, Stage.COMPLETE)
            else:
                raise self._wrong("Completing", migration)
            yield Progress("stage", migration.stage_number)
            details = details_of(migration)
        self._make_final(migration)
        return self.status()

    def resume(self) -> Steps:
        """Finish what was interrupted: a pause, or copying; nothing if there is none such."""
        migration, details = self._records.read()
        if migration.stage is Stage.PAUSED:
            if migration.toward is Stage.CUT_OVER:
                return (yield from self.cut_over())
            if migration.toward is Stage.COMPLETE:
                return (yield from self.complete())
            return (yield from self.roll_back(to=Stage.DUAL_WRITE))
        if migration.stage is Stage.DUAL_WRITE and not details.backfill.finished_at:
            return (yield from self.start())
        if migration.stage is Stage.COMPLETE:
            self._make_final(migration)
        return self.status()

    def status(self) -> MigrationStatus:
        """Return where the migration stands.

        Raises:
            WrongStageError: There is none.
        """
        migration, details = self._records.read()
        return MigrationStatus(
            id=migration.id,
            source=migration.source,
            target=migration.target,
            stage=migration.stage,
            stage_number=migration.stage_number,
            toward=migration.toward,
            reads=side_read(migration),
            backfill=details.backfill,
            verification=details.verification,
            is_verified=is_verified(migration, details),
            changes=details.changes,
            open_notes=len(self._records.source.journal()),
            updated_at=migration.updated_at,
            updated_by=migration.updated_by,
            next_step=next_step(migration, details, self._command),
        )

    def _pause(self, migration: Migration, toward: Stage, *, reads_target: bool) -> Migration:
        return self._records.enter(
            migration, Stage.PAUSED, toward=toward, reads_target=reads_target
        )

    def _toward_dual_write(
        self, migration: Migration, *, abandon_target: bool
    ) -> Generator[Progress, None, Migration]:
        """Take the next step from CUT_OVER, or from any pause, back to DUAL_WRITE."""
        if migration.stage is Stage.CUT_OVER:
            return self._pause(migration, Stage.DUAL_WRITE, reads_target=True)
        if migration.toward is not Stage.DUAL_WRITE:
            return self._pause(migration, Stage.DUAL_WRITE, reads_target=migration.reads_target)
        if migration.reads_target:
            if not abandon_target:
                yield from self._drain()
            return self._pause(migration, Stage.DUAL_WRITE, reads_target=False)
        yield from self._pace.wait(self._leases.moving_s)
        return self._records.enter(migration, Stage.DUAL_WRITE)

    def _is_target_lost(self) -> bool:
        """Tell whether no process can read the target's record."""
        target = self._records.open_peer(self._records.target_url)
        try:
            return target is None or target.get_migration() is None
        except (StoreError, ConfigurationError):
            return True

    def _make_final(self, migration: Migration) -> None:
        """Let the target's record say that it serves, so that it no longer needs the source."""
        copy = self._records.target.get_migration()
        if copy is None or not copy.is_target or copy.stage is Stage.COMPLETE:
            return  # it is, or a newer migration has begun there
        final = migration.revised(
            is_target=True,
            stage_number=1 + max(migration.stage_number, copy.stage_number),
            version=copy.version,
            change_id=self._records.new_id(),
        )
        try:
            self._records.target.put_migration(final)
        except VersionConflictError:
            raise StoreUnavailableError(
                "Somebody changes the target's record too: complete once more."
            ) from None

    def _check_verified(self, migration: Migration, details: Details) -> None:
        if is_verified(migration, details):
            return
        last = details.verification
        if last is None:
            what = "The stores were not compared yet"
        elif last.stage_number != migration.stage_number:
            what = "The last verification was made before the last change of stage"
        else:
            what = f"The last verification found {last.differences} differences"
        raise NotVerifiedError(f"{what}: {next_step(migration, details, self._command)}.")

    def _wrong(self, what: str, migration: Migration) -> WrongStageError:
        step = next_step(migration, details_of(migration), self._command)
        toward = f" toward {migration.toward}" if migration.toward else ""
        return WrongStageError(
            f"{what} does not follow from {migration.stage}{toward}. Next step: {step}."
        )

    def _drain_some(self) -> Iterator[Progress]:
        """Bring over most of what is noted while writes go on."""
        for _ in range(DRAINS_BEFORE_PAUSE):
            for brought in drain(self._records.source, self._records.target):
                yield Progress("drain", brought)

    def _drain(self) -> Iterator[Progress]:
        """Bring over everything that is noted: writes rest, so no more will come."""
        while self._records.source.journal(limit=1):
            yield from self._drain_some()


def finish(steps: Steps, on_progress: Callable[[Progress], None] | None = None) -> MigrationStatus:
    """Run a verb to its end.

    Args:
        steps: What a verb returned.
        on_progress: Told of each step.
    """
    while True:
        try:
            progress = next(steps)
        except StopIteration as done:
            status: MigrationStatus = done.value
            return status
        if on_progress is not None:
            on_progress(progress)


def migration_of(url: str, open_peer: OpenPeer) -> tuple[str, str]:
    """Return source and target of the migration that a store's record names.

    Args:
        url: Either of the two.
        open_peer: Opens it.

    Raises:
        WrongStageError: It never took part in one.
    """
    store = open_peer(url)
    migration = store.get_migration() if store is not None else None
    if migration is None:
        raise WrongStageError(f"{url} has never taken part in a store migration: start one.")
    return migration.source, migration.target


def _one_back(migration: Migration) -> Stage:
    back = migration.stage in (Stage.DUAL_WRITE, Stage.OFF)
    return Stage.OFF if back else Stage.DUAL_WRITE
