"""Understands a column's header by its words: the quantity, its unit, its qualifiers, per what.

`find_table` asks here only for headers that no layout declares.
"""

import re
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import NamedTuple

from opportune.documents.inventory.vocabulary import MEANINGS, SIZE_UNITS
from opportune.model.folding import folded

_BEFORE_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")
_INITIALS = re.compile(r"\b([A-Za-z])\.([A-Za-z])\.")
_ONE_WORD = re.compile(r"v(?:CPU|RAM)s?(?![a-z])|[KMGT]iB(?![a-z])")
"""Written with capitals inside, and yet one word."""
_WORD = re.compile(r"[a-z]+|\d+|%")
_NUMERO = re.compile(r"n[\u00ba\u00b0]\.?|#", re.IGNORECASE)
_SHORT = frozenset(("os", "ip", "vm", "id", "gb", "mb", "tb"))
"""Words of two letters that may be a part of a longer one: `memorygb`."""
LONGEST_WORDS = 9

SHARE, SIZE = "share", "size"


class Meaning(NamedTuple):
    """What a header says."""

    field: str
    """As the plain list of servers calls it; "" = nothing that is known."""
    rank: int = 0
    """The lower the plainer: of two columns for one field the lower one counts."""
    unit: str = ""
    """Of sizes, as in `units.GB_PER`; "" = none is named."""


NOTHING = Meaning("")


@lru_cache(maxsize=8192)
def words_of(header: str) -> tuple[str, ...]:
    """Return the words of a header, folded: "maxCpuUsage (%)" -> max, cpu, usage, %."""
    text = _INITIALS.sub(r"\1\2 ", _NUMERO.sub(" num ", header))
    text = _ONE_WORD.sub(lambda found: f" {found[0].lower()} ", text)
    text = folded(_BEFORE_CAPITAL.sub(" ", text)).replace("\u0153", "oe")
    words: list[str] = []
    for word in _WORD.findall(text):
        words += [word] if _is_known(word) else _known_parts(word) or [word]
    return tuple(words)


@lru_cache(maxsize=8192)
def meaning_of(header: str) -> Meaning:
    """Return what a header means for a server; its field is "" unless every word is known."""
    words = words_of(header)
    if not words or len(words) > LONGEST_WORDS or not all(map(_is_known, words)):
        return NOTHING
    return _meaning(words)


def hint_of(header: str) -> str:
    """Return the field that the known words of a header hint at, whatever else it says."""
    known = tuple(word for word in words_of(header) if _is_known(word))
    return _meaning(known).field if known else ""


def _is_known(word: str) -> bool:
    return word in MEANINGS or word in SIZE_UNITS or word in ("%", "to")


def _known_parts(word: str) -> list[str]:
    """Return the known words that a word is made of: `cpucount` -> cpu, count; else none."""
    for cut in range(len(word) - 2, 1, -1):
        first, rest = word[:cut], word[cut:]
        if not _is_part(first):
            continue
        if _is_part(rest):
            return [first, rest]
        if len(rest) > len("xxx") and (others := _known_parts(rest)):
            return [first, *others]
    return []


def _is_part(word: str) -> bool:
    return word in _SHORT or (len(word) > len("xx") and _is_known(word))


def _meaning(words: tuple[str, ...]) -> Meaning:
    unit = next((SIZE_UNITS[word] for word in words if word in SIZE_UNITS), "")
    if words[-1] == "to" and not unit:
        unit = "tb"  # French: teraoctets
    said = {MEANINGS[word] for word in words if word in MEANINGS}
    if "%" in words or "percent" in said:
        measure = SHARE
    elif unit:
        measure = SIZE
    else:
        measure = ""
    extra = len(said & {"type", "whole", "given", "count"})
    for rule in (_per, _system, _sizes, _processors, _others):
        field, rank = rule(said - {"filler", "percent"}, measure)
        if field:
            return Meaning(field, rank * 10 + extra, unit)
    return NOTHING


_Ranked = tuple[str, int]
_NONE: _Ranked = ("", 0)


def _per(said: AbstractSet[str], measure: str) -> _Ranked:
    if "per" not in said or measure:
        return _NONE
    if "core" in said and said & {"cpu", "socket"}:
        return ("threads_per_core", 0) if "thread" in said else ("cores_per_cpu", 0)
    return ("threads_per_core", 0) if {"thread", "core"} <= said else _NONE


def _system(said: AbstractSet[str], measure: str) -> _Ranked:
    if "os" not in said or measure or said & {"cpu", "memory", "disk", "usage", "used", "ip"}:
        return _NONE
    if "version" in said:
        return ("os_version", 0)
    return ("os_name", 1 if "type" in said else 0)


def _sizes(said: AbstractSet[str], measure: str) -> _Ranked:
    if "disks" in said and measure:
        said = said - {"disks"} | {"disk"}  # several disks have a size; without a unit: a count
    for thing in ("memory", "disk"):
        others = said - {thing, "machine", "given", "whole", "virtual", "physical"}
        if thing in said and not others - {"usage", "used", "free", "peak", "average"}:
            return _memory(others, measure) if thing == "memory" else _disk(others, measure)
    return _NONE


def _memory(others: AbstractSet[str], measure: str) -> _Ranked:
    which = "peak" if "peak" in others else "avg"
    if "free" in others:
        return _NONE if measure == SHARE else (f"ram_free_{which}_gb", 0)
    if measure == SHARE or ("used" not in others and others and measure != SIZE):
        return (f"ram_{which}_fraction", 0)
    return (f"ram_used_{which}_gb", 0) if others else ("ram_gb", 0)


def _disk(others: AbstractSet[str], measure: str) -> _Ranked:
    if others & {"peak", "average"}:
        return _NONE
    if "free" in others:
        return _NONE if measure == SHARE else ("disk_free_gb", 0)
    if measure == SHARE or ("usage" in others and measure != SIZE):
        return ("disk_used_fraction", 0)
    return ("disk_used_gb", 0) if others else ("disk_gb", 0)


def _processors(said: AbstractSet[str], measure: str) -> _Ranked:
    things = said & {"cpu", "vcpu", "core", "thread", "socket"}
    others = said - things - {"machine", "given", "whole", "count", "logical", "physical"}
    others -= {"virtual"}
    if not things or measure == SIZE:
        return _NONE
    if measure == SHARE or others:
        return _processor_use(things, others, measure)
    if "thread" in things or "logical" in said:
        return ("total_threads", 0)
    if "core" in things:
        return ("total_cores", 0)
    return ("total_cores", 1) if {"vcpu", "whole"} <= said else ("sockets", 0)


def _processor_use(things: AbstractSet[str], others: AbstractSet[str], measure: str) -> _Ranked:
    if others == {"name"} and not measure:
        # "Nombre de CPU" is a number in French; the values tell it from a name in Spanish.
        return ("total_cores", 1) if "core" in things else ("sockets", 1)
    if others - {"usage", "used", "peak", "average"} or not things & {"cpu", "vcpu"}:
        return _NONE
    return ("cpu_peak_fraction" if "peak" in others else "cpu_avg_fraction", 0)


_OTHERS: tuple[tuple[str, AbstractSet[str], AbstractSet[str], int], ...] = (
    ("ip_address", {"ip"}, {"ip", "address", "machine", "host"}, 0),
    ("host", {"hypervisor_host"}, {"hypervisor_host", "host", "name", "machine"}, 0),
    ("host", {"host", "physical"}, {"host", "name", "physical", "machine"}, 0),
    ("host", {"host", "hypervisor"}, {"host", "name", "hypervisor"}, 0),
    ("hypervisor", {"hypervisor"}, {"hypervisor", "name", "type", "version"}, 0),
    ("cluster", {"cluster"}, {"cluster", "name"}, 0),
    ("environment", {"environment"}, {"environment", "type", "name", "machine"}, 0),
    ("is_powered_on", {"power"}, {"power", "state", "machine"}, 0),
    ("is_powered_on", {"state"}, {"state", "machine"}, 1),
    ("applications", {"application"}, {"application", "name"}, 0),
    ("id", {"id"}, {"id", "machine", "virtual"}, 0),
    ("hostname", {"machine", "name"}, {"machine", "name", "host", "virtual"}, 0),
    ("hostname", {"host", "name"}, {"machine", "name", "host"}, 0),
    ("hostname", {"system", "name"}, {"system", "name"}, 1),
    ("hostname", {"machine"}, {"machine", "virtual"}, 2),
    ("hostname", {"name"}, {"name"}, 3),
    ("hostname", {"host"}, {"host"}, 4),
)
"""Field, what must be said, what may be said, rank."""


def _others(said: AbstractSet[str], measure: str) -> _Ranked:
    if measure:
        return _NONE
    for field, must, may, rank in _OTHERS:
        if must <= said and not said - may:
            return (field, rank)
    return _NONE
