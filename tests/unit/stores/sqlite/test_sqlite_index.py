"""Whatever is written, the SQLite store's index says of each row what its body says."""

import multiprocessing
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import date
from decimal import Decimal
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_files import kept_and_rebuilt
from stores import ManualClock, a_session, an_opportunity

from opportune.errors import OpportuneError
from opportune.model.filters import Grouping, OpportunityFilters, Order, added_up, search_text
from opportune.model.folding import folded
from opportune.model.records import Opportunity, Priority, Status
from opportune.stores.contract import Retention, Store
from opportune.stores.memory.store import MemoryStore
from opportune.stores.sqlite import SQLiteStore
from opportune.stores.sqlite.cache import Columns, Values
from opportune.stores.sqlite.columns import CENTS, FIGURE, YEAR_FIGURE, Column, shape_of
from opportune.stores.sqlite.search import in_shapes, may_hide

RETENTION = Retention(days=30, history_days=60)
PROCESSES = multiprocessing.get_context("forkserver")
LOOKS = 60

TEXTS = [
    "12 servers",
    "112 servidores, 2019",
    "S3 y EC2: 1,234.5 USD.",
    "20,20.1 a 2019b",
    f"Ñandú{FIGURE}3{YEAR_FIGURE}",
    "20195 y 12019.5",
    "línea\n12\n",
    "",
]
NAMES = ["Ana", "ANÁ", "ana", "", "Bea\nBea"]
texts = st.sampled_from(TEXTS)
names = st.sampled_from(NAMES)
fields = st.fixed_dictionaries(
    {
        "title": texts,
        "reasoning": texts,
        "talking_points": st.lists(texts, max_size=2),
        "related_services": st.lists(names, max_size=3),
        "category": names,
        "customer": names,
        "owner": names,
        "priority": st.sampled_from(Priority),
        "status": st.sampled_from(Status),
        "estimated_arr": st.sampled_from(
            [Decimal(0), Decimal("0.01"), Decimal("-5.5"), Decimal("9999999999999.99")]
        ),
        "close_date": st.sampled_from([None, date(2026, 3, 31), date(2026, 4, 1), date.min]),
        "keep": st.booleans(),
        "deleted": st.sampled_from([False, False, False, True]),
    },
)
slugs = st.sampled_from(["a", "b", "c", "d"])
sessions = st.sampled_from(["one", "two"])
days = st.sampled_from([date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 2), date.max])
writes = st.one_of(
    st.tuples(st.just("put"), sessions, st.dictionaries(slugs, fields, min_size=1, max_size=1)),
    st.tuples(st.just("bulk"), sessions, st.dictionaries(slugs, fields, min_size=1)),
    st.tuples(st.just("list"), sessions, st.dictionaries(slugs, fields)),
    st.tuples(st.just("replicate"), sessions, st.dictionaries(slugs, fields, max_size=2)),
    st.tuples(st.just("delete"), sessions, st.just({})),
    st.tuples(st.just("wait"), st.sampled_from([1, 29, 31, 61]), st.just({})),
)
some = st.lists(names, max_size=2)
questions = st.builds(
    OpportunityFilters,
    priority=st.lists(st.sampled_from(Priority), max_size=2),
    status=st.lists(st.sampled_from(Status), max_size=2),
    min_arr=st.sampled_from([None, None, Decimal(0), Decimal("0.01")]),
    max_arr=st.sampled_from([None, None, Decimal(0)]),
    category=some,
    service=some,
    customer=some,
    owner=some,
    session_id=st.sampled_from(["", "", "one", "none"]),
    created_from=st.none() | days,
    created_to=st.none() | days,
    updated_from=st.none() | days,
    updated_to=st.none() | days,
    close_from=st.none() | days,
    close_to=st.none() | days,
)


def _write(store: Store, clock: ManualClock, how: str, of: Any, rows: dict[str, Any]) -> object:
    """Do it; return what came of it, or how it was refused."""
    wanted = [_based(store, f"{of}.{slug}", given) for slug, given in rows.items()]
    stamp = f"{clock():%Y-%m-%dT%H:%M:%S}.000Z"
    stamps = {"created_at": stamp, "updated_at": stamp, "digest": "0" * 64}
    listed = [one.revised(deleted=False, version=0) for one in wanted]
    copied = [one.revised(version=one.version + 2, **stamps) for one in wanted]
    ways: dict[str, Callable[[], object]] = {
        "put": lambda: store.put_opportunity(wanted[0]),
        "bulk": lambda: [str(one) for one in store.put_opportunities(wanted)],
        "list": lambda: store.store_opportunities(a_session(of), listed),
        "replicate": lambda: store.replicate(copied),
        "delete": lambda: store.delete_session(of, updated_by="ana", change_id=""),
        "wait": lambda: None,
    }
    try:
        return ways[how]()
    except OpportuneError as error:
        return type(error)


def _based(store: Store, key: str, given: dict[str, Any]) -> Opportunity:
    """Return it on the newest version: a change, a delete or a restore."""
    history = store.get_history(key)
    version = history[-1].version if history else 0
    session, _, slug = key.partition(".")
    return an_opportunity(session, slug, **(given | {"version": version}))


def _live(store: Store) -> list[Opportunity]:
    return list(store.find_opportunities(limit=1000).items)


@settings(max_examples=60)
@given(st.lists(writes, min_size=1, max_size=12), questions, st.data())
def test_any_walk_leaves_an_index_that_agrees_with_the_rows(
    walk: list[tuple[str, Any, dict[str, Any]]], asked: OpportunityFilters, data: st.DataObject
) -> None:
    clock = ManualClock()
    reference = MemoryStore(clock=clock, retention=RETENTION)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "index.sqlite3")
        with (
            closing(SQLiteStore(path, clock=clock, retention=RETENTION)) as store,
            closing(SQLiteStore(path, clock=clock, retention=RETENTION)) as reader,
        ):
            for session in ("one", "two"):
                for each in (store, reference):
                    each.store_opportunities(a_session(session), [])
            for how, of, rows in walk:
                if how == "wait":
                    clock.advance(days=of)
                given = [_write(each, clock, how, of, rows) for each in (store, reference)]
                assert given[0] == given[1]
                assert reader.totals() == added_up(_live(reference), Grouping.NONE)
            source = data.draw(texts)
            start = data.draw(st.integers(0, len(source)))
            term = source[start : start + data.draw(st.integers(0, 5))]
            _compare(reader, _live(reference), asked)
            _compare(reader, _live(reference), OpportunityFilters(search_term=term))
            page = reader.audit()
            assert [one.problem for one in page.items] == [""] * len(page.items)
        kept, rebuilt = kept_and_rebuilt(path)
        assert kept == rebuilt


def _compare(store: SQLiteStore, live: list[Opportunity], filters: OpportunityFilters) -> None:
    expected = [one for one in live if filters.matches(one)]
    for by in Grouping:
        assert store.totals(filters, by=by) == added_up(expected, by)
    for order in Order:
        found: list[Opportunity] = []
        cursor = None
        while True:
            page = store.find_opportunities(filters, order=order, limit=2, cursor=cursor)
            found += page.items
            cursor = page.cursor
            if cursor is None:
                break
        assert sorted(one.id for one in found) == sorted(one.id for one in expected)


@settings(max_examples=2000)
@given(st.text("a.,12 09\x1f\x1es", max_size=16), st.data())
def test_a_shape_tells_for_sure_or_perhaps_and_never_wrongly(
    text: str, data: st.DataObject
) -> None:
    shape = shape_of(text)
    start = data.draw(st.integers(0, len(text)))
    term = text[start : start + data.draw(st.integers(1, 9))]
    if term:
        is_sure = not {FIGURE, YEAR_FIGURE} & set(term) and term in shape
        is_perhaps = may_hide(term) and bool(in_shapes(term).search(shape))
        assert is_sure or is_perhaps, "it stands in the text"
    other = data.draw(st.text("a.,12 09s", min_size=1, max_size=4))
    if other in shape:
        assert other in folded(text), "what is sure is so"


def test_terms_of_every_kind_are_found_where_they_stand(tmp_path: Path) -> None:
    rows = [
        an_opportunity("s", f"p-{n}", title=text, reasoning=text[::-1], talking_points=[text])
        for n, text in enumerate(TEXTS)
    ]
    with closing(SQLiteStore(tmp_path / "s.sqlite3")) as store:
        store.store_opportunities(a_session("s"), rows)
        held = {search_text(one) for one in rows}
        terms = {
            text[start : start + length]
            for text in held
            for length in (1, 2, 3, 7)
            for start in range(0, len(text), 2)
        }
        for term in sorted(terms):
            wanted = OpportunityFilters(search_term=term)
            expected = sum(wanted.matches(one) for one in rows)
            assert sum(total.count for total in store.totals(wanted)) == expected, term
            assert len(store.find_opportunities(wanted).items) == expected, term


def test_more_rows_than_are_sorted_at_once_keep_their_order(tmp_path: Path) -> None:
    """Thousands of one ARR and one moment: pages follow the index of the order through them."""
    rows = [
        an_opportunity(
            "s",
            f"p-{n:05}",
            estimated_arr=Decimal(0 if n % 3 else n),
            owner="eva" if n % 2 else "bea",
        )
        for n in range(5100)
    ]
    with closing(SQLiteStore(tmp_path / "s.sqlite3")) as store:
        store.store_opportunities(a_session("s"), rows)
        for filters in (OpportunityFilters(), OpportunityFilters(owner=("eva",))):
            expected = sorted(
                (one for one in rows if filters.matches(one)),
                key=lambda one: (-one.estimated_arr, one.id),
            )
            for order in Order:
                found: list[str] = []
                cursor = None
                while True:
                    page = store.find_opportunities(filters, order=order, limit=700, cursor=cursor)
                    found += [one.id for one in page.items]
                    cursor = page.cursor
                    if cursor is None:
                        break
                ids = [one.id for one in expected]
                assert found == (ids if order is Order.ARR else sorted(ids))


def _swap(path: Path, number: int, stop: Event) -> None:
    """Let two change places, status and ARR, in one step each, until told to stop."""
    with closing(SQLiteStore(path)) as store:
        while not stop.is_set():
            one, two = store.get_opportunities(f"s{number}")
            swapped = [
                one.revised(estimated_arr=two.estimated_arr, status=two.status),
                two.revised(estimated_arr=one.estimated_arr, status=one.status),
            ]
            store.put_opportunities(swapped)


def test_totals_are_of_one_moment_while_processes_write(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite3"
    stop = PROCESSES.Event()
    with closing(SQLiteStore(path)) as store:
        for number in range(2):
            rows = [
                an_opportunity(f"s{number}", slug, estimated_arr=Decimal(arr), status=status)
                for slug, arr, status in (("a", 100, Status.NEW), ("b", 300, Status.LOST))
            ]
            store.store_opportunities(a_session(f"s{number}"), rows)
        always = store.totals()
        children = [PROCESSES.Process(target=_swap, args=(path, n, stop)) for n in range(2)]
        for child in children:
            child.start()
        looks = 0
        while looks < LOOKS or len(store.get_history("s0.a")) < LOOKS:
            looks += 1
            with closing(SQLiteStore(path)) as cold:  # reads its columns one after the other
                assert cold.totals() == store.totals() == always
        stop.set()
        for child in children:
            child.join()
        assert [child.exitcode for child in children] == [0, 0]


def test_a_write_between_two_columns_is_not_seen_in_one_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "s.sqlite3"
    with closing(SQLiteStore(path)) as writer, closing(SQLiteStore(path)) as reader:
        rows = [
            an_opportunity("s", slug, estimated_arr=Decimal(arr), status=status)
            for slug, arr, status in (("a", 100, Status.NEW), ("b", 300, Status.LOST))
        ]
        writer.store_opportunities(a_session("s"), rows)
        always = writer.totals()
        read = Columns.__getitem__

        def with_a_write(columns: Columns, column: Column) -> Values:
            if column is CENTS:
                monkeypatch.setattr(Columns, "__getitem__", read)
                two, one = writer.get_opportunities("s")
                swap = {"estimated_arr": one.estimated_arr, "status": one.status}
                back = {"estimated_arr": two.estimated_arr, "status": two.status}
                writer.put_opportunities([two.revised(**swap), one.revised(**back)])
            return read(columns, column)

        monkeypatch.setattr(Columns, "__getitem__", with_a_write)
        assert reader.totals() == always
        assert writer.get_opportunity("s.a").status is Status.LOST


def test_two_stores_of_one_file_in_a_process_keep_it_from_others(tmp_path: Path) -> None:
    """Making sure that the file is there must not take the locks of the first store off it."""
    path = tmp_path / "s.sqlite3"
    with closing(SQLiteStore(path)) as first:
        first.store_opportunities(a_session("s"), [an_opportunity("s")])
        with closing(SQLiteStore(path)):
            child = PROCESSES.Process(target=_open_and_close, args=(path,))
            child.start()
            child.join()
        assert path.with_name(f"{path.name}-wal").exists(), "no other may take itself for the last"
        first.put_opportunity(first.get_opportunities("s")[0].revised(owner="bea"))


def _open_and_close(path: Path) -> None:
    with closing(SQLiteStore(path)) as store:
        store.get_opportunities("s")
