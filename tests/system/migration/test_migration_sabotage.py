"""Each guard of the real store migration is needed: without it, a schedule breaks a promise.

When the code changes, so does the course of every schedule. Then a test looks further and says
which seed to write here instead.
"""

from pathlib import Path

import pytest
from sabotage import SABOTAGES, Sabotage
from simulated_theatre import Theatre

SEEDS = {
    "no_journal": 2,
    "no_fence": 21,
    "no_lease": 1,
    "no_second_look": 86,
    "no_wait": 10,
    "no_wait_at_start": 10,
    "no_drain": 1,
    "no_pause": 174,
    "no_verification": 41,
    "no_look_at_others": 147,
    "no_gap_is_seen": 146,
    "no_bringing": 1,
    "settled_too_early": 2,
    "not_only_newer": 2,
}
"""Of a schedule that shows what goes wrong, the first of those that are always played."""
FURTHER = 3000


@pytest.mark.parametrize("sabotage", SABOTAGES)
def test_without_a_guard_a_schedule_breaks_a_promise(sabotage: Sabotage, tmp_path: Path) -> None:
    known = SEEDS[sabotage.__name__]
    with pytest.MonkeyPatch.context() as patch:
        theatre = Theatre(tmp_path, patch)
        sabotage(patch)
        red = next((seed for seed in (known, *range(FURTHER)) if breaks(theatre, seed)), None)
        theatre.close()

    assert red is not None, f"{sabotage.__doc__} And nothing goes wrong: the guard guards nothing."
    if red != known:
        print(f"SEEDS[{sabotage.__name__!r}] = {red}")  # noqa: T201 # shown with -s


def test_with_all_guards_the_same_schedules_break_none(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        theatre = Theatre(tmp_path, patch)
        assert not [seed for seed in sorted(set(SEEDS.values())) if breaks(theatre, seed)]
        theatre.close()


def breaks(theatre: Theatre, seed: int) -> bool:
    """Tell whether a schedule between two memory stores breaks a promise."""
    try:
        theatre.perform(seed, kinds=("memory", "memory"))
    except AssertionError:
        return True
    return False
