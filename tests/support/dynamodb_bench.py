"""A DynamoDB store on the simulator, with a hand on every request."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from engines import REGION
from faults import Injector
from moves import at_stage, prepare
from simulator import Simulator
from stores import ManualClock, a_session, an_opportunity

from opportune.model.records import Opportunity, Priority, Status
from opportune.stores.dynamodb import DynamoDBStore
from opportune.stores.dynamodb.connection import Connection
from opportune.stores.journal import Written


@dataclass
class Bench:
    """The store, empty at first; what its journaled views tell is kept in `told`."""

    clock: ManualClock = field(default_factory=ManualClock)
    simulator: Simulator = field(default_factory=lambda: Simulator(random.Random(3)))
    injector: Injector = field(default_factory=Injector)
    told: list[Written] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.injector.carry = self.simulator
        self.connection = Connection(
            region=REGION, endpoint="http://127.0.0.1:9", in_flight=1, sleep=lambda seconds: None
        )
        self.injector.attach(self.connection)
        self.store = DynamoDBStore("Bench", clock=self.clock, connection=self.connection)
        self.anew()

    def anew(self) -> None:
        """Begin with empty tables."""
        self.quietly()
        self.simulator.create("Bench")
        self.told.clear()

    def prepared(self) -> DynamoDBStore:
        """Begin anew at stage number 1; return the journaled store."""
        self.anew()
        prepare(self.store)
        at_stage(self.store, 1)
        self.clock.advance(seconds=1)
        return self.store.journaled(self.told.append, stage_number=1)

    def quietly(self) -> None:
        self.injector.plan = lambda request: None

    def requests_of(self, action: Callable[[], object]) -> int:
        before = len(self.injector.sent)
        action()
        return len(self.injector.sent) - before


def fill(bench: Bench, count: int = 12, sessions: int = 3) -> list[Opportunity]:
    """Put opportunities of some sessions there, of every status and priority."""
    for number in range(sessions):
        bench.store.store_opportunities(
            a_session(f"s{number}"),
            [
                an_opportunity(
                    f"s{number}",
                    f"o{n}",
                    status=list(Status)[n % 5],
                    priority=list(Priority)[n % 3],
                    estimated_arr=Decimal(100 * n),
                    category=("Costes", "Migración")[n % 2],
                    owner=("", "eva")[n % 2],
                    reasoning="Straße" if n % 4 == 0 else "",
                )
                for n in range(number, count, sessions)
            ],
        )
    bench.clock.advance(minutes=1)
    stored = [o for n in range(sessions) for o in bench.store.get_opportunities(f"s{n}")]
    bench.injector.sent.clear()
    return stored
