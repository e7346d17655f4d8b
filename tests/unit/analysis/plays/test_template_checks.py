"""What a template must be: every mistake is refused when it is saved, in one sentence."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from cases import full_estate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inventories import estates
from template_texts import BY_RULE, files, stored
from whole_estates import whole_estate

from opportune.analysis.base import base_of
from opportune.analysis.case import Case
from opportune.analysis.plays.checks import check_template
from opportune.analysis.plays.play import Play, bundled_plays, from_toml, to_toml
from opportune.analysis.plays.stored import analysed_play, play_of
from opportune.analysis.rules.declared import Values
from opportune.analysis.rules.registry import TRIGGERS
from opportune.errors import InvalidInputError
from opportune.model.assessment import Assessment
from opportune.model.phrases import Count, wording
from opportune.model.records import LANGUAGES
from opportune.prices.book import PriceBook

SENTENCE = {"en": {"title": "Ours"}}


def ours(**fields: Any) -> dict[str, Any]:
    return {"id": "ours", "play": "graviton", **SENTENCE, **fields}


def text(sentence: str, field: str = "reasoning", **fields: Any) -> dict[str, Any]:
    return ours(en={"title": "Ours", field: [sentence]}, **fields)


REFUSED: Mapping[str, tuple[dict[str, Any], str]] = {
    "misspelt value": (
        text("{candidats:server|servers}"),
        "{candidats} is not a value of this play: known are arr, barred, candidates, customer, ",
    ),
    "attribute": (
        text("{ready.__class__}"),
        "en.reasoning[1]: {ready.__class__} is not a placeholder",
    ),
    "index": (text("{ready[0]}"), "en.reasoning[1]: {ready[0]} is not a placeholder"),
    "conversion": (text("{ready!r}"), "en.reasoning[1]: {ready!r} is not a placeholder"),
    "position": (text("{0}"), "en.reasoning[1]: {0} is not a placeholder"),
    "no name": (text("{}"), "en.reasoning[1]: {} is not a placeholder"),
    "lone brace": (text("50 % {"), "en.reasoning[1]: '50 % {' has a brace without its other one"),
    "number format": (text("{ready:>10}"), "nouns are written {ready:server|servers}"),
    "nested": (text("{ready:{later}|x}"), "nouns are written {ready:server|servers}"),
    "nouns of a text": (text("{share:a|b}"), "share is not a number of things"),
    "title of many lines": (ours(en={"title": "a\nb"}), "en.title: give one of 1 to 300"),
    "no title": (ours(en={"title": " "}), "en.title: give one of 1 to 300"),
    "long sentence": (text("x" * 1001), "en.reasoning[1]: a sentence has 1,000 characters"),
    "many sentences": (
        ours(en={"title": "Ours", "next_steps": ["x"] * 16}),
        "en.next_steps: give 15 sentences at most.",
    ),
    "when without value": (
        ours(en={"title": "O", "reasoning": [{"when": "arr", "text": "x"}]}),
        "en.reasoning[1]: when = 'arr' is not a value of this play: known are barred, candidates",
    ),
    "when of another form": (
        ours(en={"title": "O", "reasoning": [{"when": "a.b", "text": "x"}]}),
        "en.reasoning[1]: when = 'a.b' is not the name of a value.",
    ),
    "limit outside of the priority": (text("{priority}"), "{priority} is not a value of this play"),
    "limit of another rule": (
        ours(en={"title": "O", "priority": "{priority_high}"}),
        "en.priority: {priority_high} is not a value",
    ),
    "no texts": ({"id": "ours", "play": "sap"}, "en, es, pt: give texts in one of these"),
    "no category": ({"id": "ours", **SENTENCE}, "category: give one"),
    "long category": (ours(category="x" * 101), "category: 'xxxx"),
    "category of two lines": (ours(category="a\nb"), "category: 'a\\nb' is not a name"),
    "blank service": (ours(services=[" "]), "services: ' ' is not a name of 1 to 100 characters"),
    "many services": (ours(services=["x"] * 21), "services: give 20 at most."),
    "unknown play": (ours(play="gravitron"), "play: there is no built-in play 'gravitron'."),
    "other rules for a built-in": (
        ours(id="sap"),
        "play: 'sap' is a built-in play and uses its own rules.",
    ),
    "the base disabled": ({"id": "rehost", "enabled": False}, "'rehost' carries the base"),
    "trigger of another": (
        ours(trigger={"rule": "sap"}),
        "trigger.rule: 'sap' is not the rule of play 'graviton', 'graviton'.",
    ),
    "arr of another": (ours(arr="base"), "arr: 'base' is not the rule of play 'graviton'"),
    "trigger without play": (
        {"id": "ours", "category": "x", "trigger": {"rule": "sap"}, **SENTENCE},
        "trigger: name the built-in play with these rules as play.",
    ),
    "arr without play": (
        {"id": "ours", "category": "x", "arr": "base", **SENTENCE},
        "arr: name the built-in play with these rules as play.",
    ),
    "unknown parameter": (
        ours(trigger={"at_most": 2}),
        "trigger.at_most is not a parameter of rule 'graviton': known are arm64.",
    ),
    "parameter of a rule without": (
        ours(play="sql-server-licences", trigger={"x": 2}),
        "trigger.x is not a parameter of rule 'sql-server-licences': it has none.",
    ),
    "number as text": (
        ours(play="training", trigger={"at_most": "3"}),
        "trigger.at_most: '3' will not do for rule 'low-ratings': give rating, 1 to 5.",
    ),
    "number out of range": (ours(play="training", trigger={"at_most": 6}), "give rating, 1 to 5"),
    "true as number": (ours(play="training", trigger={"at_most": True}), "give rating, 1 to 5"),
    "no number": (
        ours(play="right-sizing", trigger={"medium_share": float("nan")}),
        "trigger.medium_share: 'nan' will not do",
    ),
    "no hours": (ours(play="non-production", trigger={"hours": 0}), "give hours a week, 1 to 168"),
    "other week": (ours(play="non-production", trigger={"week": 1}), "give 168"),
    "blank word": (ours(play="sap", trigger={"names": ["SAP", " "]}), "give words, matched whole"),
    "no words": (ours(play="sap", trigger={"names": []}), "give words, matched whole"),
    "unknown engine": (
        ours(play="oracle-exit", trigger={"engines": ["db2"]}),
        "give of oracle, sql-server, mysql, mariadb, postgresql",
    ),
    "unknown pillar": (
        ours(play="wafr", trigger={"pillars": {"speed": ["x"]}}),
        "give table: cost",
    ),
    "unknown priority rule": (
        ours(priority={"rule": "often"}),
        "priority.rule: 'often' is none of by-arr, fixed, worst.",
    ),
    "priority rule of no kind": (ours(priority={"rule": ["x"]}), "priority.rule: give by-arr"),
    "priority without its limit": (
        ours(priority={"rule": "by-arr", "high": 5}),
        "priority.medium: rule 'by-arr' needs it.",
    ),
    "unknown level": (ours(priority={"rule": "fixed", "level": "Top"}), "give High, Medium or Low"),
    "priority rule without play": (
        {"id": "ours", "category": "x", "priority": {"rule": "worst"}, **SENTENCE},
        'priority: without play there is no rule: give rule = "fixed" and a level.',
    ),
    "unknown level without play": (
        {"id": "o", "category": "x", "priority": {"rule": "fixed", "level": "Top"}, **SENTENCE},
        "priority.level: 'Top' is none of High, Medium, Low.",
    ),
    "bad id": (ours(id="Ours!"), "template_id: "),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_mistake_is_refused_in_one_sentence_that_names_it(name: str) -> None:
    fields, sentence = REFUSED[name]
    with pytest.raises(InvalidInputError) as refused:
        check_template(stored(Play.checked(**fields)))
    assert sentence in str(refused.value)
    assert str(refused.value).endswith(".")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"id = ", "f.toml: no TOML in UTF-8"),
        (b"id = '\xff'", "f.toml: no TOML in UTF-8"),
        (b"title = 'x'", "f.toml: title: no such field, known are id, play, enabled"),
        (b"[en]\ntext = 'x'\ntitle = 'y'", "en.text: Extra inputs are not permitted."),
        (b"[en]\nreasoning = []", "en.title: Field required."),
        (b"id = 3", "id: Input should be a valid string."),
        (b"trigger = {x = " + b"9" * 5000 + b"}", "f.toml: no TOML in UTF-8"),
        (b"services = " + b"[" * 100_000, "f.toml: no TOML in UTF-8"),
        (b"#" * 1_000_001, "f.toml: a template has at most 1 MB."),
    ],
)
def test_a_file_of_another_form_is_refused_by_its_field(data: bytes, sentence: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        from_toml(data, "f.toml")
    assert sentence in str(refused.value)


def test_a_day_where_a_parameter_stands_is_refused_and_no_crash() -> None:
    file = from_toml(b"id='x'\nplay='sap'\n[trigger]\nnames=2026-01-05\n[en]\ntitle='t'", "f.toml")
    with pytest.raises(InvalidInputError, match=r"trigger\.names: '2026-01-05' will not do"):
        check_template(stored(file))


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(files("ours"))
def test_a_file_says_the_same_after_being_kept_and_shown(file: Play) -> None:
    template = stored(file)
    shown = play_of(template)
    again = from_toml(to_toml(shown).encode(), "f.toml")
    assert again == shown
    assert stored(again) == stored(shown)
    assert play_of(stored(again)) == shown


@pytest.mark.parametrize("play", bundled_plays(), ids=lambda p: p.id)
def test_every_built_in_play_is_acceptable_as_ones_own(play: Any) -> None:
    """So the checks allow all that the built-in texts do: none of them is special."""
    check_template(stored(play.revised(id="ours", play=play.id)))
    takes = TRIGGERS[play.trigger["rule"]].parameters
    parameters = {name: value for name, value in play.trigger.items() if name != "rule"}
    assert parameters.keys() <= takes.keys()
    for name, value in parameters.items():
        takes[name].takes.validate_python(value)


def test_what_is_drawn_of_rules_is_what_there_is() -> None:
    assert TRIGGERS.keys() == BY_RULE.keys()


def given_by(assessment: Assessment, language: str = "en") -> dict[str, Values]:
    """Return what each rule that fires gives a text: values that are no objects of the program."""
    book = PriceBook.bundled()
    case = Case(assessment, date(2026, 11, 22), wording(language), book, base_of(assessment, book))
    given: dict[str, Values] = {}
    for play in bundled_plays():
        finding = TRIGGERS[play.trigger["rule"]].find(case, play.trigger)
        if finding is not None:
            values = finding.values.items()
            counts = frozenset(name for name, value in values if isinstance(value, Count))
            texts = frozenset(n for n, value in values if isinstance(value, str | int))
            given[play.trigger["rule"]] = Values(counts, texts)
    return given


def test_the_listed_values_are_those_that_every_rule_gives() -> None:
    assert given_by(whole_estate()) == {name: rule.values for name, rule in TRIGGERS.items()}


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(estates(), st.just(full_estate())), st.sampled_from(LANGUAGES))
def test_they_are_the_same_on_whatever_facts_a_rule_fires(
    assessment: Assessment, language: str
) -> None:
    for rule, values in given_by(assessment, language).items():
        assert values == TRIGGERS[rule].values


def test_a_brace_that_is_meant_is_written_twice() -> None:
    template = stored(Play.checked(**text("{{ready}}")))
    check_template(template)
    play = analysed_play(template)
    said = play.sentences(play.texts("en").reasoning, {})
    assert said == ("{ready}",)
