"""Commands that make, edit and delete opportunities, one or many; and duplicates."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from opportune.cli.answering import Call, Show, answers, tells
from opportune.cli.context import caller
from opportune.cli.fields import edit_of, set_option
from opportune.cli.filters import filter_options
from opportune.model.records import Opportunity
from opportune.model.words import number

if TYPE_CHECKING:  # loaded when a command needs them: --help must not pay for it
    from opportune.model.filters import OpportunityFilters
    from opportune.pipeline.changes.duplicates import Duplicate, Merged
    from opportune.pipeline.changes.edit_many import ManyChanged

note_option = click.option("--note", default="", help="Why it is changed.")
version_option = click.option(
    "--expect-version",
    type=click.IntRange(min=1),
    help="Refuse (exit code 5) if it is now at another version.",
)


@click.command()
@click.argument("title")
@click.option("--customer", help="Name of the customer; else the customer of the session.")
@click.option("--session", "session_id", default="", help="Id of the session that it belongs to.")
@set_option
@note_option
@answers(tells("edit.made", "id", "version"))
def new(
    call: Call, title: str, customer: str | None, session_id: str, fields: dict[str, Any], note: str
) -> Opportunity:
    """Make an opportunity by hand.

    Without --session it goes to the customer's session of what is made by hand.

    Example: opportune new "Renew support" --customer "Example Corp" --set estimatedARR=12000
    """
    fields["title"] = title
    if customer is not None:
        fields["customer"] = customer
    edit = edit_of(fields)
    return call.service.editing.create(
        edit, updated_by=caller(), session_id=session_id, language=call.language, note=note
    )


@click.command()
@click.argument("opportunity_id", metavar="ID")
@set_option
@note_option
@version_option
@answers(tells("edit.edited", "id", "version"))
def edit(
    call: Call, opportunity_id: str, fields: dict[str, Any], note: str, expect_version: int | None
) -> Opportunity:
    """Change fields of an opportunity.

    Example: opportune edit ID --set owner=eva --set closeDate=2026-12-31 --note "call on Monday"
    """
    changes = edit_of(fields)
    return call.service.editing.edit(
        opportunity_id,
        changes,
        updated_by=caller(),
        note=note,
        expected_version=expect_version,
    )


def _show_deleted(opportunity_id: str, call: Call) -> None:
    click.echo(call.text["edit.deleted"].format(id=opportunity_id))


@click.command()
@click.argument("opportunity_id", metavar="ID")
@note_option
@version_option
@answers(_show_deleted, has_json=False)
def delete(call: Call, opportunity_id: str, note: str, expect_version: int | None) -> str:
    """Delete an opportunity; `restore` brings it back.

    Example: opportune delete ID --note "not ours"
    """
    call.service.editing.delete(
        opportunity_id, updated_by=caller(), note=note, expected_version=expect_version
    )
    return opportunity_id


def _show_many(done: "ManyChanged", call: Call) -> None:
    click.echo(call.text["edit.many"].format(changed=done.changed, unchanged=done.unchanged))
    for one in done.refused:
        click.echo(f"{one.opportunity_id}: {one.reason}", err=True)


@click.command()
@filter_options
@click.option(
    "--id",
    "ids",
    multiple=True,
    metavar="ID",
    help="Change this opportunity, whatever the filters say; may be repeated.",
)
@set_option
@note_option
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@answers(_show_many)
def change(
    call: Call,
    *,
    filters: "OpportunityFilters",
    ids: tuple[str, ...],
    fields: dict[str, Any],
    note: str,
    yes: bool,
) -> "ManyChanged":
    """Change the same fields of many opportunities; each keeps its whole history.

    Example: opportune change --status New --owner "" --set owner=eva --note "new in the team"
    """
    changes = edit_of(fields)
    if not ids and not yes and sys.stdin.isatty():
        count = sum(total.count for total in call.service.store.totals(filters))
        click.confirm(call.text["edit.confirm"].format(count=count), abort=True, err=True)
    return call.service.bulk.change(
        changes, filters=filters, ids=ids, updated_by=caller(), note=note
    )


def _show_duplicates(found: "Sequence[Duplicate]", call: Call) -> None:
    if not found:
        click.echo(call.text["duplicates.none"])
    for pair in found:
        click.secho(f"{pair.score:.0%}", bold=True, nl=False)
        for one in (pair.first, pair.second):
            click.echo(f"  {one.id}  {one.title}  USD {number(one.estimated_arr, call.language)}")
        for reason in pair.reasons:
            click.echo(f"     - {reason.text}")
    if found:
        first, second = found[0].first.id, found[0].second.id
        click.echo(call.text["duplicates.next"].format(first=first, second=second))


@click.command()
@filter_options
@answers(_show_duplicates)
def duplicates(call: Call, filters: "OpportunityFilters") -> "Sequence[Duplicate]":
    """List pairs of opportunities that may be one, with the reasons, likeliest first.

    Example: opportune duplicates --customer "Example Corp"
    """
    return call.service.duplicates.possible(filters)


def _tells_merged(key: str) -> Show:
    def show(merged: "Merged", call: Call) -> None:
        kept = merged.kept.id if merged.kept else "-"
        click.echo(call.text[key].format(kept=kept, other=merged.other.id))

    return show


@click.command()
@click.argument("kept_id", metavar="KEPT")
@click.argument("other_id", metavar="OTHER")
@note_option
@answers(_tells_merged("duplicates.merged"))
def merge(call: Call, kept_id: str, other_id: str, note: str) -> "Merged":
    """Merge the opportunity OTHER into KEPT; both keep their histories.

    KEPT gets the evidence, talking points, next steps and services that only OTHER had.

    Example: opportune merge 3f9a2b1c0d4e5f60.rehost 90ab12cd34ef5678.rehost
    """
    return call.service.duplicates.merge(kept_id, other_id, updated_by=caller(), note=note)


@click.command()
@click.argument("other_id", metavar="OTHER")
@note_option
@answers(_tells_merged("duplicates.unmerged"))
def unmerge(call: Call, other_id: str, note: str) -> "Merged":
    """Undo a merge: OTHER comes back, and the kept one loses what it was given.

    Example: opportune unmerge 90ab12cd34ef5678.rehost
    """
    return call.service.duplicates.unmerge(other_id, updated_by=caller(), note=note)
