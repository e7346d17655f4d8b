"""Commands on the past: history, differences, going back, and whether it is unchanged."""

from pathlib import Path

import click

from opportune.cli.context import (
    as_json,
    caller,
    language_option,
    opened_service,
    store_option,
)
from opportune.model.words import number, words

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


@history.command()
@click.argument("opportunity_id", metavar="ID")
@click.option("--changes", is_flag=True, help="Say what each revision changed.")
@language_option
@store_option
@as_json
def show(
    *, opportunity_id: str, changes: bool, language: str, storage_type: str | None, as_json: bool
) -> None:
    """Show every revision of an opportunity, oldest first.

    Example: opportune history show 3f9a2b1c0d4e5f60.rehost --changes
    """
    from opportune.cli.tables import print_json, print_table

    text = words(language)
    with opened_service(storage_type, language) as service:
        if changes:
            steps = service.histories.steps(opportunity_id)
            if as_json:
                print_json(steps)
                return
            rows = [
                (str(s.version), s.updated_at, s.updated_by, c.field, _cell(c.old), _cell(c.new))
                for s in steps
                for c in s.changes
            ]
            columns = ("version", "updated", "by", "field", "was", "now")
            print_table([f"column.{name}" for name in columns], rows, language)
            return
        revisions = service.histories.revisions(opportunity_id)
    if as_json:
        print_json(revisions)
        return
    columns = ("version", "updated", "by", "status", "arr", "note")
    print_table(
        [f"column.{name}" for name in columns],
        [
            (
                str(r.version),
                r.updated_at,
                r.updated_by,
                text["status.deleted"] if r.deleted else text[f"status.{r.status}"],
                number(r.estimated_arr, language),
                r.change_note,
            )
            for r in revisions
        ],
        language,
    )


@history.command()
@click.argument("opportunity_id", metavar="ID")
@click.argument("old", type=click.IntRange(min=1))
@click.argument("new", type=click.IntRange(min=1))
@language_option
@store_option
@as_json
def diff(  # noqa: PLR0913 - arguments and options of the command
    *,
    opportunity_id: str,
    old: int,
    new: int,
    language: str,
    storage_type: str | None,
    as_json: bool,
) -> None:
    """Show what differs between two versions of an opportunity.

    Example: opportune history diff 3f9a2b1c0d4e5f60.rehost 1 3
    """
    from opportune.cli.tables import print_json, print_table

    with opened_service(storage_type, language) as service:
        found = service.histories.differences(opportunity_id, old, new)
    if as_json:
        print_json(found)
        return
    if not found:
        click.echo(words(language)["history.same"])
        return
    rows = [(c.field, _cell(c.old), _cell(c.new)) for c in found]
    print_table(("column.field", "column.was", "column.now"), rows, language)


@history.command()
@click.option(
    "--seal",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the newest digests to this file, to be kept elsewhere.",
)
@click.option(
    "--against",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Compare with a seal that was written before.",
)
@language_option
@store_option
@as_json
@click.pass_context
def verify(  # noqa: PLR0913 - options of the command
    context: click.Context,
    *,
    seal: Path | None,
    against: Path | None,
    language: str,
    storage_type: str | None,
    as_json: bool,
) -> None:
    """Check every kept revision, and name each edit that was not made through this program.

    Ends with exit code 1 if anything is found. On DynamoDB it needs the operator's permissions.

    Example: opportune history verify --seal seal.jsonl
    """
    from opportune.cli.tables import print_json
    from opportune.pipeline.changes.seals import read_seal, seal_text
    from opportune.stores.contract import utc_now

    sealed = read_seal(against) if against else None
    with opened_service(storage_type, language) as service:
        report, rows = service.seals.verify(sealed)
    if seal is not None:
        seal.write_text(seal_text(rows, utc_now()), "utf-8")
    if as_json:
        print_json(report)
    else:
        text = words(language)
        for one in report.problems:
            place = f"{one.opportunity_id} v{one.version}: " if one.opportunity_id else ""
            click.echo(f"{place}{one.problem}.")
        key = "history.clean" if report.is_clean else "history.problems"
        click.echo(
            text[key].format(
                revisions=number(report.revisions, language),
                opportunities=number(report.opportunities, language),
                problems=len(report.problems),
            ),
        )
    context.exit(0 if report.is_clean else 1)


@click.command()
@click.argument("opportunity_id", metavar="ID")
@click.option("--version", type=click.IntRange(min=1), help="Whose content; else the last one.")
@click.option("--note", default="", help="Why.")
@click.option("--expect-version", type=click.IntRange(min=1), help="Refuse if it is at another.")
@language_option
@store_option
@as_json
def restore(  # noqa: PLR0913 - arguments and options of the command
    *,
    opportunity_id: str,
    version: int | None,
    note: str,
    expect_version: int | None,
    language: str,
    storage_type: str | None,
    as_json: bool,
) -> None:
    """Bring back what was deleted or has expired, or the content of an earlier version.

    Example: opportune restore 3f9a2b1c0d4e5f60.rehost --version 2
    """
    from opportune.cli.tables import print_json

    with opened_service(storage_type, language) as service:
        restored = service.histories.restore(
            opportunity_id,
            version,
            updated_by=caller(),
            note=note,
            expected_version=expect_version,
        )
    if as_json:
        print_json(restored)
    else:
        click.echo(
            words(language)["edit.restored"].format(id=restored.id, version=restored.version)
        )


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= CELL else f"{text[: CELL - 1]}…"
