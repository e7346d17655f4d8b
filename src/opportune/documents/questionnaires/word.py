"""Reads what a Word document shows: paragraphs, tables, controls and text boxes, in reading order.

Only the final text counts: what was deleted or moved away, hidden or struck-out words, field codes,
and the placeholder of a control that was never filled in are left out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import takewhile
from xml.etree.ElementTree import Element

from opportune.documents.opening.word_package import open_word
from opportune.documents.questionnaires.answers import looks_like_prompt
from opportune.documents.questionnaires.word_controls import (
    attribute,
    box_of,
    child,
    in_font,
    is_contents,
    is_embedded_box,
    is_entry,
    is_filled,
    is_italic,
    is_on,
    local,
    picked,
    symbol_of,
    value_of,
)
from opportune.model.file import InputFile

_DROPPED = frozenset(
    {"del", "moveFrom", "delText", "instrText", "delInstrText", "Fallback", "rt", "sdtPr", "pPr"}
    | {"sdtEndPr", "rPr", "tblPr", "tblGrid", "trPr", "tcPr", "sectPr"}
)
_WRAPPERS = frozenset({"customXml", "ins", "moveTo", "smartTag"})
MAX_SPAN = 63
"""Columns of Word's widest table."""
_BREAKS = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": " "}
_START, _END = "\ue000", "\ue001"
"""Stand around what a control or form field holds, inside a paragraph's text."""
_NUMBERED = re.compile(r"(?:Q(?:uestion)?\s*)?\(?\d{1,3}(?:\.\d{1,3})*[.):]\s", re.IGNORECASE)
_HEADING_STYLE = re.compile(r"heading|title|subtitle|t[ií]tulo|ttulo", re.IGNORECASE)
_CONTENTS_STYLE = re.compile(r"(?:toc|tdc|sum[aá]?rio)\s?\d", re.IGNORECASE)
"""Of lines in a table of contents, which repeat headings and questions."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph that is not empty, or a control without text."""

    number: int
    """Among the document's paragraphs, 1-based, as they follow each other in the file."""
    text: str
    fields: tuple[tuple[str, str], ...] = ()
    """Of each control: what stands before it, and what it holds ("" = nothing was entered)."""
    lead: str = ""
    """The bold words, or else the first line, that it begins with, if others follow."""
    style: str = ""
    """Equal for paragraphs set alike: style, list, number, bold."""
    is_heading: bool = False
    is_italic: bool = False
    """All its text is: so forms set their hints."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table."""

    blocks: "tuple[Block, ...]"
    span: int = 1
    """How many columns it goes over."""

    @property
    def text(self) -> str:
        """All its text on one line, nested tables too."""
        return joined(text for block in self.blocks for text in _block_texts(block))

    @property
    def tables(self) -> "tuple[Table, ...]":
        """The tables in it."""
        return tuple(block for block in self.blocks if isinstance(block, Table))

    @property
    def has_field(self) -> bool:
        """A control stands in it."""
        return any(isinstance(block, Paragraph) and block.fields for block in self.blocks)

    @property
    def is_bold(self) -> bool:
        """All its text is bold."""
        shown = [block for block in self.blocks if isinstance(block, Paragraph) and block.text]
        return bool(shown) and all(block.style.endswith("bold") for block in shown)


@dataclass(frozen=True, slots=True)
class Table:
    """A table: rows of cells; one that only goes on from the cell above is empty."""

    number: int
    rows: tuple[tuple[Cell, ...], ...]
    headers: int = 0
    """How many rows at its top are marked as headers, which are repeated on each page."""


Block = Paragraph | Table


def joined(texts: Iterator[str]) -> str:
    """Return paragraphs on one line: `;` between those that do not end with a mark of their own."""
    pieces: list[str] = []
    for text in filter(None, texts):
        if pieces:
            pieces.append(" " if pieces[-1][-1] in ".,;:!?" else "; ")
        pieces.append(text)
    return "".join(pieces)


def _block_texts(block: Block) -> Iterator[str]:
    if isinstance(block, Paragraph):
        yield block.text
    else:
        for row in block.rows:
            yield ", ".join(filter(None, (cell.text for cell in row)))


def read_blocks(file: InputFile) -> tuple[list[Block], int]:
    """Return the paragraphs and tables of a .docx file, and how many ActiveX controls it has.

    What such a control holds stands in a part of its own: it is not read.

    Raises:
        UnsupportedDocumentError: It has macros, or is no Word document.
        MalformedDocumentError: Locked, damaged, beyond the limits, or with entities in its XML.
    """
    word = open_word(file)
    reader = _Reader(_placeholder_styles(word.styles))
    return reader.blocks(word.body), reader.embedded


def _placeholder_styles(styles: Element | None) -> frozenset[str]:
    """Return the ids of the style that Word gives placeholders; they differ by language."""
    named = [] if styles is None else list(styles)
    ids = {
        attribute(style, "styleId") or ""
        for style in named
        if (value_of(style, "name") or "").casefold() == "placeholder text"
    }
    return frozenset(ids | {"PlaceholderText"})


@dataclass
class _Reader:
    """Walks the document's XML once."""

    placeholder_styles: frozenset[str]
    paragraphs: int = 0
    tables: int = 0
    embedded: int = 0
    """ActiveX controls."""
    _boxes: list[Block] = field(default_factory=list)
    """Text boxes anchored in the paragraph that is being read."""
    _field: str = ""
    """Where a form field's text is: `begun`, `text`, or nowhere."""

    def blocks(self, parent: Element) -> list[Block]:
        """Return the blocks under an element."""
        found: list[Block] = []
        for node in parent:
            name = local(node)
            if name == "p":
                found += self._paragraph(node)
            elif name == "tbl":
                found.append(self._table(node))
            elif name == "sdt":
                found += self._control(node)
            elif name not in _DROPPED:
                found += self.blocks(node)
        return found

    def _control(self, control: Element) -> list[Block]:
        """Return what a control around whole paragraphs holds, each marked as its content."""
        content = child(control, "sdtContent")
        inner = [] if content is None else self.blocks(content)
        if is_contents(control):
            return []
        if box := box_of(control):
            return [Paragraph(self.paragraphs, box)]
        texts = [block.text for block in inner if isinstance(block, Paragraph)]
        is_section = len(inner) > 1 and any(text.endswith("?") for text in texts)
        if is_section or not is_entry(control):
            return inner
        if not is_filled(control):
            return [Paragraph(self.paragraphs, "", fields=(("", ""),))]
        return [
            replace(block, fields=(("", block.text),))
            if isinstance(block, Paragraph) and not block.fields
            else block
            for block in inner
        ]

    def _table(self, table: Element) -> Table:
        self.tables += 1
        number = self.tables
        found = [row for row in _unwrapped(table, "tr") if child(child(row, "trPr"), "del") is None]
        rows = [
            tuple(self._cell(cell, held) for cell, held in _cells_and_boxes(row)) for row in found
        ]
        headers = takewhile(lambda row: is_on(child(row, "trPr"), "tblHeader"), found)
        return Table(number, tuple(rows), len(list(headers)))

    def _cell(self, cell: Element, held: str | None) -> Cell:
        blocks = tuple(self.blocks(cell))
        properties = child(cell, "tcPr")
        if value_of(properties, "vMerge") not in (None, "restart"):
            return Cell(())
        if held is not None:
            blocks = (Paragraph(self.paragraphs, held, () if held else (("", ""),)),)
        span = value_of(properties, "gridSpan") or "1"
        return Cell(blocks, min(int(span), MAX_SPAN) if re.fullmatch(r"[1-9]\d{0,3}", span) else 1)

    def _paragraph(self, paragraph: Element) -> list[Block]:
        self.paragraphs += 1
        number = self.paragraphs
        outer, self._boxes = self._boxes, []
        text = "".join(self._runs(paragraph))
        boxes, self._boxes = self._boxes, outer
        shown = [_as_paragraph(number, text, paragraph)] if text.strip() else []
        style = value_of(child(paragraph, "pPr"), "pStyle") or ""
        return boxes if _CONTENTS_STYLE.match(style) else [*shown, *boxes]

    def _runs(self, parent: Element) -> Iterator[str]:
        for node in parent:
            name = local(node)
            if name == "r":
                yield from self._run(node)
            elif name == "sdt":
                yield from self._inline_control(node)
            elif name == "txbxContent":
                self._boxes += self.blocks(node)
            elif name == "control":
                self.embedded += 1
                yield "\u2610 " if is_embedded_box(node) else f"{_START}{_END}"
            elif name not in _DROPPED:
                yield from self._runs(node)

    def _inline_control(self, control: Element) -> Iterator[str]:
        content = child(control, "sdtContent")
        inner = "" if content is None else "".join(self._runs(content))
        box = box_of(control)
        if box or not is_entry(control):
            yield f"{box} " if box else inner
        else:
            inner = re.sub(f"[{_START}{_END}]", " ", inner)
            yield f"{_START}{inner if is_filled(control) else ''}{_END}"

    def _run(self, run: Element) -> Iterator[str]:
        properties = child(run, "rPr")
        if any(is_on(properties, mark) for mark in ("vanish", "strike", "dstrike")):
            return
        text = in_font("".join(self._run_texts(run)), child(properties, "rFonts"))
        is_grey = value_of(properties, "rStyle") in self.placeholder_styles
        if not (is_grey and looks_like_prompt(text)):
            yield text

    def _run_texts(self, run: Element) -> Iterator[str]:
        for node in run:
            name = local(node)
            if name == "t":
                yield re.sub(f"[{_START}{_END}]", " ", node.text or "")
            elif name in _BREAKS:
                yield _BREAKS[name]
            elif name == "sym":
                yield symbol_of(node)
            elif name == "fldChar":
                yield self._form_field(node)
            elif name not in _DROPPED:
                yield from self._runs(node)

    def _form_field(self, mark: Element) -> str:
        """Return what a form field of older documents holds, or the marks around its text."""
        kind, data = attribute(mark, "fldCharType"), child(mark, "ffData")
        if kind == "begin" and data is not None:
            box, listed = child(data, "checkBox"), child(data, "ddList")
            if box is not None:
                name = "default" if child(box, "checked") is None else "checked"
                return "\u2612 " if is_on(box, name) else "\u2610 "
            if listed is not None:
                return f"{_START}{picked(listed)}{_END}"
            self._field = "begun"
        elif kind == "separate" and self._field == "begun":
            self._field = "text"
            return _START
        elif kind == "end" and self._field:
            before, self._field = self._field, ""
            return _END if before == "text" else f"{_START}{_END}"
        return ""


def _as_paragraph(number: int, text: str, paragraph: Element) -> Paragraph:
    if text.rfind(_START) > text.rfind(_END):
        text += _END  # a form field that goes on in the next paragraph
    fields = tuple(_labelled_fields(text))
    properties = child(paragraph, "pPr")
    style = value_of(properties, "pStyle") or ""
    numbering = child(properties, "numPr")
    list_of = f"{value_of(numbering, 'numId')}.{value_of(numbering, 'ilvl')}"
    shown, lead = _tidy(re.sub(f"[{_START}{_END}]", "", text)), _bold_lead(paragraph)
    is_bold = bool(shown) and lead == shown
    if not lead and "\n" in text.strip():
        lead = _tidy(text.strip().partition("\n")[0])
    marks = (
        style,
        list_of if numbering is not None else "",
        "numbered" if _NUMBERED.match(shown) else "",
        "bold" if is_bold else "",
    )
    return Paragraph(
        number=number,
        text=shown,
        fields=fields,
        lead=lead if shown.startswith(lead) and not is_bold else "",
        style="|".join(filter(None, marks)),
        is_italic=is_italic(paragraph),
        is_heading=bool(_HEADING_STYLE.match(style)) or child(properties, "outlineLvl") is not None,
    )


def _labelled_fields(text: str) -> Iterator[tuple[str, str]]:
    label, *rest = text.split(_START)
    for piece in rest:
        held, _, following = piece.partition(_END)
        yield _tidy(label), _tidy(held)
        label = following


def _bold_lead(paragraph: Element) -> str:
    """Return the text of the bold runs that a paragraph begins with."""
    lead = ""
    for run in paragraph:
        if local(run) != "r":
            if local(run) in ("pPr", "bookmarkStart", "bookmarkEnd", "proofErr"):
                continue
            break
        text = "".join(node.text or "" for node in run if local(node) == "t")
        if text.strip() and not is_on(child(run, "rPr"), "b"):
            break
        lead += text
    return _tidy(lead)


def _tidy(text: str) -> str:
    return " ".join(text.split())


def _unwrapped(parent: Element, name: str) -> Iterator[Element]:
    """Yield the rows of a table, also those in a control around rows or marked as added."""
    for node in parent:
        if local(node) == name:
            yield node
        elif local(node) == "sdt":
            yield from (
                _unwrapped(found, name) if (found := child(node, "sdtContent")) is not None else ()
            )
        elif local(node) in _WRAPPERS:
            yield from _unwrapped(node, name)


def _cells_and_boxes(row: Element) -> Iterator[tuple[Element, str | None]]:
    """Yield the cells of a row, and what a control around each says that it holds: a box, or ""."""
    for node in row:
        name = local(node)
        if name == "tc" and not _is_gone(node):
            yield node, None
        elif name == "sdt" and (content := child(node, "sdtContent")) is not None:
            for cell in _unwrapped(content, "tc"):
                is_blank = is_entry(node) and not is_filled(node)
                yield cell, box_of(node) or ("" if is_blank else None)
        elif name in _WRAPPERS:
            yield from _cells_and_boxes(node)


def _is_gone(cell: Element) -> bool:
    return child(child(cell, "tcPr"), "cellDel") is not None
