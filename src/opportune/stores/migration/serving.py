"""Who serves: found by following the records of store migrations, and believed for a lease.

docs/decisions/0005-store-migration.md says why. Nothing in here sleeps or runs by itself: time
passes by the clock that is handed in, and requests go out only when somebody asks.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from opportune.errors import ConfigurationError, StoreUnavailableError, VersionConflictError
from opportune.stores.contract import Store
from opportune.stores.journal import Migration, Stage
from opportune.stores.migration.peers import MEMORY, OpenPeer

LOOKS = 4
"""At the stage: an answer that took longer than its lease says nothing about the present."""
LONGEST_CHAIN = 16
"""Of migrations that ended one after the other, each leaving a store that points to the next."""


@dataclass(frozen=True)
class Leases:
    """How long a process may serve by what it has read. Every process must have the same."""

    steady_s: float = 10
    """Where nothing moves: no migration, OFF, COMPLETE."""
    moving_s: float = 2
    """In the stages between."""
    longest_request_s: float = 90
    """No request takes effect later than this after it began."""

    @property
    def unfenced_s(self) -> float:
        """After this long, no write that began where nothing moved can take effect any more."""
        return self.steady_s + self.longest_request_s


LEASES = Leases()

Read = tuple[str, str, int, Stage]
"""A record as it was read: the store's URL, the migration's id, its stage number and stage."""


@dataclass(frozen=True)
class View:
    """Who serves, as of some moment.

    Args:
        stage: OFF (also without any migration) and COMPLETE: `store` serves alone.
        store: Alone, or the source of the migration under way.
        migration: That migration; None if one store serves alone.
        decided_by: What was read; equal means that nothing has changed.
        since_s: When the stores were asked, by the monotonic clock.
        until_s: Until when it may be believed.
    """

    stage: Stage
    store: Store
    migration: Migration | None
    decided_by: tuple[Read, ...]
    since_s: float
    until_s: float

    @property
    def place(self) -> str:
        """URL of `store`, as records name it."""
        return self.decided_by[-1][0]


class Serving:
    """Follows the records from the configured store to the one that serves.

    Args:
        configured: The store that this process was told to use.
        url: Its name in records.
        open_peer: Opens the others.
        leases: How long an answer may be believed.
        monotonic: Seconds that only rise.
    """

    def __init__(
        self,
        configured: Store,
        *,
        url: str,
        open_peer: OpenPeer,
        leases: Leases = LEASES,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._configured = configured
        self._url = url
        self._open_peer = open_peer
        self._leases = leases
        self._monotonic = monotonic
        self._before = url, configured, None
        self._view: View | None = None
        self._claim: tuple[str, int, float] | None = None  # store, version, since when

    @property
    def last(self) -> tuple[str, Store, Migration | None]:
        """Name and store that last served or decided, and the migration, without a request."""
        view = self._view
        return (view.place, view.store, view.migration) if view else self._before

    def view(self) -> View:
        """Return who serves; asks the stores only if the lease is over.

        Raises:
            StoreUnavailableError: A record cannot be read, or the store is being taken over.
            ConfigurationError: The store that serves is gone for ever.
        """
        view = self._view
        for _ in range(LOOKS):
            if view is not None and self.is_leased(view):
                return view
            view = self.look()
        raise StoreUnavailableError("The stage of the store migration takes too long to read.")

    def is_leased(self, view: View) -> bool:
        """Tell whether it may still be believed."""
        return self._monotonic() < view.until_s

    def is_current(self, view: View) -> bool:
        """Tell whether it may be believed; asks again if its lease is over."""
        return self.is_leased(view) or self.look().decided_by == view.decided_by

    def look(self) -> View:
        """Ask the stores who serves."""
        since_s = self._monotonic()
        url, store, origin = self._url, self._configured, None
        read: list[Read] = []
        for _ in range(LONGEST_CHAIN):
            record = store.get_migration()
            if record is None:
                read.append((url, "", 0, Stage.OFF))
                return self._alone(store, Stage.OFF, read, since_s)
            read.append((url, record.id, record.stage_number, record.stage))
            onward = self._onward(record, origin, store)
            if onward == "":
                if record.is_target or record.stage is Stage.OFF:
                    stage = Stage.COMPLETE if record.is_target else Stage.OFF
                    return self._alone(store, stage, read, since_s)
                until_s = since_s + self._leases.moving_s
                return self._kept(View(record.stage, store, record, tuple(read), since_s, until_s))
            url, store, origin = onward, self._follow(record, onward), record
        raise ConfigurationError(
            f"{self._url}: the records of store migrations lead in a circle, or through more than "
            f"{LONGEST_CHAIN} stores: configure the store that has the data."
        )

    def _onward(self, record: Migration, origin: Migration | None, store: Store) -> str:
        """Return which store to ask next; empty if this record decides."""
        if record.is_target:
            is_final = record.stage is Stage.COMPLETE or (
                origin is not None
                and origin.stage is Stage.COMPLETE
                and (origin.source, origin.target) == (record.source, record.target)
            )
            if is_final or self._is_taken_over(record, store):
                return ""
            return record.source
        if record.source.startswith(MEMORY) and self._is_lost(record):
            return record.target
        return record.target if record.stage is Stage.COMPLETE else ""

    def _follow(self, record: Migration, url: str) -> Store:
        store = self._open_peer(url)
        if store is not None:
            return store
        raise ConfigurationError(
            f"The data was moved from {record.source} to {url}, the memory of another process. If "
            "that has ended, what was written since is lost; to go on with what the store had: "
            "opportune store migrate roll-back --abandon-target"
        )

    def _alone(self, store: Store, stage: Stage, read: list[Read], since_s: float) -> View:
        until_s = since_s + self._leases.steady_s
        return self._kept(View(stage, store, None, tuple(read), since_s, until_s))

    def _kept(self, view: View) -> View:
        """Believe it from now on, unless another thread has asked later."""
        if self._view is None or self._view.since_s <= view.since_s:
            self._view = view
        return view

    # A source in the memory of a process.

    def _is_taken_over(self, record: Migration, store: Store) -> bool:
        """Tell whether the target serves because the memory that it was copied from is gone.

        Taking over is announced in the target's record and takes effect after the longest lease
        and request. A process that still has that memory withdraws it if anybody uses it meanwhile
        (`_is_lost`); otherwise it finds at its next request that it no longer serves.
        """
        if not record.source.startswith(MEMORY) or self._open_peer(record.source) is not None:
            return False
        try:
            if record.stage is not Stage.PAUSED:
                record = store.put_migration(
                    record.revised(
                        stage=Stage.PAUSED,
                        toward=Stage.COMPLETE,
                        reads_target=True,
                        stage_number=record.stage_number + 1,
                        change_id="",
                    )
                )
            claim = self._claim
            if claim is None or claim[:2] != (record.target, record.version):
                claim = self._claim = record.target, record.version, self._monotonic()
            left_s = claim[2] + self._leases.unfenced_s - self._monotonic()
            if left_s <= 0:
                store.put_migration(
                    record.revised(
                        stage=Stage.COMPLETE,
                        toward=None,
                        stage_number=record.stage_number + 1,
                        change_id="",  # nothing else may be taken for a repeat of this
                    )
                )
                return True
        except VersionConflictError:
            left_s = 1
        raise StoreUnavailableError(
            f"{record.target} was copied from the memory of another process. If that has ended, "
            "this store takes over shortly; if not, it goes on serving.",
            retry_after_s=max(1, ceil(left_s)),
        )

    def _is_lost(self, record: Migration) -> bool:
        """Tell whether the target has taken over from this memory; if not yet, forbid it."""
        if record.stage in (Stage.OFF, Stage.COMPLETE):
            return False
        target = self._open_peer(record.target)
        copy = target.get_migration() if target is not None else None
        if target is None or copy is None or not copy.is_target or copy.source != record.source:
            return False
        if copy.stage is Stage.PAUSED:
            withdrawn = copy.revised(
                stage=Stage.DUAL_WRITE,
                toward=None,
                reads_target=False,
                stage_number=copy.stage_number + 1,
                change_id="",
            )
            try:
                target.put_migration(withdrawn)
            except VersionConflictError:
                raise StoreUnavailableError(
                    f"{record.target} is being taken over by another process."
                ) from None
        return copy.stage is Stage.COMPLETE
