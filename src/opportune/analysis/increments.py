"""Parts that the trees of increments share: a server's label, place and cells, and money inputs."""

from decimal import Decimal

from opportune.analysis.base import SizedServer
from opportune.analysis.calculation import Node
from opportune.analysis.case import Case
from opportune.analysis.cells import Cells
from opportune.models import EstimateInput


def server_leaf(
    case: Case, sized: SizedServer, amount: Decimal, formula: str, *prices: str
) -> Node:
    """Return what an increment adds for one server, with the cells that decided its type.

    Args:
        case: The case.
        sized: The server.
        amount: US dollars a year, in cents.
        formula: How the amount came about.
        prices: Sources of the prices in it.
    """
    server = sized.server
    named = (Cells((server,), ("hostname",)),) if server.hostname else ()
    return Node(
        label_of(sized), amount, formula, (row_of(sized), *prices),
        cells=(*named, *case.costs((sized,))),
    )  # fmt: skip


def label_of(sized: SizedServer) -> str:
    """Return what people call a server."""
    return sized.server.hostname or sized.server.id


def row_of(sized: SizedServer) -> str:
    """Return where a server stands."""
    server = sized.server
    return f"{server.table.file} {server.table.place('', server.row)}"


def usd_input(name: str, amount: Decimal, source: str) -> EstimateInput:
    """Return an amount that went into an estimate."""
    return EstimateInput(name=name, value=str(amount), unit="USD/year", source=source)
