"""Whatever a copier does wrong is found, and named; what is right or on its way is not."""

import json
import os
import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from journeys import People
from migrations import TARGET, World, scanned
from stores import ManualClock, a_full_opportunity, a_full_session, a_session, a_template
from stores import an_opportunity as an_opportunity_of

from opportune.errors import InvalidInputError, NotVerifiedError, StoreUnavailableError
from opportune.model.records import Opportunity, Record, Session, Template
from opportune.stores.contract import Retention, Store
from opportune.stores.journal import Copying, Stage
from opportune.stores.memory.store import MemoryStore
from opportune.stores.migration.record import StoreVerification
from opportune.stores.migration.verbs import finish
from opportune.stores.migration.verification_rows import key_of, kind_of

CORRUPTIONS = int(os.environ.get("OPPORTUNE_CORRUPTIONS", "300"))  # noqa: TID251 - only tests

Damage = Callable[[Sequence[Record]], Sequence[Record]]
Named = set[tuple[str, str, int, str]]
"""Kind, id, version and field of each difference."""


class DamagingStore(MemoryStore):
    """Takes what is copied to it not as it is."""

    damage: Damage = staticmethod(lambda records: records)

    def replicate(self, records: Sequence[Record], *, copying: Copying = Copying.NEWER) -> bool:
        return super().replicate(self.damage(records), copying=copying)


def _fill(source: Store, chance: random.Random) -> None:
    """Put in something of every kind: deleted, replaced, restored, with history."""
    source.store_opportunities(a_full_session("full"), [a_full_opportunity("full")])
    for number in range(chance.randint(1, 3)):
        session_id = f"s{number}"
        slugs = chance.sample("abcdef", 3)
        source.store_opportunities(
            a_session(session_id), [an_opportunity_of(session_id, slug) for slug in slugs]
        )
        for turn in range(chance.randint(2, 8)):
            newest = source.get_history(f"{session_id}.{chance.choice(slugs)}")[-1]
            is_deleted = newest.deleted or chance.random() < 0.3
            changes = {"owner": f"o{turn}", "deleted": is_deleted and not newest.deleted}
            source.put_opportunity(newest.revised(**changes))
    source.store_opportunities(a_session("gone"), [an_opportunity_of("gone", "x")])
    source.delete_session("gone", updated_by="ana", change_id="")
    for turn in range(chance.randint(2, 4)):
        version = turn
        source.put_template(a_template("t", title=f"t{turn}", version=version))


def _verified(
    seed: int, damage: Damage | None = None, **world: Any
) -> tuple[World, StoreVerification]:
    """Copy with a copier that does this damage, then verify."""
    clock = ManualClock()
    source, target = MemoryStore(clock=clock), DamagingStore(clock=clock)
    _fill(source, random.Random(seed))
    if damage is not None:
        target.damage = damage
    made = World(source, target, clock, **world)
    finish(made.migrator().start(batch=1000))
    status = finish(made.migrator().verify())
    assert status.verification is not None
    return made, status.verification


def _records(seed: int) -> list[Record]:
    source = MemoryStore(clock=ManualClock())
    _fill(source, random.Random(seed))
    return list(scanned(source).values())


def _named(verification: StoreVerification) -> Named:
    assert verification.differences == len(verification.examples)
    return {(one.kind, one.key, one.version, one.field) for one in verification.examples}


def _whole(record: Record) -> Named:
    return {(kind_of(record), key_of(record), record.version, "(record)")}


# Planted faults


def _skipped(chance: random.Random, records: list[Record]) -> tuple[Damage, Named]:
    lost = chance.choice(records)
    return lambda batch: [one for one in batch if one != lost], _whole(lost)


def _dropped_revision(chance: random.Random, records: list[Record]) -> tuple[Damage, Named]:
    lost = chance.choice([one for one in records if isinstance(one, Opportunity | Template)])
    return lambda batch: [one for one in batch if one != lost], _whole(lost)


def _lost_delete(chance: random.Random, records: list[Record]) -> tuple[Damage, Named]:
    lost = chance.choice([one for one in records if one.deleted])
    return lambda batch: [one for one in batch if one != lost], _whole(lost)


def _flipped(chance: random.Random, records: list[Record]) -> tuple[Damage, Named]:
    record = chance.choice(records)
    field, flipped = _with_a_flip(chance, record)
    return (
        lambda batch: [flipped if one == record else one for one in batch],
        {(kind_of(record), key_of(record), record.version, field)},
    )


def _swapped(chance: random.Random, records: list[Record]) -> tuple[Damage, Named]:
    """Two versions of one opportunity or template under each other's number."""
    pairs = [
        (one, other)
        for one in records
        for other in records
        if type(one) is type(other) and not isinstance(one, Session)
        if key_of(one) == key_of(other) and one.version < other.version
    ]
    one, other = chance.choice(pairs)
    swapped = {
        one.version: other.model_copy(update={"version": one.version}),
        other.version: one.model_copy(update={"version": other.version}),
    }

    def damage(batch: Sequence[Record]) -> Sequence[Record]:
        return [swapped[r.version] if r in (one, other) else r for r in batch]

    fields = {name for name in type(one).model_fields if getattr(one, name) != getattr(other, name)}
    wire = {type(one).model_fields[name].alias or name for name in fields - {"version"}}
    return damage, {
        (kind_of(one), key_of(one), version, name)
        for version in (one.version, other.version)
        for name in wire
    }


def _with_a_flip(chance: random.Random, record: Record) -> tuple[str, Record]:
    """Return a record with one value changed a little, and the path to it."""
    fixed = {"id", "sessionId", "templateId", "version", "createdAt", "updatedAt"}
    while True:
        content = json.loads(record.model_dump_json())
        name = chance.choice(sorted(content.keys() - fixed))
        holder, key, path = content, name, [name]
        while isinstance(holder[key], list | dict) and holder[key]:
            holder = holder[key]
            key = chance.choice(range(len(holder)) if isinstance(holder, list) else sorted(holder))
            path.append(str(key))
        holder[key] = _changed(chance, holder[key])
        try:
            flipped = type(record).checked(**content)
        except (InvalidInputError, ValueError):
            continue
        if flipped != record and (not isinstance(flipped, Opportunity) or name != "ttl"):
            return ".".join(path), flipped


def _changed(chance: random.Random, value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str) and value:
        at = chance.randrange(len(value))
        return value[:at] + chr(ord(value[at]) ^ 1) + value[at + 1 :]
    return chance.choice(["x", "Nueva", "High", None, 1])


KINDS = (_skipped, _flipped, _dropped_revision, _swapped, _lost_delete)


def _corruption(seed: int) -> tuple[Named, Named]:
    """What one random corruption is, and what verifying says that it is."""
    plant = KINDS[seed % len(KINDS)]
    damage, expected = plant(random.Random(seed), _records(seed))
    return expected, _named(_verified(seed, damage)[1])


def test_every_single_corruption_is_found_and_named() -> None:
    for seed in range(CORRUPTIONS):
        expected, found = _corruption(seed)
        assert found == expected, seed


def test_no_clean_copy_raises_an_alarm() -> None:
    for seed in range(CORRUPTIONS):
        world, verification = _verified(seed)
        assert verification.is_clean, seed
        assert verification.source == verification.target
        assert verification.source_digest == verification.target_digest
        assert verification.source.total == len(scanned(world.source))
        assert verification.rechecked == 0


def test_a_verifier_that_only_counted_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Nothing:
        def digest(self) -> bytes:
            return b""

        hexdigest = update = lambda self, *_: ""

    monkeypatch.setattr(
        "opportune.stores.migration.verification_rows.hashlib.sha256",
        lambda *_: Nothing(),
    )
    noticed = 0
    for seed in range(1, 100, len(KINDS)):  # flips: the counts are right
        expected, found = _corruption(seed)
        noticed += expected != found
    assert noticed > 5


def test_a_record_that_no_scan_shows_is_found_by_its_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scanning is what copier and verifier share: what it leaves out must not go unnoticed."""
    for lost in ("s1.b", "s1"):
        clock = ManualClock()
        source = MemoryStore(clock=clock)
        source.store_opportunities(
            a_session("s1"), [an_opportunity_of("s1", slug) for slug in "abc"]
        )
        scan = source.scan

        def blind(lost: str = lost, scan: Any = scan, **asked: Any) -> Any:
            page = scan(**asked)
            return page.model_copy(
                update={"items": tuple(one for one in page.items if key_of(one) != lost)}
            )

        monkeypatch.setattr(source, "scan", blind)
        world = World(source, MemoryStore(clock=clock), clock)
        finish(world.migrator().start())
        verification = finish(world.migrator().verify()).verification
        assert verification is not None
        assert {one.key for one in verification.examples} == {lost}


def test_a_revision_between_others_that_no_scan_shows_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = MemoryStore()
    for version in range(4):
        source.put_template(a_template("t", version=version))
    scan = source.scan

    def blind(**asked: Any) -> Any:
        page = scan(**asked)
        return page.model_copy(
            update={"items": tuple(one for one in page.items if one.version != 2)}
        )

    monkeypatch.setattr(source, "scan", blind)
    world = World(source, MemoryStore())
    finish(world.migrator().start())
    verification = finish(world.migrator().verify()).verification
    assert verification is not None
    assert _named(verification) == {("template", "t", 2, "(record)")}


# What is no difference


def test_what_is_on_its_way_is_no_difference() -> None:
    """Writes go on during the verification; some of them never reach the target by themselves."""
    world = World(MemoryStore(), MemoryStore())
    world.source.store_opportunities(
        a_session("s1"), [an_opportunity_of("s1", slug, title="t") for slug in "abc"]
    )
    people = People(world)
    finish(world.migrator().start())
    for round_ in range(40):
        world.requests.heal()
        if round_ % 3 == 0:
            world.requests.fail(round_ // 3, after=bool(round_ % 2))
        steps = world.migrator().verify()
        try:
            for _ in steps:
                people.work()
        except StoreUnavailableError:
            continue
        verification = world.migrator().status().verification
        assert verification is not None
        assert verification.is_clean, verification.examples
    assert people.acknowledged > 60


def test_what_expires_just_now_on_one_side_is_no_difference() -> None:
    clock, behind = ManualClock(), ManualClock()
    retention = Retention(days=30, history_days=60)
    source = MemoryStore(clock=clock, retention=retention)
    target = MemoryStore(clock=behind, retention=retention)
    source.store_opportunities(a_session("s1"), [an_opportunity_of("s1", slug) for slug in "ab"])
    clock.advance(days=20)
    source.put_opportunity(source.get_opportunity("s1.a").revised(keep=True))
    behind.now = clock.now
    world = World(source, target, clock, retention=retention)
    finish(world.migrator().start())
    clock.advance(days=40, hours=12)
    behind.advance(days=39, hours=20)  # s1.b, and version 1 of s1.a, are gone in the source only
    assert len(scanned(source)) < len(scanned(target))
    verification = finish(world.migrator().verify()).verification
    assert verification is not None
    assert verification.is_clean, verification.examples
    assert verification.expiring == 2


def test_what_should_still_be_there_is_a_difference_however_old_it_is() -> None:
    clock = ManualClock()
    retention = Retention(days=30, history_days=60)
    source = MemoryStore(clock=clock, retention=retention)
    source.store_opportunities(a_session("s1"), [an_opportunity_of("s1", keep=True)])
    clock.advance(days=300)
    target = DamagingStore(clock=clock, retention=retention)
    target.damage = lambda records: [one for one in records if not isinstance(one, Opportunity)]
    world = World(source, target, clock, retention=retention)
    finish(world.migrator().start())
    verification = finish(world.migrator().verify()).verification
    assert verification is not None
    assert _named(verification) == {("opportunity", "s1.rehost", 1, "(record)")}


# Repairing


def test_only_what_is_asked_for_is_repaired_and_then_verified_again() -> None:
    for seed in range(0, 60, 3):
        plant = KINDS[seed % len(KINDS)]
        damage, expected = plant(random.Random(seed), _records(seed))
        world, verification = _verified(seed, damage)
        assert _named(verification) == expected
        world.plain[TARGET].damage = lambda records: records  # type: ignore[attr-defined] # healed
        before = scanned(world.target)
        with pytest.raises(NotVerifiedError, match="verify --repair"):
            finish(world.migrator().cut_over())
        assert scanned(world.target) == before
        repaired = finish(world.migrator().verify(repair=True)).verification
        assert repaired is not None
        assert repaired.is_clean
        assert repaired.repaired >= 1
        assert scanned(world.target) == scanned(world.source)
        assert finish(world.migrator().cut_over()).stage is Stage.CUT_OVER


def test_what_only_the_target_has_is_reported_and_stays() -> None:
    world, _ = _verified(0)
    elsewhere = MemoryStore()
    elsewhere.put_template(a_template("foreign"))
    world.target.replicate([*elsewhere.get_template_history("foreign")])
    verification = finish(world.migrator().verify(repair=True)).verification
    assert verification is not None
    assert _named(verification) == {("template", "foreign", 1, "(record)")}
    assert verification.examples[0].source == "missing"
    assert world.target.get_template("foreign").title == "Landing zone"


def test_a_list_that_lost_an_entry_is_found_though_its_record_is_there() -> None:
    world, _ = _verified(0)
    listed = world.target.get_opportunities("s0")
    listing = world.target.get_opportunities
    world.target.get_opportunities = (  # type: ignore[method-assign] # planted
        lambda session_id, filters=None: tuple(
            one for one in listing(session_id, filters) if one != listed[0]
        )
    )
    verification = finish(world.migrator().verify()).verification
    assert verification is not None
    assert _named(verification) == {("opportunity", listed[0].id, listed[0].version, "(list)")}
