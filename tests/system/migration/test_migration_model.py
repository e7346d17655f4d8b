"""The protocol of a store migration keeps its promises in every interleaving, and needs each guard.

`pytest tests/system/migration/test_migration_model.py -s` prints how much was looked at, and for
each guard the shortest way to what goes wrong without it.
"""

import pytest
from migration_model import Protocol
from migration_state import GUARDS

WHAT_GOES_WRONG = {
    "verify": "torn",
    "pause": "was told of",
    "newer": "torn",
    "lease": "was told of",
    "answer": "was told of",
    "journal": "was told of",
    "fence": "was told of",
    "start wait": "was told of",
    "drain": "was told of",
    "whole": "torn",
    "look": "torn",
    "look again": "torn",
    "late note": "was told of",
    "settled": "STUCK",
    "refusal": "was told of",
    "repeat": "was told of",
}
"""A torn list, an answer that says less than an earlier one did, or no way out."""


def test_with_all_guards_nothing_goes_wrong_and_every_migration_can_be_finished_or_undone() -> None:
    explored = Protocol().explore()

    print(f"\n{explored.states:,} states")  # noqa: T201 # shown with -s
    assert not explored.wrong, "\n".join(explored.wrong)
    assert not explored.stuck, "\n".join(explored.stuck)
    assert explored.states > 100_000  # it did look around


def test_with_two_crashes_a_lone_writer_is_safe_too() -> None:
    explored = Protocol(operations=(2,), faults=2).explore()

    assert not explored.wrong, "\n".join(explored.wrong)
    assert not explored.stuck, "\n".join(explored.stuck)


@pytest.mark.parametrize("guard", GUARDS)
def test_without_a_guard_a_way_to_a_broken_promise_is_found(guard: str) -> None:
    explored = Protocol(without=frozenset({guard})).explore()

    way = explored.wrong or explored.stuck
    story = "\n  ".join((f"\nwithout the guard: {GUARDS[guard]}", *way))
    print(story)  # noqa: T201 # shown with -s
    assert way, f"nothing goes wrong without {guard!r}: it guards nothing"
    assert WHAT_GOES_WRONG[guard] in way[-1], story
