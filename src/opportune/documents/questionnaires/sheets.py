"""Lists of questions in a workbook or a CSV file: a row each, under headers, on any sheet."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from opportune.documents.opening.texts import text_of
from opportune.documents.opening.workbook import Cell, Sheet, Workbook
from opportune.documents.quality import PLACES_SHOWN, Code, Notes
from opportune.documents.questionnaires.answers import Asked, assessment, is_placeholder
from opportune.documents.questionnaires.columns import (
    HEADER_WITHIN_ROWS,
    QuestionColumns,
    columns_of,
    is_id,
    names_questions,
)
from opportune.documents.questionnaires.guidance import is_example, is_guidance, names_a_sample
from opportune.errors import UnsupportedDocumentError
from opportune.model.assessment import Assessment

KIND_WORKBOOK = "questionnaire-xlsx"
KIND_TEXT = "questionnaire-csv"

FEW_ROWS, PAIR = 4, 2
"""Rows of a sheet that holds no more than a title, a header and a sample."""
LEAST_QUESTIONS = 3
"""Cells with a question mark that make a column one of questions where no header names it."""


@dataclass(frozen=True)
class _List:
    sheet: Sheet
    first_row: int
    """0-based, of the first question."""
    columns: QuestionColumns
    has_sections: bool = True
    """Rows with a name alone are headings of those below."""


def identify(workbook: Workbook) -> bool:
    """Say whether one of the sheets is a list of questions."""
    return any(_list_of(sheet) is not None for sheet in workbook.sheets)


def extract(workbook: Workbook) -> Assessment:
    """Read the answers of all lists of questions.

    Returns:
        `answers` in the order of sheets and rows, `quality` notes, and the one file.

    Raises:
        UnsupportedDocumentError: No sheet is a list of questions.
    """
    lists = [found for sheet in workbook.sheets if (found := _list_of(sheet)) is not None]
    if not lists:
        raise UnsupportedDocumentError(
            workbook.file.name,
            'no sheet lists questions with their answers: name the columns "Question" and '
            '"Response".',
        )
    asked = [one for found in lists for one in _asked_rows(found)]
    return assessment(workbook.file, kind_of(workbook), asked)


def kind_of(workbook: Workbook) -> str:
    """Return which kind of file the list of questions is."""
    return KIND_TEXT if any(not sheet.name for sheet in workbook.sheets) else KIND_WORKBOOK


def without_lists(workbook: Workbook) -> Workbook:
    """Return a workbook without its lists of questions: what is left may be an inventory."""
    rest = tuple(sheet for sheet in workbook.sheets if not _asks(sheet))
    return workbook if len(rest) == len(workbook.sheets) else replace(workbook, sheets=rest)


def is_form(workbook: Workbook, inventory: Assessment) -> bool:
    """Say whether a workbook asks questions and lists no servers: one among many is a sample."""
    asked = questions_in(workbook)
    return asked > 0 and len(inventory.servers) <= int(asked >= LEAST_QUESTIONS)


def questions_in(workbook: Workbook) -> int:
    """Return how many questions its lists have, answered or not."""
    lists = [found for sheet in workbook.sheets if (found := _list_of(sheet)) is not None]
    return sum(1 for found in lists for _ in _asked_rows(found))


def without_examples(workbook: Workbook, notes: Notes) -> Workbook:
    """Return a workbook whose rows that show how to fill it in are blank, each kind noted.

    Rows keep their numbers. Only rows near the top of a sheet can be such.
    """
    sheets = []
    for sheet in workbook.sheets:
        top = sheet.rows[:HEADER_WITHIN_ROWS]
        is_short = sum(any(row) for row in sheet.rows[: 2 * FEW_ROWS]) <= FEW_ROWS
        shown = [n for n, row in enumerate(top) if _is_example(row, is_short=is_short)]
        if not shown:
            sheets.append(sheet)
            continue
        rows = list(sheet.rows)
        for number in shown:
            rows[number] = [""] * len(rows[number])
        sheets.append(replace(sheet, rows=rows))
        places = ", ".join(str(number + 1) for number in shown[:PLACES_SHOWN])
        message = f"{len(shown):,} rows show how to fill in the table, and are not read: {places}."
        where = f"{workbook.file.name}, {sheet.name}" if sheet.name else workbook.file.name
        notes.add(Code.EXAMPLE_ROW, message, where)
    return replace(workbook, sheets=tuple(sheets))


def beside(workbook: Workbook, inventory: Assessment) -> Assessment:
    """Return an inventory with the answers of lists of questions that its workbook has too."""
    lists = [found for sheet in workbook.sheets if (found := _list_with_header(sheet)) is not None]
    if not lists:
        return inventory
    asked = [one for found in lists for one in _asked_rows(found)]
    more = assessment(workbook.file, kind_of(workbook), asked)
    return replace(inventory, answers=more.answers, quality=(*inventory.quality, *more.quality))


def _asks(sheet: Sheet) -> bool:
    """Say whether a sheet names a column of questions, or has one full of question marks."""
    for row in sheet.rows[:HEADER_WITHIN_ROWS]:
        headers = [text_of(cell) for cell in row]
        if columns_of(headers) is not None:
            return any(map(names_questions, headers)) and _list_with_header(sheet) is not None
    return _list_without_header(sheet) is not None


def _is_example(row: Sequence[Cell], *, is_short: bool) -> bool:
    """Say whether a row says that it is an example, or holds mostly instructions or placeholders.

    In a sheet of few rows the word sample in any cell but those of a header is enough.
    """
    texts = [text for cell in row if isinstance(cell, str) and (text := text_of(cell))]
    if not texts:
        return False
    guided = [is_guidance(text) for text in texts]
    is_guided = sum(guided) > 1 and PAIR * sum(guided) >= len(texts)
    is_unfilled = len(texts) > 1 and all(map(_is_bracketed, texts))
    has_sample = is_short and columns_of(texts) is None and any(map(names_a_sample, texts[:PAIR]))
    return is_example(texts[0]) or is_guided or is_unfilled or has_sample


def _is_bracketed(text: str) -> bool:
    return text[0] in "<[{\u00ab" and is_placeholder(text)


def _list_of(sheet: Sheet) -> _List | None:
    return _list_with_header(sheet) or _list_without_header(sheet)


def _list_with_header(sheet: Sheet) -> _List | None:
    for number, row in enumerate(sheet.rows[:HEADER_WITHIN_ROWS]):
        columns = columns_of([text_of(cell) for cell in row])
        if columns is not None:
            found = _List(sheet, number + 1, columns)
            if not any(
                True for _ in _asked_rows(found)
            ):  # names alone: fields that nobody filled in
                found = replace(found, has_sections=False)
            return found if any(True for _ in _asked_rows(found)) else None
    return None


def _list_without_header(sheet: Sheet) -> _List | None:
    """Return the column in which most cells end with a question mark; answers stand right of it."""
    width = len(sheet.rows[0]) if sheet.rows else 0
    for column in range(min(max(width - 1, 1), 4)):
        texts = [text_of(row[column]) for row in sheet.rows]
        asking = [number for number, text in enumerate(texts) if text.endswith("?")]
        filled = sum(bool(text) for text in texts)
        if len(asking) >= LEAST_QUESTIONS and len(asking) * 2 >= filled:
            comment = column + 2 if column + 2 < width else None
            return _List(sheet, asking[0], QuestionColumns(column, (column + 1,), comment))
    return None


def _asked_rows(found: _List) -> Iterator[Asked]:
    columns = found.columns
    for number, row in enumerate(found.sheet.rows[found.first_row :], start=found.first_row + 1):
        cells = [_cell_text(cell) for cell in row]
        question, answer = columns.question_in(cells), columns.answer_in(cells)
        is_header = columns_of(cells) is not None
        if not question or is_header or is_id(question):
            continue
        if found.has_sections and _is_section(cells, columns):
            continue
        if any(map(is_example, cells[: columns.question + 1])):
            continue
        yield Asked(
            location=_row_place(found.sheet, cells, columns, number),
            question=question,
            answer=answer,
            comment=columns.comment_in(cells),
        )


def _cell_text(cell: object) -> str:
    if isinstance(cell, bool):
        return "Yes" if cell else "No"
    return text_of(cell).removesuffix(" 00:00:00") if isinstance(cell, datetime) else text_of(cell)


def _is_section(cells: Sequence[str], columns: QuestionColumns) -> bool:
    """Say whether a row is a heading: it has nothing but a name, in one cell or merged over all."""
    filled = {cell for cell in cells if cell}
    name = cells[columns.question]
    return filled == {name} and not name.endswith(("?", ":", ".")) and len(name.split()) <= 6  # noqa: PLR2004 - words of a heading


def _row_place(sheet: Sheet, cells: Sequence[str], columns: QuestionColumns, row: int) -> str:
    answers = columns.answers or (columns.question,)
    column = next((i for i in answers if i < len(cells) and cells[i]), answers[0])
    letters = ""
    while column >= 0:
        letters = chr(ord("A") + column % 26) + letters
        column = column // 26 - 1
    return f"{sheet.name}!{letters}{row}" if sheet.name else f"{letters}{row}"
