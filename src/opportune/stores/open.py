"""The stores: `contract.py` says what they promise, one file each keeps it."""

from importlib.util import find_spec
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, urlsplit

from opportune.errors import ConfigurationError
from opportune.stores.contract import RETENTION, Clock, Retention, Store, utc_now
from opportune.stores.migration.peers import Peers
from opportune.stores.migration.serving import LEASES, Leases
from opportune.stores.migration.store import MigratingStore

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
        from opportune.stores.memory.store import MemoryStore

        return MemoryStore(clock=clock, retention=retention)
    if url.startswith(_SQLITE_PREFIX) and url != _SQLITE_PREFIX:
        if find_spec("numpy") is None:  # loaded when columns are computed; said before that
            raise ConfigurationError(f"{url}: SQLite stores need numpy: pip install numpy.")
        from opportune.stores.sqlite import SQLiteStore

        path = Path(url.removeprefix(_SQLITE_PREFIX))
        return SQLiteStore(path, clock=clock, retention=retention)
    if url.startswith("dynamodb://"):
        from opportune.stores.dynamodb import DynamoDBStore

        table, region, endpoint = _table_region_endpoint(urlsplit(url))
        return DynamoDBStore(
            table, region=region, endpoint=endpoint, clock=clock, retention=retention
        )
    raise ConfigurationError(
        f"{url!r} names no store: use memory:, sqlite:///path/to/file.sqlite3 "
        "or dynamodb://TableName?region=eu-west-1."
    )


def open_serving_store(
    url: str,
    *,
    clock: Clock = utc_now,
    retention: Retention = RETENTION,
    leases: Leases = LEASES,
) -> tuple[MigratingStore, Peers]:
    """Open what a service works with: whichever store serves now, and follows when that changes.

    What comes with it opens further stores, for who migrates; closing the store closes them all.

    Args:
        url: Of the store that the service is configured for, as `open_store` takes it.
        clock: Tells the present moment.
        retention: How long things are kept.
        leases: How long what was read of the stage may be believed; the same in every process.

    Raises:
        ConfigurationError: As `open_store`.
    """
    peers = Peers(lambda peer: open_store(peer, clock=clock, retention=retention))
    name = peers.named(recorded_url(url))
    configured = peers(name)
    if configured is None:
        raise ConfigurationError(f"{url!r} names the memory of another process: use memory:.")
    store = MigratingStore(configured, url=name, open_peer=peers, leases=leases, close=peers.close)
    return store, peers


def recorded_url(url: str) -> str:
    """Return a URL as records of store migrations name it, wherever they are read from."""
    if url.startswith(_SQLITE_PREFIX) and url != _SQLITE_PREFIX:
        return _SQLITE_PREFIX + str(Path(url.removeprefix(_SQLITE_PREFIX)).absolute())
    return url


def _table_region_endpoint(url: SplitResult) -> tuple[str, str, str]:
    """Return the table, region and endpoint that a DynamoDB URL names; empty if not given."""
    given = parse_qs(url.query)
    region, endpoint = (given.pop(name, [""])[-1] for name in ("region", "endpoint"))
    if given or not url.netloc or url.path not in ("", "/"):
        raise ConfigurationError(
            f"{url.geturl()!r} does not name a DynamoDB store: "
            "use dynamodb://TableName?region=...&endpoint=..., nothing else."
        )
    return url.netloc, region, endpoint
