"""What the requests cost: capacity units as DynamoDB itself reports them."""

import logging
import threading
from collections.abc import Mapping
from typing import Any

from opportune.stores.contract import Usage

logger = logging.getLogger(__name__)

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
        reads = operation in READS
        # A metric filter on this event gives units by operation, table and index.
        logger.info(
            "dynamodb-units", extra={"operation": operation, "place": place, "units": units}
        )
        with self._lock:
            so_far = self._sums.get((operation, place), Usage(operation, place))
            self._sums[operation, place] = Usage(
                operation,
                place,
                so_far.requests + requests,
                so_far.read_units + (units if reads else 0),
                so_far.write_units + (0 if reads else units),
            )

    def snapshot(self) -> tuple[Usage, ...]:
        """Return the sums so far, by operation and place."""
        with self._lock:
            return tuple(self._sums[key] for key in sorted(self._sums))
