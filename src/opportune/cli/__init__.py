"""The command line. `main` is the entry point; each command's help shows an example.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a file cannot be used, 4 not found, 5 somebody else
changed it first, 130 interrupted.
"""

import gc
import os
import sys

import click

from opportune import __version__
from opportune.cli.groups import LazyGroup
from opportune.errors import (
    DocumentError,
    InvalidInputError,
    NotFoundError,
    OpportuneError,
    VersionConflictError,
)

# The first row whose class fits decides.
EXIT_CODES: tuple[tuple[type[OpportuneError], int], ...] = (
    (InvalidInputError, 2),
    (DocumentError, 3),
    (NotFoundError, 4),
    (VersionConflictError, 5),
    (OpportuneError, 1),
)
INTERRUPTED = 130
OBJECTS_BEFORE_COLLECTION = 100_000
"""New objects after which Python looks for garbage; its default finds none in a short command."""


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="opportune")
@click.option("--verbose", is_flag=True, help="Tell what the command consumed, in DynamoDB units.")
def cli(*, verbose: bool) -> None:
    """Find sales opportunities in a customer's AWS migration assessment.

    Begin with: opportune analyze MPA.xlsx MRA.pdf --customer "Example Corp"
    """


def main() -> None:
    """Run the command line and end the process with its exit code."""
    gc.set_threshold(OBJECTS_BEFORE_COLLECTION)
    # pydantic would read the metadata of every package for plugins of its own; there are none.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # noqa: TID251 - not a setting
    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except OpportuneError as error:
        click.echo(f"opportune: {error}", err=True)
        sys.exit(next(code for kind, code in EXIT_CODES if isinstance(error, kind)))
    except BrokenPipeError:
        # The reader of our output has gone (`opportune list | head`); that is not a failure.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    sys.exit(code if isinstance(code, int) else 0)
