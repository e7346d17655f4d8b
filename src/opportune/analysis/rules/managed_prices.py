"""Managed databases: which ones Amazon RDS or Aurora can run at a price that is known.

docs/decisions/0006-database-arr.md says why. Databases of one server, instance and target share one
managed instance. A server whose databases all move, and whose cores they account for, is taken
over: it is no longer needed on EC2. Any other server stays.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from opportune.analysis.base import MONTHS, SizedServer, gb
from opportune.analysis.case import Case
from opportune.analysis.cells import Cells
from opportune.analysis.plays.play import Play, bundled_plays
from opportune.analysis.rules.managed_offers import (
    VCPUS,
    Offer,
    Stays,
    brings_licence,
    is_doubled,
    offer_for,
    size_for,
    sql_edition,
    storage_row,
    target_of,
)
from opportune.analysis.sizing import cpu_units
from opportune.analysis.support import product_of
from opportune.model.assessment import Database
from opportune.model.folding import folded
from opportune.model.money import NOTHING, cents
from opportune.prices.book import Price, PriceBook

DECIDING = (
    "server_id", "engine", "instance", "edition", "license_model", "target_engine", "deployment",
    "is_clustered", "is_replicated", "migration_strategy", "cpu_cores", "size_gb",
)  # fmt: skip
"""Fields of a database that decide whether it moves, as what, and at what price."""


@dataclass(frozen=True, slots=True)
class Move:
    """A managed instance for databases of one server. Amounts: US dollars a year, in cents.

    `cores` are those used at the server's peak. `zones`: 2 for Multi-AZ.
    """

    databases: tuple[Database, ...]
    host: SizedServer
    offer: Offer
    price: Price
    size: str
    cores: float
    ram_gib: float | None
    """None: the server does more than this, so how much RAM it takes is unknown."""
    zones: int
    instance: Decimal
    storage: Decimal

    @property
    def instance_class(self) -> str:
        """Return `db.m5.xlarge`."""
        return f"{self.offer.family}.{self.size}"

    @property
    def multiple(self) -> int:
        """Return how many times the class of the price it is."""
        return VCPUS[self.size] // VCPUS[self.offer.sizes[0]]

    @property
    def size_gb(self) -> Decimal:
        """Return the gigabytes of its databases, unknown ones as 0."""
        return sum((gb(d.size_gb) for d in self.databases), Decimal(0))

    @property
    def keeps_disk(self) -> bool:
        """Tell whether RDS storage for its data has no price: the server's disk stays counted."""
        return not (self.storage and all(d.size_gb for d in self.databases))


@dataclass(frozen=True)
class Plan:
    """Where each database goes.

    `stays`: those not priced, with the reason, in file order. `by_host`: all databases by the id
    of the sized server that they name. `taken_over`: servers no longer needed on EC2.
    """

    moves: tuple[Move, ...]
    stays: tuple[tuple[Database, Stays], ...]
    by_host: Mapping[str, tuple[Database, ...]]
    taken_over: tuple[SizedServer, ...]

    @cached_property
    def taken_over_ids(self) -> frozenset[str]:
        """Ids of the servers no longer needed."""
        return frozenset(s.server.id for s in self.taken_over)

    @cached_property
    def moved(self) -> frozenset[tuple[str, str, int]]:
        """Which databases move, by file, sheet and row."""
        return frozenset(database_key(d) for m in self.moves for d in m.databases)

    def moves_of(self, databases: Iterable[Database]) -> tuple[Move, ...]:
        """Return the managed instances that any of these databases go to."""
        wanted = {database_key(d) for d in databases}
        return tuple(m for m in self.moves if any(database_key(d) in wanted for d in m.databases))

    def is_moved(self, database: Database) -> bool:
        """Tell whether a database goes to a managed instance."""
        return database_key(database) in self.moved

    def storage_replaced(self, host: SizedServer) -> Decimal:
        """Return the cost of a disk no longer needed; 0 if it stays counted for its data."""
        return NOTHING if host.server.id in self._disks_kept else host.storage

    @cached_property
    def _disks_kept(self) -> frozenset[str]:
        return frozenset(m.host.server.id for m in self.moves if m.keeps_disk)

    def cells(self, case: Case, databases: Iterable[Database]) -> tuple[Cells, ...]:
        """Return what decided on these databases: them, their servers, and all others on these."""
        named = {database_key(d): d for d in databases}
        hosts = dict.fromkeys(d.server_id for d in named.values())
        for host in hosts:
            named |= {database_key(d): d for d in self.by_host.get(host, ())}
        rows, sized = tuple(named.values()), case.sized_by_id
        known = [sized[host] for host in hosts if host in sized]
        return (Cells(rows, DECIDING), *case.listed(rows), *case.costs(known))

    def taken_over_cells(self, case: Case) -> tuple[Cells, ...]:
        """Return what decided that the servers taken over are."""
        hosts = self.taken_over_ids
        return self.cells(case, [d for i in sorted(hosts) for d in self.by_host[i]])


def database_key(database: Database) -> tuple[str, str, int]:
    """Return what tells a row apart from those of the same id: file, sheet, row."""
    return (database.table.file, database.table.sheet, database.row)


def managed_plan(case: Case) -> Plan:
    """Decide for each database whether it moves, as what, and at what price; once for a case."""
    plan = case.shared.get("managed")
    if not isinstance(plan, Plan):
        plan = case.shared["managed"] = _planned(case)
    return plan


def _planned(case: Case) -> Plan:
    sized = case.sized_by_id
    by_host: dict[str, list[Database]] = {}
    reasons: dict[tuple[str, str, int], Stays] = {}
    for database in case.assessment.databases:
        if database.server_id in sized:
            by_host.setdefault(database.server_id, []).append(database)
        else:
            reasons[database_key(database)] = Stays.HOST
    moves: list[Move] = []
    taken_over: list[SizedServer] = []
    staying = _engines(bundled_plays()) - _engines(case.plays)
    for host_id, databases in by_host.items():
        found, stays = _placed(case.prices, sized[host_id], databases, staying)
        moves += found
        reasons |= stays
        if not stays and _account_for(sized[host_id], databases):
            taken_over.append(sized[host_id])
    return Plan(
        moves=tuple(moves),
        stays=tuple(
            (d, reasons[database_key(d)])
            for d in case.assessment.databases
            if database_key(d) in reasons
        ),
        by_host={i: tuple(databases) for i, databases in by_host.items()},
        taken_over=tuple(taken_over),
    )


def _engines(plays: Iterable[Play]) -> frozenset[str]:
    """Return the engines that these plays are about."""
    of_databases = (p.trigger for p in plays if p.trigger["rule"] == "databases")
    return frozenset(engine for trigger in of_databases for engine in trigger["engines"])


def _offered(prices: PriceBook, database: Database, staying: Container[str]) -> Offer | Stays:
    """Return what is offered for a database; what no play counts must not be taken over either."""
    return Stays.PLAY if product_of(database) in staying else offer_for(prices, database)


def _placed(
    prices: PriceBook, host: SizedServer, databases: Sequence[Database], staying: Container[str]
) -> tuple[list[Move], dict[tuple[str, str, int], Stays]]:
    """Return the managed instances for a server's databases, and which databases stay, and why."""
    offers = {database_key(d): _offered(prices, d, staying) for d in databases}
    stays = {key: offer for key, offer in offers.items() if isinstance(offer, Stays)}
    whole = not stays and _account_for(host, databases)
    # Instances that state more cores than their server has share them.
    stated = sum(_stated_cores(group) for group in _instances(databases))
    share = min(1, (cpu_units(host.server) or 0) / stated) if stated else 0
    moves: list[Move] = []
    for group in _instances([d for d in databases if database_key(d) not in stays]):
        offer = offers[database_key(group[0])]
        cores = _stated_cores(group)
        if isinstance(offer, Stays) or not cores:
            stays |= {database_key(d): Stays.CORES for d in group}
            continue
        ram_gib = host.need.ram_gib * cores / stated if whole else None
        used = cores * share * (host.need.cpu_peak_fraction or 1)
        move = _move(
            prices, host=host, offer=offer, group=group, cores=round(used, 6), ram_gib=ram_gib
        )
        if move is None:
            stays |= {database_key(d): Stays.TOO_LARGE for d in group}
        else:
            moves.append(move)
    return moves, stays


def _instances(databases: Sequence[Database]) -> list[tuple[Database, ...]]:
    """Return the databases that share an instance; on one server, one target has one."""
    groups: dict[tuple[str, ...], list[Database]] = {}
    for d in databases:
        product = product_of(d) or folded(d.engine)
        key = (product, target_of(d, product), folded(d.instance), sql_edition(d.edition))
        groups.setdefault((*key, str(brings_licence(d))), []).append(d)
    return [tuple(group) for group in groups.values()]


def _stated_cores(group: Sequence[Database]) -> int:
    """Return an instance's cores; its databases repeat them."""
    return max(0, *(d.cpu_cores or 0 for d in group))


def _account_for(host: SizedServer, databases: Sequence[Database]) -> bool:
    """Tell whether the databases' cores are all that the server has, each instance's stated."""
    stated = [_stated_cores(group) for group in _instances(databases)]
    return all(stated) and sum(stated) >= (cpu_units(host.server) or 0)


def _move(  # noqa: PLR0913 - the parts of one instance, each found elsewhere
    prices: PriceBook,
    *,
    host: SizedServer,
    offer: Offer,
    group: tuple[Database, ...],
    cores: float,
    ram_gib: float | None,
) -> Move | None:
    size = size_for(offer, cores, round(ram_gib or 0, 6))
    if size is None:
        return None
    zones = 2 if any(is_doubled(d) for d in group) else 1
    price = prices.price(offer.price)
    multiple = VCPUS[size] // VCPUS[offer.sizes[0]]
    stored = sum((gb(d.size_gb) for d in group), Decimal(0))
    storage = prices.prices.get(storage_row(zones)) if offer.has_storage_price else None
    return Move(
        databases=group,
        host=host,
        offer=offer,
        price=price,
        size=size,
        cores=cores,
        ram_gib=ram_gib,
        zones=zones,
        instance=cents(price.amount * multiple * zones * MONTHS),
        storage=cents(stored * storage.amount * MONTHS) if storage else NOTHING,
    )
