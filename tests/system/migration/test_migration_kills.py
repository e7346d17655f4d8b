"""Real processes, really killed: nothing acknowledged is lost by a store migration."""

import os
from pathlib import Path

import pytest
from engines import engine_names
from migration_kills import run

KILLS = int(os.environ.get("OPPORTUNE_KILLS", "8"))  # noqa: TID251 - how much to try


@pytest.mark.parametrize("engine", engine_names())
def test_killed_migrators_and_servers_lose_nothing(engine: str, tmp_path: Path) -> None:
    figures = run(tmp_path, kills=KILLS, engine=engine)
    print(figures)  # noqa: T201 - shown by pytest -s
    assert figures.lost == []
    assert figures.kills == KILLS
    assert figures.acknowledged > KILLS
    assert figures.migrations >= 1
