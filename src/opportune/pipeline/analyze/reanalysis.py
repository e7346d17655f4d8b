"""Analysing a session again: what the files say now, without losing what people have made of it.

People own the status, owner, close date, loss reason and `keep` of an opportunity, and every text
or figure that they have edited. How we tell an edit: a revision written by an analysis has a change
id that says so, and a field that differs from the last such revision was edited by a person.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from opportune.model.differences import with_stamps_of
from opportune.model.records import Opportunity, Status

ANALYSIS_CHANGE = "analysis:"
"""Begins the change id of every revision that an analysis wrote."""

PEOPLES = ("status", "owner", "close_date", "loss_reason", "keep")
"""Fields that an analysis never sets."""

EDITABLE = (
    "title",
    "category",
    "priority",
    "estimated_arr",
    "reasoning",
    "talking_points",
    "next_steps",
    "related_services",
    "customer",
)
"""Fields that an analysis sets and people may change."""

History = Callable[[str], Sequence[Opportunity]]


def carried_over(
    found: Sequence[Opportunity],
    stored: Sequence[Opportunity],
    *,
    history: History,
    updated_by: str,
    change_id: str,
) -> tuple[Opportunity, ...]:
    """Return the session's next list, ready for `store_opportunities`.

    Args:
        found: What the analysis found, version 0.
        stored: The session's present list.
        history: All revisions of an opportunity, oldest first; asked only where something differs.
        updated_by: Who asked for the analysis.
        change_id: Of the revisions that it writes; begins with ANALYSIS_CHANGE.

    Returns:
        Found and known: the stored one itself if nothing differs, else merged. Found and new: as
        found, unless a person deleted it. Not found any more: kept if a person has touched it.
    """
    marks = {"updated_by": updated_by, "change_id": change_id, "change_note": ""}
    known = {o.id: o for o in stored}
    result: list[Opportunity] = []
    for fresh in found:
        old = known.pop(fresh.id, None)
        if old is None:
            if not _was_deleted_by_person(history(fresh.id)):
                result.append(fresh.model_copy(update=marks))
            continue
        merged = _merged(fresh, old, history)
        result.append(old if merged == old else merged.model_copy(update=marks))
    result += [o for o in known.values() if _touched_by_person(o)]
    return tuple(result)


def is_by_analysis(revision: Opportunity) -> bool:
    """Tell whether an analysis, not a person, wrote a revision."""
    return revision.change_id.startswith(ANALYSIS_CHANGE)


def _merged(fresh: Opportunity, old: Opportunity, history: History) -> Opportunity:
    merged = with_stamps_of(old, fresh, *PEOPLES)
    if merged == old:
        return old
    edited = edited_fields(history(old.id))
    return merged.model_copy(update={name: getattr(old, name) for name in edited})


def edited_fields(revisions: Sequence[Opportunity]) -> Mapping[str, Opportunity]:
    """Return the fields that hold what a person wrote, each with the revision that wrote it.

    A later analysis that found another value and kept the person's does not make it its own; one
    that wrote its own value does. Where the analysis' own revision is gone, nobody can tell: then
    every field that people may change counts as theirs.
    """
    edited: dict[str, Opportunity] = {}
    if revisions and not is_by_analysis(revisions[0]):
        edited = dict.fromkeys(EDITABLE, revisions[0])
    for before, after in pairwise(revisions):
        for name in EDITABLE:
            if getattr(before, name) == getattr(after, name):
                continue
            if is_by_analysis(after):
                edited.pop(name, None)
            else:
                edited[name] = after
    return edited


def _was_deleted_by_person(revisions: Sequence[Opportunity]) -> bool:
    return bool(revisions) and revisions[-1].deleted and not is_by_analysis(revisions[-1])


def _touched_by_person(opportunity: Opportunity) -> bool:
    return not is_by_analysis(opportunity) or opportunity.status != Status.NEW
