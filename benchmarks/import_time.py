"""What a process pays to start: the command line, and the store of a server with its client.

Run: .venv/bin/python -m benchmarks.import_time [ROUNDS]

CPU (user and system) of a child process, as the operating system counts it: of a command from start
to end; of a client, which a server keeps, until it is ready. Medians of interleaved rounds (default
9), so that all rows meet the same machine. Beside ours:
Python alone, click and pydantic (which the commands and models need anyway) and a boto3 client. The
list is of a SQLite store with the opportunities of one sample analysis. The imports at the end are
from `python -X importtime`: wall time in each module itself.
"""

import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence

ROUNDS = 9

_PLACE = (
    "region_name='eu-west-1', aws_access_key_id='local', aws_secret_access_key='local', "
    "endpoint_url='http://127.0.0.1:9'"
)
OURS = (
    "from opportune.stores.dynamodb import DynamoDBStore; "
    "DynamoDBStore('T', region='eu-west-1', endpoint='http://127.0.0.1:9')"
)
VERSION = ("-m", "opportune", "--version")
HELP = ("-m", "opportune", "--help")
LIST = ("-m", "opportune", "list", "--json")
STORE = "our store with its client"
NO_END = "\nimport os; os._exit(0)"
"""Leaves out what Python tidies up at its end."""
CANDIDATES: dict[str, Sequence[str]] = {
    "Python alone": ("-c", "pass"),
    "click": ("-c", "import click"),
    "opportune --version": VERSION,
    "opportune --help": HELP,
    "pydantic": ("-c", "import pydantic; type('M', (pydantic.BaseModel,), {})"),
    "our models": ("-c", "import opportune.model.records"),
    "opportune list --json": LIST,
    "botocore client": (
        "-c",
        f"import botocore.session as s; s.get_session().create_client('dynamodb', {_PLACE})"
        + NO_END,
    ),
    "boto3 client": (
        "-c",
        f"import boto3; boto3.client('dynamodb', {_PLACE}){NO_END}",
    ),
    STORE: ("-c", OURS + NO_END),
}
TARGETS_MS = {"opportune --version": 150, "opportune list --json": 400, STORE: 350}

_IMPORT = re.compile(r"import time: +(\d+) \| +(\d+) \| ( *)(\S+)")


def cpu_ms(arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> float:
    """Return the CPU of a Python with these arguments, in milliseconds; its output is dropped."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, *arguments]
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) * 1000


def heaviest(
    code: str, count: int, environment: Mapping[str, str] | None = None
) -> list[tuple[float, str]]:
    """Return the modules that cost most in themselves: milliseconds, name; heaviest first."""
    command = [sys.executable, "-X", "importtime", "-c", code]
    told = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True
    ).stderr
    modules = [(int(own) / 1000, name) for own, _, _, name in _IMPORT.findall(told)]
    return sorted(modules, reverse=True)[:count]


def verdict(value: float, target: float, unit: str) -> str:
    """Return whether a target is met, in words."""
    return f"Target {target:g}{unit}: {'met' if value <= target else 'not met'}"


def print_rows(times: Mapping[str, Sequence[float]], base: str) -> None:
    """Print the median of each row, its lowest value, and its ratio to one of them."""
    # CPU time grows when others share caches and cores, by half and more.
    print(f"Load {os.getloadavg()[1]:.1f} on {os.cpu_count()} cores")
    rounds = len(times[base])
    print(f"CPU ms of a process, median of {rounds} rounds (lowest), ratio to {base}")
    middle = statistics.median(times[base])
    for name, values in times.items():
        median = statistics.median(values)
        print(f"  {name:<28}{median:7.0f}  ({min(values):.0f})  {median / middle:7.2f}")


def with_store(folder: str) -> dict[str, str]:
    """Return the variables of a user whose SQLite store in a folder has one sample analysis."""
    variables = dict(os.environ) | {"OPPORTUNITY_DATA_DIR": folder}  # noqa: TID251 - for child processes
    sample = ("sample", "--servers", "50", "--out", folder)
    analyze = ("analyze", f"{folder}/mpa.xlsx", f"{folder}/mra.pdf", "--store", "sqlite")
    for arguments in (sample, analyze):
        cpu_ms(("-m", "opportune", *arguments), variables)
    return variables


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    times: dict[str, list[float]] = {name: [] for name in CANDIDATES}
    with tempfile.TemporaryDirectory() as folder:
        variables = with_store(folder)
        for _ in range(rounds):
            for name, arguments in CANDIDATES.items():
                times[name].append(cpu_ms(arguments, variables))
    print_rows(times, "Python alone")
    for name, target_ms in TARGETS_MS.items():
        median = statistics.median(times[name])
        print(f"{name}: {median:.0f} ms. {verdict(median, target_ms, ' ms')}")
    print("Heaviest imports of the store, ms in the module itself:")
    for own_ms, name in heaviest(OURS, 10):
        print(f"  {name:<44}{own_ms:7.1f}")


if __name__ == "__main__":
    main()
