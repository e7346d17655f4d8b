"""Lines of a printed form: words of a page put together again, without its running lines."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from opportune.documents.opening.pdf import Page, Word

SAME_LINE_EM = 0.3
"""Baselines closer than this share of the height are one line."""
COLUMN_GAP_EM = 0.8
"""White space wider than this share of the height does not separate words of one sentence."""
RUNNING_LINES = 4
"""How many lines at either end of a page may be running headers and footers."""

_PLAIN = str.maketrans(
    {
        **dict.fromkeys("‘’‛ʼ´`", "'"),  # noqa: RUF001 - the characters to replace
        **dict.fromkeys("“”„‟", '"'),
        "ﬀ": "ff",
        "ﬁ": "fi",
        "ﬂ": "fl",
        "ﬃ": "ffi",
        "ﬄ": "ffl",
    },
)
_EDGES = ".,;:!?()[]\"'"
_SHORT_HALVES = frozenset({"in", "it", "on", "up"})
"""Of short words only these begin compounds ("on-premises"); others begin words ("be-cause")."""
_LINE_END_HYPHENS = ("\u00ad", "\u2010", "-")


@dataclass(frozen=True, slots=True)
class Line:
    """Words on one baseline, left to right."""

    page: int
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """Its words, one blank between them."""
        return plain(" ".join(word.text for word in self.words))

    @property
    def left(self) -> float:
        """Where it begins."""
        return self.words[0].left

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.words[-1].right

    @property
    def baseline(self) -> float:
        """Distance from the top of the page."""
        return self.words[0].baseline

    @property
    def height(self) -> float:
        """Of its tallest word."""
        return max(word.height for word in self.words)

    @property
    def top(self) -> float:
        """Where its ink can begin: under the font's ascent, so that tight lines do not touch."""
        return self.baseline - 0.6 * self.height

    @property
    def bottom(self) -> float:
        """Where its ink can end."""
        return self.baseline + 0.1 * self.height

    @property
    def is_solid(self) -> bool:
        """No gap in it is as wide as one between columns."""
        pairs = zip(self.words, self.words[1:], strict=False)
        return all(b.left - a.right < COLUMN_GAP_EM * self.height for a, b in pairs)


def plain(text: str) -> str:
    """Return text with straight apostrophes and quotes and without ligatures."""
    return text.translate(_PLAIN)


def folded(text: str) -> str:
    """Return what two texts share that differ only in case, punctuation and blanks."""
    return " ".join(re.findall(r"[^\W_]+", plain(text).casefold()))


def lines_of(page: int, words: Iterable[Word]) -> list[Line]:
    """Put words on lines, top to bottom."""
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda w: w.baseline):
        if rows and word.baseline - rows[-1][0].baseline < SAME_LINE_EM * word.height:
            rows[-1].append(word)
        else:
            rows.append([word])
    return [Line(page, tuple(sorted(row, key=lambda w: w.left))) for row in rows]


def body_lines(pages: Sequence[Page]) -> list[Line]:
    """Return the lines of all pages in order, without running headers and footers.

    A running line is one of the first or last lines of a page that stands at the same height, with
    the same words but for digits, on a third of the pages (three at least).
    """
    by_page = [lines_of(page.number, page.words) for page in pages]
    seen = Counter(key for lines in by_page for key in {_running_key(x) for x in _outer(lines)})
    enough = max(3, len(pages) / 3)
    return [
        line
        for lines in by_page
        for outer in [{id(x) for x in _outer(lines)}]
        for line in lines
        if not (id(line) in outer and _repeats(line, seen) >= enough)
    ]


def _outer(lines: list[Line]) -> list[Line]:
    return lines[:RUNNING_LINES] + lines[RUNNING_LINES:][-RUNNING_LINES:]


def _running_key(line: Line) -> tuple[str, int]:
    return re.sub(r"\d+", "0", line.text), round(line.baseline)


def _repeats(line: Line, seen: Counter[tuple[str, int]]) -> int:
    text, y = _running_key(line)
    return seen[text, y - 1] + seen[text, y] + seen[text, y + 1]


class Vocabulary:
    """The words of a document, to decide what a hyphen at the end of a line stood for."""

    def __init__(self, pages: Iterable[Page]) -> None:
        self._words: set[str] = set()
        for page in pages:
            for before, word in pairwise(page.words):
                # What begins a line may be the end of a word that was broken, even a page before.
                is_within = abs(word.baseline - before.baseline) < SAME_LINE_EM * word.height
                if is_within and not word.text.endswith(_LINE_END_HYPHENS):
                    self._words.add(word.text.strip(_EDGES).casefold())

    def joined(self, lines: Sequence[Line]) -> str:
        """Return the text of these lines in one.

        A word broken at a line end loses its hyphen, unless the document also writes it with the
        hyphen, or knows both halves as words and not the whole ("cloud-native").
        """
        text = ""
        for line in lines:
            piece = line.text.replace("\ufffe", "\u00ad")
            if text.endswith(_LINE_END_HYPHENS) and not text.endswith((" -", " \u2010")):
                text = self._mended(text, piece)
            else:
                text = f"{text} {piece}" if text else piece
        return text.replace("\u00ad", "").strip()

    def _mended(self, text: str, piece: str) -> str:
        stem = text[:-1]
        first = stem.rpartition(" ")[2].strip(_EDGES).casefold()
        second = piece.partition(" ")[0].strip(_EDGES).casefold()
        whole, compound = first + second in self._words, f"{first}-{second}" in self._words
        can_stand = bool(first[2:]) or first in _SHORT_HALVES
        halves = can_stand and {first, second} <= self._words
        is_number = not (first[-1:].isalpha() and second[:1].isalpha())
        keep = is_number or compound or (halves and not whole)
        return f"{stem}-{piece}" if keep else stem + piece
