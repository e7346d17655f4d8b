"""Commands that try a template, and make opportunities from one by hand."""

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import click

from opportune.cli.answering import Call, answers
from opportune.cli.context import caller, progress
from opportune.cli.tables import print_opportunity
from opportune.cli.templates import read_file, templates

if TYPE_CHECKING:  # loaded when a command needs them: --help must not pay for it
    from opportune.pipeline.templates.answers import TemplateUseAnswer
    from opportune.pipeline.templates.preview import TemplatePreview

__all__ = ["templates"]


def _show_preview(found: "TemplatePreview", call: Call) -> None:
    if found.opportunity:
        print_opportunity(found.opportunity, call.language)
    else:
        click.echo(found.why_not)


@templates.command()
@click.argument("template_id", metavar="ID")
@click.option("--file", "path", help="Try this file instead of what is kept.")
@click.option(
    "--session",
    "session_id",
    default="",
    help="Try it on the kept files of this session; else on a sample inventory.",
)
@answers(_show_preview)
def preview(call: Call, template_id: str, path: str | None, session_id: str) -> "TemplatePreview":
    """Show what a template would find, without keeping anything.

    Example: opportune templates preview graviton --file graviton.toml --lang es
    """
    file = read_file(path) if path else None
    with progress(call.language) as on_progress:
        if on_progress:
            on_progress("analyze", "")
        return call.service.templates.preview(
            template_id, file=file, session_id=session_id, language=call.language
        )


def _show_made(made: "TemplateUseAnswer", call: Call) -> None:
    new = made.opportunity
    click.echo(call.text["template.made"].format(id=new.id, title=new.title))
    if made.open:
        click.echo(call.text["template.open"].format(names=", ".join(made.open)))


@templates.command()
@click.argument("template_id", metavar="ID")
@click.option(
    "--session",
    "session_id",
    default="",
    help="Id of the session; else the customer's session of opportunities made by hand.",
)
@click.option("--customer", default="", help="Name of the customer.")
@click.option(
    "--set",
    "given",
    multiple=True,
    metavar="NAME=VALUE",
    help="Value of a placeholder in the texts; may be repeated.",
)
@click.option("--title", help="Title; else the title of the template.")
@click.option(
    "--priority",
    type=click.Choice(["High", "Medium", "Low"]),
    help="Priority; else the template's.",
)
@click.option(
    "--arr", callback=lambda *given: _usd(given[-1]), help="ARR in US dollars a year; else 0."
)
@click.option("--owner", help="Who it belongs to.")
@answers(_show_made)
def use(
    call: Call,
    template_id: str,
    session_id: str,
    customer: str,
    given: tuple[str, ...],
    title: str | None,
    priority: str | None,
    arr: Decimal | None,
    owner: str | None,
) -> "TemplateUseAnswer":
    """Make an opportunity by hand from a template; values not given stay open in its texts.

    Example: opportune templates use sap --customer "Example Corp" --set applications=2 --arr 50000
    """
    named = {"title": title, "priority": priority, "estimated_arr": arr, "owner": owner}
    return call.service.templates.create_from_template(
        template_id,
        updated_by=caller(),
        session_id=session_id,
        customer=customer,
        language=call.language,
        values=_placeholder_values(given),
        fields={k: v for k, v in named.items() if v is not None},
    )


def _usd(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise click.BadParameter(f"{text!r} is not an amount in US dollars, as in 50000.")
    return amount


def _placeholder_values(given: tuple[str, ...]) -> dict[str, str]:
    values: dict[str, str] = {}
    for text in given:
        name, is_pair, value = text.partition("=")
        if not is_pair or not name.strip():
            raise click.BadParameter(f"{text!r} is not of the form NAME=VALUE, as in servers=12.")
        values[name.strip()] = value
    return values
