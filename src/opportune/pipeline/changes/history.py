"""The past: what changed, by whom and why, how things stood at a moment, and going back."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from typing import Any

from opportune.errors import InvalidInputError, OpportunityNotFoundError
from opportune.model.differences import STAMPS, differing
from opportune.model.filters import Grouping, OpportunityFilters, Total, added_up, by_list_order
from opportune.model.records import Model, Opportunity, Text, Time, Version
from opportune.model.times import time_text
from opportune.pipeline.attempts import changed
from opportune.stores.contract import Audited, Clock, Movable, Retention, Store
from opportune.stores.cursor import pages
from opportune.stores.revisions import is_expired


class FieldChange(Model):
    """A field that two revisions differ in; values as they stand in JSON."""

    field: Text
    """Its wire name."""
    old: Any
    new: Any


class Step(Model):
    """One revision, told as what it changed."""

    version: Version
    updated_at: Time
    updated_by: Text
    note: Text
    """Why, in the words of who did it."""
    changes: tuple[FieldChange, ...]
    """Against the kept revision before; everything, in the first one."""


class PastPipeline(Model):
    """The pipeline as it stood at a moment."""

    at: Time
    opportunities: tuple[Opportunity, ...]
    """By priority, highest ARR, id."""
    unknown: tuple[Text, ...]
    """Ids of those that were there, but whose revision of that time has outlived its retention."""


class Histories:
    """The use cases on revisions.

    Args:
        store: Where they are kept.
        clock: Tells the present moment.
        retention: How long they are kept.
    """

    def __init__(self, store: Store, clock: Clock, retention: Retention) -> None:
        self._store = store
        self._clock = clock
        self._retention = retention

    def revisions(self, opportunity_id: str) -> tuple[Opportunity, ...]:
        """Return every kept revision, oldest first.

        Raises:
            OpportunityNotFoundError: Nothing is kept under this id.
        """
        revisions = self._store.get_history(opportunity_id)
        if not revisions:
            raise OpportunityNotFoundError(opportunity_id)
        return revisions

    def steps(self, opportunity_id: str) -> tuple[Step, ...]:
        """Return each kept revision as what it changed, oldest first.

        Raises:
            OpportunityNotFoundError: Nothing is kept under this id.
        """
        revisions = self.revisions(opportunity_id)
        return tuple(_step(old, new) for old, new in pairwise((None, *revisions)) if new)

    def differences(self, opportunity_id: str, old: int, new: int) -> tuple[FieldChange, ...]:
        """Return what differs in content between two revisions.

        Raises:
            OpportunityNotFoundError: One of them is not kept.
        """
        before = self._store.get_opportunity(opportunity_id, version=old)
        return differences(before, self._store.get_opportunity(opportunity_id, version=new))

    def at(self, opportunity_id: str, moment: datetime) -> Opportunity:
        """Return an opportunity as it stood at a moment.

        Raises:
            OpportunityNotFoundError: It was not there then, or is not known any more.
            InvalidInputError: The moment lies in the future, or before what is kept.
        """
        self._check(moment)
        found, _ = _as_of(self._store.get_history(opportunity_id), time_text(moment))
        if found is None:
            raise OpportunityNotFoundError(opportunity_id)
        return found

    def pipeline_at(
        self, moment: datetime, filters: OpportunityFilters | None = None
    ) -> PastPipeline:
        """Return the opportunities of all sessions as they stood at a moment.

        Reads every kept revision; on DynamoDB that needs the operator's permissions.

        Args:
            moment: Not in the future, nor longer ago than revisions are kept.
            filters: Judge each opportunity as it was then.

        Raises:
            InvalidInputError: The moment.
        """
        self._check(moment)
        at, wanted = time_text(moment), filters or OpportunityFilters()
        found: list[Opportunity] = []
        unknown: list[str] = []
        for opportunity_id, revisions in revisions_by_id(self._store):
            state, is_unknown = _as_of([r.revision for r in revisions if r.revision], at)
            if is_unknown:
                unknown.append(opportunity_id)
            elif state is not None and wanted.matches(state):
                found.append(state)
        return PastPipeline(
            at=at, opportunities=by_list_order(found), unknown=tuple(sorted(unknown))
        )

    def totals_at(
        self,
        moment: datetime,
        filters: OpportunityFilters | None = None,
        *,
        by: Grouping = Grouping.NONE,
    ) -> tuple[Total, ...]:
        """Return the totals of `pipeline_at`."""
        return added_up(self.pipeline_at(moment, filters).opportunities, by)

    def restore(  # noqa: PLR0913 - each is a fact of the change
        self,
        opportunity_id: str,
        version: int | None = None,
        *,
        updated_by: str,
        note: str = "",
        expected_version: int | None = None,
        change_id: str = "",
    ) -> Opportunity:
        """Make an earlier revision's content the newest one, by a new revision.

        Args:
            opportunity_id: Which one; it may be deleted or expired.
            version: Whose content; None = of the last one before it was deleted or expired.
            updated_by: Who.
            note: Why; empty = says which version.
            expected_version: Refuse if the newest revision is another one.
            change_id: Names this change, so that repeating it is safe; made if empty.

        Raises:
            OpportunityNotFoundError: Unknown, or no such revision.
            SessionNotFoundError: Its session was deleted.
            VersionConflictError: Not at the expected version, or changed too often meanwhile.
            InvalidInputError: That revision is a delete, or it is neither deleted nor expired.
        """

        def change(history: Sequence[Opportunity]) -> Opportunity | None:
            newest = history[-1]
            is_gone = is_expired(newest, self._clock())
            wanted = _restored(history, version, is_gone=is_gone)
            if not is_gone and not differences(newest, wanted):
                return None
            return wanted.revised(
                version=0 if is_gone else newest.version,  # 0: created again, its versions go on
                updated_by=updated_by,
                change_note=note or f"version {wanted.version}",
                change_id=change_id or made_id,
            )

        made_id = uuid.uuid4().hex
        return changed(
            opportunity_id,
            lambda: self.revisions(opportunity_id),
            change,
            self._store.put_opportunity,
            expected_version=expected_version,
            change_id=change_id,
        )

    def _check(self, moment: datetime) -> None:
        now, days = self._clock(), self._retention.history_days
        if moment > now:
            raise InvalidInputError(f"{time_text(moment)} lies in the future.")
        if days and moment < now - timedelta(days=days):
            raise InvalidInputError(
                f"{time_text(moment)} is longer ago than revisions are kept "
                f"({days} days, OPPORTUNITY_HISTORY_TTL_DAYS)."
            )


def moment_of(text: str) -> datetime:
    """Read a moment: `2026-03-01T12:00:00Z`; without a zone in UTC; a day means its end.

    Raises:
        InvalidInputError: It is neither a time nor a day.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InvalidInputError(
            f"{text!r} is not a date or a time: use 2026-03-01 (the end of that day) "
            "or 2026-03-01T12:00:00Z."
        ) from None
    if len(text.strip()) <= len("2026-03-01"):
        moment = moment.replace(hour=23, minute=59, second=59, microsecond=999_000)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def revisions_by_id(store: Movable) -> Iterator[tuple[str, list[Audited]]]:
    """Yield each opportunity's kept revisions, oldest first, as `Movable.audit` gives them."""
    rows = (row for page in pages(store.audit) for row in page.items)
    for opportunity_id, own in groupby(rows, key=lambda row: row.opportunity_id):
        yield opportunity_id, list(own)


def differences(old: Opportunity, new: Opportunity) -> tuple[FieldChange, ...]:
    """Return the fields in which two revisions differ in content."""
    return tuple(
        FieldChange(field=str(path[0]), old=before, new=after)
        for path, before, after in differing(_content(old), _content(new), depth=1)
    )


def _content(revision: Opportunity) -> dict[str, Any]:
    return revision.model_dump(mode="json", exclude=set(STAMPS))


def _step(old: Opportunity | None, new: Opportunity) -> Step:
    content = _content(new)
    changes: Iterable[FieldChange] = (
        differences(old, new)
        if old
        else [FieldChange(field=k, old=None, new=v) for k, v in content.items() if v]
    )
    return Step(
        version=new.version,
        updated_at=new.updated_at,
        updated_by=new.updated_by,
        note=new.change_note,
        changes=tuple(changes),
    )


def _as_of(revisions: Sequence[Opportunity], at: str) -> tuple[Opportunity | None, bool]:
    """Return what was visible at a moment, and whether that is no longer known."""
    past = [one for one in revisions if one.updated_at <= at]
    if not past:
        return None, bool(revisions) and revisions[0].created_at <= at
    state = past[-1]
    is_expired = state.ttl is not None and state.ttl <= datetime.fromisoformat(at).timestamp()
    return (None if state.deleted or is_expired else state), False


def _restored(history: Sequence[Opportunity], version: int | None, *, is_gone: bool) -> Opportunity:
    """Return the revision whose content is wanted."""
    newest = history[-1]
    if version is None:
        if not newest.deleted and not is_gone:
            raise InvalidInputError(
                f"{newest.id!r} is not deleted: name the version to go back to."
            )
        kept = [one for one in history if not one.deleted]
        if not kept:
            raise OpportunityNotFoundError(newest.id)
        return kept[-1]
    for one in history:
        if one.version == version:
            if one.deleted:
                raise InvalidInputError(
                    f"Version {version} of {newest.id!r} is a delete: name an earlier one."
                )
            return one
    raise OpportunityNotFoundError(newest.id)
