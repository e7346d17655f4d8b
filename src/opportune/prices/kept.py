"""Price books: those that come with the package, and those of the data folder.

A version names one book for ever: nothing here overwrites a file, and two different books of one
version are refused. So a session that names its version can be recomputed with the very prices.
"""

import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

from opportune.errors import ConfigurationError, InvalidInputError, PriceBookMissingError
from opportune.model.folding import folded
from opportune.model.records import Model
from opportune.prices.book import PriceBook
from opportune.settings import Settings

FOLDER = "prices"
"""Of the data folder."""


class PriceRow(Model):
    """A price, and where it is from."""

    name: str
    """Says the unit: `m7i.large-hour`, `gp3-gb-month`."""
    amount: str
    """US dollars for one unit, exact."""
    source: str
    snapshot: str
    """When the source said so: a day, or a month, in ISO 8601."""


class PriceBookAnswer(Model):
    """A price book in full. `known` are the versions that can be chosen, bundled ones first."""

    version: str
    region: str
    hours_a_year: int
    rows: tuple[PriceRow, ...]
    known: tuple[str, ...]

    def named(self, text: str) -> "PriceBookAnswer":
        """Return the same with only the rows whose name has this text in it."""
        rows = tuple(row for row in self.rows if folded(text) in folded(row.name))
        return self.model_copy(update={"rows": rows})


@dataclass(frozen=True)
class Book:
    """A price book as its file has it, and as the analysis takes it."""

    data: Mapping[str, Any]
    prices: PriceBook

    @property
    def version(self) -> str:
        """Names it for ever."""
        return self.prices.version

    @classmethod
    def load(cls, path: Path) -> "Book":
        """Read a book.

        Raises:
            ConfigurationError: It cannot be read, lacks something, or its version is not a name.
        """
        prices = PriceBook.load(path)
        version: object = prices.version
        if not isinstance(version, str) or not version.strip() or is_path(version):
            raise ConfigurationError(
                f"Price book {path.name} has the version {version!r}: give it a text that is not "
                "blank and does not look like a path."
            )
        return cls(tomllib.loads(path.read_text("utf-8")), prices)

    @cached_property
    def rows(self) -> tuple[PriceRow, ...]:
        """Every price, instance types first."""
        sources = self.data["sources"]

        def row(name: str, amount: object, source: str) -> PriceRow:
            known = sources[source]
            return PriceRow(
                name=name,
                amount=str(amount),
                source=str(known["name"]),
                snapshot=str(known["snapshot"]),
            )

        families = self.data["ec2"]
        return (
            *(
                row(f"{t.name}-hour", t.hourly, families[t.name.partition(".")[0]]["source"])
                for t in self.prices.instance_types.values()
            ),
            *(row(name, p["amount"], p["source"]) for name, p in self.data["price"].items()),
        )


class PriceBooks:
    """Finds books by version.

    Args:
        folder: Of further books; it need not exist. None: there are only bundled ones.
        default: Version or path of the book to use when none is asked for; empty: the bundled one.
        is_lasting: Whether a book given by its path is copied into the folder, so that sessions
            made with it can be recomputed later; else it is remembered as long as the process.
    """

    def __init__(
        self, folder: Path | None = None, *, default: str = "", is_lasting: bool = True
    ) -> None:
        self._folder = folder
        self._default = default
        self._is_lasting = is_lasting
        self._remembered: dict[str, Book] = {}

    def chosen(self, version: str = "") -> PriceBook:
        """Return the book that an analysis uses.

        Raises:
            PriceBookMissingError: There is no book of this version.
            ConfigurationError: OPPORTUNITY_PRICE_BOOK names no book.
        """
        if version:
            return self.prices(version)
        if is_path(self._default):
            return self.prices(self.keep(Path(self._default).expanduser()))
        return self.prices(self._default)

    def prices(self, version: str) -> PriceBook:
        """Return a book for the analysis; "" = the bundled one, of sessions that name none."""
        bundled = PriceBook.bundled()
        return bundled if version in ("", bundled.version) else self.find(version).prices

    def find(self, version: str = "") -> Book:
        """Return a book in full; "" = the bundled one.

        Raises:
            PriceBookMissingError: There is none of this version.
            ConfigurationError: A file of the folder is not a price book.
        """
        wanted = version or PriceBook.bundled().version
        for book in self.all():
            if book.version == wanted:
                return book
        raise PriceBookMissingError(wanted, self.versions(), folder=FOLDER)

    def all(self) -> Iterator[Book]:
        """Yield the books: bundled ones, then those of the folder by file name."""
        for path in sorted(Path(str(files("opportune.prices") / "data")).glob("prices-*.toml")):
            yield Book.load(path)
        yield from self._remembered.values()
        for path in sorted(self._folder.glob("*.toml")) if self._folder else ():
            yield Book.load(path)

    def versions(self) -> Iterator[str]:
        """Yield the versions that can be chosen."""
        return (book.version for book in self.all())

    def answer(self, version: str = "") -> PriceBookAnswer:
        """Return a book, or the one that an analysis would use, as programs read it."""
        book = self.find(self.chosen(version).version)
        return PriceBookAnswer(
            version=book.version,
            region=book.prices.region,
            hours_a_year=book.prices.hours_a_year,
            rows=book.rows,
            known=tuple(self.versions()),
        )

    def keep(self, path: Path) -> str:
        """Make a book of the user's available under its version, and return that.

        Raises:
            ConfigurationError: It cannot be read or kept.
            InvalidInputError: Another book has its version already.
        """
        book = Book.load(path)
        known = next((b for b in self.all() if b.version == book.version), None)
        if known is None and self._is_lasting:
            self.add(path.read_text("utf-8"), book.version)
        elif known is None:
            self._remembered[book.version] = book
        elif known.data != book.data:
            raise InvalidInputError(
                f"Price book {path.name} is not the one that is known as {book.version!r}: "
                "give it a version of its own."
            )
        return book.version

    def add(self, text: str, version: str) -> Path:
        """Write a new book's file; an existing file is never touched.

        Raises:
            ConfigurationError: It cannot be written.
        """
        folder = self._folder or Path()
        target = folder / f"{re.sub('[^A-Za-z0-9.]+', '-', version).strip('.-') or 'book'}.toml"
        partial = target.with_name(f"{target.name}.{os.getpid()}.part")
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            partial.write_text(text, "utf-8")
            try:
                target.hardlink_to(partial)  # unlike a rename it fails if the target is there
            finally:
                partial.unlink()
        except OSError as error:
            raise ConfigurationError(
                f"Price book {target.name} cannot be written to {folder} ({error.strerror})."
            ) from error
        return target


def price_books(settings: Settings) -> PriceBooks:
    """Return the price books of the package and of the data folder."""
    return PriceBooks(
        settings.data_dir / FOLDER,
        default=settings.price_book,
        is_lasting=settings.storage_type != "memory",
    )


def is_path(text: str) -> bool:
    """Tell a path from a version: it ends in .toml or names a folder."""
    return text.endswith(".toml") or "/" in text or os.sep in text


def to_toml(data: Mapping[str, Any], path: str = "") -> str:
    """Write texts, numbers, truths, days, lists of them, and tables in tables, as TOML."""
    lines = [
        f"{_toml_key(k)} = {_toml_value(v)}" for k, v in data.items() if not isinstance(v, Mapping)
    ]
    parts = ["\n".join([f"[{path}]", *lines] if path and lines else lines)]
    for key, value in data.items():
        if isinstance(value, Mapping):
            inner = f"{path}.{_toml_key(key)}" if path else _toml_key(key)
            parts.append(to_toml(value, inner) if value else f"[{inner}]\n")
    return "\n\n".join(part.strip("\n") for part in parts if part.strip()) + "\n"


def _toml_key(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z0-9_-]+", text) else _toml_value(text)


def _toml_value(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_toml_value, value))}]"
    if isinstance(value, date):
        return value.isoformat()
    # A JSON text is a TOML text, but for DEL.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
