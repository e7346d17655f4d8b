"""The one decorator of the commands: options that they share, the service, and how they answer."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any

import click

from opportune.cli.context import as_json as as_json_option
from opportune.cli.context import language_option, opened_service, store_option
from opportune.cli.tables import print_json
from opportune.model.words import words

if TYPE_CHECKING:  # loaded when a command needs it: --help must not pay for it
    from opportune.pipeline.service import Service


class Call:
    """One call of a command: what a command gets beside its own arguments and options."""

    def __init__(
        self,
        language: str,
        storage_type: str | None,
        stack: ExitStack,
        given: Mapping[str, Any],
    ) -> None:
        self.language = language
        """Of what is printed, and of texts that are made: en, es or pt."""
        self.storage_type = storage_type
        """As --store says; None = as the settings say."""
        self.given = given
        """The command's own arguments and options, for what prints its answer."""
        self._stack = stack

    @cached_property
    def service(self) -> "Service":
        """The use cases, opened when they are first asked for and closed after the command."""
        return self._stack.enter_context(opened_service(self.storage_type, self.language))

    @property
    def text(self) -> Mapping[str, str]:
        """The catalogue in the reader's language."""
        return words(self.language)


Show = Callable[[Any, Call], None]
"""Prints an answer for people."""


def answers(
    show: Show,
    *,
    has_store: bool = True,
    has_json: bool = True,
    exit_code: Callable[[Any, Call], int] = lambda _, __: 0,
) -> Callable[[Callable[..., Any]], Callable[..., None]]:
    """Make a command of a function that takes a `Call` and returns what it has to answer.

    Args:
        show: Prints the answer for people; without --json.
        has_store: Whether the command takes --store.
        has_json: Whether it takes --json.
        exit_code: What the command ends with when it has answered.
    """

    def declared(command: Callable[..., Any]) -> Callable[..., None]:
        @wraps(command)
        def called(
            *,
            language: str,
            storage_type: str | None = None,
            as_json: bool = False,
            **given: Any,
        ) -> None:
            with ExitStack() as stack:
                call = Call(language, storage_type, stack, given)
                answer = command(call, **given)
            if as_json:
                print_json(answer)
            else:
                show(answer, call)
            if code := exit_code(answer, call):
                click.get_current_context().exit(code)

        # The last option that is added stands first in the help.
        if has_json:
            called = as_json_option(called)
        if has_store:
            called = store_option(called)
        return language_option(called)

    return declared


def tells(key: str, *names: str) -> Show:
    """Return what prints a sentence of the catalogue with these attributes of the answer."""

    def show(answer: Any, call: Call) -> None:
        click.echo(call.text[key].format(**{name: getattr(answer, name) for name in names}))

    return show
