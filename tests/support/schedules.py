"""Random schedules of operations, faults and competitors on one session, judged by a model.

The judge is a search for a sequential explanation: every operation must have taken effect, whole,
at one moment between its call and its answer, or not at all. An operation that ended as "unknown",
or whose process was cut, may have happened or not; later reads tell which, and must agree.

The model decides by `stores/changes.py`, as every store does; what is under test is that DynamoDB's
requests carry the decision out.
"""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from faults import Answer, CutError, Injector, Request, at_random
from faults import answer as json_answer
from stores import ManualClock, a_session, an_opportunity

from opportune.errors import StoreError, StoreUnavailableError
from opportune.model.filters import by_list_order
from opportune.model.records import Opportunity, Session
from opportune.stores.changes import Change, Moment, departing, putting, replacing
from opportune.stores.contract import RETENTION
from opportune.stores.dynamodb import DynamoDBStore
from opportune.stores.revisions import is_live

SLUGS = ("a", "b", "c", "d", "e", "f")


@dataclass(frozen=True)
class State:
    """What a store holds of one session."""

    header: Session | None = None
    history: dict[str, tuple[Opportunity, ...]] = field(default_factory=dict)

    def newest(self, opportunity_id: str) -> Opportunity | None:
        revisions = self.history.get(opportunity_id, ())
        return revisions[-1] if revisions else None

    def after(self, change: Change) -> "State":
        history = dict(self.history)
        for one in change.revisions:
            history[one.id] = (*history.get(one.id, ()), one)
        return State(change.header or self.header, history)


Outcome = tuple[State, Any]
Apply = Callable[[State], Outcome]
"""What an operation makes of a state, and what it answers; an error's type is an answer too."""


@dataclass(frozen=True)
class Operation:
    """An operation as the store does it and as the model does it."""

    name: str
    run: Callable[[DynamoDBStore], Any]
    apply: Apply
    again: "Callable[[], Operation] | None" = None
    """Makes the same write once more, as a caller does who was told "unknown"."""


UNKNOWN = "unknown"
WRITES = ("TransactWriteItems", "PutItem", "UpdateItem")


class Schedule:
    """One schedule: everything in it follows from the seed.

    `sweep` removes some of what has expired by a moment, as DynamoDB does in its own time.
    """

    def __init__(
        self,
        seed: int,
        session_id: str,
        clock: ManualClock,
        injector: Injector,
        sweep: Callable[[datetime], None],
    ) -> None:
        self.sweep = sweep
        self.chance = random.Random(seed)
        self.session_id = session_id
        self.clock = clock
        self.injector = injector
        self.possible: list[State] = [State()]
        self.log: list[str] = []
        self.changes = 0
        self.to_repeat: Callable[[], Operation] | None = None
        self.acknowledged = 0

    def play(self, store: DynamoDBStore, steps: int) -> None:
        """Run the operations; raises AssertionError when no explanation is left."""
        for _ in range(steps):
            self.clock.advance(milliseconds=self.chance.choice((0, 1, 1000)))
            if self.chance.random() < 0.05:
                self.clock.advance(days=31)
                self.sweep(self.clock.now)
            fraction = self.chance.choice((0, 0.1, 0.3))
            plan = at_random(self.chance, fraction)
            self._step(store, plan)
        self.injector.plan = lambda request: None
        self.clock.advance(minutes=1)
        for operation in (self._reading_list(), self._reading_header()):
            self._explain([], operation, self._answer(operation, store))
        for slug in SLUGS:
            operation = self._reading_history(f"{self.session_id}.{slug}")
            self._explain([], operation, self._answer(operation, store))
        self._check_found(store)

    def _step(self, store: DynamoDBStore, faults: Callable[[Request], Answer]) -> None:
        repeat, self.to_repeat = self.to_repeat, None
        mine = repeat() if repeat else self._any_operation()
        theirs: list[tuple[Operation, Any]] = []

        def others() -> None:
            """Between two requests of one process another one runs, undisturbed."""
            self.injector.plan = lambda request: None
            operation = self._any_operation()
            theirs.append((operation, self._answer(operation, store)))
            assert theirs[-1][1] != UNKNOWN, "\n".join(self.log)
            self.injector.plan = plan

        def plan(request: Request) -> Answer:
            if len(theirs) < 3 and self.chance.random() < 0.05:
                others()
            if len(theirs) < 3 and _reads_list(request) and self.chance.random() < 0.1:
                return self._mixed(request, others)
            return faults(request)

        self.injector.plan = plan
        answer = self._answer(mine, store)
        self.injector.plan = lambda request: None
        self._explain(theirs, mine, answer)
        if answer == UNKNOWN and self.chance.random() < 0.5:
            self.to_repeat = mine.again

    def _mixed(self, request: Request, others: Callable[[], None]) -> Answer:
        """A Query while a transaction commits: each item comes as it was before or after it."""
        before = json.loads(request.send().content)
        sent = len(self.injector.sent)
        others()
        transactions = [other for other in self.injector.sent[sent:] if other.operation in WRITES]
        after = json.loads(request.send().content)
        is_same_extent = before.get("LastEvaluatedKey") == after.get("LastEvaluatedKey")
        if len(transactions) != 1 or not is_same_extent:
            return json_answer(200, after)
        old, new = (
            {item["opportunityId"]["S"]: item for item in page["Items"]} for page in (before, after)
        )
        chosen = [
            (old if self.chance.random() < 0.5 else new).get(key) for key in sorted({*old, *new})
        ]
        return json_answer(200, {**after, "Items": [item for item in chosen if item]})

    def _answer(self, operation: Operation, store: DynamoDBStore) -> Any:
        try:
            answer = operation.run(store)
        except (StoreUnavailableError, CutError) as error:
            self.log.append(f"{operation.name}: {type(error).__name__}")
            return UNKNOWN
        except StoreError as error:
            answer = type(error)
        self.log.append(f"{operation.name}: {answer}")
        return answer

    def _explain(
        self, theirs: Sequence[tuple[Operation, Any]], mine: Operation, answer: Any
    ) -> None:
        """Keep the states in which some order of what ran explains every answer."""
        orders = [
            [*theirs[:place], (mine, answer), *theirs[place:]] for place in range(len(theirs) + 1)
        ]
        if answer == UNKNOWN:
            orders.append(list(theirs))
        explained: list[State] = []
        for state in self.possible:
            for order in orders:
                after = _explanation(state, order)
                if after is not None and after not in explained:
                    explained.append(after)
        self.acknowledged += sum(
            1
            for operation, told in [*theirs, (mine, answer)]
            if isinstance(told, Opportunity | Session) and operation.name.startswith("write")
        )
        assert explained, "no explanation:\n" + "\n".join(
            [*self.log, *(f"possible before: {state}" for state in self.possible)]
        )
        self.possible = explained

    def _check_found(self, store: DynamoDBStore) -> None:
        """With all quiet, the indexes name exactly the list."""
        found = store.find_opportunities(limit=1000).items
        mine = by_list_order([one for one in found if one.session_id == self.session_id])
        assert mine == store.get_opportunities(self.session_id), "\n".join(self.log)

    # ---- operations

    def _any_operation(self) -> Operation:
        make = self.chance.choice(
            (
                self._replacing,
                self._replacing,
                self._creating,
                self._changing,
                self._changing,
                self._deleting,
                self._restoring,
                self._deleting_session,
                self._reading_list,
                self._reading_list,
                self._reading_one,
                self._reading_header,
                lambda: self._reading_history(self._any_id()),
            ),
        )
        return make()

    def _any_id(self) -> str:
        return f"{self.session_id}.{self.chance.choice(SLUGS)}"

    def _change_id(self) -> str:
        self.changes += 1
        return f"c{self.changes}"

    def _moment(self) -> Moment:
        return Moment(self.clock.now, RETENTION)

    def _replacing(self) -> Operation:
        change_id = self._change_id()
        chosen = self.chance.sample(SLUGS, self.chance.randint(0, len(SLUGS)))
        session = a_session(self.session_id, change_id=change_id)
        listed = [self._kept(slug) or self._new(slug, change_id) for slug in chosen]
        return self._storing(session, listed)

    def _kept(self, slug: str) -> Opportunity | None:
        """Now and then, return what a user may have read: the list leaves that as it is."""
        state = self.chance.choice(self.possible)
        newest = state.newest(f"{self.session_id}.{slug}")
        is_kept = newest is not None and not newest.deleted and self.chance.random() < 0.4
        return newest if is_kept else None

    def _new(self, slug: str, change_id: str) -> Opportunity:
        return an_opportunity(self.session_id, slug, title=change_id, change_id=change_id)

    def _storing(self, session: Session, listed: Sequence[Opportunity]) -> Operation:
        when = self._moment()

        def apply(state: State) -> Outcome:
            newest = [revisions[-1] for revisions in state.history.values()]
            answer, change = replacing(
                session, listed, header=state.header, newest=newest, when=when
            )
            return state.after(change), answer

        return Operation(
            f"write list {[one.id for one in listed]} {session.change_id}",
            lambda store: store.store_opportunities(session, listed),
            apply,
            lambda: self._storing(session, listed),
        )

    def _creating(self) -> Operation:
        change_id = self._change_id()
        slug = self.chance.choice(SLUGS)
        return self._putting(
            an_opportunity(self.session_id, slug, title=change_id, change_id=change_id)
        )

    def _changing(self) -> Operation:
        change_id = self._change_id()
        return self._putting(
            self._based_on_newest(self._any_id(), title=change_id, change_id=change_id)
        )

    def _deleting(self) -> Operation:
        return self._putting(
            self._based_on_newest(self._any_id(), change_id=self._change_id(), deleted=True)
        )

    def _restoring(self) -> Operation:
        return self._putting(
            self._based_on_newest(self._any_id(), change_id=self._change_id(), deleted=False)
        )

    def _based_on_newest(self, opportunity_id: str, **changes: Any) -> Opportunity:
        """Return a change of what one of the possible states holds: what a user may have read."""
        state = self.chance.choice(self.possible)
        newest = state.newest(opportunity_id)
        base = newest or an_opportunity(self.session_id, opportunity_id.split(".")[1], version=1)
        return base.model_copy(update=changes)

    def _putting(self, wanted: Opportunity) -> Operation:
        when = self._moment()

        def apply(state: State) -> Outcome:
            newest = state.newest(wanted.id)
            revision, change = putting(wanted, newest=newest, header=state.header, when=when)
            return state.after(change), revision

        name = f"write {wanted.id} v{wanted.version}+1 deleted={wanted.deleted} {wanted.change_id}"
        return Operation(
            name,
            lambda store: store.put_opportunity(wanted),
            apply,
            lambda: self._putting(wanted),
        )

    def _deleting_session(self) -> Operation:
        return self._leaving({"updated_by": "ana", "change_id": self._change_id()})

    def _leaving(self, words: dict[str, str]) -> Operation:
        when = self._moment()

        def apply(state: State) -> Outcome:
            if state.header is None:
                raise LookupError
            newest = [revisions[-1] for revisions in state.history.values()]
            change = departing(state.header, newest=newest, when=when, **words)
            return state.after(change), None

        def run(store: DynamoDBStore) -> None:
            store.delete_session(self.session_id, **words)

        return Operation("delete session", run, apply, lambda: self._leaving(words))

    def _reading_list(self) -> Operation:
        now = self.clock.now

        def apply(state: State) -> Outcome:
            newest = [revisions[-1] for revisions in state.history.values()]
            return state, by_list_order([one for one in newest if is_live(one, now)])

        return Operation("read list", lambda store: store.get_opportunities(self.session_id), apply)

    def _reading_one(self) -> Operation:
        opportunity_id, now = self._any_id(), self.clock.now

        def apply(state: State) -> Outcome:
            newest = state.newest(opportunity_id)
            if newest is None or not is_live(newest, now):
                raise LookupError
            return state, newest

        return Operation("read one", lambda store: store.get_opportunity(opportunity_id), apply)

    def _reading_history(self, opportunity_id: str) -> Operation:
        def apply(state: State) -> Outcome:
            return state, state.history.get(opportunity_id, ())

        return Operation("read history", lambda store: store.get_history(opportunity_id), apply)

    def _reading_header(self) -> Operation:
        def apply(state: State) -> Outcome:
            if state.header is None or state.header.deleted:
                raise LookupError
            return state, state.header

        return Operation("read header", lambda store: store.get_session(self.session_id), apply)


def _reads_list(request: Request) -> bool:
    """Tell whether a request reads a whole list, in one page so that it can be mixed."""
    return (
        request.operation == "Query"
        and "#session" in request.body["ExpressionAttributeNames"]
        and "ExclusiveStartKey" not in request.body
    )


def _explanation(state: State, order: Sequence[tuple[Operation, Any]]) -> State | None:
    """Return the state after these operations in this order, if all answered as they would."""
    for operation, told in order:
        try:
            after, expected = operation.apply(state)
        except StoreError as error:
            after, expected = state, type(error)
        except LookupError:
            after, expected = state, LookupError
        if told != UNKNOWN and not _agrees(told, expected):
            return None
        state = after
    return state


def _agrees(told: Any, expected: Any) -> bool:
    if expected is LookupError:
        return isinstance(told, type) and issubclass(told, LookupError)
    return bool(told == expected)
