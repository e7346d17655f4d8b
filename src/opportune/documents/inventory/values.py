"""Judges columns by their values: whether they can be what a header says, and what they are."""

import re
from collections.abc import Callable, Sequence
from itertools import islice

from opportune.documents.inventory.cells import flag_of, quantity_of
from opportune.documents.inventory.headers import words_of
from opportune.documents.inventory.vocabulary import NO_MACHINES_ADDRESS
from opportune.documents.opening.texts import text_of
from opportune.documents.opening.workbook import Cell
from opportune.model.folding import folded

LOOKED_AT = 200
"""Filled cells from the top that decide."""
MOST = 0.6
"""Of them must fit what a header says."""
BEYOND_DOUBT = 0.9
"""Of them must fit where the header says nothing."""
LEAST_BY_VALUES = 2

_ADDRESS = re.compile(r"[\[({'\"\s]*\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
_SYSTEM = re.compile(
    r"\b(?:windows (?:nt )?server|windows \d|red ?hat|rhel|centos|ubuntu|debian|suse|sles|"
    r"oracle linux|rocky linux|almalinux|aix|solaris|hp-?ux)\b",
    re.IGNORECASE,
)


_POWER_WORDS = (
    "poweredon poweredoff encendido encendida apagado apagada ligado ligada desligado desligada "
    "eingeschaltet ausgeschaltet allume allumee eteint eteinte soustension horstension"
)
_POWER = frozenset(_POWER_WORDS.split())
"""Said of nothing but a machine's power."""
_NOT_NOW_WORDS = (
    "recommended target proposed planned future new suggested equivalent comment comments remarks "
    "notes description minimum supported"
)
_NOT_NOW = frozenset(_NOT_NOW_WORDS.split())
"""With one of these in its header a column says what shall be, or anything."""


def fits(field: str, cells: Sequence[Cell]) -> bool:
    """Whether most cells of a column can be a field's: numbers for sizes, words for names."""
    return _share(cells, _TESTS.get(_kind(field), lambda _: True)) >= MOST


def field_by_values(header: str, cells: Sequence[Cell]) -> str:
    """Return the field whose values these are beyond doubt, whatever the header says; else ""."""
    words = set(words_of(header))
    if sum(cell != "" for cell in cells[:LOOKED_AT]) < LEAST_BY_VALUES:
        return ""
    if not words & _NOT_NOW and _share(cells, _is_system) >= BEYOND_DOUBT:
        return "os_name"
    if not words & _NOT_NOW and _share(cells, _is_power) >= BEYOND_DOUBT:
        return "is_powered_on"
    if not words & NO_MACHINES_ADDRESS and _share(cells, _is_address) >= BEYOND_DOUBT:
        return "ip_address"
    return ""


def names_systems(cells: Sequence[Cell]) -> bool:
    """Whether most cells name an operating system as a whole."""
    return _share(cells, _is_system) >= MOST


def _kind(field: str) -> str:
    if field.endswith(("_gb", "_fraction")) or field in _COUNTS:
        return "number"
    return field if field in _TESTS else "text"


_COUNTS = ("sockets", "total_cores", "total_threads", "cores_per_cpu", "threads_per_core")


def _share(cells: Sequence[Cell], test: Callable[[str], bool]) -> float:
    """Return the share of filled cells that pass; 0 if none is filled."""
    filled = (text for cell in cells if cell != "" and (text := text_of(cell)))
    texts = list(islice(filled, LOOKED_AT))
    return sum(map(test, texts)) / len(texts) if texts else 0.0


def _is_number(text: str) -> bool:
    return quantity_of(text, ".") is not None


def _is_name(text: str) -> bool:
    return not text.replace(".", "").replace(",", "").isdigit()


def _is_address(text: str) -> bool:
    return _ADDRESS.match(text) is not None


def _is_system(text: str) -> bool:
    return _SYSTEM.search(text) is not None


def _is_power(text: str) -> bool:
    return "".join(re.findall(r"[a-z]+", folded(text))) in _POWER


def _is_state(text: str) -> bool:
    return flag_of(text) is not None


_TESTS: dict[str, Callable[[str], bool]] = {
    "number": _is_number,
    "text": lambda text: text != "",
    "hostname": _is_name,
    "os_name": _is_name,
    "ip_address": _is_address,
    "is_powered_on": _is_state,
}
