"""A cell, a name or a line as one line of text."""

import math
import re

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ufeff\ufffe\uffff\s]+")


def text_of(cell: object) -> str:
    """Return a cell as one line of text: trimmed, line breaks and runs of spaces as one space.

    A whole number has no decimals: a version stored as 2017.0 is "2017".
    """
    if isinstance(cell, str):
        return _clean(cell)
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if math.isfinite(cell) and cell == int(cell) else repr(cell)
    return str(cell)


def _clean(text: str) -> str:
    text = text.strip()
    if text.isascii() and text.isprintable() and "  " not in text:
        return text
    return _UNPRINTABLE.sub(" ", text).strip()
