"""Makes one inventory of several files: what two of them list is counted once, and it is said why.

The file given first counts where two contradict each other; the others fill in what it leaves
blank. Rules and reasons are written out in docs/documents.md.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from ipaddress import ip_address
from typing import Any, TypeVar

from opportune.documents.inventory.identity import (
    INSTANCE,
    SERIAL,
    UUID,
    differ,
    in_two_vcenters,
    sure_ids,
)
from opportune.documents.inventory.references import without_repeats
from opportune.documents.quality import Code, Notes, Spot
from opportune.model.assessment import (
    KIND_FIELDS,
    Application,
    Assessment,
    Database,
    Link,
    Server,
    Table,
)
from opportune.model.folding import folded

SURE_ID_LENGTH = 4
"""Shorter ids, and plain numbers, are counters: two tools give them to different servers."""
TOLERANCE = 0.1
"""Figures that differ by less are the same figure, rounded or in other units."""

Thing = TypeVar("Thing", Database, Application)

_FILLED = tuple(
    f.name
    for f in fields(Server)
    if f.name not in KIND_FIELDS | {"table", "row", "id", "origins", "is_powered_on", "is_template"}
)
_FLAGS = ("is_powered_on", "is_template")
_FIGURES = ("cores", "ram_gb", "disk_gb")
_ADDRESSES = re.compile(r"[,;|\s]+")
_NUMBERS = re.compile(r"\d+")


@dataclass(frozen=True)
class Joined:
    """One inventory, every id as the inventory spells it as far as joining changed it."""

    servers: tuple[Server, ...]
    databases: tuple[Database, ...]
    applications: tuple[Application, ...]
    links: tuple[Link, ...]


@dataclass
class _Ids:
    """What the servers of each file are called in the inventory, by their own ids."""

    of_file: dict[str, dict[str, str]] = field(default_factory=dict)
    of_all: dict[str, str] = field(default_factory=dict)

    def add(self, server: Server, ours: str) -> None:
        own = server.id.casefold()
        self.of_file.setdefault(server.table.sha256, {}).setdefault(own, ours)
        self.of_all.setdefault(own, ours)

    def of(self, row: Link | Database, id_: str) -> str:
        """Return the id that a row means: of a server of its own file, else of the first file's."""
        own = self.of_file.get(row.table.sha256, {})
        return own.get(id_.casefold()) or self.of_all.get(id_.casefold(), id_)


def joined(parts: Sequence[Assessment], notes: Notes) -> Joined:
    """Return what the files say together.

    Args:
        parts: What each file says, in the order in which the user gave them.
        notes: Told what was joined, what was doubtful, and where files contradict each other.
    """
    servers: list[Server] = []
    ids = _Ids()
    for part in parts:
        found = without_repeats(_in_their_vcenters(part.servers, notes), notes)
        servers = _with(servers, found, ids, notes)
    databases = [
        replace(d, server_id=ids.of(d, d.server_id)) if d.server_id else d
        for part in parts
        for d in part.databases
    ]
    links = (_renamed(link, ids) for part in parts for link in part.links)
    applications = (a for part in parts for a in part.applications)
    return Joined(
        tuple(servers),
        without_repeats(_once(databases, _database_keys, notes), notes),
        without_repeats(_once(applications, _application_keys, notes), notes),
        tuple(links),
    )


def _with(
    inventory: list[Server], found: Sequence[Server], ids: _Ids, notes: Notes
) -> list[Server]:
    """Return the inventory with another file's servers: joined where they are known, else added."""
    if not inventory:
        for server in found:
            ids.add(server, server.id)
        return list(found)
    matches, doubtful = _matches(inventory, found)
    apart = _namesakes(inventory, found)
    result = list(inventory)
    for place, (other, how) in matches.items():
        server = found[place]
        _note_joined(server, inventory[other], how, notes)
        ids.add(server, inventory[other].id)
        result[other] = _joined_server(inventory[other], server, notes)
    taken = {_id_key(server) for server in inventory}
    for place, server in enumerate(found):
        if place in matches:
            continue
        if place in apart:
            problem = (
                f"{inventory[apart[place]].table.file} has a machine of this name too; their sure "
                "ids or vCenters differ: both are counted"
            )
            notes.cell(Code.AMBIGUOUS_JOIN, problem, _spot(server, "name"), server.hostname)
        elif place in doubtful:
            problem = f"its {doubtful[place]} is that of several servers, counted on its own"
            notes.cell(Code.AMBIGUOUS_JOIN, problem, _spot(server, doubtful[place]), server.id)
        added = _distinct(server, notes) if _id_key(server) in taken else server
        ids.add(server, added.id)
        result.append(added)
    return result


def _matches(
    inventory: Sequence[Server], found: Sequence[Server]
) -> tuple[dict[int, tuple[int, str]], dict[int, str]]:
    """Return which of the found is which of the inventory and by what, and which is doubtful."""
    matches: dict[int, tuple[int, str]] = {}
    taken: set[int] = set()
    doubtful: dict[int, str] = {}
    for how, key_of in _KEYS.items():
        known = _positions(inventory, key_of)
        for key, positions in _positions(found, key_of).items():
            ours = [p for p in known.get(key, ()) if p not in taken]
            theirs = [p for p in positions if p not in matches]
            pairs = [
                (p, o)
                for p in theirs
                for o in ours
                if _agree(how, found[p], inventory[o]) and not differ(found[p], inventory[o])
            ]
            if len(pairs) == 1:
                place, other = pairs[0]
                matches[place] = (other, how)
                taken.add(other)
            else:
                doubtful |= dict.fromkeys((place for place, _ in pairs), how)
    return matches, {place: how for place, how in doubtful.items() if place not in matches}


def _namesakes(inventory: Sequence[Server], found: Sequence[Server]) -> dict[int, int]:
    """Return which of the found has the name of one of the inventory, and is another machine."""
    known = _positions(inventory, _name_key)
    return {
        place: other
        for key, places in _positions(found, _name_key).items()
        for place in places
        for other in known.get(key, ())[:1]
        if differ(found[place], inventory[other])
    }


def _in_their_vcenters(servers: Sequence[Server], notes: Notes) -> list[Server]:
    """Return a file's servers, those of one id in several vCenters under different ones."""
    first: dict[str, Server] = {}
    result = []
    for server in servers:
        earlier = first.setdefault(server.id.casefold(), server)
        if not in_two_vcenters(earlier, server):
            result.append(server)
            continue
        id_ = f"{server.id} ({server.vcenter or server.vcenter_uuid})"
        problem = "an earlier row has this id in another vCenter: two machines, both counted"
        notes.cell(Code.AMBIGUOUS_JOIN, problem, _spot(server, "id"), server.hostname)
        result.append(replace(server, id=id_))
    return result


def _distinct(server: Server, notes: Notes) -> Server:
    """Return a server under another id: its own is already that of another one."""
    id_ = f"{server.id} ({server.table.file})"
    problem = f"another file gives this id to another server, here called {id_!r}"
    notes.cell(Code.AMBIGUOUS_JOIN, problem, _spot(server, "id"), server.hostname)
    return replace(server, id=id_)


def _positions(
    servers: Sequence[Server], key_of: Callable[[Server], str]
) -> Mapping[str, list[int]]:
    positions: dict[str, list[int]] = {}
    for position, server in enumerate(servers):
        key = key_of(server)
        if key:
            positions.setdefault(key, []).append(position)
    return positions


def _id_key(server: Server) -> str:
    return "" if server.id == f"row {server.row}" else server.id.casefold()


def _name_key(server: Server) -> str:
    """Return the name without its domain, which one file may say and another not."""
    return server.hostname.casefold().partition(".")[0]


def _full_name_key(server: Server) -> str:
    name = server.hostname.casefold()
    return name if "." in name else ""


def _address_key(server: Server) -> str:
    """Return an address that can be one server's own."""
    try:
        address = ip_address(_ADDRESSES.split(server.ip_address.strip())[0])
    except ValueError:
        return ""
    is_shared = address.is_loopback or address.is_link_local or address.is_unspecified
    return "" if is_shared or address.is_multicast else str(address)


def _sure_key(kind: str, server: Server) -> str:
    return sure_ids(server).get(kind, "")


_KEYS: Mapping[str, Callable[[Server], str]] = {
    **{kind: partial(_sure_key, kind) for kind in (UUID, SERIAL, INSTANCE)},
    "id": _id_key,
    "full name": _full_name_key,
    "name": _name_key,
    "address": _address_key,
}
"""By what two rows may be known as one server, the surest first."""


def _agree(how: str, one: Server, other: Server) -> bool:
    """Tell whether nothing else speaks against two servers that one key holds for the same."""
    domains = {s.hostname.casefold().partition(".")[2] for s in (one, other)} - {""}
    if how == "name":
        return len(domains) <= 1
    if how != "id":
        return True
    if one.hostname and other.hostname:
        return _name_key(one) == _name_key(other) and len(domains) <= 1
    return len(one.id) >= SURE_ID_LENGTH and not one.id.isdigit()


def _joined_server(ours: Server, theirs: Server, notes: Notes) -> Server:
    changes: dict[str, Any] = {}
    origins = dict(ours.origins)
    for name in _FILLED:
        mine, other = getattr(ours, name), getattr(theirs, name)
        if other in (None, ""):
            continue
        if mine in (None, ""):
            changes[name] = other
            origins[name] = theirs.origin(name)
        elif _contradict(name, mine, other):
            table, row = theirs.origin(name)
            problem = f"{ours.origin(name)[0].file} says otherwise and counts, it was given first"
            notes.cell(Code.CONTRADICTORY_FILES, problem, Spot(table, name, row), str(other))
    for name in _FLAGS:
        if not _has_field(ours.origin(name)[0], name) and _has_field(theirs.table, name):
            changes[name] = getattr(theirs, name)
            origins[name] = theirs.origin(name)
    return replace(ours, **changes, origins=origins) if changes else ours


def _has_field(table: Table, name: str) -> bool:
    return name in table.columns or (name == "is_template" and "placeholder" in table.columns)


def _contradict(name: str, ours: object, theirs: object) -> bool:
    if name in _FIGURES and isinstance(ours, int | float) and isinstance(theirs, int | float):
        return abs(ours - theirs) > TOLERANCE * max(abs(ours), abs(theirs))
    if name in ("os_name", "os_version"):
        # Tools word systems differently; only other numbers mean another system.
        mine, other = (set(_NUMBERS.findall(str(text))) for text in (ours, theirs))
        return bool(mine and other) and mine.isdisjoint(other)
    return name == "environment" and folded(str(ours)) != folded(str(theirs))


def _note_joined(theirs: Server, ours: Server, how: str, notes: Notes) -> None:
    problem = f"same server as in {ours.table.file} by its {how}, counted once"
    notes.cell(Code.JOINED, problem, _spot(theirs, how), theirs.hostname or theirs.id)


_COLUMNS = {
    "id": "id",
    "address": "ip_address",
    UUID: "uuid",
    SERIAL: "serial",
    INSTANCE: "id",
}


def _spot(server: Server, how: str) -> Spot:
    name = _COLUMNS.get(how, "hostname")
    if name not in server.table.columns:
        name = "id" if how in (UUID, INSTANCE) else name
    return Spot(server.table, name, server.row)


def _renamed(link: Link, ids: _Ids) -> Link:
    source_kind, _, target_kind = link.kind.partition("-")
    source = ids.of(link, link.source) if source_kind == "server" else link.source
    target = ids.of(link, link.target) if target_kind == "server" else link.target
    if (source, target) == (link.source, link.target):
        return link
    return replace(link, source=source, target=target)


def _database_keys(database: Database) -> Iterable[str]:
    name = database.name or database.instance
    if database.server_id and name:
        engine = database.engine.casefold().split(" ")[0]
        yield f"{database.server_id.casefold()}\n{name.casefold()}\n{engine}"


def _application_keys(application: Application) -> Iterable[str]:
    name = folded(application.name)
    if name and application.environment:
        yield f"{name}\n{folded(application.environment)}"
    elif name:
        yield name


def _once(
    things: Iterable[Thing], keys_of: Callable[[Thing], Iterable[str]], notes: Notes
) -> list[Thing]:
    """Leave out what an earlier file lists under the same name; rows of one file are all kept."""
    owners: dict[str, Table] = {}
    kept = []
    for thing in things:
        keys = list(keys_of(thing))
        owner = next((owners[key] for key in keys if key in owners), None)
        if owner is not None and owner.sha256 != thing.table.sha256:
            problem = f"{owner.file} lists it too, counted once"
            notes.cell(Code.JOINED, problem, Spot(thing.table, "name", thing.row), thing.name)
            continue
        for key in keys:
            owners.setdefault(key, thing.table)
        kept.append(thing)
    return kept
