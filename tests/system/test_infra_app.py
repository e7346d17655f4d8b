"""The service as declared in infra/app.yaml: what an emulator leaves out is looked at here."""

import json
import re
from typing import Any

import pytest
from infra_templates import ROOT, aslist, granted, keys

from opportune.stores.dynamodb.blueprint import declared_tables, read_template

TEXT = (ROOT / "infra" / "app.yaml").read_text("utf-8")
TEMPLATE = read_template(TEXT)
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]
ALARMS = {
    name: one["Properties"]
    for name, one in RESOURCES.items()
    if one["Type"] == "AWS::CloudWatch::Alarm"
}
TABLE_OF = {
    "Table": "OpportunitySessions",
    "HistoryTable": "OpportunitySessions-History",
    "TemplatesTable": "OpportunitySessions-Templates",
}
"""What an export of the storage stack stands for, by its name without `Arn` or `Name`."""


def properties(name: str) -> dict[str, Any]:
    found: dict[str, Any] = RESOURCES[name]["Properties"]
    return found


def imported(value: Any, suffix: str) -> str:
    """Return the table that an import from the storage stack means."""
    export: str = value["Fn::ImportValue"]["Fn::Sub"]
    return TABLE_OF[export.removeprefix("${ExportPrefix}").removesuffix(suffix)]


def resource_of(value: Any) -> str:
    """Return a resource as policies name it below `table/`."""
    if "Fn::ImportValue" in value:
        return imported(value, "Arn")
    text, names = value["Fn::Sub"]
    return str(text.replace("${Table}", imported(names["Table"], "Arn")))


def granted_by(policy: dict[str, Any]) -> set[tuple[str, str]]:
    pairs = set()
    for statement in policy["PolicyDocument"]["Statement"]:
        assert statement["Effect"] == "Allow"
        resources = statement["Resource"]
        for resource in resources if isinstance(resources, list) else [resources]:
            for action in aslist(statement["Action"]):
                pairs.add((action.removeprefix("dynamodb:"), resource_of(resource)))
    return pairs


def test_the_function_is_as_small_and_fast_as_was_promised() -> None:
    function = properties("Function")
    assert function["Runtime"] == "python3.13"
    assert function["Architectures"] == ["arm64"]
    assert function["Handler"] == "opportune.lambda_handler.handler"
    assert (function["MemorySize"], function["Timeout"]) == (1024, 29)
    assert function["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    assert function["ReservedConcurrentExecutions"]["Fn::If"][1] == {"Ref": "ReservedConcurrency"}
    logging = function["LoggingConfig"]
    assert (logging["LogFormat"], logging["LogGroup"]) == ("JSON", {"Ref": "FunctionLogs"})


def test_each_release_is_published_and_called_through_its_alias() -> None:
    assert "${Release}" in properties("Function")["Description"]["Fn::Sub"]
    assert properties("FunctionVersion")["Description"] == {"Ref": "Release"}
    assert RESOURCES["FunctionVersion"]["UpdateReplacePolicy"] == "Retain"
    assert properties("LiveAlias")["FunctionVersion"] == {"Fn::GetAtt": "FunctionVersion.Version"}
    assert properties("Integration")["IntegrationUri"] == {"Ref": "LiveAlias"}
    assert properties("ApiMayCallFunction")["FunctionName"] == {"Ref": "LiveAlias"}
    assert properties("Integration")["TimeoutInMillis"] > 1000 * properties("Function")["Timeout"]


def test_only_health_and_preflights_pass_the_gateway_without_a_token() -> None:
    routes = {
        one["Properties"]["RouteKey"]: one["Properties"]["AuthorizationType"]
        for one in RESOURCES.values()
        if one["Type"] == "AWS::ApiGatewayV2::Route"
    }
    assert routes == {
        "$default": {"Fn::If": ["HasGatewayAuthorizer", "JWT", "NONE"]},
        "GET /api/healthz": "NONE",
        "OPTIONS /{proxy+}": "NONE",
    }
    assert TEMPLATE["Parameters"]["GatewayAuthorizer"]["Default"] == "true"
    settings = properties("JwtAuthorizer")["JwtConfiguration"]
    assert settings == {"Issuer": {"Ref": "OidcIssuer"}, "Audience": {"Ref": "OidcAudience"}}


def test_nobody_is_let_in_unasked() -> None:
    has_issuer = {"Fn::Not": [{"Fn::Equals": [{"Ref": "OidcIssuer"}, ""]}]}
    has_keys = {"Fn::Not": [{"Fn::Equals": [{"Ref": "ApiKeys"}, ""]}]}
    has_audience = {"Fn::Not": [{"Fn::Contains": [{"Ref": "OidcAudience"}, ""]}]}
    gateway = {
        asked: {"Fn::Equals": [{"Ref": "GatewayAuthorizer"}, asked]} for asked in ("true", "false")
    }
    assert [
        (rule["RuleCondition"], [one["Assert"] for one in rule["Assertions"]])
        for rule in TEMPLATE["Rules"].values()
    ] == [
        (gateway["true"], [has_issuer]),
        (has_issuer, [has_audience]),
        (gateway["false"], [{"Fn::Or": [has_issuer, has_keys]}]),
    ]
    assert TEMPLATE["Parameters"]["ApiKeys"]["NoEcho"] is True


def test_the_bucket_is_private_encrypted_and_forgets_uploads() -> None:
    bucket = properties("Bucket")
    assert RESOURCES["Bucket"]["DeletionPolicy"] == "Retain"
    assert RESOURCES["Bucket"]["UpdateReplacePolicy"] == "Retain"
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    expiring = {
        rule["Prefix"]: rule["ExpirationInDays"]
        for rule in bucket["LifecycleConfiguration"]["Rules"]
        if "ExpirationInDays" in rule
    }
    assert expiring == {"uploads/": 1}
    (statement,) = properties("BucketPolicy")["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == (
        "Deny",
        "*",
        "s3:*",
    )
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert len(statement["Resource"]) == 2


def test_the_function_may_do_what_the_service_does_and_no_more() -> None:
    assert granted_by(properties("TablesPolicy")) == granted("iam-service.json")
    role = properties("FunctionRole")
    assert role["ManagedPolicyArns"] == [{"Ref": "TablesPolicy"}]
    (policy,) = role["Policies"]
    always = [one for one in policy["PolicyDocument"]["Statement"] if "Fn::If" not in one]
    assert {one["Sid"]: (one["Action"], one["Resource"]) for one in always} == {
        "Files": (["s3:GetObject", "s3:PutObject"], {"Fn::Sub": "${Bucket.Arn}/files/*"}),
        "Uploads": (
            ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
            {"Fn::Sub": "${Bucket.Arn}/uploads/*"},
        ),
        "Logs": (
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            {"Fn::GetAtt": "FunctionLogs.Arn"},
        ),
    }
    asked_for = {
        one["Fn::If"][0]: one["Fn::If"][1]
        for one in policy["PolicyDocument"]["Statement"]
        if "Fn::If" in one
    }
    assert set(asked_for) == {"HasKmsKey", "HasBedrock", "HasTracing"}
    assert asked_for["HasBedrock"]["Action"] == "bedrock:InvokeModel"
    assert asked_for["HasBedrock"]["Resource"] == {"Ref": "BedrockModelArns"}
    assert asked_for["HasKmsKey"]["Resource"] == {"Ref": "KmsKeyArn"}
    assert aslist(asked_for["HasTracing"]["Resource"]) == ["*"]
    actions = [action for one in (*always, *asked_for.values()) for action in aslist(one["Action"])]
    assert not [action for action in actions if "*" in action or "dynamodb" in action]


def test_whoever_moves_stores_has_a_policy_of_their_own() -> None:
    assert granted_by(properties("OperatorPolicy")) == granted("iam-operator.json")
    assert "OperatorPolicy" not in json.dumps(RESOURCES["FunctionRole"])


def test_logs_end_and_hold_nothing_of_a_customer() -> None:
    for name in ("FunctionLogs", "ApiLogs"):
        assert properties(name)["RetentionInDays"] == {"Ref": "LogRetentionDays"}
        assert properties(name)["KmsKeyId"]["Fn::If"][0] == "HasKmsKey"
    assert TEMPLATE["Parameters"]["LogRetentionDays"]["Default"] == 30
    line = json.loads(properties("ApiStage")["AccessLogSettings"]["Format"])
    logged = {value.removeprefix("$context.") for value in line.values()}
    assert not [one for one in logged if re.search(r"path|identity|authorizer|domain|Uri", one)]
    assert "requestId" in logged


def test_the_api_is_throttled() -> None:
    settings = properties("ApiStage")["DefaultRouteSettings"]
    assert settings["ThrottlingRateLimit"] == {"Ref": "RequestsPerSecond"}
    assert settings["ThrottlingBurstLimit"] == {"Ref": "RequestsBurst"}


def test_alarms_watch_tables_function_api_and_store() -> None:
    watched = set()
    for alarm in ALARMS.values():
        dimensions = {one["Name"]: one["Value"] for one in alarm.get("Dimensions", [])}
        table = dimensions.get("TableName")
        where = [imported(table, "Name"), dimensions["Operation"]] if table else list(dimensions)
        namespace = alarm["Namespace"]
        place = namespace if isinstance(namespace, str) else namespace["Fn::Sub"]
        statistic = alarm.get("Statistic") or alarm["ExtendedStatistic"]
        watched.add((place, alarm["MetricName"], statistic, *where))
    main, history = "OpportunitySessions", "OpportunitySessions-History"
    assert watched == {
        *(
            ("AWS/DynamoDB", "SystemErrors", "Sum", main, operation)
            for operation in ("BatchGetItem", "GetItem", "Query", "TransactWriteItems")
        ),
        ("AWS/DynamoDB", "SystemErrors", "Sum", history, "Query"),
        ("AWS/DynamoDB", "SystemErrors", "Sum", history, "TransactWriteItems"),
        *(
            ("AWS/DynamoDB", "SuccessfulRequestLatency", "Average", main, operation)
            for operation in ("GetItem", "Query", "TransactWriteItems")
        ),
        ("AWS/Lambda", "Errors", "Sum", "FunctionName"),
        ("AWS/Lambda", "Throttles", "Sum", "FunctionName"),
        ("AWS/Lambda", "Duration", "p95", "FunctionName"),
        ("AWS/ApiGateway", "5xx", "Sum", "ApiId"),
        ("Opportune/${FunctionName}", "StoreErrors", "Sum"),
        ("Opportune/${FunctionName}", "RestoreDuration", "p95"),
    }


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_needs_two_bad_periods_of_three_and_tells_somebody(name: str) -> None:
    alarm = ALARMS[name]
    assert (alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"]) == (2, 3)
    assert alarm["TreatMissingData"] == "notBreaching"
    assert alarm["AlarmActions"]["Fn::If"][:2] == ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}]]


def test_metrics_that_alarms_need_are_made_of_the_functions_logs() -> None:
    made = {}
    for one in RESOURCES.values():
        if one["Type"] == "AWS::Logs::MetricFilter":
            (metric,) = one["Properties"]["MetricTransformations"]
            assert one["Properties"]["LogGroupName"] == {"Ref": "FunctionLogs"}
            made[metric["MetricName"]] = one["Properties"]["FilterPattern"]
    page = (ROOT / "docs" / "deployment.md").read_text("utf-8")
    assert f"--filter-pattern '{made.pop('StoreErrors')}'" in page  # which a test runs
    assert list(made) == ["RestoreDuration"]
    own = {a["MetricName"] for a in ALARMS.values() if not isinstance(a["Namespace"], str)}
    assert own == {"StoreErrors", "RestoreDuration"}


def test_the_dashboard_shows_every_table_and_index() -> None:
    text, names = properties("Dashboard")["DashboardBody"]["Fn::Sub"]
    for name, value in names.items():
        text = text.replace(f"${{{name}}}", imported(value, "Name"))
    widgets = [one["properties"] for one in json.loads(text)["widgets"]]
    titles = {one["title"]: json.dumps(one["metrics"]) for one in widgets}
    for wanted in ("Write units", "Read units", "Throttled"):
        (shown,) = (metrics for title, metrics in titles.items() if title.startswith(wanted))
        for table in declared_tables("OpportunitySessions"):
            assert f'"{table["TableName"]}"' in shown
            for index in table.get("GlobalSecondaryIndexes", []):
                assert keys(index)
                assert f'"{index["IndexName"]}"' in shown
    shown = " ".join(titles.values())
    for metric in ("Count", "5xx", "Duration", "Errors", "SystemErrors", "StoreErrors"):
        assert metric in shown
    searched = " ".join(
        part["expression"]
        for widget in widgets
        for row in widget["metrics"]
        for part in row
        if isinstance(part, dict)
    )
    for metric in ("Latency", "Conflicts", "Throttles", "ReadUnits", "WriteUnits"):
        assert f'{{Opportune,Store,Operation}} MetricName="{metric}"' in searched


def test_every_suppressed_finding_gives_its_reason() -> None:
    assert "checkov:skip" not in TEXT
    assert "cfn-lint" not in TEXT
    skipped = [
        skip
        for one in RESOURCES.values()
        for skip in one.get("Metadata", {}).get("checkov", {}).get("skip", [])
    ]
    assert len(skipped) == TEXT.count("- id: CKV")
    for skip in skipped:
        assert len(skip["comment"].split()) > 8, skip["id"]
