"""Opportunities by hand: whatever is known or not, the texts come out whole."""

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import every
from template_texts import files, stored

from opportune.analysis.plays.play import Play, Texts, built_in, bundled_plays
from opportune.analysis.rules.registry import TRIGGERS
from opportune.errors import InvalidInputError
from opportune.model.records import LANGUAGES, Opportunity
from opportune.pipeline.templates.by_hand import FIELDS, Draft, opportunity_of, slugs


def made(file: Play, **options: Any) -> Draft:
    wanted = {"customer": "", "language": "en", "values": {}, "fields": {}} | options
    return opportunity_of(stored(file), opportunity_id="s1.ours", **wanted)


def texts_of(opportunity: Opportunity) -> str:
    lines = (*opportunity.talking_points, *opportunity.next_steps)
    return " ".join((opportunity.title, opportunity.reasoning, *lines))


@settings(max_examples=200, deadline=None)
@given(files("ours"), st.sampled_from(LANGUAGES), st.data())
def test_any_accepted_template_can_be_used_with_any_of_its_values(
    file: Play, language: str, data: st.DataObject
) -> None:
    play = built_in(file.play)
    assert play
    known = TRIGGERS[play.trigger["rule"]].values
    names = data.draw(st.sets(st.sampled_from(sorted(known.names))))
    values = {n: data.draw(st.sampled_from(["0", "1", "12"])) for n in sorted(names)}
    found = made(file, language=language, values=values, customer="Example")
    assert found.opportunity.template_id == "ours"
    assert {*found.open} <= (known.names | {"arr"}) - names
    said = texts_of(found.opportunity)
    assert all(f"[{name}]" not in said for name in (*names, "customer"))


def test_every_built_in_play_can_be_used_knowing_nothing() -> None:
    with every() as row:
        for play, language in itertools.product(bundled_plays(), LANGUAGES):
            with row(play.id, language):
                found = made(Play(id=play.id), language=language)
                said = texts_of(found.opportunity)
                assert "{" not in said
                assert "|" not in said
                assert found.opportunity.related_services == play.services


def test_a_sentence_that_asks_for_a_value_is_said_only_with_it() -> None:
    lines = ({"when": "ready", "text": "{ready:is|are} ready."}, "Always.")
    file = Play(id="ours", play="graviton", en=Texts(title="t", next_steps=lines))
    for values, said in (
        ({}, ("Always.",)),
        ({"ready": "0"}, ("Always.",)),
        ({"ready": "1"}, ("1 is ready.", "Always.")),
        ({"ready": "1200"}, ("1,200 are ready.", "Always.")),
    ):
        assert made(file, values=values).opportunity.next_steps == said


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"values": {"nothing": "1"}},
            "'nothing' is not a value of 'sap': known are answer, answers",
        ),
        ({"values": {"systems": "-1"}}, "systems: '-1' is not a whole number from 0 to 10^9."),
        ({"values": {"systems": "1.5"}}, "systems: '1.5' is not a whole number"),
        ({"values": {"systems": "٣"}}, "is not a whole number"),
        ({"values": {"systems": "9" * 5000}}, "is not a whole number"),
        (
            {"fields": {"status": "Ganada"}},
            f"status is not a field to give: {', '.join(FIELDS)} are.",
        ),
        ({"fields": {"estimated_arr": "much"}}, "estimated_arr: Input should be a valid decimal."),
        ({"fields": {"priority": "Top"}}, "priority: Input should be 'High', 'Medium' or 'Low'."),
        ({"language": "fr"}, "Language 'fr' is not one of en, es, pt."),
    ],
)
def test_a_mistake_has_its_sentence(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        made(Play(id="sap"), **options)
    assert sentence in str(refused.value)


@given(st.from_regex(r"[a-z0-9]([a-z0-9-]{0,25}[a-z0-9])?", fullmatch=True))
def test_slugs_are_acceptable_all_different_and_none_of_a_play(template_id: str) -> None:
    found = [slug for slug, _ in zip(slugs(template_id, {"taken"}), range(12), strict=False)]
    assert len({*found}) == 12
    assert not {*found} & {"taken", *(p.id for p in bundled_plays())}
    for slug in found:
        Opportunity(
            id=f"s1.{slug}", session_id="s1", title="", category="", priority="High",
            estimated_arr=0,
        )  # fmt: skip
