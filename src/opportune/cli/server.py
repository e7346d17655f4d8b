"""The command that runs the HTTP API."""

import click

from opportune.cli.context import settings_of, store_option
from opportune.errors import ConfigurationError
from opportune.settings import LOOPBACK_NAMES


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port to listen on; 0 takes any free one.",
)
@store_option
def serve(*, host: str, port: int, storage_type: str | None) -> None:
    """Run the HTTP API on this machine; with a login also for others.

    Example: opportune serve --port 8000
    """
    settings = settings_of(storage_type)
    is_public = host not in LOOPBACK_NAMES
    if is_public and not settings.has_login:
        raise ConfigurationError(
            f"--host {host}: without a login the server listens on 127.0.0.1 only; "
            "docs/access.md says how to configure one."
        )
    import uvicorn

    from opportune.api import create_app
    from opportune.observe import log

    log.configure(settings)
    app = create_app(settings=settings, is_public=is_public)
    click.echo(f"http://{host}:{port}/api/docs", err=True)
    uvicorn.run(
        app, host=host, port=port, log_config=None, log_level="warning", server_header=False
    )
