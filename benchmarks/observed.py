"""What measuring an operation costs: `get_opportunity` of a memory store, CPU microseconds each.

Run: .venv/bin/python -m benchmarks.observed [OPERATIONS]
"""

import logging
import os
import statistics
import sys
import time
from decimal import Decimal

from opportune.model.records import Opportunity, Priority, Session
from opportune.observe import log
from opportune.observe.store import observed
from opportune.observe.tally import Tally
from opportune.settings import Settings
from opportune.stores.contract import Store
from opportune.stores.memory.store import MemoryStore
from opportune.stores.observing import Observation

ROUNDS = 5


def main() -> None:
    operations = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    tally = Tally()

    def tallied_and_logged(observation: Observation) -> None:
        tally.add(observation)
        log.store_operation(observation)

    plain = MemoryStore()
    plain.store_opportunities(
        Session(id="s1"),
        [
            Opportunity(
                id="s1.rehost",
                session_id="s1",
                title="Rehost",
                category="",
                priority=Priority.HIGH,
                estimated_arr=Decimal(1),
            ),
        ],
    )
    log.configure(Settings(log_format="json"))
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123 - a device
        (handler,) = logging.getLogger().handlers
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(nowhere)
        stores: dict[str, Store] = {
            "plain": plain,
            "measured": observed(plain, lambda _: None, kind=lambda: "memory"),
            "measured, tallied": observed(plain, tally.add, kind=lambda: "memory"),
            "measured, tallied, logged as JSON": observed(
                plain, tallied_and_logged, kind=lambda: "memory"
            ),
        }
        times: dict[str, list[float]] = {name: [] for name in stores}
        for _ in range(ROUNDS):
            for name, store in stores.items():
                began = time.process_time()
                for _ in range(operations):
                    store.get_opportunity("s1.rehost")
                times[name].append((time.process_time() - began) / operations * 1e6)
    for name, taken in times.items():
        print(f"{name:36} {statistics.median(taken):7.1f} us")


if __name__ == "__main__":
    main()
