"""Templates: the built-in plays, users' versions of them, and users' own."""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence

from opportune.analysis.plays.checks import check_template
from opportune.analysis.plays.play import Play, built_in, bundled_plays
from opportune.analysis.plays.stored import play_of, template_of
from opportune.errors import InvalidInputError, TemplateNotFoundError, VersionConflictError
from opportune.model.records import Session, Template
from opportune.pipeline.analyze.intake import read
from opportune.pipeline.attempts import changed
from opportune.pipeline.changes.edit import Editing
from opportune.pipeline.templates.answers import (
    TemplateAnswer,
    TemplateRevision,
    TemplateUseAnswer,
    answer,
    content,
    revisions,
    untouched,
)
from opportune.pipeline.templates.by_hand import opportunity_of, slugs
from opportune.pipeline.templates.preview import SAMPLE, TemplatePreview, previewed, sample_facts
from opportune.prices.kept import PriceBooks
from opportune.stores.contract import Clock, Store
from opportune.stores.files.kept import FileKeeper


class Templates:
    """The use cases.

    Args:
        store: Where templates, sessions and opportunities are kept.
        files: Where the customers' files are kept.
        books: The price books.
        editing: Keeps what is made by hand.
        clock: Gives the day of a preview.
    """

    def __init__(
        self,
        store: Store,
        files: FileKeeper,
        books: PriceBooks,
        *,
        editing: Editing,
        clock: Clock,
    ) -> None:
        self._store = store
        self._files = files
        self._books = books
        self._editing = editing
        self._clock = clock

    def list(self, language: str = "en") -> tuple[TemplateAnswer, ...]:
        """Return the built-in ones and the user's own that are not deleted, each kind by id."""
        stored = {t.template_id: t for t in self._store.list_templates()}
        built_ins = {p.id: untouched(p.id) for p in bundled_plays()}
        return tuple(answer(t, language) for t in (built_ins | stored).values())

    def get(
        self, template_id: str, *, version: int | None = None, language: str = "en"
    ) -> TemplateAnswer:
        """Return what holds under an id now, or at one version; 0 is the built-in play.

        Raises:
            TemplateNotFoundError: Unknown or deleted; with a version: no such revision.
        """
        return answer(self._template(template_id, version), language)

    def create(self, file: Play, *, updated_by: str, change_id: str = "") -> TemplateAnswer:
        """Keep a new template of the user's own; its id is that of the file.

        Raises:
            InvalidInputError: It is not acceptable, or there is one of this id.
        """
        if not file.id:
            raise InvalidInputError("id: give one, of small letters, digits and -, as arm-first.")

        def change(newest: Template | None) -> Template:
            if built_in(file.id) or (newest and not newest.deleted):
                raise InvalidInputError(
                    f"id: {file.id!r} exists already: edit it, or take another."
                )
            return template_of(file, file.id)

        return self._changed(file.id, change, updated_by=updated_by, change_id=change_id)

    def edit(
        self,
        template_id: str,
        file: Play,
        *,
        updated_by: str,
        expected_version: int | None = None,
        change_id: str = "",
    ) -> TemplateAnswer:
        """Put a file in the place of a template; of a built-in play it becomes the user's version.

        Args:
            template_id: Which one.
            file: All of it: what is left out is as in the built-in play.
            updated_by: Who.
            expected_version: Refuse if it is not at this version. None: whatever it is at.
            change_id: Names this change, so that repeating it is safe; made if empty.

        Raises:
            TemplateNotFoundError: Unknown or deleted.
            InvalidInputError: The message names the field.
            VersionConflictError: Not at the expected version, or changed too often meanwhile.
        """
        if file.id not in ("", template_id):
            raise InvalidInputError(
                f"id: the file is of {file.id!r}, not {template_id!r}: duplicate it to rename it."
            )

        def change(newest: Template | None) -> Template:
            self._present(template_id, newest)
            return template_of(file, template_id)

        return self._changed(
            template_id,
            change,
            updated_by=updated_by,
            expected_version=expected_version,
            change_id=change_id,
        )

    def duplicate(
        self, template_id: str, new_id: str, *, updated_by: str, change_id: str = ""
    ) -> TemplateAnswer:
        """Keep a copy under another id: a play of the user's own with the same rules.

        Raises:
            TemplateNotFoundError, InvalidInputError: As `get` and `create`.
        """
        original = self._template(template_id, None)
        copy = play_of(original).revised(id=new_id, play=original.play, enabled=True)
        return self.create(copy, updated_by=updated_by, change_id=change_id)

    def set_enabled(
        self,
        template_id: str,
        *,
        enabled: bool,
        updated_by: str,
        expected_version: int | None = None,
    ) -> TemplateAnswer:
        """Let analyses use a template, or not; not without the base that all others add to.

        Raises:
            TemplateNotFoundError, InvalidInputError, VersionConflictError: As `edit`.
        """

        def change(newest: Template | None) -> Template:
            return self._present(template_id, newest).revised(enabled=enabled)

        return self._changed(
            template_id, change, updated_by=updated_by, expected_version=expected_version
        )

    def delete(
        self, template_id: str, *, updated_by: str, expected_version: int | None = None
    ) -> TemplateAnswer | None:
        """Delete a template of the user's: of a built-in play the built-in one holds again.

        Returns:
            What holds under the id now; None: nothing.

        Raises:
            TemplateNotFoundError, VersionConflictError: As `edit`.
            InvalidInputError: It is a built-in play that nobody has changed.
        """
        newest = self._newest(template_id)
        own = built_in(template_id)
        if own and (newest is None or newest.deleted):
            raise InvalidInputError(
                f"{template_id!r} is a built-in play: it cannot be deleted; disable it instead."
            )
        if newest is None or newest.deleted:
            raise TemplateNotFoundError(template_id)
        self._store.delete_template(
            template_id,
            version=newest.version if expected_version is None else expected_version,
            updated_by=updated_by,
            change_id=uuid.uuid4().hex,
        )
        return self.get(template_id) if own else None

    def restore(
        self, template_id: str, *, updated_by: str, version: int | None = None
    ) -> TemplateAnswer:
        """Make an older revision the newest one again, also of what was deleted.

        Args:
            template_id: Which one.
            updated_by: Who.
            version: None = what there was before it was deleted.

        Raises:
            TemplateNotFoundError: Unknown, or no such revision.
            InvalidInputError: It is not deleted and no version is named; or not acceptable now.
        """
        kept = self._store.get_template_history(template_id)
        if version is None and kept and not kept[-1].deleted:
            raise InvalidInputError(f"{template_id!r} is not deleted: name the version to restore.")
        wanted = next(
            (r for r in reversed(kept) if not r.deleted and version in (None, r.version)), None
        )
        if wanted is None:
            raise TemplateNotFoundError(template_id)
        return self._changed(template_id, lambda _: wanted, updated_by=updated_by)

    def history(self, template_id: str) -> tuple[TemplateRevision, ...]:
        """Return every revision with what it changed, oldest first; none of an untouched play.

        Raises:
            TemplateNotFoundError: Unknown.
        """
        kept = self._store.get_template_history(template_id)
        if not kept and not built_in(template_id):
            raise TemplateNotFoundError(template_id)
        return tuple(revisions(template_id, kept))

    def preview(
        self,
        template_id: str,
        *,
        file: Play | None = None,
        session_id: str = "",
        language: str = "en",
    ) -> TemplatePreview:
        """Say what a template would find, and write nothing.

        Args:
            template_id: Which one; of a file that is not kept yet, any id.
            file: Instead of what is kept.
            session_id: On the kept files of this session; "" = on the sample inventory.
            language: Of the texts.

        Raises:
            TemplateNotFoundError, SessionNotFoundError: There is no such one.
            InvalidInputError: The file is not acceptable.
            FileMissingError: A file of the session is not kept here.
            PriceBookMissingError: Or there is no such price book.
        """
        template = template_of(file, template_id) if file else self._template(template_id, None)
        check_template(template)
        others = self._store.list_templates()
        if not session_id:
            sample = Session(id=SAMPLE, language=language, run_date=self._today())
            prices = self._books.chosen("")
            return previewed(template, others, sample_facts(), conditions=sample, prices=prices)
        session = self._store.get_session(session_id)
        kept = [self._files.load(source) for source in session.files]
        if not kept:
            raise InvalidInputError(f"Session {session_id!r} was made by hand: it has no files.")
        day = session.run_date or session.updated_at[:10]
        return previewed(
            template,
            others,
            read(kept, None, session.mapping),
            conditions=session.revised(language=language, run_date=day),
            prices=self._books.prices(session.price_book),
        )

    def create_from_template(  # noqa: PLR0913 - each is a fact of the new opportunity
        self,
        template_id: str,
        *,
        updated_by: str,
        session_id: str = "",
        customer: str = "",
        language: str = "en",
        values: Mapping[str, str] | None = None,
        fields: Mapping[str, object] | None = None,
        change_id: str = "",
    ) -> TemplateUseAnswer:
        """Make an opportunity by hand: a template's texts with what is known filled in.

        Args:
            template_id: Which one; a disabled one, too.
            updated_by: Who.
            session_id: Where to; "" = the customer's session of what is made by hand.
            customer: Name of the customer; "" = that of the session.
            language: Of the texts.
            values: For placeholders; those not given stay visibly open.
            fields: Any of `template_use.FIELDS`, instead of the template's own.
            change_id: Names this change, so that repeating it is safe; made if empty.

        Raises:
            TemplateNotFoundError, SessionNotFoundError: There is no such one.
            InvalidInputError: A value or field is not acceptable.
        """
        template = self._template(template_id, None)
        check_template(template)
        change_id = change_id or uuid.uuid4().hex
        session = (
            self._store.get_session(session_id)
            if session_id
            else self._editing.session_by_hand(customer, updated_by)
        )
        for opportunity_id in self._free_ids(session.id, template_id, change_id):
            made = opportunity_of(
                template,
                opportunity_id=opportunity_id,
                customer=customer or session.customer,
                language=language,
                values=values or {},
                fields=fields or {},
            )
            stamped = made.opportunity.revised(updated_by=updated_by, change_id=change_id)
            try:
                stored = self._editing.put_by_hand(session, stamped)
            except VersionConflictError:
                continue  # somebody took this id meanwhile
            return TemplateUseAnswer(opportunity=stored, open=made.open)
        raise AssertionError  # ids do not run out

    def _today(self) -> str:
        return self._clock().date().isoformat()

    def _free_ids(self, session_id: str, template_id: str, change_id: str) -> Iterator[str]:
        """Yield ids that are free, in order; the one that this change made counts as free."""
        taken = {t.template_id for t in self._store.list_templates() if t.play}
        for slug in slugs(template_id, taken):
            kept = self._store.get_history(f"{session_id}.{slug}")
            if not kept or kept[0].change_id == change_id:
                yield f"{session_id}.{slug}"

    def _template(self, template_id: str, version: int | None) -> Template:
        """Return what holds under an id, a built-in play as a template that changes nothing."""
        if version == 0 or version is None:
            newest = self._newest(template_id) if version is None else None
            return self._present(template_id, newest)
        return self._store.get_template(template_id, version=version)

    def _present(self, template_id: str, newest: Template | None) -> Template:
        if newest and not newest.deleted:
            return newest
        if built_in(template_id) is None:
            raise TemplateNotFoundError(template_id)
        return untouched(template_id).model_copy(
            update={"version": newest.version if newest else 0}
        )

    def _newest(self, template_id: str) -> Template | None:
        """Return the newest revision, a deleted one too."""
        kept = self._store.get_template_history(template_id)
        return kept[-1] if kept else None

    def _changed(
        self,
        template_id: str,
        change: Callable[[Template | None], Template],
        *,
        updated_by: str,
        expected_version: int | None = None,
        change_id: str = "",
    ) -> TemplateAnswer:
        """Append what a change makes of the newest revision, unless nothing differs."""
        is_built_in = built_in(template_id) is not None

        def kept() -> Sequence[Template]:
            history = self._store.get_template_history(template_id)
            return history or ([untouched(template_id)] if is_built_in else ())

        def next_one(revisions: Sequence[Template]) -> Template | None:
            newest = revisions[-1] if revisions else None
            wanted = change(newest)
            check_template(wanted)
            if is_built_in or (newest and not newest.deleted):
                known = self._present(template_id, newest)
                if content(known) == content(wanted):
                    return None
            return wanted.revised(
                version=newest.version if newest else 0,
                deleted=False,
                created_at="",
                updated_at="",
                updated_by=updated_by,
                change_id=change_id or uuid.uuid4().hex,
            )

        stored = changed(
            template_id,
            kept,
            next_one,
            self._store.put_template,
            expected_version=expected_version,
            change_id=change_id,
        )
        return answer(self._present(template_id, stored))
