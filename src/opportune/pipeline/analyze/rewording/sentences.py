"""Takes of a reworded text only the sentences that say no more than the original does.

A model may choose words. It may not choose facts: each number, date, name and product of a
sentence must stand in the original, and what the original does not negate stays unnegated.
"""

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from opportune.model.folding import folded

_SENTENCE_END = re.compile(r"(?<=[.!?:;])\s+(?=[\[\"'(¿¡]*[A-ZÁÉÍÓÚÑÂÊÔÃÕÇ\d\[])|\n+")
_TOKEN = re.compile(r"\[\[[A-Z]{2,4}\]\]")
_NUMBER = re.compile(r"\d+(?:[.,'\u00a0\u202f ]\d{3})*(?:[.,]\d+)?|\d+")
_WORD = re.compile(r"[^\W\d_](?:[\w&+.#/\u2019'-]*[\w+#])?")
_FOREIGN = re.compile(r"https?:|www\.|[@<>`{}|\\^~]|\]\(|\*\*|^#|\\u", re.IGNORECASE)
"""Links, mail, markup: no text of a rule has any."""
_STEM = 5
"""Letters that a word's forms share: `migration`, `migrating`."""


@cache
def _lexicon() -> dict[str, frozenset[str]]:
    text = files("opportune.pipeline.analyze.rewording").joinpath("lexicon.toml").read_text("utf-8")
    return {name: frozenset(words.split()) for name, words in tomllib.loads(text).items()}


def kept_sentences(text: str, source: str) -> tuple[str, int]:
    """Return the sentences that the source bears out, and how many it does not.

    Args:
        text: What a model wrote; names are tokens in it.
        source: All that it was given to reword, tokens in it too, and related products by name.
    """
    facts = _Facts(source)
    sentences = [s.strip() for s in _SENTENCE_END.split(text.strip()) if s.strip()]
    kept = [s for s in sentences if facts.bear_out(s)]
    return " ".join(kept), len(sentences) - len(kept)


class _Facts:
    """What a source says that can be checked: figures, words, names, whether it negates."""

    def __init__(self, source: str) -> None:
        self._numbers = set(_numbers(source))
        self._tokens = set(_TOKEN.findall(source))
        self._words = {folded(word) for word in _words(source)}
        self._stems = {word[:_STEM] for word in self._words}
        self._quantities = self._words & _lexicon()["quantities"]
        self._negates = bool(self._words & _lexicon()["negations"])

    def bear_out(self, sentence: str) -> bool:
        """Tell whether a sentence says nothing that can be checked and is not there."""
        if _FOREIGN.search(sentence) or not set(_TOKEN.findall(sentence)) <= self._tokens:
            return False
        words = list(_words(sentence))
        small = {folded(word) for word in words}
        return (
            set(_numbers(sentence)) <= self._numbers
            and (small & _lexicon()["quantities"]) <= self._quantities
            and (self._negates or not small & _lexicon()["negations"])
            and (small & _lexicon()["claims"]) <= self._words
            and (small & _lexicon()["products"]) <= self._words
            and all(self._is_known_name(word, number == 0) for number, word in enumerate(words))
        )

    def _is_known_name(self, word: str, is_first: bool) -> bool:  # noqa: FBT001 - its place
        """Tell whether a word with a capital is of the source, or only begins the sentence."""
        if not any(c.isupper() for c in word):
            return True
        small = folded(word)
        if small in self._words:
            return True
        is_plain = is_first and word[1:].islower()
        return is_plain and (small in _lexicon()["openers"] or small[:_STEM] in self._stems)


def _numbers(text: str) -> Iterable[str]:
    """Yield figures without their marks: `1,234.50`, `1.234,50` and `1 234,5` are one figure."""
    for match in _NUMBER.findall(_TOKEN.sub(" ", text)):
        parts = re.split(r"[.,'\u00a0\u202f ]", match)
        is_fraction = len(parts) > 1 and len(parts[-1]) != len("000")
        whole = "".join(parts[:-1] if is_fraction else parts).lstrip("0") or "0"
        fraction = parts[-1].rstrip("0") if is_fraction else ""
        yield f"{whole}.{fraction}" if fraction else whole


def _words(text: str) -> Iterable[str]:
    for word in _WORD.findall(_TOKEN.sub(" ", text)):
        yield from re.split(r"[/]", word.strip(".'\u2019-"))
