"""What pages and columns do to a readiness report, and which of its text prompts are answered."""

from pathlib import Path

import pytest

from opportune.documents.readiness import mra
from opportune.documents.samples.report import write_report
from opportune.model.assessment import Assessment
from opportune.model.file import InputFile

HEAD = """
#set page(width: 600pt, height: {height}pt, margin: 40pt)
#set text(size: 10pt)
= Migration Readiness Assessment
= Heatmap
= Contents
Text Responses
#pagebreak()
"""
ROWS = """
= Ratings Responses
== Operating Model
=== Backup
#table(columns: (1fr, 1fr, 1fr), [*Question*], [*Response*], [*Comments*],
  [Is there a backup of all systems?], [2 2 - Some systems are covered.], [On tape.],
  [Is it tested?], [1 1 - Never.], [])
"""
PROMPTS = "= Text Responses\n{}\n= Optional Questions\nNone was asked.\n= Disclaimer\nCopyright."
TABLE = (
    "#table(columns: (1fr, 1fr), [*Question*], [*Response*],"
    "[Which parts of the estate run on VMware, and on which version of it?], [{}],"
    "[Do special workloads have needs, such as PCI, SOC 2 or FedRAMP?], [{}],"
    "[Describe the network between the sites.], [{}])"
)


def printed(source: str, height: int = 800) -> InputFile:
    import typst

    text = HEAD.format(height=height) + source
    return InputFile("r.pdf", typst.compile(text.encode(), ignore_system_fonts=True))


def read(source: str, height: int = 800) -> Assessment:
    return mra.extract(printed(source, height))


def found(assessment: Assessment) -> list[tuple[str, int, str, str]]:
    return [(r.question, int(r.rating), r.description, r.comment) for r in assessment.ratings]


def answered(source: str) -> list[tuple[str, str]]:
    return [(a.question, a.answer) for a in read(ROWS + PROMPTS.format(source)).answers]


EXPECTED = [
    ("Is there a backup of all systems?", 2, "Some systems are covered.", "On tape."),
    ("Is it tested?", 1, "Never.", ""),
]


def placed(rows: str) -> str:
    """Return a report whose table is set by hand: (page, column, line, text) in each row."""
    return f"""
= Ratings Responses
== Operating Model
=== Backup
{rows}
= Text Responses
"""


def line(y: int, *cells: str) -> str:
    words = (
        f"#place(top + left, dx: {170 * column}pt, dy: {y}pt)[{cell}]"
        for column, cell in enumerate(cells)
        if cell
    )
    return "\n".join(words) + "\n"


@pytest.mark.parametrize(
    ("above", "below"), [("1", "1 - Never since the"), ("1 1", "\\- Never since the")]
)
def test_a_page_that_ends_below_a_lone_digit_goes_on_with_its_rating(
    above: str, below: str
) -> None:
    rows = (
        line(150, "*Question*", "*Response*", "*Comments*")
        + line(180, "Is there a backup?", "2 2 - Some.", "On tape.")
        + line(210, "Is there a test", "3 3 - Fair.", "Once.")
        + line(222, "of it?")
        + line(252, "Is it tested?", above, "Nobody has")
        + "#pagebreak()\n"
        + line(0, "", below, "asked for it.")
        + line(12, "", "last move.")
        + line(42, "Is it kept?", "4 4 - Long.", "A year.")
        + "#v(80pt)\n"
    )
    assert found(read(placed(rows), height=360)) == [
        ("Is there a backup?", 2, "Some.", "On tape."),
        ("Is there a test of it?", 3, "Fair.", "Once."),
        ("Is it tested?", 1, "Never since the last move.", "Nobody has asked for it."),
        ("Is it kept?", 4, "Long.", "A year."),
    ]


@pytest.mark.parametrize(
    ("name", "wrapped"),
    [
        ("= Ratings Responses", "= Ratings \\ Responses"),
        ("= Text Responses\n", "= Text \\ Responses\n"),
        ("=== Backup", "=== Design or \\ Evolve COE"),
    ],
)
def test_a_heading_wrapped_over_two_lines_is_one(name: str, wrapped: str) -> None:
    source = (ROWS + PROMPTS.format(TABLE.format("All of it.", "", "MPLS."))).replace(name, wrapped)
    report = read(source)
    assert found(report) == EXPECTED
    expected = "Design or Evolve COE" if "COE" in wrapped else "Backup"
    assert {r.subcategory for r in report.ratings} == {expected}
    assert [a.answer for a in report.answers] == ["All of it.", "MPLS."]


def test_a_known_heading_that_wraps_is_known_even_if_it_is_set_like_questions() -> None:
    plain = "App Portfolio Discovery & \\ Planning\n\nWorkload Owner \\ Buy-In\n"
    source = ROWS.replace("== Operating Model\n=== Backup\n", plain)
    report = read(source + PROMPTS.format(""))
    assert found(report) == EXPECTED
    assert {(r.category, r.subcategory) for r in report.ratings} == {
        ("App Portfolio Discovery & Planning", "Workload Owner Buy-In")
    }


def test_an_answered_prompt_is_an_answer_with_its_page() -> None:
    report = read(ROWS + PROMPTS.format(TABLE.format("All of it, on 7.0.", "", "[Enter text]")))
    assert [(a.location, a.question, a.answer) for a in report.answers] == [
        (
            "page 2",
            "Which parts of the estate run on VMware, and on which version of it?",
            "All of it, on 7.0.",
        ),
    ]


@pytest.mark.parametrize(
    "prompts",
    [
        TABLE.format("", "", ""),
        "Which SAP systems are there?\n\n#v(18pt)\nDo you need PCI, SOC 2 or FedRAMP?\n#v(18pt)",
        "Which SAP systems are there?\n\nResponse:\n\nDo you need PCI?\n\nResponse:\n",
        "*Scope* \\ What is in scope, and what is not?\n\n_For example SAP, or Oracle._",
        "",
    ],
)
def test_blank_prompts_are_no_answers_whatever_they_name(prompts: str) -> None:
    assert answered(prompts) == []


def test_answers_below_a_label_are_read() -> None:
    prompts = (
        "Which SAP systems are there?\n\nResponse: ECC 6.0 on HANA, \\ about 2 TB.\n\n"
        "Do you need PCI?\n\nResponse:\n\nWho is on the cloud team?\n\nAnswer: Two people."
    )
    assert answered(prompts) == [
        ("Which SAP systems are there?", "ECC 6.0 on HANA, about 2 TB."),
        ("Who is on the cloud team?", "Two people."),
    ]


def test_answers_beside_prompts_without_titles_are_read() -> None:
    prompts = (
        "#table(columns: (1fr, 1fr, 1fr), stroke: none, [Which SAP systems are there?], [ECC 6.0.],"
        "[], [Do you need PCI?], [], [], [Who is on the cloud team?], [Two people.], [])"
    )
    assert answered(prompts) == [
        ("Which SAP systems are there?", "ECC 6.0."),
        ("Who is on the cloud team?", "Two people."),
    ]


def test_prompts_that_the_layout_does_not_tell_from_answers_are_noted() -> None:
    report = read(ROWS + PROMPTS.format("Which SAP systems are there?\n\nECC 6.0."))
    assert report.answers == ()
    assert [n.source for n in report.quality if n.code == "prompts-not-separated"] == [
        "r.pdf, page 2"
    ]


def test_the_sample_s_blank_prompts_give_no_answer(tmp_path: Path) -> None:
    for layout in ("form", "ruled", "plain", "merged"):
        write_report(tmp_path / "r.pdf", layout=layout)
        assert mra.extract(InputFile("r.pdf", (tmp_path / "r.pdf").read_bytes())).answers == ()
