"""Breadth-first search through all states of a model: the shortest way to what must not be."""

import gc
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

S = TypeVar("S", bound=Hashable)


class WrongError(Exception):
    """This step breaks a promise."""


@dataclass
class Explored:
    """What looking at everything came to."""

    states: int
    wrong: list[str] = field(default_factory=list)
    """The steps to a broken promise, as few as there are; empty if none is broken."""
    stuck: list[str] = field(default_factory=list)
    """The steps to where no goal can be reached any more; empty if there is no such place."""


def explore(
    first: S,
    steps: Callable[[S], Iterator[tuple[str, S]]],
    *,
    is_goal: Callable[[S], bool],
    is_fault: Callable[[S, S], bool],
) -> Explored:
    """Look at every state, nearest first; stop at the first broken promise.

    A goal must be within reach from everywhere, without counting on steps that are faults.
    """
    with _no_collection():
        return _explored(first, steps, is_goal=is_goal, is_fault=is_fault)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Spare the collector the walks through all states: nothing is garbage before the end."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _explored(
    first: S,
    steps: Callable[[S], Iterator[tuple[str, S]]],
    *,
    is_goal: Callable[[S], bool],
    is_fault: Callable[[S, S], bool],
) -> Explored:
    states = [first]
    numbers = {first: 0}
    came: list[tuple[int, str]] = [(0, "")]
    before: list[list[int]] = [[]]
    for number, now in enumerate(states):  # grows meanwhile
        try:
            for label, after in steps(now):
                at = numbers.setdefault(after, len(states))
                if at == len(states):
                    states.append(after)
                    came.append((number, label))
                    before.append([])
                if not is_fault(now, after):
                    before[at].append(number)
        except WrongError as wrong:
            return Explored(len(states), wrong=[*_way(came, number), f"WRONG: {wrong}"])
    goals = [number for number, state in enumerate(states) if is_goal(state)]
    lost = set(range(len(states))) - _leading(before, goals)
    stuck = [*_way(came, min(lost)), "STUCK here for ever"] if lost else []
    return Explored(len(states), stuck=stuck)


def _leading(before: list[list[int]], goals: list[int]) -> set[int]:
    """Return all states from which a goal can be reached."""
    leading = set(goals)
    queue = list(goals)
    while queue:
        for earlier in before[queue.pop()]:
            if earlier not in leading:
                leading.add(earlier)
                queue.append(earlier)
    return leading


def _way(came: list[tuple[int, str]], number: int) -> list[str]:
    labels: list[str] = []
    while number:
        number, label = came[number]
        labels.append(label)
    return labels[::-1]
