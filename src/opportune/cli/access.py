"""Commands on API keys: make one, list them, revoke one."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from opportune.cli.context import as_json, language_option
from opportune.errors import ApiKeyNotFoundError
from opportune.model.words import words
from opportune.settings import Settings

if TYPE_CHECKING:  # loaded when a command needs them: --help must not pay for it
    from opportune.access.key_file import KeyFile
    from opportune.access.keys import ApiKey

ROLES = ("viewer", "editor", "admin")

file_option = click.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File of keys; else OPPORTUNITY_API_KEYS_FILE.",
)


@click.group()
def access() -> None:
    """Make, list and revoke the API keys of scripts. Only their hashes are kept.

    Example: opportune access create-key --name nightly --role editor --file keys.json
    """


@access.command("create-key")
@click.option("--name", required=True, help="What the key is for; writes are by key:NAME.")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What it may do.")
@file_option
@language_option
@as_json
def create_key(*, name: str, role: str, file: Path | None, language: str, as_json: bool) -> None:
    """Make an API key and show it once; keep its hash in the file of keys.

    Without a file nothing is kept: put the entry that is printed into OPPORTUNITY_API_KEYS.

    Example: opportune access create-key --name nightly --role editor --file keys.json
    """
    from opportune.access.keys import new_key
    from opportune.access.roles import Role
    from opportune.cli.tables import print_json

    kept, key = new_key(name, Role(role), now=datetime.now(UTC))
    keeper = _file(file)
    if keeper is not None:
        keeper.add(kept)
    if as_json:
        print_json({"key": key, "entry": kept.entry, "isKept": keeper is not None})
        return
    text = words(language)
    click.echo(text["access.key.once"], err=True)
    click.echo(key)
    click.echo(text["access.entry"].format(entry=kept.entry), err=True)
    if keeper is not None:
        click.echo(text["access.kept"], err=True)


@access.command("list-keys")
@file_option
@language_option
@as_json
def list_keys(*, file: Path | None, language: str, as_json: bool) -> None:
    """List the API keys of the file and of OPPORTUNITY_API_KEYS, revoked ones too.

    Example: opportune access list-keys --file keys.json
    """
    from opportune.cli.tables import print_json, print_table

    keeper = _file(file)
    keys = (*_fixed(), *(keeper.keys() if keeper else ()))
    if as_json:
        print_json([key.model_dump(mode="json", exclude={"sha256"}) for key in keys])
        return
    text = words(language)
    if not keys:
        click.echo(text["access.none"])
        return
    print_table(
        ("column.id", "column.key", "column.role", "column.made", "column.state"),
        [
            (
                key.id,
                key.name,
                key.role.value,
                key.created_at or "-",
                text["access.revoked" if key.is_revoked else "access.valid"],
            )
            for key in keys
        ],
        language,
    )


@access.command("revoke-key")
@click.argument("key_id", metavar="ID")
@file_option
@language_option
def revoke_key(*, key_id: str, file: Path | None, language: str) -> None:
    """Let an API key count no more; a running server sees it at its next request.

    Example: opportune access revoke-key 3f9c01ab77de --file keys.json
    """
    keeper, text = _file(file), words(language)
    kept = next((key for key in (keeper.keys() if keeper else ()) if key.id == key_id), None)
    fixed = next((key for key in _fixed() if key.id == key_id), None)
    if kept is None and fixed is None:
        raise ApiKeyNotFoundError(key_id)
    if keeper is not None and kept is not None:
        keeper.revoke(key_id, now=datetime.now(UTC))
        click.echo(text["access.gone"].format(name=kept.name))
    if fixed is not None:
        # We cannot change a variable of somebody else's process.
        entry = fixed.revised(is_revoked=True).entry
        click.echo(text["access.revoke.entry"].format(entry=entry))


def _file(file: Path | None) -> "KeyFile | None":
    from opportune.access.key_file import KeyFile

    path = file or Settings.from_environment().api_keys_file
    return KeyFile(path) if path else None


def _fixed() -> "tuple[ApiKey, ...]":
    from opportune.access.keys import parsed_entries

    return parsed_entries(Settings.from_environment().api_keys)
