"""Exporting and importing on the command line: whole files or none, and never over another."""

import csv
import io
import json
import sys
from pathlib import Path

import pytest
from commands import Cli
from customer import files_in
from docx_files import paragraphs_of, template

from opportune.cli import main
from opportune.export import pdf


@pytest.fixture
def filled(cli: Cli, tmp_path: Path) -> Cli:
    cli("analyze", *files_in(tmp_path), "--customer", "Panadería Ñandú", "--lang", "es")
    return cli


@pytest.mark.parametrize(("format_", "beginning"), [
    ("pdf", b"%PDF-1.7"), ("docx", b"PK"), ("xlsx", b"PK"), ("csv", b"\xef\xbb\xbf"),
    ("jsonl", b'{"kind":"opportune-export"'),
])  # fmt: skip
def test_every_format_is_written_under_its_usual_name(
    filled: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format_: str, beginning: bytes
) -> None:
    monkeypatch.chdir(tmp_path)
    said = filled("export", "--format", format_, "--lang", "es")
    (written,) = tmp_path.glob(f"soa-Panadería-Ñandú-20??-??-??.{format_}")
    assert written.name in said
    assert written.read_bytes().startswith(beginning)


def test_the_files_name_says_the_format_and_filters_are_those_of_list(
    filled: Cli, tmp_path: Path
) -> None:
    options = ("--priority", "High", "--min-arr", "1", "--order", "arr")
    listed = [one["id"] for one in filled.json("list", *options)["items"]]
    target = tmp_path / "x.csv"
    filled("export", "-o", target, "--sep", ";", *options)
    with target.open(encoding="utf-8-sig", newline="") as file:
        head, *rows = csv.reader(file, delimiter=";")
    assert head[:2] == ["Opportunity", "Customer"]
    assert [row[-1] for row in rows] == listed


def test_a_file_that_is_there_is_kept_unless_forced(filled: Cli, tmp_path: Path) -> None:
    target = tmp_path / "x.csv"
    target.write_text("mine")
    filled("export", "-o", target, code=2)
    assert "--force" in filled.err
    assert target.read_text() == "mine"
    filled("export", "-o", target, "--force")
    assert target.read_text("utf-8-sig").startswith("Opportunity,")


def test_a_failure_leaves_nothing_half(
    filled: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    target = folder / "x.csv"
    target.write_text("mine")

    def full(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(data[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    filled("export", "-o", target, "--force", code=2)
    assert "No space left on device" in filled.err
    assert [path.name for path in folder.iterdir()] == ["x.csv"]
    assert target.read_text() == "mine"


def test_without_a_format_the_known_ones_are_named(filled: Cli, tmp_path: Path) -> None:
    filled("export", "-o", tmp_path / "x.txt", code=2)
    assert "pdf|docx|xlsx|csv|jsonl" in filled.err


def test_an_own_template_is_filled_in_and_a_broken_one_named(filled: Cli, tmp_path: Path) -> None:
    own, target = tmp_path / "own.docx", tmp_path / "x.docx"
    own.write_bytes(template("{{ count }} {{ customer }}").data)
    filled("export", "-o", target, "--template", own)
    assert paragraphs_of(target.read_bytes())[0].endswith("Panadería Ñandú")
    own.write_bytes(template("{{ kunde }}").data)
    filled("export", "-o", tmp_path / "y.docx", "--template", own, code=3)
    assert "own.docx, tag {{ kunde }}: 'kunde' is undefined" in filled.err
    assert not (tmp_path / "y.docx").exists()


def test_what_was_exported_is_imported_with_its_history(
    filled: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = filled.json("list")["items"][0]["id"]
    filled("set-status", first, "won", "--note", "signed")
    target = tmp_path / "all.jsonl"
    filled("export", "-o", target)
    history = filled.json("history", first)
    monkeypatch.setenv("OPPORTUNITY_DATA_DIR", str(tmp_path / "elsewhere"))
    answer = filled.json("import", target)
    assert answer["new"] == len(filled.json("list", "--limit", 1000)["items"])
    assert filled.json("history", first) == history
    assert filled.json("import", target)["equal"] == answer["new"]


def test_histories_that_have_parted_are_named_with_their_own_exit_code(
    filled: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = filled.json("list")["items"][0]["id"]
    before, after = tmp_path / "before.jsonl", tmp_path / "after.jsonl"
    filled("export", "-o", before)
    filled("set-status", first, "won")
    filled("export", "-o", after)
    monkeypatch.setenv("OPPORTUNITY_DATA_DIR", str(tmp_path / "elsewhere"))
    filled("import", before)
    filled("set-status", first, "lost")
    filled("import", after, code=5)
    assert first in filled.err
    assert filled.json("show", first)["status"] == "Perdida"


def test_a_broken_file_is_refused_with_its_line(filled: Cli, tmp_path: Path) -> None:
    broken = tmp_path / "x.jsonl"
    broken.write_text(json.dumps({"kind": "session"}) + "\n")
    filled("import", broken, code=3)
    assert "x.jsonl, line 1: record: Field required." in filled.err


def test_standard_output_and_standard_input_are_joined_by_a_pipe(
    filled: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = piped(monkeypatch, "export", "--format", "jsonl", "-o", "-")
    assert data.endswith(b"\n")
    monkeypatch.setenv("OPPORTUNITY_DATA_DIR", str(tmp_path / "elsewhere"))
    answer = json.loads(piped(monkeypatch, "import", "-", "--json", given=data))
    assert answer["new"] == len(filled.json("list")["items"])


def piped(monkeypatch: pytest.MonkeyPatch, *arguments: str, given: bytes = b"") -> bytes:
    """Run a command between two pipes; return the bytes that it wrote."""
    written = io.TextIOWrapper(io.BytesIO())
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        patch.setattr(sys, "stdout", written)
        patch.setattr(sys, "argv", ["opportune", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
    assert ended.value.code == 0
    written.flush()
    bytes_of = written.buffer
    bytes_of.seek(0)
    return bytes_of.read()


def test_a_bug_of_a_writer_is_no_half_file(
    filled: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr(pdf, "write", broken)
    monkeypatch.setattr(sys, "argv", ["opportune", "export", "-o", str(tmp_path / "x.pdf")])
    with pytest.raises(ZeroDivisionError):
        main()
    assert not list(tmp_path.glob("*x.pdf*"))
