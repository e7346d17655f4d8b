"""Commands that write opportunities to a file, and take such a file in again."""

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from opportune.cli.answering import Call, answers
from opportune.cli.context import input_file, progress
from opportune.cli.filters import filter_options
from opportune.errors import InvalidInputError
from opportune.export import Format
from opportune.model.regions import REGIONS

if TYPE_CHECKING:  # loaded when a command needs them: --help must not pay for it
    from collections.abc import Iterator

    from opportune.export.docx_template import UserTemplate
    from opportune.model.filters import OpportunityFilters
    from opportune.pipeline.transfer import File, ImportAnswer

FORMATS = [format_.value for format_ in Format]
STANDARD_OUTPUT = "-"
DIFFERENT = 5
"""Exit code of an import that left something alone."""


def _show_written(written: "tuple[File, str]", call: Call) -> None:
    file, path = written
    done = call.text["export.written"].format(count=file.count, path=path)
    click.echo(done, err=path == STANDARD_OUTPUT)


@click.command()
@click.option(
    "--format", "format_", type=click.Choice(FORMATS), help="Format; else as the name of FILE ends."
)
@click.option(
    "-o", "--output", default="", metavar="FILE", help="File to write; '-' is standard output."
)
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@click.option(
    "--template", default="", metavar="FILE", help="Your own DOCX with tags, which is filled in."
)
@click.option(
    "--sep", type=click.Choice([",", ";"]), default=",", help="Separator of CSV; else a comma."
)
@click.option(
    "--region",
    type=click.Choice([*REGIONS]),
    help="Whose way of writing numbers is used; else the usual one of the language.",
)
@click.option(
    "--order",
    type=click.Choice(["newest", "arr"]),
    default="newest",
    show_default=True,
    help="Newest first, or highest ARR first; with --session the order of its list.",
)
@filter_options
@answers(_show_written, has_json=False)
def export(
    call: Call,
    *,
    format_: str | None,
    output: str,
    force: bool,
    template: str,
    sep: str,
    region: str | None,
    order: str,
    filters: "OpportunityFilters",
) -> "tuple[File, str]":
    """Export all opportunities that the filters let through: PDF, DOCX, XLSX, CSV or JSON Lines.

    Example: opportune export --format pdf --priority High --lang es -o playbook.pdf
    """
    from opportune.model.filters import Order
    from opportune.pipeline.transfer import Choice

    choice = Choice(
        format=_format(format_, output),
        filters=filters,
        order=Order(order),
        language=call.language,
        region=region or "",
        separator=sep,
        template=_template(template) if template else None,
    )
    _check_output(output, choice.format, force=force)
    with progress(call.language) as told:
        file = call.service.exports.made(choice, told)
    path = output or file.name
    _check_output(path, choice.format, force=force)
    _write(file, path)
    return file, path


def _show_taken_in(answer: "ImportAnswer", call: Call) -> None:
    counts = answer.model_dump(exclude={"sessions", "different"})
    click.echo(call.text["import.done"].format(**counts))


def _tell_different(answer: "ImportAnswer", call: Call) -> int:
    if not answer.different:
        return 0
    click.echo(call.text["import.different"].format(ids=", ".join(answer.different)), err=True)
    return DIFFERENT


@click.command("import")
@click.argument("file", metavar="FILE")
@answers(_show_taken_in, exit_code=_tell_different)
def import_(call: Call, file: str) -> "ImportAnswer":
    """Take in a JSON Lines export, exactly as it was, with all history; twice is the same as once.

    Example: opportune import soa-Example-Corp-2026-11-28.jsonl
    """
    given = input_file(file)
    with progress(call.language) as told:
        return call.service.exports.take_in(given.name, given.data, told)


def _format(named: str | None, output: str) -> Format:
    ending = named or Path(output).suffix.removeprefix(".").lower()
    if ending not in FORMATS:
        raise InvalidInputError(f"Which format? Give --format {'|'.join(FORMATS)}.")
    return Format(ending)


def _template(path: str) -> "UserTemplate":
    from opportune.export.docx_template import UserTemplate

    file = input_file(path)
    return UserTemplate(file.name, file.data)


def _check_output(path: str, format_: Format, *, force: bool) -> None:
    """Refuse, before any work is done, what would be lost or be of no use."""
    if path == STANDARD_OUTPUT:
        if sys.stdout.isatty() and format_ not in (Format.CSV, Format.JSONL):
            raise InvalidInputError(f"A terminal cannot show {format_}: give -o FILE.")
    elif path and Path(path).exists() and not force:
        raise InvalidInputError(f"{path} is there already: --force replaces it.")


def _write(file: "File", path: str) -> None:
    """Write all of the file or nothing of it."""
    if path == STANDARD_OUTPUT:
        sys.stdout.buffer.write(file.data)
        sys.stdout.buffer.flush()
        return
    try:
        with _replacing(Path(path)) as part:
            part.write_bytes(file.data)
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be written: {error.strerror}.") from error


@contextmanager
def _replacing(path: Path) -> "Iterator[Path]":
    """Hand out a file beside this one, that takes its place once it is written."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
