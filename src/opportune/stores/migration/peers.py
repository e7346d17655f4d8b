"""The stores that one process uses, each opened once, by the names that records give them."""

import uuid
from collections.abc import Callable

from opportune.stores.contract import Store

MEMORY = "memory:"
"""What the URL of every memory store begins with. In records a token follows: which memory."""

OpenPeer = Callable[[str], Store | None]
"""Opens the store that a record names; None: the memory of another process, ended or not."""


class Peers:
    """Opens stores when they are first asked for, and closes them all.

    Args:
        open_store: Opens a store by its URL.
        new_token: Makes a name that no other process makes.
    """

    def __init__(
        self,
        open_store: Callable[[str], Store],
        *,
        new_token: Callable[[], str] = lambda: uuid.uuid4().hex,
    ) -> None:
        self._open_store = open_store
        self._new_token = new_token
        self._opened: dict[str, Store] = {}

    def named(self, url: str) -> str:
        """Return the name of a store in records: a memory store is made, and given its own."""
        if url != MEMORY:
            return url
        name = MEMORY + self._new_token()
        self._opened[name] = self._open_store(MEMORY)
        return name

    def __call__(self, url: str) -> Store | None:
        """Return the store that a record names. It may make requests."""
        if url not in self._opened and not url.startswith(MEMORY):
            opened = self._open_store(url)
            if self._opened.setdefault(url, opened) is not opened:
                opened.close()  # another thread was faster
        return self._opened.get(url)

    def close(self) -> None:
        """Close every store."""
        for store in self._opened.values():
            store.close()
