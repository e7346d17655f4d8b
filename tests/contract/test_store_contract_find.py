"""The contract on every store: filters, search, orders and pages."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from questions import HIGH, LOW, QUESTIONS, ROWS
from stores import ManualClock, a_session, an_opportunity
from tables import every

from opportune.errors import InvalidInputError
from opportune.model.filters import OpportunityFilters, Order
from opportune.model.records import Opportunity, Status
from opportune.stores.contract import Store


@pytest.fixture
def rows(fresh_store: Store, clock: ManualClock) -> list[Opportunity]:
    """The rows, in two sessions, some at the same moment."""
    for session_id in ("one", "two"):
        fresh_store.store_opportunities(a_session(session_id), [])
    stored = []
    for number, fields in enumerate(ROWS):
        session_id = ("one", "two")[number % 2]
        slug = f"{9 - number}"
        stored.append(fresh_store.put_opportunity(an_opportunity(session_id, slug, **fields)))
        clock.advance(milliseconds=number % 3)
    return stored


def _newest(opportunity: Opportunity) -> tuple[str, str]:
    inverted = opportunity.updated_at.translate(str.maketrans("0123456789", "9876543210"))
    return inverted, opportunity.id


def _arr(opportunity: Opportunity) -> tuple[Decimal, str]:
    return -opportunity.estimated_arr, opportunity.id


SORT_KEYS: dict[Order, Any] = {Order.NEWEST: _newest, Order.ARR: _arr}


def _pages(
    store: Store, filters: OpportunityFilters | None, order: Order, limit: int
) -> Iterator[tuple[Opportunity, ...]]:
    cursor = None
    while True:
        page = store.find_opportunities(filters, order=order, limit=limit, cursor=cursor)
        yield page.items
        cursor = page.cursor
        if cursor is None:
            return


def test_find_gives_what_the_filters_let_through_in_order_and_in_full_pages(
    fresh_store: Store, rows: list[Opportunity]
) -> None:
    for filters in QUESTIONS:
        for order in Order:
            expected = sorted(filter(filters.matches, rows), key=SORT_KEYS[order])
            for limit in (1, 3, len(expected) or 1, 1000):
                pages = list(_pages(fresh_store, filters, order, limit))
                assert [o for page in pages for o in page] == expected, filters
                assert {len(page) for page in pages[:-1]} <= {limit}
                assert len(pages) == max(1, -(-len(expected) // limit))


def test_a_sessions_list_gives_what_the_filters_let_through(
    fresh_store: Store, rows: list[Opportunity]
) -> None:
    for filters in QUESTIONS:
        for session_id in ("one", "two"):
            expected = {o.id for o in rows if o.session_id == session_id and filters.matches(o)}
            listed = fresh_store.get_opportunities(session_id, filters)
            assert {o.id for o in listed} == expected, filters


def test_no_filters_are_the_same_as_empty_ones(fresh_store: Store, rows: list[Opportunity]) -> None:
    assert fresh_store.find_opportunities() == fresh_store.find_opportunities(OpportunityFilters())
    assert len(fresh_store.find_opportunities(None).items) == len(rows)
    one = fresh_store.get_opportunities("one")
    assert fresh_store.get_opportunities("one", OpportunityFilters()) == one


def test_find_shows_the_newest_state_only(fresh_store: Store, rows: list[Opportunity]) -> None:
    changed = fresh_store.put_opportunity(
        rows[0].revised(status=Status.WON, title="Changed", estimated_arr=Decimal(7))
    )
    fresh_store.put_opportunity(rows[1].revised(deleted=True))

    def found(**fields: Any) -> tuple[Opportunity, ...]:
        return fresh_store.find_opportunities(OpportunityFilters.model_validate(fields)).items

    assert found(status=[Status.WON]) == (changed,)
    assert found(search_term="migracion a rds") == ()
    assert found(min_arr=Decimal(7), max_arr=Decimal(7)) == (changed,)
    assert found(search_term="arbol") == ()
    restored = fresh_store.get_history(rows[1].id)[-1].revised(deleted=False)
    back = fresh_store.put_opportunity(restored)
    assert found(search_term="arbol") == (back,)
    fresh_store.delete_session("one", updated_by="ana", change_id="")
    assert {o.session_id for o in fresh_store.find_opportunities().items} == {"two"}


def test_nothing_that_stays_is_lost_or_doubled_while_others_change(
    fresh_store: Store, rows: list[Opportunity], clock: ManualClock
) -> None:
    for order in Order:
        first = fresh_store.find_opportunities(order=order, limit=3)
        clock.advance(seconds=1)
        for seen in first.items[:2]:
            fresh_store.put_opportunity(
                fresh_store.get_opportunity(seen.id).revised(estimated_arr=Decimal("1E6"))
            )
        rest = fresh_store.find_opportunities(order=order, limit=1000, cursor=first.cursor)
        assert len({o.id for o in (*first.items, *rest.items)}) == len(rows)
        assert len(first.items) + len(rest.items) == len(rows)


def test_a_cursor_goes_on_after_a_row_that_is_gone(
    fresh_store: Store, rows: list[Opportunity]
) -> None:
    first = fresh_store.find_opportunities(limit=3)
    fresh_store.put_opportunity(first.items[-1].revised(deleted=True))
    rest = fresh_store.find_opportunities(limit=1000, cursor=first.cursor)
    assert len(rest.items) == len(rows) - 3


def test_a_cursor_belongs_to_its_filters_and_its_order(
    fresh_store: Store, rows: list[Opportunity]
) -> None:
    asked = OpportunityFilters(priority=(HIGH, LOW), min_arr=Decimal(1))
    cursor = fresh_store.find_opportunities(asked, limit=1).cursor
    assert cursor is not None
    same = OpportunityFilters(priority=(LOW, HIGH), min_arr=Decimal("1.00"))
    assert fresh_store.find_opportunities(same, limit=2, cursor=cursor).items
    others: list[dict[str, Any]] = [
        {},
        {"priority": [HIGH], "min_arr": 1},
        {"priority": [HIGH, LOW], "min_arr": 2},
        {"priority": [HIGH, LOW], "min_arr": 1, "search_term": "a"},
        {"priority": [HIGH, LOW], "min_arr": 1, "status": [Status.NEW]},
    ]
    for other in others:
        with pytest.raises(InvalidInputError):
            fresh_store.find_opportunities(OpportunityFilters.model_validate(other), cursor=cursor)
    with pytest.raises(InvalidInputError):
        fresh_store.find_opportunities(asked, order=Order.ARR, cursor=cursor)
    with pytest.raises(InvalidInputError):
        fresh_store.list_sessions(cursor=cursor)
    with pytest.raises(InvalidInputError):
        fresh_store.scan(cursor=cursor)


def test_a_cursor_that_was_tampered_with_is_refused(
    fresh_store: Store, rows: list[Opportunity]
) -> None:
    cursor = fresh_store.find_opportunities(limit=1).cursor
    assert cursor is not None
    tampered = [cursor[:-1], cursor + "A", cursor[::-1], cursor.lower(), "", "=", "\u00f1", "a b"]
    tampered += [
        cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1 :]
        for at in range(len(cursor) - 1)
    ]
    for wrong in tampered:
        with pytest.raises(InvalidInputError):
            fresh_store.find_opportunities(limit=1, cursor=wrong)


def test_a_page_has_a_size_between_1_and_1000(store: Store) -> None:
    with every() as row:
        for limit in (0, -1, 1001):
            with row(limit), pytest.raises(InvalidInputError):
                store.find_opportunities(limit=limit)


def test_an_empty_store_has_one_empty_last_page(fresh_store: Store) -> None:
    page = fresh_store.find_opportunities()
    assert (page.items, page.cursor) == ((), None)
    sessions = fresh_store.list_sessions()
    assert (sessions.items, sessions.cursor) == ((), None)
    assert fresh_store.list_templates() == ()
    assert fresh_store.scan().items == ()
