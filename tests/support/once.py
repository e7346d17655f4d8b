"""What all workers of a test run share: made by the first that needs it, gone when the run ends.

The controller of the run calls `begin` and `end`; a program that is no test run makes its own.
"""

import fcntl
import os
import shutil
import signal
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

FOLDER = "OPPORTUNE_TEST_SHARED"
PROCESS = ".pid"


def begin() -> None:
    """Make the folder that workers find by the environment."""
    os.environ[FOLDER] = tempfile.mkdtemp(prefix="opportune-tests-")  # noqa: TID251 # only tests


def end() -> None:
    """Stop the processes that were kept, and remove the folder."""
    folder = Path(os.environ.pop(FOLDER))  # noqa: TID251 # only tests
    for file in folder.glob(f"*{PROCESS}"):
        with suppress(ProcessLookupError):
            os.kill(int(file.read_text("utf-8")), signal.SIGTERM)
    shutil.rmtree(folder, ignore_errors=True)


def shared_folder() -> Path | None:
    """Return the folder of this run."""
    named = os.environ.get(FOLDER)  # noqa: TID251 # only tests
    return Path(named) if named else None


def keep(process: int) -> bool:
    """Leave a process to the end of the run; False = there is no run, stop it yourself."""
    shared = shared_folder()
    if shared is None:
        return False
    (shared / f"{process}{PROCESS}").write_text(str(process), "utf-8")
    return True


def once(name: str, make: Callable[[], str]) -> str:
    """Return what `make` has returned to the first worker that asked for this name."""
    shared = shared_folder()
    if shared is None:
        return make()
    with (shared / f"{name}.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = shared / name
        if not made.exists():
            made.write_text(make(), "utf-8")
        return made.read_text("utf-8")
