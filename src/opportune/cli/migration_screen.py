"""What people see of a store migration: a bar while it works, and how it stands afterwards."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from opportune.cli.tables import print_table
from opportune.model.words import number, words
from opportune.stores.journal import Stage
from opportune.stores.migration.record import MigrationStatus
from opportune.stores.migration.steps import Progress

Show = Callable[[Progress], None]

LINE_EVERY_S = 1
"""In a log; on a terminal a bar moves."""


@contextmanager
def shown_progress(language: str, *, shown: bool) -> Iterator[Show]:
    """Show what is done, with rate and time left, on standard error."""
    if not shown:
        yield lambda _: None
    elif sys.stderr.isatty():
        with _bar(language) as show:
            yield show
    else:
        yield _line_printer(language)


@contextmanager
def _bar(language: str) -> Iterator[Show]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"))
    with Bar(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=None, told="")

        def show(progress: Progress) -> None:
            bar.update(
                task,
                description=_step_label(progress, language),
                completed=progress.done,
                total=progress.total,
                told=_progress_text(progress, language),
            )

        yield show


def _line_printer(language: str) -> Show:
    last = ("", 0.0)

    def show(progress: Progress) -> None:
        nonlocal last
        now = time.monotonic()
        if progress.step != last[0] or now - last[1] >= LINE_EVERY_S:
            last = (progress.step, now)
            click.echo(
                f"{_step_label(progress, language)}: {_progress_text(progress, language)}", err=True
            )

    return show


def _step_label(progress: Progress, language: str) -> str:
    return words(language)[f"migration.step.{progress.step}"]


def _progress_text(progress: Progress, language: str) -> str:
    told = number(progress.done, language)
    if progress.total:
        told += f" / {number(progress.total, language)}"
    if progress.per_s:
        told += f"  {number(progress.per_s, language)}/s"
    return told + (f"  {number(progress.left_s, language)} s" if progress.left_s else "")


def print_status(status: MigrationStatus, language: str) -> None:
    """Print where a migration stands; the last line is the next step."""
    text = words(language)
    reads = text[f"migration.side.{status.reads}"]
    rows = [
        (text["migration.source"], status.source),
        (text["migration.target"], status.target),
        (text["migration.stage"], text["migration.stage.reads"].format(status.stage, reads)),
        (text["migration.copied"], _copied(status, language)),
        (text["migration.notes"], number(status.open_notes, language)),
        (text["migration.verified"], _verified(status, language)),
    ]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        click.echo(f"{name.ljust(width)}  {value}")
    if status.verification and status.verification.examples:
        click.echo()
        print_table(
            ("column.record", "column.version", "column.field", "column.source", "column.target"),
            [
                (f"{d.kind} {d.key}", str(d.version), d.field, d.source, d.target)
                for d in status.verification.examples
            ],
            language,
        )
    click.echo(f"{text['migration.next']}: {status.next_step}")


def _copied(status: MigrationStatus, language: str) -> str:
    backfill = status.backfill
    told = number(backfill.copied.total, language)
    if backfill.expected is not None:
        told += f" / {number(backfill.expected, language)}"
    return told


def _verified(status: MigrationStatus, language: str) -> str:
    text, last = words(language), status.verification
    if last is None:
        return text["migration.verified.never"]
    is_over = status.stage is Stage.COMPLETE
    key = "differs" if last.differences else "clean" if status.is_verified or is_over else "stale"
    return text[f"migration.verified.{key}"].format(
        records=number(last.source.total, language),
        differences=number(last.differences, language),
        digest=last.source_digest[:16],
        at=last.finished_at,
    )
