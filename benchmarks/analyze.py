"""Read + analyse a workbook of N servers, beside openpyxl only reading the same cells.

Run: .venv/bin/python benchmarks/analyze.py [SERVERS]     (default 5000)

Each figure is the median of interleaved rounds in this process; the files are made by
`opportune sample`'s own generator. Target: read + analyse of 5,000 servers under 3 s.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl

from opportune.analysis import analyze
from opportune.documents import read_documents
from opportune.documents.file import InputFile
from opportune.samples.workbook import write_workbook

ROUNDS = 5


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that a piece of work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def read_with_openpyxl(path: Path) -> int:
    """Read every cell of every sheet, as openpyxl does fastest; return how many."""
    workbook = openpyxl.load_workbook(path, read_only=True, data_only=True)
    return sum(len(row) for sheet in workbook for row in sheet.iter_rows(values_only=True))


def main() -> None:
    servers = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "mpa.xlsx")
        write_workbook(path, servers=servers)
        file = InputFile(path.name, path.read_bytes())
        assessment = read_documents([file])
        work: dict[str, Callable[[], object]] = {
            "read": lambda: read_documents([file]),
            "analyse": lambda: analyze(
                assessment, session_id="bench", customer="", run_date=date(2026, 11, 22)
            ),
            "openpyxl, reading only": lambda: read_with_openpyxl(path),
        }
        times: dict[str, list[float]] = {name: [] for name in work}
        for _ in range(ROUNDS):
            for name, step in work.items():
                times[name].append(timed(step))
    median = {name: statistics.median(values) for name, values in times.items()}
    ours = median["read"] + median["analyse"]
    print(f"{servers:,} servers, {len(file.data) / 1e6:.1f} MB, median of {ROUNDS} rounds")
    for name, seconds in median.items():
        print(f"  {name:<24}{seconds:8.2f} s")
    print(f"  {'read + analyse':<24}{ours:8.2f} s")
    print(f"  openpyxl / (read + analyse) = {median['openpyxl, reading only'] / ours:.1f}")


if __name__ == "__main__":
    main()
