"""Plays, from `data/plays/*.toml`: what fires, what it is worth, what a seller says about it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from opportune.model.phrases import Wording
from opportune.model.records import LANGUAGES, Priority

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


@dataclass(frozen=True)
class Line:
    """A sentence with placeholders; said only if the value that `when` names is not empty or 0."""

    text: str
    when: str = ""

    def applies(self, values: Mapping[str, object]) -> bool:
        """Tell whether it is to be said; KeyError if the rule gives no such value."""
        return not self.when or bool(values[self.when])


@dataclass(frozen=True)
class Texts:
    """A play's texts in one language. `priority` says the rule, and what it gave."""

    title: str
    reasoning: tuple[Line, ...]
    priority: str
    talking_points: tuple[Line, ...]
    next_steps: tuple[Line, ...]


@dataclass(frozen=True)
class Rule:
    """A rule's name in `rules.py`, and its parameters."""

    name: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Play:
    """An opportunity template: `id` is the slug of its opportunities."""

    id: str
    category: str
    services: tuple[str, ...]
    trigger: Rule
    arr: str
    priority: Rule
    texts: Mapping[str, Texts]
    rules: str = ""
    """Id of the built-in play whose rules it uses: plays of the same rules count the same."""
    longest: int | None = None
    """Characters of a sentence that it says: users' plays have a limit, no text fails by it."""

    def said(self, text: str, values: Mapping[str, object]) -> str:
        """Fill a text's placeholders; KeyError if a value is missing."""
        filled = text.format_map(values)
        long = self.longest is not None and len(filled) > self.longest
        return f"{filled[: (self.longest or 0) - 1]}…" if long else filled

    def rendered(self, lines: tuple[Line, ...], values: Mapping[str, object]) -> tuple[str, ...]:
        """Return the sentences that apply, placeholders filled; KeyError if a value is missing."""
        return tuple(self.said(line.text, values) for line in lines if line.applies(values))


def priority_sentence(
    play: Play, words: Wording, priority: Priority, values: Mapping[str, object]
) -> str:
    """Tell why an opportunity has its priority.

    Beside the finding's values the sentence may name `priority`, the limits of the priority rule
    (`priority_high`, as money) and numbers of the trigger (`trigger_at_most`).
    """
    limits = {
        **{f"priority_{k}": words.money(Decimal(v)) for k, v in _numbers(play.priority)},
        **{f"trigger_{k}": words.short(v) for k, v in _numbers(play.trigger)},
    }
    level = words.phrase(f"priority-{priority.lower()}")
    sentence = play.texts[words.language].priority
    return play.said(sentence, {**values, **limits, "priority": level})


def _numbers(rule: Rule) -> list[tuple[str, int | float]]:
    return [(k, v) for k, v in rule.parameters.items() if isinstance(v, int | float)]


@cache
def bundled_plays() -> tuple[Play, ...]:
    """Return the plays that come with the package, by id."""
    folder = files("opportune.analysis.plays").joinpath("data")
    texts = sorted((f.name, f.read_text("utf-8")) for f in folder.iterdir())
    return tuple(_play(tomllib.loads(text)) for name, text in texts if name.endswith(".toml"))


def _play(data: dict[str, Any]) -> Play:
    return Play(
        id=data["id"],
        category=data["category"],
        services=tuple(data["services"]),
        trigger=_rule(data["trigger"]),
        arr=data["arr"],
        priority=_rule(data["priority"]),
        texts={language: _texts(data[language]) for language in LANGUAGES},
        rules=data["id"],
    )


def _rule(table: dict[str, Any]) -> Rule:
    return Rule(table["rule"], {k: v for k, v in table.items() if k != "rule"})


def _texts(table: dict[str, Any]) -> Texts:
    return Texts(
        title=table["title"],
        reasoning=_lines(table["reasoning"]),
        priority=table["priority"],
        talking_points=_lines(table["talking_points"]),
        next_steps=_lines(table["next_steps"]),
    )


def _lines(items: list[str | dict[str, str]]) -> tuple[Line, ...]:
    return tuple(Line(i) if isinstance(i, str) else Line(i["text"], i["when"]) for i in items)
