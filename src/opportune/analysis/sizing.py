"""Sizing: how much of EC2 a server needs, and the cheapest type that has it."""

from dataclasses import dataclass
from functools import cache

from opportune.model.assessment import Server
from opportune.prices.book import InstanceType, PriceBook


@dataclass(frozen=True, slots=True)
class Need:
    """What a server needs. Fractions are the peaks applied; None = not measured, taken as 1."""

    vcpus: float
    ram_gib: float
    cpu_peak_fraction: float | None = None
    ram_peak_fraction: float | None = None


def cpu_units(server: Server) -> int | None:
    """Return a server's cores, one vCPU each; its threads if only those are known."""
    return server.cores if server.cores is not None else server.threads


def need_as_is(server: Server) -> Need | None:
    """Return what the server has; None if its cores or its RAM are unknown or zero."""
    units = cpu_units(server)
    if not units or not server.ram_gb or units < 0 or server.ram_gb < 0:
        return None
    return Need(float(units), server.ram_gb)


def need_at_peak(server: Server) -> Need | None:
    """Return what the server uses at its peak: cores x peak CPU, RAM x peak RAM."""
    whole = need_as_is(server)
    if whole is None:
        return None
    cpu = _measured(server.cpu_peak_fraction)
    ram = _measured(server.ram_peak_fraction)
    # Six decimals: 40 cores x 80 % are 32 vCPUs, not 32.000000000000004.
    return Need(
        vcpus=round(whole.vcpus * (cpu or 1), 6),
        ram_gib=round(whole.ram_gib * (ram or 1), 6),
        cpu_peak_fraction=cpu,
        ram_peak_fraction=ram,
    )


def _measured(fraction: float | None) -> float | None:
    """Return a peak if it is possible for a machine that runs: above 0, at most 1; else None."""
    return fraction if fraction is not None and 0 < fraction <= 1 else None


class Fitter:
    """Finds instance types in one price book, remembering what it found."""

    def __init__(self, prices: PriceBook) -> None:
        types = prices.x86_by_price

        @cache
        def cheapest(vcpus: float, ram_gib: float) -> InstanceType | None:
            return next((t for t in types if t.vcpus >= vcpus and t.ram_gib >= ram_gib), None)

        self._cheapest = cheapest

    def fit(self, need: Need) -> InstanceType | None:
        """Return the cheapest type, by Linux on-demand price, that has what is needed; or None.

        A Windows licence costs the same per vCPU on every type, so the choice is the same.
        """
        return self._cheapest(need.vcpus, need.ram_gib)
