"""Settings: one frozen value, and the only reader of the environment.

Names and defaults are documented in docs/configuration.md (a test compares them).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import urlencode

from opportune.errors import ConfigurationError
from opportune.models import LANGUAGES

STORAGE_TYPES = ("memory", "sqlite", "dynamodb")
LOG_FORMATS = ("json", "text")
TRACINGS = ("", "otel")


def default_data_dir() -> Path:
    """Return where the command line keeps its data unless told otherwise."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"  # noqa: TID251 - the one place
    return Path(base) / "opportune"


def default_log_format() -> str:
    """Return how log lines look unless told otherwise: on Lambda programs read them."""
    is_lambda = "AWS_LAMBDA_FUNCTION_NAME" in os.environ  # noqa: TID251 - the one place
    return "json" if is_lambda else "text"


@dataclass(frozen=True)
class Settings:
    """How this process runs. Each field names its variable.

    Raises:
        ConfigurationError: A value makes no sense; the message names the variable.
    """

    storage_type: str = field(default="memory", metadata={"env": "OPPORTUNITY_STORAGE_TYPE"})
    data_dir: Path = field(
        default_factory=default_data_dir, metadata={"env": "OPPORTUNITY_DATA_DIR"}
    )
    ttl_days: int = field(default=30, metadata={"env": "OPPORTUNITY_TTL_DAYS"})
    history_ttl_days: int = field(default=365, metadata={"env": "OPPORTUNITY_HISTORY_TTL_DAYS"})
    max_upload_mb: int = field(default=25, metadata={"env": "OPPORTUNITY_MAX_UPLOAD_MB"})
    language: str = field(default="en", metadata={"env": "OPPORTUNITY_LANGUAGE"})
    price_book: str = field(default="", metadata={"env": "OPPORTUNITY_PRICE_BOOK"})
    """Version or path; empty = the bundled one."""
    log_format: str = field(
        default_factory=default_log_format, metadata={"env": "OPPORTUNITY_LOG_FORMAT"}
    )
    tracing: str = field(default="", metadata={"env": "OPPORTUNITY_TRACING"})
    """`otel` = spans by OpenTelemetry; empty = none."""
    dynamodb_table: str = field(
        default="OpportunitySessions", metadata={"env": "DYNAMODB_TABLE_NAME"}
    )
    aws_region: str = field(default="", metadata={"env": "AWS_REGION"})
    dynamodb_endpoint: str = field(default="", metadata={"env": "AWS_ENDPOINT_URL_DYNAMODB"})
    price_list_endpoint: str = field(default="", metadata={"env": "AWS_ENDPOINT_URL_PRICING"})
    bedrock_model: str = field(default="", metadata={"env": "OPPORTUNITY_BEDROCK_MODEL"})
    """Model id or inference profile that may reword texts; used only on request."""
    bedrock_endpoint: str = field(default="", metadata={"env": "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"})
    migration_lease_s: int = field(
        default=10, metadata={"env": "OPPORTUNITY_MIGRATION_LEASE_SECONDS"}
    )
    """How long a process may serve by what it read of a store migration, where nothing moves."""
    migration_request_s: int = field(
        default=90, metadata={"env": "OPPORTUNITY_MIGRATION_REQUEST_SECONDS"}
    )
    """No request to a store takes effect later than this after it began."""

    def __post_init__(self) -> None:
        if self.storage_type not in STORAGE_TYPES:
            raise ConfigurationError(
                f"OPPORTUNITY_STORAGE_TYPE is {self.storage_type!r}: "
                f"use one of {', '.join(STORAGE_TYPES)}."
            )
        self._check_retention()
        if self.log_format not in LOG_FORMATS:
            raise ConfigurationError(
                f"OPPORTUNITY_LOG_FORMAT is {self.log_format!r}: use json or text."
            )
        if self.tracing not in TRACINGS:
            raise ConfigurationError(
                f"OPPORTUNITY_TRACING is {self.tracing!r}: use otel, or leave it out."
            )
        for name, value in (
            ("OPPORTUNITY_MIGRATION_LEASE_SECONDS", self.migration_lease_s),
            ("OPPORTUNITY_MIGRATION_REQUEST_SECONDS", self.migration_request_s),
        ):
            if value < 1:
                raise ConfigurationError(f"{name} is {value}: use 1 second or more.")
        if self.max_upload_mb < 1:
            raise ConfigurationError(
                f"OPPORTUNITY_MAX_UPLOAD_MB is {self.max_upload_mb}: use 1 or more."
            )
        if self.language not in LANGUAGES:
            raise ConfigurationError(
                f"OPPORTUNITY_LANGUAGE is {self.language!r}: use en, es or pt."
            )

    def _check_retention(self) -> None:
        for name, value in (
            ("OPPORTUNITY_TTL_DAYS", self.ttl_days),
            ("OPPORTUNITY_HISTORY_TTL_DAYS", self.history_ttl_days),
        ):
            if value < 0:
                raise ConfigurationError(f"{name} is {value}: use days, or 0 to keep for ever.")
        if self.history_ttl_days and not 0 < self.ttl_days <= self.history_ttl_days:
            raise ConfigurationError(
                "OPPORTUNITY_HISTORY_TTL_DAYS must be 0 or at least OPPORTUNITY_TTL_DAYS: "
                "history would go before what it is the history of."
            )

    @property
    def store_url(self) -> str:
        """The chosen store as `opportune.stores.open_store` takes it."""
        if self.storage_type == "sqlite":
            return f"sqlite:///{self.data_dir.absolute() / 'opportune.sqlite3'}"
        if self.storage_type == "dynamodb":
            return self.placed(f"dynamodb://{self.dynamodb_table}")
        return "memory:"

    def placed(self, url: str) -> str:
        """Return a store's URL; of a table without region and endpoint, with those set here."""
        if not url.startswith("dynamodb://") or "?" in url:
            return url
        place = {"region": self.aws_region, "endpoint": self.dynamodb_endpoint}
        query = urlencode({name: value for name, value in place.items() if value})
        return f"{url}?{query}" if query else url

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] | None = None, *, storage_type: str = "memory"
    ) -> "Settings":
        """Read the settings; what is unset or blank has its default.

        Args:
            environment: Variables; None = those of this process.
            storage_type: Where to keep things if OPPORTUNITY_STORAGE_TYPE is unset.
        """
        variables = os.environ if environment is None else environment  # noqa: TID251 - the one place
        values: dict[str, object] = {"storage_type": storage_type}
        for setting in fields(cls):
            name = setting.metadata["env"]
            text = variables.get(name, "").strip()
            if text:
                values[setting.name] = _parsed(name, text, setting.type)
        return cls(**values)  # type: ignore[arg-type] # each value was parsed by its field's type


def _parsed(name: str, text: str, kind: object) -> object:
    if kind is int:
        try:
            return int(text)
        except ValueError:
            raise ConfigurationError(f"{name} is {text!r}: use a whole number.") from None
    return Path(text).expanduser() if kind is Path else text
