"""Whatever is put into the SQLite store comes out equal, and its SQL filters as the model does."""

from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stores import a_session, an_opportunity

from opportune.model.filters import OpportunityFilters, Order
from opportune.model.records import Priority, Status
from opportune.stores.sqlite import SQLiteStore

# Letters that fold, that mean something to SQL, to LIKE or to JSON, and anything else.
texts = st.text(
    st.one_of(
        st.sampled_from("aAáÁñÑßİ\u0131ﬁΣς%_\\'\"*[]{}\n\t ́"),
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    ),
    max_size=12,
)
money = st.decimals("-9999999999999.99", "9999999999999.99", places=2)
near = st.integers(-3, 3).map(lambda cents: Decimal(cents) / 100)
rows = st.fixed_dictionaries(
    {
        "title": texts,
        "reasoning": texts,
        "talking_points": st.lists(texts, max_size=2),
        "related_services": st.lists(texts, max_size=2),
        "customer": texts,
        "category": texts,
        "priority": st.sampled_from(Priority),
        "status": st.sampled_from(Status),
        "estimated_arr": st.one_of(money, near),
        "close_date": st.none() | st.dates(),
        "keep": st.booleans(),
    },
)
questions = st.builds(
    OpportunityFilters,
    priority=st.lists(st.sampled_from(Priority), max_size=3),
    status=st.lists(st.sampled_from(Status), max_size=3),
    min_arr=st.none() | near | money,
    max_arr=st.none() | near | money,
    search_term=texts,
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SQLiteStore]:
    path: Path = tmp_path_factory.mktemp("values") / "opportune.sqlite3"
    with closing(SQLiteStore(path)) as store:
        yield store


@given(listed=st.lists(rows, min_size=1, max_size=4), asked=questions, data=st.data())
def test_what_comes_out_is_what_went_in_filtered_as_the_model_filters(
    store: SQLiteStore, listed: list[dict[str, Any]], asked: OpportunityFilters, data: st.DataObject
) -> None:
    wanted = {
        f"s1.p-{number}": an_opportunity("s1", f"p-{number}", **fields)
        for number, fields in enumerate(listed)
    }
    store.store_opportunities(a_session("s1"), list(wanted.values()))
    stored = {o.id: o for o in store.get_opportunities("s1")}
    for opportunity_id, opportunity in wanted.items():
        stamps = {"version", "created_at", "updated_at", "ttl", "previous_digest", "digest"}
        own = set(type(opportunity).model_fields) - stamps
        read = stored[opportunity_id]
        assert {name: getattr(read, name) for name in own} == {
            name: getattr(opportunity, name) for name in own
        }
    source = data.draw(st.sampled_from(listed))["title"]
    piece = source[data.draw(st.integers(0, len(source))) :][: data.draw(st.integers(1, 3))]
    for filters in (asked, asked.revised(search_term=piece), OpportunityFilters(search_term=piece)):
        expected = {key for key, opportunity in stored.items() if filters.matches(opportunity)}
        assert {o.id for o in store.get_opportunities("s1", filters)} == expected
        for order in Order:
            found = store.find_opportunities(filters, order=order).items
            assert {o.id for o in found} == expected
