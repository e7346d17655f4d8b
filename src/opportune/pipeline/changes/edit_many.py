"""The same change to many opportunities; each keeps its whole history."""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from opportune.errors import InvalidInputError, NotFoundError, VersionConflictError
from opportune.model.filters import OpportunityFilters
from opportune.model.records import Model, Opportunity, Text
from opportune.pipeline.attempts import attempted
from opportune.pipeline.changes.edit import Edit, edited
from opportune.stores.contract import PAGE_LIMIT, Pipeline, Store
from opportune.stores.cursor import pages

Progress = Callable[[int, int], None]
"""How many are done, of how many."""


class Refused(Model):
    """An opportunity that was not changed."""

    opportunity_id: Text
    reason: Text


class ManyChanged(Model):
    """What became of a change of many."""

    changed: int
    unchanged: int
    """They had these values already."""
    refused: tuple[Refused, ...] = ()


class BulkEditing:
    """The use case of changing many.

    Args:
        store: Where they are kept.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def change(  # noqa: PLR0913 - each is a fact of the change
        self,
        edit: Edit,
        *,
        filters: OpportunityFilters | None = None,
        ids: Sequence[str] = (),
        updated_by: str,
        note: str = "",
        on_progress: Progress | None = None,
    ) -> ManyChanged:
        """Change the same fields of many opportunities.

        Each is a change of its own, tried again if somebody is faster; one that is refused stops
        no other. A crash half-way leaves some changed: the same change again does the rest.

        Args:
            edit: Which fields, and what they become.
            filters: Which ones: all that pass when this begins.
            ids: Or these; given, the filters do not count.
            updated_by: Who.
            note: Why.
            on_progress: Told how far it is.

        Raises:
            InvalidInputError: Nothing is to be changed, or neither filters nor ids are given.
        """
        fields = edit.changes()
        if not ids and not (filters and filters.canonical()):
            raise InvalidInputError("Say which opportunities: give a filter, or ids.")
        chosen: dict[str, Opportunity | None] = (
            dict.fromkeys(ids) if ids else {one.id: one for one in found(self._store, filters)}
        )
        marks = {"updated_by": updated_by, "change_note": note, "change_id": uuid.uuid4().hex}
        change = _Change(self._store, fields, marks)
        left = list(chosen.items())
        for start in range(0, len(left), PAGE_LIMIT):
            change.make(dict(left[start : start + PAGE_LIMIT]))
            if on_progress:
                on_progress(min(start + PAGE_LIMIT, len(left)), len(left))
        return ManyChanged(
            changed=change.changed,
            unchanged=len(chosen) - change.changed - len(change.refused),
            refused=tuple(change.refused),
        )


def found(store: Pipeline, filters: OpportunityFilters | None) -> Iterator[Opportunity]:
    """Yield all that `find_opportunities` finds, newest first."""
    for page in pages(partial(store.find_opportunities, filters, limit=PAGE_LIMIT)):
        yield from page.items


@dataclass
class _Change:
    """A change of many under way, and what has become of it so far."""

    store: Store
    fields: Mapping[str, Any]
    marks: Mapping[str, str]
    changed: int = 0
    refused: list[Refused] = field(default_factory=list)

    def make(self, chosen: Mapping[str, Opportunity | None]) -> None:
        """Change some; None: to be read first, as is whatever somebody else changed meanwhile."""
        left = dict(chosen)
        conflicts: dict[str, VersionConflictError] = {}

        def attempt() -> None:
            nonlocal left
            wanted = [one for one in (self._wanted(*pair) for pair in left.items()) if one]
            conflicts.clear()
            for one, answer in zip(wanted, self.store.put_opportunities(wanted), strict=True):
                if isinstance(answer, Opportunity):
                    self.changed += 1
                elif isinstance(answer, VersionConflictError):
                    conflicts[one.id] = answer
                else:
                    self._refuse(one.id, answer)
            left = dict.fromkeys(conflicts)
            for conflict in conflicts.values():
                raise conflict

        try:
            attempted(attempt)
        except VersionConflictError:
            for opportunity_id, conflict in conflicts.items():
                self._refuse(opportunity_id, conflict)

    def _wanted(self, opportunity_id: str, present: Opportunity | None) -> Opportunity | None:
        """Return the next revision; None if there is nothing to change, or nothing at all."""
        try:
            present = present or self.store.get_opportunity(opportunity_id)
        except NotFoundError as missing:
            self._refuse(opportunity_id, missing)
            return None
        return edited(present, self.fields, self.marks)

    def _refuse(self, opportunity_id: str, reason: Exception) -> None:
        self.refused.append(Refused(opportunity_id=opportunity_id, reason=str(reason)))
