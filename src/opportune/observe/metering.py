"""The store of a service, measured: what its operations consume is tallied, logged and traced."""

from opportune.observe import log, spans
from opportune.observe.store import observed
from opportune.observe.tally import Tally
from opportune.settings import Settings
from opportune.stores.contract import Store
from opportune.stores.migration.store import MigratingStore
from opportune.stores.observing import Observation


def metered(store: MigratingStore, settings: Settings) -> tuple[Store, Tally]:
    """Return the store with all its operations measured, and the tally of them."""
    tally = Tally()

    def report(observation: Observation) -> None:
        tally.add(observation)
        log.store_operation(observation)

    span = spans.spans(settings)
    return observed(store, report, kind=lambda: store.kind, span=span), tally
