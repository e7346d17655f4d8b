"""What a unit and a gigabyte cost, by region: dated figures in a file, never in code."""

import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from opportune.errors import ConfigurationError

MILLION = 1_000_000
DEFAULT_REGION = "us-east-1"


@dataclass(frozen=True)
class Prices:
    """US dollars, on-demand, table class Standard; GB are of 2^30 bytes, as AWS bills them."""

    region: str
    write_usd_per_million: Decimal
    read_usd_per_million: Decimal
    storage_usd_per_gb_month: Decimal
    free_storage_gb: Decimal
    """A month, of all tables of an account in a region."""
    pitr_usd_per_gb_month: Decimal
    since: date
    """When they came into force."""
    read_on: date
    """When somebody last looked."""
    source: str

    def of_units(self, *, reads: Decimal | float, writes: Decimal | float) -> Decimal:
        """Return the dollars of so many units; units are multiples of a half, so it is exact."""
        write_usd = Decimal(writes) * self.write_usd_per_million
        read_usd = Decimal(reads) * self.read_usd_per_million
        return (write_usd + read_usd) / MILLION


def prices_of(region: str, file: Path | None = None) -> Prices:
    """Return the prices of a region.

    Args:
        region: As `us-east-1`; empty = that.
        file: Of the user's, in the form of prices.toml; None = the bundled one.

    Raises:
        ConfigurationError: The region's prices are not in the file, or it cannot be read.
    """
    region = region or DEFAULT_REGION
    name = str(file) if file else "prices.toml"
    known = _price_file(file)
    if region not in known:
        raise ConfigurationError(
            f"Prices of {region} are not in {name}, which has {', '.join(sorted(known))}: "
            "write the region's prices into a file (docs/cost.md shows its form) for --prices."
        )
    try:
        return TypeAdapter(Prices).validate_python({"region": region, **known[region]})
    except (ValidationError, TypeError) as error:
        problem = error.errors()[0]["loc"][-1] if isinstance(error, ValidationError) else error
        raise ConfigurationError(f"{name}: {region} has no usable {problem}.") from None


def _price_file(file: Path | None) -> dict[str, Any]:
    try:
        bundled = files("opportune.costs").joinpath("prices.toml")
        return tomllib.loads((file or bundled).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{file} cannot be read as a file of prices: {error}") from None
