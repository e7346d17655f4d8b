import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opportune.errors import InvalidInputError
from opportune.model.records import LANGUAGES, Status
from opportune.model.words import number, status_named, words

PLACEHOLDER = re.compile(r"\{\w*\}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_keys_and_placeholders(language: str) -> None:
    english, other = words("en"), words(language)
    assert list(english) == list(other)
    for key, text in english.items():
        assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(other[key])), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_blank(language: str) -> None:
    assert all(text.strip() for text in words(language).values())


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_status_is_understood_in_every_language(status: Status, language: str) -> None:
    name = words(language)[f"status.{status}"]
    assert status_named(name.upper()) == status
    assert status_named(status.name.lower()) == status
    assert status_named(status.value) == status


def test_an_unknown_status_names_the_known_ones() -> None:
    with pytest.raises(InvalidInputError, match="use one of New, In progress, Won"):
        status_named("somewhere")


@pytest.mark.parametrize(
    ("language", "text"), [("en", "1,234,567.5"), ("es", "1.234.567,5"), ("pt", "1.234.567,5")]
)
def test_numbers_are_written_as_the_reader_writes_them(language: str, text: str) -> None:
    assert number(1234567.5, language, decimals=1) == text


@given(st.integers(-(10**12), 10**12), st.sampled_from(LANGUAGES))
def test_only_separators_are_added_to_a_number(value: int, language: str) -> None:
    assert int(re.sub("[.,]", "", number(value, language))) == value
