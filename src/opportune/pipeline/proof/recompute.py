"""Proving what is stored: recomputing it from files, under the conditions it was computed in."""

from collections.abc import Sequence
from functools import partial

from opportune import analysis
from opportune.errors import FileMissingError, InvalidInputError
from opportune.model.assessment import Assessment
from opportune.model.file import InputFile
from opportune.model.folding import folded
from opportune.model.records import Opportunity, Session
from opportune.pipeline.analyze.intake import analysed, read
from opportune.pipeline.answers import ExplanationAnswer, calculation_node
from opportune.pipeline.proof.compare import Comparison, Side, compared
from opportune.pipeline.proof.verify import SessionVerification, verified
from opportune.prices.kept import PriceBooks
from opportune.stores.contract import Records
from opportune.stores.files.kept import FileKeeper


class Proofs:
    """The use cases that recompute.

    Args:
        store: Where sessions and opportunities are kept.
        files: Where the customers' files are kept.
        books: The price books.
    """

    def __init__(self, store: Records, files: FileKeeper, books: PriceBooks) -> None:
        self._store = store
        self._files = files
        self._books = books

    def explain(self, opportunity_id: str) -> ExplanationAnswer:
        """Recompute the calculation behind an opportunity's ARR from the kept files.

        Raises:
            OpportunityNotFoundError: Unknown, deleted or expired.
            FileMissingError: A file of its session is not kept here.
            PriceBookMissingError: Its price book is not here.
            InvalidInputError: It was made by hand, or today's rules no longer find it.
        """
        opportunity = self._store.get_opportunity(opportunity_id)
        session = self._session(opportunity.session_id)
        _, computed = self._recomputed(session, self._kept(session))
        tree = computed.trees.get(opportunity_id)
        if tree is None:
            raise InvalidInputError(
                f"{opportunity_id!r} has no calculation: it was made by hand, "
                "or today's rules no longer find it in the session's files."
            )
        estimates = {o.id: o.estimate for o in computed.opportunities}
        return ExplanationAnswer(
            opportunity_id=opportunity_id,
            estimated_arr=opportunity.estimated_arr,
            is_current=estimates[opportunity_id] == opportunity.estimate,
            tree=calculation_node(tree),
        )

    def recomputed(self, session_id: str) -> "tuple[Assessment, analysis.Analysis]":
        """Read a session's kept files and analyse them again, under its conditions.

        Raises:
            SessionNotFoundError, FileMissingError, PriceBookMissingError: What is missing.
        """
        session = self._session(session_id)
        return self._recomputed(session, self._kept(session))

    def in_languages(
        self, session_id: str, languages: Sequence[str]
    ) -> tuple[dict[str, Opportunity], ...]:
        """Return what an analysis of a session's kept files finds, by id, in each language.

        Raises:
            SessionNotFoundError, FileMissingError, PriceBookMissingError: What is missing.
        """
        session = self._session(session_id)
        assessment = read(self._kept(session), None, session.mapping)
        analyses = (
            self._analysed(assessment, session.revised(language=language)) for language in languages
        )
        return tuple({one.id: one for one in each.opportunities} for each in analyses)

    def verify(
        self, session_id: str, files: Sequence[InputFile] | None = None
    ) -> SessionVerification:
        """Recompute a session from these bytes and say whether it is what is stored.

        Args:
            session_id: Which one.
            files: The customer's; None = our own copies.

        Raises:
            SessionNotFoundError: There is no such session.
            FileMissingError: Our own copies are wanted, and one is not here.
            PriceBookMissingError: The session's price book is not here.
        """
        session = self._session(session_id)
        return verified(
            session,
            self._kept(session) if files is None else files,
            is_kept=files is None,
            stored=self._store.get_opportunities(session_id),
            history=self._store.get_history,
            recompute=partial(self._recomputed, session),
        )

    def compare(self, old_id: str, new_id: str) -> Comparison:
        """Say what differs between two sessions of one customer, and why the portfolio does.

        Raises:
            SessionNotFoundError: There is no such session.
            FileMissingError: A file of theirs is not kept here.
            PriceBookMissingError: A price book of theirs is not here.
            InvalidInputError: They are of different customers.
        """
        old, new = self._session(old_id), self._session(new_id)
        if old.customer and new.customer and folded(old.customer) != folded(new.customer):
            raise InvalidInputError(
                f"{old_id!r} and {new_id!r} are of different customers: compare two of one."
            )
        return compared(self._side(old), self._side(new))

    def _side(self, session: Session) -> Side:
        assessment = read(self._kept(session), None, session.mapping)
        return Side(
            session=session,
            assessment=assessment,
            analyse=partial(self._analysed, assessment),
            prices=self._books.prices,
            history=self._store.get_history,
        )

    def _recomputed(
        self, session: Session, files: Sequence[InputFile]
    ) -> "tuple[Assessment, analysis.Analysis]":
        assessment = read(files, None, session.mapping)
        return assessment, self._analysed(assessment, session)

    def _analysed(self, assessment: Assessment, session: Session) -> "analysis.Analysis":
        """Analyse with the revisions of templates that a header names, whatever became of them."""
        uses = session.templates
        templates = [self._store.get_template(u.template_id, version=u.version) for u in uses]
        return analysed(assessment, session, self._books, templates)

    def _session(self, session_id: str) -> Session:
        """Return a header; at first the day that it was computed as of was not recorded."""
        session = self._store.get_session(session_id)
        return session.model_copy(
            update={
                "run_date": session.run_date or session.updated_at[:10],
                "price_book": self._books.prices(session.price_book).version,
            },
        )

    def _kept(self, session: Session) -> list[InputFile]:
        """Return our copies of a session's files.

        Raises:
            FileMissingError: One is not here; the message says of which session.
        """
        try:
            return [self._files.load(source) for source in session.files]
        except FileMissingError as missing:
            raise FileMissingError(f"{missing.key} of session {session.id}") from None
