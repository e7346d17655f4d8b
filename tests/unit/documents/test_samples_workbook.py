"""The sample workbook: the same bytes for a seed, and worth trying things out on."""

from pathlib import Path

import pytest

from opportune.documents import read_documents
from opportune.documents.quality import Code
from opportune.documents.samples.mpa_rows import (
    APPLICATION_HEADERS,
    DATABASE_HEADERS,
    SERVER_HEADERS,
)
from opportune.documents.samples.workbook import write_workbook
from opportune.model.file import InputFile


def sample(folder: Path, servers: int = 200, seed: int = 7) -> bytes:
    path = folder / "sample.xlsx"
    write_workbook(path, servers=servers, seed=seed)
    return path.read_bytes()


def test_a_seed_fixes_every_byte(tmp_path: Path) -> None:
    assert sample(tmp_path) == sample(tmp_path)
    assert sample(tmp_path) != sample(tmp_path, seed=8)


def test_it_holds_as_many_servers_as_asked_for_and_databases_to_match(tmp_path: Path) -> None:
    found = read_documents([InputFile("sample.xlsx", sample(tmp_path))])
    totals = found.totals()
    assert (totals.servers, totals.databases, totals.applications) == (200, 14, 16)
    assert {link.kind for link in found.links} == {
        "server-application",
        "server-server",
        "database-application",
        "application-application",
    }
    assert {server.environment for server in found.servers} >= {"prod", "dev", "Test", "DR"}
    assert {d.engine for d in found.databases} == {"Oracle", "SQL Server", "MySQL", "PostgreSQL"}


def test_every_size_and_most_utilisation_is_read(tmp_path: Path) -> None:
    found = read_documents([InputFile("sample.xlsx", sample(tmp_path))])
    for server in found.servers:
        assert None not in (server.cores, server.threads, server.ram_gb, server.disk_gb)
        assert server.cpu_peak_fraction is not None
    assert len({server.cpu_peak_fraction for server in found.servers}) > 100


@pytest.mark.parametrize(
    "code",
    [
        Code.UNIT_DECIDED,
        Code.ORPHAN_REFERENCE,
        Code.DEFAULT_UTILISATION,
        Code.IMPLAUSIBLE_VALUE,
        Code.CONTRADICTORY_VALUES,
        Code.ERROR_VALUE,
        Code.FORMULA_WITHOUT_VALUE,
        Code.COLUMN_IGNORED,
        Code.SHEET_IGNORED,
    ],
)
def test_its_faults_show_as_quality_notes(tmp_path: Path, code: Code) -> None:
    found = read_documents([InputFile("sample.xlsx", sample(tmp_path))])
    assert code in [note.code for note in found.quality]


@pytest.mark.parametrize("servers", [1, 2, 13])
def test_small_estates_work_too(tmp_path: Path, servers: int) -> None:
    found = read_documents([InputFile("sample.xlsx", sample(tmp_path, servers=servers))])
    assert len(found.servers) == servers


def test_the_headers_are_as_many_as_in_the_official_format() -> None:
    counts = (len(SERVER_HEADERS), len(DATABASE_HEADERS), len(APPLICATION_HEADERS))
    assert counts == (20, 28, 68)
