"""What one analysis keeps: made up to a size, or taken from real opportunities."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from opportune.costs.rehearsal import Rehearsal
from opportune.costs.units import item_bytes
from opportune.errors import InvalidInputError
from opportune.model.records import Opportunity, Priority, Session, SourceFile
from opportune.pipeline.service import Service
from opportune.stores.dynamodb import DynamoDBStore
from opportune.stores.dynamodb.items import HEADER
from opportune.stores.files.kept import MemoryFiles

TABLE = "OpportunitySessions"
"""In a rehearsal; the length of a table's name costs nothing."""
LARGEST_KB = 90
"""Of an opportunity that is made up: its text is one field, which holds 100,000 letters."""

_SESSION_ID = "0123456789abcdef"
_SHORTEST_ID = 4
_AN_HOUR = datetime(2026, 1, 1, 12, 34, 56, tzinfo=UTC)
"""One whose ttl ends in no zeros, which would take less room."""


@dataclass(frozen=True)
class Sample:
    """A header and opportunities, none of them stored yet."""

    header: Session
    opportunities: tuple[Opportunity, ...]

    @classmethod
    def of(cls, header: Session, opportunities: Sequence[Opportunity]) -> "Sample":
        """Take real ones, stored or not, as an analysis would keep them for the first time."""
        unstored = {"version": 0, "created_at": "", "updated_at": "", "change_id": ""}
        return cls(
            header.model_copy(update=unstored),
            tuple(one.model_copy(update=unstored | {"ttl": None}) for one in opportunities),
        )

    def numbered(self, number: int) -> "Sample":
        """Return the same as another session, whose id is as long."""
        session_id = f"{number:0{max(_SHORTEST_ID, len(self.header.id))}}"
        opportunities = tuple(
            one.revised(id=f"{session_id}.{one.id.partition('.')[2]}", session_id=session_id)
            for one in self.opportunities
        )
        return Sample(self.header.revised(id=session_id), opportunities)


def made_up(opportunities: int, item_kb: float) -> Sample:
    """Make up an analysis whose opportunities have this size as stored; 1 KB = 1,024 bytes.

    Raises:
        InvalidInputError: No opportunity can be so small, or so large.
    """
    plain = _with_text(opportunities, "")
    least = _largest_head_bytes(plain)
    wanted = round(item_kb * 1024)
    if opportunities and not least <= wanted <= LARGEST_KB * 1024:
        raise InvalidInputError(
            f"--item-kb {item_kb:g}: use {-(-least * 10 // 1024) / 10:g} to {LARGEST_KB}, "
            "or have real items measured (--measure, --session)."
        )
    return _with_text(opportunities, "x" * (wanted - least))


def _with_text(opportunities: int, text: str) -> Sample:
    files = tuple(
        SourceFile(name=name, kind=kind, sha256="0" * 64, size_bytes=100_000)
        for name, kind in (("mpa.xlsx", "mpa-workbook"), ("mra.pdf", "mra-report"))
    )
    header = Session(id=_SESSION_ID, customer="Example Corp", files=files, updated_by="seller")
    width = len(str(opportunities))
    listed = tuple(
        Opportunity(
            id=f"{_SESSION_ID}.play-{number:0{width}}",
            session_id=_SESSION_ID,
            title="Base migration of 200 servers to Amazon EC2",
            category="Migración",
            priority=Priority.HIGH,
            estimated_arr=Decimal(100_000),
            reasoning=text,
            template_id="base-migration",
            customer="Example Corp",
            updated_by="seller",
        )
        for number in range(opportunities)
    )
    return Sample(header, listed)


def _largest_head_bytes(sample: Sample) -> int:
    """Return the size of the largest opportunity as an analysis stores it."""
    rehearsal = Rehearsal(TABLE)
    store = DynamoDBStore(TABLE, clock=lambda: _AN_HOUR, connection=rehearsal)
    service = Service(store, MemoryFiles())
    service.analyses.store_analysis(sample.header, sample.opportunities)
    rows = rehearsal.tables[TABLE].rows()
    heads = (row for row in rows if row["opportunityId"]["S"] != HEADER)
    return max(map(item_bytes, heads), default=0)
