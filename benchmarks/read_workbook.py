"""Time to read an MPA workbook, beside openpyxl reading the same cells (and nothing more).

    python benchmarks/read_workbook.py [SERVERS] [ROUNDS]

Ours goes from the file's bytes to checked facts with units and quality notes; openpyxl
(`read_only`) only from the same bytes to the cells of every sheet. Rounds are interleaved; each
reader's peak memory is that of a child process which does nothing else.
"""

import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from opportune.documents import read_documents
from opportune.documents.samples.workbook import write_workbook
from opportune.model.file import InputFile


def read_ours(data: bytes) -> int:
    return len(read_documents([InputFile("sample.xlsx", data)]).servers)


def read_openpyxl(data: bytes) -> int:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    rows = {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}
    book.close()
    return len(rows["Servers"]) - 1


READERS: dict[str, Callable[[bytes], int]] = {"opportune": read_ours, "openpyxl": read_openpyxl}


def peak_mib() -> float:
    """Return this process's own peak memory; `ru_maxrss` would start with the parent's."""
    status = Path("/proc/self/status")
    if not status.exists():
        return float("nan")
    return int(status.read_text("ascii").split("VmHWM:")[1].split()[0]) / 1024


def child_peak_mib(reader: str, path: Path) -> float:
    command = [sys.executable, __file__, "--peak", reader, str(path)]
    return float(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def main(servers: int = 5000, rounds: int = 5) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sample.xlsx"
        write_workbook(path, servers=servers)
        data = path.read_bytes()
        seconds: dict[str, list[float]] = {name: [] for name in READERS}
        for _ in range(rounds):
            for name, reader in READERS.items():
                start = time.perf_counter()
                if reader(data) != servers:
                    raise SystemExit(f"{name} did not read {servers} servers")
                seconds[name].append(time.perf_counter() - start)
        middles = {name: median(values) for name, values in seconds.items()}
        print(f"{servers:,} servers, {len(data):,} bytes, median of {rounds} interleaved rounds")
        for name, middle in middles.items():
            ratio = middles["openpyxl"] / middle
            peak = child_peak_mib(name, path)
            print(f"{name:10} {middle:7.3f} s   {ratio:5.1f} x   peak {peak:6.0f} MiB")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peak"]:
        READERS[sys.argv[2]](Path(sys.argv[3]).read_bytes())
        print(peak_mib())
    else:
        main(*map(int, sys.argv[1:]))
