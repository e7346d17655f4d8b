"""Is there an order in which these operations, one at a time, would have answered as they did?

The search of Wing and Gong: every operation took effect at one moment between its call and its
answer. One whose outcome is unknown took effect at any moment after its call, or never.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

S = TypeVar("S", bound=Hashable)
O = TypeVar("O", bound=Hashable)  # noqa: E741 # operation
O_contra = TypeVar("O_contra", bound=Hashable, contravariant=True)

NEVER = 2**60
UNKNOWN = "unknown"


@dataclass
class Call(Generic[O]):
    """An operation as it was seen from outside.

    Args:
        operation: What was asked.
        called: Moment of the call, by any counter that rises.
        returned: Moment of the answer, by the same.
        answer: What came back; UNKNOWN if nothing did.
        label: For people.
    """

    operation: O
    called: int
    returned: int = NEVER
    answer: object = UNKNOWN
    label: str = ""


class Rules(Protocol[S, O_contra]):
    """What operations do."""

    def outcomes(self, state: S, operation: O_contra, /) -> Iterator[tuple[S, object]]:
        """Yield what an operation may make of a state, and what it then answers."""
        ...

    def has_no_effect(self, operation: O_contra, answer: object, /) -> bool:
        """Tell whether an operation that answered so has changed nothing, whatever the state."""
        ...


def unexplained(calls: Sequence[Call[O]], first: S, rules: Rules[S, O]) -> list[str]:
    """Return nothing if the calls have an explanation; otherwise the longest attempt, for people.

    Args:
        calls: Everything that concerns one object, in any order.
        first: Its state before.
        rules: What could have happened.
    """
    return _Search(sorted(calls, key=lambda call: call.called), rules).run(first)


class _Search(Generic[S, O]):
    def __init__(self, calls: list[Call[O]], rules: Rules[S, O]) -> None:
        self.calls = calls
        self.all = (1 << len(calls)) - 1
        self.outcomes = rules.outcomes
        self.observers = {
            at
            for at, call in enumerate(calls)
            if call.answer != UNKNOWN and rules.has_no_effect(call.operation, call.answer)
        }
        self.answered = sum(1 << at for at, call in enumerate(calls) if call.answer != UNKNOWN)
        self.longest: tuple[int, S, tuple[int, ...]] | None = None

    def run(self, first: S) -> list[str]:
        stack: list[tuple[int, S, tuple[int, ...]]] = [(0, first, ())]
        seen: set[tuple[int, S]] = set()
        while stack:
            done, state, order = stack.pop()
            done, order = self._with_observers(done, state, order)
            if (done, state) in seen:
                continue
            seen.add((done, state))
            if done & self.answered == self.answered:
                return []
            if self.longest is None or len(order) > len(self.longest[2]):
                self.longest = done, state, order
            stack.extend(self._further(done, state, order))
        return self._story()

    def _with_observers(
        self, done: int, state: S, order: tuple[int, ...]
    ) -> tuple[int, tuple[int, ...]]:
        """Take at once what has no effect and answers so in this state: it is in nobody's way."""
        is_new = True
        while is_new:
            is_new = False
            for at in self._next(done):
                call = self.calls[at]
                if at in self.observers and (state, call.answer) in self.outcomes(
                    state, call.operation
                ):
                    done, order, is_new = done | 1 << at, (*order, at), True
        return done, order

    def _further(
        self, done: int, state: S, order: tuple[int, ...]
    ) -> Iterator[tuple[int, S, tuple[int, ...]]]:
        """Yield what may come next; the likeliest last, as the stack takes it first.

        Of unknown ones that are alike, the first called stands for all.
        """
        unknown: set[O] = set()
        candidates = sorted(self._next(done), key=lambda at: -self.calls[at].returned)
        for at in candidates:
            call = self.calls[at]
            if call.answer == UNKNOWN and call.operation in unknown:
                continue
            if call.answer == UNKNOWN:
                unknown.add(call.operation)
            for after, answer in self.outcomes(state, call.operation):
                if call.answer == answer or (call.answer == UNKNOWN and after != state):
                    yield done | 1 << at, after, (*order, at)

    def _next(self, done: int) -> list[int]:
        """Return those that nobody had to wait for: called before the first open answer came."""
        found = []
        first_answer = NEVER
        left = ~done & self.all
        while left:
            lowest = left & -left
            left ^= lowest
            at = lowest.bit_length() - 1
            call = self.calls[at]
            if call.called > first_answer:
                break
            found.append(at)
            first_answer = min(first_answer, call.returned)
        return found

    def _story(self) -> list[str]:
        assert self.longest is not None
        done, state, order = self.longest
        lines = [f"  {self._line(at)}" for at in order]
        lines += [f"this far, then the state is {state}; none of these can come next:"]
        lines += [f"  {self._line(at)}" for at in self._next(done)]
        return lines

    def _line(self, at: int) -> str:
        call = self.calls[at]
        until = "" if call.returned == NEVER else call.returned
        return f"{call.called}..{until} {call.label}: {call.operation} -> {call.answer}"
