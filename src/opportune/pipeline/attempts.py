"""Read, change, write: the one loop that tries again when somebody else was faster."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from opportune.errors import VersionConflictError
from opportune.model.records import R

ATTEMPTS = 5

T = TypeVar("T")


def attempted(attempt: Callable[[], T], *, is_repeated: bool = True) -> T:
    """Return what an attempt returns; try again, at most ATTEMPTS times, after a conflict.

    Raises:
        VersionConflictError: By the last attempt; by the first one if none is to follow it.
    """
    for _ in range(ATTEMPTS - 1 if is_repeated else 0):
        try:
            return attempt()
        except VersionConflictError:
            continue
    return attempt()


def changed(  # noqa: PLR0913 - the steps of the loop, and what may end it
    key: str,
    read: Callable[[], Sequence[R]],
    change: Callable[[Sequence[R]], R | None],
    put: Callable[[R], R],
    *,
    expected_version: int | None = None,
    change_id: str = "",
) -> R:
    """Return the revision that a change of a record has led to.

    Args:
        key: Id of the record.
        read: Returns revisions of the record, the newest one last; the change needs to see these.
        change: Returns the next revision, based on the newest one; None: nothing is to be changed.
        put: Stores the next revision.
        expected_version: Refuse if the newest revision is another one; None: whatever it is.
        change_id: If the newest revision carries it, this is the repeat of a change whose answer
            was lost: nothing more is written. Empty: no repeat is recognised.

    Raises:
        VersionConflictError: It is not at the expected version, or was changed at each attempt.
    """

    def attempt() -> R:
        revisions = read()
        newest = revisions[-1] if revisions else None
        if newest and newest.change_id == change_id != "":
            return newest
        version = newest.version if newest else 0
        if expected_version not in (None, version):
            raise VersionConflictError(key, expected=expected_version or 0, actual=version)
        wanted = change(revisions)
        return revisions[-1] if wanted is None else put(wanted)

    return attempted(attempt, is_repeated=expected_version is None)
