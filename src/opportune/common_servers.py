"""Which servers two opportunities have in common, told from the kept files of their sessions."""

from dataclasses import dataclass, field

from opportune import analysis
from opportune.assessment import Assessment
from opportune.errors import OpportuneError
from opportune.matching import match_servers
from opportune.models import session_of
from opportune.proofs import Proofs

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
