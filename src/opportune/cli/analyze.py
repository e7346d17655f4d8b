"""Commands that read customers' files: analyze, inspect, sample."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from opportune.cli.answering import Call, answers
from opportune.cli.context import caller, input_file, progress, settings_of
from opportune.cli.tables import inventory_line, print_pipeline, print_table
from opportune.model.records import Basis, QualityNote
from opportune.model.words import number

if TYPE_CHECKING:  # loaded when a command needs them: --help must not pay for it
    from opportune.pipeline.answers import AnalysisAnswer, Inspection

map_option = click.option(
    "--map",
    "mapped",
    multiple=True,
    metavar="COLUMN=FIELD",
    help="Meaning of a column that was not recognised, as in 'Mem size=ram_gb'; may be repeated.",
)


_SEVERE = ("ratings-incomplete", "page-not-read", "file-without-servers")
"""Codes of notes that stand first: a part of a file is missing in all that follows."""


def _show_analysis(answer: "AnalysisAnswer", call: Call) -> None:
    text, language, given = call.text, call.language, call.given
    customer = given["customer"]
    click.echo(
        text["session"].format(id=answer.session_id) + (f" · {customer}" if customer else "")
    )
    _print_severe(answer.data_quality, text)
    click.echo(inventory_line(answer.inventory, language))
    print_pipeline(answer.opportunities, language)
    count, arr = answer.summary.opportunities, number(answer.summary.portfolio_arr, language)
    click.echo(text["portfolio"].format(count=count, arr=arr))
    changes = {"added": answer.added, "changed": answer.changed, "removed": answer.removed}
    click.echo(text["changes"].format(**changes) if any(changes.values()) else text["repeat"])
    if answer.rewording:
        told = answer.rewording
        counts = {"reworded": told.reworded, "all": count, "dropped": told.dropped_sentences}
        line = text["reworded"].format(**counts, refused=len(told.refused), model=told.model)
        click.echo(line)
    if answer.data_quality:
        more = text["quality.more"].format(files=" ".join((given["inventory"], *given["others"])))
        click.echo(f"{text['quality'].format(count=len(answer.data_quality))}; {more}")
    if answer.opportunities and settings_of(call.storage_type).storage_type != "memory":
        first = answer.opportunities[0].id
        status = text["status.En Progreso"]
        for step in ("next.show", "next.explain", "next.status"):
            click.echo(text[step].format(id=first, status=status))


def _print_severe(notes: Sequence[QualityNote], text: Mapping[str, str]) -> None:
    """Print what is missing in all that follows, in bold."""
    for note in notes:
        if note.code in _SEVERE:
            click.secho(text[f"severe.{note.code}"].format(source=note.source), bold=True)


@click.command()
@click.argument("inventory")
@click.argument("others", nargs=-1, metavar="[OTHERS]...")
@click.option("--customer", default="", help="Name of the customer.")
@click.option(
    "--session-id",
    help="Id of the session; else derived from the customer, the files, --basis and --map.",
)
@map_option
@click.option(
    "--basis",
    type=click.Choice([str(basis) for basis in Basis]),
    default=str(Basis.ON_DEMAND),
    show_default=True,
    help="What the customer is expected to pay for compute.",
)
@click.option(
    "--price-book",
    default="",
    help=(
        "Version or file of the prices; else OPPORTUNITY_PRICE_BOOK, else the bundled book. "
        "A file is copied to the data folder, so that the session can be recomputed later."
    ),
)
@click.option(
    "--reword",
    type=click.Choice(["bedrock"]),
    help="Let a language model reword the texts; docs/rewording.md says what it is sent.",
)
@answers(_show_analysis)
def analyze(
    call: Call,
    inventory: str,
    others: tuple[str, ...],
    customer: str,
    session_id: str | None,
    mapped: tuple[str, ...],
    basis: str,
    price_book: str,
    reword: str | None,
) -> "AnalysisAnswer":
    """Find the opportunities in a customer's files and keep them.

    INVENTORY lists the servers: an MPA workbook, or an export of another tool (docs/documents.md).
    OTHERS are, in any order, readiness reports, questionnaires and further inventories.

    Example: opportune analyze mpa.xlsx mra.pdf --customer "Example Corp" --lang es
    """
    from opportune.pipeline.analyze.intake import parsed_mapping
    from opportune.pipeline.analyze.rewording import speaker_of
    from opportune.prices.kept import is_path

    mapping = parsed_mapping(mapped)
    speaker = speaker_of(settings_of(call.storage_type), reword or "")
    files = [input_file(inventory, "inventory"), *(input_file(name) for name in others)]
    with progress(call.language) as on_progress:
        if is_path(price_book):
            price_book = call.service.books.keep(Path(price_book).expanduser())
        return call.service.analyses.analyze(
            files,
            customer=customer,
            updated_by=caller(),
            language=call.language,
            session_id=session_id,
            basis=Basis(basis),
            mapping=mapping,
            price_book=price_book,
            speaker=speaker,
            on_progress=on_progress,
        )


def _show_inspection(found: "Inspection", call: Call) -> None:
    text, language = call.text, call.language
    print_table(
        ("column.name", "column.kind"), [(d.file, d.kind) for d in found.documents], language
    )
    if found.inventory.servers:
        click.echo(inventory_line(found.inventory, language))
    if found.readiness.mean is not None:
        mean = number(found.readiness.mean, language, decimals=2)
        click.echo(text["readiness"].format(ratings=found.readiness.ratings, mean=mean))
    if found.quality:
        click.echo(text["quality"].format(count=len(found.quality)))
        for note in sorted(found.quality, key=lambda note: note.code not in _SEVERE):
            line = f"- {click.style(note.code, bold=True)}: {note.message}  [{note.source}]"
            if note.effect_arr is not None:
                amount = number(note.effect_arr, language, decimals=2)
                line += f"  {text['quality.effect'].format(amount=amount)}"
            click.echo(line)


@click.command()
@click.argument("files", nargs=-1, required=True)
@map_option
@answers(_show_inspection, has_store=False)
def inspect(call: Call, files: tuple[str, ...], mapped: tuple[str, ...]) -> "Inspection":
    """Tell what files hold, what was left out and what contradicts; nothing is stored.

    Example: opportune inspect mpa.xlsx mra.pdf --json
    """
    from opportune.pipeline.analyze.intake import inspect_files, parsed_mapping

    mapping = parsed_mapping(mapped)
    with progress(call.language) as on_progress:
        return inspect_files(
            [input_file(name) for name in files],
            mapping=mapping,
            language=call.language,
            on_progress=on_progress,
        )


def _show_samples(paths: list[Path], call: Call) -> None:
    for path in paths:
        click.echo(call.text["sample.written"].format(path=path))


@click.command()
@click.option(
    "--servers",
    type=click.IntRange(1, 100_000),
    default=200,
    show_default=True,
    help="Servers in the inventory.",
)
@click.option(
    "--seed", type=int, default=7, show_default=True, help="The same seed makes the same files."
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Folder for the files.  [default: this one]",
)
@answers(_show_samples, has_store=False, has_json=False)
def sample(_: Call, servers: int, seed: int, out: Path) -> list[Path]:
    """Write sample files of an invented customer: an MPA workbook and an MRA report.

    Example: opportune sample --servers 200 --out demo
    """
    from opportune.documents.samples.report import write_report
    from opportune.documents.samples.workbook import write_workbook

    out.mkdir(parents=True, exist_ok=True)
    write_workbook(out / "mpa.xlsx", servers=servers, seed=seed)
    write_report(out / "mra.pdf", seed=seed)
    return [out / "mpa.xlsx", out / "mra.pdf"]
