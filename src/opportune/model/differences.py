"""Where two values differ, leaf by leaf, as text."""

from collections.abc import Iterator, Mapping
from typing import Any

from opportune.model.records import Model


def leaves_that_differ(
    stored: object, fresh: object, path: str = ""
) -> Iterator[tuple[str, str, str]]:
    """Yield where two values differ: path, old and new text; "" = not there."""
    if stored == fresh:
        return
    if isinstance(stored, Mapping) and isinstance(fresh, Mapping):
        for key in dict.fromkeys((*stored, *fresh)):
            inner = f"{path}.{key}" if path else str(key)
            yield from leaves_that_differ(stored.get(key), fresh.get(key), inner)
    elif isinstance(stored, (list, tuple)) and isinstance(fresh, (list, tuple)):
        for n in range(max(len(stored), len(fresh))):
            old, new = (part[n] if n < len(part) else None for part in (stored, fresh))
            yield from leaves_that_differ(old, new, f"{path}[{n + 1}]")
    else:
        yield path, text_of(stored), text_of(fresh)


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
