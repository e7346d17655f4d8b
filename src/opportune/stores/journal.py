"""What stores offer to store migrations: the record of the stage, notes of writes, copying.

How they are used is told in docs/decisions/0005-store-migration.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Annotated

from pydantic import Field

from opportune.model.records import Model, Opportunity, Session, Template, Text, Time, Version


class Stage(StrEnum):
    """How far a store migration is. Which store is read, and which has to have a write."""

    OFF = "OFF"
    """Reads and writes: the source. There is no migration, or it was rolled back."""
    DUAL_WRITE = "DUAL_WRITE"
    """Reads: the source. Writes: the source, then the target."""
    CUT_OVER = "CUT_OVER"
    """Reads: the target. Writes: the source, then the target."""
    PAUSED = "PAUSED"
    """For seconds, on the way between two stages: writes are refused."""
    COMPLETE = "COMPLETE"
    """Reads and writes: the target."""


class Migration(Model):
    """The state of a store migration, as both stores hold it: who serves, and how far it is.

    A store writes it only over the version it follows from, so two operators cannot both succeed.
    """

    id: Text
    """Names one migration from start to end."""
    source: Text
    """The store that decides versions, as `open_store` takes it."""
    target: Text
    is_target: bool = False
    """This copy is the one that the target holds: it points to the source, which decides."""
    stage: Stage = Stage.OFF
    stage_number: Annotated[int, Field(ge=0, lt=2**53)] = 0
    """Rises with every change of stage."""
    reads_target: bool = False
    """While PAUSED: which store is read."""
    toward: Stage | None = None
    """While PAUSED: where it leads."""
    details: Text = ""
    """What the migration keeps for itself, as JSON: checkpoint, verification, counts."""
    updated_at: Time = ""
    updated_by: Text = ""
    change_id: Text = ""
    version: Version = 0


@dataclass(frozen=True, slots=True)
class Note:
    """Says what one write touched: opportunities of a session, perhaps its header; or a template.

    `key` names the note; `session_id` or `template_id` is empty. A note may stand without its write
    having happened, never the other way round.
    """

    key: str
    session_id: str = ""
    opportunity_ids: tuple[str, ...] = ()
    template_id: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """What a write wrote in one step, and the note of it."""

    note: Note
    header: Session | None = None
    revisions: tuple[Opportunity, ...] = ()
    template: Template | None = None


Told = Callable[[Written], None]


class Copying(Enum):
    """What `replicate` does about what is there already."""

    NEWER = "newer"
    """What this store holds of the same version stays as it is."""
    NEXT = "next"
    """Likewise; and nothing is stored if a record would leave a gap: of each, this store must hold
    the version before it, or be given that too, or hold itself or a later one, or it is a first
    version."""
    MEND = "mend"
    """What this store holds of the same version is replaced: a damaged copy is mended."""
