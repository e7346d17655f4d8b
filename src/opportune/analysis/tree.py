"""Money, and the tree that proves it: leaves to the cent, every sum the sum of its children."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Generic, TypeVar, overload

from opportune.analysis.cells import Cell, Cells, Digest, Shared, written_out
from opportune.model.assessment import Database, Server
from opportune.model.money import NOTHING
from opportune.model.records import EstimateInput

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Node:
    """A figure and what it is made of.

    `amount` is US dollars a year, in cents. Children, if there are any, sum to it exactly.
    `sources` name a row of the customer's files and rows of the price book; `cells` are the cells
    that the figure rests on beyond those of its children. `readings` tell, on the first node, how
    columns' units were decided: by the file and the column, `mpa.xlsx Servers!L`.
    """

    label: str
    amount: Decimal
    formula: str
    sources: tuple[str, ...] = ()
    children: Sequence["Node"] = ()
    cells: tuple[Cells, ...] = ()
    readings: Mapping[str, str] = field(default_factory=dict)


class LazyNodes(Sequence[Node], Generic[T]):
    """Nodes that are made again whenever they are read, so that thousands need not be kept.

    Args:
        parts: One for each.
        make: Makes a node of a part.
        cells: All that the nodes and those below them name, in larger groups: what the digest
            takes in instead of theirs.
        bare: Makes the same node without label and formulas, all that the digest needs.
    """

    def __init__(
        self,
        parts: Sequence[T],
        make: Callable[[T], Node],
        cells: tuple[Cells, ...],
        bare: Callable[[T], Node] | None = None,
    ) -> None:
        self._parts = parts
        self._make = make
        self._bare = bare or make
        self.cells = cells

    def bare(self) -> Iterator[Node]:
        """Yield the nodes without their texts."""
        return map(self._bare, self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def __iter__(self) -> Iterator[Node]:
        return map(self._make, self._parts)

    @overload
    def __getitem__(self, index: int) -> Node: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Node, ...]: ...
    def __getitem__(self, index: int | slice) -> Node | tuple[Node, ...]:
        if isinstance(index, slice):
            return tuple(map(self._make, self._parts[index]))
        return self._make(self._parts[index])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))


def sum_node(
    label: str,
    formula: str,
    children: Iterable[Node],
    sources: tuple[str, ...] = (),
    cells: tuple[Cells, ...] = (),
) -> Node:
    """Return the node that adds up these."""
    parts = children if isinstance(children, LazyNodes) else tuple(children)
    return Node(label, sum((n.amount for n in parts), NOTHING), formula, sources, parts, cells)


def leaves(node: Node) -> Iterable[Node]:
    """Yield the nodes that have no children, in order."""
    if not node.children:
        yield node
    for child in node.children:
        yield from leaves(child)


def named_cells(node: Node) -> tuple[Cell, ...]:
    """Return every cell that a calculation rests on, once, in the order of the tree."""
    return written_out(groups_of(node))


def named_servers(node: Node) -> frozenset[str]:
    """Return the ids of the servers that a calculation rests on, as `Server.id` has them."""
    ids: set[str] = set()
    for cells in groups_of(node):
        for fact in cells.facts:
            if isinstance(fact, Server):
                ids.add(fact.id)
            elif isinstance(fact, Database):
                ids.add(fact.server_id)
    return frozenset(ids - {""})


def groups_of(node: Node) -> tuple[Cells, ...]:
    """Return every group of cells that a calculation rests on, in the order of the tree."""
    return (*node.cells, *(cells for child in node.children for cells in groups_of(child)))


def digest(node: Node, shared: Shared | None = None) -> str:
    """Return the SHA-256 of a tree: its shape, amounts, sources, and cells with raw text and value.

    Labels and formulas are left out: the same calculation has the same digest in each language.

    Args:
        node: The tree.
        shared: One for all trees of an analysis, so that what several name is taken in once.
    """
    found = Digest({} if shared is None else shared)

    def add(part: Node, *, with_cells: bool) -> None:
        found.add(f"{part.amount}\t{len(part.children)}\t{part.sources}\n")
        for cells in part.cells if with_cells else ():
            found.add_cells(cells)
        if isinstance(part.children, LazyNodes):
            for cells in part.children.cells if with_cells else ():
                found.add_cells(cells)
            for child in part.children.bare():
                add(child, with_cells=False)
        else:
            for child in part.children:
                add(child, with_cells=with_cells)

    add(node, with_cells=True)
    return found.hexdigest()


@dataclass(frozen=True)
class ARR:
    """What a play adds to what the customer will pay AWS in a year, and how that came about.

    `tree.amount` is the expected figure. `basis` is one of `models.Basis`, or `none` if nothing is
    added.
    """

    tree: Node
    low: Decimal
    high: Decimal
    basis: str
    formula: str
    inputs: tuple[EstimateInput, ...] = ()
