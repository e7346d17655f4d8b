"""Commands on templates: the built-in plays, users' versions of them, and users' own."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from opportune.cli.answering import Call, answers
from opportune.cli.context import caller, input_file
from opportune.cli.tables import print_table
from opportune.model.words import category_name

if TYPE_CHECKING:  # loaded when a command needs them: --help must not pay for it
    from opportune.analysis.plays.play import Play
    from opportune.pipeline.templates.answers import TemplateAnswer, TemplateRevision

expect_version = click.option(
    "--expect-version",
    type=click.IntRange(min=0),
    help="Refuse (exit code 5) if it is now at another version.",
)


@click.group()
def templates() -> None:
    """Show, write and try the plays that opportunities come from.

    Example: opportune templates list
    """


def read_file(path: str) -> "Play":
    """Read a template that the user named; `-` is standard input."""
    from opportune.analysis.plays.play import from_toml

    file = input_file(path)
    return from_toml(file.data, file.name)


def _show_saved(found: "TemplateAnswer", call: Call) -> None:
    text = call.text
    click.echo(text["template.saved"].format(id=found.id, version=found.version))
    if found.state == "own" and found.play:
        click.echo(text["template.counted-once"].format(play=found.play))


def _show_state(found: "TemplateAnswer", call: Call) -> None:
    text = call.text
    state = text[f"template.state.{found.state}"]
    click.echo(text["template.now"].format(id=found.id, state=state, version=found.version))


def _show_template(found: "TemplateAnswer", call: Call) -> None:
    """Print a template in a reader's language, or the first that it has; or its file."""
    from opportune.model.records import TemplateLine

    text, language, file = call.text, call.language, found.template
    if call.given["as_toml"]:
        from opportune.analysis.plays.play import to_toml

        click.echo(to_toml(file), nl=False)
        return
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


def _show_deleted(key: str, call: Call) -> None:
    click.echo(call.text[key].format(id=call.given["template_id"]))


def _show_history(revisions: "Sequence[TemplateRevision]", call: Call) -> None:
    text, language = call.text, call.language
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


def _show_templates(found: "Sequence[TemplateAnswer]", call: Call) -> None:
    text, language = call.text, call.language
    columns = ("template", "template-state", "version", "category", "template-rules", "title")
    print_table(
        [f"column.{name}" for name in columns],
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


@templates.command("list")
@answers(_show_templates)
def list_(call: Call) -> "Sequence[TemplateAnswer]":
    """List the built-in plays and your own templates, with their state.

    Example: opportune templates list --lang es
    """
    return call.service.templates.list(call.language)


@templates.command()
@click.argument("template_id", metavar="ID")
@click.option(
    "--version", type=click.IntRange(min=0), help="Show this revision; 0 is the built-in play."
)
@click.option(
    "--toml", "as_toml", is_flag=True, help="Print the file that `create` and `edit` take."
)
@answers(_show_template)
def show(call: Call, template_id: str, version: int | None, **_: bool) -> "TemplateAnswer":
    """Show a template: its rules, and its texts in a language.

    Example: opportune templates show graviton --toml > graviton.toml
    """
    return call.service.templates.get(template_id, version=version, language=call.language)


@templates.command()
@click.argument("path", metavar="FILE")
@answers(_show_saved)
def create(call: Call, path: str) -> "TemplateAnswer":
    """Keep a new template of your own, from a TOML file.

    Example: opportune templates create arm-first.toml
    """
    file = read_file(path)
    return call.service.templates.create(file, updated_by=caller())


@templates.command()
@click.argument("template_id", metavar="ID")
@click.argument("path", metavar="FILE")
@expect_version
@answers(_show_saved)
def edit(call: Call, template_id: str, path: str, expect_version: int | None) -> "TemplateAnswer":
    """Put a file in the place of a template; a built-in play becomes your version of it.

    Example: opportune templates edit graviton graviton.toml
    """
    file = read_file(path)
    return call.service.templates.edit(
        template_id, file, updated_by=caller(), expected_version=expect_version
    )


@templates.command()
@click.argument("template_id", metavar="ID")
@click.argument("new_id", metavar="NEW")
@answers(_show_saved)
def duplicate(call: Call, template_id: str, new_id: str) -> "TemplateAnswer":
    """Keep a copy of a template under a new id, with the same rules.

    Example: opportune templates duplicate graviton arm-first
    """
    return call.service.templates.duplicate(template_id, new_id, updated_by=caller())


@templates.command()
@click.argument("template_id", metavar="ID")
@expect_version
@answers(_show_state)
def disable(call: Call, template_id: str, expect_version: int | None) -> "TemplateAnswer":
    """Keep analyses from using a template; opportunities by hand still can.

    Example: opportune templates disable training
    """
    return call.service.templates.set_enabled(
        template_id, enabled=False, updated_by=caller(), expected_version=expect_version
    )


@templates.command()
@click.argument("template_id", metavar="ID")
@expect_version
@answers(_show_state)
def enable(call: Call, template_id: str, expect_version: int | None) -> "TemplateAnswer":
    """Let analyses use a template again.

    Example: opportune templates enable training
    """
    return call.service.templates.set_enabled(
        template_id, enabled=True, updated_by=caller(), expected_version=expect_version
    )


@templates.command()
@click.argument("template_id", metavar="ID")
@expect_version
@answers(_show_deleted, has_json=False)
def delete(call: Call, template_id: str, expect_version: int | None) -> str:
    """Delete a template of your own; of a built-in play only your version goes.

    Example: opportune templates delete arm-first
    """
    left = call.service.templates.delete(
        template_id, updated_by=caller(), expected_version=expect_version
    )
    return "template.built-in-again" if left else "template.deleted"


@templates.command()
@click.argument("template_id", metavar="ID")
@click.option(
    "--version",
    type=click.IntRange(min=1),
    help="Version to bring back; else the last one before it was deleted.",
)
@answers(_show_state)
def restore(call: Call, template_id: str, version: int | None) -> "TemplateAnswer":
    """Bring back an older revision of a template, also of a deleted one.

    Example: opportune templates restore arm-first --version 2
    """
    return call.service.templates.restore(template_id, updated_by=caller(), version=version)


@templates.command()
@click.argument("template_id", metavar="ID")
@answers(_show_history)
def history(call: Call, template_id: str) -> "Sequence[TemplateRevision]":
    """Show every revision of a template and what it changed.

    Example: opportune templates history graviton
    """
    return call.service.templates.history(template_id)
