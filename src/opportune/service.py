"""The use cases. The API and the command line call these and nothing below them."""

import hashlib
import uuid
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path

from opportune.analysis import Analysis, analyze
from opportune.assessment import Assessment
from opportune.carry_over import ANALYSIS_CHANGE, carried_over
from opportune.documents import INVENTORY_KINDS, read_documents
from opportune.documents.file import InputFile
from opportune.errors import (
    ConfigurationError,
    InvalidInputError,
    OpportunityNotFoundError,
    SessionNotFoundError,
    UnsupportedDocumentError,
    VersionConflictError,
)
from opportune.files import FileKeeper, FolderFiles, MemoryFiles
from opportune.models import (
    Opportunity,
    OpportunityFilters,
    Order,
    Page,
    Session,
    Status,
    by_list_order,
    folded,
)
from opportune.settings import Settings
from opportune.stores import open_store
from opportune.stores.contract import Clock, Retention, Store, Usage, utc_now
from opportune.views import (
    AnalysisAnswer,
    ExplanationAnswer,
    Inspection,
    analysis_answer,
    calculation_node,
    inspected,
)

ATTEMPTS = 5
"""How often a read-change-write is tried when somebody else is faster."""

Progress = Callable[[str, str], None]
"""Told what is being done now: `read` and the name of the file, `analyze`, `save`."""


def inspect_files(files: Sequence[InputFile], *, on_progress: Progress | None = None) -> Inspection:
    """Read files and say what was recognised, dropped and contradictory; store nothing.

    Raises:
        DocumentError: A file cannot be used.
    """
    return inspected(_read(files, on_progress))


class Service:
    """The use cases over one store. Safe to share between threads if the store is.

    Args:
        store: Where sessions and opportunities are kept.
        files: Where the customers' files are kept.
        clock: Gives the date of an analysis.
    """

    def __init__(self, store: Store, files: FileKeeper, *, clock: Clock = utc_now) -> None:
        self._store = store
        self._files = files
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
        retention = Retention(settings.ttl_days, settings.history_ttl_days)
        return cls(open_store(settings.store_url, retention=retention), files)

    def analyze(  # noqa: PLR0913 - each is a choice of the caller's
        self,
        files: Sequence[InputFile],
        *,
        customer: str,
        updated_by: str,
        language: str = "en",
        session_id: str | None = None,
        on_progress: Progress | None = None,
    ) -> AnalysisAnswer:
        """Read a customer's files, find the opportunities and keep them.

        The same customer and files are the same session. Analysed again, opportunities keep their
        ids, what people have made of them, and their history; only what differs is written.

        Args:
            files: One inventory at least. Order does not matter.
            customer: Name of the customer; may be empty.
            updated_by: Who asks.
            language: en, es or pt, of all texts.
            session_id: Replaces the derived one.
            on_progress: Told what is being done now.

        Raises:
            DocumentError: A file cannot be used; nothing is stored.
            InvalidInputError: The session id is not acceptable.
        """
        assessment = _read(files, on_progress)
        _check_kinds(files, assessment)
        header = Session.checked(
            id=session_id or derived_session_id(customer, files),
            customer=customer,
            language=language,
            files=assessment.files,
            totals=assessment.totals(),
            quality=assessment.quality,
            updated_by=updated_by,
        )
        if on_progress:
            on_progress("analyze", "")
        analysis = self._analysis(assessment, header)
        header = header.revised(quality=(*assessment.quality, *analysis.quality))
        for file in files:
            self._files.keep(file)
        if on_progress:
            on_progress("save", "")
        return self._store_analysis(header, analysis.opportunities)

    def _analysis(self, assessment: Assessment, session: Session) -> Analysis:
        # A stored session is recomputed as of the day it was analysed.
        day = session.updated_at[:10] or self._clock().date().isoformat()
        return analyze(
            assessment,
            session_id=session.id,
            customer=session.customer,
            language=session.language,
            run_date=date.fromisoformat(day),
        )

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
            InvalidInputError: It was made by hand, or today's rules no longer find it.
        """
        opportunity = self._store.get_opportunity(opportunity_id)
        session = self._store.get_session(opportunity.session_id)
        files = [self._files.load(source) for source in session.files]
        analysis = self._analysis(read_documents(files), session)
        tree = analysis.trees.get(opportunity_id)
        if tree is None:
            raise InvalidInputError(
                f"{opportunity_id!r} has no calculation: it was made by hand, "
                "or today's rules no longer find it in the session's files."
            )
        estimates = {o.id: o.estimate for o in analysis.opportunities}
        return ExplanationAnswer(
            opportunity_id=opportunity_id,
            estimated_arr=opportunity.estimated_arr,
            is_current=estimates[opportunity_id] == opportunity.estimate,
            tree=calculation_node(tree),
        )

    @property
    def usage(self) -> tuple[Usage, ...]:
        """What the store has consumed so far; see `Store.usage`."""
        return self._store.usage

    def close(self) -> None:
        """Release the store."""
        self._store.close()


def derived_session_id(customer: str, files: Sequence[InputFile]) -> str:
    """Return the session id of these files of this customer: 16 hex digits, in any file order."""
    digest = hashlib.sha256(folded(customer.strip()).encode())
    for sha256 in sorted({f.sha256 for f in files}):
        digest.update(sha256.encode())
    return digest.hexdigest()[:16]


def _read(files: Sequence[InputFile], on_progress: Progress | None) -> Assessment:
    return read_documents(files, on_progress=on_progress and partial(on_progress, "read"))


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"OPPORTUNITY_DATA_DIR: {folder} cannot be made ({error.strerror}): name another."
        ) from error


def _check_kinds(files: Sequence[InputFile], assessment: Assessment) -> None:
    """Refuse files in each other's place, and an analysis without an inventory."""
    kinds = {f.sha256: f.kind for f in assessment.files}
    for file in files:
        is_inventory = kinds[file.sha256] in INVENTORY_KINDS
        if file.expected and is_inventory != (file.expected == "inventory"):
            found, said = ("an inventory", "a readiness report")[:: 1 if is_inventory else -1]
            raise UnsupportedDocumentError(
                file.name, f"this is {found}, not {said}: give the two files in each other's place."
            )
    if not any(kind in INVENTORY_KINDS for kind in kinds.values()):
        names = ", ".join(f.name for f in assessment.files)
        raise UnsupportedDocumentError(names, "no inventory is among them: add the MPA workbook.")


def _same_header(stored: Session, fresh: Session) -> bool:
    """Tell whether a new header says nothing that the stored one does not."""
    stamps = ("version", "created_at", "updated_at", "updated_by", "change_id")
    return stored == fresh.model_copy(update={name: getattr(stored, name) for name in stamps})
