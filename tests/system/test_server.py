"""The real server process: what it has acknowledged survives SIGKILL."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
from customer import report, workbook
from servers import free_port, wait_until_ready

ROUNDS = 4


@contextmanager
def server(data_dir: Path) -> Iterator[tuple[httpx.Client, subprocess.Popen[bytes]]]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "opportune", "serve", "--port", str(port)],
        env=os.environ | {"OPPORTUNITY_DATA_DIR": str(data_dir)},  # noqa: TID251 - for the child
        stderr=subprocess.DEVNULL,
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            wait_until_ready(client, process)
            yield client, process
    finally:
        process.kill()
        process.wait()


def test_a_killed_server_has_kept_all_that_it_acknowledged(tmp_path: Path) -> None:
    statuses = ["En Progreso", "Ganada", "Perdida", "Nueva"]
    acknowledged: dict[str, dict[str, object]] = {}
    for round_ in range(ROUNDS):
        with server(tmp_path) as (client, process):
            for opportunity_id, stored in acknowledged.items():
                assert client.get(f"/api/opportunities/{opportunity_id}").json() == stored
            answer = client.post(
                "/api/opportunities/analyze",
                files={
                    "mpaFile": ("mpa.xlsx", workbook().data),
                    "mraFile": ("mra.pdf", report().data),
                },
                data={"customer": f"Customer {round_ // 2}"},
            )
            for opportunity in answer.json()["opportunities"]:
                moved = client.patch(
                    f"/api/opportunities/{opportunity['id']}/status",
                    json={"status": statuses[round_]},
                )
                acknowledged[opportunity["id"]] = moved.json()
            process.send_signal(signal.SIGKILL)
            process.wait()
    with server(tmp_path) as (client, _):
        for opportunity_id, stored in acknowledged.items():
            history = client.get(f"/api/opportunities/{opportunity_id}/history").json()
            assert history[-1] == stored
            assert [r["version"] for r in history] == list(range(1, len(history) + 1))
