"""Every opportunity names the cells that it rests on, each of them and no other.

One cell of a workbook is changed: exactly the opportunities whose calculation names it, before or
after, change. Where the cell decides how its whole column is read, the cells read otherwise count
as changed too, and that it is so has a test of its own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from random import Random
from typing import Any

import pytest
from cases import RUN_DATE, analysis_of, database, fired, full_estate, rating, server
from drawn_assessments import assessments
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from workbooks import read, workbook

from opportune.analysis import Analysis, Node, analyze, named_cells, written_out
from opportune.analysis.tree import LazyNodes, digest
from opportune.cli.tables import print_tree
from opportune.documents.samples.mpa_rows import (
    APPLICATION_HEADERS,
    DATABASE_HEADERS,
    SERVER_HEADERS,
    Formula,
    make_estate,
)
from opportune.model.assessment import Assessment, Table
from opportune.model.records import LANGUAGES, Opportunity
from opportune.pipeline.answers import calculation_node

Sheet = list[list[object]]

MORE_SERVER_HEADERS = ("Power State", "Template", "SRM Placeholder", "Rack")
MORE_SERVER_CELLS = (
    ("poweredOn", "poweredOn", "poweredOff", ""),
    ("", "", "FALSE", "TRUE"),
    ("", "", "", "TRUE"),
    ("A1", "B2"),
)


OWNERS_WORDS = (
    "Business Owner",
    "Pain-point, Risks and Challenges",
    "Modernization Preference",
    "Modernization Roadmap",
    "Approaching Refresh (Y/N)",
    "Data Sovereignty Requirements",
    "Lifecycle Status",
)
FIGURES_OF_APPLICATIONS = tuple(
    f"Aux {number}" if header in OWNERS_WORDS else header
    for number, header in enumerate(APPLICATION_HEADERS)
)
"""Without what owners say: that stands beside the calculation, and `test_business` looks at it."""


@cache
def sheets_of(servers: int, seed: int) -> Mapping[str, Sheet]:
    """Return the sheets of an invented workbook, headers first."""
    rng = Random(seed)
    estate = make_estate(servers, rng)
    more = [
        (*row, *(rng.choice(choices) for choices in MORE_SERVER_CELLS)) for row in estate.servers
    ]
    found = {
        "Servers": ((*SERVER_HEADERS, *MORE_SERVER_HEADERS), more),
        "Applications": (FIGURES_OF_APPLICATIONS, estate.applications),
        "Databases": (DATABASE_HEADERS, estate.databases),
        "Server to application": (("appid", "serverId"), estate.server_applications),
        "Database to application": (
            ("Database ID", "Application ID", "Criticality"),
            estate.database_applications,
        ),
        "Application dependency": (
            ("SRC App ID", "DEST App ID", "Criticality"),
            estate.dependencies,
        ),
        "Additional": (("Shared Storage", "Owner"), [("NAS", "IT"), ("SAN", "IT")]),
    }
    return {
        name: [list(headers), *([plain(cell) for cell in row] for row in rows)]
        for name, (headers, rows) in found.items()
    }


def plain(cell: object) -> object:
    return (cell.result or None) if isinstance(cell, Formula) else cell


@dataclass(frozen=True)
class Edit:
    """One cell gets another content."""

    sheet: str
    row: int
    column: int
    content: object

    def of(self, sheets: Mapping[str, Sheet]) -> dict[str, Sheet]:
        changed = {name: [list(row) for row in rows] for name, rows in sheets.items()}
        changed[self.sheet][self.row][self.column] = self.content
        return changed

    def old(self, sheets: Mapping[str, Sheet]) -> object:
        return sheets[self.sheet][self.row][self.column]

    @property
    def place(self) -> str:
        return f"estate.xlsx {self.sheet}!{letters(self.column)}{self.row + 1}"


def letters(index: int) -> str:
    high, low = divmod(index, 26)
    return (chr(ord("A") + high - 1) if high else "") + chr(ord("A") + low)


CONTENTS: tuple[object, ...] = (
    None, "", "x", "Y", "N", "TRUE", "No", 0, 1, 3, 8, 40, 0.5, 0.07, 75, 900, 1e9, "12 GB",
    "prod", "High", "Windows Server", "RHEL", "2008 R2", "9", "Oracle", "SQL Server", "MySQL",
    "Enterprise", "BYOL", "VMware ESXi", "poweredOff", "Rehost", "Retire", "total", "#N/A",
)  # fmt: skip


@st.composite
def edits(draw: st.DrawFn, sheets: Mapping[str, Sheet]) -> Edit:
    """Draw a cell below a header, and what it holds instead: anything, or another row's cell."""
    name = draw(st.sampled_from(["Servers", "Servers", "Databases", "Applications", *sheets]))
    rows = sheets[name]
    column = draw(st.integers(0, len(rows[0]) - 1))
    row = draw(st.integers(1, len(rows) - 1))
    others = st.integers(1, len(rows) - 1).map(lambda other: rows[other][column])
    nudged = st.just(nudge(rows[row][column]))
    content = draw(st.one_of(others, st.sampled_from(CONTENTS), nudged))
    return Edit(name, row, column, content)


def nudge(cell: object) -> object:
    if isinstance(cell, int | float):
        return cell * 2
    return f"{cell}1" if cell else "1"


def assessed(sheets: Mapping[str, Sheet], *, with_report: bool) -> Assessment:
    found = read(workbook(sheets))
    return replace(found, ratings=full_estate().ratings) if with_report else found


def analysed(assessment: Assessment, language: str = "en") -> Analysis:
    return analyze(assessment, session_id="s", customer="", language=language, run_date=RUN_DATE)


def by_id(analysis: Analysis) -> dict[str, Opportunity]:
    return {o.id: o for o in analysis.opportunities}


def named(analysis: Analysis) -> dict[str, set[str]]:
    """Return the places that each opportunity's calculation names, by its id."""
    return {
        id_: {cell.source for cell in named_cells(tree)} for id_, tree in analysis.trees.items()
    }


def check_exactly(before: Assessment, after: Assessment, changed: set[str]) -> None:
    """Check that just the opportunities that name a changed cell, before or after, differ."""
    first, second = analysed(before), analysed(after)
    old, new, was, will = by_id(first), by_id(second), named(first), named(second)
    differing = {id_ for id_ in old.keys() | new.keys() if old.get(id_) != new.get(id_)}
    naming = {
        id_
        for id_ in old.keys() | new.keys()
        if changed & (was.get(id_, set()) | will.get(id_, set()))
    }
    assert differing == naming, f"{changed}: differ {differing - naming}, name {naming - differing}"


def figures(assessment: Assessment) -> dict[str, object]:
    """Return what each cell of numbers was read as, by its place."""
    rows: Iterable[Any] = (*assessment.servers, *assessment.databases, *assessment.applications)
    found: dict[str, object] = {}
    for row in rows:
        for name in (f.name for f in fields(row)):
            value = getattr(row, name)
            if isinstance(value, float) and name in row.table.columns:
                found[f"{row.table.file} {row.table.place(name, row.row)}"] = value
    return found


def read_otherwise(before: Assessment, after: Assessment, edit: Edit) -> set[str]:
    """Return the other cells that the edit made to be read as other numbers."""
    old, new = figures(before), figures(after)
    return {
        place for place in old.keys() & new.keys() - {edit.place} if old[place] != new[place]
    } | {
        place
        for place in (old.keys() ^ new.keys()) - {edit.place}
        if not place.endswith(f"{edit.row + 1}")
    }


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(st.data(), st.integers(4, 40), st.integers(0, 60), st.booleans())
def test_exactly_the_opportunities_that_name_a_cell_change_with_it(
    data: st.DataObject,
    servers: int,
    seed: int,
    with_report: bool,  # noqa: FBT001 - drawn
) -> None:
    sheets: Mapping[str, Sheet] = sheets_of(servers, seed)
    for _ in range(data.draw(st.integers(0, 3), label="edits before")):
        sheets = data.draw(edits(sheets)).of(sheets)
    edit = data.draw(edits(sheets), label="edit")
    assume(edit.content != edit.old(sheets))
    before = assessed(sheets, with_report=with_report)
    after = assessed(edit.of(sheets), with_report=with_report)
    others = read_otherwise(before, after, edit)
    column = edit.place.rstrip("0123456789")
    assert {place.rstrip("0123456789") for place in others} <= {column}
    check_exactly(before, after, {edit.place, *others})


def test_a_cell_that_decides_a_columns_unit_changes_what_names_a_cell_read_otherwise() -> None:
    header = "maxCpuUsagePctDec (%)"
    sheets = sheets_of(12, 1)  # fractions
    before = assessed(sheets, with_report=False)
    edit = Edit("Servers", 3, SERVER_HEADERS.index(header), 88)
    after = assessed(edit.of(sheets), with_report=False)  # 88: so all are percent
    others = read_otherwise(before, after, edit)
    assert len(others) > 5
    assert all(place.startswith("estate.xlsx Servers!J") for place in others)
    check_exactly(before, after, {edit.place, *others})
    changed = {o.id for o in analysed(before).opportunities} - {
        o.id for o in analysed(after).opportunities if o in analysed(before).opportunities
    }
    assert "s.rehost" in changed
    assert "s.security-gaps" not in changed


@pytest.mark.parametrize(
    ("header", "content"),
    [
        ("Rack", "Z9"),
        ("Storage-Max Read IOPS Size (KB)", "512 KB"),
        ("isPhysical", "Physical"),
        ("Uptime", 0.1),
    ],
)
def test_a_cell_that_no_figure_rests_on_changes_nothing(header: str, content: object) -> None:
    sheets = sheets_of(12, 1)
    column = sheets["Servers"][0].index(header)
    for row in range(1, 13):
        edit = Edit("Servers", row, column, content)
        first, second = (
            assessed(sheets, with_report=True),
            assessed(edit.of(sheets), with_report=True),
        )
        assert analysed(first).opportunities == analysed(second).opportunities
        assert edit.place not in set().union(*named(analysed(first)).values())


LINUX, WINDOWS = (
    {"os_name": "RHEL", "os_version": "6"},
    {"os_name": "Windows", "os_version": "2012"},
)


def fields_named(analysis: Analysis, play: str, row: int) -> set[str]:
    """Return the fields that a play names of a server's row."""
    cells = named_cells(analysis.trees[f"s1.{play}"])
    return {
        c.field
        for c in cells
        if c.source.startswith("estate.xlsx Servers!")
        and c.source.rstrip("0123456789") + str(row) == c.source
    }


def test_a_cell_that_only_could_matter_is_not_named() -> None:
    analysis = analysis_of(
        [server(2, **WINDOWS), server(3, **LINUX), server(4, **WINDOWS, is_powered_on=False)],
        databases=(database(2, engine="Oracle", version="19c"), database(3)),
    )
    assert fields_named(analysis, "windows-eos", 2) >= {"os_name", "os_version", "cores", "ram_gb"}
    assert fields_named(analysis, "windows-eos", 3) == set()
    assert fields_named(analysis, "windows-eos", 4) == set()
    assert fields_named(analysis, "linux-eos", 2) == set()
    assert "os_name" in fields_named(analysis, "rehost", 2)
    assert "os_name" not in fields_named(analysis, "rehost", 3)
    assert "cpu_peak_fraction" in fields_named(analysis, "rehost", 3)  # blank: so taken as it is
    oracle = {c.source for c in named_cells(analysis.trees["s1.oracle-exit"])}
    assert {p for p in oracle if "Databases" in p} == {
        f"estate.xlsx Databases!{column}2" for column in "ABDEFGQ"
    }


def test_a_rating_that_no_play_is_about_is_named_only_where_the_whole_report_is() -> None:
    ratings = (rating("Security", "Keys", 1), rating("Business Case", "Funding", 2, page=31))
    analysis = analysis_of([server()], ratings=ratings)
    named_of = {
        play: {(c.source, c.field) for c in named_cells(analysis.trees[f"s1.{play}"])}
        for play in ("security-gaps", "wafr")
    }
    keys, funding = (f"readiness.pdf {r.location}: {r.question}" for r in ratings)
    assert {(keys, "rating"), (keys, "question"), (funding, "rating")} <= named_of["security-gaps"]
    assert (funding, "question") not in named_of["security-gaps"]
    assert not any(source == funding for source, _ in named_of["wafr"])


@settings(max_examples=60, deadline=None)
@given(assessments())
def test_cells_that_a_digest_takes_in_together_are_those_of_the_nodes(
    assessment: Assessment,
) -> None:
    for tree in analysed(assessment).trees.values():
        for node in (tree, *tree.children):
            if isinstance(node.children, LazyNodes):
                apart = {c.source for child in node.children for c in named_cells(child)}
                together = {c.source for c in written_out(node.children.cells)}
                repeated = {c.source for c in written_out(tree.cells)}
                assert together - repeated <= apart <= together
                assert [digest(n) for n in map(bare, node.children)] == [
                    digest(bare(n)) for n in node.children.bare()
                ]


def bare(node: Node) -> Node:
    """Return a node without cells, here and below."""
    return replace(node, cells=(), children=tuple(bare(child) for child in node.children))


@settings(max_examples=60, deadline=None)
@given(st.integers(4, 30), st.integers(0, 40))
def test_a_calculation_has_the_same_digest_in_every_language(servers: int, seed: int) -> None:
    assessment = assessed(sheets_of(servers, seed), with_report=True)
    digests = [
        {
            o.id: o.estimate.digest
            for o in analysed(assessment, language).opportunities
            if o.estimate
        }
        for language in LANGUAGES
    ]
    assert digests[0] == digests[1] == digests[2]


def test_a_cell_is_shown_with_raw_text_value_and_unit() -> None:
    rows = (("Serverid", "HOSTNAME", "osName", "numCpus", "numCoresPerCpu", "totalRAM (MB)",
             "maxCpuUsagePctDec"), ("S1", "web", "RHEL", 2, 4, "16384", 75))  # fmt: skip
    tree = analysed(read(workbook({"Servers": rows}))).trees["s.rehost"]
    cells = {c.source.partition("!")[2]: c[2:] for c in named_cells(tree)}
    assert cells["D2"] == ("2", 8, "cores")
    assert cells["E2"] == ("4", 8, "cores")
    assert cells["F2"] == ("16384", 16.0, "GB")
    assert cells["G2"] == ("75", 0.75, "fraction")
    view = calculation_node(tree)
    assert any("read as percent" in text for text in view.readings)
    assert any("read as MB, as the header says" in text for text in view.readings)
    compute = view.children[0].children[0]
    assert {c.source for c in compute.cells} == {f"estate.xlsx Servers!{c}2" for c in "DEFG"}
    assert {c.source for c in view.cells}.isdisjoint(c.source for c in compute.cells)


def test_the_chain_is_printed_from_cell_to_dollars(capsys: pytest.CaptureFixture[str]) -> None:
    rows = (("Serverid", "HOSTNAME", "osName", "numCpus", "numCoresPerCpu", "totalRAM (GB)",
             "maxCpuUsagePctDec"), ("S1", "web", "RHEL", 2, 4, "16 GB", 75))  # fmt: skip
    analysis = analysed(read(workbook({"Servers": rows})), "es")
    print_tree(calculation_node(analysis.trees["s.rehost"]), "es")
    printed = [line.strip() for line in capsys.readouterr().out.splitlines()]
    first = printed.index("Cómputo EC2: USD 3.127,32")
    assert printed[first + 1].endswith("-> c7i.2xlarge, 8.760 h x $0,357")
    assert printed[first + 2] == (
        '< estate.xlsx Servers!2:2 D2 "2" · E2 "4" = 8 cores · F2 "16 GB" = 16 GB · G2 "75" = 75 %'
    )
    assert printed[first + 3].startswith("< price book us-east-1")
    assert any(
        line.startswith("(Column 'maxCpuUsagePctDec' is read as percent") for line in printed
    )


def test_a_server_joined_from_two_files_names_the_cell_of_each_file() -> None:
    other = Table("cmdb.csv", "b" * 64, "", 1, {"os_name": "C"}, {"os_name": 2}, [["", "", "Win"]])
    joined = server(2, **WINDOWS, origins={"os_name": (other, 2)})
    places = {c.source for c in named_cells(analysis_of([joined]).trees["s1.windows-eos"])}
    assert {"cmdb.csv C2", "estate.xlsx Servers!F2"} <= places
    assert "estate.xlsx Servers!E2" not in places
    moved = replace(joined, origins={"os_name": (replace(other, rows=[["", "", "WIN"]]), 2)})
    before, after = (fired(analysis_of([s]), "windows-eos").estimate for s in (joined, moved))
    assert before is not None
    assert after is not None
    assert before.digest != after.digest
