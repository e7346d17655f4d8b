"""What the model of a store migration is made of: versions, who knows what, what is under way."""

from typing import NamedTuple

OFF, DUAL, SOURCE_PAUSE, TARGET_PAUSE, CUT, DONE = (
    "OFF",
    "DUAL_WRITE",
    "PAUSED reading the source",
    "PAUSED reading the target",
    "CUT_OVER",
    "COMPLETE",
)
READS_TARGET = {TARGET_PAUSE, CUT, DONE}
FENCED = {DUAL, CUT}
SOURCE, TARGET = "source", "target"


GUARDS = {
    "verify": "cutting over needs a clean verification",
    "pause": "writes rest while the reads move",
    "newer": "replicating only adds what is newer",
    "lease": "the pause lasts until no lease of an older stage is left",
    "answer": "a read whose lease ran out before its answer came asks again",
    "journal": "each write leaves a note in the source, in the same step",
    "fence": "a write of an older stage cannot land in the source",
    "start wait": "backfill begins when no write of OFF can be alive",
    "drain": "the journal is drained while writes rest",
    "whole": "what belongs together is replicated in one step",
    "look": "a write into a target that is read takes along what other notes of its session name",
    "look again": "what is taken along was read while no write came in between",
    "late note": "a note goes when its write has reached the target, not before",
    "settled": "what the drain has brought over is taken out of the journal",
    "refusal": "a refusal brings over what it is based on, before it is told",
    "repeat": "a write that finds itself stored brings over what it finds, before it is told",
}


class Pair(NamedTuple):
    """Versions of the header and of the opportunity."""

    header: int
    record: int


NOTHING = Pair(0, 0)
ONE = Pair(1, 1)


class Commit(NamedTuple):
    """What is stored after a write: the versions, and whether the list shows the opportunity."""

    pair: Pair
    is_live: bool


class Sent(NamedTuple):
    """A request that may take effect although nobody waits for it any more."""

    kind: str
    wanted: Pair
    stage: str = ""


class Writer(NamedTuple):
    step: str = "idle"
    knows: str = ""
    """OFF while its lease lets it write by that although it is over: such writes have no fence.
    Other stages that are over are left out: writes by them are refused."""
    kind: str = ""
    base: int = 0
    stage: str = ""
    """By which it writes."""
    commit: int = 0
    notes: int = 0
    taken: Pair = NOTHING
    left: int = 1
    """How many operations it has still to do."""


class Reader(NamedTuple):
    knows: str = ""
    """The side that it may still read though the present stage reads the other one."""
    asked: str = ""
    """The side that its request went to; empty if it is idle."""
    floor: int = 0


class State(NamedTuple):
    stage: str
    toward: str = ""
    is_filled: bool = False
    """The backfill is done."""
    is_verified: bool = False
    """Cleanly, since the last change of stage."""
    source: Pair = NOTHING
    target: Pair = NOTHING
    commits: tuple[Commit, ...] = ()
    journal: int = 0
    """Open notes, one bit for each commit."""
    floor: int = 0
    """The newest commit that an answer has told of: nobody may be told less any more."""
    writers: tuple[Writer, ...] = ()
    reader: Reader = Reader()
    taken: tuple[Pair, int] | None = None
    """What the migrator has read of the source and is about to replicate, and the notes of it."""
    late: tuple[Sent, ...] = ()
    faults: int = 0
    """How many there may still be."""


def with_writer(now: State, place: int, writer: Writer) -> State:
    writers = (*now.writers[:place], writer, *now.writers[place + 1 :])
    return now._replace(writers=writers)


def idle(writer: Writer) -> Writer:
    return Writer(knows=writer.knows if writer.left else "", left=writer.left)


def outdated(writer: Writer, stage: str) -> Writer:
    is_over = writer.step == "idle" and not writer.left
    return writer._replace(knows=OFF if stage == OFF and not is_over else writer.knows)


def taking(now: State) -> State:
    return now._replace(taken=(now.source, now.journal))


def told(now: State, place: int, commit: int) -> State:
    told = now._replace(floor=max(now.floor, commit))
    return with_writer(told, place, idle(now.writers[place]))


def side_read(stage: str) -> str:
    return TARGET if stage in READS_TARGET else SOURCE


def is_anyone_stale(now: State) -> bool:
    return bool(now.reader.knows) or any(one.knows for one in now.writers)


def decided(commits: tuple[Commit, ...], held: Pair, kind: str, base: int) -> Commit | None:
    """Return what a write leaves of what is held; None: refused."""
    is_live = any(one.is_live for one in commits if one.pair.record == held.record)
    header, record = held
    if kind in "pd" and base != record:
        return None
    if kind == "p":
        return Commit(Pair(header if is_live else header + 1, record + 1), is_live=True)
    if kind == "d":
        return Commit(Pair(header, record + 1), is_live=False) if is_live else None
    return Commit(Pair(header + 1, record + 1 if is_live else record), is_live=False)


def own_part(commits: tuple[Commit, ...], number: int) -> Pair:
    """Return what a commit wrote; 0 for what it left."""
    old, new = commits[number - 1].pair, commits[number].pair
    return Pair(
        new.header if new.header != old.header else 0,
        new.record if new.record != old.record else 0,
    )


def noted_parts(commits: tuple[Commit, ...], journal: int) -> tuple[bool, bool]:
    owns = [own_part(commits, number) for number in range(1, len(commits)) if journal >> number & 1]
    return any(own.header for own in owns), any(own.record for own in owns)


def follows(held: Pair, wanted: Pair) -> bool:
    return wanted.header <= held.header + 1 and wanted.record <= held.record + 1


def commit_number(commits: tuple[Commit, ...], pair: Pair) -> int:
    """Return the commit that left this; -1 if none did."""
    return next((at for at, commit in enumerate(commits) if commit.pair == pair), -1)


def pending_request(now: State, writer: Writer, *, is_checked: bool) -> Sent | None:
    """Return the request that the writer is about to send."""
    if writer.step == "commit":
        return Sent(writer.kind, Pair(0, writer.base), writer.stage)
    if writer.step == "replicate":
        kind = "next" if writer.stage == CUT else "copy"
        return Sent(kind, own_part(now.commits, writer.commit))
    if writer.step == "rest" or (writer.step == "check" and is_checked):
        return Sent("copy", writer.taken)
    return None


def commit_text(commit: Commit) -> str:
    header, record = commit.pair
    return f"header {header}, record {record}{'' if commit.is_live else ' (deleted)'}"


def write_text(writer: Writer) -> str:
    return {
        "p": f"changes version {writer.base}",
        "d": f"deletes version {writer.base}",
        "R": "replaces the list by an empty one",
    }[writer.kind]


def sent_text(sent: Sent) -> str:
    if sent.kind in ("copy", "next"):
        return f"replicate {sent.wanted}"
    return f"write {sent.kind} by {sent.stage}"
