"""The zip of the Lambda function: the same bytes twice, nothing that does not belong, it runs."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from customer import SERVERS, report, workbook
from deployment import package_for_this_machine
from lambda_events import DOMAINS, FUNCTION, event_of

from opportune.access.keys import new_key
from opportune.access.roles import Role

ROOT = Path(__file__).parents[2]
KEY, SECRET = new_key("test", Role.EDITOR, now=datetime(2026, 3, 1, tzinfo=UTC))
AARCH64 = 0xB7
"""In the header of an ELF file: the machine it is for."""

CHILD = """
import json, sys
folder = sys.argv[1]
sys.path.insert(0, folder)
from opportune.lambda_handler import handler
print(json.dumps([handler(event, None) for event in json.load(sys.stdin)]))
foreign = [name for name, module in sys.modules.items() if (file := getattr(module, "__file__", ""))
           and not file.startswith((folder, sys.base_prefix))]
print(json.dumps(foreign))
"""


def built(out: Path, *options: str) -> str:
    """Build into a file, and return what was printed."""
    command = [sys.executable, "infra/package.py", f"--out={out}", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("target") / "a.zip"
    built(out)
    return out


def test_the_same_sources_give_the_same_bytes(target: Path) -> None:
    told = built(target.with_name("b.zip"))
    assert target.read_bytes() == target.with_name("b.zip").read_bytes()
    for word in ("SHA-256", "CodeSha256", "zipped", "biggest", "typst"):
        assert word in told


def test_the_zip_is_for_the_functions_machine_and_within_its_limits(target: Path) -> None:
    assert target.stat().st_size < 60_000_000
    with zipfile.ZipFile(target) as archive:
        entries = archive.infolist()
        libraries = [e for e in entries if ".so" in e.filename]
        assert sum(e.file_size for e in entries) < 250 * 2**20
        assert libraries
        for entry in libraries:
            assert archive.read(entry)[18] == AARCH64, entry.filename
            assert "cp311" not in entry.filename


def test_the_zip_holds_nothing_that_changes_or_is_not_needed(target: Path) -> None:
    with zipfile.ZipFile(target) as archive:
        entries = archive.infolist()
    names = [e.filename for e in entries]
    assert names == sorted(names)
    assert {(e.date_time, e.external_attr >> 16) for e in entries} == {
        ((1980, 1, 1, 0, 0, 0), 0o644)
    }
    unwanted = (".pyc", "/RECORD", "/INSTALLER", ".pyi")
    assert [n for n in names if n.endswith(unwanted) or "/tests/" in n or ".data/" in n] == []
    top = {name.split("/")[0] for name in names}
    assert {"opportune", "fastapi", "mangum", "botocore", "typst"} <= top
    assert not {"boto3", "bin", "click", "numpy", "rich", "uvicorn", "ministack", "pytest"} & top
    services = {
        n.split("/")[2] for n in names if n.startswith("botocore/data/") and n.count("/") > 2
    }
    assert services == {"bedrock-runtime", "dynamodb", "s3", "sts"}


def answers(folder: Path, requests: Sequence[httpx.Request]) -> list[dict[str, Any]]:
    """Invoke the function in a process that has the folder and Python's own library alone."""
    events = [event_of(request, "function-url") for request in requests]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", CHILD, str(folder)],
        input=json.dumps(events),
        env=FUNCTION | {"OPPORTUNITY_STORAGE_TYPE": "memory", "OPPORTUNITY_API_KEYS": KEY.entry},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    told, foreign = map(json.loads, done.stdout.splitlines())
    assert foreign == []
    answered: list[dict[str, Any]] = told
    return answered


def test_the_zip_alone_runs_an_analysis(tmp_path: Path) -> None:
    folder = tmp_path / "task"
    with zipfile.ZipFile(package_for_this_machine()) as archive:
        archive.extractall(folder)
    base = f"https://{DOMAINS['function-url']}/api"
    login = {"Authorization": f"Bearer {SECRET}"}
    files = {"mpaFile": ("mpa.xlsx", workbook().data), "mraFile": ("mra.pdf", report().data)}
    health, analysis, listed = answers(
        folder,
        [
            httpx.Request("GET", f"{base}/healthz"),
            httpx.Request("POST", f"{base}/opportunities/analyze", files=files, headers=login),
            httpx.Request("GET", f"{base}/opportunities?limit=1", headers=login),
        ],
    )
    assert (health["statusCode"], analysis["statusCode"], listed["statusCode"]) == (200, 201, 200)
    assert json.loads(analysis["body"])["inventory"]["servers"] == SERVERS
    assert len(json.loads(listed["body"])["items"]) == 1
