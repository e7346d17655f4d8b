"""Commands on cost: what a month on DynamoDB would cost, and what was consumed."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from opportune.cli.context import (
    as_json,
    caller,
    input_file,
    language_option,
    opened_service,
    progress,
    server_authorization,
    settings_of,
    store_option,
    usage_file,
)
from opportune.cli.tables import print_json, print_table
from opportune.errors import ConfigurationError, InvalidInputError, StoreUnavailableError
from opportune.model.words import number, words

if TYPE_CHECKING:  # loaded when a command needs them: --help must not pay for it
    from opportune.costs.actual import Actual, Priced
    from opportune.costs.estimate import Estimate
    from opportune.costs.prices import Prices
    from opportune.costs.sample import Sample
    from opportune.observe.tally import Metered

USD_DECIMALS = 6
_DECIMALS = {"writes": 0, "reads": 1, "storage": 6, "pitr": 6}
REQUEST_TIMEOUT_S = 30
MOST_SESSIONS_SHOWN = 20

region_option = click.option(
    "--region",
    default="",
    help="Region of the prices; else AWS_REGION if its prices are known, else us-east-1.",
)
prices_option = click.option(
    "--prices",
    "prices_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File with prices of further regions.",
)


@click.group()
def cost() -> None:
    """Estimate what a month on DynamoDB costs, or tell what was consumed.

    Example: opportune cost estimate --analyses 1000 --updates 2
    """


@cost.command()
@click.option(
    "--analyses",
    type=click.IntRange(0, 10**9),
    default=100,
    show_default=True,
    help="Analyses a month.",
)
@click.option(
    "--opportunities",
    type=click.IntRange(0, 2000),
    help="Opportunities that an analysis finds; 5 if not given.",
)
@click.option(
    "--item-kb",
    type=float,
    help="Size of a stored opportunity in KB of 1,024 bytes; 5 if not given.",
)
@click.option(
    "--measure",
    "files",
    multiple=True,
    help="Measure what these files make instead; the inventory first; may be repeated.",
)
@click.option("--session", "session_id", help="Measure what this session holds instead.")
@click.option(
    "--updates",
    type=click.IntRange(0, 100),
    default=0,
    show_default=True,
    help="Changes of status of each opportunity.",
)
@click.option(
    "--list-reads",
    type=click.IntRange(0, 10**12),
    default=1000,
    show_default=True,
    help="Reads of a session's list a month.",
)
@click.option(
    "--reads",
    type=click.IntRange(0, 10**12),
    default=0,
    show_default=True,
    help="Reads of one opportunity a month.",
)
@click.option(
    "--finds",
    type=click.IntRange(0, 10**12),
    default=0,
    show_default=True,
    help="Pages of 50 across sessions a month.",
)
@click.option(
    "--retention-days",
    type=click.IntRange(0, 36_500),
    default=30,
    show_default=True,
    help="Days after its last change until an opportunity expires; 0 keeps it for ever.",
)
@click.option(
    "--history-days",
    type=click.IntRange(0, 36_500),
    default=365,
    show_default=True,
    help="Days that a revision is kept; 0 keeps it for ever.",
)
@click.option("--pitr/--no-pitr", default=True, show_default=True, help="Point-in-time recovery.")
@click.option(
    "--free-tier/--no-free-tier",
    default=False,
    show_default=True,
    help="Subtract the free 25 GB of an account.",
)
@region_option
@prices_option
@language_option
@store_option
@as_json
def estimate(
    *,
    region: str,
    prices_file: Path | None,
    language: str,
    storage_type: str | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Estimate a month on DynamoDB, beside the migration guide's figures.

    The defaults are the guide's assumptions. The store's own requests are rehearsed in memory and
    counted; nothing is sent anywhere.

    Example: opportune cost estimate --measure mpa.xlsx --measure mra.pdf --updates 2
    """
    from opportune.costs.estimate import Assumptions
    from opportune.costs.estimate import estimate as estimated
    from opportune.costs.workload import Workload
    from opportune.stores.contract import Retention

    prices = _prices(region, prices_file, language)
    sample = _sample(given, storage_type, language)
    made_up = {
        name: given[name] for name in ("opportunities", "item_kb") if given[name] is not None
    }
    counts = ("analyses", "updates", "list_reads", "reads", "finds")
    assumed = Assumptions(
        workload=Workload(**{name: given[name] for name in counts}),
        sample=sample,
        retention=Retention(given["retention_days"], given["history_days"]),
        has_pitr=given["pitr"],
        has_free_tier=given["free_tier"],
        **made_up,
    )
    with progress(language) as on_progress:
        if on_progress:
            on_progress("rehearse", "")
        answer = estimated(assumed, prices)
    if as_json:
        print_json(answer)
    else:
        _print_estimate(answer, given["analyses"], language)


def _prices(region: str, file: Path | None, language: str) -> "Prices":
    """Return the prices of a region; in place of one that only a setting names perhaps others."""
    from opportune.costs.prices import DEFAULT_REGION, prices_of

    implied = settings_of(None).aws_region
    try:
        return prices_of(region or implied, file)
    except ConfigurationError:
        if region or file or not implied:
            raise
    note = words(language)["cost.other.region"].format(region=implied, taken=DEFAULT_REGION)
    click.echo(note, err=True)
    return prices_of(DEFAULT_REGION)


def _sample(given: dict[str, Any], storage_type: str | None, language: str) -> "Sample | None":
    """Return what a real analysis keeps, if one is named."""
    files, session_id = given["files"], given["session_id"]
    if not files and not session_id:
        return None
    if given["opportunities"] is not None or given["item_kb"] is not None or (files and session_id):
        raise InvalidInputError(
            "--measure, --session, and --opportunities with --item-kb are three ways to say what "
            "an analysis keeps: use one."
        )
    from opportune.costs.sample import Sample

    if session_id:
        with opened_service(storage_type, language) as service:
            return Sample.of(
                service.store.get_session(session_id), service.analyses.opportunities(session_id)
            )
    from opportune.pipeline.service import Service
    from opportune.stores.files.kept import MemoryFiles
    from opportune.stores.open import open_store

    service = Service(open_store("memory:"), MemoryFiles())
    with progress(language) as on_progress:
        read = [input_file(path, "" if n else "inventory") for n, path in enumerate(files)]
        answer = service.analyses.analyze(
            read, customer="", updated_by=caller(), language=language, on_progress=on_progress
        )
    return Sample.of(service.store.get_session(answer.session_id), answer.opportunities)


def _print_estimate(answer: "Estimate", analyses: int, language: str) -> None:
    text = words(language)

    def usd(amount: Any) -> str:
        return number(amount, language, decimals=USD_DECIMALS)

    click.echo(
        text["cost.estimate"].format(
            region=answer.region,
            since=answer.prices_since,
            analyses=number(analyses, language),
            opportunities=number(answer.opportunities, language),
            bytes=number(answer.item_bytes, language),
        ),
    )
    rows = [
        (
            text[f"cost.{line.name}"],
            number(line.quantity, language, decimals=_DECIMALS[line.name]),
            usd(line.usd),
            usd(line.guide_usd),
        )
        for line in answer.lines
    ]
    rows.append((text["cost.total"], "", usd(answer.usd), usd(answer.guide_usd)))
    print_table(("column.what", "column.quantity", "column.usd", "column.guide"), rows, language)
    click.echo()
    steps = [
        (text[f"cost.{line.name}"], usd(step.usd), _why(step.reason, line.name, text))
        for line in answer.lines
        for step in line.steps
    ]
    if steps:
        print_table(("column.what", "column.difference", "column.why"), steps, language)
    if answer.guide_printed_usd is not None:
        click.echo(
            text["cost.why.sum"].format(
                printed=number(answer.guide_printed_usd, language, decimals=3),
                sum=usd(answer.guide_usd),
            ),
        )


def _why(reason: str, line: str, text: Mapping[str, str]) -> str:
    return text.get(f"cost.why.{reason}.{line}") or text[f"cost.why.{reason}"]


@cost.command()
@click.option("--server", help="Ask this running server, by its URL.")
@click.option(
    "--logs",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Read these log files (lines of JSON, also as CloudWatch exports them); may be repeated.",
)
@click.option("--session", "session_id", help="Only this session.")
@region_option
@prices_option
@language_option
@as_json
def actual(
    *,
    server: str | None,
    logs: tuple[Path, ...],
    session_id: str | None,
    region: str,
    prices_file: Path | None,
    language: str,
    as_json: bool,
) -> None:
    """Tell what was consumed: units and dollars by operation and by session.

    Without options: by the command line of this user. A server tells what it has consumed since it
    began; logs, what their lines say (also those of Lambda).

    Example: opportune cost actual --logs exported.json --region us-east-1
    """
    from opportune.costs.actual import of_session, priced

    prices = _prices(region, prices_file, language)
    rows = _metered(server, logs)
    if session_id:
        rows = of_session(rows, session_id)
    answer = priced(rows, prices)
    if as_json:
        print_json(answer)
    else:
        _print_actual(answer, language)


def _metered(server: str | None, logs: tuple[Path, ...]) -> "Iterable[Metered]":
    from opportune.costs.actual import logged

    if server and logs:
        raise InvalidInputError("--server and --logs are two sources: use one.")
    if server:
        return _usage_of_server(server)
    if logs:
        return [row for path in logs for row in logged(path)]
    return usage_file(settings_of(None)).rows()


def _usage_of_server(server: str) -> "Iterable[Metered]":
    from opportune.observe.tally import UsageAnswer

    url = f"{server.rstrip('/')}/api/admin/usage"
    if not url.startswith(("http://", "https://")):
        raise ConfigurationError(f"--server {server}: give a URL such as http://127.0.0.1:8000.")
    request = urllib.request.Request(url, headers=server_authorization(server))  # noqa: S310 - http and https only, see above
    try:
        with urllib.request.urlopen(request, timeout=REQUEST_TIMEOUT_S) as reply:  # noqa: S310 - the same
            return UsageAnswer.model_validate_json(reply.read()).rows
    except urllib.error.HTTPError as refusal:
        raise ConfigurationError(f"{server} refuses: {_detail_of(refusal)}") from None
    except (OSError, ValueError) as problem:
        raise StoreUnavailableError(f"{server} does not answer as our server: {problem}.") from None


def _detail_of(refusal: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(refusal.read())["detail"])
    except (ValueError, KeyError, TypeError):
        return f"it answered {refusal.code}."


def _print_actual(answer: "Actual", language: str) -> None:
    text = words(language)
    if not answer.operations:
        click.echo(text["cost.nothing"])
        return

    def cells(row: "Priced") -> tuple[str, ...]:
        return (
            number(row.calls, language),
            number(row.read_units, language, decimals=1),
            number(row.write_units, language),
            number(row.usd, language, decimals=USD_DECIMALS),
        )

    counted = ("column.calls", "column.read.units", "column.write.units", "column.usd")
    operations = [(row.operation, *cells(row)) for row in answer.operations]
    operations.append((text["cost.total"], *cells(answer.total)))
    print_table(("column.operation", *counted), operations, language)
    click.echo()
    shown = answer.sessions[:MOST_SESSIONS_SHOWN]
    sessions = [(row.session_id or text["cost.no.session"], *cells(row)) for row in shown]
    print_table(("column.session", *counted), sessions, language)
    if len(shown) < len(answer.sessions):
        click.echo(text["cost.more"].format(count=len(answer.sessions) - len(shown)))
    click.echo(text["cost.prices"].format(region=answer.region, since=answer.prices_since))
