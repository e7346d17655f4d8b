"""Random readiness reports as PDF, set by two programs that share no code with the reader."""

import io
import re
from dataclasses import dataclass
from random import Random
from typing import Any

WORDS = re.findall(
    r"\w+",
    "harbour ferry ledger crew bakery orchard tunnel signal meadow lantern copper ribbon violin "
    "granite teapot saddle marble walnut compass kettle gravel anchor velvet beacon thistle cellar "
    "pepper quarry rudder satchel turnip umbrella wagon yarn zipper basket candle drawer easel",
)
COMPOUNDS = ("week-by-week", "case-by-case", "end-to-end")
TITLES = {
    "en": ("Question", "Response", "Comments"),
    "es": ("Pregunta", "Respuesta", "Comentarios"),
    "pt": ("Pergunta", "Resposta", "Comentários"),
}
LEVELS = ("Absent", "Emerging", "Partial", "Established", "Leading")
LEGEND = "Scale: " + ", ".join(f"{n} {word}" for n, word in enumerate(LEVELS, 1))


@dataclass(frozen=True)
class Row:
    """What a reader must find of one row."""

    subcategory: str
    question: str
    rating: int
    description: str
    comment: str


@dataclass(frozen=True)
class Look:
    """How a report is set."""

    producer: str
    language: str
    order: tuple[int, int, int]
    """Which of question, response and comments stands in which column."""
    has_borders: bool
    is_landscape: bool
    repeats_titles: bool
    form: str
    """`digit`, `slash`, `dashed` ("2 - description" beside it), `doubled`, `word` or `dots`."""
    size: float


def look_of(seed: int, producer: str) -> Look:
    """Return a random layout that the producer can set."""
    random = Random(seed)
    forms = ["digit", "digit", "slash", "dashed", "doubled", "word"]
    return Look(
        producer,
        random.choice(list(TITLES)),
        random.choice([(0, 1, 2), (0, 1, 2), (1, 0, 2), (0, 2, 1), (2, 0, 1)]),
        has_borders=random.random() < 0.6,
        is_landscape=random.random() < 0.4,
        repeats_titles=random.random() < 0.5,
        form=random.choice([*forms, "dots"] if producer == "typst" else forms),
        size=random.choice((8.5, 9.5, 10.5)),
    )


def rows_of(seed: int) -> list[Row]:
    """Return random rows: texts that a page end may cut anywhere, some without a comment."""
    random = Random(seed)
    rows = []
    for part in range(random.randint(2, 4)):
        name = f"{random.choice(WORDS).title()} Field {part}"
        for _ in range(random.randint(2, 5)):
            asked = _sentence(random, 5, 30)[:-1] + "?"
            if random.random() < 0.3:
                asked += " " + _sentence(random, 5, 9)[:-1] + "?"
            comment = " ".join(_sentence(random, 3, 16) for _ in range(random.randint(0, 3)))
            if comment and random.random() < 0.15:
                comment = f"3 - {comment[0].lower()}{comment[1:]}"
            described = " ".join(_sentence(random, 3, 14) for _ in range(random.randint(1, 2)))
            rows.append(Row(name, asked, random.randint(1, 5), described, comment))
    return rows


def _sentence(random: Random, least: int, most: int) -> str:
    words = [random.choice(WORDS) for _ in range(random.randint(least, most))]
    if random.random() < 0.3:
        words[len(words) // 2] = random.choice(COMPOUNDS)
    text = " ".join(words)
    return f"{text[0].upper()}{text[1:]}."


def cells_of(row: Row, look: Look) -> list[list[str]]:
    """Return the paragraphs of question, response and comments."""
    rating, described = str(row.rating), f"{row.rating} - {row.description}"
    shown = {
        "digit": [rating],
        "slash": [f"{rating}/5"],
        "word": [LEVELS[row.rating - 1]],
        "dots": ["\u25cf" * row.rating + "\u25cb" * (5 - row.rating)],
        "dashed": [described],
        "doubled": [f"{rating} {described}"],
    }[look.form]
    is_beside = look.form in ("dashed", "doubled")
    comments = [] if is_beside else [described]
    return [[row.question], shown, [*comments, *([row.comment] if row.comment else [])]]


def pdf_of(rows: list[Row], look: Look) -> bytes:
    """Return the report as its producer sets it."""
    return _by_typst(rows, look) if look.producer == "typst" else _by_reportlab(rows, look)


def _parts(rows: list[Row]) -> dict[str, list[Row]]:
    parts: dict[str, list[Row]] = {}
    for row in rows:
        parts.setdefault(row.subcategory, []).append(row)
    return parts


def _by_typst(rows: list[Row], look: Look) -> bytes:
    import typst

    def cell(paragraphs: list[str]) -> str:
        escaped = (text.replace("-", "\\-").replace("/", "\\/") for text in paragraphs)
        return "[" + " \\ \\ ".join(escaped) + "]"

    widths = [("5fr", "1.6fr", "6fr"), ("4fr", "5fr", "4fr")][look.form in ("dashed", "doubled")]
    columns = ", ".join(widths[kind] for kind in look.order)
    titles = ", ".join(f"[*{TITLES[look.language][kind]}*]" for kind in look.order)
    source = f"""
#set page(paper: "a4", flipped: {str(look.is_landscape).lower()}, margin: 50pt,
  header: [Readiness of Quarrymoor Ferries],
  footer: context [Confidential, page #counter(page).display()])
#set text(size: {look.size}pt, hyphenate: false)
#set par(leading: 0.6em)
#show table.cell: set align(left)
= Migration Readiness Assessment
= Heatmap
= Text Responses
#pagebreak()
= Ratings Responses
{LEGEND if look.form == "word" else ""}
== Operating Model
"""
    for name, part in _parts(rows).items():
        body = ", ".join(cell(cells_of(row, look)[kind]) for row in part for kind in look.order)
        source += f"""
=== {name}
#table(columns: ({columns}), stroke: {"0.5pt" if look.has_borders else "none"}, inset: 6pt,
  table.header(repeat: {str(look.repeats_titles).lower()}, {titles}), {body})
"""
    source += "\n#pagebreak()\n= Optional Question Responses\n= Disclaimer\nNothing is warranted."
    return bytes(typst.compile(source.encode(), ignore_system_fonts=True))


def _by_reportlab(rows: list[Row], look: Look) -> bytes:
    from reportlab.lib.pagesizes import A4, landscape, letter
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfgen.canvas import Canvas
    from reportlab.platypus import (
        Flowable,
        LongTable,
        PageBreak,
        Paragraph,
        SimpleDocTemplate,
        Spacer,
    )

    size = landscape(letter) if look.is_landscape else A4
    body = ParagraphStyle("body", fontSize=look.size, leading=1.25 * look.size)
    bold = ParagraphStyle("bold", body, fontName="Helvetica-Bold")
    heading = [
        ParagraphStyle("h", body, fontName="Helvetica-Bold", fontSize=points, leading=30)
        for points in (18, 14, 12)
    ]

    def furniture(canvas: Canvas, document: SimpleDocTemplate) -> None:
        canvas.setFont("Helvetica", 8)
        canvas.drawString(40, size[1] - 30, "Readiness of Quarrymoor Ferries")
        canvas.drawString(size[0] - 140, 24, f"Confidential, page {document.page}")

    def paragraphs(texts: list[str]) -> list[Flowable]:
        """Return texts with a line between them that is left blank."""
        spaced: list[Flowable] = [
            x for text in texts for x in (Spacer(1, body.leading), Paragraph(text, body))
        ]
        return spaced[1:]

    share = [(0.4, 0.14, 0.46), (0.32, 0.36, 0.32)][look.form in ("dashed", "doubled")]
    width = size[0] - 100
    style: list[Any] = [("VALIGN", (0, 0), (-1, -1), "TOP")]
    if look.has_borders:
        style.append(("GRID", (0, 0), (-1, -1), 0.5, (0, 0, 0)))
    story: list[Flowable] = [
        Paragraph(text, heading[0])
        for text in ("Migration Readiness Assessment", "Heatmap", "Text Responses")
    ]
    story += [PageBreak(), Paragraph("Ratings Responses", heading[0])]
    story += [Paragraph(LEGEND, body)] if look.form == "word" else []
    story.append(Paragraph("Operating Model", heading[1]))
    for name, part in _parts(rows).items():
        table: list[list[Any]] = [
            [Paragraph(TITLES[look.language][kind], bold) for kind in look.order]
        ]
        for row in part:
            cells = cells_of(row, look)
            table.append([paragraphs(cells[k]) for k in look.order])
        story.append(Paragraph(name, heading[2]))
        story.append(
            LongTable(
                table,
                colWidths=[share[kind] * width for kind in look.order],
                style=style,
                repeatRows=1 if look.repeats_titles else 0,
                splitInRow=1,
            )
        )
    story += [PageBreak(), Paragraph("Optional Question Responses", heading[0])]
    story.append(Paragraph("Disclaimer: nothing here is warranted.", body))
    out = io.BytesIO()
    SimpleDocTemplate(out, pagesize=size, leftMargin=50, rightMargin=50).build(
        story, onFirstPage=furniture, onLaterPages=furniture
    )
    return out.getvalue()
