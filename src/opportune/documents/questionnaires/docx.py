"""A questionnaire as a Word document: questions above, left of, or around their answers."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from opportune.documents.opening import word_package
from opportune.documents.opening.package import Package
from opportune.documents.questionnaires.answers import (
    Asked,
    assessment,
    is_option,
    question_of,
    said,
)
from opportune.documents.questionnaires.boxes import begins_with_box, has_box
from opportune.documents.questionnaires.columns import QuestionColumns, columns_of, is_id
from opportune.documents.questionnaires.flow import Flow, question_styles
from opportune.documents.questionnaires.guidance import is_example
from opportune.documents.questionnaires.tables import (
    PAIR,
    Row,
    asks,
    asks_side_by_side,
    explains,
    header_of,
    holds_its_answer,
    is_filled_at_top_alone,
    is_grid,
    lists_options,
    names_columns,
    option_of,
    options_below_names,
    texts_of,
)
from opportune.documents.questionnaires.word import (
    Block,
    Cell,
    Paragraph,
    Table,
    joined,
    read_blocks,
)
from opportune.errors import DocumentError, UnsupportedDocumentError
from opportune.model.assessment import Assessment
from opportune.model.file import InputFile
from opportune.model.records import QualityNote

KIND = "questionnaire-docx"

PLACES_SHOWN = 5

_QUESTION_NAME = re.compile(r"(?:question|pregunta|pergunta)\s*\d*\s*[:.]?", re.IGNORECASE)
_ANSWER_NAME = re.compile(
    r"(?:(?:customer )?(?:answer|response|comments?)|respuesta|resposta|a|r)\s*\d*\s*[:.]?",
    re.IGNORECASE,
)


def identify(file: InputFile) -> bool:
    """Say whether this is a Word document; `extract` says whether it asks anything."""
    try:
        return file.data.startswith(b"PK") and word_package.identify(Package(file))
    except DocumentError:
        return False


def extract(file: InputFile) -> Assessment:
    """Read the answers of a questionnaire.

    Returns:
        `answers` in reading order, `quality` notes, and the one file.

    Raises:
        UnsupportedDocumentError: It has macros, is no Word document, or asks nothing.
        MalformedDocumentError: Locked, damaged, beyond the limits, or with entities in its XML.
    """
    blocks, embedded = read_blocks(file)
    reader = _Reader(Flow(question_styles(list(_paragraphs(blocks)))))
    reader.read(blocks)
    reader.flow.close()
    asked = reader.flow.asked
    if not asked and not reader.flow.boxes:
        raise UnsupportedDocumentError(
            file.name, "it is a Word document in which no question was found: give a questionnaire."
        )
    notes = (*reader.notes(file.name), *_on_embedded(file.name, embedded))
    return assessment(file, KIND, asked, notes)


def _on_embedded(name: str, controls: int) -> Iterator[QualityNote]:
    if controls:
        yield QualityNote(
            code="control-not-read",
            message=(
                f"{controls:,} ActiveX controls: what they hold is not read, so their boxes count "
                "as not ticked. Ask for those answers."
            ),
            source=name,
        )


def _paragraphs(blocks: Sequence[Block]) -> Iterator[Paragraph]:
    for block in blocks:
        if isinstance(block, Paragraph):
            yield block
        else:
            for row in block.rows:
                if len(row) == 1:
                    yield from _paragraphs(row[0].blocks)


class _Reader:
    """Reads blocks in order; tables by their form, all else as running text."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self._unread: list[str] = []

    def notes(self, name: str) -> Iterator[QualityNote]:
        """Yield what was taken for no answer although something stands there."""
        tables = "Not read as answers, for they explain words or list what no question asks for"
        hints = "Taken for hints of the form, for they are in italics below a question"
        labels = "Not read as answers, for they stand below definitions or instructions"
        found = (
            ("table-not-answers", tables, self._unread),
            ("hint-not-answer", hints, self.flow.hints),
            ("label-not-answer", labels, self.flow.explained),
        )
        for code, problem, places in found:
            if places:
                more = len(places) - PLACES_SHOWN
                shown = ", ".join(places[:PLACES_SHOWN]) + (
                    f" and {more:,} more" if more > 0 else ""
                )
                yield QualityNote(code=code, message=f"{problem}: {shown}.", source=name)

    def read(self, blocks: Sequence[Block]) -> None:
        for block in blocks:
            if isinstance(block, Paragraph):
                self.flow.paragraph(block)
            else:
                self._table(block)

    def _table(self, table: Table) -> None:
        header = header_of(table)
        if header is not None:
            self.flow.close()
            self._listed(table, *header)
        elif options := options_below_names(table):
            self.flow.choose([(option, _row_place(table, 2)) for option in options])
        elif lists_options(table):
            self._rows(table)
        elif explains(table):
            self.flow.close()
            self._unread.append(f"table {table.number}")
        elif is_grid(table):
            self._grid(table)
        else:
            self._rows(table)

    def _rows(self, table: Table) -> None:
        """Read a table row by row: options to tick, questions side by side, else left and right."""
        first = self._titles(table)
        rows = list(enumerate(table.rows[first:], start=first + 1))
        if any(len(row) > 1 and not option_of(row) for _, row in rows):
            self.flow.close()
        answered = 0
        for are_options, group in groupby(rows, lambda numbered: bool(option_of(numbered[1]))):
            if are_options:
                self.flow.choose([(option_of(row), _row_place(table, n)) for n, row in group])
                continue
            for number, row in group:
                if number == answered:
                    continue
                if row and is_example(row[0].text):
                    self._unread.append(_row_place(table, number))
                elif asks_side_by_side(table, number):
                    answered = number + 1
                    self._side_by_side(table, number)
                else:
                    self._row(table, number, row)

    def _titles(self, table: Table) -> int:
        """Return how many rows at the top of a table only name its columns: 0 or 1."""
        if names_columns(table):
            return 1
        if is_filled_at_top_alone(
            table
        ):  # a form that nobody filled in, or filled in the first line of
            self._unread.append(_row_place(table, 1))
            return 1
        return 0

    def _side_by_side(self, table: Table, number: int) -> None:
        """Take each cell of a row as a question, and the cell below it as its answer."""
        self.flow.close()
        row = table.rows[number - 1]
        below = table.rows[number] if number < len(table.rows) else ()
        is_answered = len(below) == len(row) and not asks_side_by_side(table, number + 1)
        for index, cell in enumerate(row):
            answer = said(below[index].text) if is_answered else ""
            place = _row_place(table, number + bool(answer))
            self.flow.asked.append(Asked(place, question_of(cell.text.rstrip(" :")), answer))

    def _listed(self, table: Table, first: int, columns: QuestionColumns) -> None:
        for number, row in enumerate(table.rows[first:], start=first + 1):
            texts = texts_of(row)
            if len(texts) <= max(columns.question, *columns.answers, 0):
                self.read([block for cell in row for block in cell.tables])
                continue
            question = columns.question_in(texts)
            if any(map(is_example, texts[: columns.question + 1])):
                continue
            if question and not is_id(question) and columns_of(texts) is None:
                answer, comment = columns.answer_in(texts), columns.comment_in(texts)
                self.flow.asked.append(Asked(_row_place(table, number), question, answer, comment))

    def _grid(self, table: Table) -> None:
        """A table of data: the answer to the question above it, if anything is filled in."""
        rows = [
            [said(text) for text in texts_of(row)]
            for row in table.rows[1:]
            if not any(is_example(cell.text) for cell in row[:PAIR])
        ]
        filled = [", ".join(filter(None, row)) for row in rows if _is_filled(row)]
        if self.flow.waits:
            self.flow.answer(joined(iter(filled)), _row_place(table, 2))
        elif filled:
            self._unread.append(f"table {table.number}")
        self.flow.close()

    def _row(self, table: Table, number: int, row: Row) -> None:
        cells = _without_names(row)
        if len(cells) < PAIR:
            self.read([block for cell in cells for block in cell.blocks])
            return
        if self._named(cells, _row_place(table, number)):
            return
        self.flow.close()
        if all(map(holds_its_answer, cells)):
            for cell in cells:
                self.read(cell.blocks)
                self.flow.close()
            return
        inner = [t for cell in cells for t in cell.tables if header_of(t) or not is_grid(t)]
        if inner and not cells[0].text:
            self.read(inner)
            return
        for question, answers in _pairs(cells):
            text = question_of(question.text.rstrip(" :"))
            if text and not begins_with_box(text) and not (is_id(text) and not asks(text)):
                answer, comment = _answer_and_comment(answers)
                self.flow.asked.append(Asked(_row_place(table, number), text, answer, comment))

    def _named(self, cells: Row, place: str) -> bool:
        """Take rows that say themselves whether they ask or answer: "Question 1", "Answer"."""
        name, text = cells[0].text.strip(), cells[1].text
        is_number = len(cells) == PAIR and is_id(name) and text.rstrip().endswith("?")
        if _QUESTION_NAME.fullmatch(name) or is_number:
            self.flow.ask(text, place)
            return True
        if self.flow.waits and (not name or _ANSWER_NAME.fullmatch(name)):
            self.flow.answer(text, place)
            return True
        return False


def _without_names(row: Row) -> Row:
    """Return a row without what stands left of its question: a number, a section, a merged cell."""
    while len(row) > PAIR and (
        not row[0].text
        or is_id(row[0].text)
        or (row[1].text.rstrip().endswith("?") and not asks(row[0].text))
    ):
        row = row[1:]
    return row


def _answer_and_comment(cells: Row) -> tuple[str, str]:
    """Return the answer and the comment; boxes in several cells are one choice."""
    boxed = [cell.text for cell in cells if has_box(cell.text)]
    if len(boxed) > 1:
        others = [cell.text for cell in cells if not has_box(cell.text)]
        return said(" ".join(boxed)), said(others[-1]) if others else ""
    if len(cells) > 1 and all(is_option(cell.text) for cell in cells):
        return "", ""
    return said(cells[0].text), said(cells[1].text) if len(cells) > 1 else ""


def _row_place(table: Table, row: int) -> str:
    return f"table {table.number}, row {row}"


def _is_filled(row: Sequence[str]) -> bool:
    """Say whether more stands in a row of data than the name or number that the form gives it."""
    first = 1 + bool(row and is_id(row[0]))
    return any(row[first:]) or (len(row) == 1 and bool(row[0]))


def _pairs(cells: Row) -> Iterator[tuple[Cell, Row]]:
    """Yield questions with the cells that answer them: two to a row where each ends with a mark."""
    is_double = len(cells) > PAIR + 1 and asks(cells[0].text) and asks(cells[PAIR].text)
    if is_double:
        for index in range(0, len(cells) - 1, PAIR):
            yield cells[index], cells[index + 1 : index + PAIR]
    else:
        yield cells[0], cells[1:]
