"""What a journaled store adds to its writes, alike in every store: fence, note, telling."""

import uuid
from dataclasses import dataclass

from opportune.errors import WrongStageError
from opportune.model.records import Template
from opportune.stores.changes import Change
from opportune.stores.journal import Note, Told, Written


@dataclass(frozen=True, slots=True)
class Journaling:
    """Whom a journaled store tells of its writes, and the stage number that they need."""

    told: Told
    stage_number: int

    def check(self, stage_number: int | None) -> None:
        """Hold a write back unless the stored stage number (None: no migration) is the known one.

        Raises:
            WrongStageError: It is not.
        """
        if stage_number != self.stage_number:
            raise wrong_stage(self.stage_number)


def wrong_stage(known: int) -> WrongStageError:
    """Say that the stage went on since this number was read."""
    return WrongStageError(
        f"The store migration is no longer at stage number {known}: read its stage, then repeat."
    )


def written(change: Change) -> Written:
    """Return what a change writes, with a note of its own: no other write ever has its key."""
    session_id = change.header.id if change.header else change.revisions[0].session_id
    touched = tuple(revision.id for revision in change.revisions)
    note = Note(uuid.uuid4().hex, session_id=session_id, opportunity_ids=touched)
    return Written(note, change.header, change.revisions)


def written_template(revision: Template) -> Written:
    """Return the same for a template."""
    note = Note(uuid.uuid4().hex, template_id=revision.template_id)
    return Written(note, template=revision)
