"""The page docs/cli.md: usage, help and options of each command, beside what people write on it."""

import re
from collections.abc import Iterator

import click

from opportune.cli.filters import NAMES
from opportune.cli.groups import GROUPS

GENERATED = "<!-- Generated: change the help of the command, then `make docs`. -->"
END = "<!-- End of the generated part. -->"
SHARED = ("language", "storage_type", "as_json")
"""Options that the head of the page tells of."""
HEADING = re.compile(r"^### opportune (.+)$", re.MULTILINE)


def page(root: click.Group, old: str) -> str:
    """Return the page, generated again.

    Args:
        root: The command that all others belong to.
        old: The page as it is. What stands before the first group, and what follows the generated
            part of a command, is kept.
    """
    head = re.split(r"^## ", old, maxsplit=1, flags=re.MULTILINE)[0].strip()
    notes = _written_notes(old)
    parts = [head]
    for group, names in GROUPS.items():
        parts.append(f"## {group}")
        for name in names:
            for path, command in commands(root, name):
                title = " ".join(path)
                parts += [f"### opportune {title}", _generated(title, command)]
                parts += filter(None, [notes.get(title, "")])
    return "\n\n".join(parts) + "\n"


def commands(group: click.Group, name: str) -> Iterator[tuple[list[str], click.Command]]:
    """Yield a command and all below it, each with its path of names."""
    context = click.Context(group)
    command = group.get_command(context, name)
    if command is None:
        return
    yield [name], command
    if isinstance(command, click.Group):
        for below in command.commands:
            for path, found in commands(command, below):
                yield [name, *path], found


def _written_notes(old: str) -> dict[str, str]:
    """Return what people have written under the commands of a page, by command."""
    _, *pairs = HEADING.split(old)
    written = {}
    for title, text in zip(pairs[::2], pairs[1::2], strict=True):
        section = re.split(r"^## ", text, maxsplit=1, flags=re.MULTILINE)[0]
        written[title] = section.partition(END)[2].strip()
    return written


def _generated(title: str, command: click.Command) -> str:
    context = click.Context(command)
    usage = " ".join(["opportune", title, *command.collect_usage_pieces(context)])
    parts = [GENERATED, f"```text\n{usage}\n```", *_help(command), *_options(command), END]
    return "\n\n".join(parts)


def _help(command: click.Command) -> Iterator[str]:
    for paragraph in (command.help or "").strip().split("\n\n"):
        text = " ".join(paragraph.split())
        example = text.removeprefix("Example: ")
        yield text if example == text else f"Example: `{example}`"


def _options(command: click.Command) -> Iterator[str]:
    options = {o.name: o for o in command.params if isinstance(o, click.Option)}
    lines = []
    if has_filters := command.name != "list" and set(NAMES) <= set(options):
        lines.append("- the filters of `opportune list`")
    left_out = (*SHARED, *(NAMES if has_filters else ()))
    lines += (_option_line(option) for name, option in options.items() if name not in left_out)
    if shared := [f"`{options[name].opts[-1]}`" for name in SHARED if name in options]:
        lines.append(f"- {', '.join(shared)}")
    if lines:
        yield "\n".join(lines)


def _option_line(option: click.Option) -> str:
    names = [*option.opts, *option.secondary_opts]
    first, *others = (f"`{name}`" for name in names)
    text = ", ".join((first, *others))
    if isinstance(option.type, click.Choice):
        text += f" {' | '.join(f'`{choice}`' for choice in option.type.choices)}."
    if option.help:
        text += f" {option.help}"
    if isinstance(option.type, click.IntRange):
        text += f" {_range(option.type)}."
    has_default = isinstance(option.default, int | float | str) and option.show_default
    if has_default and not isinstance(option.default, bool):
        text += f" Default: {option.default}."
    elif has_default:
        text += f" Default: `{names[0] if option.default else names[-1]}`."
    return f"- {text}"


def _range(numbers: click.IntRange) -> str:
    if numbers.max is None:
        return f"From {numbers.min}"
    return f"{numbers.min} to {numbers.max:,}"
