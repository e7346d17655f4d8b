"""Documents that cannot lie: each command, setting, error and quality code is described."""

import re
from dataclasses import fields
from pathlib import Path

import click
from customer import report, workbook
from tables import every

import opportune.errors
from opportune.cli import EXIT_CODES, INTERRUPTED, cli
from opportune.cli.reference import page
from opportune.pipeline.service import Service
from opportune.settings import Settings
from opportune.stores.files.kept import MemoryFiles
from opportune.stores.open import open_store

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def _commands(group: click.Group, prefix: str = "") -> dict[str, click.Command]:
    """Return every command by its full name, groups included."""
    found: dict[str, click.Command] = {}
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found[prefix + name] = command
        if isinstance(command, click.Group):
            found |= _commands(command, f"{prefix}{name} ")
    return found


COMMANDS = _commands(cli)
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
LINK = re.compile(r"\[[^\]]+\]\(([^)#:]+)(?:#[^)]*)?\)")


def read(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def test_each_command_is_documented_and_its_help_has_an_example() -> None:
    with every() as row:
        for name, command in COMMANDS.items():
            with row(name):
                assert f"## opportune {name}\n" in read("cli.md")
                assert re.search(r"Example: .*opportune ", command.help or "")


def _section(name: str) -> str:
    return re.split(r"\n##", read("cli.md").split(f"## opportune {name}\n")[1])[0]


def test_the_page_of_the_command_line_is_what_the_commands_say() -> None:
    assert page(cli, read("cli.md")) == read("cli.md"), "call `make docs`"


def test_each_option_is_documented_under_its_command() -> None:
    with every() as row:
        for name, command in COMMANDS.items():
            section = _section(name)
            if "the filters of `opportune list`" in section:
                section += _section("list")
            for parameter in command.params:
                if isinstance(parameter, click.Option):
                    with row(name, parameter.opts):
                        assert f"`{parameter.opts[-1]}" in section


def test_each_exit_code_is_documented() -> None:
    text = read("cli.md")
    for code in {0, INTERRUPTED, *(code for _, code in EXIT_CODES)}:
        assert re.search(rf"^\| {code} \|", text, re.MULTILINE), code


def test_each_setting_is_documented_with_its_default() -> None:
    text = read("configuration.md")
    for setting in fields(Settings):
        assert f"| `{setting.metadata['env']}` |" in text


def test_no_documented_setting_is_unknown() -> None:
    known = {setting.metadata["env"] for setting in fields(Settings)}
    assert (
        set(re.findall(r"^\| `([A-Z0-9_]+)` \|", read("configuration.md"), re.MULTILINE)) == known
    )


def test_the_error_tree_names_every_error() -> None:
    tree = opportune.errors.__doc__ or ""
    classes = [
        name
        for name, value in vars(opportune.errors).items()
        if isinstance(value, type) and issubclass(value, Exception)
    ]
    assert all(re.search(rf"\b{name}\b", tree) for name in classes)


def test_links_between_documents_lead_somewhere() -> None:
    with every() as row:
        for path in PAGES:
            for target in LINK.findall(path.read_text("utf-8")):
                with row(path.name, target):
                    assert (path.parent / target).exists()


def test_each_quality_code_that_the_samples_show_is_documented() -> None:
    text = read("documents.md") + read("analysis.md")
    service = Service(open_store("memory:"), MemoryFiles())
    notes = service.analyses.analyze(
        [workbook(200), report()], customer="", updated_by="test"
    ).data_quality
    assert len(notes) > 10
    for note in notes:
        assert f"`{note.code}`" in text, note.code
