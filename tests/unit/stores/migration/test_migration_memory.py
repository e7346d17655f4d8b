"""Memory as a side of a migration: it ends with its process, and another may go on without it."""

import itertools
from pathlib import Path

import pytest
from journeys import VERBS
from migrations import Time
from stores import ManualClock, a_session, an_opportunity

from opportune.errors import ConfigurationError, StoreUnavailableError, WrongStageError
from opportune.stores.contract import Store
from opportune.stores.journal import Stage
from opportune.stores.memory.store import MemoryStore
from opportune.stores.migration.peers import Peers
from opportune.stores.migration.serving import LEASES
from opportune.stores.migration.store import MigratingStore
from opportune.stores.migration.verbs import Migrator, finish
from opportune.stores.open import open_serving_store
from opportune.stores.sqlite import SQLiteStore

ONE = "s1.rehost"


class Host:
    """A process with what it has in memory, and a file that others use too."""

    tokens = itertools.count()

    def __init__(self, path: Path, time: Time, configured: str = "memory:") -> None:
        self.time = time
        self.path = path
        self.file = f"sqlite:///{path}"
        self.peers = Peers(self._open, new_token=lambda: str(next(self.tokens)))
        self.url = self.peers.named(self.file if configured == "file" else "memory:")
        store = self.peers(self.url)
        assert store is not None
        self.store = MigratingStore(
            store, url=self.url, open_peer=self.peers, monotonic=time, close=self.peers.close
        )

    def _open(self, url: str) -> Store:
        return MemoryStore() if url == "memory:" else SQLiteStore(self.path)

    def migrator(self, source: str = "", target: str = "") -> Migrator:
        return Migrator(
            source or self.url,
            target or self.file,
            open_peer=self.peers,
            operator="ana",
            clock=ManualClock(),
            monotonic=self.time,
            sleep=self.time.sleep,
        )

    def owner(self) -> str:
        return self.store.get_opportunity(ONE).owner

    def write(self, owner: str) -> None:
        self.store.put_opportunity(self.store.get_opportunity(ONE).revised(owner=owner))


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def host(tmp_path: Path, time: Time) -> Host:
    """A process whose memory holds something, copied to a file, both written from now on."""
    host = Host(tmp_path / "a.sqlite3", time)
    host.store.store_opportunities(a_session("s1"), [an_opportunity("s1")])
    finish(host.migrator().start())
    host.write("before")
    return host


def _taken_over(host: Host, time: Time) -> Host:
    """Start a process that is configured for the file, and wait until it serves."""
    other = Host(host.path, time, "file")
    with pytest.raises(StoreUnavailableError, match="memory of another process") as refused:
        other.owner()
    assert refused.value.retry_after_s == LEASES.unfenced_s
    time.advance(LEASES.unfenced_s - 0.1)
    with pytest.raises(StoreUnavailableError):
        other.owner()
    time.advance(0.2)
    return other


@pytest.mark.parametrize("stage", [Stage.DUAL_WRITE, Stage.CUT_OVER])
def test_when_the_memory_is_gone_the_copy_wins_with_every_acknowledged_write(
    host: Host, time: Time, stage: Stage
) -> None:
    if stage is Stage.CUT_OVER:
        finish(host.migrator().verify())
        finish(host.migrator().cut_over())
    host.write("last")
    other = _taken_over(host, time)
    assert other.owner() == "last"
    other.write("after")
    assert Host(host.path, time, "file").owner() == "after", "from then on without waiting"


def test_a_memory_that_is_still_in_use_goes_on_serving(host: Host, time: Time) -> None:
    other = Host(host.path, time, "file")
    for number in range(2 * round(LEASES.unfenced_s / 5)):
        with pytest.raises(StoreUnavailableError):
            other.owner()
        time.advance(5)
        host.write(f"o{number}")
    last = host.owner()
    finish(host.migrator().verify())
    finish(host.migrator().cut_over())
    finish(host.migrator().verify())
    finish(host.migrator().complete())
    assert other.owner() == last, "once complete, it needs no memory any more"


def test_the_way_back_may_begin_as_soon_as_the_migration_is_complete(host: Host) -> None:
    for verb in ("verify", "cut_over", "verify"):
        finish(getattr(host.migrator(), verb)())
    for _ in host.migrator().complete():
        host.owner()  # what it read of the stage is as new as can be
    assert host.store.serving_url == host.file


def test_a_memory_that_slept_through_being_taken_over_follows(host: Host, time: Time) -> None:
    other = _taken_over(host, time)
    other.write("theirs")
    assert host.owner() == "theirs"
    host.write("mine")
    assert other.owner() == "mine"


def test_a_write_under_way_while_the_copy_takes_over_is_not_acknowledged(
    host: Host, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fence is in the memory, which does not know; the lease does."""
    file = host.peers(host.file)
    assert file is not None
    replicate = file.replicate
    before = host.store.get_opportunity(ONE)

    def slow(*given: object, **named: object) -> bool:
        other = _taken_over(host, time)
        other.write("theirs")
        return replicate(*given, **named)  # type: ignore[arg-type] # passed on as they came

    monkeypatch.setattr(file, "replicate", slow)
    with pytest.raises(StoreUnavailableError):
        host.store.put_opportunity(before.revised(owner="mine"))
    assert host.owner() == "theirs"


def test_what_was_moved_into_a_memory_that_is_gone_is_refused_with_the_remedy(
    tmp_path: Path, time: Time
) -> None:
    host = Host(tmp_path / "a.sqlite3", time, "file")
    host.store.store_opportunities(a_session("s1"), [an_opportunity("s1")])
    memory = host.peers.named("memory:")
    for verb in ("start", "verify", "cut_over", "verify", "complete"):
        finish(VERBS[verb](host.migrator(host.file, memory)))
    host.write("in memory")
    assert host.owner() == "in memory"
    restarted = Host(host.path, time, "file")
    with pytest.raises(ConfigurationError, match="roll-back --abandon-target"):
        restarted.owner()
    with pytest.raises(WrongStageError):
        finish(restarted.migrator(host.file, memory).roll_back())
    with pytest.raises(WrongStageError):
        finish(host.migrator(host.file, memory).roll_back(abandon_target=True))
    finish(restarted.migrator(host.file, memory).roll_back(abandon_target=True))
    assert restarted.owner() == ""


@pytest.mark.parametrize("stage", [Stage.DUAL_WRITE, Stage.CUT_OVER])
def test_until_complete_a_memory_that_is_gone_as_target_costs_nothing(
    tmp_path: Path, time: Time, stage: Stage
) -> None:
    host = Host(tmp_path / "a.sqlite3", time, "file")
    host.store.store_opportunities(a_session("s1"), [an_opportunity("s1")])
    memory = host.peers.named("memory:")
    finish(host.migrator(host.file, memory).start())
    if stage is Stage.CUT_OVER:
        finish(host.migrator(host.file, memory).verify())
        finish(host.migrator(host.file, memory).cut_over())
    host.write("last")
    restarted = Host(host.path, time, "file")
    with pytest.raises(ConfigurationError, match=r"nothing is lost.*roll-back"):
        restarted.write("refused")
    finish(restarted.migrator(host.file, memory).roll_back(to=Stage.OFF, abandon_target=True))
    assert restarted.owner() == "last"
    time.advance(2)
    restarted.write("on")


def test_a_service_opens_whatever_serves(tmp_path: Path) -> None:
    service, peers = open_serving_store("memory:")
    service.store_opportunities(a_session("s1"), [an_opportunity("s1")])
    assert service.url.startswith("memory:")
    time = Time()
    target = f"sqlite:///{tmp_path / 'b.sqlite3'}"
    migrator = Migrator(
        service.url,
        target,
        open_peer=peers,
        operator="ana",
        monotonic=time,
        sleep=time.sleep,
    )
    for steps in (migrator.start(), migrator.verify(), migrator.cut_over(), migrator.verify()):
        finish(steps)
    finish(migrator.complete())
    service.close()
    service, _ = open_serving_store(target)
    assert service.get_opportunity(ONE).version == 1
    service.close()
    with pytest.raises(ConfigurationError, match="another process"):
        open_serving_store("memory:1")
