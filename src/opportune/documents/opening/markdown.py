"""Lines of a Markdown file as a reader sees them: headings, text and table rows, with line numbers.

Only what the page shows is text: HTML comments, hidden elements, struck-out words, code and front
matter are left out. What remains is data, whatever it asks a reader to do.
"""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from opportune.documents.opening.delimited import decoded
from opportune.errors import MalformedDocumentError, UnsupportedDocumentError
from opportune.model.file import InputFile

MAX_BYTES = 2**20
MAX_LINE = 4_000
"""Characters of a line that are read."""
BOLD_LEVEL = 7
"""Of a line that is bold as a whole: it heads what follows, below any real heading."""

_HIDDEN = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(script|style|template)\b[^<>]{0,500}>.*?(?:</\1\s*>|\Z)"
    r"|<(\w+)\b[^<>]{0,500}(?:\bhidden\b|display\s*:\s*none)[^<>]{0,500}>.{0,500}?</\2\s*>",
    re.DOTALL | re.IGNORECASE,
)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})\s*(\w*)")
_ATX = re.compile(r" {0,3}(#{1,6})(?:\s+(.*?)|([^\s#\d].*?))(?:\s+#+)?\s*")
_HTML_HEADING = re.compile(r"\s*<h([1-6])\b[^>]*>(.*?)</h\1\s*>\s*", re.IGNORECASE)
_UNDERLINE = re.compile(r" {0,3}(=+|-{2,})\s*")
_ALL_BOLD = re.compile(r"\s*(\*\*|__)(?=\S)((?:(?!\1).)+)\1\s*:?\s*")
_LIST = re.compile(r"\s*(?:[-*+\u2022\u00b7\u25aa]\s+|\d{1,3}[.)]\s+)(?:\[[ xX]\]\s+)?")
_QUOTE = re.compile(r"\s*(?:>\s?)+")
_DELIMITER = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?")
_INLINE = (
    (re.compile(r"!\[[^\[\]]{0,300}\]\([^()]{0,2000}\)"), ""),
    (re.compile(r"\[([^\[\]]{0,300})\]\([^()]{0,2000}\)"), r"\1"),
    (re.compile(r"~~.*?~~|<(del|s|strike)\b[^<>]{0,99}>.{0,200}?</\1\s*>", re.IGNORECASE), ""),
    (re.compile(r"<br\s*/?>", re.IGNORECASE), " "),
    (re.compile(r"</?[a-zA-Z][^<>]*>"), ""),
    (re.compile(r"\*+|`+"), ""),
    (re.compile(r"(?<!\w)_+(?=\S)|(?<=\S)_+(?!\w)"), ""),
    (re.compile(r"\\([!-/:-@\[-`{-~])"), r"\1"),
    (re.compile(r"[\u200b-\u200f\u2060\ufeff\ufe0f]"), ""),
)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 1 to 6, or BOLD_LEVEL."""

    line: int
    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text, without the marks of lists and quotes."""

    line: int
    text: str
    is_item: bool = False


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a table, and the table's header."""

    line: int
    cells: tuple[str, ...]
    header: tuple[str, ...]


Block = Heading | Text | TableRow


@lru_cache(maxsize=2)
def blocks_of(file: InputFile) -> tuple[Block, ...]:
    """Return the blocks of a Markdown file, in order; none if it is not text.

    The last files are remembered, so identifying and extracting read once.

    Raises:
        MalformedDocumentError: It is larger than MAX_BYTES, or its encoding is damaged.
    """
    if len(file.data) > MAX_BYTES:
        raise MalformedDocumentError(
            file.name, f"it is larger than the {MAX_BYTES // 2**20} MB that a report may have."
        )
    try:
        text = decoded(file, file.data).text
    except UnsupportedDocumentError:
        return ()
    return tuple(_blocks(_visible_lines(text)))


def _visible_lines(text: str) -> list[str]:
    """Return the lines with what is hidden blank, so that numbers stay right."""
    shown = _HIDDEN.sub(lambda match: "\n" * _line_ends(match[0]), text)
    lines = [line[:MAX_LINE] for line in re.split(r"\r\n|\r|\n", shown)]
    first = next((line for line in lines if line.strip()), "")
    if first.strip() == "---" and lines[0].strip() == "---":
        end = next((i for i, line in enumerate(lines[1:60], 1) if line.strip() == "---"), 0)
        lines[: end + 1] = [""] * (end + 1)
    is_wrapped = bool(
        (match := _FENCE.fullmatch(first.rstrip())) and match[2] in ("markdown", "md")
    )
    return _without_code(lines, is_wrapped=is_wrapped)


def _line_ends(text: str) -> int:
    return len(re.findall(r"\r\n|\r|\n", text))


def _without_code(lines: list[str], *, is_wrapped: bool) -> list[str]:
    """Blank out fenced code; a file that is one fence as a whole is a pasted document."""
    fence = ""
    shown = []
    for line in lines:
        match = _FENCE.match(line)
        is_edge = bool(match) and (not fence or (match is not None and match[1].startswith(fence)))
        if match and is_edge and not (is_wrapped and not fence):
            fence = "" if fence else match[1]
        shown.append("" if fence or is_edge else line)
    return shown


def _blocks(lines: Sequence[str]) -> Iterator[Block]:
    header: tuple[str, ...] = ()
    skip = False
    for number, (line, following) in enumerate(zip(lines, [*lines[1:], ""], strict=True), start=1):
        if skip or not line.strip():
            header = () if not line.strip() else header
            skip = False
            continue
        if header:
            if "|" in line:
                yield TableRow(number, _row_cells(line), header)
                continue
            header = ()
        if "|" in line and "|" in following and _DELIMITER.fullmatch(following.strip()):
            header, skip = _row_cells(line), True
            continue
        block = _heading(number, line, following)
        skip = block is not None and block.level <= 2 and _is_underlined(line, following)  # noqa: PLR2004 - the levels an underline makes
        yield block or _text(number, line)


def _heading(number: int, line: str, following: str) -> Heading | None:
    if match := _ATX.fullmatch(line):
        return Heading(number, len(match[1]), plain(match[2] or match[3] or ""))
    if match := _HTML_HEADING.fullmatch(line):
        return Heading(number, int(match[1]), plain(match[2]))
    if _is_underlined(line, following):
        return Heading(number, 1 if following.strip().startswith("=") else 2, plain(line))
    if match := _ALL_BOLD.fullmatch(line):
        return Heading(number, BOLD_LEVEL, plain(match[2]))
    return None


def _is_underlined(line: str, following: str) -> bool:
    is_text = not _LIST.match(line) and not _QUOTE.match(line) and not _ATX.fullmatch(line)
    is_rule = not line.strip(" -*_=")
    return is_text and not is_rule and bool(_UNDERLINE.fullmatch(following)) and "|" not in line


def _text(number: int, line: str) -> Text:
    if match := _QUOTE.match(line):
        line = line[match.end() :]
    match = _LIST.match(line)
    return Text(number, plain(line[match.end() :] if match else line), is_item=bool(match))


def _row_cells(line: str) -> tuple[str, ...]:
    line = line.strip()
    line = line.removeprefix("|")
    if line.endswith("|") and not line.endswith("\\|"):
        line = line[:-1]
    return tuple(plain(cell.replace("\\|", "|")) for cell in re.split(r"(?<!\\)\|", line))


def plain(text: str) -> str:
    """Return the text without marks of Markdown and HTML, blanks collapsed."""
    for pattern, replacement in _INLINE:
        text = pattern.sub(replacement, text)
    return " ".join(html.unescape(text).split())
