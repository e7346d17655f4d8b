"""What one operation on a store consumed and met, gathered where it happens.

Whoever sends requests says here what they consumed; who began the operation reads it afterwards.
The two need not know each other: what is under way is in a context variable, which threads that
work for an operation are given too (`Connection.each`).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass
class Observation:
    """One operation, counted while it runs; safe to count from several threads.

    Args:
        operation: Name of the store's method.
        session_id: Which session it was about; empty: none, or several.
        store: Kind of the store that served it: `memory`, `sqlite`, `dynamodb`.
        latency_ms: How long it took; 0 while it runs.
        requests: To the database, if each is billed.
        read_units, write_units: As the database reported them.
        conflicts: 1 if somebody else had changed it first.
        throttles: Requests that were refused for being too many.
        unavailable: 1 if it ended without an answer.
        failure: Class of the error that it ended with; empty if none.
    """

    operation: str
    session_id: str = ""
    store: str = ""
    latency_ms: float = 0
    requests: int = 0
    read_units: float = 0
    write_units: float = 0
    conflicts: int = 0
    throttles: int = 0
    unavailable: int = 0
    failure: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def consumed(self, *, requests: int, reads: float, writes: float) -> None:
        """Count requests and units."""
        with self._lock:
            self.requests += requests
            self.read_units += reads
            self.write_units += writes

    def throttled(self) -> None:
        """Count a request that was refused for being one too many."""
        with self._lock:
            self.throttles += 1


_CURRENT: ContextVar[Observation | None] = ContextVar("observation", default=None)


def current() -> Observation | None:
    """Return the operation under way; None if nobody observes."""
    return _CURRENT.get()


@contextmanager
def under_way(observation: Observation) -> Iterator[None]:
    """Let what happens in here be counted for an operation."""
    token = _CURRENT.set(observation)
    try:
        yield
    finally:
        _CURRENT.reset(token)
