"""Readiness reports set by other programs: what is read is what they were given, in any layout."""

from collections.abc import Iterator

import pytest
from samples.readiness_pdf import Look, Row, look_of, pdf_of, rows_of

from opportune.documents.readiness import mra
from opportune.model.assessment import Assessment, Rating
from opportune.model.file import InputFile

SEEDS = range(25)
MOST_UNSURE = 6
"""Rows of all the layouts whose comment may stay with the description, with a note."""


def read(rows: list[Row], look: Look) -> Assessment:
    return mra.extract(InputFile("r.pdf", pdf_of(rows, look)))


def as_row(rating: Rating) -> Row:
    return Row(
        rating.subcategory,
        rating.question,
        int(rating.rating),
        rating.description,
        rating.comment,
    )


def with_description(row: Row) -> Row:
    """Return the row as it is kept where the layout does not tell where its comment begins."""
    text = f"{row.description} {row.comment}"
    return Row(row.subcategory, row.question, row.rating, text, "")


def differences(rows: list[Row], look: Look) -> Iterator[str]:
    """Yield what is read otherwise than it was printed; "unsure" for a row kept with a note."""
    found = read(rows, look)
    told = sum(note.code == "comment-not-separated" for note in found.quality)
    if len(found.ratings) != len(rows):
        yield f"{look}: {len(found.ratings)} rows of {len(rows)}"
        return
    for rating, meant in zip(found.ratings, rows, strict=True):
        if as_row(rating) == with_description(meant) and told and meant.comment:
            told -= 1
            yield "unsure"
        elif as_row(rating) != meant:
            yield f"{look}: {as_row(rating)} should be {meant}"


@pytest.mark.parametrize("producer", ["typst", "reportlab"])
def test_rows_are_those_that_were_printed_in_every_layout(producer: str) -> None:
    wrong = [x for n in SEEDS for x in differences(rows_of(n), look_of(n, producer))]
    assert [x for x in wrong if x != "unsure"] == []
    assert len(wrong) <= MOST_UNSURE


def test_the_layouts_are_of_every_kind() -> None:
    looks = [look_of(seed, producer) for seed in SEEDS for producer in ("typst", "reportlab")]
    assert {look.form for look in looks} == {"digit", "slash", "dashed", "doubled", "word", "dots"}
    assert {look.language for look in looks} == {"en", "es", "pt"}
    assert len({look.order for look in looks}) == len({(0, 1, 2), (1, 0, 2), (0, 2, 1), (2, 0, 1)})
    for name in ("has_borders", "is_landscape", "repeats_titles"):
        assert {getattr(look, name) for look in looks} == {True, False}
