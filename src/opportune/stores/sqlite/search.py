"""Which entries hold a search term: by the full-text index, or one by one if the term is short.

Shapes have no figures. A term that is found in a shape is found in the text. One with digits may
also hide in a figure, or reach into one: such rows are named apart, to be looked at.
"""

import re
import sqlite3
from dataclasses import dataclass, field
from itertools import chain

from opportune.stores.sqlite.columns import FIGURE, OWNER, SHAPES, YEAR, YEAR_FIGURE

TRIGRAM = 3

# `CROSS JOIN` keeps the order of the loops, whatever the planner thinks of the tables.
BY_INDEX = f"""SELECT code, kind, entry.search FROM entry_search CROSS JOIN entry
    ON code = entry_search.rowid
    WHERE entry_search MATCH :phrase AND instr(entry.search, :piece) > 0
    AND kind <> {OWNER.number}"""  # noqa: S608 - a constant
ONE_BY_ONE = f"""SELECT code, kind, search FROM entry
    WHERE instr(search, :piece) > 0 AND kind <> {OWNER.number}"""  # noqa: S608 - a constant

_DIGITS = re.compile(r"[0-9.,]*[0-9][0-9.,]*")
_ANY = FIGURE + YEAR_FIGURE
_MARKS = frozenset(_ANY)
_WITH_SHAPES = {column.number for column in SHAPES}

Row = tuple[int, int, str]
"""Code, kind and text of an entry."""


@dataclass
class Codes:
    """Codes of entries by the number of their column."""

    sure: dict[int, list[int]] = field(default_factory=dict)
    """Whoever has one of these has the term."""
    perhaps: dict[int, list[int]] = field(default_factory=dict)
    """Whoever has one of these may have it."""


def codes_of(db: sqlite3.Connection, term: str) -> Codes:
    """Return the entries that hold a folded term without line breaks, or may do so."""
    found = Codes()
    if _MARKS.isdisjoint(term):
        for code, kind, _ in _holding(db, term):
            found.sure.setdefault(kind, []).append(code)
    if may_hide(term):
        pattern = in_shapes(term)
        longest = max(_DIGITS.split(term), key=len) if _MARKS.isdisjoint(term) else ""
        for code, kind, text in _holding(db, longest.strip(".,")):
            if kind in _WITH_SHAPES and pattern.search(text):
                found.perhaps.setdefault(kind, []).append(code)
    return found


def may_hide(term: str) -> bool:
    """Tell whether a term may be part of a figure, or reach into one."""
    return term in (".", ",") or not _MARKS.isdisjoint(term) or bool(_DIGITS.search(term))


def in_shapes(term: str) -> re.Pattern[str]:
    """Return what a shape must have for its text to hold the term, other than the term itself."""
    if not _MARKS.isdisjoint(term):
        return re.compile("")
    if term in (".", ","):
        return re.compile(f"[{_ANY}]")
    literal = map(re.escape, _DIGITS.split(term))
    figures = [*map(_as_figure, _DIGITS.findall(term)), ""]
    return re.compile("".join(chain.from_iterable(zip(literal, figures, strict=True))))


def _as_figure(digits: str) -> str:
    """Return what may stand for digits of a term: themselves, or a figure that may hold them."""
    year = YEAR.search(digits)
    mark = f"(?:{YEAR_FIGURE}|{year[0]})" if year else f"[{_ANY}]"
    return f"(?:{re.escape(digits)}|[0-9.,{_ANY}]*{mark}[0-9.,{_ANY}]*)"


def _holding(db: sqlite3.Connection, piece: str) -> list[Row]:
    """Return the entries whose text holds a piece."""
    if len(piece) < TRIGRAM:
        return db.execute(ONE_BY_ONE, {"piece": piece}).fetchall()
    phrase = '"' + piece.replace('"', '""') + '"'
    return db.execute(BY_INDEX, {"phrase": phrase, "piece": piece}).fetchall()
