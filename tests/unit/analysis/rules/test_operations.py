"""Right-sizing on real utilisation only, and hours of development and test."""

from decimal import Decimal
from typing import Any

import pytest
from cases import analysis_of, fired, found, server

from opportune.model.records import Priority

MEASURED: dict[str, Any] = {
    "cpu_peak_fraction": 0.31,
    "cpu_avg_fraction": 0.12,
    "ram_peak_fraction": 0.44,
    "ram_avg_fraction": 0.4,
    "cores": 16,
    "ram_gb": 64.0,
}


def test_measured_peaks_below_capacity_name_what_the_base_has_taken_off_already() -> None:
    analysis = analysis_of([server(**MEASURED)])
    opportunity = fired(analysis, "right-sizing")
    # as is m7i.4xlarge 7,064.06; 4.96 vCPU and 28.16 GiB: m7i.2xlarge 3,532.03
    assert opportunity.estimated_arr == 0
    assert opportunity.estimate is not None
    values = [i.value for i in opportunity.estimate.inputs]
    assert values == ["7064.06", "3532.03", "-3532.03"]
    assert analysis.portfolio_arr == fired(analysis, "rehost").estimated_arr + (
        fired(analysis, "graviton").estimated_arr
    )
    assert opportunity.priority == Priority.MEDIUM


@pytest.mark.parametrize(
    "facts",
    [
        {"cpu_peak_fraction": None},
        {"ram_peak_fraction": None},
        {"cpu_peak_fraction": 0.0},
        {"cpu_peak_fraction": 1.4},
        {"cpu_peak_fraction": 0.25, "ram_peak_fraction": 0.6},
        {"cpu_avg_fraction": 0.25, "ram_avg_fraction": 0.6},
        {"cpu_avg_fraction": 0.31, "ram_avg_fraction": 0.44},
        {"cpu_peak_fraction": 1.0, "ram_peak_fraction": 0.99},
    ],
    ids=[
        "no-cpu",
        "no-ram",
        "zero",
        "above",
        "default-peaks",
        "default-means",
        "momentary",
        "full",
    ],
)
def test_what_is_not_measured_or_not_idle_is_no_right_sizing(facts: dict[str, Any]) -> None:
    assert found(analysis_of([server(**MEASURED | facts)]), "right-sizing") is None


def test_a_constant_column_is_no_measurement_even_if_the_other_one_varies() -> None:
    peaks = [0.31, 0.29, 0.4, 0.35, 0.22]
    constant = [server(r, **MEASURED | {"cpu_peak_fraction": p}) for r, p in enumerate(peaks, 2)]
    assert found(analysis_of(constant), "right-sizing") is None
    varied = [
        server(r, **MEASURED | {"cpu_peak_fraction": p, "ram_peak_fraction": p + 0.1})
        for r, p in enumerate(peaks, 2)
    ]
    assert fired(analysis_of(varied), "right-sizing").title.endswith("5 servers")


def test_development_and_test_run_sixty_of_168_hours() -> None:
    # 4 cores, 16 GB: 1,766.02 on x86, Graviton 1,429.63; RHEL 6 has no Arm edition
    for system, compute in (("RHEL", "1766.02"), ("Ubuntu", "1429.63")):
        version = "6.8" if system == "RHEL" else "24.04"
        machine = server(environment="Dev", os_name=system, os_version=version)
        opportunity = fired(analysis_of([machine]), "non-production")
        exact = Decimal(compute) * (Decimal(60) / Decimal(168) - 1)
        assert opportunity.estimated_arr == exact.quantize(Decimal("0.01"))
        assert opportunity.estimate is not None
        assert opportunity.estimate.high == 0


@pytest.mark.parametrize(
    "environment", ["dev", "Test", "UAT", "QA", "Desarrollo", "dev/test", "SIT"]
)
def test_environments_of_development_and_test_count(environment: str) -> None:
    analysis = analysis_of([server(environment=environment)])
    assert fired(analysis, "non-production").estimated_arr < 0


@pytest.mark.parametrize(
    "environment", ["", "Prod", "production", "DR", "Staging", "prod/test", "pre-prod", "devops"]
)
def test_production_stand_by_and_blank_are_not_scheduled(environment: str) -> None:
    machine = server(hostname="dev-test-01", environment=environment)
    assert found(analysis_of([machine]), "non-production") is None


@pytest.mark.parametrize("environment", ["non-prod", "No productivo", "test / non-prod"])
def test_servers_only_called_non_production_are_named_and_not_counted(environment: str) -> None:
    machines = [server(2, environment=environment), server(3, environment="prod")]
    opportunity = fired(analysis_of(machines), "non-production")
    assert opportunity.estimated_arr == 0
    assert opportunity.estimate is not None
    assert opportunity.estimate.basis == "none"
    assert opportunity.estimate.low < 0
    assert "1 server is only called non-production" in opportunity.reasoning
    assert opportunity.priority == Priority.LOW


def test_windows_licences_and_storage_are_not_scheduled() -> None:
    facts: dict[str, Any] = {"environment": "test", "disk_gb": 100.0}
    windows = analysis_of([server(os_name="Windows", os_version="2022", **facts)])
    linux = analysis_of([server(os_name="RHEL", os_version="6.8", **facts)])
    assert fired(windows, "non-production").estimated_arr == (
        fired(linux, "non-production").estimated_arr
    )


def test_ten_servers_make_a_schedule_worth_more_of_a_sellers_time() -> None:
    for count, priority in ((9, Priority.LOW), (10, Priority.MEDIUM)):
        machines = [server(r, environment="dev") for r in range(count)]
        assert fired(analysis_of(machines), "non-production").priority == priority
