"""Commands on the past: history, differences, going back, and whether it is unchanged."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from opportune.cli.answering import Call, answers, tells
from opportune.cli.context import caller
from opportune.cli.tables import print_table
from opportune.model.records import Opportunity
from opportune.model.words import number

if TYPE_CHECKING:  # loaded when a command needs them: --help must not pay for it
    from opportune.pipeline.changes.history import FieldChange, Step
    from opportune.pipeline.changes.seals import HistoryReport

CELL = 60
"""Characters of a value in a table; JSON has all of it."""


class _HistoryGroup(click.Group):
    """`history ID` is `history show ID`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = ["show", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_HistoryGroup)
def history() -> None:
    """Show an opportunity's past, go back in it, and check that nobody has edited it.

    Example: opportune history 3f9a2b1c0d4e5f60.rehost
    """


def _show_revisions(revisions: Sequence[Any], call: Call) -> None:
    text = call.text
    if call.given["changes"]:
        columns = ("version", "updated", "by", "field", "was", "now")
        rows = [
            (str(s.version), s.updated_at, s.updated_by, c.field, _cell(c.old), _cell(c.new))
            for s in revisions
            for c in s.changes
        ]
    else:
        columns = ("version", "updated", "by", "status", "arr", "note")
        rows = [
            (
                str(r.version),
                r.updated_at,
                r.updated_by,
                text["status.deleted"] if r.deleted else text[f"status.{r.status}"],
                number(r.estimated_arr, call.language),
                r.change_note,
            )
            for r in revisions
        ]
    print_table([f"column.{name}" for name in columns], rows, call.language)


@history.command()
@click.argument("opportunity_id", metavar="ID")
@click.option(
    "--changes", is_flag=True, help="Show what each revision changed: field, old value, new value."
)
@answers(_show_revisions)
def show(
    call: Call, *, opportunity_id: str, changes: bool
) -> "Sequence[Step] | Sequence[Opportunity]":
    """Show every revision of an opportunity, oldest first.

    Example: opportune history show 3f9a2b1c0d4e5f60.rehost --changes
    """
    histories = call.service.histories
    return histories.steps(opportunity_id) if changes else histories.revisions(opportunity_id)


def _show_differences(found: "Sequence[FieldChange]", call: Call) -> None:
    if not found:
        click.echo(call.text["history.same"])
        return
    rows = [(c.field, _cell(c.old), _cell(c.new)) for c in found]
    print_table(("column.field", "column.was", "column.now"), rows, call.language)


@history.command()
@click.argument("opportunity_id", metavar="ID")
@click.argument("old", type=click.IntRange(min=1))
@click.argument("new", type=click.IntRange(min=1))
@answers(_show_differences)
def diff(call: Call, opportunity_id: str, old: int, new: int) -> "Sequence[FieldChange]":
    """Show what differs between two versions of an opportunity.

    Example: opportune history diff 3f9a2b1c0d4e5f60.rehost 1 3
    """
    return call.service.histories.differences(opportunity_id, old, new)


def _show_report(report: "HistoryReport", call: Call) -> None:
    for one in report.problems:
        place = f"{one.opportunity_id} v{one.version}: " if one.opportunity_id else ""
        click.echo(f"{place}{one.problem}.")
    counts = {
        "revisions": number(report.revisions, call.language),
        "opportunities": number(report.opportunities, call.language),
        "problems": len(report.problems),
    }
    key = "history.clean" if report.is_clean else "history.problems"
    click.echo(call.text[key].format(**counts))


@history.command()
@click.option(
    "--seal",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the newest digests to this file; keep it where nobody who can write the store can.",
)
@click.option(
    "--against",
    type=click.Path(dir_okay=False, path_type=Path),
    help=(
        "Compare with a seal written before: this also shows histories that were deleted whole or "
        "rewritten with matching digests."
    ),
)
@answers(_show_report, exit_code=lambda report, _: int(not report.is_clean))
def verify(call: Call, seal: Path | None, against: Path | None) -> "HistoryReport":
    """Check every kept revision, and name each edit that was not made through this program.

    Ends with exit code 1 if anything is found. On DynamoDB it needs the operator's permissions.

    Example: opportune history verify --seal seal.jsonl
    """
    from opportune.pipeline.changes.seals import read_seal, seal_text
    from opportune.stores.contract import utc_now

    sealed = read_seal(against) if against else None
    report, rows = call.service.seals.verify(sealed)
    if seal is not None:
        seal.write_text(seal_text(rows, utc_now()), "utf-8")
    return report


@click.command()
@click.argument("opportunity_id", metavar="ID")
@click.option(
    "--version",
    type=click.IntRange(min=1),
    help="Version to bring back; else the last one before it was deleted or expired.",
)
@click.option("--note", default="", help="Why it is changed.")
@click.option(
    "--expect-version",
    type=click.IntRange(min=1),
    help="Refuse (exit code 5) if it is now at another version.",
)
@answers(tells("edit.restored", "id", "version"))
def restore(
    call: Call, opportunity_id: str, version: int | None, note: str, expect_version: int | None
) -> Opportunity:
    """Bring back what was deleted or has expired, or the content of an earlier version.

    Example: opportune restore 3f9a2b1c0d4e5f60.rehost --version 2
    """
    return call.service.histories.restore(
        opportunity_id,
        version,
        updated_by=caller(),
        note=note,
        expected_version=expect_version,
    )


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= CELL else f"{text[: CELL - 1]}…"
