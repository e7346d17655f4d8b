"""A store with opportunities of several sessions, for exports."""

from stores import a_full_opportunity, a_session, an_opportunity

from opportune.export import Format
from opportune.model.records import Status
from opportune.pipeline.transfer import Choice
from opportune.stores.contract import Store

ALL = Choice(Format.JSONL)


def filled(store: Store, session_id: str = "s1", count: int = 3) -> Store:
    """Put a session in with a history: changed, deleted, and left alone."""
    made = [an_opportunity(session_id, f"o-{n}", title=f"Title {n} ñ\u2028") for n in range(count)]
    store.store_opportunities(a_session(session_id), [*made, a_full_opportunity(session_id)])
    first, second = (store.get_opportunity(f"{session_id}.o-{n}") for n in (0, 1))
    moved = store.put_opportunity(first.revised(status=Status.IN_PROGRESS, change_note="call"))
    store.put_opportunity(moved.revised(status=Status.WON, change_id="c-2"))
    store.put_opportunity(second.revised(deleted=True))
    return store
