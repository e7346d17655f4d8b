"""What is the same in two inventories of one customer, and what differs in it.

A server is followed through renames: by its id, else its name, else its address, else what it is
(the only one of its size, system and applications on both sides). What fits several is not matched.
"""

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, TypeVar

from opportune.model.assessment import (
    Answer,
    Application,
    Assessment,
    Database,
    Link,
    Rating,
    Server,
)
from opportune.model.folding import folded
from opportune.model.records import Model

T = TypeVar("T")

NO_KEYS = (None, "", ())
"""Of things that do not say what they could be known by."""


class MatchReason(StrEnum):
    """Why two servers are held to be one."""

    ID = "id"
    NAME = "name"
    ADDRESS = "address"
    SPECIFICATION = "specification"


class FactState(StrEnum):
    """What became of a fact."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class FactChange(Model):
    """A fact that is not in both. Sources are file and place; "" = not there."""

    kind: str
    """`server`, `database`, `application`, `link`, `rating` or `answer`."""
    name: str
    field: str
    """Our name of it; empty if the whole thing came or went."""
    state: FactState
    old: str
    new: str
    old_source: str
    new_source: str


@dataclass(frozen=True)
class Match:
    """A server of the old inventory and what it is in the new one."""

    old: Server
    new: Server
    reason: MatchReason


@dataclass(frozen=True)
class Matching:
    """Every machine of both inventories: in a pair, removed or added. Orders are those of files.

    `ambiguous` are names that stand on both sides, but more than once on one.
    """

    pairs: tuple[Match, ...]
    removed: tuple[Server, ...]
    added: tuple[Server, ...]
    ambiguous: tuple[str, ...]


def match_servers(old: Assessment, new: Assessment) -> Matching:
    """Pair the machines of two inventories."""
    applications = (_applications(old), _applications(new))
    rules: tuple[tuple[MatchReason, Callable[[Server, int], Hashable]], ...] = (
        (MatchReason.ID, lambda s, _: folded(s.id)),
        (MatchReason.NAME, lambda s, _: folded(s.hostname)),
        (MatchReason.NAME, lambda s, _: _short_name(s)),
        (MatchReason.ADDRESS, lambda s, _: tuple(sorted(re.findall(r"[^\s,;]+", s.ip_address)))),
        (MatchReason.SPECIFICATION, lambda s, side: _specification(s, applications[side])),
    )
    left, right = list(old.machines), list(new.machines)
    names = {_short_name(s) for s in left}, {_short_name(s) for s in right}
    pairs: list[Match] = []
    for reason, key in rules:
        found = [
            Match(a, b, reason)
            for a, b in _unique_pairs(left, right, key)
            if reason != MatchReason.ID or not _is_contradicted(a, b, names)
        ]
        pairs += found
        old_ids, new_ids = {m.old.id for m in found}, {m.new.id for m in found}
        left = [s for s in left if s.id not in old_ids]
        right = [s for s in right if s.id not in new_ids]
    position = {s.id: n for n, s in enumerate(old.machines)}
    shared = {_short_name(s) for s in left} & {_short_name(s) for s in right} - {""}
    return Matching(
        pairs=tuple(sorted(pairs, key=lambda m: position[m.old.id])),
        removed=tuple(left),
        added=tuple(right),
        ambiguous=tuple(sorted(shared)),
    )


def _unique_pairs(
    left: Sequence[T], right: Sequence[T], key: Callable[[T, int], Hashable]
) -> Iterator[tuple[T, T]]:
    """Yield those of both sides that alone on their side have a key; NO_KEYS are none."""
    sides: list[dict[Hashable, list[T]]] = [{}, {}]
    for side, (things, groups) in enumerate(zip((left, right), sides, strict=True)):
        for thing in things:
            groups.setdefault(key(thing, side), []).append(thing)
    for value, group in sides[0].items():
        other = sides[1].get(value, [])
        if value not in NO_KEYS and len(group) == len(other) == 1:
            yield group[0], other[0]


def _is_contradicted(old: Server, new: Server, names: tuple[set[str], set[str]]) -> bool:
    """Tell whether an equal id is chance (a row's number): names say that it is another machine.

    A machine that was renamed has a new name, which no other machine had, and nobody took its old.
    """
    before, after = _short_name(old), _short_name(new)
    return bool(before and after and before != after) and (before in names[1] or after in names[0])


def _short_name(server: Server) -> str:
    name = folded(server.hostname)
    return name if re.fullmatch(r"[\d.]*", name) else name.partition(".")[0]


def _specification(server: Server, applications: Mapping[str, frozenset[str]]) -> Hashable:
    """Return what a server is; () if that is too little to know it by."""
    used = applications.get(server.id, frozenset())
    if not (used and server.ram_gb and (server.cores or server.threads) and server.os_name):
        return ()
    size = (server.cores, server.threads, server.ram_gb, server.disk_gb)
    return (*size, folded(server.os_name), folded(server.os_version), used)


def _applications(assessment: Assessment) -> Mapping[str, frozenset[str]]:
    """Return the names of the applications on each server, by its id."""
    names = {a.id: folded(a.name or a.id) for a in assessment.applications}
    found: dict[str, set[str]] = {}
    for link in assessment.links:
        if link.kind == "server-application":
            found.setdefault(link.source, set()).add(names.get(link.target, folded(link.target)))
    return {server: frozenset(used) for server, used in found.items()}


def fact_changes(old: Assessment, new: Assessment, matching: Matching) -> tuple[FactChange, ...]:
    """Return every fact that is not in both, servers first, then what refers to them."""
    servers = {m.old.id: m.new.id for m in matching.pairs}
    applications = _paired(old.applications, new.applications, lambda a: a.id, lambda a: a.name)
    databases = _paired(
        old.databases,
        new.databases,
        lambda d: d.id,
        lambda d: d.name and (d.name, d.instance, servers.get(d.server_id, d.server_id)),
    )
    renamed = {
        **servers,
        **{a.id: b.id for a, b in applications if a and b},
        **{a.id: b.id for a, b in databases if a and b},
    }
    server_pairs: list[tuple[Server | None, Server | None]] = [
        *((m.old, m.new) for m in matching.pairs),
        *((s, None) for s in matching.removed),
        *((None, s) for s in matching.added),
    ]
    return (
        *_changes("server", server_pairs, renamed),
        *_changes("database", databases, renamed),
        *_changes("application", applications, renamed),
        *_changes("link", _paired_links(old.links, new.links, renamed), renamed),
        *_changes("rating", _paired(old.ratings, new.ratings, _question_of), renamed),
        *_changes("answer", _paired(old.answers, new.answers, lambda a: a.question), renamed),
    )


def _question_of(rating: Rating) -> Hashable:
    return (rating.category, rating.subcategory, rating.question)


def _paired(
    left: Sequence[T], right: Sequence[T], *keys: Callable[[T], Hashable]
) -> list[tuple[T | None, T | None]]:
    """Return both sides' things, those that one key after the other knows to be one in pairs."""
    pairs: list[tuple[T | None, T | None]] = []
    for key in keys:
        found = list(_unique_pairs(left, right, lambda thing, _, key=key: key(thing)))  # type: ignore[misc] # mypy: a default in a lambda
        pairs += found
        gone = {id(thing) for pair in found for thing in pair}
        left = [thing for thing in left if id(thing) not in gone]
        right = [thing for thing in right if id(thing) not in gone]
    return [*pairs, *((thing, None) for thing in left), *((None, thing) for thing in right)]


def _paired_links(
    left: Sequence[Link], right: Sequence[Link], renamed: Mapping[str, str]
) -> list[tuple[Link | None, Link | None]]:
    """Pair links whose ends are the same things under whatever id."""
    old = {
        (k.kind, renamed.get(k.source, k.source), renamed.get(k.target, k.target)): k for k in left
    }
    new = {(k.kind, k.source, k.target): k for k in right}
    return [(old.get(key), new.get(key)) for key in dict.fromkeys((*old, *new))]


Fact = Server | Database | Application | Link | Rating | Answer

_PLACES = frozenset({"table", "row", "origins", "file", "page", "line", "location"})
_REFERENCES = frozenset({"server_id", "source", "target"})


def _changes(
    kind: str, pairs: Iterable[tuple[Any, Any]], renamed: Mapping[str, str]
) -> Iterator[FactChange]:
    for old, new in pairs:
        if old is None or new is None:
            yield FactChange(
                kind=kind,
                name=_name(new if old is None else old),
                field="",
                state=FactState.ADDED if old is None else FactState.REMOVED,
                old="" if old is None else _name(old),
                new="" if new is None else _name(new),
                old_source="" if old is None else _source_of(old, ""),
                new_source="" if new is None else _source_of(new, ""),
            )
        else:
            yield from _field_changes(kind, old, new, renamed)


def _field_changes(
    kind: str, old: Fact, new: Fact, renamed: Mapping[str, str]
) -> Iterator[FactChange]:
    for field in fields(old):
        if field.name in _PLACES:
            continue
        before, after = getattr(old, field.name), getattr(new, field.name)
        if field.name in _REFERENCES:
            before = renamed.get(before, before)
        if before == after:
            continue
        texts = _as_text(before), _as_text(after)
        state = FactState.CHANGED
        if "" in texts:
            state = FactState.REMOVED if texts[0] else FactState.ADDED
        yield FactChange(
            kind=kind,
            name=_name(new),
            field=field.name,
            state=state,
            old=texts[0],
            new=texts[1],
            old_source=_source_of(old, field.name),
            new_source=_source_of(new, field.name),
        )


def _name(fact: Fact) -> str:
    if isinstance(fact, Server):
        return fact.hostname or fact.id
    if isinstance(fact, Link):
        return f"{fact.source} -> {fact.target}"
    if isinstance(fact, (Rating, Answer)):
        return fact.question
    return fact.name or fact.id


def _source_of(fact: Fact, field: str) -> str:
    if isinstance(fact, (Rating, Answer)):
        return f"{fact.file} {fact.location}"
    table, row = fact.origin(field) if isinstance(fact, Server) else (fact.table, fact.row)
    return f"{table.file} {table.place(field, row)}"


def _as_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
