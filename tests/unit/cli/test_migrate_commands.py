"""`opportune store migrate` and its routes: by hand on two stores, and on a running server."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
import uvicorn
from lambda_events import Connect
from servers import free_port
from stores import a_session, an_opportunity

from opportune.api import create_app
from opportune.cli import main
from opportune.model.records import Status
from opportune.pipeline.service import Service
from opportune.settings import Settings
from opportune.stores.sqlite import SQLiteStore

Call = Callable[..., tuple[int, str, str]]
ROUTES = "/api/admin/store-migration"


@pytest.fixture(autouse=True)
def _surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPPORTUNITY_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("OPPORTUNITY_MIGRATION_LEASE_SECONDS", "1")
    monkeypatch.setenv("OPPORTUNITY_MIGRATION_REQUEST_SECONDS", "1")


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["opportune", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(str(ended.value.code or 0)), out, err

    return run


@pytest.fixture
def migrate(call: Call) -> Call:
    return lambda *arguments: call("store", "migrate", *arguments)


def filled(file: Path) -> None:
    store = SQLiteStore(file)
    store.store_opportunities(a_session("s1"), [an_opportunity("s1", f"p{n}") for n in range(3)])
    store.close()


def test_a_store_is_moved_by_hand_and_every_answer_says_what_is_next(
    tmp_path: Path, call: Call, migrate: Call
) -> None:
    filled(tmp_path / "opportune.sqlite3")
    target = f"sqlite:///{tmp_path / 'b.sqlite3'}"
    code, out, err = migrate("start", "--to", target)
    assert code == 0
    assert "Copying: 4 / 4" in err
    assert out.splitlines()[-1].startswith("Next: opportune store migrate verify")
    assert call("set-status", "s1.p1", "Ganada")[0] == 0
    assert "5 records" in migrate("verify")[1]
    assert migrate("cut-over")[0] == 0
    assert call("set-status", "s1.p2", "Perdida")[0] == 0
    code, _, err = migrate("complete", "--yes")
    assert code == 1
    assert "verif" in err
    assert err.count("\n") == 1
    assert migrate("verify")[0] == 0
    code, out, _ = migrate("complete", "--yes")
    assert code == 0
    assert "COMPLETE" in out
    kept = SQLiteStore(tmp_path / "b.sqlite3")
    assert [o.status for o in kept.get_opportunities("s1")] == ["Nueva", "Ganada", "Perdida"]
    kept.close()
    # The old configuration finds the new store.
    assert json.loads(call("history", "s1.p2", "--json")[1])[-1]["status"] == "Perdida"


def test_what_cannot_be_is_one_sentence(tmp_path: Path, call: Call, migrate: Call) -> None:
    del call
    filled(tmp_path / "opportune.sqlite3")
    filled(tmp_path / "full.sqlite3")
    for arguments, words in (
        (("status",), "start"),
        (("verify",), "start"),
        (("start", "--to", "redis://x"), "names no store"),
        (("start", "--to", f"sqlite:///{tmp_path / 'full.sqlite3'}"), "full.sqlite3"),
        (("status", "--server", "http://127.0.0.1:9"), "does not answer"),
        (("status", "--server", "ftp://x"), "give a URL"),
        (("start", "--from", "memory:", "--to", "sqlite:///x"), "--server"),
    ):
        code, out, err = migrate(*arguments)
        assert (code, out) == (1, ""), arguments
        assert words in err, err
        assert err.startswith("opportune: ")
        assert err.count("\n") == 1, err


def test_a_report_is_written_and_an_edit_of_it_is_seen(tmp_path: Path, migrate: Call) -> None:
    filled(tmp_path / "opportune.sqlite3")
    migrate("start", "--to", f"sqlite:///{tmp_path / 'b.sqlite3'}")
    migrate("verify")
    report = tmp_path / "report.json"
    assert migrate("report", str(report))[0] == 0
    assert migrate("check-report", str(report))[0] == 0
    said = json.loads(report.read_text())
    assert said["report"]["migration"]["verification"]["source"]["opportunities"] == 3
    report.write_text(report.read_text().replace('"opportunities": 3', '"opportunities": 4'))
    code, _, err = migrate("check-report", str(report))
    assert code == 2
    assert err.count("\n") == 1


@pytest.fixture
def memory_server(tmp_path: Path) -> Iterator[tuple[str, Service]]:
    settings = Settings(data_dir=tmp_path, migration_lease_s=1, migration_request_s=1)
    service = Service.from_settings(settings)
    store = service.migrations.store
    store.store_opportunities(a_session("s1"), [an_opportunity("s1", f"p{n}") for n in range(3)])
    port = free_port()
    config = uvicorn.Config(create_app(service, settings), port=port, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    yield f"http://127.0.0.1:{port}", service
    server.should_exit = True
    thread.join()
    service.close()


@pytest.mark.slow
def test_the_memory_of_a_running_server_is_moved_and_the_server_goes_on(
    memory_server: tuple[str, Service], tmp_path: Path, migrate: Call
) -> None:
    url, service = memory_server
    target = f"sqlite:///{tmp_path / 'b.sqlite3'}"
    for verb in (("start", "--to", target), ("verify",), ("cut-over",), ("verify",)):
        code, _, err = migrate(*verb, "--server", url)
        assert code == 0, err
    service.editing.move("s1.p0", Status.WON, updated_by="somebody")
    migrate("verify", "--server", url)
    code, out, _ = migrate("complete", "--yes", "--json", "--server", url)
    assert (code, json.loads(out)["stage"]) == (0, "COMPLETE")
    service.editing.move("s1.p1", Status.LOST, updated_by="somebody")
    kept = SQLiteStore(tmp_path / "b.sqlite3")
    assert {o.id: o.status for o in kept.get_opportunities("s1")} == {
        "s1.p0": "Ganada",
        "s1.p1": "Perdida",
        "s1.p2": "Nueva",
    }
    kept.close()
    # And back into memory, under the same server.
    back = "start --to memory:", "verify", "cut-over", "verify", "complete --yes"
    for words in back:
        code, _, err = migrate(*words.split(), "--server", url)
        assert code == 0, err
    assert service.store.get_opportunity("s1.p1").status == "Perdida"


@pytest.fixture
def client(tmp_path: Path, connect: Connect) -> httpx.Client:
    app = create_app(settings=Settings(data_dir=tmp_path))
    return connect(app)


def test_without_a_migration_the_status_is_empty_and_verbs_are_refused(
    client: httpx.Client,
) -> None:
    assert client.get(ROUTES).json() == {"status": None, "job": None}
    for verb in ("verify", "cut-over", "roll-back", "resume"):
        answer = client.post(f"{ROUTES}/{verb}", json={})
        assert (answer.status_code, answer.json()["type"]) == (
            409,
            "urn:opportune:problem:wrong-stage",
        )


def test_completing_asks_for_a_word_of_confirmation(client: httpx.Client) -> None:
    bodies: tuple[dict[str, Any], ...] = ({}, {"confirm": "yes"}, {"confirm": None})
    for body in bodies:
        assert client.post(f"{ROUTES}/complete", json=body).status_code == 422
    assert client.post(f"{ROUTES}/complete", json={"confirm": "complete"}).status_code == 409


def test_one_verb_at_a_time(client: httpx.Client, tmp_path: Path) -> None:
    body = {"to": f"sqlite:///{tmp_path / 'b.sqlite3'}"}
    assert client.post(f"{ROUTES}/start", json=body).status_code == 202
    answer = client.post(f"{ROUTES}/start", json=body)  # the first waits for its leases
    assert answer.status_code == 409
    assert "under way" in answer.json()["detail"]
    job = client.get(ROUTES).json()["job"]
    assert (job["verb"], job["running"]) == ("start", True)


def test_a_page_of_another_site_cannot_migrate(client: httpx.Client) -> None:
    answer = client.post(
        f"{ROUTES}/start", json={"to": "memory:"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403
