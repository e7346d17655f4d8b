"""What `replicate` means, decided without a store."""

from collections.abc import Callable, Sequence

from opportune.model.records import Record, Template
from opportune.stores.journal import Copying

Key = tuple[type[Record], str]
"""Names a header, or the row of revisions of an opportunity or template."""


def record_key(record: Record) -> Key:
    """Return what a record is a version of."""
    return type(record), record.template_id if isinstance(record, Template) else record.id


def leaves_gap(records: Sequence[Record], held_version: Callable[[Record], int]) -> bool:
    """Tell whether storing these, oldest first, would leave a version out.

    Args:
        records: Any.
        held_version: The newest version that the store holds of a record's key; 0 if none.
    """
    reached: dict[Key, int] = {}
    for record in sorted(records, key=lambda one: one.version):
        key = record_key(record)
        if key not in reached:
            reached[key] = held_version(record)
        if record.version > reached[key] + 1:
            return True
        reached[key] = max(reached[key], record.version)
    return False


def is_header_taken(version: int, held: int, copying: Copying) -> bool:
    """Tell whether a header of this version replaces the held one (0: there is none)."""
    return version > held or (version == held and copying is Copying.MEND)
