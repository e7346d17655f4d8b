"""API keys: shown once, kept as hashes, revoked at once."""

import json
import multiprocessing
import os
import stat
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opportune.access.key_file import KeyFile
from opportune.access.keys import ApiKey, KeyRing, new_key, parsed_entries
from opportune.access.roles import Identity, Role
from opportune.errors import (
    ApiKeyNotFoundError,
    ConfigurationError,
    InvalidInputError,
    LoginUnavailableError,
    NotAuthenticatedError,
)

NOW = datetime(2026, 11, 28, tzinfo=UTC)
KEPT, KEY = new_key("nightly", Role.EDITOR, now=NOW)


def test_a_key_lets_its_bearer_in_by_its_name() -> None:
    assert KeyRing([KEPT]).identity(KEY) == Identity("key:nightly", Role.EDITOR)


def test_what_is_kept_does_not_hold_the_key() -> None:
    secret = KEY.rpartition("_")[2]
    assert secret not in KEPT.model_dump_json() + KEPT.entry
    assert secret not in repr(KEPT)
    with pytest.raises(NotAuthenticatedError):
        KeyRing([KEPT]).identity(f"oppk_{KEPT.id}_{KEPT.sha256[:43]}")


def test_no_two_keys_are_alike() -> None:
    made = [new_key("a", Role.VIEWER, now=NOW) for _ in range(100)]
    assert len({key for _, key in made}) == len({kept.id for kept, _ in made}) == 100


@given(
    place=st.floats(0, 1, exclude_max=True),
    letter=st.sampled_from("abcdefABCDEF0123456789-_. \n"),
    change=st.sampled_from(["replace", "insert", "remove"]),
)
def test_a_key_that_was_tampered_with_is_never_accepted(
    place: float, letter: str, change: str
) -> None:
    at = int(place * len(KEY))
    changed = {
        "replace": KEY[:at] + letter + KEY[at + 1 :],
        "insert": KEY[:at] + letter + KEY[at:],
        "remove": KEY[:at] + KEY[at + 1 :],
    }[change]
    if changed == KEY:
        return
    with pytest.raises(NotAuthenticatedError):
        KeyRing([KEPT]).identity(changed)


@given(text=st.text(max_size=100))
def test_no_text_is_a_key(text: str) -> None:
    for presented in (text, f"oppk_{text}", f"oppk_{KEPT.id}_{text}", f"{KEY}{text or 'x'}"):
        with pytest.raises(NotAuthenticatedError):
            KeyRing([KEPT]).identity(presented)


def test_the_hash_is_compared_as_a_whole_even_for_an_unknown_id(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared: list[tuple[str, str]] = []

    def compare(one: str, other: str) -> bool:
        compared.append((one, other))
        return one == other

    monkeypatch.setattr("opportune.access.keys.hmac.compare_digest", compare)
    ring = KeyRing([KEPT])
    for presented in (KEY, f"oppk_{'0' * 12}_{KEY[-43:]}", f"{KEY[:-1]}!"):
        compared.clear()
        try:
            ring.identity(presented)
        except NotAuthenticatedError:
            assert presented != KEY
        assert [len(one) for one, _ in compared] == [64], "one comparison, of hashes"


def test_entries_go_there_and_back() -> None:
    revoked = KEPT.revised(is_revoked=True)
    assert parsed_entries([KEPT.entry]) == (KEPT.revised(created_at=""),)
    with pytest.raises(NotAuthenticatedError, match="revoked"):
        KeyRing(parsed_entries([revoked.entry])).identity(KEY)


WRONG_ENTRIES = {
    "one word": "x",
    "four words": "a:b:c:d",
    "another role": KEPT.entry.replace("editor", "owner"),
    "a name with a space": KEPT.entry.replace("nightly", "night ly"),
    "a cut hash": KEPT.entry[:-1],
    "another end": f"{KEPT.entry}:gone",
    "revoked twice": f"{KEPT.entry}:revoked:revoked",
    "an open end": f"{KEPT.entry}:",
    "upper case": KEPT.entry.upper(),
    "the key itself": KEY,
}


@pytest.mark.parametrize("case", WRONG_ENTRIES)
def test_an_entry_of_another_form_is_refused_without_being_repeated(case: str) -> None:
    entry = WRONG_ENTRIES[case]
    with pytest.raises(ConfigurationError, match=r"OPPORTUNITY_API_KEYS, entry 2") as refused:
        parsed_entries([KEPT.entry, entry])
    assert entry == "x" or entry not in str(refused.value)


def test_an_id_stands_for_one_key() -> None:
    with pytest.raises(ConfigurationError, match="two entries"):
        parsed_entries([KEPT.entry, f"{KEPT.entry}:revoked"])


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a,b", "ñ", "x" * 65, "-a", "a\n"])
def test_a_name_must_fit_into_an_entry(name: str) -> None:
    with pytest.raises(InvalidInputError, match="name for a key"):
        new_key(name, Role.VIEWER, now=NOW)


# The file


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "keys.json"


def test_a_file_of_keys_is_for_its_owner_alone(path: Path) -> None:
    KeyFile(path).add(KEPT)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert KEY not in path.read_text()
    assert KeyFile(path).keys() == (KEPT,)


def test_a_key_revoked_by_another_process_counts_no_more(path: Path) -> None:
    KeyFile(path).add(KEPT)
    ring = KeyRing([], KeyFile(path))
    assert ring.identity(KEY).name == "key:nightly"
    revoked = KeyFile(path).revoke(KEPT.id, now=NOW)
    assert (revoked.is_revoked, revoked.revoked_at) == (True, "2026-11-28T00:00:00.000Z")
    with pytest.raises(NotAuthenticatedError):
        ring.identity(KEY)
    assert KeyFile(path).revoke(KEPT.id, now=datetime.now(UTC)) == revoked


def test_a_key_made_by_another_process_counts_at_once(path: Path) -> None:
    KeyFile(path).add(KEPT)
    ring = KeyRing([], KeyFile(path))
    ring.identity(KEY)
    kept, key = new_key("later", Role.ADMIN, now=NOW)
    KeyFile(path).add(kept)
    assert ring.identity(key) == Identity("key:later", Role.ADMIN)


def test_revoked_in_one_place_is_revoked(path: Path) -> None:
    KeyFile(path).add(KEPT.revised(is_revoked=True))
    with pytest.raises(NotAuthenticatedError):
        KeyRing(parsed_entries([KEPT.entry]), KeyFile(path)).identity(KEY)


def test_a_file_that_has_not_changed_is_not_read_again(path: Path) -> None:
    KeyFile(path).add(KEPT)
    keeper = KeyFile(path)
    assert keeper.keys() is keeper.keys()


def damage(path: Path, kind: str) -> None:
    if kind == "gone":
        path.unlink()
    elif kind == "folder":
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes(
            {
                "empty": b"",
                "no json": b"keys",
                "a list": b"[]",
                "unknown member": b'{"keys": [], "more": 1}',
                "no hash": json.dumps({"keys": [{"id": KEPT.id}]}).encode(),
                "too long": b'{"keys": []}'.ljust(1_000_001),
            }[kind]
        )


DAMAGES = ("gone", "folder", "empty", "no json", "a list", "unknown member", "no hash", "too long")


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_file_that_cannot_be_read_lets_nobody_in(
    path: Path, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    KeyFile(path).add(KEPT)
    fixed, key = new_key("fixed", Role.ADMIN, now=NOW)
    ring = KeyRing([fixed], KeyFile(path))
    ring.identity(KEY)
    damage(path, kind)
    for presented in (KEY, key):
        with pytest.raises(LoginUnavailableError):
            ring.identity(presented)
    assert "api-keys-unreadable" in caplog.text
    with pytest.raises(ConfigurationError, match="OPPORTUNITY_API_KEYS_FILE"):
        KeyFile(path).keys()


@pytest.mark.parametrize("kind", sorted(set(DAMAGES) - {"gone"}))
def test_a_file_that_cannot_be_read_is_not_written_over(path: Path, kind: str) -> None:
    KeyFile(path).add(KEPT)
    damage(path, kind)
    held = path.read_bytes() if path.is_file() else None
    with pytest.raises(ConfigurationError):
        KeyFile(path).add(KEPT)
    assert (path.read_bytes() if path.is_file() else None) == held


def test_an_unknown_key_cannot_be_revoked(path: Path) -> None:
    with pytest.raises(ApiKeyNotFoundError, match="API key"):
        KeyFile(path).revoke("0" * 12, now=NOW)
    assert not path.exists()


def test_a_write_that_is_cut_leaves_the_old_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    KeyFile(path).add(KEPT)
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "disk full")))
    with pytest.raises(ConfigurationError, match="disk full"):
        KeyFile(path).revoke(KEPT.id, now=NOW)
    assert KeyFile(path).keys() == (KEPT,)
    assert sorted(p.name for p in path.parent.iterdir()) == ["keys.json", "keys.json.lock"]


def _add(path: Path, count: int, together: Barrier) -> None:
    together.wait()
    for number in range(count):
        KeyFile(path).add(new_key(f"n{number}", Role.VIEWER, now=NOW)[0])


def test_keys_made_by_several_processes_at_once_are_all_kept(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    together = context.Barrier(3)
    processes = [context.Process(target=_add, args=(path, 40, together)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    kept: tuple[ApiKey, ...] = KeyFile(path).keys()
    assert len({key.id for key in kept}) == 120
