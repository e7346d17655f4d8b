"""The child process that opens a PDF: bytes on stdin, words with their positions on stdout.

PDFium is native code without bounds of its own: a file of 2 KB makes it hold 1.7 GB, and a call
into it cannot be interrupted. So it runs here, under limits of memory and time, and a crash or a
bomb costs a child process, not the server. `pdf.py` starts this file as a script with the import
path as its first argument; it imports nothing of the package, so that it starts fast.

The answer is one JSON object: `{"pages": [[width, height, [word, ...]], ...]}`, where a word is
`[left, right, baseline, height, text, style]` in points, y downwards from the top of the page, or
`{"problem": code, "page": n}`.
"""

import json
import sys
import unicodedata
from collections.abc import Iterator
from ctypes import byref, c_double, c_int, create_string_buffer
from typing import Any

MAX_MEMORY_BYTES = 1 << 30
MAX_CPU_S = 15
MAX_PAGES = 500
MAX_CHARACTERS_PER_PAGE = 60_000
MAX_CHARACTERS = 3_000_000

LINE_END_HYPHEN = "\u00ad"
# PDFium replaces the hyphen that ends a line: U+0002 by character, U+FFFE in running text.
HYPHENS = frozenset({0x02, 0xAD, 0xFFFE})
GAP_IN_WORD_EM = 0.25

Word = list[Any]


class ProblemError(Exception):
    """The document cannot be read; the first argument says why, the second on which page."""


def limit_resources() -> None:
    """Bound memory and processor time of this process, where the system can (not on Windows)."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_S, MAX_CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def read(data: bytes) -> list[tuple[float, float, list[Word]]]:
    """Return width, height and words of each page, words in the order of the content stream."""
    import pypdfium2  # type: ignore[import-untyped] # the package ships no types

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise ProblemError("locked" if "assword" in str(error) else "broken", 0) from None
    if len(document) > MAX_PAGES:
        raise ProblemError("pages", len(document))
    pages, total = [], 0
    for number in range(len(document)):
        try:
            page = document[number]
            text = page.get_textpage()
        except pypdfium2.PdfiumError:
            raise ProblemError("page", number + 1) from None
        count = text.count_chars()
        total += count
        if count > MAX_CHARACTERS_PER_PAGE or total > MAX_CHARACTERS:
            raise ProblemError("characters", number + 1)
        width, height = page.get_size()
        pages.append((width, height, list(_words(text, height))))
        text.close()
        page.close()
    return pages


def _words(text: Any, page_height: float) -> Iterator[Word]:
    """Join characters to words: a word ends at white space, at a gap or where the line changes."""
    word: Word = []
    before = 0.0
    for code, box in _characters(text, page_height):
        if box is None:
            if word:
                yield word
            word = []
            continue
        if code in HYPHENS and word:
            word[4] += LINE_END_HYPHEN
            continue
        left, right, baseline, height, index = box
        # The letters of a ligature share one box.
        if word and left != before and not _continues(word, left, baseline, height):
            yield word
            word = []
        before = left
        character = "-" if code in HYPHENS else chr(code)
        if word:
            word[1] = right
            word[4] += character
        else:
            word = [left, right, baseline, height, character, _style(text, index, height)]
    if word:
        yield word


def _continues(word: Word, left: float, baseline: float, height: float) -> bool:
    same_line: bool = abs(baseline - word[2]) < 0.3 * height
    gap: float = left - word[1]
    return same_line and -0.5 * height < gap < GAP_IN_WORD_EM * height


def _characters(
    text: Any, page_height: float
) -> Iterator[tuple[int, tuple[float, float, float, float, int] | None]]:
    """Yield each character's code and left, right, baseline, height, index; None ends a word."""
    from pypdfium2 import raw

    box, x, y = raw.FS_RECTF(), c_double(), c_double()
    for index in range(text.count_chars()):
        code = raw.FPDFText_GetUnicode(text, index)
        if code not in HYPHENS and (not _is_visible(code) or raw.FPDFText_IsGenerated(text, index)):
            yield code, None
            continue
        raw.FPDFText_GetLooseCharBox(text, index, byref(box))
        raw.FPDFText_GetCharOrigin(text, index, byref(x), byref(y))
        height = abs(box.top - box.bottom) or 1.0
        yield code, (box.left, box.right, page_height - y.value, height, index)


def _is_visible(code: int) -> bool:
    # Control characters, blanks and lone surrogates (which no store could keep) are left out.
    return unicodedata.category(chr(code)) not in ("Cc", "Cs", "Zs", "Zl", "Zp")


def _style(text: Any, index: int, height: float) -> str:
    from pypdfium2 import raw

    name, flags = create_string_buffer(80), c_int()
    raw.FPDFText_GetFontInfo(text, index, name, len(name), byref(flags))
    font = name.value.decode("utf-8", "replace").partition("+")
    return f"{height:.1f} {font[2] or font[0]}"


def main() -> None:
    """Answer for the document on stdin."""
    limit_resources()
    answer: dict[str, Any]
    try:
        answer = {"pages": read(sys.stdin.buffer.read())}
    except ProblemError as problem:
        answer = {"problem": problem.args[0], "page": problem.args[1]}
    except MemoryError:
        answer = {"problem": "bounds", "page": 0}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    sys.path[:] = json.loads(sys.argv[1])
    main()
