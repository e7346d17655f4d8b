"""The use cases. The API and the command line call these and nothing below them."""

import uuid
from collections.abc import Sequence
from pathlib import Path

from opportune.analysis.own_plays import used
from opportune.carry_over import ANALYSIS_CHANGE, carried_over
from opportune.comparison import Comparison
from opportune.documents.file import InputFile
from opportune.errors import (
    ConfigurationError,
    OpportunityNotFoundError,
    SessionNotFoundError,
    VersionConflictError,
)
from opportune.files import FileKeeper, FolderFiles, MemoryFiles
from opportune.filters import OpportunityFilters, Order, by_list_order
from opportune.intake import Progress, check_kinds, derived_session_id, read, said_by
from opportune.models import Basis, ColumnMapping, Opportunity, Page, Session, Status
from opportune.pricing.books import FOLDER, PriceBookAnswer, PriceBooks
from opportune.proofs import Proofs, analysed
from opportune.rewording import Speaker
from opportune.settings import Settings
from opportune.store_migrations import StoreMigrations
from opportune.stores.contract import Clock, Store, Usage, utc_now
from opportune.templates import Templates
from opportune.verification import Verification
from opportune.views import (
    AnalysisAnswer,
    ExplanationAnswer,
    analysis_answer,
)

ATTEMPTS = 5
"""How often a read-change-write is tried when somebody else is faster."""


class Service:
    """The use cases over one store. Safe to share between threads if the store is.

    Args:
        store: Where sessions and opportunities are kept.
        files: Where the customers' files are kept.
        books: The price books; None = the bundled ones.
        migrations: Of the store; None = it cannot be migrated while this service runs.
        clock: Gives the date of an analysis.
    """

    def __init__(
        self,
        store: Store,
        files: FileKeeper,
        *,
        books: PriceBooks | None = None,
        migrations: StoreMigrations | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self._store = store
        self._migrations = migrations
        self._files = files
        self._books = books or PriceBooks()
        self._proofs = Proofs(store, files, self._books)
        self.templates = Templates(store, files, self._books, clock=clock)
        """What users make of the plays."""
        self._clock = clock

    @classmethod
    def from_settings(cls, settings: Settings) -> "Service":
        """Make the service over the store and the folder that the settings name."""
        files: FileKeeper
        if settings.storage_type == "memory":
            files = MemoryFiles()
        else:
            files = FolderFiles(settings.data_dir / "files")
        if settings.storage_type == "sqlite":
            _make_folder(settings.data_dir)
        migrations = StoreMigrations.from_settings(settings)
        books = price_books(settings)
        return cls(migrations.store, files, books=books, migrations=migrations)

    def analyze(  # noqa: PLR0913 - each is a choice of the caller's
        self,
        files: Sequence[InputFile],
        *,
        customer: str,
        updated_by: str,
        language: str = "en",
        session_id: str | None = None,
        basis: Basis = Basis.ON_DEMAND,
        mapping: Sequence[ColumnMapping] = (),
        price_book: str = "",
        speaker: Speaker | None = None,
        on_progress: Progress | None = None,
    ) -> AnalysisAnswer:
        """Read a customer's files, find the opportunities and keep them.

        The same customer and files are the same session. Analysed again, opportunities keep their
        ids, what people have made of them, and their history; only what differs is written.
        Templates take part as they are now; the session names their versions.

        Args:
            files: One inventory at least. Order does not matter.
            customer: Name of the customer; may be empty.
            updated_by: Who asks.
            language: en, es or pt, of all texts.
            session_id: Replaces the derived one.
            basis: What the customer is expected to pay for compute.
            mapping: Columns whose meaning the user gives.
            price_book: Version; empty = that of the settings, else the bundled one.
            speaker: Says the texts in other words; None = the rules' own.
            on_progress: Told what is being done now.

        Raises:
            DocumentError: A file cannot be used; nothing is stored.
            InvalidInputError: The session id is not acceptable.
            PriceBookMissingError: There is no such price book.
        """
        prices = self._books.chosen(price_book)
        assessment = read(files, on_progress, mapping)
        check_kinds(files, assessment)
        templates = self._store.list_templates()
        header = Session.checked(
            id=session_id or derived_session_id(customer, files, basis, mapping),
            customer=customer,
            language=language,
            files=assessment.files,
            totals=assessment.totals(),
            quality=assessment.quality,
            price_book=prices.version,
            basis=basis,
            run_date=self._clock().date().isoformat(),
            mapping=tuple(mapping),
            templates=used(templates),
            updated_by=updated_by,
        )
        if on_progress:
            on_progress("analyze", "")
        analysis = analysed(assessment, header, self._books, templates)
        header = header.revised(quality=(*analysis.file_quality, *analysis.quality))
        found, rewording = analysis.opportunities, None
        if speaker is not None:
            found, rewording = said_by(speaker, found, assessment, on_progress)
        for file in files:
            self._files.keep(file)
        if on_progress:
            on_progress("save", "")
        answer = self._store_analysis(header, found)
        return answer.model_copy(update={"rewording": rewording})

    def _store_analysis(self, header: Session, found: Sequence[Opportunity]) -> AnalysisAnswer:
        change_id = f"{ANALYSIS_CHANGE}{uuid.uuid4().hex}"
        for attempt in range(1, ATTEMPTS + 1):
            known = self._session_or_none(header.id)
            stored = self._store.get_opportunities(header.id) if known else ()
            wanted = carried_over(
                found,
                stored,
                # In a new session, or one deleted as a whole, nobody deleted a single one.
                history=self._store.get_history if known else lambda _: (),
                updated_by=header.updated_by,
                change_id=change_id,
            )
            if known and _same_header(known, header) and {*wanted} == {*stored}:
                return analysis_answer(known, before=stored, after=by_list_order(stored))
            base = known.version if known else 0
            try:
                session = self._store.store_opportunities(
                    header.revised(version=base, change_id=change_id), wanted
                )
            except VersionConflictError:
                if attempt == ATTEMPTS:
                    raise
            else:
                kept = self._store.get_opportunities(header.id)
                return analysis_answer(session, before=stored, after=kept)
        raise AssertionError  # the last attempt returned or raised

    def _session_or_none(self, session_id: str) -> Session | None:
        try:
            return self._store.get_session(session_id)
        except SessionNotFoundError:
            return None

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
        """Return every revision, oldest first.

        Raises:
            OpportunityNotFoundError: Nothing was ever kept under this id.
        """
        revisions = self._store.get_history(opportunity_id)
        if not revisions:
            raise OpportunityNotFoundError(opportunity_id)
        return revisions

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

        Args:
            opportunity_id: Which one.
            status: Where to.
            updated_by: Who.
            note: Why.
            expected_version: Refuse if it is not at this version. None: whatever it is at.
            change_id: Names this change, so that repeating it is safe; made if empty.

        Raises:
            OpportunityNotFoundError: Unknown, deleted or expired.
            VersionConflictError: Not at the expected version, or changed too often meanwhile.
        """
        change = {
            "status": status,
            "updated_by": updated_by,
            "change_note": note,
            "change_id": change_id or uuid.uuid4().hex,
        }
        for attempt in range(1, ATTEMPTS + 1):
            present = self._store.get_opportunity(opportunity_id)
            if present.change_id == change_id != "":
                return present  # a repeat of a change whose answer was lost
            if expected_version is not None and expected_version != present.version:
                raise VersionConflictError(
                    opportunity_id, expected=expected_version, actual=present.version
                )
            if present.status == status:
                return present
            try:
                return self._store.put_opportunity(present.revised(**change))
            except VersionConflictError:
                if expected_version is not None or attempt == ATTEMPTS:
                    raise
        raise AssertionError  # the last attempt returned or raised

    def sessions(self, *, limit: int = 50, cursor: str | None = None) -> Page[Session]:
        """Return sessions, last changed first; see `Store.list_sessions`."""
        return self._store.list_sessions(limit=limit, cursor=cursor)

    def session(self, session_id: str) -> Session:
        """Return a session's header; see `Store.get_session`."""
        return self._store.get_session(session_id)

    def delete_session(self, session_id: str, *, updated_by: str) -> None:
        """Delete a session and its opportunities; see `Store.delete_session`."""
        self._store.delete_session(session_id, updated_by=updated_by, change_id=uuid.uuid4().hex)

    def explain(self, opportunity_id: str) -> ExplanationAnswer:
        """Recompute the calculation behind an opportunity's ARR from the kept files.

        Raises:
            OpportunityNotFoundError: Unknown, deleted or expired.
            FileMissingError: A file of its session is not kept here.
            PriceBookMissingError: Nor is its price book.
            InvalidInputError: It was made by hand, or today's rules no longer find it.
        """
        return self._proofs.explain(opportunity_id)

    def verify(self, session_id: str, files: Sequence[InputFile] | None = None) -> Verification:
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

    def compare(self, old_id: str, new_id: str) -> Comparison:
        """Say what differs between two sessions of one customer, and why the portfolio does.

        Raises:
            SessionNotFoundError: There is no such session.
            FileMissingError: A file of theirs is not kept here.
            PriceBookMissingError: Nor is a price book of theirs.
            InvalidInputError: They are of different customers.
        """
        return self._proofs.compare(old_id, new_id)

    def price_book(self, version: str = "") -> PriceBookAnswer:
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
    def usage(self) -> tuple[Usage, ...]:
        """What the store has consumed so far; see `Store.usage`."""
        return self._store.usage

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


def price_books(settings: Settings) -> PriceBooks:
    """Return the price books of the package and of the data folder."""
    return PriceBooks(
        settings.data_dir / FOLDER,
        default=settings.price_book,
        is_lasting=settings.storage_type != "memory",
    )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"OPPORTUNITY_DATA_DIR: {folder} cannot be made ({error.strerror}): name another."
        ) from error


def _same_header(stored: Session, fresh: Session) -> bool:
    """Tell whether a new header says nothing that the stored one does not.

    A later day alone is nothing new: what is stored is right as of its own day.
    """
    stamps = ("version", "created_at", "updated_at", "updated_by", "change_id", "run_date")
    return stored == fresh.model_copy(update={name: getattr(stored, name) for name in stamps})
