"""Decorators by which a rule declares its name, its parameters and the values it gives to texts.

Ask `registry` for rules: the tables here hold only those of modules that are loaded already.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, StrictFloat, StrictInt, StringConstraints, TypeAdapter

from opportune.analysis.case import Case, Finding, Parameters
from opportune.analysis.tree import ARR
from opportune.model.records import Priority

Find = Callable[[Case, Parameters], Finding | None]
Count = Callable[[Case, Finding], ARR]
Decide = Callable[[Parameters, Finding, Decimal], Priority]


@dataclass(frozen=True)
class Parameter:
    """What a parameter takes: in words for people, and as the type that pydantic checks."""

    says: str
    kind: Any

    @cached_property
    def takes(self) -> TypeAdapter[Any]:
        """The check; made when first used, so that it costs a start nothing."""
        return TypeAdapter(self.kind)


Word = Annotated[str, StringConstraints(strict=True, pattern=r"[^\W_]", max_length=100)]
Words = Annotated[list[Word], Field(min_length=1, max_length=300)]
Fraction = Annotated[StrictInt | StrictFloat, Field(gt=0, le=1)]
USD = Annotated[StrictInt, Field(ge=0, le=1_000_000_000_000)]
Engine = Literal["oracle", "sql-server", "mysql", "mariadb", "postgresql"]

WORDS = Parameter("words, matched whole", Words)
HEADINGS = Parameter("parts of headings", Words)
RATING = Parameter("rating, 1 to 5", Annotated[StrictInt, Field(ge=1, le=5)])
NUMBER = Parameter("number, 0 to 1,000,000", Annotated[StrictInt, Field(ge=0, le=1_000_000)])
AMOUNT_USD = Parameter("US dollars, 0 to 10^12", USD)
SHARE = Parameter("fraction, above 0, up to 1", Fraction)
ENGINES = Parameter(
    "of oracle, sql-server, mysql, mariadb, postgresql",
    Annotated[list[Engine], Field(min_length=1, max_length=100)],
)


@dataclass(frozen=True)
class Values:
    """Names that texts may use: `counts` also with a noun (`{servers:server|servers}`)."""

    counts: frozenset[str]
    texts: frozenset[str]

    @property
    def names(self) -> frozenset[str]:
        """Return all of them."""
        return self.counts | self.texts


@dataclass(frozen=True)
class Trigger:
    """A rule that decides whether a play fires."""

    find: Find
    parameters: Mapping[str, Parameter]
    values: Values
    """What it gives to texts. What it gives to an ARR rule alone (servers) is not among them."""


@dataclass(frozen=True)
class PriorityRule:
    """A rule that decides the priority of what a trigger found; each parameter is needed."""

    decide: Decide
    parameters: Mapping[str, Parameter]


declared_triggers: dict[str, Trigger] = {}
declared_arr_rules: dict[str, Count] = {}
declared_priorities: dict[str, PriorityRule] = {}

T = TypeVar("T")


def trigger(
    name: str,
    parameters: Mapping[str, Parameter] | None = None,
    *,
    counts: str,
    texts: str,
) -> Callable[[Find], Find]:
    """Declare a trigger rule.

    Args:
        name: As plays name it.
        parameters: By name; their default values are in the file of each built-in play.
        counts: Names of the values that are numbers of things, with spaces between them.
        texts: Names of the other values that texts may use.
    """

    def declare(find: Find) -> Find:
        values = Values(frozenset(counts.split()), frozenset(texts.split()))
        _add(declared_triggers, name, Trigger(find, parameters or {}, values))
        return find

    return declare


def arr_rule(name: str) -> Callable[[Count], Count]:
    """Declare a rule that counts what a play adds to the base."""

    def declare(count: Count) -> Count:
        _add(declared_arr_rules, name, count)
        return count

    return declare


def priority_rule(
    name: str, parameters: Mapping[str, Parameter] | None = None
) -> Callable[[Decide], Decide]:
    """Declare a rule that decides a priority."""

    def declare(decide: Decide) -> Decide:
        _add(declared_priorities, name, PriorityRule(decide, parameters or {}))
        return decide

    return declare


def _add(rules: dict[str, T], name: str, rule: T) -> None:
    if name in rules:
        raise ValueError(f"Two rules are called {name!r}.")
    rules[name] = rule
