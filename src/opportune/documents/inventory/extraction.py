"""Reads the facts of recognised tables, whatever family they are of.

What a row says of a machine that another table lists is kept apart (`Extra`) until all files are
read: `supplements` puts it where it belongs.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields

from opportune.documents.inventory import layouts
from opportune.documents.inventory.application_names import by_their_ids
from opportune.documents.inventory.cells import flag_of, is_error
from opportune.documents.inventory.columns import Columns
from opportune.documents.inventory.layouts import Layout
from opportune.documents.inventory.other_rows import (
    applications_of_rows,
    databases_of_rows,
    note_other_rows,
)
from opportune.documents.inventory.plausibility import check_servers
from opportune.documents.inventory.recognition import Recognised
from opportune.documents.inventory.row_kinds import (
    ADDRESS,
    APPLICATION,
    DATABASE,
    PLACEHOLDER,
    SERVER,
    kinds_of_rows,
)
from opportune.documents.inventory.server_details import applications_in, databases_in
from opportune.documents.inventory.servers import read_servers
from opportune.documents.inventory.tables import FoundTable, header_key
from opportune.documents.inventory.units import DISK_RULES
from opportune.documents.opening.texts import text_of
from opportune.documents.opening.workbook import Cell
from opportune.documents.quality import Code, Notes, Spot
from opportune.model.assessment import (
    BUSINESS_FIELDS,
    Application,
    Aside,
    Assessment,
    Database,
    Link,
    Server,
)

_IDENTITY = {
    layouts.SERVERS: (
        "id",
        "hostname",
        "os_name",
        "other_id",
        "other_name",
        "ip_address",
        "moref",
    ),
    layouts.SERVER_FACTS: ("id", "hostname", "other_name", "ip_address"),
    layouts.SERVER_PARTS: ("id", "hostname"),
    layouts.HOSTS: ("host",),
    "databases": ("id", "name", "instance"),
    "applications": ("id", "name"),
}
"""Fields of which a row must have one, or it is no such thing."""

_BUSINESS = tuple(f.name for f in fields(Application) if f.name in BUSINESS_FIELDS)
_TOTALS = frozenset(("total", "totals", "subtotal", "grandtotal", "sum", "average", "count"))


ServerTable = tuple[FoundTable, Columns, tuple[Server, ...]]


@dataclass(frozen=True)
class Extra:
    """A table that says more about servers that another one lists."""

    found: FoundTable
    columns: Columns
    servers: tuple[Server, ...] = ()
    """Its rows, read as servers, if they are no parts of such."""


@dataclass(frozen=True)
class Extracted:
    """What a file says."""

    facts: Assessment
    layouts: tuple[Layout, ...] = ()
    """Of its family, in its order."""
    tables: tuple[ServerTable, ...] = ()
    """Its tables of servers."""
    extras: tuple[Extra, ...] = ()


def extract(recognised: Recognised, notes: Notes) -> Extracted:
    """Read the facts of a file; `files` and `quality` are left to the caller.

    Ids are as they stand: whether they repeat or name nothing is seen over all files together.
    """
    recognised.note_unused(notes)
    tables: list[ServerTable] = []
    extras: list[Extra] = []
    things = _Things()
    for found in recognised.tables:
        columns = _columns(found, notes)
        if recognised.workbook.is_text:
            _note_misaligned(found, columns, notes)
        kind = found.layout.kind
        if kind in (layouts.SERVERS, layouts.SERVER_FACTS):
            if kind == layouts.SERVERS:
                columns = things.without_others(recognised, found, columns, notes)
            servers = tuple(read_servers(columns, notes))
            check_servers(servers, notes)
            if kind == layouts.SERVERS:
                tables.append((found, columns, servers))
            else:
                extras.append(Extra(found, columns, servers))
            things.add_named_in(columns, servers)
        elif kind in (layouts.SERVER_PARTS, layouts.HOSTS):
            extras.append(Extra(found, columns))
        else:
            things.add_rows(kind, columns)
    applications, links = by_their_ids(things.applications, things.links)
    facts = Assessment(
        servers=tuple(server for _, _, servers in tables for server in servers),
        databases=tuple(things.databases),
        applications=tuple(applications),
        links=tuple(links),
        aside=tuple(things.aside),
    )
    return Extracted(facts, recognised.family.layouts, tuple(tables), tuple(extras))


@dataclass
class _Things:
    """What a file says beside servers."""

    databases: list[Database] = field(default_factory=list)
    applications: list[Application] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    aside: list[Aside] = field(default_factory=list)

    def without_others(
        self, recognised: Recognised, found: FoundTable, columns: Columns, notes: Notes
    ) -> Columns:
        """Return the columns over those rows that are servers; keep what the others are."""
        kinds = kinds_of_rows(columns, is_plain=recognised.family.reads_all_lists)
        numbers = {
            kind: [n for n, k in zip(columns.numbers, kinds, strict=True) if k == kind]
            for kind in dict.fromkeys(kinds)
        }
        servers = Columns(found, numbers.pop(SERVER, []), notes)
        for kind, rows in numbers.items():
            others = Columns(found, rows, Notes())
            if kind == DATABASE:
                self.databases += databases_of_rows(others)
            elif kind == APPLICATION:
                self.applications += applications_of_rows(others)
            note_other_rows(kind, others, notes)
            if kind not in (DATABASE, APPLICATION, ADDRESS, PLACEHOLDER):
                machines = read_servers(others, Notes())
                self.aside += [
                    Aside(one, kind, f"class {one.ci_class or one.ci_kind!r}") for one in machines
                ]
        return servers

    def add_named_in(self, columns: Columns, servers: Sequence[Server]) -> None:
        """Add the applications and databases that rows of servers name."""
        applications, links = applications_in(columns, servers)
        self.applications += applications
        self.links += links
        self.databases += databases_in(columns, servers)

    def add_rows(self, kind: str, columns: Columns) -> None:
        """Add a table of databases, applications or links."""
        if kind == "databases":
            self.databases += _databases(columns)
        elif kind == "applications":
            self.applications += _applications(columns)
        else:
            self.links += _links(kind, columns)


def _columns(found: FoundTable, notes: Notes) -> Columns:
    """Return the columns over those rows that hold something of the table's kind."""
    identity = _IDENTITY.get(found.layout.kind, ("source", "source_host", "target", "target_host"))
    indexes = [found.indexes[name] for name in identity if name in found.indexes]
    are_counted = _counted(found)
    key = identity[0] if identity[0] in found.indexes else ""
    labels = [text_of(row[indexes[0]]).casefold() for row in found.rows] if indexes else []
    heading = found.headers[key].casefold() if key else ""
    numbers = []
    for number, row in enumerate(found.rows, found.first_row):
        label = labels[number - found.first_row]
        named = sum(_holds_text(row[index]) for index in indexes)
        is_total = named == 1 and header_key(label)[0] in _TOTALS
        is_heading = bool(heading) and label == heading
        if named and not is_heading and not is_total and are_counted(row):
            numbers.append(number)
        elif any(cell != "" for cell in row):
            problem = "row names nothing that is counted here, left out"
            notes.cell(Code.ROW_IGNORED, problem, Spot(found.table, "", number), label)
    return Columns(found, numbers, notes)


def _note_misaligned(found: FoundTable, columns: Columns, notes: Notes) -> None:
    """Note rows of a text that have more cells than the header: a separator stands in a value."""
    width, first = found.width, found.first_row
    if not found.rows or len(found.rows[0]) <= width:
        return
    for number in columns.numbers:
        beyond = [text_of(cell) for cell in found.rows[number - first][width:] if cell != ""]
        if beyond:
            problem = "more cells than the header has, so the values may stand in wrong columns"
            notes.cell(Code.ROW_MISALIGNED, problem, Spot(found.table, "", number), beyond[0])


def _counted(found: FoundTable) -> Callable[[Sequence[Cell]], bool]:
    """Return what tells whether a row counts: services beside a database engine are none."""
    index = found.indexes.get("is_engine")
    if index is None:
        return lambda _: True
    return lambda row: flag_of(text_of(row[index])) is not False


def _holds_text(cell: Cell) -> bool:
    return cell != "" and not ((text := text_of(cell)) == "" or is_error(text))


def _named(columns: Columns, *names: str) -> Iterator[str]:
    """Yield the id of each row; where it is blank the first of the other names, with a note."""
    ids = columns.texts("id")
    others = [columns.texts(name) for name in names]
    for position, id_ in enumerate(ids):
        if id_:
            yield id_
            continue
        other = next((texts[position] for texts in others if texts[position]), "")
        if "id" in columns:
            problem = "no id, known by another name" if other else "no id, known by its row"
            columns.note(Code.BLANK_ID, problem, "id", position, other)
        yield other or f"row {columns.numbers[position]}"


def _databases(columns: Columns) -> Iterator[Database]:
    texts, flags, integers = columns.texts, columns.flags, columns.integers
    servers = _either(columns, "server_id")
    ids = list(_named(columns, "name", "instance"))
    if "id" not in columns and "name" not in columns:
        # An instance's name is its own on its server alone: most are called MSSQLSERVER.
        pairs = zip(servers, ids, strict=True)
        ids = [f"{server}: {id_}" if server else id_ for server, id_ in pairs]
    for values in zip(
        columns.numbers,
        ids,
        texts("name"),
        texts("instance"),
        [engine.replace("_", " ") for engine in texts("engine")],
        texts("version"),
        texts("edition"),
        columns.sizes_gb("size_gb", DISK_RULES, zero=True),
        servers,
        texts("target_engine"),
        texts("deployment"),
        texts("license_model"),
        flags("is_replicated"),
        flags("is_clustered"),
        texts("migration_strategy"),
        integers("cpu_cores"),
        columns.numbers_of("peak_iops"),
        integers("stored_procedure_lines"),
        integers("trigger_lines"),
        strict=True,
    ):
        yield Database(columns.table, *values)


def _applications(columns: Columns) -> Iterator[Application]:
    texts = columns.texts
    for values in zip(
        columns.numbers,
        _named(columns, "name"),
        texts("name"),
        texts("business_unit"),
        texts("criticality"),
        texts("kind"),
        columns.hours("rpo_hours"),
        columns.hours("rto_hours"),
        texts("migration_strategy"),
        texts("environment"),
        texts("database"),
        texts("architecture"),
        texts("compliance"),
        texts("data_classification"),
        columns.flags("is_encrypted"),
        columns.flags("has_backup"),
        columns.flags("has_disaster_recovery"),
        texts("disaster_recovery_plan"),
        columns.flags("has_penetration_test"),
        texts("methodology"),
        texts("vendor"),
        *(texts(name) for name in _BUSINESS),
        strict=True,
    ):
        yield Application(columns.table, *values)


def _links(kind: str, columns: Columns) -> Iterator[Link]:
    sources = _either(columns, "source")
    targets = _either(columns, "target")
    criticalities = columns.texts("criticality")
    ports = columns.integers("port")
    for row, source, target, criticality, port in zip(
        columns.numbers, sources, targets, criticalities, ports, strict=True
    ):
        if source and target:
            yield Link(columns.table, row, kind, source, target, criticality, port)


def _either(columns: Columns, name: str) -> list[str]:
    hosts = columns.texts(f"{name}_host")
    return [id_ or host for id_, host in zip(columns.texts(name), hosts, strict=True)]
