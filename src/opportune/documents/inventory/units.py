"""Decides the unit of a whole column by its values: headers promise, values tell.

The rules are written out in docs/documents.md; every decision becomes a note.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from opportune.documents.quality import Code

ROUNDING = 1e-9
"""A share that a formula computed may pass 1 by this much."""
AMBIGUOUS_UP_TO = 1.5
STRAY_MIN_VALUES = 20
STRAY_SHARE = 0.95
"""Of the values that are not 0: this many at most 1, and the rest are strays in a 0-1 column."""

GB_PER = {
    "b": 2**-30, "bytes": 2**-30,
    "kb": 2**-20, "kib": 2**-20, "k": 2**-20,
    "mb": 2**-10, "mib": 2**-10, "m": 2**-10,
    "gb": 1.0, "gib": 1.0, "g": 1.0,
    "tb": 2**10, "tib": 2**10, "t": 2**10,
    "pb": 2**20, "pib": 2**20,
    "ko": 2**-20, "mo": 2**-10, "go": 1.0, "to": 2**10,
    "byte": 2**-30, "octets": 2**-30, "mbytes": 2**-10, "gbytes": 1.0, "tbytes": 2**10,
    "megabytes": 2**-10, "gigabytes": 1.0, "gigabyte": 1.0, "terabytes": 2**10, "terabyte": 2**10,
}  # fmt: skip
"""Factors to GB; 1 GB = 1,024 MB whichever way it is spelled. French units count octets."""

RAM_LARGEST_MEDIAN_GB = 4_096
"""No estate's middle server has more: such a column is in MB whatever its header says."""
RAM_SMALLEST_MEDIAN_MB = 64
RAM_UNNAMED_MB_FROM = 512
DISK_LARGEST_MEDIAN_GB = 200_000
DISK_SMALLEST_MEDIAN_MB = 1_024
DISK_UNNAMED_MB_FROM = 20_000
RAM_UNNAMED_BYTES_FROM = 2**28
DISK_UNNAMED_BYTES_FROM = 2**33
"""As MB they would be more than any server has."""
RAM_LARGEST_GB = 65_536
DISK_LARGEST_GB = 10 * 2**20
"""64 TB of RAM and 10 PB of disk: no server has more; such a figure is in another unit or wrong."""
COUNT_LARGEST = {
    "sockets": 2_000,
    "total_cores": 2_000,
    "total_threads": 8_000,
    "cores_per_cpu": 512,
    "threads_per_core": 16,
}
"""More than any server has, with room for years to come."""

HOURS_PER = {
    "s": 1 / 3600, "sec": 1 / 3600, "second": 1 / 3600, "seconds": 1 / 3600,
    "min": 1 / 60, "mins": 1 / 60, "minute": 1 / 60, "minutes": 1 / 60, "m": 1 / 60,
    "h": 1.0, "hr": 1.0, "hrs": 1.0, "hour": 1.0, "hours": 1.0, "hora": 1.0, "horas": 1.0,
    "d": 24.0, "day": 24.0, "days": 24.0, "week": 168.0, "weeks": 168.0,
}  # fmt: skip


@dataclass(frozen=True)
class Decision:
    """What a column's numbers are multiplied by, why, and what is doubtful about it."""

    factor: float
    reason: str
    doubt: Code | None = None


@dataclass(frozen=True)
class SizeRules:
    """Medians beyond which a header's unit, or none, cannot be GB or MB."""

    largest_median_gb: float
    smallest_median_mb: float
    unnamed_mb_from: float
    unnamed_bytes_from: float
    largest_gb: float
    """Of a single server."""


RAM_RULES = SizeRules(
    RAM_LARGEST_MEDIAN_GB,
    RAM_SMALLEST_MEDIAN_MB,
    RAM_UNNAMED_MB_FROM,
    RAM_UNNAMED_BYTES_FROM,
    RAM_LARGEST_GB,
)
DISK_RULES = SizeRules(
    DISK_LARGEST_MEDIAN_GB,
    DISK_SMALLEST_MEDIAN_MB,
    DISK_UNNAMED_MB_FROM,
    DISK_UNNAMED_BYTES_FROM,
    DISK_LARGEST_GB,
)


def decide_share(
    values: Sequence[float], stated: str = "", *, percent_beside: bool = False
) -> Decision:
    """Decide whether a column of utilisations is 0-1 or 0-100.

    Args:
        values: All its numbers that carry no unit of their own.
        stated: What the format writes, `percent` or `fraction`; "" = either.
        percent_beside: Another column of the table is percent by its values.

    Returns:
        Factor 1 for fractions, 0.01 for percent.
    """
    largest = max(values, default=0.0)
    if largest <= 0:
        return Decision(1.0, "holds no value above 0")
    if stated:
        return _decide_stated(largest, stated, percent_beside=percent_beside)
    if largest <= 1 + ROUNDING:
        return Decision(1.0, f"read as a fraction: its largest value is {largest:g}")
    positive = [value for value in values if value > 0]
    small = sum(value <= 1 + ROUNDING for value in positive)
    if len(positive) >= STRAY_MIN_VALUES and small >= STRAY_SHARE * len(positive):
        return Decision(
            1.0,
            f"read as a fraction: {small:,} of {len(positive):,} values are at most 1; "
            "larger ones are not used",
            Code.MIXED_UNITS,
        )
    if largest <= AMBIGUOUS_UP_TO:
        return Decision(
            1.0,
            f"read as a fraction, but its largest value, {largest:g}, could be either; "
            "values above 1 are not used",
            Code.UNIT_AMBIGUOUS,
        )
    return Decision(0.01, f"read as percent: its largest value is {largest:g}")


def _decide_stated(largest: float, stated: str, *, percent_beside: bool) -> Decision:
    shown = f"its largest value is {largest:g}"
    if stated == "fraction":
        if largest > AMBIGUOUS_UP_TO:
            return Decision(
                0.01,
                f"read as percent although this format writes fractions: {shown}",
                Code.UNIT_CONTRADICTION,
            )
        return Decision(1.0, f"read as a fraction, as this format writes it: {shown}")
    if largest > 1 + ROUNDING or percent_beside:
        return Decision(0.01, f"read as percent, as this format writes it: {shown}")
    return Decision(
        1.0,
        f"read as a fraction although this format writes percent: {shown}, "
        "and no other column shows percent",
        Code.UNIT_AMBIGUOUS,
    )


def decide_size(
    values: Sequence[float], header_unit: str, rules: SizeRules, implied: str = ""
) -> Decision:
    """Decide the unit of a column of sizes.

    Args:
        values: All its numbers that carry no unit of their own.
        header_unit: As in GB_PER, or "" if the header names none.
        rules: What is plausible.
        implied: The unit that this format means where the header names none; "" = unknown.

    Returns:
        The factor to GB.
    """
    middle = median(positive) if (positive := [v for v in values if v > 0]) else 0.0
    unit = header_unit or implied
    if not unit:
        unit = "MB" if middle >= rules.unnamed_mb_from else "GB"
        unit = "bytes" if middle >= rules.unnamed_bytes_from else unit
        return Decision(
            GB_PER[unit.lower()],
            f"read as {unit}: the header names no unit, and the middle value is {middle:g}",
            Code.UNIT_AMBIGUOUS,
        )
    says = "the header says" if header_unit else "this format means"
    factor = GB_PER[unit]
    if factor == GB_PER["gb"] and middle > rules.largest_median_gb:
        return Decision(GB_PER["mb"], _against(says, unit, "MB", middle), Code.UNIT_CONTRADICTION)
    if factor == GB_PER["mb"] and 0 < middle < rules.smallest_median_mb:
        return Decision(GB_PER["gb"], _against(says, unit, "GB", middle), Code.UNIT_CONTRADICTION)
    return Decision(factor, f"read as {_unit_label(unit)}, as {says.replace('means', 'means it')}")


def _against(says: str, stated: str, unit: str, middle: float) -> str:
    return f"read as {unit} although {says} {_unit_label(stated)}: the middle value is {middle:g}"


def _unit_label(unit: str) -> str:
    return unit.upper().replace("IB", "iB")
