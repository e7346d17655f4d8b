"""Cursors: where the next page begins, as text that only fits the question it answered.

All stores write them alike, so a cursor outlives a restart, and a store migration too.
"""

import base64
import hashlib
import json
import struct
from collections.abc import Iterator
from datetime import datetime
from typing import Protocol, TypeVar

from opportune.errors import InvalidInputError
from opportune.model.filters import OpportunityFilters, Order
from opportune.model.records import Opportunity, Session

Position = tuple[int, str]
"""Sort key of the last row given: a number (64 bits, signed), then a text."""

SESSIONS_QUESTION = "sessions"
SCAN_QUESTION = "scan"
AUDIT_QUESTION = "audit"

_CHECK_BYTES = 8


class _HasCursor(Protocol):
    @property
    def cursor(self) -> str | None: ...


P = TypeVar("P", bound=_HasCursor)
P_co = TypeVar("P_co", bound=_HasCursor, covariant=True)


class _Read(Protocol[P_co]):
    def __call__(self, *, cursor: str | None) -> P_co: ...


def pages(read: _Read[P]) -> Iterator[P]:
    """Yield every page of an answer.

    Args:
        read: Returns the page that begins at a cursor; None: the first one.
    """
    page = read(cursor=None)
    yield page
    while page.cursor is not None:
        page = read(cursor=page.cursor)
        yield page


def milliseconds(time: str) -> int:
    """Return a `Time` as milliseconds since 1970."""
    return round(datetime.fromisoformat(time).timestamp() * 1000)


def cents(opportunity: Opportunity) -> int:
    """Return the ARR in whole US cents."""
    return int(opportunity.estimated_arr * 100)


def find_position(opportunity: Opportunity, order: Order) -> Position:
    """Return where it stands in `find_opportunities`: number descending, then text ascending."""
    if order is Order.ARR:
        return cents(opportunity), opportunity.id
    return milliseconds(opportunity.updated_at), opportunity.id


def session_position(session: Session) -> Position:
    """Return where it stands in `list_sessions`: number descending, then text ascending."""
    return milliseconds(session.updated_at), session.id


def find_question(filters: OpportunityFilters, order: Order) -> str:
    """Name the question of `find_opportunities`: equal filters, equal name."""
    return f"find {order} {json.dumps(filters.canonical())}"


def cursor_after(question: str, position: Position) -> str:
    """Write the cursor of the page that begins after this position."""
    payload = struct.pack(">q", position[0]) + position[1].encode()
    return base64.urlsafe_b64encode(_check(question, payload) + payload).decode().rstrip("=")


def position_of(question: str, cursor: str) -> Position:
    """Read a cursor.

    Raises:
        InvalidInputError: It is not one of ours, or of another question.
    """
    try:
        sealed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        check, payload = sealed[:_CHECK_BYTES], sealed[_CHECK_BYTES:]
        if check == _check(question, payload):
            return struct.unpack(">q", payload[:8])[0], payload[8:].decode()
    except ValueError:
        pass  # not base64: the same answer as for a wrong check
    raise InvalidInputError(
        "The cursor is not one of ours, or belongs to other filters or another order: "
        "begin again at the first page."
    )


def _check(question: str, payload: bytes) -> bytes:
    """Tie the payload to its question; this finds mistakes, it does not keep a secret."""
    return hashlib.blake2b(question.encode() + b"\0" + payload, digest_size=_CHECK_BYTES).digest()
