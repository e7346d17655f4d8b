"""The stores: `contract.py` says what they promise, one file each keeps it."""

from pathlib import Path
from urllib.parse import SplitResult, parse_qs, urlsplit

from opportune.errors import ConfigurationError
from opportune.stores.contract import RETENTION, Clock, Retention, Store, utc_now

_SQLITE_PREFIX = "sqlite:///"


def open_store(url: str, *, clock: Clock = utc_now, retention: Retention = RETENTION) -> Store:
    """Open the store that a URL names.

    Args:
        url: `memory:`, `sqlite:////absolute/path` or `sqlite:///relative/path`, or
            `dynamodb://TableName?region=...&endpoint=...` (both optional).
        clock: Tells the present moment.
        retention: How long things are kept.

    Raises:
        ConfigurationError: No such kind of store, or it cannot be opened as named.
    """
    if url == "memory:":
        from opportune.stores.memory import MemoryStore

        return MemoryStore(clock=clock, retention=retention)
    if url.startswith(_SQLITE_PREFIX) and url != _SQLITE_PREFIX:
        from opportune.stores.sqlite import SQLiteStore

        path = Path(url.removeprefix(_SQLITE_PREFIX))
        return SQLiteStore(path, clock=clock, retention=retention)
    if url.startswith("dynamodb://"):
        from opportune.stores.dynamodb import DynamoDBStore

        table, region, endpoint = _place(urlsplit(url))
        return DynamoDBStore(
            table, region=region, endpoint=endpoint, clock=clock, retention=retention
        )
    raise ConfigurationError(
        f"{url!r} names no store: use memory:, sqlite:///path/to/file.sqlite3 "
        "or dynamodb://TableName?region=eu-west-1."
    )


def _place(url: SplitResult) -> tuple[str, str, str]:
    """Return the table, region and endpoint that a DynamoDB URL names; empty if not given."""
    given = parse_qs(url.query)
    region, endpoint = (given.pop(name, [""])[-1] for name in ("region", "endpoint"))
    if given or not url.netloc or url.path not in ("", "/"):
        raise ConfigurationError(
            f"{url.geturl()!r} is no DynamoDB store: "
            "use dynamodb://TableName?region=...&endpoint=..., nothing else."
        )
    return url.netloc, region, endpoint
