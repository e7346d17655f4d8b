"""The text document: what assistive programs need, and all that the playbook says."""

import io
import zipfile
from datetime import datetime

import pytest
from docx import Document
from docx.document import Document as DocumentObject
from docx.oxml.ns import qn
from hypothesis import example, given, settings
from portfolios import (
    CUSTOMER,
    HOSTILE,
    MARKUP,
    MOMENT,
    UNPRINTABLE_TEXT,
    analysed,
    hostile,
    portfolio,
)

from opportune.export import docx
from opportune.export.portfolio import Portfolio, claimed
from opportune.model.records import Opportunity


def opened(shown: Portfolio) -> DocumentObject:
    return Document(io.BytesIO(docx.write(shown)))


def all_text(document: DocumentObject) -> str:
    cells = [c.text for t in document.tables for row in t.rows for c in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def styled(document: DocumentObject, name: str) -> list[str]:
    return [p.text for p in document.paragraphs if p.style and p.style.name == name]


def test_headings_are_headings_and_lists_are_lists() -> None:
    shown = analysed("en")
    document = opened(shown)
    assert styled(document, "Title") == [shown.title]
    numbered = [f"{n}. {one.title}" for n, one in enumerate(shown.opportunities, 1)]
    assert styled(document, "Heading 1") == [*numbered, "How these amounts came about"]
    assert {"Why", "Evidence", "Estimate", "Next steps"} <= {*styled(document, "Heading 2")}
    points = {point for one in shown.opportunities for point in one.talking_points}
    assert points <= {*styled(document, "List Bullet")}


def test_the_head_of_each_table_repeats_on_every_page() -> None:
    tables = list(opened(analysed()).element.body.iter(qn("w:tbl")))
    assert len(tables) > 20
    for table in tables:
        heads = [row.find(f".//{qn('w:tblHeader')}") for row in table.iter(qn("w:tr"))]
        assert heads[0] is not None
        assert heads[1:] == [None] * (len(heads) - 1)


def test_the_chart_has_an_alternative_text_that_says_its_figures() -> None:
    shown = analysed("en")
    (picture,) = opened(shown).element.body.iter(qn("wp:docPr"))
    alternative = str(picture.get("descr"))
    largest = max(shown.opportunities, key=lambda one: one.estimated_arr)
    assert shown.region.number(largest.estimated_arr) in alternative
    assert "USD" in alternative


@pytest.mark.parametrize(
    ("language", "culture"), [("en", "en-US"), ("es", "es-419"), ("pt", "pt-BR")]
)
def test_title_and_language_are_set(language: str, culture: str) -> None:
    shown = analysed(language)
    document = opened(shown)
    properties = document.core_properties
    assert (properties.title, properties.subject) == (shown.title, CUSTOMER)
    assert properties.language == culture
    assert properties.created is not None
    created: datetime = properties.created.replace(tzinfo=MOMENT.tzinfo)
    assert created == MOMENT
    languages = {e.get(qn("w:val")) for e in document.styles.element.iter(qn("w:lang"))}
    assert languages == {culture}


def test_everything_is_in_it() -> None:
    shown = analysed("pt")
    text = all_text(opened(shown))
    for one in shown.opportunities:
        assert one.reasoning in text
        for fact in one.evidence:
            assert fact.text in text
            assert f"{fact.file} · {fact.location}" in text
        for step in one.next_steps:
            assert f"☐ {step}" in text
        if estimate := claimed(one):
            assert estimate.formula in text
            assert all(item.source in text for item in estimate.inputs)
    (source,) = shown.sources
    assert source.price_book in text
    assert source.files[0] in text


def test_equal_portfolios_give_equal_bytes_with_parts_dated_by_the_export() -> None:
    data = docx.write(analysed())
    assert docx.write(analysed()) == data
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        # Every two seconds is as fine as a zip archive tells the time.
        assert {info.date_time for info in package.infolist()} == {(2026, 11, 28, 14, 5, 8)}


def test_text_stays_text() -> None:
    assert all_text(opened(portfolio(hostile(MARKUP)))).count(MARKUP) >= 8


@settings(max_examples=25)
@given(HOSTILE)
@example(hostile(UNPRINTABLE_TEXT))
def test_no_text_breaks_the_document(one: Opportunity) -> None:
    shown = portfolio(one)
    text = all_text(opened(shown))
    assert shown.opportunities[0].reasoning in text
