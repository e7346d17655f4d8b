"""Bringing over what stands in the source alone: the notes in its journal say what that is."""

from collections.abc import Iterator

from opportune.errors import StoreUnavailableError
from opportune.model.records import Opportunity, Record
from opportune.stores.contract import PAGE_LIMIT, Store
from opportune.stores.journal import Note

TRIES = 20
"""Of reading what belongs together while others keep writing."""


def bring_session(source: Store, target: Store, session_id: str) -> None:
    """Bring over all that the journal holds of a session, header and revisions in one step.

    It is read as it stood at one moment: a write that comes in between leaves a note, and then it
    is read again. A note that came and went has reached the target already.

    Raises:
        StoreUnavailableError: Others kept writing to it.
    """
    for _ in range(TRIES):
        notes = source.journal(session_id=session_id)
        if not notes:
            return
        header = source.get_header(session_id)
        records: list[Record] = [] if header is None else [header]
        for one in sorted(_touched(source, target, session_id, notes)):
            records += _missing(source, target, one)
        if {note.key for note in source.journal(session_id=session_id)} <= {n.key for n in notes}:
            if records:
                target.replicate(records)
            source.settle(notes)
            return
    raise StoreUnavailableError(f"Session {session_id!r} is being changed all the time.")


def bring_template(source: Store, target: Store, template_id: str) -> None:
    """Bring over every revision of a template: one depends on nothing else."""
    revisions = source.get_template_history(template_id)
    if revisions:
        target.replicate(revisions)


def drain(source: Store, target: Store) -> Iterator[int]:
    """Bring over what was noted until now, and yield after each session or template how many.

    New notes may have come meanwhile, unless writes rest. A page of notes is taken at a time.
    """
    notes = source.journal()
    brought = 0
    for session_id in sorted({note.session_id for note in notes if note.session_id}):
        bring_session(source, target, session_id)
        brought += 1
        yield brought
    for template_id in sorted({note.template_id for note in notes if note.template_id}):
        bring_template(source, target, template_id)
        source.settle([note for note in notes if note.template_id == template_id])
        brought += 1
        yield brought


def _touched(source: Store, target: Store, session_id: str, notes: tuple[Note, ...]) -> set[str]:
    """Return the opportunities to bring over."""
    touched = {one for note in notes for one in note.opportunity_ids}
    if len(notes) >= PAGE_LIMIT:  # there may be more notes: what a list could show comes along
        for store in (source, target):
            touched |= {one.id for one in store.get_opportunities(session_id)}
    return touched


def _missing(source: Store, target: Store, opportunity_id: str) -> list[Opportunity]:
    """Return the revisions that the target has not."""
    held = {revision.version for revision in target.get_history(opportunity_id)}
    return [one for one in source.get_history(opportunity_id) if one.version not in held]
