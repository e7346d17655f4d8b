"""The same opportunity in two analyses: found with reasons, merged, taken apart, nothing lost."""

from typing import Any

import pytest
from customer import report, workbook
from stores import ManualClock, a_session, an_opportunity

from opportune.errors import InvalidInputError, OpportunityNotFoundError, VersionConflictError
from opportune.model.filters import OpportunityFilters
from opportune.model.records import Evidence, Opportunity, Status
from opportune.pipeline.changes.duplicates import Duplicates
from opportune.pipeline.service import Service
from opportune.stores.files.kept import MemoryFiles
from opportune.stores.memory.store import MemoryStore

NOBODY_KNOWS = lambda _, __: None  # noqa: E731 - a stand-in


@pytest.fixture
def held(clock: ManualClock) -> MemoryStore:
    store = MemoryStore(clock=clock)
    for session in ("a", "b"):
        store.store_opportunities(a_session(session, customer="Ñandú SA"), [])
    return store


def _put(store: MemoryStore, session: str, slug: str = "rehost", **fields: Any) -> Opportunity:
    plain = {"customer": "Ñandú SA", "template_id": slug}
    return store.put_opportunity(an_opportunity(session, slug, **plain | fields))


def _codes(duplicates: Duplicates) -> list[set[str]]:
    return [{reason.code for reason in pair.reasons} for pair in duplicates.possible()]


def test_two_analyses_of_one_estate_have_duplicates_with_their_servers(
    clock: ManualClock,
) -> None:
    service = Service(MemoryStore(clock=clock), MemoryFiles(), clock=clock)
    first = service.analyses.analyze([workbook(40), report()], customer="Acme", updated_by="ana")
    clock.advance(hours=1)
    second = service.analyses.analyze([workbook(40)], customer="ACME", updated_by="ana")
    other = service.analyses.analyze([workbook(40)], customer="Another", updated_by="ana")
    assert len({first.session_id, second.session_id, other.session_id}) == 3
    pairs = service.duplicates.possible()
    assert pairs
    for pair in pairs:
        assert {pair.first.session_id, pair.second.session_id} == {
            first.session_id,
            second.session_id,
        }
        assert pair.first.updated_at >= pair.second.updated_at
        assert pair.first.template_id == pair.second.template_id
    (base,) = [pair for pair in pairs if pair.first.template_id == "rehost"]
    texts = {reason.code: reason.text for reason in base.reasons}
    assert texts["servers"].startswith("40 servers are in both")
    assert texts["arr"]
    assert base.score == max(pair.score for pair in pairs)
    only = service.duplicates.possible(OpportunityFilters(customer=("another",)))
    assert only == ()


def test_other_servers_are_no_duplicates(held: MemoryStore) -> None:
    one, other = _put(held, "a"), _put(held, "b")
    counts = {(one.id, other.id): (40, 20, 9), (other.id, one.id): (20, 40, 9)}
    assert Duplicates(held, lambda a, b: counts[a, b]).possible() == ()
    counts = {pair: (m, n, 10) for pair, (m, n, _) in counts.items()}
    (found,) = Duplicates(held, lambda a, b: counts[a, b]).possible()
    assert "10 servers are in both" in found.reasons[-1].text


def test_opportunities_by_hand_are_compared_by_their_titles(held: MemoryStore) -> None:
    _put(held, "a", "x", template_id="", title="Renew the support contract")
    _put(held, "b", "y", template_id="", title="RENEW the support contracts")
    _put(held, "b", "z", template_id="", title="Something else")
    assert _codes(Duplicates(held, NOBODY_KNOWS)) == [{"customer", "title", "arr"}]


def test_one_by_hand_may_be_one_that_was_found(held: MemoryStore) -> None:
    _put(held, "a", "x", template_id="", title="Exit from Oracle: 5 databases", estimated_arr=0)
    _put(held, "b", "y", template_id="oracle-exit", title="Exit from Oracle: 6 databases")
    assert _codes(Duplicates(held, NOBODY_KNOWS)) == [{"customer", "title"}]


@pytest.mark.parametrize(
    "fields",
    [
        {"customer": "Other"},
        {"customer": ""},
        {"template_id": "other", "title": "Something else"},
        {"deleted": True},
    ],
)
def test_what_has_nothing_in_common_is_no_duplicate(
    held: MemoryStore, fields: dict[str, Any]
) -> None:
    _put(held, "a")
    other = _put(held, "b")
    held.put_opportunity(other.revised(**fields))
    assert Duplicates(held, NOBODY_KNOWS).possible() == ()


def test_two_of_one_session_are_no_duplicates(held: MemoryStore) -> None:
    _put(held, "a", "x", template_id="rehost")
    _put(held, "a", "y", template_id="rehost")
    assert Duplicates(held, NOBODY_KNOWS).possible() == ()


EVIDENCE = tuple(Evidence(file="f.xlsx", location=f"S!A{n}", text=f"{n}") for n in range(3))


@pytest.fixture
def pair(held: MemoryStore) -> tuple[Opportunity, Opportunity]:
    one = _put(held, "a", evidence=EVIDENCE[:2], talking_points=("p",), owner="eva")
    other = _put(held, "b", evidence=EVIDENCE[1:], talking_points=("p", "q"), next_steps=("n",))
    return one, other


def test_merging_keeps_both_histories_and_unites_what_was_known(
    held: MemoryStore, pair: tuple[Opportunity, Opportunity]
) -> None:
    one, other = pair
    merged = Duplicates(held, NOBODY_KNOWS).merge(one.id, other.id, updated_by="bea", note="same")
    assert merged.kept is not None
    assert merged.kept.evidence == EVIDENCE
    assert (merged.kept.talking_points, merged.kept.next_steps) == (("p", "q"), ("n",))
    assert (merged.kept.title, merged.kept.owner, merged.kept.estimated_arr) == (
        one.title,
        "eva",
        one.estimated_arr,
    )
    assert (merged.other.deleted, merged.other.merged_into) == (True, one.id)
    assert held.get_history(one.id) == (one, merged.kept)
    assert held.get_history(other.id) == (other, merged.other)
    assert {merged.kept.updated_by, merged.other.updated_by} == {"bea"}
    assert {merged.kept.change_note, merged.other.change_note} == {"same"}
    assert held.get_opportunities("b") == ()


def test_taking_apart_gives_back_both_and_keeps_what_people_did_since(
    held: MemoryStore, pair: tuple[Opportunity, Opportunity]
) -> None:
    one, other = pair
    duplicates = Duplicates(held, NOBODY_KNOWS)
    kept = duplicates.merge(one.id, other.id, updated_by="bea").kept
    assert kept is not None
    held.put_opportunity(
        kept.revised(status=Status.IN_PROGRESS, talking_points=(*kept.talking_points, "mine"))
    )
    apart = duplicates.unmerge(other.id, updated_by="bea")
    assert apart.kept is not None
    assert apart.kept.evidence == one.evidence
    assert (apart.kept.talking_points, apart.kept.next_steps) == (("p", "mine"), ())
    assert apart.kept.status == Status.IN_PROGRESS
    content = {"evidence", "talking_points", "next_steps", "title", "deleted", "merged_into"}
    assert apart.other.model_dump(include=content) == other.model_dump(include=content)
    assert len(held.get_history(one.id)) == 4
    assert len(held.get_history(other.id)) == 3
    with pytest.raises(InvalidInputError, match="not merged"):
        duplicates.unmerge(other.id, updated_by="bea")


def test_taking_apart_works_when_the_kept_one_is_gone(
    held: MemoryStore, pair: tuple[Opportunity, Opportunity]
) -> None:
    one, other = pair
    duplicates = Duplicates(held, NOBODY_KNOWS)
    kept = duplicates.merge(one.id, other.id, updated_by="bea").kept
    assert kept is not None
    held.put_opportunity(kept.revised(deleted=True))
    apart = duplicates.unmerge(other.id, updated_by="bea")
    assert apart.kept is None
    assert held.get_opportunity(other.id) == apart.other


def test_a_merge_that_was_cut_half_way_is_finished_by_the_same_merge(
    clock: ManualClock, held: MemoryStore, pair: tuple[Opportunity, Opportunity]
) -> None:
    one, other = pair

    class CutError(Exception):
        pass

    class CutStore(MemoryStore):
        def put_opportunity(self, opportunity: Opportunity) -> Opportunity:
            if opportunity.merged_into:
                raise CutError
            return held.put_opportunity(opportunity)

    cut = CutStore(clock=clock)
    cut.get_opportunity = held.get_opportunity  # type: ignore[method-assign] # reads are the other's
    cut.get_history = held.get_history  # type: ignore[method-assign] # likewise
    with pytest.raises(CutError):
        Duplicates(cut, NOBODY_KNOWS).merge(one.id, other.id, updated_by="bea")
    duplicates = Duplicates(held, NOBODY_KNOWS)
    merged = duplicates.merge(one.id, other.id, updated_by="bea")
    assert merged.kept is not None
    assert (merged.kept.version, merged.other.version) == (2, 2)
    assert duplicates.merge(one.id, other.id, updated_by="bea") == merged
    apart = duplicates.unmerge(other.id, updated_by="bea")
    assert apart.kept is not None
    assert apart.kept.evidence == one.evidence


def test_merging_refuses_what_cannot_be_merged(
    held: MemoryStore, pair: tuple[Opportunity, Opportunity]
) -> None:
    one, _ = pair
    duplicates = Duplicates(held, NOBODY_KNOWS)
    with pytest.raises(InvalidInputError, match="itself"):
        duplicates.merge(one.id, one.id, updated_by="bea")
    for kept, other in ((one.id, "b.none"), ("a.none", one.id)):
        with pytest.raises(OpportunityNotFoundError):
            duplicates.merge(kept, other, updated_by="bea")
    with pytest.raises(OpportunityNotFoundError):
        duplicates.unmerge("b.none", updated_by="bea")
    with pytest.raises(InvalidInputError, match="not merged"):
        duplicates.unmerge(one.id, updated_by="bea")
    assert held.get_history(one.id) == (one,)


def test_a_merge_that_is_always_overtaken_ends(
    clock: ManualClock, held: MemoryStore, pair: tuple[Opportunity, Opportunity]
) -> None:
    class Overtaken(MemoryStore):
        def put_opportunity(self, opportunity: Opportunity) -> Opportunity:
            raise VersionConflictError(opportunity.id, expected=1, actual=2)

    busy = Overtaken(clock=clock)
    busy.get_opportunity = held.get_opportunity  # type: ignore[method-assign] # reads are the other's
    busy.get_history = held.get_history  # type: ignore[method-assign] # likewise
    with pytest.raises(VersionConflictError):
        Duplicates(busy, NOBODY_KNOWS).merge(pair[0].id, pair[1].id, updated_by="bea")


def test_a_merged_one_stays_gone_when_its_files_are_analysed_again(clock: ManualClock) -> None:
    service = Service(MemoryStore(clock=clock), MemoryFiles(), clock=clock)
    files = [workbook(40), report()]
    first = service.analyses.analyze(files, customer="Acme", updated_by="ana")
    second = service.analyses.analyze([workbook(40)], customer="Acme", updated_by="ana")
    kept, other = f"{first.session_id}.rehost", f"{second.session_id}.rehost"
    service.duplicates.merge(kept, other, updated_by="bea")
    service.analyses.analyze([workbook(40)], customer="Acme", updated_by="ana")
    with pytest.raises(OpportunityNotFoundError):
        service.store.get_opportunity(other)
    again = service.analyses.analyze(files, customer="Acme", updated_by="ana")
    assert kept in {o.id for o in again.opportunities}
