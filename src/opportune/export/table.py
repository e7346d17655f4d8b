"""The rows and columns that spreadsheets and CSV files share."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from opportune.export.portfolio import Portfolio, claimed
from opportune.model.records import Opportunity
from opportune.model.words import category_name, words

Cell = str | int | Decimal | date | None
"""A date is UTC; None is an empty cell."""


class Kind(Enum):
    """What a column holds."""

    TEXT = "text"
    LONG = "long"
    """Text of several lines."""
    MONEY = "money"
    FIGURE = "figure"
    """A number of any unit."""
    COUNT = "count"
    DAY = "day"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Column:
    """A column; its heading is the text `export.column.<name>`."""

    name: str
    kind: Kind
    value: Callable[[Opportunity, str], Cell]
    """Of an opportunity, in a language."""


def _in_words(key: str) -> Callable[[Opportunity, str], Cell]:
    return lambda one, language: words(language)[f"{key}.{getattr(one, key)}"]


def _field_value(name: str) -> Callable[[Opportunity, str], Cell]:
    def value(one: Opportunity, _: str) -> Cell:
        cell: Cell = getattr(one, name)
        return cell

    return value


def _joined_items(name: str) -> Callable[[Opportunity, str], Cell]:
    return lambda one, _: "\n".join(getattr(one, name))


def _claim(name: str) -> Callable[[Opportunity, str], Cell]:
    def value(one: Opportunity, _: str) -> Cell:
        cell: Cell = getattr(claimed(one), name, None)
        return cell

    return value


def _moment(name: str) -> Callable[[Opportunity, str], Cell]:
    def value(one: Opportunity, _: str) -> Cell:
        text = getattr(one, name)
        return datetime.fromisoformat(text) if text else None

    return value


def _evidence_text(one: Opportunity, _: str) -> Cell:
    return "\n".join(f"{e.text} [{e.file}, {e.location}]" for e in one.evidence)


def _category(one: Opportunity, language: str) -> Cell:
    return category_name(one.category, language)


COLUMNS = (
    Column("title", Kind.TEXT, _field_value("title")),
    Column("customer", Kind.TEXT, _field_value("customer")),
    Column("priority", Kind.TEXT, _in_words("priority")),
    Column("status", Kind.TEXT, _in_words("status")),
    Column("category", Kind.TEXT, _category),
    Column("arr", Kind.MONEY, _field_value("estimated_arr")),
    Column("low", Kind.MONEY, _claim("low")),
    Column("high", Kind.MONEY, _claim("high")),
    Column("services", Kind.TEXT, lambda one, _: ", ".join(one.related_services)),
    Column("owner", Kind.TEXT, _field_value("owner")),
    Column("close", Kind.DAY, _field_value("close_date")),
    Column("loss", Kind.TEXT, _field_value("loss_reason")),
    Column("reasoning", Kind.LONG, _field_value("reasoning")),
    Column("talking", Kind.LONG, _joined_items("talking_points")),
    Column("next", Kind.LONG, _joined_items("next_steps")),
    Column("evidence", Kind.LONG, _evidence_text),
    Column("basis", Kind.TEXT, _claim("basis")),
    Column("book", Kind.TEXT, _claim("price_book")),
    Column("region", Kind.TEXT, _claim("region")),
    Column("formula", Kind.LONG, _claim("formula")),
    Column("created", Kind.TIME, _moment("created_at")),
    Column("updated", Kind.TIME, _moment("updated_at")),
    Column("by", Kind.TEXT, _field_value("updated_by")),
    Column("version", Kind.COUNT, _field_value("version")),
    Column("id", Kind.TEXT, _field_value("id")),
)


def headings(language: str) -> list[str]:
    """Return the headings of all columns."""
    return [words(language)[f"export.column.{column.name}"] for column in COLUMNS]


def rows(portfolio: Portfolio) -> list[list[Cell]]:
    """Return a row for each opportunity, in order."""
    language = portfolio.language
    return [[column.value(one, language) for column in COLUMNS] for one in portfolio.opportunities]
