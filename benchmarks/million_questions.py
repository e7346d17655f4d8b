"""What is asked of a pipeline of a million, and what it takes."""

import random
import sqlite3
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import timedelta
from decimal import Decimal
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.million_data import DAYS, NOW, SERVICES, Pipeline
from opportune.model.filters import Grouping, OpportunityFilters, Order
from opportune.model.records import Opportunity, Priority, Status
from opportune.stores.cursor import cursor_after, find_question
from opportune.stores.sqlite import SQLiteStore

PAGE = 50
READ_MS = 50.0
UPDATE_MS = 5.0
UPDATES = 600
BULK = 10_000
BULK_ROUNDS = 3
BULK_RATIO = 3.0
GROWN = "opportune.stores.sqlite.writing.NEWEST_BECOMES_PAST"
NO_HISTORY = "SELECT 1 WHERE :id IS NULL"

COMMON = ("server", "servidores", "aws", "graviton", "migra", "licen", "costo", "SEGURIDAD")
PHRASES = ("windows server", "sistema operativo", "operating system", "base de datos", "per hour")
SHORT = ("s", "a", "ec", "é", "q", "z", "rd")
RELEASES = ("server 2012", "2016", "ec2", "S3", "SQL Server 2019")
FIGURES = ("12 servers", "7 servidores", "USD 1", "99 %")
"""What a shape has cut out: the texts of all rows that may hold it have to be read."""
NO_HITS = ("zzzqqq", "mainframe cobol zos", "xylophone")

Fields = dict[str, Any]
Timed = dict[str, list[tuple[float, float]]]
"""Milliseconds of wall clock and of this thread's CPU, by kind."""


class Asking:
    """Makes questions of every kind. Same seed, same questions."""

    def __init__(self) -> None:
        self._chance = random.Random(7)
        data = Pipeline()
        self._customers, self._owners = data.customers, data.owners
        self._kinds: Mapping[str, Callable[[], Fields]] = {
            "nothing": dict,
            "one filter": self._single,
            "two to four filters": self._combined,
            "range": self._range,
            "common word": lambda: {"search_term": self._choice(COMMON)},
            "rare word": lambda: {"search_term": self._choice(self._customers)[:-3]},
            "phrase": lambda: {"search_term": self._choice(PHRASES)},
            "release": lambda: {"search_term": self._choice(RELEASES)},
            "1 or 2 letters": lambda: {"search_term": self._choice(SHORT)},
            "no hits": lambda: {"search_term": self._choice(NO_HITS)},
            "word and filters": lambda: self._combined() | {"search_term": self._choice(COMMON)},
        }

    def mixed(self) -> Iterator[tuple[str, OpportunityFilters]]:
        """Yield kinds in turn, for ever."""
        for kind, make in cycle(self._kinds.items()):
            yield kind, OpportunityFilters.model_validate(make())

    def cursor(self, filters: OpportunityFilters, order: Order) -> str | None:
        """Return where a page begins: the first one, or anywhere deep in the order."""
        if self._chance.random() < 1 / 2:
            return None
        number = (
            int((NOW - timedelta(days=self._chance.random() * DAYS)).timestamp() * 1000)
            if order is Order.NEWEST
            else int(self._chance.choice((0.0, self._chance.lognormvariate(15, 1.8))))
        )
        key = f"s{self._chance.randrange(40_000):07}.p-1"
        return cursor_after(find_question(filters, order), (number, key))

    def _choice(self, of: Any) -> Any:
        return self._chance.choice(of)

    def _singles(self) -> list[Callable[[], Fields]]:
        return [
            lambda: {"priority": [self._choice(list(Priority))]},
            lambda: {"status": [self._choice(list(Status))]},
            lambda: {"category": ["migracion"]},
            lambda: {"service": [self._choice(SERVICES)]},
            lambda: {"customer": [self._choice(self._customers)]},
            lambda: {"owner": [self._choice([*self._owners, ""])]},
            lambda: {"session_id": f"s{self._chance.randrange(40_000):07}"},
        ]

    def _ranges(self) -> list[Callable[[], Fields]]:
        def day() -> Any:
            return (NOW - timedelta(days=self._chance.randrange(DAYS))).date()

        def arr() -> Decimal:
            return Decimal(int(self._chance.lognormvariate(10, 2)))

        return [
            lambda: {"min_arr": arr()},
            lambda: {"max_arr": arr()},
            lambda: {"min_arr": arr(), "max_arr": arr() * 5},
            lambda: {"created_from": day()},
            lambda: {"updated_from": day(), "updated_to": day()},
            lambda: {"close_from": day()},
            lambda: {"close_to": day(), "created_to": day()},
        ]

    def _single(self) -> Fields:
        made: Fields = self._choice(self._singles())()
        return made

    def _range(self) -> Fields:
        made: Fields = self._choice(self._ranges())()
        return made

    def _combined(self) -> Fields:
        makers = self._chance.sample([*self._singles()[:6], *self._ranges()], 4)
        fields: Fields = {}
        for make in makers[: self._chance.randrange(2, 5)]:
            fields |= make()
        return fields


@contextmanager
def timed(into: list[tuple[float, float]]) -> Iterator[None]:
    """Add how long the block took."""
    started, cpu = time.perf_counter(), time.thread_time()
    yield
    into.append(((time.perf_counter() - started) * 1000, (time.thread_time() - cpu) * 1000))


def measure(path: Path, opened: Callable[[Path], SQLiteStore], questions: int) -> None:
    """Measure everything and print it."""
    with closing(opened(path)) as store:
        cold: list[tuple[float, float]] = []
        with timed(cold):
            store.find_opportunities(OpportunityFilters(status=(Status.WON,)))
        with timed(cold):
            store.totals()
        print(f"first page of a process {cold[0][0]:.0f} ms, then first totals {cold[1][0]:.0f} ms")
        finding(store, questions)
        adding(store, questions)
        hiding(store)
        changing(store, path)
        bulk(store, path)


def finding(store: SQLiteStore, questions: int) -> None:
    """Pages, first and deep, in both orders."""
    asking = Asking()
    taken: Timed = defaultdict(list)
    orders = cycle(Order)
    for kind, filters in islice(asking.mixed(), questions):
        order = next(orders)
        cursor = asking.cursor(filters, order)
        with timed(taken[kind]):
            store.find_opportunities(filters, order=order, limit=PAGE, cursor=cursor)
    report(f"filter + search + page of {PAGE}", taken, READ_MS)


def adding(store: SQLiteStore, questions: int) -> None:
    """Totals, in every grouping."""
    asking = Asking()
    taken: Timed = defaultdict(list)
    by_grouping: Timed = defaultdict(list)
    groupings = cycle(Grouping)
    for kind, filters in islice(asking.mixed(), questions):
        by = next(groupings)
        with timed(taken[kind]):
            store.totals(filters, by=by)
        by_grouping[by].append(taken[kind][-1])
    report("exact totals", taken, READ_MS)
    report("the same by grouping", by_grouping, READ_MS)


def hiding(store: SQLiteStore) -> None:
    """Search for figures: the class that has no index."""
    taken: Timed = defaultdict(list)
    for term in FIGURES:
        filters = OpportunityFilters(search_term=term)
        with timed(taken["page"]):
            store.find_opportunities(filters, limit=PAGE)
        with timed(taken["totals"]):
            store.totals(filters)
    report("search for a figure (outside of the mix)", taken, READ_MS)


def changing(store: SQLiteStore, path: Path) -> None:
    """One status after the other, each synced to the disk."""
    taken: Timed = defaultdict(list)
    for key in sampled(path, UPDATES):
        with timed(taken["read, change, write"]):
            before = store.get_opportunity(key)
            after = before.revised(status=_next(before.status), change_id=f"u{time.time_ns()}")
            with timed(taken["write"]):
                store.put_opportunity(after)
    report("status update", taken, UPDATE_MS)
    asking: Timed = defaultdict(list)
    for key in sampled(path, 50):
        before = store.get_opportunity(key)
        store.put_opportunity(before.revised(status=_next(before.status)))
        with timed(asking["totals after each write"]):
            store.totals()
    report("columns follow writes", asking, READ_MS)


def bulk(store: SQLiteStore, path: Path) -> None:
    """Many statuses in one transaction, beside the same without a history."""
    taken: Timed = defaultdict(list)
    for _ in range(BULK_ROUNDS):
        for kind, statement in (("with history", ""), ("without", NO_HISTORY)):
            rows = [store.get_opportunity(key) for key in sampled(path, BULK)]
            wanted = [one.revised(status=_next(one.status)) for one in rows]
            with patch(GROWN, statement) if statement else patch.dict({}), timed(taken[kind]):
                answers = store.put_opportunities(wanted)
            refused = sum(not isinstance(answer, Opportunity) for answer in answers)
            if refused:
                raise RuntimeError(f"{refused} changes were refused")
    medians = {
        kind: statistics.median(wall for wall, _ in values) for kind, values in taken.items()
    }
    ratio = medians["with history"] / medians["without"]
    print(
        f"\n{BULK:,} statuses at once: {medians['with history'] / 1000:.1f} s, "
        f"without history {medians['without'] / 1000:.1f} s: ratio {ratio:.2f} "
        f"(target: at most {BULK_RATIO:.0f}: {_verdict(met=ratio <= BULK_RATIO)})"
    )


def sampled(path: Path, size: int) -> list[str]:
    """Return ids of live opportunities, anywhere in the file."""
    with closing(sqlite3.connect(path)) as db:
        (most,) = db.execute("SELECT max(number) FROM opportunity").fetchone()
        numbers = random.sample(range(1, most + 1), min(most, size))  # any will do
        query = "SELECT id FROM opportunity WHERE number = ? AND deleted = 0"
        rows = (db.execute(query, (number,)).fetchone() for number in numbers)
        return [row[0] for row in rows if row]


def report(title: str, taken: Timed, target_ms: float) -> None:
    """Print percentiles by kind and of all, the slowest kinds first."""
    print(f"\n{title:<44}{'n':>7}{'p50':>9}{'p99':>9}{'max':>9}{'CPU p99':>9}  ms")
    for kind in sorted(taken, key=lambda kind: -_percentile(taken[kind], 99)):
        _row(kind, taken[kind])
    every = [one for values in taken.values() for one in values]
    _row("all", every)
    met, quiet = (_percentile(every, 99, place) <= target_ms for place in (0, 1))
    verdicts = f"{_verdict(met=met)}; by CPU alone, as on a machine at rest: {_verdict(met=quiet)}"
    print(f"  target: p99 under {target_ms:.0f} ms: {verdicts}")


def _row(name: str, values: list[tuple[float, float]]) -> None:
    middle, late, cpu = _percentile(values, 50), _percentile(values, 99), _percentile(values, 99, 1)
    most = max(wall for wall, _ in values)
    print(f"  {name:<42}{len(values):>7}{middle:>9.1f}{late:>9.1f}{most:>9.1f}{cpu:>9.1f}")


def _percentile(values: list[tuple[float, float]], percent: int, place: int = 0) -> float:
    ordered = sorted(one[place] for one in values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def _verdict(*, met: bool) -> str:
    return "met" if met else "NOT MET"


def _next(status: Status) -> Status:
    return Status.IN_PROGRESS if status is not Status.IN_PROGRESS else Status.NEW
