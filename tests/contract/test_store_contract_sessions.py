"""The contract on every store: replacing a session's list, headers, deleting a session."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from stores import ManualClock, a_session, an_opportunity, new_session_id
from tables import every

from opportune.errors import (
    InvalidInputError,
    OpportunityNotFoundError,
    SessionNotFoundError,
    TooLargeError,
    VersionConflictError,
)
from opportune.model.records import Opportunity, Priority, Session
from opportune.stores.contract import RECORD_LIMIT_BYTES, Store


def test_storing_makes_the_list_the_sessions_whole_list(store: Store, session_id: str) -> None:
    first = [an_opportunity(session_id, slug) for slug in ("a", "b", "c")]
    header = store.store_opportunities(a_session(session_id), first)
    assert header.version == 1
    assert store.get_session(session_id) == header
    before = {o.id: o for o in store.get_opportunities(session_id)}
    assert sorted(before) == [o.id for o in first]
    assert {o.version for o in before.values()} == {1}

    kept = before[f"{session_id}.a"]
    changed = before[f"{session_id}.b"].revised(owner="bea")
    second = [kept, changed, an_opportunity(session_id, "d")]
    replaced = store.store_opportunities(a_session(session_id), second)
    assert replaced.version == 2
    assert replaced.created_at == header.created_at
    after = {o.id: o for o in store.get_opportunities(session_id)}
    assert sorted(after) == [f"{session_id}.{slug}" for slug in "abd"]
    assert {slug: after[f"{session_id}.{slug}"].version for slug in "abd"} == {
        "a": 1,
        "b": 2,
        "d": 1,
    }


def test_what_equals_the_newest_revision_is_left_as_it_is(
    store: Store, session_id: str, clock: ManualClock
) -> None:
    store.store_opportunities(a_session(session_id), [an_opportunity(session_id)])
    listed = store.get_opportunities(session_id)
    clock.advance(days=1)
    store.store_opportunities(a_session(session_id), listed)
    assert store.get_opportunities(session_id) == listed
    assert store.get_history(listed[0].id) == listed


def test_version_zero_takes_whatever_is_there_as_its_base(store: Store, session_id: str) -> None:
    store.store_opportunities(a_session(session_id), [an_opportunity(session_id)])
    store.store_opportunities(a_session(session_id), [an_opportunity(session_id)])
    (listed,) = store.get_opportunities(session_id)
    first, second = store.get_history(listed.id)
    assert (first.version, second.version) == (1, 2)
    assert second.created_at == first.created_at


def test_what_is_not_listed_any_more_is_deleted_by_a_revision(
    store: Store, session_id: str
) -> None:
    store.store_opportunities(
        a_session(session_id), [an_opportunity(session_id, change_note="by hand")]
    )
    (listed,) = store.get_opportunities(session_id)
    store.store_opportunities(a_session(session_id, updated_by="bea", change_id="c7"), [])
    assert store.get_opportunities(session_id) == ()
    with pytest.raises(OpportunityNotFoundError):
        store.get_opportunity(listed.id)
    first, gone = store.get_history(listed.id)
    assert first == listed
    assert (gone.version, gone.deleted, gone.updated_by, gone.change_id) == (2, True, "bea", "c7")
    assert (gone.title, gone.change_note) == (listed.title, "")


def test_what_is_deleted_is_not_deleted_again(store: Store, session_id: str) -> None:
    store.store_opportunities(a_session(session_id), [an_opportunity(session_id)])
    store.store_opportunities(a_session(session_id), [])
    store.store_opportunities(a_session(session_id), [])
    assert len(store.get_history(f"{session_id}.rehost")) == 2


def test_listing_what_was_deleted_brings_it_back(store: Store, session_id: str) -> None:
    store.store_opportunities(a_session(session_id), [an_opportunity(session_id)])
    store.store_opportunities(a_session(session_id), [])
    store.store_opportunities(a_session(session_id), [an_opportunity(session_id)])
    (back,) = store.get_opportunities(session_id)
    assert back.version == 3


def test_one_conflict_refuses_the_whole_replacement(store: Store, session_id: str) -> None:
    slugs = ("a", "b", "c")
    header = store.store_opportunities(
        a_session(session_id), [an_opportunity(session_id, slug) for slug in slugs]
    )
    a, b, c = store.get_opportunities(session_id)
    newer = store.put_opportunity(b.revised(owner="bea"))
    wanted = [a.revised(owner="x"), b.revised(owner="x"), c.revised(owner="x")]
    with pytest.raises(VersionConflictError) as caught:
        store.store_opportunities(a_session(session_id), wanted)
    assert (caught.value.key, caught.value.expected, caught.value.actual) == (b.id, 1, 2)
    assert store.get_opportunities(session_id) == (a, newer, c)
    assert store.get_session(session_id) == header


def test_listing_a_version_of_something_unknown_conflicts(store: Store, session_id: str) -> None:
    with pytest.raises(VersionConflictError) as caught:
        store.store_opportunities(a_session(session_id), [an_opportunity(session_id, version=3)])
    assert (caught.value.expected, caught.value.actual) == (3, 0)
    with pytest.raises(SessionNotFoundError):
        store.get_session(session_id)


def test_a_header_is_replaced_only_at_the_version_given(store: Store, session_id: str) -> None:
    first = store.store_opportunities(a_session(session_id), [])
    second = store.store_opportunities(first.revised(language="es"), [])
    assert (second.version, second.language) == (2, "es")
    with pytest.raises(VersionConflictError) as caught:
        store.store_opportunities(first.revised(language="pt"), [an_opportunity(session_id)])
    assert (caught.value.key, caught.value.expected, caught.value.actual) == (session_id, 1, 2)
    assert store.get_session(session_id) == second
    assert store.get_opportunities(session_id) == ()


def test_a_header_version_of_an_unknown_session_conflicts(store: Store, session_id: str) -> None:
    with pytest.raises(VersionConflictError) as caught:
        store.store_opportunities(a_session(session_id, version=1), [])
    assert caught.value.actual == 0


def test_a_creation_in_between_makes_a_replacement_conflict(store: Store, session_id: str) -> None:
    header = store.store_opportunities(a_session(session_id), [])
    created = store.put_opportunity(an_opportunity(session_id))
    with pytest.raises(VersionConflictError):
        store.store_opportunities(header, [])
    assert store.get_opportunities(session_id) == (created,)


@pytest.mark.parametrize("version", [0, 1])
def test_repeating_a_replacement_returns_what_it_made(
    store: Store, session_id: str, version: int, clock: ManualClock
) -> None:
    store.store_opportunities(a_session(session_id), [an_opportunity(session_id, "old")])
    header = a_session(session_id, version=version, change_id="c1")
    wanted = [an_opportunity(session_id, slug) for slug in ("a", "b")]
    stored = store.store_opportunities(header, wanted)
    listed = store.get_opportunities(session_id)
    clock.advance(seconds=1)
    assert store.store_opportunities(header, wanted) == stored
    assert store.get_opportunities(session_id) == listed
    assert len(store.get_history(f"{session_id}.old")) == 2


def test_an_empty_change_id_replaces_again(store: Store, session_id: str) -> None:
    store.store_opportunities(a_session(session_id), [])
    assert store.store_opportunities(a_session(session_id), []).version == 2


def test_a_list_with_an_id_twice_is_refused(store: Store, session_id: str) -> None:
    twice = [an_opportunity(session_id), an_opportunity(session_id, owner="bea")]
    _is_refused(store, session_id, InvalidInputError, twice)


def test_a_list_with_an_id_of_another_session_is_refused(store: Store, session_id: str) -> None:
    _is_refused(store, session_id, InvalidInputError, [an_opportunity(new_session_id())])


def test_a_list_with_something_marked_as_deleted_is_refused(store: Store, session_id: str) -> None:
    _is_refused(store, session_id, InvalidInputError, [an_opportunity(session_id, deleted=True)])
    with pytest.raises(InvalidInputError):
        store.store_opportunities(a_session(session_id, deleted=True), [])


def test_a_list_with_a_record_over_the_limit_is_refused(store: Store, session_id: str) -> None:
    large = an_opportunity(session_id, talking_points=["x" * 90_000] * 4)
    assert len(large.model_dump_json()) > RECORD_LIMIT_BYTES
    _is_refused(store, session_id, TooLargeError, [an_opportunity(session_id, "a"), large])


def _is_refused(
    store: Store, session_id: str, error: type[Exception], wanted: Sequence[Opportunity]
) -> None:
    with pytest.raises(error):
        store.store_opportunities(a_session(session_id), wanted)
    assert store.get_opportunities(session_id) == ()
    with pytest.raises(SessionNotFoundError):
        store.get_session(session_id)


def test_a_list_is_ordered_by_priority_then_arr_then_id(store: Store, session_id: str) -> None:
    rows = [
        ("z", Priority.HIGH, "5"),
        ("b", Priority.HIGH, "10"),
        ("a", Priority.HIGH, "10"),
        ("c", Priority.MEDIUM, "-3"),
        ("d", Priority.MEDIUM, "0.01"),
        ("e", Priority.LOW, "9999999999999.99"),
        ("b-2", Priority.HIGH, "10"),
    ]
    store.store_opportunities(
        a_session(session_id),
        [
            an_opportunity(session_id, slug, priority=priority, estimated_arr=Decimal(arr))
            for slug, priority, arr in rows
        ],
    )
    listed = [o.id.removeprefix(f"{session_id}.") for o in store.get_opportunities(session_id)]
    assert listed == ["a", "b", "b-2", "z", "d", "c", "e"]


def test_sessions_do_not_see_each_other(store: Store) -> None:
    one, other = new_session_id(), new_session_id()[:8]
    store.store_opportunities(a_session(one), [an_opportunity(one)])
    store.store_opportunities(a_session(other), [an_opportunity(other)])
    store.store_opportunities(a_session(one), [])
    assert store.get_opportunities(one) == ()
    assert [o.session_id for o in store.get_opportunities(other)] == [other]


def test_an_unknown_session_has_no_list_and_no_header(store: Store, session_id: str) -> None:
    assert store.get_opportunities(session_id) == ()
    with pytest.raises(SessionNotFoundError):
        store.get_session(session_id)


@pytest.mark.parametrize("size", [0, 1, 98, 99, 100, 101, 2000])
def test_lists_of_any_size_are_stored_changed_and_emptied_in_one_step(
    store: Store, session_id: str, size: int
) -> None:
    wanted = [an_opportunity(session_id, f"p-{n}", estimated_arr=Decimal(n)) for n in range(size)]
    store.store_opportunities(a_session(session_id, change_id="c1"), wanted)
    listed = store.get_opportunities(session_id)
    assert {o.id for o in listed} == {o.id for o in wanted}
    changed = [o.revised(owner="bea") for o in listed]
    store.store_opportunities(a_session(session_id, change_id="c2"), changed)
    after = store.get_opportunities(session_id)
    assert [(o.id, o.owner, o.version) for o in after] == [(o.id, "bea", 2) for o in listed]
    assert store.store_opportunities(a_session(session_id, change_id="c3"), []).version == 3
    assert store.get_opportunities(session_id) == ()


# Headers


def test_sessions_are_listed_last_changed_first_ties_by_id(
    fresh_store: Store, clock: ManualClock
) -> None:
    for session_id in ("b", "c", "a"):
        fresh_store.store_opportunities(a_session(session_id), [])
    clock.advance(seconds=1)
    fresh_store.store_opportunities(a_session("d"), [])
    clock.advance(seconds=1)
    fresh_store.put_opportunity(an_opportunity("c"))
    fresh_store.delete_session("b", updated_by="ana", change_id="c1")
    page = fresh_store.list_sessions()
    assert [session.id for session in page.items] == ["c", "d", "a"]
    assert page.items[0] == fresh_store.get_session("c")
    assert page.cursor is None


def test_sessions_are_paged_without_a_gap_or_a_double(
    fresh_store: Store, clock: ManualClock
) -> None:
    for number in range(7):
        fresh_store.store_opportunities(a_session(f"s{number}"), [])
        clock.advance(seconds=number % 2)
    whole = fresh_store.list_sessions().items
    assert len(whole) == 7
    for limit in (1, 2, 3, 7):
        cursor, seen, sizes = None, list[Session](), list[int]()
        while True:
            page = fresh_store.list_sessions(limit=limit, cursor=cursor)
            seen += page.items
            sizes.append(len(page.items))
            cursor = page.cursor
            if cursor is None:
                break
        assert tuple(seen) == whole
        assert set(sizes[:-1]) <= {limit}
        assert sizes[-1] > 0


def test_a_page_of_sessions_has_a_size_between_1_and_1000(store: Store) -> None:
    with every() as row:
        for limit in (0, -1, 1001):
            with row(limit), pytest.raises(InvalidInputError):
                store.list_sessions(limit=limit)


def test_a_cursor_for_sessions_must_be_ours(store: Store) -> None:
    for cursor in ("", "x", "AAAA", "\u00f1", "A" * 40):
        with pytest.raises(InvalidInputError):
            store.list_sessions(cursor=cursor)


# Deleting a session


def test_deleting_a_session_deletes_its_header_and_each_opportunity(
    store: Store, session_id: str, clock: ManualClock
) -> None:
    store.store_opportunities(
        a_session(session_id), [an_opportunity(session_id, slug) for slug in ("a", "b")]
    )
    listed = store.get_opportunities(session_id)
    clock.advance(hours=1)
    store.delete_session(session_id, updated_by="bea", change_id="c9")
    assert store.get_opportunities(session_id) == ()
    with pytest.raises(SessionNotFoundError):
        store.get_session(session_id)
    for opportunity in listed:
        first, gone = store.get_history(opportunity.id)
        assert first == opportunity
        assert (gone.deleted, gone.updated_by, gone.change_id) == (True, "bea", "c9")


def test_repeating_the_deletion_of_a_session_does_nothing(store: Store, session_id: str) -> None:
    store.store_opportunities(a_session(session_id), [an_opportunity(session_id)])
    store.delete_session(session_id, updated_by="ana", change_id="c1")
    store.delete_session(session_id, updated_by="ana", change_id="c1")
    assert len(store.get_history(f"{session_id}.rehost")) == 2
    for other_change in ("c2", ""):
        with pytest.raises(SessionNotFoundError):
            store.delete_session(session_id, updated_by="ana", change_id=other_change)


def test_deleting_a_session_without_change_id_is_not_repeatable(
    store: Store, session_id: str
) -> None:
    store.store_opportunities(a_session(session_id), [])
    store.delete_session(session_id, updated_by="ana", change_id="")
    with pytest.raises(SessionNotFoundError):
        store.delete_session(session_id, updated_by="ana", change_id="")


def test_deleting_an_unknown_session_is_not_found(store: Store, session_id: str) -> None:
    with pytest.raises(SessionNotFoundError):
        store.delete_session(session_id, updated_by="ana", change_id="c1")


def test_a_deleted_session_can_be_stored_anew_and_its_versions_go_on(
    store: Store, session_id: str
) -> None:
    created = store.store_opportunities(a_session(session_id), [an_opportunity(session_id)])
    store.delete_session(session_id, updated_by="ana", change_id="c1")
    again = store.store_opportunities(
        a_session(session_id, change_id="c1"), [an_opportunity(session_id)]
    )
    assert (again.version, again.created_at) == (3, created.created_at)
    (back,) = store.get_opportunities(session_id)
    assert back.version == 3


def test_what_stays_of_a_deleted_session_says_who_and_when_and_nothing_else(
    fresh_store: Store, clock: ManualClock
) -> None:
    created = fresh_store.store_opportunities(a_session("s1"), [])
    clock.advance(minutes=1)
    fresh_store.delete_session("s1", updated_by="bea", change_id="c1")
    (left,) = fresh_store.scan().items
    said = left.model_dump(exclude_defaults=True)
    assert said.pop("createdAt") == created.created_at
    assert set(said) == {"id", "deleted", "updatedAt", "updatedBy", "changeId", "version"}
    assert (said["updatedBy"], said["changeId"], said["version"]) == ("bea", "c1", 2)
