"""Templates as people write them: one TOML file in the form of the built-in plays, or its JSON."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from opportune.analysis.plays.own import built_in, parameters_of, priority_rule, texts_of
from opportune.analysis.plays.play import Line, Play, Texts
from opportune.errors import InvalidInputError
from opportune.model.records import (
    LANGUAGES,
    Model,
    Priority,
    Template,
    TemplateLine,
    TemplateParameter,
    TemplateTexts,
    Text,
)

FILE_LIMIT_BYTES = 1_000_000


class FileTexts(Model):
    """Texts in one language. A sentence is a text, or `{when, text}`."""

    title: Text
    reasoning: tuple[Text | TemplateLine, ...] = ()
    priority: Text = ""
    talking_points: tuple[Text | TemplateLine, ...] = ()
    next_steps: tuple[Text | TemplateLine, ...] = ()


class TemplateFile(Model):
    """A template as a file has it.

    `trigger` and `priority` name a rule (`rule`) and give its parameters; what is left out is as in
    the built-in play that `play` names. Without `play` there is no rule: `priority` is then
    `{rule = "fixed", level = "High"}`.
    """

    id: Text = ""
    play: Text = ""
    enabled: bool = True
    category: Text = ""
    services: tuple[Text, ...] = ()
    arr: Text = ""
    """ARR rule of `play`; it cannot be another."""
    trigger: dict[str, Any] = Field(default_factory=dict)
    priority: dict[str, Any] = Field(default_factory=dict)
    en: FileTexts | None = None
    es: FileTexts | None = None
    pt: FileTexts | None = None


def from_toml(data: bytes, name: str) -> TemplateFile:
    """Read a file.

    Raises:
        InvalidInputError: It is no TOML, or has a field that is not known; the message names it.
    """
    if len(data) > FILE_LIMIT_BYTES:
        raise InvalidInputError(f"{name}: over 1 MB is no template.")
    try:
        fields = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        # Of ValueError: wrong bytes, wrong TOML, and numbers of thousands of digits.
        problem = str(error).rstrip(".")
        raise InvalidInputError(f"{name}: no TOML in UTF-8: {problem}.") from None
    if aliases := sorted(set(fields) - set(TemplateFile.model_fields)):
        known = ", ".join(TemplateFile.model_fields)
        raise InvalidInputError(f"{name}: {aliases[0]}: no such field, known are {known}.")
    return TemplateFile.checked(**fields)


def to_toml(file: TemplateFile) -> str:
    """Write a file; `from_toml` gives the same again."""
    import tomli_w

    return tomli_w.dumps(_bare(file.model_dump(by_alias=False)))


def _bare(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what a file need not say; lists of sentences stay as they are."""
    kept = {k: v for k, v in fields.items() if v not in ("", None, (), {})}
    if kept.get("enabled") is True:
        del kept["enabled"]
    for language in LANGUAGES:
        texts = kept.get(language)
        if texts:
            kept[language] = {k: [*v] if isinstance(v, tuple) else v for k, v in texts.items()}
            for field in ("reasoning", "talking_points", "next_steps"):
                kept[language][field] = [_sentence(line) for line in texts[field]]
    return kept


def _sentence(line: str | Mapping[str, str]) -> str | dict[str, str]:
    return line if isinstance(line, str) else {"when": line["when"], "text": line["text"]}


def file_of_play(play: Play) -> TemplateFile:
    """Return a built-in play as a file."""
    return TemplateFile(
        id=play.id,
        category=play.category,
        services=play.services,
        arr=play.arr,
        trigger={"rule": play.trigger.name, **play.trigger.parameters},
        priority={"rule": play.priority.name, **play.priority.parameters},
        **{language: _of_play(texts) for language, texts in play.texts.items()},
    )


def _of_play(texts: Texts) -> FileTexts:
    def lines(found: Sequence[Line]) -> tuple[str | TemplateLine, ...]:
        return tuple(_line(TemplateLine(text=x.text, when=x.when)) for x in found)

    return FileTexts(
        title=texts.title,
        reasoning=lines(texts.reasoning),
        priority=texts.priority,
        talking_points=lines(texts.talking_points),
        next_steps=lines(texts.next_steps),
    )


def _line(line: TemplateLine) -> str | TemplateLine:
    return line if line.when else line.text


def file_of(template: Template) -> TemplateFile:
    """Return a template as a file with all that holds for it, what is the built-in's too."""
    rules = built_in(template.play) if template.play else None
    texts = {t.language: _of_template(t) for t in texts_of(template)}
    if rules and rules.id == template.template_id:
        texts = {code: texts.get(code) or _of_play(t) for code, t in rules.texts.items()}
    given = parameters_of(template)
    trigger: dict[str, Any] = {}
    priority: dict[str, Any] = {"rule": "fixed", "level": template.priority.value}
    if rules:
        chosen = priority_rule(rules, given.get("priority", {}))
        priority = {"rule": chosen.name, **chosen.parameters}
        own = given.get("trigger", {})
        trigger = {"rule": rules.trigger.name, **rules.trigger.parameters, **own}
    return TemplateFile(
        id=template.template_id,
        play="" if template.play == template.template_id else template.play,
        enabled=template.enabled,
        category=template.category or (rules.category if rules else ""),
        services=template.related_services or (rules.services if rules else ()),
        arr=rules.arr if rules else "",
        trigger=trigger,
        priority=priority,
        **texts,
    )


def _of_template(texts: TemplateTexts) -> FileTexts:
    fields = ("reasoning", "talking_points", "next_steps")
    lines = {field: tuple(map(_line, getattr(texts, field))) for field in fields}
    return FileTexts(title=texts.title, priority=texts.priority, **lines)


def template_of(file: TemplateFile, template_id: str) -> Template:
    """Return what is to be stored of a file under an id; not checked beyond its form.

    Of the user's version of a built-in play only what differs is stored.

    Raises:
        InvalidInputError: The id is not acceptable, a rule is not that of the play, or there are
            parameters without a play.
    """
    own = built_in(template_id)
    play = file.play or (own.id if own else "")
    rules = built_in(play) if play else None
    texts = tuple(
        _texts(language, found)
        for language in LANGUAGES
        if (found := getattr(file, language)) is not None
        and not (own and _texts(language, found) == _texts(language, _of_play(own.texts[language])))
    )
    first = texts[0] if texts else None
    named = rules.texts["en"].title if rules else ""
    return Template.checked(
        template_id=template_id,
        title=first.title if first else named,
        play=play,
        enabled=file.enabled,
        category="" if own and file.category == own.category else file.category,
        priority=Priority.MEDIUM if rules else _level(file.priority),
        parameters=_parameters(file, rules),
        texts=texts,
        related_services=() if own and file.services == own.services else file.services,
        language=first.language if first else "en",
    )


def _level(priority: Mapping[str, Any]) -> str:
    if priority and (set(priority) - {"rule", "level"} or priority.get("rule") != "fixed"):
        raise InvalidInputError(
            'priority: without play there is no rule: give rule = "fixed" and a level.'
        )
    level = str(priority.get("level", Priority.MEDIUM.value))
    if level not in {p.value for p in Priority}:
        raise InvalidInputError(f"priority.level: {level[:40]!r} is none of High, Medium, Low.")
    return level


def _parameters(file: TemplateFile, rules: Play | None) -> tuple[TemplateParameter, ...]:
    """Return the parameters that are not the built-in's."""
    if rules is None:
        if file.trigger or file.arr:
            field = "trigger" if file.trigger else "arr"
            raise InvalidInputError(f"{field}: name the built-in play with these rules as play.")
        return ()
    for field, given, rule in (
        ("trigger.rule", file.trigger.get("rule"), rules.trigger.name),
        ("arr", file.arr or None, rules.arr),
    ):
        if given not in (None, rule):
            raise InvalidInputError(
                f"{field}: {str(given)[:40]!r} is not the rule of play {rules.id!r}, {rule!r}."
            )
    if not isinstance(file.priority.get("rule", ""), str):
        raise InvalidInputError("priority.rule: give by-arr, fixed or worst.")
    trigger = {k: v for k, v in file.trigger.items() if k != "rule"}
    changed = {k: v for k, v in trigger.items() if rules.trigger.parameters.get(k) != v}
    same_rule = file.priority.get("rule", rules.priority.name) == rules.priority.name
    known = {"rule": rules.priority.name, **(rules.priority.parameters if same_rule else {})}
    limits = {k: v for k, v in file.priority.items() if known.get(k) != v}
    return tuple(
        TemplateParameter(rule=rule, name=name, value=json.dumps(value, default=_unknown))
        for rule, found in (("trigger", changed), ("priority", limits))
        for name, value in sorted(found.items())
    )


def _unknown(value: object) -> str:
    """A day or time of a TOML file: no parameter takes one, and its text says which it was."""
    return str(value)


def _texts(language: str, texts: FileTexts) -> TemplateTexts:
    def lines(found: Sequence[str | TemplateLine]) -> tuple[TemplateLine, ...]:
        return tuple(TemplateLine(text=x) if isinstance(x, str) else x for x in found)

    return TemplateTexts(
        language=language,
        title=texts.title,
        reasoning=lines(texts.reasoning),
        priority=texts.priority,
        talking_points=lines(texts.talking_points),
        next_steps=lines(texts.next_steps),
    )
