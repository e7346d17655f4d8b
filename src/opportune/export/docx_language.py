"""The language of users' templates: what tags may say. Texts, loops, conditions; no code.

Jinja's own sandbox is below it. This is the stricter fence: a list of what is allowed, so that what
nobody thought of is refused.
"""

import re
from collections.abc import Iterator
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.List,
    nodes.Tuple, nodes.For, nodes.If, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And,
    nodes.Or, nodes.Not, nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.Neg, nodes.Pos,
    nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Filter, nodes.Test, nodes.Keyword,
)  # fmt: skip
FILTERS = (
    "upper", "lower", "title", "capitalize", "trim", "length", "first", "last", "join", "default",
    "round", "reverse",
)  # fmt: skip
TESTS = ("defined", "undefined", "none", "odd", "even", "eq", "ne", "in", "divisibleby")
SAID = {
    nodes.Call: "calls something",
    nodes.Assign: "assigns a variable",
    nodes.Macro: "defines a macro",
    nodes.Include: "includes a file",
    nodes.Import: "imports a file",
    nodes.FromImport: "imports a file",
    nodes.Extends: "extends a file",
    nodes.Pow: "raises to a power",
    nodes.Mod: "uses %",
    nodes.Concat: "joins with ~",
}
TAG = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)


class TemplateLanguage(ImmutableSandboxedEnvironment):
    """Reads templates and refuses tags that are not allowed, naming them."""

    intercepted_binops = frozenset({"*"})

    def __init__(self) -> None:
        super().__init__(autoescape=True, undefined=StrictUndefined, optimized=False)
        self.globals.clear()
        self.filters = {name: self.filters[name] for name in FILTERS}
        self.tests = {name: self.tests[name] for name in TESTS}
        self.source = ""
        """Of the part that was read last."""

    def _generate(self, source: nodes.Template, *rest: Any, **options: Any) -> str:
        for node in _all_nodes(source):
            _check_node(node)
        return super()._generate(source, *rest, **options)

    def from_string(self, source: Any, *rest: Any, **options: Any) -> Any:
        """Read a template, and remember it for `tags_at`."""
        self.source = str(source)
        return super().from_string(source, *rest, **options)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return a value of ours by its name, or a counter of a loop; there are no others."""
        if isinstance(obj, LoopContext):
            return super().getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return an item of a list, a dict or a text, never an attribute of a Python object."""
        if isinstance(obj, dict | list | tuple | str):
            try:
                return obj[argument]
            except (LookupError, TypeError):
                pass
        return self.undefined(f"there is no {argument!r} in what stands before it")

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Multiply numbers; a text times a number would grow without end."""
        if not all(isinstance(side, int | float) for side in (left, right)):
            raise SecurityError("only numbers can be multiplied")
        return super().call_binop(context, operator, left, right)

    def tags_at(self, line: int | None) -> str:
        """Return the tags of a line of the part that was read last."""
        lines = self.source.split("\n")
        if line is None or not 0 < line <= len(lines):
            return ""
        text = re.sub(r"<[^>]+>", "", lines[line - 1])
        return " ".join(" ".join(tag.split()) for tag in TAG.findall(text))


def _all_nodes(source: nodes.Node) -> Iterator[nodes.Node]:
    yield source
    for child in source.iter_child_nodes():
        yield from _all_nodes(child)


def _check_node(node: nodes.Node) -> None:
    if not isinstance(node, ALLOWED):
        kind = type(node)
        raise TemplateSyntaxError(SAID.get(kind, f"uses {kind.__name__}"), node.lineno)
    if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
        raise TemplateSyntaxError(f"reaches for {node.attr!r}", node.lineno)
    if isinstance(node, nodes.Name) and node.name == "self":
        raise TemplateSyntaxError("reaches for the template itself", node.lineno)
    if isinstance(node, nodes.For) and node.recursive:
        raise TemplateSyntaxError("loops recursively", node.lineno)
