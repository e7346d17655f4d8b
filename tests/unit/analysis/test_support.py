"""Which release a text names, and how far it is supported on a day."""

from datetime import date

import pytest
from cases import analysis_of, database, fired, found, server

from opportune.analysis.support import (
    Support,
    database_engine,
    is_linux,
    is_windows,
    operating_system,
    support_table,
)


@pytest.mark.parametrize(
    ("os_name", "os_version", "release"),
    [
        ("Windows ", "2012 Standard R2", "Windows Server 2012 R2"),
        ("Windows", "2012 Standard", "Windows Server 2012"),
        ("Microsoft Windows Server 2008R2 (64-bit)", "", "Windows Server 2008 R2"),
        ("Win2016", "", "Windows Server 2016"),
        ("Microsoft Windows Server 2016 or later (64-bit)", "", None),
        ("Windows", "10", None),
        ("RHEL", "4.0", "Red Hat Enterprise Linux 4"),
        ("RHEL", "4", "Red Hat Enterprise Linux 4"),
        ("LINUX RedHat", "EL 6.8 64bit", "Red Hat Enterprise Linux 6"),
        ("LINUX RedHat", "EL 5.11 64bit", "Red Hat Enterprise Linux 5"),
        ("LINUX RedHat", "", None),
        ("Red Hat Enterprise Linux 7 (64-bit)", "", "Red Hat Enterprise Linux 7"),
        ("RHEL", "2008", None),
        ("CentOS 4/5 or later (64-bit)", "", None),
        ("CentOS 7 (64-bit)", "", "CentOS 7"),
        ("CentOS Stream", "9", "CentOS Stream 9"),
        ("Oracle Linux 8 (64-bit)", "", "Oracle Linux 8"),
        ("Ubuntu Linux (64-bit)", "22.04.3 LTS", "Ubuntu 22.04"),
        ("Ubuntu", "22", None),
        ("SLES 12-SP5", "", "SUSE Linux Enterprise Server 12.5"),
        ("SUSE Linux Enterprise Server", "15 SP6", "SUSE Linux Enterprise Server 15.6"),
        ("SUSE Linux Enterprise 12 (64-bit)", "", None),
        ("Debian GNU/Linux 11 (64-bit)", "", "Debian 11"),
        ("Amazon Linux 2", "", "Amazon Linux 2"),
        ("Amazon Linux", "2023", "Amazon Linux 2023"),
    ],
)
def test_an_operating_system_is_matched_exactly_or_not_at_all(
    os_name: str, os_version: str, release: str | None
) -> None:
    match = operating_system(os_name, os_version)
    assert match is not None
    assert (match.release.name if match.release else None) == release


@pytest.mark.parametrize(
    ("engine", "version", "release"),
    [
        ("Oracle", "11g", "Oracle Database 11.2"),
        ("Oracle", "10g", "Oracle Database 10.2"),
        ("Oracle", "11.2.0.4", "Oracle Database 11.2"),
        ("Oracle", "12c", None),
        ("Oracle", "12.1.0.2", "Oracle Database 12.1"),
        ("Oracle", "19c", "Oracle Database 19"),
        ("Oracle Database 19c", "", "Oracle Database 19"),
        ("SQL Server", "2017.0", "SQL Server 2017"),
        ("MSSQL Server", "2008 R2", "SQL Server 2008 R2"),
        ("Microsoft SQL Server", "13.0.5026", "SQL Server 2016"),
        ("MySQL", "8", None),
        ("MySQL", "8.0.36", "MySQL 8.0"),
        ("MySQL", "2008", None),
        ("PostgreSQL", "", None),
        ("PostgreSQL", "14.5", "PostgreSQL 14"),
        ("MariaDB", "10.6.12", "MariaDB 10.6"),
    ],
)
def test_a_database_engine_is_matched_exactly_or_not_at_all(
    engine: str, version: str, release: str | None
) -> None:
    match = database_engine(engine, version)
    assert match is not None
    assert (match.release.name if match.release else None) == release


@pytest.mark.parametrize(("os_name", "os_version"), [("AIX", "7.2"), ("", ""), ("Solaris", "11")])
def test_what_we_do_not_know_is_not_guessed(os_name: str, os_version: str) -> None:
    assert operating_system(os_name, os_version) is None
    assert not is_linux(os_name, os_version)
    assert not is_windows(os_name, os_version)
    assert database_engine("DB2", "11") is None


WINDOWS_2012 = ("windows-server", "2012 R2")
UBUNTU_1604 = ("ubuntu", "16.04")
SQL_2017 = ("sql-server", "2017")


@pytest.mark.parametrize(
    ("release", "day", "state"),
    [
        (WINDOWS_2012, date(2022, 10, 9), Support.SUPPORTED),
        (WINDOWS_2012, date(2022, 10, 10), Support.ENDS_SOON),
        (WINDOWS_2012, date(2023, 10, 10), Support.ENDS_SOON),
        (WINDOWS_2012, date(2023, 10, 11), Support.EXTENDED),
        (WINDOWS_2012, date(2026, 10, 13), Support.EXTENDED),
        (WINDOWS_2012, date(2026, 10, 14), Support.NONE),
        (UBUNTU_1604, date(2021, 4, 30), Support.ENDS_SOON),
        (UBUNTU_1604, date(2021, 5, 1), Support.EXTENDED),
        (UBUNTU_1604, date(2026, 4, 30), Support.EXTENDED),
        (UBUNTU_1604, date(2026, 5, 1), Support.NONE),
        (SQL_2017, date(2026, 10, 11), Support.SUPPORTED),
        (SQL_2017, date(2026, 10, 12), Support.ENDS_SOON),
        (SQL_2017, date(2027, 10, 13), Support.NONE),
    ],
)
def test_the_state_changes_the_day_after_each_date(
    release: tuple[str, str], day: date, state: Support
) -> None:
    table = support_table()
    assert table.releases[release].support_on(day, table.soon_days) == state


def test_every_release_ends_before_its_paid_extension_does() -> None:
    for release in support_table().releases.values():
        assert release.extended_until is None or release.ends < release.extended_until, release


def test_both_dates_are_printed_in_each_state() -> None:
    windows = [server(os_name="Windows", os_version="2012 Standard R2")]
    for day in (date(2023, 1, 1), date(2024, 1, 1), RUN):
        opportunity = fired(analysis_of(windows, run_date=day), "windows-eos")
        assert "2023-10-10" in opportunity.reasoning
        assert "2026-10-13" in opportunity.reasoning


RUN = date(2026, 11, 22)


def test_an_ambiguous_version_is_reported_and_does_not_fire() -> None:
    analysis = analysis_of([server()], databases=(database(engine="MySQL", version="8"),))
    (note,) = (n for n in analysis.quality if n.code == "engine-version-unclear")
    assert note.source == "estate.xlsx Databases!E2"
    assert "8.0 or 8.4" in note.message
    modern = fired(analysis, "database-modernization")
    assert modern.priority == "Medium"
    assert found(analysis, "sqlserver-eos") is None


def test_evidence_cites_the_name_where_the_version_is_blank() -> None:
    opportunity = fired(
        analysis_of([server(os_name="CentOS 7 (64-bit)", os_version="")]), "linux-eos"
    )
    assert opportunity.evidence[0].location == "Servers!E2"


ROWS = """
windows-server: 2003 2015-07-14; 2008 2020-01-14/2023-01-10; 2008 R2 2020-01-14/2023-01-10;
 2012 2023-10-10/2026-10-13; 2012 R2 2023-10-10/2026-10-13; 2016 2027-01-12/2030-01-12;
 2019 2029-01-09; 2022 2031-10-14; 2025 2034-11-14
sql-server: 2008 2019-07-09/2022-07-12; 2008 R2 2019-07-09/2022-07-12; 2012 2022-07-12/2025-07-08;
 2014 2024-07-09/2027-07-12; 2016 2026-07-14/2029-07-17; 2017 2027-10-12; 2019 2030-01-08;
 2022 2033-01-11; 2025 2036-01-06
rhel: 4 2012-02-29/2017-03-31; 5 2017-03-31/2020-11-30; 6 2020-11-30/2024-06-30;
 7 2024-06-30/2029-05-31; 8 2029-05-31; 9 2032-05-31; 10 2035-05-31
centos: 6 2020-11-30; 7 2024-06-30; 8 2021-12-31; Stream 8 2024-05-31; Stream 9 2027-05-31
oracle-linux: 6 2021-03/2024-12; 7 2024-12-31/2028-06; 8 2029-07; 9 2032-06
ubuntu: 14.04 2019-04; 16.04 2021-04/2026-04; 18.04 2023-05-31/2028-04; 20.04 2025-05-31/2030-04;
 22.04 2027-04-01/2032-04; 24.04 2029-05-31/2036-05; 26.04 2031-04
sles: 12.5 2024-10-31/2027-10; 15.6 2025-12-31; 15.7 2031-07-31
debian: 10 2022-09/2024-06; 11 2024-08/2026-08-31; 12 2026-07-11/2028-06
amazon-linux: 2 2026-06-30; 2023 2029-06-30
oracle: 10.2 2010-07/2015-07; 11.2 2015-01-31/2020-12-31; 12.1 2018-07/2022-07; 12.2 2022-03-31;
 18 2021-06; 19 2029-12-31/2032-12-31; 21 2027-07-31; 23 2031-12-31
mysql: 5.6 2021-02; 5.7 2023-10-31; 8.0 2026-04-30; 8.4 2032-04-30
rds-mysql: 5.7 2024-02-29/2029-06-30; 8.0 2026-07-31/2029-07-31
postgresql: 10 2022-11-10; 12 2024-11-21; 13 2025-11-13; 14 2026-11-12; 15 2027-11-11;
 16 2028-11-09; 17 2029-11-08; 18 2030-11-14
rds-postgresql: 13 2026-02-28/2029-02-28; 14 2027-02-28
mariadb: 10.5 2025-06-24; 10.6 2026-07-06; 10.11 2028-02-16
"""


def test_the_table_holds_every_date_of_its_source() -> None:
    expected: dict[tuple[str, str], tuple[str, str]] = {}
    for line in ROWS.replace("\n ", " ").strip().splitlines():
        product, _, releases = line.partition(": ")
        for release in releases.split(";"):
            version, _, dates = release.strip().rpartition(" ")
            end, _, extended = dates.partition("/")
            expected[product, version] = (end, extended)
    table = {
        key: (r.end_text, r.extended_text)
        for key, r in support_table().releases.items()
        if key != ("windows-server", "2003 R2")
    }
    assert table == expected
