"""Sample exports are the same for the same seed, and no two machines are one."""

import pytest
from estates import EXPORTS
from samples.machines import make_machines


@pytest.mark.parametrize("name", EXPORTS)
def test_equal_arguments_give_equal_bytes(name: str) -> None:
    assert EXPORTS[name].write(make_machines(12, 3)) == EXPORTS[name].write(make_machines(12, 3))


def test_another_seed_gives_other_machines() -> None:
    assert make_machines(12, 3) != make_machines(12, 4)


def test_machines_differ_in_everything_that_names_them() -> None:
    machines = make_machines(2000)
    for names in ("name", "uuid", "moref", "ip_address"):
        assert len({getattr(machine, names) for machine in machines}) == len(machines)


def test_every_kind_of_machine_is_there() -> None:
    machines = make_machines(100)
    assert {machine.is_powered_on for machine in machines} == {True, False}
    assert {machine.is_template for machine in machines} == {True, False}
    assert any(machine.sql_edition for machine in machines)
    assert any(len(machine.applications) > 1 for machine in machines)
    assert all(machine.cpu_avg <= machine.cpu_peak for machine in machines)
    assert all(machine.ram_avg <= machine.ram_peak for machine in machines)
