"""What fits into a transaction, and how writes are carried out: if journaled, fenced and noted."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from opportune.stores.dynamodb import actions
from opportune.stores.dynamodb.actions import Action
from opportune.stores.dynamodb.connection import ConditionFailedError, Connection, Tables
from opportune.stores.journal import Written
from opportune.stores.journaling import Journaling, wrong_stage

TRANSACTION_ACTIONS = 100
TRANSACTION_BYTES = 3_500_000
"""Of 4 MB; the rest is for names of attributes and what indexes copy."""

ITEM_OVERHEAD_BYTES = 1_500

T = TypeVar("T")


def fits(count: int, size: int) -> bool:
    """Tell whether so many actions, whose records have so many bytes of JSON, are one's fill."""
    is_light = size + count * ITEM_OVERHEAD_BYTES <= TRANSACTION_BYTES
    return is_light and count <= TRANSACTION_ACTIONS


def portions(
    units: Iterable[T], extent: Callable[[T], tuple[int, int]], *, taken: int = 0
) -> Iterator[list[T]]:
    """Cut into what one transaction can hold.

    Args:
        units: What only goes whole.
        extent: A unit's actions and bytes.
        taken: Actions that each transaction has besides.
    """
    portion: list[T] = []
    count, size = taken, 0
    for unit in units:
        more, bytes_ = extent(unit)
        if portion and not fits(count + more, size + bytes_):
            yield portion
            portion, count, size = [], taken, 0
        portion.append(unit)
        count, size = count + more, size + bytes_
    if portion:
        yield portion


class Writer:
    """Carries out the transactions of writes.

    Args:
        connection: Sends them.
        tables: Where the fence and the notes are.
        journaling: Of a journaled store; None = no fence, no notes.
    """

    def __init__(
        self, connection: Connection, tables: Tables, journaling: Journaling | None = None
    ) -> None:
        self._connection = connection
        self._tables = tables
        self._journaling = journaling

    @property
    def fence_actions(self) -> int:
        """How many actions of each transaction are for the fence."""
        return 1 if self._journaling else 0

    @property
    def note_actions(self) -> int:
        """How many it takes to note what was written of one session or template."""
        return 1 if self._journaling else 0

    @property
    def own_actions(self) -> int:
        """How many actions of a transaction on one session are not for the write itself."""
        return self.fence_actions + self.note_actions

    def write(
        self,
        transaction: Sequence[Action],
        is_written: Callable[[], bool],
        *wrote: Written,
    ) -> bool:
        """Carry out a transaction; False, and nothing is written, if one of its conditions fails.

        Args:
            transaction: Leaves room for `own_actions`.
            is_written: Asked after a refusal if an earlier try may have been carried out.
            wrote: What it writes, each of one session or template; none if nothing that a reader
                could see.

        Raises:
            WrongStageError: The stage went on.
        """
        guard = self._guard(wrote)
        try:
            self._connection.transact(self._tables.sessions, [*transaction, *guard])
        except ConditionFailedError as refused:
            if not (refused.is_uncertain and is_written()):
                if self._journaling and len(transaction) in refused.failed:
                    raise wrong_stage(self._journaling.stage_number) from refused
                return False
        if self._journaling:
            for one in wrote:
                self._journaling.told(one)
        return True

    def _guard(self, wrote: Iterable[Written]) -> list[Action]:
        if self._journaling is None:
            return []
        fence = actions.check_stage(self._tables, self._journaling.stage_number)
        notes = [note for one in wrote for note in actions.put_notes(self._tables, one.note)]
        return [fence, *notes]
