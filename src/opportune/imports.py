"""The use case of taking in what another store exported as JSON Lines."""

from collections.abc import Callable, Iterator, Sequence

from opportune.errors import InvalidInputError, MalformedDocumentError, TooLargeError
from opportune.export import records
from opportune.models import Model, Opportunity, Record, Session
from opportune.stores.checks import check_size
from opportune.stores.contract import Store
from opportune.stores.revisions import digest_of

Told = Callable[[str, str], None]
"""Is told a step (`collect`, `write`, `import`) and what it is about."""
OUTCOMES = ("new", "updated", "equal", "older")


class ImportAnswer(Model):
    """What an import brought, in opportunities."""

    sessions: int
    """In the file."""
    new: int
    """Nothing of them was here."""
    updated: int
    """Their newest revision is newer than what was here."""
    equal: int
    older: int
    """What is here is newer, and stays."""
    different: tuple[str, ...] = ()
    """Ids left alone: one version is here and in the file, and they are not the same."""


def take_in(store: Store, name: str, data: bytes, on_progress: Told | None = None) -> ImportAnswer:
    """Store the records of a file exactly as they are; twice is the same as once.

    Everything is checked before anything is stored. Sessions are stored one by one, each in one
    step; interrupted, it may be repeated.

    Raises:
        MalformedDocumentError: The file is not whole, or a line cannot be; the message names it.
            Nothing is stored.
    """
    given = records.read(name, data)
    _check(name, given)
    headers = [record for record in given if isinstance(record, Session)]
    revisions: dict[str, list[Opportunity]] = {header.id: [] for header in headers}
    for record in given:
        if isinstance(record, Opportunity):
            revisions[record.session_id].append(record)
    outcomes: list[tuple[str, str]] = []
    for header in headers:
        if on_progress:
            on_progress("import", header.id)
        outcomes += _take_in_session(store, header, revisions[header.id])
    counts = {kind: sum(kind == each for _, each in outcomes) for kind in OUTCOMES}
    different = tuple(key for key, kind in outcomes if kind == "different")
    return ImportAnswer(sessions=len(headers), different=different, **counts)


def _check(name: str, given: Sequence[Session | Opportunity]) -> None:
    """Refuse what a store could not hold, and revisions that somebody edited."""
    chain = Chain()
    for number, record in enumerate(given, records.FIRST_LINE):
        try:
            check_size(record)
            chain.add(record)
        except (TooLargeError, InvalidInputError) as error:
            raise MalformedDocumentError(name, str(error), place=f"line {number}") from None


def _take_in_session(
    store: Store, header: Session, revisions: Sequence[Opportunity]
) -> Iterator[tuple[str, str]]:
    """Store a session, and yield of each opportunity its id and what became of it."""
    held = store.get_header(header.id)
    if held is not None and held.deleted and held.version >= header.version:
        yield from ((key, "older") for key in dict.fromkeys(one.id for one in revisions))
        return
    taken: list[Record] = [header]
    by_id: dict[str, list[Opportunity]] = {}
    for one in revisions:
        by_id.setdefault(one.id, []).append(one)
    for key, own in by_id.items():
        outcome = _outcome(store, key, own)
        taken += own if outcome != "different" else []
        yield key, outcome
    store.replicate(taken)


def _outcome(store: Store, opportunity_id: str, revisions: Sequence[Opportunity]) -> str:
    held = {one.version: one for one in store.get_history(opportunity_id)}
    if any(held.get(one.version, one) != one for one in revisions):
        return "different"
    newest, given = max(held, default=0), revisions[-1].version
    if newest == 0:
        return "new"
    return "equal" if newest == given else "updated" if newest < given else "older"


class Chain:
    """Follows the digests of revisions, oldest first."""

    def __init__(self) -> None:
        self._last: dict[str, Opportunity] = {}

    def add(self, record: Session | Opportunity) -> None:
        """Take the next record.

        Raises:
            InvalidInputError: A revision was edited, or does not follow from the one before it.
        """
        if isinstance(record, Session):
            return
        before = self._last.get(record.id)
        self._last[record.id] = record
        if record.digest != digest_of(record):
            raise InvalidInputError("its digest is not that of its content: it was edited.")
        is_next = before is not None and before.version + 1 == record.version
        if before is not None and is_next and record.previous_digest != before.digest:
            raise InvalidInputError(
                "it does not follow from the version before it: one was edited."
            )
