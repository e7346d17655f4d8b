"""Exporting what a filter finds: all of it, in order, and the records so that nothing is lost."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from filled_stores import ALL, filled
from hypothesis import given
from hypothesis import strategies as st
from portfolios import MOMENT
from stores import IN_PROCESS, ManualClock, a_session, an_opportunity

from opportune.errors import InvalidInputError, SessionNotFoundError
from opportune.export import Format, file_name
from opportune.export.docx_template import UserTemplate
from opportune.model.filters import OpportunityFilters, Order
from opportune.model.records import LANGUAGES, Opportunity, Page, Priority, Status
from opportune.model.regions import REGIONS, region_named
from opportune.pipeline.transfer import Choice, Exports, ImportAnswer, filters_in_words
from opportune.stores.contract import RETENTION, Store
from opportune.stores.memory.store import MemoryStore


def lines(data: bytes) -> list[dict[str, object]]:
    return [json.loads(line) for line in data.split(b"\n")[:-1]]


def titles(data: bytes) -> list[str]:
    return [line.split(",")[0] for line in data.decode("utf-8-sig").split("\r\n")[1:-1]]


def test_all_filtered_rows_are_exported_and_not_one_page(clock: ManualClock) -> None:
    store = MemoryStore(clock=clock)
    made = [an_opportunity("s1", f"o-{n}", title=f"T{n:04}", estimated_arr=n) for n in range(1201)]
    store.store_opportunities(a_session("s1"), made)
    wanted = OpportunityFilters(min_arr="1", max_arr="1100")
    file = Exports(store, clock).made(Choice(Format.CSV, wanted, order=Order.ARR))
    assert file.count == 1100
    assert titles(file.data) == [f"T{n:04}" for n in range(1100, 0, -1)]


def test_a_session_is_exported_in_its_own_order(clock: ManualClock) -> None:
    store = MemoryStore(clock=clock)
    made = [
        an_opportunity("s1", "low", title="low", priority=Priority.LOW),
        an_opportunity("s1", "high", title="high", priority=Priority.HIGH),
    ]
    store.store_opportunities(a_session("s1"), made)
    store.store_opportunities(a_session("s2"), [an_opportunity("s2", title="other")])
    exports = Exports(store, clock)
    only = exports.made(Choice(Format.CSV, OpportunityFilters(session_id="s1")))
    assert titles(only.data) == ["high", "low"]
    with pytest.raises(SessionNotFoundError):
        exports.made(Choice(Format.CSV, OpportunityFilters(session_id="none")))


def test_rows_of_a_session_that_is_deleted_meanwhile_are_left_out(clock: ManualClock) -> None:
    class Deleting(MemoryStore):
        def find_opportunities(
            self,
            filters: OpportunityFilters | None = None,
            *,
            order: Order = Order.NEWEST,
            limit: int = 50,
            cursor: str | None = None,
        ) -> Page[Opportunity]:
            page = super().find_opportunities(filters, order=order, limit=limit, cursor=cursor)
            self.delete_session("s1", updated_by="eva", change_id="gone")
            return page

    store = Deleting(clock=clock)
    filled(store)
    store.store_opportunities(a_session("s2"), [an_opportunity("s2", title="stays")])
    assert titles(Exports(store, clock).made(Choice(Format.CSV)).data) == ["stays"]


def test_the_records_hold_headers_and_every_kept_revision(clock: ManualClock) -> None:
    store = filled(MemoryStore(clock=clock))
    opening, *records, closing = lines(Exports(store, clock).made(ALL).data)
    assert opening["counts"] == {"sessions": 1, "opportunities": 3, "revisions": 5}
    assert closing["kind"] == "end"
    kinds = [line["kind"] for line in records]
    assert kinds == ["session"] + ["opportunity"] * 5
    won = [
        line["record"]["version"]  # type: ignore[index] # of a record
        for line in records
        if line["record"]["id"] == "s1.o-0"  # type: ignore[index] # the same
    ]
    assert won == [1, 2, 3]


def test_a_round_trip_through_any_store_gives_the_same_bytes(
    fresh_store: Store, clock: ManualClock
) -> None:
    first = Exports(filled(MemoryStore(clock=clock)), clock).made(ALL).data
    exports = Exports(fresh_store, clock)
    assert exports.take_in("x.jsonl", first) == ImportAnswer(
        sessions=1, new=3, updated=0, equal=0, older=0
    )
    assert exports.made(ALL).data == first
    again = exports.take_in("x.jsonl", first)
    assert (again.new, again.equal) == (0, 3)
    assert exports.made(ALL).data == first


def test_an_import_never_lowers_what_is_newer(clock: ManualClock) -> None:
    store = filled(MemoryStore(clock=clock))
    exports = Exports(store, clock)
    old = exports.made(ALL).data
    newest = store.get_opportunity("s1.o-0")
    store.put_opportunity(newest.revised(status=Status.LOST))
    answer = exports.take_in("x.jsonl", old)
    assert (answer.new, answer.equal, answer.older) == (0, 2, 1)
    assert store.get_opportunity("s1.o-0").status == Status.LOST


def test_an_import_brings_what_is_behind_up_to_date(clock: ManualClock) -> None:
    source, target = filled(MemoryStore(clock=clock)), MemoryStore(clock=clock)
    Exports(target, clock).take_in("x.jsonl", Exports(source, clock).made(ALL).data)
    newest = source.get_opportunity("s1.o-0")
    source.put_opportunity(newest.revised(status=Status.LOST))
    data = Exports(source, clock).made(ALL).data
    answer = Exports(target, clock).take_in("x.jsonl", data)
    assert (answer.updated, answer.equal) == (1, 2)
    assert Exports(target, clock).made(ALL).data == data


def test_histories_that_have_parted_are_left_alone_and_named(clock: ManualClock) -> None:
    source, target = filled(MemoryStore(clock=clock)), MemoryStore(clock=clock)
    Exports(target, clock).take_in("x.jsonl", Exports(source, clock).made(ALL).data)
    for store, status in ((source, Status.LOST), (target, Status.IN_PROGRESS)):
        newest = store.get_opportunity("s1.o-0")
        store.put_opportunity(store.put_opportunity(newest.revised(status=status)))
    source.put_opportunity(source.get_opportunity("s1.o-0").revised(owner="eva"))
    answer = Exports(target, clock).take_in("x.jsonl", Exports(source, clock).made(ALL).data)
    assert answer.different == ("s1.o-0",)
    assert [one.status for one in target.get_history("s1.o-0")][3:] == [Status.IN_PROGRESS] * 2


def test_what_was_deleted_here_since_does_not_come_back(clock: ManualClock) -> None:
    store = filled(MemoryStore(clock=clock))
    exports = Exports(store, clock)
    data = exports.made(ALL).data
    store.delete_session("s1", updated_by="eva", change_id="gone")
    assert exports.take_in("x.jsonl", data).older == 3
    assert exports.made(ALL).count == 0


def test_nothing_new_comes_into_a_session_that_was_deleted_here_since(clock: ManualClock) -> None:
    source, target = filled(MemoryStore(clock=clock)), MemoryStore(clock=clock)
    Exports(target, clock).take_in("x.jsonl", Exports(source, clock).made(ALL).data)
    source.put_opportunity(an_opportunity("s1", "late"))
    for slug in ("x", "y"):
        target.put_opportunity(an_opportunity("s1", slug))
    target.delete_session("s1", updated_by="eva", change_id="gone")
    answer = Exports(target, clock).take_in("x.jsonl", Exports(source, clock).made(ALL).data)
    assert (answer.new, answer.older) == (0, 4)
    assert target.get_history("s1.late") == ()


RANDOM = st.lists(
    st.tuples(
        st.sampled_from(["put", "put", "delete", "wait", "replace"]),
        st.integers(0, 2),
        st.integers(0, 3),
        st.sampled_from(Status),
        st.text(max_size=8).filter(lambda text: "\0" not in text),
    ),
    max_size=25,
)


@given(RANDOM, st.sampled_from(sorted(IN_PROCESS)))
def test_a_round_trip_of_any_store_is_exact(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[str, int, int, Status, str]],
    name: str,
) -> None:
    clock, folder = ManualClock(), Path(tmp_path_factory.mktemp("round"))
    source = IN_PROCESS[name](folder, clock, RETENTION, fresh=True)
    for step in steps:
        _take(source, clock, *step)
    before = Exports(source, clock).made(ALL).data
    for target_name in IN_PROCESS:
        target = IN_PROCESS[target_name](folder, clock, RETENTION, fresh=True)
        Exports(target, clock).take_in("x.jsonl", before)
        assert Exports(target, clock).made(ALL).data == before
        target.close()
    source.close()


def _take(  # noqa: PLR0913, PLR0917 - what a random step consists of
    store: Store, clock: ManualClock, kind: str, session: int, slug: int, status: Status, text: str
) -> None:
    session_id, key = f"s{session}", f"s{session}.o-{slug}"
    held = {one.id: one for one in store.get_opportunities(session_id)}
    if kind == "wait":
        clock.advance(days=slug * 5)
    elif kind == "replace":
        kept = [one.revised(reasoning=text) for one in held.values()]
        fresh = [] if key in held else [an_opportunity(session_id, f"o-{slug}", title=text)]
        store.store_opportunities(a_session(session_id, customer=text), [*kept, *fresh])
    elif key in held:
        changes = {"deleted": True} if kind == "delete" else {"status": status, "owner": text}
        store.put_opportunity(held[key].revised(**changes))


def test_what_a_reader_filtered_by_is_said_in_words() -> None:
    wanted = OpportunityFilters(
        priority=("High",), status=("En Progreso",), min_arr="50000", owner=("",),
        category=("Migración",), session_id="s1", search_term="x",
    )  # fmt: skip
    said = filters_in_words(Choice(Format.PDF, wanted, language="en"), REGIONS["en-US"])
    assert said == (
        'priority High · status In progress · ARR from USD 50,000 · text "x" · category Migration'
        " · owner nobody · session s1"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_filter_can_be_said(language: str) -> None:
    day = "2026-03-01"
    values = {
        name: (day if name.endswith(("_from", "_to")) else "1" if "arr" in name else "x")
        for name in OpportunityFilters.model_fields
    }
    names = ("category", "service", "customer", "owner")
    listed = {"priority": ("High",), "status": ("Nueva",)} | dict.fromkeys(names, ("x",))
    wanted = OpportunityFilters.model_validate(values | listed)
    said = filters_in_words(Choice(Format.PDF, wanted, language=language), REGIONS["es-CO"])
    assert said.count(" · ") == len(OpportunityFilters.model_fields) - 1


@pytest.mark.parametrize(("customer", "name"), [
    ("Example Corp", "soa-Example-Corp-2026-11-28.pdf"),
    ("Panadería Ñandú", "soa-Panadería-Ñandú-2026-11-28.pdf"),
    ("../../etc/passwd\0\n", "soa-etc-passwd-2026-11-28.pdf"),
    ("", "soa-2026-11-28.pdf"),
])  # fmt: skip
def test_a_file_is_named_after_customer_and_day(customer: str, name: str) -> None:
    assert file_name(Format.PDF, customer, "2026-11-28") == name


def test_the_customer_is_named_only_if_there_is_one(clock: ManualClock) -> None:
    store = filled(MemoryStore(clock=clock))
    exports = Exports(store, lambda: MOMENT)
    assert exports.made(Choice(Format.CSV)).name == "soa-Panadería-Ñandú-2026-11-28.csv"
    store.store_opportunities(a_session("s2", customer="Other"), [an_opportunity("s2")])
    assert exports.made(Choice(Format.CSV)).name == "soa-2026-11-28.csv"


def test_a_template_is_for_docx_only(clock: ManualClock) -> None:
    choice = Choice(Format.PDF, template=UserTemplate("x.docx", b""))
    with pytest.raises(InvalidInputError, match="DOCX only"):
        Exports(MemoryStore(clock=clock), clock).made(choice)


def test_an_unknown_region_names_the_known_ones() -> None:
    with pytest.raises(InvalidInputError, match="use one of en-US, es-MX"):
        region_named("fr-FR", "en")


@pytest.mark.parametrize(("region", "amount", "text"), [
    ("en-US", "1234.5", "USD 1,234.50"), ("es-MX", "1234.5", "USD 1,234.50"),
    ("es-CO", "1234.5", "USD 1.234,50"), ("es-ES", "1234.5", "1.234,50 USD"),
    ("pt-BR", "-1234567.89", "USD -1.234.567,89"),
])  # fmt: skip
def test_money_is_written_as_its_region_writes_it(region: str, amount: str, text: str) -> None:
    money = an_opportunity("s1", estimated_arr=amount).estimated_arr
    assert REGIONS[region].money(money, decimals=2) == text


def test_history_that_has_gone_is_no_obstacle(clock: ManualClock) -> None:
    store = filled(MemoryStore(clock=clock))
    clock.now += timedelta(days=400)
    data = Exports(store, clock).made(ALL).data
    target = MemoryStore(clock=clock)
    assert Exports(target, clock).take_in("x.jsonl", data).new == 2  # won, and kept for ever
    kept: Opportunity = target.get_opportunity("s1.o-0")
    assert kept.version == 3
