"""The tables as infra/storage.yaml declares them: read, not repeated."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from opportune.errors import ConfigurationError

_TABLE = "AWS::DynamoDB::Table"
_NO_VALUE = object()


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms: `!Ref X` becomes {"Ref": "X"}."""


def _short_form(loader: Any, tag: str, node: Any) -> dict[str, Any]:
    name = tag if tag in ("Ref", "Condition") else f"Fn::{tag}"
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_scalar(node)}


_Loader.add_multi_constructor("!", _short_form)


def template_text() -> str:
    """Return infra/storage.yaml: from the installed package, or from the source tree."""
    installed = files("opportune").joinpath("storage.yaml")
    if installed.is_file():
        return installed.read_text(encoding="utf-8")
    path = Path(__file__).parents[4] / "infra" / "storage.yaml"
    if not path.is_file():
        raise ConfigurationError("infra/storage.yaml is missing: install the package again.")
    return path.read_text(encoding="utf-8")


def read_template(text: str) -> dict[str, Any]:
    """Parse a template; functions stay as they are, in their long form."""
    template: dict[str, Any] = yaml.load(text, Loader=_Loader)  # noqa: S506 # a safe loader
    return template


@cache
def _parsed_once(text: str) -> dict[str, Any]:
    """Parse a template once: infra/storage.yaml takes 50 ms. Nobody changes what this returns."""
    return read_template(text)


def declared_tables(table: str) -> list[dict[str, Any]]:
    """Return the properties of each table, main table first, functions carried out.

    Args:
        table: Value of the parameter TableName; the others have their defaults.
    """
    template = _parsed_once(template_text())
    parameters = {name: one["Default"] for name, one in template["Parameters"].items()}
    parameters["TableName"] = table
    resolver = _Resolver(parameters, template["Conditions"])
    return [
        resolver.resolved(resource["Properties"])
        for resource in template["Resources"].values()
        if resource["Type"] == _TABLE
    ]


class _Resolver:
    """Carries out the few functions that tables use."""

    def __init__(self, parameters: Mapping[str, Any], conditions: Mapping[str, Any]) -> None:
        self._parameters = parameters
        self._conditions = conditions

    def resolved(self, value: Any) -> Any:
        """Return a value with its functions carried out."""
        if isinstance(value, list):
            return [self.resolved(one) for one in value]
        if not isinstance(value, dict):
            return value
        (name, argument), *others = value.items()
        if not others and (name == "Ref" or name.startswith("Fn::")):
            return self._call(name, argument)
        pairs = ((name, self.resolved(one)) for name, one in value.items())
        return {name: one for name, one in pairs if one is not _NO_VALUE}

    def _call(self, name: str, argument: Any) -> Any:
        if name == "Ref":
            return _NO_VALUE if argument == "AWS::NoValue" else self._parameters[argument]
        if name == "Fn::Sub":
            for parameter, value in self._parameters.items():
                argument = argument.replace(f"${{{parameter}}}", str(value))
            return argument
        if name == "Fn::If":
            condition, if_true, if_false = argument
            holds = self.resolved(self._conditions[condition])
            return self.resolved(if_true if holds else if_false)
        values = self.resolved(argument)
        if name == "Fn::Equals":
            return values[0] == values[1]
        if name == "Fn::Not":
            return not values[0]
        raise ConfigurationError(f"infra/storage.yaml: {name} is not known here.")
