"""The PDF: tagged, in its language, complete, and the same bytes again."""

import re

import pypdfium2  # type: ignore[import-untyped] # it ships no types
import pypdfium2.raw  # type: ignore[import-untyped] # the same
import pytest
from hypothesis import example, given, settings
from portfolios import CUSTOMER, HOSTILE, MARKUP, UNPRINTABLE_TEXT, analysed, hostile, portfolio

from opportune.export import pdf
from opportune.export.portfolio import Portfolio
from opportune.model.records import Opportunity
from opportune.model.regions import REGIONS

CATALOG = {
    "es": ("Oportunidades", "Evidencia", "Próximos pasos", "Cómo se obtuvieron estos importes"),
    "en": ("Opportunities", "Evidence", "Next steps", "How these amounts came about"),
    "pt": ("Oportunidades", "Evidência", "Próximos passos", "Como estes valores foram obtidos"),
}


class Read:
    """A PDF as a reader opens it."""

    def __init__(self, data: bytes) -> None:
        document = pypdfium2.PdfDocument(data)
        self.made = document.get_metadata_dict()["CreationDate"]
        self.title = document.get_metadata_dict()["Title"]
        self.bookmarks = [mark.get_title() for mark in document.get_toc()]
        self.is_tagged = bool(pypdfium2.raw.FPDFCatalog_IsTagged(document))
        self.pages: list[str] = []
        for page in document:
            text = page.get_textpage()
            self.pages.append(text.get_text_range())
            text.close()
            page.close()
        document.close()
        # What stands in the margins of each page would cut texts that go on from page to page.
        self.text = re.sub(
            rf"{re.escape(self.title)} .*\r?\n|\S+ \S+ UTC .*\d+/\d+", "", "\n".join(self.pages)
        )
        self.flat = " ".join(self.text.replace("\ufffe", "-").split())


def objects(data: bytes) -> bytes:
    """Return the file's objects unpacked, for what no reader of ours tells."""
    import zlib

    parts = [data]
    for match in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", data, re.DOTALL):
        try:
            parts.append(zlib.decompress(match[1]))
        except zlib.error:
            continue
    return b"\n".join(parts)


@pytest.mark.parametrize("language", ["en", "es", "pt"])
def test_the_playbook_says_everything_in_its_language(language: str) -> None:
    shown = analysed(language)
    read = Read(pdf.write(shown))
    assert all(word in read.flat for word in CATALOG[language])
    assert CUSTOMER in read.flat
    for one in shown.opportunities:
        assert _squeezed(one.title) in _squeezed(read.text)
        assert one.id in read.text
        for part in (one.reasoning, *one.next_steps, *(e.text for e in one.evidence)):
            assert _squeezed(part) in _squeezed(read.text), part


def _squeezed(text: str) -> str:
    """Return a text without what line breaks, hyphenation and page ends put into it."""
    return re.sub(r"[\s\u00ad\ufffe\x02-]", "", text)


def test_letters_of_spanish_and_portuguese_are_found_by_extraction() -> None:
    read = Read(pdf.write(portfolio(hostile("¿ñ ã ç õ «Ü»? — €"))))
    assert "¿ñ ã ç õ «Ü»? — €" in read.flat


def test_the_file_is_tagged_with_title_language_and_bookmarks() -> None:
    shown = analysed("pt")
    data = pdf.write(shown)
    read, inside = Read(data), objects(data)
    assert read.is_tagged
    assert read.title == shown.title
    assert read.bookmarks[0] == shown.title
    assert f"1. {shown.opportunities[0].title}" in read.bookmarks
    assert b"/StructTreeRoot" in inside
    assert b"/MarkInfo" in inside
    assert b"/Lang(pt)" in inside
    assert b"pdfuaid" in inside
    assert b"/Alt" in inside
    assert b"/TH" in inside


def test_every_page_says_which_of_how_many() -> None:
    read = Read(pdf.write(analysed("en")))
    count = len(read.pages)
    assert count > len(analysed("en").opportunities)
    for number, page in enumerate(read.pages, 1):
        assert f"Page {number}/{count}" in page


def test_the_method_and_its_sources_are_stated() -> None:
    shown = analysed("en")
    read = Read(pdf.write(shown))
    (source,) = shown.sources
    assert "what the customer is estimated to pay AWS in a year" in read.flat
    assert source.price_book in read.flat
    claimed = next(one.estimate for one in shown.opportunities if one.estimate)
    assert _squeezed(claimed.formula) in _squeezed(read.text)
    assert all(_squeezed(i.source) in _squeezed(read.text) for i in claimed.inputs)


def test_equal_portfolios_give_equal_bytes() -> None:
    data = pdf.write(analysed())
    assert pdf.write(analysed()) == data
    assert Read(data).made.startswith("D:20261128140509")  # and no other clock has a part in it


def test_text_never_becomes_markup() -> None:
    read = Read(pdf.write(portfolio(hostile(MARKUP))))
    assert read.flat.count(" ".join(MARKUP.split())) >= 5


def test_no_font_of_this_machine_is_used() -> None:
    fonts = set(re.findall(rb"/BaseFont/[A-Z]{6}\+([\w-]+)", objects(pdf.write(analysed()))))
    assert fonts
    assert all(name.startswith(b"SourceSansPro") for name in fonts)


def test_a_character_that_our_fonts_lack_hinders_nothing() -> None:
    data = pdf.write(portfolio(hostile("\N{EGYPTIAN HIEROGLYPH A001} is unusual")))
    read = Read(data)
    assert read.is_tagged
    assert "is unusual" in read.flat


def test_a_portfolio_without_opportunities_is_a_page_that_says_so() -> None:
    read = Read(pdf.write(portfolio()))
    assert "0" in read.pages[0]
    assert "How these amounts came about" in read.flat


@pytest.mark.parametrize(("region", "text"), [
    ("en-US", "USD 1,234"), ("es-MX", "USD 1,234"), ("es-CO", "USD 1.234"),
    ("es-ES", "1.234 USD"), ("pt-BR", "USD 1.234"),
])  # fmt: skip
def test_amounts_are_written_as_in_the_region(region: str, text: str) -> None:
    shown = portfolio(hostile("x", estimated_arr="1234.40"), region=REGIONS[region])
    assert text in Read(pdf.write(shown)).flat


@settings(max_examples=40)
@given(HOSTILE)
@example(hostile(UNPRINTABLE_TEXT))
def test_no_text_breaks_the_playbook(one: Opportunity) -> None:
    assert Read(pdf.write(portfolio(one, one))).is_tagged


def test_the_chart_alone_is_a_picture() -> None:
    shown: Portfolio = analysed()
    assert pdf.chart_picture(shown).startswith(b"\x89PNG")
