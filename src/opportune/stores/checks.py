"""What no store may be given, refused by every store alike."""

from collections.abc import Sequence

from opportune.errors import (
    InvalidInputError,
    NotFoundError,
    StoreError,
    TooLargeError,
    VersionConflictError,
)
from opportune.model.records import Opportunity, Record, Session
from opportune.stores.contract import PAGE_LIMIT, RECORD_LIMIT_BYTES, Store
from opportune.stores.journal import Migration


def check_list(session: Session, opportunities: Sequence[Opportunity]) -> None:
    """Refuse what `store_opportunities` must not be given."""
    if session.deleted:
        raise InvalidInputError(f"Session {session.id!r} is marked as deleted: delete it instead.")
    seen: set[str] = set()
    for opportunity in opportunities:
        if opportunity.session_id != session.id:
            raise InvalidInputError(f"{opportunity.id!r} is not of session {session.id!r}.")
        if opportunity.deleted:
            raise InvalidInputError(f"{opportunity.id!r} is marked as deleted: leave it out.")
        if opportunity.id in seen:
            raise InvalidInputError(f"{opportunity.id!r} stands twice in the list.")
        seen.add(opportunity.id)
        check_size(opportunity)
    check_size(session)


def check_bulk(opportunities: Sequence[Opportunity]) -> None:
    """Refuse what `put_opportunities` must not be given."""
    seen: set[str] = set()
    for opportunity in opportunities:
        if opportunity.id in seen:
            raise InvalidInputError(f"{opportunity.id!r} stands twice.")
        if opportunity.deleted and not opportunity.version:
            raise InvalidInputError(f"{opportunity.id!r}: a delete must name its version.")
        seen.add(opportunity.id)
        check_size(opportunity)


def check_stored(records: Sequence[Record]) -> None:
    """Refuse to replicate what no store has stamped."""
    if any(record.version < 1 for record in records):
        raise InvalidInputError("Only what a store has kept can be replicated: version 0 is none.")


def check_size(record: Record | Migration) -> None:
    """Refuse a record that not every store could hold, naming its largest field."""
    size = len(record.model_dump_json().encode())
    if size <= RECORD_LIMIT_BYTES:
        return
    fields = record.model_dump(mode="json")
    largest = max(fields, key=lambda name: len(str(fields[name]).encode()))
    raise TooLargeError(
        f"{size:,} bytes are over the limit of {RECORD_LIMIT_BYTES:,}: shorten {largest!r}."
    )


def check_limit(limit: int) -> None:
    """Refuse a page size out of range."""
    if not 1 <= limit <= PAGE_LIMIT:
        raise InvalidInputError(f"limit must be between 1 and {PAGE_LIMIT}, not {limit}.")


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
