"""Moving to another store while people work: `opportune store migrate`.

Each verb works in two ways: on a running server (`--server URL`), or from here on the two stores
themselves. Both take the same steps on the same record, so either may go on where the other ended.
"""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from opportune.cli.context import (
    as_json,
    caller,
    language_option,
    server_authorization,
    settings_of,
)
from opportune.cli.tables import print_json
from opportune.errors import (
    ConfigurationError,
    MigrationError,
    OpportuneError,
    StoreUnavailableError,
    WrongStageError,
)
from opportune.model.words import words

if TYPE_CHECKING:
    from opportune.stores.migration.record import MigrationStatus
    from opportune.stores.migration.steps import Steps
    from opportune.stores.running import MigrationAnswer, StoreMigrations

F = TypeVar("F", bound=Callable[..., Any])

POLL_PAUSE_S = 0.3
REQUEST_TIMEOUT_S = 30


@click.group()
def migrate() -> None:
    """Move to another store while the service runs, and back; nothing is lost.

    start, verify, cut-over, verify, complete; roll-back at any time before complete. Each answer
    ends with the next step. docs/store-migration.md tells the whole of it.

    Example: opportune store migrate start --to dynamodb://OpportunitySessions
    """


def _common(command: F) -> F:
    """Add the options that every verb has."""
    for option in (
        click.option("--server", help="Ask this running server, by its URL, to do it."),
        click.option("--from", "from_url", help="The store to move from; else the configured one."),
        as_json,
        language_option,
    ):
        command = option(command)
    return command


@migrate.command()
@click.option("--to", "to_url", required=True, help="sqlite:///FILE, dynamodb://TABLE or memory:")
@click.option("--rate", type=click.FloatRange(min=0.1), help="Records a second at most.")
@_common
def start(*, to_url: str, rate: float | None, **where: Any) -> None:
    """Write to both stores from now on, and copy what is there. Again: resume.

    Example: opportune store migrate start --from sqlite:///a.sqlite3 --to dynamodb://T --rate 500
    """
    if where["server"]:
        body = {"to": to_url, "recordsPerS": rate}
        _on_server("start", body, **where)
        return
    with _here(where["from_url"]) as migrations:
        migrator = migrations.starting(to_url, operator=caller())
        _finish(migrator.start(records_per_s=rate), **where)


@migrate.command()
@_common
def status(**where: Any) -> None:
    """Tell how the migration stands and what to do next.

    Example: opportune store migrate status --server http://127.0.0.1:8000
    """
    if where["server"]:
        _print(_status_of(_migration_answer(where["server"], "", None)), **where)
        return
    with _here(where["from_url"]) as migrations:
        _print(migrations.found(caller()).status(), **where)


@migrate.command()
@click.option("--repair", is_flag=True, help="Copy what differs again, then verify again.")
@_common
def verify(*, repair: bool, **where: Any) -> None:
    """Compare every record and revision of both stores, in both directions.

    Example: opportune store migrate verify --repair
    """
    _verb("verify", where, repair=repair)


@migrate.command("cut-over")
@_common
def cut_over(**where: Any) -> None:
    """Read from the target. Needs a clean verification; writes rest for some seconds.

    Example: opportune store migrate cut-over --server http://127.0.0.1:8000
    """
    _verb("cut-over", where)


@migrate.command("roll-back")
@click.option(
    "--abandon-target", is_flag=True, help="Go on without the target, because it is lost."
)
@_common
def roll_back(*, abandon_target: bool, **where: Any) -> None:
    """Go one stage back: reads return to the source, or the migration ends. Keeps every write.

    Example: opportune store migrate roll-back
    """
    _verb("roll-back", where, abandon_target=abandon_target)


@migrate.command()
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@_common
def complete(*, yes: bool, **where: Any) -> None:
    """Stop writing to the source. Afterwards only a new migration leads back.

    Example: opportune store migrate complete --yes
    """
    if not yes:
        click.confirm(words(where["language"])["migration.confirm"], abort=True)
    _verb("complete", where)


@migrate.command()
@_common
def resume(**where: Any) -> None:
    """Finish a change of stage that was cut short, or lift a pause.

    Example: opportune store migrate resume
    """
    _verb("resume", where)


@migrate.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_common
def report(*, file: Path, **where: Any) -> None:
    """Write the report, signed with your name: stores, stages, counts, digests, verification.

    Example: opportune store migrate report migration.json
    """
    from opportune.model.times import time_text
    from opportune.stores.migration.report import Report, write_report

    if where["server"]:
        status_ = _status_of(_migration_answer(where["server"], "", None))
    else:
        with _here(where["from_url"]) as migrations:
            status_ = migrations.found(caller()).status()
    made_at = time_text(datetime.now(UTC))
    write_report(Report(made_at=made_at, signed_off_by=caller(), migration=status_), file)
    click.echo(words(where["language"])["migration.report"].format(file=file))


@migrate.command("check-report")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@language_option
def check_report(*, file: Path, language: str) -> None:
    """Tell whether a report is as it was written.

    Example: opportune store migrate check-report migration.json
    """
    from opportune.stores.migration import report

    report.check_report(file)
    click.echo(words(language)["migration.report.unchanged"])


def _verb(verb: str, where: Mapping[str, Any], **options: Any) -> None:
    if where["server"]:
        camel = {"abandon_target": "abandonTarget"}
        body = {camel.get(name, name): value for name, value in options.items()}
        if verb == "complete":
            body["confirm"] = "complete"
        _on_server(verb, body, **where)
        return
    from opportune.stores.running import steps_of

    with _here(where["from_url"]) as migrations:
        _finish(steps_of(migrations.found(caller()), verb, **options), **where)


@contextmanager
def _here(from_url: str | None) -> "Iterator[StoreMigrations]":
    """Lend the migrations of a store that this process opens itself."""
    from opportune.stores.running import StoreMigrations

    settings = settings_of(None)
    url = from_url or settings.store_url
    if url.startswith("memory:"):
        raise ConfigurationError(
            "A memory store lives in its server: name the server by --server, or a store by --from."
        )
    migrations = StoreMigrations.from_settings(settings, url=url)
    try:
        yield migrations
    finally:
        migrations.store.close()


def _finish(
    steps: "Steps", *, as_json: bool, language: str, server: str | None, **_: object
) -> None:
    from opportune.cli.migration_screen import shown_progress
    from opportune.stores.migration.verbs import finish

    with shown_progress(language, shown=not as_json) as show:
        status_ = finish(steps, on_progress=show)
    _print(status_, as_json=as_json, language=language, server=server)


def _on_server(
    verb: str, body: dict[str, Any], *, server: str, as_json: bool, language: str, **_: object
) -> None:
    from opportune.cli.migration_screen import shown_progress
    from opportune.stores.migration.steps import Progress

    answer = _migration_answer(server, verb, body | {"operator": caller()})
    with shown_progress(language, shown=not as_json) as show:
        while answer.job is not None and answer.job.running:
            job = answer.job
            if job.step:
                show(Progress(job.step, job.done, job.total, job.per_s, job.left_s))
            time.sleep(POLL_PAUSE_S)
            answer = _migration_answer(server, "", None)
    if answer.job is not None and answer.job.error:
        raise MigrationError(answer.job.error)
    _print(_status_of(answer), as_json=as_json, language=language, server=server)


def _migration_answer(server: str, verb: str, body: dict[str, Any] | None) -> "MigrationAnswer":
    """Ask the server; its refusals become our errors."""
    from opportune.stores.running import MigrationAnswer

    url = f"{server.rstrip('/')}/api/admin/store-migration{f'/{verb}' if verb else ''}"
    if not url.startswith(("http://", "https://")):
        raise ConfigurationError(f"--server {server}: give a URL such as http://127.0.0.1:8000.")
    request = urllib.request.Request(  # noqa: S310 - http and https only, see above
        url,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"} | server_authorization(server),
    )
    try:
        with urllib.request.urlopen(request, timeout=REQUEST_TIMEOUT_S) as reply:  # noqa: S310 - the same
            return MigrationAnswer.model_validate_json(reply.read())
    except urllib.error.HTTPError as refusal:
        raise _refused(refusal) from None
    except (OSError, ValueError) as problem:
        raise StoreUnavailableError(f"{server} does not answer as our server: {problem}.") from None


def _refused(refusal: urllib.error.HTTPError) -> OpportuneError:
    try:
        detail = str(json.loads(refusal.read())["detail"])
    except (ValueError, KeyError, TypeError):
        detail = f"The server answered {refusal.code}."
    return MigrationError(detail)


def _status_of(answer: "MigrationAnswer") -> "MigrationStatus":
    if answer.status is None:
        raise WrongStageError("The server's store takes part in no store migration: start one.")
    return answer.status


def _print(
    status_: "MigrationStatus", *, as_json: bool, language: str, server: str | None, **_: object
) -> None:
    from opportune.cli.migration_screen import print_status

    if server:  # the server cannot know by which name it was called
        told = status_.next_step.replace(" (", f" --server {server} (", 1)
        status_ = status_.model_copy(update={"next_step": told})
    if as_json:
        print_json(status_)
    else:
        print_status(status_, language)
