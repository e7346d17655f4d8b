"""The notes of writes, and the record of the store migration; every read strongly consistent."""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice

from opportune.errors import StoreUnavailableError
from opportune.stores.changes import putting_migration
from opportune.stores.dynamodb import actions
from opportune.stores.dynamodb.connection import ConditionFailedError, Connection, Tables
from opportune.stores.dynamodb.items import revision_key
from opportune.stores.dynamodb.journal_items import (
    JOURNAL,
    MIGRATION,
    note_keys,
    note_prefix,
    read_migration,
    read_note,
)
from opportune.stores.journal import Migration, Note


class Journal:
    """Answers what a store migration asks."""

    def __init__(self, connection: Connection, tables: Tables) -> None:
        self._connection = connection
        self._tables = tables

    def notes(self, limit: int, session_id: str) -> tuple[Note, ...]:
        """Answer `journal`."""
        condition = "#session = :journal"
        names = {"#session": "sessionId"}
        values = {":journal": {"S": JOURNAL}}
        if session_id:
            condition += " AND begins_with(#note, :note)"
            names["#note"] = "opportunityId"
            values[":note"] = {"S": note_prefix(session_id)}
        items = self._connection.query(
            self._tables.sessions,
            condition,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
            Limit=limit,
        )
        return tuple(read_note(item) for item in islice(items, limit))

    def settle(self, notes: Sequence[Note]) -> None:
        """Answer `settle`."""
        keys = {key["opportunityId"]["S"]: key for note in notes for key in note_keys(note)}
        self._connection.delete_many(self._tables.sessions, list(keys.values()))

    def migration(self) -> Migration | None:
        """Answer `get_migration`."""
        item = self._connection.get(self._tables.history, revision_key(MIGRATION, 0))
        return read_migration(item) if item else None

    def put_migration(self, wanted: Migration, now: datetime) -> Migration:
        """Answer `put_migration`."""
        for _ in self._connection.pauses():
            held = self.migration()
            stored, is_new = putting_migration(wanted, held=held, now=now)
            if not is_new:
                return stored
            put = actions.put_migration(self._tables, stored, over=held.version if held else 0)
            try:
                self._connection.send("PutItem", self._tables.history, **put)
            except ConditionFailedError as refused:
                if not (refused.is_uncertain and self._is_written(stored)):
                    continue
            return stored
        raise StoreUnavailableError("Others keep changing the record of the store migration.")

    def _is_written(self, stored: Migration) -> bool:
        held = self.migration()
        if held and held.version > stored.version:
            raise StoreUnavailableError("Whether the store migration's record was written is lost.")
        return held == stored
