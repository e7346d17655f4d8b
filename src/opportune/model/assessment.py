"""The canonical inventory: what the customer has, and where each fact stands in which file.

Documents make it, analysis reads it; neither knows the other. Facts are plain frozen
dataclasses, light enough for 30,000 servers. A fact's place is not stored with each fact: a row
knows its number and its table, and the table knows each field's column.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from opportune.model.records import InventoryTotals, QualityNote, SourceFile


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet of a workbook, or a CSV file, as far as it was recognised.

    `columns` maps our field names to the column's letters ("L"); the header row is `header_row`,
    1-based. `sheet` is empty for a CSV file, and a member's name for a CSV in a zip archive.
    `rows` are the cells below the header as they were read, `indexes` the columns' 0-based ones.
    """

    file: str
    sha256: str
    sheet: str
    header_row: int
    columns: Mapping[str, str] = field(default_factory=dict)
    indexes: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)
    rows: Sequence[Sequence[object]] = field(default=(), compare=False, repr=False)

    def place(self, name: str, row: int) -> str:
        """Return where a field of a row stands: `Servers!L2`; in a CSV file `L2`.

        A field that has no column: the row, `Servers!2:2` or `row 2`.
        """
        column = self.columns.get(name)
        if not self.sheet:
            return f"{column}{row}" if column else f"row {row}"
        return f"{self.sheet}!{column}{row}" if column else f"{self.sheet}!{row}:{row}"

    def span(self, name: str, first_row: int, last_row: int) -> str:
        """Return where a field of several rows stands: `Servers!L2:L201`."""
        column = self.columns.get(name, "")
        if not self.sheet:
            rows = f"rows {first_row}-{last_row}"
            return f"{column}{first_row}:{column}{last_row}" if column else rows
        return f"{self.sheet}!{column}{first_row}:{column}{last_row}"

    def raw(self, name: str, row: int) -> str:
        """Return what stands in the cell, as the file has it; "" = blank, or no such column."""
        index, position = self.indexes.get(name), row - self.header_row - 1
        if index is None or not 0 <= position < len(self.rows):
            return ""
        cells = self.rows[position]
        return str(cells[index]) if index < len(cells) else ""


class Row(Protocol):
    """A fact that stands in a row of a table (1-based row number)."""

    @property
    def table(self) -> Table:
        """The table it stands in."""
        ...

    @property
    def row(self) -> int:
        """Its row there."""
        ...


@dataclass(frozen=True, slots=True)
class Server:
    """A machine. None = the files do not say; text is trimmed, "" = blank.

    `cores` are all physical cores (sockets x cores a socket), `threads` all hardware threads.
    Fractions are 0..1. RAM and disk in GB as the file states them (MiB are turned into GiB).
    """

    table: Table
    row: int
    id: str
    hostname: str = ""
    is_virtual: bool | None = None
    hypervisor: str = ""
    os_name: str = ""
    os_version: str = ""
    sockets: int | None = None
    cores: int | None = None
    threads: int | None = None
    cpu_peak_fraction: float | None = None
    cpu_avg_fraction: float | None = None
    ram_gb: float | None = None
    ram_peak_fraction: float | None = None
    ram_avg_fraction: float | None = None
    uptime_fraction: float | None = None
    disk_gb: float | None = None
    disk_used_fraction: float | None = None
    environment: str = ""
    is_powered_on: bool = True
    is_template: bool = False
    """A template or placeholder: not a machine, counted apart."""
    ip_address: str = ""
    host: str = ""
    """The machine that it runs on, of a virtual one."""
    cluster: str = ""
    sql_edition: str = ""
    """SQL Server edition licensed on it: Enterprise, Standard, ...; "" = none, or not said."""
    uuid: str = ""
    """Of its firmware or virtual hardware, as a tool that asked the machine itself has it."""
    serial: str = ""
    vcenter: str = ""
    """The vCenter that its row comes from: a UUID counts only within one."""
    vcenter_uuid: str = ""
    ci_class: str = ""
    """What a CMDB says that the row is, in its words."""
    ci_kind: str = ""
    """The same in a column such as `Type`, which may as well say something else."""
    folder: str = ""
    """The folder, resource pool and vApp that it stands in, as far as the file says."""
    notes: str = ""
    """What people, or the maker of an appliance, wrote about it."""
    origins: Mapping[str, tuple[Table, int]] = field(default_factory=dict, compare=False)
    """Fields that another file says than `table`: the table and row there, of a joined server."""

    def origin(self, name: str) -> tuple[Table, int]:
        """Return the table and the row that a field comes from."""
        return self.origins.get(name, (self.table, self.row))


@dataclass(frozen=True, slots=True)
class Aside:
    """A row that a list of servers has, and that is none to migrate: it is in no sum.

    `kind` says what it is (`inventory.aside` names all), `rule` by what it was recognised.
    """

    server: Server
    kind: str
    rule: str


KIND_FIELDS = frozenset(("ci_class", "ci_kind", "folder", "notes", "pool", "vapp"))
"""Fields of a server that tell what kind of thing it is: two rows that differ in them alone repeat
each other."""
BUSINESS_FIELDS = frozenset(
    (
        "owner",
        "pain_points",
        "risks",
        "refresh",
        "modernisation",
        "roadmap",
        "sovereignty",
        "lifecycle",
    )
)
"""Fields of an application that a seller talks about."""
NO_FIGURES = KIND_FIELDS | BUSINESS_FIELDS | {"uuid", "serial", "vcenter", "vcenter_uuid"}
"""Columns that no figure rests on."""


@dataclass(frozen=True, slots=True)
class Database:
    """A database. `server_id` is a `Server.id`, or names none (an orphan, reported)."""

    table: Table
    row: int
    id: str
    name: str = ""
    instance: str = ""
    engine: str = ""
    version: str = ""
    edition: str = ""
    size_gb: float | None = None
    server_id: str = ""
    target_engine: str = ""
    deployment: str = ""
    license_model: str = ""
    is_replicated: bool | None = None
    is_clustered: bool | None = None
    migration_strategy: str = ""
    cpu_cores: int | None = None
    peak_iops: float | None = None
    stored_procedure_lines: int | None = None
    trigger_lines: int | None = None


@dataclass(frozen=True, slots=True)
class Application:
    """An application. Hours are whole or fractional; None = the files do not say."""

    table: Table
    row: int
    id: str
    name: str = ""
    business_unit: str = ""
    criticality: str = ""
    kind: str = ""
    rpo_hours: float | None = None
    rto_hours: float | None = None
    migration_strategy: str = ""
    environment: str = ""
    database: str = ""
    architecture: str = ""
    compliance: str = ""
    data_classification: str = ""
    is_encrypted: bool | None = None
    has_backup: bool | None = None
    has_disaster_recovery: bool | None = None
    disaster_recovery_plan: str = ""
    has_penetration_test: bool | None = None
    methodology: str = ""
    vendor: str = ""
    """Who makes it, if it was bought."""
    owner: str = ""
    pain_points: str = ""
    risks: str = ""
    refresh: str = ""
    """When its hardware is due for a refresh, as written: a date, or yes."""
    modernisation: str = ""
    """What its owner prefers."""
    roadmap: str = ""
    """Of its modernisation."""
    sovereignty: str = ""
    """Where its data must stay, or under which law."""
    lifecycle: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """One thing belongs to, talks to or depends on another.

    `kind`: `server-application`, `server-server`, `database-application` or
    `application-application`; `source` and `target` are ids in that order.
    """

    table: Table
    row: int
    kind: str
    source: str
    target: str
    criticality: str = ""
    port: int | None = None


@dataclass(frozen=True, slots=True)
class Rating:
    """A rated question, or area, of a readiness report. `rating` 1 (weak) to 5 (strong)."""

    file: str
    page: int
    """Where the question begins, 1-based; 0 in a report that has no pages."""
    category: str
    subcategory: str
    question: str
    rating: float
    """Whole in a report that rates questions; an area's mean may lie between."""
    description: str
    """The report's standard text for this rating: not a fact about the customer."""
    comment: str
    """The customer's own words; empty if none."""
    line: int = 0
    """Where it stands in a report without pages, 1-based."""

    @property
    def location(self) -> str:
        """Where it stands in its file: `page 26`, `line 12`."""
        return f"page {self.page}" if self.page else f"line {self.line}"


@dataclass(frozen=True, slots=True)
class Answer:
    """A question of a questionnaire that the customer answered. Blank ones are not answers."""

    file: str
    location: str
    """`paragraph 12`, `table 2, row 3`, `Questions!C4`, `C4`."""
    question: str
    answer: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything that a set of files says, ready for analysis.

    `servers` holds templates and placeholders too; `machines` leaves them out.
    """

    files: tuple[SourceFile, ...] = ()
    servers: tuple[Server, ...] = ()
    databases: tuple[Database, ...] = ()
    applications: tuple[Application, ...] = ()
    links: tuple[Link, ...] = ()
    ratings: tuple[Rating, ...] = ()
    answers: tuple[Answer, ...] = ()
    quality: tuple[QualityNote, ...] = ()
    aside: tuple[Aside, ...] = ()
    """Rows of lists of servers that are none to migrate."""

    @property
    def machines(self) -> tuple[Server, ...]:
        """The servers that are machines, in file order."""
        return tuple(s for s in self.servers if not s.is_template)

    def totals(self) -> InventoryTotals:
        """Add up the inventory. Absent figures count as 0."""
        machines = self.machines
        return InventoryTotals(
            servers=len(machines),
            templates=len(self.servers) - len(machines),
            powered_on=sum(s.is_powered_on for s in machines),
            sockets=sum(s.sockets or 0 for s in machines),
            cores=sum(s.cores or 0 for s in machines),
            threads=sum(s.threads or 0 for s in machines),
            ram_gb=round(sum(s.ram_gb or 0 for s in machines), 3),
            disk_gb=round(sum(s.disk_gb or 0 for s in machines), 3),
            databases=len(self.databases),
            database_gb=round(sum(d.size_gb or 0 for d in self.databases), 3),
            applications=len(self.applications),
        )
