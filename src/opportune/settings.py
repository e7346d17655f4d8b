"""Settings: one frozen value, and the only reader of the environment.

Names and defaults are documented in docs/configuration.md (a test compares them).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from opportune.errors import ConfigurationError
from opportune.model.records import LANGUAGES, Status

STORAGE_TYPES = ("memory", "sqlite", "dynamodb")
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
Names = tuple[str, ...]
"""Several values of one variable, separated by commas."""
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
    max_file_mb: int = field(default=100, metadata={"env": "OPPORTUNITY_MAX_FILE_MB"})
    """Largest file that is announced and sent apart."""
    upload_bucket: str = field(default="", metadata={"env": "OPPORTUNITY_UPLOAD_BUCKET"})
    files_bucket: str = field(default="", metadata={"env": "OPPORTUNITY_FILES_BUCKET"})
    s3_endpoint: str = field(default="", metadata={"env": "AWS_ENDPOINT_URL_S3"})
    language: str = field(default="en", metadata={"env": "OPPORTUNITY_LANGUAGE"})
    probabilities: str = field(default="", metadata={"env": "OPPORTUNITY_PROBABILITIES"})
    """Of being won, by status: `Nueva=0.1,En Progreso=0.4`; what is not named keeps its own."""
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
    oidc_issuer: str = field(default="", metadata={"env": "OPPORTUNITY_OIDC_ISSUER"})
    oidc_audience: Names = field(default=(), metadata={"env": "OPPORTUNITY_OIDC_AUDIENCE"})
    oidc_jwks_url: str = field(default="", metadata={"env": "OPPORTUNITY_OIDC_JWKS_URL"})
    oidc_roles_claim: str = field(
        default="cognito:groups", metadata={"env": "OPPORTUNITY_OIDC_ROLES_CLAIM"}
    )
    api_keys: Names = field(default=(), metadata={"env": "OPPORTUNITY_API_KEYS"})
    """Entries as `opportune access create-key` prints them: hashes, no keys."""
    api_keys_file: Path | None = field(default=None, metadata={"env": "OPPORTUNITY_API_KEYS_FILE"})
    server_key: str = field(default="", repr=False, metadata={"env": "OPPORTUNITY_SERVER_KEY"})
    """What commands show a server that they are sent to by --server."""
    allowed_hosts: Names = field(default=(), metadata={"env": "OPPORTUNITY_ALLOWED_HOSTS"})
    cors_origins: Names = field(default=(), metadata={"env": "OPPORTUNITY_CORS_ORIGINS"})
    rate_limit_per_minute: int = field(
        default=600, metadata={"env": "OPPORTUNITY_RATE_LIMIT_PER_MINUTE"}
    )

    def __post_init__(self) -> None:
        if self.storage_type not in STORAGE_TYPES:
            raise ConfigurationError(
                f"OPPORTUNITY_STORAGE_TYPE is {self.storage_type!r}: "
                f"use one of {', '.join(STORAGE_TYPES)}."
            )
        self._check_retention()
        _ = self.chances
        self._check_login()
        self._check_names()
        self._check_monitoring()
        for name, value in (
            ("OPPORTUNITY_MIGRATION_LEASE_SECONDS", self.migration_lease_s),
            ("OPPORTUNITY_MIGRATION_REQUEST_SECONDS", self.migration_request_s),
        ):
            if value < 1:
                raise ConfigurationError(f"{name} is {value}: use 1 second or more.")
        for name, value in (
            ("OPPORTUNITY_MAX_UPLOAD_MB", self.max_upload_mb),
            ("OPPORTUNITY_MAX_FILE_MB", self.max_file_mb),
        ):
            if value < 1:
                raise ConfigurationError(f"{name} is {value}: use 1 or more.")
        if self.language not in LANGUAGES:
            raise ConfigurationError(
                f"OPPORTUNITY_LANGUAGE is {self.language!r}: use en, es or pt."
            )

    def _check_monitoring(self) -> None:
        if self.log_format not in LOG_FORMATS:
            raise ConfigurationError(
                f"OPPORTUNITY_LOG_FORMAT is {self.log_format!r}: use json or text."
            )
        if self.tracing not in TRACINGS:
            raise ConfigurationError(
                f"OPPORTUNITY_TRACING is {self.tracing!r}: use otel, or leave it out."
            )

    @property
    def chances(self) -> dict[Status, Decimal]:
        """How likely an opportunity of a status is won, 0 to 1."""
        chances = {
            Status.NEW: Decimal("0.1"),
            Status.IN_PROGRESS: Decimal("0.4"),
            Status.WON: Decimal(1),
            Status.LOST: Decimal(0),
            Status.DISCARDED: Decimal(0),
        }
        for part in filter(None, (p.strip() for p in self.probabilities.split(","))):
            name, _, number = part.partition("=")
            try:
                chance = Decimal(number.strip())
                is_one = 0 <= chance <= 1
                chances[Status(name.strip())] = chance
            except (ValueError, ArithmeticError):
                is_one = False
            if not is_one:
                raise ConfigurationError(
                    f"OPPORTUNITY_PROBABILITIES: {part!r} is not a status and a number "
                    "from 0 to 1: "
                    f"use {', '.join(Status)}, as in 'En Progreso=0.4'."
                )
        return chances

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

    def _check_login(self) -> None:
        issuer, audience = "OPPORTUNITY_OIDC_ISSUER", "OPPORTUNITY_OIDC_AUDIENCE"
        if bool(self.oidc_issuer) != bool(self.oidc_audience):
            missing, given = (audience, issuer) if self.oidc_issuer else (issuer, audience)
            raise ConfigurationError(
                f"{given} is set without {missing}: a token counts only if it names both."
            )
        if self.oidc_jwks_url and not self.oidc_issuer:
            raise ConfigurationError(f"OPPORTUNITY_OIDC_JWKS_URL is set without {issuer}.")
        for name, url in (
            (issuer, self.oidc_issuer),
            ("OPPORTUNITY_OIDC_JWKS_URL", self.oidc_jwks_url),
        ):
            if url and not is_trusted_url(url):
                raise ConfigurationError(f"{name} is {url!r}: use an https:// URL.")

    def _check_names(self) -> None:
        """Check what names are given for this server, and for the pages that may call it."""
        for host in self.allowed_hosts:
            if host.lower().strip("[]") != _place_of(f"//{host}")[1] or "*" in host:
                raise ConfigurationError(
                    f"OPPORTUNITY_ALLOWED_HOSTS has {host!r}: "
                    "use names without scheme and port, as opportune.example.com."
                )
        for origin in self.cors_origins:
            if not is_trusted_url(origin) or origin != "://".join(urlsplit(origin)[:2]):
                raise ConfigurationError(
                    f"OPPORTUNITY_CORS_ORIGINS has {origin!r}: "
                    "use origins of pages, as https://app.example.com."
                )
        if self.cors_origins and not self.has_login:
            raise ConfigurationError(
                "OPPORTUNITY_CORS_ORIGINS needs a login: without one, other sites' pages would "
                "read everything. Set OPPORTUNITY_OIDC_ISSUER or OPPORTUNITY_API_KEYS_FILE."
            )
        if self.rate_limit_per_minute < 0:
            raise ConfigurationError(
                f"OPPORTUNITY_RATE_LIMIT_PER_MINUTE is {self.rate_limit_per_minute}: "
                "use requests a minute, or 0 for no limit."
            )

    @property
    def has_login(self) -> bool:
        """Whether callers must say who they are."""
        return bool(self.oidc_issuer or self.api_keys or self.api_keys_file)

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
                values[setting.name] = _setting_value(name, text, setting.type)
        return cls(**values)  # type: ignore[arg-type] # each value was parsed by its field's type


def is_trusted_url(url: str) -> bool:
    """Say whether nobody between here and a URL's server can change what passes.

    That is https, and http on this machine.
    """
    scheme, host = _place_of(url)
    return bool(host) and (scheme == "https" or (scheme == "http" and host in LOOPBACK_NAMES))


def _place_of(url: str) -> tuple[str, str]:
    """Return scheme and server of a URL, both in lower case; empty if there are none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", ""
    return parts.scheme, parts.hostname or ""


def _setting_value(name: str, text: str, kind: object) -> object:
    if kind == Names:
        return tuple(part for part in (one.strip() for one in text.split(",")) if part)
    if kind is int:
        try:
            return int(text)
        except ValueError:
            raise ConfigurationError(f"{name} is {text!r}: use a whole number.") from None
    return Path(text).expanduser() if kind in (Path, Path | None) else text
