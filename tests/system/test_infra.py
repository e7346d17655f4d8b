"""The infrastructure as declared: it lints, keeps what was promised, grants what is used."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from infra_templates import ROOT, granted, keys

from opportune.stores.dynamodb.blueprint import declared_tables, read_template, template_text

TEMPLATE = read_template(template_text())
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]
TABLES = {name: one for name, one in RESOURCES.items() if one["Type"] == "AWS::DynamoDB::Table"}
MAIN, HISTORY, TEMPLATES = declared_tables("OpportunitySessions")


@pytest.mark.parametrize("name", ["storage.yaml", "app.yaml"])
def test_the_template_lints_informational_findings_included(name: str) -> None:
    linter = Path(sys.executable).parent / "cfn-lint"
    command = [str(linter), "-c", "I", "-t", str(ROOT / "infra" / name)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout) == (0, "")


def test_the_main_table_is_the_one_of_the_migration_guide() -> None:
    assert MAIN["TableName"] == "OpportunitySessions"
    assert MAIN["BillingMode"] == "PAY_PER_REQUEST"
    assert keys(MAIN) == ["sessionId", "opportunityId"]
    assert {index["IndexName"]: keys(index) for index in MAIN["GlobalSecondaryIndexes"]} == {
        "StatusIndex": ["status", "updatedAt"],
        "PriorityIndex": ["priority", "estimatedARR"],
    }
    assert {one["AttributeName"]: one["AttributeType"] for one in MAIN["AttributeDefinitions"]} == {
        "sessionId": "S",
        "opportunityId": "S",
        "status": "S",
        "priority": "S",
        "updatedAt": "S",
        "estimatedARR": "N",
    }
    assert MAIN["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    tags = {tag["Key"]: tag["Value"] for tag in MAIN["Tags"]}
    assert tags["Application"] == "AssessmentCenter"
    assert tags["Component"] == "OpportunityAnalyzer"


def test_the_guides_outputs_keep_their_names() -> None:
    outputs = TEMPLATE["Outputs"]
    prefix = TEMPLATE["Parameters"]["ExportPrefix"]["Default"]
    exports = {
        name: one["Export"]["Name"]["Fn::Sub"].replace("${ExportPrefix}", prefix)
        for name, one in outputs.items()
    }
    assert exports["TableName"] == "OpportunitySessionsTableName"
    assert exports["TableArn"] == "OpportunitySessionsTableArn"


def test_an_index_row_stays_small() -> None:
    for index in MAIN["GlobalSecondaryIndexes"]:
        assert index["Projection"]["ProjectionType"] == "INCLUDE"
        assert not {"reasoning", "talkingPoints", "body"} & set(
            index["Projection"]["NonKeyAttributes"]
        )


@pytest.mark.parametrize("name", TABLES)
def test_a_table_outlives_mistakes(name: str) -> None:
    table = TABLES[name]
    assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Retain"
    (declared,) = [
        one for one, logical in zip(declared_tables("X"), TABLES, strict=True) if logical == name
    ]
    assert declared["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert declared["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}
    assert declared["DeletionProtectionEnabled"] is True


def test_every_table_and_index_has_its_throttle_alarms() -> None:
    watched = {
        (
            alarm["MetricName"],
            *(json.dumps(one["Value"]) for one in alarm["Dimensions"]),
        )
        for alarm in (
            one["Properties"] for one in RESOURCES.values() if one["Type"] != "AWS::DynamoDB::Table"
        )
    }
    assert watched == {
        (metric, json.dumps({"Ref": table}), *index)
        for metric in ("ReadThrottleEvents", "WriteThrottleEvents")
        for table, index in (
            ("OpportunitySessionsTable", ()),
            ("OpportunitySessionsTable", ('"StatusIndex"',)),
            ("OpportunitySessionsTable", ('"PriorityIndex"',)),
            ("HistoryTable", ()),
            ("TemplatesTable", ()),
        )
    }


def test_there_is_no_iam_in_the_template_so_it_deploys_without_capabilities() -> None:
    assert not [one["Type"] for one in RESOURCES.values() if one["Type"].startswith("AWS::IAM")]
    assert "Transform" not in TEMPLATE


@pytest.fixture(scope="module")
def called(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str]]:
    """Actions and resources that the whole contract suite asks for, table names as declared."""
    file = tmp_path_factory.mktemp("called") / "actions.json"
    program = ROOT / "tests" / "support" / "called_actions.py"
    done = subprocess.run(
        [sys.executable, str(program), str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return {
        (action, re.sub(r"^(OpportuneTest|Bench|T[0-9a-f]{32})", "OpportunitySessions", resource))
        for action, resource in json.loads(file.read_text("utf-8"))
    }


def test_the_service_is_granted_exactly_what_the_suite_calls_but_scans(
    called: set[tuple[str, str]],
) -> None:
    scans = {("Scan", table["TableName"]) for table in (MAIN, HISTORY, TEMPLATES)}
    assert scans <= called
    assert granted("iam-service.json") == called - scans


def test_the_operator_may_scan_and_describe_besides() -> None:
    actions = ("DescribeContinuousBackups", "DescribeTable", "DescribeTimeToLive", "Scan")
    tables = [table["TableName"] for table in (MAIN, HISTORY, TEMPLATES)]
    assert granted("iam-operator.json") == {
        (action, table) for action in actions for table in tables
    }
