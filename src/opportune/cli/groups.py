"""The commands by name, each loaded when it is called: `--version` must not pay for all of them."""

from importlib import import_module
from typing import cast

import click

GROUPS: dict[str, dict[str, str]] = {
    "Analysis": {
        "analyze": "analyze:analyze",
        "inspect": "analyze:inspect",
        "sample": "analyze:sample",
    },
    "Pipeline": {
        "list": "pipeline:list_",
        "show": "pipeline:show",
        "set-status": "pipeline:set_status",
        "new": "editing:new",
        "edit": "editing:edit",
        "change": "editing:change",
        "delete": "editing:delete",
        "restore": "history:restore",
        "history": "history:history",
        "sessions": "pipeline:sessions",
        "duplicates": "editing:duplicates",
        "merge": "editing:merge",
        "unmerge": "editing:unmerge",
    },
    "Figures": {
        "stats": "stats:stats",
        "moves": "stats:moves",
        "stays": "stats:stays",
    },
    "Proof": {
        "explain": "pipeline:explain",
        "verify": "proof:verify",
        "compare": "proof:compare",
        "prices": "prices:prices",
    },
    "Plays": {
        "templates": "templates_use:templates",
    },
    "Files": {
        "export": "export:export",
        "import": "export:import_",
    },
    "Operation": {
        "cost": "cost:cost",
        "store": "store:store",
        "access": "access:access",
        "serve": "server:serve",
    },
}
"""By what they are for: the name of a command, and the module and function in this package."""

PLACES = {name: place for commands in GROUPS.values() for name, place in commands.items()}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of all commands, in the order of the alphabet."""
        return sorted(PLACES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Return a command by its name; None if there is none."""
        if cmd_name not in PLACES:
            return None
        module, _, name = PLACES[cmd_name].partition(":")
        return cast("click.Command", getattr(import_module(f"opportune.cli.{module}"), name))
