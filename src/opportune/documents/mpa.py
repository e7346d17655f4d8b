"""The MPA workbook: servers, databases, applications and what links them.

Sheets are recognised by their headers; docs/documents.md lists sheets, columns and units.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from opportune.assessment import Application, Assessment, Database, Link, Server
from opportune.documents.cells import is_error, text_of
from opportune.documents.columns import Columns
from opportune.documents.mpa_headers import APPLICATIONS, DATABASES, LAYOUTS, SERVERS
from opportune.documents.mpa_servers import read_servers
from opportune.documents.plausibility import check_servers
from opportune.documents.quality import Code, Notes, Spot, listed
from opportune.documents.tables import FoundTable, find_table, header_key
from opportune.documents.units import DISK_RULES
from opportune.documents.workbook import Cell, Workbook
from opportune.errors import UnsupportedDocumentError

KIND = "mpa-workbook"

_IDENTITY = {
    SERVERS.kind: ("id", "hostname", "os_name"),
    DATABASES.kind: ("id", "name", "instance"),
    APPLICATIONS.kind: ("id", "name"),
}
"""Fields of which a row must have one, or it is no such thing."""

_TOTALS = frozenset(("total", "totals", "subtotal", "grandtotal", "sum", "average", "count"))


@dataclass(frozen=True)
class Contents:
    """The tables of a workbook, and the sheets that hold none."""

    tables: tuple[FoundTable, ...]
    others: tuple[str, ...]
    """Sheets with cells, but without a table that we read."""
    doubles: tuple[str, ...]
    """Sheets of a kind that another sheet fits better."""


def find_contents(workbook: Workbook) -> Contents:
    """Recognise the tables of a workbook.

    Of several sheets of one kind those with the most fields are read, and all with the same ones.
    """
    file = workbook.file
    found: list[FoundTable] = []
    others: list[str] = []
    for sheet in workbook.sheets:
        table = find_table(file.name, file.sha256, sheet, LAYOUTS)
        if table is not None:
            found.append(table)
        elif sheet.rows:
            others.append(sheet.name)
    best: dict[str, FoundTable] = {}
    for table in found:
        known = best.get(table.layout.kind)
        if known is None or len(table.indexes) > len(known.indexes):
            best[table.layout.kind] = table
    read = [t for t in found if set(t.indexes) == set(best[t.layout.kind].indexes)]
    doubles = tuple(t.table.sheet for t in found if not any(t is kept for kept in read))
    return Contents(tuple(read), tuple(others), doubles)


def identify(contents: Contents) -> bool:
    """Say whether a workbook lists servers, databases or applications, or links them."""
    return bool(contents.tables)


def no_inventory(workbook: Workbook) -> UnsupportedDocumentError:
    """Return the error for a workbook, or several files, without servers."""
    return UnsupportedDocumentError(
        workbook.file.name,
        f"no sheet lists servers (found: {listed([s.name for s in workbook.sheets])}): "
        "one needs columns like Serverid or HOSTNAME, and osName, numCpus, totalRAM (GB) "
        "or Storage-Total Disk Size (GB), in one header row.",
    )


def extract(workbook: Workbook, contents: Contents, notes: Notes) -> Assessment:
    """Read the facts of an MPA workbook; `files` and `quality` are left to the caller.

    Ids are as they stand: whether they repeat or name nothing is seen over all files together.
    """
    _note_unused(workbook, contents, notes)
    servers: list[Server] = []
    databases: list[Database] = []
    applications: list[Application] = []
    links: list[Link] = []
    for found in contents.tables:
        columns = _columns(found, notes)
        if found.layout is SERVERS:
            of_sheet = read_servers(columns, notes)
            check_servers(of_sheet, notes)
            servers += of_sheet
        elif found.layout is DATABASES:
            databases += _databases(columns)
        elif found.layout is APPLICATIONS:
            applications += _applications(columns)
        else:
            links += _links(found.layout.kind, columns)
    return Assessment(
        servers=tuple(servers),
        databases=tuple(databases),
        applications=tuple(applications),
        links=tuple(links),
    )


def _note_unused(workbook: Workbook, contents: Contents, notes: Notes) -> None:
    name = workbook.file.name
    for sheets, reason in (
        (contents.others, "hold no table that is read"),
        (contents.doubles, "hold a table that another sheet has more completely"),
    ):
        if sheets:
            shown = listed(list(sheets))
            notes.add(Code.SHEET_IGNORED, f"Sheets {shown} {reason}: not used.", f"{name}, {shown}")
    for found in contents.tables:
        if found.unused:
            notes.add(
                Code.COLUMN_IGNORED,
                f"{len(found.unused):,} columns are not used: {listed(list(found.unused), 40)}.",
                f"{name}, {found.table.sheet}!{found.table.header_row}:{found.table.header_row}",
            )


def _columns(found: FoundTable, notes: Notes) -> Columns:
    """Return the columns over those rows that hold something of the table's kind."""
    identity = _IDENTITY.get(found.layout.kind, ("source", "source_host", "target", "target_host"))
    indexes = [found.indexes[name] for name in identity if name in found.indexes]
    key = identity[0] if identity[0] in found.indexes else ""
    labels = [text_of(row[indexes[0]]).casefold() for row in found.rows] if indexes else []
    heading = found.headers[key].casefold() if key else ""
    numbers = []
    for number, row in enumerate(found.rows, found.first_row):
        label = labels[number - found.first_row]
        named = sum(_says(row[index]) for index in indexes)
        if named and label != heading and not (named == 1 and header_key(label)[0] in _TOTALS):
            numbers.append(number)
        elif any(cell != "" for cell in row):
            problem = "row names nothing that is counted here, left out"
            notes.cell(Code.ROW_IGNORED, problem, Spot(found.table, "", number), label)
    return Columns(found, numbers, notes)


def _says(cell: Cell) -> bool:
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
    for values in zip(
        columns.numbers,
        _named(columns, "name", "instance"),
        texts("name"),
        texts("instance"),
        texts("engine"),
        texts("version"),
        texts("edition"),
        columns.sizes_gb("size_gb", DISK_RULES, zero=True),
        _either(columns, "server_id"),
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
