"""Kinds of reports that were once misread without a word, each as a small report of its own."""

import io
from collections.abc import Callable

import pytest

from opportune.documents.readiness import mra
from opportune.errors import MalformedDocumentError
from opportune.model.assessment import Assessment
from opportune.model.file import InputFile

HEAD = """
#set page(width: 600pt, height: 800pt, margin: 40pt)
#set text(size: 10pt, hyphenate: false)
= Migration Readiness Assessment
= Heatmap
= Text Responses
#pagebreak()
= Ratings Responses
"""
TITLES = "[*Question*], [*Response*], [*Comments*]"


def printed(source: str) -> Assessment:
    import typst

    return mra.extract(InputFile("r.pdf", typst.compile(source.encode(), ignore_system_fonts=True)))


def table(cells: str, titles: str = TITLES, columns: str = "(3fr, 1fr, 4fr)") -> str:
    return f"=== Backup\n#table(columns: {columns}, {titles}, {cells})\n"


def rows(found: Assessment) -> list[tuple[str, int, str, str]]:
    return [(r.question, int(r.rating), r.description, r.comment) for r in found.ratings]


def codes(found: Assessment) -> list[str]:
    return [note.code for note in found.quality]


ONE = "[Is there a backup?], [#align(center)[2]], [2 - Some systems. \\ \\ On tape.],"
TWO = "[Is it tested?], [#align(center)[4]], [4 - Every month.],"
EXPECTED = [
    ("Is there a backup?", 2, "Some systems.", "On tape."),
    ("Is it tested?", 4, "Every month.", ""),
]


def test_a_digit_alone_with_description_blank_line_and_comment_beside_it() -> None:
    assert rows(printed(HEAD + table(ONE + TWO))) == EXPECTED


@pytest.mark.parametrize(
    "titles",
    [
        "[*Pregunta*], [*Calificación*], [*Observaciones*]",
        "[*Pergunta*], [*Nota*], [*Comentários*]",
        "[*Topic*], [*Score (1-5)*], [*Notes*]",
        "[*Capability*], [*Rating*], [*Comments*]",
    ],
)
def test_columns_by_other_names(titles: str) -> None:
    assert rows(printed(HEAD + table(ONE + TWO, titles))) == EXPECTED


def test_sections_and_columns_in_spanish_and_portuguese() -> None:
    for names in (
        ("Evaluación de preparación para la migración", "Mapa de calor", "Respuestas de texto",
         "Respuestas de calificaciones", "[Pregunta], [Respuesta], [Comentarios]"),
        ("Avaliação de prontidão para a migração", "Mapa de calor", "Respostas de texto",
         "Respostas de classificação", "[Pergunta], [Resposta], [Comentários]"),
    ):  # fmt: skip
        source = HEAD
        for english, other in zip(
            ("Migration Readiness Assessment", "Heatmap", "Text Responses", "Ratings Responses"),
            names,
            strict=False,
        ):
            source = source.replace(english, other)
        assert rows(printed(source + table(ONE + TWO, names[4]))) == EXPECTED


def test_a_table_with_borders_and_without_titles_is_known_by_what_stands_in_it() -> None:
    source = HEAD + table(ONE + TWO).replace(f"{TITLES}, ", "")
    assert rows(printed(source)) == EXPECTED


def test_a_column_of_row_numbers_is_no_rating() -> None:
    cells = "[1], [Is there a backup?], [2], [2 - Some.], [2], [Is it tested?], [4], [4 - Often.]"
    titles = "[\\#], [Question], [Response], [Comments]"
    found = printed(HEAD + table(cells, titles, "(auto, 3fr, 1fr, 4fr)"))
    assert rows(found) == [
        ("Is there a backup?", 2, "Some.", ""),
        ("Is it tested?", 4, "Often.", ""),
    ]


def test_a_description_may_have_a_column_of_its_own() -> None:
    cells = "[Is there a backup?], [2], [Some.], [On tape.]"
    titles = "[Question], [Rating], [Description], [Comments]"
    found = printed(HEAD + table(cells, titles, "(3fr, 1fr, 3fr, 3fr)"))
    assert rows(found) == [("Is there a backup?", 2, "Some.", "On tape.")]


def test_a_row_below_that_only_comments_belongs_to_the_row_above() -> None:
    cells = "[Is there a backup?], [2], [2 - Some. \\ \\ On tape.], [], [], [Kept for a year.]"
    assert rows(printed(HEAD + table(cells))) == [
        ("Is there a backup?", 2, "Some.", "On tape. Kept for a year.")
    ]


def words(*levels: str) -> str:
    return "".join(f"[Question {n}?], [{level}], [Ours.]," for n, level in enumerate(levels))


@pytest.mark.parametrize(
    "legend",
    [
        "Scale: 1 Low, 2 Fair, 3 Medium, 4 Good, 5 High",
        "1 = Low; 3 = Medium; 5 = High",
        "Low (1), Medium (3), High (5)",
        "1 - Low \\ 2 - Fair \\ 3 - Medium \\ 4 - Good \\ 5 - High",
    ],
)
def test_words_are_ratings_by_the_report_s_legend(legend: str) -> None:
    found = printed(HEAD + legend + "\n" + table(words("High", "Low", "Medium")))
    assert [r.rating for r in found.ratings] == [5, 1, 3]


def test_words_without_a_legend_are_refused_with_the_true_reason() -> None:
    with pytest.raises(MalformedDocumentError, match="without a legend") as caught:
        printed(HEAD + table(words("High", "Low", "Medium")))
    assert '"High"' in str(caught.value)


def test_stars_and_dots_are_ratings_where_the_highest_can_be_told() -> None:
    for levels in (("●●○○○", "●●●●○"), ("● ● ○ ○ ○", "● ● ● ● ○")):
        assert [r.rating for r in printed(HEAD + table(words(*levels))).ratings] == [2, 4]
    assert [r.rating for r in printed(HEAD + table(words("●●", "●●●●●"))).ratings] == [2, 5]
    with pytest.raises(MalformedDocumentError, match="symbols"):
        printed(HEAD + table(words("●●", "●●●")))


@pytest.mark.parametrize("response", ["", "N/A", "7", "24/7", "Often"])
def test_a_question_without_a_rating_is_counted_and_stands_first(response: str) -> None:
    cells = ONE + f"[Is it kept?], [{response}], []," + TWO
    found = printed(HEAD + table(cells))
    assert rows(found) == EXPECTED
    assert codes(found)[:2] == ["ratings-incomplete", "rating-unreadable"]
    assert found.quality[0].message.startswith("1 of 3 questions")


def test_questions_without_a_rating_are_counted_where_there_are_no_borders() -> None:
    blank = "[Is it kept for more than a year somewhere?], [], [],"
    for cells, missing in (
        (ONE + blank + TWO + "[Is it far?], [], []", 2),
        ("[Is it near?], [], []," + ONE + blank.replace("[],", "[Not asked.],") + TWO, 2),
    ):
        found = printed(HEAD + table(cells).replace("#table(", "#table(stroke: none, "))
        assert rows(found) == EXPECTED
        assert codes(found).count("rating-unreadable") == missing
        assert codes(found)[0] == "ratings-incomplete"


@pytest.mark.parametrize("compound", ["case-by-case", "week-by-week", "end-to-end"])
def test_a_compound_that_a_line_end_breaks_keeps_its_hyphens(compound: str) -> None:
    first, middle, last = compound.split("-")
    for broken in (f"{first}-{middle}- \\ {last}", f"{first}- \\ {middle}-{last}"):
        text = broken.replace("-", "\\-")
        cells = f"[Is there a backup?], [2], [2 - Some. \\ \\ Done {text} here.]"
        assert rows(printed(HEAD + table(cells)))[0][3] == f"Done {compound} here."


PROMPTS = """
#set page(width: 800pt, height: 600pt, margin: (x: 40pt, y: 90pt),
  header: [Cloud Practice, Readiness of Quarrymoor Ferries],
  footer: context [Confidential, page #counter(page).display()])
= Text Responses
#table(columns: (auto, 2fr, 2fr, 1fr), stroke: {stroke}, [\\#], [Question], [Response], [Comments],
  [1], [Which parts run on VMware?], [], [],
  [2], [How many servers are to be moved?], [About 140 servers], [],
  [3], [Are storage arrays part of it?], [], [],
  [4], [Is PCI, SOC 2 or FedRAMP in scope? (more in the optional part)], [], [])
#pagebreak()
= Optional Question Responses
#pagebreak()
Disclaimer: This report was put together from a workshop. Nothing in it is warranted.
"""


@pytest.mark.parametrize("stroke", ["0.5pt", "none"])
def test_only_what_stands_beside_a_prompt_is_its_answer(stroke: str) -> None:
    portrait = HEAD.replace(
        "#set text",
        "#set page(header: [Cloud Practice, Readiness of Quarrymoor Ferries], "
        "footer: context [Confidential, page #counter(page).display()])\n#set text",
    )
    found = printed(portrait + table(ONE + TWO) + PROMPTS.replace("{stroke}", stroke))
    assert [(a.question, a.answer) for a in found.answers] == [
        ("How many servers are to be moved?", "About 140 servers")
    ]
    assert rows(found) == EXPECTED


@pytest.mark.parametrize("stroke", ["0.5pt", "none"])
def test_the_report_s_own_actions_are_told(stroke: str) -> None:
    actions = f"""
= Consolidated Recommended Actions
#table(columns: (3fr, 1fr, 1fr), stroke: {stroke}, [Action], [Action Priority], [Owner],
  [Write down why the company moves, and what the board expects of the first year of it],
  [High], [], [Look at the licences], [Low], [Finance])
#pagebreak()
= Ratings Responses
"""
    found = printed(HEAD.replace("= Ratings Responses\n", actions) + table(ONE + TWO))
    (note,) = [note for note in found.quality if note.code == "recommended-actions"]
    assert note.message == (
        "The report itself recommends 2 actions: Write down why the company moves, and what the "
        "board expects of the first year of it; Look at the licences."
    )
    assert note.source == "r.pdf, page 2"
    assert rows(found) == EXPECTED


def by_reportlab(*pages: Callable[..., None]) -> InputFile:
    """Return a report whose pages after the first these functions draw."""
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(600, 800))
    for y, text in enumerate(("Migration Readiness Assessment", "Heatmap", "Text Responses")):
        canvas.drawString(50, 700 - 40 * y, text)
    for page in pages:
        canvas.showPage()
        page(canvas)
    canvas.save()
    return InputFile("r.pdf", out.getvalue())


def titles_and_row(canvas, number: int) -> None:  # type: ignore[no-untyped-def] # a canvas
    canvas.drawString(50, 760, "Ratings Responses" if number == 1 else "Backup")
    for y, cells in (
        (730, ("Question", "Response", "Comments")),
        (700, (f"Is part {number} kept?", str(number), f"{number} - Described.")),
    ):
        for x, text in zip((50, 250, 320), cells, strict=True):
            canvas.drawString(x + 4, y, text)
        canvas.grid([50, 250, 320, 560], [y - 10, y + 20])


def picture(canvas) -> None:  # type: ignore[no-untyped-def] # a canvas
    from PIL import Image
    from reportlab.lib.utils import ImageReader

    canvas.drawImage(ImageReader(Image.new("L", (60, 80), 200)), 0, 0, 600, 800)


def test_a_page_that_is_a_picture_is_named() -> None:
    file = by_reportlab(
        lambda canvas: titles_and_row(canvas, 1), picture, lambda canvas: titles_and_row(canvas, 3)
    )
    found = mra.extract(file)
    assert [(r.page, r.rating) for r in found.ratings] == [(2, 1), (4, 3)]
    (note,) = [note for note in found.quality if note.code == "page-not-read"]
    assert note.source == "r.pdf, page 3"
    assert found.quality[0] is note


def test_fields_of_a_fillable_form_are_read_where_they_stand() -> None:
    def page(canvas) -> None:  # type: ignore[no-untyped-def] # a canvas
        canvas.drawString(50, 760, "Ratings Responses")
        canvas.grid([50, 250, 320, 560], [650, 680, 710, 740])
        for x, text in zip((54, 254, 324), ("Question", "Response", "Comments"), strict=True):
            canvas.drawString(x, 720, text)
        for y, question, rating, comment in (
            (690, "Is there a backup?", "2", "On tape."),
            (660, "Is it tested?", "4", ""),
        ):
            canvas.drawString(54, y, question)
            for x, name, value, width in ((254, "r", rating, 40), (324, "c", comment, 200)):
                canvas.acroForm.textfield(
                    name=f"{name}{y}", value=value, x=x, y=y - 5, width=width, height=20
                )

    found = mra.extract(by_reportlab(page))
    assert [(r.question, r.rating, r.comment) for r in found.ratings] == [
        ("Is there a backup?", 2, "On tape."),
        ("Is it tested?", 4, ""),
    ]


def test_boxes_of_a_fillable_form_count_if_they_are_ticked() -> None:
    def page(canvas) -> None:  # type: ignore[no-untyped-def] # a canvas
        canvas.drawString(50, 760, "Ratings Responses")
        canvas.grid([50, 250, 440, 560], [650, 680, 710, 740])
        for x, text in zip((54, 254, 444), ("Question", "Response", "Comments"), strict=True):
            canvas.drawString(x, 720, text)
        for y, question, ticked in ((690, "Is there a backup?", 2), (660, "Is it tested?", 0)):
            canvas.drawString(54, y, question)
            for rating in range(1, 6):
                x = 254 + 36 * (rating - 1)
                canvas.acroForm.checkbox(
                    name=f"{y}-{rating}", checked=rating == ticked, x=x, y=y - 3, size=12
                )
                canvas.drawString(x + 16, y, str(rating))

    found = mra.extract(by_reportlab(page))
    assert [(r.question, r.rating) for r in found.ratings] == [("Is there a backup?", 2)]
    assert codes(found)[0] == "ratings-incomplete"
