"""What the requests cost: capacity units as DynamoDB itself reports them."""

import threading
from collections.abc import Mapping
from typing import Any

from opportune.stores import observing
from opportune.stores.contract import Usage

READS = frozenset({"GetItem", "BatchGetItem", "TransactGetItems", "Query", "Scan"})


class UsageMeter:
    """Sums capacity units; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sums: dict[tuple[str, str], Usage] = {}

    def add(self, operation: str, table_name: str, response: Mapping[str, Any]) -> None:
        """Count what a response says it consumed (`ConsumedCapacity`, one table or several).

        An answer without it counts as a request to the named table.
        """
        reported = response.get("ConsumedCapacity") or {"TableName": table_name}
        for table in reported if isinstance(reported, list) else [reported]:
            name = table.get("TableName", "")
            indexes = table.get("GlobalSecondaryIndexes") or {}
            of_indexes = sum(index.get("CapacityUnits", 0) for index in indexes.values())
            own = table.get("Table", {}).get("CapacityUnits")
            if own is None:
                own = table.get("CapacityUnits", 0) - of_indexes
            self._count(operation, name, 1, own)
            for index, units in indexes.items():
                self._count(operation, f"{name}/{index}", 0, units.get("CapacityUnits", 0))

    def _count(self, operation: str, place: str, requests: int, units: float) -> None:
        reads, writes = (units, 0.0) if operation in READS else (0.0, units)
        observation = observing.current()
        if observation is not None:
            observation.consumed(requests=requests, reads=reads, writes=writes)
        with self._lock:
            so_far = self._sums.get((operation, place), Usage(operation, place))
            self._sums[operation, place] = Usage(
                operation,
                place,
                so_far.requests + requests,
                so_far.read_units + reads,
                so_far.write_units + writes,
            )

    def snapshot(self) -> tuple[Usage, ...]:
        """Return the sums so far, by operation and place."""
        with self._lock:
            return tuple(self._sums[key] for key in sorted(self._sums))
