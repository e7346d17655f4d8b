"""`--set FIELD=VALUE`: fields of an opportunity as the command line names them."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from opportune.errors import InvalidInputError

if TYPE_CHECKING:  # loaded when a command needs them: --help must not pay for it
    from opportune.pipeline.changes.edit import Edit

LISTS = ("talkingPoints", "nextSteps", "relatedServices")
"""Each `--set` of one adds an item; an empty one clears the list."""


def set_option(command: Callable[..., None]) -> Callable[..., None]:
    """Add `--set`; the command gets what is set as one `fields`, a dict by wire names."""

    @click.option(
        "--set",
        "assignments",
        multiple=True,
        metavar="FIELD=VALUE",
        help=(
            "A field and its new value, such as owner=eva; an empty value clears the field; "
            "may be repeated."
        ),
    )
    @wraps(command)
    def with_fields(assignments: tuple[str, ...], **values: Any) -> None:
        command(fields=_field_values(assignments), **values)

    return with_fields


def edit_of(fields: dict[str, Any]) -> "Edit":
    """Return what is to be changed.

    Raises:
        InvalidInputError: A field is unknown, or its value not acceptable.
    """
    from opportune.pipeline.changes.edit import Edit

    return Edit.checked(**fields)


def _field_values(assignments: tuple[str, ...]) -> dict[str, Any]:
    from opportune.model.words import status_named
    from opportune.pipeline.changes.edit import Edit

    known = {field.alias: name for name, field in Edit.model_fields.items()}
    fields: dict[str, Any] = {}
    for text in assignments:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals or name not in known:
            raise InvalidInputError(
                f"--set {text!r}: use FIELD=VALUE with one of {', '.join(map(str, known))}."
            )
        if name in LISTS:
            fields[name] = (*fields.get(name, ()), value) if value else ()
        elif name == "status":
            fields[name] = status_named(value)
        elif value == "":
            fields[name] = None
        else:
            fields[name] = value
    return fields
