"""Which entries hold a search term: by the full-text index, or one by one if the term is short.

Shapes have no figures. A term that is found in a shape is found in the text. One with digits may
also hide in a figure, or reach into one: such rows are named apart, to be looked at.
"""

import re
import sqlite3
from dataclasses import dataclass, field

from opportune.stores.sqlite.columns import FIGURE, OWNER, SHAPES

TRIGRAM = 3

# `CROSS JOIN` keeps the order of the loops, whatever the planner thinks of the tables.
BY_INDEX = f"""SELECT code, kind, entry.search FROM entry_search CROSS JOIN entry
    ON code = entry_search.rowid
    WHERE entry_search MATCH :phrase AND instr(entry.search, :piece) > 0
    AND kind <> {OWNER.number}"""  # noqa: S608 - a constant
ONE_BY_ONE = f"""SELECT code, kind, search FROM entry
    WHERE instr(search, :piece) > 0 AND kind <> {OWNER.number}"""  # noqa: S608 - a constant

_DIGITS = re.compile(r"[0-9.,]*[0-9][0-9.,]*")
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
    if FIGURE not in term:
        for code, kind, _ in _holding(db, term):
            found.sure.setdefault(kind, []).append(code)
    if may_hide(term):
        pattern = in_shapes(term)
        longest = max(_DIGITS.split(term), key=len) if FIGURE not in term else ""
        for code, kind, text in _holding(db, longest.strip(".,")):
            if kind in _WITH_SHAPES and pattern.search(text):
                found.perhaps.setdefault(kind, []).append(code)
    return found


def may_hide(term: str) -> bool:
    """Tell whether a term may be part of a figure, or reach into one."""
    return term in (".", ",") or FIGURE in term or bool(_DIGITS.search(term))


def in_shapes(term: str) -> re.Pattern[str]:
    """Return what a shape must have for its text to hold the term: a figure stands for digits."""
    if FIGURE in term:
        return re.compile("")
    if term in (".", ","):
        return re.compile(FIGURE)
    literal = [re.escape(piece) for piece in _DIGITS.split(term)]
    return re.compile(f"[0-9.,{FIGURE}]+".join(literal))


def _holding(db: sqlite3.Connection, piece: str) -> list[Row]:
    """Return the entries whose text holds a piece."""
    if len(piece) < TRIGRAM:
        return db.execute(ONE_BY_ONE, {"piece": piece}).fetchall()
    phrase = '"' + piece.replace('"', '""') + '"'
    return db.execute(BY_INDEX, {"phrase": phrase, "piece": piece}).fetchall()
