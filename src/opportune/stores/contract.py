"""What every store promises. Written once, here; the tests of `tests/contract` hold them to it.

Values. Models are frozen: what goes in and comes out cannot be changed behind a store's back.
What is read equals what was written, field by field.

Revisions. An opportunity (a template likewise) is a row of immutable revisions 1, 2, 3, ...
without gaps; the newest one is its state. A record handed to a write says in `version` which
revision it is based on, 0 if on none. The store appends `version + 1` if that is still the newest,
and raises VersionConflictError otherwise: the lock and the history are one thing. A delete is a
revision with `deleted=True`; appending one with `deleted=False` to it restores.

Stamps. The store sets `version`, `created_at` (of revision 1), `updated_at` (its clock, but always
after the revision it is based on), `ttl`, and the digests that chain an opportunity's revisions.
The caller sets `updated_by` and `change_id`.

Repeating. A write that failed with StoreUnavailableError may or may not have happened. Repeating
it with the same `change_id` is safe: if the newest revision carries that change id and is
`version + 1` (any version, if the write named 0: creating after expiry goes on from there), it is
returned and nothing more is written. An empty change id never recognises itself.

Expiry. `ttl` is `Retention.days` after the last change; None, for ever, if `keep` is set, the
status is Ganada, or days is 0. Expired is gone at once for every read and for `find`, by the
store's clock, whatever the engine has swept: reading it raises OpportunityNotFoundError, and
creating it anew (version 0) continues its versions. A deleted one expires alike: until then it can
be restored. Revisions live for `Retention.history_days` after they were made and are readable as
history until then, also when their opportunity has expired or been deleted. The newest revision is
kept as long as the opportunity is. Once neither is left the opportunity is *forgotten*: for reads,
writes and `replicate` as if it had never been, and its versions begin at 1 again. Headers and
templates do not expire.

Consistency. Reads by id and by session see every acknowledged write. A session's list is seen as
it was before or after a replace, never as a mixture. `find_opportunities` and `list_sessions` may
lag on DynamoDB, whose indexes do; they never show a state that was not once the newest one.

Threads. A store may be shared by threads. It is closed once; using it afterwards is a bug.

Errors. Only those of `opportune.errors`. No write that was refused leaves a trace.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from opportune.errors import StoreError
from opportune.model.filters import Grouping, OpportunityFilters, Order, Total
from opportune.model.records import Opportunity, Page, Record, Session, Template
from opportune.stores.journal import Copying, Migration, Note, Told

RECORD_LIMIT_BYTES = 350_000
"""Of a record's JSON in UTF-8. DynamoDB takes 400 KB an item, names and index copies included."""

PAGE_LIMIT = 1000
"""Rows a page may hold at most."""

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the present moment: the clock of a store in production."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Retention:
    """How long things are kept. Days; 0 = for ever."""

    days: int = 30
    history_days: int = 365


RETENTION = Retention()
"""The default."""


@dataclass(frozen=True)
class Usage:
    """Capacity units consumed so far by one kind of request on one table or index.

    `place` is `Table` or `Table/Index`. A request on a table counts there and not on its indexes.
    """

    operation: str
    place: str
    requests: int = 0
    read_units: float = 0
    write_units: float = 0


@dataclass(frozen=True, slots=True)
class Audited:
    """A revision as a store holds it. `problem` says in words what is wrong; empty if nothing."""

    opportunity_id: str
    version: int
    revision: Opportunity | None
    """None if it cannot be read."""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Some of what `audit` returns; no cursor on the last page."""

    items: tuple[Audited, ...]
    cursor: str | None = None


class Records(Protocol):
    """Sessions, opportunities with their revisions, and templates: by id and by session."""

    def store_opportunities(
        self, session: Session, opportunities: Sequence[Opportunity]
    ) -> Session:
        """Make these opportunities the session's whole list, in one step.

        An opportunity that equals the newest stored revision is left as it is. Any other becomes a
        new revision; with version 0 its base is whatever is there now. Listed before and not now:
        deleted by a revision. The header is replaced likewise; its version rises by one.

        Args:
            session: The header. Version N > 0: replace only if version N is stored; 0: replace
                whatever is there, a deleted header too. `updated_by` and `change_id` also go onto
                the revisions that delete.
            opportunities: Any number, ids all different and of this session.

        Returns:
            The header as stored.

        Raises:
            VersionConflictError: The header or an opportunity is not at the version given; an
                unknown or expired one is at version 0.
            InvalidInputError: Duplicate ids, an id of another session, or something marked as
                deleted.
            TooLargeError: A record is over RECORD_LIMIT_BYTES.
        """
        ...

    def get_opportunities(
        self, session_id: str, filters: OpportunityFilters | None = None
    ) -> tuple[Opportunity, ...]:
        """Return a session's list: by priority, highest ARR, id. Unknown session: empty."""
        ...

    def get_opportunity(self, opportunity_id: str, *, version: int | None = None) -> Opportunity:
        """Return the newest revision, or the one with this version (also of a deleted one).

        Raises:
            OpportunityNotFoundError: Unknown, deleted or expired; with a version: no such revision.
        """
        ...

    def put_opportunity(self, opportunity: Opportunity) -> Opportunity:
        """Append a revision: create (version 0), change, delete or restore.

        Creating and restoring add to the session's list, so the header becomes a new version too,
        with this change's `updated_by` and `change_id`.

        Returns:
            The revision as stored.

        Raises:
            VersionConflictError: Its version is not the newest; with 0: it exists, or is deleted.
            OpportunityNotFoundError: Version N > 0 of something unknown or expired.
            SessionNotFoundError: Creating or restoring in a session that does not exist.
            InvalidInputError: A delete with version 0.
            TooLargeError: It is over RECORD_LIMIT_BYTES.
        """
        ...

    def put_opportunities(
        self, opportunities: Sequence[Opportunity]
    ) -> tuple[Opportunity | StoreError, ...]:
        """Append a revision to each, as `put_opportunity` would one after the other; faster.

        Each is a change of its own: one that is refused (VersionConflictError, NotFoundError) has
        its error in its place and stops no other.

        Args:
            opportunities: Any number, ids all different.

        Raises:
            InvalidInputError, TooLargeError: As `put_opportunity`, or an id stands twice. Nothing
                is written.
            StoreUnavailableError: Any of them may or may not have happened; repeating all is safe.
        """
        ...

    def get_history(self, opportunity_id: str) -> tuple[Opportunity, ...]:
        """Return every kept revision, oldest first. Nothing kept: empty."""
        ...

    def get_session(self, session_id: str) -> Session:
        """Return a header.

        Raises:
            SessionNotFoundError: Unknown or deleted.
        """
        ...

    def get_header(self, session_id: str) -> Session | None:
        """Return a header as `scan` yields it, a deleted one too; None if there never was one."""
        ...

    def delete_session(self, session_id: str, *, updated_by: str, change_id: str) -> None:
        """Delete a header, and each listed opportunity by a revision; in one step for readers.

        The header that stays behind says no more than that it was deleted, by whom and when.

        Raises:
            SessionNotFoundError: Unknown or deleted (but not if this change id deleted it).
        """
        ...

    def put_template(self, template: Template) -> Template:
        """Append a revision of a template: as `put_opportunity`, without sessions and expiry.

        Raises:
            VersionConflictError, TemplateNotFoundError, InvalidInputError, TooLargeError: As there.
        """
        ...

    def get_template(self, template_id: str, *, version: int | None = None) -> Template:
        """Return the newest revision, or the one with this version (also of a deleted one).

        Raises:
            TemplateNotFoundError: Unknown or deleted; with a version: no such revision.
        """
        ...

    def list_templates(self) -> tuple[Template, ...]:
        """Return the newest revision of each template that is not deleted, by id."""
        ...

    def get_template_history(self, template_id: str) -> tuple[Template, ...]:
        """Return every revision, oldest first. Nothing kept: empty."""
        ...

    def delete_template(
        self, template_id: str, *, version: int, updated_by: str, change_id: str
    ) -> None:
        """Append a revision that deletes.

        Raises:
            VersionConflictError, TemplateNotFoundError: As `put_template`.
        """
        ...


class Pipeline(Protocol):
    """What is asked across sessions."""

    def find_opportunities(
        self,
        filters: OpportunityFilters | None = None,
        *,
        order: Order = Order.NEWEST,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Opportunity]:
        """Return opportunities of all sessions, a page at a time.

        A page is full (`limit` rows, 1 to 1,000) unless it is the last, and the last one has no
        cursor. An opportunity that nobody changes meanwhile appears exactly once over all pages.

        Raises:
            InvalidInputError: The limit is out of range, or the cursor is not one of ours, or
                belongs to other filters or another order.
        """
        ...

    def totals(
        self, filters: OpportunityFilters | None = None, *, by: Grouping = Grouping.NONE
    ) -> tuple[Total, ...]:
        """Return what `find_opportunities` would find, counted and added up: see `added_up`.

        Exact to the cent, as of one moment where the store has one; may lag as `find` does.
        """
        ...

    def list_sessions(self, *, limit: int = 50, cursor: str | None = None) -> Page[Session]:
        """Return headers, last changed first, ties by id; pages as in `find_opportunities`."""
        ...


class Movable(Protocol):
    """What migrating, verifying and exporting need: all that is held, and a journal."""

    def scan(self, *, limit: int = PAGE_LIMIT, cursor: str | None = None) -> Page[Record]:
        """Return every header and every kept revision, deleted and expired ones too.

        For migrating, verifying and exporting; any order, the same from page to page. What is
        written during the scan may or may not be in it.

        Raises:
            InvalidInputError: The limit or the cursor, as in `find_opportunities`.
        """
        ...

    def audit(self, *, limit: int = PAGE_LIMIT, cursor: str | None = None) -> AuditPage:
        """Return every kept revision of every opportunity, and what is wrong with it.

        Those of one opportunity come in a row, oldest first, over pages too; opportunities in any
        order. A revision that cannot be read, or that the store holds twice with a difference
        (columns, indexes, a head beside its history), is named, never raised and never mended.
        The chain of digests is the caller's to check. For operators, as `scan`.

        Raises:
            InvalidInputError: The limit or the cursor, as in `find_opportunities`.
        """
        ...

    def replicate(self, records: Sequence[Record], *, copying: Copying = Copying.NEWER) -> bool:
        """Store headers and revisions exactly as another store holds them, stamps included.

        Twice is the same as once, in any order. Never lowers a newest version: an older revision
        only joins the history, an older header is ignored. `copying` says what else may stop it.

        Args:
            records: Any number, each key and version once. A header that is newer than the one
                here, and revisions of its session, become visible in one step.
            copying: See `Copying`.

        Returns:
            False, and nothing is stored, if `Copying.NEXT` found a gap; else True.

        Raises:
            InvalidInputError: One was never stored (version 0).
        """
        ...

    def journaled(self, told: Told, *, stage_number: int) -> "Store":
        """Return this store with a journal and a fence, for the writes of a store migration.

        In one step with each write: it is refused unless the stored migration is at this stage
        number, and a note of what it touches is kept. Notes outlive the process: whoever comes
        later finds in `journal` what was written and is perhaps not replicated yet. `replicate`,
        `settle` and `put_migration` stay as they are. It shares everything with this store, and
        is cheap enough to be made for each write.

        Args:
            told: Called after each write that wrote something, before the write returns. A repeat
                that finds its change stored writes, notes and tells nothing.
            stage_number: Of the stage that the writer knows.

        Raises:
            WrongStageError: By the write: the migration has another stage number, or there is none.
                It did not happen and cannot any more; of `put_opportunities`, what came before
                the stage went on has happened.
        """
        ...

    def journal(self, *, limit: int = PAGE_LIMIT, session_id: str = "") -> tuple[Note, ...]:
        """Return open notes, all or those of one session, any order, at most `limit`.

        Every acknowledged write that is not settled is seen. A long note may come in parts.

        Raises:
            InvalidInputError: The limit is out of range.
        """
        ...

    def settle(self, notes: Sequence[Note]) -> None:
        """Take these notes out; one that is gone already raises no error."""
        ...

    def get_migration(self) -> Migration | None:
        """Return the store migration that this store takes or took part in, as of now; or None."""
        ...

    def put_migration(self, migration: Migration) -> Migration:
        """Write it over the version it names (0: there is none), as `put_template` does.

        Returns:
            It as stored: version one higher, `updated_at` stamped.

        Raises:
            VersionConflictError: Another version is stored.
            TooLargeError: It is over RECORD_LIMIT_BYTES.
        """
        ...


class Store(Records, Pipeline, Movable, Protocol):
    """All that a store promises."""

    @property
    def usage(self) -> tuple[Usage, ...]:
        """What was consumed so far, by kind of request and place; empty if nothing is billed."""
        ...

    def close(self) -> None:
        """Release connections and files."""
        ...
