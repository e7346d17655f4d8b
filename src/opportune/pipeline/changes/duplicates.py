"""The same opportunity in two analyses: found with the reasons, merged, and taken apart again.

Merging deletes the duplicate by a revision that names what it went into, and gives the other one
what only the duplicate had. Both keep their histories; un-merging is two further revisions.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import combinations, pairwise
from typing import Any

from opportune import analysis
from opportune.errors import (
    InvalidInputError,
    OpportuneError,
    OpportunityNotFoundError,
)
from opportune.model.assessment import Assessment
from opportune.model.filters import OpportunityFilters
from opportune.model.folding import folded
from opportune.model.records import Model, Opportunity, Text, session_of
from opportune.pipeline.attempts import changed
from opportune.pipeline.changes.edit_many import found
from opportune.pipeline.proof.matching import match_servers
from opportune.pipeline.proof.recompute import Proofs
from opportune.stores.contract import Store

SIMILAR = 0.8
"""Of titles, as difflib has it: from here on two titles are alike."""
COMMON_SERVERS = 0.5
"""Of the servers of the smaller one: from here on two opportunities are about the same servers."""
LARGEST_GROUP = 200
"""Opportunities of one customer and play that are compared with each other."""

UNITED = ("evidence", "talking_points", "next_steps", "related_services")
"""Lists that a merged opportunity gives to the one that it goes into."""

MERGE_CHANGE = "merge:"
"""Begins the change id of what a merge writes."""

ServersOf = Callable[[str, str], tuple[int, int, int] | None]
"""Takes two opportunities' ids; servers of the first, of the second, and how many are in both."""


class DuplicateReason(Model):
    """Why two opportunities may be one."""

    code: Text
    """`customer`, `play`, `title`, `servers` or `arr`."""
    text: Text
    """In one sentence, with the figures."""


class Duplicate(Model):
    """Two opportunities that may be one; the first is the one that was changed last."""

    first: Opportunity
    second: Opportunity
    reasons: tuple[DuplicateReason, ...]
    score: float
    """0 to 1; higher = more likely."""


class Merged(Model):
    """What a merge, or taking it apart, has made of the two."""

    kept: Opportunity | None
    """None = deleted or expired by now."""
    other: Opportunity
    """The duplicate: deleted by a merge, back after taking it apart."""


class Duplicates:
    """The use cases on duplicates.

    Args:
        store: Where opportunities are kept.
        servers_of: Tells how many servers two opportunities have in common; None where the files
            that they rest on are not kept.
    """

    def __init__(self, store: Store, servers_of: ServersOf) -> None:
        self._store = store
        self._servers_of = servers_of

    def possible(self, filters: OpportunityFilters | None = None) -> tuple[Duplicate, ...]:
        """Return pairs of opportunities of different sessions that may be one, likeliest first.

        Both are of one customer and of one play or alike titles; where their files are kept they
        must also be about the same servers.

        Raises:
            InvalidInputError: One customer has too many opportunities of one play.
        """
        groups: dict[tuple[str, str], list[Opportunity]] = {}
        by_customer: dict[str, list[Opportunity]] = {}
        for one in found(self._store, filters):
            customer = folded(one.customer.strip())
            if customer and one.template_id:
                groups.setdefault((customer, one.template_id), []).append(one)
            elif customer:
                by_customer.setdefault(customer, []).append(one)
        pairs = [pair for group in groups.values() for pair in _pairs(group)]
        for customer, by_hand in by_customer.items():
            of_plays = [o for (c, _), group in groups.items() if c == customer for o in group]
            pairs += list(_pairs(by_hand))
            pairs += [(a, b) for a in by_hand for b in of_plays]
        judged = (self._judged(first, second) for first, second in pairs)
        likely = [one for one in judged if one is not None]
        return tuple(sorted(likely, key=lambda d: (-d.score, d.first.id, d.second.id)))

    def _judged(self, one: Opportunity, other: Opportunity) -> Duplicate | None:
        first, second = sorted((one, other), key=lambda o: (o.updated_at, o.id), reverse=True)
        is_one_play = first.template_id == second.template_id != ""
        title = SequenceMatcher(None, folded(first.title), folded(second.title)).ratio()
        if not is_one_play and title < SIMILAR:
            return None
        reasons = [DuplicateReason(code="customer", text=f"Both are of {first.customer}.")]
        score = 0.4
        if is_one_play:
            reasons.append(
                DuplicateReason(code="play", text=f"Both come from {first.template_id!r}.")
            )
        if title >= SIMILAR:
            reasons.append(
                DuplicateReason(code="title", text=f"Their titles are {title:.0%} alike.")
            )
            score += 0.1
        if first.estimated_arr == second.estimated_arr != 0:
            reasons.append(DuplicateReason(code="arr", text="Their ARR is the same to the cent."))
            score += 0.1
        common = self._servers_of(first.id, second.id)
        if common is not None:
            share = common[2] / (min(common[:2]) or 1)
            if min(common[:2]) and share < COMMON_SERVERS:
                return None
            if common[2]:
                text = (
                    f"{common[2]} servers are in both (of {common[0]} in the first, "
                    f"{common[1]} in the second)."
                )
                reasons.append(DuplicateReason(code="servers", text=text))
                score += 0.4 * share
        return Duplicate(
            first=first, second=second, reasons=tuple(reasons), score=round(min(score, 1), 2)
        )

    def merge(self, kept_id: str, other_id: str, *, updated_by: str, note: str = "") -> Merged:
        """Make two opportunities one. Safe to repeat, also if it was cut half-way.

        The kept one gets what only the other had of evidence, talking points, next steps and
        services; its ARR, status and texts stay. The other is deleted and names the kept one.

        Raises:
            OpportunityNotFoundError: One of them is unknown, deleted or expired.
            VersionConflictError: Somebody keeps changing one of them.
            InvalidInputError: Both are the same one.
        """
        if kept_id == other_id:
            raise InvalidInputError(f"{kept_id!r} cannot be merged with itself.")
        done = self._store.get_history(other_id)[-1:]
        if done and done[0].deleted and done[0].merged_into == kept_id:
            return Merged(kept=self._store.get_opportunity(kept_id), other=done[0])
        other = self._store.get_opportunity(other_id)
        change_id = f"{MERGE_CHANGE}{other.id}:{other.version}"
        why = note or f"merged: {other.id}"
        kept = self._changed(
            kept_id,
            lambda present: _united(present, other),
            {"updated_by": updated_by, "change_note": why, "change_id": change_id},
        )
        gone = self._changed(
            other_id,
            lambda _: {"deleted": True, "merged_into": kept_id},
            {
                "updated_by": updated_by,
                "change_note": note or f"merged into: {kept_id}",
                "change_id": change_id,
            },
        )
        return Merged(kept=kept, other=gone)

    def unmerge(self, other_id: str, *, updated_by: str, note: str = "") -> Merged:
        """Take a merge apart: the duplicate is back, and the kept one loses what it was given.

        What people have changed of the kept one since stays.

        Raises:
            OpportunityNotFoundError: Nothing is known of it.
            VersionConflictError: Somebody keeps changing one of them.
            InvalidInputError: It was not merged into another one, or has been restored since.
        """
        history = self._store.get_history(other_id)
        if not history:
            raise OpportunityNotFoundError(other_id)
        gone = history[-1]
        if not gone.deleted or not gone.merged_into:
            raise InvalidInputError(f"{other_id!r} is not merged into another one.")
        kept_id = gone.merged_into
        given = _given(self._store.get_history(kept_id), gone.change_id)
        change = uuid.uuid4().hex
        kept: Opportunity | None = None
        with suppress(OpportunityNotFoundError):  # gone by now: it has nothing to lose
            kept = self._changed(
                kept_id,
                lambda present: _without(present, given),
                {
                    "updated_by": updated_by,
                    "change_note": note or f"taken apart: {other_id}",
                    "change_id": change,
                },
            )
        back = self._store.put_opportunity(
            gone.revised(
                deleted=False,
                merged_into="",
                updated_by=updated_by,
                change_note=note or f"taken apart from: {kept_id}",
                change_id=change,
            ),
        )
        return Merged(kept=kept, other=back)

    def _changed(
        self,
        opportunity_id: str,
        change: Callable[[Opportunity], Mapping[str, Any]],
        marks: Mapping[str, str],
    ) -> Opportunity:
        """Append a revision; a repeat of this very change finds it made."""

        def next_one(revisions: Sequence[Opportunity]) -> Opportunity:
            present = revisions[-1]
            return present.revised(**change(present), **marks)

        return changed(
            opportunity_id,
            lambda: [self._store.get_opportunity(opportunity_id)],
            next_one,
            self._store.put_opportunity,
            change_id=marks["change_id"],
        )


def _pairs(group: Sequence[Opportunity]) -> Iterator[tuple[Opportunity, Opportunity]]:
    if len(group) > LARGEST_GROUP:
        raise InvalidInputError(
            f"{group[0].customer!r} has more than {LARGEST_GROUP} opportunities of one kind: "
            "narrow the filters."
        )
    for one, other in combinations(group, 2):
        if one.session_id != other.session_id:
            yield one, other


def _united(kept: Opportunity, other: Opportunity) -> dict[str, tuple[Any, ...]]:
    return {name: _union(getattr(kept, name), getattr(other, name)) for name in UNITED}


def _union(first: Iterable[Any], second: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys((*first, *second)))


def _given(history: Sequence[Opportunity], change_id: str) -> dict[str, frozenset[Any]]:
    """Return what a merge added to the kept one; nothing if that revision is not kept any more."""
    for before, after in pairwise(history):
        if after.change_id == change_id:
            return {
                name: frozenset(getattr(after, name)) - frozenset(getattr(before, name))
                for name in UNITED
            }
    return {name: frozenset() for name in UNITED}


def _without(
    present: Opportunity, given: Mapping[str, frozenset[Any]]
) -> dict[str, tuple[Any, ...]]:
    return {
        name: tuple(item for item in getattr(present, name) if item not in given[name])
        for name in UNITED
    }


Recomputed = tuple[Assessment, "analysis.Analysis"]


@dataclass
class CommonServers:
    """Counts servers in common. Made for one question: it keeps what it has read.

    Args:
        proofs: Reads and analyses the files again.
    """

    proofs: Proofs
    _sessions: dict[str, Recomputed | None] = field(default_factory=dict)
    _pairs: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def __call__(self, first_id: str, second_id: str) -> tuple[int, int, int] | None:
        """Return servers of the first, of the second, and of both; None if nobody can tell."""
        first, second = session_of(first_id), session_of(second_id)
        one, other = self._session(first), self._session(second)
        if one is None or other is None:
            return None
        mine, theirs = one[1].trees.get(first_id), other[1].trees.get(second_id)
        if mine is None or theirs is None:
            return None
        names, other_names = analysis.named_servers(mine), analysis.named_servers(theirs)
        if (first, second) not in self._pairs:
            pairs = match_servers(one[0], other[0]).pairs
            self._pairs[first, second] = {pair.old.id: pair.new.id for pair in pairs}
        as_theirs = self._pairs[first, second]
        both = sum(as_theirs.get(name) in other_names for name in names)
        return len(names), len(other_names), both

    def _session(self, session_id: str) -> Recomputed | None:
        if session_id not in self._sessions:
            try:
                self._sessions[session_id] = self.proofs.recomputed(session_id)
            except OpportuneError:  # its files or prices are not here, or it was made by hand
                self._sessions[session_id] = None
        return self._sessions[session_id]
