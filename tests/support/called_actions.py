"""Runs the contract suite and some fault schedules, and writes down what they asked of DynamoDB.

Usage: python called_actions.py FILE. Writes a JSON list of [action, resource], as IAM names them.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from engines import open_on
from faults import sent_body, sent_operation
from simulator import Simulator
from stores import STORES, UNDER_TEST

_IN_TRANSACTION = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}


def called(request: AWSPreparedRequest) -> Iterator[tuple[str, str]]:
    """Yield the actions that IAM checks for a request, each with the resource below `table/`."""
    operation, body = sent_operation(request), json.loads(sent_body(request))
    if operation == "TransactWriteItems":
        for action in body["TransactItems"]:
            ((kind, one),) = action.items()
            yield _IN_TRANSACTION[kind], one["TableName"]
    elif operation in ("BatchGetItem", "BatchWriteItem"):
        for table in body["RequestItems"]:
            yield operation, table
    else:
        index = body.get("IndexName")
        yield operation, body["TableName"] + (f"/index/{index}" if index else "")


def main() -> int:
    seen: set[tuple[str, str]] = set()

    answer = Simulator.__call__

    def noting(simulator: Simulator, request: AWSPreparedRequest) -> AWSResponse:
        seen.update(called(request))
        return answer(simulator, request)

    setattr(Simulator, "__call__", noting)  # noqa: B010 # mypy forbids the plain assignment
    STORES["simulator"] = open_on("simulator")
    UNDER_TEST[:] = ["simulator"]
    tests = Path(__file__).parents[1]
    suite = [str(path) for path in sorted((tests / "contract").glob("test_store_contract*.py"))]
    # What only a cut process leads to: finishing what it left behind.
    suite.append(f"{tests / 'system/dynamodb/test_dynamodb_lists.py'}")
    # One of its tests is about the matrix of stores, which this program narrows.
    matrix = "test_the_suite_ran_every_contract_test_on_every_store"
    matrix = f"tests/contract/test_store_contract.py::{matrix}"
    result = pytest.main([*suite, "-q", "-p", "no:cacheprovider", f"--deselect={matrix}"])
    Path(sys.argv[1]).write_text(json.dumps(sorted(seen)), "utf-8")
    return int(result)


if __name__ == "__main__":
    sys.exit(main())
