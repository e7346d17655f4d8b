"""The protocol of a store migration, small enough to look at every interleaving of it.

docs/decisions/0005-store-migration.md in plain Python: two writers and a reader, each with a stage
that may be out of date; a migrator that starts, backfills, verifies, cuts over, rolls back and
completes in any order the protocol allows; processes that die between any two requests, and
requests that take effect after their sender is gone.

What is stored is a header and one opportunity of its list, as versions. Every write that took
effect is a *commit*; the commits are the truth that every answer is judged by. Neither numbers of
stages nor time occur: a process knows the present stage, or an older one until its lease runs out,
and a wait lasts until no such process is left. So the space is finite although the migration may go
back and forth without end.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from exploring import Explored, WrongError, explore
from migration_state import (
    CUT,
    DONE,
    DUAL,
    FENCED,
    OFF,
    ONE,
    READS_TARGET,
    SOURCE_PAUSE,
    TARGET,
    TARGET_PAUSE,
    Commit,
    Pair,
    Sent,
    State,
    Writer,
    commit_number,
    commit_text,
    decided,
    follows,
    idle,
    is_anyone_stale,
    noted_parts,
    outdated,
    own_part,
    pending_request,
    sent_text,
    side_read,
    taking,
    told,
    with_writer,
    write_text,
)

Step = tuple[str, State]


@dataclass
class Protocol:
    """The protocol with some guards taken out; what may happen is bounded by the other fields."""

    without: frozenset[str] = frozenset()
    operations: tuple[int, ...] = (1, 1)
    """Of each writer."""
    faults: int = 1
    """Processes that end in the middle of something."""
    late: int = 1
    """Requests that arrive after their senders have ended."""
    kinds: str = "pdR"
    """p: put, or restore; d: delete; R: replace the list by an empty one"""

    def has(self, guard: str) -> bool:
        return guard not in self.without

    def first(self) -> State:
        writers = tuple(Writer(left=left) for left in self.operations)
        return State(
            OFF,
            source=ONE,
            commits=(Commit(ONE, is_live=True),),
            writers=writers,
            faults=self.faults,
        )

    def steps(self, now: State) -> Iterator[Step]:
        """Yield all that may happen next, with what it is called."""
        for place in range(len(now.writers)):
            yield from self._writer_steps(now, place)
        yield from self._reader_steps(now)
        yield from self._migrator_steps(now)
        for place, sent in enumerate(now.late):
            rest = now._replace(late=now.late[:place] + now.late[place + 1 :])
            yield f"late arrival: {sent_text(sent)}", self._arrive(rest, sent)

    # ---- writers

    def _writer_steps(self, now: State, place: int) -> Iterator[Step]:
        writer = now.writers[place]
        name = f"writer {'AB'[place]}"
        if writer.knows:
            yield f"{name}: lease runs out", with_writer(now, place, writer._replace(knows=""))
        if writer.step == "idle":
            steps = self._begin(now, place)
        else:
            steps = getattr(self, f"_{writer.step}")(now, place)
        for label, after in steps:
            yield f"{name} {label}", after
        if now.faults and writer.step != "idle":
            yield from self._end(now, place, f"{name} ")

    def _begin(self, now: State, place: int) -> Iterator[Step]:
        """Start a write. What is fenced takes effect by the stage it began by, or not at all.

        So a fenced write may as well take effect at once; one of OFF, or any without the fence,
        may do so later.
        """
        writer = now.writers[place]
        stage = writer.knows or now.stage
        if not writer.left or stage in (SOURCE_PAUSE, TARGET_PAUSE):
            return
        seen = now.target if stage in READS_TARGET else now.source
        for kind in self.kinds:
            begun = writer._replace(
                step="commit",
                kind=kind,
                base=seen.record if kind in "pd" else 0,
                stage=stage,
                left=writer.left - 1,
            )
            sending = with_writer(now, place, begun)
            label = f"{write_text(begun)} by {stage}"
            if stage == OFF or not self.has("fence"):
                yield f"{label}: sends it", sending
            else:
                yield from (
                    (f"{label}: {told}", done) for told, done in self._commit(sending, place)
                )
                for told, after in self._end(sending, place, "") if now.faults else ():
                    if after.late != now.late:
                        yield f"{label}: {told}", after

    def _commit(self, now: State, place: int) -> Iterator[Step]:
        writer = now.writers[place]
        authority = now.target if writer.stage == DONE else now.source
        mine = now.commits[writer.commit].pair
        part = 0 if writer.kind == "R" else 1
        if writer.commit and mine[part] == authority[part]:
            yield "finds itself stored", self._heard(now, place, writer, "repeat")
            return
        wanted = decided(now.commits, authority, writer.kind, writer.base)
        if wanted is None:
            refused = writer._replace(commit=commit_number(now.commits, authority))
            yield f"is refused: {authority} is there", self._heard(now, place, refused, "refusal")
            return
        after = self._committed(now, writer.stage, wanted)
        commit = len(after.commits) - 1
        written = writer._replace(step="replicate", base=0, commit=commit)
        if writer.stage not in FENCED:
            yield f"writes {commit_text(wanted)}, tells", told(after, place, commit)
            return
        if writer.stage == CUT and self.has("look"):
            written = written._replace(step="look")
        label = f"writes {commit_text(wanted)} into the source"
        yield label, with_writer(after, place, written)
        if not self.has("late note"):
            settled = after._replace(journal=after.journal & ~(1 << commit))
            yield f"{label}, settles", with_writer(settled, place, written)

    def _heard(self, now: State, place: int, writer: Writer, answer: str) -> State:
        """The source answered without writing: the target may not have what it tells of."""
        if writer.stage == CUT and self.has(answer):
            return with_writer(now, place, writer._replace(step="bring", base=0))
        return told(now, place, writer.commit)

    def _replicate(self, now: State, place: int) -> Iterator[Step]:
        writer = now.writers[place]
        own = own_part(now.commits, writer.commit)
        if writer.stage == CUT and not follows(now.target, own):
            yield from self._bring(now, place)
        elif not self.has("whole") and own.header and own.record:
            half = self._copied(now, Pair(own.header, 0))
            rest = writer._replace(step="rest", taken=Pair(0, own.record))
            yield f"replicates header {own.header} alone", with_writer(half, place, rest)
        else:
            yield from self._done(now, place, own, 1 << writer.commit)

    def _rest(self, now: State, place: int) -> Iterator[Step]:
        writer = now.writers[place]
        yield from self._done(now, place, writer.taken, 1 << writer.commit)

    def _look(self, now: State, place: int) -> Iterator[Step]:
        writer = now.writers[place]
        if now.journal & ~(1 << writer.commit):
            yield from self._bring(now, place)
        else:
            yield "sees no other note", with_writer(now, place, writer._replace(step="replicate"))

    def _bring(self, now: State, place: int) -> Iterator[Step]:
        header = now.source.header
        looked = now.writers[place]._replace(step="take", notes=now.journal, taken=Pair(header, 0))
        yield f"looks at the open notes, reads header {header}", with_writer(now, place, looked)

    def _take(self, now: State, place: int) -> Iterator[Step]:
        writer = now.writers[place]
        taken = writer.taken._replace(record=now.source.record)
        read = writer._replace(step="check", taken=taken)
        yield f"reads record {now.source.record}", with_writer(now, place, read)

    def _check(self, now: State, place: int) -> Iterator[Step]:
        writer = now.writers[place]
        if self.has("look again") and now.journal & ~writer.notes:
            yield from self._bring(now, place)
        else:
            yield from self._done(now, place, writer.taken, writer.notes)

    def _done(self, now: State, place: int, taken: Pair, notes: int) -> Iterator[Step]:
        """The target takes this, the answer is told; the notes go, or are left to the drain."""
        after = told(self._copied(now, taken), place, now.writers[place].commit)
        yield f"replicates {taken}, tells", after
        if notes & now.journal:
            settled = after._replace(journal=now.journal & ~notes)
            yield f"replicates {taken}, settles, tells", settled

    def _end(self, now: State, place: int, name: str) -> Iterator[Step]:
        """The process dies or hears nothing: the outcome is unknown; the user may repeat it."""
        writer = now.writers[place]
        fewer = now._replace(faults=now.faults - 1)
        yield f"{name}dies", with_writer(fewer, place, idle(writer._replace(knows="")))
        if writer.commit and writer.kind and now.stage not in (SOURCE_PAUSE, TARGET_PAUSE):
            again = Writer(
                "commit", "", writer.kind, -1, now.stage, writer.commit, left=writer.left
            )
            for label, after in self._commit(with_writer(fewer, place, again), place):
                yield f"{name}dies; its user repeats by {now.stage}: {label}", after
        is_checked = not now.journal & ~writer.notes or not self.has("look again")
        sent = pending_request(now, writer, is_checked=is_checked)
        if sent and len(now.late) < self.late:
            left = fewer._replace(late=(*now.late, sent))
            label = f"{name}dies, its request is under way: {sent_text(sent)}"
            yield label, with_writer(left, place, idle(writer._replace(knows="")))

    # ---- the reader

    def _reader_steps(self, now: State) -> Iterator[Step]:
        """Read by the stage that it knows.

        An answer counts only while its lease lasts, so asking and answering are one step; without
        that guard they are two.
        """
        reader = now.reader
        if reader.knows:
            yield "reader: lease runs out", now._replace(reader=reader._replace(knows=""))
        side = reader.asked or reader.knows or side_read(now.stage)
        if not reader.asked and not self.has("answer"):
            asked = reader._replace(asked=side, floor=now.floor)
            yield f"reader asks the {side}", now._replace(reader=asked)
            return
        seen = now.target if side == TARGET else now.source
        number = commit_number(now.commits, seen)
        if number < 0:
            raise WrongError(f"the reader sees {seen}: torn, no write left it so")
        floor = reader.floor if reader.asked else now.floor
        if number < floor:
            raise WrongError(f"the reader sees commit {number} in the {side}, {floor} was told of")
        after = now._replace(
            reader=reader._replace(asked="", floor=0), floor=max(now.floor, number)
        )
        yield f"reader sees commit {number} in the {side}", after

    # ---- the migrator

    def _migrator_steps(self, now: State) -> Iterator[Step]:
        if not now.taken:
            for label, after in self._decisions(now):
                yield f"migrator {label}", after
            return
        taken, notes = now.taken
        copied = self._copied(now, taken)
        left = now.journal & ~notes if self.has("settled") else now.journal
        settled = copied._replace(taken=None, is_filled=True, journal=left)
        yield f"migrator replicates {taken}", settled
        if now.faults:
            fewer = now._replace(faults=now.faults - 1, taken=None)
            yield "migrator dies", fewer
            if len(now.late) < self.late:
                sent = Sent("copy", taken)
                label = f"migrator dies, its request is under way: {sent_text(sent)}"
                yield label, fewer._replace(late=(*now.late, sent))

    def _decisions(self, now: State) -> Iterator[Step]:
        if now.stage == OFF:
            started = self._staged(now, DUAL)
            yield "starts: DUAL_WRITE", started._replace(is_filled=False)
        elif now.stage == DUAL:
            yield from self._in_dual_write(now)
        elif now.stage == CUT:
            yield "rolls back: PAUSED reading the target", self._staged(now, TARGET_PAUSE, DUAL)
            yield from self._verification(now)
            if now.is_verified:
                yield "completes: PAUSED reading the target", self._staged(now, TARGET_PAUSE, DONE)
        elif now.stage in (SOURCE_PAUSE, TARGET_PAUSE):
            yield from self._in_pause(now)

    def _in_dual_write(self, now: State) -> Iterator[Step]:
        yield "rolls back: OFF", self._staged(now, OFF)
        if not now.is_filled and (self._no_write_of_off(now) or not self.has("start wait")):
            yield "has waited; backfills: reads the source", taking(now)
        yield from self._verification(now)
        if now.is_verified or not self.has("verify"):
            if self.has("pause"):
                yield "cuts over: PAUSED reading the source", self._staged(now, SOURCE_PAUSE, CUT)
            elif not now.journal:
                yield "cuts over without a pause", self._staged(now, CUT)
            else:
                yield "drains: reads notes and records", taking(now)

    def _verification(self, now: State) -> Iterator[Step]:
        if now.is_verified or not now.is_filled:
            return
        differ = now.source.header != now.target.header, now.source.record != now.target.record
        noted = noted_parts(now.commits, now.journal)
        if not any(one and not other for one, other in zip(differ, noted, strict=True)):
            yield "verifies: clean", now._replace(is_verified=True)

    def _in_pause(self, now: State) -> Iterator[Step]:
        is_drained = not now.journal or not self.has("drain")
        if not is_drained:
            yield "drains: reads notes and records", taking(now)
        may_write = not is_anyone_stale(now) or not self.has("lease")
        if now.stage == SOURCE_PAUSE:
            if is_drained and now.toward == CUT:
                yield "PAUSED reading the target", self._staged(now, TARGET_PAUSE, CUT)
            if may_write:
                yield "waited: DUAL_WRITE", self._staged(now, DUAL)
            return
        if is_drained and now.toward in (DUAL, CUT):
            yield "PAUSED reading the source", self._staged(now, SOURCE_PAUSE, DUAL)
        if is_drained and now.toward == DONE:
            yield "COMPLETE", self._staged(now, DONE)
        if may_write:
            yield "waited: CUT_OVER", self._staged(now, CUT)

    def _no_write_of_off(self, now: State) -> bool:
        in_flight = any(one.step == "commit" and one.stage == OFF for one in now.writers)
        late = any(one.kind != "copy" and one.stage == OFF for one in now.late)
        return not is_anyone_stale(now) and not in_flight and not late

    # ---- the stores

    def _staged(self, now: State, stage: str, toward: str = "") -> State:
        """Change the stage: who knew the present one knows an older one now."""
        writers = tuple(outdated(one, now.stage) for one in now.writers)
        knows = now.reader.knows or side_read(now.stage)
        reader = now.reader._replace(knows="" if knows == side_read(stage) else knows)
        late = tuple(one for one in now.late if one.stage not in FENCED or not self.has("fence"))
        return now._replace(
            stage=stage,
            toward=toward,
            is_verified=False,
            writers=writers,
            reader=reader,
            late=late,
        )

    def _committed(self, now: State, stage: str, wanted: Commit) -> State:
        authority = now.target if stage == DONE else now.source
        if authority != now.commits[-1].pair:
            raise WrongError(
                f"{wanted.pair} is written over {authority}, but {now.commits[-1].pair} was written"
            )
        commits = (*now.commits, wanted)
        if stage == DONE:
            return now._replace(commits=commits, target=wanted.pair)
        has_note = stage in FENCED and self.has("journal")
        note = 1 << len(now.commits) if has_note else 0
        return now._replace(commits=commits, source=wanted.pair, journal=now.journal | note)

    def _copied(self, now: State, taken: Pair) -> State:
        """Only if newer; 0 is nothing."""
        if self.has("newer"):
            pair = Pair(max(now.target.header, taken.header), max(now.target.record, taken.record))
        else:
            pair = Pair(taken.header or now.target.header, taken.record or now.target.record)
        return now._replace(target=pair)

    def _arrive(self, now: State, sent: Sent) -> State:
        if sent.kind == "copy":
            return self._copied(now, sent.wanted)
        if sent.kind == "next":
            return self._copied(now, sent.wanted) if follows(now.target, sent.wanted) else now
        authority = now.target if sent.stage == DONE else now.source
        wanted = decided(now.commits, authority, sent.kind, sent.wanted.record)
        return self._committed(now, sent.stage, wanted) if wanted else now

    def explore(self) -> Explored:
        """Look at everything; the migration must always be able to end, one way or the other."""
        return explore(
            self.first(),
            self.steps,
            is_goal=lambda state: state.stage in (OFF, DONE),
            is_fault=lambda now, after: now.faults != after.faults,
        )
