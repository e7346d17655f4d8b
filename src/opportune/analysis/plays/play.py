"""Plays: what fires, what it is worth, what a seller says about it. Built-in and users' are alike.

A play is a TOML file, as `data/graviton.toml`. Users write theirs in the same form, and leave out
what is as in the built-in play whose rules they use.
"""

import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, PlainSerializer

from opportune.errors import InvalidInputError
from opportune.model.phrases import Wording
from opportune.model.records import LANGUAGES, Model, Priority, TemplateLine, Text

CATEGORIES = (
    "Excelencia operativa",
    "Seguridad",
    "Fiabilidad",
    "Eficiencia del rendimiento",
    "Optimización de costos",
    "Sostenibilidad",
    "Migración",
    "Modernización",
    "Workshop",
)
"""The stored codes: the six Well-Architected pillars and three kinds of work, in Spanish as in the
guide, whatever the language of the texts."""

BASE_PLAY = "rehost"
"""Counts each server once: every other play's ARR is an increment on this base."""

LONGEST_SENTENCE = 1_500
"""Characters of a sentence of a user's play with its values: 45 of them fit into a record."""

FILE_LIMIT_BYTES = 1_000_000

SECTIONS = ("reasoning", "talking_points", "next_steps")
"""The fields of a play's texts that are lists of sentences."""

Sentence = Annotated[
    TemplateLine,
    BeforeValidator(
        lambda given: {"text": given} if isinstance(given, str) else given,
        json_schema_input_type=Text | TemplateLine,
    ),
    PlainSerializer(lambda line: line if line.when else line.text, return_type=Text | TemplateLine),
]
"""A sentence. In files and answers it is a plain text if it has no condition."""


class Texts(Model):
    """Texts in one language. A sentence is a text, or `{when, text}`."""

    # Its name in openapi.json, which clients generate code from; so below.
    __qualname__ = "FileTexts"
    model_config = ConfigDict(title="FileTexts")

    title: Text
    reasoning: tuple[Sentence, ...] = ()
    priority: Text = ""
    talking_points: tuple[Sentence, ...] = ()
    next_steps: tuple[Sentence, ...] = ()

    @property
    def lines(self) -> tuple[TemplateLine, ...]:
        """Return the sentences of all sections."""
        return (*self.reasoning, *self.talking_points, *self.next_steps)


class Play(Model):
    """A template as a file has it.

    `trigger` and `priority` name a rule (`rule`) and give its parameters; what is left out is as in
    the built-in play that `play` names. Without `play` there is no rule: `priority` is then
    `{rule = "fixed", level = "High"}`.
    """

    __qualname__ = "TemplateFile"
    model_config = ConfigDict(title="TemplateFile")

    id: Text = ""
    play: Text = ""
    enabled: bool = True
    category: Text = ""
    services: tuple[Text, ...] = ()
    arr: Text = ""
    """ARR rule of `play`; it cannot be another."""
    trigger: dict[str, Any] = Field(default_factory=dict)
    priority: dict[str, Any] = Field(default_factory=dict)
    en: Texts | None = None
    es: Texts | None = None
    pt: Texts | None = None

    @property
    def rules(self) -> str:
        """Id of the built-in play whose rules it uses: plays of the same rules count the same."""
        return self.play or self.id

    @property
    def languages(self) -> tuple[str, ...]:
        """Return the languages that it has texts in."""
        return tuple(code for code in LANGUAGES if getattr(self, code))

    def texts(self, language: str) -> Texts:
        """Return its texts in a language, or in the first that it has; it must have one."""
        code = language if language in self.languages else self.languages[0]
        found: Texts = getattr(self, code)
        return found

    def filled(self, text: str, values: Mapping[str, object]) -> str:
        """Fill a text's placeholders; KeyError if a value is missing.

        A sentence of a user's play is cut where it becomes too long for a record.
        """
        sentence = text.format_map(values)
        is_too_long = bool(self.play) and len(sentence) > LONGEST_SENTENCE
        return f"{sentence[: LONGEST_SENTENCE - 1]}…" if is_too_long else sentence

    def sentences(
        self, lines: Iterable[TemplateLine], values: Mapping[str, object]
    ) -> tuple[str, ...]:
        """Return the sentences that apply, placeholders filled; KeyError if a value is missing."""
        return tuple(self.filled(line.text, values) for line in lines if applies(line, values))

    def priority_sentence(
        self, words: Wording, priority: Priority, values: Mapping[str, object]
    ) -> str:
        """Tell why an opportunity has its priority.

        Beside the finding's values the sentence may name `priority`, the limits of the priority
        rule (`priority_high`, as money) and numbers of the trigger (`trigger_at_most`).
        """
        limits = {
            **{f"priority_{k}": words.money(Decimal(v)) for k, v in _numbers(self.priority)},
            **{f"trigger_{k}": words.short(v) for k, v in _numbers(self.trigger)},
        }
        level = words.phrase(f"priority-{priority.lower()}")
        sentence = self.texts(words.language).priority
        return self.filled(sentence, {**values, **limits, "priority": level})

    @property
    def limit_names(self) -> frozenset[str]:
        """Names that the sentence on the priority may use besides the finding's values."""
        tables = (("trigger", self.trigger), ("priority", self.priority))
        limits = {f"{table}_{name}" for table, rule in tables for name, _ in _numbers(rule)}
        return frozenset({"priority", *limits})


def applies(line: TemplateLine, values: Mapping[str, object]) -> bool:
    """Tell whether a sentence is to be given; KeyError if the rule gives no value named `when`."""
    return not line.when or bool(values[line.when])


def _numbers(rule: Mapping[str, Any]) -> list[tuple[str, int | float]]:
    """Return the parameters of a play's rule that are numbers, by name."""
    return [(name, value) for name, value in rule.items() if isinstance(value, int | float)]


@cache
def bundled_plays() -> tuple[Play, ...]:
    """Return the plays that come with the package, by id."""
    folder = files("opportune.analysis.plays").joinpath("data")
    found = sorted((f.name, f.read_bytes()) for f in folder.iterdir())
    return tuple(from_toml(data, name) for name, data in found if name.endswith(".toml"))


def built_in(play_id: str) -> Play | None:
    """Return the play of this id that comes with the package; None if there is none."""
    return next((p for p in bundled_plays() if p.id == play_id), None)


def from_toml(data: bytes, name: str) -> Play:
    """Read a play's file.

    Raises:
        InvalidInputError: It is not TOML, or has an unknown field; the message names it.
    """
    if len(data) > FILE_LIMIT_BYTES:
        raise InvalidInputError(f"{name}: a template has at most 1 MB.")
    try:
        fields = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        # ValueError covers wrong bytes, wrong TOML, and numbers of thousands of digits.
        problem = str(error).rstrip(".")
        raise InvalidInputError(f"{name}: no TOML in UTF-8: {problem}.") from None
    if unknown := sorted(set(fields) - set(Play.model_fields)):
        known = ", ".join(Play.model_fields)
        raise InvalidInputError(f"{name}: {unknown[0]}: no such field, known are {known}.")
    return Play.checked(**fields)


def to_toml(play: Play) -> str:
    """Write a play's file; `from_toml` gives the same play again. What is empty is left out."""
    import tomli_w

    fields = play.model_dump(by_alias=False)
    kept = {k: v for k, v in fields.items() if v not in ("", None, (), {})}
    if play.enabled:
        del kept["enabled"]
    for language in LANGUAGES:
        texts = kept.get(language, {})
        for section in SECTIONS if texts else ():
            texts[section] = [
                s if isinstance(s, str) else {"when": s["when"], "text": s["text"]}
                for s in texts[section]
            ]
    return tomli_w.dumps(kept)
