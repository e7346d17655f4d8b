"""Any walk through a store ends as in a plain model of it.

`pytest --hypothesis-profile=long` walks fifty times as far.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from store_model import DAYS, HISTORY_DAYS, StoreModel
from stores import IN_PROCESS, STORES, ManualClock, a_session, a_template, an_opportunity

from opportune.errors import OpportuneError
from opportune.model.filters import OpportunityFilters, Order
from opportune.model.records import Page, Priority, Record, Status
from opportune.stores.contract import Retention, Store
from opportune.stores.journal import Copying

SESSIONS = ["one", "two"]
SLUGS = ["a", "b", "c"]
ELSEWHERE = "else"  # a session that is only ever written in another store, and replicated from it

sessions = st.sampled_from(SESSIONS)
slugs = st.sampled_from(SLUGS)
templates = st.sampled_from(["t", "u"])
bases = st.sampled_from(["newest", "newest", "newest", "none", "older", "ahead"])
changes = st.fixed_dictionaries(
    {
        "title": st.sampled_from(["Árbol", "arbol 100%", "rds_x"]),
        "status": st.sampled_from(Status),
        "priority": st.sampled_from(Priority),
        "estimated_arr": st.sampled_from(["-5.00", "0", "0.01", "1000"]),
        "deleted": st.sampled_from([False, False, False, True]),
        "keep": st.sampled_from([False, False, False, True]),
        "change_id": st.sampled_from(["", "new", "new", "new", "last"]),
    },
)
filters = st.builds(
    OpportunityFilters,
    priority=st.lists(st.sampled_from(Priority), max_size=2),
    status=st.lists(st.sampled_from(Status), max_size=2),
    min_arr=st.sampled_from([None, None, 0, 1]),
    max_arr=st.sampled_from([None, None, 0, 1]),
    search_term=st.sampled_from(["", "", "ARBOL", "%", "s_x", "migracion"]),
)
intervals = st.sampled_from(
    [
        {"milliseconds": 1},
        {"days": 1},
        {"days": DAYS, "milliseconds": -1},
        {"days": DAYS},
        {"days": HISTORY_DAYS - 1},
        {"days": HISTORY_DAYS},
    ],
)


class StoreMachine(RuleBasedStateMachine):
    open_store: Callable[[ManualClock], Store]

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock()
        self.store = type(self).open_store(self.clock)
        self.model = StoreModel(self.clock)
        self.elsewhere = StoreModel(self.clock)
        self.changes = 0
        self.last_write: tuple[str, tuple[Any, ...], dict[str, Any]] | None = None

    def both(self, method: str, *args: object, **options: object) -> None:
        """Do it to the store and to the model: same result, or same refusal."""
        assert _outcome(self.store, method, *args, **options) == _outcome(
            self.model, method, *args, **options
        )

    def write(self, method: str, *args: object, **options: object) -> None:
        self.last_write = (method, args, options)
        self.both(method, *args, **options)

    def change_id(self, kind: str) -> str:
        self.changes += kind == "new"
        return f"c{self.changes}" if kind else ""

    def based(self, opportunity_id: str, base: str) -> int:
        held = self.model.get_history(opportunity_id)
        newest = held[-1].version if held else 0
        return {"newest": newest, "none": 0, "older": max(newest - 1, 0), "ahead": newest + 1}[base]

    @initialize()
    def begin(self) -> None:
        self.write("store_opportunities", a_session("one"), [an_opportunity("one", "a")])
        self.elsewhere.store_opportunities(a_session(ELSEWHERE), [])

    @rule(session=sessions, slug=slugs, base=bases, change=changes)
    def put(self, session: str, slug: str, base: str, change: dict[str, Any]) -> None:
        version = self.based(f"{session}.{slug}", base)
        fields = change | {"change_id": self.change_id(change["change_id"]), "version": version}
        self.write("put_opportunity", an_opportunity(session, slug, **fields))

    @rule(
        session=sessions,
        listed=st.dictionaries(slugs, st.tuples(st.sampled_from(["same", "new"]), bases, changes)),
        header=st.sampled_from(["any", "any", "newest", "older"]),
        kind=st.sampled_from(["", "new", "new", "last"]),
    )
    def replace(
        self, session: str, listed: dict[str, tuple[str, str, Any]], header: str, kind: str
    ) -> None:
        held = self.model.headers.get(session)
        stored = held.version if held else 0
        version = {"any": 0, "newest": stored, "older": max(stored - 1, 0)}[header]
        wanted = []
        for slug, (how, base, change) in listed.items():
            opportunity_id = f"{session}.{slug}"
            history = self.model.get_history(opportunity_id)
            if how == "same" and history and not history[-1].deleted:
                wanted.append(history[-1])
                continue
            fields = {
                "version": self.based(opportunity_id, base),
                "deleted": False,
                "change_id": "",
            }
            wanted.append(an_opportunity(session, slug, **(change | fields)))
        header_wanted = a_session(session, version=version, change_id=self.change_id(kind))
        self.write("store_opportunities", header_wanted, wanted)

    @rule(session=sessions, kind=st.sampled_from(["", "new", "last"]))
    def delete_session(self, session: str, kind: str) -> None:
        change_id = self.change_id(kind)
        self.write("delete_session", session, updated_by="bea", change_id=change_id)

    @rule(key=templates, ahead=st.sampled_from([0, 0, 0, 1, -1]), change=changes)
    def put_template(self, key: str, ahead: int, change: dict[str, Any]) -> None:
        held = self.model.templates.get(key, [])
        version = max(0, (held[-1].version if held else 0) + ahead)
        names = ("title", "priority", "deleted")
        fields = {name: change[name] for name in names} | {"version": version}
        fields["change_id"] = self.change_id(change["change_id"])
        self.write("put_template", a_template(key, **fields))

    @rule(key=templates, version=st.integers(0, 4))
    def delete_template(self, key: str, version: int) -> None:
        change_id = self.change_id("new")
        self.write("delete_template", key, version=version, updated_by="b", change_id=change_id)

    @precondition(lambda self: self.last_write is not None)
    @rule()
    def repeat(self) -> None:
        assert self.last_write is not None
        method, args, options = self.last_write
        self.both(method, *args, **options)

    @rule(interval=intervals)
    def wait(self, interval: dict[str, float]) -> None:
        self.clock.advance(**interval)

    @rule(slug=slugs, change=changes)
    def change_elsewhere(self, slug: str, change: dict[str, Any]) -> None:
        held = self.elsewhere.get_history(f"{ELSEWHERE}.{slug}")
        fields = change | {"version": held[-1].version if held else 0, "change_id": ""}
        _outcome(self.elsewhere, "put_opportunity", an_opportunity(ELSEWHERE, slug, **fields))

    @rule(data=st.data(), copying=st.sampled_from(Copying), is_damaged=st.booleans())
    def replicate_from_elsewhere(
        self, data: st.DataObject, copying: Copying, *, is_damaged: bool
    ) -> None:
        records = self.elsewhere.everything()
        numbers = st.lists(st.integers(0, len(records) - 1), unique=True, max_size=8)
        chosen = [records[number] for number in data.draw(numbers)]
        if is_damaged:
            chosen = [one.revised(updated_by="damage") for one in chosen]
        self.both("replicate", chosen, copying=copying)

    @rule(data=st.data(), copying=st.sampled_from(Copying))
    def replicate_what_is_there(self, data: st.DataObject, copying: Copying) -> None:
        record = data.draw(st.sampled_from(self.model.everything()))
        self.both("replicate", [record], copying=copying)

    @rule(session=st.sampled_from([*SESSIONS, ELSEWHERE]), wanted=filters)
    def list_session(self, session: str, wanted: OpportunityFilters) -> None:
        self.both("get_opportunities", session, wanted)

    @rule(wanted=filters, order=st.sampled_from(Order), limit=st.integers(1, 5))
    def find(self, wanted: OpportunityFilters, order: Order, limit: int) -> None:
        found = _all_pages(
            lambda cursor: self.store.find_opportunities(
                wanted, order=order, limit=limit, cursor=cursor
            ),
            limit,
        )
        assert found == self.model.find(wanted, order)

    def teardown(self) -> None:
        """However the walk went: all that can be read is as in the model."""
        try:
            self.compare()
        finally:
            self.store.close()

    def compare(self) -> None:
        for session in (*SESSIONS, ELSEWHERE):
            self.both("get_session", session)
            self.both("get_opportunities", session)
            for slug in SLUGS:
                self.both("get_opportunity", f"{session}.{slug}")
                self.both("get_history", f"{session}.{slug}")
                self.both("get_opportunity", f"{session}.{slug}", version=2)
        self.both("list_templates")
        for order in Order:
            self.find(OpportunityFilters(), order, 4)
        listed = _all_pages(lambda cursor: self.store.list_sessions(limit=1, cursor=cursor), 1)
        assert listed == self.model.sessions()
        scanned: list[Record] = []
        cursor = None
        while True:
            page = self.store.scan(limit=7, cursor=cursor)
            scanned += page.items
            cursor = page.cursor
            if cursor is None:
                break
        key = lambda record: record.model_dump_json()  # noqa: E731 - said once, used twice here
        assert sorted(scanned, key=key) == sorted(self.model.everything(), key=key)


def _outcome(target: object, method: str, *args: object, **options: object) -> object:
    """What a call returned, or how it was refused."""
    try:
        return getattr(target, method)(*args, **options)
    except OpportuneError as error:
        return type(error), vars(error)


def _all_pages(ask: Callable[[str | None], Page[Any]], limit: int) -> list[Any]:
    found: list[Any] = []
    cursor = None
    while True:
        page = ask(cursor)
        found += page.items
        cursor = page.cursor
        if cursor is None:
            return found
        assert len(page.items) == limit


def test_any_walk_through_a_store_ends_as_in_the_model(store_name: str, tmp_path: Path) -> None:
    retention = Retention(days=DAYS, history_days=HISTORY_DAYS)

    class Machine(StoreMachine):
        @staticmethod
        def open_store(clock: ManualClock) -> Store:
            return STORES[store_name](tmp_path, clock, retention, fresh=True)

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=settings().max_examples // (2 if store_name in IN_PROCESS else 10),
            stateful_step_count=30,
            suppress_health_check=list(HealthCheck),
        ),
    )
