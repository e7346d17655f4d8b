"""Keys of a provider: kept, followed when they change, and not trusted for ever."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from provider import Provider, ec_jwk, provider, rsa_jwk

import opportune.access.issuer as issuer_module
from opportune.access.issuer import MOST_BYTES, Issuer
from opportune.access.signing_keys import FRESH_S, PAUSE_S, USABLE_S, SigningKeys
from opportune.errors import LoginUnavailableError, NotAuthenticatedError

JWKS = "/pool/.well-known/jwks.json"
CONFIGURATION = "/pool/.well-known/openid-configuration"


class Source:
    """A provider without a network, and the time."""

    def __init__(self, *keys: dict[str, Any]) -> None:
        self.keys = list(keys)
        self.asked = 0
        self.now_s = 1000.0
        self.is_down = False

    def fetch(self) -> dict[str, Any]:
        self.asked += 1
        if self.is_down:
            raise LoginUnavailableError("down")
        return {"keys": self.keys}

    def clock(self) -> float:
        return self.now_s


@pytest.fixture
def source() -> Source:
    return Source(rsa_jwk())


@pytest.fixture
def keys(source: Source) -> SigningKeys:
    return SigningKeys(source.fetch, source.clock)


def test_the_provider_is_asked_once_for_many_tokens(source: Source, keys: SigningKeys) -> None:
    for _ in range(100):
        assert keys.key("rsa").key_id == "rsa"
        source.now_s += FRESH_S / 200
    assert source.asked == 1
    source.now_s += FRESH_S
    keys.key("rsa")
    assert source.asked == 2


def test_a_rotated_key_is_known_at_once_and_the_old_one_goes(
    source: Source, keys: SigningKeys
) -> None:
    keys.key("rsa")
    source.keys = [rsa_jwk("next")]
    source.now_s += PAUSE_S
    assert keys.key("next").key_id == "next"
    with pytest.raises(NotAuthenticatedError):
        keys.key("rsa")


def test_made_up_keys_do_not_make_us_flood_the_provider(source: Source, keys: SigningKeys) -> None:
    for number in range(1000):
        source.now_s += 0.1
        with pytest.raises(NotAuthenticatedError):
            keys.key(f"made-up-{number}")
    assert source.asked <= 1000 * 0.1 / PAUSE_S + 1


def test_a_provider_that_is_down_lets_known_keys_count_for_a_while(
    source: Source, keys: SigningKeys
) -> None:
    keys.key("rsa")
    source.is_down = True
    source.now_s += USABLE_S - 1
    assert keys.key("rsa").key_id == "rsa"
    with pytest.raises(LoginUnavailableError):
        keys.key("next")
    source.now_s += 1
    with pytest.raises(LoginUnavailableError):
        keys.key("rsa")
    source.is_down = False
    source.now_s += PAUSE_S
    assert keys.key("rsa").key_id == "rsa"


def test_a_provider_that_was_never_there_lets_nobody_in(source: Source, keys: SigningKeys) -> None:
    source.is_down = True
    for _ in range(3):
        with pytest.raises(LoginUnavailableError):
            keys.key("rsa")
    assert source.asked == 1


def test_who_comes_while_somebody_asks_waits_only_without_keys() -> None:
    asking, answer = threading.Event(), threading.Event()
    source = Source(rsa_jwk())

    def slow() -> dict[str, Any]:
        asking.set()
        assert answer.wait(60)
        return source.fetch()

    keys = SigningKeys(slow, source.clock)
    found: list[str | None] = []
    first = [threading.Thread(target=lambda: found.append(keys.key("rsa").key_id)) for _ in "abc"]
    for thread in first:
        thread.start()
    assert asking.wait(60)
    answer.set()
    for thread in first:
        thread.join()
    assert found == ["rsa"] * 3
    assert source.asked == 1
    asking.clear()
    answer.clear()
    source.now_s += FRESH_S
    late = threading.Thread(target=keys.key, args=("rsa",))
    late.start()
    assert asking.wait(60)
    assert keys.key("rsa").key_id == "rsa", "does not wait for the one who asks"
    answer.set()
    late.join()


@pytest.mark.parametrize(
    "key_set",
    [{}, {"keys": None}, {"keys": []}, {"keys": ["rsa"]}, {"keys": [{"kid": "a", "kty": "RSA"}]}],
)
def test_a_key_set_without_a_key_of_use_is_no_answer(key_set: dict[str, Any]) -> None:
    with pytest.raises(LoginUnavailableError):
        SigningKeys(lambda: key_set, lambda: 0.0).key("rsa")


def test_a_damaged_key_does_not_harm_the_others() -> None:
    odd: list[Any] = [7, {"kid": []}, rsa_jwk("bad", n="?"), rsa_jwk("odd", alg="none"), {}]
    keys = SigningKeys(lambda: {"keys": [*odd, ec_jwk(), rsa_jwk()]}, lambda: 0.0)
    assert [keys.key(name).algorithm_name for name in ("rsa", "ec")] == ["RS256", "ES256"]


# Over the network


@pytest.fixture
def there() -> Iterator[Provider]:
    with provider() as made:
        yield made


def test_the_providers_configuration_says_where_its_keys_are(there: Provider) -> None:
    there.says("/keys", {"keys": [rsa_jwk("elsewhere")]})
    base = there.issuer.removesuffix("/pool")
    there.says(CONFIGURATION, {"issuer": there.issuer, "jwks_uri": f"{base}/keys"})
    assert Issuer(there.issuer).key_set()["keys"][0]["kid"] == "elsewhere"


def test_without_a_configuration_the_usual_place_is_asked(there: Provider) -> None:
    del there.answers[CONFIGURATION]
    assert len(Issuer(there.issuer).key_set()["keys"]) == 2
    assert there.asked == [CONFIGURATION, JWKS]


def test_a_place_that_was_set_is_the_only_one_asked(there: Provider) -> None:
    assert len(Issuer("https://issuer.example", there.jwks_url).key_set()["keys"]) == 2
    assert there.asked == [JWKS]


def test_a_configuration_of_somebody_else_is_not_followed(there: Provider) -> None:
    for told in (
        {"issuer": "https://evil.example", "jwks_uri": there.jwks_url},
        {"issuer": there.issuer, "jwks_uri": "http://evil.example/keys"},
        {"issuer": there.issuer, "jwks_uri": "file:///etc/hostname"},
        {"issuer": there.issuer},
    ):
        there.says(CONFIGURATION, told)
        with pytest.raises(LoginUnavailableError, match="OPPORTUNITY_OIDC_ISSUER"):
            Issuer(there.issuer).key_set()
    assert JWKS not in there.asked


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (500, {}, b"{}"),
        (404, {}, b"{}"),
        (302, {"Location": "/keys"}, b"{}"),
        (200, {}, b""),
        (200, {}, b"<html>"),
        (200, {}, b"[]"),
        (200, {}, b"\xff"),
        (200, {}, b"[" * 100_000),
        (200, {}, json.dumps({"keys": [rsa_jwk()]}).encode().ljust(MOST_BYTES + 1)),
    ],
)
def test_an_answer_that_is_no_key_set_lets_nobody_in(
    there: Provider, status: int, headers: dict[str, str], body: bytes
) -> None:
    there.says("/keys", {"keys": [rsa_jwk()]})
    there.says(JWKS, body, status=status, **headers)
    with pytest.raises(LoginUnavailableError):
        Issuer(there.issuer, there.jwks_url).key_set()
    assert "/keys" not in there.asked, "redirects are not followed"


def test_an_answer_that_trickles_is_given_up(
    there: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuer_module, "DEADLINE_S", -1)
    with pytest.raises(LoginUnavailableError, match="longer than"):
        Issuer(there.issuer, there.jwks_url).key_set()


def test_a_provider_that_does_not_listen_is_no_crash() -> None:
    with pytest.raises(LoginUnavailableError, match="does not answer"):
        Issuer("http://127.0.0.1:9/pool").key_set()
