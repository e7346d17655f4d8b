"""The pipeline in figures: what it is worth, where it stands, what moves and what does not.

Every figure is a sum over the list of the same filter, so a reader can check each by listing.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import fmean, median

from pydantic import Field

from opportune.errors import InvalidInputError
from opportune.model.filters import Grouping, OpportunityFilters, Order, Sum, Total, added_up
from opportune.model.money import cents
from opportune.model.records import Model, Money, Opportunity, Status, Text, Time
from opportune.model.times import time_text
from opportune.pipeline.changes.edit_many import found
from opportune.pipeline.changes.history import Histories
from opportune.settings import Settings
from opportune.stores.contract import Clock, Store

OPEN = (Status.NEW, Status.IN_PROGRESS)
CLOSED = (Status.WON, Status.LOST)
HISTORY_LIMIT = 10_000
"""Opportunities whose histories are read for one answer."""

Probabilities = Mapping[Status, Decimal]
"""How likely it is that an opportunity of a status is won, or was: 0 to 1."""

PROBABILITIES: Probabilities = Settings().chances
"""Unless told otherwise."""


class Figures(Model):
    """Of a group of opportunities."""

    count: int
    arr: Sum
    weighted_arr: Sum = Field(alias="weightedARR")
    """Each ARR times the probability of its status, rounded to the cent by status."""


class GroupFigures(Figures):
    """Of one group of those that a grouping makes."""

    key: Text
    by_status: Mapping[Status, Figures]


class WinRate(Model):
    """Of those that are won or lost: the part that is won, 0 to 1; None if there are none."""

    won: int
    lost: int
    by_count: float | None
    by_arr: float | None


class PipelineRow(Model):
    """An opportunity as lists of figures show it."""

    id: Text
    title: Text
    customer: Text
    owner: Text
    status: Status
    estimated_arr: Money = Field(alias="estimatedARR")
    updated_at: Time


class Stalled(Model):
    """Open ones that nobody has changed for some days."""

    days: int
    count: int
    arr: Sum
    oldest: tuple[PipelineRow, ...]
    """The first of them, highest ARR first."""


class PipelineFigures(Model):
    """A pipeline, or the filtered part of it, in figures."""

    at: Time
    total: Figures
    open: Figures
    by_status: Mapping[Status, Figures]
    grouping: Grouping
    groups: tuple[GroupFigures, ...]
    """By ARR, highest first; ties by key."""
    win_rate: WinRate
    top: tuple[PipelineRow, ...]
    """Highest ARR first."""
    stalled: Stalled
    probabilities: Mapping[Status, Decimal]


class Move(Model):
    """A status that changed."""

    id: Text
    title: Text
    customer: Text
    old: Status | None
    """None = it was created."""
    new: Status
    at: Time
    by: Text
    arr: Money


class Moves(Model):
    """What moved since a moment, newest first; of opportunities that are still there."""

    since: Time
    moves: tuple[Move, ...]
    arr_by_status: Mapping[Status, Sum]
    """What came to each status, and is still in it."""


class Stay(Model):
    """How long opportunities are in a status, in days; stays that last still count up to now."""

    status: Status
    stays: int
    mean_days: float
    median_days: float
    longest_days: float


class Analytics:
    """The use cases that add up.

    Args:
        store: Where opportunities are kept.
        histories: Their past.
        clock: Tells the present moment.
        probabilities: Of being won, by status.
    """

    def __init__(
        self,
        store: Store,
        histories: Histories,
        clock: Clock,
        probabilities: Probabilities = PROBABILITIES,
    ) -> None:
        self._store = store
        self._histories = histories
        self._clock = clock
        self._probabilities = probabilities

    def figures(
        self,
        filters: OpportunityFilters | None = None,
        *,
        by: Grouping = Grouping.NONE,
        top: int = 10,
        stalled_days: int = 14,
        at: datetime | None = None,
    ) -> PipelineFigures:
        """Return a pipeline in figures.

        Args:
            filters: Which opportunities.
            by: By what groups are made.
            top: How many rows, and groups of customers or owners, at most; 1 to 100.
            stalled_days: Open and not changed for so long = stalled.
            at: As it stood at this moment; None = now.

        Raises:
            InvalidInputError: A number is out of range, or the moment is not one that is kept.
        """
        if not 1 <= top <= 100 or stalled_days < 1:  # noqa: PLR2004 - said in the sentence
            raise InvalidInputError("top must be between 1 and 100, stalled days 1 or more.")
        wanted = filters or OpportunityFilters()
        view = _Now(self._store, wanted) if at is None else _Then(self._histories, wanted, at)
        moment = at or self._clock()
        quiet = (moment - timedelta(days=stalled_days)).date()
        until = min(quiet, wanted.updated_to) if wanted.updated_to else quiet
        open_ = tuple(s for s in OPEN if not wanted.status or s in wanted.status)
        still = wanted.revised(updated_to=until, status=open_)
        totals = view.totals(wanted, Grouping.NONE)
        stalled = view.totals(still, Grouping.NONE) if open_ else ()
        return PipelineFigures(
            at=time_text(moment),
            total=self._sum(totals),
            open=self._sum([t for t in totals if t.status in OPEN]),
            by_status=self._by_status(totals),
            grouping=by,
            groups=self._groups(view.totals(wanted, by)) if by is not Grouping.NONE else (),
            win_rate=_win_rate(totals),
            top=tuple(map(_row, view.top(wanted, top))),
            stalled=Stalled(
                days=stalled_days,
                count=sum(t.count for t in stalled),
                arr=_arr(stalled),
                oldest=tuple(map(_row, view.top(still, top))) if open_ else (),
            ),
            probabilities=dict(self._probabilities),
        )

    def moves(self, filters: OpportunityFilters | None = None, *, days: int = 7) -> Moves:
        """Return which opportunities came to which status in the last days.

        Raises:
            InvalidInputError: Days are out of range, or too many opportunities changed.
        """
        if not 1 <= days <= 366:  # noqa: PLR2004 - said in the sentence
            raise InvalidInputError("days must be between 1 and 366.")
        moment = self._clock() - timedelta(days=days)
        wanted = filters or OpportunityFilters()
        first = max(moment.date(), wanted.updated_from or moment.date())
        since = time_text(moment)
        moves: list[Move] = []
        arrived: dict[Status, Decimal] = dict.fromkeys(Status, Decimal(0))
        for one in self._few(wanted.revised(updated_from=first)):
            made = _moves(one, self._store.get_history(one.id), since)
            moves += made
            if made:
                arrived[one.status] += one.estimated_arr
        moves.sort(key=lambda move: (move.at, move.id), reverse=True)
        return Moves(since=since, moves=tuple(moves), arr_by_status=arrived)

    def stays(self, filters: OpportunityFilters | None = None) -> tuple[Stay, ...]:
        """Return how long the opportunities of a filter are and were in each status.

        Raises:
            InvalidInputError: More than 10,000 opportunities pass the filter.
        """
        now = self._clock()
        days: dict[Status, list[float]] = {status: [] for status in Status}
        for one in self._few(filters or OpportunityFilters()):
            for status, stayed in _stays(self._store.get_history(one.id), now):
                days[status].append(stayed)
        return tuple(
            Stay(
                status=status,
                stays=len(of_status),
                mean_days=round(fmean(of_status), 2),
                median_days=round(median(of_status), 2),
                longest_days=round(max(of_status), 2),
            )
            for status, of_status in days.items()
            if of_status
        )

    def _few(self, filters: OpportunityFilters) -> Iterable[Opportunity]:
        for count, one in enumerate(found(self._store, filters)):
            if count == HISTORY_LIMIT:
                raise InvalidInputError(
                    f"More than {HISTORY_LIMIT:,} opportunities: narrow the filters."
                )
            yield one

    def _groups(self, totals: Sequence[Total]) -> tuple[GroupFigures, ...]:
        by_key: dict[str, list[Total]] = {}
        for total in totals:
            by_key.setdefault(total.key, []).append(total)
        groups = [
            GroupFigures(key=key, by_status=self._by_status(rows), **dict(self._sum(rows)))
            for key, rows in by_key.items()
        ]
        return tuple(sorted(groups, key=lambda group: (-group.arr, group.key)))

    def _by_status(self, totals: Iterable[Total]) -> dict[Status, Figures]:
        return {
            status: self._sum([total for total in totals if total.status == status])
            for status in Status
            if any(total.status == status for total in totals)
        }

    def _sum(self, totals: Sequence[Total]) -> Figures:
        weighted = sum(
            (cents(t.arr * self._probabilities[t.status]) for t in totals),
            Decimal(0),
        )
        return Figures(
            count=sum(total.count for total in totals), arr=_arr(totals), weighted_arr=weighted
        )


class _Now:
    """The pipeline as the store has it."""

    def __init__(self, store: Store, _: OpportunityFilters) -> None:
        self._store = store

    def totals(self, filters: OpportunityFilters, by: Grouping) -> tuple[Total, ...]:
        return self._store.totals(filters, by=by)

    def top(self, filters: OpportunityFilters, count: int) -> Sequence[Opportunity]:
        return self._store.find_opportunities(filters, order=Order.ARR, limit=count).items


class _Then:
    """The pipeline as it stood at a moment, read once."""

    def __init__(self, histories: Histories, filters: OpportunityFilters, at: datetime) -> None:
        self._all = histories.pipeline_at(at, filters).opportunities

    def totals(self, filters: OpportunityFilters, by: Grouping) -> tuple[Total, ...]:
        return added_up(filter(filters.matches, self._all), by)

    def top(self, filters: OpportunityFilters, count: int) -> Sequence[Opportunity]:
        matching = filter(filters.matches, self._all)
        return sorted(matching, key=lambda one: (-one.estimated_arr, one.id))[:count]


def _arr(totals: Iterable[Total]) -> Decimal:
    return sum((total.arr for total in totals), Decimal(0))


def _row(one: Opportunity) -> PipelineRow:
    return PipelineRow(**{name: getattr(one, name) for name in PipelineRow.model_fields})


def _win_rate(totals: Iterable[Total]) -> WinRate:
    closed = [total for total in totals if total.status in CLOSED]
    won = [total for total in closed if total.status is Status.WON]
    count, count_won = sum(t.count for t in closed), sum(t.count for t in won)
    arr, arr_won = _arr(closed), _arr(won)
    return WinRate(
        won=count_won,
        lost=count - count_won,
        by_count=round(count_won / count, 4) if count else None,
        by_arr=round(float(arr_won / arr), 4) if arr > 0 else None,
    )


def _moves(one: Opportunity, history: Sequence[Opportunity], since: str) -> list[Move]:
    steps = pairwise((None, *history))
    return [
        Move(
            id=one.id,
            title=new.title,
            customer=new.customer,
            old=old.status if old else None,
            new=new.status,
            at=new.updated_at,
            by=new.updated_by,
            arr=new.estimated_arr,
        )
        for old, new in steps
        if new is not None
        and new.updated_at >= since
        and not new.deleted
        and (old.status != new.status if old else new.version == 1)
    ]


def _stays(history: Sequence[Opportunity], now: datetime) -> Iterable[tuple[Status, float]]:
    """Yield each stay in a status and its days; of what is deleted, up to then."""
    began = ""
    status: Status | None = None
    for revision in history:
        if status is not None and (revision.status != status or revision.deleted):
            yield status, _days(began, datetime.fromisoformat(revision.updated_at))
            status = None
        if revision.deleted:
            continue
        if status is None:
            status, began = revision.status, revision.updated_at
    if status is not None:
        yield status, _days(began, now)


def _days(began: str, ended: datetime) -> float:
    return max(0.0, (ended - datetime.fromisoformat(began)).total_seconds() / 86_400)
