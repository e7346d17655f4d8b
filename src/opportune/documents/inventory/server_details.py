"""What a row of a server says beside the server: applications, databases, tags."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from opportune.documents.inventory.columns import Columns
from opportune.model.assessment import Application, Database, Link, Server, Table

APPLICATIONS, DATABASES, TAGS = "applications", "databases", "tags"
"""Fields of a table of servers that hold lists."""

_BETWEEN = re.compile(r"[,;|]")
_NOTHING = frozenset(("", "none", "n/a", "na", "-", "no", "unknown", "null", "[]"))
_TAG = re.compile(r"\s*[\"'{]*([^:=,;]+?)\s*[:=]\s*([^,;]*?)[\"'}]*\s*(?:[,;]|$)")
_ENVIRONMENT_TAGS = frozenset(("environment", "env", "stage", "entorno", "ambiente"))


def applications_in(
    columns: Columns, servers: Sequence[Server]
) -> tuple[list[Application], list[Link]]:
    """Return the applications that rows of servers name, each once, and which runs where."""
    if APPLICATIONS not in columns:
        return [], []
    table = seen_as(columns.table, APPLICATIONS, ("id", "name", "target"), source="id")
    known: dict[str, Application] = {}
    links = []
    texts = columns.texts(APPLICATIONS)
    for server, text in zip(servers, texts, strict=True):
        for name in names_in(text):
            made = known.setdefault(
                name.casefold(), Application(table, server.row, name, name=name)
            )
            links.append(Link(table, server.row, "server-application", server.id, made.id))
    return list(known.values()), links


def databases_in(columns: Columns, servers: Sequence[Server]) -> list[Database]:
    """Return the databases that rows of servers name: their engine as written, nothing more."""
    if DATABASES not in columns:
        return []
    table = seen_as(columns.table, DATABASES, ("id", "engine"), server_id="id")
    return [
        Database(table, server.row, f"{server.id}: {name}", engine=name, server_id=server.id)
        for server, text in zip(servers, columns.texts(DATABASES), strict=True)
        for name in names_in(text)
    ]


def names_in(text: str) -> Iterator[str]:
    """Yield the names in a list of a cell, each once: "CRM, Billing"."""
    names = (name.strip(" \t\"'[]") for name in _BETWEEN.split(text))
    yield from dict.fromkeys(name for name in names if name.casefold() not in _NOTHING)


def environment_in(tags: str) -> str:
    """Return the environment that tags name: "env:prod, owner:IT" -> "prod"; "" = none."""
    for match in _TAG.finditer(tags):
        if match[1].strip().casefold() in _ENVIRONMENT_TAGS:
            return match[2].strip()
    return ""


def seen_as(table: Table, name: str, fields: Sequence[str], **others: str) -> Table:
    """Return the table as that of other things: these fields stand in that column."""
    names = dict.fromkeys(fields, name) | others
    return replace(
        table,
        columns={new: table.columns[old] for new, old in names.items() if old in table.columns},
        indexes={new: table.indexes[old] for new, old in names.items() if old in table.indexes},
    )
