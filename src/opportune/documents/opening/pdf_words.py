"""The child process that opens a PDF: bytes on stdin, what its pages show on stdout.

PDFium is native code without bounds of its own: a file of 2 KB makes it hold 1.7 GB, and a call
into it cannot be interrupted. So it runs here, under limits of memory and time, and a crash or a
bomb costs a child process, not the server. `pdf.py` starts this file as a script with the import
path as its first argument; it imports nothing of the package, so that it starts fast.

The answer is one JSON object: `{"pages": [page, ...]}` or `{"problem": code, "page": n}`. A page
is `[width, height, words, rules, picture, fields]` in points, x and y from the page's upper left
corner as a reader sees it: a word is `[left, right, baseline, height, text, style]`; a rule is a
thin rectangle or a line, `[left, top, right, bottom]`; picture is the share of the page that its
largest picture covers, 0 to 1; a field of a form is `[left, top, right, bottom, name, value]`,
where a box has the value "\u2612" if it is ticked and "\u2610" if it is not.
"""

import json
import sys
import unicodedata
from collections.abc import Iterator
from ctypes import POINTER, byref, c_double, c_float, c_int, cast, create_string_buffer
from typing import Any

MAX_MEMORY_BYTES = 1 << 30
LEAST_MEMORY_BYTES = 400 << 20
MAX_CPU_S = 15
LEAST_CPU_S = 3
BYTES_PER_CPU_S = 50_000
"""A small file gets little time: a form that contains itself makes a page of 800 bytes endless."""
MAX_PAGES = 500
MAX_CHARACTERS_PER_PAGE = 60_000
MAX_CHARACTERS = 3_000_000
MAX_OBJECTS_PER_PAGE = 20_000
"""Of drawings; the rest of a page's borders is left out."""
MAX_FIELDS_PER_PAGE = 2_000
MAX_FORM_DEPTH = 3
RULE_PT = 3.0
"""What is at most this wide is a line."""
LEAST_RULE_PT = 4.0

LINE_END_HYPHEN = "\u00ad"
# PDFium replaces the hyphen that ends a line: U+0002 by character, U+FFFE in running text.
HYPHENS = frozenset({0x02, 0xAD, 0xFFFE})
GAP_IN_WORD_EM = 0.25

Word = list[Any]
Box = tuple[float, float, float, float]
Matrix = tuple[float, float, float, float, float, float]


class ProblemError(Exception):
    """The document cannot be read; the first argument says why, the second on which page."""


def limit_resources(size_bytes: int) -> None:
    """Bound memory and processor time of this process, where the system can (not on Windows).

    Args:
        size_bytes: Of the document: the smaller it is, the less it may take.
    """
    try:
        import resource
    except ImportError:
        return
    memory = min(MAX_MEMORY_BYTES, LEAST_MEMORY_BYTES + 20 * size_bytes)
    cpu_s = min(MAX_CPU_S, LEAST_CPU_S + size_bytes // BYTES_PER_CPU_S)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def read(data: bytes) -> list[list[Any]]:
    """Return what each page shows, as the module says; words in the order of the content stream."""
    import pypdfium2  # type: ignore[import-untyped] # the package ships no types

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise ProblemError("locked" if "assword" in str(error) else "broken", 0) from None
    if len(document) > MAX_PAGES:
        raise ProblemError("pages", len(document))
    if document.get_formtype() != pypdfium2.raw.FORMTYPE_NONE:
        document.init_forms()
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
        seen = Upright(page)
        rules, picture = _drawings(page, seen)
        words = list(_joined_words(text, seen))
        fields = list(_form_fields(document.formenv, page, seen)) if document.formenv else []
        pages.append([seen.width, seen.height, words, rules, picture, fields])
        text.close()
        page.close()
    return pages


class Upright:
    """A page as a reader sees it: turned by its /Rotate, y downwards."""

    def __init__(self, page: Any) -> None:
        self.width, self.height = page.get_size()
        self._turns = page.get_rotation() // 90

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point of the page's own coordinates is seen."""
        if self._turns == 1:
            return y, x
        if self._turns == 2:  # noqa: PLR2004 - upside down
            return self.width - x, y
        if self._turns == 3:  # noqa: PLR2004 - a quarter to the left
            return self.width - y, self.height - x
        return x, self.height - y

    def box(self, x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float]:
        """Return left, top, right, bottom of a box given by two opposite corners."""
        (a, b), (c, d) = self.point(x0, y0), self.point(x1, y1)
        return min(a, c), min(b, d), max(a, c), max(b, d)


def _drawings(page: Any, seen: Upright) -> tuple[list[Box], float]:
    """Return the page's rules, and the share of it that its largest picture covers."""
    from pypdfium2 import raw

    rules: list[Box] = []
    picture = 0.0
    for kind, item, matrix in _objects(page.raw):
        if kind == raw.FPDF_PAGEOBJ_IMAGE:
            left, top, right, bottom = seen.box(*_bounds(item, matrix))
            inside = max(0.0, min(right, seen.width) - max(left, 0)) * max(
                0.0, min(bottom, seen.height) - max(top, 0)
            )
            picture = max(picture, inside / (seen.width * seen.height or 1.0))
        elif kind == raw.FPDF_PAGEOBJ_PATH:
            box = seen.box(*_bounds(item, matrix))
            if _is_rule(box):
                rules.append(_rounded(box))
            elif _is_stroked(item):
                edges = (seen.box(*edge) for edge in _edges(item, matrix))
                rules += [_rounded(edge) for edge in edges if _is_rule(edge)]
    return rules[:MAX_OBJECTS_PER_PAGE], round(picture, 3)


def _objects(page: Any) -> Iterator[tuple[int, Any, Matrix]]:
    """Yield the kind of each object of a page, the object, and the matrix of the form it is in."""
    from pypdfium2 import raw

    waiting = [
        (raw.FPDFPage_GetObject(page, index), (1.0, 0.0, 0.0, 1.0, 0.0, 0.0), 0)
        for index in range(min(raw.FPDFPage_CountObjects(page), MAX_OBJECTS_PER_PAGE))
    ]
    for taken, (item, matrix, depth) in enumerate(waiting):
        if taken >= MAX_OBJECTS_PER_PAGE:
            return
        kind = raw.FPDFPageObj_GetType(item)
        if kind == raw.FPDF_PAGEOBJ_FORM and depth < MAX_FORM_DEPTH:
            inner = _times(_matrix(item), matrix)
            count = min(raw.FPDFFormObj_CountObjects(item), MAX_OBJECTS_PER_PAGE)
            room = MAX_OBJECTS_PER_PAGE - len(waiting)
            waiting += [
                (raw.FPDFFormObj_GetObject(item, index), inner, depth + 1)
                for index in range(max(0, min(count, room)))
            ]
        else:
            yield kind, item, matrix


def _matrix(item: Any) -> Matrix:
    from pypdfium2 import raw

    found = raw.FS_MATRIX()
    raw.FPDFPageObj_GetMatrix(item, byref(found))
    return found.a, found.b, found.c, found.d, found.e, found.f


def _times(first: Matrix, second: Matrix) -> Matrix:
    """Return the matrix that does first one, then the other."""
    a, b, c, d, e, f = first
    x, y = _moved(second, e, f)
    g, h, i, j = second[:4]
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, x, y


def _moved(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def _bounds(item: Any, matrix: Matrix) -> Box:
    from pypdfium2 import raw

    left, bottom, right, top = c_float(), c_float(), c_float(), c_float()
    raw.FPDFPageObj_GetBounds(item, byref(left), byref(bottom), byref(right), byref(top))
    return (
        *_moved(matrix, left.value, bottom.value),
        *_moved(matrix, right.value, top.value),
    )


def _is_rule(box: Box) -> bool:
    width, height = box[2] - box[0], box[3] - box[1]
    return min(width, height) <= RULE_PT and max(width, height) >= LEAST_RULE_PT


def _rounded(box: Box) -> Box:
    left, top, right, bottom = (round(value, 2) for value in box)
    return left, top, right, bottom


def _is_stroked(item: Any) -> bool:
    from pypdfium2 import raw

    fill, stroke = c_int(), c_int()
    return bool(raw.FPDFPath_GetDrawMode(item, byref(fill), byref(stroke)) and stroke.value)


def _edges(item: Any, matrix: Matrix) -> Iterator[Box]:
    """Yield the straight edges of a path."""
    from pypdfium2 import raw

    own = _times(_matrix(item), matrix)
    first = before = (0.0, 0.0)
    for index in range(min(raw.FPDFPath_CountSegments(item), MAX_OBJECTS_PER_PAGE)):
        segment = raw.FPDFPath_GetPathSegment(item, index)
        x, y = c_float(), c_float()
        raw.FPDFPathSegment_GetPoint(segment, byref(x), byref(y))
        here = _moved(own, x.value, y.value)
        kind = raw.FPDFPathSegment_GetType(segment)
        if kind == raw.FPDF_SEGMENT_MOVETO:
            first = here
        elif kind == raw.FPDF_SEGMENT_LINETO:
            yield (*before, *here)
        if raw.FPDFPathSegment_GetClose(segment):
            yield (*here, *first)
        before = here


def _form_fields(form: Any, page: Any, seen: Upright) -> Iterator[list[Any]]:
    """Yield the fields of a form that hold something to read: texts, choices and boxes."""
    from pypdfium2 import raw

    boxes = (raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON)
    texts = (
        raw.FPDF_FORMFIELD_TEXTFIELD,
        raw.FPDF_FORMFIELD_COMBOBOX,
        raw.FPDF_FORMFIELD_LISTBOX,
    )
    for index in range(min(raw.FPDFPage_GetAnnotCount(page.raw), MAX_FIELDS_PER_PAGE)):
        field = raw.FPDFPage_GetAnnot(page.raw, index)
        kind = raw.FPDFAnnot_GetFormFieldType(form.raw, field)
        if kind in boxes:
            value = "\u2612" if raw.FPDFAnnot_IsChecked(form.raw, field) else "\u2610"
        elif kind in texts:
            value = _field_text(raw.FPDFAnnot_GetFormFieldValue, form, field)
        else:
            value = ""
        place = raw.FS_RECTF()
        if value and raw.FPDFAnnot_GetRect(field, byref(place)):
            name = _field_text(raw.FPDFAnnot_GetFormFieldAlternateName, form, field) or _field_text(
                raw.FPDFAnnot_GetFormFieldName, form, field
            )
            box = seen.box(place.left, place.bottom, place.right, place.top)
            yield [*_rounded(box), name, value]
        raw.FPDFPage_CloseAnnot(field)


def _field_text(function: Any, form: Any, field: Any) -> str:
    from pypdfium2 import raw

    size = function(form.raw, field, None, 0)
    buffer = create_string_buffer(size)
    function(form.raw, field, cast(buffer, POINTER(raw.FPDF_WCHAR)), size)
    text = buffer.raw.decode("utf-16-le", "replace").rstrip("\0")
    shown = "".join(c for c in text if c in "\r\n\t" or _is_visible(ord(c)) or c.isspace())
    return shown[:MAX_CHARACTERS_PER_PAGE].strip()


def _joined_words(text: Any, seen: Upright) -> Iterator[Word]:
    """Join characters to words: a word ends at white space, at a gap or where the line changes."""
    word: Word = []
    before = 0.0
    for code, box in _characters(text, seen):
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
    text: Any, seen: Upright
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
        left, top, right, bottom = seen.box(box.left, box.bottom, box.right, box.top)
        baseline = seen.point(x.value, y.value)[1]
        yield code, (left, right, baseline, bottom - top or 1.0, index)


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
    data = sys.stdin.buffer.read()
    limit_resources(len(data))
    answer: dict[str, Any]
    try:
        answer = {"pages": read(data)}
    except ProblemError as problem:
        answer = {"problem": problem.args[0], "page": problem.args[1]}
    except MemoryError:
        answer = {"problem": "bounds", "page": 0}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    sys.path[:] = json.loads(sys.argv[1])
    main()
