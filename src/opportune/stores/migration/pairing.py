"""The two stores of a migration under way, and how a write reaches both.

The source comes first and decides; each write leaves a note in its journal, in one step with it,
until the target has it too. docs/decisions/0005-store-migration.md says why that suffices.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from opportune.errors import (
    ConfigurationError,
    NotFoundError,
    OpportuneError,
    StoreUnavailableError,
    VersionConflictError,
    WrongStageError,
)
from opportune.model.records import Record
from opportune.stores.contract import Store
from opportune.stores.journal import Copying, Migration, Note, Stage, Written
from opportune.stores.migration.draining import bring_session, bring_template
from opportune.stores.migration.peers import MEMORY, OpenPeer
from opportune.stores.migration.serving import Serving, View

logger = logging.getLogger("opportune.stores.pairing")

T = TypeVar("T")

SETTLED_TOGETHER = 25
"""Notes that are taken out of the journal at a time."""


class Replicated:
    """Notes of writes that the target has, still open in the source."""

    def __init__(self) -> None:
        self._notes: list[tuple[Store, Note]] = []

    def add(self, source: Store, note: Note) -> None:
        """Remember a note; now and then, settle what has come together."""
        self._notes.append((source, note))
        if len(self._notes) >= SETTLED_TOGETHER:
            self.settle()

    def keys(self) -> set[str]:
        """Return which notes these are."""
        return {note.key for _, note in self._notes}

    def settle(self) -> None:
        """Take them out. If that fails they stay open, which only costs a drain some reading."""
        notes, self._notes = self._notes, []
        for source in {id(source): source for source, _ in notes}.values():
            try:
                source.settle([note for its_source, note in notes if its_source is source])
            except OpportuneError:
                logger.warning("notes not settled")


class Pair:
    """A migration under way, as one process sees it at one moment.

    Args:
        view: Who serves.
        migration: The record that says so.
        open_peer: Opens the target when it is needed: the source alone may be enough.
        serving: Tells whether the view is still true.
        replicated: Collects notes to settle.
    """

    def __init__(
        self,
        view: View,
        migration: Migration,
        open_peer: OpenPeer,
        serving: Serving,
        replicated: Replicated,
    ) -> None:
        self._view = view
        self._migration = migration
        self._open_peer = open_peer
        self._serving = serving
        self._replicated = replicated
        self._source = view.store
        self._source_is_memory = migration.source.startswith(MEMORY)
        self._is_target_read = migration.stage is Stage.CUT_OVER or (
            migration.stage is Stage.PAUSED and migration.reads_target
        )

    @property
    def target(self) -> Store:
        """The store that is copied to.

        Raises:
            ConfigurationError: It was the memory of another process.
        """
        target = self._open_peer(self._migration.target)
        if target is not None:
            return target
        raise ConfigurationError(
            f"{self._migration.target} is the memory of another process. If that has ended, "
            f"nothing is lost, {self._migration.source} has everything: "
            "opportune store migrate roll-back"
        )

    @property
    def read_side(self) -> Store:
        """The store that is read."""
        return self.target if self._is_target_read else self._source

    def write(self, act: Callable[[Store], T], touched: Note) -> T:
        """Write to the source, then to the target.

        Args:
            act: The write.
            touched: Names the session or template that it touches.

        Raises:
            WrongStageError: Nothing was written: the stage is another by now.
            StoreUnavailableError: The source may have it already; if so, its note stays there
                until somebody brings it over.
        """
        target = self.target
        told: list[Written] = []
        stage_number = self._migration.stage_number
        try:
            answer = act(self._source.journaled(told.append, stage_number=stage_number))
        except (VersionConflictError, NotFoundError) as refusal:
            # The fence is not asked for a refusal: the source may no longer be the one to refuse.
            if self._serving.look().decided_by != self._view.decided_by:
                raise WrongStageError("The stage changed during a refused write.") from refusal
            if self._is_target_read:  # what it rests on must be seen by all, now that it is told
                self._bring(target, touched)
            raise
        for written in told:
            self._replicate(target, written)
        if told and self._source_is_memory and not self._serving.is_current(self._view):
            # A target that takes over from memory cannot reach the fence in there.
            raise StoreUnavailableError(
                f"{self._migration.target} took over during this write: it may or may not have "
                "happened."
            )
        if not told:  # a repeat: the first writer may not have come as far as the target
            self._bring(target, touched)
            if not self._serving.is_current(self._view):
                raise WrongStageError("The stage changed during a repeated write.")
        return answer

    def _replicate(self, target: Store, written: Written) -> None:
        """Bring a write that the source has to the target."""
        if self._is_target_read and self._others(written):
            self._bring(target, written.note)
            return
        copying = Copying.NEXT if self._is_target_read else Copying.NEWER
        with self._named_errors():
            is_stored = target.replicate(_records(written), copying=copying)
        if not is_stored:
            self._bring(target, written.note)
        self._replicated.add(self._source, written.note)

    def _others(self, written: Written) -> bool:
        """Tell whether something else of the session is perhaps not in the target yet.

        It may be what this write rests on, or left as it was: without it a list would be torn.
        """
        session_id = written.note.session_id
        if not session_id:
            return False
        known = self._replicated.keys() | {written.note.key}
        return any(note.key not in known for note in self._source.journal(session_id=session_id))

    def _bring(self, target: Store, touched: Note) -> None:
        """Bring over all that is noted of a session, or a template."""
        with self._named_errors():
            if touched.template_id:
                bring_template(self._source, target, touched.template_id)
            else:
                bring_session(self._source, target, touched.session_id)

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        """Say of a write that has not reached the target what that means."""
        try:
            yield
        except OpportuneError as error:
            raise StoreUnavailableError(
                f"{self._migration.source} has this write, or may have it; "
                f"{self._migration.target} could not take it yet ({error}). If that stays so: "
                "opportune store migrate roll-back",
                retry_after_s=getattr(error, "retry_after_s", 1),
            ) from error


def _records(written: Written) -> list[Record]:
    """Return what was written, header first."""
    header = [] if written.header is None else [written.header]
    template = [] if written.template is None else [written.template]
    return [*header, *written.revisions, *template]
