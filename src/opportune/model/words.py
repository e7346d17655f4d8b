"""The words people read, in their language, and numbers as they write them."""

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files

from opportune.errors import InvalidInputError
from opportune.model.folding import folded
from opportune.model.records import LANGUAGES, Status


@cache
def words(language: str) -> Mapping[str, str]:
    """Return the catalogue of a language: key -> text, placeholders in braces."""
    text = files("opportune.model").joinpath("locales", f"{language}.json").read_text("utf-8")
    catalogue: dict[str, str] = json.loads(text)
    return catalogue


_MARKS = {"en": ",.", "es": ".,", "pt": ".,"}
"""What sets thousands apart, and decimals: the one table of the whole product."""


def number(value: Decimal | float, language: str, *, decimals: int = 0) -> str:
    """Write a number: 1,234.5 in English, 1.234,5 in Spanish and Portuguese."""
    return in_marks(f"{value:,.{decimals}f}", language)


def in_marks(text: str, language: str) -> str:
    """Return a number, or several, written the English way with the marks of a language."""
    return text.translate(str.maketrans(",.", _MARKS[language]))


def category_name(category: str, language: str) -> str:
    """Return a category in a reader's language; one that a user made stays as it is."""
    return words(language).get(f"category.{category}", category)


def status_named(text: str) -> Status:
    """Return the status that a person named, in any of our languages, without case and accents.

    Raises:
        InvalidInputError: There is no such status.
    """
    wanted = folded(text.strip()).replace("_", " ").replace("-", " ")
    for status in Status:
        names = (
            status.value,
            status.name,
            *(words(lang)[f"status.{status}"] for lang in LANGUAGES),
        )
        if wanted in {folded(name).replace("_", " ") for name in names}:
            return status
    known = ", ".join(words("en")[f"status.{s}"] for s in Status)
    raise InvalidInputError(f"{text!r} is not a status: use one of {known}.")
