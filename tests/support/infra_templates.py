"""The templates of infra/, and what they grant."""

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def keys(described: dict[str, Any]) -> list[str]:
    return [key["AttributeName"] for key in described["KeySchema"]]


def granted(policy: str) -> set[tuple[str, str]]:
    """Return action and resource of each grant; every resource is named exactly."""
    document = json.loads((ROOT / "infra" / policy).read_text("utf-8"))
    pairs = set()
    for statement in document["Statement"]:
        assert statement["Effect"] == "Allow"
        for action in aslist(statement["Action"]):
            for resource in aslist(statement["Resource"]):
                before, _, name = resource.partition(":table/")
                assert before == "arn:aws:dynamodb:REGION:ACCOUNT_ID"
                assert "*" not in action + resource
                pairs.add((action.removeprefix("dynamodb:"), name))
    return pairs


def aslist(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
