"""The DynamoDB store. What each operation promises is documented in `stores/contract.py`."""

import copy
from collections.abc import Sequence
from datetime import datetime, timedelta

from opportune.errors import (
    OpportunityNotFoundError,
    SessionNotFoundError,
    StoreError,
    StoreUnavailableError,
)
from opportune.model.filters import Grouping, OpportunityFilters, Order, Total, by_list_order
from opportune.model.records import Opportunity, Page, Record, Session, Template
from opportune.stores.changes import Change, Moment, departing, putting, replacing
from opportune.stores.checks import check_bulk, check_limit, check_list, check_size, check_stored
from opportune.stores.contract import (
    PAGE_LIMIT,
    RETENTION,
    AuditPage,
    Clock,
    Retention,
    Usage,
    utc_now,
)
from opportune.stores.derived import SessionsByHeader
from opportune.stores.dynamodb import actions
from opportune.stores.dynamodb.auditing import Auditor
from opportune.stores.dynamodb.bulk import Bulk
from opportune.stores.dynamodb.connection import Connection, Tables
from opportune.stores.dynamodb.copying import Copier
from opportune.stores.dynamodb.finding import Finder
from opportune.stores.dynamodb.items import Header
from opportune.stores.dynamodb.journal import Journal
from opportune.stores.dynamodb.reading import Known, Reader
from opportune.stores.dynamodb.scanning import Scanner
from opportune.stores.dynamodb.session_list import SessionLists
from opportune.stores.dynamodb.templates import Templates
from opportune.stores.dynamodb.totalling import Totaller
from opportune.stores.dynamodb.transactions import Writer
from opportune.stores.journal import Copying, Migration, Note, Told
from opportune.stores.journaling import Journaling, written
from opportune.stores.revisions import is_live

_ABANDONED_AFTER = timedelta(seconds=30)
"""A replace that has not finished its heads by then: its process is gone or in trouble."""


class DynamoDBStore(SessionsByHeader):
    """Keeps everything in three tables made from infra/storage.yaml.

    Args:
        table: Name of the main table; the others are called after it.
        region: Empty = as the AWS settings of this machine say.
        endpoint: Empty = the region's own.
        clock: Tells the present moment.
        retention: How long things are kept.
        connection: Sends the requests; None = one of its own.

    Raises:
        ConfigurationError: No region is known.
    """

    def __init__(  # noqa: PLR0913 # what a store is made of, by name
        self,
        table: str,
        *,
        region: str = "",
        endpoint: str = "",
        clock: Clock = utc_now,
        retention: Retention = RETENTION,
        connection: Connection | None = None,
    ) -> None:
        self._clock = clock
        self._retention = retention
        self._connection = connection or Connection(region=region, endpoint=endpoint)
        self._tables = Tables(table)
        self._reader = Reader(self._connection, self._tables, clock, retention)
        self._writer = Writer(self._connection, self._tables)
        self._lists = SessionLists(
            self._connection, self._tables, self._reader, retention, self._writer
        )
        self._finder = Finder(self._connection, self._tables, self._reader, clock)
        self._totaller = Totaller(self._connection, self._tables, self._reader, clock)
        self._templates = Templates(self._connection, self._tables, self._writer)
        self._journal = Journal(self._connection, self._tables)
        self._scanner = Scanner(self._connection, self._tables, self._reader, clock, retention)
        self._auditor = Auditor(self._connection, self._tables, self._reader, clock, retention)
        self._copier = Copier(
            self._connection, self._tables, self._reader, self._lists, self._templates
        )

    @property
    def usage(self) -> tuple[Usage, ...]:
        return self._connection.meter.snapshot()

    def store_opportunities(
        self, session: Session, opportunities: Sequence[Opportunity]
    ) -> Session:
        check_list(session, opportunities)

        def decide(header: Session | None, newest: Sequence[Opportunity]) -> tuple[Session, Change]:
            return replacing(
                session, opportunities, header=header, newest=newest, when=self._moment()
            )

        return self._lists.change(session.id, [one.id for one in opportunities], decide)

    def get_opportunities(
        self, session_id: str, filters: OpportunityFilters | None = None
    ) -> tuple[Opportunity, ...]:
        wanted = filters or OpportunityFilters()
        listing = self._reader.listing(session_id)
        found = self._reader.live(listing, wanted)
        if listing.session is not None and listing.header and listing.header.promoting:
            committed = datetime.fromisoformat(listing.session.updated_at)
            if self._clock() - committed > _ABANDONED_AFTER:
                self._lists.finish(session_id, listing)
        return by_list_order(found)

    def get_opportunity(self, opportunity_id: str, *, version: int | None = None) -> Opportunity:
        if version is None:
            found = self._reader.known(opportunity_id).newest
            if found is not None and not is_live(found, self._clock()):
                found = None
        else:
            found = self._reader.revision(opportunity_id, version)
        if found is None:
            raise OpportunityNotFoundError(opportunity_id)
        return found

    def put_opportunity(self, opportunity: Opportunity) -> Opportunity:
        check_size(opportunity)
        for _ in self._connection.pauses():
            when = self._moment()
            known = self._reader.base(opportunity.id)
            header = self._header_to_change(opportunity, known, when.now)
            if header and header.promoting:
                listing = self._reader.listing(opportunity.session_id)
                self._lists.finish(opportunity.session_id, listing)
                continue
            try:
                revision, change = putting(
                    opportunity,
                    newest=known.newest,
                    header=header.session if header else None,
                    when=when,
                )
            except SessionNotFoundError:
                # True of the moment when the header was read, if the opportunity was so then too.
                if self._reader.base(opportunity.id) == known:
                    raise
                continue
            if not change.revisions or self._written(revision, change, known, header):
                return revision
        raise StoreUnavailableError(f"Others keep changing {opportunity.id!r}.")

    def _header_to_change(self, wanted: Opportunity, known: Known, now: datetime) -> Header | None:
        """Read the header if this write adds to the session's list."""
        if wanted.deleted or (known.newest is not None and is_live(known.newest, now)):
            return None
        return self._reader.header(wanted.session_id)

    def _written(
        self, revision: Opportunity, change: Change, known: Known, header: Header | None
    ) -> bool:
        """Write head and revision in one transaction; False if somebody else came first."""
        list_version = known.list_version if change.header is None else change.header.version
        transaction = [
            actions.put_head(self._tables, revision, list_version, over=known.head),
            actions.put_revision(self._tables, revision, self._retention),
        ]
        if change.header is not None:
            joined = Header(change.header, {revision.id: revision.version})
            transaction.append(actions.put_header(self._tables, joined, over=header))
        elif known.aborts:
            stop = actions.stop_staging(self._tables, revision.session_id, known.aborts)
            transaction.append(stop)
        return self._writer.write(
            transaction, lambda: self._reader.is_written(revision), written(change)
        )

    def put_opportunities(
        self, opportunities: Sequence[Opportunity]
    ) -> tuple[Opportunity | StoreError, ...]:
        check_bulk(opportunities)
        bulk = Bulk(
            self._connection,
            self._tables,
            reader=self._reader,
            retention=self._retention,
            writer=self._writer,
            put=self.put_opportunity,
        )
        return tuple(bulk.put_all(opportunities, self._moment))

    def get_history(self, opportunity_id: str) -> tuple[Opportunity, ...]:
        return self._reader.history(opportunity_id)

    def find_opportunities(
        self,
        filters: OpportunityFilters | None = None,
        *,
        order: Order = Order.NEWEST,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Opportunity]:
        check_limit(limit)
        return self._finder.opportunities(filters or OpportunityFilters(), order, limit, cursor)

    def totals(
        self, filters: OpportunityFilters | None = None, *, by: Grouping = Grouping.NONE
    ) -> tuple[Total, ...]:
        return self._totaller.totals(filters or OpportunityFilters(), by)

    def get_header(self, session_id: str) -> Session | None:
        header = self._reader.header(session_id)
        return header.session if header else None

    def list_sessions(self, *, limit: int = 50, cursor: str | None = None) -> Page[Session]:
        check_limit(limit)
        return self._finder.sessions(limit, cursor)

    def delete_session(self, session_id: str, *, updated_by: str, change_id: str) -> None:
        def decide(header: Session | None, newest: Sequence[Opportunity]) -> tuple[Session, Change]:
            if header is None:
                raise SessionNotFoundError(session_id)
            change = departing(
                header,
                newest=newest,
                updated_by=updated_by,
                change_id=change_id,
                when=self._moment(),
            )
            return header, change

        self._lists.change(session_id, (), decide)

    def put_template(self, template: Template) -> Template:
        check_size(template)
        return self._templates.put(template, self._moment())

    def get_template(self, template_id: str, *, version: int | None = None) -> Template:
        return self._templates.get(template_id, version)

    def list_templates(self) -> tuple[Template, ...]:
        return self._templates.newest_of_all()

    def get_template_history(self, template_id: str) -> tuple[Template, ...]:
        return self._templates.history(template_id)

    def delete_template(
        self, template_id: str, *, version: int, updated_by: str, change_id: str
    ) -> None:
        self._templates.delete(
            template_id,
            version=version,
            updated_by=updated_by,
            change_id=change_id,
            when=self._moment(),
        )

    def scan(self, *, limit: int = PAGE_LIMIT, cursor: str | None = None) -> Page[Record]:
        check_limit(limit)
        return self._scanner.scan(limit, cursor)

    def audit(self, *, limit: int = PAGE_LIMIT, cursor: str | None = None) -> AuditPage:
        check_limit(limit)
        return self._auditor.audit(limit, cursor)

    def replicate(self, records: Sequence[Record], *, copying: Copying = Copying.NEWER) -> bool:
        check_stored(records)
        return self._copier.replicate(records, copying, self._moment())

    def journaled(self, told: Told, *, stage_number: int) -> "DynamoDBStore":
        writer = Writer(self._connection, self._tables, Journaling(told, stage_number))
        store = copy.copy(self)
        # The copier keeps the plain parts: what is replicated is neither fenced nor noted.
        store._writer = writer  # noqa: SLF001 # of our own class, as the two below
        store._lists = self._lists.journaled(writer)  # noqa: SLF001 # likewise
        store._templates = self._templates.journaled(writer)  # noqa: SLF001 # likewise
        return store

    def journal(self, *, limit: int = PAGE_LIMIT, session_id: str = "") -> tuple[Note, ...]:
        check_limit(limit)
        return self._journal.notes(limit, session_id)

    def settle(self, notes: Sequence[Note]) -> None:
        self._journal.settle(notes)

    def get_migration(self) -> Migration | None:
        return self._journal.migration()

    def put_migration(self, migration: Migration) -> Migration:
        check_size(migration)
        return self._journal.put_migration(migration, self._clock())

    def close(self) -> None:
        self._connection.close()

    def _moment(self) -> Moment:
        return Moment(self._clock(), self._retention)
