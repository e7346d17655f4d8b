"""What people do to opportunities, one and many, over stores in this process."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from stores import ManualClock, a_session, an_opportunity

from opportune.errors import (
    InvalidInputError,
    OpportunityNotFoundError,
    SessionNotFoundError,
    StoreError,
    StoreUnavailableError,
    VersionConflictError,
)
from opportune.model.filters import OpportunityFilters
from opportune.model.records import Opportunity, Priority, Status
from opportune.pipeline.changes.edit import Edit, Editing
from opportune.pipeline.changes.edit_many import BulkEditing
from opportune.stores.contract import RETENTION, Store
from opportune.stores.memory.store import MemoryStore
from opportune.stores.sqlite import SQLiteStore


@pytest.fixture(params=["memory", "sqlite"])
def held(request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryStore(clock=clock)
        return
    with closing(SQLiteStore(tmp_path / "o.sqlite3", clock=clock)) as store:
        yield store


@pytest.fixture
def editing(held: Store, clock: ManualClock) -> Editing:
    return Editing(held, clock, RETENTION)


@pytest.fixture
def one(held: Store) -> Opportunity:
    held.store_opportunities(a_session("s"), [an_opportunity("s", updated_by="ana")])
    return held.get_opportunity("s.rehost")


def _edit(**fields: Any) -> Edit:
    return Edit.checked(**fields)


def test_one_made_by_hand_goes_to_the_customers_own_session(editing: Editing, held: Store) -> None:
    made = editing.create(_edit(title="Renew support", customer="Ñandú SA"), updated_by="eva")
    assert made.id == f"{made.session_id}.renew-support"
    assert (made.customer, made.updated_by, made.version) == ("Ñandú SA", "eva", 1)
    assert (made.status, made.priority, made.estimated_arr) == (
        Status.NEW,
        Priority.MEDIUM,
        Decimal(0),
    )
    again = editing.create(_edit(title="Renew: SUPPORT!", customer="nandu sa"), updated_by="eva")
    assert (again.session_id, again.id) == (made.session_id, f"{made.id}-2")
    other = editing.create(_edit(title="日本", customer=""), updated_by="eva")
    assert other.session_id != made.session_id
    assert other.id.endswith(".opportunity")
    assert {o.id for o in held.get_opportunities(made.session_id)} == {made.id, again.id}


def test_making_one_never_touches_what_is_there(editing: Editing, held: Store) -> None:
    made = [
        editing.create(_edit(title=f"T{n}", customer="Acme"), updated_by="eva") for n in range(3)
    ]
    session = made[0].session_id
    editing.delete(made[0].id, updated_by="eva")
    held.delete_session(session, updated_by="eva", change_id="")
    back = editing.create(_edit(title="T0", customer="Acme"), updated_by="eva")
    assert back.id == f"{session}.t0-2", "the deleted one keeps its name and history"
    assert held.get_opportunities(session) == (back,)


def test_one_made_in_a_session_has_its_customer(editing: Editing, one: Opportunity) -> None:
    made = editing.create(_edit(title="By hand"), updated_by="eva", session_id="s", language="es")
    assert (made.session_id, made.customer, made.language) == ("s", "Panadería Ñandú", "es")
    with pytest.raises(SessionNotFoundError):
        editing.create(_edit(title="x"), updated_by="eva", session_id="none")


@pytest.mark.parametrize("fields", [{}, {"title": ""}, {"title": None}, {"customer": "Acme"}])
def test_one_without_a_title_is_refused(
    editing: Editing, held: Store, fields: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInputError):
        editing.create(Edit.checked(**fields), updated_by="eva")
    assert held.list_sessions().items == (), "nothing is left of it"


def test_a_repeated_making_with_its_key_is_made_once(editing: Editing) -> None:
    fields = _edit(title="Once", customer="Acme")
    first = editing.create(fields, updated_by="eva", change_id="key:1")
    editing.create(_edit(title="Once", customer="Acme"), updated_by="eva")
    assert editing.create(fields, updated_by="eva", change_id="key:1") == first


EVERY_FIELD: dict[str, Any] = {
    "title": "New title",
    "category": "Seguridad",
    "priority": "Low",
    "estimated_arr": Decimal("12.34"),
    "reasoning": "because",
    "talking_points": ("a", "b"),
    "next_steps": ("c",),
    "related_services": ("Amazon S3",),
    "status": "Perdida",
    "customer": "Acme",
    "owner": "eva",
    "close_date": date(2026, 12, 31),
    "loss_reason": "Price",
    "keep": True,
}


def test_every_field_of_a_persons_can_be_edited(
    editing: Editing, held: Store, one: Opportunity
) -> None:
    assert EVERY_FIELD.keys() == Edit.model_fields.keys()
    edited = editing.edit(one.id, _edit(**EVERY_FIELD), updated_by="eva", note="all")
    assert {name: getattr(edited, name) for name in EVERY_FIELD} == EVERY_FIELD
    assert (edited.version, edited.updated_by, edited.change_note) == (2, "eva", "all")
    assert held.get_history(one.id) == (one, edited)
    cleared = {
        name: None
        for name in EVERY_FIELD
        if name not in ("title", "priority", "estimated_arr", "status")
    }
    plain = editing.edit(one.id, _edit(**cleared), updated_by="eva")
    assert (plain.owner, plain.close_date, plain.talking_points, plain.keep) == (
        "",
        None,
        (),
        False,
    )


def test_an_edit_that_changes_nothing_is_no_revision(editing: Editing, one: Opportunity) -> None:
    assert editing.edit(one.id, _edit(title=one.title), updated_by="eva") == one


@pytest.mark.parametrize("fields", [{}, {"title": None}, {"estimated_arr": None}])
def test_an_edit_of_nothing_or_to_nothing_is_refused(
    editing: Editing, one: Opportunity, fields: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInputError):
        editing.edit(one.id, Edit.checked(**fields), updated_by="eva")


def test_an_edit_of_another_version_or_of_nothing_is_refused(
    editing: Editing, one: Opportunity
) -> None:
    with pytest.raises(VersionConflictError):
        editing.edit(one.id, _edit(title="x"), updated_by="eva", expected_version=7)
    with pytest.raises(OpportunityNotFoundError):
        editing.edit("s.none", _edit(title="x"), updated_by="eva")


def test_a_deleted_one_is_gone_and_its_history_stays(
    editing: Editing, held: Store, one: Opportunity
) -> None:
    with pytest.raises(VersionConflictError):
        editing.delete(one.id, updated_by="eva", expected_version=3)
    editing.delete(one.id, updated_by="eva", note="not ours", expected_version=1)
    with pytest.raises(OpportunityNotFoundError):
        held.get_opportunity(one.id)
    newest = held.get_history(one.id)[-1]
    assert (newest.deleted, newest.updated_by, newest.change_note) == (True, "eva", "not ours")


class Overtaken(MemoryStore):
    """Somebody else is faster, some times; and goes on being so, if times is large."""

    times = 0

    def _overtake(self, one: Opportunity) -> None:
        if self.times and one.updated_by == "ana":
            self.times -= 1
            newest = self.get_opportunity(one.id)
            super().put_opportunity(newest.revised(owner=f"o{self.times}", updated_by="eva"))

    def put_opportunity(self, opportunity: Opportunity) -> Opportunity:
        self._overtake(opportunity)
        return super().put_opportunity(opportunity)


@pytest.mark.parametrize(("times", "is_done"), [(4, True), (5, False)])
def test_an_edit_that_is_overtaken_is_tried_again_for_a_while(
    clock: ManualClock, times: int, *, is_done: bool
) -> None:
    store = Overtaken(clock=clock)
    store.store_opportunities(a_session("s"), [an_opportunity("s", updated_by="eva")])
    store.times = times
    editing = Editing(store, clock, RETENTION)
    if is_done:
        edited = editing.edit("s.rehost", _edit(title="x"), updated_by="ana")
        assert (edited.title, edited.owner) == ("x", "o0"), "nobody's change is lost"
    else:
        with pytest.raises(VersionConflictError):
            editing.edit("s.rehost", _edit(title="x"), updated_by="ana")


@pytest.fixture
def many(held: Store) -> list[str]:
    held.store_opportunities(
        a_session("m"),
        [
            an_opportunity("m", f"o{n}", status=Status.WON if n % 3 == 0 else Status.NEW)
            for n in range(1100)
        ],
    )
    return [o.id for o in held.get_opportunities("m")]


def test_many_are_changed_by_a_filter_and_each_keeps_its_history(
    held: Store, many: list[str]
) -> None:
    told: list[tuple[int, int]] = []
    done = BulkEditing(held).change(
        _edit(status="En Progreso", owner="eva"),
        filters=OpportunityFilters(status=(Status.NEW,)),
        updated_by="ana",
        note="kick-off",
        on_progress=lambda at, of: told.append((at, of)),
    )
    assert (done.changed, done.unchanged, done.refused) == (733, 0, ())
    assert told == [(733, 733)]
    for opportunity_id in many[:5]:
        history = held.get_history(opportunity_id)
        newest = history[-1]
        if history[0].status == Status.NEW:
            assert (newest.status, newest.owner, newest.change_note, newest.version) == (
                Status.IN_PROGRESS,
                "eva",
                "kick-off",
                2,
            )
        else:
            assert len(history) == 1
    again = BulkEditing(held).change(
        _edit(owner="eva"), filters=OpportunityFilters(owner=("eva",)), updated_by="ana"
    )
    assert (again.changed, again.unchanged) == (0, 733)


def test_many_are_changed_by_their_ids_and_what_is_gone_is_named(
    held: Store, many: list[str]
) -> None:
    gone = held.get_opportunity(many[1])
    held.put_opportunity(gone.revised(deleted=True))
    done = BulkEditing(held).change(
        _edit(owner="eva"), ids=[*many[:3], many[0], "m.none"], updated_by="ana"
    )
    assert (done.changed, done.unchanged) == (2, 0)
    assert [one.opportunity_id for one in done.refused] == [many[1], "m.none"]
    assert all("does not exist" in one.reason for one in done.refused)


@pytest.mark.parametrize(
    ("filters", "fields"),
    [(None, {"owner": "eva"}), (OpportunityFilters(), {"owner": "eva"}), (None, {})],
)
def test_a_change_of_everything_or_of_nothing_is_refused(
    held: Store, many: list[str], filters: OpportunityFilters | None, fields: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInputError):
        BulkEditing(held).change(Edit.checked(**fields), filters=filters, updated_by="ana")


class OvertakenMany(MemoryStore):
    """Somebody else changes the first of many, each time, some times."""

    times = 0

    def put_opportunities(self, opportunities: Any) -> tuple[Opportunity | StoreError, ...]:
        if self.times:
            self.times -= 1
            newest = self.get_opportunity(opportunities[0].id)
            self.put_opportunity(newest.revised(title=f"t{self.times}", updated_by="eva"))
        return super().put_opportunities(opportunities)


@pytest.mark.parametrize(("times", "refused"), [(4, 0), (5, 1)])
def test_one_of_many_that_is_overtaken_is_tried_again_for_a_while(
    clock: ManualClock, times: int, refused: int
) -> None:
    store = OvertakenMany(clock=clock)
    store.store_opportunities(a_session("s"), [an_opportunity("s", f"o{n}") for n in range(3)])
    store.times = times
    done = BulkEditing(store).change(
        _edit(owner="ana"), filters=OpportunityFilters(session_id="s"), updated_by="ana"
    )
    assert (done.changed, len(done.refused)) == (3 - refused, refused)
    owners = [o.owner for o in store.get_opportunities("s")]
    assert owners.count("ana") == 3 - refused


def test_a_store_that_does_not_answer_ends_a_change_of_many(clock: ManualClock) -> None:
    class Down(MemoryStore):
        def put_opportunities(self, opportunities: Any) -> tuple[Opportunity | StoreError, ...]:
            raise StoreUnavailableError("no answer")

    store = Down(clock=clock)
    store.store_opportunities(a_session("s"), [an_opportunity("s")])
    with pytest.raises(StoreUnavailableError):
        BulkEditing(store).change(_edit(owner="ana"), ids=["s.rehost"], updated_by="ana")
