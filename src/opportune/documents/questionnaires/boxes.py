"""Boxes to tick, as they stand in a text: drawn, in brackets, with their labels."""

import re

TICKED = (
    "\u2612\u2611\u2714\u2713\u2718\u2717\u2716\u25a3\u25a0\u25c9\u25cf\U0001f5f9\U0001f5f7\u2705"
)
EMPTY = "\u2610\u25a1\u25a2\u25cb\u25ef\u2b1c\u2751\u274f\u2752\u2750"
"""Boxes and circles as they are drawn, with a mark in them and without."""

_BOX = re.compile(
    f"[{TICKED}{EMPTY}]|[\\[(]\\s?[xX\u2713\u2714\u2612]\\s?[\\])]|\\[\\s?\\]|\\(\\s\\)"
)
_IS_TICKED = re.compile(f"[{TICKED}]|[\\[(]\\s?[xX\u2713\u2714\u2612]")
_SURELY_TICKED = re.compile(
    "\\s*(?:[\u2612\u2611\U0001f5f9]|[\\[(]\\s?[xX\u2713\u2714\u2612]\\s?[\\])])"
)
_MARKS = frozenset(
    ("x", "\u2713", "\u2714", "\u221a", "\u2022", "yes", "si", "s\u00ed", "sim", "1")
)


def has_box(text: str) -> bool:
    """Say whether a text has boxes to tick."""
    return bool(_BOX.search(text))


def begins_with_box(text: str) -> bool:
    """Say whether a text begins with a box; what follows is its label."""
    return bool(_BOX.match(text.lstrip()))


def is_box(text: str) -> bool:
    """Say whether a text is a box and no more: its label stands elsewhere."""
    return bool(_BOX.fullmatch(text.strip()))


def is_surely_ticked(text: str) -> bool:
    """Say whether a text begins with a ticked box that is no bullet point of a list."""
    return bool(_SURELY_TICKED.match(text))


def is_marked(text: str) -> bool:
    """Say whether a cell below the name of an option chooses it."""
    return bool(_IS_TICKED.match(text.strip())) or text.strip().casefold() in _MARKS


def is_blank_or_mark(text: str) -> bool:
    """Say whether a cell could stand below the name of an option: blank, a box, or a mark."""
    return not text.strip() or is_box(text) or text.strip().casefold() in _MARKS


def options_in(text: str) -> list[str]:
    """Return the options of a text that begins with a box, each with its box in front."""
    starts = [box.start() for box in _BOX.finditer(text)]
    return [text[a:b] for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]


def chosen(text: str) -> str:
    """Return the labels of ticked boxes; a label stands behind its box, or all stand before.

    A single ticked box without a label says "Yes"; a text without boxes is returned as it is.
    """
    boxes = list(_BOX.finditer(text))
    if not boxes:
        return text
    is_before = bool(text[: boxes[0].start()].strip()) and not text[boxes[-1].end() :].strip()
    edges = [box.end() for box in boxes]
    starts = [0, *edges[:-1]] if is_before else edges
    ends = (
        [box.start() for box in boxes]
        if is_before
        else [*(b.start() for b in boxes[1:]), len(text)]
    )
    labels = [
        text[start:end].strip(" ,;/|")
        for box, start, end in zip(boxes, starts, ends, strict=True)
        if _IS_TICKED.match(box[0])
    ]
    if len(boxes) == 1 and labels == [""]:
        return "Yes"
    return ", ".join(filter(None, labels))
