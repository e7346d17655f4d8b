"""What a revision gets from its store, and whether it still counts: alike in every store."""

import hashlib
from datetime import datetime

from opportune.model.records import Opportunity, R, Status
from opportune.model.times import later_time, retained_until
from opportune.stores.contract import Retention


def stamped(record: R, *, base: R | None, now: datetime, retention: Retention) -> R:
    """Return the record as the next revision after `base` (None: the first one)."""
    updated_at = later_time(now, base.updated_at if base else "")
    stamps: dict[str, object] = {
        "version": (base.version if base else 0) + 1,
        "created_at": base.created_at if base else updated_at,
        "updated_at": updated_at,
    }
    # The stamps above are right by construction: a check would cost a third more.
    if not isinstance(record, Opportunity):
        return record.model_copy(update=stamps)
    stamps["ttl"] = (
        None
        if record.keep or record.status == Status.WON
        else retained_until(updated_at, retention.days)
    )
    stamps["previous_digest"] = base.digest if base else ""
    revision = record.model_copy(update=stamps)
    return revision.model_copy(update={"digest": digest_of(revision)})


def digest_of(revision: Opportunity) -> str:
    """Return the SHA-256 of a revision's JSON without its own digest.

    What has its default is left out, so a field that a later release adds changes no old digest.
    """
    text = revision.model_dump_json(exclude={"digest"}, exclude_defaults=True)
    return hashlib.sha256(text.encode()).hexdigest()


def is_expired(opportunity: Opportunity, now: datetime) -> bool:
    """Tell whether an opportunity is gone by its ttl."""
    return opportunity.ttl is not None and opportunity.ttl <= now.timestamp()


def is_live(opportunity: Opportunity, now: datetime) -> bool:
    """Tell whether reads of the newest state see it."""
    return not opportunity.deleted and not is_expired(opportunity, now)


def is_forgotten(newest: Opportunity, now: datetime, retention: Retention) -> bool:
    """Tell whether nothing of an opportunity is left, going by its newest revision."""
    return not is_live(newest, now) and is_history_expired(newest, now, retention)


def is_history_expired(revision: Opportunity, now: datetime, retention: Retention) -> bool:
    """Tell whether a revision has outlived the history's retention."""
    until = retained_until(revision.updated_at, retention.history_days)
    return until is not None and until <= now.timestamp()


def same_change(stored: R | None, wanted: R) -> bool:
    """Tell whether the newest revision is what this very write made before: a repeat."""
    return (
        stored is not None
        and stored.change_id == wanted.change_id != ""
        and wanted.version in (0, stored.version - 1)
    )
