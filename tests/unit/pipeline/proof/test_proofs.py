"""Comparing what a store keeps: sessions of real files, through the service."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from customer import report, workbook

from opportune.errors import FileMissingError, InvalidInputError
from opportune.pipeline.service import Service
from opportune.stores.contract import Store
from opportune.stores.files.kept import MemoryFiles
from opportune.stores.open import open_store


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def memory(clock: Clock) -> Store:
    return open_store("memory:", clock=clock)


@pytest.fixture
def service(memory: Store, clock: Clock) -> Service:
    return Service(memory, MemoryFiles(), clock=clock)


def analysed(service: Service, **options: Any) -> str:
    wanted: dict[str, Any] = {"customer": "Example Corp", "updated_by": "ana"} | options
    return service.analyses.analyze([workbook(), report()], **wanted).session_id


def test_two_sessions_of_one_customer_are_compared(service: Service) -> None:
    old, new = (
        analysed(service),
        service.analyses.analyze(
            [workbook(seed=8)], customer="Example corp", updated_by="ana", language="es"
        ).session_id,
    )
    found = service.proofs.compare(old, new)
    total = sum((o.estimated_arr for o in service.analyses.opportunities(new)), Decimal(0))
    assert found.bridge.new_arr == total
    steps = sum((s.amount for s in found.bridge.steps), Decimal(0))
    assert found.bridge.old_arr + steps == total
    assert "gone" in {o.state for o in found.opportunities}  # there is no readiness report now
    assert found.facts


def test_sessions_of_different_customers_are_not_compared(service: Service) -> None:
    with pytest.raises(InvalidInputError, match="different customers"):
        service.proofs.compare(analysed(service), analysed(service, customer="Other Corp"))


def test_a_comparison_without_the_files_is_one_clear_sentence(
    service: Service, memory: Store
) -> None:
    session_id = analysed(service)
    with pytest.raises(FileMissingError, match=rf"mpa\.xlsx of session {session_id}"):
        Service(memory, MemoryFiles()).proofs.compare(session_id, session_id)


def test_an_expired_list_is_still_compared_as_it_was(service: Service, clock: Clock) -> None:
    old = analysed(service)
    before = sum((o.estimated_arr for o in service.analyses.opportunities(old)), Decimal(0))
    clock.now += timedelta(days=90)
    new = analysed(service, session_id="later")
    found = service.proofs.compare(old, new)
    assert found.bridge.old_arr == before
    assert [s.amount for s in found.bridge.steps if s.kind == "rule"] == [0]
