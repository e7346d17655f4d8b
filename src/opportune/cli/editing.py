"""Commands that make, edit and delete opportunities, one or many; and duplicates."""

import sys
from typing import TYPE_CHECKING, Any

import click

from opportune.cli.context import (
    as_json,
    caller,
    language_option,
    opened_service,
    store_option,
)
from opportune.cli.fields import edit_of, set_option
from opportune.cli.filters import filter_options
from opportune.model.words import number, words

if TYPE_CHECKING:  # loaded when a command needs them: --help must not pay for it
    from opportune.model.filters import OpportunityFilters
    from opportune.model.records import Opportunity
    from opportune.pipeline.changes.duplicates import Merged

note_option = click.option("--note", default="", help="Why.")
version_option = click.option(
    "--expect-version", type=click.IntRange(min=1), help="Refuse if it is at another."
)


@click.command()
@click.argument("title")
@click.option("--customer", help="Whose; else that of the session.")
@click.option("--session", "session_id", default="", help="Where it belongs.")
@set_option
@note_option
@language_option
@store_option
@as_json
def new(  # noqa: PLR0913 - arguments and options of the command
    *,
    title: str,
    customer: str | None,
    session_id: str,
    fields: dict[str, Any],
    note: str,
    language: str,
    storage_type: str | None,
    as_json: bool,
) -> None:
    """Make an opportunity by hand.

    Without --session it goes to the customer's session of what is made by hand.

    Example: opportune new "Renew support" --customer "Example Corp" --set estimatedARR=12000
    """
    fields["title"] = title
    if customer is not None:
        fields["customer"] = customer
    edit = edit_of(fields)
    with opened_service(storage_type, language) as service:
        made = service.editing.create(
            edit, updated_by=caller(), session_id=session_id, language=language, note=note
        )
    _print_one(made, "made", language, is_json=as_json)


@click.command()
@click.argument("opportunity_id", metavar="ID")
@set_option
@note_option
@version_option
@language_option
@store_option
@as_json
def edit(  # noqa: PLR0913 - arguments and options of the command
    *,
    opportunity_id: str,
    fields: dict[str, Any],
    note: str,
    expect_version: int | None,
    language: str,
    storage_type: str | None,
    as_json: bool,
) -> None:
    """Change fields of an opportunity.

    Example: opportune edit ID --set owner=eva --set closeDate=2026-12-31 --note "call on Monday"
    """
    changes = edit_of(fields)
    with opened_service(storage_type, language) as service:
        edited = service.editing.edit(
            opportunity_id,
            changes,
            updated_by=caller(),
            note=note,
            expected_version=expect_version,
        )
    _print_one(edited, "edited", language, is_json=as_json)


@click.command()
@click.argument("opportunity_id", metavar="ID")
@note_option
@version_option
@language_option
@store_option
def delete(
    *,
    opportunity_id: str,
    note: str,
    expect_version: int | None,
    language: str,
    storage_type: str | None,
) -> None:
    """Delete an opportunity; `restore` brings it back.

    Example: opportune delete ID --note "not ours"
    """
    with opened_service(storage_type, language) as service:
        service.editing.delete(
            opportunity_id, updated_by=caller(), note=note, expected_version=expect_version
        )
    click.echo(words(language)["edit.deleted"].format(id=opportunity_id))


@click.command()
@filter_options
@click.option("--id", "ids", multiple=True, metavar="ID", help="This one; may be repeated.")
@set_option
@note_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@language_option
@store_option
@as_json
def change(  # noqa: PLR0913 - options of the command
    *,
    filters: "OpportunityFilters",
    ids: tuple[str, ...],
    fields: dict[str, Any],
    note: str,
    yes: bool,
    language: str,
    storage_type: str | None,
    as_json: bool,
) -> None:
    """Change the same fields of many opportunities; each keeps its whole history.

    Example: opportune change --status New --owner "" --set owner=eva --note "new in the team"
    """
    from opportune.cli.tables import print_json

    text = words(language)
    changes = edit_of(fields)
    with opened_service(storage_type, language) as service:
        if not ids and not yes and sys.stdin.isatty():
            count = sum(total.count for total in service.store.totals(filters))
            click.confirm(text["edit.confirm"].format(count=count), abort=True, err=True)
        done = service.bulk.change(
            changes, filters=filters, ids=ids, updated_by=caller(), note=note
        )
    if as_json:
        print_json(done)
        return
    click.echo(text["edit.many"].format(changed=done.changed, unchanged=done.unchanged))
    for one in done.refused:
        click.echo(f"{one.opportunity_id}: {one.reason}", err=True)


@click.command()
@filter_options
@language_option
@store_option
@as_json
def duplicates(
    *, filters: "OpportunityFilters", language: str, storage_type: str | None, as_json: bool
) -> None:
    """List pairs of opportunities that may be one, with the reasons, likeliest first.

    Example: opportune duplicates --customer "Example Corp"
    """
    from opportune.cli.tables import print_json

    with opened_service(storage_type, language) as service:
        found = service.duplicates.possible(filters)
    if as_json:
        print_json(found)
        return
    text = words(language)
    if not found:
        click.echo(text["duplicates.none"])
    for pair in found:
        click.secho(f"{pair.score:.0%}", bold=True, nl=False)
        for one in (pair.first, pair.second):
            click.echo(f"  {one.id}  {one.title}  USD {number(one.estimated_arr, language)}")
        for reason in pair.reasons:
            click.echo(f"     - {reason.text}")
    if found:
        click.echo(
            text["duplicates.next"].format(first=found[0].first.id, second=found[0].second.id)
        )


@click.command()
@click.argument("kept_id", metavar="KEPT")
@click.argument("other_id", metavar="OTHER")
@note_option
@language_option
@store_option
@as_json
def merge(  # noqa: PLR0913 - arguments and options of the command
    *,
    kept_id: str,
    other_id: str,
    note: str,
    language: str,
    storage_type: str | None,
    as_json: bool,
) -> None:
    """Merge the opportunity OTHER into KEPT; both keep their histories.

    KEPT gets the evidence, talking points, next steps and services that only OTHER had.

    Example: opportune merge 3f9a2b1c0d4e5f60.rehost 90ab12cd34ef5678.rehost
    """
    with opened_service(storage_type, language) as service:
        merged = service.duplicates.merge(kept_id, other_id, updated_by=caller(), note=note)
    _print_merged(merged, "duplicates.merged", language, is_json=as_json)


@click.command()
@click.argument("other_id", metavar="OTHER")
@note_option
@language_option
@store_option
@as_json
def unmerge(
    *, other_id: str, note: str, language: str, storage_type: str | None, as_json: bool
) -> None:
    """Take a merge apart: OTHER is back, and the kept one loses what it was given.

    Example: opportune unmerge 90ab12cd34ef5678.rehost
    """
    with opened_service(storage_type, language) as service:
        merged = service.duplicates.unmerge(other_id, updated_by=caller(), note=note)
    _print_merged(merged, "duplicates.unmerged", language, is_json=as_json)


def _print_one(one: "Opportunity", what: str, language: str, *, is_json: bool) -> None:
    from opportune.cli.tables import print_json

    if is_json:
        print_json(one)
    else:
        click.echo(words(language)[f"edit.{what}"].format(id=one.id, version=one.version))


def _print_merged(merged: "Merged", key: str, language: str, *, is_json: bool) -> None:
    from opportune.cli.tables import print_json

    if is_json:
        print_json(merged)
    else:
        kept = merged.kept.id if merged.kept else "-"
        click.echo(words(language)[key].format(kept=kept, other=merged.other.id))
