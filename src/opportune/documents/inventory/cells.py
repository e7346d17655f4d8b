"""Turns single cells into text, numbers with units, and yes or no."""

import math
import re
from collections.abc import Iterable
from typing import NamedTuple

from opportune.documents.opening.sheet_xml import NO_CACHED_VALUE
from opportune.model.folding import folded

ERROR_TEXTS = (
    "#n/a", "#ref!", "#value!", "#div/0!", "#name?", "#null!", "#num!", "#error", "#spill!",
    "#calc!", "#getting_data", "#busy!", "#blocked!", "#field!", "#unknown!", "#connect!",
)  # fmt: skip
"""As Excel shows them, folded; a cell may hold one as a text."""

_APOSTROPHES = str.maketrans(dict.fromkeys("\u2019\u2018\u00b4`", "'"))
"""Swiss numbers group thousands with one of them."""
_QUANTITY = re.compile(r"([+-]?)\s*(\d[\d.,' ]*)\s*([A-Za-z%/]*)\.?", re.ASCII)
_GROUPED = re.compile(r"\d{1,3}(?:([.,' ])\d{3})(?:\1\d{3})*")
_BETWEEN_ADDRESSES = re.compile(r"[\s,;|\[\]'\"]+")
_NO_ADDRESS = ("127.", "169.254.", "0.", "::1", "fe80:", "n/a", "unknown", "none", "-")
_DOTS = 3
_LONG = 16
"""Digits from which on a float would round."""
_YES_WORDS = (
    "yes y true t 1 x si s sim oui o ja j verdadero verdadeiro v wahr w vrai on poweredon running "
    "started up active enabled encendido encendida activo activa ativo ativa ligado ligada "
    "habilitado habilitada eingeschaltet aktiv aktiviert lauft allume allumee actif demarre "
    "demarree online live an ein soustension betrieb inbetrieb enmarche enservice"
)
_YES = frozenset(_YES_WORDS.split())
_NO_WORDS = (
    "no n false f 0 nao off none non nein falso falsch faux poweredoff stopped suspended shutdown "
    "shutoff down inactive disabled apagado apagada inactivo inactiva inativo inativa desligado "
    "desligada deshabilitado desabilitado suspendido suspendida suspenso suspensa detenido "
    "detenida parado parada ausgeschaltet inaktiv deaktiviert angehalten eteint eteinte arrete "
    "arretee inactif suspendu suspendue desactive offline aus horstension horsservice"
)
_NO = frozenset(_NO_WORDS.split())
"""Yes and no, on and off, in five languages, folded."""


class Quantity(NamedTuple):
    """A number and the unit written beside it, lower case; "" = none."""

    value: float
    unit: str


def is_error(text: str) -> bool:
    """Whether a text is an error of Excel, or stands for a formula without a result."""
    return text.startswith("#") and (text == NO_CACHED_VALUE or text.casefold() in ERROR_TEXTS)


def quantity_of(text: str, decimal_mark: str) -> Quantity | None:
    """Return the number, and unit, that a text states: "1,5 TB", "2048 MB", "75%"; else None.

    Args:
        text: From `text_of`.
        decimal_mark: "." or ",", used only where the text alone does not say (`decimal_mark_of`).
    """
    if _is_plain(text):
        return Quantity(float(text), "")
    match = _quantity(text)
    if match is None:
        return None
    sign, digits, unit = match[1], match[2].strip(), match[3]
    value = _number(digits, decimal_mark)
    return None if value is None else Quantity(-value if sign == "-" else value, unit.casefold())


def decimal_mark_of(texts: Iterable[str]) -> str:
    """Return the decimal mark that a column's texts prove: ".", "," or "" if none does."""
    for text in texts:
        if _is_plain(text):
            continue
        match = _quantity(text)
        mark = _proven_mark(match[2].strip()) if match else ""
        if mark:
            return mark
    return ""


def is_ambiguous(text: str) -> bool:
    """Whether a mark in the text may mean thousands or decimals: "1.500", "2,048"."""
    if _is_plain(text):
        return False
    match = _quantity(text)
    digits = match[2].strip() if match else ""
    grouped = _GROUPED.fullmatch(digits)
    return (
        grouped is not None
        and grouped[1] in ".,"
        and digits.count(grouped[1]) == 1
        and not digits.startswith("0")
    )


def flag_of(text: str) -> bool | None:
    """Return yes or no as a text begins: "Y", "TRUE", "Yes, SOX", "Não", "VERDADERO"; else None."""
    words = re.findall(r"[a-z0-9]+", folded(text))
    if not words:
        return None
    for word in ("".join(words), words[0]):  # "powered off" as a whole, "Yes, SOX" by its first
        if word in _YES or word in _NO:
            return word in _YES
    return None


def _quantity(text: str) -> re.Match[str] | None:
    return _QUANTITY.fullmatch(text.strip().translate(_APOSTROPHES))


def _is_plain(text: str) -> bool:
    """Whether a text is nothing but a few digits, as most numbers in CSV files are."""
    return text.isdigit() and text.isascii() and len(text) < _LONG


def first_address(text: str) -> str:
    """Return the first IPv4 address in a text, else its first word; "" = none.

    Tools list all addresses of a machine in one cell; those of the machine itself, and of no
    network (127.0.0.1, 169.254.1.1, fe80::1), tell nobody where it is.
    """
    if not text or text.replace(".", "").isdigit():
        return "" if text.startswith(_NO_ADDRESS) else text
    words = [word for word in _BETWEEN_ADDRESSES.split(text) if word]
    known = [word for word in words if not word.casefold().startswith(_NO_ADDRESS)]
    return next((word for word in known if word.count(".") == _DOTS), known[0] if known else "")


def _number(digits: str, decimal_mark: str) -> float | None:
    mark = _proven_mark(digits)
    if not mark:
        grouped = _GROUPED.fullmatch(digits)
        # One mark and three digits after it: the column's mark, else a comma groups thousands.
        mark = decimal_mark if grouped and grouped[1] in ".," and decimal_mark else "."
    whole, _, fraction = digits.partition(mark)
    grouped = _GROUPED.fullmatch(whole)
    if grouped and grouped[1] != mark:
        whole = whole.replace(grouped[1], "")
    if not whole.isdigit() or (fraction and not fraction.isdigit()):
        return None
    value = float(f"{whole}.{fraction or 0}")
    return value if math.isfinite(value) else None


def _proven_mark(digits: str) -> str:
    """Return the decimal mark if the digits leave no doubt, else ""."""
    dots, commas = digits.count("."), digits.count(",")
    if dots and commas:
        return "." if digits.rfind(".") > digits.rfind(",") else ","
    mark, count = (".", dots) if dots else (",", commas)
    if not count:
        return ""
    other = "," if mark == "." else "."
    if count > 1:  # several of one mark group thousands, or it is an address or a version
        return other if _GROUPED.fullmatch(digits) else ""
    whole, _, fraction = digits.partition(mark)
    if len(fraction) == len("000") and 0 < len(whole) < len("0000") and whole != "0":
        return ""
    return mark if fraction else ""
