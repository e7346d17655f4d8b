"""The product on DynamoDB, as an engineer would try it on a local engine."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from customer import files_in
from engines import endpoint_of, engine_names

from opportune.cli import main

Run = Callable[..., tuple[str, str]]


@pytest.fixture(params=engine_names())
def run(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    monkeypatch.setenv("OPPORTUNITY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("OPPORTUNITY_STORAGE_TYPE", "dynamodb")
    monkeypatch.setenv("DYNAMODB_TABLE_NAME", f"Cli{abs(hash(tmp_path))}")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", endpoint_of(request.param))

    def call(*arguments: object, code: int = 0) -> tuple[str, str]:
        monkeypatch.setattr(sys, "argv", ["opportune", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert ended.value.code == code, err
        return out, err

    return call


def read(run: Run, *arguments: object) -> Any:
    return json.loads(run(*arguments, "--json")[0])


def test_tables_are_made_used_examined_and_removed(run: Run, tmp_path: Path) -> None:
    _, err = run("list", code=1)
    assert "opportune store create-tables" in err
    assert run("store", "create-tables")[0].count("Created") == 3
    assert "exist already" in run("store", "create-tables")[0]
    answer = read(run, "analyze", *files_in(tmp_path), "--customer", "Example Corp")
    wanted = answer["opportunities"][0]["id"]
    run("set-status", wanted, "won")
    assert [r["version"] for r in read(run, "history", wanted)] == [1, 2]
    assert len(read(run, "list", "--limit", 1000)["items"]) == len(answer["opportunities"])
    again = read(run, "analyze", *files_in(tmp_path), "--customer", "Example Corp")
    assert again["changed"] == again["added"] == 0
    assert read(run, "explain", wanted)["isCurrent"]
    run("store", "delete-tables", "--yes")
    run("list", code=1)


def test_verbose_says_what_was_consumed(run: Run, tmp_path: Path) -> None:
    run("store", "create-tables")
    out, err = run("--verbose", "analyze", *files_in(tmp_path), "--json")
    assert json.loads(out)["added"] > 8
    assert "TransactWriteItems" in err
    assert "StatusIndex" in err
    units = err.rsplit("Capacity units: ")[1]
    assert float(units.split(" read, ")[1].split(" write")[0]) > 10


def test_the_doctor_names_what_is_missing_and_how_to_mend_it(run: Run) -> None:
    missing = json.loads(run("store", "doctor", "--json", code=1)[0])
    assert {f["found"] for f in missing} == {"missing"}
    run("store", "create-tables")
    findings = json.loads(run("store", "doctor", "--json", code=1)[0])
    by_subject = {(f["table"].rpartition("-")[2], f["subject"]): f for f in findings}
    assert not any(
        f["remedy"] for (_, what), f in by_subject.items() if what.startswith(("key", "index"))
    )
    assert any("permission" in what for _, what in by_subject)
    table = run("store", "doctor", code=1)[0]
    assert "What to do" in table


def test_tables_of_aws_itself_are_never_made_or_deleted(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "https://dynamodb.eu-west-1.amazonaws.com")
    assert "infra/storage.yaml" in run("store", "create-tables", code=1)[1]
    assert "infra/storage.yaml" in run("store", "delete-tables", "--yes", code=1)[1]
