"""Verifying a store migration: every record and every list of both stores, compared by content.

Both stores are scanned, and the digests of what they show are laid side by side. What is not known
to be equal then is read by key, which is not how it was copied, and compared field by field. Lists
are compared as readers get them; one that shows something that no scan has shown gives it away.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from opportune.errors import WrongStageError
from opportune.model.records import Record, session_of
from opportune.stores.contract import PAGE_LIMIT, Retention
from opportune.stores.cursor import pages
from opportune.stores.journal import Copying, Stage
from opportune.stores.migration.backfill import Pace
from opportune.stores.migration.comparing import Comparison
from opportune.stores.migration.record import Details, StoreDifference, StoreVerification
from opportune.stores.migration.steps import MigrationRecords, Progress
from opportune.stores.migration.verification_rows import SIDES, DigestTable, key_of, kind_of

EXAMPLES = 50
"""Differences that are kept in the record; all are counted."""


@dataclass
class Verifier:
    """Compares both stores, and writes down in the record what came out.

    Args:
        records: Of the migration.
        retention: As both stores have it.
        pace: Time.
        is_repairing: Mend in the target what differs from the source, then compare again.
    """

    records: MigrationRecords
    retention: Retention
    pace: Pace
    is_repairing: bool = False
    _examples: list[StoreDifference] = field(default_factory=list, init=False)
    _differences: int = field(default=0, init=False)
    _rechecked: int = field(default=0, init=False)
    _expiring: int = field(default=0, init=False)
    _lists: int = field(default=0, init=False)
    _repaired: int = field(default=0, init=False)

    def verify(self) -> Iterator[Progress]:
        """Compare; with repairing: compare, mend, and compare again.

        Raises:
            WrongStageError: Copying has not ended, or the stage changed meanwhile.
        """
        yield from self._verify_once()
        if self._repaired:
            self.is_repairing = False
            yield from self._verify_once()

    def _verify_once(self) -> Iterator[Progress]:
        migration, details = self.records.read()
        if migration.stage not in (Stage.DUAL_WRITE, Stage.CUT_OVER):
            raise WrongStageError(
                f"Both stores are compared in DUAL_WRITE and CUT_OVER, not at {migration.stage}."
            )
        if not details.backfill.finished_at:
            raise WrongStageError("Copying has not ended yet: start goes on with it.")
        self._examples = []
        self._differences = self._rechecked = self._expiring = self._lists = 0
        started_at = self.records.now()
        table = DigestTable()
        try:
            yield from self._scan(table, details)
            yield from self._compare_lists(table)
            yield from self._recheck(table)
            verification = StoreVerification(
                stage_number=migration.stage_number,
                started_at=started_at,
                finished_at=self.records.now(),
                by=self.records.operator,
                source=table.counts("source"),
                target=table.counts("target"),
                source_digest=table.digest("source"),
                target_digest=table.digest("target"),
                lists=self._lists,
                rechecked=self._rechecked,
                expiring=self._expiring,
                differences=self._differences,
                examples=tuple(self._examples),
                repaired=self._repaired,
            )
        finally:
            table.close()
        self.records.amend(migration, lambda present: present.revised(verification=verification))

    def _scan(self, table: DigestTable, details: Details) -> Iterator[Progress]:
        expected = details.backfill.expected
        total = None if expected is None else 2 * expected
        since_s = self.pace.monotonic()
        done = 0
        for side in SIDES:
            store = self.records.source if side == "source" else self.records.target
            for page in pages(partial(store.scan, limit=PAGE_LIMIT)):
                table.add(side, page.items)
                done += len(page.items)
                yield self.pace.progress("verify", done, total, of_run=done, since_s=since_s)

    def _compare_lists(self, table: DigestTable) -> Iterator[Progress]:
        """Compare what readers are shown, and look for what a scan has left out."""
        for template in self.records.source.list_templates():
            self._trust(table, template)
        for page in pages(partial(self.records.source.list_sessions, limit=PAGE_LIMIT)):
            for header in page.items:
                self._trust(table, header)
            yield Progress("lists", self._lists)
        for session_id in table.session_ids():
            self._compare_list(table, session_id)
            yield Progress("lists", self._lists)

    def _compare_list(self, table: DigestTable, session_id: str) -> None:
        self._lists += 1
        for opportunity in self.records.source.get_opportunities(session_id):
            self._trust(table, opportunity)
        for difference in self._comparison().list_of(session_id):
            table.suspect("opportunity", difference.key)
            if not self._comparison().record("opportunity", difference.key)[0]:
                self._count([difference])  # its record is as it should be

    def _trust(self, table: DigestTable, record: Record) -> None:
        """Believe a listed record only if both scans have shown it."""
        if not all(table.has(side, record) for side in SIDES):
            table.suspect(kind_of(record), key_of(record))

    def _recheck(self, table: DigestTable) -> Iterator[Progress]:
        """Read by key what is not known to be equal."""
        for kind, key in table.suspects():
            found, expiring = self._comparison().record(kind, key)
            self._rechecked += 1
            self._expiring += expiring
            self._count(found)
            if found and self.is_repairing:
                self._mend(kind, key)
            yield Progress("recheck", self._rechecked)

    def _count(self, found: Sequence[StoreDifference]) -> None:
        self._differences += len(found)
        self._examples += found[: max(0, EXAMPLES - len(self._examples))]

    def _comparison(self) -> Comparison:
        return Comparison(
            self.records.source, self.records.target, self.records.clock, self.retention
        )

    def _mend(self, kind: str, key: str) -> None:
        """Replace what the target holds of a key by what the source has, in one step."""
        source = self.records.source
        wanted: list[Record] = []
        if kind == "template":
            wanted += source.get_template_history(key)
        else:
            header = source.get_header(session_of(key))
            wanted += [] if header is None else [header]
            wanted += source.get_history(key) if kind == "opportunity" else ()
        if wanted:
            self.records.target.replicate(wanted, copying=Copying.MEND)
            self._repaired += 1
