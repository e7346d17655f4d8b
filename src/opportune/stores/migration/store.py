# ruff: noqa: D102 - what a store does is documented in contract.py
"""Two stores acting as one while a store migration is under way; one store alone otherwise.

Reads go to the side that the stage names. Writes go to the source, which decides versions, and are
acknowledged when the target has them too. docs/decisions/0005-store-migration.md is the protocol;
the words in comments are its words.
"""

import time
from collections.abc import Callable, Sequence
from math import ceil
from typing import TypeVar

from opportune.errors import OpportuneError, StoreError, StoreUnavailableError, WrongStageError
from opportune.model.filters import Grouping, OpportunityFilters, Order, Total
from opportune.model.records import Opportunity, Page, Record, Session, Template
from opportune.stores.checks import check_bulk, put_each
from opportune.stores.contract import PAGE_LIMIT, AuditPage, Store, Usage
from opportune.stores.derived import SessionsByHeader
from opportune.stores.journal import Copying, Migration, Note, Stage, Told
from opportune.stores.migration.pairing import Pair, Replicated
from opportune.stores.migration.peers import OpenPeer
from opportune.stores.migration.serving import LEASES, Leases, Serving, View

T = TypeVar("T")

TRIES = 10
"""Of one operation while the stage keeps changing."""


class MigratingStore(SessionsByHeader):
    """The store of a running service: whichever serves, or both. `contract.py` says what it keeps.

    It never sleeps and runs nothing by itself. A migration of its own it cannot have: what concerns
    one (`get_migration`, `journal` and so on) goes to the store that decides.

    Args:
        configured: The store that this process was told to use.
        url: Its name in records.
        open_peer: Opens the others; None for a memory store that this process has not.
        leases: How long what was read of the stage may be believed.
        monotonic: Seconds that only rise.
        close: Closes every store; None: only the configured one is closed.
    """

    def __init__(  # noqa: PLR0913 # each is a thing that tests and the simulation replace
        self,
        configured: Store,
        *,
        url: str,
        open_peer: OpenPeer,
        leases: Leases = LEASES,
        monotonic: Callable[[], float] = time.monotonic,
        close: Callable[[], None] | None = None,
    ) -> None:
        self.url = url
        self.open_peer = open_peer
        self._leases = leases
        self._serving = Serving(
            configured, url=url, open_peer=open_peer, leases=leases, monotonic=monotonic
        )
        self._close = close or configured.close
        self._replicated = Replicated()

    @property
    def serving_url(self) -> str:
        """Name of the store that serves, or that decides while two do; asked anew."""
        return self._serving.look().place

    @property
    def kind(self) -> str:
        """Kind of the store that served last: `memory`, `sqlite`, `dynamodb`, without a request."""
        return self._serving.last[0].partition(":")[0]

    # Reads

    @property
    def usage(self) -> tuple[Usage, ...]:
        _, store, migration = self._serving.last  # what was consumed is told without consuming
        target = self.open_peer(migration.target) if migration else None
        return store.usage + (target.usage if target else ())

    def get_opportunities(
        self, session_id: str, filters: OpportunityFilters | None = None
    ) -> tuple[Opportunity, ...]:
        return self._read(lambda store: store.get_opportunities(session_id, filters))

    def get_opportunity(self, opportunity_id: str, *, version: int | None = None) -> Opportunity:
        return self._read(lambda store: store.get_opportunity(opportunity_id, version=version))

    def get_history(self, opportunity_id: str) -> tuple[Opportunity, ...]:
        return self._read(lambda store: store.get_history(opportunity_id))

    def find_opportunities(
        self,
        filters: OpportunityFilters | None = None,
        *,
        order: Order = Order.NEWEST,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Opportunity]:
        return self._read(
            lambda store: store.find_opportunities(filters, order=order, limit=limit, cursor=cursor)
        )

    def totals(
        self, filters: OpportunityFilters | None = None, *, by: Grouping = Grouping.NONE
    ) -> tuple[Total, ...]:
        return self._read(lambda store: store.totals(filters, by=by))

    def get_header(self, session_id: str) -> Session | None:
        return self._read(lambda store: store.get_header(session_id))

    def list_sessions(self, *, limit: int = 50, cursor: str | None = None) -> Page[Session]:
        return self._read(lambda store: store.list_sessions(limit=limit, cursor=cursor))

    def get_template(self, template_id: str, *, version: int | None = None) -> Template:
        return self._read(lambda store: store.get_template(template_id, version=version))

    def list_templates(self) -> tuple[Template, ...]:
        return self._read(lambda store: store.list_templates())

    def get_template_history(self, template_id: str) -> tuple[Template, ...]:
        return self._read(lambda store: store.get_template_history(template_id))

    def scan(self, *, limit: int = PAGE_LIMIT, cursor: str | None = None) -> Page[Record]:
        return self._read(lambda store: store.scan(limit=limit, cursor=cursor))

    def audit(self, *, limit: int = PAGE_LIMIT, cursor: str | None = None) -> AuditPage:
        return self._read(lambda store: store.audit(limit=limit, cursor=cursor))

    # Writes

    def store_opportunities(
        self, session: Session, opportunities: Sequence[Opportunity]
    ) -> Session:
        return self._write(
            lambda store: store.store_opportunities(session, opportunities),
            Note("", session_id=session.id),
        )

    def put_opportunity(self, opportunity: Opportunity) -> Opportunity:
        return self._write(
            lambda store: store.put_opportunity(opportunity),
            Note("", session_id=opportunity.session_id),
        )

    def put_opportunities(
        self, opportunities: Sequence[Opportunity]
    ) -> tuple[Opportunity | StoreError, ...]:
        for _ in range(TRIES):
            view = self._writable()
            if self._pair(view) is not None:
                # Each with a fence and a note of its own: what is refused must be judged by itself.
                check_bulk(opportunities)
                return put_each(self, opportunities)
            try:
                return self._write_alone(view, lambda store: store.put_opportunities(opportunities))
            except WrongStageError:
                self._serving.look()
        raise self._restless()

    def delete_session(self, session_id: str, *, updated_by: str, change_id: str) -> None:
        self._write(
            lambda store: store.delete_session(
                session_id, updated_by=updated_by, change_id=change_id
            ),
            Note("", session_id=session_id),
        )

    def put_template(self, template: Template) -> Template:
        return self._write(
            lambda store: store.put_template(template),
            Note("", template_id=template.template_id),
        )

    def delete_template(
        self, template_id: str, *, version: int, updated_by: str, change_id: str
    ) -> None:
        self._write(
            lambda store: store.delete_template(
                template_id, version=version, updated_by=updated_by, change_id=change_id
            ),
            Note("", template_id=template_id),
        )

    # What concerns migrations

    def replicate(self, records: Sequence[Record], *, copying: Copying = Copying.NEWER) -> bool:
        """Store records in the store that decides, and in the target if there is one."""
        view = self._writable()
        pair = self._pair(view)
        if not view.store.replicate(records, copying=copying):
            return False
        if pair is not None:
            is_mended = copying is Copying.MEND
            pair.target.replicate(records, copying=Copying.MEND if is_mended else Copying.NEWER)
        return True

    def journaled(self, told: Told, *, stage_number: int) -> Store:
        return self._serving.view().store.journaled(told, stage_number=stage_number)

    def journal(self, *, limit: int = PAGE_LIMIT, session_id: str = "") -> tuple[Note, ...]:
        return self._serving.view().store.journal(limit=limit, session_id=session_id)

    def settle(self, notes: Sequence[Note]) -> None:
        self._serving.view().store.settle(notes)

    def get_migration(self) -> Migration | None:
        return self._serving.view().store.get_migration()

    def put_migration(self, migration: Migration) -> Migration:
        return self._serving.view().store.put_migration(migration)

    def close(self) -> None:
        self._replicated.settle()
        self._close()

    # How it works

    def _read(self, ask: Callable[[Store], T]) -> T:
        """Ask the side that is read. An answer counts if it came while the lease was valid."""
        for _ in range(TRIES):
            view = self._serving.view()
            pair = self._pair(view)
            try:
                answer = ask(pair.read_side if pair else view.store)
            except StoreUnavailableError:
                raise
            except OpportuneError:  # "not found" is an answer too
                if self._serving.is_current(view):
                    raise
                continue
            if self._serving.is_current(view):
                return answer
        raise StoreUnavailableError("The stage of the store migration changed at every try.")

    def _write(self, act: Callable[[Store], T], touched: Note) -> T:
        """Write, and start over if the stage has changed before anything was written."""
        for _ in range(TRIES):
            view = self._writable()
            pair = self._pair(view)
            try:
                if pair is None:
                    return self._write_alone(view, act)
                return pair.write(act, touched)
            except WrongStageError:
                self._serving.look()
        raise self._restless()

    def _restless(self) -> StoreUnavailableError:
        return StoreUnavailableError(
            "The stage of the store migration changed at every try. Nothing was written."
        )

    def _writable(self) -> View:
        view = self._serving.view()
        if view.stage is Stage.PAUSED:
            view = self._serving.look()  # a pause is short: it may be over before the lease is
        if view.stage is Stage.PAUSED:
            raise StoreUnavailableError(
                "Writes rest for a few seconds while the store is switched. Nothing was written.",
                retry_after_s=ceil(self._leases.moving_s),
            )
        return view

    def _pair(self, view: View) -> Pair | None:
        """Return the two stores of the migration under way; None if one serves alone."""
        if view.migration is None:
            return None
        return Pair(view, view.migration, self.open_peer, self._serving, self._replicated)

    def _write_alone(self, view: View, act: Callable[[Store], T]) -> T:
        """Write where there is no fence: the answer counts if the stage is still the same."""
        try:
            answer = act(view.store)
        except StoreUnavailableError:
            raise
        except OpportuneError as refusal:
            if self._serving.is_current(view):
                raise
            raise WrongStageError("It was refused by a store that may not decide.") from refusal
        if self._serving.is_current(view):
            return answer
        raise StoreUnavailableError(
            "The stage of the store migration changed during this write: it may or may not have "
            "happened."
        )
