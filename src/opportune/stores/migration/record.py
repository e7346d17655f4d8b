"""What a store migration writes down: in its record, for who asks, and for the report."""

from opportune import __version__
from opportune.model.records import Model, Opportunity, Record, Session, Text, Time
from opportune.stores.journal import Migration, Stage

CHANGES_KEPT = 50
"""Of stage, the newest ones."""


class Counts(Model):
    """How many records there are of each kind."""

    sessions: int = 0
    """Headers, deleted ones too."""
    opportunities: int = 0
    """Revisions."""
    templates: int = 0
    """Revisions."""

    @property
    def total(self) -> int:
        """All of them."""
        return self.sessions + self.opportunities + self.templates

    def plus(self, records: tuple[Record, ...]) -> "Counts":
        """Return the counts with these records added."""
        kinds = [type(record) for record in records]
        sessions, opportunities = kinds.count(Session), kinds.count(Opportunity)
        return Counts(
            sessions=self.sessions + sessions,
            opportunities=self.opportunities + opportunities,
            templates=self.templates + len(kinds) - sessions - opportunities,
        )


class StageChange(Model):
    """One change of stage."""

    stage: Stage
    stage_number: int
    toward: Stage | None = None
    reads: Text
    """`source` or `target`."""
    at: Time
    by: Text


class Backfill(Model):
    """How far copying is. It starts anew with each migration and goes on after an interruption."""

    is_ready: bool = False
    """No write of OFF can be under way any more: what is scanned from now on is all there is."""
    expected: int | None = None
    """Records that the source had when they were counted."""
    cursor: Text = ""
    """Where the next batch begins; empty before the first and after the last."""
    copied: Counts = Counts()
    batches: int = 0
    started_at: Time = ""
    finished_at: Time = ""


class StoreDifference(Model):
    """A field in which a record of the target is not what the source has."""

    kind: Text
    """`session`, `opportunity` or `template`."""
    key: Text
    version: int
    field: Text
    """Path of the field, `evidence.0.text`; `(record)` if one side has no such record,
    `(list)` if only the session's list leaves it out."""
    source: Text
    target: Text


class StoreVerification(Model):
    """What comparing both stores, record by record and list by list, has shown."""

    stage_number: int
    """Of the stage that it was made in. After the next change it counts no more."""
    started_at: Time
    finished_at: Time
    by: Text
    source: Counts
    target: Counts
    source_digest: Text
    """SHA-256 over the digests of all records, in order of kind, key and version."""
    target_digest: Text
    """Equal to the source's if nothing was written meanwhile."""
    lists: int
    """Sessions whose lists were compared as readers get them."""
    rechecked: int
    """Records that differed or were missing at first: nearly all were just being written."""
    expiring: int
    """Missing on one side because their retention ends about now: no difference."""
    differences: int
    examples: tuple[StoreDifference, ...]
    """The first of them, with long values cut."""
    repaired: int = 0
    """Records that were mended before this verification, as was asked for."""
    product_version: Text = __version__

    @property
    def is_clean(self) -> bool:
        """Both stores have the same."""
        return not self.differences


class Details(Model):
    """What `Migration.details` holds, as JSON."""

    changes: tuple[StageChange, ...] = ()
    backfill: Backfill = Backfill()
    verification: StoreVerification | None = None
    product_version: Text = __version__


class MigrationStatus(Model):
    """Where a store migration stands, and what to do next."""

    id: Text
    source: Text
    target: Text
    stage: Stage
    stage_number: int
    toward: Stage | None
    reads: Text
    """`source` or `target`."""
    backfill: Backfill
    verification: StoreVerification | None
    is_verified: bool
    """Cutting over, or completing, would be allowed by the last verification."""
    changes: tuple[StageChange, ...]
    open_notes: int
    """Writes that perhaps only the source has; 1000 means: or more."""
    updated_at: Time
    updated_by: Text
    next_step: Text
    """What to do now: a command, and why."""


def details_of(migration: Migration) -> Details:
    """Read what a record keeps."""
    return Details.model_validate_json(migration.details) if migration.details else Details()


def side_read(migration: Migration) -> str:
    """Name the side that is read: `source` or `target`."""
    is_target = migration.stage in {Stage.CUT_OVER, Stage.COMPLETE} or (
        migration.stage is Stage.PAUSED and migration.reads_target
    )
    return "target" if is_target else "source"


def is_verified(migration: Migration, details: Details) -> bool:
    """Tell whether there is a clean verification since the last change of stage."""
    last = details.verification
    return last is not None and last.stage_number == migration.stage_number and last.is_clean


def with_change(details: Details, changed: Migration, at: str, by: str) -> Details:
    """Return the details with a change of stage written down."""
    change = StageChange(
        stage=changed.stage,
        stage_number=changed.stage_number,
        toward=changed.toward,
        reads=side_read(changed),
        at=at,
        by=by,
    )
    return details.revised(changes=(*details.changes, change)[-CHANGES_KEPT:])


_FINISH = {
    Stage.CUT_OVER: "cut-over",
    Stage.DUAL_WRITE: "roll-back",
    Stage.COMPLETE: "complete",
}
_ONWARD = {
    Stage.DUAL_WRITE: ("cut-over", "both stores are equal; writes will rest for a few seconds"),
    Stage.CUT_OVER: ("complete", "both stores are equal; afterwards there is no way back"),
}


def next_step(migration: Migration, details: Details, command: str) -> str:
    """Say what to do now.

    Args:
        migration: As it stands.
        details: What it keeps.
        command: How verbs are called, with `{verb}` in it.
    """
    if migration.stage is Stage.COMPLETE:
        return (
            f"done: configure every process for {migration.target}; the way back is a new migration"
        )
    if migration.stage is Stage.OFF:
        verb, why = "start", "the source serves alone"
    elif migration.stage is Stage.PAUSED:
        verb = _FINISH[migration.toward or Stage.DUAL_WRITE]
        why = "writes are refused until this is finished, or rolled back"
    else:
        verb, why = _next_while_both_write(migration, details)
    return f"{command.replace('{verb}', verb)} ({why})"


def _next_while_both_write(migration: Migration, details: Details) -> tuple[str, str]:
    if not details.backfill.finished_at:
        return "start", "it goes on with copying where it ended"
    if is_verified(migration, details):
        return _ONWARD[migration.stage]
    last = details.verification
    if last is not None and last.stage_number == migration.stage_number:
        return "verify --repair", f"differences found: {last.differences}"
    if migration.stage is Stage.CUT_OVER:
        return "verify", "the target is read now: try it, then compare, or roll-back"
    return "verify", "everything is copied: compare both stores"
