"""Decides how a column writes numbers: which mark is decimal, and which groups thousands.

A single cell often cannot tell: "131.072" may be a hundred and thirty-one thousand, or a little
more than 131. The column's other values can, else the table's other columns, else what the figures
are, else what separates the file's cells. `docs/documents.md` states the rules.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from opportune.documents.inventory.cells import decimal_mark_of, is_ambiguous, quantity_of

WHOLE_UNITS = ("kb", "kib", "mb", "mib")
"""Nobody writes a machine's memory or disk in thousandths of one of these."""
MEMORY_STEP_MB = 256
"""Memory in MB comes in multiples of it."""
LEAST_OPEN = 2
"""Different numbers that could be either, before their shape counts."""


class Notation(NamedTuple):
    """How a column writes numbers."""

    decimal_mark: str
    """"." or ","; "" = it cannot be told, each cell is read by itself."""
    reason: str = ""
    """Why; "" = no number of the column has a mark."""


def notation_of(
    texts: Sequence[str], *, field: str, unit: str, table_mark: str, delimiter: str
) -> Notation:
    """Return how a column's numbers are written.

    Args:
        texts: Its different cells that are texts and not blank.
        field: What it is read as.
        unit: That its header names, or its format implies; "" = none.
        table_mark: Decimal mark that the table's other columns prove; "" = none does.
        delimiter: What separates the cells of the file; "" in a workbook.
    """
    proven = decimal_mark_of(texts)
    if proven:
        return Notation(proven, "other numbers in it leave no doubt")
    open_ = [text for text in texts if is_ambiguous(text)]
    if not open_:
        return Notation("")
    if table_mark:
        return Notation(table_mark, "other columns of the table leave no doubt")
    mark = "," if any("," in text for text in open_) else "."
    other = "." if mark == "," else ","
    return (
        _by_figures(open_, field, unit, (mark, other))
        or _by_shape(texts, open_, other)
        or _by_delimiter(delimiter)
    )


def _by_figures(
    texts: Sequence[str], field: str, unit: str, marks: tuple[str, str]
) -> Notation | None:
    """Decide by what the figures are; `marks` are the one in them and the other one."""
    mark, other = marks
    if field.endswith("_fraction"):
        return Notation(mark, "a share of thousands is not possible")
    if unit in WHOLE_UNITS:
        return Notation(other, f"sizes in {unit.upper()} are whole numbers")
    if field.startswith("ram_") and not unit and _are_steps(texts, other):
        return Notation(other, f"all of them are then multiples of {MEMORY_STEP_MB}, as MB are")
    return None


def _by_shape(texts: Sequence[str], open_: Sequence[str], other: str) -> Notation | None:
    """Take marks for thousands where only numbers from 1,000 on have one.

    Decimals would have one in smaller numbers too, or fewer than three digits after some.
    """
    marked = [text for text in texts if "." in text or "," in text]
    smaller = [text for text in texts if text not in marked and quantity_of(text, "") is not None]
    if len(set(open_)) < LEAST_OPEN or len(open_) != len(marked) or not smaller:
        return None
    return Notation(other, "only numbers from 1,000 on have a mark, with three digits after it")


def _by_delimiter(delimiter: str) -> Notation:
    if delimiter != ";":
        return Notation("")
    reason = "the file separates its cells with semicolons, as where a comma is the decimal mark"
    return Notation(",", reason)


def table_mark_of(columns: Iterable[Sequence[str]]) -> str:
    """Return the decimal mark that columns of numbers prove; "" if none does, or they differ."""
    marks = {decimal_mark_of(texts) for texts in columns} - {""}
    return marks.pop() if len(marks) == 1 else ""


def _are_steps(texts: Sequence[str], decimal_mark: str) -> bool:
    numbers = [found.value for text in texts if (found := quantity_of(text, decimal_mark))]
    return bool(numbers) and all(number % MEMORY_STEP_MB == 0 for number in numbers)
