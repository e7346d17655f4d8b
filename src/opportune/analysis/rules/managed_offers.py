"""What a managed database costs: targets, editions and licences whose RDS price is known."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from opportune.analysis.support import database_engine, product_of
from opportune.model.assessment import Database
from opportune.model.folding import folded
from opportune.prices.book import PriceBook

RAM_GIB_PER_VCPU = 4
"""Of db.m5, and of db.t3 from large on."""

VCPUS = {"large": 2, "xlarge": 4, "2xlarge": 8, "4xlarge": 16, "8xlarge": 32, "12xlarge": 48,
          "16xlarge": 64, "24xlarge": 96}  # fmt: skip
_M5 = tuple(VCPUS)
_T3 = _M5[:3]


class Stays(StrEnum):
    """Why a database is not priced as a managed one."""

    HOST = "host"
    """Its server is not stated, does not run, or cannot be sized: the base says nothing of it."""
    STRATEGY = "strategy"
    """The files say that it is to be retained or retired."""
    CLUSTER = "cluster"
    """Oracle RAC, which RDS for Oracle does not run."""
    NO_PRICE = "no-price"
    """The price book has none for this target, edition and licence."""
    CORES = "cores"
    """Its cores are not stated."""
    TOO_LARGE = "too-large"
    """It needs more than the largest class whose price is known."""
    PLAY = "play"
    """No play in the analysis is about its engine, so no opportunity mentions it."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A managed database whose price is known: of its smallest class, a month, in one zone."""

    name: str
    price: str
    """Row of the price book, for the first of `sizes`."""
    family: str
    sizes: tuple[str, ...]
    has_storage_price: bool = True


_OFFERS: Mapping[str, Offer] = {
    "mysql": Offer("RDS for MySQL", "rds-mysql-m5-large-month", "db.m5", _M5),
    "postgresql": Offer("RDS for PostgreSQL", "rds-postgresql-t3-large-month", "db.t3", _T3),
    "aurora": Offer(
        "Aurora", "rds-aurora-t3-large-month", "db.t3", _T3[:1], has_storage_price=False
    ),
    "oracle se2": Offer("RDS for Oracle SE2", "rds-oracle-se2-t3-large-month", "db.t3", _T3),
    "oracle ee byol": Offer(
        "RDS for Oracle EE (BYOL)", "rds-oracle-ee-byol-t3-large-month", "db.t3", _T3
    ),
    "sql-server web": Offer(
        "RDS for SQL Server Web", "rds-sql-web-t3-large-month", "db.t3", _T3
    ),
    "sql-server express": Offer(
        "RDS for SQL Server Express", "rds-sql-express-t3-large-month", "db.t3", _T3
    ),
    "sql-server standard": Offer(
        "RDS for SQL Server Standard", "rds-sql-standard-m5-xlarge-month", "db.m5", _M5[1:]
    ),
    "sql-server enterprise": Offer(
        "RDS for SQL Server Enterprise", "rds-sql-enterprise-m5-xlarge-month", "db.m5", _M5[1:]
    ),
}  # fmt: skip


def storage_row(zones: int) -> str:
    """Return the price book's row for a managed database's storage."""
    return "rds-storage-multi-az-gb-month" if zones > 1 else "rds-storage-gb-month"


def size_for(offer: Offer, vcpus: float, ram_gib: float) -> str | None:
    """Return the smallest size that has this much; None if none has."""
    return next(
        (
            size
            for size in offer.sizes
            if VCPUS[size] >= vcpus and VCPUS[size] * RAM_GIB_PER_VCPU >= ram_gib
        ),
        None,
    )


def is_doubled(database: Database) -> bool:
    """Tell whether it runs twice today, or the files ask for Multi-AZ."""
    asked = "multi" in folded(database.deployment)
    return asked or database.is_clustered is True or database.is_replicated is True


def brings_licence(database: Database) -> bool:
    """Tell whether the files say that the customer brings the licence."""
    licence = folded(database.license_model)
    return any(word in licence for word in ("byol", "byom", "bring your own"))


_EDITIONS = (
    ("enterprise", r"\benterprise\b|\bent\b|\bee\b"),
    ("standard", r"\bstandard\b|\bstd\b|\bse ?\d?\b"),
    ("web", r"\bweb\b"),
    ("express", r"\bexpress\b|\bex\b|\bxe\b"),
    ("developer", r"\bdeveloper\b|\bdev\b"),
)


def sql_edition(text: str) -> str:
    """Return enterprise, standard, web, express or developer; "" if the text names none."""
    edition = folded(text)
    return next((name for name, pattern in _EDITIONS if re.search(pattern, edition)), "")


def offer_for(prices: PriceBook, database: Database) -> Offer | Stays:
    """Return the managed database that the files ask for, or why none is offered."""
    if folded(database.migration_strategy).startswith(("retain", "retire")):
        return Stays.STRATEGY
    source = product_of(database)
    target = target_of(database, source)
    if target == "oracle" and database.is_clustered:
        return Stays.CLUSTER
    offer = _OFFERS.get(f"{target} {_licence(database, source, target)}".strip())
    return offer if offer and offer.price in prices.prices else Stays.NO_PRICE


def target_of(database: Database, source: str) -> str:
    """Return the engine that the files ask for; its own where they ask for none."""
    if not database.target_engine.strip():
        return source
    if "aurora" in folded(database.target_engine):
        return "aurora"
    found = database_engine(database.target_engine, "")
    return found.product if found else "unknown"


def _licence(database: Database, source: str, target: str) -> str:
    """Return what a commercial engine's price depends on; `none` where we know no price."""
    if target not in ("oracle", "sql-server"):
        return ""
    own, edition = brings_licence(database), sql_edition(database.edition)
    if source != target:
        return "none"
    if target == "sql-server":
        return "none" if own else edition or "none"
    included = "included" in folded(database.license_model)
    if edition == "enterprise":  # RDS has no Enterprise Edition with the licence included
        return "none" if included else "ee byol"
    return "se2" if edition == "standard" and not own else "none"
