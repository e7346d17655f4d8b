"""An estate in which every play fires."""

import dataclasses

from cases import application, database, full_estate, rating, runs_on, server

from opportune.model.assessment import Answer, Assessment
from opportune.model.records import SourceFile


def whole_estate() -> Assessment:
    """Return the full estate with all that the plays on licences, hours and programmes need."""
    estate = full_estate()
    more = (
        *(server(r, cores=190, ram_gb=384.0, environment="prod") for r in range(20, 24)),
        server(24, environment="dev", os_name="RHEL", os_version="6.8"),
        server(25, environment="non-prod"),
        server(26, environment="test", sql_edition="Enterprise", os_name="Windows",
               os_version="2022", hypervisor="VMware", host="esx1", cluster="c1"),
        server(27),
        server(28, os_name="SLES for SAP", os_version="15.6"),
    )  # fmt: skip
    databases = (
        database(20, engine="MySQL", version="8.0.30", server_id="s27", cpu_cores=4),
        database(21, engine="Oracle", version="19c", edition="EE", server_id="s24", cpu_cores=2),
    )
    return dataclasses.replace(
        estate,
        servers=(*estate.servers, *more),
        databases=(*estate.databases, *databases),
        applications=(
            *estate.applications,
            application(20, name="Shop", kind="Web application", architecture="Microservices"),
            application(21, name="Payroll on SAP"),
            application(22, name="Home drives", kind="File server"),
        ),
        links=(*estate.links, runs_on(20, "s25", "a20"), runs_on(21, "s7", "a22")),
        answers=(
            Answer("q.csv", "C2", "Exit?", "We must leave the data centre by June 2027."),
            Answer("q.csv", "C3", "SAP?", "SAP ECC 6.0 on premises."),
            Answer("q.csv", "C4", "VMware?", "VMware renewal is due in March."),
            Answer("q.csv", "C5", "Files?", "40 TB on NetApp, mostly rarely accessed."),
            Answer("q.csv", "C6", "Microsoft?", "Enterprise Agreement until 2028."),
        ),
        ratings=(
            *estate.ratings,
            rating("Operating Model", "AMI/Patching", 3, comment="There are no AWS accounts."),
            rating("Operating Model", "Logging", 3, comment="CloudTrail is configured."),
            rating("Skills & COE", "Cloud experience", 5, page=27),
            rating("Migration", "Migration Experience", 1, page=27),
        ),
        files=(SourceFile(name="r.xlsx", kind="rvtools", sha256="c" * 64, size_bytes=1),),
    )
