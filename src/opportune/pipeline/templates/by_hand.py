"""Opportunities by hand: a template's texts with what a person knows, the rest visibly open."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from typing import Any

from opportune.analysis.plays.checks import OF_EVERY_PLAY, known_values, placeholders
from opportune.analysis.plays.play import Play, bundled_plays
from opportune.analysis.plays.stored import analysed_play
from opportune.errors import InvalidInputError
from opportune.model.phrases import Wording, wording
from opportune.model.records import Opportunity, Priority, Template, TemplateLine

FIELDS = (
    "title",
    "category",
    "priority",
    "estimated_arr",
    "reasoning",
    "evidence",
    "talking_points",
    "next_steps",
    "related_services",
    "owner",
    "close_date",
    "keep",
)
"""What may be given instead of the template's own, or beside it."""

_WHOLE = re.compile(r"\s*[0-9]{1,10}\s*")
_MOST = 1_000_000_000
_SLUG_LENGTH = 27


@dataclass(frozen=True)
class Draft:
    """An opportunity that is not stored yet, and the values that its texts leave open."""

    opportunity: Opportunity
    open: tuple[str, ...]


class _Open(str):
    """A value that nobody has given: `[servers]`, with a noun `[servers] servers`."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        *mark, noun = spec.split("|")
        return (
            noun if mark and not mark[0] and len(mark) > 1 else " ".join(filter(None, (self, noun)))
        )


class _Values(dict[str, object]):
    """Values by name; one that is missing is noted and stays open."""

    def __init__(self, given: Mapping[str, object]) -> None:
        super().__init__(given)
        self.open: dict[str, None] = {}

    def __missing__(self, name: str) -> object:
        self.open[name] = None
        return _Open(f"[{name}]")


def opportunity_of(  # noqa: PLR0913 - what is known of the new one
    template: Template,
    *,
    opportunity_id: str,
    customer: str,
    language: str,
    values: Mapping[str, str],
    fields: Mapping[str, object],
) -> Draft:
    """Make an opportunity out of a template.

    A sentence with `when` is used if that value is given and not 0. The sentence on the priority
    is left out: here a person decides the priority.

    Args:
        template: One that was accepted.
        opportunity_id: Of the new one.
        customer: Name of the customer.
        language: Of the texts; a template that lacks it gives its first language.
        values: For placeholders; of a number of things a whole number.
        fields: Any of FIELDS.

    Raises:
        InvalidInputError: A value has no placeholder, or is not a whole number where one is needed;
            a field is not acceptable.
    """
    if unknown := sorted(fields.keys() - {*FIELDS}):
        raise InvalidInputError(f"{unknown[0]} is not a field to give: {', '.join(FIELDS)} are.")
    words = wording(language)
    play = analysed_play(template)
    texts = play.texts(language)
    known = _Values(_typed_values(play, values, words))
    if customer:
        known.setdefault("customer", customer)
    if isinstance(arr := fields.get("estimated_arr"), Decimal):
        known.setdefault("arr", words.money(arr))
    of_template = {
        "title": texts.title.format_map(known),
        "category": play.category,
        "priority": Priority.MEDIUM if play.trigger else template.priority,
        "estimated_arr": 0,
        "reasoning": " ".join(_sentences(texts.reasoning, known)),
        "talking_points": _sentences(texts.talking_points, known),
        "next_steps": _sentences(texts.next_steps, known),
        "related_services": play.services,
    }
    return Draft(
        Opportunity.checked(
            **of_template
            | dict(fields)
            | {
                "id": opportunity_id,
                "session_id": opportunity_id.partition(".")[0],
                "template_id": template.template_id,
                "customer": customer,
                "language": language,
            },
        ),
        tuple(known.open),
    )


def slugs(template_id: str, taken: Collection[str]) -> Iterator[str]:
    """Yield slugs for opportunities by hand, `own`, `own-2`, ...: none that analyses write to."""
    by_analyses = {p.id for p in bundled_plays()}.union(taken)
    for number in count(1):
        end = f"-{number}" if number > 1 else ""
        slug = template_id[: _SLUG_LENGTH - len(end)].rstrip("-") + end
        if slug not in by_analyses:
            yield slug


def _typed_values(play: Play, values: Mapping[str, str], words: Wording) -> dict[str, object]:
    """Return the given values, those of counts as numbers."""
    names = known_values(play)
    if names is None:
        names = placeholders(play)
    else:
        names = {**names, **dict.fromkeys(OF_EVERY_PLAY, False)}
    parsed: dict[str, Any] = {}
    for name, text in values.items():
        if name not in names:
            raise InvalidInputError(
                f"{name[:40]!r} is not a value of {play.id!r}: "
                f"known are {', '.join(sorted(names)) or 'none'}."
            )
        if names[name]:
            if not _WHOLE.fullmatch(text) or int(text) > _MOST:
                raise InvalidInputError(
                    f"{name}: {text[:40]!r} is not a whole number from 0 to 10^9."
                )
            parsed[name] = words.count(int(text))
        else:
            parsed[name] = text
    return parsed


def _sentences(lines: Iterable[TemplateLine], values: _Values) -> tuple[str, ...]:
    """Return the sentences without a condition, and those whose value is given and not 0."""
    told = (line for line in lines if not line.when or values.get(line.when))
    return tuple(line.text.format_map(values) for line in told)
