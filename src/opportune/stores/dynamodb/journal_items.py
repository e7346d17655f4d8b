"""How the notes and the record of a store migration look as DynamoDB items.

Notes stand in a partition of their own in the main table, without the indexes' attributes; the
record among the revisions, under a key that no revision can have.
"""

from collections.abc import Sequence

from opportune.stores.dynamodb.items import Item, head_key, revision_key
from opportune.stores.journal import Migration, Note

JOURNAL = "#journal"
"""Partition of the notes."""

MIGRATION = "#migration"
"""Stands in place of an opportunity's id."""

IDS_PER_ITEM = 10_000
"""At 28 bytes each: an item holds 400 KB. A longer note has several items."""


def note_prefix(session_id: str) -> str:
    """Return how the sort keys of a session's notes begin; a template's begin with `#`."""
    return f"{session_id}#"


def note_keys(note: Note) -> list[Item]:
    """Return the keys of the items that a note has; of a part that was read, those of the part."""
    begin = note_prefix(note.session_id or f"#{note.template_id}") + note.key
    parts = max(1, -(-len(note.opportunity_ids) // IDS_PER_ITEM))
    return [head_key(JOURNAL, f"{begin}+{part}" if part else begin) for part in range(parts)]


def note_items(note: Note) -> list[Item]:
    """Write a note. Of each id only what follows the session's is kept."""
    slugs = [one.partition(".")[2] for one in note.opportunity_ids]
    return [
        key | {"opportunities": {"S": _joined(slugs, part)}}
        for part, key in enumerate(note_keys(note))
    ]


def _joined(slugs: Sequence[str], part: int) -> str:
    return " ".join(slugs[part * IDS_PER_ITEM : (part + 1) * IDS_PER_ITEM])


def read_note(item: Item) -> Note:
    """Read a note, or the part of a long one that an item has."""
    owner, _, key = item["opportunityId"]["S"].rpartition("#")
    if owner.startswith("#"):
        return Note(key, template_id=owner[1:])
    slugs = item["opportunities"]["S"].split()
    return Note(key, session_id=owner, opportunity_ids=tuple(f"{owner}.{slug}" for slug in slugs))


def migration_item(migration: Migration) -> Item:
    """Write the record of the store migration."""
    return revision_key(MIGRATION, 0) | {
        "recordVersion": {"N": str(migration.version)},
        "stage": {"S": migration.stage.value},
        "stageNumber": {"N": str(migration.stage_number)},
        "updatedAt": {"S": migration.updated_at},
        "updatedBy": {"S": migration.updated_by},
        "body": {"S": migration.model_dump_json()},
    }


def read_migration(item: Item) -> Migration:
    """Read the record of the store migration."""
    return Migration.model_validate_json(item["body"]["S"])
