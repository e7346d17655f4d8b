"""A store migration under test: two stores, the processes over them, and time that only tests move.

Every request to either store can be counted, cut or answered by a fault.
"""

import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from engines import connection_to, engine_names, new_table
from stores import IN_PROCESS, ManualClock, Opener

from opportune.errors import StoreUnavailableError
from opportune.model.records import Record
from opportune.stores.contract import RETENTION, Clock, Retention, Store
from opportune.stores.dynamodb import DynamoDBStore
from opportune.stores.journal import Stage
from opportune.stores.migration.record import MigrationStatus
from opportune.stores.migration.serving import LEASES, Leases
from opportune.stores.migration.store import MigratingStore
from opportune.stores.migration.verbs import Migrator, finish
from opportune.stores.migration.verification_rows import key_of
from opportune.stores.sqlite import SQLiteStore

SOURCE, TARGET = "sqlite:///source", "sqlite:///target"
"""Names only: what they stand for is opened by the test."""


class Time:
    """Monotonic seconds; sleeping moves them on."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.slept_s = 0.0

    def __call__(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.slept_s += seconds
        self.now_s += seconds

    def advance(self, seconds: float) -> None:
        self.now_s += seconds


class CutError(BaseException):
    """The process ends here."""


@dataclass
class Requests:
    """What is sent to stores: counted, and one of them may meet a fault."""

    sent: list[str] = field(default_factory=list)
    plan: Callable[[str, Callable[[], Any]], Any] = lambda name, call: call()

    def __call__(self, name: str, call: Callable[[], Any]) -> Any:
        self.sent.append(name)
        return self.plan(name, call)

    def cut(self, number: int, *, after: bool = False) -> None:
        """End the process at the request with this number from now on, counted from 0."""
        self._at(number, lambda: _raise(CutError()), after=after)

    def fail(self, number: int, *, after: bool = False) -> None:
        """Let one request be answered by StoreUnavailableError."""
        self._at(number, lambda: _raise(StoreUnavailableError("injected")), after=after)

    def heal(self) -> None:
        self.plan = lambda name, call: call()

    def _at(self, number: int, fault: Callable[[], None], *, after: bool) -> None:
        wanted = len(self.sent) + number

        def plan(name: str, call: Callable[[], Any]) -> Any:
            if len(self.sent) - 1 != wanted:
                return call()
            if after:
                call()
            return fault()

        self.plan = plan


def _raise(error: BaseException) -> None:
    raise error


class Watched:
    """A store whose every request goes through `Requests`."""

    def __init__(self, name: str, store: Store, requests: Requests) -> None:
        self._name = name
        self._store = store
        self._requests = requests

    def __getattr__(self, method: str) -> Any:
        attribute = getattr(self._store, method)
        if method == "journaled":
            return lambda told, *, stage_number: Watched(
                self._name, attribute(told, stage_number=stage_number), self._requests
            )
        if not callable(attribute) or method == "close":
            return attribute
        return lambda *given, **named: self._requests(
            f"{self._name}.{method}", lambda: attribute(*given, **named)
        )


class World:
    """Two stores, and whatever runs over them.

    Args:
        source: The store that is migrated.
        target: The one that it is migrated to.
        clock: Of both.
    """

    def __init__(  # noqa: PLR0913 - each is what a test varies
        self,
        source: Store,
        target: Store,
        clock: Clock | None = None,
        *,
        retention: Retention = RETENTION,
        urls: tuple[str, str] = (SOURCE, TARGET),
        leases: Leases = LEASES,
    ) -> None:
        self.clock = clock or ManualClock()
        self.retention = retention
        self.leases = leases
        self.time = Time()
        self.requests = Requests()
        self.urls = urls
        self.plain = dict(zip(urls, (source, target), strict=True))
        self.watched: dict[str, Any] = {
            url: Watched(("source", "target")[at], store, self.requests)
            for at, (url, store) in enumerate(self.plain.items())
        }

    @property
    def source(self) -> Store:
        return self.plain[self.urls[0]]

    @property
    def target(self) -> Store:
        return self.plain[self.urls[1]]

    def process(
        self, configured: int = 0, *, monotonic: Callable[[], float] | None = None
    ) -> MigratingStore:
        """Start a process that is configured for the source (0) or the target (1)."""
        url = self.urls[configured]
        return MigratingStore(
            self.watched[url],
            url=url,
            open_peer=self.watched.get,
            leases=self.leases,
            monotonic=monotonic or self.time,
        )

    def migrator(self, *, back: bool = False, operator: str = "ana") -> Migrator:
        source, target = self.urls[::-1] if back else self.urls
        return Migrator(
            source,
            target,
            open_peer=self.watched.get,
            operator=operator,
            clock=self.clock,
            monotonic=self.time,
            sleep=self.time.sleep,
            leases=self.leases,
            retention=self.retention,
        )

    def bring_to(self, stage: Stage, *, batch: int = 500) -> MigrationStatus | None:
        """Take the migration to a stage, from the beginning."""
        status = None
        migrator = self.migrator()
        if stage is not Stage.OFF:
            status = finish(migrator.start(batch=batch))
        if stage in (Stage.CUT_OVER, Stage.COMPLETE):
            finish(migrator.verify())
            status = finish(migrator.cut_over())
        if stage is Stage.COMPLETE:
            finish(migrator.verify())
            status = finish(migrator.complete())
        return status


def scanned(store: Store) -> dict[tuple[type, str, int], Record]:
    """Everything that a store holds."""
    found: dict[tuple[type, str, int], Record] = {}
    cursor = None
    while True:
        page = store.scan(cursor=cursor)
        for record in page.items:
            found[type(record), key_of(record), record.version] = record
        cursor = page.cursor
        if cursor is None:
            return found


def serving(world: World) -> Store:
    """Return the store of a process over plain stores; closing it closes them."""

    def close() -> None:
        for store in world.plain.values():
            store.close()

    return MigratingStore(
        world.source,
        url=world.urls[0],
        open_peer=world.plain.get,
        monotonic=world.time,
        close=close,
    )


def open_in_process(stage: Stage) -> Opener:
    """Return what opens a migration from memory to SQLite, at a stage, as one store."""

    def opener(tmp_path: Path, clock: Clock, retention: Retention, *, fresh: bool) -> Store:
        pair = [IN_PROCESS[name](tmp_path, clock, retention, fresh=fresh) for name in NAMES]
        world = World(pair[0], pair[1], clock, retention=retention)
        world.bring_to(stage)
        return serving(world)

    return opener


def open_on_engine(stage: Stage, engine: str) -> Opener:
    """Return what opens a migration from SQLite to DynamoDB, at a stage, as one store."""

    def opener(tmp_path: Path, clock: Clock, retention: Retention, *, fresh: bool) -> Store:
        path, table = _prepared.__wrapped__(stage, engine) if fresh else _prepared(stage, engine)
        source = SQLiteStore(path, clock=clock, retention=retention)
        return serving(World(source, _on(engine, table, clock, retention), clock))

    return opener


@cache
def _prepared(stage: Stage, engine: str) -> tuple[Path, str]:
    """Make a file and tables, and take a migration between them to a stage."""
    path = Path(tempfile.mkdtemp()) / "source.sqlite3"
    table = new_table(engine, f"T{uuid.uuid4().hex}")
    source = SQLiteStore(path)
    World(source, _on(engine, table, ManualClock(), RETENTION)).bring_to(stage)
    source.close()
    return path, table


def _on(engine: str, table: str, clock: Clock, retention: Retention) -> Store:
    connection = connection_to(engine)
    return DynamoDBStore(table, clock=clock, retention=retention, connection=connection)


NAMES = ("memory", "sqlite")
STAGES = (Stage.OFF, Stage.DUAL_WRITE, Stage.CUT_OVER, Stage.COMPLETE)
MIGRATING: dict[str, Opener] = {
    **{f"memory-to-sqlite-{stage}": open_in_process(stage) for stage in STAGES},
    **{
        f"sqlite-to-{engine}-{stage}": open_on_engine(stage, engine)
        for engine in engine_names()[:1]
        for stage in STAGES
    },
}
"""Stores for the contract suite: in every stage a migration keeps what one store keeps."""
