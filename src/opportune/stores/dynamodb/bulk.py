"""Many changes at once: heads are read a hundred a request, and written as many as fit.

A transaction is all or none, so one change that somebody else came before holds the others of its
transaction up: what was refused is read and decided anew, and then it is that change alone that has
its error.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from opportune.errors import (
    NotFoundError,
    StoreError,
    StoreUnavailableError,
    VersionConflictError,
)
from opportune.model.records import Opportunity
from opportune.stores.changes import Change, Moment, putting
from opportune.stores.contract import Retention
from opportune.stores.dynamodb import actions
from opportune.stores.dynamodb.connection import Connection, Tables
from opportune.stores.dynamodb.reading import Known, Reader
from opportune.stores.dynamodb.transactions import Writer, portions
from opportune.stores.journaling import written
from opportune.stores.revisions import is_live

Answer = Opportunity | StoreError
Put = Callable[[Opportunity], Opportunity]


@dataclass(frozen=True, slots=True)
class _Pair:
    """A head and the row of the history that go with it, written together."""

    wanted: Opportunity
    revision: Opportunity
    known: Known

    @property
    def size(self) -> int:
        """Bytes of both."""
        return 2 * len(self.revision.model_dump_json().encode())


class Bulk:
    """Answers `put_opportunities`.

    Args:
        connection: Waits between rounds, and does several things at once.
        tables: Where heads and history are.
        reader: Reads heads.
        retention: How long revisions are kept.
        writer: If it journals, each transaction is fenced and noted.
        put: `put_opportunity`: for what adds to its session's list, so that the header goes too.
    """

    def __init__(  # noqa: PLR0913 # what it is made of, by name
        self,
        connection: Connection,
        tables: Tables,
        *,
        reader: Reader,
        retention: Retention,
        writer: Writer,
        put: Put,
    ) -> None:
        self._connection = connection
        self._tables = tables
        self._reader = reader
        self._retention = retention
        self._writer = writer
        self._put = put

    def put_all(self, wanted: Sequence[Opportunity], moment: Callable[[], Moment]) -> list[Answer]:
        """Answer `put_opportunities`."""
        answers: dict[str, Answer] = {}
        joining: list[Opportunity] = []
        left: Sequence[Opportunity] = wanted
        pauses = self._connection.pauses()
        while left:
            if next(pauses, None) is None:
                raise StoreUnavailableError("Others keep changing what is to be changed.")
            pairs, others = self._decided(left, moment(), answers)
            joining += others
            refused = self._written(pairs, answers)
            if refused and len(refused) < len(left):
                pauses = self._connection.pauses()  # it goes on: no reason to wait
            left = refused
        self._put_into_lists(joining, answers)
        return [answers[one.id] for one in wanted]

    def _decided(
        self, wanted: Sequence[Opportunity], when: Moment, answers: dict[str, Answer]
    ) -> tuple[list[_Pair], list[Opportunity]]:
        """Answer what is refused or a repeat; return what to write, and what needs a header."""
        known = self._reader.known_many([one.id for one in wanted])
        pairs = []
        others = []
        for one in wanted:
            held = known.get(one.id, Known(None))
            if held.newest is None or not (one.deleted or is_live(held.newest, when.now)):
                others.append(one)
                continue
            try:
                revision, change = putting(one, newest=held.newest, header=None, when=when)
            except (NotFoundError, VersionConflictError) as refusal:
                answers[one.id] = refusal
                continue
            if change.revisions:
                pairs.append(_Pair(one, revision, held))
            else:
                answers[one.id] = revision
        return pairs, others

    def _written(self, pairs: Iterable[_Pair], answers: dict[str, Answer]) -> list[Opportunity]:
        """Write what was decided; return what is to be decided once more."""
        by_session = sorted(pairs, key=lambda pair: pair.revision.session_id)  # so notes are few
        ready = list(portions(by_session, self._extent, taken=self._writer.fence_actions))
        refused = []
        for portion, is_done in zip(
            ready, self._connection.each(self._carry_out, ready), strict=True
        ):
            if is_done:
                answers |= {pair.revision.id: pair.revision for pair in portion}
            else:
                refused += [pair.wanted for pair in portion]
        return refused

    def _extent(self, pair: _Pair) -> tuple[int, int]:
        """Return actions, with a note and the end of a large replace at worst, and bytes."""
        return 2 + self._writer.note_actions + bool(pair.known.aborts), pair.size

    def _carry_out(self, portion: Sequence[_Pair]) -> bool:
        transaction = []
        by_session: dict[str, list[Opportunity]] = {}
        for pair in portion:
            revision, known = pair.revision, pair.known
            transaction += [
                actions.put_head(self._tables, revision, known.list_version, over=known.head),
                actions.put_revision(self._tables, revision, self._retention),
            ]
            by_session.setdefault(revision.session_id, []).append(revision)
        for session_id, attempt in sorted(
            {(one.revision.session_id, one.known.aborts) for one in portion if one.known.aborts}
        ):
            transaction.append(actions.stop_staging(self._tables, session_id, attempt))
        return self._writer.write(
            transaction,
            lambda: self._reader.is_written(portion[0].revision),
            *(written(Change(None, tuple(some))) for some in by_session.values()),
        )

    def _put_into_lists(self, wanted: Iterable[Opportunity], answers: dict[str, Answer]) -> None:
        """Create and restore one by one, several sessions at once."""
        by_session: dict[str, list[Opportunity]] = {}
        for one in wanted:
            by_session.setdefault(one.session_id, []).append(one)
        for some in self._connection.each(self._put_in_turn, list(by_session.values())):
            answers |= some

    def _put_in_turn(self, wanted: Iterable[Opportunity]) -> dict[str, Answer]:
        answers: dict[str, Answer] = {}
        for one in wanted:
            try:
                answers[one.id] = self._put(one)
            except (NotFoundError, VersionConflictError) as refusal:
                answers[one.id] = refusal
        return answers
