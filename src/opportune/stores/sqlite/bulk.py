"""Many changes in one transaction, each decided as if it came alone."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field

from opportune.errors import NotFoundError, StoreError, VersionConflictError
from opportune.model.records import Opportunity, Session
from opportune.stores.changes import Change, Moment, putting
from opportune.stores.sqlite.rows import held_header, newest_opportunity


@dataclass
class _SessionChange:
    """What comes of one session."""

    header: Session | None
    is_header_new: bool = False
    revisions: list[Opportunity] = field(default_factory=list)


def decided(
    db: sqlite3.Connection, opportunities: Sequence[Opportunity], when: Moment
) -> tuple[tuple[Opportunity | StoreError, ...], list[Change]]:
    """Return the answer to each, ids all different, and what to write of each session."""
    sessions: dict[str, _SessionChange] = {}
    answers: list[Opportunity | StoreError] = []
    for wanted in opportunities:
        key = wanted.session_id
        if key not in sessions:
            sessions[key] = _SessionChange(held_header(db, key))
        session = sessions[key]
        newest = newest_opportunity(db, wanted.id)
        try:
            revision, change = putting(wanted, newest=newest, header=session.header, when=when)
        except (NotFoundError, VersionConflictError) as refusal:
            answers.append(refusal)
            continue
        answers.append(revision)
        session.revisions += change.revisions
        if change.header is not None:
            session.header, session.is_header_new = change.header, True
    changes = [
        Change(one.header if one.is_header_new else None, tuple(one.revisions))
        for one in sessions.values()
        if one.revisions
    ]
    return tuple(answers), changes
