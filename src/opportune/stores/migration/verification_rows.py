"""Digests of two stores' records side by side, in a temporary file instead of in memory."""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence

from opportune.model.records import Opportunity, Record, Session
from opportune.stores.migration.record import Counts

SIDES = ("source", "target")

_PUT = {
    side: f"INSERT INTO record (kind, key, version, {side}) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET {side} = excluded.{side}"  # noqa: E501, S608 - one of SIDES
    for side in SIDES
}
_DIGESTS = {
    side: f"SELECT {side} FROM record WHERE {side} IS NOT NULL ORDER BY kind, key, version"  # noqa: S608 - one of SIDES
    for side in SIDES
}
_COUNT = {
    side: f"SELECT kind, count(*) FROM record WHERE {side} IS NOT NULL GROUP BY kind"  # noqa: S608 - one of SIDES
    for side in SIDES
}
# A version that neither scan has shown, between two that they have: read by key before believing.
_SUSPECTS = """
    SELECT kind, key FROM record WHERE source IS NOT target
    UNION
    SELECT kind, key FROM record WHERE kind != 'session' GROUP BY kind, key
        HAVING count(*) != max(version) - min(version) + 1
    UNION
    SELECT kind, key FROM unseen
    ORDER BY kind, key
"""


def kind_of(record: Record) -> str:
    """Name its kind: `session`, `opportunity` or `template`."""
    if isinstance(record, Session):
        return "session"
    return "opportunity" if isinstance(record, Opportunity) else "template"


def key_of(record: Record) -> str:
    """Return its id."""
    return record.id if isinstance(record, Session | Opportunity) else record.template_id


class DigestTable:
    """A row for each record, with its digest on either side. A header has one, whatever version.

    SQLite keeps it in a temporary file of its own, which goes with the connection; little of it is
    in memory.
    """

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.execute(
            "CREATE TABLE record (kind TEXT, key TEXT, version INTEGER, source BLOB, target BLOB, "
            "PRIMARY KEY (kind, key, version)) WITHOUT ROWID"
        )
        self._db.execute("CREATE TABLE unseen (kind TEXT, key TEXT)")

    def add(self, side: str, records: Sequence[Record]) -> None:
        """Put in what a scan of one side has shown."""
        rows = [
            (
                kind_of(record),
                key_of(record),
                0 if isinstance(record, Session) else record.version,
                hashlib.sha256(record.model_dump_json().encode()).digest(),
            )
            for record in records
        ]
        self._db.execute("BEGIN")
        self._db.executemany(_PUT[side], rows)
        self._db.execute("COMMIT")

    def suspect(self, kind: str, key: str) -> None:
        """Have something read by key too, although the scans have shown no difference."""
        self._db.execute("INSERT INTO unseen VALUES (?, ?)", (kind, key))

    def has(self, side: str, record: Record) -> bool:
        """Tell whether a scan has shown this revision."""
        query = "SELECT source, target FROM record WHERE kind = ? AND key = ? AND version = ?"
        version = 0 if isinstance(record, Session) else record.version
        row = self._db.execute(query, (kind_of(record), key_of(record), version)).fetchone()
        return row is not None and row[SIDES.index(side)] is not None

    def suspects(self) -> Iterator[tuple[str, str]]:
        """Yield kind and id of what is not known to be equal."""
        yield from self._db.execute(_SUSPECTS)

    def session_ids(self) -> Iterator[str]:
        """Yield the ids of all headers that a scan has shown."""
        for (key,) in self._db.execute("SELECT key FROM record WHERE kind = 'session'"):
            yield key

    def counts(self, side: str) -> Counts:
        """Return how many records a scan has shown."""
        found = dict(self._db.execute(_COUNT[side]))
        return Counts(
            sessions=found.get("session", 0),
            opportunities=found.get("opportunity", 0),
            templates=found.get("template", 0),
        )

    def digest(self, side: str) -> str:
        """Return the SHA-256 over the digests of one side, in order of kind, id and version."""
        whole = hashlib.sha256()
        for (digest,) in self._db.execute(_DIGESTS[side]):
            whole.update(digest)
        return whole.hexdigest()

    def close(self) -> None:
        """Let the temporary file go."""
        self._db.close()
