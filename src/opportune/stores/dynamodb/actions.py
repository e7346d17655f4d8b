"""The actions that transactions are made of, each with the condition that keeps it right.

A condition on a head or header says: it is still as I read it. No value of a user ever becomes part
of an expression's text.
"""

from typing import Any

from opportune.model.records import Opportunity
from opportune.stores.contract import Retention
from opportune.stores.dynamodb.connection import Tables
from opportune.stores.dynamodb.items import (
    HEADER,
    Head,
    Header,
    Item,
    Staged,
    head_item,
    head_key,
    header_item,
    revision_item,
    revision_key,
    staged_value,
)
from opportune.stores.dynamodb.journal_items import MIGRATION, migration_item, note_items
from opportune.stores.journal import Migration, Note

Action = dict[str, Any]
Condition = dict[str, Any]
"""ConditionExpression with its names and values."""


def put_head(
    tables: Tables, opportunity: Opportunity, list_version: int, *, over: Head | None
) -> Action:
    """Write a head over what was read there."""
    item = head_item(opportunity, list_version)
    return {"Put": {"TableName": tables.sessions, "Item": item, **_unchanged(over)}}


def check_head(tables: Tables, opportunity: Opportunity, *, over: Head | None) -> Action:
    """Hold a transaction back unless a head is still as it was read."""
    key = head_key(opportunity.session_id, opportunity.id)
    return {"ConditionCheck": {"TableName": tables.sessions, "Key": key, **_unchanged(over)}}


def mark_head(
    tables: Tables, revision: Opportunity, staged: Staged, *, over: Head | None
) -> Action:
    """Mark that a large replace has prepared this revision, or leaves it as it is."""
    condition = _unchanged(over)
    names = condition["ExpressionAttributeNames"] | {"#staged": "staged", "#ttl": "ttl"}
    values = condition.get("ExpressionAttributeValues", {})
    return {
        "Update": {
            "TableName": tables.sessions,
            "Key": head_key(revision.session_id, revision.id),
            "UpdateExpression": "SET #staged = :mark REMOVE #ttl",
            "ConditionExpression": condition["ConditionExpression"],
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values
            | {":mark": staged_value(staged, over.opportunity if over else None)},
        },
    }


def promote_head(tables: Tables, revision: Opportunity, list_version: int, attempt: str) -> Action:
    """Write a head that a committed replace has prepared, if no other process did."""
    return {
        "Put": {
            "TableName": tables.sessions,
            "Item": head_item(revision, list_version),
            "ConditionExpression": "#staged.#attempt = :attempt",
            "ExpressionAttributeNames": {"#staged": "staged", "#attempt": "attempt"},
            "ExpressionAttributeValues": {":attempt": {"S": attempt}},
        },
    }


def put_revision(  # noqa: PLR0913 # what holds a write back, by name
    tables: Tables,
    revision: Opportunity,
    retention: Retention,
    *,
    attempt: str = "",
    is_first_ever: bool = False,
    over_attempt: str = "",
) -> Action:
    """Write a revision; the condition on its head, in the same transaction, guards it.

    `is_first_ever` holds it to there being none: for where the history was not looked at.
    `over_attempt` holds it to the one there being what this large replace had prepared.
    """
    put: dict[str, Any] = {
        "TableName": tables.history,
        "Item": revision_item(revision, retention, attempt),
    }
    if is_first_ever:
        put["ConditionExpression"] = "attribute_not_exists(#id)"
        put["ExpressionAttributeNames"] = {"#id": "opportunityId"}
    if over_attempt:
        put["ConditionExpression"] = "#attempt = :attempt"
        put["ExpressionAttributeNames"] = {"#attempt": "attempt"}
        put["ExpressionAttributeValues"] = {":attempt": {"S": over_attempt}}
    return {"Put": put}


def put_header(tables: Tables, header: Header, *, over: Header | None) -> Action:
    """Write a header over what was read there; this ends every replace still being prepared."""
    return {
        "Put": {"TableName": tables.sessions, "Item": header_item(header), **_same_version(over)}
    }


def announce(tables: Tables, session_id: str, attempt: str, *, over: Header | None) -> Action:
    """Say in the header that a large replace is being prepared."""
    condition = _same_version(over)
    names = condition["ExpressionAttributeNames"] | {"#staging": "staging"}
    values = condition.get("ExpressionAttributeValues", {}) | {":attempt": {"S": attempt}}
    return {
        "Update": {
            "TableName": tables.sessions,
            "Key": head_key(session_id, HEADER),
            "UpdateExpression": "SET #staging = :attempt",
            "ConditionExpression": condition["ConditionExpression"],
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        },
    }


def commit(tables: Tables, header: Header) -> Action:
    """Make a prepared replace count, if no other process has ended it."""
    return {
        "Put": {
            "TableName": tables.sessions,
            "Item": header_item(header),
            **_header_says("staging", header.promoting),
        },
    }


def stop_staging(tables: Tables, session_id: str, attempt: str) -> Action:
    """End a replace that is still being prepared: what it read has changed."""
    return {
        "Update": {
            "TableName": tables.sessions,
            "Key": head_key(session_id, HEADER),
            "UpdateExpression": "REMOVE #field",
            **_header_says("staging", attempt),
        },
    }


def finish(tables: Tables, session_id: str, attempt: str) -> Action:
    """Say in the header that every head of a committed replace is written."""
    return {
        "TableName": tables.sessions,
        "Key": head_key(session_id, HEADER),
        "UpdateExpression": "REMOVE #field",
        **_header_says("promoting", attempt),
    }


def check_stage(tables: Tables, stage_number: int) -> Action:
    """Hold a transaction back unless the store migration is at this stage number."""
    return {
        "ConditionCheck": {
            "TableName": tables.history,
            "Key": revision_key(MIGRATION, 0),
            "ConditionExpression": "#stage = :stage",
            "ExpressionAttributeNames": {"#stage": "stageNumber"},
            "ExpressionAttributeValues": {":stage": {"N": str(stage_number)}},
        },
    }


def put_notes(tables: Tables, note: Note) -> list[Action]:
    """Keep a note, in parts if it is long. Its key is new, so there is nothing to be guarded."""
    return [{"Put": {"TableName": tables.sessions, "Item": item}} for item in note_items(note)]


def put_migration(tables: Tables, migration: Migration, *, over: int) -> Action:
    """Write the record of the store migration over this version of it (0: there is none)."""
    put: dict[str, Any] = {
        "TableName": tables.history,
        "Item": migration_item(migration),
        "ConditionExpression": "attribute_not_exists(#record)",
        "ExpressionAttributeNames": {"#record": "recordVersion"},
    }
    if over:
        put["ConditionExpression"] = "#record = :record"
        put["ExpressionAttributeValues"] = {":record": {"N": str(over)}}
    return put


def _header_says(field: str, attempt: str) -> Condition:
    return {
        "ConditionExpression": "#field = :attempt",
        "ExpressionAttributeNames": {"#field": field},
        "ExpressionAttributeValues": {":attempt": {"S": attempt}},
    }


def _unchanged(head: Head | None) -> Condition:
    """Demand that a head is still as it was read."""
    if head is None:
        return {
            "ConditionExpression": "attribute_not_exists(#id)",
            "ExpressionAttributeNames": {"#id": "opportunityId"},
        }
    names = {"#version": "version", "#staged": "staged"}
    values: Item = {}
    tests = ["attribute_not_exists(#version)"]
    if head.version:
        tests = ["#version = :version"]
        values[":version"] = {"N": str(head.version)}
    if head.staged:
        tests.append("#staged.#attempt = :staged")
        names["#attempt"] = "attempt"
        values[":staged"] = {"S": head.staged.attempt}
    else:
        tests.append("attribute_not_exists(#staged)")
    condition: Condition = {
        "ConditionExpression": " AND ".join(tests),
        "ExpressionAttributeNames": names,
    }
    return condition | ({"ExpressionAttributeValues": values} if values else {})


def _same_version(header: Header | None) -> Condition:
    """Demand that a header's version is as it was read and no replace waits for its heads."""
    names = {"#version": "version", "#promoting": "promoting"}
    if header is None or not header.version:
        return {
            "ConditionExpression": "attribute_not_exists(#version) "
            "AND attribute_not_exists(#promoting)",
            "ExpressionAttributeNames": names,
        }
    return {
        "ConditionExpression": "#version = :version AND attribute_not_exists(#promoting)",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": {":version": {"N": str(header.version)}},
    }
