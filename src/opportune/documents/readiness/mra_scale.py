"""How a report writes its ratings: as a digit, "2/5", a word or symbols; each is 1 to 5."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from opportune.documents.readiness.mra_words import folded
from opportune.model.folding import folded as without_accents

LOWEST, HIGHEST = 1, 5

_DASH = r"[-\u2013\u2014]"
DOUBLED = re.compile(rf"([1-5])\s+\1(?:\s+{_DASH}\s*|\s*{_DASH}\s+)(.*)", re.DOTALL)
"""The digit twice and a dash, "2 2 - description": two columns whose texts run together."""
_DASHED = re.compile(rf"([1-5])(?:\s+{_DASH}\s*|\s*[-\u2013\u2014:.)]\s+)(?!\d)(.*)", re.DOTALL)
_OF_FIVE = re.compile(
    r"([1-5])(?:[.,]0)?\s*(?:/|\bout of\b|\bof\b|\bde\b|\bsobre\b|\bem\b)\s*5(?:[.,]0)?(?![\w/])"
    rf"\s*(?:{_DASH}|:)?\s*(.*)",
    re.DOTALL | re.IGNORECASE,
)
_ALONE = re.compile(r"([1-5])(?:[.,]0)?(?:\s*\(([^()]*)\))?")
_NO_RATING = re.compile(
    rf"(?:\d+\s+\d+|\?|n/?a)\s*{_DASH}\s.*|n/?a|\d{{1,3}}(?:[.,]\d)?|\d+/\d+|"
    r"(?:not |no )(?:answered|rated|response)",
    re.IGNORECASE | re.DOTALL,
)
_DIGITS = re.compile(r"[1-5](?: [1-5])?")
_FULL, _HOLLOW = (
    "\u2605\u2b50\u25cf\u2b24\u25a0\u25c6\u2b1b\U0001f7e2",
    "\u2606\u25cb\u25ef\u25a1\u25c7\u2b1c\u26aa",
)
_SYMBOLS = re.compile(f"[{_FULL}{_HOLLOW}\\s\ufe0f]+")
_BOX = re.compile(
    "([\u2610\u2611\u2612\u25a1\u25a0\u25cb\u25c9\u25cf\u2713\u2714\u2717])\\s*([1-5])(?!\\w)"
)
_EMPTY_BOXES = "\u2610\u25a1\u25cb"
_PAIR = re.compile(
    r"(?<![\w.,/])([1-5])\s*(?:[-\u2013\u2014=:.)]\s*)?([^\W\d_][^,;|/()=\d]{1,40}?)"
    r"\s*(?=[,;|/)]|(?<=\s)[1-5](?!\w)|$)"
)
_PAIR_BACK = re.compile(
    r"([^\W\d_][^,;|/()=:\d]{1,40}?)\s*(?:=\s*|\(\s*|[-\u2013\u2014:]\s+)([1-5])\s*\)?(?=\s*[,;|/.]|\s*$)"
)
_ONE_OF_A_LIST = re.compile(r"([1-5])\s*(?:[-\u2013\u2014=:.)]\s*)?([^\W\d_][^\d.?!]{1,40})")
_ENOUGH_PAIRS = 2
_WORDS_OF_A_LEVEL = 5


class Scale:
    """Reads ratings as one report writes them.

    Args:
        legend: Words that stand for a rating, folded, to the rating.
        has_single_digits: A digit alone begins a row: the description stands in another column.
        is_doubled: A digit and a dash ("2 - ...") go on with a rating that began on the line above.
        counts_symbols: How many symbols stand there is the rating, though none is hollow.
    """

    def __init__(
        self,
        legend: Mapping[str, int] | None = None,
        *,
        has_single_digits: bool = True,
        is_doubled: bool = False,
        counts_symbols: bool = False,
    ) -> None:
        self._legend = dict(legend or {})
        self._has_single_digits = has_single_digits
        self._forms = (DOUBLED, _OF_FIVE) if is_doubled else (DOUBLED, _DASHED, _OF_FIVE)
        self._counts_symbols = counts_symbols

    def read(self, text: str) -> tuple[int, str] | None:
        """Return the rating that a text begins with and what follows it; None if it is none."""
        text = text.strip()
        for form in self._forms:
            if match := form.fullmatch(text):
                return int(match[1]), match[2].strip()
        if self._has_single_digits and (match := _ALONE.fullmatch(text)):
            return int(match[1]), (match[2] or "").strip()
        if boxes := _BOX.findall(text):
            ticked = [int(digit) for box, digit in boxes if box not in _EMPTY_BOXES]
            return (ticked[0], "") if len(ticked) == 1 else None
        if _SYMBOLS.fullmatch(text):
            return self._symbols(text)
        known = self._legend.get(_folded_level(text)) or self._numbered_level(text)
        return (known, "") if known else None

    def _numbered_level(self, text: str) -> int | None:
        """Return the rating of "4 Established", where the legend gives the word this number."""
        number, _, word = text.partition(" ")
        known = self._legend.get(_folded_level(word))
        return known if known and number == str(known) else None

    def _symbols(self, text: str) -> tuple[int, str] | None:
        full = sum(text.count(symbol) for symbol in _FULL)
        hollow = sum(text.count(symbol) for symbol in _HOLLOW)
        is_whole = full + hollow == HIGHEST or (self._counts_symbols and not hollow)
        return (full, "") if is_whole and LOWEST <= full <= HIGHEST else None

    def starts(self, texts: Sequence[str], below: str = "") -> list[int]:
        """Return which lines of a response column begin a rating, readable or not.

        The digits may stand on a line of their own, right above "N - ..." or "- ...", and a word
        of the legend may take up to three lines.

        Args:
            texts: Of the lines, top to bottom.
            below: What follows the last of them at the top of the next page.
        """
        after = [*texts[1:], below]
        found, skip = [], 0
        for index, text in enumerate(texts):
            if index < skip:
                continue
            is_start = (
                self._begins(text)
                or _NO_RATING.fullmatch(text)
                or (_DIGITS.fullmatch(text) and DOUBLED.match(f"{text} {after[index]}"))
            )
            for more in (2, 3) if not is_start else ():
                if self._legend.get(_folded_level(" ".join(texts[index : index + more]))):
                    is_start, skip = True, index + more
                    break
            if is_start:
                found.append(index)
        return found

    def _begins(self, text: str) -> bool:
        # A description may wrap before a number: alone it begins a row only where digits stand so.
        return self.read(text) is not None or bool(
            self._has_single_digits and re.fullmatch(r"\d", text)
        )

    def why_unread(self, texts: Iterable[str]) -> str:
        """Return why none of these responses is a rating, as the end of a sentence."""
        shown = [text for text in texts if text.strip()]
        if any(_SYMBOLS.fullmatch(text) for text in shown):
            return "rates by symbols, and nothing says how many make the highest rating"
        words = [text for text in shown if re.fullmatch(r"[^\W\d_][^\d]{0,40}", text)]
        if words and len(words) * 2 >= len(shown):
            return f'rates by words ("{words[0][:30]}") without a legend that gives them 1 to 5'
        if shown:
            return f'has no rating from 1 to 5 ("{shown[0][:30]}" is none)'
        return "has no rating"


def scale_of(texts: Sequence[str], responses: Sequence[str], *, by_line: bool) -> Scale:
    """Return the scale of a report.

    Args:
        texts: Of all lines, in order; a legend may stand among them.
        responses: Of the cells or lines of the response column.
        by_line: `responses` are lines, of which some begin no rating.
    """
    stripped = [text.strip() for text in responses]
    alone = sum(bool(_ALONE.fullmatch(text)) for text in stripped)
    doubled = sum(bool(DOUBLED.match(text)) for text in stripped)
    dashed = sum(bool(_DASHED.match(text)) for text in stripped)
    symbols = [sum(text.count(s) for s in _FULL) for text in stripped if _SYMBOLS.fullmatch(text)]
    has_legend = any(_SYMBOLS.match(text) and re.search(r"[1-5]", text) for text in texts)
    return Scale(
        legend_in(texts),
        has_single_digits=not by_line or alone > doubled + dashed,
        is_doubled=by_line and doubled > dashed,
        counts_symbols=max(symbols, default=0) <= HIGHEST and (HIGHEST in symbols or has_legend),
    )


def legend_in(texts: Sequence[str]) -> dict[str, int]:
    """Return the words that stand for ratings: "1 = Absent, 2 = Emerging", also one on a line."""
    legend: dict[str, int] = {}
    for first, second in pairwise([*texts, ""]):
        for text in (first, f"{first} {second}"):
            for pairs in (
                [(int(m[1]), m[2]) for m in _PAIR.finditer(text)],
                [(int(m[2]), m[1]) for m in _PAIR_BACK.finditer(text)],
            ):
                if len({number for number, _ in pairs}) >= _ENOUGH_PAIRS:
                    _learn(legend, pairs)
    singles = [_ONE_OF_A_LIST.fullmatch(text.strip()) for text in texts]
    for one, other in pairwise(singles):
        if one and other and int(other[1]) - int(one[1]) in (-1, 1):
            _learn(legend, [(int(one[1]), one[2]), (int(other[1]), other[2])])
    return legend


def _learn(legend: dict[str, int], pairs: Iterable[tuple[int, str]]) -> None:
    for number, word in pairs:
        # "Scale: Absent (1)": what stands before a colon introduces the first word.
        level = _folded_level(word.rpartition(":")[2])
        if level and len(level.split()) <= _WORDS_OF_A_LEVEL:
            legend.setdefault(level, number)


def _folded_level(text: str) -> str:
    return without_accents(folded(text))
