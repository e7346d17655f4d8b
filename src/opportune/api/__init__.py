"""The HTTP API. `create_app` makes the ASGI application; nothing below it knows HTTP."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from opportune import __version__
from opportune.access.limits import RateLimit
from opportune.access.login import Login
from opportune.api import (
    analytics,
    description,
    docs_page,
    duplicates,
    editing,
    exports,
    health,
    history,
    migration,
    problems,
    routes,
    templates,
    uploads,
    usage,
)
from opportune.api.access import Access
from opportune.api.audit import Audit
from opportune.api.guards import LOOPBACK_HOSTS, Guard
from opportune.api.policy import Routes
from opportune.api.request_log import RequestLog
from opportune.errors import ConfigurationError
from opportune.observe.spans import spans
from opportune.pipeline.service import Service
from opportune.settings import Settings


def create_app(
    service: Service | None = None,
    settings: Settings | None = None,
    *,
    hosts: Sequence[str] = LOOPBACK_HOSTS,
    is_public: bool = False,
) -> FastAPI:
    """Make the application.

    Args:
        service: The use cases; None = over the store that the settings name, closed at shutdown.
        settings: None = those of the environment.
        hosts: Names by which the server may be called, beside those of the settings.
        is_public: Other machines can reach it.

    Raises:
        ConfigurationError: Others can reach it, and there is no login or no name to call it by.
    """
    settings = settings or Settings.from_environment()
    login = Login.from_settings(settings)
    if is_public:
        _check_public(settings)
    own = service or Service.from_settings(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        if service is None:
            own.close()

    app = FastAPI(
        title="opportune",
        version=__version__,
        summary="Sales opportunities in AWS migration assessments, with evidence and ARR.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        separate_input_output_schemas=False,
        lifespan=lifespan,
    )
    app.state.service = own
    app.state.settings = settings
    app.state.uploads = uploads.open_uploads(settings)
    for module in (
        editing,  # before the routes that take any text for an id
        routes,
        history,
        analytics,
        duplicates,
        exports,
        uploads,
        templates,
        migration,
        usage,
        health,
        docs_page,
    ):
        app.router.routes.extend(module.router.routes)
    description.describe(app)
    problems.install(app)
    _protect(app, settings, login, (*hosts, *settings.allowed_hosts))
    app.add_middleware(RequestLog, span=spans(settings))  # the last one added is the outermost
    return app


def _check_public(settings: Settings) -> None:
    if not settings.has_login:
        raise ConfigurationError(
            "Other machines can reach this server, so it needs a login: set "
            "OPPORTUNITY_OIDC_ISSUER and OPPORTUNITY_OIDC_AUDIENCE, or OPPORTUNITY_API_KEYS_FILE."
        )
    if not settings.allowed_hosts:
        raise ConfigurationError(
            "Other machines can reach this server: "
            "set OPPORTUNITY_ALLOWED_HOSTS to the names that they call it by."
        )


def _protect(app: FastAPI, settings: Settings, login: Login | None, hosts: Sequence[str]) -> None:
    """Put before the routes what a request must pass; the last one added meets it first."""
    routes = Routes(app)
    limit = RateLimit(settings.rate_limit_per_minute, clock=time.monotonic)
    app.add_middleware(Access, routes=routes, login=login, limit=limit)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=("GET", "POST", "PUT", "PATCH", "DELETE"),
            allow_headers=("Authorization", "Idempotency-Key", "If-Match", "X-Request-Id"),
            expose_headers=("ETag", "Retry-After", "WWW-Authenticate", "X-Request-Id"),
        )
    app.add_middleware(
        Guard,
        hosts=hosts,
        origins=settings.cors_origins,
        max_body_bytes=settings.max_upload_mb * 1_000_000,
        max_file_bytes=settings.max_file_mb * 1_000_000,
    )
    app.add_middleware(Audit, routes=routes)
