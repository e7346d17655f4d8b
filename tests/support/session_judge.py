"""What a store owes its callers about one session, in terms of versions and names of changes.

It shares no rule with `opportune.stores`. Stamps do not occur: time passes in epochs. What was
written in an earlier epoch has expired, unless it is to be kept; what was written two epochs ago is
also gone from the history.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

SLUGS = ("a", "b", "c")


class Revision(NamedTuple):
    version: int
    change: str
    is_deleted: bool
    is_kept: bool
    epoch: int


class Header(NamedTuple):
    version: int
    change: str
    is_deleted: bool


Row = tuple[Revision, ...]


class Held(NamedTuple):
    """The session as it is stored: revisions in the order of SLUGS."""

    header: Header | None = None
    rows: tuple[Row, ...] = ((),) * len(SLUGS)
    epoch: int = 0


class Listed(NamedTuple):
    """An opportunity of a list to be stored. `same` is the change that made it, if it was read."""

    slug: str
    version: int
    is_kept: bool
    same: str = ""


class Asked(NamedTuple):
    """An operation. `epoch` is when it was called: it may look at the clock then or later."""

    kind: str
    slug: str = ""
    version: int = 0
    change: str = ""
    is_deleted: bool = False
    is_kept: bool = False
    listed: tuple[Listed, ...] = ()
    epoch: int = 0


CONFLICT, NO_OPPORTUNITY, NO_SESSION = "conflict", "no opportunity", "no session"


class Rules:
    """What operations do, as far as it agrees with what was seen of versions at any time.

    That changes no verdict, but leaves few of the ways in which unknown outcomes could be told:
    who claims to have made a version that was seen to be another's work is not listened to.

    Args:
        heard: Operations and what they answered; in the end every history must have been read.
        unknown: Changes of which some outcome is unknown. What they made is still remembered.
    """

    def __init__(self, heard: Iterable[tuple[Asked, object]], unknown: Collection[str]) -> None:
        self._unknown = unknown
        self._makers: dict[tuple[str, int], set[str]] = {}
        for asked, answer in heard:
            for slug, version, change in _seen(asked, answer):
                self._makers.setdefault((slug, version), set()).add(change)

    def outcomes(self, held: Held, asked: Asked) -> Iterator[tuple[Held, object]]:
        """Yield what an operation may make of what is held, with its answer."""
        if asked.kind in _READS:
            yield held, _READS[asked.kind](held, asked)
            return
        for epoch in range(asked.epoch, held.epoch + 1):
            after, answer = _WRITES[asked.kind](held, asked, epoch)
            if asked.change not in self._unknown or self._is_believable(held, after):
                yield after, answer

    def has_no_effect(self, asked: Asked, answer: object) -> bool:
        """Tell whether it was a read, or refused."""
        return asked.kind in _READS or answer in (CONFLICT, NO_OPPORTUNITY, NO_SESSION)

    def _is_believable(self, held: Held, after: Held) -> bool:
        for slug, row, old in zip(SLUGS, after.rows, held.rows, strict=True):
            if (
                row
                and row[-1:] != old[-1:]
                and row[-1].change not in self._makers.get((slug, row[-1].version), ())
            ):
                return False
        header = after.header
        if header is None or header is held.header:
            return True
        return header.change in self._makers.get(("", header.version), {header.change})


def _seen(asked: Asked, answer: object) -> Iterator[tuple[str, int, str]]:
    """Yield what an answer tells of makers: slug (empty: the header), version, change."""
    if isinstance(answer, tuple):
        if asked.kind == "list":
            yield from answer
        elif asked.kind == "history":
            yield from ((asked.slug, version, change) for version, change, _ in answer)
        else:
            yield asked.slug, *answer


def _kept(row: Row, epoch: int) -> Row:
    """Return the revisions that are readable."""
    if not row or (not _is_live(row[-1], epoch) and _is_history_over(row[-1], epoch)):
        return ()
    return (*(one for one in row[:-1] if not _is_history_over(one, epoch)), row[-1])


def _is_expired(one: Revision, epoch: int) -> bool:
    return not one.is_kept and epoch - one.epoch >= 1


def _is_history_over(one: Revision, epoch: int) -> bool:
    return epoch - one.epoch >= 2


def _is_live(one: Revision, epoch: int) -> bool:
    return not one.is_deleted and not _is_expired(one, epoch)


def _read_list(held: Held, asked: Asked) -> object:
    return tuple(
        (slug, row[-1].version, row[-1].change)
        for slug, row in zip(SLUGS, held.rows, strict=True)
        if row and _is_live(row[-1], held.epoch)
    )


def _read_one(held: Held, asked: Asked) -> object:
    row = held.rows[SLUGS.index(asked.slug)]
    if not row or not _is_live(row[-1], held.epoch):
        return NO_OPPORTUNITY
    return row[-1].version, row[-1].change


def _read_header(held: Held, asked: Asked) -> object:
    if held.header is None or held.header.is_deleted:
        return NO_SESSION
    return held.header.version, held.header.change


def _read_history(held: Held, asked: Asked) -> object:
    row = _kept(held.rows[SLUGS.index(asked.slug)], held.epoch)
    return tuple((one.version, one.change, one.is_deleted) for one in row)


def _put(held: Held, asked: Asked, epoch: int) -> tuple[Held, object]:
    place = SLUGS.index(asked.slug)
    row = _kept(held.rows[place], epoch)
    newest = row[-1] if row else None
    if newest and newest.change == asked.change and asked.version in (0, newest.version - 1):
        return held, (newest.version, newest.change)
    visible = newest if newest and not _is_expired(newest, epoch) else None
    if visible is None and asked.version:
        return held, NO_OPPORTUNITY
    if visible and visible.version != asked.version:
        return held, CONFLICT
    header = held.header
    if not asked.is_deleted and (newest is None or not _is_live(newest, epoch)):
        if header is None or header.is_deleted:
            return held, NO_SESSION
        header = Header(header.version + 1, asked.change, is_deleted=False)
    version = newest.version + 1 if newest else 1
    revision = Revision(version, asked.change, asked.is_deleted, asked.is_kept, epoch)
    rows = _with(held.rows, place, (*row, revision))
    return held._replace(header=header, rows=rows), (version, asked.change)


def _store(held: Held, asked: Asked, epoch: int) -> tuple[Held, object]:
    header = held.header
    number = header.version if header else 0
    is_repeat = header and not header.is_deleted and header.change == asked.change
    if header and is_repeat and asked.version in (0, number - 1):
        return held, (header.version, header.change)
    if asked.version and asked.version != number:
        return held, CONFLICT
    rows: list[Row] = []
    given = {one.slug: one for one in asked.listed}
    for slug, old in zip(SLUGS, held.rows, strict=True):
        row = _after_listing(_kept(old, epoch), given.get(slug), asked, epoch)
        if row is None:
            return held, CONFLICT
        rows.append(row)
    replaced = Header(number + 1, asked.change, is_deleted=False)
    return Held(replaced, tuple(rows), held.epoch), (number + 1, asked.change)


def _after_listing(row: Row, wanted: Listed | None, asked: Asked, epoch: int) -> Row | None:
    """Return a row after its session's list was stored; None: its version is another."""
    newest = row[-1] if row else None
    if newest and _is_live(newest, epoch):
        if wanted is None:
            return (*row, _deletion(newest, asked, epoch))
        if (wanted.same, wanted.version) == (newest.change, newest.version):
            return row
    if wanted is None:
        return row
    usable = newest.version if newest and not _is_expired(newest, epoch) else 0
    if wanted.version not in (0, usable):
        return None
    version = newest.version + 1 if newest else 1
    is_kept = wanted.is_kept
    return (*row, Revision(version, asked.change, is_deleted=False, is_kept=is_kept, epoch=epoch))


def _deletion(newest: Revision, asked: Asked, epoch: int) -> Revision:
    return newest._replace(
        version=newest.version + 1, change=asked.change, is_deleted=True, epoch=epoch
    )


def _delete_session(held: Held, asked: Asked, epoch: int) -> tuple[Held, object]:
    header = held.header
    if header and header.is_deleted and header.change == asked.change:
        return held, None
    if header is None or header.is_deleted:
        return held, NO_SESSION
    rows = held.rows
    for place, row in enumerate(rows):
        if row and _is_live(row[-1], epoch):
            rows = _with(rows, place, (*row, _deletion(row[-1], asked, epoch)))
    return Held(Header(header.version + 1, asked.change, is_deleted=True), rows, held.epoch), None


def _pass_time(held: Held, asked: Asked, epoch: int) -> tuple[Held, object]:
    return held._replace(epoch=held.epoch + 1), None


def _with(rows: tuple[Row, ...], place: int, row: Row) -> tuple[Row, ...]:
    return (*rows[:place], row, *rows[place + 1 :])


_READS = {
    "list": _read_list,
    "one": _read_one,
    "header": _read_header,
    "history": _read_history,
}
_WRITES = {
    "put": _put,
    "store": _store,
    "delete session": _delete_session,
    "time": _pass_time,
}
