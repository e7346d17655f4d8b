"""Plays out of users' templates: which ones take part in an analysis, and as what."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from opportune.analysis.counted_once import BY_ENGINE
from opportune.analysis.plays.play import Line, Play, Rule, Texts, bundled_plays
from opportune.model.records import LANGUAGES, Template, TemplateLine, TemplateTexts, TemplateUse

LONGEST_SENTENCE = 1_500
"""Characters of a sentence with its values: as many as leave room for 45 of them in a record."""


def built_in(play_id: str) -> Play | None:
    """Return the play of this id that comes with the package; None if there is none."""
    return next((p for p in bundled_plays() if p.id == play_id), None)


def taking_part(templates: Iterable[Template]) -> tuple[Play, ...]:
    """Return the plays of an analysis: the built-in ones as these templates change them, and more.

    Built-in ones come first, then users' own, each by id. A template without a rule takes no part.
    """
    by_id = {t.template_id: t for t in templates if t.play}
    plays: list[Play] = []
    for play in bundled_plays():
        own = by_id.pop(play.id, None)
        if own is None:
            plays.append(play)
        elif own.enabled:
            plays.append(play_of(own))
    plays += [play_of(t) for _, t in sorted(by_id.items()) if t.enabled and built_in(t.play)]
    return _each_engine_once(plays)


def used(templates: Iterable[Template]) -> tuple[TemplateUse, ...]:
    """Return the revisions that make a difference to an analysis, by id."""
    ids = {t.template_id: t for t in templates if t.play}
    return tuple(
        TemplateUse(template_id=id_, version=t.version)
        for id_, t in sorted(ids.items())
        if t.enabled or built_in(id_)
    )


def play_of(template: Template) -> Play:
    """Return the play that a template with a rule describes; it must be one that was accepted.

    Missing languages have the built-in's texts in the user's version of one, else the first of the
    template's own.
    """
    rules = built_in(template.play)
    if rules is None:
        raise LookupError(template.play)
    parameters = parameters_of(template)
    priority = priority_rule(rules, parameters.get("priority", {}))
    own = {texts.language: _texts(texts) for texts in texts_of(template)}
    spare = next(iter(own.values()), None)
    texts = {
        language: own.get(language)
        or (rules.texts[language] if spare is None or template.template_id == rules.id else spare)
        for language in LANGUAGES
    }
    if priority == rules.priority or priority.name == rules.priority.name:
        texts = {
            language: replace(t, priority=t.priority or rules.texts[language].priority)
            for language, t in texts.items()
        }
    return Play(
        id=template.template_id,
        category=template.category or rules.category,
        services=template.related_services or rules.services,
        trigger=replace(
            rules.trigger,
            parameters={**rules.trigger.parameters, **parameters.get("trigger", {})},
        ),
        arr=rules.arr,
        priority=priority,
        texts=texts,
        rules=rules.id,
        longest=LONGEST_SENTENCE,
    )


def parameters_of(template: Template) -> dict[str, dict[str, Any]]:
    """Return what a template gives its rules: by rule (`trigger`, `priority`) and name."""
    found: dict[str, dict[str, Any]] = {}
    for parameter in template.parameters:
        found.setdefault(parameter.rule, {})[parameter.name] = json.loads(parameter.value)
    return found


def priority_rule(rules: Play, given: Mapping[str, Any]) -> Rule:
    """Return the rule that decides a priority: the built-in's with other limits, or another."""
    name = given.get("rule", rules.priority.name)
    limits = {k: v for k, v in given.items() if k != "rule"}
    known = rules.priority.parameters if name == rules.priority.name else {}
    return Rule(name, {**known, **limits})


def texts_of(template: Template) -> tuple[TemplateTexts, ...]:
    """Return a template's texts, the first one first, in whichever form it has them."""
    if template.texts or template.play:
        return template.texts
    reasoning = (TemplateLine(text=template.reasoning),) if template.reasoning else ()
    return (
        TemplateTexts(
            language=template.language,
            title=template.title,
            reasoning=reasoning,
            talking_points=tuple(TemplateLine(text=t) for t in template.talking_points),
            next_steps=tuple(TemplateLine(text=t) for t in template.next_steps),
        ),
    )


def _texts(texts: TemplateTexts) -> Texts:
    return Texts(
        title=texts.title,
        reasoning=_lines(texts.reasoning),
        priority=texts.priority,
        talking_points=_lines(texts.talking_points),
        next_steps=_lines(texts.next_steps),
    )


def _lines(lines: Sequence[TemplateLine]) -> tuple[Line, ...]:
    return tuple(Line(line.text, line.when) for line in lines)


def _each_engine_once(plays: Sequence[Play]) -> tuple[Play, ...]:
    """Divide engines among the plays on databases: each is counted by the first that names it."""
    counted: set[str] = set()
    divided: list[Play] = []
    for play in plays:
        if play.arr == BY_ENGINE:
            engines = play.trigger.parameters["engines"]
            free = [engine for engine in engines if engine not in counted]
            counted.update(free)
            parameters = {**play.trigger.parameters, "counted": free}
            divided.append(replace(play, trigger=replace(play.trigger, parameters=parameters)))
        else:
            divided.append(play)
    return tuple(divided)
