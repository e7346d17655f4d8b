"""A play as stores keep it, and back: the one codec between `Play` and `Template`.

Of a user's version of a built-in play only what differs is stored, so that the rest follows the
built-in play when the package is renewed.
"""

import json
from collections.abc import Mapping
from typing import Any

from opportune.analysis.plays.play import Play, Texts, built_in
from opportune.errors import InvalidInputError
from opportune.model.records import (
    LANGUAGES,
    Priority,
    Template,
    TemplateLine,
    TemplateParameter,
    TemplateTexts,
)


def play_of(template: Template) -> Play:
    """Return all that holds for a template, including what is the built-in play's."""
    rules = built_in(template.play)
    texts = own_texts(template)
    if rules is None:
        fields: dict[str, Any] = {
            "category": template.category,
            "services": template.related_services,
            "priority": {"rule": "fixed", "level": template.priority.value},
        }
    else:
        if rules.id == template.template_id:
            texts = {code: texts.get(code) or rules.texts(code) for code in LANGUAGES}
        changed = _parameters(template)
        fields = {
            "category": template.category or rules.category,
            "services": template.related_services or rules.services,
            "arr": rules.arr,
            # The rule cannot be another, whatever a store holds.
            "trigger": {
                **rules.trigger,
                **changed.get("trigger", {}),
                "rule": rules.trigger["rule"],
            },
            "priority": _priority(rules, changed.get("priority", {})),
        }
    return Play(
        id=template.template_id,
        play="" if template.play == template.template_id else template.play,
        enabled=template.enabled,
        **fields,
        **texts,
    )


def analysed_play(template: Template) -> Play:
    """Return a play with texts in every language; the template must be one that was accepted.

    A missing language has the built-in's texts in the user's version of a built-in play, else the
    first of the template's own. `play` is set in either case: by it a user's play is known.
    """
    play, rules = play_of(template), built_in(template.play)
    spare = next(iter(own_texts(template).values()), None)
    changes: dict[str, Any] = {"play": template.play}
    for language in LANGUAGES:
        standard = rules.texts(language) if rules else None
        texts = getattr(play, language) or spare or standard
        if texts and rules and standard and play.priority["rule"] == rules.priority["rule"]:
            why = texts.priority or standard.priority
            texts = texts.model_copy(update={"priority": why})
        changes[language] = texts
    return play.model_copy(update=changes)


def own_texts(template: Template) -> dict[str, Texts]:
    """Return a template's own texts by language, its first language first.

    Templates that were kept before plays had rules have one language, in fields of the template.
    """
    if template.texts or template.play:
        return {
            texts.language: Texts(**{name: getattr(texts, name) for name in Texts.model_fields})
            for texts in template.texts
        }
    return {
        template.language: Texts(
            title=template.title,
            reasoning=(TemplateLine(text=template.reasoning),) if template.reasoning else (),
            talking_points=tuple(TemplateLine(text=t) for t in template.talking_points),
            next_steps=tuple(TemplateLine(text=t) for t in template.next_steps),
        )
    }


def template_of(play: Play, template_id: str) -> Template:
    """Return what is to be stored of a play under an id; not checked beyond its form.

    Raises:
        InvalidInputError: The id is not acceptable, a rule is not that of the play, or there are
            parameters without a play.
    """
    own = built_in(template_id)
    named = play.play or (own.id if own else "")
    rules = built_in(named)
    texts = tuple(
        TemplateTexts(language=language, **dict(found))
        for language in LANGUAGES
        if (found := getattr(play, language)) and not (own and found == own.texts(language))
    )
    first = texts[0] if texts else None
    return Template.checked(
        template_id=template_id,
        title=first.title if first else rules.texts("en").title if rules else "",
        play=named,
        enabled=play.enabled,
        category="" if own and play.category == own.category else play.category,
        priority=Priority.MEDIUM if rules else _level(play.priority),
        parameters=_changed_parameters(play, rules),
        texts=texts,
        related_services=() if own and play.services == own.services else play.services,
        language=first.language if first else "en",
    )


def _parameters(template: Template) -> dict[str, dict[str, Any]]:
    """Return what a template gives its rules: by rule (`trigger`, `priority`) and name."""
    found: dict[str, dict[str, Any]] = {}
    for parameter in template.parameters:
        found.setdefault(parameter.rule, {})[parameter.name] = json.loads(parameter.value)
    return found


def _priority(rules: Play, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rule that decides a priority: the built-in's with other limits, or another."""
    name = given.get("rule", rules.priority["rule"])
    known = rules.priority if name == rules.priority["rule"] else {}
    return {"rule": name, **known, **given}


def _level(priority: Mapping[str, Any]) -> str:
    """Return the fixed priority of a play without a rule."""
    if priority and (set(priority) - {"rule", "level"} or priority.get("rule") != "fixed"):
        raise InvalidInputError(
            'priority: without play there is no rule: give rule = "fixed" and a level.'
        )
    level = str(priority.get("level", Priority.MEDIUM.value))
    if level not in {p.value for p in Priority}:
        raise InvalidInputError(f"priority.level: {level[:40]!r} is none of High, Medium, Low.")
    return level


def _changed_parameters(play: Play, rules: Play | None) -> tuple[TemplateParameter, ...]:
    """Return the parameters that are not the built-in's."""
    if rules is None:
        if play.trigger or play.arr:
            field = "trigger" if play.trigger else "arr"
            raise InvalidInputError(f"{field}: name the built-in play with these rules as play.")
        return ()
    for field, given, rule in (
        ("trigger.rule", play.trigger.get("rule"), rules.trigger["rule"]),
        ("arr", play.arr or None, rules.arr),
    ):
        if given not in (None, rule):
            raise InvalidInputError(
                f"{field}: {str(given)[:40]!r} is not the rule of play {rules.id!r}, {rule!r}."
            )
    if not isinstance(play.priority.get("rule", ""), str):
        raise InvalidInputError("priority.rule: give by-arr, fixed or worst.")
    is_same_rule = play.priority.get("rule", rules.priority["rule"]) == rules.priority["rule"]
    return tuple(
        TemplateParameter(rule=table, name=name, value=json.dumps(value, default=str))
        for table, given, known in (
            ("trigger", play.trigger, rules.trigger),
            ("priority", play.priority, rules.priority if is_same_rule else {}),
        )
        for name, value in sorted(given.items())
        # A day or time of a TOML file becomes text: no parameter takes one, so it is refused.
        if known.get(name) != value and (table, name) != ("trigger", "rule")
    )
