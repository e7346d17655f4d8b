"""Commands on what is kept: list, show, set-status, sessions, explain."""

from typing import TYPE_CHECKING

import click

from opportune.cli.answering import Call, answers
from opportune.cli.context import caller
from opportune.cli.filters import filter_options
from opportune.cli.tables import print_opportunity, print_pipeline, print_table, print_tree
from opportune.model.records import Opportunity, Page, Session
from opportune.model.words import number, status_named

if TYPE_CHECKING:  # loaded when a command needs them: --help must not pay for it
    from opportune.model.filters import OpportunityFilters
    from opportune.pipeline.answers import ExplanationAnswer

at_option = click.option(
    "--at",
    metavar="TIME",
    default="",
    help="As it stood at the end of a day (2026-03-01) or at a time (2026-03-01T12:00:00Z).",
)


def _show_page(page: "Page[Opportunity]", call: Call) -> None:
    if not page.items:
        click.echo(call.text["no.opportunities"])
        return
    print_pipeline(page.items, call.language)
    if page.cursor:
        click.echo(call.text["more"].format(cursor=page.cursor))


@click.command("list")
@filter_options
@click.option(
    "--order",
    type=click.Choice(["newest", "arr"]),
    default="newest",
    show_default=True,
    help="Newest first, or highest ARR first.",
)
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="Rows of a page."
)
@click.option("--cursor", help="Continue after the last page, with the cursor that it gave.")
@at_option
@answers(_show_page)
def list_(
    call: Call, filters: "OpportunityFilters", order: str, limit: int, cursor: str | None, at: str
) -> "Page[Opportunity]":
    """List opportunities of all sessions, or of one, as they are or as they stood.

    Example: opportune list --priority High --min-arr 50000 --search oracle
    """
    from opportune.model.filters import Order

    if at:
        from opportune.pipeline.changes.history import moment_of

        past = call.service.histories.pipeline_at(moment_of(at), filters)
        if past.unknown:
            click.echo(call.text["history.unknown"].format(count=len(past.unknown)), err=True)
        return Page[Opportunity](items=past.opportunities)
    if filters.session_id:
        listed = call.service.analyses.opportunities(filters.session_id, filters)
        return Page[Opportunity](items=listed)
    return call.service.store.find_opportunities(
        filters, order=Order(order), limit=limit, cursor=cursor
    )


def _show_opportunity(opportunity: Opportunity, call: Call) -> None:
    print_opportunity(opportunity, call.language)


@click.command()
@click.argument("opportunity_id", metavar="ID")
@click.option(
    "--version", type=click.IntRange(min=1), help="Show this revision instead of the newest."
)
@at_option
@answers(_show_opportunity)
def show(call: Call, opportunity_id: str, version: int | None, at: str) -> Opportunity:
    """Show an opportunity: why, evidence, estimate, what to say and do.

    Example: opportune show 3f9a2b1c0d4e5f60.rehost
    """
    from opportune.pipeline.changes.history import moment_of

    if at:
        return call.service.histories.at(opportunity_id, moment_of(at))
    return call.service.store.get_opportunity(opportunity_id, version=version)


def _show_move(moved: Opportunity, call: Call) -> None:
    name = call.text[f"status.{moved.status}"]
    click.echo(call.text["moved"].format(id=moved.id, status=name, version=moved.version))


@click.command("set-status")
@click.argument("opportunity_id", metavar="ID")
@click.argument("status")
@click.option("--note", default="", help="Why it is changed.")
@click.option(
    "--expect-version",
    type=click.IntRange(min=1),
    help="Refuse (exit code 5) if it is now at another version.",
)
@answers(_show_move)
def set_status(
    call: Call, opportunity_id: str, status: str, note: str, expect_version: int | None
) -> Opportunity:
    """Move an opportunity to a status, named in any of our languages.

    Example: opportune set-status 3f9a2b1c0d4e5f60.rehost "En Progreso" --note "call on Monday"
    """
    return call.service.editing.move(
        opportunity_id,
        status_named(status),
        updated_by=caller(),
        note=note,
        expected_version=expect_version,
    )


def _show_sessions(page: "Page[Session]", call: Call) -> None:
    if not page.items:
        click.echo(call.text["no.sessions"])
        return
    columns = ("session", "customer", "servers", "files", "updated", "by")
    print_table(
        [f"column.{name}" for name in columns],
        [
            (
                s.id,
                s.customer,
                number(s.totals.servers, call.language),
                ", ".join(f.name for f in s.files),
                s.updated_at,
                s.updated_by,
            )
            for s in page.items
        ],
        call.language,
    )
    if page.cursor:
        click.echo(call.text["more"].format(cursor=page.cursor))


@click.command()
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="Rows of a page."
)
@click.option("--cursor", help="Continue after the last page, with the cursor that it gave.")
@answers(_show_sessions)
def sessions(call: Call, limit: int, cursor: str | None) -> "Page[Session]":
    """List sessions: one analysis each of one customer's files.

    Example: opportune sessions --limit 10
    """
    return call.service.store.list_sessions(limit=limit, cursor=cursor)


def _show_tree(answer: "ExplanationAnswer", call: Call) -> None:
    if not answer.is_current:
        click.echo(call.text["explain.stale"], err=True)
    print_tree(answer.tree, call.language)


@click.command()
@click.argument("opportunity_id", metavar="ID")
@answers(_show_tree)
def explain(call: Call, opportunity_id: str) -> "ExplanationAnswer":
    """Prove an ARR: from cell to value, rule, price row and dollars.

    Example: opportune explain 3f9a2b1c0d4e5f60.rehost
    """
    return call.service.proofs.explain(opportunity_id)
