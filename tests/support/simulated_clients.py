"""Clients of a simulated service: what they ask, what they hear, and what they remember."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from faults import CutError
from linearizability import Call
from session_judge import CONFLICT, NO_OPPORTUNITY, NO_SESSION, SLUGS, Asked, Listed
from simulated_world import Actor
from stores import a_session, an_opportunity

from opportune.errors import (
    OpportunityNotFoundError,
    SessionNotFoundError,
    StoreUnavailableError,
    VersionConflictError,
)
from opportune.model.records import Opportunity, Session
from opportune.stores.contract import Store

if TYPE_CHECKING:
    from migration_simulation import Play, Service

OPERATIONS = 60
"""Of a client at most."""

ERRORS: dict[type[Exception], str] = {
    VersionConflictError: CONFLICT,
    OpportunityNotFoundError: NO_OPPORTUNITY,
    SessionNotFoundError: NO_SESSION,
}


class Client:
    """Works on one session by what it has read of it, which may be out of date."""

    def __init__(self, play: "Play", service: "Service", actor: Actor, number: int = 9) -> None:
        self.play = play
        self.service = service
        self.actor = actor
        self.number = number
        self.seen: dict[str, Opportunity] = {}
        self.header = 0
        self.changes = 0
        self.next_step: Callable[[], None] | None = None

    def fill(self) -> None:
        """Make what the migration finds."""
        for step in (self.replace, self.change, self.delete, self.change, self.replace):
            if self.play.world.chance.random() < 0.15:
                self.play.let_a_month_pass()
            step()

    def work(self) -> None:
        """Do one thing after the other until the play is over."""
        world = self.play.world
        for _ in range(OPERATIONS):
            if self.play.is_over:
                return
            self._wait_a_little()
            self.actor.process = world.process = self.service.ready()
            repeat, self.next_step = self.next_step, None
            (repeat or world.chance.choice(self._things_to_do()))()

    def _wait_a_little(self) -> None:
        world = self.play.world
        in_rush = world.now_s < self.play.rush_until_s
        paces = (0.005, 0.05, 0.2) if in_rush else (0.1, 20, 40, 60)
        left_s = world.chance.uniform(0, world.chance.choice(paces))
        while left_s > 0 and (in_rush or world.now_s > self.play.rush_until_s):
            slice_s = min(left_s, 0.5)
            left_s -= slice_s
            try:
                world.sleep(slice_s)
            except CutError:
                return

    def look_at_all(self) -> None:
        """Read everything that is there in the end."""
        self.read_list()
        self.read_header()
        for slug in SLUGS:
            self.read_history(slug)
        found = self.service.store.find_opportunities(limit=1000).items
        listed = self.service.store.get_opportunities(self.play.session_id)
        assert sorted(one.id for one in found) == sorted(one.id for one in listed)

    def _things_to_do(self) -> tuple[Callable[[], None], ...]:
        writes = (
            *(self.replace,) * 3,
            *(self.change,) * 3,
            self.create,
            self.delete,
            self.restore,
            self.delete_session,
        )
        reads = (
            *(self.read_list,) * 4,
            *(self.read_one,) * 2,
            self.read_header,
            lambda: self.read_history(self._any_slug()),
        )
        return writes + reads

    # What can be asked

    def replace(self) -> None:
        chance, change = self.play.world.chance, self._change()
        kept = chance.random() < 0.5
        given: list[tuple[Listed, Opportunity]] = []
        for slug in chance.sample(SLUGS, chance.randint(0, len(SLUGS))):
            seen = self.seen.get(slug)
            if seen and not seen.deleted and chance.random() < 0.4:
                given.append((Listed(slug, seen.version, seen.keep, seen.change_id), seen))
            else:
                new = self._new(slug, change, keep=kept)
                given.append((Listed(slug, 0, kept), new))
        version = self.header if chance.random() < 0.3 else 0
        session = a_session(self.play.session_id, version=version, change_id=change)
        asked = Asked(
            "store", version=version, change=change, listed=tuple(one for one, _ in given)
        )
        self._ask(asked, lambda store: store.store_opportunities(session, [o for _, o in given]))

    def create(self) -> None:
        self._put(self._new(self._any_slug(), self._change(), keep=self._coin()))

    def change(self) -> None:
        self._put(self._changed(deleted=False, keep=self._coin()))

    def delete(self) -> None:
        self._put(self._changed(deleted=True))

    def restore(self) -> None:
        self._put(self._changed(deleted=False))

    def delete_session(self) -> None:
        change, session_id = self._change(), self.play.session_id
        self._ask(
            Asked("delete session", change=change),
            lambda store: store.delete_session(session_id, updated_by="ana", change_id=change),
        )

    def read_list(self) -> None:
        self._ask(Asked("list"), lambda store: store.get_opportunities(self.play.session_id))

    def read_one(self) -> None:
        slug = self._any_slug()
        self._ask(Asked("one", slug), lambda store: store.get_opportunity(self._id(slug)))

    def read_header(self) -> None:
        self._ask(Asked("header"), lambda store: store.get_session(self.play.session_id))

    def read_history(self, slug: str) -> None:
        self._ask(Asked("history", slug), lambda store: store.get_history(self._id(slug)))

    # How it is asked

    def _put(self, wanted: Opportunity) -> None:
        asked = Asked(
            "put",
            wanted.id.partition(".")[2],
            wanted.version,
            wanted.change_id,
            wanted.deleted,
            wanted.keep,
        )
        self._ask(asked, lambda store: store.put_opportunity(wanted))

    def _ask(self, asked: Asked, act: Callable[[Store], Any]) -> None:
        world = self.play.world
        asked = asked._replace(epoch=world.epoch)
        call = Call(asked, world.tick(), label=f"client{self.number}")
        self.play.calls.append(call)
        world.tell(f"client{self.number} asks {asked}")
        try:
            answer = act(self.service.store)
        except (StoreUnavailableError, CutError) as error:
            world.tell(f"client{self.number} hears nothing: {error}")
            if world.chance.random() < 0.5:
                self.next_step = lambda: self._ask(asked, act)
            return
        except tuple(ERRORS) as error:
            call.answer = ERRORS[type(error)]
            if world.chance.random() < 0.7:
                self.next_step = self.read_list
        else:
            self._remember(answer)
            call.answer = _projected(asked.kind, answer)
            self.play.acknowledged += bool(asked.change)
        call.returned = world.tick()
        world.tell(f"client{self.number} hears {call.answer}")

    def _remember(self, answer: Any) -> None:
        for one in answer if isinstance(answer, tuple) else (answer,):
            if isinstance(one, Opportunity):
                self.seen[one.id.partition(".")[2]] = one
            elif isinstance(one, Session):
                self.header = one.version

    def _change(self) -> str:
        self.changes += 1
        return f"{self.number}-{self.changes}"

    def _coin(self) -> bool:
        return self.play.world.chance.random() < 0.5

    def _any_slug(self) -> str:
        return self.play.world.chance.choice(SLUGS)

    def _id(self, slug: str) -> str:
        return f"{self.play.session_id}.{slug}"

    def _new(self, slug: str, change: str, *, keep: bool) -> Opportunity:
        return an_opportunity(self.play.session_id, slug, title=change, change_id=change, keep=keep)

    def _changed(self, **changes: Any) -> Opportunity:
        slug, change = self._any_slug(), self._change()
        seen = self.seen.get(slug) or self._new(slug, change, keep=False).model_copy(
            update={"version": 1}
        )
        return seen.model_copy(update={"title": change, "change_id": change, **changes})


def _projected(kind: str, answer: Any) -> object:
    """Return what the judge compares of an answer."""
    if kind == "list":
        return tuple(
            sorted((one.id.partition(".")[2], one.version, one.change_id) for one in answer)
        )
    if kind == "history":
        return tuple((one.version, one.change_id, one.deleted) for one in answer)
    return None if answer is None else (answer.version, answer.change_id)
