"""The pipeline on the command line: by hand, many at once, the past, figures, duplicates."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from commands import Cli


@pytest.fixture
def one(cli: Cli) -> str:
    made = cli.json("new", "Renew support", "--customer", "Acme", "--set", "estimatedARR=1200.60")
    return str(made["id"])


def test_one_by_hand_is_made_edited_deleted_and_restored(cli: Cli, one: str) -> None:
    edited = cli.json(
        "edit", one, "--set", "owner=eva", "--set", "status=lost", "--set", "lossReason=Price",
        "--set", "talkingPoints=first, with a comma", "--set", "talkingPoints=second",
        "--set", "closeDate=2026-12-31", "--set", "keep=true", "--note", "call",
    )  # fmt: skip
    assert (edited["owner"], edited["status"], edited["keep"]) == ("eva", "Perdida", True)
    assert edited["talkingPoints"] == ["first, with a comma", "second"]
    assert cli.json("edit", one, "--set", "talkingPoints=")["talkingPoints"] == []
    assert "restore" in cli("delete", one, "--note", "gone")
    cli("show", one, code=4)
    assert "version 5" in cli("restore", one)
    assert cli.json("restore", one, "--version", 1)["owner"] == ""
    cli("edit", one, "--set", "owner=x", "--expect-version", 2, code=5)
    table = cli("history", one, "--changes")
    assert "lossReason" in table
    assert "Price" in table
    assert [r["version"] for r in cli.json("history", "show", one)] == [1, 2, 3, 4, 5, 6]
    changed = cli.json("history", "diff", one, 1, 2)
    assert {c["field"] for c in changed} >= {"owner", "status", "lossReason", "closeDate"}
    assert "same content" in cli("history", "diff", one, 1, 6)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("colour=red", "colour"),
        ("owner", "FIELD=VALUE"),
        ("status=gone", "not a status"),
        ("closeDate=soon", "closeDate"),
        ("estimatedARR=much", "estimatedARR"),
        ("title=", "title cannot be empty"),
    ],
)
def test_what_is_no_field_or_value_is_refused(cli: Cli, one: str, value: str, words: str) -> None:
    cli("edit", one, "--set", value, code=2)
    assert words in cli.err
    assert cli.json("show", one)["version"] == 1


def test_many_are_changed_by_a_filter(cli: Cli, one: str) -> None:
    cli("new", "Another", "--customer", "Acme", "--set", "owner=bea")
    assert "1 changed" in cli("change", "--owner", "", "--set", "owner=eva", "--yes")
    assert cli.json("show", one)["owner"] == "eva"
    done = cli.json("change", "--id", one, "--id", "x.none", "--set", "priority=High")
    assert (done["changed"], len(done["refused"])) == (1, 1)
    cli("change", "--set", "owner=eva", code=2)


def test_figures_are_those_of_the_list(cli: Cli, one: str) -> None:
    cli("new", "Another", "--customer", "Beta", "--set", "estimatedARR=-100", "--set", "status=won")
    figures = cli.json("stats", "--by", "customer")
    assert figures["total"]["arr"] == 1100.6
    assert [g["key"] for g in figures["groups"]] == ["Acme", "Beta"]
    text = cli("stats", "--by", "customer", "--lang", "es")
    assert "1.201" in text
    assert "Tasa de éxito: 100%" in text
    assert "Acme" in text
    assert cli.json("moves", "--days", 1)["moves"][0]["old"] is None
    assert "Won" in cli("moves")
    assert "New" in cli("stays")
    assert "No opportunity" in cli("stats", "--customer", "nobody")


def test_lists_are_cut_by_every_filter(cli: Cli, one: str) -> None:
    cli("edit", one, "--set", "closeDate=2026-12-31", "--set", "relatedServices=Amazon S3",
        "--set", "category=Seguridad", "--set", "owner=eva")  # fmt: skip
    for arguments in (
        ("--customer", "ACME"),
        ("--service", "amazon s3"),
        ("--category", "seguridad"),
        ("--owner", "eva"),
        ("--close-from", "2026-12-31", "--close-to", "2026-12-31"),
        ("--created-from", "2020-01-01", "--updated-to", "2099-01-01"),
    ):
        assert [o["id"] for o in cli.json("list", *arguments)["items"]] == [one], arguments
    for arguments in (("--owner", ""), ("--close-to", "2026-12-30"), ("--service", "Amazon")):
        assert cli.json("list", *arguments)["items"] == [], arguments
    cli("list", "--close-from", "soon", code=2)


def test_the_past_is_shown_as_it_was(cli: Cli, one: str) -> None:
    before = cli.json("show", one)["updatedAt"]
    cli("edit", one, "--set", "title=Later")
    assert cli.json("show", one, "--at", before)["title"] == "Renew support"
    assert [o["title"] for o in cli.json("list", "--at", before)["items"]] == ["Renew support"]
    assert cli.json("stats", "--at", before)["total"]["count"] == 1
    cli("show", one, "--at", "2020-01-01", code=2)
    assert "longer ago" in cli.err


def test_an_edit_beside_the_program_is_named(cli: Cli, one: str, tmp_path: Path) -> None:
    seal = tmp_path / "seal.jsonl"
    cli("edit", one, "--set", "owner=eva")
    assert "as it was written" in cli("history", "verify", "--seal", seal)
    assert cli.json("history", "verify", "--against", seal)["sealed"] == 1
    with closing(sqlite3.connect(tmp_path / "data" / "opportune.sqlite3")) as db:
        (body,) = db.execute("SELECT body FROM opportunity_past").fetchone()
        edited = json.dumps(json.loads(body) | {"estimatedARR": 9.99})
        db.execute("UPDATE opportunity_past SET body = ?", (edited,))
        db.commit()
    text = cli("history", "verify", code=1)
    assert f"{one} v1: has been edited" in text
    assert "1 problems" in text
    cli("history", "verify", "--against", tmp_path / "none", code=2)


def test_duplicates_are_shown_merged_and_taken_apart(cli: Cli, files: tuple[Path, Path]) -> None:
    assert "No possible duplicates" in cli("duplicates")
    first = cli.json("analyze", *files, "--customer", "Acme")["sessionId"]
    second = cli.json("analyze", files[0], "--customer", "Acme")["sessionId"]
    text = cli("duplicates", "--lang", "pt")
    assert "opportune merge" in text
    assert "servers are in both" in text
    kept, other = f"{first}.rehost", f"{second}.rehost"
    assert "opportune unmerge" in cli("merge", kept, other)
    cli("show", other, code=4)
    assert other in cli("unmerge", other)
    assert cli.json("show", other)["mergedInto"] == ""
    cli("merge", kept, kept, code=2)
