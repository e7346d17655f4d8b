"""Words and numbers as a reader of English, Spanish or Portuguese expects them."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files

from opportune.errors import InvalidInputError
from opportune.model.records import LANGUAGES
from opportune.model.words import in_marks, number

NAMES_LISTED = 5
"""How many names a sentence lists before it says how many more there are."""

Number = int | float | Decimal


@dataclass(frozen=True, slots=True)
class Count:
    """A number of things that a text names: `{servers:server|servers}` gives `1 server`.

    A third form stands for what agrees with the number without repeating it:
    `{servers:|runs|run}` gives `runs` or `run`.
    """

    value: int
    language: str

    def __bool__(self) -> bool:
        """Tell whether there is any: sentences about none are left out."""
        return self.value > 0

    def __format__(self, spec: str) -> str:
        written = number(self.value, self.language)
        if not spec:
            return written
        *mark, one, many = spec.split("|")
        form = one if self.value == 1 else many
        return form if mark else f"{written} {form}"


@dataclass(frozen=True)
class Wording:
    """Sentences and numbers of one language."""

    language: str
    phrases: Mapping[str, str]

    def number(self, value: Number, digits: int = 0) -> str:
        """Write a number with this many decimals."""
        return number(value, self.language, decimals=digits)

    def short(self, value: Number) -> str:
        """Write a number with two decimals at most, none if it is whole."""
        return in_marks(f"{value:,.2f}".rstrip("0").rstrip("."), self.language)

    def price(self, amount: Decimal) -> str:
        """Write a unit price with as many decimals as it has, two at least: `$0.08`, `$0.08925`."""
        whole, _, decimals = f"{amount:,.6f}".rstrip("0").partition(".")
        return in_marks(f"${whole}.{decimals:0<2}", self.language)

    def percent(self, fraction: float) -> str:
        """Write a fraction as `75 %`."""
        return f"{self.short(fraction * 100)} %"

    def money(self, amount: Decimal) -> str:
        """Write whole US dollars: `USD 915,780`."""
        # Half up would need a quantize; a text rounds as people expect of whole dollars.
        return f"USD {self.number(amount)}"

    def count(self, value: int) -> Count:
        """Return a number whose noun agrees with it in the text."""
        return Count(value, self.language)

    def phrase(self, key: str, **values: object) -> str:
        """Return a sentence of `data/phrases.toml` with its placeholders filled."""
        return self.phrases[key].format(**values)

    def listing(self, names: Sequence[str], limit: int = NAMES_LISTED) -> str:
        """Return `a, b, c`, and how many more there are beyond the limit."""
        text = ", ".join(names[:limit])
        more = len(names) - limit
        return text if more <= 0 else self.phrase("and-more", names=text, more=self.count(more))


@cache
def wording(language: str) -> Wording:
    """Return the words of a language.

    Raises:
        InvalidInputError: It is none of ours.
    """
    if language not in LANGUAGES:
        raise InvalidInputError(f"Language {language!r} is not one of {', '.join(LANGUAGES)}.")
    text = files("opportune.model").joinpath("phrases.toml").read_text("utf-8")
    return Wording(language, {k: row[language] for k, row in tomllib.loads(text).items()})
