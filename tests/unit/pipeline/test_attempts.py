"""The loop that reads, changes and writes, with others who are faster."""

from collections.abc import Sequence

import pytest

from opportune.errors import VersionConflictError
from opportune.model.records import Session
from opportune.pipeline.attempts import ATTEMPTS, changed


class Shelf:
    """Holds one header that others replace just before it is put, a number of times.

    Args:
        faster: How often others are faster.
    """

    def __init__(self, faster: int) -> None:
        self.held = Session(id="s1", version=1, change_id="first")
        self.faster = faster
        self.reads = 0

    def read(self) -> list[Session]:
        self.reads += 1
        return [self.held]

    def put(self, wanted: Session) -> Session:
        if self.reads <= self.faster:
            self.held = self.held.revised(version=self.held.version + 1, change_id="others")
        if wanted.version != self.held.version:
            raise VersionConflictError("s1", expected=wanted.version, actual=self.held.version)
        self.held = wanted.revised(version=wanted.version + 1)
        return self.held


def renamed(revisions: Sequence[Session]) -> Session | None:
    newest = revisions[-1]
    return None if newest.customer == "New" else newest.revised(customer="New", change_id="mine")


@pytest.mark.parametrize("faster", range(5))
def test_a_change_goes_onto_what_others_made_meanwhile(faster: int) -> None:
    shelf = Shelf(faster)
    stored = changed("s1", shelf.read, renamed, shelf.put)
    assert (stored.customer, stored.version, shelf.reads) == ("New", 2 + faster, 1 + faster)


def test_the_fifth_conflict_is_told() -> None:
    shelf = Shelf(faster=100)
    with pytest.raises(VersionConflictError):
        changed("s1", shelf.read, renamed, shelf.put)
    assert shelf.reads == ATTEMPTS == 5


def test_with_an_expected_version_there_is_one_attempt() -> None:
    shelf = Shelf(faster=1)
    with pytest.raises(VersionConflictError):
        changed("s1", shelf.read, renamed, shelf.put, expected_version=1)
    assert shelf.reads == 1


def test_another_version_than_the_expected_one_is_refused_before_the_change() -> None:
    shelf = Shelf(faster=0)
    with pytest.raises(VersionConflictError) as refusal:
        changed("s1", shelf.read, renamed, shelf.put, expected_version=3)
    assert (refusal.value.expected, refusal.value.actual) == (3, 1)
    assert shelf.held.customer == ""


def test_a_repeat_and_no_change_write_nothing() -> None:
    shelf = Shelf(faster=0)
    before = shelf.held
    assert changed("s1", shelf.read, renamed, shelf.put, change_id="first") == before
    assert changed("s1", shelf.read, lambda _: None, shelf.put) == before
    assert shelf.held == before


def test_what_is_not_there_yet_has_version_0() -> None:
    made = Session(id="s1", customer="Made")
    kept = changed("s1", list[Session], lambda _: made, lambda wanted: wanted, expected_version=0)
    assert kept.customer == "Made"
