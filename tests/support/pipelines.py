"""Random lives of a pipeline: what people and analyses do to opportunities, by a seed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from stores import ManualClock, a_session, an_opportunity

from opportune.model.filters import OpportunityFilters
from opportune.model.records import Opportunity, Priority, Status
from opportune.pipeline.changes.history import Histories
from opportune.stores.contract import RETENTION, Store

SERVICES = ("Amazon EC2", "Amazon RDS", "AWS Backup")


@dataclass
class Life:
    """Changes a store at random; a life of one seed is the same on every store."""

    store: Store
    clock: ManualClock
    chance: random.Random
    steps: int = 0

    def step(self) -> None:
        """Do one thing; time passes before it.

        More than the stamps of a record's revisions can run ahead of the clock: else what is
        written within a millisecond would be dated after the moment at which it was seen.
        """
        self.steps += 1
        self.clock.advance(
            milliseconds=self.chance.choice([10, 3_600_000, 86_400_000, 5 * 86_400_000])
        )
        act = self.chance.choice(
            [self.replace, self.replace, self.put, self.put, self.put, self.many, self.delete]
        )
        act()

    def replace(self) -> None:
        session_id = f"l{self.chance.randrange(3)}"
        wanted = [self._fresh(session_id, n) for n in range(4) if self.chance.random() < 0.6]
        self.store.store_opportunities(
            a_session(session_id, change_id=f"analysis:{self.steps}"), wanted
        )

    def put(self) -> None:
        for one in self._some(1):
            self.store.put_opportunity(self._changed(one))

    def many(self) -> None:
        self.store.put_opportunities([self._changed(one) for one in self._some(3)])

    def delete(self) -> None:
        for one in self._some(1):
            gone = self.store.put_opportunity(one.revised(deleted=True, updated_by="eva"))
            if self.chance.random() < 0.5:
                self.clock.advance(hours=1)
                histories = Histories(self.store, self.clock, RETENTION)
                histories.restore(gone.id, updated_by="eva")

    def live(self) -> list[Opportunity]:
        """Everything that can be found now, by id."""
        page = self.store.find_opportunities(limit=1000)
        return sorted(page.items, key=lambda one: one.id)

    def _some(self, count: int) -> list[Opportunity]:
        live = self.live()
        return self.chance.sample(live, min(count, len(live)))

    def _fresh(self, session_id: str, number: int) -> Opportunity:
        return an_opportunity(
            session_id,
            f"p-{number}",
            customer=f"Customer {session_id}",
            category=self.chance.choice(["Migración", "Seguridad"]),
            priority=self.chance.choice(list(Priority)),
            estimated_arr=Decimal(self.chance.randrange(-1000, 100_000)) / 100,
            related_services=self.chance.sample(SERVICES, self.chance.randrange(3)),
            template_id=f"p-{number}",
        )

    def _changed(self, one: Opportunity) -> Opportunity:
        choices: list[dict[str, Any]] = [
            {"status": self.chance.choice(list(Status))},
            {"owner": self.chance.choice(["", "eva", "bea"])},
            {"estimated_arr": Decimal(self.chance.randrange(100_000)) / 100},
            {"close_date": date(2026, self.chance.randrange(1, 13), 1)},
            {"keep": self.chance.random() < 0.5},
        ]
        return one.revised(updated_by="bea", change_note="because", **self.chance.choice(choices))


@dataclass(frozen=True)
class Moment:
    """How everything stood."""

    at: datetime
    live: list[Opportunity]


def lived(life: Life, steps: int) -> Iterator[Moment]:
    """Live some steps; yield how everything stood after each."""
    for _ in range(steps):
        life.step()
        yield Moment(life.clock.now, life.live())


FILTERS = tuple(
    OpportunityFilters.model_validate(one)
    for one in (
        {},
        {"status": ["Nueva", "En Progreso"]},
        {"service": ["amazon rds"], "priority": ["High", "Low"]},
        {"owner": ["eva"]},
        {"min_arr": 100, "category": ["Migración"]},
        {"close_from": "2026-03-01", "search_term": "rehost"},
    )
)
