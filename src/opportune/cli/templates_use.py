"""Commands that try a template, and make opportunities from one by hand."""

from decimal import Decimal, InvalidOperation

import click

from opportune.cli.context import (
    as_json,
    caller,
    language_option,
    opened_service,
    progress,
    store_option,
)
from opportune.cli.templates import read_file, templates
from opportune.model.words import words

__all__ = ["templates"]


@templates.command()
@click.argument("template_id", metavar="ID")
@click.option("--file", "path", help="Try this file instead of what is kept.")
@click.option("--session", "session_id", default="", help="On its files; else on a sample.")
@language_option
@store_option
@as_json
def preview(  # noqa: PLR0913 - argument and options of the command
    *,
    template_id: str,
    path: str | None,
    session_id: str,
    language: str,
    storage_type: str | None,
    as_json: bool,
) -> None:
    """Show what a template would find, without keeping anything.

    Example: opportune templates preview graviton --file graviton.toml --lang es
    """
    from opportune.cli.tables import print_json, print_opportunity

    file = read_file(path) if path else None
    with opened_service(storage_type, language) as service, progress(language) as on_progress:
        if on_progress:
            on_progress("analyze", "")
        found = service.templates.preview(
            template_id, file=file, session_id=session_id, language=language
        )
    if as_json:
        print_json(found)
    elif found.opportunity:
        print_opportunity(found.opportunity, language)
    else:
        click.echo(found.why_not)


@templates.command()
@click.argument("template_id", metavar="ID")
@click.option(
    "--session", "session_id", default="", help="Where to; else the customer's session by hand."
)
@click.option("--customer", default="", help="Name of the customer.")
@click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help="Of a placeholder.")
@click.option("--title", help="Instead of the template's.")
@click.option("--priority", type=click.Choice(["High", "Medium", "Low"]))
@click.option("--arr", callback=lambda *given: _usd(given[-1]), help="US dollars a year; else 0.")
@click.option("--owner", help="Who it belongs to.")
@language_option
@store_option
@as_json
def use(  # noqa: PLR0913 - argument and options of the command
    *,
    template_id: str,
    session_id: str,
    customer: str,
    given: tuple[str, ...],
    title: str | None,
    priority: str | None,
    arr: Decimal | None,
    owner: str | None,
    language: str,
    storage_type: str | None,
    as_json: bool,
) -> None:
    """Make an opportunity by hand from a template; values not given stay open in its texts.

    Example: opportune templates use sap --customer "Example Corp" --set applications=2 --arr 50000
    """
    from opportune.cli.tables import print_json

    named = {"title": title, "priority": priority, "estimated_arr": arr, "owner": owner}
    with opened_service(storage_type, language) as service:
        made = service.templates.create_from_template(
            template_id,
            updated_by=caller(),
            session_id=session_id,
            customer=customer,
            language=language,
            values=_values(given),
            fields={k: v for k, v in named.items() if v is not None},
        )
    if as_json:
        print_json(made)
        return
    text, new = words(language), made.opportunity
    click.echo(text["template.made"].format(id=new.id, title=new.title))
    if made.open:
        click.echo(text["template.open"].format(names=", ".join(made.open)))


def _usd(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise click.BadParameter(f"{text!r} is no amount of US dollars, as in 50000.")
    return amount


def _values(given: tuple[str, ...]) -> dict[str, str]:
    values: dict[str, str] = {}
    for text in given:
        name, is_pair, value = text.partition("=")
        if not is_pair or not name.strip():
            raise click.BadParameter(f"{text!r} is no NAME=VALUE, as in servers=12.")
        values[name.strip()] = value
    return values
