"""The report says what was moved and proves it; an edit is seen."""

import json
from pathlib import Path

import pytest
from journeys import fill
from migrations import SOURCE, TARGET, World
from stores import a_session, a_template

from opportune import __version__
from opportune.errors import ConfigurationError, InvalidInputError
from opportune.stores.journal import Stage
from opportune.stores.memory.store import MemoryStore
from opportune.stores.migration.report import Report, check_report, rendered, write_report
from opportune.stores.migration.verbs import finish


@pytest.fixture
def world() -> World:
    made = World(MemoryStore(), MemoryStore())
    fill(made)
    return made


def _report(world: World) -> Report:
    status = world.migrator().status()
    return Report(made_at=status.updated_at, signed_off_by="ana", migration=status)


def test_a_report_is_read_as_it_was_written_and_has_all_that_an_auditor_asks(
    world: World, tmp_path: Path
) -> None:
    world.bring_to(Stage.CUT_OVER)
    finish(world.migrator(operator="bea").verify())
    report = _report(world)
    page = write_report(report, tmp_path / "report.json")
    assert check_report(tmp_path / "report.json") == report
    text = page.read_text("utf-8")
    verification = report.migration.verification
    assert verification is not None
    for fact in (
        SOURCE,
        TARGET,
        "Signed off by ana",
        f"opportune {__version__}",
        "| 2 | PAUSED toward CUT_OVER | source |",
        "| 4 | CUT_OVER | target |",
        "Clean: 0 differences. By bea",
        verification.source_digest,
        verification.finished_at,
        json.loads((tmp_path / "report.json").read_text("utf-8"))["sha256"],
        f"| Revisions of opportunities | {verification.source.opportunities} |",
    ):
        assert fact in text
    assert verification.source_digest == verification.target_digest


def test_any_edit_of_a_value_is_seen(world: World, tmp_path: Path) -> None:
    world.bring_to(Stage.DUAL_WRITE)
    finish(world.migrator().verify())
    path = tmp_path / "report.json"
    write_report(_report(world), path)
    written = path.read_text("utf-8")
    lines = written.splitlines()
    edits = 0
    for number, line in enumerate(lines):
        for digit in "0123456789":
            if digit in line:
                edited = line.replace(digit, "5" if digit != "5" else "6")
                path.write_text("\n".join([*lines[:number], edited, *lines[number + 1 :]]), "utf-8")
                with pytest.raises(InvalidInputError):
                    check_report(path)
                edits += 1
    assert edits > 50
    path.write_text(json.dumps(json.loads(written)), "utf-8")
    assert check_report(path).signed_off_by == "ana", "only the layout changed"


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"report": {}, "sha256": "x"}', "\x00"])
def test_what_is_no_report_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(content, "utf-8")
    with pytest.raises(InvalidInputError):
        check_report(path)


def test_where_nothing_can_be_read_or_written_is_said(world: World, tmp_path: Path) -> None:
    world.bring_to(Stage.DUAL_WRITE)
    with pytest.raises(ConfigurationError, match="cannot be written"):
        write_report(_report(world), tmp_path / "none" / "report.json")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        check_report(tmp_path / "none.json")


def test_differences_stand_in_the_page_and_break_no_table(world: World) -> None:
    world.bring_to(Stage.DUAL_WRITE)
    assert "None was made" in rendered(_report(world))
    world.source.put_template(a_template("behind"))
    header = world.source.get_session("s1")
    world.source.store_opportunities(
        a_session("s1", customer="a | b\n<script>", version=header.version), []
    )
    finish(world.migrator().verify())
    page = rendered(_report(world))
    assert "NOT clean" in page
    assert "| template behind | 1 | (record) | present | missing |" in page
    assert "a \\| b &lt;script>" in page
