"""Where two values differ, leaf by leaf, and what of a record is its content."""

from collections.abc import Iterator, Mapping
from typing import Any

from opportune.model.records import Model, R

Path = tuple[str | int, ...]
"""Names and positions, from 0, that lead to a value."""

STAMPS = (
    "version",
    "created_at",
    "updated_at",
    "updated_by",
    "change_id",
    "change_note",
    "ttl",
    "previous_digest",
    "digest",
)
"""Fields that say of a revision when, by whom and why, not what."""


def with_stamps_of(other: R, record: R, *also: str) -> R:
    """Return `record` with the stamps of `other`: equal to `other` if both have the same content.

    Args:
        other: Whose stamps to take.
        record: Whose content to keep; a record of the same kind.
        also: Further fields to take from `other`.
    """
    taken: dict[str, Any] = {
        name: getattr(other, name) for name in (*STAMPS, *also) if hasattr(other, name)
    }
    return record.model_copy(update=taken)


def differing(
    old: Any, new: Any, *, depth: int | None = None, above: Path = ()
) -> Iterator[tuple[Path, Any, Any]]:
    """Yield where two values differ: path, old and new value; None = not there.

    Args:
        old: Mappings, lists and plain values.
        new: Likewise.
        depth: How many levels to look into; None: all.
        above: Path of both values; empty at the top.
    """
    if old == new:
        return
    below = None if depth is None else depth - 1
    if depth != 0 and isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys((*old, *new)):
            path = (*above, str(key))
            yield from differing(old.get(key), new.get(key), depth=below, above=path)
    elif depth != 0 and isinstance(old, (list, tuple)) and isinstance(new, (list, tuple)):
        for n in range(max(len(old), len(new))):
            one, other = (part[n] if n < len(part) else None for part in (old, new))
            yield from differing(one, other, depth=below, above=(*above, n))
    else:
        yield above, old, new


def leaves_that_differ(
    stored: object, fresh: object, top: str = ""
) -> Iterator[tuple[str, str, str]]:
    """Yield where two values differ: path, old and new text; "" = not there.

    A path is `top.name[1].name`: positions count from 1.
    """
    for path, old, new in differing(stored, fresh, above=(top,) if top else ()):
        steps = (f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in path)
        yield "".join(steps).removeprefix("."), text_of(old), text_of(new)


def plain(value: Any) -> object:
    """Return a record, or a list of them, as mappings and lists under their names on the wire."""
    if isinstance(value, Model):
        return value.model_dump(by_alias=True)
    return [plain(one) for one in value] if isinstance(value, (list, tuple)) else value


def text_of(value: object) -> str:
    """Return a value as one line; "" for None."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {text_of(one)}" for key, one in value.items())
    if isinstance(value, (list, tuple)):
        return " | ".join(map(text_of, value))
    return str(value)
