"""Templates on the command line."""

from pathlib import Path

import pytest
from commands import Cli


def test_a_shown_file_is_edited_and_tried(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "graviton.toml"
    path.write_text(cli("templates", "show", "graviton", "--toml"), "utf-8")
    assert "version 0" in cli("templates", "edit", "graviton", path)  # nothing differs
    text = path.read_text("utf-8").replace('title = "AWS Graviton for', 'title = "Arm for')
    path.write_text(text, "utf-8")
    assert "Arm for 35 Linux servers" in cli("templates", "preview", "graviton", "--file", path)
    assert "AWS Graviton for 35" in cli("templates", "preview", "graviton")
    assert "version 1" in cli("templates", "edit", "graviton", path)
    assert "Arm for 35 Linux servers" in cli("templates", "preview", "graviton")
    assert "en.title" in cli("templates", "history", "graviton")
    cli("templates", "edit", "graviton", path, "--expect-version", 7, code=5)
    assert "built-in play again" in cli("templates", "delete", "graviton")
    assert "changed" in cli("templates", "restore", "graviton")
    assert cli.json("templates", "show", "graviton", "--version", 0)["template"]["en"][
        "title"
    ].startswith("AWS Graviton")


def test_ones_own_is_made_listed_disabled_and_deleted(cli: Cli, tmp_path: Path) -> None:
    said = cli("templates", "duplicate", "graviton", "arm-first")
    assert "graviton carries it as long as it is enabled" in said
    assert cli.json("templates", "disable", "arm-first")["state"] == "disabled"
    assert "desativado" in cli("templates", "list", "--lang", "pt")
    assert "own" in cli("templates", "enable", "arm-first")
    assert "opportune templates restore arm-first" in cli("templates", "delete", "arm-first")
    cli("templates", "show", "arm-first", code=4)
    path = tmp_path / "kick-off.toml"
    path.write_text('id = "kick-off"\ncategory = "Workshop"\n[es]\ntitle = "Taller"\n', "utf-8")
    assert "kick-off" in cli("templates", "create", path)
    cli("templates", "create", path, code=2)
    assert "'kick-off' exists already" in cli.err


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Reasoning|Why"),
        ("es", "Motivo"),
        ("pt", "Motivo"),
    ],
)
def test_a_template_is_shown_in_the_readers_language(cli: Cli, language: str, said: str) -> None:
    text = cli("templates", "show", "training", "--lang", language)
    assert any(word in text for word in said.split("|"))
    assert "trigger.at_most = 3" in text
    assert "{" in text  # placeholders stay as they are written


def test_a_mistake_names_the_file_or_the_field(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text('id = "x"\nplay = "sap"\n[en]\ntitle = "{serverz}"\n', "utf-8")
    cli("templates", "create", path, code=2)
    assert "en.title: {serverz} is not a value of this play: known are answer" in cli.err
    path.write_text("id = ", "utf-8")
    cli("templates", "create", path, code=2)
    assert "x.toml: no TOML" in cli.err
    cli("templates", "create", tmp_path / "none.toml", code=3)
    cli("templates", "use", "sap", "--set", "applications", code=2)
    assert "is not of the form NAME=VALUE" in cli.err
    for amount in ("much", "nan", "inf"):
        cli("templates", "use", "sap", "--arr", amount, code=2)
        assert f"'{amount}' is not an amount in US dollars" in cli.err
    cli("templates", "use", "sap", "--arr", "0.001", code=2)
    assert cli.json("sessions")["items"] == []
    assert len(cli.json("templates", "list")) == 21


def test_an_opportunity_by_hand_is_in_the_list(cli: Cli) -> None:
    said = cli(
        "templates", "use", "sap", "--customer", "Example Corp", "--set", "applications=2",
        "--arr", "50000", "--priority", "High", "--owner", "ana", "--title", "SAP next year",
    )  # fmt: skip
    assert "SAP next year" in said
    assert "Left open, to be filled in: names" in said
    (listed,) = cli.json("list")["items"]
    assert (listed["title"], listed["estimatedARR"], listed["owner"], listed["priority"]) == (
        "SAP next year",
        50000,
        "ana",
        "High",
    )
    again = cli.json("templates", "use", "sap", "--session", listed["sessionId"])
    assert again["opportunity"]["id"].endswith(".sap-3")
    assert again["opportunity"]["customer"] == "Example Corp"


def test_an_analysis_of_the_command_line_uses_them(cli: Cli, files: tuple[Path, Path]) -> None:
    cli("templates", "disable", "rehost", code=2)
    assert "it cannot be disabled" in cli.err
    cli("templates", "duplicate", "training", "our-training")
    cli("templates", "disable", "training")
    session = cli.json("analyze", *files)["sessionId"]
    plays = {o["templateId"] for o in cli.json("list", "--session", session)["items"]}
    assert "our-training" in plays
    assert "training" not in plays
    cli("templates", "delete", "our-training")
    assert cli.json("verify", session)["isEqual"] is True
    assert cli.json("templates", "preview", "training", "--session", session)["fires"] is True
