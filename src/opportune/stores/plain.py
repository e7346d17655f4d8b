"""Many changes, one after the other: for stores that have no faster way."""

from collections.abc import Sequence

from opportune.errors import NotFoundError, StoreError, VersionConflictError
from opportune.models import Opportunity
from opportune.stores.contract import Store


def put_each(
    store: Store, opportunities: Sequence[Opportunity]
) -> tuple[Opportunity | StoreError, ...]:
    """Answer `put_opportunities`."""
    return tuple(_put_or_refusal(store, one) for one in opportunities)


def _put_or_refusal(store: Store, opportunity: Opportunity) -> Opportunity | StoreError:
    try:
        return store.put_opportunity(opportunity)
    except (NotFoundError, VersionConflictError) as refusal:
        return refusal
