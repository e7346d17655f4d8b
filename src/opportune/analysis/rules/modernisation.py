"""Applications: which could run in containers, which names SAP, and where files are kept."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from opportune.analysis.base import SizedServer
from opportune.analysis.case import Case, Finding, Parameters, counted_in_base
from opportune.analysis.cells import Cells, Cited
from opportune.analysis.rules.answers import answer_evidence, answers_affirming, first_quote, says
from opportune.analysis.rules.declared import WORDS, arr_rule, trigger
from opportune.analysis.rules.increments import ON_DEMAND, counted, usd_input
from opportune.analysis.support import is_windows
from opportune.analysis.tree import ARR, Node, sum_node
from opportune.model.assessment import Application, Database, Link
from opportune.model.folding import folded
from opportune.model.money import NOTHING, cents
from opportune.model.records import Priority

_TEXTS = ("name", "kind", "architecture")
_MAKERS = (*_TEXTS, "vendor")
_STAYS = ("retain", "retire", "repurchase", "mantener", "retirar", "manter", "aposentar")
_CHANGES = ("re-architect", "rearchitect", "refactor", "replatform", "re-platform", "rebuild")


@trigger(
    "containers",
    {"web": WORDS, "services": WORDS, "runtimes": WORDS},
    counts="applications services changing servers windows hosts unlinked",
    texts="names counted",
)
def containers(case: Case, parameters: Parameters) -> Finding | None:
    """Fires on applications that say what containers suit: a web tier, services, a runtime.

    `web` is looked for in the application's type, `services` in type and architecture, `runtimes`
    in name, type and architecture. An operating system alone says nothing. Servers that host a
    database are not candidates.
    """
    looked_for = (
        ("kind", (*parameters["web"], *parameters["services"], *parameters["runtimes"])),
        ("architecture", (*parameters["services"], *parameters["runtimes"])),
        ("name", parameters["runtimes"]),
    )
    by_field: dict[str, list[Application]] = {}
    applications: list[Application] = []
    for application in case.assessment.applications:
        if folded(application.migration_strategy).startswith(_STAYS):
            continue
        field = next((f for f, w in looked_for if says(getattr(application, f), w)), "")
        if field:
            by_field.setdefault(field, []).append(application)
            applications.append(application)
    if not applications:
        return None
    words = case.words
    servers, links, barring = _servers_of(case, applications)
    services = [a for a in applications if says(a.architecture, parameters["services"])]
    changing = [a for a in applications if folded(a.migration_strategy).startswith(_CHANGES)]
    windows = [s for s in servers if is_windows(s.server.os_name, s.server.os_version)]
    values = {
        "applications": words.count(len(applications)),
        "names": words.listing([a.name or a.id for a in applications]),
        "services": words.count(len(services)),
        "changing": words.count(len(changing)),
        "servers": words.count(len(servers)),
        "windows": words.count(len(windows)),
        "hosts": words.count(len({d.server_id for d in barring})),
        "counted": words.money(counted_in_base(servers)),
        "unlinked": words.count(0 if servers else len(applications)),
    }
    evidence = (
        *(
            cited
            for field, rows in by_field.items()
            for cited in case.evidence(rows, field, "evidence-containers")
        ),
        *case.evidence((s.server for s in servers), "cores", "evidence-container-servers"),
        *case.evidence(applications, "id", "evidence-applications"),
    )
    cells = (
        *case.listed(applications),
        Cells(tuple(applications), (*_TEXTS, "migration_strategy")),
        Cells(tuple(links), ("source", "target")),
        Cells(tuple(barring), ("server_id",)),
        *case.listed(barring),
        *case.costs(servers),
    )
    worst = Priority.MEDIUM if services or changing else Priority.LOW
    return Finding(evidence, values, worst, servers, cells)


def _servers_of(
    case: Case, applications: Iterable[Application]
) -> tuple[tuple[SizedServer, ...], list[Link], list[Database]]:
    """Return the servers of applications without a database on them, the links, the databases."""
    links = _links_of(case, applications)
    ids = {i.source for i in links}
    barring = [d for d in case.assessment.databases if d.server_id in ids]
    free = ids - {d.server_id for d in barring}
    return case.sized(free), links, barring


@arr_rule("containers")
def container_platform(case: Case, finding: Finding) -> ARR:
    """One EKS cluster beside the capacity that the base counts; Fargate instead, as a bound."""
    words, prices, hours = case.words, case.prices, case.prices.hours_a_year
    names = ("eks-cluster-hour", "fargate-vcpu-hour", "fargate-gb-hour")
    if not finding.servers or any(name not in prices.prices for name in names):
        return counted(case, finding)
    cluster, vcpu, memory = (prices.price(name) for name in names)
    leaf = Node(
        words.phrase("label-eks"),
        cents(cluster.amount * hours),
        f"{words.number(hours)} h x {words.price(cluster.amount)}",
        (cluster.source,),
    )
    tree = sum_node(words.phrase("label-containers"), words.phrase("formula-containers"), [leaf])
    linux = [s for s in finding.servers if not s.licence]
    fargate = sum(
        (
            cents(
                (
                    Decimal(str(s.need.vcpus)) * vcpu.amount
                    + Decimal(str(s.need.ram_gib)) * memory.amount
                )
                * hours
            )
            for s in linux
        ),
        NOTHING,
    )
    ec2 = sum((s.compute for s in linux), NOTHING)
    inputs = (
        usd_input(words.phrase("label-eks"), tree.amount, cluster.source),
        usd_input(words.phrase("input-fargate"), fargate, f"{vcpu.source}; {memory.source}"),
        usd_input(words.phrase("input-fargate-instead"), ec2, words.phrase("source-base")),
    )
    views = (NOTHING, tree.amount, fargate - ec2)
    formula = words.phrase("formula-containers-arr")
    return ARR(tree, min(views), max(views), ON_DEMAND, formula, inputs)


@trigger(
    "file-storage",
    {"file_servers": WORDS, "cold": WORDS},
    counts="applications answers cold servers",
    texts="names answer storage gp3 s3 ia st1 counted",
)
def file_storage(case: Case, parameters: Parameters) -> Finding | None:
    """Fires on file servers that applications name, and on answers about shared or cold files.

    How full a disk is says nothing about how often it is read: a server's disk alone never fires.
    """
    served = [a for a in case.assessment.applications if _any(a, parameters["file_servers"])]
    answers = answers_affirming(case, (*parameters["file_servers"], *parameters["cold"]))
    if not served and not answers:
        return None
    words, prices = case.words, case.prices
    servers, links = _linked_servers(case, served)
    storage = sum((s.storage for s in servers), NOTHING)
    values = {
        "applications": words.count(len(served)),
        "names": words.listing([a.name or a.id for a in served]),
        "answers": words.count(len(answers)),
        "answer": first_quote(answers),
        "cold": words.count(sum(bool(says(text, parameters["cold"])) for _, text in answers)),
        "servers": words.count(len(servers)),
        "storage": words.money(storage),
        "gp3": words.price(prices.price("gp3-gb-month").amount),
        "s3": _price_text(case, "s3-standard-gb-month"),
        "ia": _price_text(case, "s3-standard-ia-gb-month"),
        "st1": _price_text(case, "st1-gb-month"),
        "counted": words.money(counted_in_base(servers)),
    }
    evidence = (
        *(c for a in served for c in _named_in(case, a, parameters["file_servers"])),
        *case.evidence((s.server for s in servers), "disk_gb", "evidence-file-disks"),
        *answer_evidence(case, answers),
        *_context(case),
    )
    cells = (
        *case.listed(served),
        Cells(tuple(served), _TEXTS),
        Cells(tuple(links), ("source", "target")),
        *case.all_running,
    )
    worst = Priority.MEDIUM if answers else Priority.LOW
    return Finding(evidence, values, worst, servers, cells)


def _price_text(case: Case, name: str) -> str:
    price = case.prices.prices.get(name)
    return case.words.price(price.amount) if price else ""


@trigger(
    "sap",
    {"names": WORDS, "engines": WORDS},
    counts="applications systems databases answers servers",
    texts="names answer counted",
)
def sap(case: Case, parameters: Parameters) -> Finding | None:
    """Fires where answers, applications, operating systems or engines name SAP as a word."""
    names = parameters["names"]
    answers = answers_affirming(case, names)
    applications = [a for a in case.assessment.applications if _any(a, names, _MAKERS)]
    systems = [s for s in case.running if says(f"{s.os_name} {s.os_version}", names)]
    databases = [d for d in case.assessment.databases if says(d.engine, parameters["engines"])]
    if not (answers or applications or systems or databases):
        return None
    words = case.words
    linked, links = _linked_servers(case, applications)
    ids = {s.server.id for s in linked} | {s.id for s in systems}
    ids |= {d.server_id for d in databases}
    servers = case.sized(ids)
    values = {
        "applications": words.count(len(applications)),
        "names": words.listing([a.name or a.id for a in applications]),
        "systems": words.count(len(systems)),
        "databases": words.count(len(databases)),
        "answers": words.count(len(answers)),
        "answer": first_quote(answers),
        "servers": words.count(len(servers)),
        "counted": words.money(counted_in_base(servers)),
    }
    evidence = (
        *(c for a in applications for c in _named_in(case, a, names, _MAKERS)),
        *case.evidence(systems, "os_name", "evidence-sap-system"),
        *case.evidence(databases, "engine", "evidence-sap-engine"),
        *answer_evidence(case, answers),
        *_context(case),
    )
    cells = (
        *case.listed((*applications, *databases)),
        Cells(tuple(applications), _MAKERS),
        Cells(tuple(links), ("source", "target")),
        Cells(tuple(databases), ("engine", "server_id")),
        Cells(tuple(systems), ("os_name", "os_version")),
        *case.all_running,
    )
    worst = Priority.HIGH if answers and (systems or databases or applications) else Priority.MEDIUM
    return Finding(evidence, values, worst, servers, cells)


def _any(application: Application, words: Sequence[str], fields: Sequence[str] = _TEXTS) -> bool:
    return any(says(getattr(application, field), words) for field in fields)


def _named_in(
    case: Case, application: Application, words: Sequence[str], fields: Sequence[str] = _TEXTS
) -> tuple[Cited, ...]:
    """Return the field of an application that names what was looked for."""
    field = next(f for f in fields if says(getattr(application, f), words))
    return case.evidence(
        [application], field, "evidence-application-says", text=getattr(application, field)
    )


def _links_of(case: Case, applications: Iterable[Application]) -> list[Link]:
    """Return the links of applications to servers, those of each application once."""
    of = case.links_of_application
    return [link for id_ in {a.id: a for a in applications} for link in of.get(id_, ())]


def _linked_servers(
    case: Case, applications: Sequence[Application]
) -> tuple[tuple[SizedServer, ...], list[Link]]:
    """Return the servers that applications run on, and the links that say so."""
    links = _links_of(case, applications)
    return case.sized(i.source for i in links), links


def _context(case: Case) -> tuple[Cited, ...]:
    """Return how many servers run, as context for a single word in the files."""
    return case.evidence(case.running, "id", "evidence-workload")
