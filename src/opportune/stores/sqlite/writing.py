"""What a transaction does to opportunities: their rows and the index in one."""

import sqlite3
from collections.abc import Iterable, Mapping

from opportune.model.records import Opportunity
from opportune.stores.sqlite.index import Index
from opportune.stores.sqlite.rows import (
    FORGET,
    FORGOTTEN,
    FREE_NUMBER,
    FREED_NUMBER,
    KEEP_PAST,
    NEW_NUMBER,
    NEWEST_BECOMES_PAST,
    NUMBER,
    PUT_NEWEST,
    PUT_PAST,
    SWEEP_PAST,
    opportunity_values,
    past_values,
)


class Writer:
    """Writes opportunities within one transaction; `finish` comes last.

    Args:
        db: Inside a transaction that writes.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._newest: dict[int, Opportunity | None] = {}
        """By the number of its row, what the index is to say at the end; None = nothing."""

    def append(self, revision: Opportunity) -> None:
        """Make a revision the newest one, kept before those that it follows; the first forgets."""
        if revision.version == 1:
            self.forget(revision.id)
        else:
            self._db.execute(NEWEST_BECOMES_PAST, {"id": revision.id})
        self.put_newest(revision)

    def put_newest(self, revision: Opportunity) -> None:
        """Write a revision over the newest one, if there is any."""
        number = self._number(revision.id)
        self._db.execute(PUT_NEWEST, opportunity_values(revision) | {"number": number})
        self._newest[number] = revision

    def put_past(self, revision: Opportunity, *, is_mending: bool) -> None:
        """Write an older revision; one that is there already stays, unless it is mended."""
        self._db.execute(PUT_PAST if is_mending else KEEP_PAST, past_values(revision))

    def forget(self, opportunity_id: str) -> None:
        """Take an opportunity out with all its revisions."""
        self._drop(self._db.execute(NUMBER, {"id": opportunity_id}).fetchall())

    def sweep(self, values: Mapping[str, float]) -> None:
        """Take out some of what has outlived its retention."""
        self._db.execute(SWEEP_PAST, values)
        self._drop(self._db.execute(FORGOTTEN, values).fetchall())

    def finish(self) -> None:
        """Write the index."""
        index = Index(self._db)
        for number, revision in self._newest.items():
            if revision is None:
                index.clear(number)
            else:
                index.put(number, revision)
        index.flush()
        self._newest.clear()

    def _drop(self, numbers: Iterable[tuple[int]]) -> None:
        for (number,) in numbers:
            self._newest[number] = None
            self._db.execute(FORGET, {"number": number})
            self._db.execute(FREE_NUMBER, {"number": number})

    def _number(self, opportunity_id: str) -> int:
        """Return the number of an opportunity's row, or one for a new row."""
        row = self._db.execute(NUMBER, {"id": opportunity_id}).fetchone()
        if row is None:
            freed = self._db.execute(FREED_NUMBER).fetchall()
            row = freed[0] if freed else self._db.execute(NEW_NUMBER).fetchone()
        number: int = row[0]
        return number
