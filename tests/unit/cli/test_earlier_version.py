"""What an earlier version has written is read today, and gives the answers that it gave.

tests/support/earlier/make.py has made the files, with the code of commit 5b6aab0.
"""

import json
import lzma
from pathlib import Path
from typing import Any

import boto3
import pytest
from commands import Cli
from engines import REGION, endpoint_of, on_engines
from tables import every

from opportune.stores.dynamodb.tables import create_tables

FILES = Path(__file__).parents[2] / "support" / "earlier"
TABLE = "OpportunitySessions"


def unpacked(name: str) -> bytes:
    return lzma.decompress((FILES / f"{name}.xz").read_bytes())


TOLD: dict[str, Any] = json.loads(unpacked("told.json"))


@pytest.fixture
def cli_for_ever(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The command line, where nothing expires, as when the files were made."""
    monkeypatch.setenv("OPPORTUNITY_TTL_DAYS", "0")
    monkeypatch.setenv("OPPORTUNITY_HISTORY_TTL_DAYS", "0")
    return cli


def check(cli: Cli, told: dict[str, Any]) -> None:
    """Compare what the command line says with what it said then."""
    with every() as row:
        for name, words in (
            ("list", ["list", "--limit", "100"]),
            ("sessions", ["sessions"]),
            ("verify", ["history", "verify"]),
        ):
            with row(name):
                assert cli.json(*words) == told[name]
        with row("stats"):
            now = cli.json("stats")
            assert {name: now[name] for name in told["stats"]} == told["stats"]
        for id_, revisions in told["history"].items():
            with row("history", id_):
                assert cli.json("history", "show", id_) == revisions
        with row("templates"):
            assert own(cli.json("templates", "list")) == told["templates"]


def own(templates: Any) -> Any:
    """Leave out the built-in plays: they are not in the store."""
    return [one for one in templates if one["state"] != "built-in"]


def test_what_was_told_then_is_worth_comparing() -> None:
    for name, told in TOLD.items():
        assert len(told["list"]["items"]) > 15
        lengths = sorted(len(revisions) for revisions in told["history"].values())
        assert lengths == ([2, 3, 4] if name == "import" else [2, 2, 3, 4])
        deleted = [one for one in told["history"].values() if one[-1]["deleted"]]
        assert len(deleted) == (0 if name == "import" else 1)
    assert [len(told["templates"]) for told in TOLD.values()] == [2, 2, 0]


def test_a_sqlite_file_is_read(cli_for_ever: Cli, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "opportune.sqlite3").write_bytes(unpacked("store.sqlite"))
    check(cli_for_ever, TOLD["sqlite"])


def test_an_export_is_taken_in(cli_for_ever: Cli, tmp_path: Path) -> None:
    """It holds sessions and opportunities with all their history, but no templates."""
    (tmp_path / "records.jsonl").write_bytes(unpacked("records.jsonl"))
    cli_for_ever("import", tmp_path / "records.jsonl")
    check(cli_for_ever, TOLD["import"])


@pytest.mark.parametrize("engine", on_engines())
def test_items_of_dynamodb_are_read(
    engine: str, cli_for_ever: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, endpoint = f"Earlier{engine.replace('-', '')}", endpoint_of(engine)
    create_tables(table, region=REGION, endpoint=endpoint, with_ttl=False)
    keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
    client = boto3.client("dynamodb", region_name=REGION, endpoint_url=endpoint, **keys)  # type: ignore[call-overload] # keys
    for name, items in json.loads(unpacked("items.json")).items():
        for item in items:
            client.put_item(TableName=name.replace(TABLE, table), Item=item)
    monkeypatch.setenv("OPPORTUNITY_STORAGE_TYPE", "dynamodb")
    monkeypatch.setenv("DYNAMODB_TABLE_NAME", table)
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", endpoint)
    check(cli_for_ever, TOLD["dynamodb"])
