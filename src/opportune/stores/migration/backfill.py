"""Copying everything that the source holds, a batch at a time, while it is being changed."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from opportune.errors import WrongStageError
from opportune.stores.contract import PAGE_LIMIT
from opportune.stores.cursor import pages
from opportune.stores.journal import Migration, Stage
from opportune.stores.migration.record import Backfill, Counts, Details
from opportune.stores.migration.serving import Leases
from opportune.stores.migration.steps import MigrationRecords, Progress

WAIT_SLICE_S = 1.0
"""How long a wait goes on without a word."""


@dataclass(frozen=True)
class Pace:
    """Tells how fast a run is, waits, and keeps to a limit.

    Args:
        monotonic: Seconds that only rise.
        sleep: Waits for seconds.
    """

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def wait(self, seconds: float, since_s: float | None = None) -> Iterator[Progress]:
        """Wait until so many seconds have passed since a moment, or from now on."""
        begun_s = self.monotonic() if since_s is None else since_s
        while (left_s := begun_s + seconds - self.monotonic()) > 0:
            yield Progress("wait", int(seconds - left_s), int(seconds), left_s=left_s)
            self.sleep(min(left_s, WAIT_SLICE_S))

    def progress(
        self, step: str, done: int, total: int | None, *, of_run: int, since_s: float
    ) -> Progress:
        """Say how far something is, with what this run did since a moment."""
        elapsed_s = self.monotonic() - since_s
        per_s = of_run / elapsed_s if elapsed_s > 0 else None
        left_s = max(0, total - done) / per_s if per_s and total is not None else None
        return Progress(step, done, total, per_s, left_s)


@dataclass
class Copier:
    """Copies what the source holds, and writes down after each batch how far it is.

    Args:
        records: Of the migration.
        leases: Say how long to wait before what is scanned is all there is.
        pace: Time.
        batch: Records copied at a time, 1 to 1,000; also what an interruption costs.
        records_per_s: At most so many; None: as fast as it goes.
    """

    records: MigrationRecords
    leases: Leases
    pace: Pace
    batch: int
    records_per_s: float | None
    _of_run: int = field(default=0, init=False)

    def copy(self) -> Iterator[Progress]:
        """Do what is left.

        Raises:
            WrongStageError: The migration is not in DUAL_WRITE.
        """
        migration, details = self.records.read()
        if migration.stage is not Stage.DUAL_WRITE:
            raise WrongStageError(
                f"Copying belongs to DUAL_WRITE; this store migration is at {migration.stage}."
            )
        if not details.backfill.is_ready:
            yield from self._get_ready(migration)
            details = self.records.read()[1]
        since_s = self.pace.monotonic()
        while not details.backfill.finished_at:
            details = self._copy_batch(migration, details.backfill)
            yield self._progress(details.backfill, since_s)
            if self.records_per_s:
                yield from self.pace.wait(self._of_run / self.records_per_s, since_s)

    def _get_ready(self, migration: Migration) -> Iterator[Progress]:
        """Wait until no write without a fence can be under way; meanwhile count what is there."""
        since_s = self.pace.monotonic()
        counted = 0
        for page in pages(partial(self.records.source.scan, limit=PAGE_LIMIT)):
            counted += len(page.items)
            yield self.pace.progress("count", counted, None, of_run=counted, since_s=since_s)
        yield from self.pace.wait(self.leases.unfenced_s, since_s)

        def ready(details: Details) -> Details:
            backfill = details.backfill
            if backfill.is_ready:  # another operator has waited too
                return details
            changes = {"is_ready": True, "expected": counted, "started_at": self.records.now()}
            return details.revised(backfill=backfill.revised(**changes))

        self.records.amend(migration, ready)

    def _copy_batch(self, migration: Migration, before: Backfill) -> Details:
        page = self.records.source.scan(limit=self.batch, cursor=before.cursor or None)
        if page.items:
            self.records.target.replicate(page.items)
        self._of_run += len(page.items)

        def copied(details: Details) -> Details:
            backfill = details.backfill
            if backfill != before:  # another operator copies too, and has come further
                return details
            changes = {
                "cursor": page.cursor or "",
                "copied": backfill.copied.plus(page.items),
                "batches": backfill.batches + 1,
                "finished_at": "" if page.cursor else self.records.now(),
            }
            return details.revised(backfill=backfill.revised(**changes))

        return self.records.amend(migration, copied)[1]

    def _progress(self, backfill: Backfill, since_s: float) -> Progress:
        copied: Counts = backfill.copied
        return self.pace.progress(
            "backfill", copied.total, backfill.expected, of_run=self._of_run, since_s=since_s
        )
