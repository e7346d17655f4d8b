"""Every operation of the store's contract that has a request of its own, as steps of one course."""

from datetime import date

from moves import at_stage
from stores import a_session, a_template, an_opportunity

from opportune.model.filters import OpportunityFilters
from opportune.stores.dynamodb import DynamoDBStore
from opportune.stores.journal import Copying


def change_and_replace(store: DynamoDBStore) -> None:
    current = store.get_opportunity("s.a")
    store.put_opportunity(current.revised(title="changed", change_id="c1"))
    store.put_opportunity(an_opportunity("s", "b", change_id="c2"))
    store.store_opportunities(
        a_session("s", change_id="c3"), [an_opportunity("s", "c", change_id="c3")]
    )
    assert [one.id for one in store.get_opportunities("s")] == ["s.c"]


def read(store: DynamoDBStore) -> None:
    assert [one.id for one in store.find_opportunities().items] == ["s.c"]
    assert [one.id for one in store.list_sessions().items] == ["s"]
    assert [one.version for one in store.get_history("s.a")] == [1, 2, 3]
    assert store.get_opportunity("s.a", version=2).title == "changed"


def scan_and_audit(store: DynamoDBStore) -> None:
    assert len(store.scan().items) == 7
    assert [row.problem for row in store.audit().items] == [""] * 6


def change_many(store: DynamoDBStore) -> None:
    (changed,) = store.put_opportunities(
        [store.get_opportunity("s.c").revised(owner="eva", change_id="c3b")]
    )
    assert store.get_opportunity("s.c") == changed


def add_up(store: DynamoDBStore) -> None:
    of_eva = OpportunityFilters(owner=("eva",), search_term="rehost", updated_from=date(2026, 1, 1))
    assert store.totals(of_eva) == store.totals()
    assert [total.count for total in store.totals()] == [1]
    assert store.get_session("s").version == 3


def journal(store: DynamoDBStore) -> None:
    at_stage(store, 1)
    journaled = store.journaled(lambda wrote: None, stage_number=1)
    journaled.put_opportunity(an_opportunity("s", "d", change_id="c4"))
    journaled.put_template(a_template("t", change_id="c5"))
    assert len(store.journal()) == 2
    store.settle(store.journal(session_id="s"))
    assert len(store.journal()) == 1


def replicate(store: DynamoDBStore) -> None:
    everywhere = list(store.scan().items)
    assert store.replicate([one.revised(updated_by="bea") for one in everywhere])
    assert store.replicate(everywhere, copying=Copying.NEXT)
    assert store.replicate(everywhere, copying=Copying.MEND)
    assert list(store.scan().items) == everywhere


STEPS = (change_and_replace, read, scan_and_audit, change_many, add_up, journal, replicate)
"""Each begins with what the one before it leaves, the first with opportunity `s.a`."""


def everything(store: DynamoDBStore) -> None:
    for step in STEPS:
        step(store)
