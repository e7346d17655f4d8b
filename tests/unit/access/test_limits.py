"""How often callers may ask."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opportune.access.limits import MINUTE_S, RateLimit, network_of
from opportune.errors import TooManyRequestsError


class Clock:
    def __init__(self) -> None:
        self.now_s = 50.0

    def __call__(self) -> float:
        return self.now_s


def taken(limit: RateLimit, caller: str, times: int) -> int:
    """Return how many of so many requests were let through."""
    through = 0
    for _ in range(times):
        try:
            limit.take(caller)
        except TooManyRequestsError:
            continue
        through += 1
    return through


def test_a_minutes_requests_may_come_at_once_and_then_one_by_one() -> None:
    clock = Clock()
    limit = RateLimit(60, clock=clock)
    assert taken(limit, "a", 100) == 60
    clock.now_s += 1
    assert taken(limit, "a", 100) == 1
    clock.now_s += 10 * MINUTE_S
    assert taken(limit, "a", 100) == 60


def test_callers_do_not_share() -> None:
    limit = RateLimit(3, clock=Clock())
    assert [taken(limit, name, 10) for name in "abc"] == [3, 3, 3]


@given(
    per_minute=st.integers(1, 100_000),
    waits=st.lists(st.floats(0, 100, allow_nan=False), min_size=1, max_size=50),
)
def test_who_waits_as_told_is_let_through_and_nobody_gets_more_than_the_rate(
    per_minute: int, waits: list[float]
) -> None:
    clock = Clock()
    limit = RateLimit(per_minute, clock=clock)
    started_s = clock.now_s
    for through, wait_s in enumerate(waits, 1):
        clock.now_s += wait_s
        if taken(limit, "a", 1) == 0:
            with pytest.raises(TooManyRequestsError) as refused:
                limit.take("a")
            assert refused.value.retry_after_s >= 1
            clock.now_s += refused.value.retry_after_s
            limit.take("a")
        allowed = per_minute * (1 + (clock.now_s - started_s) / MINUTE_S)
        assert through <= allowed + 1e-6


def test_zero_is_no_limit_and_remembers_nobody() -> None:
    limit = RateLimit(0, clock=Clock())
    assert taken(limit, "a", 10_000) == 10_000
    assert len(limit) == 0


def test_memory_is_bounded_and_who_came_last_is_remembered() -> None:
    limit = RateLimit(1, clock=Clock(), most_callers=100)
    names = [str(number) for number in range(100)]
    assert [taken(limit, name, 2) for name in names] == [1] * 100
    assert taken(limit, "0", 1) == 0, "came last now"
    limit.take("new")
    assert len(limit) == 100
    assert [taken(limit, name, 1) for name in ("0", "2", "99")] == [0, 0, 0]
    assert taken(limit, "1", 1) == 1, "had not come for longest, and was forgotten"
    for number in range(10_000):
        limit.take(f"flood-{number}")
    assert len(limit) == 100


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_an_ipv6_network_is_one_caller(address: str, network: str) -> None:
    assert network_of(address) == network
