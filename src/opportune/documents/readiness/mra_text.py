"""Lines of a printed form: words of a page put together again, without its running lines."""

import re
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from opportune.documents.opening.pdf import Page, Word
from opportune.documents.readiness.mra_words import is_title_row, plain

SAME_LINE_EM = 0.3
"""Baselines closer than this share of the height are one line."""
COLUMN_GAP_EM = 0.8
"""White space wider than this share of the height does not separate words of one sentence."""
RUNNING_LINES = 4
"""How many lines at either end of a page may be running headers and footers."""

MANY_PAGES = 3
"""Of one size: a line on more than these, and on all of them, is a running one."""
FEW_LINES = 60
HYPHENATED_SHARE = 0.015
"""Of lines that end with a hyphen in a document that breaks words, at least."""

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
    the same words but for digits, on a third of the pages (three at least), or on all pages of one
    size. With two words or more it is one on pages of another size too, at whatever height.
    The titles of a table may recur: they are not a running line.
    """
    by_page = [(page, lines_of(page.number, page.words)) for page in pages]
    outer = [{id(x): _running_key(x, page) for x in _outer(lines)} for page, lines in by_page]
    seen = Counter(key for keys in outer for key in set(keys.values()))
    sizes = Counter((round(page.width), round(page.height)) for page in pages)
    enough = max(3, len(pages) / 3)
    running = {
        key
        for key in seen
        for count in [sum(seen[key[0], key[1] + step, key[2]] for step in (-1, 0, 1))]
        if count >= enough or count == sizes[key[2]] > MANY_PAGES
    }
    texts = {key[0] for key in running if len(re.findall(r"[^\W\d_]{2,}", key[0])) > 1}
    return [
        line
        for (_, lines), keys in zip(by_page, outer, strict=True)
        for line in lines
        if not (id(line) in keys and _is_running(keys[id(line)], running, texts))
        or is_title_row(line.text)
    ]


def _outer(lines: list[Line]) -> list[Line]:
    return lines[:RUNNING_LINES] + lines[RUNNING_LINES:][-RUNNING_LINES:]


_Key = tuple[str, int, tuple[int, int]]
"""A line's text without its figures, its height, and the size of its page."""


def _running_key(line: Line, page: Page) -> _Key:
    size = (round(page.width), round(page.height))
    return re.sub(r"\d+", "0", line.text), round(line.baseline), size


def _is_running(key: _Key, running: Container[_Key], texts: Container[str]) -> bool:
    return key in running or key[0] in texts


class Vocabulary:
    """The words of a document, to decide what a hyphen at the end of a line stood for."""

    def __init__(self, pages: Iterable[Page]) -> None:
        self._words: set[str] = set()
        hyphens = lines = 0
        for page in pages:
            for before, word in pairwise(page.words):
                # What begins a line may be the end of a word that was broken, even a page before.
                is_within = abs(word.baseline - before.baseline) < SAME_LINE_EM * word.height
                if is_within and not word.text.endswith(_LINE_END_HYPHENS):
                    self._words.add(word.text.strip(_EDGES).casefold())
                lines += not is_within
                hyphens += not is_within and before.text.endswith(_LINE_END_HYPHENS)
        self._breaks_words = lines < FEW_LINES or hyphens > HYPHENATED_SHARE * lines

    def joined(self, lines: Sequence[Line]) -> str:
        """Return the text of these lines in one.

        A word broken at a line end loses its hyphen, unless the document also writes it with the
        hyphen, knows both halves as words and not the whole ("cloud-native"), has a hyphen in the
        word already ("week-by-week"), or ends so few lines with one that it breaks no words.
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
        # "week-by-" and "week", or "week-" and "by-week": a compound has another hyphen already.
        last, begin = first.rpartition("-")[2], second.partition("-")[0]
        has_one = (last, begin) != (first, second) and last + begin not in self._words
        keep = is_number or compound or has_one or (halves and not whole)
        keep = keep or not (self._breaks_words or whole)
        return f"{stem}-{piece}" if keep else stem + piece
