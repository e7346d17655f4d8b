"""What a table of a Word document is for: options, questions, data, or words that it explains."""

import re
from collections.abc import Sequence

from opportune.documents.questionnaires.answers import said
from opportune.documents.questionnaires.boxes import (
    begins_with_box,
    has_box,
    is_blank_or_mark,
    is_box,
)
from opportune.documents.questionnaires.columns import (
    COMMENT,
    EXPLAINING,
    QuestionColumns,
    columns_of,
    is_id,
    key_of,
    names_topics,
)
from opportune.documents.questionnaires.word import Cell, Paragraph, Table

HEADER_WITHIN_ROWS = 3
PAIR = 2
SENTENCE_WORDS = 5
"""Words from which a cell that ends with a full stop explains rather than answers."""

_RECORD_WORDS = frozenset((
    "acao", "accion", "action", "alteracao", "ambiente", "aplicacao", "aplicacion",
    "application", "approver", "assinatura", "author", "autor", "cambio", "cantidad", "cargo",
    "change", "cidade", "city", "ciudad", "comentarios", "comments", "contact", "contacto",
    "contato", "correo", "count", "country", "criticality", "data", "database", "date",
    "department", "email", "entorno", "environment", "equipe", "equipo", "estado", "fecha",
    "firma", "fornecedor", "funcao", "impact", "impacto", "local", "location", "mail",
    "mitigacao", "mitigacion", "mitigation", "name", "nombre", "nome", "notas", "notes",
    "owner", "pais", "papel", "phone", "prioridad", "prioridade", "priority", "product",
    "producto", "produto", "proveedor", "quantidade", "quantity", "regiao", "region",
    "responsable", "responsible", "reviewer", "revision", "riesgo", "risco", "risk", "rol",
    "role", "server", "servidor", "signature", "sistema", "site", "sitio", "situacao", "status",
    "supplier", "system", "team", "telefone", "telefono", "telephone", "tipo", "title", "type",
    "ubicacion", "vendor", "versao", "version",
))  # fmt: skip
"""Of which headers of a table of records are made: a row of nothing else names columns."""

Row = tuple[Cell, ...]


def texts_of(row: Row) -> list[str]:
    """Return the texts of a row by column: a cell that goes over several counts for each."""
    return [text for cell in row for text in (cell.text, *[""] * (cell.span - 1))]


def asks(text: str) -> bool:
    """Say whether a text ends as questions and labels do."""
    return text.rstrip().endswith(("?", ":"))


def header_of(table: Table) -> tuple[int, QuestionColumns] | None:
    """Return where rows begin, and the columns that a header above them names."""
    for number, row in enumerate(table.rows[:HEADER_WITHIN_ROWS], start=1):
        columns = columns_of(texts_of(row))
        if columns is not None and len(row) > 1:
            return number, columns
    return _option_columns(table)


def _option_columns(table: Table) -> tuple[int, QuestionColumns] | None:
    """Return the columns of a table whose header names options, below which cells are marked."""
    for number, row in enumerate(table.rows[:HEADER_WITHIN_ROWS], start=1):
        names = texts_of(row)
        body = [texts_of(one) for one in table.rows[number:] if len(one) > PAIR]
        if len(body) < 1 or has_box(" ".join(names)) or any(len(one) > len(names) for one in body):
            continue
        question = next((i for i in range(len(names)) if not _is_id_column(body, i)), 0)
        options = [
            i
            for i, name in enumerate(names)
            if i > question and name and all(is_blank_or_mark(_at(one, i)) for one in body)
        ]
        is_marked = any(_at(one, i).strip() for one in body for i in options)
        asked = [_at(one, question) for one in body]
        if len(options) >= PAIR and is_marked and all(asked) and not has_box(" ".join(asked)):
            comment = next((i for i in options if COMMENT.fullmatch(key_of(names[i]))), None)
            options = [i for i in options if i != comment]
            columns = QuestionColumns(
                question, tuple(options), comment, tuple(names[i] for i in options)
            )
            return number, columns
    return None


def _is_id_column(body: Sequence[Sequence[str]], column: int) -> bool:
    return all(not _at(row, column) or is_id(_at(row, column)) for row in body)


def _at(row: Sequence[str], column: int) -> str:
    return row[column] if column < len(row) else ""


def option_of(row: Row) -> str:
    """Return the box and label of a row that is an option to tick; empty if it is none."""
    shown = [cell.text for cell in row if cell.text]
    if not shown:
        return ""
    if begins_with_box(shown[0]):
        return " ".join(shown)
    *labels, last = shown
    is_label = bool(labels) and is_box(last) and not has_box(" ".join(labels))
    return f"{last} {labels[0]}" if is_label and not asks(labels[0]) else ""


def lists_options(table: Table) -> bool:
    """Say whether all rows are options to tick, but for one above them that names columns."""
    rows = table.rows if table.rows and option_of(table.rows[0]) else table.rows[1:]
    return bool(rows) and all(map(option_of, rows))


def options_below_names(table: Table) -> list[str]:
    """Return the boxes and labels of a table with names in one row and a box below each."""
    if len(table.rows) != PAIR or any(len(row) < PAIR for row in table.rows):
        return []
    names, boxes = ([cell.text for cell in row] for row in table.rows)
    is_so = len(names) == len(boxes) and all(names) and all(map(is_box, boxes))
    if not is_so or has_box(" ".join(names)):
        return []
    return [f"{box} {name}" for box, name in zip(boxes, names, strict=True)]


def is_grid(table: Table) -> bool:
    """Say whether a table holds data, not questions on the left and answers on the right."""
    rows = [row for row in table.rows if len(row) > 1]
    if len(rows) > 1 and rows[0] is table.rows[0] and _names_columns(table):
        return True
    widths = [len(row) - is_id(row[0].text) for row in rows]
    if not rows or max(widths) <= PAIR or any(cell.has_field for row in rows for cell in row):
        return False
    asking = [row for row in rows if any(asks(cell.text) for cell in row[:PAIR])]
    return PAIR * len(asking) < len(rows)


def _names_columns(table: Table) -> bool:
    """Say whether the first row names the columns of a table of records."""
    first = table.rows[0]
    if any(asks(cell.text) or not cell.text for cell in first):
        return False
    if table.headers and not any(asks(row[0].text) for row in table.rows[table.headers :] if row):
        return True
    return all(_is_record_word(cell.text) for cell in first)


def _is_record_word(text: str) -> bool:
    words = re.findall(r"\w+", key_of(text))
    return bool(words) and set(words) <= _RECORD_WORDS


def explains(table: Table) -> bool:
    """Say whether a table explains words: a glossary, a list of strategies, a legend."""
    rows = [row for row in table.rows if len(row) > 1]
    if not rows or any(cell.has_field for row in rows for cell in row):
        return False
    first = [key_of(text) for text in texts_of(rows[0]) if text]
    if len(first) > 1 and all(map(EXPLAINING.fullmatch, first[1:])):
        return True
    return len(rows) > PAIR and all(
        len(row) == PAIR
        and not asks(row[0].text)
        and row[1].text.endswith(".")
        and len(row[1].text.split()) > SENTENCE_WORDS
        for row in rows
    )


def names_columns(table: Table) -> bool:
    """Say whether the first row only names columns: in bold, above options, or by its words."""
    first, *others = table.rows or ((),)
    if len(first) < PAIR or not others:
        return False
    is_bold = all(cell.is_bold for cell in first) and not all(
        row[0].is_bold for row in table.rows if row
    )
    is_over_options = not option_of(first) and all(map(option_of, others))
    is_named = names_topics([first[0].text]) and all(
        _is_record_word(cell.text) or names_topics([first[0].text, cell.text]) for cell in first[1:]
    )
    return is_bold or is_named or (is_over_options and not asks(first[0].text))


def is_filled_at_top_alone(table: Table) -> bool:
    """Say whether only the first of three rows or more has a text on the right.

    It is the name of the column, and all below is blank.
    """
    rows = [row for row in table.rows if len(row) == PAIR]
    if len(rows) <= PAIR or len(rows) < len(table.rows) or any(c.has_field for c in rows[0]):
        return False
    name, text = rows[0][0].text, rows[0][1].text
    is_named = bool(said(text)) and not asks(name) and not has_box(text)
    return is_named and all(row[0].text and not said(row[1].text) for row in rows[1:])


def asks_side_by_side(table: Table, number: int) -> bool:
    """Say whether all cells of a row (1-based) ask, so that none of them answers another."""
    row = table.rows[number - 1]
    if len(row) < PAIR or not all(_asks_only(cell) for cell in row):
        return False
    others = [one for n, one in enumerate(table.rows, 1) if n != number and len(one) == len(row)]
    is_list = any(_asks_only(one[0]) and not _asks_only(one[1]) for one in others)
    return not is_list


def holds_its_answer(cell: Cell) -> bool:
    """Say whether a cell asks at its top and has room for the answer below, in itself."""
    texts = [block for block in cell.blocks if isinstance(block, Paragraph)]
    shown = [one for one in texts if one.text or one.fields]
    return len(shown) > 1 and asks(shown[0].text)


def _asks_only(cell: Cell) -> bool:
    return bool(cell.text) and asks(cell.text) and not has_box(cell.text) and not cell.has_field
