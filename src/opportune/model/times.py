"""Moments as the records keep them: text whose order is the order of time."""

from datetime import UTC, datetime, timedelta


def time_text(moment: datetime) -> str:
    """Write a moment as `Time`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def later_time(now: datetime, previous: str) -> str:
    """Return now as `Time`, but at least one millisecond after `previous`.

    Clocks of two writers may disagree; the times of a record's revisions still rise.
    """
    if not previous:
        return time_text(now)
    after = datetime.fromisoformat(previous) + timedelta(milliseconds=1)
    return time_text(max(now, after))


def retained_until(updated_at: str, days: int) -> int | None:
    """Return when, in epoch seconds, something changed at `updated_at` is gone; 0 days = never."""
    if days == 0:
        return None
    return int((datetime.fromisoformat(updated_at) + timedelta(days=days)).timestamp())
