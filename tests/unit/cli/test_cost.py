"""opportune cost: a month estimated, and what was consumed, told from each of its sources."""

import gzip
import json
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from customer import files_in
from engines import REGION, endpoint_of, new_table, on_engines

from opportune.api import create_app
from opportune.cli import main
from opportune.costs.actual import logged
from opportune.errors import ConfigurationError, MalformedDocumentError
from opportune.model.records import LANGUAGES
from opportune.observe import tally
from opportune.observe.log import digest
from opportune.observe.tally import Metered, UsageFile
from opportune.settings import Settings

Run = Callable[..., tuple[str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("OPPORTUNITY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("AWS_REGION", raising=False)

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


@pytest.fixture(params=on_engines())
def on_dynamodb(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Settings of a fresh table on an engine; return its name."""
    table = new_table(request.param, f"T{uuid.uuid4().hex}")
    monkeypatch.setenv("OPPORTUNITY_STORAGE_TYPE", "dynamodb")
    monkeypatch.setenv("DYNAMODB_TABLE_NAME", table)
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", endpoint_of(request.param))
    return table


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_estimate_stands_beside_the_guides_figures_in_every_language(
    run: Run, language: str
) -> None:
    out, _ = run("cost", "estimate", "--lang", language)
    mark = "." if language == "en" else ","
    for figure in ("0.007812", "0.000625", "0.001125", "0.000250", "0.001471", "0.002"):
        assert figure.replace(".", mark) in out
    assert "2024-11-01" in out


def test_every_assumption_can_be_given(run: Run) -> None:
    plain = read(run, "cost", "estimate")
    quantities = {line["name"]: Decimal(line["quantity"]) for line in plain["lines"]}
    assert (plain["region"], plain["opportunities"]) == ("us-east-1", 5)
    for options in (
        ("--analyses", 200),
        ("--opportunities", 6),
        ("--item-kb", 9),
        ("--updates", 1),
        ("--list-reads", 2000),
        ("--reads", 10),
        ("--finds", 10),
        ("--retention-days", 60),
        ("--history-days", 0),
        ("--no-pitr",),
    ):
        other = read(run, "cost", "estimate", *options)
        changed = {line["name"]: Decimal(line["quantity"]) for line in other["lines"]}
        assert changed != quantities, options
    free = read(run, "cost", "estimate", "--free-tier")
    assert Decimal(free["usd"]) < Decimal(plain["usd"])


def test_real_items_are_measured_from_files_or_from_a_session(run: Run, tmp_path: Path) -> None:
    mpa, mra = files_in(tmp_path)
    of_files = read(run, "cost", "estimate", "--measure", mpa, "--measure", mra)
    answer = read(run, "analyze", mpa, mra)
    assert of_files["opportunities"] == len(answer["opportunities"])
    of_session = read(run, "cost", "estimate", "--session", answer["sessionId"])
    assert of_session["itemBytes"] == of_files["itemBytes"]
    _, err = run("cost", "estimate", "--measure", mpa, "--item-kb", 5, code=2)
    assert "use one" in err
    run("cost", "estimate", "--session", "unknown", code=4)
    run("cost", "estimate", "--measure", tmp_path / "missing.xlsx", code=3)


def test_what_cannot_be_estimated_is_said_in_one_sentence(run: Run) -> None:
    assert (
        "eu-south-2 are not in prices.toml"
        in run("cost", "estimate", "--region", "eu-south-2", code=1)[1]
    )
    assert "--item-kb 0.01" in run("cost", "estimate", "--item-kb", 0.01, code=2)[1]
    run("cost", "estimate", "--analyses", -1, code=2)


def test_prices_of_a_region_that_only_the_settings_name_may_be_others_and_it_is_said(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-south-2")
    out, err = run("cost", "estimate")
    assert "in us-east-1" in out
    assert "Prices of eu-south-2 are not known" in err
    file = tmp_path / "mine.toml"
    file.write_text('["us-west-2"]', "utf-8")
    assert "which has us-west-2" in run("cost", "estimate", "--prices", file, code=1)[1]


def test_a_table_that_is_not_there_is_said_once(
    run: Run, on_dynamodb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DYNAMODB_TABLE_NAME", "Missing")
    assert run("list", code=1)[1].count("does not exist") == 1


def test_what_commands_consumed_is_told_by_operation_and_session(
    run: Run, on_dynamodb: str, tmp_path: Path
) -> None:
    answer = read(run, "analyze", *files_in(tmp_path))
    run("set-status", answer["opportunities"][0]["id"], "won")
    run("list")
    run("show", "unknown.rehost", code=4)  # what failed has consumed as well
    actual = read(run, "cost", "actual", "--region", "us-east-1")
    calls = {row["operation"]: row["calls"] for row in actual["operations"]}
    assert calls["store_opportunities"] == calls["put_opportunity"] == 1
    assert calls["find_opportunities"] == 1
    assert calls["get_opportunity"] == 2
    assert {row["sessionId"] for row in actual["sessions"]} == {answer["sessionId"], "unknown", ""}
    total = actual["total"]
    assert total["writeUnits"] == sum(row["writeUnits"] for row in actual["sessions"]) > 100
    usd = sum(Decimal(row["usd"]) for row in actual["operations"])
    assert Decimal(total["usd"]) == usd == sum(Decimal(row["usd"]) for row in actual["sessions"])
    expected = Decimal(total["writeUnits"]) * Decimal("0.625") + Decimal(
        total["readUnits"]
    ) * Decimal("0.125")
    assert usd == expected / 1_000_000
    only = read(run, "cost", "actual", "--region", "us-east-1", "--session", answer["sessionId"])
    assert [row["sessionId"] for row in only["sessions"]] == [answer["sessionId"]]
    out, _ = run("cost", "actual", "--region", "us-east-1")
    assert "store_opportunities" in out
    assert answer["sessionId"] in out


def test_where_nothing_is_billed_there_is_nothing_to_tell(run: Run, tmp_path: Path) -> None:
    run("analyze", *files_in(tmp_path))
    assert "Nothing was metered" in run("cost", "actual")[0]
    assert not (tmp_path / "data" / "usage.jsonl").exists()


@pytest.fixture
def server(on_dynamodb: str) -> Iterator[str]:
    """A running server on an engine; its URL."""
    app = create_app(settings=Settings.from_environment())
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None)
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run)
    thread.start()
    while not running.started:
        thread.join(timeout=0.01)
        assert thread.is_alive(), "the server ended at its start"
    (socket,) = running.servers[0].sockets
    yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    running.should_exit = True
    thread.join()


def test_a_running_server_tells_what_it_has_consumed(run: Run, server: str) -> None:
    from urllib.request import urlopen

    urlopen(f"{server}/api/opportunities").close()
    actual = read(run, "cost", "actual", "--server", server, "--region", "us-east-1")
    assert [row["operation"] for row in actual["operations"]] == ["find_opportunities"]
    assert actual["total"]["requests"] >= 5


def test_a_server_that_is_none_is_said(run: Run) -> None:
    assert "does not answer" in run("cost", "actual", "--server", "http://127.0.0.1:9", code=1)[1]
    assert "give a URL" in run("cost", "actual", "--server", "file:///etc/hosts", code=1)[1]
    run("cost", "actual", "--server", "http://127.0.0.1:9", "--logs", __file__, code=2)


EVENT = {
    "event": "store-operation",
    "Operation": "put_opportunity",
    "session": digest("s1"),
    "ReadUnits": 2.0,
    "WriteUnits": 23,
    "requests": 2,
    "Conflicts": 1,
    "Throttles": 0,
    "Unavailable": 0,
}
LINE = json.dumps(EVENT)
LOGS = {
    "lines": f"{LINE}\n{LINE}\n",
    "aws logs tail": f"2026-11-28T10:00:00 [$LATEST]abc START\n2026-11-28T10:00:00 abc {LINE}\n"
    * 2,
    "filter-log-events": json.dumps({"events": [{"message": LINE}, {"message": LINE}, {}]}),
    "others between": f'no json {{\n{LINE}\n[1]\n{{"event": "request"}}\n{LINE}',
}


@pytest.mark.parametrize("name", LOGS)
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_logs_are_read_in_every_form_that_they_are_exported_in(
    name: str,
    compress: Callable[[bytes], bytes],
    tmp_path: Path,
    run: Run,
) -> None:
    path = tmp_path / "log"
    path.write_bytes(compress(LOGS[name].encode()))
    (row,) = logged(path)
    assert (row.calls, row.requests, row.read_units, row.write_units, row.conflicts) == (
        2,
        4,
        4.0,
        46.0,
        2,
    )
    actual = read(run, "cost", "actual", "--logs", path, "--session", "s1")
    assert Decimal(actual["total"]["usd"]) == Decimal("0.00002925")
    nobody = read(run, "cost", "actual", "--logs", path, "--session", "s2")
    assert nobody["total"]["calls"] == 0


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "no line with the event"),
        (b"\xff\xfe", "cannot be read"),
        (b"\x1f\x8b\x00", "cannot be read"),
        (json.dumps(EVENT | {"ReadUnits": "many"}).encode(), "no usable ReadUnits"),
        (json.dumps(EVENT | {"Operation": None}).encode(), "no usable operation"),
    ],
)
def test_a_log_that_tells_nothing_is_refused_by_name(
    data: bytes, problem: str, tmp_path: Path
) -> None:
    path = tmp_path / "log.txt"
    path.write_bytes(data)
    with pytest.raises(MalformedDocumentError, match=problem):
        logged(path)


def a_row(number: int) -> Metered:
    return Metered(operation="put_opportunity", session_id=f"s{number}", calls=1, requests=1)


def test_the_file_of_usage_is_bounded_and_keeps_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tally, "LARGEST_FILE_BYTES", 2_000)
    file = UsageFile(tmp_path / "new" / "usage.jsonl")
    assert file.rows() == ()
    for number in range(200):
        file.append([a_row(number)])
    sizes = [path.stat().st_size for path in (tmp_path / "new").iterdir()]
    assert len(sizes) == 2
    assert max(sizes) < 2_200
    kept = {row.session_id for row in file.rows()}
    assert {f"s{number}" for number in range(180, 200)} <= kept


def test_commands_at_once_lose_no_line(tmp_path: Path) -> None:
    file = UsageFile(tmp_path / "usage.jsonl")

    def write(thread: int) -> None:
        for number in range(50):
            file.append([a_row(thread * 1000 + number), a_row(thread * 1000 + number)])

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(row.calls for row in file.rows()) == 8 * 50 * 2


def test_a_file_that_cannot_be_written_fails_no_command(
    run: Run, on_dynamodb: str, tmp_path: Path
) -> None:
    (tmp_path / "data" / "usage.jsonl").mkdir(parents=True)
    _, err = run("list")
    assert "usage.jsonl cannot be written" in err
    with pytest.raises(ConfigurationError, match="cannot be read"):
        UsageFile(tmp_path / "data" / "usage.jsonl").rows()
    other = tmp_path / "other.jsonl"
    other.write_text("no tally", "utf-8")
    with pytest.raises(ConfigurationError, match="was not written by opportune"):
        UsageFile(other).rows()
