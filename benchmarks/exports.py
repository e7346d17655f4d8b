"""What exports cost: 20 opportunities of a real analysis, each format first and again.

    python benchmarks/exports.py [OPPORTUNITIES]

Each format is written in a process of its own, so that its first time holds all that it loads and
its memory is its own. The targets are those of the PDF.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from opportune.documents.samples.report import write_report
from opportune.documents.samples.workbook import write_workbook
from opportune.export import Format
from opportune.model.file import InputFile
from opportune.model.records import Opportunity
from opportune.pipeline.service import Service
from opportune.pipeline.transfer import Choice, Exports
from opportune.settings import Settings
from opportune.stores.files.kept import MemoryFiles
from opportune.stores.open import open_store

COUNT = 20
TARGET_S, TARGET_MB = 2.0, 150
AGAIN = 5
LANGUAGE = "es"


def make(folder: Path, count: int) -> str:
    """Fill a store with exactly this many opportunities; return its URL."""
    workbook, report = folder / "mpa.xlsx", folder / "mra.pdf"
    write_workbook(workbook, servers=200, seed=7)
    write_report(report, seed=7)
    files = [
        InputFile(workbook.name, workbook.read_bytes(), "inventory"),
        InputFile(report.name, report.read_bytes(), "readiness"),
    ]
    url = Settings(storage_type="sqlite", data_dir=folder).store_url
    store = open_store(url)
    service = Service(store, MemoryFiles())
    answer = service.analyses.analyze(
        files, customer="Panadería Ñandú", updated_by="ana", language=LANGUAGE
    )
    found = list(answer.opportunities)
    padding = [_copy(found[n % len(found)], n) for n in range(max(count - len(found), 0))]
    header = store.get_session(answer.session_id)
    store.store_opportunities(header, [*found, *padding][:count])
    store.close()
    return url


def _copy(one: Opportunity, number: int) -> Opportunity:
    """Return a further opportunity that says the same as one that was found."""
    return one.revised(id=f"{one.session_id}.copy-{number}", version=0)


def measure(url: str, format_: Format) -> dict[str, object]:
    """Write one format, and again; in a process that has done nothing else."""
    store = open_store(url)
    moment = store.list_sessions().items[0].updated_at
    exports = Exports(store, clock=lambda: _moment(moment))
    choice = Choice(format_, language=LANGUAGE)
    begin, begin_cpu = time.perf_counter(), time.process_time()
    first = exports.made(choice)
    first_s, first_cpu_s = time.perf_counter() - begin, time.process_time() - begin_cpu
    times, is_equal = [], True
    for _ in range(AGAIN):
        begin = time.perf_counter()
        is_equal &= exports.made(choice).data == first.data
        times.append(time.perf_counter() - begin)
    store.close()
    return {
        "count": first.count,
        "bytes": len(first.data),
        "first_s": first_s,
        "first_cpu_s": first_cpu_s,
        "again_s": min(times),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _per_mb(),
        "is_equal": is_equal,
    }


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _per_mb() -> int:
    return 1024 * 1024 if sys.platform == "darwin" else 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=COUNT)
    parser.add_argument("--measure", nargs=2, metavar=("URL", "FORMAT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        url, format_ = options.measure
        print(json.dumps(measure(url, Format(format_))))
        return
    with TemporaryDirectory() as folder:
        url = make(Path(folder), options.count)
        print("        rows     KB  first s  CPU s  again s    MB  bytes again")
        rows = {format_: _in_child(url, format_) for format_ in Format}
    for format_, row in rows.items():
        same = "equal" if row["is_equal"] else "DIFFERENT"
        print(
            f"{format_:6} {row['count']:5} {row['bytes'] / 1000:6.0f} {row['first_s']:8.2f} "
            f"{row['first_cpu_s']:6.2f} {row['again_s']:8.3f} {row['peak_mb']:5.0f}  {same}"
        )
    pdf = rows[Format.PDF]
    is_met = pdf["first_s"] < TARGET_S and pdf["peak_mb"] < TARGET_MB and pdf["is_equal"]
    verdict = "met" if is_met else "MISSED"
    print(f"PDF target: under {TARGET_S:.0f} s and {TARGET_MB} MB, equal bytes: {verdict}")


def _in_child(url: str, format_: Format) -> dict[str, float]:
    child = subprocess.run(
        [sys.executable, __file__, "--measure", url, format_], capture_output=True, check=True
    )
    answer: dict[str, float] = json.loads(child.stdout)
    return answer


if __name__ == "__main__":
    main()
