"""The contract on every store: templates, scanning everything, and replicating from elsewhere."""

import itertools
from typing import Any

import pytest
from stores import (
    ManualClock,
    Open,
    a_full_opportunity,
    a_full_session,
    a_session,
    a_template,
    an_opportunity,
    new_session_id,
    new_template_id,
    reference_store,
)
from tables import every

from opportune.errors import (
    InvalidInputError,
    OpportunityNotFoundError,
    SessionNotFoundError,
    TemplateNotFoundError,
    TooLargeError,
    VersionConflictError,
)
from opportune.model.records import Opportunity, Record, Session, Status, Template
from opportune.stores.contract import RECORD_LIMIT_BYTES, Retention, Store
from opportune.stores.journal import Copying


@pytest.fixture
def template(store: Store) -> Template:
    return store.put_template(a_template(new_template_id()))


# Templates


def test_a_template_is_read_as_it_was_written(store: Store, clock: ManualClock) -> None:
    wanted = a_template(
        new_template_id(),
        title="\U0001f600",
        category="",
        reasoning="x\ny",
        talking_points=("a", ""),
        next_steps=("b",),
        related_services=("c",),
        language="es",
        change_id="c1",
    )
    stored = store.put_template(wanted)
    assert store.get_template(wanted.template_id) == stored
    stamps = {"version": 1, "created_at": stored.created_at, "updated_at": stored.updated_at}
    assert dict(stored) == dict(wanted) | stamps
    clock.advance(days=4000)
    assert store.get_template(wanted.template_id) == stored


def test_a_templates_revisions_are_its_lock_and_its_history(
    store: Store, template: Template
) -> None:
    second = store.put_template(template.revised(title="second"))
    with pytest.raises(VersionConflictError) as caught:
        store.put_template(template.revised(title="lost"))
    assert (caught.value.key, caught.value.expected, caught.value.actual) == (
        template.template_id,
        1,
        2,
    )
    assert store.get_template_history(template.template_id) == (template, second)
    assert store.get_template(template.template_id, version=1) == template
    for version in (0, 3, 10**40):
        with pytest.raises(TemplateNotFoundError):
            store.get_template(template.template_id, version=version)


def test_deleting_a_template_hides_it_and_appending_restores_it(
    store: Store, template: Template
) -> None:
    key = template.template_id
    store.delete_template(key, version=1, updated_by="bea", change_id="c2")
    with pytest.raises(TemplateNotFoundError):
        store.get_template(key)
    gone = store.get_template(key, version=2)
    assert (gone.deleted, gone.updated_by, gone.change_id) == (True, "bea", "c2")
    with pytest.raises(VersionConflictError):
        store.put_template(a_template(key))
    back = store.put_template(gone.revised(deleted=False))
    assert store.get_template(key) == back
    assert [t.version for t in store.get_template_history(key)] == [1, 2, 3]


def test_deleting_a_template_needs_its_version(store: Store, template: Template) -> None:
    for version in (0, 2):
        with pytest.raises(VersionConflictError):
            store.delete_template(
                template.template_id, version=version, updated_by="ana", change_id="c1"
            )
    with pytest.raises(TemplateNotFoundError):
        store.delete_template(new_template_id(), version=1, updated_by="ana", change_id="c1")
    assert store.get_template(template.template_id) == template


def test_writes_of_templates_can_be_repeated(store: Store, clock: ManualClock) -> None:
    wanted = a_template(new_template_id(), change_id="c1")
    first = store.put_template(wanted)
    clock.advance(seconds=1)
    assert store.put_template(wanted) == first
    changed = first.revised(title="second", change_id="c2")
    second = store.put_template(changed)
    assert store.put_template(changed) == second
    for _ in range(2):
        store.delete_template(first.template_id, version=2, updated_by="ana", change_id="c3")
    assert len(store.get_template_history(first.template_id)) == 3


def test_a_template_write_that_makes_no_sense_is_refused(store: Store) -> None:
    key = new_template_id()
    with pytest.raises(TemplateNotFoundError):
        store.put_template(a_template(key, version=1))
    with pytest.raises(InvalidInputError):
        store.put_template(a_template(key, deleted=True))
    with pytest.raises(TooLargeError, match="nextSteps"):
        store.put_template(a_template(key, reasoning="x" * 99_999, next_steps=["y" * 90_000] * 3))
    assert RECORD_LIMIT_BYTES < 99_999 + 3 * 90_000
    assert store.get_template_history(key) == ()


def test_an_unknown_template_is_not_found(store: Store) -> None:
    with every() as row:
        for odd in ("", " ", "x" * 5000, "\ud800", "ñ"):
            with row(repr(odd[:20])):
                with pytest.raises(TemplateNotFoundError):
                    store.get_template(odd)
                with pytest.raises(TemplateNotFoundError):
                    store.delete_template(odd, version=1, updated_by="ana", change_id="c1")
                assert store.get_template_history(odd) == ()


def test_templates_are_listed_by_id_without_the_deleted(fresh_store: Store) -> None:
    for key in ("b", "a", "c", "a-1"):
        fresh_store.put_template(a_template(key))
    fresh_store.delete_template("b", version=1, updated_by="ana", change_id="")
    newest = fresh_store.put_template(fresh_store.get_template("c").revised(title="new"))
    assert [t.template_id for t in fresh_store.list_templates()] == ["a", "a-1", "c"]
    assert fresh_store.list_templates()[-1] == newest


# Scanning


def _everything(store: Store, limit: int = 1000) -> list[Record]:
    records: list[Record] = []
    cursor = None
    while True:
        page = store.scan(limit=limit, cursor=cursor)
        assert len(page.items) <= limit
        records += page.items
        cursor = page.cursor
        if cursor is None:
            return records


def _filled(store: Store, clock: ManualClock) -> list[Record]:
    """Put something of every kind, deleted and expired ones too; return every record."""
    store.store_opportunities(a_full_session("one"), [a_full_opportunity("one")])
    store.store_opportunities(a_session("old"), [an_opportunity("old", f"o-{n}") for n in "ab"])
    clock.advance(days=40)
    store.store_opportunities(a_session("two"), [an_opportunity("two", "x")])
    store.put_opportunity(store.get_opportunity("two.x").revised(deleted=True))
    store.store_opportunities(a_session("gone"), [an_opportunity("gone", "x")])
    store.delete_session("gone", updated_by="ana", change_id="c1")
    store.put_template(store.put_template(a_template("t")).revised(title="second"))
    store.put_template(a_template("u"))
    store.delete_template("u", version=1, updated_by="ana", change_id="")
    ids = ["one.a-1", "old.o-a", "old.o-b", "two.x", "gone.x"]
    records: list[Record] = [r for one in ids for r in store.get_history(one)]
    records += [r for key in "tu" for r in store.get_template_history(key)]
    return records + [store.get_session(one) for one in ("one", "old", "two")]


def _key(record: Record) -> tuple[str, int]:
    return record.model_dump_json(), record.version


def test_scan_yields_every_header_and_revision_deleted_and_expired_ones_too(
    fresh_store: Store, clock: ManualClock
) -> None:
    expected = _filled(fresh_store, clock)
    for limit in (1, 3, 1000):
        scanned = _everything(fresh_store, limit)
        (tombstone,) = [r for r in scanned if isinstance(r, Session) and r.deleted]
        assert tombstone.id == "gone"
        assert sorted(map(_key, scanned)) == sorted(map(_key, [*expected, tombstone]))


def test_a_scan_asks_for_a_sensible_page_and_a_cursor_of_ours(store: Store) -> None:
    for limit in (0, 1001):
        with pytest.raises(InvalidInputError):
            store.scan(limit=limit)
    with pytest.raises(InvalidInputError):
        store.scan(cursor="nonsense")


# Replicating


def test_replicating_a_whole_scan_makes_an_equal_store_in_any_order_and_twice(
    open_store: Open, clock: ManualClock
) -> None:
    source = reference_store(clock)
    _filled(source, clock)
    records = _everything(source)
    expected = sorted(map(_key, records))
    for order in (records, records[::-1], [*records[::2], *records[1::2], *records]):
        target = open_store(fresh=True)
        for record in order:
            target.replicate([record])
        assert sorted(map(_key, _everything(target))) == expected
        target = open_store(fresh=True)
        assert target.replicate(order[: len(records)])
        assert sorted(map(_key, _everything(target))) == expected
        assert target.find_opportunities() == source.find_opportunities()
        assert target.list_sessions() == source.list_sessions()
        assert target.list_templates() == source.list_templates()
        for session_id in ("one", "two", "old", "gone"):
            assert target.get_opportunities(session_id) == source.get_opportunities(session_id)


def _revisions(session_id: str, clock: ManualClock) -> tuple[Session, tuple[Opportunity, ...]]:
    """A header and four revisions as another store holds them; the third is a delete."""
    source = reference_store(clock)
    header = source.store_opportunities(a_session(session_id), [an_opportunity(session_id)])
    changes: list[dict[str, Any]] = [{"owner": "bea"}, {"deleted": True}, {"deleted": False}]
    for change in changes:
        clock.advance(minutes=1)
        newest = source.get_history(f"{session_id}.rehost")[-1]
        source.put_opportunity(newest.revised(**change))
    return header, source.get_history(f"{session_id}.rehost")


def _replicate(store: Store, *records: Record) -> None:
    for record in records:
        store.replicate([record])


def test_replicating_revisions_in_every_order_never_lowers_the_newest(
    store: Store, clock: ManualClock
) -> None:
    for order in itertools.permutations(range(4)):
        header, revisions = _revisions(new_session_id(), clock)
        store.replicate([header])
        highest = 0
        for number in order:
            store.replicate([revisions[number]])
            highest = max(highest, number + 1)
            history = store.get_history(revisions[0].id)
            assert history[-1].version == highest
            if highest == 3:
                with pytest.raises(OpportunityNotFoundError):
                    store.get_opportunity(revisions[0].id)
            else:
                assert store.get_opportunity(revisions[0].id) == revisions[highest - 1]
        assert store.get_history(revisions[0].id) == revisions


def test_what_was_replicated_goes_on_from_its_version(
    store: Store, session_id: str, clock: ManualClock
) -> None:
    header, revisions = _revisions(session_id, clock)
    _replicate(store, *revisions, header)
    changed = store.put_opportunity(revisions[-1].revised(owner="carl"))
    assert changed.version == 5
    store.replicate([revisions[1]])
    assert store.get_opportunity(changed.id) == changed
    assert store.get_history(changed.id) == (*revisions, changed)


def test_an_older_header_is_ignored_and_a_newer_one_taken(
    store: Store, session_id: str, clock: ManualClock
) -> None:
    source = reference_store(clock)
    first = source.store_opportunities(a_session(session_id), [])
    second = source.store_opportunities(first.revised(language="es"), [])
    store.replicate([first])
    assert store.get_session(session_id) == first
    store.replicate([second])
    store.replicate([first])
    assert store.get_session(session_id) == second
    source.delete_session(session_id, updated_by="ana", change_id="c1")
    (tombstone,) = source.scan().items
    store.replicate([tombstone])
    store.replicate([second])
    with pytest.raises(SessionNotFoundError):
        store.get_session(session_id)


def test_a_damaged_copy_is_mended_only_when_that_is_asked_for(
    store: Store, session_id: str, clock: ManualClock
) -> None:
    header, revisions = _revisions(session_id, clock)
    template = reference_store(clock).put_template(a_template(new_template_id()))
    records: list[Record] = [header, *revisions, template]
    damaged: list[Record] = [
        header.revised(customer="damaged"),
        *(one.revised(title="damaged", status=Status.LOST) for one in revisions),
        template.revised(title="damaged"),
    ]
    for number, record in enumerate(damaged):
        store.replicate([record])
        store.replicate([records[number]])
        assert _held(store, record) == record, "what is there stays"
        store.replicate([records[number]], copying=Copying.NEXT)
        assert _held(store, record) == record
    store.replicate(records, copying=Copying.MEND)
    assert store.get_session(session_id) == header
    assert store.get_history(revisions[0].id) == revisions
    assert store.get_opportunities(session_id) == (revisions[-1],)
    assert store.get_template(template.template_id) == template


def _held(store: Store, record: Record) -> Record:
    """What the store holds of the same key and version."""
    if isinstance(record, Session):
        return store.get_session(record.id)
    if isinstance(record, Template):
        return store.get_template(record.template_id, version=record.version)
    return store.get_opportunity(record.id, version=record.version)


def test_templates_replicate_in_any_order(store: Store, clock: ManualClock) -> None:
    source = reference_store(clock)
    key = new_template_id()
    source.put_template(source.put_template(a_template(key)).revised(title="second"))
    revisions = source.get_template_history(key)
    for revision in (*reversed(revisions), *revisions):
        store.replicate([revision])
        assert store.get_template(key) == revisions[1]
    assert store.get_template_history(key) == revisions


def test_only_what_a_store_has_kept_is_replicated(store: Store, session_id: str) -> None:
    unstored: list[Record] = [
        a_session(session_id),
        an_opportunity(session_id),
        a_template(new_template_id()),
    ]
    for record in unstored:
        with pytest.raises(InvalidInputError):
            store.replicate([record])


def test_what_expired_elsewhere_stays_expired_here(
    store: Store, session_id: str, clock: ManualClock
) -> None:
    header, revisions = _revisions(session_id, clock)
    clock.advance(days=31)
    _replicate(store, header, *revisions)
    assert store.get_opportunities(session_id) == ()
    assert store.get_history(revisions[0].id) == revisions


def test_what_is_forgotten_does_not_hold_up_its_successor(
    open_store: Open, session_id: str, clock: ManualClock
) -> None:
    retention = Retention(days=30, history_days=60)
    store, source = open_store(retention), reference_store(clock, retention)
    header, revisions = _revisions(session_id, clock)
    _replicate(store, header, *revisions)
    clock.advance(days=61)
    source.store_opportunities(a_session(session_id), [an_opportunity(session_id)])
    (anew,) = source.get_opportunities(session_id)
    store.replicate([anew])
    assert store.get_history(anew.id) == (anew,)
    assert store.get_opportunity(anew.id) == anew
