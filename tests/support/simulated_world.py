"""A world in which time, chance and processes are ours: the same seed gives the same course.

Actors run in threads, one at a time: each hands the baton over wherever it waits, and the world
gives it to whoever's time comes next. So real, synchronous code is interleaved at its requests.
"""

import heapq
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from faults import CutError

EPOCH_DAYS = 33
"""After so long, what lives 30 days is gone by every clock, though clocks differ by a day."""
BEGIN = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


class OverError(BaseException):
    """The play has failed: every actor leaves."""


@dataclass
class Process:
    """A process of the service or of the operator: it can be killed, and has a clock of its own."""

    name: str
    skew: timedelta
    is_dead: bool = False


def taken_baton() -> threading.Lock:
    """Return a baton that nobody can take before it is released.

    A plain lock, which any thread may release: a semaphore, made in Python of locks and a list of
    waiters, takes a third of a whole play.
    """
    baton = threading.Lock()
    baton.acquire()
    return baton


@dataclass
class Actor:
    """Something that runs in a process, or in one after the other."""

    process: Process
    baton: threading.Lock = field(default_factory=taken_baton)


class World:
    """Everything that happens follows from the seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.now_s = 0.0
        self.epoch = 0
        self.ticks = 0
        self.log: list[str] = []
        self.process = Process("outside", timedelta(0))
        self._agenda: list[tuple[float, int, Actor | Callable[[], None]]] = []
        self._baton = taken_baton()
        self._actor: Actor | None = None
        self._failure: BaseException | None = None

    # Time and names

    def clock(self) -> datetime:
        """Tell the time of day, as the process that asks believes it to be."""
        passed = timedelta(days=EPOCH_DAYS * self.epoch, seconds=self.now_s)
        return BEGIN + passed + self.process.skew

    def monotonic(self) -> float:
        return self.now_s

    def tick(self) -> int:
        """Count moments: of two, which was first."""
        self.ticks += 1
        return self.ticks

    def tell(self, text: str) -> None:
        self.log.append(f"{self.now_s:9.3f} {self.process.name:>9} {text}")

    def new_process(self, name: str) -> Process:
        seconds = self.chance.choice((0, self.chance.uniform(-86_400, 86_400)))
        return Process(name, timedelta(milliseconds=round(seconds * 1000)))

    # Actors

    def spawn(self, process: Process, run: Callable[[Actor], None]) -> None:
        """Let something run from now on."""
        actor = Actor(process)

        def body() -> None:
            actor.baton.acquire()
            try:
                if self._failure is None:
                    run(actor)
            except BaseException as failure:  # noqa: BLE001 # told by `run` of the world
                self._failure = self._failure or failure
            self._baton.release()

        threading.Thread(target=body, daemon=True).start()
        self._put(0, actor)

    def later(self, delay_s: float, happen: Callable[[], None]) -> None:
        """Let something happen later, at once and in whichever process it is meant for."""
        process = self.process

        def in_process() -> None:
            self.process = process
            happen()

        self._put(delay_s, in_process)

    def sleep(self, seconds: float) -> None:
        """Let others go on meanwhile.

        Raises:
            CutError: The process was killed meanwhile.
        """
        actor = self._actor
        if actor is None:  # before and after the play
            self.now_s += seconds
            return
        process = actor.process
        self._put(max(0.0, seconds), actor)
        self._baton.release()
        actor.baton.acquire()
        if self._failure is not None:
            raise OverError
        if process.is_dead:
            raise CutError

    def run(self) -> None:
        """Go on until nothing is left to do; raises what an actor raised."""
        while self._agenda and self._failure is None:
            at_s, _, what = heapq.heappop(self._agenda)
            self.now_s = max(self.now_s, at_s)
            if isinstance(what, Actor):
                self._actor, self.process = what, what.process
                what.baton.release()
                self._baton.acquire()
                self._actor = None
            else:
                what()
        if self._failure is not None:
            self._unwind()
            raise self._failure

    def _put(self, delay_s: float, what: Actor | Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (self.now_s + delay_s, self.tick(), what))

    def _unwind(self) -> None:
        """Let every thread end."""
        while self._agenda:
            _, _, what = heapq.heappop(self._agenda)
            if isinstance(what, Actor):
                self._actor, self.process = what, what.process
                what.baton.release()
                self._baton.acquire()
        self._actor = None
