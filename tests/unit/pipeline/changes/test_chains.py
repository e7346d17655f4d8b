"""Every edit made beside the API is named: of a field, a link, a row, a whole chain."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pipelines import Life, lived
from stores import ManualClock, a_session, an_opportunity

from opportune.errors import InvalidInputError
from opportune.model.records import Opportunity
from opportune.pipeline.changes.seals import (
    HistoryReport,
    SealRow,
    read_seal,
    seal_text,
    verify_history,
)
from opportune.stores.contract import RETENTION, Audited, AuditPage, Retention, Store
from opportune.stores.journal import Copying
from opportune.stores.memory.store import MemoryStore
from opportune.stores.revisions import digest_of


def _verified(
    store: Store, clock: ManualClock, seal: dict[str, SealRow] | None = None
) -> HistoryReport:
    return verify_history(store, now=clock.now, retention=RETENTION, seal=seal)[0]


def _found(report: HistoryReport) -> list[tuple[str, int]]:
    return [(one.opportunity_id, one.version) for one in report.problems]


@pytest.fixture
def chain(clock: ManualClock) -> tuple[MemoryStore, list[Opportunity]]:
    """A store with an opportunity of four versions, and another one."""
    store = MemoryStore(clock=clock)
    store.store_opportunities(a_session("s"), [an_opportunity("s"), an_opportunity("s", "b")])
    for title in ("two", "three", "four"):
        store.put_opportunity(store.get_opportunity("s.rehost").revised(title=title))
        clock.advance(hours=1)
    return store, list(store.get_history("s.rehost"))


def test_a_life_without_tampering_is_clean_on_every_store(
    fresh_store: Store, clock: ManualClock
) -> None:
    revisions = 0
    for _ in lived(Life(fresh_store, clock, random.Random(5)), 12):
        pass
    report, rows = verify_history(fresh_store, now=clock.now, retention=RETENTION)
    revisions = sum(len(fresh_store.get_history(row.opportunity_id)) for row in rows)
    assert report.problems == ()
    assert report.revisions == revisions > 10
    assert report.opportunities == len(rows)


FIELDS: list[dict[str, Any]] = [
    {"title": "edited"},
    {"estimated_arr": "1.00"},
    {"status": "Ganada"},
    {"updated_by": "nobody"},
    {"updated_at": "2026-03-01T12:00:00.001Z"},
    {"change_note": "never said"},
    {"ttl": None},
    {"deleted": True},
    {"previous_digest": "0" * 64},
    {"digest": ""},
]


@given(
    seed=st.integers(0, 10_000),
    version=st.integers(1, 4),
    edit=st.sampled_from(FIELDS),
)
def test_a_tampered_row_is_named(seed: int, version: int, edit: dict[str, Any]) -> None:
    clock = ManualClock()
    store = MemoryStore(clock=clock)
    store.store_opportunities(a_session("s"), [an_opportunity("s"), an_opportunity("s", "b")])
    for number in range(3):
        clock.advance(hours=1)
        store.put_opportunity(store.get_opportunity("s.rehost").revised(title=f"{seed} {number}"))
    (row,) = [o for o in store.get_history("s.rehost") if o.version == version]
    edited = row.revised(**edit)
    if edited == row:
        return
    store.replicate([edited], copying=Copying.MEND)
    assert ("s.rehost", version) in _found(_verified(store, clock))
    assert {one for one, _ in _found(_verified(store, clock))} == {"s.rehost"}


@pytest.mark.parametrize("version", [1, 2, 3])
def test_an_edit_with_a_digest_that_fits_shows_in_the_next_revision(
    chain: tuple[MemoryStore, list[Opportunity]], clock: ManualClock, version: int
) -> None:
    store, history = chain
    edited = history[version - 1].revised(title="edited", digest="")
    store.replicate([edited.revised(digest=digest_of(edited))], copying=Copying.MEND)
    assert _found(_verified(store, clock)) == [("s.rehost", version + 1)]


class Altered(MemoryStore):
    """Answers an audit with other rows: what only the rows of a real store can be."""

    rows: Sequence[Audited] = ()

    def audit(self, *, limit: int = 1000, cursor: str | None = None) -> AuditPage:
        return AuditPage(tuple(self.rows))


def _altered(rows: Sequence[Audited], clock: ManualClock) -> HistoryReport:
    store = Altered(clock=clock)
    store.rows = rows
    return _verified(store, clock)


def _rows(history: Sequence[Opportunity]) -> list[Audited]:
    return [Audited(one.id, one.version, one) for one in history]


def test_a_row_that_is_missing_is_named_by_the_one_after(
    chain: tuple[MemoryStore, list[Opportunity]], clock: ManualClock
) -> None:
    rows = _rows(chain[1])
    assert _altered(rows, clock).problems == ()
    for missing in (0, 1, 2):
        left = rows[:missing] + rows[missing + 1 :]
        assert _found(_altered(left, clock)) == [("s.rehost", missing + 2)]


def test_rows_that_have_outlived_their_retention_are_not_missed(clock: ManualClock) -> None:
    retention = Retention(days=30, history_days=60)
    store = MemoryStore(clock=clock, retention=retention)
    store.store_opportunities(a_session("s"), [an_opportunity("s", keep=True)])
    for number in range(5):
        clock.advance(days=25)
        store.put_opportunity(store.get_opportunity("s.rehost").revised(owner=f"o{number}"))
    assert store.get_history("s.rehost")[0].version > 1
    report, _ = verify_history(store, now=clock.now, retention=retention)
    assert report.problems == ()


def test_a_row_that_cannot_be_read_or_differs_is_named_with_the_stores_words(
    chain: tuple[MemoryStore, list[Opportunity]], clock: ManualClock
) -> None:
    rows = _rows(chain[1])
    rows[1] = Audited("s.rehost", 2, None, "is no JSON")
    rows[3] = Audited("s.rehost", 4, chain[1][3], "status says otherwise")
    report = _altered(rows, clock)
    assert [(p.version, p.problem) for p in report.problems] == [
        (2, "is no JSON"),
        (4, "status says otherwise"),
    ]


def _seal(store: Store, clock: ManualClock) -> tuple[SealRow, ...]:
    return verify_history(store, now=clock.now, retention=RETENTION)[1]


def test_a_seal_shows_a_chain_that_was_written_anew(
    chain: tuple[MemoryStore, list[Opportunity]], clock: ManualClock
) -> None:
    store, history = chain
    seal = {row.opportunity_id: row for row in _seal(store, clock)}
    previous = ""
    for one in history:
        again = one.revised(title="all edited", previous_digest=previous, digest="")
        again = again.revised(digest=digest_of(again))
        store.replicate([again], copying=Copying.MEND)
        previous = again.digest
    assert _verified(store, clock).problems == (), "without a seal it cannot show"
    (problem,) = _verified(store, clock, seal).problems
    assert (problem.opportunity_id, problem.version) == ("s.rehost", 4)
    assert "written again" in problem.problem


def test_a_seal_shows_what_is_gone(
    chain: tuple[MemoryStore, list[Opportunity]], clock: ManualClock
) -> None:
    store, history = chain
    seal = {row.opportunity_id: row for row in _seal(store, clock)}
    store.put_opportunity(history[-1].revised(title="five"))
    assert _verified(store, clock, seal).problems == (), "what came since is no problem"
    cut = Altered(clock=clock)
    cut.rows = _rows(history[:2])
    problems = verify_history(cut, now=clock.now, retention=RETENTION, seal=seal)[0].problems
    assert {(p.opportunity_id, p.version) for p in problems} == {("s.rehost", 4), ("s.b", 1)}
    clock.advance(days=400)
    problems = verify_history(cut, now=clock.now, retention=RETENTION, seal=seal)[0].problems
    assert not [p for p in problems if "gone" in p.problem], "it has outlived its retention"


def test_a_seal_is_read_as_it_was_written(
    chain: tuple[MemoryStore, list[Opportunity]], clock: ManualClock, tmp_path: Path
) -> None:
    rows = _seal(chain[0], clock)
    path = tmp_path / "seal.jsonl"
    path.write_text(seal_text(rows, clock.now), "utf-8")
    assert read_seal(path) == {row.opportunity_id: row for row in rows}


@pytest.mark.parametrize("spoil", ["cut", "edited", "empty", "other", "missing"])
def test_a_seal_that_was_changed_is_refused(
    chain: tuple[MemoryStore, list[Opportunity]], clock: ManualClock, tmp_path: Path, spoil: str
) -> None:
    path = tmp_path / "seal.jsonl"
    text = seal_text(_seal(chain[0], clock), clock.now)
    spoilt = {
        "cut": "\n".join(text.splitlines()[:-1]),
        "edited": text.replace('"version":4', '"version":5'),
        "empty": "",
        "other": "[1]\n[2]\n",
    }
    if spoil in spoilt:
        path.write_text(spoilt[spoil], "utf-8")
    with pytest.raises(InvalidInputError, match="seal"):
        read_seal(path)
