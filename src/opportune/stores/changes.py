"""What a write does to what is stored, decided without a store: each store only applies it.

The rules are those of `contract.py`. Every function takes the newest revisions as the store holds
them, dead ones too, and the present moment; it returns what to write, or raises.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from opportune.errors import (
    InvalidInputError,
    NotFoundError,
    OpportunityNotFoundError,
    SessionNotFoundError,
    TemplateNotFoundError,
    VersionConflictError,
)
from opportune.model.records import Opportunity, R, Session, Template
from opportune.model.times import later_time
from opportune.stores.contract import Retention
from opportune.stores.journal import Migration
from opportune.stores.revisions import is_expired, is_forgotten, is_live, same_change, stamped


@dataclass(frozen=True, slots=True)
class Moment:
    """When something is written, and how long it is kept from then."""

    now: datetime
    retention: Retention


@dataclass(frozen=True, slots=True)
class Change:
    """What to write, in one step. A first revision (version 1) replaces whatever was forgotten.

    `header` is None if it stays as it is.
    """

    header: Session | None = None
    revisions: tuple[Opportunity, ...] = ()


NOTHING = Change()


def replacing(
    session: Session,
    opportunities: Sequence[Opportunity],
    *,
    header: Session | None,
    newest: Iterable[Opportunity],
    when: Moment,
) -> tuple[Session, Change]:
    """Decide `store_opportunities`; `newest` is of all that were ever in the session."""
    if header is not None and not header.deleted and same_change(header, session):
        return header, NOTHING
    _check_version(session, header.version if header else 0, header)
    held = {one.id: one for one in newest if not is_forgotten(one, when.now, when.retention)}
    revisions = []
    for wanted in opportunities:
        base = held.pop(wanted.id, None)
        if base == wanted and is_live(base, when.now):
            continue
        _check_version(
            wanted, 0 if base is None or is_expired(base, when.now) else base.version, base
        )
        revisions.append(_stamped(wanted, base, when))
    revisions += _departing(held.values(), session.updated_by, session.change_id, when)
    replaced = _stamped(session, header, when)
    return replaced, Change(replaced, tuple(revisions))


def putting(
    wanted: Opportunity,
    *,
    newest: Opportunity | None,
    header: Session | None,
    when: Moment,
) -> tuple[Opportunity, Change]:
    """Decide `put_opportunity`; the header is that of its session."""
    if newest is not None and is_forgotten(newest, when.now, when.retention):
        newest = None
    if newest is not None and same_change(newest, wanted):
        return newest, NOTHING
    visible = None if newest is None or is_expired(newest, when.now) else newest
    _check_base(wanted, visible, OpportunityNotFoundError(wanted.id))
    revision = _stamped(wanted, newest, when)
    if wanted.deleted or (newest is not None and is_live(newest, when.now)):
        return revision, Change(None, (revision,))
    if header is None or header.deleted:
        raise SessionNotFoundError(wanted.session_id)
    changed = header.model_copy(
        update={"updated_by": wanted.updated_by, "change_id": wanted.change_id}
    )
    raised = _stamped(changed, header, when)
    return revision, Change(raised, (revision,))


def departing(
    header: Session,
    *,
    newest: Iterable[Opportunity],
    updated_by: str,
    change_id: str,
    when: Moment,
) -> Change:
    """Decide `delete_session`."""
    if header.deleted and header.change_id == change_id != "":
        return NOTHING
    if header.deleted:
        raise SessionNotFoundError(header.id)
    left = Session(id=header.id, deleted=True, updated_by=updated_by, change_id=change_id)
    return Change(
        _stamped(left, header, when),
        tuple(_departing(newest, updated_by, change_id, when)),
    )


def putting_template(
    wanted: Template, *, newest: Template | None, when: Moment
) -> tuple[Template, bool]:
    """Decide `put_template`: the revision, and whether it is still to be written."""
    if newest is not None and same_change(newest, wanted):
        return newest, False
    _check_base(wanted, newest, TemplateNotFoundError(wanted.template_id))
    return _stamped(wanted, newest, when), True


def deleting_template(
    template_id: str, *, newest: Template | None, version: int, updated_by: str, change_id: str
) -> Template:
    """Return what `delete_template` puts."""
    if newest is None:
        raise TemplateNotFoundError(template_id)
    if version < 1:
        raise VersionConflictError(template_id, expected=version, actual=newest.version)
    return newest.model_copy(
        update={
            "deleted": True,
            "version": version,
            "updated_by": updated_by,
            "change_id": change_id,
        },
    )


def putting_migration(
    wanted: Migration, *, held: Migration | None, now: datetime
) -> tuple[Migration, bool]:
    """Decide `put_migration`: the record, and whether it is still to be written."""
    version = held.version if held else 0
    if held and held.change_id == wanted.change_id != "" and wanted.version in (0, version - 1):
        return held, False
    if wanted.version != version:
        raise VersionConflictError(wanted.id, expected=wanted.version, actual=version)
    stamps = {
        "version": version + 1,
        "updated_at": later_time(now, held.updated_at if held else ""),
    }
    return wanted.model_copy(update=stamps), True


def _departing(
    newest: Iterable[Opportunity],
    updated_by: str,
    change_id: str,
    when: Moment,
) -> list[Opportunity]:
    """Return the revisions that delete those of them that are live."""
    words = {"updated_by": updated_by, "change_id": change_id, "change_note": "", "deleted": True}
    return [
        _stamped(one.model_copy(update=words), one, when)
        for one in newest
        if is_live(one, when.now)
    ]


def _stamped(record: R, base: R | None, when: Moment) -> R:
    return stamped(record, base=base, now=when.now, retention=when.retention)


def _check_version(
    wanted: Opportunity | Session, actual: int, base: Opportunity | Session | None
) -> None:
    """Refuse what is based on another version than the actual one; 0 takes any."""
    if wanted.version and (base is None or wanted.version != actual):
        raise VersionConflictError(wanted.id, expected=wanted.version, actual=actual)


def _check_base(
    wanted: Opportunity | Template,
    visible: Opportunity | Template | None,
    missing: NotFoundError,
) -> None:
    """Refuse a revision that does not follow from the newest one; 0 creates, and only that."""
    if wanted.deleted and not wanted.version:
        raise InvalidInputError(f"{missing.key!r}: a delete must name the version it deletes.")
    if visible is None and wanted.version:
        raise missing
    if visible is not None and visible.version != wanted.version:
        raise VersionConflictError(missing.key, expected=wanted.version, actual=visible.version)
