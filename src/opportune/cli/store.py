"""Commands on the DynamoDB tables themselves: make, remove and examine them."""

import click

from opportune.cli.context import as_json, language_option
from opportune.cli.migrate import migrate
from opportune.model.words import words
from opportune.settings import Settings


@click.group()
def store() -> None:
    """Move to another store; make, remove and examine the DynamoDB tables.

    DYNAMODB_TABLE_NAME, AWS_REGION and AWS_ENDPOINT_URL_DYNAMODB say which tables.

    Example: opportune store doctor
    """


store.add_command(migrate)


@store.command("create-tables")
@language_option
def create_tables(*, language: str) -> None:
    """Create the tables on a local engine; in AWS, deploy infra/storage.yaml.

    Example: AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:8000 opportune store create-tables
    """
    from opportune.stores.dynamodb import tables

    settings = Settings.from_environment()
    made = tables.create_tables(
        settings.dynamodb_table, region=settings.aws_region, endpoint=settings.dynamodb_endpoint
    )
    text = words(language)
    for name in made:
        click.echo(text["table.created"].format(name=name))
    if not made:
        click.echo(text["table.all.there"])
    click.echo(text["table.next"])


@store.command("delete-tables")
@click.option("--yes", is_flag=True, help="Do not ask.")
@language_option
def delete_tables(*, yes: bool, language: str) -> None:
    """Delete the tables of a local engine with all they hold.

    Example: AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:8000 opportune store delete-tables --yes
    """
    from opportune.stores.dynamodb import tables

    settings, text = Settings.from_environment(), words(language)
    if not yes:
        click.confirm(text["table.confirm"].format(name=settings.dynamodb_table), abort=True)
    gone = tables.delete_tables(
        settings.dynamodb_table, region=settings.aws_region, endpoint=settings.dynamodb_endpoint
    )
    for name in gone:
        click.echo(text["table.deleted"].format(name=name))
    if not gone:
        click.echo(text["table.none.there"])


@store.command()
@language_option
@as_json
@click.pass_context
def doctor(context: click.Context, *, language: str, as_json: bool) -> None:
    """Compare live tables with infra/storage.yaml and try the permissions; change nothing.

    Ends with exit code 1 if anything is not as it should be.

    Example: opportune store doctor --json
    """
    from opportune.cli.tables import print_json, print_table
    from opportune.stores.dynamodb.doctor import examine

    settings = Settings.from_environment()
    findings = examine(
        settings.dynamodb_table, region=settings.aws_region, endpoint=settings.dynamodb_endpoint
    )
    if as_json:
        print_json(findings)
    else:
        print_table(
            ("column.table", "column.subject", "column.found", "column.remedy"),
            [(f.table, f.subject, f.found, f.remedy) for f in findings],
            language,
        )
    context.exit(0 if all(f.is_well for f in findings) else 1)
