"""Whether the history is what the stores have written: digests, links, and a seal kept elsewhere.

Each revision holds the digest of the one before and its own, so an edit made beside the API shows.
Who recomputes a whole chain shows only against a seal: the newest digests as they once were.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from opportune.errors import InvalidInputError
from opportune.model.records import Model, Opportunity, Text, Time, Version
from opportune.model.times import retained_until, time_text
from opportune.pipeline.changes.history import revisions_by_id
from opportune.stores.contract import Audited, Clock, Movable, Retention
from opportune.stores.revisions import digest_of

SEAL_KIND = "opportune-history-seal"


class HistoryProblem(Model):
    """A revision that is not as a store wrote it."""

    opportunity_id: Text
    version: Version
    problem: Text
    """What, in one sentence."""


class SealRow(Model):
    """The newest revision of an opportunity when the seal was made."""

    opportunity_id: Text
    version: Version
    updated_at: Time
    digest: Text


class HistoryReport(Model):
    """What a verification of the history found."""

    opportunities: int
    revisions: int
    sealed: int
    """Opportunities of the seal that was compared with; 0 without one."""
    problems: tuple[HistoryProblem, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return not self.problems


def verify_history(
    store: Movable,
    *,
    now: datetime,
    retention: Retention,
    seal: Mapping[str, SealRow] | None = None,
) -> tuple[HistoryReport, tuple[SealRow, ...]]:
    """Check every kept revision; on DynamoDB that needs the operator's permissions.

    Returns:
        The report, and the rows of a new seal.
    """
    left = dict(seal or {})
    problems: list[HistoryProblem] = []
    rows: list[SealRow] = []
    count = 0
    for opportunity_id, revisions in revisions_by_id(store):
        count += len(revisions)
        problems += _problems(revisions, now, retention)
        sealed = left.pop(opportunity_id, None)
        if sealed is not None:
            problems += _against(sealed, revisions, now, retention)
        newest = revisions[-1].revision
        if newest is not None:
            rows.append(
                SealRow(
                    opportunity_id=opportunity_id,
                    version=newest.version,
                    updated_at=newest.updated_at,
                    digest=newest.digest,
                ),
            )
    for sealed in left.values():
        if not _is_outlived(sealed.updated_at, now, retention):
            problems.append(_problem(sealed, "was there when the seal was made, and is gone"))
    report = HistoryReport(
        opportunities=len({p.opportunity_id for p in problems} | {r.opportunity_id for r in rows}),
        revisions=count,
        sealed=len(seal or {}),
        problems=tuple(problems),
    )
    return report, tuple(rows)


class Seals:
    """The use case of checking that the past is unchanged.

    Args:
        store: Where revisions are kept.
        clock: Tells the present moment.
        retention: How long they are kept.
    """

    def __init__(self, store: Movable, clock: Clock, retention: Retention) -> None:
        self._store = store
        self._clock = clock
        self._retention = retention

    def verify(
        self, seal: Mapping[str, SealRow] | None = None
    ) -> tuple[HistoryReport, tuple[SealRow, ...]]:
        """Check the chain of every kept revision; see `verify_history`."""
        return verify_history(self._store, now=self._clock(), retention=self._retention, seal=seal)


def _problems(rows: list[Audited], now: datetime, retention: Retention) -> Iterator[HistoryProblem]:
    """Yield what is wrong with an opportunity's revisions, oldest first."""
    before: Opportunity | None = None
    is_after_damage = False
    for row in rows:
        if row.problem:
            yield _problem(row, row.problem)
        one = row.revision
        if one is None:
            if not row.problem:
                yield _problem(row, "cannot be read")
            before, is_after_damage = None, True
            continue
        if one.digest != digest_of(one):
            yield _problem(row, "has been edited: its digest does not fit its content")
        if before is not None:
            yield from _broken_links(row, before, one)
        elif not is_after_damage:
            yield from _wrong_beginnings(row, one, now, retention)
        before, is_after_damage = one, False


def _broken_links(row: Audited, before: Opportunity, one: Opportunity) -> Iterator[HistoryProblem]:
    if one.version != before.version + 1:
        yield _problem(row, f"follows version {before.version}: what was between is gone")
    elif one.previous_digest != before.digest:
        yield _problem(row, f"was not made from version {before.version} as it stands now")
    if one.updated_at <= before.updated_at:
        yield _problem(row, "is not later than the version before")


def _wrong_beginnings(
    row: Audited, one: Opportunity, now: datetime, retention: Retention
) -> Iterator[HistoryProblem]:
    """Judge the oldest revision: those before it may only be gone if they have outlived it."""
    if one.version == 1 and one.previous_digest:
        yield _problem(row, "is the first one, yet names one before")
    if one.version > 1 and not _is_outlived(one.created_at, now, retention):
        yield _problem(row, "is the oldest one here, yet those before should still be kept")


def _against(
    sealed: SealRow, rows: list[Audited], now: datetime, retention: Retention
) -> Iterator[HistoryProblem]:
    """Compare an opportunity with what a seal says of it."""
    held = {row.version: row.revision for row in rows}
    if sealed.version in held:
        one = held[sealed.version]
        if one is not None and one.digest != sealed.digest:
            yield _problem(sealed, "is not the one that was sealed: its chain was written again")
    elif rows[-1].version < sealed.version:
        # What was forgotten begins again at 1; else versions only rise.
        if not _is_outlived(sealed.updated_at, now, retention):
            yield _problem(sealed, "was there when the seal was made, and is gone")
    elif not _is_outlived(sealed.updated_at, now, retention):
        yield _problem(sealed, "was there when the seal was made, and is gone")


def _is_outlived(moment: str, now: datetime, retention: Retention) -> bool:
    until = retained_until(moment, retention.history_days)
    return until is not None and until <= now.timestamp()


def _problem(row: Audited | SealRow, problem: str) -> HistoryProblem:
    return HistoryProblem(opportunity_id=row.opportunity_id, version=row.version, problem=problem)


def seal_text(rows: Iterable[SealRow], now: datetime) -> str:
    """Write a seal: a line that says what it is, a line a row, a line that closes it."""
    head = json.dumps({"kind": SEAL_KIND, "madeAt": time_text(now)})
    lines = [head, *(row.model_dump_json() for row in rows)]
    return "\n".join([*lines, json.dumps({"sha256": _sha256(lines)}), ""])


def read_seal(path: Path) -> dict[str, SealRow]:
    """Read a seal.

    Raises:
        InvalidInputError: It is none, or was changed or cut.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
        is_seal = len(lines) > 1 and json.loads(lines[0]).get("kind") == SEAL_KIND
        is_whole = is_seal and json.loads(lines[-1]) == {"sha256": _sha256(lines[:-1])}
        rows = [SealRow.model_validate_json(line) for line in lines[1:-1]] if is_whole else []
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, AttributeError) as error:
        raise InvalidInputError(f"{path} is not a seal of a history.") from error
    if not is_whole:
        raise InvalidInputError(
            f"{path} is not complete: give the file of the seal as it was written."
        )
    return {row.opportunity_id: row for row in rows}


def _sha256(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
