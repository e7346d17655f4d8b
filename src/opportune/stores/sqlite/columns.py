"""What the index says of an opportunity: one number in each column.

Rows have numbers, and a column is an array over them, cut into parts of SEGMENT_ROWS, each a blob.
A text is the code of an entry that holds it; equal texts share one. Texts of plays differ mostly in
their figures, so what search looks at has its figures cut out: a million opportunities share
some thousand shapes. Nothing here knows SQL.
"""

import hashlib
import json
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from opportune.model.folding import folded
from opportune.model.records import PRIORITY_RANK, Opportunity, Status
from opportune.stores.cursor import cents, milliseconds

SEGMENT_ROWS = 500
"""Rows of a part: its widest blob just fits into a page of the file."""

YEAR_FIGURE = "\x1e"
"""Likewise for a figure with the digits of a year somewhere in it (`20195`): few have them, so that
a search for a year need not look into all others."""

NEVER = 2**63 - 1
"""In the column `ttl`: it does not expire."""

FIGURE = "\x1f"
"""Stands in a shape for a figure. A text may hold it too: `search.py` trusts no such match."""

STATUS_CODE = {status: code for code, status in enumerate(Status, 1)}
"""In the column `status`; 0 = there is no opportunity, or it is deleted."""

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()

_FIGURES = re.compile(r"[0-9]+(?:[.,][0-9]+)*")
YEAR = re.compile(r"(?:19|20)[0-9]{2}")


@dataclass(frozen=True, eq=False)
class Column:
    """A column: its number in keys and entries, its name, and how a number is packed."""

    number: int
    name: str
    packed: str
    """As `struct` and numpy name it: `<` and a letter."""

    @cached_property
    def place(self) -> struct.Struct:
        """Packs a number."""
        return struct.Struct(self.packed)

    @property
    def part_bytes(self) -> int:
        """Size of a part."""
        return SEGMENT_ROWS * self.place.size


STATUS = Column(1, "status", "<B")
PRIORITY = Column(2, "priority", "<B")
CENTS = Column(3, "arr_cents", "<q")
UPDATED = Column(4, "updated_ms", "<q")
TTL = Column(5, "ttl", "<q")
CREATED = Column(6, "created_day", "<i")
CLOSE = Column(7, "close_day", "<i")
CATEGORY = Column(8, "category", "<I")
CUSTOMER = Column(9, "customer", "<I")
OWNER = Column(10, "owner", "<I")
SERVICES = Column(11, "services", "<I")
TITLE = Column(12, "title", "<I")
REASONING = Column(13, "reasoning", "<I")
POINTS = Column(14, "talking_points", "<I")

NUMBERS = (STATUS, PRIORITY, CENTS, UPDATED, TTL, CREATED, CLOSE)
NAMES = (CATEGORY, CUSTOMER, OWNER, SERVICES)
"""Texts that are also groups of totals: an entry holds the exact ones as well."""
SHAPES = (TITLE, REASONING, POINTS)
COLUMNS = (*NUMBERS, *NAMES, *SHAPES)
SEARCHED = (CATEGORY, CUSTOMER, SERVICES, *SHAPES)


class Entry(NamedTuple):
    """A text of a column."""

    column: Column
    name: str
    """As it stands in the opportunity; services as JSON, each once. Empty for a shape."""
    search: str
    """Folded, as search and filters compare it; of a shape without its figures."""

    @property
    def digest(self) -> bytes:
        """By what it is found again."""
        text = f"{self.column.number}\0{self.name}\0{self.search}"
        return hashlib.blake2b(text.encode(), digest_size=16).digest()


def numbers_of(opportunity: Opportunity) -> Mapping[Column, int]:
    """Return what stands in the columns of numbers; all are 0 for a deleted one."""
    if opportunity.deleted:
        return dict.fromkeys(NUMBERS, 0)
    return {
        STATUS: STATUS_CODE[opportunity.status],
        PRIORITY: PRIORITY_RANK[opportunity.priority],
        CENTS: cents(opportunity),
        UPDATED: milliseconds(opportunity.updated_at),
        TTL: NEVER if opportunity.ttl is None else opportunity.ttl,
        CREATED: day_of(opportunity.created_at),
        CLOSE: opportunity.close_date.toordinal() if opportunity.close_date else 0,
    }


def entries_of(opportunity: Opportunity) -> tuple[Entry, ...]:
    """Return the entries whose codes stand in the columns of texts; none for a deleted one."""
    if opportunity.deleted:
        return ()
    services = sorted(set(opportunity.related_services))
    return (
        *(
            Entry(column, name, folded(name))
            for column, name in (
                (CATEGORY, opportunity.category),
                (CUSTOMER, opportunity.customer),
                (OWNER, opportunity.owner),
            )
        ),
        Entry(SERVICES, json.dumps(services), "\n".join(map(folded, services))),
        Entry(TITLE, "", shape_of(opportunity.title)),
        Entry(REASONING, "", shape_of(opportunity.reasoning)),
        Entry(POINTS, "", shape_of("\n".join(opportunity.talking_points))),
    )


def shape_of(text: str) -> str:
    """Return a text folded, each figure in it (`12`, `1,234.5`) as FIGURE."""
    return _FIGURES.sub(_in_shape, folded(text))


def _in_shape(figure: re.Match[str]) -> str:
    """Years, which name releases, and a digit after a letter, as in S3, stay as they are."""
    text, start = figure[0], figure.start()
    is_name = YEAR.fullmatch(text) or (
        len(text) == 1 and start > 0 and figure.string[start - 1].isalpha()
    )
    if is_name:
        return text
    return YEAR_FIGURE if YEAR.search(text) else FIGURE


def day_of(time: str) -> int:
    """Return the day of a `Time`, counted from the year 1; 0 if there is none."""
    return date.fromisoformat(time[:10]).toordinal() if time else 0


def day_ms(ordinal: int) -> int:
    """Return when a day begins, in milliseconds since 1970."""
    return (ordinal - _EPOCH_ORDINAL) * 86_400_000
