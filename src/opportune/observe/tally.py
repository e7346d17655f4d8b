"""What operations on the store have consumed: summed while a process runs, kept in a small file.

A process has a `Tally`. The command line writes what its one command consumed into `UsageFile`, so
that the next one can tell. A server's stands in its memory, that of Lambda in its log.
"""

import os
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import ValidationError

from opportune.errors import ConfigurationError
from opportune.model.records import Model
from opportune.stores.contract import Usage
from opportune.stores.observing import Observation

MOST_SESSIONS = 10_000
"""That a process tells apart; what comes after them counts without a session."""
LARGEST_FILE_BYTES = 1_000_000
OTHER = "other"
"""Consumed outside of the operations, as by a store migration's own work."""


class Metered(Model):
    """What one operation has consumed for one session, or for none in particular."""

    operation: str
    """Name of the store's method; `other` beyond them."""
    session_id: str = ""
    calls: int = 0
    requests: int = 0
    read_units: float = 0
    write_units: float = 0
    conflicts: int = 0
    throttles: int = 0
    unavailable: int = 0

    def plus(self, other: "Metered") -> "Metered":
        """Return the sum, under this operation and session."""
        sums = {name: getattr(self, name) + getattr(other, name) for name in COUNTS}
        return self.model_copy(update=sums)


class UsageAnswer(Model):
    """What a process has consumed since it began."""

    rows: tuple[Metered, ...]


COUNTS = (
    "calls",
    "requests",
    "read_units",
    "write_units",
    "conflicts",
    "throttles",
    "unavailable",
)


def summed(rows: Iterable[Metered]) -> tuple[Metered, ...]:
    """Return one row for each operation and session, in their order."""
    sums: dict[tuple[str, str], Metered] = {}
    for row in rows:
        key = row.operation, row.session_id
        sums[key] = sums[key].plus(row) if key in sums else row
    return tuple(sums[key] for key in sorted(sums))


class Tally:
    """Sums by operation and session; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sums: dict[tuple[str, str], Metered] = {}
        self._sessions: set[str] = set()

    def add(self, observation: Observation) -> None:
        """Count an operation that has ended."""
        with self._lock:
            session_id = observation.session_id
            if session_id not in self._sessions and len(self._sessions) >= MOST_SESSIONS:
                session_id = ""
            self._sessions.add(session_id)
            key = observation.operation, session_id
            one = Metered(
                operation=observation.operation,
                session_id=session_id,
                calls=1,
                **{name: getattr(observation, name) for name in COUNTS if name != "calls"},
            )
            self._sums[key] = self._sums[key].plus(one) if key in self._sums else one

    def rows(self, usage: Sequence[Usage] = ()) -> tuple[Metered, ...]:
        """Return the sums.

        Args:
            usage: All that was consumed; what no operation accounts for becomes a row `other`.
        """
        with self._lock:
            rows = [self._sums[key] for key in sorted(self._sums)]
        other = Metered(
            operation=OTHER,
            requests=sum(one.requests for one in usage) - sum(row.requests for row in rows),
            read_units=sum(one.read_units for one in usage) - sum(row.read_units for row in rows),
            write_units=sum(one.write_units for one in usage)
            - sum(row.write_units for row in rows),
        )
        return (*rows, other) if other.requests > 0 else tuple(rows)


class UsageFile:
    """Lines of JSON in a file of the user's; the oldest go when there are too many.

    Args:
        path: Made with the first line. When it is full it becomes `NAME.old`, of which there is
            one: so both together never hold more than twice LARGEST_FILE_BYTES.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._older = path.with_name(f"{path.name}.old")

    def append(self, rows: Sequence[Metered]) -> None:
        """Add rows that were billed; others say nothing about cost.

        Raises:
            ConfigurationError: The file cannot be written.
        """
        billed = [row for row in rows if row.requests]
        if not billed:
            return
        text = "".join(f"{row.model_dump_json(exclude_defaults=True)}\n" for row in billed)
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._path.exists() and self._path.stat().st_size > LARGEST_FILE_BYTES:
                self._path.replace(self._older)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
            file = os.open(self._path, flags, 0o600)
            try:
                os.write(file, text.encode())  # in one go: lines of two processes do not mix
            finally:
                os.close(file)
        except OSError as error:
            raise ConfigurationError(
                f"OPPORTUNITY_DATA_DIR: {self._path} cannot be written ({error.strerror})."
            ) from error

    def rows(self) -> tuple[Metered, ...]:
        """Return the sums of all lines.

        Raises:
            ConfigurationError: The file cannot be read.
        """
        try:
            texts = [path.read_text("utf-8") for path in (self._older, self._path) if path.exists()]
            lines = [line for text in texts for line in text.splitlines()]
            return summed(Metered.model_validate_json(line) for line in lines)
        except OSError as error:
            raise ConfigurationError(f"{self._path} cannot be read: {error.strerror}.") from error
        except ValidationError:
            raise ConfigurationError(
                f"{self._path} was not written by opportune: remove it; only past figures are lost."
            ) from None
