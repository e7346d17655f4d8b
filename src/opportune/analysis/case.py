"""What the rules look at: one assessment, indexed once, with the base calculation beside it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from opportune.analysis.base import Base, SizedServer
from opportune.analysis.calculation import NOTHING
from opportune.analysis.places import located
from opportune.analysis.prices import PriceBook
from opportune.analysis.wording import Wording
from opportune.assessment import Assessment, Database, Row, Server
from opportune.models import Evidence, Priority, folded

Parameters = Mapping[str, Any]
"""A rule's own table in a play's file."""


@dataclass(frozen=True)
class Finding:
    """What a trigger rule found. Without one the play does not fire.

    `values` fill the placeholders of the play's texts. `servers` are those of the base calculation
    that the play is about. `worst` is the priority that the facts ask for.
    """

    evidence: tuple[Evidence, ...]
    values: Mapping[str, object]
    worst: Priority
    servers: tuple[SizedServer, ...] = ()


@dataclass(frozen=True)
class Case:
    """One assessment on one day in one language."""

    assessment: Assessment
    run_date: date
    words: Wording
    prices: PriceBook
    base: Base

    @cached_property
    def running(self) -> tuple[Server, ...]:
        """The machines that run, in file order."""
        return tuple(s for s in self.assessment.machines if s.is_powered_on)

    @cached_property
    def sized_by_id(self) -> dict[str, SizedServer]:
        """The servers of the base calculation, by id."""
        return {s.server.id: s for s in self.base.sized}

    @cached_property
    def servers_of_application(self) -> dict[str, frozenset[str]]:
        """Ids of the servers that each application runs on, by the application's id."""
        found: dict[str, set[str]] = {}
        for link in self.assessment.links:
            if link.kind == "server-application":
                found.setdefault(link.target, set()).add(link.source)
        return {application: frozenset(ids) for application, ids in found.items()}

    def sized(self, ids: Iterable[str]) -> tuple[SizedServer, ...]:
        """Return the servers of the base calculation with these ids, each once, in file order."""
        wanted = set(ids)
        return tuple(s for s in self.base.sized if s.server.id in wanted)

    def hosts(self, databases: Iterable[Database]) -> tuple[SizedServer, ...]:
        """Return the servers of the base calculation that these databases run on."""
        return self.sized(d.server_id for d in databases)

    def evidence(
        self, rows: Iterable[Row], column: str, key: str, **values: object
    ) -> tuple[Evidence, ...]:
        """Return a fact about rows, once per file and sheet they stand in.

        Args:
            rows: Those that show it; none: no evidence.
            column: The field that shows it.
            key: Phrase that tells it.
            values: For the phrase; `n` is given: how many rows of the table.
        """
        return tuple(
            Evidence(
                file=found.file,
                location=found.location,
                text=self.words.phrase(key, n=self.words.count(found.rows), **values),
            )
            for found in located(rows, column)
        )


def counted_in_base(servers: Iterable[SizedServer]) -> Decimal:
    """Return what the base calculation already counts for these servers, US dollars a year."""
    return sum((s.total for s in servers), NOTHING)


def is_production(server: Server) -> bool:
    """Tell whether the files call a server's environment production, in any of our languages."""
    return folded(server.environment).startswith(("prod", "prd"))
