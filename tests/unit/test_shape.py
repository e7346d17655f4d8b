"""What a newcomer relies on: small files, and no check silenced without a reason."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = [
    path
    for folder in ("src", "tests", "benchmarks", "infra")
    for path in sorted((ROOT / folder).rglob("*.py"))
]
LONGEST = 400


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_longer_than_a_reader_can_hold(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST


def test_every_suppressed_check_gives_its_reason() -> None:
    bare = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in PYTHON
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        for mark in ("noqa" + ":", "type: " + "ignore")
        if mark in line and " - " not in line.split(mark)[1] and " # " not in line.split(mark)[1]
    ]
    assert bare == []
