"""Commands on API keys: make one, list them, revoke one."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from opportune.cli.answering import Call, answers
from opportune.cli.tables import print_table
from opportune.errors import ApiKeyNotFoundError
from opportune.settings import Settings

if TYPE_CHECKING:  # loaded when a command needs them: --help must not pay for it
    from opportune.access.key_file import KeyFile
    from opportune.access.keys import ApiKey

ROLES = ("viewer", "editor", "admin")

file_option = click.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File of keys, made if it does not exist; else OPPORTUNITY_API_KEYS_FILE.",
)


@click.group()
def access() -> None:
    """Make, list and revoke the API keys of scripts. Only their hashes are kept.

    Example: opportune access create-key --name nightly --role editor --file keys.json
    """


def _show_key(made: dict[str, Any], call: Call) -> None:
    click.echo(call.text["access.key.once"], err=True)
    click.echo(made["key"])
    click.echo(call.text["access.entry"].format(entry=made["entry"]), err=True)
    if made["isKept"]:
        click.echo(call.text["access.kept"], err=True)


@access.command("create-key")
@click.option(
    "--name",
    required=True,
    help="What the key is for: up to 64 letters, digits, '.', '_' and '-'; "
    "its writes are recorded as by key:NAME.",
)
@click.option("--role", type=click.Choice(ROLES), required=True, help="What the key may do.")
@file_option
@answers(_show_key, has_store=False)
def create_key(_: Call, name: str, role: str, file: Path | None) -> dict[str, Any]:
    """Make an API key and show it once; keep its hash in the file of keys.

    Without a file nothing is kept: put the entry that is printed into OPPORTUNITY_API_KEYS.

    Example: opportune access create-key --name nightly --role editor --file keys.json
    """
    from opportune.access.keys import new_key
    from opportune.access.roles import Role

    kept, key = new_key(name, Role(role), now=datetime.now(UTC))
    keeper = _file(file)
    if keeper is not None:
        keeper.add(kept)
    return {"key": key, "entry": kept.entry, "isKept": keeper is not None}


def _show_keys(keys: Sequence[Mapping[str, Any]], call: Call) -> None:
    text, language = call.text, call.language
    if not keys:
        click.echo(text["access.none"])
        return
    print_table(
        ("column.id", "column.key", "column.role", "column.made", "column.state"),
        [
            (
                key["id"],
                key["name"],
                key["role"],
                key["createdAt"] or "-",
                text["access.revoked" if key["isRevoked"] else "access.valid"],
            )
            for key in keys
        ],
        language,
    )


@access.command("list-keys")
@file_option
@answers(_show_keys, has_store=False)
def list_keys(_: Call, file: Path | None) -> Sequence[Mapping[str, Any]]:
    """List the API keys of the file and of OPPORTUNITY_API_KEYS, revoked ones too.

    Example: opportune access list-keys --file keys.json
    """
    keeper = _file(file)
    keys = (*_fixed(), *(keeper.keys() if keeper else ()))
    return [key.model_dump(mode="json", exclude={"sha256"}) for key in keys]


def _show_revoked(found: "tuple[ApiKey | None, ApiKey | None]", call: Call) -> None:
    kept, fixed = found
    if kept is not None:
        click.echo(call.text["access.gone"].format(name=kept.name))
    if fixed is not None:
        # We cannot change a variable of somebody else's process.
        entry = fixed.revised(is_revoked=True).entry
        click.echo(call.text["access.revoke.entry"].format(entry=entry))


@access.command("revoke-key")
@click.argument("key_id", metavar="ID")
@file_option
@answers(_show_revoked, has_store=False, has_json=False)
def revoke_key(_: Call, key_id: str, file: Path | None) -> "tuple[ApiKey | None, ApiKey | None]":
    """Revoke an API key; a running server refuses it from its next request on.

    Example: opportune access revoke-key 3f9c01ab77de --file keys.json
    """
    keeper = _file(file)
    kept = next((key for key in (keeper.keys() if keeper else ()) if key.id == key_id), None)
    fixed = next((key for key in _fixed() if key.id == key_id), None)
    if kept is None and fixed is None:
        raise ApiKeyNotFoundError(key_id)
    if keeper is not None and kept is not None:
        keeper.revoke(key_id, now=datetime.now(UTC))
    return kept, fixed


def _file(file: Path | None) -> "KeyFile | None":
    from opportune.access.key_file import KeyFile

    path = file or Settings.from_environment().api_keys_file
    return KeyFile(path) if path else None


def _fixed() -> "tuple[ApiKey, ...]":
    from opportune.access.keys import parsed_entries

    return parsed_entries(Settings.from_environment().api_keys)
