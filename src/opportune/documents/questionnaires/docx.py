"""A questionnaire as a Word document: questions above, left of, or around their answers."""

import re
from collections.abc import Iterator, Sequence

from opportune.documents.opening import word_package
from opportune.documents.opening.package import Package
from opportune.documents.questionnaires.answers import (
    Asked,
    assessment,
    has_box,
    is_option,
    question_of,
    said,
)
from opportune.documents.questionnaires.columns import QuestionColumns, columns_of, is_id
from opportune.documents.questionnaires.flow import Flow, question_styles
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

KIND = "questionnaire-docx"

HEADER_WITHIN_ROWS = 3
PAIR = 2

_QUESTION_NAME = re.compile(r"(?:question|pregunta|pergunta)\s*\d*\s*[:.]?", re.IGNORECASE)
_ANSWER_NAME = re.compile(
    r"(?:(?:customer )?(?:answer|response|comments?)|respuesta|resposta|a|r)\s*\d*\s*[:.]?",
    re.IGNORECASE,
)

Row = tuple[Cell, ...]


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
    blocks = read_blocks(file)
    reader = _Reader(Flow(question_styles(list(_paragraphs(blocks)))))
    reader.read(blocks)
    reader.flow.close()
    asked = reader.flow.asked
    if not asked:
        raise UnsupportedDocumentError(
            file.name, "it is a Word document in which no question was found: give a questionnaire."
        )
    return assessment(file, KIND, asked)


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

    def read(self, blocks: Sequence[Block]) -> None:
        for block in blocks:
            if isinstance(block, Paragraph):
                self.flow.paragraph(block)
            else:
                self._table(block)

    def _table(self, table: Table) -> None:
        header = _header(table)
        if header is not None:
            self.flow.close()
            self._listed(table, *header)
        elif _is_grid(table):
            self._grid(table)
        else:
            if any(len(row) > 1 for row in table.rows):
                self.flow.close()
            first = table.rows[0] if table.rows else ()
            titles = len(first) >= PAIR and all(cell.is_bold for cell in first)
            skipped = titles and not all(row[0].is_bold for row in table.rows if row)
            for number, row in enumerate(table.rows, start=1):
                if not (skipped and number == 1):
                    self._row(table, number, row)

    def _listed(self, table: Table, first: int, columns: QuestionColumns) -> None:
        for number, row in enumerate(table.rows[first:], start=first + 1):
            texts = _texts(row)
            if len(texts) <= max(columns.question, *columns.answers):
                self.read([block for cell in row for block in cell.tables])
                continue
            question = columns.question_in(texts)
            if question and not is_id(question) and columns_of(texts) is None:
                answer, comment = columns.answer_in(texts), columns.comment_in(texts)
                self.flow.asked.append(Asked(_place(table, number), question, answer, comment))

    def _grid(self, table: Table) -> None:
        """A table of data: the answer to the question above it, if anything is filled in."""
        if self.flow.waits:
            rows = [", ".join(filter(None, map(said, _texts(row)))) for row in table.rows[1:]]
            self.flow.answer(joined(iter(rows)), _place(table, 2))
        self.flow.close()

    def _row(self, table: Table, number: int, row: Row) -> None:
        cells = _without_names(row)
        if len(cells) < PAIR:
            self.read([block for cell in cells for block in cell.blocks])
            return
        if self._named(cells, _place(table, number)):
            return
        self.flow.close()
        inner = [t for cell in cells for t in cell.tables if _header(t) or not _is_grid(t)]
        if inner and not cells[0].text:
            self.read(inner)
            return
        for question, answers in _pairs(cells):
            text = question_of(question.text.rstrip(" :"))
            if text:
                answer, comment = _answer_and_comment(answers)
                self.flow.asked.append(Asked(_place(table, number), text, answer, comment))

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
        or (row[1].text.rstrip().endswith("?") and not _asks(row[0].text))
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


def _texts(row: Row) -> list[str]:
    return [text for cell in row for text in (cell.text, *[""] * (cell.span - 1))]


def _place(table: Table, row: int) -> str:
    return f"table {table.number}, row {row}"


def _header(table: Table) -> tuple[int, QuestionColumns] | None:
    """Return where rows begin, and the columns that a header above them names."""
    for number, row in enumerate(table.rows[:HEADER_WITHIN_ROWS], start=1):
        columns = columns_of(_texts(row))
        if columns is not None:
            return number, columns
    return None


def _is_grid(table: Table) -> bool:
    """Say whether a table holds data, not questions on the left and answers on the right."""
    rows = [row for row in table.rows if len(row) > 1]
    widths = [len(row) - is_id(row[0].text) for row in rows]
    if not rows or max(widths) <= PAIR or any(cell.has_field for row in rows for cell in row):
        return False
    asking = [row for row in rows if any(_asks(cell.text) for cell in row[:PAIR])]
    return PAIR * len(asking) < len(rows)


def _asks(text: str) -> bool:
    return text.rstrip().endswith(("?", ":"))


def _pairs(cells: Row) -> Iterator[tuple[Cell, Row]]:
    """Yield questions with the cells that answer them: two to a row where each ends with a mark."""
    is_double = len(cells) > PAIR + 1 and _asks(cells[0].text) and _asks(cells[PAIR].text)
    if is_double:
        for index in range(0, len(cells) - 1, PAIR):
            yield cells[index], cells[index + 1 : index + PAIR]
    else:
        yield cells[0], cells[1:]
