"""Licences of Microsoft: what to review before the move, and SQL Server licences on EC2."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from opportune.analysis.base import SizedServer
from opportune.analysis.case import Case, Finding, Parameters, Sum
from opportune.analysis.cells import Cells
from opportune.analysis.rules.answers import answer_evidence, answers_affirming, first_quote
from opportune.analysis.rules.declared import NUMBER, WORDS, arr_rule, trigger
from opportune.analysis.rules.environments import is_non_production
from opportune.analysis.rules.increments import NO_ARR, ON_DEMAND, server_leaf, usd_input
from opportune.analysis.rules.inventory import microsoft_licences, sql_server_databases
from opportune.analysis.rules.managed_offers import brings_licence, sql_edition
from opportune.analysis.rules.managed_prices import managed_plan
from opportune.analysis.support import database_engine, is_windows, operating_system
from opportune.analysis.tree import ARR, Node, sum_node
from opportune.model.assessment import Database, Server
from opportune.model.money import NOTHING, cents
from opportune.model.records import Priority
from opportune.prices.book import Price

SQL_VCPUS_AT_LEAST = 4
"""vCPUs that a SQL Server licence included on EC2 is billed for, at least."""

LAST_OWN_WINDOWS = 2019
"""Last Windows Server whose own licences may be brought, to Dedicated Hosts only."""

_DEAREST_FIRST = ("enterprise", "standard", "web")
_FREE = ("express", "developer")


@trigger(
    "microsoft-licences",
    {"many": NUMBER, "licence_words": WORDS},
    counts="windows databases enterprise many own later loose standard non_production exported",
    texts="cores licence many_limit last_own answer",
)
def licence_review(case: Case, parameters: Parameters) -> Finding | None:
    """Fires like `microsoft_licences`; tells what a licence assessment would look at.

    `licence_words`: what an answer must affirm to be cited. A readiness comment is never read:
    there "OLA" may be an operational level agreement.
    """
    finding = microsoft_licences(case, parameters)
    if finding is None:
        return None
    words = case.words
    windows = [s for s in case.running if is_windows(s.os_name, s.os_version)]
    databases = sql_server_databases(case)
    own = [s for s in windows if 0 < _windows_year(s) <= LAST_OWN_WINDOWS]
    later = [s for s in windows if _windows_year(s) > LAST_OWN_WINDOWS]
    loose = [s for s in finding.servers if 2 * s.need.vcpus <= s.instance.vcpus]
    answers = answers_affirming(case, parameters["licence_words"])
    exports = [f for f in case.assessment.files if "rvtools" in f.kind]
    hosts = {s.server.id: s.server for s in case.hosts(databases)}
    non_production = [s for s in hosts.values() if is_non_production(s)]
    values = {
        "many": words.count(len(windows) if len(windows) > parameters["many"] else 0),
        "many_limit": words.number(parameters["many"]),
        "own": words.count(len(own)),
        "later": words.count(len(later)),
        "last_own": str(LAST_OWN_WINDOWS),
        "loose": words.count(len(loose)),
        "standard": words.count(sum(sql_edition(d.edition) == "standard" for d in databases)),
        "non_production": words.count(len(non_production)),
        "answer": first_quote(answers),
        "exported": words.count(len(exports)),
    }
    cells = (
        Cells(tuple(windows), ("os_name", "os_version")),
        Cells(tuple(databases), ("engine", "edition", "server_id")),
        Cells(tuple(hosts.values()), ("environment",)),
        *case.sizing(finding.servers),
        *case.in_scope(hosts.values()),
    )
    return replace(
        finding,
        values={**finding.values, **values},
        evidence=(*finding.evidence, *answer_evidence(case, answers)),
        cells=(*finding.cells, *cells),
    )


def _windows_year(server: Server) -> int:
    """Return the year of a Windows Server release; 0 if the files leave it open."""
    found = operating_system(server.os_name, server.os_version)
    return int(found.release.version[:4]) if found and found.release else 0


@dataclass(frozen=True, slots=True)
class SqlServer:
    """A server that runs SQL Server on EC2, and the dearest edition on it."""

    sized: SizedServer
    edition: str
    price: Price
    hourly: Decimal
    """Of SQL Server alone, a vCPU."""

    @property
    def vcpus(self) -> int:
        """Return the vCPUs billed."""
        return max(SQL_VCPUS_AT_LEAST, self.sized.instance.vcpus)


class _Editions:
    """Tells the editions of the servers that an entry of evidence is about, each server once."""

    def __init__(self, case: Case, servers: Sequence[SqlServer]) -> None:
        self._words = case.words
        self._untold = list(servers)

    def __call__(self, rows: Sequence[Database | Server]) -> str:
        ids = {r.server_id if isinstance(r, Database) else r.id for r in rows}
        told = [s for s in self._untold if s.sized.server.id in ids]
        self._untold = [s for s in self._untold if s.sized.server.id not in ids]
        editions = Counter(s.edition.capitalize() for s in told)
        if not editions:
            return self._words.phrase("editions-told")
        return ", ".join(f"{e} ({self._words.number(n)})" for e, n in sorted(editions.items()))


@trigger(
    "sql-server-licences",
    counts="servers enterprise lifted own free unclear moved leaving non_production",
    texts="vcpus editions least low names",
)
def sql_server_licences(case: Case, parameters: Parameters) -> Finding | None:
    """Fires on servers on EC2 whose SQL Server edition is known, and no own licence is named.

    Databases that move to RDS are not on EC2; Express and Developer cost nothing.
    """
    del parameters
    plan = managed_plan(case)
    databases = sql_server_databases(case)
    staying = [d for d in databases if not plan.is_moved(d)]
    licensed = [d for d in staying if not brings_licence(d)]
    settled = [d for d in databases if plan.is_moved(d) or brings_licence(d)]
    servers = _sql_servers(case, licensed, settled)
    if not servers:
        return None
    words = case.words
    ids = {s.sized.server.id for s in servers}
    rows = [s.sized.server for s in servers]
    cited = [d for d in licensed if d.server_id in ids and sql_edition(d.edition)]
    named = [s for s in rows if s.sql_edition]
    free = [d for d in licensed if sql_edition(d.edition) in _FREE]
    editions = Counter(s.edition.capitalize() for s in servers)
    values = {
        "sql": servers,
        "servers": words.count(len(servers)),
        "vcpus": words.number(sum(s.vcpus for s in servers)),
        "editions": ", ".join(f"{e} ({words.number(n)})" for e, n in sorted(editions.items())),
        "enterprise": words.count(editions["Enterprise"]),
        "least": words.number(SQL_VCPUS_AT_LEAST),
        "lifted": words.count(sum(s.sized.instance.vcpus < SQL_VCPUS_AT_LEAST for s in servers)),
        "own": words.count(sum(brings_licence(d) for d in staying)),
        "free": words.count(len(free)),
        "unclear": words.count(sum(not sql_edition(d.edition) for d in licensed)),
        "moved": words.count(len(databases) - len(staying)),
        "leaving": words.count(sum(_leaves(d) for d in cited)),
        "non_production": words.count(sum(is_non_production(s) for s in rows)),
        "low": words.money(_low_amount(case, servers)),
        "names": words.listing([s.hostname or s.id for s in rows]),
    }
    vcpus_of = {id(s.sized.server): s.vcpus for s in servers}
    vcpus = Sum(lambda row: vcpus_of[id(row)], words.number)
    editions_of = _Editions(case, servers)
    evidence = (
        *case.evidence(cited, "edition", "evidence-sql-edition", editions=editions_of),
        *case.evidence(cited, "license_model", "evidence-sql-licence-model"),
        *case.evidence(named, "sql_edition", "evidence-sql-edition", editions=editions_of),
        *case.evidence(rows, "cores", "evidence-sql-hosts", vcpus=vcpus),
    )
    cells = (
        *plan.cells(case, databases),
        Cells(tuple(rows), ("environment", "sql_edition")),
        *case.costs(s.sized for s in servers),
    )
    worst = Priority.HIGH if editions["Enterprise"] else Priority.MEDIUM
    value_cells = {"names": case.names(rows)}
    return Finding(evidence, values, worst, tuple(s.sized for s in servers), cells, value_cells)


def _leaves(database: Database) -> bool:
    """Tell whether the files name another engine as its target."""
    found = database_engine(database.target_engine, "")
    return bool(database.target_engine.strip()) and not (found and found.product == "sql-server")


@arr_rule("sql-server-licences")
def sql_licences(case: Case, finding: Finding) -> ARR:
    """What SQL Server adds to each server's price on EC2, licence included."""
    words, hours = case.words, case.prices.hours_a_year
    found = finding.values["sql"]
    servers = found if isinstance(found, tuple) else ()
    windows = case.prices.price("windows-vcpu-hour")
    children: list[Node] = []
    for s in servers:
        formula = (
            f"SQL Server {s.edition.capitalize()}: {s.vcpus} vCPU x {words.number(hours)} h x "
            f"({words.price(s.price.amount)} - {words.price(windows.amount)})"
        )
        amount = _yearly(case, s.vcpus, s.hourly)
        children.append(server_leaf(case, s.sized, amount, formula, s.price.source, windows.source))
    tree = sum_node(words.phrase("label-sql"), words.phrase("formula-sql"), children)
    as_is = sum(
        (_yearly(case, max(s.vcpus, s.sized.as_is_instance.vcpus), s.hourly) for s in servers),
        NOTHING,
    )
    inputs = (usd_input(words.phrase("label-sql"), tree.amount, _sources(servers)),)
    basis = ON_DEMAND if children else NO_ARR
    low, high = min(_low_amount(case, servers), tree.amount), max(as_is, tree.amount)
    return ARR(tree, low, high, basis, words.phrase("formula-sql-arr"), inputs)


def _low_amount(case: Case, servers: Sequence[SqlServer]) -> Decimal:
    """Return what is left with Developer outside of production and Standard for Enterprise."""
    production = [s for s in servers if not is_non_production(s.sized.server)]
    standard = _sql_price(case, "standard")
    hourlies = ((s, min(s.hourly, standard[1]) if standard else s.hourly) for s in production)
    return sum((_yearly(case, s.vcpus, hourly) for s, hourly in hourlies), NOTHING)


def _yearly(case: Case, vcpus: int, hourly: Decimal) -> Decimal:
    return cents(vcpus * hourly * case.prices.hours_a_year)


def _sources(servers: Sequence[SqlServer]) -> str:
    return "; ".join(sorted({s.price.source for s in servers}))


def _sql_servers(
    case: Case, databases: Sequence[Database], settled: Sequence[Database]
) -> tuple[SqlServer, ...]:
    """Return the servers to license, each with its dearest edition, in file order.

    The edition of a server itself speaks only where no database on it is settled: gone to RDS, or
    under an own licence. Databases under an own licence license their whole server.
    """
    covered = {d.server_id for d in settled if brings_licence(d)}
    spoken_for = {d.server_id for d in settled}
    editions: dict[str, set[str]] = {}
    for database in databases:
        editions.setdefault(database.server_id, set()).add(sql_edition(database.edition))
    found: list[SqlServer] = []
    for sized in case.base.sized:
        server = sized.server
        own = "" if server.id in spoken_for else sql_edition(server.sql_edition)
        on_it = editions.get(server.id, set()) | {own}
        edition = next((e for e in _DEAREST_FIRST if e in on_it), "")
        price = _sql_price(case, edition)
        if server.id not in covered and price is not None:
            found.append(SqlServer(sized, edition, *price))
    return tuple(found)


def _sql_price(case: Case, edition: str) -> tuple[Price, Decimal] | None:
    """Return the row of Windows with an edition, and what SQL Server alone costs a vCPU-hour."""
    row = case.prices.prices.get(f"windows-sql-{edition}-vcpu-hour")
    windows = case.prices.price("windows-vcpu-hour")
    return (row, row.amount - windows.amount) if row else None
