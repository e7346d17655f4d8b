"""Store migrations of a running process: one verb at a time, in a thread of its own."""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from opportune.errors import OpportuneError, WrongStageError
from opportune.model.records import Model
from opportune.settings import Settings
from opportune.stores.contract import RETENTION, Retention
from opportune.stores.migration.peers import MEMORY, Peers
from opportune.stores.migration.record import MigrationStatus
from opportune.stores.migration.serving import LEASES, Leases
from opportune.stores.migration.steps import Progress, Steps
from opportune.stores.migration.store import MigratingStore
from opportune.stores.open import open_serving_store, recorded_url

if TYPE_CHECKING:
    from opportune.stores.migration.verbs import Migrator

logger = logging.getLogger("opportune.store_migrations")


class Running(Model):
    """What a verb is doing, or how it ended. Seconds and records a second; None = not known."""

    verb: str
    running: bool
    step: str = ""
    """`count`, `wait`, `backfill`, `verify`, `drain` or `stage`."""
    done: int = 0
    total: int | None = None
    per_s: float | None = None
    left_s: float | None = None
    error: str = ""
    """Why it ended before its time, in one sentence; the same verb again goes on."""


class MigrationAnswer(Model):
    """How a store migration stands, and what this process is doing about it.

    `status` is None if there has never been one.
    """

    status: MigrationStatus | None = None
    job: Running | None = None


class StoreMigrations:
    """The verbs on the store that this process serves from.

    Args:
        store: What the service uses.
        peers: What opens its stores.
        leases: As every process has them.
        retention: As both stores have it.
        command: How verbs are called, for the next step; `{verb}` stands for the verb;
            empty = the command line's.
        placed: Completes the URL of a table, as `Settings.placed`.
    """

    def __init__(  # noqa: PLR0913 - what every verb needs, by name
        self,
        store: MigratingStore,
        peers: Peers,
        *,
        leases: Leases = LEASES,
        retention: Retention = RETENTION,
        command: str = "",
        placed: Callable[[str], str] = str,
    ) -> None:
        self.store = store
        self._peers = peers
        self._leases = leases
        self._retention = retention
        self._command = command
        self._placed = placed
        self._lock = threading.Lock()
        self._job: Running | None = None
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()

    @classmethod
    def from_settings(cls, settings: Settings, *, url: str = "") -> "StoreMigrations":
        """Open the store that the settings name, or this one, as whichever serves now."""
        retention = Retention(settings.ttl_days, settings.history_ttl_days)
        leases = Leases(
            steady_s=settings.migration_lease_s, longest_request_s=settings.migration_request_s
        )
        own = settings.placed(url) if url else settings.store_url
        store, peers = open_serving_store(own, retention=retention, leases=leases)
        return cls(store, peers, leases=leases, retention=retention, placed=settings.placed)

    def answer(self) -> MigrationAnswer:
        """Return how it stands."""
        try:
            status = self.found("").status()
        except WrongStageError:
            status = None
        return MigrationAnswer(status=status, job=self._job)

    def starting(self, target_url: str, *, operator: str) -> "Migrator":
        """Return a migration from the store that serves to this one.

        Raises:
            ConfigurationError: The URL names no store.
        """
        source = self.store.serving_url
        target = recorded_url(self._placed(target_url))
        if target == MEMORY:
            target = self._memory_target(source)
        return self._migrator(source, target, operator)

    def found(self, operator: str) -> "Migrator":
        """Return the migration that the serving store takes, or took last, part in.

        Raises:
            WrongStageError: None.
        """
        from opportune.stores.migration.verbs import migration_of

        return self._migrator(*migration_of(self.store.serving_url, self._peers), operator)

    def start(
        self, target_url: str, *, operator: str, records_per_s: float | None = None
    ) -> MigrationAnswer:
        """Begin, or resume, a migration to this store, in a thread.

        Raises:
            ConfigurationError: The URL names no store, or one that cannot be used.
            WrongStageError: Another migration, or another verb, is under way.
        """
        migrator = self.starting(target_url, operator=operator)
        return self._run("start", migrator.start(records_per_s=records_per_s))

    def run(self, verb: str, *, operator: str, **options: object) -> MigrationAnswer:
        """Begin a later verb in a thread: `verify`, `cut-over`, `roll-back`, `complete`, `resume`.

        Raises:
            WrongStageError: There is no migration, or a verb is under way.
        """
        return self._run(verb, steps_of(self.found(operator), verb, **options))

    def close(self) -> None:
        """End the verb under way at its next step; the same verb again goes on from there."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _migrator(self, source: str, target: str, operator: str) -> "Migrator":
        from opportune.stores.migration.verbs import COMMAND, Migrator

        return Migrator(
            source,
            target,
            open_peer=self._peers,
            operator=operator,
            leases=self._leases,
            retention=self._retention,
            command=self._command or COMMAND,
        )

    def _memory_target(self, source: str) -> str:
        """Return the memory that a migration under way goes to; else a new one."""
        from opportune.stores.migration.verbs import migration_of

        try:
            known_source, known_target = migration_of(source, self._peers)
        except WrongStageError:
            return self._peers.named(MEMORY)
        is_known = known_source == source and self._peers(known_target) is not None
        is_memory = known_target.startswith(MEMORY)
        return known_target if is_memory and is_known else self._peers.named(MEMORY)

    def _run(self, verb: str, steps: Steps) -> MigrationAnswer:
        with self._lock:
            if self._job is not None and self._job.running:
                raise WrongStageError(
                    f"{self._job.verb!r} is under way: wait for its end, or ask for the status."
                )
            self._job = Running(verb=verb, running=True)
            self._thread = threading.Thread(
                target=self._work, args=(verb, steps), name="store-migration", daemon=True
            )
            self._thread.start()
        return self.answer()

    def _work(self, verb: str, steps: Steps) -> None:
        error = ""
        try:
            for progress in steps:
                self._job = Running(verb=verb, running=True, **_fields(progress))
                if self._stopping.is_set():
                    error = "The server is ending."
                    break
        except OpportuneError as problem:
            error = str(problem)
        except Exception:
            logger.exception("store-migration-failed")
            error = "Something unexpected happened; the log has it."
        last = self._job or Running(verb=verb, running=True)
        self._job = last.revised(running=False, error=error)


def _fields(progress: Progress) -> Mapping[str, Any]:
    return asdict(progress)


def steps_of(migrator: "Migrator", verb: str, **options: object) -> Steps:
    """Return the steps of a verb as people call it: `cut-over`."""
    steps: Callable[..., Steps] = getattr(migrator, verb.replace("-", "_"))
    return steps(**options)
