from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from opportune.model.records import Opportunity, Priority, Status
from opportune.pipeline.analyze.reanalysis import ANALYSIS_CHANGE, EDITABLE, PEOPLES, carried_over
from opportune.stores.contract import Retention
from opportune.stores.revisions import stamped

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
CHANGE = f"{ANALYSIS_CHANGE}second"


def found(slug: str = "rehost", **fields: Any) -> Opportunity:
    return Opportunity.checked(
        **{
            "id": f"s1.{slug}",
            "session_id": "s1",
            "title": "Move",
            "category": "Migración",
            "priority": Priority.HIGH,
            "estimated_arr": Decimal(1000),
        }
        | fields
    )


def revision(opportunity: Opportunity, base: Opportunity | None, **fields: object) -> Opportunity:
    marked = opportunity.model_copy(update=fields)
    return stamped(marked, base=base, now=NOW, retention=Retention())


def analysed(opportunity: Opportunity) -> Opportunity:
    return revision(opportunity, None, change_id=f"{ANALYSIS_CHANGE}first", updated_by="ana")


def again(
    fresh: Sequence[Opportunity], revisions: Sequence[Opportunity]
) -> tuple[Opportunity, ...]:
    newest = {r.id: r for r in revisions}
    return carried_over(
        fresh,
        [r for r in newest.values() if not r.deleted],
        history=lambda wanted: [r for r in revisions if r.id == wanted],
        updated_by="bob",
        change_id=CHANGE,
    )


def test_what_has_not_changed_is_passed_on_untouched() -> None:
    first = analysed(found())
    assert again([found()], [first])[0] is first


def test_something_new_is_marked_as_written_by_the_analysis() -> None:
    (new,) = again([found()], [])
    assert (new.version, new.change_id, new.updated_by) == (0, CHANGE, "bob")


def test_a_changed_text_is_a_change_of_the_newest_revision() -> None:
    first = analysed(found())
    (changed,) = again([found(title="Move it")], [first])
    assert (changed.title, changed.version, changed.change_id) == ("Move it", 1, CHANGE)


def test_status_owner_and_dates_of_people_survive() -> None:
    first = analysed(found())
    peoples = {
        "status": Status.LOST,
        "owner": "Ana",
        "close_date": date(2026, 3, 1),
        "loss_reason": "price",
        "keep": True,
    }
    assert set(peoples) == set(PEOPLES)
    second = revision(first, first, change_id="c", **peoples)
    (changed,) = again([found(title="Move it")], [first, second])
    assert changed.title == "Move it"
    assert {name: getattr(changed, name) for name in PEOPLES} == peoples


def test_a_text_that_a_person_edited_survives_and_the_others_follow_the_files() -> None:
    first = analysed(found())
    second = revision(first, first, change_id="c", title="Our words")
    fresh = found(title="Move it", estimated_arr=Decimal(2000))
    (changed,) = again([fresh], [first, second])
    assert (changed.title, changed.estimated_arr) == ("Our words", Decimal(2000))


def test_what_a_person_edited_survives_every_later_analysis() -> None:
    revisions = [analysed(found())]
    revisions.append(revision(revisions[-1], revisions[-1], change_id="c", title="Our words"))
    for arr in (2000, 3000, 4000):
        (changed,) = again([found(title="Move it", estimated_arr=Decimal(arr))], revisions)
        assert (changed.title, changed.estimated_arr) == ("Our words", Decimal(arr))
        revisions.append(revision(changed, revisions[-1], change_id=f"{ANALYSIS_CHANGE}{arr}"))


def test_what_a_person_deleted_stays_deleted() -> None:
    first = analysed(found())
    gone = revision(first, first, change_id="c", deleted=True)
    assert again([found()], [first, gone]) == ()


def test_what_an_analysis_dropped_comes_back_when_found_again() -> None:
    first = analysed(found())
    gone = revision(first, first, change_id=f"{ANALYSIS_CHANGE}x", deleted=True)
    (back,) = again([found()], [first, gone])
    assert back.version == 0


def test_what_is_no_longer_found_goes_unless_a_person_has_touched_it() -> None:
    untouched, touched = analysed(found("graviton")), analysed(found("rehost"))
    moved = revision(touched, touched, change_id="c", status=Status.IN_PROGRESS)
    assert again([], [untouched, touched, moved]) == (moved,)


def test_what_a_person_made_by_hand_stays() -> None:
    own = revision(found("own"), None, change_id="by-hand")
    assert again([found()], [own])[-1] is own


def test_an_opportunity_with_no_analysis_in_its_history_is_all_a_persons() -> None:
    own = revision(found(title="Our words"), None, change_id="by-hand")
    (kept,) = again([found(title="Move it")], [own])
    assert kept is own


@given(st.sets(st.sampled_from(EDITABLE)))
def test_exactly_the_edited_fields_survive(edited: set[str]) -> None:
    def texts(word: str) -> dict[str, Any]:
        return {
            "title": word,
            "category": word,
            "priority": {"old": "High", "own": "Medium", "new": "Low"}[word],
            "estimated_arr": {"old": Decimal(1), "own": Decimal(2), "new": Decimal(3)}[word],
            "reasoning": word,
            "talking_points": (word,),
            "next_steps": (word,),
            "related_services": (word,),
        }

    first = analysed(found(**texts("old")))
    own = {k: getattr(found(**texts("own")), k) for k in edited}
    second = revision(first, first, change_id="c", **own)
    (merged,) = again([found(**texts("new"))], [first, second])
    expected = found(**(texts("new") | own))
    assert {k: getattr(merged, k) for k in EDITABLE} == {k: getattr(expected, k) for k in EDITABLE}
