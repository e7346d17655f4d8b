"""The two records of a store migration, and changing them so that two operators cannot both."""

from collections.abc import Callable, Generator
from dataclasses import dataclass

from opportune.errors import (
    ConfigurationError,
    StoreUnavailableError,
    VersionConflictError,
    WrongStageError,
)
from opportune.model.times import time_text
from opportune.stores.contract import Clock, Store
from opportune.stores.journal import Migration, Stage
from opportune.stores.migration.peers import OpenPeer
from opportune.stores.migration.record import Details, MigrationStatus, details_of, with_change

TRIES = 20
"""Of changing details while others do."""


@dataclass(frozen=True)
class Progress:
    """What a step has just done.

    Args:
        step: `count`, `wait`, `backfill`, `verify`, `drain` or `stage`.
        done: Records, seconds (`wait`), sessions (`drain`) or changes of stage so far.
        total: Of the same; None if not known.
        per_s: Records a second of this run; None if not measured.
        left_s: Seconds until it is done; None if not known.
    """

    step: str
    done: int = 0
    total: int | None = None
    per_s: float | None = None
    left_s: float | None = None


Steps = Generator[Progress, None, MigrationStatus]
"""A verb on its way: each step makes a few requests or one batch. It may be left anywhere."""


@dataclass(frozen=True)
class MigrationRecords:
    """The source's record, which decides, and the target's, which points to it.

    Args:
        source_url: The store that is copied.
        target_url: The one that it is copied to.
        open_peer: Opens them.
        operator: Who asks, for the record.
        clock: For times in the record.
        new_id: Makes an id that nothing else has.
    """

    source_url: str
    target_url: str
    open_peer: OpenPeer
    operator: str
    clock: Clock
    new_id: Callable[[], str]

    @property
    def source(self) -> Store:
        """The store that is copied.

        Raises:
            ConfigurationError: It is the memory of another process.
        """
        return self._opened(self.source_url)

    @property
    def target(self) -> Store:
        """The store that is copied to.

        Raises:
            ConfigurationError: It is the memory of another process.
        """
        return self._opened(self.target_url)

    def _opened(self, url: str) -> Store:
        store = self.open_peer(url)
        if store is None:
            raise ConfigurationError(
                f"{url} is the memory of another process, ended or not: only that one can use it."
            )
        return store

    def now(self) -> str:
        """Return the present moment as text."""
        return time_text(self.clock())

    def read(self) -> tuple[Migration, Details]:
        """Read the source's record.

        Raises:
            WrongStageError: There is none of this migration.
        """
        migration = self.source.get_migration()
        if migration is None:
            raise WrongStageError(f"There is no store migration of {self.source_url}: start one.")
        if migration.is_target:
            raise WrongStageError(
                f"{self.source_url} is the target of a store migration from {migration.source}: "
                "name the two the other way round, or start a new one."
            )
        if migration.target != self.target_url:
            raise WrongStageError(
                f"The store migration of {self.source_url} goes to {migration.target}, "
                f"not to {self.target_url}."
            )
        return migration, details_of(migration)

    def enter(
        self,
        migration: Migration,
        stage: Stage,
        *,
        toward: Stage | None = None,
        reads_target: bool = False,
    ) -> Migration:
        """Change the stage if the record is still as given.

        Returns:
            The record as it is now: if somebody else was faster, it is theirs.
        """
        changed = migration.revised(
            stage=stage,
            toward=toward,
            reads_target=reads_target,
            stage_number=migration.stage_number + 1,
        )
        details = with_change(details_of(migration), changed, self.now(), self.operator)
        try:
            return self.source.put_migration(self._signed(changed, details))
        except VersionConflictError:
            return self.read()[0]

    def amend(
        self, migration: Migration, amended: Callable[[Details], Details]
    ) -> tuple[Migration, Details]:
        """Change the details, while others may do so too, as long as the stage has not changed.

        Raises:
            WrongStageError: It has.
        """
        for _ in range(TRIES):
            present, details = self.read()
            if (present.id, present.stage_number) != (migration.id, migration.stage_number):
                raise WrongStageError(
                    f"Somebody changed the stage to {present.stage} meanwhile: "
                    "ask for the status, then repeat."
                )
            details = amended(details)
            try:
                return self.source.put_migration(self._signed(present, details)), details
            except VersionConflictError:
                continue
        raise StoreUnavailableError("Others keep changing the record of the store migration.")

    def _signed(self, migration: Migration, details: Details) -> Migration:
        return migration.revised(
            details=details.model_dump_json(), updated_by=self.operator, change_id=self.new_id()
        )
