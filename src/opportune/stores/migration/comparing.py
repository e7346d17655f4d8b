"""Comparing one record or one list in two stores, read by key as readers get it.

What differs may only be on its way. So what the journal holds is brought over, and both sides are
read again, until a difference stays the same: then it is one.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from opportune.errors import StoreUnavailableError
from opportune.model.differences import differing
from opportune.model.records import Model, Opportunity, Record, Session, session_of
from opportune.model.times import retained_until
from opportune.stores.contract import Clock, Retention, Store
from opportune.stores.migration.draining import bring_session, bring_template
from opportune.stores.migration.record import StoreDifference
from opportune.stores.migration.verification_rows import kind_of
from opportune.stores.revisions import is_live

TRIES = 10
"""Of reading what others keep changing."""

CLOCKS_DIFFER = timedelta(days=1)
"""What expires within this time may be gone on one side only."""

SHOWN_CHARACTERS = 200
"""Of a value that differs."""

Look = tuple[Sequence[StoreDifference], object]
"""Differences, and what the source holds where they are."""

WHOLE = "(record)"
LIST = "(list)"


@dataclass(frozen=True)
class Comparison:
    """Compares by key.

    Args:
        source: Decides.
        target: Is compared with it.
        clock: Tells the present moment.
        retention: As both stores have it.
    """

    source: Store
    target: Store
    clock: Clock
    retention: Retention

    def record(self, kind: str, key: str) -> tuple[Sequence[StoreDifference], int]:
        """Compare a header, or all revisions of an opportunity or template.

        Returns:
            The differences, and how many revisions only one side has because they expire now.
        """
        session_id = {"session": key, "opportunity": session_of(key)}.get(kind, "")
        expiring = 0

        def look() -> Look:
            nonlocal expiring
            sides = [_by_version(_read(store, kind, key)) for store in (self.source, self.target)]
            found, expiring = self._between(sides[0], sides[1])
            return found, sides[0]

        def bring() -> None:
            if session_id:
                bring_session(self.source, self.target, session_id)
            elif any(note.template_id == key for note in self.source.journal()):
                bring_template(self.source, self.target, key)

        return self._lasting(look, bring, lambda: self._is_noted(kind, key)), expiring

    def list_of(self, session_id: str) -> Sequence[StoreDifference]:
        """Compare a session's list as readers get it, beyond what its records tell."""

        def look() -> Look:
            sides = [
                {one.id: one for one in store.get_opportunities(session_id)}
                for store in (self.source, self.target)
            ]
            found = [
                difference
                for key in sorted({*sides[0], *sides[1]})
                for difference in self._in_list(sides[0].get(key), sides[1].get(key))
            ]
            return found, [self.source.get_history(difference.key) for difference in found]

        return self._lasting(
            look,
            lambda: bring_session(self.source, self.target, session_id),
            lambda: self._is_noted("session", session_id),
        )

    def _lasting(
        self, look: Callable[[], Look], bring: Callable[[], None], is_noted: Callable[[], bool]
    ) -> Sequence[StoreDifference]:
        """Return the differences that stay although everything noted was brought over.

        They are real if the source is the same at two looks and nothing was noted in between: the
        target then had to have, at the second look, all that the source holds.
        """
        before: Look | None = None
        for _ in range(TRIES):
            seen = look()
            if seen == before or not seen[0]:
                return seen[0]
            bring()
            before = None if is_noted() else seen
        raise StoreUnavailableError("A record changed at every look: verify again.")

    def _is_noted(self, kind: str, key: str) -> bool:
        """Tell whether the journal holds a write to this, or of a session to anything in it."""
        if kind == "template":
            return any(note.template_id == key for note in self.source.journal())
        notes = self.source.journal(session_id=session_of(key))
        return any(kind == "session" or key in note.opportunity_ids for note in notes)

    def _between(
        self, source: dict[int, Record], target: dict[int, Record]
    ) -> tuple[list[StoreDifference], int]:
        found: list[StoreDifference] = []
        expiring = 0
        newest = max((*source, *target), default=0)
        for version in sorted({*source, *target}):
            ours, theirs = source.get(version), target.get(version)
            if ours is not None and theirs is not None:
                found += _in_fields(ours, theirs)
            elif self._expires(ours, is_newest=version == newest) or self._expires(
                theirs, is_newest=version == newest
            ):
                expiring += 1
            else:
                found.append(_missing(ours, theirs, WHOLE))
        return found, expiring

    def _in_list(
        self, ours: Opportunity | None, theirs: Opportunity | None
    ) -> list[StoreDifference]:
        one = ours or theirs
        if one is None or ours == theirs or self._is_about_to_die(one):
            return []
        if ours is None or theirs is None:
            return [_missing(ours, theirs, LIST)]
        return _in_fields(ours, theirs)

    def _expires(self, record: Record | None, *, is_newest: bool) -> bool:
        """Tell whether one side may have let go of a record already."""
        if not isinstance(record, Opportunity):
            return False
        if is_newest and is_live(record, self.clock()) and not self._is_about_to_die(record):
            return False
        until = retained_until(record.updated_at, self.retention.history_days)
        return until is not None and self._is_now(until)

    def _is_about_to_die(self, opportunity: Opportunity) -> bool:
        return opportunity.ttl is not None and self._is_now(opportunity.ttl)

    def _is_now(self, epoch_s: int) -> bool:
        return epoch_s <= (self.clock() + CLOCKS_DIFFER).timestamp()


def _read(store: Store, kind: str, key: str) -> Sequence[Record]:
    if kind == "session":
        header = store.get_header(key)
        return [] if header is None else [header]
    return store.get_history(key) if kind == "opportunity" else store.get_template_history(key)


def _by_version(records: Sequence[Record]) -> dict[int, Record]:
    """Return revisions by version; a header is one thing whatever its version."""
    return {0 if isinstance(one, Session) else one.version: one for one in records}


def _missing(ours: Record | None, theirs: Record | None, field: str) -> StoreDifference:
    one = ours or theirs
    assert one is not None, "one side has it"  # noqa: S101 - the callers ask only for what one side has
    is_there = ["missing" if side is None else "present" for side in (ours, theirs)]
    return _difference(one, field, is_there[0], is_there[1])


def _in_fields(ours: Record, theirs: Record) -> list[StoreDifference]:
    if ours == theirs:
        return []
    return [
        _difference(ours, ".".join(map(str, path)), one, other)
        for path, one, other in differing(_plain(ours), _plain(theirs))
    ]


def _plain(record: Model) -> Any:
    return json.loads(record.model_dump_json())


def _difference(record: Record, field: str, one: Any, other: Any) -> StoreDifference:
    key = record.id if isinstance(record, Session | Opportunity) else record.template_id
    return StoreDifference(
        kind=kind_of(record),
        key=key,
        version=record.version,
        field=field,
        source=_shortened_json(one),
        target=_shortened_json(other),
    )


def _shortened_json(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "..."
