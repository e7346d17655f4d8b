"""Puts what several tables say of one server together: what supplements the list of servers.

Tables complete the servers of their own file; where it has none, those of the other files.

A server is known by its id, else by its name, else by its address. The table that lists it counts;
others fill in what it leaves blank, and their places are kept with the server.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from opportune.documents.inventory import layouts
from opportune.documents.inventory.cells import flag_of
from opportune.documents.inventory.columns import Columns
from opportune.documents.inventory.extraction import Extra, Extracted, ServerTable
from opportune.documents.inventory.identity import differ
from opportune.documents.inventory.server_details import TAGS, environment_in, seen_as
from opportune.documents.inventory.servers import names_in, uuids_in
from opportune.documents.inventory.units import DISK_RULES, RAM_RULES
from opportune.documents.quality import Code, Notes
from opportune.model.assessment import NO_FIGURES, Server, Table

_FILLED = tuple(
    f.name
    for f in fields(Server)
    if f.name not in NO_FIGURES | {"table", "row", "id", "origins", "is_powered_on", "is_template"}
)
_FLAGS = ("is_powered_on", "is_template")
_SIZES = {"disk_gb": DISK_RULES, "ram_gb": RAM_RULES}
_USED = "disk_used_fraction"
_ASSUMED = {
    "disk_gb": "taken as the size of its disks for want of better: counts swap and snapshots too",
    _USED: "taken as what its disks hold for want of better: thick disks in full, and snapshots",
}
"""What is said of fallbacks that are less than what they stand for."""

Values = dict[str, tuple[Any, Table, int]]
"""Field to value, and where it stands."""

_PEAKS = tuple(name for name in _FILLED if name.endswith("peak_fraction"))


class Servers:
    """The servers of a file that grow by what other tables say of them."""

    def __init__(self, servers: Iterable[Server]) -> None:
        self.all = list(servers)
        self._known: dict[str, dict[str, list[int]]] | None = None

    def add(self, server: Server) -> None:
        """Add one that is not there yet."""
        self.all.append(server)
        if self._known is not None:
            self._note_place(self._known, len(self.all) - 1)

    @property
    def _places(self) -> dict[str, dict[str, list[int]]]:
        """Places by what servers are called, found out when first asked for."""
        if self._known is None:
            self._known = {"id": {}, "hostname": {}, "ip_address": {}}
            for place in range(len(self.all)):
                self._note_place(self._known, place)
        return self._known

    def _note_place(self, known: dict[str, dict[str, list[int]]], place: int) -> None:
        for name, places in known.items():
            key = getattr(self.all[place], name).casefold()
            if key:
                places.setdefault(key, []).append(place)

    def place_of(self, meant: Server) -> int | None:
        """Return the place of the server that a row means; None if none, or several, may be.

        Those whose sure ids speak against it are none of them.
        """
        id_, hostname, ip_address = meant.id, meant.hostname, meant.ip_address
        by_id = self._places["id"].get(id_.casefold(), [])
        by_name = self._places["hostname"].get(hostname.casefold(), [])
        both = [place for place in by_id if place in by_name]
        others = (self._places["hostname"].get(id_.casefold(), []), by_name)
        by_address = self._places["ip_address"].get(ip_address.casefold(), [])
        for places in (both, by_id, *others, by_address):
            possible = [place for place in places if not differ(self.all[place], meant)]
            if len(possible) == 1:
                return possible[0]
        return None

    def fill(self, place: int, values: Mapping[str, tuple[Any, Table, int]]) -> None:
        """Fill in what a server leaves blank.

        Args:
            place: Of the server.
            values: Field to value and where it stands.
        """
        server = self.all[place]
        new = {
            name: value
            for name, (value, _, _) in values.items()
            if name in _FLAGS or getattr(server, name) in (None, "")
        }
        if new:
            origins = {name: values[name][1:] for name in new}
            self.all[place] = replace(server, **new, origins={**server.origins, **origins})


def completed(files: Sequence[Extracted], notes: Notes) -> list[tuple[Server, ...]]:
    """Return the servers of each file, completed by what other tables say of them.

    Args:
        files: What each file says, in the order in which the user gave them.
        notes: Told which rows belong to no server, and what was taken for want of better.
    """
    own = [_completed_servers(one) for one in files]
    for one, servers in zip(files, own, strict=True):
        targets = [servers] if servers.all else [other for other in own if other.all]
        for extra in one.extras:
            _attach(extra, targets, notes)
    for one, servers in zip(files, own, strict=True):
        for found, columns, _ in one.tables:
            _fall_back(columns, found.layout.fallbacks, servers)
    return [tuple(servers.all) for servers in own]


def _completed_servers(one: Extracted) -> Servers:
    """Return the servers of a file: those of its first list, completed by those of others.

    Tables of one layout with the same columns are one list; of one layout the fullest goes first.
    """
    order = {id(its): place for place, its in enumerate(one.layouts)}

    def rank(table: ServerTable) -> tuple[int, int]:
        return order[id(table[0].layout)], -len(table[0].indexes)

    if not one.tables:
        return Servers(())
    first = min(one.tables, key=rank)[0]
    alike = [
        table
        for table in one.tables
        if table[0].layout is first.layout and set(table[0].indexes) == set(first.indexes)
    ]
    merged = Servers(server for _, _, servers in alike for server in servers)
    others = [table for table in one.tables if not any(table is known for known in alike)]
    for _, columns, servers in sorted(others, key=rank):
        for server in servers:
            place = merged.place_of(server)
            if place is None:
                merged.add(server)
            else:
                merged.fill(place, _added_values(server, columns))
    return merged


def _added_values(server: Server, columns: Columns) -> Values:
    values = {name: getattr(server, name) for name in _FILLED}
    said = {name: value for name, value in values.items() if value is not None and value != ""}
    for name in _FLAGS:
        if name in columns:
            said[name] = getattr(server, name)
    return {name: (value, server.table, server.row) for name, value in said.items()}


def _attach(extra: Extra, targets: Sequence[Servers], notes: Notes) -> None:
    kind = extra.found.layout.kind
    if not targets:
        return
    if kind == layouts.HOSTS:
        for target in targets:
            _attach_hosts(extra.columns, target)
        return
    rows = _by_server(extra.columns, targets)
    said = _strongest(extra) if kind == layouts.SERVER_FACTS else _summed(extra.columns)
    for (number, place), positions in rows.items():
        targets[number].fill(place, said(positions))
    if len(targets) == 1:
        lacking = len(targets[0].all) - len(rows)
        if lacking:
            table = extra.columns.table
            notes.add(
                Code.ROWS_DIFFER,
                f"{lacking:,} of {len(targets[0].all):,} servers have no row in "
                f"{table.sheet or table.file!r}: what it would say of them is not known.",
                f"{table.file}, {table.place('', table.header_row)}",
            )


def _by_server(columns: Columns, targets: Sequence[Servers]) -> dict[tuple[int, int], list[int]]:
    """Return which rows, by position, say more of which server; note those that say of none."""
    rows: dict[tuple[int, int], list[int]] = {}
    for position, meant in enumerate(_meant(columns)):
        places = ((n, t.place_of(meant)) for n, t in enumerate(targets))
        found = next(((n, place) for n, place in places if place is not None), None)
        if found is None:
            name = "id" if meant.id else "hostname"
            problem = "no server that is listed has this name, left out"
            columns.note(Code.ORPHAN_REFERENCE, problem, name, position, meant.id or meant.hostname)
        else:
            rows.setdefault(found, []).append(position)
    return rows


def _meant(columns: Columns) -> Iterator[Server]:
    """Yield, for each row, the server that it says more of, as far as it names it."""
    for row, id_, hostname, address, uuid, serial, vcenter, vcenter_uuid in zip(
        columns.numbers,
        columns.texts("id"),
        names_in(columns),
        columns.texts("ip_address"),
        uuids_in(columns),
        columns.texts("serial"),
        columns.texts("vcenter"),
        columns.texts("vcenter_uuid"),
        strict=True,
    ):
        yield Server(
            columns.table,
            row,
            id_,
            hostname,
            ip_address=address,
            uuid=uuid,
            serial=serial,
            vcenter=vcenter,
            vcenter_uuid=vcenter_uuid,
        )


def _strongest(extra: Extra) -> Callable[[Sequence[int]], Values]:
    """Return what makes one answer of a server's rows: the highest peaks, else the first."""

    def said(positions: Sequence[int]) -> Values:
        servers = [extra.servers[position] for position in positions]
        values = _added_values(servers[0], extra.columns)
        for server in servers[1:]:
            for name, value in _added_values(server, extra.columns).items():
                if name not in values or (name in _PEAKS and value[0] > values[name][0]):
                    values[name] = value
        return values

    return said


def _summed(columns: Columns) -> Callable[[Sequence[int]], Values]:
    """Return what adds up the disks, or partitions, of a server."""
    sizes = columns.sizes_gb("size_gb", DISK_RULES, zero=True)
    used = columns.sizes_gb("used_gb", DISK_RULES, zero=True)
    free = columns.sizes_gb("free_gb", DISK_RULES, zero=True)
    _note_disks(columns)

    def said(positions: Sequence[int]) -> Values:
        known = [position for position in positions if sizes[position] is not None]
        if not known:
            return {}
        whole = sum(sizes[position] or 0 for position in known)
        row = columns.numbers[known[0]]
        values: Values = {"disk_gb": (whole, columns.table, row)}
        taken = [_taken(sizes[p], used[p], free[p]) for p in known]
        if whole and all(size is not None for size in taken):
            share = round(min(sum(size or 0 for size in taken) / whole, 1.0), 9)
            values[_USED] = (share, columns.table, row)
        return values

    return said


def _taken(size: float | None, used: float | None, free: float | None) -> float | None:
    if used is not None:
        return used
    return None if size is None or free is None else max(size - free, 0.0)


def _note_disks(columns: Columns) -> None:
    for name, code, problem in (
        ("shared", Code.SHARED_DISK, "a disk that several machines share, counted in each"),
        ("thin", Code.THIN_DISK, "a thin disk, counted at its full size"),
    ):
        for position, raw in enumerate(columns.texts(name)):
            word = raw.casefold()
            is_none = not word or word.startswith("no") or word.endswith("none")
            if not is_none and flag_of(raw) is not False:
                columns.note(code, problem, name, position, raw)


def _attach_hosts(columns: Columns, servers: Servers) -> None:
    """Fill in the cluster of the host that a virtual machine runs on."""
    clusters = dict(
        zip(
            (host.casefold() for host in columns.texts("host")),
            zip(columns.texts("cluster"), columns.numbers, strict=True),
            strict=True,
        ),
    )
    for place, server in enumerate(servers.all):
        cluster, row = clusters.get(server.host.casefold(), ("", 0)) if server.host else ("", 0)
        if cluster and not server.cluster:
            servers.fill(place, {"cluster": (cluster, columns.table, row)})


def _fall_back(columns: Columns, fallbacks: Mapping[str, str], servers: Servers) -> None:
    """Fill in, from the second-best column, what no table says."""
    rows = {server.row: p for p, server in enumerate(servers.all) if server.table is columns.table}
    for name, other in fallbacks.items():
        if other not in columns:
            continue
        table = seen_as(columns.table, other, (name,))
        values = _second_best(columns, name, other)
        for position, value in enumerate(values):
            row = columns.numbers[position]
            place = rows.get(row)
            if place is None or getattr(servers.all[place], name) not in (None, ""):
                continue
            said = _share_of(value, servers.all[place].disk_gb) if name == _USED else value
            if said in (None, ""):
                continue
            servers.fill(place, {name: (said, table, row)})
            if name in _ASSUMED:
                raw = columns.raw(other, position)
                columns.note(Code.SIZE_ASSUMED, _ASSUMED[name], other, position, raw)


def _second_best(columns: Columns, name: str, other: str) -> Sequence[Any]:
    if name == _USED:
        return columns.sizes_gb(other, DISK_RULES, zero=False)
    if name in _SIZES:
        return columns.sizes_gb(other, _SIZES[name], zero=False)
    texts = columns.texts(other)
    return [environment_in(text) for text in texts] if other == TAGS else texts


def _share_of(used: float | None, size: float | None) -> float | None:
    """Return what is in use as a share; None if unknown, or more than there is."""
    return round(used / size, 9) if used is not None and size and used <= size else None
