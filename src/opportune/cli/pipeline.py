"""Commands on what is kept: list, show, set-status, sessions, explain."""

from typing import TYPE_CHECKING

import click

from opportune.cli.context import (
    as_json,
    caller,
    language_option,
    opened_service,
    store_option,
)
from opportune.cli.filters import filter_options
from opportune.model.words import number, status_named, words

if TYPE_CHECKING:  # loaded when a command needs them: --help must not pay for it
    from opportune.model.filters import OpportunityFilters

at_option = click.option(
    "--at", metavar="TIME", default="", help="As it stood then: 2026-03-01 (its end), or a time."
)


@click.command("list")
@filter_options
@click.option("--order", type=click.Choice(["newest", "arr"]), default="newest", show_default=True)
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@click.option("--cursor", help="Continue where the last page ended.")
@at_option
@language_option
@store_option
@as_json
def list_(  # noqa: PLR0913 - options of the command
    *,
    filters: "OpportunityFilters",
    order: str,
    limit: int,
    cursor: str | None,
    at: str,
    language: str,
    storage_type: str | None,
    as_json: bool,
) -> None:
    """List opportunities of all sessions, or of one, as they are or as they stood.

    Example: opportune list --priority High --min-arr 50000 --search oracle
    """
    from opportune.cli.tables import print_json, print_pipeline
    from opportune.model.filters import Order
    from opportune.model.records import Opportunity, Page

    text = words(language)
    with opened_service(storage_type, language) as service:
        if at:
            from opportune.pipeline.changes.history import moment_of

            past = service.histories.pipeline_at(moment_of(at), filters)
            page = Page[Opportunity](items=past.opportunities)
            if past.unknown:
                click.echo(text["history.unknown"].format(count=len(past.unknown)), err=True)
        elif filters.session_id:
            listed = service.session_opportunities(filters.session_id, filters)
            page = Page[Opportunity](items=listed)
        else:
            page = service.list_opportunities(
                filters, order=Order(order), limit=limit, cursor=cursor
            )
    if as_json:
        print_json(page)
        return
    if not page.items:
        click.echo(text["no.opportunities"])
        return
    print_pipeline(page.items, language)
    if page.cursor:
        click.echo(text["more"].format(cursor=page.cursor))


@click.command()
@click.argument("opportunity_id", metavar="ID")
@click.option("--version", type=click.IntRange(min=1), help="That revision, not the newest.")
@at_option
@language_option
@store_option
@as_json
def show(  # noqa: PLR0913 - arguments and options of the command
    *,
    opportunity_id: str,
    version: int | None,
    at: str,
    language: str,
    storage_type: str | None,
    as_json: bool,
) -> None:
    """Show an opportunity: why, evidence, estimate, what to say and do.

    Example: opportune show 3f9a2b1c0d4e5f60.rehost
    """
    from opportune.cli.tables import print_json, print_opportunity
    from opportune.pipeline.changes.history import moment_of

    with opened_service(storage_type, language) as service:
        if at:
            opportunity = service.histories.at(opportunity_id, moment_of(at))
        else:
            opportunity = service.opportunity(opportunity_id, version=version)
    if as_json:
        print_json(opportunity)
    else:
        print_opportunity(opportunity, language)


@click.command("set-status")
@click.argument("opportunity_id", metavar="ID")
@click.argument("status")
@click.option("--note", default="", help="Why.")
@click.option("--expect-version", type=click.IntRange(min=1), help="Refuse if it is at another.")
@language_option
@store_option
@as_json
def set_status(  # noqa: PLR0913 - arguments and options of the command
    *,
    opportunity_id: str,
    status: str,
    note: str,
    expect_version: int | None,
    language: str,
    storage_type: str | None,
    as_json: bool,
) -> None:
    """Move an opportunity to a status, named in any of our languages.

    Example: opportune set-status 3f9a2b1c0d4e5f60.rehost "En Progreso" --note "call on Monday"
    """
    from opportune.cli.tables import print_json

    with opened_service(storage_type, language) as service:
        updated = service.update_status(
            opportunity_id,
            status_named(status),
            updated_by=caller(),
            note=note,
            expected_version=expect_version,
        )
    if as_json:
        print_json(updated)
        return
    text = words(language)
    name = text[f"status.{updated.status}"]
    click.echo(text["moved"].format(id=updated.id, status=name, version=updated.version))


@click.command()
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@click.option("--cursor", help="Continue where the last page ended.")
@language_option
@store_option
@as_json
def sessions(
    *, limit: int, cursor: str | None, language: str, storage_type: str | None, as_json: bool
) -> None:
    """List sessions: one analysis each of one customer's files.

    Example: opportune sessions --limit 10
    """
    from opportune.cli.tables import print_json, print_table

    with opened_service(storage_type, language) as service:
        page = service.sessions(limit=limit, cursor=cursor)
    if as_json:
        print_json(page)
        return
    text = words(language)
    if not page.items:
        click.echo(text["no.sessions"])
        return
    print_table(
        (
            "column.session",
            "column.customer",
            "column.servers",
            "column.files",
            "column.updated",
            "column.by",
        ),
        [
            (
                s.id,
                s.customer,
                number(s.totals.servers, language),
                ", ".join(f.name for f in s.files),
                s.updated_at,
                s.updated_by,
            )
            for s in page.items
        ],
        language,
    )
    if page.cursor:
        click.echo(text["more"].format(cursor=page.cursor))


@click.command()
@click.argument("opportunity_id", metavar="ID")
@language_option
@store_option
@as_json
def explain(*, opportunity_id: str, language: str, storage_type: str | None, as_json: bool) -> None:
    """Prove an ARR: from cell to value, rule, price row and dollars.

    Example: opportune explain 3f9a2b1c0d4e5f60.rehost
    """
    from opportune.cli.tables import print_json, print_tree

    with opened_service(storage_type, language) as service:
        answer = service.explain(opportunity_id)
    if as_json:
        print_json(answer)
        return
    if not answer.is_current:
        click.echo(words(language)["explain.stale"], err=True)
    print_tree(answer.tree, language)
