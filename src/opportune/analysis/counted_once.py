"""Which opportunity carries an amount: plays that share a rule count the same dollars once.

No two built-in plays count the same dollars. A user's play uses the rules of a built-in one. If
several plays with the same rules fire, the first carries the amount (the built-in one first, then
users' plays by id); the others carry 0 and tell where it is counted. Plays on databases share by
engine instead: each engine is counted by the first play that names it.
"""

from typing import TYPE_CHECKING

from opportune.analysis.tree import ARR, Node, groups_of
from opportune.model.money import NOTHING
from opportune.model.records import EstimateInput, Opportunity

if TYPE_CHECKING:  # an import at run time would load the rules, which only an analysis needs
    from opportune.analysis.case import Case, Finding
    from opportune.analysis.plays.play import Play

BY_ENGINE = "managed-databases"
"""The ARR rule whose plays divide the databases among them."""


class CountedOnce:
    """Knows what was counted so far in an analysis, and by which play."""

    def __init__(self, case: "Case") -> None:
        self._case = case
        self._first: dict[str, Opportunity] = {}

    def counted(self, play: "Play", finding: "Finding", arr: ARR) -> tuple[ARR, str]:
        """Return what a play adds, and a note if another play counts (part of) it."""
        words = self._case.words
        if play.arr == BY_ENGINE:
            elsewhere = str(finding.values["elsewhere"])
            return arr, words.phrase("shared-engines", engines=elsewhere) if elsewhere else ""
        carrier = self._first.get(play.rules)
        if carrier is None or not any((arr.tree.amount, arr.low, arr.high)):
            return arr, ""
        note = words.phrase(
            "shared-arr", title=carrier.title, amount=words.money(carrier.estimated_arr)
        )
        label = words.phrase("label-increment")
        from opportune.analysis.rules.increments import NO_ARR

        source = EstimateInput(
            name=carrier.title,
            value=str(carrier.estimated_arr),
            unit="USD/year",
            source=carrier.id,
        )
        tree = Node(label, NOTHING, note, cells=groups_of(arr.tree))
        return ARR(tree, NOTHING, NOTHING, NO_ARR, note, (source,)), note

    def add(self, play: "Play", opportunity: Opportunity) -> None:
        """Note what a play has counted."""
        self._first.setdefault(play.rules, opportunity)
