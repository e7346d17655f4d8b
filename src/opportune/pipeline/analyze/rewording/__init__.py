"""Optional: a language model rewords what the rules found. It finds, adds and decides nothing.

Names become tokens before anything leaves (`tokens.py`), each sentence that comes back must say
only what the original says (`sentences.py`), and what is doubtful stays as the rules wrote it.
Figures, evidence, ids and priorities are never sent and never change.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from opportune.errors import RewordingError
from opportune.model.assessment import Assessment
from opportune.model.records import Opportunity
from opportune.settings import Settings

if TYPE_CHECKING:
    from opportune.pipeline.analyze.rewording.tokens import Pseudonyms

FIELD_LIMIT = 4_000
"""Characters of a reworded text; a longer one is not taken."""

Progress = Callable[[int, int], None]
"""Told how many opportunities of how many are done."""


class Speaker(Protocol):
    """A language model: no tools, no memory between calls."""

    @property
    def name(self) -> str:
        """Which model it is."""
        ...

    def reword(self, texts: str, language: str) -> str:
        """Return the same JSON object with its texts in other words.

        Args:
            texts: A JSON object: title, reasoning, talkingPoints, nextSteps.
            language: en, es or pt.

        Raises:
            RewordingError: It did not answer, or not to the end.
        """
        ...


class _Texts(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    title: str
    reasoning: str
    talkingPoints: list[str]  # noqa: N815 - as on the wire
    nextSteps: list[str]  # noqa: N815 - as on the wire


@dataclass(frozen=True)
class Reworded:
    """What came of it.

    `opportunities` are in the order given. `dropped` sentences stated something that the original
    does not; `refused` are opportunities that kept their own words, by id, with the reason.
    """

    opportunities: tuple[Opportunity, ...]
    reworded: int
    dropped: int
    refused: tuple[tuple[str, str], ...]


def reword(
    opportunities: Sequence[Opportunity],
    assessment: Assessment,
    speaker: Speaker,
    *,
    on_progress: Progress | None = None,
) -> Reworded:
    """Let a model reword the texts of opportunities that rules have found.

    One that cannot be reworded keeps its own words; the others go on.

    Args:
        opportunities: Of one analysis, not stored yet.
        assessment: What they were found in: its names never leave.
        speaker: The model.
        on_progress: Told after each opportunity.
    """
    from opportune.pipeline.analyze.rewording.tokens import Pseudonyms, secrets_of

    customers = [o.customer for o in opportunities]
    names = Pseudonyms(secrets_of(assessment, customers))
    results: list[Opportunity] = []
    refused: list[tuple[str, str]] = []
    dropped = 0
    for number, opportunity in enumerate(opportunities, 1):
        try:
            result, lost = _reworded(opportunity, names, speaker)
        except RewordingError as problem:
            result, lost = opportunity, 0
            refused.append((opportunity.id, str(problem)))
        results.append(result)
        dropped += lost
        if on_progress:
            on_progress(number, len(opportunities))
    count = sum(one.reworded_by != "" for one in results)
    return Reworded(tuple(results), count, dropped, tuple(refused))


def _reworded(
    opportunity: Opportunity, names: "Pseudonyms", speaker: Speaker
) -> tuple[Opportunity, int]:
    original = _Texts(
        title=opportunity.title,
        reasoning=opportunity.reasoning,
        talkingPoints=list(opportunity.talking_points),
        nextSteps=list(opportunity.next_steps),
    )
    sent = _Texts(
        title=names.hidden(original.title),
        reasoning=names.hidden(original.reasoning),
        talkingPoints=[names.hidden(text) for text in original.talkingPoints],
        nextSteps=[names.hidden(text) for text in original.nextSteps],
    )
    texts = (sent.title, sent.reasoning, *sent.talkingPoints, *sent.nextSteps)
    names.check("\n".join(texts))
    answer = _answered_texts(speaker.reword(sent.model_dump_json(), opportunity.language))
    source = "\n".join((*texts, *opportunity.related_services))
    reworded, dropped = _checked(original, answer, source, names)
    if reworded == original:
        return opportunity, dropped
    return opportunity.revised(
        title=reworded.title,
        reasoning=reworded.reasoning,
        talking_points=tuple(reworded.talkingPoints),
        next_steps=tuple(reworded.nextSteps),
        reworded_by=speaker.name,
    ), dropped


def _answered_texts(answer: str) -> _Texts:
    """Read the model's answer: the one JSON object in it, of the form that was sent."""
    start, end = answer.find("{"), answer.rfind("}")
    try:
        return _Texts.model_validate(json.loads(answer[start : end + 1]))
    except (ValueError, ValidationError, RecursionError) as problem:
        raise RewordingError("The model's answer is not in the form it was asked for.") from problem


def _checked(
    original: _Texts, answer: _Texts, source: str, names: "Pseudonyms"
) -> tuple[_Texts, int]:
    """Return the texts with what may be taken of the answer, and how many sentences were not."""
    from opportune.pipeline.analyze.rewording.sentences import kept_sentences

    lost = 0

    def taken(text: str, own: str, *, whole: bool) -> str:
        nonlocal lost
        kept, dropped = kept_sentences(text, source)
        lost += dropped
        is_empty = not kept or (whole and dropped > 0)
        if is_empty or len(kept) > FIELD_LIMIT:
            return own
        return names.shown(kept)

    def lines(texts: Sequence[str], own: Sequence[str]) -> list[str]:
        # Line by line: a point without its counterpart would be a point of the model's own.
        if len(texts) != len(own):
            return list(own)
        return [taken(text, mine, whole=True) for text, mine in zip(texts, own, strict=True)]

    result = _Texts(
        title=taken(answer.title, original.title, whole=True),
        reasoning=taken(answer.reasoning, original.reasoning, whole=False),
        talkingPoints=lines(answer.talkingPoints, original.talkingPoints),
        nextSteps=lines(answer.nextSteps, original.nextSteps),
    )
    return result, lost


def speaker_of(settings: Settings, name: str) -> Speaker | None:
    """Return the model to ask, by what the caller chose: `bedrock`, or empty for none.

    Raises:
        ConfigurationError: It is not set up; the message names the setting.
    """
    if not name:
        return None
    from opportune.pipeline.analyze.rewording.bedrock import Bedrock

    return Bedrock(
        settings.bedrock_model, region=settings.aws_region, endpoint=settings.bedrock_endpoint
    )
