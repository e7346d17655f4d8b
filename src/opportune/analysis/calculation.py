"""Money, and the tree that proves it: leaves to the cent, every sum the sum of its children."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from opportune.models import EstimateInput

CENT = Decimal("0.01")
NOTHING = Decimal("0.00")


def cents(amount: Decimal) -> Decimal:
    """Round half up to the cent: the one rounding of this package, done on leaves only."""
    return amount.quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Node:
    """A figure and what it is made of.

    `amount` is US dollars a year, in cents. Children, if there are any, sum to it exactly.
    `sources` name places in the customer's files and rows of the price book.
    """

    label: str
    amount: Decimal
    formula: str
    sources: tuple[str, ...] = ()
    children: tuple["Node", ...] = ()


def sum_node(
    label: str, formula: str, children: Iterable[Node], sources: tuple[str, ...] = ()
) -> Node:
    """Return the node that adds up these."""
    parts = tuple(children)
    return Node(label, sum((n.amount for n in parts), NOTHING), formula, sources, parts)


def leaves(node: Node) -> Iterable[Node]:
    """Yield the nodes that have no children, in order."""
    if not node.children:
        yield node
    for child in node.children:
        yield from leaves(child)


def digest(node: Node) -> str:
    """Return the SHA-256 of a tree's shape, amounts and sources.

    Labels and formulas are left out: the same calculation has the same digest in each language.
    """
    text = hashlib.sha256()

    def add(part: Node) -> None:
        text.update(f"{part.amount}\t{len(part.children)}\t{part.sources}\n".encode())
        for child in part.children:
            add(child)

    add(node)
    return text.hexdigest()


@dataclass(frozen=True)
class ARR:
    """What a play adds to what the customer will pay AWS in a year, and how that came about.

    `tree.amount` is the expected figure. `basis` is `on-demand`, or `none` if nothing is added.
    """

    tree: Node
    low: Decimal
    high: Decimal
    basis: str
    formula: str
    inputs: tuple[EstimateInput, ...] = ()
