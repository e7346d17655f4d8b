"""The price book: dated prices of one region, each with its source."""

import tomllib
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

from opportune.errors import ConfigurationError
from opportune.model.money import cents
from opportune.model.records import Basis

X86_FAMILIES = ("c7i", "m7i", "r7i")
"""What sizing chooses from: compute, general and memory, one generation."""


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for one unit (the name of the row says which), and where the figure is from."""

    amount: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class InstanceType:
    """An EC2 instance type with its Linux on-demand price, US dollars an hour."""

    name: str
    vcpus: int
    ram_gib: int
    hourly: Decimal
    source: str


@dataclass(frozen=True)
class PriceBook:
    """Prices of one region at one date.

    `version` names the book in every estimate; the same version means the same prices.
    """

    version: str
    region: str
    hours_a_year: int
    instance_types: dict[str, InstanceType]
    graviton_families: dict[str, str]
    prices: dict[str, Price]

    @classmethod
    def bundled(cls) -> "PriceBook":
        """Return the book that comes with the package."""
        return _bundled()

    @classmethod
    def load(cls, path: Path) -> "PriceBook":
        """Read a book that the user wrote, in the form of `data/prices-us-east-1.toml`.

        Raises:
            ConfigurationError: It cannot be read, or lacks something; the message names it.
        """
        try:
            return _price_book_of(tomllib.loads(path.read_text(encoding="utf-8")))
        except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
            raise ConfigurationError(f"Price book {path.name}: {problem}.") from problem
        except KeyError as missing:
            raise ConfigurationError(f"Price book {path.name} lacks {missing}.") from missing
        except (AttributeError, TypeError, ValueError, InvalidOperation) as problem:
            raise ConfigurationError(
                f"Price book {path.name} is not in the form of the bundled one: {problem}."
            ) from problem

    def price(self, name: str) -> Price:
        """Return a row by its name.

        Raises:
            ConfigurationError: There is none.
        """
        try:
            return self.prices[name]
        except KeyError:
            raise ConfigurationError(
                f"Price book {self.version} has no price {name!r}: add it, or use the bundled book."
            ) from None

    @cached_property
    def x86_by_price(self) -> tuple[InstanceType, ...]:
        """The types that sizing chooses from, cheapest first; ties by vCPUs, then by name."""
        types = (t for t in self.instance_types.values() if _family(t.name) in X86_FAMILIES)
        return tuple(sorted(types, key=lambda t: (t.hourly, t.vcpus, t.name)))

    def graviton_of(self, instance: InstanceType) -> InstanceType | None:
        """Return the Graviton type of the same size; None if there is none."""
        family, _, size = instance.name.partition(".")
        return self.instance_types.get(f"{self.graviton_families.get(family)}.{size}")

    def yearly(self, instance: InstanceType, basis: Basis) -> Decimal:
        """Return a year of a type's compute under a basis, US dollars, rounded to the cent."""
        return cents(instance.hourly * self.hours_a_year * self.share(basis))

    def share(self, basis: Basis) -> Decimal:
        """Return what remains of the on-demand compute price under a basis.

        Of a Savings Plan the share of m7i.large, for all families. Licences and storage have none.

        Raises:
            ConfigurationError: The book lacks the plan's price.
        """
        rows = self.share_rows(basis)
        return rows[0].amount / rows[1].amount if rows else Decimal(1)

    def share_rows(self, basis: Basis) -> tuple[Price, ...]:
        """Return the price under a Savings Plan and the one on demand that it is a share of."""
        if basis == Basis.ON_DEMAND:
            return ()
        plan = self.price(f"m7i-large-{basis}-3y-month")
        return (plan, self.price("m7i-large-on-demand-month"))


@cache
def _bundled() -> PriceBook:
    text = files("opportune.prices").joinpath("data/prices-us-east-1.toml").read_text("utf-8")
    return _price_book_of(tomllib.loads(text))


def _price_book_of(data: dict[str, Any]) -> PriceBook:
    def source(row: dict[str, Any], name: str) -> str:
        known = data["sources"][row["source"]]
        return f"price book {data['version']}, {name}: {known['name']}, {known['snapshot']}"

    types: dict[str, InstanceType] = {}
    for family, row in data["ec2"].items():
        for size in row["sizes"]:
            instance = _instance_type(family, row, size, source(row, f"ec2.{family}"))
            types[instance.name] = instance
    return PriceBook(
        version=data["version"],
        region=data["region"],
        hours_a_year=data["hours_a_year"],
        instance_types=types,
        graviton_families={f: r["graviton"] for f, r in data["ec2"].items() if "graviton" in r},
        prices={
            name: Price(Decimal(row["amount"]), source(row, f"price.{name}"))
            for name, row in data["price"].items()
        },
    )


def _instance_type(family: str, row: dict[str, Any], size: str, source: str) -> InstanceType:
    # A .large has 2 vCPUs, a .xlarge 4, an N.xlarge 4 N.
    larges = 1 if size == "large" else 2 * int(size.removesuffix("xlarge") or 1)
    return InstanceType(
        name=f"{family}.{size}",
        vcpus=2 * larges,
        ram_gib=2 * larges * row["ram_gib_per_vcpu"],
        hourly=Decimal(row["large_hourly"]) * larges,
        source=source,
    )


def _family(name: str) -> str:
    return name.partition(".")[0]
