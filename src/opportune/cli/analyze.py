"""Commands that read customers' files: analyze, inspect, sample."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from opportune.cli.context import (
    as_json,
    caller,
    input_file,
    language_option,
    opened_service,
    progress,
    settings_of,
    store_option,
)
from opportune.model.records import Basis, QualityNote
from opportune.model.words import number, words

map_option = click.option(
    "--map",
    "mapped",
    multiple=True,
    metavar="COLUMN=FIELD",
    help="What a column means, as in 'Mem size=ram_gb'; may be repeated.",
)


_SEVERE = ("ratings-incomplete", "page-not-read")
"""Codes of notes that stand first: a part of a file is missing in all that follows."""


@click.command()
@click.argument("inventory")
@click.argument("others", nargs=-1, metavar="[READINESS]...")
@click.option("--customer", default="", help="Name of the customer.")
@click.option("--session-id", help="Id of the session; else derived from customer and files.")
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
    help="Version or file of the prices; else OPPORTUNITY_PRICE_BOOK, else the bundled ones.",
)
@click.option(
    "--reword",
    type=click.Choice(["bedrock"]),
    help="Let a language model reword the texts; see docs/rewording.md for what leaves.",
)
@language_option
@store_option
@as_json
def analyze(  # noqa: PLR0913 - arguments and options of the command
    *,
    inventory: str,
    others: tuple[str, ...],
    customer: str,
    session_id: str | None,
    mapped: tuple[str, ...],
    basis: str,
    price_book: str,
    reword: str | None,
    language: str,
    storage_type: str | None,
    as_json: bool,
) -> None:
    """Find the opportunities in a customer's files and keep them.

    INVENTORY is the MPA workbook; after it, if there is one, the MRA report (PDF).

    Example: opportune analyze mpa.xlsx mra.pdf --customer "Example Corp" --lang es
    """
    from opportune.cli.tables import inventory_line, print_json, print_pipeline
    from opportune.pipeline.analyze.intake import parsed_mapping
    from opportune.pipeline.analyze.rewording import speaker_of
    from opportune.prices.kept import is_path

    mapping = parsed_mapping(mapped)
    speaker = speaker_of(settings_of(storage_type), reword or "")
    files = [input_file(inventory, "inventory"), *(input_file(name) for name in others)]
    with opened_service(storage_type, language) as service, progress(language) as on_progress:
        if is_path(price_book):
            price_book = service.books.keep(Path(price_book).expanduser())
        answer = service.analyze(
            files,
            customer=customer,
            updated_by=caller(),
            language=language,
            session_id=session_id,
            basis=Basis(basis),
            mapping=mapping,
            price_book=price_book,
            speaker=speaker,
            on_progress=on_progress,
        )
    if as_json:
        print_json(answer)
        return
    text = words(language)
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
        more = text["quality.more"].format(files=" ".join((inventory, *others)))
        click.echo(f"{text['quality'].format(count=len(answer.data_quality))}; {more}")
    if answer.opportunities and settings_of(storage_type).storage_type != "memory":
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
@click.argument("files", nargs=-1, required=True)
@map_option
@language_option
@as_json
def inspect(
    *, files: tuple[str, ...], mapped: tuple[str, ...], language: str, as_json: bool
) -> None:
    """Say what files hold, what was dropped and what contradicts; keep nothing.

    Example: opportune inspect mpa.xlsx mra.pdf --json
    """
    from opportune.cli.tables import inventory_line, print_json, print_table
    from opportune.pipeline.analyze.intake import inspect_files, parsed_mapping

    mapping = parsed_mapping(mapped)
    with progress(language) as on_progress:
        found = inspect_files(
            [input_file(name) for name in files],
            mapping=mapping,
            language=language,
            on_progress=on_progress,
        )
    if as_json:
        print_json(found)
        return
    text = words(language)
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
@click.option("--servers", type=click.IntRange(1, 100_000), default=200, show_default=True)
@click.option("--seed", type=int, default=7, show_default=True, help="Same seed, same files.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Folder for the files.  [default: this one]",
)
@language_option
def sample(*, servers: int, seed: int, out: Path, language: str) -> None:
    """Write sample files of an invented customer: an MPA workbook and an MRA report.

    Example: opportune sample --servers 200 --out demo
    """
    from opportune.documents.samples.report import write_report
    from opportune.documents.samples.workbook import write_workbook

    out.mkdir(parents=True, exist_ok=True)
    write_workbook(out / "mpa.xlsx", servers=servers, seed=seed)
    write_report(out / "mra.pdf", seed=seed)
    for name in ("mpa.xlsx", "mra.pdf"):
        click.echo(words(language)["sample.written"].format(path=out / name))
