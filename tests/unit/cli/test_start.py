"""What a command loads: it must not pay for what other commands need."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from commands import Cli
from customer import files_in

LOADED = """
import sys
from opportune.cli import main
sys.argv = ["opportune", *{arguments!r}]
try:
    main()
finally:
    print(*sorted(sys.modules), sep="\\n", file=sys.stderr)
"""
HEAVY = {
    "boto3",
    "botocore",
    "docx",
    "fastapi",
    "jinja2",
    "jwt",
    "mangum",
    "numpy",
    "openpyxl",
    "opportune.analysis.engine",
    "opportune.api",
    "opportune.documents.reading",
    "pypdfium2",
    "python_calamine",
    "rich",
    "starlette",
    "typst",
    "uvicorn",
}


def loaded(*arguments: str) -> tuple[str, set[str]]:
    """Return what a command prints, and the modules that are loaded when it ends."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(arguments=arguments)],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout, set(done.stderr.split())


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["list", "--help"]])
def test_telling_about_itself_loads_nothing_heavy(arguments: list[str]) -> None:
    _, modules = loaded(*arguments)
    assert modules & HEAVY == set()


def test_the_version_needs_neither_models_nor_commands() -> None:
    printed, modules = loaded("--version")
    assert "opportune" in printed
    assert modules & {"pydantic", "opportune.model.records", "opportune.cli.context"} == set()


def test_a_list_loads_no_analysis_no_columns_and_no_http(cli: Cli, tmp_path: Path) -> None:
    cli("analyze", *files_in(tmp_path))
    printed, modules = loaded("list", "--json")
    assert json.loads(printed) == cli.json("list")
    assert modules & HEAVY == set()
