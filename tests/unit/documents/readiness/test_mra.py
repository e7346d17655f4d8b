"""The readiness report: what the reader finds is what the sample says, whatever the page does."""

from functools import cache
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from opportune.documents.opening.pdf import Page, Word, read_pages
from opportune.documents.readiness import mra
from opportune.documents.readiness.mra_notes import notes_on
from opportune.documents.readiness.mra_text import Vocabulary, body_lines
from opportune.documents.samples.report import Layout, ReportRow, report_rows, write_report
from opportune.model.assessment import Assessment, Rating
from opportune.model.file import InputFile

LAYOUTS: tuple[Layout, ...] = ("form", "ruled", "plain", "merged")
FEW = settings(
    max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@cache
def report(seed: int = 7, layout: Layout = "ruled") -> InputFile:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "report.pdf"
        write_report(path, seed=seed, layout=layout)
        return InputFile("report.pdf", path.read_bytes())


@cache
def demo(layout: Layout = "ruled") -> Assessment:
    return mra.extract(report(7, layout))


def printed(source: str) -> InputFile:
    """Return a PDF of typst source."""
    import typst

    return InputFile("other.pdf", typst.compile(source.encode(), ignore_system_fonts=True))


def as_row(rating: Rating) -> ReportRow:
    return ReportRow(
        rating.category,
        rating.subcategory,
        rating.question,
        int(rating.rating),
        rating.description,
        rating.comment,
    )


def codes(assessment: Assessment) -> set[str]:
    return {note.code for note in assessment.quality}


def row(rating: int, comment: str = "", **changes: str | int) -> Rating:
    values: dict[str, str | int] = {
        "file": "r.pdf",
        "page": 23,
        "category": "Operating Model",
        "subcategory": "Backup",
        "question": "Is there a backup?",
        "description": "Some systems are covered.",
    }
    return Rating(**{**values, "rating": rating, "comment": comment, **changes})  # type: ignore[arg-type] # fields by name


def noted(*rows: Rating) -> list[str]:
    return [note.code for note in notes_on("r.pdf", rows)][:-1]


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["form", "ruled", "plain"])
@given(seed=st.integers(0, 100_000))
@example(seed=7)
@example(seed=58106)  # the end of a word broken by a page end is no word
@FEW
def test_reader_finds_exactly_the_rows_that_were_printed(layout: Layout, seed: int) -> None:
    file = report(seed, layout)
    assert mra.identify(file)
    found = mra.extract(file)
    assert tuple(map(as_row, found.ratings)) == report_rows(seed)
    assert "rating-unreadable" not in codes(found)


@given(seed=st.integers(0, 100_000))
@FEW
def test_comment_in_the_descriptions_column_is_split_off_or_kept_with_a_note(seed: int) -> None:
    found = mra.extract(report(seed, "merged"))
    truth = report_rows(seed)
    assert len(found.ratings) == len(truth)
    unsure = 0
    for rating, meant in zip(found.ratings, truth, strict=True):
        if as_row(rating) == meant:
            continue
        whole = ReportRow(
            meant.category,
            meant.subcategory,
            meant.question,
            meant.rating,
            f"{meant.description} {meant.comment}",
            "",
        )
        assert as_row(rating) == whole
        unsure += 1
    assert sum(note.code == "comment-not-separated" for note in found.quality) >= unsure
    assert unsure < len(truth) / 5


def test_demo_report_has_all_questions_and_gaps_worth_a_talk() -> None:
    ratings = demo().ratings
    assert len(ratings) == 59
    gaps = ("BCP/DR", "Backup", "Account Design & Configuration", "Logging & Monitoring")
    by_name = {name: [r.rating for r in ratings if r.subcategory == name] for name in gaps}
    assert by_name["Account Design & Configuration"] == [1]
    assert max(max(found) for found in by_name.values()) <= 2
    assert all(r.rating <= 3 for r in ratings if r.category == "Skills & COE")
    assert any(r.comment == "" for r in ratings)


def test_equal_arguments_give_equal_bytes(tmp_path: Path) -> None:
    write_report(tmp_path / "a.pdf", seed=3)
    write_report(tmp_path / "b.pdf", seed=3)
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


def test_a_customer_s_name_is_never_read_as_markup(tmp_path: Path) -> None:
    write_report(tmp_path / "a.pdf", customer='#panic("x") *A* & Söhne')
    text = " ".join(
        w.text for w in read_pages(InputFile("a", (tmp_path / "a.pdf").read_bytes()))[0].words
    )
    assert '#panic("x") *A* & Söhne' in text


def test_source_file_is_named_with_kind_and_digest() -> None:
    file = report()
    (source,) = demo().files
    assert (source.name, source.kind, source.sha256) == ("report.pdf", "mra-report", file.sha256)
    assert source.size_bytes == len(file.data)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_page_is_where_the_question_begins(layout: Layout) -> None:
    pages = {page.number: page for page in read_pages(report(7, layout))}
    for rating in demo(layout).ratings:
        first = rating.question.split()[:2]
        texts = [w.text.replace("\u2019", "'") for w in pages[rating.page].words]
        assert first in [texts[i : i + 2] for i in range(len(texts))]


# ---- the traps of a genuine report, one by one: the sample must hold each, the reader mend it


def test_a_question_cut_by_the_page_end_shares_its_line_with_the_comment_s_end() -> None:
    cut = [
        (seed, rating)
        for seed in (1, 3)
        for rating in mra.extract(report(seed)).ratings
        if _tail_and_comment_share_a_line(report(seed), rating)
    ]
    assert cut
    for seed, rating in cut:
        assert as_row(rating) in report_rows(seed)


def _tail_and_comment_share_a_line(file: InputFile, rating: Rating) -> bool:
    """Say whether a line near the top of the next page ends the question beside its comment."""
    lines = [x for x in body_lines(read_pages(file)) if x.page == rating.page + 1]
    end, pairs = rating.question.split()[-1], set(pairwise(rating.comment.split()))
    return any(
        end in line.text.split() and pairs & set(pairwise(line.text.split())) for line in lines[:4]
    )


def test_running_lines_are_in_the_text_but_in_no_row() -> None:
    pages = read_pages(report())
    assert all("Sample" in [w.text for w in page.words] for page in pages)
    assert not any("Sample data" in line.text for line in body_lines(pages))
    for rating in demo().ratings:
        text = f"{rating.question} {rating.description} {rating.comment}"
        assert "Sample data" not in text
        assert "Assessment" not in text


def test_words_broken_with_a_soft_hyphen_are_joined() -> None:
    words = [w.text for page in read_pages(report()) for w in page.words]
    assert any(text.endswith("\u00ad") for text in words)
    for rating in demo().ratings:
        assert "\u00ad" not in f"{rating.question}{rating.description}{rating.comment}"
        assert "\ufffe" not in f"{rating.question}{rating.description}{rating.comment}"


@pytest.mark.parametrize(
    ("halves", "elsewhere", "joined"),
    [
        (("migra\u00ad", "tion"), "", "migration"),
        (("migra\u2010", "tion"), "", "migration"),
        (("cloud\u00ad", "native"), "cloud native", "cloud-native"),
        (("right\u00ad", "sizing"), "right-sizing", "right-sizing"),
        (("work\u00ad", "load"), "work load workload", "workload"),
        (("0-", "25%"), "", "0-25%"),
    ],
)
def test_a_hyphen_at_a_line_end_goes_unless_the_document_shows_it_belongs(
    halves: tuple[str, str], elsewhere: str, joined: str
) -> None:
    broken = [Word(0, 50, y, 10, text, "10") for y, text in zip((20, 32), halves, strict=True)]
    others = [Word(0, 50, 60, 10, text, "10") for text in ("and", *elsewhere.split())]
    page = Page(1, 600, 800, (*broken, *others))
    lines = body_lines([page])
    assert Vocabulary([page]).joined([lines[0], lines[1]]) == joined


def test_both_apostrophes_come_out_as_one() -> None:
    words = " ".join(w.text for page in read_pages(report()) for w in page.words)
    assert "\u2019" in words
    assert "'" in words
    texts = " ".join(f"{r.question}{r.comment}" for r in demo().ratings)
    assert "'" in texts
    assert "\u2019" not in texts


def test_percent_ranges_and_years_in_descriptions_are_no_ratings() -> None:
    texts = [r.description for r in demo().ratings]
    assert any("0-25%" in text for text in texts)
    assert any("2019" in text or "2021" in text for text in texts)
    assert [r.rating for r in demo().ratings] == [r.rating for r in report_rows(7)]


def test_headings_in_contents_heatmap_and_details_begin_no_row() -> None:
    pages = read_pages(report())
    before = [p for p in pages if any(w.text == "Heatmap" for w in p.words)]
    assert before
    assert min(r.page for r in demo().ratings) > max(p.number for p in before)


def test_an_unknown_subcategory_keeps_its_rows() -> None:
    known = {r.subcategory for r in report_rows(7)}
    seed = next(s for s in range(100) if {r.subcategory for r in report_rows(s)} - known)
    extra = [r for r in report_rows(seed) if r.subcategory not in known]
    found = [as_row(r) for r in mra.extract(report(seed)).ratings]
    assert [r for r in found if r.subcategory not in known] == extra


def test_nothing_in_prompts_or_frameworks_in_questions_becomes_a_comment() -> None:
    words = " ".join(w.text for page in read_pages(report()) for w in page.words)
    assert "HITRUST" in words
    for rating in demo().ratings:
        assert "HITRUST" not in f"{rating.question}{rating.comment}"
        assert "NIST" not in rating.comment


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([row(3)], []),
        ([row(3, "some systems are covered")], ["comment-repeats-description"]),
        ([row(2, "We're not sure who does it.")], ["rating-unsure"]),
        ([row(5, "No, nobody has done it.")], ["rating-contradicted"]),
        ([row(5, "No issues so far.")], []),
        ([row(1, "Fully automated in all sites.")], ["rating-contradicted"]),
        ([row(1, "It is not fully automated.")], []),
        ([row(2, "An OLA was done.")], ["term-ambiguous"]),
        ([row(2, "It runs in Angola.")], []),
        ([row(2, "We do it once a week."), row(3, "we do it once a week")], ["comment-copied"]),
        ([row(2, "Not yet."), row(2, "Not yet.")], []),
        ([row(1), row(4)], ["ratings-contradict"]),
        ([row(2), row(4)], []),
        (
            [row(5, subcategory="Experience baseline"), row(1, subcategory="Migration Experience")],
            ["ratings-contradict"],
        ),
    ],
)
def test_notes_follow_from_stated_rules(rows: list[Rating], expected: list[str]) -> None:
    assert noted(*rows) == expected


def test_charts_are_said_not_to_be_read_and_a_copy_and_a_repeat_are_seen() -> None:
    assert {"charts-not-read", "comment-copied", "comment-repeats-description"} <= codes(demo())


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


def test_a_row_whose_rating_cannot_be_read_is_noted_with_its_page() -> None:
    rows = "[One?],[2 2 - Low.],[Ours.],[Two?],[2 3 - Odd.],[Theirs.],[Three?],[4 4 - Good.],[]"
    found = mra.extract(printed(TABLE.replace("ROWS", rows)))
    assert [(r.question, r.rating, r.comment) for r in found.ratings] == [
        ("One?", 2, "Ours."),
        ("Three?", 4, ""),
    ]
    (note,) = [n for n in found.quality if n.code == "rating-unreadable"]
    assert note.source == "other.pdf, page 1"


def test_a_number_alone_above_its_rating_is_read_with_it() -> None:
    found = mra.extract(printed(TABLE.replace("ROWS", "[One?],[2 \\ 2 - Low.],[Ours.]")))
    assert [as_row(r) for r in found.ratings] == [
        ReportRow("Operating Model", "Backup", "One?", 2, "Low.", "Ours.")
    ]


def test_an_unknown_heading_is_known_by_how_it_is_set_where_no_titles_follow_it() -> None:
    source = TABLE.replace("[Question], [Response], [Comments], ROWS", "[One?], [2 2 - Low.], []")
    more = "=== Moon Bases\n#table(columns: (1fr, 1fr, 1fr), [Two?], [3 3 - Fair.], [])\n= Text"
    found = mra.extract(printed(source.replace("= Text", more)))
    assert [(r.subcategory, r.question) for r in found.ratings] == [
        ("Backup", "One?"),
        ("Moon Bases", "Two?"),
    ]
