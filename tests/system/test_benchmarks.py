"""Every benchmark still runs, on rows that the product makes; what they measure is not judged."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("module", "arguments", "rows"),
    [
        (
            "benchmarks.stores",
            ["--quick"],
            ["(a) store", "(d) read large", "ours, plain items", "PynamoDB", "aiodynamo"],
        ),
        (
            "benchmarks.million",
            ["--rows", "500", "--questions", "22"],
            ["filter + search + page", "exact totals", "status update", "statuses at once", "most"],
        ),
        ("benchmarks.analyze", ["200"], ["read + analyse", "openpyxl"]),
        ("benchmarks.analyze", ["stored", "300"], ["opportunities stored", "peak memory"]),
        ("benchmarks.read_workbook", ["100", "1"], ["opportune", "openpyxl"]),
        ("benchmarks.exports", ["2"], ["pdf        2", "jsonl      2", "equal bytes: "]),
        ("benchmarks.access", ["1"], ["token by RS256", "role of a route", "without a login"]),
        ("benchmarks.observed", ["50"], ["plain", "measured, tallied, logged as JSON"]),
        (
            "benchmarks.import_time",
            ["1"],
            ["our store with its client", "opportune list --json", "Target", "Heaviest imports"],
        ),
        ("benchmarks.cold_start", ["1"], ["the handler", "Target", "Heaviest imports", "Mangum"]),
    ],
)
def test_a_benchmark_runs_and_prints_its_rows(
    module: str, arguments: list[str], rows: list[str]
) -> None:
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert [row for row in rows if row not in done.stdout] == []
    assert "is left out" not in done.stdout, "a peer is not installed: pip install '.[dev]'"
