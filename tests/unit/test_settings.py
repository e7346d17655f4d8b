from pathlib import Path

import pytest

from opportune.errors import ConfigurationError
from opportune.settings import Settings


def test_nothing_set_means_the_memory_store() -> None:
    settings = Settings.from_environment({})
    assert settings.store_url == "memory:"
    assert (settings.ttl_days, settings.history_ttl_days) == (30, 365)


def test_the_command_line_keeps_its_data_in_sqlite(tmp_path: Path) -> None:
    settings = Settings.from_environment(
        {"OPPORTUNITY_DATA_DIR": str(tmp_path)}, storage_type="sqlite"
    )
    assert settings.store_url == f"sqlite:///{tmp_path}/opportune.sqlite3"


def test_the_variables_of_the_migration_guide_choose_dynamodb() -> None:
    settings = Settings.from_environment(
        {
            "OPPORTUNITY_STORAGE_TYPE": "dynamodb",
            "DYNAMODB_TABLE_NAME": "Mine",
            "AWS_REGION": "eu-west-1",
            "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:8000",
        },
    )
    assert settings.store_url == (
        "dynamodb://Mine?region=eu-west-1&endpoint=http%3A%2F%2F127.0.0.1%3A8000"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPPORTUNITY_STORAGE_TYPE", "dynamo"),
        ("OPPORTUNITY_TTL_DAYS", "a month"),
        ("OPPORTUNITY_TTL_DAYS", "-1"),
        ("OPPORTUNITY_TTL_DAYS", "400"),
        ("OPPORTUNITY_HISTORY_TTL_DAYS", "7"),
        ("OPPORTUNITY_MAX_UPLOAD_MB", "0"),
        ("OPPORTUNITY_LANGUAGE", "de"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match="OPPORTUNITY_"):
        Settings.from_environment({name: value})


def test_a_blank_variable_is_an_unset_one() -> None:
    assert Settings.from_environment({"OPPORTUNITY_TTL_DAYS": " "}) == Settings.from_environment({})
