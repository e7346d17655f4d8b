"""What a process pays before its first request to DynamoDB: imports and the making of a client.

Run: .venv/bin/python -m benchmarks.import_time [ROUNDS]

CPU of a child process from its start, median of interleaved rounds (default 9). Beside ours: Python
alone, pydantic (which the models need anyway) and a boto3 client. Target: ours under 350 ms. The
list of imports is from `python -X importtime`: wall time in each module itself.
"""

import re
import statistics
import subprocess
import sys
from collections.abc import Mapping

ROUNDS = 9
TARGET_MS = 350

_PLACE = (
    "region_name='eu-west-1', aws_access_key_id='local', aws_secret_access_key='local', "
    "endpoint_url='http://127.0.0.1:9'"
)
OURS = (
    "from opportune.stores.dynamodb import DynamoDBStore; "
    "DynamoDBStore('T', region='eu-west-1', endpoint='http://127.0.0.1:9')"
)
CANDIDATES = {
    "Python alone": "pass",
    "pydantic": "import pydantic; type('M', (pydantic.BaseModel,), {})",
    "our models": "import opportune.model.records",
    "botocore client": f"import botocore.session as s; "
    f"s.get_session().create_client('dynamodb', {_PLACE})",
    "boto3 client": f"import boto3; boto3.client('dynamodb', {_PLACE})",
    "our store with its client": OURS,
}

_CPU = "\nimport time; print(time.process_time())"
_IMPORT = re.compile(r"import time: +(\d+) \| +(\d+) \| ( *)(\S+)")


def cpu_ms(code: str, environment: Mapping[str, str] | None = None) -> float:
    """Return the CPU of a process that runs this code and nothing else."""
    command = [sys.executable, "-c", code + _CPU]
    told = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True
    ).stdout
    return float(told) * 1000


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


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    times: dict[str, list[float]] = {name: [] for name in CANDIDATES}
    for _ in range(rounds):
        for name, code in CANDIDATES.items():
            times[name].append(cpu_ms(code))
    print(f"CPU ms from the start of a process, median of {rounds} rounds (lowest)")
    for name, values in times.items():
        print(f"  {name:<28}{statistics.median(values):7.0f}  ({min(values):.0f})")
    ours = statistics.median(times["our store with its client"])
    print(f"Target for ours: {TARGET_MS} ms: {'met' if ours < TARGET_MS else 'not met'}")
    print("Heaviest imports, ms in the module itself:")
    for own_ms, name in heaviest(OURS, 10):
        print(f"  {name:<44}{own_ms:7.1f}")


if __name__ == "__main__":
    main()
