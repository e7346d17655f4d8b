"""docs/store-migration.md cannot lie: its commands are run, and say what it says.

`python tests/system/test_docs_store_migration.py` writes the present output into the page.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from customer import report, workbook
from engines import REGION, endpoint_of, engine_names

PAGE = Path(__file__).parents[2] / "docs" / "store-migration.md"
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
TABLE = "OpportunitySessions"


def played(page: str, folder: Path) -> str:
    """Return the page with the output that its commands give today."""
    environment = dict(os.environ) | {  # noqa: TID251 - for the children
        "OPPORTUNITY_STORAGE_TYPE": "sqlite",
        "OPPORTUNITY_DATA_DIR": str(folder),
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL_DYNAMODB": endpoint_of(engine_names()[0]),
        "OPPORTUNITY_MIGRATION_LEASE_SECONDS": "1",
        "OPPORTUNITY_MIGRATION_REQUEST_SECONDS": "1",
    }

    def run(command: str) -> str:
        assert command.startswith("opportune ")
        done = subprocess.run(
            [sys.executable, "-m", *command.split()],
            env=environment,
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
        return _settled(done.stdout, folder)

    (folder / "mpa.xlsx").write_bytes(workbook().data)
    (folder / "mra.pdf").write_bytes(report().data)
    run("opportune store delete-tables --yes")  # of a test before this one, on the same engine
    run("opportune analyze mpa.xlsx mra.pdf")

    def replayed(block: re.Match[str]) -> str:
        commands = [line[2:] for line in block[1].splitlines() if line.startswith("$ ")]
        shown = "".join(f"$ {command}\n{run(command)}" for command in commands)
        return f"```console\n{shown}```"

    return BLOCK.sub(replayed, page)


def _settled(text: str, folder: Path) -> str:
    """Replace what differs from run to run."""
    text = text.replace(str(folder), "/data").replace(f"{folder.resolve()}", "/data")
    text = re.sub(r"&endpoint=[^\s;]+", "", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "2026-11-22T10:00:00.000Z", text)
    return re.sub(r"digest [0-9a-f]{16}", "digest 9f2c41d07ab35e18", text)


def test_the_page_shows_what_the_commands_say(tmp_path: Path) -> None:
    page = PAGE.read_text("utf-8")
    assert played(page, tmp_path) == page


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        PAGE.write_text(played(PAGE.read_text("utf-8"), Path(scratch)), "utf-8")
