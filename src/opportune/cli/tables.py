"""Printing: tables and colour on a terminal, plain aligned text elsewhere, JSON for programs."""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import click
from pydantic import TypeAdapter

from opportune.model.records import InventoryTotals, Opportunity
from opportune.model.words import category_name, in_marks, number, words

if TYPE_CHECKING:  # an import at run time would load the analysis
    from opportune.pipeline.answers import CalculationCell, CalculationNode

Cell = str
_CELL = re.compile(r"(?P<table>.*[ !])(?P<column>[A-Z]{1,3})(?P<row>\d+)")
"""A cell's place: `mpa.xlsx Servers!L2`, `estate.csv L2`."""
RIGHT = frozenset(
    {
        "column.arr",
        "column.count",
        "column.weighted",
        "column.days.mean",
        "column.days.median",
        "column.days.longest",
        "column.arr.change",
        "column.arr.new",
        "column.arr.old",
        "column.calls",
        "column.difference",
        "column.guide",
        "column.quantity",
        "column.read.units",
        "column.servers",
        "column.usd",
        "column.version",
        "column.write.units",
    },
)


def print_json(value: object) -> None:
    """Print models, or lists of them, as JSON."""
    data = TypeAdapter(object).dump_python(value, mode="json", by_alias=True)
    click.echo(json.dumps(data, ensure_ascii=False, indent=2))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Cell]], language: str) -> None:
    """Print rows under headings; `columns` are keys of the catalogue."""
    titles = [words(language)[key] for key in columns]
    if sys.stdout.isatty():
        from rich import box
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for key, title in zip(columns, titles, strict=True):
            table.add_column(
                title,
                justify="right" if key in RIGHT else "left",
                no_wrap=key == "column.id",
                overflow="fold",
            )
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))  # Text: a customer's [b] is not markup
        Console().print(table)
        return
    widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
    for row in (titles, ["-" * w for w in widths], *rows):
        cells = (
            cell.rjust(width) if key in RIGHT else cell.ljust(width)
            for key, cell, width in zip(columns, row, widths, strict=True)
        )
        click.echo("  ".join(cells).rstrip())


PIPELINE = (
    "column.priority",
    "column.arr",
    "column.title",
    "column.category",
    "column.status",
    "column.id",
)


def print_pipeline(opportunities: Sequence[Opportunity], language: str) -> None:
    """Print opportunities as the pipeline table."""
    text = words(language)
    print_table(
        PIPELINE,
        [
            (
                text[f"priority.{o.priority}"],
                number(o.estimated_arr, language),
                o.title,
                category_name(o.category, language),
                text[f"status.{o.status}"],
                o.id,
            )
            for o in opportunities
        ],
        language,
    )


def inventory_line(totals: InventoryTotals, language: str) -> str:
    """Return what the customer has, in one line."""
    return words(language)["inventory"].format(
        servers=number(totals.servers, language),
        cores=number(totals.cores, language),
        ram=number(totals.ram_gb, language, decimals=1),
        disk=number(totals.disk_gb, language),
        databases=number(totals.databases, language),
        applications=number(totals.applications, language),
    )


def print_opportunity(opportunity: Opportunity, language: str) -> None:
    """Print one opportunity in full."""
    text = words(language)
    heading = f"{opportunity.title}  ({text[f'priority.{opportunity.priority}']})"
    click.secho(heading, bold=True)
    facts = (
        opportunity.id,
        category_name(opportunity.category, language),
        text[f"status.{opportunity.status}"],
        f"USD {number(opportunity.estimated_arr, language)}",
        f"v{opportunity.version}",
        opportunity.updated_at,
        opportunity.updated_by,
    )
    click.echo(" · ".join(facts))
    _section(text["heading.reasoning"], [opportunity.reasoning], bullet="")
    evidence = [f"{e.text}  [{e.file}, {e.location}]" for e in opportunity.evidence]
    _section(text["heading.evidence"], evidence)
    _section(text["heading.estimate"], list(_estimate_lines(opportunity, language)), bullet="")
    _section(text["heading.talking"], opportunity.talking_points)
    _section(text["heading.next"], opportunity.next_steps)
    _section(text["heading.services"], [", ".join(opportunity.related_services)], bullet="")


def _estimate_lines(opportunity: Opportunity, language: str) -> Iterator[str]:
    estimate, text = opportunity.estimate, words(language)
    if estimate is None or estimate.basis == "none":
        yield text["estimate.none"]
        return
    yield text["estimate.range"].format(
        low=number(estimate.low, language),
        expected=number(estimate.expected, language),
        high=number(estimate.high, language),
        basis=estimate.basis,
        region=estimate.region,
        book=estimate.price_book,
    )
    yield estimate.formula
    for item in estimate.inputs:
        yield f"  {item.name}: {item.value} {item.unit}  [{item.source}]"


def _section(title: str, lines: Sequence[str], *, bullet: str = "- ") -> None:
    if any(lines):
        click.echo()
        click.secho(title, bold=True)
        for line in lines:
            click.echo(f"{bullet}{line}")


def print_tree(node: "CalculationNode", language: str = "en", *, depth: int = 0) -> None:
    """Print a calculation tree: amount, formula, cells, rows of the price book, then what is below.

    Children are indented below what they add up to; cells that stand beside them come after them.
    """
    indent = "  " * depth
    amount = number(node.amount_usd, language, decimals=2)
    click.echo(f"{indent}{node.label}: USD {amount}")
    details = [f"= {node.formula}"] if node.formula else []
    lines = list(_cell_lines(node, language))
    rows = tuple(source for source in node.sources if not any(i.startswith(source) for i in lines))
    first, last = ((), lines) if node.children else (lines, ())
    details += [f"< {line}" for line in (*first, *rows)]
    details += [f"({reading})" for reading in node.readings]
    for line in details:
        click.secho(f"{indent}  {line}", dim=True)
    for child in node.children:
        print_tree(child, language, depth=depth + 1)
    for line in last:
        click.secho(f"{indent}  < {line}", dim=True)


def _cell_lines(node: "CalculationNode", language: str) -> Iterator[str]:
    """Yield the cells row by row: `mpa.xlsx Servers!2:2 G2 "2" · H2 "4" = 8 cores`."""
    for row, cells in groupby(node.cells, key=lambda cell: _row_of(cell.source)):
        texts: list[str] = []
        for field, parts in groupby(cells, key=lambda cell: cell.field):
            group = list(parts)
            raws = " · ".join(f'{_column_of(c.source) or field} "{c.raw}"' for c in group)
            texts.append(raws + _read_as(group[-1], language))
        yield f"{row} {' · '.join(texts)}"


def _row_of(source: str) -> str:
    """Return a cell's file, sheet and row: `mpa.xlsx Servers!2:2`; of a report the whole place."""
    found = _CELL.fullmatch(source)
    return f"{found['table']}{found['row']}:{found['row']}" if found else source


def _column_of(source: str) -> str:
    found = _CELL.fullmatch(source)
    return f"{found['column']}{found['row']}" if found else ""


def _read_as(cell: "CalculationCell", language: str) -> str:
    """Return the value where it is a number that the raw text does not say alone."""
    if cell.value is None or isinstance(cell.value, bool | str):
        return ""
    scale, unit = (100, "%") if cell.unit == "fraction" else (1, cell.unit)
    text = f"{cell.value * scale:,.3f}".rstrip("0").rstrip(".")
    return f" = {in_marks(text, language)} {unit}".rstrip()
