"""What the user says of columns (`--map column=field`): checked, and looked up by header."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from opportune.documents.inventory.layouts import Layout
from opportune.documents.opening.texts import text_of
from opportune.documents.quality import listed
from opportune.errors import InvalidInputError
from opportune.model.folding import folded
from opportune.model.records import ColumnMapping

NEAR = 3


def fields_by_header(mapping: Sequence[ColumnMapping], layouts: Sequence[Layout]) -> dict[str, str]:
    """Return folded headers to fields.

    Args:
        mapping: As the user gave it.
        layouts: Whose fields may be given; those of the first are named to who gives another one.

    Raises:
        InvalidInputError: A field is not known, or a column is given twice.
    """
    known = {name for layout in layouts for name in layout.fields}
    given: dict[str, str] = {}
    for one in mapping:
        if one.field not in known:
            near = get_close_matches(one.field.casefold(), sorted(known), NEAR, 0.5)
            first = list(dict.fromkeys(layouts[0].headers.values()))
            hint = f"did you mean {listed(near)}?" if near else f"known are {listed(first, 50)}"
            raise InvalidInputError(
                f"--map {one.column}={one.field}: there is no field {one.field!r}; {hint}"
                f"{'' if hint.endswith('?') else '.'}"
            )
        header = folded(text_of(one.column))
        if given.setdefault(header, one.field) != one.field:
            raise InvalidInputError(
                f"--map {one.column}={one.field}: the column is mapped to {given[header]!r} too."
            )
    return given


def check_used(
    mapping: Sequence[ColumnMapping], used: Iterable[str], headers: Mapping[str, str]
) -> None:
    """Refuse a mapping of a column that no file has, or that no table could use.

    Args:
        mapping: As the user gave it.
        used: Folded headers that were read as the user said.
        headers: Folded headers of all files, to how they stand there.

    Raises:
        InvalidInputError: One was not used; the message names columns that are near.
    """
    done = set(used)
    for one in mapping:
        header = folded(text_of(one.column))
        if header in done:
            continue
        if header in headers:
            raise InvalidInputError(
                f"--map {one.column}={one.field}: the table with this column has no place for "
                f"{one.field!r}, or another column was given for it."
            )
        near = [headers[name] for name in get_close_matches(header, list(headers), NEAR, 0.5)]
        shown = near or list(headers.values())
        raise InvalidInputError(
            f"--map {one.column}={one.field}: no file has a column {one.column!r}; "
            f"{'near are' if near else 'there are'} {listed(shown, 10) or 'no columns'}."
        )
