"""The same servers in another dress add up to the same: language, units, notation, producer.

60 dresses after every change, 500 in all before one lands; OPPORTUNE_METAMORPHIC=5000 tries more.
"""

import os
import random

import pytest
from dress import dressed, make_facts, totals

from opportune.documents import read_documents
from opportune.errors import OpportuneError
from opportune.model.file import InputFile

FEW = 60
CASES = int(os.environ.get("OPPORTUNE_METAMORPHIC", "500"))  # noqa: TID251 - only tests
PARTS = 4
"""The many are divided, so that workers share them."""
SHOWN = 20


def differences(seed: int) -> str:
    """Return how a dressed file differs from its facts; "" if it does not."""
    facts = make_facts(random.Random(seed))
    dress, name, data = dressed(facts, seed)
    try:
        found = read_documents([InputFile(name, data)])
    except OpportuneError as error:
        return f"{dress}\n    {error}"
    servers = found.servers
    read = {
        "servers": len(servers),
        "powered on": sum(server.is_powered_on for server in servers),
        "cores": sum(server.cores or 0 for server in servers),
        "ram": sum(server.ram_gb or 0 for server in servers),
        "disk": sum(server.disk_gb or 0 for server in servers),
        "peaks": sum(server.cpu_peak_fraction or 0 for server in servers),
    }
    wrong = [
        f"{key} {read[key]} for {value}"
        for key, value in totals(facts).items()
        if abs(read[key] - value) > 1e-6 * value
    ]
    return f"{dress}\n    {'; '.join(wrong)}" if wrong else ""


def check(seeds: range) -> None:
    wrong = [said for seed in seeds if (said := differences(seed))]
    shown = "\n".join(wrong[:SHOWN])
    assert not wrong, f"{len(wrong):,} of {len(seeds):,} dresses are misread:\n{shown}"


def test_the_same_servers_in_any_dress_add_up_to_the_same() -> None:
    check(range(FEW))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_the_same_servers_in_many_more_dresses_add_up_to_the_same(part: int) -> None:
    check(range(FEW + part, CASES, PARTS))


def test_equal_seeds_give_equal_tables() -> None:
    facts = make_facts(random.Random(7))
    assert str(dressed(facts, 7)[0]) == str(dressed(facts, 7)[0])
