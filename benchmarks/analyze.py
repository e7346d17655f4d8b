"""Read + analyse a workbook of N servers, beside openpyxl only reading the same cells.

Run: .venv/bin/python benchmarks/analyze.py [SERVERS]      (default 5000)
     .venv/bin/python benchmarks/analyze.py stored [SERVERS]    (default 30000)

The first compares: each figure is the median of interleaved rounds in this process. Target: read +
analyse of 5,000 servers under 3 s. The second goes the whole way once, in its own process: from
the bytes of the workbook to opportunities in a new SQLite file. Target: 30,000 servers, the limit
of AWS's own tool, under 10 s and 600 MB. The files are made by `opportune sample`'s own generator.
"""

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl

from opportune.analysis import analyze
from opportune.documents import read_documents
from opportune.documents.samples.workbook import write_workbook
from opportune.model.file import InputFile
from opportune.pipeline.service import Service
from opportune.settings import Settings

ROUNDS = 5
LARGEST = 30_000


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that a piece of work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def read_with_openpyxl(path: Path) -> int:
    """Read every cell of every sheet, as openpyxl does fastest; return how many."""
    workbook = openpyxl.load_workbook(path, read_only=True, data_only=True)
    return sum(len(row) for sheet in workbook for row in sheet.iter_rows(values_only=True))


def compare(servers: int) -> None:
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


def stored(servers: int) -> None:
    """Make the workbook here, and go the whole way in a process that does nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "mpa.xlsx")
        write_workbook(path, servers=servers)
        print(f"{servers:,} servers, {path.stat().st_size / 1e6:.1f} MB, xlsx to SQLite")
        sys.stdout.flush()
        subprocess.run([sys.executable, __file__, "store-once", str(path)], check=True)


def store_once(path: Path) -> None:
    start, stages = time.perf_counter(), {}

    def on_progress(stage: str, _: str) -> None:
        stages[stage] = time.perf_counter() - start

    settings = Settings(storage_type="sqlite", data_dir=path.parent)
    service = Service.from_settings(settings)
    file = InputFile(path.name, path.read_bytes())
    answer = service.analyses.analyze(
        [file], customer="Bench", updated_by="bench", on_progress=on_progress
    )
    service.close()
    wall = time.perf_counter() - start
    usage = resource.getrusage(resource.RUSAGE_SELF)
    steps = [*stages.values(), wall]
    for name, begin, end in zip(stages, steps, steps[1:], strict=False):
        print(f"  {name:<24}{end - begin:8.2f} s")
    print(f"  {'wall':<24}{wall:8.2f} s")
    print(f"  {'CPU, start-up included':<24}{usage.ru_utime + usage.ru_stime:8.2f} s")
    print(f"  {'peak memory':<24}{usage.ru_maxrss / 1024:8.0f} MB")
    print(f"  {'opportunities stored':<24}{len(answer.opportunities):8}")


def main() -> None:
    mode, *rest = [*sys.argv[1:], ""]
    if mode == "store-once":
        store_once(Path(rest[0]))
    elif mode == "stored":
        stored(int(rest[0] or LARGEST))
    else:
        compare(int(mode or 5000))


if __name__ == "__main__":
    main()
