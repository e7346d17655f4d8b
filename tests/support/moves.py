"""Writes of every kind, as a store migration meets them: what is there before, what is done."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from stores import a_session, a_template, an_opportunity

from opportune.model.records import Opportunity, Record, Session, Template
from opportune.stores.contract import Store
from opportune.stores.journal import Migration, Stage, Written


def a_migration(**fields: Any) -> Migration:
    plain = {"id": "m1", "source": "memory:", "target": "sqlite:///a", "stage": Stage.DUAL_WRITE}
    return Migration.model_validate(plain | {"updated_by": "ana"} | fields)


def at_stage(store: Store, stage_number: int) -> Migration:
    """Bring the store's migration to a stage number."""
    held = store.get_migration()
    return store.put_migration((held or a_migration()).revised(stage_number=stage_number))


@dataclass(frozen=True)
class Write:
    """A write, and whether it makes a new header. Its answer is the header or revision, or None."""

    name: str
    do: Callable[[Store], Session | Opportunity | Template | None]
    changes_header: bool = False
    of_template: bool = False


def prepare(store: Store) -> None:
    """Put there what the writes are about."""
    kept = [an_opportunity("s", slug) for slug in ("changed", "gone", "left", "same")]
    store.store_opportunities(a_session("s"), kept)
    store.put_opportunity(store.get_opportunity("s.gone").revised(deleted=True))
    store.put_template(a_template("t"))


def _replace(count: int) -> Callable[[Store], Session]:
    def replace(store: Store) -> Session:
        listed = [an_opportunity("s", f"p-{n}", change_id="c1") for n in range(count)]
        same = store.get_opportunity("s.same", version=1)
        return store.store_opportunities(a_session("s", change_id="c1"), [*listed, same])

    return replace


def _revise(slug: str, **changes: Any) -> Callable[[Store], Opportunity]:
    def revise(store: Store) -> Opportunity:
        version = 2 if slug == "gone" else 1
        base = store.get_opportunity(f"s.{slug}", version=version)
        return store.put_opportunity(base.revised(change_id="c1", **changes))

    return revise


WRITES = (
    Write("replace", _replace(3), changes_header=True),
    Write("replace-many", _replace(60), changes_header=True),
    Write(
        "clear",
        lambda s: s.store_opportunities(a_session("s", change_id="c1"), []),
        changes_header=True,
    ),
    Write(
        "create",
        lambda s: s.put_opportunity(an_opportunity("s", "new", change_id="c1")),
        changes_header=True,
    ),
    Write("change", _revise("changed", title="changed")),
    Write("delete", _revise("left", deleted=True)),
    Write("restore", _revise("gone", deleted=False), changes_header=True),
    Write(
        "delete-session",
        lambda s: s.delete_session("s", updated_by="ana", change_id="c1"),
        changes_header=True,
    ),
    Write(
        "put-template",
        lambda s: s.put_template(a_template("t", title="new", version=1, change_id="c1")),
        of_template=True,
    ),
    Write(
        "delete-template",
        lambda s: s.delete_template("t", version=1, updated_by="ana", change_id="c1"),
        of_template=True,
    ),
)


def everything(store: Store, limit: int = 1000) -> dict[tuple[str, str, int], Record]:
    """Return all that a scan yields, by kind, id and version."""
    found: dict[tuple[str, str, int], Record] = {}
    cursor = None
    while True:
        page = store.scan(limit=limit, cursor=cursor)
        for one in page.items:
            key = one.template_id if isinstance(one, Template) else one.id
            found[type(one).__name__, key, one.version] = one
        cursor = page.cursor
        if cursor is None:
            return found


def changed(before: dict[Any, Record], after: dict[Any, Record]) -> list[Record]:
    """Return the records that came."""
    return [one for key, one in after.items() if key not in before]


def told_records(wrote: Written) -> list[Record]:
    """Return what a write was told to have written."""
    header = [wrote.header] if wrote.header else []
    template = [wrote.template] if wrote.template else []
    return [*header, *wrote.revisions, *template]


def by_text(records: list[Record]) -> list[str]:
    """Return records in an order of their own, to be compared."""
    return sorted(record.model_dump_json() for record in records)
