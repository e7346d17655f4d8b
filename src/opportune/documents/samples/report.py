"""A readiness report of a customer that does not exist, as the assessment's web form prints it.

It has the sections, the counts of questions and the traps of a real one: rows that a page end cuts,
words broken with a hyphen, two kinds of apostrophe, comments that are missing, copied, or repeat
the standard description, percentages and years that are not ratings. All wording is invented.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import as_file, files
from itertools import groupby
from pathlib import Path
from random import Random
from typing import Any, Literal

DEMO_SEED = 7
MADE_AT = datetime(2023, 3, 27, tzinfo=UTC)
"""Stands in the PDF, so that equal arguments give equal bytes."""

EXTRA_SHARE = 0.2
"""Share of categories with a sub-category that no report of 2023 has."""
SILENT_SHARE, ECHO_SHARE = 0.15, 0.1
"""Shares of comments that are missing, and that repeat the standard description."""

Layout = Literal["form", "ruled", "plain", "merged"]

_LOOKS: dict[str, dict[str, Any]] = {
    "form": {
        "paper": "us-letter", "margin": 36, "size": 9.5, "leading": 0.65, "inset": 5,
        "columns": [19, 6, 28], "ruled": True, "merged": False, "alone": True, "centred": False,
        "hyphenate": False,
    },
    "ruled": {
        "paper": "us-letter", "margin": 48, "size": 10, "leading": 0.65, "inset": 6,
        "columns": [4, 4, 3], "ruled": True, "merged": False, "alone": False, "centred": False,
        "hyphenate": True,
    },
    "plain": {
        "paper": "a4", "margin": 72, "size": 8.5, "leading": 0.5, "inset": 3.5,
        "columns": [3, 3, 2], "ruled": False, "merged": False, "alone": False, "centred": True,
        "hyphenate": False,
    },
    "merged": {
        "paper": "a4", "margin": 40, "size": 11, "leading": 0.8, "inset": 8,
        "columns": [2, 3], "ruled": False, "merged": True, "alone": False, "centred": False,
        "hyphenate": False,
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A row of "Ratings Responses" as it is meant: what a reader must find, page apart."""

    category: str
    subcategory: str
    question: str
    rating: int
    description: str
    comment: str


@cache
def _wording() -> Any:
    return json.loads(files(__package__).joinpath("report.json").read_text(encoding="utf-8"))


def report_rows(seed: int = DEMO_SEED) -> tuple[ReportRow, ...]:
    """Return the rows that `write_report` prints for this seed, in order.

    The demo's seed has all the questions, and ratings that suit its comments; any other leaves some
    out, may add a sub-category that no report of 2023 has, and rates at random.
    """
    random = Random(seed)  # noqa: S311 - sample data, meant to repeat
    rows: list[ReportRow] = []
    for category in _wording()["categories"]:
        parts = list(category["subcategories"])
        if seed != DEMO_SEED and random.random() < EXTRA_SHARE:
            parts.insert(random.randint(0, len(parts)), _extra(random, rows))
        for part in filter(None, parts):
            rows += _part_rows(category["name"], part, seed, random)
    return tuple(_with_copy(rows, random))


def _extra(random: Random, rows: list[ReportRow]) -> Any:
    part = random.choice(_wording()["extra_subcategories"])
    return None if any(row.subcategory == part["name"] for row in rows) else part


def _part_rows(category: str, part: Any, seed: int, random: Random) -> Iterator[ReportRow]:
    questions = part["questions"]
    count = len(questions) if seed == DEMO_SEED else random.randint(1, len(questions))
    low, high = part["usual"] if seed == DEMO_SEED else (1, 5)
    own_comments = iter(part["comments"])
    for question in questions[:count]:
        rating = random.randint(low, high)
        topic = part["topic"]
        names = {"topic": topic, "Topic": topic[0].upper() + topic[1:]}
        description = random.choice(_wording()["descriptions"])[rating - 1].format(**names)
        comment = next(own_comments, "") or _comment(rating, description, random).format(**names)
        yield ReportRow(category, part["name"], question, rating, description, comment)


def _comment(rating: int, description: str, random: Random) -> str:
    kind = random.random()
    if kind < SILENT_SHARE:
        return ""
    if kind < SILENT_SHARE + ECHO_SHARE:
        return description
    sentences = _wording()["comments"][rating - 1]
    return " ".join(random.sample(sentences, random.choice((1, 1, 2))))


def _with_copy(rows: list[ReportRow], random: Random) -> list[ReportRow]:
    """Let one row repeat an earlier comment that has nothing to do with it."""
    source = random.randrange(len(rows) // 2)
    target = random.randrange(len(rows) // 2, len(rows))
    if rows[source].comment and rows[source].comment != rows[source].description:
        copied = asdict(rows[target]) | {"comment": rows[source].comment}
        rows[target] = ReportRow(**copied)
    return rows


def write_report(
    path: Path,
    *,
    seed: int = DEMO_SEED,
    customer: str = "Example Corp",
    layout: Layout = "form",
) -> None:
    """Write the report as PDF. Equal arguments give equal bytes.

    Args:
        path: File to write.
        seed: Picks ratings, comments and lengths.
        customer: Name on the cover and on every page.
        layout: How the rows are set: `form` as the web form prints them, with the digit alone in
            its column, and description, blank line and comment in the next; the others have "2 2 -
            description" in one cell: `ruled` with lines and broken words, `plain` centred without
            lines and small, `merged` with the comment below the description.
    """
    import typst

    random = Random(seed)  # noqa: S311 - sample data, meant to repeat
    rows = report_rows(seed)
    data = {
        "customer": customer,
        "look": _LOOKS[layout],
        "categories": [
            {"name": name, "parts": _report_parts(list(group), random)}
            for name, group in groupby(rows, key=lambda row: row.category)
        ],
        "actions": _wording()["actions"],
        "prompts": _wording()["prompts"],
    }
    with as_file(files(__package__).joinpath("report.typ")) as template:
        pdf = typst.compile(
            str(template),
            format="pdf",
            sys_inputs={"data": json.dumps(data)},
            ignore_system_fonts=True,
            timestamp=int(MADE_AT.timestamp()),
        )
    path.write_bytes(pdf)


def _report_parts(rows: list[ReportRow], random: Random) -> list[dict[str, Any]]:
    return [
        {"name": name, "colour": _colour(part), "rows": [_printed(row, random) for row in part]}
        for name, group in groupby(rows, key=lambda row: row.subcategory)
        for part in [list(group)]
    ]


def _colour(rows: list[ReportRow]) -> str:
    """Return the heat map's colour: red below 2, yellow below 4, else green."""
    mean = sum(row.rating for row in rows) / len(rows)
    red, yellow, green = "#f4b6b6", "#f7e3a1", "#bfe3bf"
    return (red, red, yellow, yellow, green, green)[int(mean)]


def _printed(row: ReportRow, random: Random) -> dict[str, Any]:
    """Return a row's texts with some apostrophes curly, as people paste them."""
    curly = random.choice((True, False))
    return {
        name: value.replace("'", "\u2019") if curly and isinstance(value, str) else value
        for name, value in asdict(row).items()
    }
