"""The file of the SQLite store: connections, schema, and what its errors mean to us.

Connections are pooled, one for each call that is under way: readers never wait, neither for each
other nor for a writer (WAL). Writers of this process queue at a lock, which is fair and wakes at
once; SQLite's own lock, which polls, is left to settle what other processes do.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from opportune.errors import ConfigurationError, StoreError, StoreUnavailableError
from opportune.stores.sqlite.index import rebuild
from opportune.stores.sqlite.schema import SCHEMA

APPLICATION_ID = 0x6F707074
"""Stands in the file's header ("oppt"), so that we never write into somebody else's file."""

INDEXED_FROM = 3
"""Version of the schema; an older file has no index yet."""

PRAGMAS: dict[str, str | int] = {
    "synchronous": 2,  # FULL: an acknowledged write is on the disk, whatever fails next
    "foreign_keys": 1,
    "journal_mode": "wal",
    "wal_autocheckpoint": 4000,  # pages: fewer than one write in a hundred carries the log over
}

BUSY_PAUSE_S = 0.01

_UNAVAILABLE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PROTOCOL,
}
_MISCONFIGURED = {
    sqlite3.SQLITE_NOTADB: "name another file",
    sqlite3.SQLITE_READONLY: "the file and its folder must be writable",
    sqlite3.SQLITE_PERM: "access to it is denied",
}


class SQLiteFile:
    """One database file, shared by threads and processes.

    Args:
        path: The file; its folder must exist. A new file is readable by its owner alone.
        busy_timeout_s: How long a write waits for another process before it gives up.

    Raises:
        ConfigurationError: The path cannot be used, is not a database of opportune, or belongs to
            a newer release.
        StoreUnavailableError: It is locked for longer than the time-out.
    """

    def __init__(self, path: Path, *, busy_timeout_s: float) -> None:
        self._path = path
        self._busy_timeout_s = busy_timeout_s
        self._idle: list[sqlite3.Connection] = []
        self._write_lock = threading.Lock()
        self._closed = threading.Event()
        if not path.parent.is_dir():
            raise ConfigurationError(f"{path}: the folder does not exist; create it first.")
        if path.is_dir():
            raise ConfigurationError(f"{path} is a folder: name a file in it.")
        _make_if_missing(path)
        self._refuse_foreign()
        self._upgrade()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection. One statement sees one state of the data."""
        with self._named_errors(), self._lent() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection whose statements all see one state: that of the first of them.

        A check that is a write to SQLite may be tried; nothing is kept.
        """
        with self.reading() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection inside a transaction: kept if the block ends well, else undone."""
        with self._named_errors(), self._write_lock, self._lent() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # a full disk has undone it already
                    connection.execute("ROLLBACK")
                raise

    def pragmas(self) -> dict[str, str | int]:
        """Return the pragmas that decide about durability, as they are in force."""
        with self.reading() as connection:
            return {name: _pragma(connection, name) for name in PRAGMAS}

    def close(self) -> None:
        """Close the idle connections; one that is lent is closed when it comes back."""
        self._closed.set()
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def _lent(self) -> Iterator[sqlite3.Connection]:
        if self._closed.is_set():
            raise StoreError(f"{self._path}: the store is closed.")
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._connect()
        try:
            yield connection
        finally:
            self._idle.append(connection)
            if self._closed.is_set():
                self.close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path,
            timeout=self._busy_timeout_s,
            isolation_level=None,  # we say BEGIN and COMMIT ourselves
            check_same_thread=False,  # the pool hands a connection to one thread at a time
        )
        try:
            for name, value in PRAGMAS.items():
                self._set_pragma(connection, name, value)
        except BaseException:
            connection.close()
            raise
        return connection

    def _set_pragma(self, connection: sqlite3.Connection, name: str, value: str | int) -> None:
        """Set a pragma. Changing a new file's journal mode does not wait for others by itself."""
        deadline = time.monotonic() + self._busy_timeout_s
        while True:
            try:
                connection.execute(f"PRAGMA {name} = {value}")
            except sqlite3.OperationalError as error:
                is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not is_busy or time.monotonic() >= deadline:
                    raise
                time.sleep(BUSY_PAUSE_S)
            else:
                return

    def _refuse_foreign(self) -> None:
        """Look before anything is changed, the journal mode included."""
        with (
            self._named_errors(),
            closing(sqlite3.connect(self._path, timeout=self._busy_timeout_s)) as connection,
        ):
            is_empty = _pragma(connection, "schema_version") == 0
            if not is_empty and _pragma(connection, "application_id") != APPLICATION_ID:
                raise ConfigurationError(f"{self._path} is a database of another program.")

    def _upgrade(self) -> None:
        """Bring the schema to the newest version."""
        with self.writing() as connection:
            version = int(_pragma(connection, "user_version"))
            if version > len(SCHEMA):
                raise ConfigurationError(
                    f"{self._path} was written by a newer release (schema {version}, this one "
                    f"knows {len(SCHEMA)}): install that release, or use another file."
                )
            if version == len(SCHEMA):
                return
            for statement in (one for step in SCHEMA[version:] for one in step):
                connection.execute(statement)
            if version < INDEXED_FROM <= len(SCHEMA):
                rebuild(connection)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {len(SCHEMA)}")

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        """Turn what SQLite raises into errors of opportune."""
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            what = f"{self._path}: {error}"
            if code in _UNAVAILABLE:
                raise StoreUnavailableError(f"SQLite could not use {what}.") from error
            if code in _MISCONFIGURED:
                raise ConfigurationError(f"{what}: {_MISCONFIGURED[code]}.") from error
            raise StoreError(f"SQLite refused {what}. Check it, or restore a copy.") from error


def _make_if_missing(path: Path) -> None:
    """Make an empty file for its owner alone; one that is there is not opened.

    Closing a file takes all locks of this process off it, those of SQLite under another store of
    the same file too: other processes would then tidy up beneath it.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        if not os.access(path, os.R_OK | os.W_OK):
            raise ConfigurationError(f"{path} cannot be opened: permission denied.") from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be opened: {error.strerror}.") from error


def _pragma(connection: sqlite3.Connection, name: str) -> str | int:
    value: str | int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value
