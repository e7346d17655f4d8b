"""The store of a service, measured: what its operations consume is tallied, logged and traced."""

from opportune import monitoring, tracing
from opportune.costs.tally import Tally
from opportune.settings import Settings
from opportune.stores.contract import Store
from opportune.stores.migrating import MigratingStore
from opportune.stores.observed import observed
from opportune.stores.observing import Observation


def metered(store: MigratingStore, settings: Settings) -> tuple[Store, Tally]:
    """Return the store with all its operations measured, and the tally of them."""
    tally = Tally()

    def report(observation: Observation) -> None:
        tally.add(observation)
        monitoring.store_operation(observation)

    span = tracing.spans(settings)
    return observed(store, report, kind=lambda: store.kind, span=span), tally
