"""Keeps machines that are none to migrate out of the inventory, and lists them with their size."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from opportune.documents.inventory.apart_rules import PHOTON, RULES, SYSTEMS, ApartRule
from opportune.documents.inventory.row_kinds import HOST
from opportune.documents.quality import Code, Notes, shortened
from opportune.model.assessment import Aside, Server
from opportune.model.folding import folded

NAMES_TOLD = 12
"""Machines that a note names; all stand in what `inspect --json` says."""

_WORD = re.compile(r"[a-z]+|\d+")
_MAKERS_OWN = re.compile(rf"\b(?:{PHOTON})\b")
_ANY_NAME = re.compile("|".join(rule.names for rule in RULES))
"""What most names lack: then no rule need look."""
_SYSTEMS = {kind: re.compile(rf"(?:{words})(?:[ \d].*)?") for kind, words in SYSTEMS.items()}


def apart_from(servers: Iterable[Server]) -> tuple[tuple[Server, ...], tuple[Aside, ...]]:
    """Return the servers to migrate, and those that a rule sets apart."""
    kept: list[Server] = []
    aside: list[Aside] = []
    for server in servers:
        found = None if server.is_template else _recognised(server)
        if found is None:
            kept.append(server)
        else:
            aside.append(found)
    return tuple(kept), tuple(aside)


def note_apart(aside: Sequence[Aside], notes: Notes) -> None:
    """Note what was set apart: by file and kind, with sizes, names and places."""
    groups: dict[tuple[str, str], list[Aside]] = {}
    for one in aside:
        groups.setdefault((one.server.table.file, one.kind), []).append(one)
    for (file, kind), members in groups.items():
        servers = [one.server for one in members]
        named = "; ".join(
            f"{shortened(s.hostname or s.id)} ({_row_place(s)}, {one.rule})"
            for one, s in zip(members[:NAMES_TOLD], servers, strict=False)
        )
        more = len(members) - NAMES_TOLD
        code = Code.NOT_A_SERVER if kind not in APART_KINDS else Code.LISTED_APART
        notes.add(
            code,
            f"{len(members):,} {'row is' if len(members) == 1 else 'rows are'} no server to "
            f"migrate ({kind}), in no sum: {_size(servers)}: {named}"
            f"{f'; and {more:,} more' if more > 0 else ''}.",
            f"{file}, {_row_place(servers[0])}",
        )


APART_KINDS = frozenset((*(rule.kind for rule in RULES), HOST))
"""Kinds of machines that run, with a size, and yet stay behind."""


def _row_place(server: Server) -> str:
    return server.table.place("hostname" if server.hostname else "id", server.row)


def _size(servers: Sequence[Server]) -> str:
    cores = sum(s.cores or s.threads or 0 for s in servers)
    ram = round(sum(s.ram_gb or 0 for s in servers), 1)
    disk = round(sum(s.disk_gb or 0 for s in servers), 1)
    return f"{cores:,} cores, {ram:,g} GB RAM, {disk:,g} GB disk"


def _recognised(server: Server) -> Aside | None:
    system = _as_words(f"{server.os_name} {server.os_version}")
    kind = _kind_of_system(system)
    rule = f"operating system {server.os_name!r}"
    if kind and kind != HOST:
        return Aside(server, kind, rule)
    found = _by_rules(server, system)  # a witness of vSAN runs ESXi too
    return found or (Aside(server, kind, rule) if kind else None)


def _by_rules(server: Server, system: str) -> Aside | None:
    name = _name_words(server.hostname or server.id)
    beside = _as_words(f"{server.folder} / {server.notes}")
    if not (_ANY_NAME.search(name) or server.folder or server.notes):
        return None
    for rule in RULES:
        signs = _signs(rule, name, system, beside)
        if signs:
            return Aside(server, rule.kind, f"{rule.product} by {' and '.join(signs)}")
    return None


def _signs(rule: ApartRule, name: str, system: str, beside: str) -> list[str]:
    """Return the signs that a machine is of a rule's product; [] = too few, or one against it."""
    names, parts, systems, said, never = rule.patterns
    if never is not None and never.search(system):
        return []
    is_named = names is not None and names.search(name) is not None
    seconds = [
        sign
        for sign, pattern, text in (
            ("part of the name", parts, name),
            ("operating system", systems, system),
            ("folder or notes", said, beside),
        )
        if pattern is not None and pattern.search(text) is not None
    ]
    if is_named and seconds:
        return ["name", seconds[0]]
    if "folder or notes" in seconds and _MAKERS_OWN.search(system):
        return ["operating system", "folder or notes"]
    return []


def _name_words(hostname: str) -> str:
    """Return the words of a machine's own name, without its domain: `NSX-Mgr01` -> `nsx mgr 01`."""
    own = hostname if hostname.replace(".", "").isdigit() else hostname.partition(".")[0]
    return " ".join(_WORD.findall(folded(own)))


@lru_cache(maxsize=4096)
def _kind_of_system(system: str) -> str:
    found = (kind for kind, pattern in _SYSTEMS.items() if pattern.fullmatch(system))
    return next(found, "")


@lru_cache(maxsize=4096)
def _as_words(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", folded(text)))
