"""An invented customer's files, made once a run."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from opportune.documents.samples.report import write_report
from opportune.documents.samples.workbook import write_workbook
from opportune.model.file import InputFile

SERVERS = 40


@cache
def workbook(servers: int = SERVERS, seed: int = 7) -> InputFile:
    """Return an MPA workbook."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "mpa.xlsx")
        write_workbook(path, servers=servers, seed=seed)
        return InputFile(path.name, path.read_bytes(), "inventory")


@cache
def report(seed: int = 7) -> InputFile:
    """Return an MRA report."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "mra.pdf")
        write_report(path, seed=seed)
        return InputFile(path.name, path.read_bytes(), "readiness")


def files_in(folder: Path) -> tuple[Path, Path]:
    """Write both files into a folder; return their paths."""
    paths = folder / "mpa.xlsx", folder / "mra.pdf"
    for path, file in zip(paths, (workbook(), report()), strict=True):
        path.write_bytes(file.data)
    return paths
