"""The base calculation: what running the servers on EC2 costs a year, each server once."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from opportune.analysis.sizing import Fitter, Need, need_as_is, need_at_peak
from opportune.analysis.support import is_windows
from opportune.model.assessment import Assessment, Server
from opportune.model.money import NOTHING, cents
from opportune.model.records import Basis
from opportune.prices.book import InstanceType, PriceBook

MONTHS = 12

CONSTANT_SHARE = 0.8
"""If at least this share of servers has the same pair of peaks, they were not measured."""

CONSTANT_FROM = 10
"""With fewer measured servers than this, nothing is concluded about constant columns."""


@dataclass(frozen=True, slots=True)
class SizedServer:
    """A running server with its instance type and cost. Amounts: US dollars a year, in cents.

    `instance` fits the peak, `as_is_instance` the whole server (the former if nothing is as
    large). `compute` is under the basis of the analysis, a discount applied already; `instance_sp`
    the same under a 3-year EC2 Instance Savings Plan; `compute_as_is` on demand.
    """

    server: Server
    need: Need
    instance: InstanceType
    as_is_instance: InstanceType
    compute: Decimal
    instance_sp: Decimal
    compute_as_is: Decimal
    licence: Decimal
    licence_as_is: Decimal
    storage: Decimal

    @property
    def total(self) -> Decimal:
        """Compute at peak, Windows licence and storage."""
        return self.compute + self.licence + self.storage


@dataclass(frozen=True)
class Base:
    """Every server in exactly one place: sized, or named as left out.

    `unknown_size`: cores or RAM are missing. `too_large`: no type holds even its peak.
    `powered_off`: sized where possible, and in no sum.
    """

    sized: tuple[SizedServer, ...]
    unknown_size: tuple[Server, ...]
    too_large: tuple[Server, ...]
    powered_off: tuple[Server, ...]
    powered_off_sized: tuple[SizedServer, ...]

    @cached_property
    def compute(self) -> Decimal:
        """EC2 compute at peak, under the basis of the analysis."""
        return _sum(s.compute for s in self.sized)

    @cached_property
    def licence(self) -> Decimal:
        """Windows licences of the types that fit the peak."""
        return _sum(s.licence for s in self.sized)

    @cached_property
    def storage(self) -> Decimal:
        """Provisioned disks on EBS gp3."""
        return _sum(s.storage for s in self.sized)

    @property
    def expected(self) -> Decimal:
        """At peak, compute under the basis of the analysis."""
        return self.compute + self.licence + self.storage

    @cached_property
    def low(self) -> Decimal:
        """At peak, compute under a 3-year EC2 Instance Savings Plan, or the basis if that is less.

        Licences and storage have no such discount.
        """
        compute = min(_sum(s.instance_sp for s in self.sized), self.compute)
        return compute + self.licence + self.storage

    @cached_property
    def high(self) -> Decimal:
        """On demand, like for like; the expected figure if that is more."""
        as_is = _sum(s.compute_as_is + s.licence_as_is for s in self.sized) + self.storage
        return max(as_is, self.expected)

    @cached_property
    def constant_peaks(self) -> tuple[float, float, int] | None:
        """CPU and RAM peak shared by most servers, and by how many; None if there is no such pair.

        Peaks that hardly differ were filled in, not measured.
        """
        pairs = Counter(
            (cpu, ram)
            for cpu, ram in (
                (s.need.cpu_peak_fraction, s.need.ram_peak_fraction) for s in self.sized
            )
            if cpu is not None and ram is not None
        )
        measured = pairs.total()
        if measured < CONSTANT_FROM:
            return None
        (cpu, ram), times = min(pairs.items(), key=lambda pair: (-pair[1], pair[0]))
        if times < CONSTANT_SHARE * measured:
            return None
        return cpu, ram, times


def base_of(assessment: Assessment, prices: PriceBook, basis: Basis = Basis.ON_DEMAND) -> Base:
    """Size and price every machine. Templates and placeholders are not machines."""
    size = sizer(prices, basis)
    sized: list[SizedServer] = []
    unknown: list[Server] = []
    too_large: list[Server] = []
    off: list[Server] = []
    off_sized: list[SizedServer] = []
    for server in assessment.machines:
        found = size(server)
        if not server.is_powered_on:
            off.append(server)
            off_sized += [found] if found else []
        elif found:
            sized.append(found)
        else:
            (too_large if need_as_is(server) else unknown).append(server)
    return Base(tuple(sized), tuple(unknown), tuple(too_large), tuple(off), tuple(off_sized))


def sizer(prices: PriceBook, basis: Basis) -> Callable[[Server], SizedServer | None]:
    """Return a function that sizes and prices a server.

    It returns None for a server that is too large for every type, or whose size is unknown.
    """
    fitter = Fitter(prices)
    licence_hourly = prices.price("windows-vcpu-hour").amount
    gp3_yearly = prices.price("gp3-gb-month").amount * MONTHS
    types = prices.x86_by_price
    compute, instance_sp, on_demand = (
        {t.name: prices.yearly(t, each) for t in types}
        for each in (basis, Basis.INSTANCE_SP, Basis.ON_DEMAND)
    )
    licences = {t.name: cents(t.vcpus * licence_hourly * prices.hours_a_year) for t in types}

    def size(server: Server) -> SizedServer | None:
        peak, whole = need_at_peak(server), need_as_is(server)
        instance = fitter.fit(peak) if peak else None
        if peak is None or whole is None or instance is None:
            return None
        as_is = fitter.fit(whole) or instance
        windows = is_windows(server.os_name, server.os_version)
        return SizedServer(
            server=server,
            need=peak,
            instance=instance,
            as_is_instance=as_is,
            compute=compute[instance.name],
            instance_sp=instance_sp[instance.name],
            compute_as_is=on_demand[as_is.name],
            licence=licences[instance.name] if windows else NOTHING,
            licence_as_is=licences[as_is.name] if windows else NOTHING,
            storage=cents(gb(server.disk_gb) * gp3_yearly),
        )

    return size


def gb(value: float | None) -> Decimal:
    """Return gigabytes as an exact decimal; unknown and negative are 0."""
    return Decimal(str(value)) if value is not None and value > 0 else Decimal(0)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, NOTHING)
