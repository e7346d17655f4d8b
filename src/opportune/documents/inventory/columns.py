"""Reads a table column by column: each column's unit is decided once, each bad cell is noted."""

from collections.abc import Callable, Sequence
from functools import cached_property
from math import inf, isfinite

from opportune.documents.inventory.cells import (
    Quantity,
    flag_of,
    is_ambiguous,
    is_error,
    quantity_of,
)
from opportune.documents.inventory.notation import Notation, notation_of, table_mark_of
from opportune.documents.inventory.tables import FoundTable
from opportune.documents.inventory.units import (
    AMBIGUOUS_UP_TO,
    COUNT_LARGEST,
    GB_PER,
    HOURS_PER,
    ROUNDING,
    Decision,
    SizeRules,
    decide_share,
    decide_size,
)
from opportune.documents.opening.sheet_xml import NO_CACHED_VALUE
from opportune.documents.opening.texts import text_of
from opportune.documents.opening.workbook import Cell
from opportune.documents.quality import Code, Notes, Spot, span

LARGEST_NUMBER = 1e12
"""Of anything in an inventory; beyond it a cell is no figure."""

Raw = float | Quantity | None
"""A number as it stands, one that names its own unit, or none."""


class Columns:
    """The columns of a table's rows. Every list is as long as `numbers` and in its order.

    Args:
        found: The table.
        numbers: The rows to read, 1-based.
        notes: Where what is wrong goes.
    """

    def __init__(self, found: FoundTable, numbers: Sequence[int], notes: Notes) -> None:
        self.table = found.table
        self.layout = found.layout
        self.numbers = numbers
        self._found = found
        self._notes = notes
        first = found.first_row
        self._rows = [found.rows[number - first] for number in numbers]
        self._notations: dict[str, Notation] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._found.indexes

    def texts(self, name: str) -> list[str]:
        """Return a column as text; "" where it is blank, an error or not there."""
        if name not in self:
            return [""] * len(self._rows)
        texts = [text_of(cell) for cell in self._cells(name)]
        for position, text in enumerate(texts):
            if text.startswith("#") and is_error(text):
                self._error(name, position, text)
                texts[position] = ""
        return texts

    def flags(self, name: str, words: Callable[[str], bool | None] = flag_of) -> list[bool | None]:
        """Return a column of yes or no; None where it says neither."""
        if name not in self:
            return [None] * len(self._rows)
        flags: list[bool | None] = []
        for position, text in enumerate(self.texts(name)):
            flag = words(text) if text else None
            if flag is None and text:
                flag = flag_of(text)  # in another language than the format's own words
            if flag is None and text:
                self.note(Code.VALUE_NOT_UNDERSTOOD, "neither yes nor no", name, position, text)
            flags.append(flag)
        return flags

    def integers(self, name: str, least: int = 0) -> list[int | None]:
        """Return a column of whole numbers; None where it is none, below `least`, or impossible."""
        values = self._within(name, self._plain(name), least, COUNT_LARGEST.get(name, inf))
        whole: list[int | None] = []
        for position, value in enumerate(values):
            if value is not None and value != int(value):
                self.note(
                    Code.VALUE_NOT_UNDERSTOOD,
                    "not a whole number, left blank",
                    name,
                    position,
                    f"{value:g}",
                )
                value = None  # noqa: PLW2901 - one way out of the loop
            whole.append(None if value is None else int(value))
        return whole

    def possible(self, name: str, counts: list[int | None], place: str) -> list[int | None]:
        """Return counts that were computed, blank with a note where no server has so many.

        Args:
            name: The field that they give.
            counts: One for each row.
            place: The field in whose column the note stands.
        """
        within: list[int | None] = []
        for position, count in enumerate(counts):
            is_possible = count is None or count <= COUNT_LARGEST[name]
            if not is_possible:
                self._impossible(place, position)
            within.append(count if is_possible else None)
        return within

    def numbers_of(self, name: str) -> list[float | None]:
        """Return a column of numbers, not negative; units beside them do not count."""
        return self._within(name, self._plain(name), 0)

    def hours(self, name: str) -> list[float | None]:
        """Return a column of durations in hours; "30 min" is 0.5."""
        return self._within(name, self._converted(name, HOURS_PER, Decision(1.0, "")), 0)

    def sizes_gb(self, name: str, rules: SizeRules, *, zero: bool) -> list[float | None]:
        """Return a column of sizes in GB, or the sum of several where the layout says so.

        Args:
            name: The field.
            rules: What is plausible.
            zero: Whether 0 is a size; else it is impossible and None.
        """
        parts = self._found.summed.get(name, (name,))
        columns = [self._sizes_gb(part, rules, zero=zero or len(parts) > 1) for part in parts]
        if len(columns) == 1:
            return columns[0]
        rows = ([size for size in row if size is not None] for row in zip(*columns, strict=True))
        return [sum(sizes) if sizes else None for sizes in rows]

    def shares(self, name: str) -> list[float | None]:
        """Return a column of utilisations as fractions 0..1."""
        if name not in self:
            return [None] * len(self._rows)
        raws = self._raws(name)
        bare = [raw for raw in raws if isinstance(raw, float)]
        stated = self._found.layout.shares
        beside = stated == "percent" and max(bare, default=0) <= 1 and self._percent_beside(name)
        decision = decide_share(bare, stated, percent_beside=beside)
        if bare:
            self._decided(name, decision)
        values = self._converted(name, {"%": 0.01}, decision, raws)
        for position, value in enumerate(values):
            if value is None:
                continue
            if not 0 <= value <= 1 + ROUNDING:
                self._impossible(name, position)
                values[position] = None
            else:
                # 0.07 * 100 comes back as 7.000000000000001 hundredths; nobody measures 1e-9.
                values[position] = round(min(value, 1.0), 9)
        return values

    def _percent_beside(self, name: str) -> bool:
        """Whether another column of shares is percent beyond doubt: a tool writes all alike."""
        return any(
            self._largest(other) > AMBIGUOUS_UP_TO
            for other in self._found.indexes
            if other.endswith("_fraction") and other != name
        )

    def _largest(self, name: str) -> float:
        """Return the largest plain number of a column, 0 if it has none; nothing is noted."""
        quantities = (quantity_of(text_of(cell), "") for cell in self._cells(name))
        return max((q.value for q in quantities if q is not None and not q.unit), default=0)

    def _sizes_gb(self, name: str, rules: SizeRules, *, zero: bool) -> list[float | None]:
        values: list[float | None] = [None] * len(self._rows)
        if name not in self:
            return values
        raws = self._raws(name)
        for implied, positions, where in self._units_of(name):
            picked = [raws[position] for position in positions]
            decision = self._size_decision(name, picked, rules, implied)
            if any(raw is not None for raw in picked):
                self._decided(name, decision, where)
            converted = self._converted(name, GB_PER, decision, picked, positions)
            for position, value in zip(positions, converted, strict=True):
                values[position] = value
        if not zero:
            for position, value in enumerate(values):
                if value == 0:
                    self._impossible(name, position)
                    values[position] = None
        return self._within(name, values, 0, rules.largest_gb)

    def _size_decision(
        self, name: str, raws: Sequence[Raw], rules: SizeRules, implied: str
    ) -> Decision:
        bare = [raw for raw in raws if isinstance(raw, float)]
        if bare:
            return decide_size(bare, self._found.units.get(name, ""), rules, implied)
        return Decision(1.0, "read with the unit that stands beside each number")

    def _units_of(self, name: str) -> list[tuple[str, Sequence[int], str]]:
        """Return the unit that the format implies: for all rows, or for those that a marker tells.

        Each with the positions of its rows, and words that say which rows they are.
        """
        implied = self._found.implied.get(name.partition("+")[0], "")
        everywhere = range(len(self._rows))
        if "|" not in implied:
            return [(implied, everywhere, "")]
        filled, marker, blank = implied.split("|")
        if marker not in self:
            return [(blank, everywhere, "")]
        marks = self.texts(marker)
        header = self._found.headers[marker]
        with_it = [position for position in everywhere if marks[position]]
        without = [position for position in everywhere if not marks[position]]
        return [
            (unit, positions, f" in rows {which} {header!r}" if with_it and without else "")
            for unit, positions, which in ((filled, with_it, "with"), (blank, without, "without"))
            if positions
        ]

    def header(self, name: str) -> str:
        """Return a column's header as it stands in the file; "" = no such column."""
        return self._found.headers.get(name, "")

    def raw(self, name: str, position: int) -> str:
        """Return what stands in a cell, as text."""
        return text_of(self._rows[position][self._found.indexes[name]])

    def note(self, code: Code, problem: str, name: str, position: int, raw: str) -> None:
        """Note something about a cell."""
        self._notes.cell(code, problem, Spot(self.table, name, self.numbers[position]), raw)

    def _cells(self, name: str) -> list[Cell]:
        index = self._found.indexes.get(name)
        return [""] * len(self._rows) if index is None else [row[index] for row in self._rows]

    def _raws(self, name: str) -> list[Raw]:
        if name not in self:
            return [None] * len(self._rows)
        cells = self._cells(name)
        mark = self._notation(name).decimal_mark
        return [self._raw(name, position, cell, mark) for position, cell in enumerate(cells)]

    def _notation(self, name: str) -> Notation:
        """Return how a column writes numbers; how that was decided becomes a note."""
        if name in self._notations:
            return self._notations[name]
        unit = self._found.units.get(name, "") or self._found.implied.get(name, "")
        notation = notation_of(
            self._number_texts(name),
            field=name,
            unit=unit,
            table_mark=self._table_mark,
            delimiter=self._found.delimiter,
        )
        self._notations[name] = notation
        if notation.reason and self.numbers:
            grouping = "," if notation.decimal_mark == "." else "."
            self._notes.add(
                Code.NUMBER_FORMAT,
                f"Numbers in column {self._found.headers[name]!r} are read with "
                f"{notation.decimal_mark!r} for decimals and {grouping!r} for thousands: "
                f"{notation.reason}.",
                f"{self.table.file}, {span(self.table, name, self.numbers[0], self.numbers[-1])}",
            )
        return notation

    @cached_property
    def _table_mark(self) -> str:
        numeric = [name for name in self._found.indexes if _is_numeric(name)]
        return table_mark_of(map(self._number_texts, numeric))

    def _number_texts(self, name: str) -> list[str]:
        """Return the different texts of a column."""
        cells = {cell for cell in self._cells(name) if isinstance(cell, str) and cell}
        return [text_of(cell) for cell in sorted(cells)]

    def _raw(self, name: str, position: int, cell: Cell, mark: str) -> Raw:
        if isinstance(cell, float) or type(cell) is int:
            if abs(cell) <= LARGEST_NUMBER:  # false for NaN too
                return float(cell)
        elif cell == "":
            return None
        text = text_of(cell)
        if not text or text.casefold() in ("n/a", "na", "-", "unknown", "none", "null"):
            return None
        if is_error(text):
            self._error(name, position, text)
            return None
        quantity = quantity_of(text, mark) if isinstance(cell, str) else None
        if quantity is None or quantity.value > LARGEST_NUMBER:
            self.note(Code.VALUE_NOT_UNDERSTOOD, "not a number, left blank", name, position, text)
            return None
        if not mark and is_ambiguous(text):
            self.note(
                Code.NUMBER_AMBIGUOUS,
                f"read as {quantity.value:g}, could be thousands or decimals",
                name,
                position,
                text,
            )
        return quantity if quantity.unit else quantity.value

    def _plain(self, name: str) -> list[float | None]:
        return [raw.value if isinstance(raw, Quantity) else raw for raw in self._raws(name)]

    def _converted(
        self,
        name: str,
        factors: dict[str, float],
        decision: Decision,
        raws: list[Raw] | None = None,
        positions: Sequence[int] | None = None,
    ) -> list[float | None]:
        values: list[float | None] = []
        given = self._raws(name) if raws is None else raws
        for position, raw in zip(positions or range(len(given)), given, strict=True):
            if raw is None:
                values.append(None)
            elif isinstance(raw, float):
                values.append(raw * decision.factor)
            elif raw.unit in factors:
                values.append(raw.value * factors[raw.unit])
            else:
                self.note(
                    Code.VALUE_NOT_UNDERSTOOD,
                    f"unit {raw.unit!r} not known, left blank",
                    name,
                    position,
                    self.raw(name, position),
                )
                values.append(None)
        return values

    def _within(
        self, name: str, values: list[float | None], least: float, most: float = inf
    ) -> list[float | None]:
        for position, value in enumerate(values):
            if value is not None and not (least <= value <= most and isfinite(value)):
                self._impossible(name, position)
                values[position] = None
        return values

    def _error(self, name: str, position: int, text: str) -> None:
        if text == NO_CACHED_VALUE:
            code, problem = Code.FORMULA_WITHOUT_VALUE, "formula saved without its result"
            text = ""
        else:
            code, problem = Code.ERROR_VALUE, "an error of Excel, left blank"
        self.note(code, problem, name, position, text)

    def _impossible(self, name: str, position: int) -> None:
        self.note(
            Code.IMPOSSIBLE_VALUE,
            "not possible, left blank",
            name,
            position,
            self.raw(name, position),
        )

    def _decided(self, name: str, decision: Decision, where: str = "") -> None:
        header = self._found.headers[name]
        source = span(self.table, name, self.numbers[0], self.numbers[-1])
        message = f"Column {header!r} is{where} {decision.reason}."
        for code in (Code.UNIT_DECIDED, *([decision.doubt] if decision.doubt else [])):
            self._notes.add(code, message, f"{self.table.file}, {source}")


def _is_numeric(name: str) -> bool:
    return "_gb" in name or name.endswith("_fraction") or name in COUNT_LARGEST
