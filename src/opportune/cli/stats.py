"""Commands of figures: stats, moves, stays."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from opportune.cli.answering import Call, answers
from opportune.cli.filters import filter_options
from opportune.cli.tables import print_table
from opportune.model.words import category_name, number, words

if TYPE_CHECKING:  # loaded when a command needs them: --help must not pay for it
    from opportune.model.filters import OpportunityFilters
    from opportune.pipeline.figures import Figures, Moves, PipelineFigures, PipelineRow, Stay

GROUPINGS = ("none", "priority", "category", "service", "customer", "owner", "month", "close-month")
BAR = 24
"""Characters of the longest bar."""


def _print_figures(figures: "PipelineFigures", call: Call) -> None:
    text, language = call.text, call.language
    if not figures.total.count:
        click.echo(text["no.opportunities"])
        return
    columns = ("column.status", "column.count", "column.arr", "column.weighted", "column.bar")
    rows = [(text[f"status.{s}"], f) for s, f in figures.by_status.items()]
    total = ("", *_figure_cells(figures.total, language), "")
    print_table(columns, [*_bars(rows, language), total], language)
    if figures.groups:
        click.echo()
        titled = [
            (category_name(group.key, language) or "-", group) for group in figures.groups[:100]
        ]
        print_table(("column.group", *columns[1:]), _bars(titled, language), language)
        if figures.grouping == "service":
            click.echo(text["stats.services"])
    rate = figures.win_rate
    if rate.by_count is not None:
        by_arr = "-" if rate.by_arr is None else f"{rate.by_arr:.0%}"
        click.echo()
        click.echo(
            text["stats.rate"].format(
                count=f"{rate.by_count:.0%}", arr=by_arr, won=rate.won, lost=rate.lost
            ),
        )
    _print_rows(text["stats.top"], figures.top, language)
    stalled = figures.stalled
    heading = text["stats.stalled"].format(
        days=stalled.days, count=stalled.count, arr=number(stalled.arr, language)
    )
    _print_rows(heading, stalled.oldest, language)


def _bars(
    rows: Sequence[tuple[str, "Figures"]], language: str
) -> list[tuple[str, str, str, str, str]]:
    most = max((abs(figures.arr) for _, figures in rows), default=0) or 1
    return [
        (
            title,
            *_figure_cells(figures, language),
            "█" * round(BAR * float(abs(figures.arr) / most)),
        )
        for title, figures in rows
    ]


def _figure_cells(figures: "Figures", language: str) -> tuple[str, str, str]:
    return (
        number(figures.count, language),
        number(figures.arr, language),
        number(figures.weighted_arr, language),
    )


def _print_rows(heading: str, rows: Sequence["PipelineRow"], language: str) -> None:
    click.echo()
    click.secho(heading, bold=True)
    if not rows:
        return
    text = words(language)
    print_table(
        ("column.arr", "column.title", "column.customer", "column.status", "column.id"),
        [
            (
                number(row.estimated_arr, language),
                row.title,
                row.customer,
                text[f"status.{row.status}"],
                row.id,
            )
            for row in rows
        ],
        language,
    )


@click.command()
@filter_options
@click.option(
    "--by",
    type=click.Choice(GROUPINGS),
    default="none",
    show_default=True,
    help="What figures are grouped by; month is the month of creation.",
)
@click.option(
    "--top",
    type=click.IntRange(1, 100),
    default=10,
    show_default=True,
    help="Rows of the highest and of the stalled.",
)
@click.option(
    "--stalled-days",
    type=click.IntRange(min=1),
    default=14,
    show_default=True,
    help="Open and unchanged for this many days counts as stalled.",
)
@click.option(
    "--at",
    metavar="TIME",
    default="",
    help="As it stood at the end of a day (2026-03-01) or at a time (2026-03-01T12:00:00Z).",
)
@answers(_print_figures)
def stats(
    call: Call, filters: "OpportunityFilters", by: str, top: int, stalled_days: int, at: str
) -> "PipelineFigures":
    """Show the pipeline in figures; each is the sum over `list` with the same filters.

    Example: opportune stats --by category --status New --status "In progress"
    """
    from opportune.model.filters import Grouping
    from opportune.pipeline.changes.history import moment_of

    return call.service.analytics.figures(
        filters,
        by=Grouping(by),
        top=top,
        stalled_days=stalled_days,
        at=moment_of(at) if at else None,
    )


def _print_moves(found: "Moves", call: Call) -> None:
    text, language = call.text, call.language
    if not found.moves:
        click.echo(text["stats.no.moves"].format(days=call.given["days"]))
        return
    columns = ("updated", "by", "was", "now", "arr", "title", "id")
    print_table(
        [f"column.{name}" for name in columns],
        [
            (
                move.at,
                move.by,
                text[f"status.{move.old}"] if move.old else "-",
                text[f"status.{move.new}"],
                number(move.arr, language),
                move.title,
                move.id,
            )
            for move in found.moves
        ],
        language,
    )


@click.command()
@filter_options
@click.option(
    "--days", type=click.IntRange(1, 366), default=7, show_default=True, help="Days to look back."
)
@answers(_print_moves)
def moves(call: Call, filters: "OpportunityFilters", days: int) -> "Moves":
    """Show which opportunities came to which status in the last days.

    Example: opportune moves --days 7
    """
    return call.service.analytics.moves(filters, days=days)


def _print_stays(found: "Sequence[Stay]", call: Call) -> None:
    text, language = call.text, call.language
    columns = ("status", "count", "days.mean", "days.median", "days.longest")
    print_table(
        [f"column.{name}" for name in columns],
        [
            (
                text[f"status.{stay.status}"],
                number(stay.stays, language),
                number(stay.mean_days, language, decimals=1),
                number(stay.median_days, language, decimals=1),
                number(stay.longest_days, language, decimals=1),
            )
            for stay in found
        ],
        language,
    )


@click.command()
@filter_options
@answers(_print_stays)
def stays(call: Call, filters: "OpportunityFilters") -> "Sequence[Stay]":
    """Show how many days opportunities are and were in each status.

    Example: opportune stays --owner eva
    """
    return call.service.analytics.stays(filters)
