"""Commands on the DynamoDB tables themselves: make, remove and examine them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from opportune.cli.answering import Call, answers
from opportune.cli.migrate import migrate
from opportune.cli.tables import print_table
from opportune.settings import Settings

if TYPE_CHECKING:  # loaded when a command needs it: --help must not pay for it
    from opportune.stores.dynamodb.doctor import Finding


@click.group()
def store() -> None:
    """Move to another store; make, remove and examine the DynamoDB tables.

    DYNAMODB_TABLE_NAME, AWS_REGION and AWS_ENDPOINT_URL_DYNAMODB say which tables.

    Example: opportune store doctor
    """


store.add_command(migrate)


def _show_created(made: Sequence[str], call: Call) -> None:
    for name in made:
        click.echo(call.text["table.created"].format(name=name))
    if not made:
        click.echo(call.text["table.all.there"])
    click.echo(call.text["table.next"])


@store.command("create-tables")
@answers(_show_created, has_store=False, has_json=False)
def create_tables(_: Call) -> Sequence[str]:
    """Create the tables on a local engine; in AWS, deploy infra/storage.yaml.

    Example: AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:8000 opportune store create-tables
    """
    from opportune.stores.dynamodb import tables

    settings = Settings.from_environment()
    return tables.create_tables(
        settings.dynamodb_table, region=settings.aws_region, endpoint=settings.dynamodb_endpoint
    )


def _show_deleted(gone: Sequence[str], call: Call) -> None:
    for name in gone:
        click.echo(call.text["table.deleted"].format(name=name))
    if not gone:
        click.echo(call.text["table.none.there"])


@store.command("delete-tables")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@answers(_show_deleted, has_store=False, has_json=False)
def delete_tables(call: Call, *, yes: bool) -> Sequence[str]:
    """Delete the tables of a local engine with all they hold.

    Example: AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:8000 opportune store delete-tables --yes
    """
    from opportune.stores.dynamodb import tables

    settings = Settings.from_environment()
    if not yes:
        click.confirm(call.text["table.confirm"].format(name=settings.dynamodb_table), abort=True)
    return tables.delete_tables(
        settings.dynamodb_table, region=settings.aws_region, endpoint=settings.dynamodb_endpoint
    )


def _show_findings(findings: "Sequence[Finding]", call: Call) -> None:
    print_table(
        ("column.table", "column.subject", "column.found", "column.remedy"),
        [(f.table, f.subject, f.found, f.remedy) for f in findings],
        call.language,
    )


def _ill(findings: "Sequence[Finding]", _: Call) -> int:
    return int(not all(finding.is_well for finding in findings))


@store.command()
@answers(
    _show_findings,
    has_store=False,
    exit_code=_ill,
)
def doctor(_: Call) -> "Sequence[Finding]":
    """Compare live tables with infra/storage.yaml and try the permissions; change nothing.

    Ends with exit code 1 if anything is not as it should be.

    Example: opportune store doctor --json
    """
    from opportune.stores.dynamodb.doctor import examine

    settings = Settings.from_environment()
    return examine(
        settings.dynamodb_table, region=settings.aws_region, endpoint=settings.dynamodb_endpoint
    )
