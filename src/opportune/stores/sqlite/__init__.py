"""The store in one SQLite file: durable, for one machine, any number of processes.

`store.py` keeps the contract. A row (`rows.py`) holds a record as JSON beside the columns that
lists and orders need. Finding and adding up look at none of them: `columns.py` says what an
opportunity is in numbers, `index.py` keeps these numbers in the transaction of the write, and
`columns_cache.py`, `finding.py` and `search.py` read them.
"""

from opportune.stores.sqlite.store import SQLiteStore

__all__ = ["SQLiteStore"]
