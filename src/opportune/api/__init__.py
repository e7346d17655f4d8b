"""The HTTP API. `create_app` makes the ASGI application; nothing below it knows HTTP."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI

from opportune import __version__
from opportune.api import migration, problems, templates
from opportune.api.guards import Guard
from opportune.api.routes import router
from opportune.service import Service
from opportune.settings import Settings

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")


def create_app(
    service: Service | None = None,
    settings: Settings | None = None,
    *,
    hosts: Sequence[str] = LOOPBACK_HOSTS,
) -> FastAPI:
    """Make the application.

    Args:
        service: The use cases; None = over the store that the settings name, closed at shutdown.
        settings: None = those of the environment.
        hosts: Names by which the server may be called.
    """
    settings = settings or Settings.from_environment()
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
        docs_url="/api/docs",
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=lifespan,
    )
    app.state.service = own
    app.state.settings = settings
    app.include_router(router)
    app.include_router(templates.router)
    app.include_router(migration.router)
    problems.install(app)
    app.add_middleware(Guard, hosts=hosts, max_body_bytes=settings.max_upload_mb * 1_000_000)
    return app
