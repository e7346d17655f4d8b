"""Settings of a login: what makes no sense stops the process with one sentence."""

from pathlib import Path

import pytest

from opportune.errors import ConfigurationError
from opportune.settings import Settings, is_trusted_url

OIDC = {
    "OPPORTUNITY_OIDC_ISSUER": "https://issuer.example/pool",
    "OPPORTUNITY_OIDC_AUDIENCE": "web, cli",
}


def test_nothing_set_is_no_login() -> None:
    settings = Settings.from_environment({})
    assert not settings.has_login
    assert settings.rate_limit_per_minute == 600
    assert settings.oidc_roles_claim == "cognito:groups"


def test_several_values_are_separated_by_commas() -> None:
    settings = Settings.from_environment(
        OIDC
        | {
            "OPPORTUNITY_ALLOWED_HOSTS": "a.example.com, 192.0.2.1,[2001:db8::1],",
            "OPPORTUNITY_CORS_ORIGINS": "https://a.example.com,http://localhost:5173",
        },
    )
    assert settings.has_login
    assert settings.oidc_audience == ("web", "cli")
    assert settings.allowed_hosts == ("a.example.com", "192.0.2.1", "[2001:db8::1]")
    assert len(settings.cors_origins) == 2


@pytest.mark.parametrize(
    "variables",
    [
        OIDC,
        {"OPPORTUNITY_API_KEYS": "x"},
        {"OPPORTUNITY_API_KEYS_FILE": "~/keys.json"},
    ],
)
def test_each_way_to_know_callers_is_a_login(variables: dict[str, str]) -> None:
    settings = Settings.from_environment(variables)
    assert settings.has_login
    if settings.api_keys_file is not None:
        assert settings.api_keys_file == Path.home() / "keys.json"


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"OPPORTUNITY_OIDC_ISSUER": "https://i.example"}, "without OPPORTUNITY_OIDC_AUDIENCE"),
        ({"OPPORTUNITY_OIDC_AUDIENCE": "web"}, "without OPPORTUNITY_OIDC_ISSUER"),
        ({"OPPORTUNITY_OIDC_JWKS_URL": "https://i.example/k"}, "without OPPORTUNITY_OIDC_ISSUER"),
        (OIDC | {"OPPORTUNITY_OIDC_ISSUER": "http://issuer.example"}, "use an https://"),
        (OIDC | {"OPPORTUNITY_OIDC_ISSUER": "issuer.example"}, "use an https://"),
        (OIDC | {"OPPORTUNITY_OIDC_ISSUER": "https://[broken"}, "use an https://"),
        (OIDC | {"OPPORTUNITY_OIDC_JWKS_URL": "file:///etc/keys"}, "OPPORTUNITY_OIDC_JWKS_URL"),
        ({"OPPORTUNITY_ALLOWED_HOSTS": "https://a.example.com"}, "without scheme and port"),
        ({"OPPORTUNITY_ALLOWED_HOSTS": "a.example.com:443"}, "without scheme and port"),
        ({"OPPORTUNITY_ALLOWED_HOSTS": "a.example.com/x"}, "without scheme and port"),
        ({"OPPORTUNITY_ALLOWED_HOSTS": "*.example.com"}, "without scheme and port"),
        ({"OPPORTUNITY_CORS_ORIGINS": "https://app.example.com"}, "needs a login"),
        (OIDC | {"OPPORTUNITY_CORS_ORIGINS": "*"}, "use origins of pages"),
        (OIDC | {"OPPORTUNITY_CORS_ORIGINS": "null"}, "use origins of pages"),
        (OIDC | {"OPPORTUNITY_CORS_ORIGINS": "https://a.example.com/"}, "use origins of pages"),
        (OIDC | {"OPPORTUNITY_CORS_ORIGINS": "http://a.example.com"}, "use origins of pages"),
        ({"OPPORTUNITY_RATE_LIMIT_PER_MINUTE": "-1"}, "OPPORTUNITY_RATE_LIMIT_PER_MINUTE"),
        ({"OPPORTUNITY_RATE_LIMIT_PER_MINUTE": "many"}, "OPPORTUNITY_RATE_LIMIT_PER_MINUTE"),
    ],
)
def test_what_makes_no_sense_is_refused(variables: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as refused:
        Settings.from_environment(variables)
    assert "\n" not in str(refused.value)


def test_a_key_for_other_servers_is_not_shown_with_the_settings() -> None:
    settings = Settings.from_environment({"OPPORTUNITY_SERVER_KEY": "oppk_secret"})
    assert settings.server_key == "oppk_secret"
    assert "oppk_secret" not in repr(settings)


@pytest.mark.parametrize(
    ("url", "is_trusted"),
    [
        ("https://a.example", True),
        ("HTTPS://A.example", True),
        ("http://localhost:8000/x", True),
        ("http://127.0.0.1", True),
        ("http://[::1]:9/x", True),
        ("http://a.example", False),
        ("http://localhost.a.example", False),
        ("http://localhost@a.example", False),
        ("ftp://localhost", False),
        ("https://", False),
        ("//a.example", False),
        ("", False),
    ],
)
def test_which_ways_nobody_can_listen_on(url: str, *, is_trusted: bool) -> None:
    assert is_trusted_url(url) is is_trusted
