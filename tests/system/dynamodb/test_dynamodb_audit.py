"""Whatever attribute of a head or a revision somebody edits by hand, an audit names it."""

import random
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from dynamodb_bench import Bench
from engines import connection_to, engine_names, new_table
from faults import Answer, CutError, Request, commits, cut_before, throttled
from moves import at_stage
from stores import ManualClock, a_full_opportunity, a_session, an_opportunity

from opportune.errors import StoreUnavailableError
from opportune.model.records import Opportunity, Status
from opportune.stores.contract import Audited, Retention, Store
from opportune.stores.dynamodb import DynamoDBStore, transactions

LIMITS = (1, 2, 3, 1000)


def audited(store: Store, limit: int = 1000) -> list[Audited]:
    rows: list[Audited] = []
    cursor = None
    while True:
        page = store.audit(limit=limit, cursor=cursor)
        assert len(page.items) <= limit
        rows += page.items
        cursor = page.cursor
        if cursor is None:
            return rows


def problems(store: Store, limit: int = 1000) -> list[tuple[str, int, str]]:
    rows = audited(store, limit)
    return [(row.opportunity_id, row.version, row.problem) for row in rows if row.problem]


class Tampering:
    """Tables with three opportunities, the first of three revisions; and a hand on them."""

    def __init__(self, engine: str, clock: ManualClock) -> None:
        self.table = new_table(engine, f"T{uuid.uuid4().hex}")
        self.client = connection_to(engine).client
        self.clock = clock
        self.store = self.opened(engine, Retention())
        full = a_full_opportunity("s").revised(id="s.a", keep=False)
        others = [an_opportunity("s", slug) for slug in "bc"]
        self.store.store_opportunities(a_session("s"), [full, *others])
        for owner in ("bea", "eva"):
            clock.advance(seconds=1)
            self.store.put_opportunity(self.store.get_opportunity("s.a").revised(owner=owner))
        assert problems(self.store) == []
        assert len(audited(self.store)) == 5

    def opened(self, engine: str, retention: Retention) -> DynamoDBStore:
        return DynamoDBStore(
            self.table, clock=self.clock, retention=retention, connection=connection_to(engine)
        )

    def head(self, opportunity_id: str) -> dict[str, Any]:
        return self._item(self.table, _head_key(opportunity_id))

    def row(self, opportunity_id: str, version: int) -> dict[str, Any]:
        return self._item(f"{self.table}-History", _row_key(opportunity_id, version))

    def _item(self, table: str, key: dict[str, Any]) -> dict[str, Any]:
        item: dict[str, Any] = self.client.get_item(TableName=table, Key=key, ConsistentRead=True)[
            "Item"
        ]
        return item

    def put_head(self, item: dict[str, Any]) -> None:
        self.client.put_item(TableName=self.table, Item=item)

    def put_row(self, item: dict[str, Any]) -> None:
        self.client.put_item(TableName=f"{self.table}-History", Item=item)

    def delete_head(self, opportunity_id: str) -> None:
        self.client.delete_item(TableName=self.table, Key=_head_key(opportunity_id))

    def delete_row(self, opportunity_id: str, version: int) -> None:
        key = _row_key(opportunity_id, version)
        self.client.delete_item(TableName=f"{self.table}-History", Key=key)

    def names(self, opportunity_id: str, version: int, words: str) -> None:
        """Demand that exactly this revision has a problem, whatever the size of pages."""
        for limit in LIMITS:
            ((found_id, found_version, problem),) = problems(self.store, limit)
            assert (found_id, found_version) == (opportunity_id, version), problem
            assert words in problem, problem


def _head_key(opportunity_id: str) -> dict[str, Any]:
    session_id = opportunity_id.partition(".")[0]
    return {"sessionId": {"S": session_id}, "opportunityId": {"S": opportunity_id}}


def _row_key(opportunity_id: str, version: int) -> dict[str, Any]:
    return {"opportunityId": {"S": opportunity_id}, "version": {"N": str(version)}}


@pytest.fixture(params=engine_names())
def tables(request: pytest.FixtureRequest, clock: ManualClock) -> Tampering:
    return Tampering(request.param, clock)


def edited(value: dict[str, Any]) -> dict[str, Any]:
    """Return a value of the same type that is another one."""
    ((kind, held),) = value.items()
    if kind == "N":
        return {"N": str(int(float(held)) + 1)}
    if kind == "BOOL":
        return {"BOOL": not held}
    if kind == "L":
        return {"L": [*held, {"S": "more"}]}
    return {"S": f"{held}x"}


KNOWN_VALUES = {
    "status": {"S": "Perdida"},
    "priority": {"S": "High"},
    "createdAt": {"S": "2026-02-28T12:00:00.000Z"},
    "updatedAt": {"S": "2026-03-04T12:00:00.000Z"},
    "closeDate": {"S": "2026-12-30"},
}
"""For attributes that take no other text than some, values that can be read."""


def test_each_attribute_of_a_head_that_is_edited_or_removed_is_named(tables: Tampering) -> None:
    good = tables.head("s.a")
    assert len(good) > 25
    for name in sorted(good.keys() - {"sessionId", "opportunityId", "list", "version", "body"}):
        tables.put_head(good | {name: KNOWN_VALUES.get(name) or edited(good[name])})
        tables.names("s.a", 3, name)
        if good[name] == {"S": ""}:
            continue  # without it the head says the same
        tables.put_head({key: value for key, value in good.items() if key != name})
        ((found, version, problem),) = problems(tables.store)
        assert (found, version) == ("s.a", 3), name
        assert name in problem or "cannot be read" in problem
    tables.put_head(good)
    assert problems(tables.store) == []


def test_a_head_with_another_version_is_named(tables: Tampering) -> None:
    head = tables.head("s.a")
    tables.put_head(head | {"version": {"N": "4"}})
    tables.names("s.a", 3, "its head is at version 4, which the history lacks")
    tables.put_head(head | {"version": {"S": "x"}})
    tables.names("s.a", 3, "its head cannot be read")
    tables.put_head(head | {"version": {"N": "2"}})
    for limit in LIMITS:
        second, third = problems(tables.store, limit)
        assert second[1] == 2
        assert "differ in owner" in second[2]
        assert third == ("s.a", 3, "it stands above its head, which is at version 2")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"evidence": [], "estimate": null}', "differ in evidence, estimate"),
        ("[]", "differ in evidence, estimate"),
        ("{", "cannot be read"),
        ("7", "cannot be read"),
        ('{"evidence": 7, "estimate": null}', "cannot be read"),
    ],
)
def test_a_head_with_another_body_is_named(tables: Tampering, body: str, words: str) -> None:
    tables.put_head(tables.head("s.a") | {"body": {"S": body}})
    tables.names("s.a", 3, words)


@pytest.mark.parametrize("version", [1, 3])
def test_each_attribute_of_a_revision_that_is_edited_or_removed_is_named(
    tables: Tampering, version: int
) -> None:
    good = tables.row("s.a", version)
    names = {"sessionId", "status", "updatedAt", "updatedBy"}
    assert good.keys() - {"opportunityId", "version", "body", "ttl"} == names
    for name in sorted(names):
        tables.put_row(good | {name: edited(good[name])})
        tables.names("s.a", version, name)
        tables.put_row({key: value for key, value in good.items() if key != name})
        tables.names("s.a", version, name)
    tables.put_row(good)
    assert problems(tables.store) == []


def test_a_body_that_was_moved_to_another_key_is_named(tables: Tampering) -> None:
    body = tables.row("s.b", 1)["body"]
    tables.put_row(tables.row("s.a", 1) | {"body": body})
    tables.names("s.a", 1, "opportunityId")
    tables.put_row(tables.row("s.a", 1) | {"body": tables.row("s.a", 2)["body"]})
    tables.names("s.a", 1, "version")


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_body_that_cannot_be_read_is_named_and_hides_no_other(
    tables: Tampering, version: int
) -> None:
    tables.put_row(tables.row("s.a", version) | {"body": {"S": '{"id": "s.a"}'}})
    tables.names("s.a", version, "never wrote")
    rows = audited(tables.store)
    assert [row.version for row in rows if row.opportunity_id == "s.a"] == [1, 2, 3]
    assert [row.revision is None for row in rows].count(True) == 1
    row = tables.row("s.a", version)
    del row["body"]
    tables.put_row(row)
    tables.names("s.a", version, "body")


def test_a_newest_revision_of_which_body_and_attributes_were_edited_alike_is_named(
    tables: Tampering,
) -> None:
    forged = tables.store.get_opportunity("s.a").revised(status=Status.WON)
    row = tables.row("s.a", 3)
    tables.put_row(row | {"status": {"S": "Ganada"}, "body": {"S": forged.model_dump_json()}})
    tables.names("s.a", 3, "status")


def test_a_body_without_its_time_is_named(tables: Tampering) -> None:
    undated = tables.store.get_opportunity("s.b").revised(updated_at="")
    tables.put_row(tables.row("s.b", 1) | {"body": {"S": undated.model_dump_json()}})
    tables.names("s.b", 1, "its body has no updatedAt")


def test_a_head_whose_row_is_gone_is_named(tables: Tampering) -> None:
    tables.delete_row("s.a", 3)
    tables.names("s.a", 2, "at version 3, which the history lacks")
    for version in (1, 2):
        tables.delete_row("s.a", version)
    tables.names("s.a", 3, "the history has no row of it")


def test_a_revision_without_a_head_is_named_unless_it_is_over(tables: Tampering) -> None:
    tables.delete_head("s.a")
    tables.names("s.a", 3, "has no head")
    tables.clock.advance(days=31)  # from here on DynamoDB itself sweeps heads
    assert problems(tables.store) == []
    assert len(audited(tables.store)) == 5


def test_a_row_above_its_head_is_named(tables: Tampering) -> None:
    forged = tables.store.get_opportunity("s.b").revised(version=2)
    row = tables.row("s.b", 1) | {"version": {"N": "2"}, "body": {"S": forged.model_dump_json()}}
    tables.put_row(row)
    tables.names("s.b", 2, "stands above its head, which is at version 1")


def test_what_stands_under_keys_of_its_own_is_named(tables: Tampering) -> None:
    tables.put_head(tables.head("s.b") | {"sessionId": {"S": "other"}})
    tables.names("s.b", 0, "other")
    key = {"sessionId": {"S": "other"}, "opportunityId": {"S": "s.b"}}
    tables.client.delete_item(TableName=tables.table, Key=key)
    tables.put_row(tables.row("s.b", 1) | {"opportunityId": {"S": ".no id"}})
    tables.names(".no id", 1, "none that this program gives")


def test_a_newest_revision_that_has_outlived_its_row_is_a_row_itself(
    tables: Tampering, clock: ManualClock
) -> None:
    won = tables.store.put_opportunity(
        tables.store.get_opportunity("s.b").revised(status=Status.WON)
    )
    clock.advance(days=366)
    for limit in LIMITS:
        (row,) = audited(tables.store, limit)
        assert row == Audited("s.b", 2, won)


def test_notes_and_the_record_of_a_store_migration_are_no_revisions(tables: Tampering) -> None:
    at_stage(tables.store, 1)
    journaled = tables.store.journaled(lambda wrote: None, stage_number=1)
    journaled.put_opportunity(tables.store.get_opportunity("s.b").revised(owner="x"))
    assert problems(tables.store) == []
    assert len(audited(tables.store)) == 6


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A transaction takes 7 actions here: a list of more than three goes in stages."""
    monkeypatch.setattr(transactions, "TRANSACTION_ACTIONS", 7)
    bench = Bench()
    yield bench
    bench.connection.close()


def prepared_in_vain(bench: Bench) -> None:
    """Leave behind what a large list has prepared and never committed: changed, new, deleted."""
    old = [an_opportunity("s", f"p-{number}", title="old") for number in range(6)]
    bench.store.store_opportunities(a_session("s"), old)
    bench.clock.advance(seconds=1)

    def never_commit(request: Request) -> Answer:
        return cut_before(request) if commits(request) else None

    bench.injector.plan = never_commit
    new = [an_opportunity("s", f"p-{number}", title="new") for number in range(3, 9)]
    with pytest.raises(CutError):
        bench.store.store_opportunities(a_session("s"), new)
    bench.quietly()


def test_what_a_large_list_has_only_prepared_does_not_count(bench: Bench) -> None:
    prepared_in_vain(bench)
    for limit in LIMITS:
        rows = audited(bench.store, limit)
        assert {row.problem for row in rows} == {""}
        assert [(row.opportunity_id, row.version) for row in rows] == [
            (f"s.p-{number}", 1) for number in range(6)
        ]


def test_a_list_that_is_committed_and_not_yet_promoted_counts(bench: Bench) -> None:
    prepared_in_vain(bench)
    was_committed = False

    def cut_after_commit(request: Request) -> Answer:
        nonlocal was_committed
        if was_committed:
            raise CutError
        was_committed = commits(request)
        return None

    bench.injector.plan = cut_after_commit
    with pytest.raises(CutError):
        bench.store.store_opportunities(
            a_session("s"), [an_opportunity("s", f"p-{number}") for number in range(9)]
        )
    bench.quietly()
    for limit in LIMITS:
        rows = audited(bench.store, limit)
        assert {row.problem for row in rows} == {""}
        assert len(rows) == 6 * 2 + 3


def test_an_audit_names_nothing_while_others_write(bench: Bench) -> None:
    """Between any two requests of an audit a list is replaced and an opportunity changed."""
    chance = random.Random(5)
    bench.store.store_opportunities(a_session("s"), [an_opportunity("s", slug) for slug in "abcd"])
    number = 0

    def others_write(request: Request) -> Answer:
        nonlocal number
        number += 1
        if number % 4:
            return None
        bench.quietly()
        bench.clock.advance(seconds=1)
        title = f"t{number}"
        if number % 12:
            some = chance.sample("abcdefg", 5)
            listed = [an_opportunity("s", slug, title=title) for slug in some]
            bench.store.store_opportunities(a_session("s"), listed)
        else:
            one = chance.choice(bench.store.get_opportunities("s"))
            bench.store.put_opportunity(one.revised(title=title))
        bench.injector.plan = others_write
        return None

    for limit in LIMITS:
        for _ in range(3):
            bench.injector.plan = others_write
            cursor = bench.store.audit(limit=limit).cursor
            bench.quietly()
            assert problems(bench.store, limit) == []
            bench.injector.plan = others_write
            page = bench.store.audit(limit=limit, cursor=cursor) if cursor else None
            assert not page or {row.problem for row in page.items} <= {""}
            bench.quietly()
    assert number > 40


def test_an_audit_that_cannot_read_says_so_instead_of_naming_everything(bench: Bench) -> None:
    bench.store.store_opportunities(a_session("s"), [an_opportunity("s", slug) for slug in "abcd"])
    bench.injector.plan = lambda request: (
        throttled(request) if request.operation == "BatchGetItem" else None
    )
    with pytest.raises(StoreUnavailableError):
        bench.store.audit()


def test_an_audits_rows_are_the_histories(bench: Bench) -> None:
    chance = random.Random(7)
    for number in range(40):
        bench.clock.advance(minutes=1)
        some = chance.sample("abcdefgh", chance.randint(0, 8))
        listed = [an_opportunity("s", slug, title=str(number // 3)) for slug in some]
        bench.store.store_opportunities(a_session("s"), listed)
    histories: list[Opportunity] = []
    for slug in "abcdefgh":
        histories += bench.store.get_history(f"s.{slug}")
    for limit in LIMITS:
        assert [row.revision for row in audited(bench.store, limit)] == histories
