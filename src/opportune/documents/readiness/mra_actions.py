"""The actions that a report recommends: told in a note, since they are not the customer's words."""

import re
from collections.abc import Iterator, Sequence

from opportune.documents.opening.pdf import Page
from opportune.documents.quality import shortened
from opportune.documents.readiness.mra_bordered import items_of
from opportune.documents.readiness.mra_grid import GridRow
from opportune.documents.readiness.mra_table import EDGE_PT
from opportune.documents.readiness.mra_text import COLUMN_GAP_EM, Line, Vocabulary
from opportune.documents.readiness.mra_words import folded
from opportune.model.folding import folded as without_accents
from opportune.model.records import QualityNote

LONGEST_SHOWN = 160
"""Characters of an action in the note."""
MOST_SHOWN = 10

_ACTION = re.compile(r"\b(?:actions?|recommendations?|accion(?:es)?|acao|acoes|recomenda\w*)\b")
_BESIDE = re.compile(
    r"\b(?:priority|effort|owner|target|due|prioridad|prioridade|esfuerzo|esforco|responsable|"
    r"responsavel|fecha|data)\b"
)


def on_actions(
    file: str, pages: Sequence[Page], lines: Sequence[Line], vocabulary: Vocabulary
) -> Iterator[QualityNote]:
    """Yield a note that tells the actions of a section.

    Args:
        file: The report's name.
        pages: All, for their borders.
        lines: Of the section, its title left out.
        vocabulary: Of the whole document.
    """
    items = items_of(pages, lines)
    rows = [item for item in items if isinstance(item, GridRow)]
    found = list(_bordered(rows) if rows else _placed(lines))
    texts = [text for text in map(vocabulary.joined, found) if text]
    if texts:
        shown = "; ".join(shortened(text, LONGEST_SHOWN) for text in texts[:MOST_SHOWN])
        more = f"; and {len(texts) - MOST_SHOWN} more" if len(texts) > MOST_SHOWN else ""
        yield QualityNote(
            code="recommended-actions",
            message=f"The report itself recommends {len(texts)} actions: {shown}{more}.",
            source=f"{file}, page {found[0][0].page}",
        )


def _bordered(rows: Sequence[GridRow]) -> Iterator[list[Line]]:
    """Yield what stands in the first column that names an action, below the titles."""
    column: int | None = None
    for row in rows:
        texts = [" ".join(line.text for line in cell.lines) for cell in row.cells]
        if _is_title(" ".join(texts)):
            column = next((i for i, text in enumerate(texts) if _names_action(text)), None)
        elif column is not None and column < len(row.cells) and row.cells[column].lines:
            yield row.cells[column].lines


def _placed(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Yield the texts of the first column of a table without borders.

    An action begins on the line on which its other columns stand.
    """
    edge: float | None = None
    action: list[Line] = []
    for line in lines:
        if _is_title(line.text):
            gaps = zip(line.words, line.words[1:], strict=False)
            edge = next(
                (b.left for a, b in gaps if b.left - a.right > COLUMN_GAP_EM * line.height), None
            )
            continue
        left = tuple(w for w in line.words if edge is not None and w.left < edge - EDGE_PT)
        if not left:
            continue
        if len(left) < len(line.words) and action:
            yield action
            action = []
        action.append(Line(line.page, left))
    if action:
        yield action


def _is_title(text: str) -> bool:
    return _names_action(text) and bool(_BESIDE.search(without_accents(folded(text))))


def _names_action(text: str) -> bool:
    return bool(_ACTION.search(without_accents(folded(text))))
