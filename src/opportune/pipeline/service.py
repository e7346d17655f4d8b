"""The use cases. The API and the command line call these and nothing below them."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from opportune.errors import ConfigurationError
from opportune.model.filters import Grouping, OpportunityFilters, Order, Total
from opportune.model.records import Opportunity, Page, Session, Status, Template
from opportune.observe.metering import metered
from opportune.observe.tally import Metered, Tally
from opportune.prices.kept import PriceBooks, price_books
from opportune.settings import Settings
from opportune.stores.contract import RETENTION, Clock, Retention, Store, Usage, utc_now
from opportune.stores.files.kept import FileKeeper, FolderFiles, MemoryFiles
from opportune.stores.running import StoreMigrations

if TYPE_CHECKING:  # loaded when they are asked for: a list must not pay for an analysis
    from opportune.model.file import InputFile
    from opportune.pipeline.analyze.analyze import Analyses
    from opportune.pipeline.answers import AnalysisAnswer, ExplanationAnswer
    from opportune.pipeline.changes.duplicates import Duplicates
    from opportune.pipeline.changes.edit import Editing
    from opportune.pipeline.changes.edit_many import BulkEditing
    from opportune.pipeline.changes.history import Histories
    from opportune.pipeline.changes.seals import HistoryReport, SealRow
    from opportune.pipeline.figures import Analytics, Probabilities
    from opportune.pipeline.proof.compare import Comparison
    from opportune.pipeline.proof.recompute import Proofs
    from opportune.pipeline.proof.verify import Verification
    from opportune.pipeline.templates.templates import Templates
    from opportune.pipeline.transfer import Exports
    from opportune.prices.kept import PriceBookAnswer


class Service:
    """The use cases over one store. Safe to share between threads if the store is.

    Args:
        store: Where sessions and opportunities are kept.
        files: Where the customers' files are kept.
        books: The price books; None = the bundled ones.
        migrations: Of the store; None = it cannot be migrated while this service runs.
        tally: Of what the store's operations consume; None = nobody tells.
        clock: Gives the date of an analysis, and the present moment.
        retention: As the store has it.
        probabilities: Of being won, by status; None = the defaults.
    """

    def __init__(  # noqa: PLR0913 - what the use cases need, by name
        self,
        store: Store,
        files: FileKeeper,
        *,
        books: PriceBooks | None = None,
        migrations: StoreMigrations | None = None,
        tally: Tally | None = None,
        clock: Clock = utc_now,
        retention: Retention = RETENTION,
        probabilities: "Probabilities | None" = None,
    ) -> None:
        self._store = store
        self._migrations = migrations
        self._tally = tally or Tally()
        self._files = files
        self._books = books or PriceBooks()
        self._clock = clock
        self._retention = retention
        self._probabilities = probabilities

    @cached_property
    def _proofs(self) -> "Proofs":
        from opportune.pipeline.proof.recompute import Proofs

        return Proofs(self._store, self._files, self._books)

    @cached_property
    def _analyses(self) -> "Analyses":
        from opportune.pipeline.analyze.analyze import Analyses

        return Analyses(self._store, self._files, self._books, self._clock)

    @property
    def analyze(self) -> "Callable[..., AnalysisAnswer]":
        """What finds opportunities in files and keeps them; see `Analyses.analyze`."""
        return self._analyses.analyze

    @property
    def store_analysis(self) -> "Callable[..., AnalysisAnswer]":
        """What keeps the opportunities that were found; see `Analyses.store_analysis`."""
        return self._analyses.store_analysis

    @cached_property
    def histories(self) -> "Histories":
        """What tells the past of the pipeline, and goes back to it."""
        from opportune.pipeline.changes.history import Histories

        return Histories(self._store, self._clock, self._retention)

    @cached_property
    def editing(self) -> "Editing":
        """What makes, changes and deletes one opportunity."""
        from opportune.pipeline.changes.edit import Editing

        return Editing(self._store, self._clock, self._retention)

    @cached_property
    def bulk(self) -> "BulkEditing":
        """What changes many opportunities."""
        from opportune.pipeline.changes.edit_many import BulkEditing

        return BulkEditing(self._store)

    @cached_property
    def analytics(self) -> "Analytics":
        """What adds the pipeline up."""
        from opportune.pipeline.figures import PROBABILITIES, Analytics

        chances = self._probabilities or PROBABILITIES
        return Analytics(self._store, self.histories, self._clock, chances)

    @classmethod
    def from_settings(cls, settings: Settings) -> "Service":
        """Make the service over the store and the folder that the settings name."""
        files: FileKeeper
        if settings.storage_type == "memory":
            files = MemoryFiles()
        elif settings.files_bucket:
            from opportune.stores.files.s3 import S3Files

            files = S3Files.from_settings(settings)
        else:
            files = FolderFiles(settings.data_dir / "files")
        if settings.storage_type == "sqlite":
            _make_folder(settings.data_dir)
        migrations = StoreMigrations.from_settings(settings)
        store, tally = metered(migrations.store, settings)
        books = price_books(settings)
        return cls(
            store,
            files,
            books=books,
            migrations=migrations,
            tally=tally,
            retention=Retention(settings.ttl_days, settings.history_ttl_days),
            probabilities=settings.chances,
        )

    def list_opportunities(
        self,
        filters: OpportunityFilters | None = None,
        *,
        order: Order = Order.NEWEST,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Opportunity]:
        """Return opportunities of all sessions; see `Store.find_opportunities`."""
        return self._store.find_opportunities(filters, order=order, limit=limit, cursor=cursor)

    def totals(
        self, filters: OpportunityFilters | None = None, *, by: Grouping = Grouping.NONE
    ) -> tuple[Total, ...]:
        """Return counts and sums by group and status; see `Store.totals`."""
        return self._store.totals(filters, by=by)

    def session_opportunities(
        self, session_id: str, filters: OpportunityFilters | None = None
    ) -> tuple[Opportunity, ...]:
        """Return one session's list by priority, highest ARR, id.

        Raises:
            SessionNotFoundError: There is no such session.
        """
        self._store.get_session(session_id)
        return self._store.get_opportunities(session_id, filters)

    def opportunity(self, opportunity_id: str, *, version: int | None = None) -> Opportunity:
        """Return an opportunity, or one revision of it; see `Store.get_opportunity`."""
        return self._store.get_opportunity(opportunity_id, version=version)

    def history(self, opportunity_id: str) -> tuple[Opportunity, ...]:
        """Return every revision, oldest first; see `Histories.revisions`."""
        return self.histories.revisions(opportunity_id)

    def verify_history(
        self, seal: "Mapping[str, SealRow] | None" = None
    ) -> "tuple[HistoryReport, tuple[SealRow, ...]]":
        """Check the chain of every kept revision; see `verify_history`."""
        from opportune.pipeline.changes.seals import verify_history

        now = self._clock()
        return verify_history(self._store, now=now, retention=self._retention, seal=seal)

    def update_status(  # noqa: PLR0913 - each is a fact of the change
        self,
        opportunity_id: str,
        status: Status,
        *,
        updated_by: str,
        note: str = "",
        expected_version: int | None = None,
        change_id: str = "",
    ) -> Opportunity:
        """Move an opportunity to a status; the status it has already is no change.

        See `Editing.edit`.
        """
        from opportune.pipeline.changes.edit import Edit

        return self.editing.edit(
            opportunity_id,
            Edit(status=status),
            updated_by=updated_by,
            note=note,
            expected_version=expected_version,
            change_id=change_id,
        )

    def stored_templates(self) -> tuple[Template, ...]:
        """Return users' templates; every analysis begins by reading them."""
        return self._store.list_templates()

    @property
    def templates(self) -> "Templates":
        """What users make of the plays; the rules are loaded when it is asked for."""
        from opportune.pipeline.templates.templates import Templates

        return Templates(
            self._store, self._files, self._books, editing=self.editing, clock=self._clock
        )

    @property
    def duplicates(self) -> "Duplicates":
        """What finds and merges duplicates; made anew for each question."""
        from opportune.pipeline.changes.duplicates import CommonServers, Duplicates

        return Duplicates(self._store, CommonServers(self._proofs))

    def sessions(self, *, limit: int = 50, cursor: str | None = None) -> Page[Session]:
        """Return sessions, last changed first; see `Store.list_sessions`."""
        return self._store.list_sessions(limit=limit, cursor=cursor)

    def session(self, session_id: str) -> Session:
        """Return a session's header; see `Store.get_session`."""
        return self._store.get_session(session_id)

    def delete_session(self, session_id: str, *, updated_by: str) -> None:
        """Delete a session and its opportunities; see `Store.delete_session`."""
        self._store.delete_session(session_id, updated_by=updated_by, change_id=uuid.uuid4().hex)

    def explain(self, opportunity_id: str) -> "ExplanationAnswer":
        """Recompute the calculation behind an opportunity's ARR from the kept files.

        Raises:
            OpportunityNotFoundError: Unknown, deleted or expired.
            FileMissingError: A file of its session is not kept here.
            PriceBookMissingError: Nor is its price book.
            InvalidInputError: It was made by hand, or today's rules no longer find it.
        """
        return self._proofs.explain(opportunity_id)

    def verify(self, session_id: str, files: "Sequence[InputFile] | None" = None) -> "Verification":
        """Recompute a session from these bytes and say whether it is what is stored.

        Args:
            session_id: Which one.
            files: The customer's; None = our own copies.

        Raises:
            SessionNotFoundError: There is no such session.
            FileMissingError: Our own copies are wanted, and one is not here.
            PriceBookMissingError: The session's price book is not here.
        """
        return self._proofs.verify(session_id, files)

    def compare(self, old_id: str, new_id: str) -> "Comparison":
        """Say what differs between two sessions of one customer, and why the portfolio does.

        Raises:
            SessionNotFoundError: There is no such session.
            FileMissingError: A file of theirs is not kept here.
            PriceBookMissingError: Nor is a price book of theirs.
            InvalidInputError: They are of different customers.
        """
        return self._proofs.compare(old_id, new_id)

    def price_book(self, version: str = "") -> "PriceBookAnswer":
        """Return a price book; "" = the one that an analysis would use.

        Raises:
            PriceBookMissingError: There is no such book.
        """
        return self._books.answer(version)

    def keep_price_book(self, path: Path) -> str:
        """Make a price book of the user's available, and return its version.

        Raises:
            ConfigurationError: It is no price book, or cannot be kept.
            InvalidInputError: Another book has its version already.
        """
        return self._books.keep(path)

    @property
    def exports(self) -> "Exports":
        """What writes opportunities to files, and takes such files in."""
        from opportune.pipeline.transfer import Exports

        return Exports(self._store, self._clock, self._proofs.in_languages)

    @property
    def usage(self) -> tuple[Usage, ...]:
        """What the store has consumed so far; see `Store.usage`."""
        return self._store.usage

    @property
    def metered(self) -> tuple[Metered, ...]:
        """What the store has consumed so far, by operation and session."""
        return self._tally.rows(self._store.usage)

    @property
    def readiness_checks(self) -> Mapping[str, Callable[[], object]]:
        """What must work, by name; each raises an OpportuneError if it does not."""
        # One key, the least that a store can be asked for, and within the service's permissions.
        return {"store": lambda: self._store.get_header("none"), "prices": self._books.chosen}

    @property
    def migrations(self) -> StoreMigrations:
        """What moves the store of this service to another one while it runs.

        Raises:
            ConfigurationError: The service was made without it.
        """
        if self._migrations is None:
            raise ConfigurationError("This service's store was opened without store migrations.")
        return self._migrations

    def close(self) -> None:
        """Release the store; a step of a store migration under way is finished first."""
        if self._migrations is not None:
            self._migrations.close()
        self._store.close()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"OPPORTUNITY_DATA_DIR: {folder} cannot be made ({error.strerror}): name another."
        ) from error
