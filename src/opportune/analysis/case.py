"""What the rules look at: one assessment, indexed once, with the base calculation beside it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache, cached_property
from itertools import takewhile
from typing import Any

from opportune.analysis.base import Base, SizedServer
from opportune.analysis.cells import WHOLE_ROW, Cells, Cited, Fact
from opportune.analysis.places import located
from opportune.analysis.plays.play import Play, bundled_plays
from opportune.analysis.support import is_windows
from opportune.model.assessment import Application, Assessment, Database, Link, Server
from opportune.model.folding import folded
from opportune.model.money import NOTHING
from opportune.model.phrases import NAMES_LISTED, Wording
from opportune.model.records import Basis, Evidence, Priority
from opportune.prices.book import InstanceType, PriceBook

Parameters = Mapping[str, Any]
"""A rule's own table in a play's file."""


Listed = Server | Database | Application

Named = tuple[Cells, ...]
"""Cells that a figure or a sentence rests on."""

_MACHINE = ("id", "is_powered_on", "is_template")
_NAMELESS = (*_MACHINE, "os_name")


@dataclass(frozen=True)
class Sum:
    """An amount that entries of evidence share out among them.

    Args:
        of: A row's amount.
        written: How a sum is written.
        decimals: Of the written sum: rounded entries still add up to the rounded total.
    """

    of: Callable[[Any], Any]
    written: Callable[[Any], object]
    decimals: int = 0

    def shares(self, groups: Sequence[Sequence[Listed]]) -> list[object]:
        """Return each group's sum as it is written."""
        if len(groups) == 1:
            return [self.written(sum(map(self.of, groups[0])))]
        step = Decimal(1).scaleb(-self.decimals)
        before, shares = Decimal(0), list[object]()
        total: Any = 0
        for rows in groups:
            total = sum(map(self.of, rows), total)
            rounded = Decimal(str(total)).quantize(step)
            share = rounded - before
            shares.append(self.written(share if self.decimals else int(share)))
            before = rounded
        return shares


def _told(value: object, groups: Sequence[Sequence[Listed]]) -> list[object]:
    """Return a value of a phrase for each entry of evidence."""
    if isinstance(value, Sum):
        return value.shares(groups)
    return [value(rows) if callable(value) else value for rows in groups]


@dataclass(frozen=True)
class Finding:
    """What a trigger rule found. Without one the play does not fire.

    `values` fill the placeholders of the play's texts. `servers` are those of the base calculation
    that the play is about. `worst` is the priority that the facts ask for.

    `cells` are those that decided, beyond the ones that the evidence cites; `value_cells` those
    that a value rests on besides, named only if a sentence uses that value. The principle: a
    member of a set names the cells that put it there; what is not a member names nothing.
    """

    evidence: tuple[Cited, ...]
    values: Mapping[str, object]
    worst: Priority
    servers: tuple[SizedServer, ...] = ()
    cells: Named = ()
    value_cells: Mapping[str, Named] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """One assessment on one day in one language."""

    assessment: Assessment
    run_date: date
    words: Wording
    prices: PriceBook
    base: Base
    basis: Basis = Basis.ON_DEMAND
    shared: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """What several rules need and one works out, by that one's name."""
    plays: tuple[Play, ...] = field(default_factory=bundled_plays, repr=False)
    """Those that take part: what one counts, another leaves out."""

    @cached_property
    def running(self) -> tuple[Server, ...]:
        """The machines that run, in file order."""
        return tuple(s for s in self.assessment.machines if s.is_powered_on)

    @cached_property
    def sized_by_id(self) -> dict[str, SizedServer]:
        """The servers of the base calculation, by id."""
        return {s.server.id: s for s in self.base.sized}

    @cached_property
    def links_of_application(self) -> dict[str, tuple[Link, ...]]:
        """What says which servers an application runs on, by the application's id."""
        found: dict[str, list[Link]] = {}
        for link in self.assessment.links:
            if link.kind == "server-application":
                found.setdefault(link.target, []).append(link)
        return {application: tuple(links) for application, links in found.items()}

    @cached_property
    def _places_by_id(self) -> dict[str, list[int]]:
        places: dict[str, list[int]] = {}
        for place, sized in enumerate(self.base.sized):
            places.setdefault(sized.server.id, []).append(place)
        return places

    def sized(self, ids: Iterable[str]) -> tuple[SizedServer, ...]:
        """Return the servers of the base calculation with these ids, each once, in file order."""
        places = sorted(p for i in set(ids) for p in self._places_by_id.get(i, ()))
        return tuple(map(self.base.sized.__getitem__, places))

    def hosts(self, databases: Iterable[Database]) -> tuple[SizedServer, ...]:
        """Return the servers of the base calculation that these databases run on."""
        return self.sized(d.server_id for d in databases)

    def yearly(self, instance: InstanceType) -> Decimal:
        """Return a year of a type's compute under the basis of the analysis, in cents."""
        return self.prices.yearly(instance, self.basis)

    def evidence(
        self, rows: Iterable[Listed], column: str, key: str, **said: object
    ) -> tuple[Cited, ...]:
        """Return a fact about rows, once per file and sheet they stand in.

        Each entry tells of its own rows alone, and all entries together of all rows.

        Args:
            rows: Those that show it; none: no evidence.
            column: The field that shows it.
            key: Phrase that tells it.
            said: Values for the phrase. A `Sum` becomes that of the entry's rows, a function what
                it makes of them. `n` is given: how many rows.
        """
        facts = tuple(rows)
        places = located(facts, column)
        # A single entry adds up in the order given, as its total does.
        members = [facts] if len(places) == 1 else [found.facts for found in places]
        texts = {name: _told(value, members) for name, value in said.items()}
        return tuple(
            Cited(
                Evidence(
                    file=found.file,
                    location=found.location,
                    text=self.words.phrase(
                        key,
                        n=self.words.count(len(found.facts)),
                        **{name: told[number] for name, told in texts.items()},
                    ),
                ),
                Cells(found.rows, (column,)),
            )
            for number, found in enumerate(places)
        )

    # Cells, by what they decide

    @cached_property
    def _same_ids(self) -> dict[tuple[type, str], list[Listed]]:
        """Rows by id, of ids that several have: a later one counts because it says otherwise."""
        found: dict[tuple[type, str], list[Listed]] = {}
        facts = self.assessment
        rows: Iterable[Listed] = (*facts.servers, *facts.databases, *facts.applications)
        for row in rows:
            found.setdefault((type(row), row.id.casefold()), []).append(row)
        return {key: same for key, same in found.items() if len(same) > 1}

    def _earlier(self, row: Listed) -> list[Listed]:
        """Return the rows of the same id above a row."""
        same = self._same_ids.get((type(row), row.id.casefold()), []) if self._same_ids else []
        return list(takewhile(lambda other: other is not row, same))

    def cores_told(self) -> Sum:
        """Return what writes the cores of an entry's servers."""
        return Sum(lambda s: s.cores or s.threads or 0, self.words.number)

    def ram_told(self) -> Sum:
        """Return what writes their RAM, in GB."""
        return Sum(lambda s: s.ram_gb or 0, self.words.short, 2)

    def size_told(self) -> Sum:
        """Return what writes the sizes of an entry's databases, in GB."""
        return Sum(lambda d: d.size_gb or 0, self.words.short, 2)

    def yearly_told(self, amounts: Iterable[tuple[Server, Decimal]]) -> Sum:
        """Return what writes the dollars a year of an entry's servers; of others they are 0."""
        by_server = {id(server): amount for server, amount in amounts}
        return Sum(lambda s: by_server.get(id(s), NOTHING), self.words.money)

    def repeats(self, rows: Iterable[Listed]) -> Named:
        """Return the rows that these would only repeat if they did not say otherwise."""
        if not self._same_ids:
            return ()
        return by_fields((other, (WHOLE_ROW,)) for row in rows for other in self._earlier(row))

    def scope_fields(self, row: Listed) -> tuple[str, ...]:
        """Return the fields that tell a row apart, and make it a machine that runs, or does not."""
        if self._same_ids and self._earlier(row):
            return (WHOLE_ROW,)
        if not isinstance(row, Server):
            return ("id",)
        return _NAMELESS if not row.hostname and row.id.startswith("row ") else _MACHINE

    def in_scope(self, servers: Iterable[Server]) -> Named:
        """Return what makes these rows machines that run, or do not, and tells them apart."""
        servers = tuple(servers)
        return (*by_fields((s, self.scope_fields(s)) for s in servers), *self.repeats(servers))

    @cached_property
    def all_running(self) -> Named:
        """What makes `running` what they are."""
        return self.in_scope(self.running)

    def listed(self, rows: Iterable[Database | Application]) -> Named:
        """Return what makes these rows databases or applications, and tells them apart."""
        rows = tuple(rows)
        return (*by_fields((r, self.scope_fields(r)) for r in rows), *self.repeats(rows))

    def names(self, rows: Sequence[Listed], limit: int = NAMES_LISTED) -> Named:
        """Return the names that a listing of these rows shows."""
        return by_fields(
            (r, ("hostname" if isinstance(r, Server) else "name",)) for r in rows[:limit]
        )

    def hostnames(self, servers: Iterable[SizedServer]) -> Named:
        """Return what labels these servers, beside their ids."""
        return (Cells(tuple(s.server for s in servers), ("hostname",)),)

    @cached_property
    def _fields(self) -> dict[int, tuple[tuple[str, ...], tuple[str, ...]]]:
        """Fields of each sized server, by its identity: those of its type, and of its cost."""
        return {
            id(s): (
                (*(scope := self.scope_fields(s.server)), *sizing_fields(s)),
                (*scope, *cost_fields(s)),
            )
            for s in (*self.base.sized, *self.base.powered_off_sized)
        }

    def type_fields(self, sized: SizedServer) -> tuple[str, ...]:
        """Return the fields that make a row a server that is sized, and decided its type."""
        return self._fields[id(sized)][0]

    def cost_fields(self, sized: SizedServer) -> tuple[str, ...]:
        """Return those, and the ones that decided the rest of its cost."""
        return self._fields[id(sized)][1]

    def amounts(self, servers: Iterable[Server]) -> Named:
        """Return what sums of cores and RAM over these servers add up."""
        return by_fields((s, (*_units(s), *(("ram_gb",) if s.ram_gb else ()))) for s in servers)

    def sizing(self, servers: Iterable[SizedServer]) -> Named:
        """Return why these servers are sized, and as which type: what compute rests on."""
        servers = tuple(servers)
        return (
            *by_fields((s.server, self.type_fields(s)) for s in servers),
            *self.repeats(s.server for s in servers),
        )

    def costs(self, servers: Iterable[SizedServer]) -> Named:
        """Return what the base calculation of these servers rests on."""
        servers = tuple(servers)
        return (
            *by_fields((s.server, self.cost_fields(s)) for s in servers),
            *self.repeats(s.server for s in servers),
        )

    def hosting(self, databases: Iterable[Database]) -> Named:
        """Return what joins databases to the servers that `hosts` returns, and those servers."""
        joined = tuple(d for d in databases if d.server_id in self.sized_by_id)
        by_name = any("server_id_host" in d.table.columns for d in joined)
        hosts = self.hosts(joined)
        return (
            *by_fields((d, ("server_id",)) for d in joined),
            *by_fields((s.server, ("hostname",)) for s in hosts if by_name),
            *self.costs(hosts),
        )

    def windows(self, servers: Iterable[Server]) -> Named:
        """Return what says that these servers run Windows."""
        return by_fields((s, windows_fields(s)) for s in servers)


def _units(server: Server) -> tuple[str, ...]:
    if server.cores is not None:
        return ("cores",) if server.cores else ()
    return ("threads",) if server.threads else ()


def sizing_fields(sized: SizedServer) -> tuple[str, ...]:
    """Return the fields that decided a server's type."""
    need = sized.need
    return (
        *_units(sized.server),
        "ram_gb",
        *(("cpu_peak_fraction",) if need.cpu_peak_fraction is not None else ()),
        *(("ram_peak_fraction",) if need.ram_peak_fraction is not None else ()),
    )


def cost_fields(sized: SizedServer) -> tuple[str, ...]:
    """Return the fields that decided a server's cost."""
    return (
        *sizing_fields(sized),
        *(windows_fields(sized.server) if sized.licence else ()),
        *(("disk_gb",) if sized.server.disk_gb else ()),
    )


def windows_fields(server: Server) -> tuple[str, ...]:
    """Return the fields that say that a server runs Windows: the name, if that is enough."""
    return ("os_name",) if _names_windows(server.os_name) else ("os_name", "os_version")


@cache
def _names_windows(os_name: str) -> bool:
    return is_windows(os_name, "")


def by_fields(pairs: Iterable[tuple[Fact, tuple[str, ...]]]) -> Named:
    """Return cells, facts of the same fields together."""
    groups: dict[tuple[str, ...], list[Fact]] = {}
    for fact, fields in pairs:
        groups.setdefault(fields, []).append(fact)
    return tuple(Cells(tuple(facts), fields) for fields, facts in groups.items() if fields)


def counted_in_base(servers: Iterable[SizedServer]) -> Decimal:
    """Return what the base calculation already counts for these servers, US dollars a year."""
    return sum((s.total for s in servers), NOTHING)


def is_production(server: Server) -> bool:
    """Tell whether the files call a server's environment production, in any of our languages."""
    return folded(server.environment).startswith(("prod", "prd"))
