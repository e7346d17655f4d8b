"""What a newcomer relies on: small files, tests in their places, no check silenced silently."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tables import every

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
PYTHON = [
    path
    for folder in ("src", "tests", "benchmarks", "infra")
    for path in sorted((ROOT / folder).rglob("*.py"))
]
LONGEST = 400


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    with every() as row:
        for path in PYTHON:
            with row(path.relative_to(ROOT)):
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


def test_no_test_imports_another_test() -> None:
    """What tests share is in tests/support, where it has a name that says what it is for."""
    of_tests = {path.stem for path in TESTS.rglob("*.py") if TESTS / "support" not in path.parents}
    with every() as row:
        for path in sorted(TESTS.rglob("*.py")):
            with row(path.relative_to(ROOT)):
                parts = {part for name in imported(path) for part in name.split(".")}
                assert parts & (of_tests | {"tests"}) == set()


def imported(path: Path) -> Iterator[str]:
    """Yield each module that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            if node.module == "tests":
                yield from (name.name for name in node.names)


def test_unit_tests_lie_as_the_code_does() -> None:
    with every() as row:
        for path in sorted((TESTS / "unit").rglob("test_*.py")):
            with row(path.relative_to(ROOT)):
                assert (ROOT / "src/opportune" / path.parent.relative_to(TESTS / "unit")).is_dir()


def test_every_test_is_in_a_tier() -> None:
    tiers = {path.relative_to(TESTS).parts[0] for path in TESTS.rglob("test_*.py")}
    assert tiers == {"contract", "docs", "system", "unit"}
