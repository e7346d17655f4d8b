"""What a store can answer through its other methods, where it has no faster way of its own."""

from collections.abc import Iterator, Sequence

from opportune.errors import NotFoundError, StoreError, VersionConflictError
from opportune.filters import Grouping, OpportunityFilters, Total, added_up
from opportune.models import Opportunity, Record
from opportune.stores.contract import PAGE_LIMIT, Audited, AuditPage, Store
from opportune.stores.cursor import AUDIT_QUESTION, cursor_after, position_of


def found(store: Store, filters: OpportunityFilters) -> Iterator[Opportunity]:
    """Yield all that `find_opportunities` finds."""
    cursor = None
    while True:
        page = store.find_opportunities(filters, limit=PAGE_LIMIT, cursor=cursor)
        yield from page.items
        cursor = page.cursor
        if cursor is None:
            return


def totals(store: Store, filters: OpportunityFilters | None, by: Grouping) -> tuple[Total, ...]:
    """Answer `totals`."""
    return added_up(found(store, filters or OpportunityFilters()), by)


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


def audit(store: Store, limit: int, cursor: str | None) -> AuditPage:
    """Answer `audit`: of what `scan` yields, sorted anew for each page."""
    version, key = position_of(AUDIT_QUESTION, cursor) if cursor is not None else (0, "")
    rows = sorted(
        ((r.id, r.version), r)
        for r in _scanned(store)
        if isinstance(r, Opportunity) and (r.id, r.version) > (key, version)
    )
    more = None
    if len(rows) > limit:
        (key, version), _ = rows[limit - 1]
        more = cursor_after(AUDIT_QUESTION, (version, key))
    return AuditPage(tuple(Audited(*place, revision) for place, revision in rows[:limit]), more)


def _scanned(store: Store) -> Iterator[Record]:
    cursor = None
    while True:
        page = store.scan(cursor=cursor)
        yield from page.items
        cursor = page.cursor
        if cursor is None:
            return
