"""Says what the columns of a list of servers mean that its own layout does not declare.

In this order: what other layouts declare, what the words of a header say (`headers`), what the
values are (`values`). The layout's own columns are never touched, so a tool's own meaning counts.
"""

from collections.abc import Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from opportune.documents.inventory.headers import meaning_of, words_of
from opportune.documents.inventory.layouts import Layout
from opportune.documents.inventory.values import field_by_values, fits, names_systems
from opportune.documents.inventory.vocabulary import MEANINGS
from opportune.documents.opening.workbook import Cell

if TYPE_CHECKING:
    from opportune.documents.inventory.tables import Header

_NAMES = frozenset(("id", "hostname", "other_id", "other_name", "moref"))
"""Names of a machine: one tool's are no other's. Only the plain list may give what is missing."""
_NEVER = frozenset(("tags", "timestamp"))
_SAME = {"is_virtual": "is_physical", "is_physical": "is_virtual"}
"""Fields that say the same: one of them is enough."""
_BY_KEY, _BY_WORDS, _BY_VALUES = range(3)


class Filled(NamedTuple):
    """A column and what it means."""

    column: int
    """Its index, 0-based."""
    field: str
    text: str
    implied: str
    """The unit that is meant where the header names none; "" = the values decide."""
    is_understood: bool
    """By words or values; else another layout declares the header."""


def filled_in(
    header: "Header",
    layout: Layout,
    chosen: Mapping[int, str],
    others: Sequence[Layout],
    rows: Sequence[Sequence[Cell]],
) -> list[Filled]:
    """Return more columns that are read, at most one for each field.

    Args:
        header: Of the table.
        layout: Of the table.
        chosen: Column index to field, of the columns that the layout itself reads.
        others: Layouts of servers to ask, the plain list last; none: nothing is filled in.
        rows: Below the header.
    """
    if not others:
        return []
    taken = set(chosen.values()) | set(layout.constants)
    taken |= {_SAME[name] for name in taken if name in _SAME}
    best: dict[str, tuple[tuple[int, int, int], Filled]] = {}
    for index, text, key, _ in header.cells:
        own = layout.field_of(key)
        if index in chosen or not header.is_filled(index) or (own and own not in taken):
            continue
        for rank, more in _readings(index, text, key, others):
            if more.field in taken or more.field in _NEVER:
                continue
            if fits(more.field, [row[index] for row in rows]):
                place = (*rank, index)
                if more.field not in best or place < best[more.field][0]:
                    best[more.field] = (place, more)
                break
    found = [more for _, more in best.values()]
    taken |= set(best)
    return found + _by_values(header, {*chosen, *(more.column for more in found)}, taken, rows)


def _readings(
    index: int, text: str, key: str, others: Sequence[Layout]
) -> list[tuple[tuple[int, int], Filled]]:
    readings = []
    for number, other in enumerate(others):
        name = other.field_of(key)
        is_plain = number == len(others) - 1
        is_share = name is not None and name.endswith("_gb") and "%" in words_of(text)
        if name is not None and not is_share and (is_plain or name not in _NAMES):
            implied = other.units.get(name, "")
            implied = "" if "|" in implied else implied
            rank = (_BY_KEY, number * 1000 + other.rank_of(key))
            readings.append((rank, Filled(index, name, text, implied, is_understood=False)))
    meaning = meaning_of(text)
    if meaning.field:
        rank = (_BY_WORDS, meaning.rank)
        readings.append((rank, Filled(index, meaning.field, text, "", is_understood=True)))
    return readings


def _by_values(
    header: "Header",
    chosen: set[int],
    taken: set[str],
    rows: Sequence[Sequence[Cell]],
) -> list[Filled]:
    """Return columns whose values leave no doubt, whatever they are called; the first of each."""
    found: list[Filled] = []
    for index, text, _, _ in header.cells:
        if index in chosen or not header.is_filled(index):
            continue
        name = field_by_values(text, [row[index] for row in rows])
        if name and name not in taken:
            taken.add(name)
            found.append(Filled(index, name, text, "", is_understood=True))
    return found


def fields_by_words(header: "Header", layout: Layout) -> set[str]:
    """Return the fields that filled columns give, by a layout's keys or by their words."""
    fields = set()
    for index, text, key, _ in header.cells:
        if header.is_filled(index):
            name = layout.field_of(key) or meaning_of(text).field
            fields |= {name} if name else set()
    return fields


def with_system(
    chosen: MutableMapping[int, str], layout: Layout, rows: Sequence[Sequence[Cell]]
) -> None:
    """Read a version that names systems ("Ubuntu 22.04") as the system, if nothing else is one."""
    places = {name: index for index, name in chosen.items()}
    if "os_version" not in places or {"os_name", "os_configured"} & set(places):
        return
    cells = [row[places["os_version"]] for row in rows]
    if "os_name" not in layout.fallbacks and names_systems(cells):
        chosen[places["os_version"]] = "os_name"


def with_name(chosen: MutableMapping[int, str], layout: Layout) -> None:
    """Read another name of a machine as its host name, if it has no other."""
    places = {name: index for index, name in chosen.items()}
    if "other_name" in places and "hostname" not in places and "hostname" in layout.fields:
        chosen[places["other_name"]] = "hostname"


def with_virtual_cores(header: "Header", chosen: MutableMapping[int, str]) -> None:
    """Read virtual CPUs beside "cores per socket" as all cores: they count each core already."""
    places = {name: index for index, name in chosen.items()}
    if "total_cores" in places or not {"sockets", "cores_per_cpu"} <= set(places):
        return
    texts = {index: text for index, text, _, _ in header.cells}
    said = {
        name: {MEANINGS.get(word) for word in words_of(texts[places[name]])}
        for name in ("sockets", "cores_per_cpu")
    }
    if said["sockets"] & {"vcpu", "virtual"} and "socket" in said["cores_per_cpu"]:
        chosen[places["sockets"]] = "total_cores"
