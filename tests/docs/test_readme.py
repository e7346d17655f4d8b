"""The README shows what the program prints, and its examples run."""

import re
from pathlib import Path

import pytest
import readme_output
from customer import report, workbook

ROOT = Path(__file__).parents[2]


def test_the_readme_shows_what_the_demo_prints() -> None:
    command = "run: python tests/support/readme_output.py"
    assert readme_output.shown() == readme_output.written(), command


def test_the_library_example_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "build" / "demo"
    folder.mkdir(parents=True)
    (folder / "mpa.xlsx").write_bytes(workbook(200).data)
    (folder / "mra.pdf").write_bytes(report().data)
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs" / "library.md").read_text("utf-8")
    [example] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(compile(example, "library.md", "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("High ")


def test_the_site_names_every_page() -> None:
    config = (ROOT / "zensical.toml").read_text("utf-8")
    pages = {path.name for path in (ROOT / "docs").glob("*.md")}
    assert pages == set(re.findall(r'"([\w-]+\.md)"', config))
