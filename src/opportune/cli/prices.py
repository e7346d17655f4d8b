"""Commands on price books: show one, make a new one with today's prices."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from opportune.cli.answering import Call, answers
from opportune.cli.context import progress, settings_of
from opportune.cli.tables import print_table

if TYPE_CHECKING:  # loaded when a command needs it: --help must not pay for it
    from opportune.prices.kept import PriceBookAnswer
    from opportune.prices.refresh import Refresh


@click.group()
def prices() -> None:
    """Show the prices that ARR is computed with, or fetch today's.

    Example: opportune prices show m7i
    """


def _show_book(answer: "PriceBookAnswer", call: Call) -> None:
    text, language = call.text, call.language
    dates = sorted({row.snapshot for row in answer.rows})
    click.echo(
        text["prices.book"].format(
            version=answer.version,
            region=answer.region,
            hours=answer.hours_a_year,
            dates=" - ".join(dict.fromkeys((dates[0], dates[-1]))) if dates else "-",
        ),
    )
    if answer.rows:
        print_table(
            ("column.price", "column.usd", "column.date", "column.source"),
            [(row.name, row.amount, row.snapshot, row.source) for row in answer.rows],
            language,
        )
    else:
        click.echo(text["prices.none"].format(name=call.given["name"]))
    if len(answer.known) > 1:
        click.echo(text["prices.known"].format(versions=", ".join(answer.known)))


@prices.command()
@click.argument("name", default="")
@click.option(
    "--price-book", default="", help="Version or file; else the book that an analysis would use."
)
@answers(_show_book, has_store=False)
def show(_: Call, name: str, price_book: str) -> "PriceBookAnswer":
    """Show a price book: version, region, and every price with its source and its date.

    NAME keeps only the rows that have this text in their name.

    Example: opportune prices show m7i
    """
    return _price_book_answer(price_book).named(name)


def _price_book_answer(price_book: str) -> "PriceBookAnswer":
    from opportune.prices.kept import Book, PriceBookAnswer, is_path, price_books

    books = price_books(settings_of(None))
    if not is_path(price_book):
        return books.answer(price_book)
    book = Book.load(Path(price_book).expanduser())  # only looked at: nothing is copied
    return PriceBookAnswer(
        version=book.version,
        region=book.prices.region,
        hours_a_year=book.prices.hours_a_year,
        rows=book.rows,
        known=(book.version,),
    )


def _show_refreshed(made: "Refresh", call: Call) -> None:
    from opportune.prices.refresh import RowState

    text, language = call.text, call.language
    shown = [row for row in made.rows if row.state != RowState.SAME]
    if shown:
        print_table(
            ("column.price", "column.old", "column.new", "column.state"),
            [(r.name, r.old, r.new or "-", text[f"prices.{r.state}"]) for r in shown],
            language,
        )
    count = {state: sum(row.state == state for row in made.rows) for state in RowState}
    click.echo(
        text["prices.refreshed"].format(
            version=made.version,
            old=made.made_from,
            changed=count[RowState.CHANGED],
            same=count[RowState.SAME],
            kept=count[RowState.KEPT],
            gone=count[RowState.NOT_OFFERED],
        ),
    )
    click.echo(text["prices.written"].format(path=made.file))
    click.echo(text["prices.next"].format(version=made.version))


@prices.command()
@click.option(
    "--region",
    default="",
    help="Region of the prices, such as eu-west-1; else the region of the book.",
)
@click.option("--accept", is_flag=True, help="Take prices that changed by more than a factor of 3.")
@answers(_show_refreshed, has_store=False)
def refresh(call: Call, *, region: str, accept: bool) -> "Refresh":
    """Make a new price book with today's prices of the AWS Price List API.

    It is written beside the others, under a version of its own; needs AWS credentials with
    pricing:GetProducts. What the API does not give keeps its price and its date.

    Example: opportune prices refresh --region eu-west-1
    """
    from datetime import UTC, datetime

    from opportune.prices.kept import price_books
    from opportune.prices.refresh import refresh

    settings = settings_of(None)
    with progress(call.language) as on_progress:
        return refresh(
            price_books(settings),
            day=datetime.now(UTC).date(),
            region=region,
            endpoint=settings.price_list_endpoint,
            accepts_jumps=accept,
            on_progress=on_progress and (lambda name: on_progress("prices", name)),
        )
