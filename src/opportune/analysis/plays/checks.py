"""Checks when a template is saved, so that no analysis can fail because of it.

Texts may use values and nothing else: no attribute, index, conversion or format, so that a text
cannot reach into the program.
"""

import re
from collections.abc import Iterator, Mapping
from string import Formatter
from typing import Any

from pydantic import ValidationError

from opportune.analysis.plays.play import BASE_PLAY, SECTIONS, Play, Texts, built_in
from opportune.analysis.plays.stored import own_texts, play_of
from opportune.analysis.rules.declared import Parameter
from opportune.analysis.rules.registry import PRIORITIES, TRIGGERS
from opportune.errors import InvalidInputError
from opportune.model.records import LANGUAGES, Template

LINES = 15
"""Sentences of the reasoning, of talking points, and of next steps, at most."""
LINE_LENGTH = 1_000
"""Characters of a sentence with its placeholders."""
TITLE_LENGTH = 300
NAME_LENGTH = 100
"""Characters of a category, and of a service."""
SERVICES = 20
OF_EVERY_PLAY = frozenset(("arr", "customer"))
"""Values that every play's texts may use, but not ask for with `when`."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_NOUNS = re.compile(r"\|?[^|{}]*\|[^|{}]*")
"""`server|servers`, or `|runs|run`."""


def check_template(template: Template) -> None:
    """Accept a template, or tell what is wrong with it.

    Raises:
        InvalidInputError: The message names the field, its value, and what is allowed.
    """
    rules = built_in(template.play) if template.play else None
    if template.play and rules is None:
        raise InvalidInputError(f"play: there is no built-in play {template.play!r}.")
    own = built_in(template.template_id)
    if own and rules is not own:
        raise InvalidInputError(f"play: {own.id!r} is a built-in play and uses its own rules.")
    if own and own.id == BASE_PLAY and not template.enabled:
        raise InvalidInputError(
            f"{BASE_PLAY!r} carries the base that the ARR of every other play is an increment on: "
            "it cannot be disabled; change its texts instead."
        )
    _check_languages(template)
    play = play_of(template)
    _check_frame(play)
    if rules:
        _check_parameters(play)
    for language, texts in own_texts(template).items():
        _check_texts(language, texts, known_values(play), play.limit_names)


def known_values(play: Play) -> Mapping[str, bool] | None:
    """Return the values of a play's rule, and which are counts; None: without a rule, any."""
    if not play.trigger:
        return None
    values = TRIGGERS[play.trigger["rule"]].values
    return {name: name in values.counts for name in sorted(values.names)}


def placeholders(play: Play) -> Mapping[str, bool]:
    """Return the names of all values that a play's texts use, and which are used as counts."""
    found: dict[str, bool] = {}
    for texts in map(play.texts, play.languages):
        for line in texts.lines:
            if line.when:
                found.setdefault(line.when, False)
        for _, text in _sentences("", texts):
            for _, name, nouns, _ in Formatter().parse(text):
                if name:
                    found[name] = found.get(name, False) or bool(nouns)
    return found


def _check_languages(template: Template) -> None:
    languages = [texts.language for texts in template.texts]
    if not languages and not template.play:
        languages = [template.language]
    for n, language in enumerate(languages):
        if language not in LANGUAGES or language in languages[:n]:
            raise InvalidInputError(f"{language}: give texts once in each of en, es and pt.")
    if not languages and not built_in(template.template_id):
        raise InvalidInputError("en, es, pt: give texts in one of these languages at least.")


def _check_frame(play: Play) -> None:
    _check_names("category", (play.category,) if play.category else ())
    if not play.category:
        raise InvalidInputError("category: give one, as Migración, or a name of your own.")
    if len(play.services) > SERVICES:
        raise InvalidInputError(f"services: give {SERVICES} at most.")
    _check_names("services", play.services)


def _check_names(field: str, names: tuple[str, ...]) -> None:
    for name in names:
        if not name.strip() or len(name) > NAME_LENGTH or not name.isprintable():
            raise InvalidInputError(
                f"{field}: {name[:40]!r} is not a name of 1 to {NAME_LENGTH} characters "
                "on one line."
            )


def _check_parameters(play: Play) -> None:
    _check_each("trigger", play.trigger, TRIGGERS[play.trigger["rule"]].parameters)
    rule = play.priority["rule"]
    if rule not in PRIORITIES:
        raise InvalidInputError(f"priority.rule: {rule!r} is none of {', '.join(PRIORITIES)}.")
    limits = PRIORITIES[rule].parameters
    _check_each("priority", play.priority, limits)
    for name in limits:
        if name not in play.priority:
            raise InvalidInputError(f"priority.{name}: rule {rule!r} needs it.")


def _check_each(table: str, given: Mapping[str, Any], takes: Mapping[str, Parameter]) -> None:
    rule = given["rule"]
    for name, value in given.items():
        if name == "rule":
            continue
        if name not in takes:
            known = f"known are {', '.join(takes)}" if takes else "it has none"
            raise InvalidInputError(f"{table}.{name} is not a parameter of rule {rule!r}: {known}.")
        try:
            takes[name].takes.validate_python(value)
        except ValidationError:
            raise InvalidInputError(
                f"{table}.{name}: {str(value)[:60]!r} will not do for rule {rule!r}: "
                f"give {takes[name].says}."
            ) from None


def _check_texts(
    language: str, texts: Texts, known: Mapping[str, bool] | None, limits: frozenset[str]
) -> None:
    if not texts.title.strip() or len(texts.title) > TITLE_LENGTH or "\n" in texts.title:
        raise InvalidInputError(
            f"{language}.title: give one of 1 to {TITLE_LENGTH} characters on one line."
        )
    for section in SECTIONS:
        lines = getattr(texts, section)
        if len(lines) > LINES:
            raise InvalidInputError(f"{language}.{section}: give {LINES} sentences at most.")
        for n, line in enumerate(lines, 1):
            _check_when(f"{language}.{section}[{n}]", line.when, known)
    for place, text in _sentences(language, texts):
        more = OF_EVERY_PLAY | (limits if place.endswith(".priority") else frozenset())
        _check_sentence(
            place, text, None if known is None else {**known, **dict.fromkeys(more, False)}
        )


def _sentences(language: str, texts: Texts) -> Iterator[tuple[str, str]]:
    """Yield every text with its place: `en.reasoning[2]`."""
    yield f"{language}.title", texts.title
    yield f"{language}.priority", texts.priority
    for section in SECTIONS:
        for n, line in enumerate(getattr(texts, section), 1):
            yield f"{language}.{section}[{n}]", line.text


def _check_when(place: str, when: str, known: Mapping[str, bool] | None) -> None:
    if not when:
        return
    if not _NAME.fullmatch(when):
        raise InvalidInputError(f"{place}: when = {when[:40]!r} is not the name of a value.")
    if known is not None and when not in known:
        raise InvalidInputError(
            f"{place}: when = {when!r} is not a value of this play: known are {', '.join(known)}."
        )


def _check_sentence(place: str, text: str, known: Mapping[str, bool] | None) -> None:
    if len(text) > LINE_LENGTH:
        raise InvalidInputError(f"{place}: a sentence has {LINE_LENGTH:,} characters at most.")
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        raise InvalidInputError(
            f"{place}: {text[:60]!r} has a brace without its other one: "
            "write {{ or }} for a brace itself."
        ) from None
    for _, name, spec, conversion in parts:
        if name is not None:
            _check_placeholder(place, name, spec or "", conversion, known)


def _check_placeholder(
    place: str, name: str, spec: str, conversion: str | None, known: Mapping[str, bool] | None
) -> None:
    written = f"{{{name}{'!' + conversion if conversion else ''}{':' + spec if spec else ''}}}"
    if not _NAME.fullmatch(name) or conversion:
        raise InvalidInputError(
            f"{place}: {written[:60]} is not a placeholder: "
            "it is a name of small letters, digits and _, without more."
        )
    if known is not None and name not in known:
        raise InvalidInputError(
            f"{place}: {{{name}}} is not a value of this play: "
            f"known are {', '.join(sorted(known))}."
        )
    if spec and known is not None and not known[name]:
        raise InvalidInputError(
            f"{place}: {written[:60]}: {name} is not a number of things, so it takes no nouns."
        )
    if spec and not _NOUNS.fullmatch(spec):
        raise InvalidInputError(
            f"{place}: {written[:60]}: nouns are written {{{name}:server|servers}}, "
            f"without the number {{{name}:|runs|run}}."
        )
