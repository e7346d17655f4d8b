from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from customer import SERVERS, report, workbook

from opportune.errors import (
    DocumentError,
    FileMissingError,
    InvalidInputError,
    OpportunityNotFoundError,
    SessionNotFoundError,
    UnsupportedDocumentError,
    VersionConflictError,
)
from opportune.model.filters import OpportunityFilters
from opportune.model.records import Opportunity, Priority, Session, Status
from opportune.pipeline.analyze.intake import derived_session_id, inspect_files
from opportune.pipeline.answers import AnalysisAnswer
from opportune.pipeline.service import Service
from opportune.stores.contract import Store
from opportune.stores.files.kept import FolderFiles, MemoryFiles
from opportune.stores.open import open_store

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
FILES = (workbook(), report())


@pytest.fixture
def memory() -> Store:
    return open_store("memory:", clock=lambda: NOW)


@pytest.fixture
def service(memory: Store) -> Service:
    return Service(memory, MemoryFiles(), clock=lambda: NOW)


def analyse(service: Service, **changes: str) -> AnalysisAnswer:
    options: dict[str, Any] = {"customer": "Example Corp", "updated_by": "ana"} | changes
    return service.analyses.analyze(FILES, **options)


def test_an_analysis_finds_and_keeps_priced_opportunities_with_evidence(service: Service) -> None:
    answer = analyse(service)
    assert answer.inventory.servers == SERVERS
    assert answer.added == len(answer.opportunities) > 8
    assert answer.summary.portfolio_arr > 0
    assert service.analyses.opportunities(answer.session_id) == answer.opportunities
    for opportunity in answer.opportunities:
        assert len(opportunity.evidence) >= 2, opportunity.id
        assert opportunity.talking_points
        assert opportunity.next_steps
        assert opportunity.related_services
        assert opportunity.estimate is not None
        assert opportunity.estimate.expected == opportunity.estimated_arr
        assert opportunity.updated_by == "ana"


def test_the_same_files_again_change_nothing(service: Service) -> None:
    first = analyse(service)
    second = analyse(service, updated_by="bob")
    assert (second.added, second.changed, second.removed) == (0, 0, 0)
    assert [o.model_dump_json() for o in second.opportunities] == [
        o.model_dump_json() for o in first.opportunities
    ]
    assert service.store.get_session(first.session_id).version == 1


def test_the_order_of_files_does_not_matter(service: Service) -> None:
    first = analyse(service)
    turned = service.analyses.analyze(FILES[::-1], customer="Example Corp", updated_by="ana")
    assert turned.session_id == first.session_id


def test_status_and_history_survive_another_analysis_in_another_language(service: Service) -> None:
    first = analyse(service)
    moved = service.editing.move(
        first.opportunities[0].id, Status.IN_PROGRESS, updated_by="bob", note="called"
    )
    analyse(service, language="es")
    again = service.store.get_opportunity(moved.id)
    assert (again.status, again.language, again.version) == (Status.IN_PROGRESS, "es", 3)
    notes = [
        (r.version, r.updated_by, r.change_note) for r in service.histories.revisions(moved.id)
    ]
    assert notes == [(1, "ana", ""), (2, "bob", "called"), (3, "ana", "")]


@pytest.mark.parametrize("language", ["en", "es", "pt"])
def test_texts_are_in_the_language_that_was_asked_for(service: Service, language: str) -> None:
    answer = analyse(service, language=language)
    assert {o.language for o in answer.opportunities} == {language}


def test_customer_and_files_decide_the_session_and_a_given_id_wins(service: Service) -> None:
    ids = {
        analyse(service).session_id,
        analyse(service, customer="Another").session_id,
        service.analyses.analyze(FILES[:1], customer="Example Corp", updated_by="ana").session_id,
        analyse(service, session_id="mine").session_id,
    }
    assert len(ids) == 4
    assert "mine" in ids
    assert derived_session_id(" example CORP ", FILES) in ids


def test_files_in_each_others_place_are_refused_and_nothing_is_kept(service: Service) -> None:
    swapped = [
        replace(FILES[1], expected="inventory"),
        replace(FILES[0], expected="readiness"),
    ]
    with pytest.raises(UnsupportedDocumentError, match=r"mra\.pdf: this is a readiness report"):
        service.analyses.analyze(swapped, customer="x", updated_by="ana")
    assert service.store.list_sessions().items == ()


def test_a_report_alone_is_no_inventory(service: Service) -> None:
    with pytest.raises(DocumentError, match="no inventory"):
        service.analyses.analyze([replace(FILES[1], expected="")], customer="x", updated_by="ana")


@pytest.mark.parametrize("session_id", ["../x", "a" * 37, "a b"])
def test_a_session_id_that_no_store_could_hold_is_refused(
    service: Service, session_id: str
) -> None:
    with pytest.raises(InvalidInputError, match="id"):
        analyse(service, session_id=session_id)
    assert service.store.list_sessions().items == ()


class Meddling:
    """A store in which somebody else changes an opportunity just before a write."""

    def __init__(self, store: Store, meddle: Callable[[], object], times: int) -> None:
        self._store, self._meddle, self._left = store, meddle, times

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def _before_write(self) -> None:
        if self._left:
            self._left -= 1
            self._meddle()

    def put_opportunity(self, opportunity: Opportunity) -> Opportunity:
        self._before_write()
        return self._store.put_opportunity(opportunity)

    def store_opportunities(self, session: Session, opportunities: list[Opportunity]) -> Session:
        self._before_write()
        return self._store.store_opportunities(session, opportunities)


def meddled(service: Service, memory: Store, opportunity_id: str, times: int) -> Service:
    def own() -> None:
        present = service.store.get_opportunity(opportunity_id)
        memory.put_opportunity(present.revised(owner=f"{present.owner}x", change_id=""))

    store = Meddling(memory, own, times)
    return Service(store, MemoryFiles(), clock=lambda: NOW)  # type: ignore[arg-type] # forwards the rest


def test_a_status_is_set_on_top_of_what_others_changed_meanwhile(
    service: Service, memory: Store
) -> None:
    wanted = analyse(service).opportunities[0].id
    meddled(service, memory, wanted, 3).editing.move(wanted, Status.WON, updated_by="ana")
    final = service.store.get_opportunity(wanted)
    assert (final.status, final.owner, final.version) == (Status.WON, "xxx", 5)


def test_with_an_expected_version_the_first_conflict_is_told(
    service: Service, memory: Store
) -> None:
    wanted = analyse(service).opportunities[0].id
    with pytest.raises(VersionConflictError):
        meddled(service, memory, wanted, 1).editing.move(
            wanted, Status.WON, updated_by="ana", expected_version=1
        )
    with pytest.raises(VersionConflictError):
        service.editing.move(wanted, Status.WON, updated_by="ana", expected_version=1)


def test_an_analysis_keeps_what_people_change_while_it_runs(
    service: Service, memory: Store
) -> None:
    wanted = analyse(service).opportunities[0].id
    rival = meddled(service, memory, wanted, 2)
    rival.analyses.analyze(FILES, customer="Example Corp", updated_by="bob", language="pt")
    final = service.store.get_opportunity(wanted)
    assert (final.owner, final.language) == ("xx", "pt")


def test_setting_the_status_it_has_is_no_change(service: Service) -> None:
    wanted = analyse(service).opportunities[0].id
    assert service.editing.move(wanted, Status.NEW, updated_by="bob").version == 1


def test_a_repeated_change_is_made_once(service: Service) -> None:
    wanted = analyse(service).opportunities[0].id
    for _ in range(2):
        updated = service.editing.move(
            wanted, Status.LOST, updated_by="bob", expected_version=1, change_id="key:1"
        )
        assert updated.version == 2


def test_the_explanation_adds_up_to_the_arr(service: Service) -> None:
    for opportunity in analyse(service).opportunities:
        explanation = service.proofs.explain(opportunity.id)
        assert explanation.is_current
        assert explanation.tree.amount_usd == opportunity.estimated_arr


def test_what_the_rules_do_not_find_has_no_explanation(service: Service, memory: Store) -> None:
    session_id = analyse(service).session_id
    own = Opportunity.checked(
        id=f"{session_id}.own",
        session_id=session_id,
        title="By hand",
        category="",
        priority=Priority.LOW,
        estimated_arr=1,
    )
    memory.put_opportunity(own)
    with pytest.raises(InvalidInputError, match="by hand"):
        service.proofs.explain(own.id)


def test_without_the_files_there_is_no_explanation(service: Service, memory: Store) -> None:
    wanted = analyse(service).opportunities[0].id
    with pytest.raises(FileMissingError, match=r"mpa\.xlsx"):
        Service(memory, MemoryFiles()).proofs.explain(wanted)


def test_kept_files_are_read_back_and_checked(tmp_path: Path) -> None:
    keeper = FolderFiles(tmp_path / "files")
    source = inspect_files([FILES[0]]).documents[0]
    keeper.keep(FILES[0])
    keeper.keep(FILES[0])
    session_file = Session.checked(
        id="s", files=({"name": "m", "kind": source.kind, "sha256": source.sha256, "sizeBytes": 1},)
    ).files[0]
    assert keeper.load(session_file).data == FILES[0].data
    (path,) = (tmp_path / "files").iterdir()
    assert path.stat().st_mode & 0o077 == 0
    path.write_bytes(b"damaged")
    with pytest.raises(FileMissingError):
        keeper.load(session_file)


def test_lists_are_filtered_within_a_session_and_across(service: Service) -> None:
    answer = analyse(service)
    high = OpportunityFilters(priority=(Priority.HIGH,))
    expected = tuple(o for o in answer.opportunities if o.priority == Priority.HIGH)
    assert service.analyses.opportunities(answer.session_id, high) == expected
    assert set(service.store.find_opportunities(high).items) == set(expected)


def test_deleting_a_session_leaves_history_and_analysing_brings_it_back(service: Service) -> None:
    answer = analyse(service)
    service.editing.delete_session(answer.session_id, updated_by="bob")
    with pytest.raises(SessionNotFoundError):
        service.analyses.opportunities(answer.session_id)
    assert service.histories.revisions(answer.opportunities[0].id)[-1].deleted
    assert len(analyse(service).opportunities) == len(answer.opportunities)


def test_an_unknown_id_has_no_history(service: Service) -> None:
    with pytest.raises(OpportunityNotFoundError):
        service.histories.revisions("none.rehost")


def test_inspecting_says_what_was_read() -> None:
    found = inspect_files(FILES)
    assert [d.kind for d in found.documents] == ["mpa-workbook", "mra-report"]
    assert found.inventory.servers == SERVERS
    assert found.readiness.ratings == len(found.readiness.rows) > 50
    assert found.readiness.sum == sum(row.rating for row in found.readiness.rows)
    assert found.quality
