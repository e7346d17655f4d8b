"""Stores behind a network that delays, loses and repeats requests, and under processes that die."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from botocore.exceptions import ReadTimeoutError
from faults import FAULTS, Answer, CutError, Fault, Request, cut_after, cut_before
from simulated_world import World

from opportune.errors import OpportuneError, StoreUnavailableError
from opportune.stores.contract import Store
from opportune.stores.journal import Written

UNFENCED_LATE_S = 4.0
"""How late a write without a fence may take effect: within the longest request."""
LATE_S = 300.0
"""How late anything else may."""

STALLS = 0.03
STALL_S = (3.0, 15.0, 90.0)
"""What has a fence, or is only read, may be held up so often and so long, and go on then."""

WRITES = frozenset(
    {"store_opportunities", "put_opportunity", "delete_session", "put_template", "delete_template"}
)
READS = frozenset(
    {"get_opportunities", "get_opportunity", "get_history", "get_session", "get_migration"}
)
REPEATABLE = frozenset({"replicate", "settle", "put_migration"})


@dataclass(frozen=True)
class _Request:
    """A call of a store, under way from one process to another."""

    name: str
    take_effect: Callable[[], Any]
    late_s: float
    may_stall: bool

    def outcome(self) -> Any:
        """Take effect; a refusal is an outcome too."""
        try:
            return self.take_effect()
        except OpportuneError as error:
            return error


@dataclass
class Network:
    """Decides the fate of each request. `fraction` of them meet a fault."""

    world: World
    fraction: float = 0.0

    def delay(self) -> None:
        """Take the time of half a request."""
        chance = self.world.chance
        self.world.sleep(chance.uniform(0, chance.choice((0.01, 0.01, 0.01, 0.01, 0.3, 3.0))))

    def kill(self) -> None:
        """End the process that asks."""
        self.world.tell("KILLED")
        self.world.process.is_dead = True
        raise CutError

    def carry(self, request: _Request, faults: Sequence[str], shown: str) -> Any:
        """Let a request take its time and effect, unless a fault befalls it."""
        chance = self.world.chance
        self._pass(request)
        fault = chance.choice(faults) if chance.random() < self.fraction else ""
        self.world.tell(f"{request.name}{shown} {fault}")
        self._go_wrong_before(fault, request)
        outcome = request.outcome()
        self.world.tell(f"{request.name} -> {_shown(outcome)}")
        if fault == "cut after":
            self.kill()
        if fault == "twice" and not isinstance(outcome, OpportuneError):
            self._arrive_later(request)
        self._pass(request)
        if fault == "lost after":
            raise StoreUnavailableError(f"{request.name}: no answer")
        if isinstance(outcome, OpportuneError):
            raise outcome
        return outcome

    def _pass(self, request: _Request) -> None:
        """Be half a request on the way; now and then, be held up for longer."""
        self.delay()
        chance = self.world.chance
        if request.may_stall and chance.random() < STALLS:
            self.world.sleep(chance.uniform(0, chance.choice(STALL_S)))

    def _go_wrong_before(self, fault: str, request: _Request) -> None:
        if fault == "cut before":
            self.kill()
        if fault == "late":
            self._arrive_later(request)
        if fault in ("lost before", "late"):
            raise StoreUnavailableError(f"{request.name}: no answer")

    def _arrive_later(self, request: _Request) -> None:
        world = self.world
        delay_s = world.chance.uniform(0, world.chance.choice((UNFENCED_LATE_S, request.late_s)))

        def arrive() -> None:
            world.tell(f"{request.name} arrives late -> {_shown(request.outcome())}")

        world.later(delay_s, arrive)


class SimulatedStore:
    """A store as another process sees it: each call is one request, which takes time."""

    def __init__(self, name: str, store: Store, network: Network) -> None:
        self._name = name
        self._store = store
        self._network = network
        self._told: Callable[[Written], None] | None = None
        """Of a journaled store: whom to tell of writes, and those not told of yet."""
        self._heard: list[Written] = []

    def journaled(self, told: Callable[[Written], None], *, stage_number: int) -> Store:
        journaled = SimulatedStore(self._name, self._store, self._network)
        journaled._told = told
        journaled._store = self._store.journaled(journaled._heard.append, stage_number=stage_number)
        return cast("Store", journaled)

    def close(self) -> None:
        """The store outlives the process."""

    @property
    def usage(self) -> tuple[()]:
        return ()

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            return self._request(operation, args, kwargs)

        return call

    def _request(self, operation: str, args: Any, kwargs: Any) -> Any:
        method = getattr(self._store, operation)
        is_unfenced = operation in WRITES and self._told is None
        request = _Request(
            f"{self._name}.{operation}",
            lambda: method(*args, **kwargs),
            late_s=UNFENCED_LATE_S if is_unfenced else LATE_S,
            may_stall=not is_unfenced and operation in (WRITES | READS),
        )
        told_before = len(self._heard)
        answer = self._network.carry(request, _faults(operation, args), _shown(args))
        for one in self._heard[told_before:]:
            if self._told:
                self._told(one)
        return answer


def _faults(operation: str, args: Any) -> Sequence[str]:
    """Return the faults that a request can meet."""
    faults = ["cut before", "cut after", "lost before"]
    if operation in WRITES or operation in REPEATABLE:
        faults += ["lost after", "lost after", "late", "late"]
    if operation in REPEATABLE or (operation == "put_opportunity" and args[0].version):
        faults += ["twice", "twice"]
    return faults


def dynamodb_plan(network: Network) -> Fault:
    """Return what happens to each HTTP request of a DynamoDB store."""
    world = network.world

    def late(request: Request) -> Answer:
        delay = world.chance.uniform(0, UNFENCED_LATE_S)
        send = request.send
        world.later(delay, lambda: world.tell(f"late {request.operation} {send().status_code}"))
        raise ReadTimeoutError(endpoint_url=request.prepared.url)

    faults = [*FAULTS, late, late]

    def plan(request: Request) -> Answer:
        network.delay()
        fault = None
        if world.chance.random() < network.fraction:
            fault = world.chance.choice(faults)
        world.tell(f"{request.operation} {fault.__name__ if fault else ''}")
        if fault in (cut_before, cut_after):
            if fault is cut_after:
                request.send()
            network.kill()
        try:
            return fault(request) if fault else request.send()
        finally:
            network.delay()

    return plan


def _shown(value: Any) -> str:
    """Say in a line what went in or came out."""
    if isinstance(value, tuple | list):
        return f"({', '.join(_shown(one) for one in value)})"
    if isinstance(value, OpportuneError):
        return type(value).__name__
    version = getattr(value, "version", None)
    if version is None:
        return str(value) if isinstance(value, str | int | None) else type(value).__name__
    key = getattr(value, "id", getattr(value, "template_id", ""))
    stage = f" {value.stage} {value.stage_number}" if hasattr(value, "stage") else ""
    return f"{key.partition('.')[2] or key} v{version}{stage} {value.change_id[:6]}"


def seeded_ids(seed: int) -> Callable[[], Any]:
    """Return what stands in for `uuid.uuid4`."""
    import uuid

    chance = random.Random(seed)
    return lambda: uuid.UUID(int=chance.getrandbits(128), version=4)
