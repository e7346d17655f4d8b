from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from customer import report, workbook

from opportune.errors import FileMissingError, PriceBookMissingError, SessionNotFoundError
from opportune.model.differences import STAMPS, leaves_that_differ
from opportune.model.file import InputFile
from opportune.model.records import Basis, Opportunity, Priority, Session, Status
from opportune.pipeline.analyze.reanalysis import ANALYSIS_CHANGE, PEOPLES, edited_fields
from opportune.pipeline.proof.verify import COMPUTED, SessionVerification
from opportune.pipeline.service import Service
from opportune.prices.kept import PriceBooks, to_toml
from opportune.stores.contract import Store
from opportune.stores.files.kept import MemoryFiles
from opportune.stores.open import open_store

START = datetime(2026, 11, 20, 9, tzinfo=UTC)
MPA, MRA = workbook(), report()


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def memory(clock: Clock) -> Store:
    return open_store("memory:", clock=clock)


@pytest.fixture
def service(memory: Store, clock: Clock) -> Service:
    return Service(memory, MemoryFiles(), clock=clock)


def analysed(service: Service, **options: Any) -> str:
    wanted: dict[str, Any] = {"customer": "Example Corp", "updated_by": "ana"} | options
    return service.analyses.analyze([MPA, MRA], **wanted).session_id


def told(found: SessionVerification) -> set[tuple[str, str, str]]:
    return {(d.subject, d.id.partition(".")[2] or d.id, d.field) for d in found.differences}


def by_people(found: SessionVerification) -> set[tuple[str, str, str]]:
    return {(c.opportunity_id.partition(".")[2], c.field, c.now) for c in found.peoples_changes}


@pytest.mark.parametrize("language", ["en", "es", "pt"])
@pytest.mark.parametrize("basis", Basis)
def test_what_was_just_analysed_is_equal(service: Service, language: str, basis: Basis) -> None:
    session_id = analysed(service, language=language, basis=basis)
    found = service.proofs.verify(session_id, [MPA, MRA])
    assert found.is_equal, found.differences
    assert found.opportunities == len(service.analyses.opportunities(session_id))
    assert (found.language, found.basis, found.run_date) == (language, basis, "2026-11-20")
    assert (found.peoples_changes, found.source) == ((), "given")


def test_neither_order_nor_names_of_the_files_matter(service: Service) -> None:
    found = service.proofs.verify(
        analysed(service), [InputFile("report.pdf", MRA.data), InputFile("x.bin", MPA.data)]
    )
    assert found.is_equal, found.differences


def test_the_bytes_given_are_read_and_not_our_copies(memory: Store, clock: Clock) -> None:
    session_id = analysed(Service(memory, MemoryFiles(), clock=clock))
    without_copies = Service(memory, MemoryFiles(), clock=clock)
    assert without_copies.proofs.verify(session_id, [MPA, MRA]).is_equal
    with pytest.raises(FileMissingError, match=rf"mpa\.xlsx of session {session_id}"):
        without_copies.proofs.verify(session_id)


def test_our_copies_are_read_when_none_are_given(service: Service) -> None:
    found = service.proofs.verify(analysed(service))
    assert (found.is_equal, found.source, found.files) == (True, "kept", 2)


def test_it_is_still_equal_years_later_though_support_has_ended_since(
    service: Service, clock: Clock
) -> None:
    session_id = analysed(service)
    clock.now += timedelta(days=300)  # opportunities have expired; their history has not
    assert service.analyses.opportunities(session_id) == ()
    found = service.proofs.verify(session_id, [MPA, MRA])
    assert found.is_equal, found.differences


def test_the_same_files_on_another_day_change_nothing_if_they_say_the_same(
    service: Service, clock: Clock
) -> None:
    session_id = analysed(service)
    clock.now += timedelta(days=1)
    analysed(service)
    header = service.store.get_session(session_id)
    assert (header.version, header.run_date) == (1, "2026-11-20")


def test_a_file_that_was_changed_is_named_with_all_that_follows(service: Service) -> None:
    session_id = analysed(service)
    other = InputFile("mpa.xlsx", workbook(seed=8).data)
    found = service.proofs.verify(session_id, [other, MRA])
    (file,) = (d for d in found.differences if d.subject == "file")
    assert (file.id, file.stored, file.recomputed) == ("mpa.xlsx", MPA.sha256, other.sha256)
    assert ("opportunity", "rehost", "estimatedARR") in told(found)
    assert ("opportunity", "rehost", "estimate.digest") in told(found)
    assert not found.is_equal


def test_files_that_are_missing_or_too_many_are_named(service: Service) -> None:
    session_id = analysed(service)
    found = service.proofs.verify(session_id, [MPA])
    (file,) = (d for d in found.differences if d.subject == "file")
    assert (file.id, file.stored, file.recomputed) == ("mra.pdf", MRA.sha256, "")
    extra = InputFile("more.pdf", report(seed=8).data)
    found = service.proofs.verify(session_id, [MPA, MRA, extra])
    (file,) = (d for d in found.differences if d.subject == "file")
    assert (file.id, file.stored, file.recomputed) == ("more.pdf", "", extra.sha256)


def test_how_often_a_file_is_handed_in_does_not_matter(service: Service) -> None:
    twice = InputFile("copy.xlsx", MPA.data)
    session_id = service.analyses.analyze(
        [MPA, MRA, twice], customer="x", updated_by="ana"
    ).session_id
    assert "duplicate-file" in {n.code for n in service.store.get_session(session_id).quality}
    for found in (
        service.proofs.verify(session_id),
        service.proofs.verify(session_id, [MRA, twice, MRA]),
    ):
        assert found.is_equal, found.differences


def test_a_file_that_cannot_be_read_is_a_difference_in_words(service: Service) -> None:
    session_id = analysed(service)
    found = service.proofs.verify(session_id, [InputFile("mpa.xlsx", MPA.data[:9000]), MRA])
    assert {d.subject for d in found.differences} == {"file", "reading"}
    assert "mpa.xlsx" in found.differences[-1].recomputed


OTHER: dict[str, Any] = {
    "title": "Another title",
    "category": "Another category",
    "priority": Priority.LOW,
    "estimated_arr": Decimal("1.23"),
    "reasoning": "Because.",
    "talking_points": ("One thing",),
    "next_steps": (),
    "related_services": ("Amazon Nothing",),
    "evidence": (),
    "template_id": "another",
    "customer": "Another Corp",
    "estimate": None,
    "language": "pt",
}


def rewritten(memory: Store, opportunity_id: str, **changes: Any) -> None:
    """Change what is stored as if the analysis had written it."""
    present = memory.get_opportunity(opportunity_id)
    memory.put_opportunity(present.revised(change_id=f"{ANALYSIS_CHANGE}forged", **changes))


def test_every_field_is_an_analysis_a_persons_or_the_stores() -> None:
    marks = {"id", "session_id", "deleted", "merged_into", "reworded_by"}
    assert set(OTHER) == set(COMPUTED)
    assert {*COMPUTED, *PEOPLES, *STAMPS, *marks} == Opportunity.model_fields.keys()


@pytest.mark.parametrize("name", OTHER)
def test_each_field_that_is_not_what_the_files_give_is_found(
    service: Service, memory: Store, name: str
) -> None:
    session_id = analysed(service)
    rewritten(memory, f"{session_id}.rehost", **{name: OTHER[name]})
    found = service.proofs.verify(session_id, [MPA, MRA])
    alias = Opportunity.model_fields[name].alias or name
    assert not found.is_equal
    for subject, id_, field in told(found):
        assert (subject, id_) == ("opportunity", "rehost")
        assert field.partition("[")[0].partition(".")[0] == alias
    assert found.peoples_changes == ()


def test_a_cent_is_found_with_both_values(service: Service, memory: Store) -> None:
    session_id = analysed(service)
    estimate = memory.get_opportunity(f"{session_id}.rehost").estimate
    assert estimate
    high = estimate.high + Decimal("0.01")
    rewritten(memory, f"{session_id}.rehost", estimate=estimate.revised(high=high))
    (difference,) = service.proofs.verify(session_id, [MPA, MRA]).differences
    assert difference.field == "estimate.high"
    assert (difference.stored, difference.recomputed) == (str(high), str(estimate.high))


def test_totals_and_notes_on_quality_are_compared(service: Service, memory: Store) -> None:
    session_id = analysed(service)
    header = memory.get_session(session_id)
    forged = header.revised(
        totals=header.totals.revised(cores=1),
        quality=(header.quality[0].revised(message="fine"), *header.quality[2:]),
    )
    memory.store_opportunities(forged, memory.get_opportunities(session_id))
    found = service.proofs.verify(session_id, [MPA, MRA])
    first, second = header.quality[:2]
    assert told(found) == {
        ("totals", "", "cores"),
        ("quality", first.code, f"{first.source} message"),
        ("quality", second.code, second.source),
    }


def test_an_opportunity_too_many_or_too_few_is_found(service: Service, memory: Store) -> None:
    session_id = analysed(service)
    listed = memory.get_opportunities(session_id)
    invented = listed[0].revised(id=f"{session_id}.invented", version=0)
    kept = [o.revised(change_id=f"{ANALYSIS_CHANGE}2") for o in (*listed[1:], invented)]
    header = memory.get_session(session_id)
    memory.store_opportunities(header.revised(change_id=f"{ANALYSIS_CHANGE}2"), kept)
    found = service.proofs.verify(session_id, [MPA, MRA])
    slug = listed[0].id.partition(".")[2]
    assert told(found) == {("opportunity", "invented", ""), ("opportunity", slug, "")}


def test_what_people_made_of_it_is_listed_and_is_no_difference(
    service: Service, memory: Store
) -> None:
    session_id = analysed(service)
    id_ = f"{session_id}.rehost"
    service.editing.move(id_, Status.WON, updated_by="bob", note="signed")
    edited = memory.get_opportunity(id_).revised(
        owner="eva", title="Mine", estimated_arr=5, change_id="x", change_note="", updated_by="eva"
    )
    memory.put_opportunity(edited)
    own = Opportunity.checked(
        id=f"{session_id}.own", session_id=session_id, title="By hand", category="",
        priority=Priority.LOW, estimated_arr=1,
    )  # fmt: skip
    memory.put_opportunity(own)
    gone = memory.get_opportunities(session_id)[0]
    assert gone.id not in (id_, own.id)
    memory.put_opportunity(gone.revised(deleted=True, change_id="y", updated_by="bob"))
    found = service.proofs.verify(session_id, [MPA, MRA])
    assert found.is_equal, found.differences
    assert by_people(found) == {
        ("rehost", "status", "Ganada"),
        ("rehost", "note", "signed"),
        ("rehost", "owner", "eva"),
        ("rehost", "title", "Mine"),
        ("rehost", "estimatedARR", "5"),
        ("own", "made by hand", "By hand"),
        (gone.id.partition(".")[2], "deleted", ""),
    }
    by = {c.field: c.by for c in found.peoples_changes}
    assert (by["status"], by["title"]) == ("bob", "eva")


def test_a_forged_estimate_under_a_persons_edit_is_found(service: Service, memory: Store) -> None:
    session_id = analysed(service)
    present = memory.get_opportunity(f"{session_id}.rehost")
    assert present.estimate
    estimate = present.estimate.revised(expected=1)
    memory.put_opportunity(present.revised(title="Mine", estimate=estimate, change_id="x"))
    found = service.proofs.verify(session_id, [MPA, MRA])
    assert told(found) == {("opportunity", "rehost", "estimate.expected")}


def test_words_that_a_model_chose_are_listed_and_its_figures_are_compared(
    service: Service, memory: Store
) -> None:
    session_id = analysed(service)
    id_ = f"{session_id}.rehost"
    rewritten(memory, id_, reasoning="In other words.", reworded_by="a-model")
    found = service.proofs.verify(session_id, [MPA, MRA])
    assert found.is_equal, found.differences
    assert by_people(found) == {("rehost", "rewordedBy", "a-model")}
    rewritten(memory, id_, estimated_arr=1)
    assert told(service.proofs.verify(session_id, [MPA, MRA])) == {
        ("opportunity", "rehost", "estimatedARR")
    }


def test_an_edit_stays_the_persons_until_an_analysis_writes_another_value() -> None:
    base = Opportunity.checked(
        id="s.a", session_id="s", title="A", category="", priority="Low", estimated_arr=0
    )
    first = base.revised(change_id="analysis:1")
    edit = base.revised(title="B", change_id="x", updated_by="eva")
    kept = edit.revised(reasoning="new", change_id="analysis:2")
    other = kept.revised(title="C", change_id="analysis:3")
    assert edited_fields([first]) == {}
    assert edited_fields([first, edit]) == edited_fields([first, edit, kept]) == {"title": edit}
    assert edited_fields([first, edit, kept, other]) == {}
    assert "reasoning" in edited_fields([edit])  # the analysis' own revision is gone


def test_a_session_keeps_its_price_book_and_says_so_when_it_is_gone(
    memory: Store, clock: Clock, tmp_path: Path
) -> None:
    own = tmp_path / "agreed.toml"
    data = dict(PriceBooks().find().data) | {"version": "agreed"}
    gp3 = data["price"]["gp3-gb-month"] | {"amount": "0.05"}
    own.write_text(to_toml(data | {"price": data["price"] | {"gp3-gb-month": gp3}}), "utf-8")
    files = MemoryFiles()
    service = Service(memory, files, books=PriceBooks(tmp_path / "prices"), clock=clock)
    bundled = service.store.get_opportunity(f"{analysed(service)}.rehost").estimated_arr
    session_id = analysed(service, price_book=service.books.keep(own))
    assert service.store.get_session(session_id).price_book == "agreed"
    assert service.store.get_opportunity(f"{session_id}.rehost").estimated_arr < bundled
    assert service.proofs.explain(f"{session_id}.rehost").is_current
    assert service.proofs.verify(session_id, [MPA, MRA]).is_equal
    elsewhere = Service(memory, files, clock=clock)
    for recompute in (
        elsewhere.proofs.verify,
        lambda id_: elsewhere.proofs.explain(f"{id_}.rehost"),
    ):
        with pytest.raises(PriceBookMissingError, match="'agreed' is not here"):
            recompute(session_id)


def test_a_session_from_before_conditions_were_recorded_is_verified(
    service: Service, memory: Store
) -> None:
    session_id = analysed(service)
    header = memory.get_session(session_id)
    old = header.revised(price_book="", run_date="")
    memory.store_opportunities(old, memory.get_opportunities(session_id))
    assert service.proofs.verify(session_id, [MPA, MRA]).is_equal
    assert service.proofs.explain(f"{session_id}.rehost").is_current


def test_an_unknown_session_cannot_be_verified(service: Service) -> None:
    with pytest.raises(SessionNotFoundError):
        service.proofs.verify("none", [MPA])


def test_differences_are_told_leaf_by_leaf() -> None:
    stored = {"a": 1, "b": [1, 2, {"c": "x"}], "d": None, "e": [1]}
    fresh = {"a": 1, "b": [1, 3, {"c": "y"}, 4], "d": 0, "e": None}
    assert list(leaves_that_differ(stored, fresh)) == [
        ("b[2]", "2", "3"),
        ("b[3].c", "x", "y"),
        ("b[4]", "", "4"),
        ("d", "", "0"),
        ("e", "1", ""),
    ]


def test_basis_and_mapping_make_another_session_but_defaults_do_not(service: Service) -> None:
    default = analysed(service)
    assert analysed(service, basis=Basis.ON_DEMAND, mapping=()) == default
    assert analysed(service, basis=Basis.INSTANCE_SP) != default


def test_headers_are_kept_as_they_were_made(service: Service) -> None:
    header: Session = service.store.get_session(analysed(service, basis=Basis.COMPUTE_SP))
    assert (header.basis, header.run_date) == (Basis.COMPUTE_SP, "2026-11-20")
    assert header.price_book.startswith("us-east-1 ")
