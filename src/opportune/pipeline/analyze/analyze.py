"""The main job: files in, opportunities out, kept without losing what people have made of them."""

import uuid
from collections.abc import Sequence

from opportune.errors import SessionNotFoundError
from opportune.model.differences import with_stamps_of
from opportune.model.file import InputFile
from opportune.model.filters import OpportunityFilters, by_list_order
from opportune.model.records import Basis, ColumnMapping, Opportunity, Session
from opportune.pipeline.analyze.intake import (
    Progress,
    analysed,
    check_kinds,
    derived_session_id,
    inspect_files,
    read,
    reworded_by_speaker,
)
from opportune.pipeline.analyze.reanalysis import ANALYSIS_CHANGE, carried_over
from opportune.pipeline.analyze.rewording import Speaker
from opportune.pipeline.answers import AnalysisAnswer, analysis_answer
from opportune.pipeline.attempts import attempted
from opportune.prices.kept import PriceBooks
from opportune.stores.contract import Clock, Records
from opportune.stores.files.kept import FileKeeper


class Analyses:
    """The use case of analysing.

    Args:
        store: Where sessions and opportunities are kept.
        files: Where the customers' files are kept.
        books: The price books.
        clock: Gives the date of an analysis.
    """

    inspect = staticmethod(inspect_files)

    def __init__(self, store: Records, files: FileKeeper, books: PriceBooks, clock: Clock) -> None:
        self._store = store
        self._files = files
        self._books = books
        self._clock = clock

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
            updated_by: Who makes the change.
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
        from opportune.analysis.plays.own import used

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
            found, rewording = reworded_by_speaker(speaker, found, assessment, on_progress)
        for file in files:
            self._files.keep(file)
        if on_progress:
            on_progress("save", "")
        answer = self.store_analysis(header, found)
        return answer.model_copy(update={"rewording": rewording})

    def store_analysis(self, header: Session, found: Sequence[Opportunity]) -> AnalysisAnswer:
        """Keep what an analysis has found, and what people have made of it before.

        Raises:
            VersionConflictError: Others kept changing the session.
        """
        change_id = f"{ANALYSIS_CHANGE}{uuid.uuid4().hex}"
        return attempted(lambda: self._replaced(header, found, change_id))

    def _replaced(
        self, header: Session, found: Sequence[Opportunity], change_id: str
    ) -> AnalysisAnswer:
        """Make one attempt to replace a session's list."""
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
        session = self._store.store_opportunities(
            header.revised(version=base, change_id=change_id), wanted
        )
        kept = self._store.get_opportunities(header.id)
        return analysis_answer(session, before=stored, after=kept)

    def opportunities(
        self, session_id: str, filters: OpportunityFilters | None = None
    ) -> tuple[Opportunity, ...]:
        """Return one session's list by priority, highest ARR, id.

        Raises:
            SessionNotFoundError: There is no such session.
        """
        self._store.get_session(session_id)
        return self._store.get_opportunities(session_id, filters)

    def _session_or_none(self, session_id: str) -> Session | None:
        try:
            return self._store.get_session(session_id)
        except SessionNotFoundError:
            return None


def _same_header(stored: Session, fresh: Session) -> bool:
    """Tell whether a new header says nothing that the stored one does not.

    A later day alone changes nothing: what is stored is right as of its own day.
    """
    return stored == with_stamps_of(stored, fresh, "run_date")
