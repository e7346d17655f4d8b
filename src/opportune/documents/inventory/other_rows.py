"""Reads rows of a CMDB that are no servers for what they are: applications and databases."""

import re

from opportune.documents.inventory.columns import Columns
from opportune.documents.inventory.row_kinds import (
    ADDRESS,
    APPLICATION,
    DATABASE,
    PLACEHOLDER,
)
from opportune.documents.inventory.server_details import seen_as
from opportune.documents.inventory.servers import read_servers
from opportune.documents.quality import Code, Notes, Spot
from opportune.model.assessment import Application, Database, Server, Table

_ENGINE = re.compile(
    r"(?P<engine>postgres(?:ql)?|mysql|mariadb|(?:microsoft |ms )?sql server|mssql|"
    r"oracle(?! linux)(?: database)?|db2|mongo(?:db)?|sybase|informix|cassandra|redis|hana)"
    r"[\s_-]*(?P<version>\d[\w.]*)?",
    re.IGNORECASE,
)
"""Products that a class, a system or a version names: "Linux PostgreSQL 14", "MSSQL Instance"."""
_SAID_BY = {
    DATABASE: "a database by its class, read as one: its disk is its size",
    APPLICATION: "an application by its class, read as one: its sizes are not counted",
    ADDRESS: "no size and no operating system, so an address and no server, left out",
    PLACEHOLDER: "an example or placeholder of a form, left out",
}


def applications_of_rows(columns: Columns) -> list[Application]:
    """Return the applications of rows whose class says that they are such."""
    table = seen_as(columns.table, "hostname", ("name",), id="id", environment="environment")
    return [
        Application(table, one.row, one.id, name=one.hostname, environment=one.environment)
        for one in read_servers(columns, Notes())
    ]


def databases_of_rows(columns: Columns) -> list[Database]:
    """Return the databases of such rows, their engine where system, version or class name it."""
    tables: dict[tuple[str, str], Table] = {}
    result = []
    for one in read_servers(columns, Notes()):
        engine, version, places = _engine_of(one)
        table = tables.setdefault(
            places,
            seen_as(
                columns.table,
                "hostname",
                ("name",),
                id="id",
                engine=places[0],
                version=places[1],
                size_gb="disk_gb",
            ),
        )
        result.append(
            Database(
                table,
                one.row,
                one.id,
                one.hostname,
                engine=engine,
                version=version,
                size_gb=one.disk_gb,
            )
        )
    return result


def _engine_of(row: Server) -> tuple[str, str, tuple[str, str]]:
    """Return the engine and version that a row names, and in which columns; "" = not said."""
    for name in ("os_name", "os_version", "ci_class"):
        found = _ENGINE.search(getattr(row, name))
        if found is None:
            continue
        if found["version"] or name != "os_name" or not row.os_version:
            return found["engine"], found["version"] or "", (name, name)
        return found["engine"], row.os_version, (name, "os_version")
    return "", "", ("os_name", "os_name")


def note_other_rows(kind: str, columns: Columns, notes: Notes) -> None:
    """Note rows that are read as something else, or left out; `apart` notes the others."""
    problem = _SAID_BY.get(kind)
    if problem is None:
        return
    name = "hostname" if any(columns.texts("hostname")) else "ip_address"
    for position, row in enumerate(columns.numbers):
        raw = columns.raw(name, position) if name in columns else ""
        notes.cell(Code.NOT_A_SERVER, problem, Spot(columns.table, name, row), raw)
