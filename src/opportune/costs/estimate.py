"""What a month costs, line by line, beside the migration guide's figures.

Each line begins with what the guide's own arithmetic gives for the same assumptions. Steps lead
from there to ours, each with its reason and its dollars, and add up.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from math import ceil

from opportune.costs.prices import MILLION, Prices
from opportune.costs.sample import Sample, made_up
from opportune.costs.units import OVERHEAD_BYTES
from opportune.costs.workload import TABLES, Rehearsed, Workload, rehearse
from opportune.model.records import Model
from opportune.stores.contract import RETENTION, Retention

MONTH_DAYS = 30
"""So that 30 days of retention are one month of opportunities, as in the guide."""
FOR_EVER_DAYS = 365
"""What is kept for ever is counted as it is after a year."""
GB = 2**30

GUIDE_WRITE_USD_PER_MILLION = Decimal("1.25")
GUIDE_READ_USD_PER_MILLION = Decimal("0.25")
GUIDE_STORAGE_USD_PER_GB_MONTH = Decimal("0.25")
GUIDE_TOTAL_USD = Decimal("0.002")
"""As printed in the guide under its own assumptions."""
GUIDE_OPPORTUNITIES = 5
GUIDE_ITEM_KB = 5.0


@dataclass(frozen=True)
class Assumptions:
    """What a month looks like. The defaults are the guide's, and what its template switches on."""

    workload: Workload = field(default_factory=Workload)
    opportunities: int = GUIDE_OPPORTUNITIES
    """Of one analysis."""
    item_kb: float = GUIDE_ITEM_KB
    """Size of an opportunity as stored."""
    sample: Sample | None = None
    """What a real analysis keeps, in place of the two above."""
    retention: Retention = RETENTION
    has_pitr: bool = True
    has_free_tier: bool = False


class Step(Model):
    """Why a line is not what the guide has, and what that makes in US dollars a month."""

    reason: str
    """`price`, `size`, `transactions`, `history`, `indexes`, `updates`, `analyses`, `headers`,
    `free` or `pitr`."""
    usd: Decimal


class Line(Model):
    """One line of a month's bill."""

    name: str
    """`writes`, `reads`, `storage` or `pitr`."""
    quantity: Decimal
    """Write units, read units, or GB of 2^30 bytes."""
    usd: Decimal
    guide_usd: Decimal
    """By the guide's arithmetic."""
    steps: tuple[Step, ...]


class Estimate(Model):
    """A month's bill for DynamoDB."""

    region: str
    prices_since: str
    prices_source: str
    opportunities: int
    """Of one analysis."""
    item_bytes: int
    """Of an opportunity as stored, on average; rounded down."""
    lines: tuple[Line, ...]
    usd: Decimal
    guide_usd: Decimal
    """What the guide's lines add up to."""
    guide_printed_usd: Decimal | None
    """What the guide prints as their sum; None under other assumptions than its own."""


def estimate(assumed: Assumptions, prices: Prices) -> Estimate:
    """Estimate a month.

    Raises:
        InvalidInputError: No opportunity can have the size.
    """
    sample = assumed.sample or made_up(assumed.opportunities, assumed.item_kb)
    kept = ceil(_months(assumed.retention.days) * assumed.workload.analyses)
    rehearsed = rehearse(assumed.workload, sample, sessions=kept, retention=assumed.retention)
    bill = _Bill(assumed, rehearsed, len(sample.opportunities), prices)
    lines = (bill.writes(), bill.reads(), bill.storage(), bill.pitr())
    is_guides = (assumed.workload, assumed.opportunities, assumed.item_kb, assumed.sample) == (
        Workload(),
        GUIDE_OPPORTUNITIES,
        GUIDE_ITEM_KB,
        None,
    ) and assumed.retention.days == MONTH_DAYS
    return Estimate(
        region=prices.region,
        prices_since=prices.since.isoformat(),
        prices_source=prices.source,
        opportunities=bill.opportunities,
        item_bytes=bill.item_bytes(),
        lines=lines,
        usd=sum((line.usd for line in lines), Decimal(0)),
        guide_usd=sum((line.guide_usd for line in lines), Decimal(0)),
        guide_printed_usd=GUIDE_TOTAL_USD if is_guides else None,
    )


@dataclass(frozen=True)
class _Bill:
    """Multiplies what was rehearsed once.

    Args:
        assumed: How often.
        once: What it costs once.
        opportunities: Of one analysis.
        prices: Of the region.
    """

    assumed: Assumptions
    once: Rehearsed
    opportunities: int
    prices: Prices

    def item_bytes(self) -> int:
        """Return the mean size of an opportunity as stored."""
        overhead = OVERHEAD_BYTES * self.opportunities
        return (self.once.stored.heads - overhead) // max(1, self.opportunities)

    def writes(self) -> Line:
        """Return the line of write units; the guide counts one for each opportunity."""
        analyses = self.assumed.workload.analyses
        analysis, price = self.once.analysis, self.prices.write_usd_per_million / MILLION
        requests = analyses * self.opportunities
        guide_usd = requests * GUIDE_WRITE_USD_PER_MILLION / MILLION
        heads = self.once.head_units
        units = {
            "size": heads - self.opportunities,
            "transactions": analysis.writes_of(lambda place: place == TABLES.sessions) - heads,
            "history": analysis.writes_of(lambda place: place == TABLES.history),
            "indexes": analysis.writes_of(lambda place: "/" in place),
            "updates": self.once.updates.writes,
        }
        steps = {"price": requests * price - guide_usd} | {
            reason: Decimal(more) * analyses * price for reason, more in units.items()
        }
        quantity = Decimal(analysis.writes + self.once.updates.writes) * analyses
        return _cost_line("writes", quantity, guide_usd, steps)

    def reads(self) -> Line:
        """Return the line of read units; the guide counts one for each request."""
        work, price = self.assumed.workload, self.prices.read_usd_per_million / MILLION
        requests = work.list_reads + work.reads + work.finds
        guide_usd = requests * GUIDE_READ_USD_PER_MILLION / MILLION
        asked = (
            Decimal(self.once.list_read.reads) * work.list_reads
            + Decimal(self.once.read.reads) * work.reads
            + Decimal(self.once.find.reads) * work.finds
        )
        units = {
            "size": asked - requests,
            "analyses": Decimal(self.once.analysis.reads) * work.analyses,
            "updates": Decimal(self.once.updates.reads) * work.analyses,
        }
        steps = {"price": requests * price - guide_usd} | {
            reason: more * price for reason, more in units.items()
        }
        quantity = sum(units.values(), Decimal(requests))
        return _cost_line("reads", quantity, guide_usd, steps)

    def storage(self) -> Line:
        """Return the line of stored bytes; the guide counts opportunities of a size."""
        gb = self._stored_gb()
        price = self.prices.storage_usd_per_gb_month
        kept = _months(self.assumed.retention.days)
        item_kb = GUIDE_ITEM_KB if self.assumed.sample else self.assumed.item_kb
        guide_gb = _gb(kept * self.opportunities * Decimal(item_kb) * 1024)
        guide_gb *= self.assumed.workload.analyses
        guide_usd = guide_gb * GUIDE_STORAGE_USD_PER_GB_MONTH
        total = sum(gb.values(), Decimal(0))
        free = min(total, self.prices.free_storage_gb) if self.assumed.has_free_tier else Decimal(0)
        steps = {
            "price": guide_gb * price - guide_usd,
            "size": (gb["heads"] - guide_gb) * price,
            "headers": gb["headers"] * price,
            "history": gb["history"] * price,
            "indexes": gb["indexes"] * price,
            "free": -free * price,
        }
        return _cost_line("storage", total, guide_usd, steps)

    def pitr(self) -> Line:
        """Return the line of point-in-time recovery, of tables without their indexes."""
        gb = self._stored_gb()
        total = gb["heads"] + gb["headers"] + gb["history"]
        quantity = total if self.assumed.has_pitr else Decimal(0)
        steps = {"pitr": quantity * self.prices.pitr_usd_per_gb_month}
        return _cost_line("pitr", quantity, Decimal(0), steps)

    def _stored_gb(self) -> dict[str, Decimal]:
        """Return what is stored once as much expires as is added."""
        retention, stored = self.assumed.retention, self.once.stored
        alive, past = _months(retention.days), _months(retention.history_days)
        ever = _months(0)
        bytes_ = {
            "heads": stored.heads * alive,
            "headers": stored.header * ever,
            "history": stored.history * past,
            "indexes": stored.head_rows * alive + stored.header_rows * ever,
        }
        analyses = self.assumed.workload.analyses
        return {part: _gb(one) * analyses for part, one in bytes_.items()}


def _cost_line(name: str, quantity: Decimal, guide_usd: Decimal, steps: dict[str, Decimal]) -> Line:
    return Line(
        name=name,
        quantity=quantity,
        usd=guide_usd + sum(steps.values(), Decimal(0)),
        guide_usd=guide_usd,
        steps=tuple(Step(reason=reason, usd=usd) for reason, usd in steps.items() if usd),
    )


def _gb(size_bytes: Decimal) -> Decimal:
    """Return bytes as GB, to a billionth: so that what is added and taken away cancels exactly."""
    return (size_bytes / GB).quantize(Decimal("1e-9"))


def _months(days: int) -> Decimal:
    """Return for how many months' analyses there is room until the first expires."""
    return Decimal(days or FOR_EVER_DAYS) / MONTH_DAYS
