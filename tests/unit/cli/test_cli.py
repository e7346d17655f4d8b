import sys
from pathlib import Path
from typing import Any

import pytest
from commands import Cli
from customer import SERVERS, workbook


def test_the_main_job_prints_the_pipeline_and_the_next_step(
    cli: Cli, files: tuple[Path, Path]
) -> None:
    text = cli("analyze", *files, "--customer", "Example Corp")
    assert f"{SERVERS} servers" in text
    assert "Priority" in text
    assert "opportune show" in text
    text = cli("analyze", *files, "--customer", "Example Corp")
    assert "Nothing has changed" in text


@pytest.mark.parametrize(
    ("language", "word"), [("en", "Opportunity"), ("es", "Oportunidad"), ("pt", "Oportunidade")]
)
def test_the_pipeline_is_in_the_readers_language(
    cli: Cli, files: tuple[Path, Path], language: str, word: str
) -> None:
    assert word in cli("analyze", *files, "--lang", language)


def test_what_one_command_keeps_another_finds(cli: Cli, files: tuple[Path, Path]) -> None:
    answer = cli.json("analyze", *files, "--customer", "Example Corp")
    wanted = answer["opportunities"][0]["id"]
    assert cli.json("show", wanted) == answer["opportunities"][0]
    cli("set-status", wanted, "ganada", "--note", "signed")
    assert cli.json("show", wanted)["status"] == "Ganada"
    assert [r["version"] for r in cli.json("history", wanted)] == [1, 2]
    assert cli.json("show", wanted, "--version", 1)["status"] == "Nueva"
    won = cli.json("list", "--status", "won")["items"]
    assert [o["id"] for o in won] == [wanted]
    (session,) = cli.json("sessions")["items"]
    assert session["id"] == answer["sessionId"]
    listed = cli.json("list", "--session", session["id"])["items"]
    assert [o["id"] for o in listed] == [o["id"] for o in answer["opportunities"]]


@pytest.mark.parametrize("command", ["show", "history", "explain"])
def test_commands_on_one_opportunity_print_for_people(
    cli: Cli, files: tuple[Path, Path], command: str
) -> None:
    opportunity = cli.json("analyze", *files)["opportunities"][0]
    text = cli(command, opportunity["id"])
    expected = {"show": opportunity["title"], "history": "Version", "explain": "USD"}
    assert expected[command] in text


def test_the_explanation_reaches_from_a_cell_to_the_dollars(
    cli: Cli, files: tuple[Path, Path]
) -> None:
    answer = cli.json("analyze", *files)
    rehost = next(o for o in answer["opportunities"] if o["templateId"] == "rehost")
    tree = cli.json("explain", rehost["id"])["tree"]

    def leaves(node: dict[str, Any]) -> list[dict[str, Any]]:
        return [leaf for c in node["children"] for leaf in leaves(c)] or [node]

    total = sum(round(leaf["amountUsd"] * 100) for leaf in leaves(tree))
    assert total == round(rehost["estimatedARR"] * 100)
    assert any("Servers!" in source for leaf in leaves(tree) for source in leaf["sources"])


def test_inspect_has_the_keys_that_other_programs_rely_on(
    cli: Cli, files: tuple[Path, Path]
) -> None:
    found = cli.json("inspect", *files)
    keys = ["documents", "inventory", "readiness", "answers", "quality", "setAside"]
    assert list(found) == keys
    assert [list(d) for d in found["documents"]] == [["file", "kind", "sha256"]] * 2
    assert list(found["inventory"]) == [
        "servers",
        "templates",
        "poweredOn",
        "sockets",
        "cores",
        "threads",
        "ramGb",
        "diskGb",
        "databases",
        "databaseGb",
        "applications",
    ]
    assert list(found["readiness"]) == ["ratings", "sum", "mean", "rows"]
    assert list(found["readiness"]["rows"][0]) == [
        "category",
        "subcategory",
        "question",
        "rating",
        "comment",
        "page",
        "location",
    ]
    assert list(found["quality"][0]) == ["code", "message", "source", "effectARR"]
    assert "readiness ratings" in cli("inspect", *files)


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Attention"), ("es", "Atención"), ("pt", "Atenção")]
)
def test_what_is_missing_in_a_report_stands_above_the_pipeline(
    cli: Cli, files: tuple[Path, Path], tmp_path: Path, language: str, words: str
) -> None:
    import typst

    source = (
        "= Migration Readiness Assessment\n= Heatmap\n= Text Responses\n#pagebreak()\n"
        "= Ratings Responses\n#table(columns: 3, [Question], [Response], [Comments],"
        "[Is there a backup?], [2], [2 - Some.], [Is it tested?], [], [])"
    )
    report = tmp_path / "half.pdf"
    report.write_bytes(typst.compile(source.encode(), ignore_system_fonts=True))
    printed = cli("analyze", files[0], report, "--lang", language)
    lines = printed.splitlines()
    assert lines[1].startswith(f"{words}: half.pdf")


def test_pages_follow_each_other(cli: Cli, files: tuple[Path, Path]) -> None:
    cli("analyze", *files)
    page = cli.json("list", "--limit", 3, "--order", "arr")
    rest = cli.json("list", "--limit", 1000, "--order", "arr", "--cursor", page["cursor"])
    whole = cli.json("list", "--limit", 1000, "--order", "arr")
    assert page["items"] + rest["items"] == whole["items"]
    assert page["cursor"] in cli("list", "--limit", 3, "--order", "arr")


def test_the_memory_store_keeps_nothing_behind(cli: Cli, files: tuple[Path, Path]) -> None:
    cli("analyze", *files, "--store", "memory")
    assert "No opportunity matches" in cli("list")
    assert "No session yet" in cli("sessions")


def test_standard_input_can_be_read(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, files: tuple[Path, Path]
) -> None:
    with files[0].open("rb") as stream:
        monkeypatch.setattr(sys, "stdin", type("Stdin", (), {"buffer": stream}))
        assert cli.json("inspect", "-")["inventory"]["servers"] == SERVERS


BAD_FILES = {
    "missing": ("gone.xlsx", None),
    "empty": ("empty.xlsx", b""),
    "wrong type": ("notes.xlsx", b"just some notes"),
    "cut": ("cut.xlsx", workbook().data[:9000]),
}


@pytest.mark.parametrize("case", BAD_FILES)
@pytest.mark.parametrize("command", ["analyze", "inspect"])
def test_a_bad_file_is_named_in_one_sentence_with_code_3(
    cli: Cli, tmp_path: Path, command: str, case: str
) -> None:
    name, data = BAD_FILES[case]
    if data is not None:
        (tmp_path / name).write_bytes(data)
    cli(command, tmp_path / name, code=3)
    assert cli.out == ""
    assert cli.err.startswith("opportune: ")
    assert name in cli.err
    assert cli.err.count("\n") == 1
    assert cli.json("sessions")["items"] == []


def test_swapped_files_are_refused_with_code_3(cli: Cli, files: tuple[Path, Path]) -> None:
    cli("analyze", files[1], files[0], code=3)
    assert "mra.pdf: this is a readiness report" in cli.err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("analyze",), 2),
        (("list", "--limit", "0"), 2),
        (("list", "--status", "gone"), 2),
        (("list", "--min-arr", "many"), 2),
        (("list", "--cursor", "forged"), 2),
        (("nothing",), 2),
        (("show", "none.rehost"), 4),
        (("history", "none.rehost"), 4),
        (("explain", "none.rehost"), 4),
        (("set-status", "none.rehost", "won"), 4),
        (("list", "--session", "none"), 4),
        (("serve", "--host", "0.0.0.0"), 1),
    ],
)
def test_exit_codes(cli: Cli, arguments: tuple[str, ...], code: int) -> None:
    cli(*arguments, code=code)
    assert cli.out == ""
    assert cli.err


def test_a_conflict_has_its_own_code(cli: Cli, files: tuple[Path, Path]) -> None:
    wanted = cli.json("analyze", *files)["opportunities"][0]["id"]
    cli("set-status", wanted, "lost", "--expect-version", 1)
    cli("set-status", wanted, "won", "--expect-version", 1, code=5)


def test_a_setting_that_makes_no_sense_ends_with_code_1(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPPORTUNITY_TTL_DAYS", "soon")
    cli("sessions", code=1)
    assert "OPPORTUNITY_TTL_DAYS" in cli.err


def test_samples_can_be_made_and_read(cli: Cli, tmp_path: Path) -> None:
    cli("sample", "--servers", 12, "--out", tmp_path / "s")
    found = cli.json("inspect", tmp_path / "s" / "mpa.xlsx", tmp_path / "s" / "mra.pdf")
    assert found["inventory"]["servers"] == 12
