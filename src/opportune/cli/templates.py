"""Commands on templates: the built-in plays, users' versions of them, and users' own."""

from typing import TYPE_CHECKING

import click

from opportune.cli.context import (
    as_json,
    caller,
    input_file,
    language_option,
    opened_service,
    store_option,
)
from opportune.model.words import category_name, words

if TYPE_CHECKING:  # loaded when a command needs them: --help must not pay for it
    from opportune.analysis.plays.play import Play
    from opportune.pipeline.templates.answers import TemplateAnswer

expect_version = click.option(
    "--expect-version", type=click.IntRange(min=0), help="Refuse if it is at another."
)


@click.group()
def templates() -> None:
    """Show, write and try the plays that opportunities come from.

    Example: opportune templates list
    """


@templates.command("list")
@language_option
@store_option
@as_json
def list_(*, language: str, storage_type: str | None, as_json: bool) -> None:
    """List the built-in plays and your own templates, with their state.

    Example: opportune templates list --lang es
    """
    from opportune.cli.tables import print_json, print_table

    with opened_service(storage_type, language) as service:
        found = service.templates.list(language)
    if as_json:
        print_json(found)
        return
    text = words(language)
    print_table(
        (
            "column.template",
            "column.template-state",
            "column.version",
            "column.category",
            "column.template-rules",
            "column.title",
        ),
        [
            (
                a.id,
                text[f"template.state.{a.state}"],
                str(a.version),
                category_name(a.template.category, language),
                a.play or "-",
                a.title,
            )
            for a in found
        ],
        language,
    )


@templates.command()
@click.argument("template_id", metavar="ID")
@click.option("--version", type=click.IntRange(min=0), help="That revision; 0: the built-in one.")
@click.option("--toml", "as_toml", is_flag=True, help="Print the file that `edit` takes.")
@language_option
@store_option
@as_json
def show(  # noqa: PLR0913 - argument and options of the command
    *,
    template_id: str,
    version: int | None,
    as_toml: bool,
    language: str,
    storage_type: str | None,
    as_json: bool,
) -> None:
    """Show a template: its rules, and its texts in a language.

    Example: opportune templates show graviton --toml > graviton.toml
    """
    from opportune.analysis.plays.play import to_toml
    from opportune.cli.tables import print_json

    with opened_service(storage_type, language) as service:
        found = service.templates.get(template_id, version=version, language=language)
    if as_json:
        print_json(found)
    elif as_toml:
        click.echo(to_toml(found.template), nl=False)
    else:
        _print_template(found, language)


@templates.command()
@click.argument("path", metavar="FILE")
@language_option
@store_option
@as_json
def create(*, path: str, language: str, storage_type: str | None, as_json: bool) -> None:
    """Keep a new template of your own, out of a TOML file.

    Example: opportune templates create arm-first.toml
    """
    file = read_file(path)
    with opened_service(storage_type, language) as service:
        made = service.templates.create(file, updated_by=caller())
    _print_saved(made, language, as_json=as_json)


@templates.command()
@click.argument("template_id", metavar="ID")
@click.argument("path", metavar="FILE")
@expect_version
@language_option
@store_option
@as_json
def edit(  # noqa: PLR0913 - arguments and options of the command
    *,
    template_id: str,
    path: str,
    expect_version: int | None,
    language: str,
    storage_type: str | None,
    as_json: bool,
) -> None:
    """Put a file in the place of a template; a built-in play becomes your version of it.

    Example: opportune templates edit graviton graviton.toml
    """
    file = read_file(path)
    with opened_service(storage_type, language) as service:
        edited = service.templates.edit(
            template_id, file, updated_by=caller(), expected_version=expect_version
        )
    _print_saved(edited, language, as_json=as_json)


@templates.command()
@click.argument("template_id", metavar="ID")
@click.argument("new_id", metavar="NEW")
@language_option
@store_option
@as_json
def duplicate(
    *, template_id: str, new_id: str, language: str, storage_type: str | None, as_json: bool
) -> None:
    """Keep a copy of a template under a new id, with the same rules.

    Example: opportune templates duplicate graviton arm-first
    """
    with opened_service(storage_type, language) as service:
        made = service.templates.duplicate(template_id, new_id, updated_by=caller())
    _print_saved(made, language, as_json=as_json)


@templates.command()
@click.argument("template_id", metavar="ID")
@expect_version
@language_option
@store_option
@as_json
def disable(
    *,
    template_id: str,
    expect_version: int | None,
    language: str,
    storage_type: str | None,
    as_json: bool,
) -> None:
    """Keep analyses from using a template; opportunities by hand still can.

    Example: opportune templates disable training
    """
    with opened_service(storage_type, language) as service:
        changed = service.templates.set_enabled(
            template_id, enabled=False, updated_by=caller(), expected_version=expect_version
        )
    _print_state(changed, language, as_json=as_json)


@templates.command()
@click.argument("template_id", metavar="ID")
@expect_version
@language_option
@store_option
@as_json
def enable(
    *,
    template_id: str,
    expect_version: int | None,
    language: str,
    storage_type: str | None,
    as_json: bool,
) -> None:
    """Let analyses use a template again.

    Example: opportune templates enable training
    """
    with opened_service(storage_type, language) as service:
        changed = service.templates.set_enabled(
            template_id, enabled=True, updated_by=caller(), expected_version=expect_version
        )
    _print_state(changed, language, as_json=as_json)


@templates.command()
@click.argument("template_id", metavar="ID")
@expect_version
@language_option
@store_option
def delete(
    *, template_id: str, expect_version: int | None, language: str, storage_type: str | None
) -> None:
    """Delete a template of your own; of a built-in play only your version goes.

    Example: opportune templates delete arm-first
    """
    with opened_service(storage_type, language) as service:
        left = service.templates.delete(
            template_id, updated_by=caller(), expected_version=expect_version
        )
    key = "template.built-in-again" if left else "template.deleted"
    click.echo(words(language)[key].format(id=template_id))


@templates.command()
@click.argument("template_id", metavar="ID")
@click.option("--version", type=click.IntRange(min=1), help="Else what there was before deleting.")
@language_option
@store_option
@as_json
def restore(
    *,
    template_id: str,
    version: int | None,
    language: str,
    storage_type: str | None,
    as_json: bool,
) -> None:
    """Bring back an older revision of a template, also of a deleted one.

    Example: opportune templates restore arm-first --version 2
    """
    with opened_service(storage_type, language) as service:
        restored = service.templates.restore(template_id, updated_by=caller(), version=version)
    _print_state(restored, language, as_json=as_json)


@templates.command()
@click.argument("template_id", metavar="ID")
@language_option
@store_option
@as_json
def history(*, template_id: str, language: str, storage_type: str | None, as_json: bool) -> None:
    """Show every revision of a template and what it changed.

    Example: opportune templates history graviton
    """
    from opportune.cli.tables import print_json, print_table

    with opened_service(storage_type, language) as service:
        revisions = service.templates.history(template_id)
    if as_json:
        print_json(revisions)
        return
    text = words(language)
    columns = ("column.version", "column.updated", "column.by", "column.template-state")
    print_table(
        (*columns, "column.template-changes"),
        [
            (
                str(r.version),
                r.updated_at,
                r.updated_by,
                text[f"template.state.{r.state}"],
                ", ".join(d.field for d in r.differences),
            )
            for r in revisions
        ],
        language,
    )


def read_file(path: str) -> "Play":
    """Read a template that the user named; `-` is standard input."""
    from opportune.analysis.plays.play import from_toml

    file = input_file(path)
    return from_toml(file.data, file.name)


def _print_saved(found: "TemplateAnswer", language: str, *, as_json: bool) -> None:
    from opportune.cli.tables import print_json

    if as_json:
        print_json(found)
        return
    text = words(language)
    click.echo(text["template.saved"].format(id=found.id, version=found.version))
    if found.state == "own" and found.play:
        click.echo(text["template.counted-once"].format(play=found.play))


def _print_state(found: "TemplateAnswer", language: str, *, as_json: bool) -> None:
    from opportune.cli.tables import print_json

    if as_json:
        print_json(found)
        return
    text = words(language)
    state = text[f"template.state.{found.state}"]
    click.echo(text["template.now"].format(id=found.id, state=state, version=found.version))


def _print_template(found: "TemplateAnswer", language: str) -> None:
    """Print a template in a reader's language, or the first that it has."""
    from opportune.model.records import TemplateLine

    text, file = words(language), found.template
    click.secho(found.title, bold=True)
    heading = text["template.heading"].format(
        id=found.id, state=text[f"template.state.{found.state}"], version=found.version
    )
    rules = text["template.rules"].format(play=found.play) if found.play else ""
    category = category_name(file.category, language)
    click.echo(" · ".join(filter(None, (heading, category, rules, ", ".join(file.services)))))
    for name, table in (("trigger", file.trigger), ("priority", file.priority)):
        for key, value in table.items():
            click.echo(f"{name}.{key} = {value}")
    if not file.languages:
        return
    texts = file.texts(language)
    sections = (
        ("heading.reasoning", (*texts.reasoning, TemplateLine(text=texts.priority))),
        ("heading.talking", texts.talking_points),
        ("heading.next", texts.next_steps),
    )
    for title, lines in sections:
        click.echo()
        click.secho(text[title], bold=True)
        for line in lines:
            if line.text:
                click.echo(f"- {f'[{line.when}] ' if line.when else ''}{line.text}")
