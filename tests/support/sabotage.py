"""The guards of the real store migration, each with a way to take it out."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from opportune.stores.contract import Store
from opportune.stores.journal import Written
from opportune.stores.journaling import Journaling
from opportune.stores.memory import records, store
from opportune.stores.memory.store import MemoryStore
from opportune.stores.migration.backfill import Pace
from opportune.stores.migration.pairing import Pair
from opportune.stores.migration.serving import Leases, Serving
from opportune.stores.migration.store import MigratingStore
from opportune.stores.migration.verbs import Migrator

Sabotage = Callable[[pytest.MonkeyPatch], None]


def _nothing(*args: Any, **kwargs: Any) -> Iterator[Any]:
    return iter(())


def no_journal(patch: pytest.MonkeyPatch) -> None:
    """Nobody finds a note."""
    patch.setattr(MemoryStore, "journal", lambda self, **_: ())


def no_fence(patch: pytest.MonkeyPatch) -> None:
    """A write of an older stage lands."""
    patch.setattr(Journaling, "check", lambda self, stage_number: None)


def no_lease(patch: pytest.MonkeyPatch) -> None:
    """What was read of the stage is believed for ever."""
    patch.setattr(Serving, "is_leased", lambda self, view: True)


def no_second_look(patch: pytest.MonkeyPatch) -> None:
    """An answer counts though its lease ran out before it came."""
    patch.setattr(Serving, "is_current", lambda self, view: True)


def no_wait(patch: pytest.MonkeyPatch) -> None:
    """Nobody waits for leases to run out."""
    patch.setattr(Pace, "wait", _nothing)


def no_wait_at_start(patch: pytest.MonkeyPatch) -> None:
    """Copying begins while writes of OFF may be under way."""
    patch.setattr(Leases, "unfenced_s", 0.0)


def no_drain(patch: pytest.MonkeyPatch) -> None:
    """The pause does not bring over what stands in the source alone."""
    patch.setattr(Migrator, "_drain", _nothing)
    patch.setattr(Migrator, "_drain_some", _nothing)


def no_pause(patch: pytest.MonkeyPatch) -> None:
    """Writes go on while the reads move."""
    patch.setattr(MigratingStore, "_writable", lambda self: self._serving.view())


def no_verification(patch: pytest.MonkeyPatch) -> None:
    """Cutting over asks for nothing."""
    patch.setattr(Migrator, "_check_verified", lambda self, migration, details: None)


def no_look_at_others(patch: pytest.MonkeyPatch) -> None:
    """Only the gap in the target, NEXT, shows that something else is missing there."""
    patch.setattr(Pair, "_others", lambda self, written: False)


def no_gap_is_seen(patch: pytest.MonkeyPatch) -> None:
    """NEWER instead of NEXT, and nobody looks at the notes of others."""
    no_look_at_others(patch)
    patch.setattr(store, "leaves_gap", lambda *_: False)


def no_bringing(patch: pytest.MonkeyPatch) -> None:
    """Refusals and repeats are told though the target does not show what they rest on."""
    patch.setattr(Pair, "_bring", lambda self, target, touched: None)


def settled_too_early(patch: pytest.MonkeyPatch) -> None:
    """The note goes before its write has reached the target."""
    replicate = Pair._replicate  # noqa: SLF001 # what is sabotaged

    def settling(self: Pair, target: Store, written: Written) -> None:
        self._source.settle([written.note])
        replicate(self, target, written)

    patch.setattr(Pair, "_replicate", settling)


def not_only_newer(patch: pytest.MonkeyPatch) -> None:
    """An older header replaces a newer one."""
    patch.setattr(records, "is_header_taken", lambda *_: True)


SABOTAGES: Sequence[Sabotage] = (
    no_journal,
    no_fence,
    no_lease,
    no_second_look,
    no_wait,
    no_wait_at_start,
    no_drain,
    no_pause,
    no_verification,
    no_look_at_others,
    no_gap_is_seen,
    no_bringing,
    settled_too_early,
    not_only_newer,
)
