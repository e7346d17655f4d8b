"""What was consumed, in dollars: of the file of the command line, a server's answer, or its log."""

import gzip
import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from opportune.costs.prices import Prices
from opportune.errors import MalformedDocumentError
from opportune.model.records import Model
from opportune.observe.log import STORE_OPERATION, digest
from opportune.observe.tally import COUNTS, Metered, summed

_GZIP = b"\x1f\x8b"
_LOGGED = {"read_units": "ReadUnits", "write_units": "WriteUnits", "conflicts": "Conflicts"} | {
    "throttles": "Throttles",
    "unavailable": "Unavailable",
    "requests": "requests",
}
"""How the log calls what is counted."""


class Priced(Metered):
    """What was consumed, and US dollars."""

    usd: Decimal


class Actual(Model):
    """What requests have cost. What is stored is not in it: no request tells that."""

    region: str
    prices_since: str
    operations: tuple[Priced, ...]
    """By operation, dearest first; without sessions."""
    sessions: tuple[Priced, ...]
    """By session, dearest first; without operations. The empty one: not of one session."""
    total: Priced


def priced(rows: Iterable[Metered], prices: Prices) -> Actual:
    """Put a price on what was consumed."""
    held = tuple(rows)
    by_operation = summed(row.model_copy(update={"session_id": ""}) for row in held)
    by_session = summed(row.model_copy(update={"operation": ""}) for row in held)
    nothing = Metered(operation="")
    total = summed([nothing, *(row.model_copy(update={"session_id": ""}) for row in by_session)])
    return Actual(
        region=prices.region,
        prices_since=prices.since.isoformat(),
        operations=_dearest_first(by_operation, prices),
        sessions=_dearest_first(by_session, prices),
        total=_with_price(total[0], prices),
    )


def of_session(rows: Iterable[Metered], session_id: str) -> tuple[Metered, ...]:
    """Return the rows of one session, whether they name it or its digest, as the log does."""
    names = {session_id, digest(session_id)}
    return tuple(row for row in rows if row.session_id in names)


def _dearest_first(rows: Iterable[Metered], prices: Prices) -> tuple[Priced, ...]:
    every = (_with_price(row, prices) for row in rows)
    return tuple(sorted(every, key=lambda row: (-row.usd, row.operation, row.session_id)))


def _with_price(row: Metered, prices: Prices) -> Priced:
    usd = prices.of_units(reads=row.read_units, writes=row.write_units)
    return Priced(**dict(row), usd=usd)


def logged(path: Path) -> tuple[Metered, ...]:
    """Return what the lines of a log say was consumed.

    Args:
        path: A log, as a server writes it, as `aws logs tail` or `aws logs filter-log-events`
            prints it, or as CloudWatch exports it, also compressed by gzip. Other lines do no harm.

    Raises:
        MalformedDocumentError: It cannot be read, or says nothing of store operations.
    """
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if data.startswith(_GZIP) else data).decode("utf-8")
    except (OSError, EOFError, ValueError) as error:
        raise MalformedDocumentError(path.name, f"cannot be read as a log: {error}.") from None
    rows = [_row(event) for event in _events(text) if event.get("event") == STORE_OPERATION]
    if not rows:
        raise MalformedDocumentError(
            path.name,
            f"has no line with the event {STORE_OPERATION}: "
            "export the log of a process that runs with OPPORTUNITY_LOG_FORMAT=json.",
        )
    try:
        return summed(Metered.model_validate(row) for row in rows)
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][0])
        raise MalformedDocumentError(
            path.name,
            f"a line with the event {STORE_OPERATION} has no usable {_LOGGED.get(field, field)}.",
        ) from None


def _events(text: str) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects of a log: at the ends of lines, or as messages of one answer."""
    try:
        answer = json.loads(text)
    except ValueError:
        answer = None
    if isinstance(answer, dict) and isinstance(answer.get("events"), list):
        lines = [str(event.get("message", "")) for event in answer["events"]]
    else:
        lines = text.splitlines()
    for line in lines:
        try:
            event = json.loads(line[line.index("{") :])
        except ValueError:
            continue
        if isinstance(event, dict):
            yield event


def _row(event: dict[str, Any]) -> dict[str, Any]:
    counts = {name: event.get(_LOGGED[name], 0) for name in COUNTS if name in _LOGGED}
    named = {"operation": event.get("Operation"), "session_id": event.get("session", "")}
    return counts | named | {"calls": 1}
