"""`opportune access`, `opportune serve` with a login, and `--server` with a key."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
import uvicorn
from servers import free_port, wait_until_ready

from opportune.access.keys import KeyRing, parsed_entries
from opportune.cli import main
from opportune.errors import NotAuthenticatedError

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def _surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if n.startswith("OPPORTUNITY_")]:  # noqa: TID251 - cleared
        monkeypatch.delenv(name)
    monkeypatch.setenv("OPPORTUNITY_DATA_DIR", str(tmp_path / "data"))


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["opportune", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(str(ended.value.code or 0)), out, err

    return run


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "keys.json"
    monkeypatch.setenv("OPPORTUNITY_API_KEYS_FILE", str(path))
    return path


def made(call: Call, name: str = "nightly", role: str = "editor") -> dict[str, Any]:
    code, out, err = call("access", "create-key", "--name", name, "--role", role, "--json")
    assert code == 0, err
    answer: dict[str, Any] = json.loads(out)
    return answer


def test_a_key_is_shown_alone_on_standard_output_and_kept_as_a_hash(call: Call, file: Path) -> None:
    code, out, err = call("access", "create-key", "--name", "nightly", "--role", "editor")
    assert code == 0
    key = out.strip()
    assert key.startswith("oppk_")
    assert key not in err + file.read_text()
    (kept,) = json.loads(call("access", "list-keys", "--json")[1])
    assert (kept["id"], kept["name"], kept["role"]) == (key.split("_")[1], "nightly", "editor")
    assert "sha256" not in kept
    assert f"{kept['id']}:nightly:editor:" in err


def test_the_entry_that_is_printed_lets_the_key_in(call: Call) -> None:
    answer = made(call)
    assert answer["isKept"] is False
    ring = KeyRing(parsed_entries([answer["entry"]]))
    assert ring.identity(answer["key"]).name == "key:nightly"


def test_keys_are_listed_and_revoked_for_people_in_their_language(call: Call, file: Path) -> None:
    key_id = made(call)["key"].split("_")[1]
    assert "valid" in call("access", "list-keys")[1]
    assert call("access", "revoke-key", key_id)[0] == 0
    assert call("access", "revoke-key", key_id)[0] == 0, "again is the same as once"
    for language, word in (("en", "revoked"), ("es", "revocada"), ("pt", "revogada")):
        assert word in call("access", "list-keys", "--lang", language)[1]


def test_a_key_of_the_setting_is_revoked_by_its_new_entry(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = made(call)
    monkeypatch.setenv("OPPORTUNITY_API_KEYS", answer["entry"])
    assert len(json.loads(call("access", "list-keys", "--json")[1])) == 1
    code, out, _ = call("access", "revoke-key", answer["entry"].split(":")[0])
    assert code == 0
    entry = out.rsplit(" ", 1)[1].strip()
    with pytest.raises(NotAuthenticatedError):
        KeyRing(parsed_entries([entry])).identity(answer["key"])


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("create-key", "--role", "viewer"), 2),
        (("create-key", "--name", "a", "--role", "owner"), 2),
        (("create-key", "--name", "a b", "--role", "viewer"), 2),
        (("revoke-key", "0" * 12), 4),
        (("list-keys", "--file", "none.json"), 1),
    ],
)
def test_what_cannot_be_is_said(call: Call, arguments: tuple[str, ...], code: int) -> None:
    got, out, err = call("access", *arguments)
    assert (got, out) == (code, "")
    assert err


def test_without_keys_the_list_says_how_to_make_one(call: Call) -> None:
    assert "create-key" in call("access", "list-keys")[1]


# The server


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, dict[str, Any]]]:
    calls: list[tuple[Any, dict[str, Any]]] = []
    monkeypatch.setattr(uvicorn, "run", lambda app, **more: calls.append((app, more)))
    monkeypatch.setattr("opportune.observe.log.configure", lambda _: None)
    return calls


def test_other_machines_are_served_with_a_login_alone(
    call: Call,
    file: Path,
    served: list[tuple[Any, dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("OPPORTUNITY_API_KEYS_FILE")
    code, _, err = call("serve", "--host", "0.0.0.0")
    assert code == 1
    assert "login" in err
    monkeypatch.setenv("OPPORTUNITY_API_KEYS_FILE", str(file))
    code, _, err = call("serve", "--host", "0.0.0.0")
    assert (code, "create-key" in err) == (1, True)
    made(call)
    code, _, err = call("serve", "--host", "0.0.0.0")
    assert (code, "OPPORTUNITY_ALLOWED_HOSTS" in err) == (1, True)
    assert served == []
    monkeypatch.setenv("OPPORTUNITY_ALLOWED_HOSTS", "api.example.com")
    assert call("serve", "--host", "0.0.0.0")[0] == 0
    assert [more["host"] for _, more in served] == ["0.0.0.0"]


@pytest.fixture
def server(file: Path, call: Call, tmp_path: Path) -> Iterator[tuple[str, str, Path]]:
    """A real server with one admin's key: its URL, the key, its log."""
    key, log, port = made(call, role="admin")["key"], tmp_path / "log", free_port()
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "opportune", "serve", "--port", str(port)],
            env=os.environ | {"OPPORTUNITY_LOG_FORMAT": "json"},  # noqa: TID251 - for the child
            stderr=errors,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            with httpx.Client(base_url=url, timeout=30) as client:
                wait_until_ready(client, process)
            yield url, key, log
        finally:
            process.kill()
            process.wait()


def test_a_real_server_lets_a_key_in_until_it_is_revoked_and_logs_each_write(
    server: tuple[str, str, Path], call: Call
) -> None:
    url, key, log = server
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}) as client:
        assert client.get("/api/sessions").status_code == 200
        assert client.delete("/api/sessions/none").status_code == 404
        assert call("access", "revoke-key", key.split("_")[1])[0] == 0
        assert client.get("/api/sessions").status_code == 401
        assert client.delete("/api/sessions/none").status_code == 401
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    audit = [line for line in lines if line["logger"] == "opportune.audit"]
    told = [(line["caller"], line["method"], line["status"]) for line in audit]
    assert told == [("key:nightly", "DELETE", 404), ("", "DELETE", 401)]
    assert key not in log.read_text()


def test_a_command_that_is_sent_to_a_server_shows_its_key(
    server: tuple[str, str, Path], call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, key, _ = server
    status = ("store", "migrate", "status", "--server")
    code, _, err = call(*status, url)
    assert (code, "Authorization" in err) == (1, True)
    monkeypatch.setenv("OPPORTUNITY_SERVER_KEY", key)
    code, _, err = call(*status, url)
    assert (code, "no store migration" in err) == (1, True)
    code, _, err = call(*status, "http://api.example.com")
    assert (code, "https" in err, key in err) == (1, True, False)


def test_a_server_without_a_login_loads_nothing_that_checks_one() -> None:
    code = (
        "import sys; from opportune.api import create_app; from opportune.settings import Settings;"
        "create_app(settings=Settings()); "
        "print([name for name in ('jwt', 'cryptography') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
