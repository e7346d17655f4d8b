"""What an export shows: one frozen value that every writer takes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from opportune.model.records import Estimate, Opportunity, Priority, Session, Status
from opportune.model.regions import Region

UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]"
)
"""What XML or a PDF cannot hold, and what turns the direction of the text around it."""
LINE_END = re.compile("\r\n|[\r\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Source:
    """Where amounts come from: what a group of estimates has in common."""

    session_id: str
    customer: str
    basis: str
    price_book: str
    """Version: AWS region and day of its prices."""
    region: str
    """Of AWS."""
    run_date: str
    """The day that the analysis judged vendors' support on; empty: the session is gone."""
    files: tuple[str, ...]
    """Name and SHA-256 of each file that the session was made from."""


@dataclass(frozen=True)
class Portfolio:
    """Opportunities in their order, and how they are to be told.

    Args:
        opportunities: As filtered, in order; all text printable.
        sessions: Headers of their sessions.
        language: en, es or pt, of everything that is not an opportunity's own text.
        region: How numbers are written.
        title: Of the document.
        customer: Whose opportunities they are; empty if of several.
        moment: When it is made; the only clock that an export knows.
        filters: In words; empty: none.
    """

    opportunities: tuple[Opportunity, ...]
    sessions: tuple[Session, ...]
    language: str
    region: Region
    title: str
    customer: str
    moment: datetime
    filters: str = ""

    def arr(
        self, status: Status | None = None, priority: Priority | None = None
    ) -> tuple[int, Decimal]:
        """Return count and ARR sum (USD a year) of a status, a priority, both, or all."""
        amounts = [
            one.estimated_arr
            for one in self.opportunities
            if status in (None, one.status) and priority in (None, one.priority)
        ]
        return len(amounts), sum(amounts, Decimal(0))

    @property
    def sources(self) -> tuple[Source, ...]:
        """What the estimates rest on, each combination once, in the order of the list."""
        headers = {session.id: session for session in self.sessions}
        found: dict[Source, None] = {}
        for one in self.opportunities:
            if claimed(one) is not None:
                found[_source(one, headers.get(one.session_id))] = None
        return tuple(found)


def claimed(opportunity: Opportunity) -> Estimate | None:
    """Return the estimate of an opportunity that claims an ARR; else None."""
    estimate = opportunity.estimate
    return estimate if estimate is not None and estimate.basis != "none" else None


def printable(text: str) -> str:
    """Return a text that every format can hold: lines end in LF, no control characters."""
    return UNPRINTABLE.sub("", LINE_END.sub("\n", text))


def printable_opportunities(opportunities: Sequence[Opportunity]) -> tuple[Opportunity, ...]:
    """Return opportunities with all their text printable."""
    return tuple(
        Opportunity.model_validate(_printable(one.model_dump(by_alias=False)))
        for one in opportunities
    )


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        # An enum's member is its own text already.
        return printable(value) if type(value) is str else value
    if isinstance(value, dict):
        return {name: _printable(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return tuple(_printable(item) for item in value)
    return value


def _source(opportunity: Opportunity, header: Session | None) -> Source:
    estimate = opportunity.estimate
    if estimate is None:
        raise ValueError(opportunity.id)
    return Source(
        session_id=opportunity.session_id,
        customer=printable(header.customer) if header else opportunity.customer,
        basis=estimate.basis,
        price_book=estimate.price_book,
        region=estimate.region,
        run_date=header.run_date if header else "",
        files=tuple(f"{printable(f.name)} (SHA-256 {f.sha256})" for f in header.files)
        if header
        else (),
    )
