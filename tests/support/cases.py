"""Small assessments put together by hand, and what an analysis finds in them."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from opportune.analysis import Analysis, analyze
from opportune.model.assessment import (
    Application,
    Assessment,
    Database,
    Link,
    Rating,
    Server,
    Table,
)
from opportune.model.records import Opportunity

RUN_DATE = date(2026, 11, 22)


SERVERS = Table(
    "estate.xlsx",
    "a" * 64,
    "Servers",
    1,
    {
        "id": "A", "hostname": "D", "hypervisor": "C", "os_name": "E", "os_version": "F",
        "cores": "H", "cpu_peak_fraction": "J", "ram_gb": "L", "ram_peak_fraction": "M",
        "environment": "P", "disk_gb": "Q",
    },
)  # fmt: skip


DATABASES = Table(
    "estate.xlsx",
    "a" * 64,
    "Databases",
    1,
    {
        "id": "A", "name": "B", "engine": "D", "version": "E", "edition": "F", "size_gb": "G",
        "is_clustered": "Q", "stored_procedure_lines": "Y",
    },
)  # fmt: skip


APPLICATIONS = Table(
    "estate.xlsx",
    "a" * 64,
    "Applications",
    1,
    {
        "id": "A", "name": "C", "criticality": "I", "data_classification": "BC",
        "is_encrypted": "BD", "has_penetration_test": "BG", "has_backup": "BK",
        "has_disaster_recovery": "BM",
    },
)  # fmt: skip


LINKS = Table("estate.xlsx", "a" * 64, "Server to application", 1, {"source": "B", "target": "A"})


def server(row: int = 2, **facts: Any) -> Server:
    """Return a Linux server of 4 cores and 16 GB in this row, unless told otherwise."""
    known: dict[str, Any] = {
        "table": SERVERS,
        "row": row,
        "id": f"s{row}",
        "hostname": f"host{row}",
        "os_name": "Ubuntu",
        "os_version": "24.04",
        "cores": 4,
        "ram_gb": 16.0,
    }
    return Server(**known | facts)


def database(row: int = 2, **facts: Any) -> Database:
    """Return a small PostgreSQL database in this row, unless told otherwise."""
    known: dict[str, Any] = {
        "table": DATABASES,
        "row": row,
        "id": f"d{row}",
        "name": f"data{row}",
        "engine": "PostgreSQL",
        "version": "17.2",
        "size_gb": 100.0,
    }
    return Database(**known | facts)


def application(row: int = 2, **facts: Any) -> Application:
    """Return an application in this row; nothing is known about its protection."""
    known: dict[str, Any] = {"table": APPLICATIONS, "row": row, "id": f"a{row}"}
    return Application(**known | facts)


def runs_on(row: int, server_id: str, application_id: str) -> Link:
    """Return the link between a server and an application."""
    return Link(LINKS, row, "server-application", server_id, application_id)


def rating(category: str, subcategory: str, value: int, **facts: Any) -> Rating:
    """Return a rated question on page 30."""
    known: dict[str, Any] = {
        "file": "readiness.pdf",
        "page": 30,
        "category": category,
        "subcategory": subcategory,
        "question": "How is this done today?",
        "rating": value,
        "description": "Nothing is defined yet. AWS Lambda and SAP and Windows 2008 are examples.",
        "comment": "",
    }
    return Rating(**known | facts)


def analysis_of(
    servers: Sequence[Server] = (),
    *,
    language: str = "en",
    run_date: date = RUN_DATE,
    **facts: Any,
) -> Analysis:
    """Analyse an inventory."""
    return analyze(
        Assessment(servers=tuple(servers), **facts),
        session_id="s1",
        customer="Example",
        language=language,
        run_date=run_date,
    )


def found(analysis: Analysis, play: str) -> Opportunity | None:
    """Return a play's opportunity; None if it did not fire."""
    return next((o for o in analysis.opportunities if o.template_id == play), None)


def fired(analysis: Analysis, play: str) -> Opportunity:
    """Return a play's opportunity, which must be there."""
    opportunity = found(analysis, play)
    assert opportunity is not None, f"{play} did not fire"
    return opportunity


def full_estate() -> Assessment:
    """Return an inventory with readiness on which most plays fire."""
    old = [
        server(r, os_name="RHEL", os_version="6.8", environment="prod", disk_gb=100.0)
        for r in range(2, 5)
    ]
    return Assessment(
        servers=(
            *old,
            server(5, os_name="Windows", os_version="2012 Standard R2", hypervisor="VMware"),
            server(6, os_name="Windows", os_version="2022", is_powered_on=False),
            server(7, cpu_peak_fraction=0.5, ram_peak_fraction=0.5, disk_gb=50.0),
            server(8, is_template=True),
            server(9, cores=None),
            server(10, cores=4000),
            server(11, cores=2, ram_gb=4.0),
            server(12, cores=2, ram_gb=16.0),
        ),
        databases=(
            database(2, engine="Oracle", version="11g", server_id="s2", is_clustered=True,
                     stored_procedure_lines=20_000, license_model="BYOL"),
            database(3, engine="SQL Server", version="2014", edition="Enterprise", server_id="s5"),
            database(4, engine="MySQL", version="8", server_id="s7", is_replicated=False),
        ),
        applications=(
            application(2, name="Billing", criticality="High", has_disaster_recovery=False,
                        has_backup=False, rto_hours=1.0),
            application(3, name="Portal", is_encrypted=False, has_penetration_test=False),
        ),
        links=(runs_on(2, "s2", "a2"), runs_on(3, "s3", "a2"), runs_on(4, "s2", "a3")),
        ratings=(
            rating("Security & Compliance", "Lifecycle", 2, comment="Keys are not rotated."),
            rating("Security & Compliance", "GRC", 4),
            rating("Landing Zone", "Account Design & Configuration", 1, page=28),
            rating("Skills & COE", "Experience baseline", 3, page=26),
            rating("Operating Model", "Backup", 2, page=31),
            rating("Operating Model", "Cost Management", 2, page=33),
        ),
    )  # fmt: skip


def analyzed(assessment: Assessment, language: str = "en") -> Analysis:
    return analyze(assessment, session_id="s1", customer="", language=language, run_date=RUN_DATE)


def as_text(analysis: Analysis) -> str:
    return "\n".join(
        [
            *(o.model_dump_json() for o in analysis.opportunities),
            *(n.model_dump_json() for n in analysis.quality),
            *(f"{key}: {tree!r}" for key, tree in analysis.trees.items()),
            str(analysis.portfolio_arr),
        ],
    )
