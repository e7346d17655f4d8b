"""How often a caller may ask: a bucket of requests for each, refilled as time passes."""

import math
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from opportune.errors import TooManyRequestsError

MOST_CALLERS = 10_000
MINUTE_S = 60


@dataclass
class _Bucket:
    left: float
    at_s: float


class RateLimit:
    """Counts in this process alone: N processes allow N times as much.

    A bucket holds a minute's requests. Of callers it remembers those who came last: whoever is
    forgotten has a full bucket again, as after a minute of rest.

    Args:
        per_minute: Requests of each caller; 0 = no limit.
        clock: Seconds that only grow.
        most_callers: How many are remembered.
    """

    def __init__(
        self, per_minute: int, *, clock: Callable[[], float], most_callers: int = MOST_CALLERS
    ) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._most_callers = most_callers
        self._buckets: OrderedDict[Hashable, _Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, caller: Hashable) -> None:
        """Count a request of a caller. Not for several threads at once.

        Raises:
            TooManyRequestsError: The bucket is empty; nothing was counted.
        """
        if not self._per_minute:
            return
        now_s = self._clock()
        bucket = self._buckets.pop(caller, None) or _Bucket(self._per_minute, now_s)
        self._buckets[caller] = bucket
        if len(self._buckets) > self._most_callers:
            self._buckets.popitem(last=False)
        refilled = bucket.left + (now_s - bucket.at_s) * self._per_minute / MINUTE_S
        bucket.left, bucket.at_s = min(float(self._per_minute), refilled), now_s
        if bucket.left < 1:
            wait_s = math.ceil((1 - bucket.left) * MINUTE_S / self._per_minute)
            raise TooManyRequestsError(retry_after_s=max(1, wait_s))
        bucket.left -= 1


def network_of(address: str) -> str:
    """Return what counts as one anonymous caller: an IPv4 address, or an IPv6 network of 64 bits.

    A household or a machine is given a whole such network, so single addresses say nothing.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, 64), strict=False))
    return address
