"""Taking records over from another store, inside a transaction."""

import sqlite3
from dataclasses import dataclass

from opportune.model.records import Opportunity, Record, Session, Template
from opportune.stores.changes import Moment
from opportune.stores.copying import is_header_taken
from opportune.stores.journal import Copying
from opportune.stores.revisions import is_forgotten
from opportune.stores.sqlite.rows import (
    KEEP_TEMPLATE,
    PUT_SESSION,
    PUT_TEMPLATE,
    held_header,
    newest_opportunity,
    newest_template,
    session_values,
    template_values,
)
from opportune.stores.sqlite.writing import Writer


@dataclass(frozen=True)
class Copier:
    """Replicates in one transaction."""

    db: sqlite3.Connection
    writer: Writer
    when: Moment

    def held_version(self, record: Record) -> int:
        """Return the newest version held under a record's key; 0 if there is none."""
        held: Record | None
        if isinstance(record, Session):
            held = held_header(self.db, record.id)
        elif isinstance(record, Template):
            held = newest_template(self.db, record.template_id)
        else:
            held = self._newest(record.id)
        return held.version if held else 0

    def replicate(self, record: Record, copying: Copying) -> None:
        """Take a record as another store holds it."""
        is_mending = copying is Copying.MEND
        if isinstance(record, Session):
            if is_header_taken(record.version, self.held_version(record), copying):
                self.db.execute(PUT_SESSION, session_values(record))
        elif isinstance(record, Template):
            statement = PUT_TEMPLATE if is_mending else KEEP_TEMPLATE
            self.db.execute(statement, template_values(record))
        else:
            self._replicate_revision(record, is_mending=is_mending)

    def _replicate_revision(self, revision: Opportunity, *, is_mending: bool) -> None:
        newest = self._newest(revision.id)
        if newest is None:
            self.writer.forget(revision.id)
            self.writer.put_newest(revision)
        elif newest.version < revision.version:
            self.writer.append(revision)
        elif newest.version > revision.version:
            self.writer.put_past(revision, is_mending=is_mending)
        elif is_mending:
            self.writer.put_newest(revision)

    def _newest(self, opportunity_id: str) -> Opportunity | None:
        """Return the newest revision; None if it is forgotten."""
        newest = newest_opportunity(self.db, opportunity_id)
        if newest is not None and is_forgotten(newest, self.when.now, self.when.retention):
            return None
        return newest
