"""Threads that write at random leave a history of exactly what was acknowledged to them."""

import random
from concurrent.futures import ThreadPoolExecutor

from stores import a_session, an_opportunity

from opportune.errors import NotFoundError, VersionConflictError
from opportune.model.records import Opportunity
from opportune.stores.contract import Store

SLUGS = ["a", "b", "c"]


class Walker:
    """One of several threads that write to the same few opportunities at random."""

    def __init__(self, store: Store, session_id: str, name: int, seed: int) -> None:
        self.store = store
        self.session_id = session_id
        self.name = name
        self.random = random.Random(f"{seed}-{name}")
        self.acknowledged: list[Opportunity] = []
        self.replacements: list[str] = []

    def walk(self, steps: int) -> None:
        for step in range(steps):
            try:
                self.step(f"{self.name}-{step}")
            except (VersionConflictError, NotFoundError):
                continue  # somebody else was first: nothing was written

    def step(self, change_id: str) -> None:
        slug = self.random.choice(SLUGS)
        held = self.store.get_history(f"{self.session_id}.{slug}")
        match self.random.randrange(8):
            case 0:
                wanted = [an_opportunity(self.session_id, slug, change_id=change_id)]
                self.replacements.append(change_id)
                self.store.store_opportunities(
                    a_session(self.session_id, change_id=change_id), wanted
                )
            case 1 if held:
                self.put(held[-1].revised(deleted=not held[-1].deleted, change_id=change_id))
            case 2:
                self.put(an_opportunity(self.session_id, slug, change_id=change_id))
            case _ if held:
                self.put(held[-1].revised(owner=change_id, change_id=change_id))

    def put(self, wanted: Opportunity) -> None:
        stored = self.store.put_opportunity(wanted)
        self.acknowledged.append(stored)
        assert self.store.put_opportunity(wanted) == stored  # or a conflict: somebody went on


def test_the_history_that_threads_leave_is_what_was_acknowledged(
    store: Store, session_id: str
) -> None:
    for seed in range(3):
        session = f"{session_id}-{seed}"
        store.store_opportunities(a_session(session), [])
        walkers = [Walker(store, session, name, seed) for name in range(4)]
        with ThreadPoolExecutor(len(walkers)) as pool:
            for done in [pool.submit(walker.walk, 25) for walker in walkers]:
                done.result()
        acknowledged = [revision for walker in walkers for revision in walker.acknowledged]
        assert len(acknowledged) > 20
        replacements = {change_id for walker in walkers for change_id in walker.replacements}
        for slug in SLUGS:
            history = store.get_history(f"{session}.{slug}")
            assert [r.version for r in history] == list(range(1, len(history) + 1))
            mine = sorted(
                (r for r in acknowledged if r.id == f"{session}.{slug}"), key=lambda r: r.version
            )
            assert [r for r in history if r.change_id not in replacements] == mine
            visible = [o for o in store.get_opportunities(session) if o.id.endswith(f".{slug}")]
            assert visible == [r for r in history[-1:] if not r.deleted]
