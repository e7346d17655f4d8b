"""Which row of a price book is which product of the AWS Price List API."""

from collections.abc import Mapping
from dataclasses import dataclass

HOURS_A_MONTH = 730
"""Of prices by the month that AWS asks by the hour."""


@dataclass(frozen=True)
class Query:
    """What identifies one price.

    `usage` is its usage type (regions put a prefix before it), `unit` what the price must be for,
    `times` what a row of ours has of those units.
    """

    name: str
    attributes: Mapping[str, str]
    usage: str
    unit: str = "Hrs"
    service: str = "AmazonEC2"
    times: int = 1


def instance(instance_type: str, system: str = "Linux", software: str = "NA") -> Query:
    """Return the question for an instance type on demand, shared tenancy, licences included."""
    attributes = {
        "productFamily": "Compute Instance",
        "instanceType": instance_type,
        "operatingSystem": system,
        "preInstalledSw": software,
        "tenancy": "Shared",
        "capacitystatus": "Used",
        "licenseModel": "No License required",
    }
    return Query(f"{instance_type} {system} {software}", attributes, f"BoxUsage:{instance_type}")


def _volume(kind: str) -> Query:
    attributes = {"productFamily": "Storage", "volumeApiName": kind}
    return Query(f"EBS {kind}", attributes, f"EBS:VolumeUsage.{kind}", "GB-Mo")


def _database(engine: str, instance_type: str, licence: str, edition: str = "") -> Query:
    attributes = {
        "productFamily": "Database Instance",
        "instanceType": instance_type,
        "databaseEngine": engine,
        "deploymentOption": "Single-AZ",
        "licenseModel": licence,
    }
    if edition:
        attributes["databaseEdition"] = edition
    return Query(
        f"{instance_type} {engine} {edition}".strip(),
        attributes,
        f"InstanceUsage:{instance_type}",
        service="AmazonRDS",
        times=HOURS_A_MONTH,
    )


_FREE, _INCLUDED, _OWN = "No license required", "License included", "Bring your own license"

PRODUCTS = {
    "gp3-gb-month": _volume("gp3"),
    "st1-gb-month": _volume("st1"),
    "snapshot-gb-month": Query(
        "EBS snapshots", {"productFamily": "Storage Snapshot"}, "EBS:SnapshotUsage", "GB-Mo"
    ),
    "rds-mysql-m5-large-month": _database("MySQL", "db.m5.large", _FREE),
    "rds-postgresql-t3-large-month": _database("PostgreSQL", "db.t3.large", _FREE),
    "rds-oracle-se2-t3-large-month": _database("Oracle", "db.t3.large", _INCLUDED, "Standard Two"),
    "rds-oracle-ee-byol-t3-large-month": _database("Oracle", "db.t3.large", _OWN, "Enterprise"),
    "rds-sql-web-t3-large-month": _database("SQL Server", "db.t3.large", _INCLUDED, "Web"),
    "rds-sql-express-t3-large-month": _database("SQL Server", "db.t3.large", _INCLUDED, "Express"),
    "rds-sql-standard-m5-xlarge-month": _database(
        "SQL Server", "db.m5.xlarge", _INCLUDED, "Standard"
    ),
    "rds-sql-enterprise-m5-xlarge-month": _database(
        "SQL Server", "db.m5.xlarge", _INCLUDED, "Enterprise"
    ),
}
"""Rows that are one product each."""

LICENCES = {
    "windows-vcpu-hour": ("Windows", "NA"),
    "windows-sql-web-vcpu-hour": ("Windows", "SQL Web"),
    "windows-sql-standard-vcpu-hour": ("Windows", "SQL Std"),
    "windows-sql-enterprise-vcpu-hour": ("Windows", "SQL Ent"),
}
"""What licences add to a Linux instance per vCPU: system and software of the one that has them."""

LICENSED_TYPES = ("m7i.xlarge", "c7i.xlarge", "r7i.xlarge")
"""A licence costs the same per vCPU on each, which is checked; SQL Server is billed for four."""
LICENSED_VCPUS = 4
