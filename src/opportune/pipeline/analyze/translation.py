"""Telling opportunities in another language: their own texts, as an analysis in it would say them.

Nothing is translated. The kept files are analysed in both languages, and a text that is what the
rules say in the one becomes what they say in the other. What a person or a language model wrote
stays as it is, and so does everything if a file or a price book is missing.
"""

from collections.abc import Callable, Mapping, Sequence

from opportune.errors import DocumentError, NotFoundError
from opportune.model.records import Opportunity

InLanguages = Callable[[str, Sequence[str]], Sequence[Mapping[str, Opportunity]]]
"""Returns what an analysis of a session finds, by id, in each of these languages."""
TEXTS = ("title", "reasoning", "evidence", "talking_points", "next_steps")


def retold(
    opportunities: Sequence[Opportunity], language: str, in_languages: InLanguages
) -> tuple[Opportunity, ...]:
    """Return opportunities in their order, told in a language as far as that is possible."""
    wanted = {
        (one.session_id, one.language)
        for one in opportunities
        if one.language != language and one.template_id
    }
    known: dict[tuple[str, str], tuple[Opportunity, Opportunity]] = {}
    for session_id, spoken in sorted(wanted):
        try:
            own, other = in_languages(session_id, (spoken, language))
        except (NotFoundError, DocumentError):
            continue
        known |= {(key, spoken): (own[key], other[key]) for key in own.keys() & other.keys()}
    return tuple(
        _retold(one, *known[one.id, one.language]) if (one.id, one.language) in known else one
        for one in opportunities
    )


def _retold(one: Opportunity, own: Opportunity, other: Opportunity) -> Opportunity:
    changes: dict[str, object] = {
        name: getattr(other, name) for name in TEXTS if getattr(one, name) == getattr(own, name)
    }
    if one.estimate and other.estimate and one.estimate == own.estimate:
        texts = {"formula": other.estimate.formula, "inputs": other.estimate.inputs}
        changes["estimate"] = one.estimate.model_copy(update=texts)
    if "title" in changes and "reasoning" in changes:
        changes["language"] = other.language
    return one.model_copy(update=changes)
