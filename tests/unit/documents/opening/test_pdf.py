"""What is no readiness report, or a broken one: one clear sentence, bounded time and memory."""

import resource
import zlib
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opportune.documents.opening import pdf_words
from opportune.documents.readiness import mra
from opportune.documents.samples.report import write_report
from opportune.errors import DocumentError, MalformedDocumentError, UnsupportedDocumentError
from opportune.model.file import InputFile

FEW = settings(
    max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
MANY = settings(FEW, max_examples=25)


@cache
def report() -> InputFile:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "report.pdf"
        write_report(path)
        return InputFile("report.pdf", path.read_bytes())


def printed(source: str) -> InputFile:
    """Return a PDF of typst source."""
    import typst

    return InputFile("other.pdf", typst.compile(source.encode(), ignore_system_fonts=True))


TABLE = """
#set page(width: 600pt, height: 800pt)
= Migration Readiness Assessment
= Heatmap
= Ratings Responses
== Operating Model
=== Backup
#table(columns: (1fr, 1fr, 1fr), [Question], [Response], [Comments], ROWS)
= Text Responses
"""


@pytest.mark.parametrize(
    ("file", "error", "words"),
    [
        (InputFile("a.pdf", b""), UnsupportedDocumentError, "empty"),
        (InputFile("a.pdf", b"PK\x03\x04 a workbook"), UnsupportedDocumentError, "not a PDF"),
        (InputFile("a.pdf", b"%PDF-1.7\n%%EOF"), MalformedDocumentError, "damaged"),
        (printed("= An invoice\nRatings Responses 5 5 - no"), UnsupportedDocumentError, "no MRA"),
        (printed("#rect()"), UnsupportedDocumentError, "no text layer"),
        (
            printed("= Migration Readiness Assessment\n= Heatmap\n= Text Responses"),
            MalformedDocumentError,
            'no section "Ratings Responses"',
        ),
        (printed(TABLE.replace("ROWS", "")), MalformedDocumentError, "no rating"),
        (printed("#for i in range(501) { pagebreak() }"), MalformedDocumentError, "502 pages"),
    ],
    ids=["empty", "workbook", "damaged", "other", "scan", "no section", "no rows", "pages"],
)
def test_bad_files_give_one_sentence(
    file: InputFile, error: type[DocumentError], words: str
) -> None:
    with pytest.raises(error, match=words) as caught:
        mra.extract(file)
    assert str(caught.value).startswith(file.name)


@pytest.mark.parametrize("source", ["= An invoice", "#rect()", "Migration Readiness Assessment"])
def test_other_pdfs_are_not_identified(source: str) -> None:
    assert not mra.identify(printed(source))
    assert not mra.identify(InputFile("mra-report.pdf", b"%PDF-1.7 nothing\n%%EOF"))


def test_a_file_without_its_end_is_refused_although_pdfium_would_mend_it() -> None:
    whole = _raw_pdf(b"BT ET").data
    with pytest.raises(MalformedDocumentError, match="cut off"):
        mra.extract(InputFile("a.pdf", whole[: whole.index(b"trailer")]))


def test_a_locked_report_says_so() -> None:
    file = _raw_pdf(b"BT ET", b"/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<%s>/U<%s>>>" % (
        b"00" * 32, b"11" * 32))  # fmt: skip
    with pytest.raises(MalformedDocumentError, match="password"):
        mra.extract(file)


def _raw_pdf(content: bytes, trailer: bytes = b"", filters: bytes = b"") -> InputFile:
    """Return a PDF of one page with this content stream."""
    out = bytearray(b"%PDF-1.5\n")
    places = []
    for number, body in enumerate(
        (
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R>>",
            b"<</Length %d%s>>stream\n%s\nendstream" % (len(content), filters, content),
        ),
        start=1,
    ):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"xref\n0 5\n0000000000 65535 f \n%strailer<</Size 5/Root 1 0 R/ID[<00><00>]%s>>\n" % (
        table,
        trailer,
    )
    start = out.index(b"xref")
    return InputFile("a.pdf", bytes(out) + b"startxref\n%d\n%%%%EOF\n" % start)


@pytest.mark.slow
def test_a_bomb_of_two_kilobytes_costs_a_child_process_and_no_more() -> None:
    inner = zlib.compressobj(9)
    spaces = b" " * 1_000_000
    packed = b"".join(inner.compress(spaces) for _ in range(1000)) + inner.flush()
    bomb = _raw_pdf(zlib.compress(packed, 9), filters=b"/Filter[/FlateDecode/FlateDecode]")
    assert len(bomb.data) < 10_000
    assert not mra.identify(bomb)
    with pytest.raises(MalformedDocumentError, match="memory or time"):
        mra.extract(bomb)


def test_a_form_that_contains_itself_ends_soon_and_in_little_memory() -> None:
    resources = b"/Resources<</XObject<</F 5 0 R>>>>"
    parts = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R%s>>" % resources,
        b"<</Length 5>>stream\n/F Do\nendstream",
        b"<</Subtype/Form/BBox[0 0 9 9]%s/Length 17>>stream\n/F Do /F Do /F Do\nendstream"
        % resources,
    )
    objects = b"".join(b"%d 0 obj\n%s\nendobj\n" % x for x in enumerate(parts, start=1))
    data = b"%PDF-1.5\n" + objects + b"trailer<</Size 6/Root 1 0 R>>\n%%EOF\n"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with pytest.raises(MalformedDocumentError, match="memory or time"):
        mra.extract(InputFile("a.pdf", data))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent_s = sum(after[:2]) - sum(before[:2])
    assert spent_s < pdf_words.LEAST_CPU_S + 2


def test_a_small_file_may_take_less_than_a_large_one(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: dict[int, list[int]] = {}
    monkeypatch.setattr(
        resource, "setrlimit", lambda kind, pair: limits.setdefault(kind, []).append(pair[0])
    )
    for size_bytes in (800, 200_000, 90_000_000):
        pdf_words.limit_resources(size_bytes)
    assert limits[resource.RLIMIT_CPU] == [3, 7, 15]
    assert limits[resource.RLIMIT_AS] == [419446400, 423430400, 1 << 30]


def test_words_and_borders_of_a_turned_page_stand_where_a_reader_sees_them() -> None:
    content = b"BT /F1 12 Tf 0 1 -1 0 100 50 Tm (Seen) Tj ET 200 50 1 300 re f"
    page = _raw_pdf(content).data.replace(
        b"/MediaBox[0 0 600 800]",
        b"/Rotate 90/MediaBox[0 0 600 800]"
        b"/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>",
    )
    (width, height, words, rules, _, _), *_ = pdf_words.read(page)
    assert (width, height) == (800, 600)
    ((left, _, baseline, _, text, _),) = words
    assert (text, round(left), round(baseline)) == ("Seen", 50, 100)
    assert [[round(x) for x in rule] for rule in rules] == [[50, 200, 350, 201]]


def test_a_page_with_too_many_characters_is_refused_with_its_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pdf_words, "MAX_CHARACTERS_PER_PAGE", 10)
    with pytest.raises(pdf_words.ProblemError) as caught:
        pdf_words.read(report().data)
    assert caught.value.args == ("characters", 1)


@given(share=st.floats(0, 0.999))
@FEW
def test_a_report_cut_anywhere_is_refused(share: float) -> None:
    whole = report().data
    with pytest.raises(DocumentError):
        mra.extract(InputFile("cut.pdf", whole[: int(len(whole) * share)]))


@pytest.mark.slow
@given(places=st.lists(st.floats(0, 0.99999), min_size=1, max_size=30), value=st.integers(0, 255))
@MANY
def test_damaged_bytes_give_rows_or_one_clear_error(places: list[float], value: int) -> None:
    data = bytearray(report().data)
    for place in places:
        data[int(place * len(data))] ^= value or 1
    file = InputFile("damaged.pdf", bytes(data))
    assert mra.identify(file) in (True, False)
    try:
        found = mra.extract(file).ratings
    except DocumentError:
        found = ()
    assert all(1 <= rating.rating <= 5 for rating in found)
