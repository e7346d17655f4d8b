"""Every kept revision, and where the tables contradict themselves: nothing read here is believed.

A revision stands in the history as a body, with some attributes in plain beside it; the newest one
stands a second time, as the head. Whoever edits one of them and not the others is found here. The
history is read first; then the heads, for those that no row of it has told of.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from opportune.errors import StoreError, StoreUnavailableError
from opportune.model.records import Opportunity, session_of
from opportune.stores.contract import Audited, AuditPage, Clock, Retention
from opportune.stores.cursor import AUDIT_QUESTION
from opportune.stores.dynamodb.connection import Connection, Tables
from opportune.stores.dynamodb.items import (
    HEADER,
    Item,
    read_head,
    read_revision,
    revision_item,
    revision_key,
)
from opportune.stores.dynamodb.journal_items import JOURNAL, MIGRATION
from opportune.stores.dynamodb.reading import Known, Reader, is_opportunity_id
from opportune.stores.dynamodb.scanning import Read, scanned
from opportune.stores.revisions import is_expired, is_history_expired, is_live

_PLAIN = ("opportunityId", "version", "sessionId", "status", "updatedAt", "updatedBy")
"""Attributes of a revision that its body holds too."""

Head = Known | str
"""What is known of an opportunity by its head; or, in words, why it cannot be read."""


class Auditor:
    """Answers `audit`."""

    def __init__(
        self,
        connection: Connection,
        tables: Tables,
        reader: Reader,
        clock: Clock,
        retention: Retention,
    ) -> None:
        self._connection = connection
        self._tables = tables
        self._reader = reader
        self._clock = clock
        self._retention = retention

    def audit(self, limit: int, cursor: str | None) -> AuditPage:
        """Answer `audit`."""
        places: tuple[tuple[str, Read[Audited]], ...] = (
            (self._tables.history, self._of_history),
            (self._tables.sessions, self._of_heads),
        )
        return AuditPage(*scanned(self._connection, AUDIT_QUESTION, places, limit, cursor))

    # ---- rows of the history, each with what its head says

    def _of_history(self, page: dict[str, Any]) -> Iterator[Audited]:
        items = [item for item in page["Items"] if item["opportunityId"]["S"] != MIGRATION]
        heads = self._heads({item["opportunityId"]["S"] for item in items})
        items = self._settled(items)
        for opportunity_id, of_one in groupby(items, key=lambda item: _key(item)[0]):
            yield from self._of_one(list(of_one), heads[opportunity_id])

    def _heads(self, ids: set[str]) -> Mapping[str, Head]:
        """Return what is known of each; one that cannot be read hides no other."""
        wanted = sorted(filter(is_opportunity_id, ids))
        heads: dict[str, Head] = dict.fromkeys(ids, Known(None))
        try:
            return heads | self._reader.known_many(wanted)
        except StoreUnavailableError:
            raise
        except StoreError:
            return heads | dict(zip(wanted, self._connection.each(self._head, wanted), strict=True))

    def _head(self, opportunity_id: str) -> Head:
        try:
            return self._reader.known(opportunity_id)
        except StoreUnavailableError:
            raise
        except StoreError as error:
            return str(error)

    def _settled(self, items: Sequence[Item]) -> list[Item]:
        """Read once more what a large replace has prepared: up to its head no row changes now."""
        prepared = [_key(item) for item in items if "attempt" in item]
        again = self._connection.get_many(
            self._tables.history, [revision_key(*key) for key in prepared]
        )
        found = {_key(item): item for item in again}
        return [
            found.get(_key(item), item)
            for item in items
            if "attempt" not in item or _key(item) in found
        ]

    def _of_one(self, items: Sequence[Item], head: Head) -> Iterator[Audited]:
        rows = [self._audited(item, head) for item in items if self._is_told(item, head)]
        if rows:
            yield from rows[:-1]
            yield _with(rows[-1], self._missing(rows[-1], head))

    def _is_told(self, item: Item, head: Head) -> bool:
        """Tell whether a row counts, as far as that can be known, and is kept."""
        if not self._is_kept(item):
            return False
        attempt = item.get("attempt", {}).get("S")
        if attempt is None or isinstance(head, str):
            return True
        if head.newest is not None:
            return int(item["version"]["N"]) <= head.newest.version
        mark = head.head.staged if head.head else None
        return mark is None or mark.attempt != attempt

    def _is_kept(self, item: Item) -> bool:
        try:
            revision = read_revision(item)
        except StoreError:
            return True  # nobody can tell how old it is
        return not self._has_outlived(revision)

    def _has_outlived(self, revision: Opportunity) -> bool:
        """Tell whether a row has outlived the history; one whose time was removed has not."""
        is_dated = revision.updated_at != ""
        return is_dated and is_history_expired(revision, self._clock(), self._retention)

    def _audited(self, item: Item, head: Head) -> Audited:
        """Compare a row with itself and with its head."""
        key = _key(item)
        if not is_opportunity_id(key[0]):
            return Audited(*key, None, "its id is none that this program gives")
        try:
            revision = read_revision(item)
        except StoreError as error:
            return Audited(*key, None, str(error))
        if not revision.updated_at:
            return Audited(*key, revision, "its body has no updatedAt")
        body = revision_item(revision, self._retention)
        edited = [name for name in _PLAIN if item.get(name) != body[name]]
        row = Audited(
            *key,
            revision,
            f"attributes and body differ in {', '.join(edited)}" if edited else "",
        )
        newest = None if isinstance(head, str) else head.newest
        if newest is None or key[1] < newest.version:
            return row
        if key[1] > newest.version:
            return _with(row, f"it stands above its head, which is at version {newest.version}")
        fields = _unequal(revision, newest)
        return _with(row, f"head and history differ in {', '.join(fields)}" if fields else "")

    def _missing(self, last: Audited, head: Head) -> str:
        """Say what ought to stand after a page's last row of an opportunity and does not."""
        newest = None if isinstance(head, str) else head.newest
        if newest is not None and last.version >= newest.version:
            return ""
        if newest is None and isinstance(head, Known) and self._is_over(last.revision):
            return ""
        # The page may have ended here, or others have written since it was read.
        following = self._following(last.opportunity_id, last.version)
        if newest is not None and (following is None or following > newest.version):
            return f"its head is at version {newest.version}, which the history lacks"
        if following is not None:
            return ""
        if isinstance(head, str):
            return f"its head cannot be read: {head}"
        return "it is the newest revision and has no head"

    def _is_over(self, revision: Opportunity | None) -> bool:
        """Tell whether DynamoDB may have swept the head of this newest revision."""
        return revision is None or is_expired(revision, self._clock())

    def _following(self, opportunity_id: str, version: int) -> int | None:
        """Return the version of the next row."""
        answer = self._connection.send(
            "Query",
            self._tables.history,
            TableName=self._tables.history,
            KeyConditionExpression="#id = :id AND #version > :version",
            ExpressionAttributeNames={"#id": "opportunityId", "#version": "version"},
            ExpressionAttributeValues={
                ":id": {"S": opportunity_id},
                ":version": {"N": str(version)},
            },
            ConsistentRead=True,
            Limit=1,
        )
        return int(answer["Items"][0]["version"]["N"]) if answer["Items"] else None

    # ---- heads of which the history says nothing

    def _of_heads(self, page: dict[str, Any]) -> Iterator[Audited]:
        heads: dict[str, Head] = {}
        for item in page["Items"]:
            session_id, opportunity_id = item["sessionId"]["S"], item["opportunityId"]["S"]
            if opportunity_id == HEADER or session_id == JOURNAL:
                continue
            if not is_opportunity_id(opportunity_id) or session_of(opportunity_id) != session_id:
                problem = f"it stands under session {session_id!r}, which is not in its id"
                yield Audited(opportunity_id, 0, None, problem)
                continue
            heads[opportunity_id] = self._of_item(item)
        rows = self._newest_rows(heads)
        for opportunity_id, head in heads.items():
            yield from self._alone(opportunity_id, head, is_in_history=opportunity_id in rows)

    def _of_item(self, item: Item) -> Head:
        if "staged" in item:
            return self._head(item["opportunityId"]["S"])
        try:
            return Known(read_head(item).opportunity)
        except StoreError as error:
            return str(error)

    def _newest_rows(self, heads: Mapping[str, Head]) -> set[str]:
        """Return those whose newest revision stands in the history."""
        keys = [
            revision_key(one, head.newest.version)
            for one, head in heads.items()
            if isinstance(head, Known) and head.newest
        ]
        items = self._connection.get_many(self._tables.history, keys)
        return {item["opportunityId"]["S"] for item in items}

    def _alone(self, opportunity_id: str, head: Head, *, is_in_history: bool) -> Iterator[Audited]:
        """Yield a head that no row of the history has told of."""
        newest = head.newest if isinstance(head, Known) else None
        if newest is not None and self._has_outlived(newest):
            if is_live(newest, self._clock()):
                yield Audited(opportunity_id, newest.version, newest)
            return
        if is_in_history or (newest is None and isinstance(head, Known)):
            return
        version = newest.version if newest else None
        if self._is_in_part_there(opportunity_id, version):
            return
        problem = head if isinstance(head, str) else "the history has no row of it"
        yield Audited(opportunity_id, version or 0, newest, problem)

    def _is_in_part_there(self, opportunity_id: str, version: int | None) -> bool:
        """Tell whether a row was told, which then names what is missing."""
        items = self._connection.query(
            self._tables.history,
            "#id = :id",
            ExpressionAttributeNames={"#id": "opportunityId"},
            ExpressionAttributeValues={":id": {"S": opportunity_id}},
        )
        return any(
            self._is_kept(item)
            for item in items
            if "attempt" not in item or version is None or _key(item)[1] <= version
        )


def _with(row: Audited, problem: str) -> Audited:
    """Add a problem to those of a row."""
    return replace(row, problem="; ".join(filter(None, (row.problem, problem))))


def _key(item: Item) -> tuple[str, int]:
    return str(item["opportunityId"]["S"]), int(item["version"]["N"])


def _unequal(one: Opportunity, other: Opportunity) -> list[str]:
    """Return the wire names of the fields that differ."""
    return [
        field.alias or name
        for name, field in Opportunity.model_fields.items()
        if getattr(one, name) != getattr(other, name)
    ]
