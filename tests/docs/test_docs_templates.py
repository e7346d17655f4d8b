"""docs/templates.md against the code: rules, parameters, values, limits, and its examples."""

import re
from pathlib import Path

import pytest

from opportune.analysis.plays.checks import (
    LINE_LENGTH,
    LINES,
    SERVICES,
    TITLE_LENGTH,
    check_template,
)
from opportune.analysis.plays.play import Play, bundled_plays, from_toml
from opportune.analysis.plays.stored import template_of
from opportune.analysis.rules.declared import Parameter
from opportune.analysis.rules.registry import PRIORITIES, TRIGGERS

TEXT = (Path(__file__).parents[2] / "docs" / "templates.md").read_text("utf-8")


def takes(parameters: dict[str, Parameter]) -> str:
    return "; ".join(f"`{name}` ({p.says})" for name, p in parameters.items()) or "none"


def row(rule: str) -> str:
    plays = ", ".join(f"`{p.id}`" for p in bundled_plays() if p.trigger["rule"] == rule)
    values = TRIGGERS[rule].values
    counts, texts = (" ".join(sorted(names)) for names in (values.counts, values.texts))
    return f"| {plays} | {takes(dict(TRIGGERS[rule].parameters))} | {counts} | {texts} |"


@pytest.mark.parametrize("rule", TRIGGERS)
def test_each_rule_is_described_as_it_is(rule: str) -> None:
    assert row(rule) in TEXT.splitlines()


@pytest.mark.parametrize("rule", PRIORITIES)
def test_each_priority_rule_is_described_as_it_is(rule: str) -> None:
    assert any(
        line.startswith(f"| `{rule}` | {takes(dict(PRIORITIES[rule].parameters))} |")
        for line in TEXT.splitlines()
    )


def test_limits_and_fields_are_named() -> None:
    for limit in (f"{LINE_LENGTH:,}", LINES, SERVICES, TITLE_LENGTH):
        assert re.search(rf"\b{limit}\b", TEXT), limit
    for field in Play.model_fields:
        assert f"`{field}`" in TEXT, field


@pytest.mark.parametrize("toml", re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL))
def test_each_example_is_acceptable(toml: str) -> None:
    file = from_toml(toml.encode(), "docs/templates.md")
    check_template(template_of(file, file.id))
