"""Looks at the facts of all files together: ids that repeat, and ids that name nothing."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import TypeVar

from opportune.documents.quality import Code, Notes, Spot
from opportune.model.assessment import (
    BUSINESS_FIELDS,
    KIND_FIELDS,
    Application,
    Database,
    Link,
    Server,
)

Thing = TypeVar("Thing", Server, Database, Application)

_NO_FACTS = KIND_FIELDS | BUSINESS_FIELDS | {"table", "row"}
_KINDS = {"server": "servers", "database": "databases", "application": "applications"}


def without_repeats(things: Iterable[Thing], notes: Notes) -> tuple[Thing, ...]:
    """Leave out rows that say of the same id just what an earlier one says; note them.

    Rows of one id that differ are all kept, and noted: either may be the wrong one.
    """
    seen: dict[str, list[Thing]] = {}
    kept: list[Thing] = []
    for thing in things:
        earlier = seen.setdefault(thing.id.casefold(), [])
        repeated = any(_compared_facts(other) == _compared_facts(thing) for other in earlier)
        if earlier:
            code, problem = (
                (Code.REPEATED_ROW, "repeats an earlier row, counted once")
                if repeated
                else (Code.DUPLICATE_ID, "id of an earlier row that says otherwise, both counted")
            )
            notes.cell(code, problem, Spot(thing.table, "id", thing.row), thing.id)
        if not repeated:
            earlier.append(thing)
            kept.append(thing)
    return tuple(kept)


class References:
    """The ids that a set of files knows.

    An id is looked up as it stands, then regardless of case; where the table has a column for it,
    then as a server's host name.
    """

    def __init__(
        self,
        servers: Sequence[Server],
        databases: Sequence[Database],
        applications: Sequence[Application],
    ) -> None:
        self._hosts = {s.hostname.casefold(): s.id for s in reversed(servers) if s.hostname}
        self._ids: Mapping[str, Collection[str]] = {
            "server": {s.id for s in servers},
            "database": {d.id for d in databases},
            "application": {a.id for a in applications},
        }
        self._folded = {
            kind: {id_.casefold(): id_ for id_ in sorted(ids, reverse=True)}
            for kind, ids in self._ids.items()
        }
        self._missing: dict[tuple[str, str], int] = {}

    def checked_links(self, links: Iterable[Link], notes: Notes) -> tuple[Link, ...]:
        """Return the links with ids as their owners spell them; note those that name nothing."""
        checked = []
        for link in links:
            source_kind, _, target_kind = link.kind.partition("-")
            source = self._resolved(source_kind, link, "source", link.source, notes)
            target = self._resolved(target_kind, link, "target", link.target, notes)
            same = source == link.source and target == link.target
            checked.append(link if same else replace(link, source=source, target=target))
        return tuple(checked)

    def checked_databases(
        self, databases: Iterable[Database], notes: Notes
    ) -> tuple[Database, ...]:
        """Return the databases with server ids as the servers spell them; note orphans."""
        checked = []
        for database in databases:
            id_ = database.server_id
            if id_:
                id_ = self._resolved("server", database, "server_id", id_, notes)
            checked.append(
                database if id_ == database.server_id else replace(database, server_id=id_)
            )
        return tuple(checked)

    def note_missing(self, notes: Notes) -> None:
        """Note kinds of things that are referred to though no sheet lists them."""
        for (kind, place), count in self._missing.items():
            notes.add(
                Code.SHEET_MISSING,
                f"{count:,} rows refer to {_KINDS[kind]}, but no sheet lists {_KINDS[kind]}.",
                place,
            )

    def _resolved(self, kind: str, row: Link | Database, name: str, id_: str, notes: Notes) -> str:
        if id_ in self._ids[kind]:
            return id_
        if not self._ids[kind]:
            place = f"{row.table.file}, {row.table.sheet}"
            self._missing[kind, place] = self._missing.get((kind, place), 0) + 1
            return id_
        folded = id_.casefold()
        known = self._folded[kind].get(folded)
        if known is None and kind == "server" and f"{name}_host" in row.table.columns:
            known = self._hosts.get(folded)
        if known is None:
            notes.cell(
                Code.ORPHAN_REFERENCE,
                f"no {kind} has this id",
                Spot(row.table, name, row.row),
                id_,
            )
            return id_
        return known


def _compared_facts(thing: Server | Database | Application) -> tuple[object, ...]:
    return tuple(
        getattr(thing, field.name) for field in fields(thing) if field.name not in _NO_FACTS
    )
