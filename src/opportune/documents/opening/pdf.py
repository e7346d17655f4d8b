"""Safe opening of PDF files: words, borders and fields with positions, or one clear error."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from opportune.documents.opening import pdf_words
from opportune.errors import MalformedDocumentError, UnsupportedDocumentError
from opportune.model.file import InputFile

TIMEOUT_S = 30
MAGIC_WITHIN_BYTES = 1024
END_WITHIN_BYTES = 2048
FIELD_PITCH_PT = 12.0
"""Between the lines of a field that was filled in."""
FIELD_STYLE = "field"

_PROBLEMS = {
    "locked": "is locked with a password: remove the password and try again.",
    "broken": "is damaged and cannot be opened as a PDF: export it again.",
    "page": "cannot be read on this page: export the PDF again.",
    "pages": (
        f"has {{page}} pages, more than the {pdf_words.MAX_PAGES} that are read: "
        "give only the report."
    ),
    "characters": "holds more text on this page than any report: export the PDF again.",
    "bounds": "needs more memory or time than a report may take: export the PDF again.",
}


@dataclass(frozen=True, slots=True)
class Word:
    """Characters without a gap. Points; y grows downwards from the top of the page."""

    left: float
    right: float
    baseline: float
    height: float
    """Ascent and descent of its font: about 1.1 to 1.4 times the font size."""
    text: str
    """A soft hyphen (U+00AD) at its end: the line broke here, with a hyphen."""
    style: str
    """Equal for words of the same size and font."""


class Rule(NamedTuple):
    """A line, or a rectangle as thin as one. Points; y grows downwards from the top of the page."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a fillable form, filled in, and where it stands."""

    left: float
    top: float
    right: float
    bottom: float
    name: str
    """As it is shown to who fills it in, if the form says so; else its technical name."""
    value: str
    """Of a box, "\u2612" if it is ticked and "\u2610" if it is not."""

    def words(self) -> Iterator[Word]:
        """Yield what was entered as words in the field's place, line by line."""
        lines = [line.split() for line in self.value.splitlines()]
        pitch = min(FIELD_PITCH_PT, (self.bottom - self.top) / max(len(lines), 1))
        for index, texts in enumerate(lines):
            step = (self.right - self.left) / max(len(texts), 1)
            for place, text in enumerate(texts):
                left = self.left + place * step
                baseline = self.top + (index + 0.8) * pitch
                yield Word(left, left + step, baseline, pitch, text, FIELD_STYLE)


@dataclass(frozen=True, slots=True)
class Page:
    """A page and its words, in the order of the content stream, then those of filled fields."""

    number: int
    width: float
    height: float
    words: tuple[Word, ...]
    rules: tuple[Rule, ...] = ()
    picture: float = 0.0
    """Share of the page that its largest picture covers, 0 to 1."""
    fields: tuple[Field, ...] = ()


def looks_like_pdf(file: InputFile) -> bool:
    """Say whether the bytes begin like a PDF, wherever else they lead."""
    return b"%PDF-" in file.data[:MAGIC_WITHIN_BYTES]


def read_pages(file: InputFile) -> tuple[Page, ...]:
    """Return the pages of a PDF.

    PDFium runs in a child process with bounds on memory, processor time, pages and characters
    (`pdf_words.py`). The last documents are remembered, so identifying and extracting read once.

    Raises:
        UnsupportedDocumentError: The file is empty or no PDF.
        MalformedDocumentError: It is cut off, damaged, locked or beyond the bounds.
    """
    if not file.data:
        raise UnsupportedDocumentError(file.name, "is empty: export the report again.")
    if not looks_like_pdf(file):
        raise UnsupportedDocumentError(file.name, "is not a PDF: give the report as a PDF file.")
    # PDFium mends a file without its end by leaving pages out: rows would go missing unnoticed.
    if b"%%EOF" not in file.data[-END_WITHIN_BYTES:]:
        raise MalformedDocumentError(
            file.name, "is cut off (its end is missing): copy or download it again."
        )
    answer = _ask_child(file.data)
    if "problem" in answer:
        _refuse(file.name, answer["problem"], answer.get("page", 0))
    return tuple(
        _received_page(number, page) for number, page in enumerate(answer["pages"], start=1)
    )


def _received_page(number: int, parts: list[Any]) -> Page:
    """Return a page from what the child sends of it."""
    width, height, words, rules, picture, fields = parts
    filled = tuple(Field(*field) for field in fields)
    shown = [Word(*word) for word in words]
    shown += [word for field in filled for word in field.words()]
    return Page(
        number, width, height, tuple(shown), tuple(Rule(*rule) for rule in rules), picture, filled
    )


def _refuse(name: str, problem: str, page: int) -> NoReturn:
    place = f"page {page}" if problem in ("page", "characters") else ""
    raise MalformedDocumentError(name, _PROBLEMS[problem].format(page=page), place=place)


@lru_cache(maxsize=2)
def _ask_child(data: bytes) -> dict[str, Any]:
    command = [sys.executable, "-P", str(Path(pdf_words.__file__)), json.dumps(sys.path)]
    try:
        child = subprocess.run(  # noqa: S603 - our own file, no shell
            command, input=data, capture_output=True, timeout=TIMEOUT_S, check=False
        )
        answer = json.loads(child.stdout)
    except (subprocess.TimeoutExpired, OSError, ValueError):
        # No answer: the child was stopped by a bound or crashed in PDFium on a broken file.
        return {"problem": "bounds"}
    return answer if isinstance(answer, dict) else {"problem": "broken"}
