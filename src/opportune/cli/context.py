"""What commands share: options, the opened service, files read, progress shown."""

import getpass
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from opportune.errors import ConfigurationError, MalformedDocumentError, OpportuneError
from opportune.model.records import LANGUAGES
from opportune.model.words import words
from opportune.settings import STORAGE_TYPES, Settings, is_trusted_url

if TYPE_CHECKING:  # loaded when a command needs them: --help must not pay for it
    from opportune.model.file import InputFile
    from opportune.observe.tally import UsageFile
    from opportune.pipeline.service import Service
    from opportune.stores.contract import Usage

F = TypeVar("F", bound=Callable[..., Any])

FILE_LIMIT_BYTES = 500_000_000
"""Of a file given to the command line; it is held in memory."""

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")

store_option = click.option(
    "--store",
    "storage_type",
    type=click.Choice(STORAGE_TYPES),
    help="Where data is kept; else OPPORTUNITY_STORAGE_TYPE, else sqlite.",
)


def language_option(command: F) -> F:
    """Add --lang: of what is printed, and of texts that are made."""
    return click.option(
        "--lang",
        "language",
        type=click.Choice(LANGUAGES),
        default=lambda: Settings.from_environment(storage_type="sqlite").language,
        show_default="OPPORTUNITY_LANGUAGE, else en",
        help="Language of texts.",
    )(command)


def settings_of(storage_type: str | None) -> Settings:
    """Return the settings; on the command line data survives unless told otherwise."""
    settings = Settings.from_environment(storage_type="sqlite")
    return replace(settings, storage_type=storage_type) if storage_type else settings


@contextmanager
def opened_service(storage_type: str | None, language: str) -> Iterator["Service"]:
    """Open the service for one command; say where data is kept if nobody chose."""
    from opportune.pipeline.service import Service

    settings = settings_of(storage_type)
    service = Service.from_settings(settings)
    if storage_type is None and settings.storage_type == "sqlite" and sys.stderr.isatty():
        note = words(language)["kept"].format(path=settings.data_dir)
        click.echo(click.style(note, dim=True), err=True)
    try:
        yield service
        if click.get_current_context().find_root().params["verbose"]:
            _print_usage(service.store.usage, language)
    finally:
        _keep_usage(service, settings)
        service.close()


def usage_file(settings: Settings) -> "UsageFile":
    """Return the file in which this user's commands write down what they consumed."""
    from opportune.observe.tally import UsageFile

    return UsageFile(settings.data_dir / "usage.jsonl")


def _keep_usage(service: "Service", settings: Settings) -> None:
    """Write down what the command consumed, for `cost actual`; it must not fail by that."""
    try:
        usage_file(settings).append(service.metered)
    except OpportuneError as error:
        click.echo(f"opportune: {error}", err=True)


def _print_usage(usage: Sequence["Usage"], language: str) -> None:
    """Say, on standard error, what the command consumed."""
    for row in usage:
        click.echo(
            f"{row.operation} {row.place}: {row.requests} requests, "
            f"{row.read_units:g} read units, {row.write_units:g} write units",
            err=True,
        )
    reads, writes = sum(u.read_units for u in usage), sum(u.write_units for u in usage)
    click.echo(words(language)["usage"].format(reads=f"{reads:g}", writes=f"{writes:g}"), err=True)


def input_file(path: str, expected: str = "") -> "InputFile":
    """Read a file that the user named; `-` is standard input.

    Raises:
        MalformedDocumentError: It cannot be read, or is too large.
    """
    from opportune.model.file import InputFile

    if path == "-":
        return InputFile("stdin", sys.stdin.buffer.read(), expected)
    file = Path(path)
    try:
        if file.stat().st_size > FILE_LIMIT_BYTES:
            raise MalformedDocumentError(file.name, "over 500 MB: split it by asset type.")
        return InputFile(file.name, file.read_bytes(), expected)
    except OSError as error:
        raise MalformedDocumentError(path, f"cannot be read: {error.strerror}.") from error


def caller() -> str:
    """Return who writes: the user of this machine."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without a user database
        return "cli"


@contextmanager
def progress(language: str) -> Iterator[Callable[[str, str], None] | None]:
    """Show what is being done, on a terminal only, on standard error."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console

    text = words(language)
    with Console(stderr=True).status("") as status:

        def show(step: str, name: str) -> None:
            status.update(text[f"progress.{step}"].format(name=name))

        yield show


def server_authorization(server: str) -> dict[str, str]:
    """Return the header that tells the server who is calling.

    Raises:
        ConfigurationError: Others on the way to the server could read it.
    """
    key = settings_of(None).server_key
    if key and not is_trusted_url(server):
        raise ConfigurationError(
            f"--server {server}: OPPORTUNITY_SERVER_KEY is sent over https:// only."
        )
    return {"Authorization": f"Bearer {key}"} if key else {}
