"""docs/deployment.md cannot lie: its commands are run with the AWS CLI, and do what it says.

The checks stand in the order of the page's blocks; what they change themselves, they put back.
"""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from deployment import PAGE, REGION, ROOT, Deployment, blocks_of, named_tests

from opportune.stores.dynamodb.blueprint import read_template

PAGE_TEXT = PAGE.read_text("utf-8")
TABLES = ["OpportunitySessions", "OpportunitySessions-History", "OpportunitySessions-Templates"]
TABLE_URL = f"dynamodb://{TABLES[0]}?region={REGION}"
METRICS = (
    "ConsumedReadCapacityUnits",
    "ConsumedWriteCapacityUnits",
    "ReadThrottleEvents",
    "WriteThrottleEvents",
)
PLACES = [(TABLES[0], ""), (TABLES[0], "StatusIndex"), (TABLES[0], "PriorityIndex")] + [
    (table, "") for table in TABLES[1:]
]
AS_ROLE = """
as_role() {
  local KEY SECRET SESSION
  read -r KEY SECRET SESSION < <(aws sts assume-role --role-session-name test --output text \\
    --role-arn "arn:aws:iam::$ACCOUNT:role/$1" \\
    --query 'Credentials.[AccessKeyId, SecretAccessKey, SessionToken]')
  AWS_ACCESS_KEY_ID=$KEY AWS_SECRET_ACCESS_KEY=$SECRET AWS_SESSION_TOKEN=$SESSION "${@:2}"
}
"""
ASK = """
call() { curl -sS "$API/api/$1" -H "Authorization: Bearer $TOKEN" "${@:2}"; }
status() { call "$1" -o /dev/null -w '%{http_code}' "${@:2}"; }
"""


def tables_are_there(cloud: Deployment, said: str) -> None:
    assert said.splitlines()[-1] == TABLES[0]
    assert cloud.ask("dynamodb list-tables")["TableNames"] == TABLES


def operators_may_scan_and_services_may_not(cloud: Deployment, said: str) -> None:
    names = "iam list-role-policies --role-name opportunity-operator --query PolicyNames"
    assert set(cloud.ask(names)) == {"OpportunityTables", "OpportunityOperator"}
    cloud.run(AS_ROLE)
    scan = "aws dynamodb scan --table-name OpportunitySessions --select COUNT"
    described = "aws dynamodb describe-table --table-name OpportunitySessions-History"
    cloud.run(f"as_role opportunity-operator {scan}; as_role opportunity-operator {described}")
    cloud.run("! as_role opportunity-operator aws dynamodb delete-table --table-name $FUNCTION")
    cloud.run(
        "aws iam delete-role-policy --role-name opportunity-operator"
        " --policy-name OpportunityOperator"
    )
    refused = cloud.run(f"as_role opportunity-operator {scan} 2>&1 || true")
    assert "AccessDenied" in refused
    cloud.run(
        "aws iam put-role-policy --role-name opportunity-operator"
        " --policy-name OpportunityOperator --policy-document file://build/iam-operator.json"
    )


def package_is_named_after_its_digest(cloud: Deployment, said: str) -> None:
    digest = hashlib.sha256(
        (cloud.folder / "build" / "opportune-lambda.zip").read_bytes()
    ).hexdigest()
    (kept,) = cloud.ask('s3api list-objects-v2 --bucket "$CODE_BUCKET" --query Contents')
    assert kept["Key"] == f"opportune-{digest}.zip"


def function_answers(cloud: Deployment, said: str) -> None:
    assert said.endswith('{"status":"ok"}')
    version = "lambda get-alias --function-name $FUNCTION --name live --query FunctionVersion"
    assert cloud.ask(version) == "1"
    assert "needs OidcIssuer" in cloud.run("release 9 OidcIssuer= 2>&1 || true")
    sent = cloud.run(
        "opportune sample --servers 20 --out build/refused 2>&1 > build/refused.txt;"
        f'curl -sS "$API/api/opportunities/analyze" -F mpaFile=@build/refused/mpa.xlsx'
        f" -H 'Authorization: Bearer {cloud.provider.token()}'"
    )
    assert "AccessDenied" in sent  # without TLS, whatever the function is granted
    cloud.run('aws s3api delete-bucket-policy --bucket "$(output BucketName)"')


def only_whom_the_provider_knows_is_let_in(cloud: Deployment, said: str) -> None:
    cloud.run(ASK)
    assert cloud.run("status opportunities") == "200"
    assert cloud.run("TOKEN=nonsense status opportunities") == "401"
    assert cloud.run(f"TOKEN={cloud.provider.token('others')} status opportunities") == "401"
    assert cloud.run("TOKEN=nonsense status healthz") == "200"


def what_was_found_is_in_the_table(cloud: Deployment, said: str) -> None:
    only_whom_the_provider_knows_is_let_in(cloud, said)
    found = {one["id"] for one in cloud.file("analysis.json")["opportunities"]}
    items = cloud.ask("dynamodb scan --table-name OpportunitySessions")["Items"]
    stored = {item["opportunityId"]["S"] for item in items}
    assert len(found) > 8
    assert stored == found | {"#session"}
    # A history, a deleted session: what a rollback must not lose either.
    changed = min(found)
    cloud.run(
        f"call opportunities/{changed}/status -f -X PATCH -H 'Content-Type: application/json'"
        """ -d '{"status": "En Progreso", "note": "in the cloud"}'"""
    )
    second = cloud.run(
        "call opportunities/analyze -f -F mpaFile=@build/sample/mpa.xlsx -F customer=Second"
    )
    cloud.run(f"call sessions/{json.loads(second)['sessionId']} -f -X DELETE")
    cloud.run(
        "aws lambda get-function-configuration --function-name $FUNCTION --output json"
        " --query '{FunctionName: FunctionName, RevisionId: RevisionId}' > build/stale.json"
    )
    (cloud.folder / "build" / "variables.json").write_text(json.dumps(variables(cloud)), "utf-8")


def uploads_are_analysed_and_gone(cloud: Deployment, said: str) -> None:
    again = cloud.file("analysis-of-uploads.json")
    assert again["sessionId"] == cloud.file("analysis.json")["sessionId"]
    assert (again["added"], again["changed"]) == (0, 0)
    listed = 's3api list-objects-v2 --bucket "$(output BucketName)" --query Contents[].Key'
    digests = {
        hashlib.sha256((cloud.folder / "build" / "sample" / name).read_bytes()).hexdigest()
        for name in ("mpa.xlsx", "mra.pdf")
    }
    assert set(cloud.ask(listed)) == {f"files/{digest}" for digest in digests}


def variables(cloud: Deployment, version: str = "$LATEST") -> dict[str, str]:
    question = (
        f"lambda get-function-configuration --function-name $FUNCTION --qualifier '{version}'"
    )
    found: dict[str, str] = cloud.ask(f"{question} --query Environment.Variables")
    return found


def no_variable_was_lost(cloud: Deployment, said: str) -> None:
    assert variables(cloud) == cloud.file("variables.json")
    stale = "aws lambda update-function-configuration --cli-input-json file://build/stale.json"
    assert "PreconditionFailed" in cloud.run(f"{stale} 2>&1 || true")
    assert cloud.run("status opportunities") == "200"


def two_versions_are_left(cloud: Deployment, said: str) -> None:
    listed = "lambda list-versions-by-function --function-name $FUNCTION --query Versions[]"
    versions = {one["Version"]: one["Description"] for one in cloud.ask(listed)}
    live, previous = cloud.run("echo $LIVE $PREVIOUS").split()
    assert set(versions) == {"$LATEST", live, previous}
    assert versions[live] == "2"
    assert int(live) > int(previous)
    assert variables(cloud, live) == cloud.file("variables.json")
    plant_what_is_to_be_seen(cloud)


def plant_what_is_to_be_seen(cloud: Deployment) -> None:
    """Give the emulator the metrics that DynamoDB publishes, and the function a reason to log."""
    data = [
        {
            "MetricName": metric,
            "Value": 1000 * row + column,
            "Dimensions": [{"Name": "TableName", "Value": table}]
            + [{"Name": "GlobalSecondaryIndexName", "Value": index}] * bool(index),
        }
        for row, metric in enumerate(METRICS, 1)
        for column, (table, index) in enumerate(PLACES, 1)
    ]
    (cloud.folder / "build" / "metrics.json").write_text(json.dumps(data), "utf-8")
    cloud.run(
        "aws cloudwatch put-metric-data --namespace AWS/DynamoDB"
        " --metric-data file://build/metrics.json;"
        " aws cloudwatch set-alarm-state --state-value ALARM --state-reason planted --alarm-name"
        " $(aws cloudformation describe-stack-resource --stack-name opportunity-analyzer-app"
        " --logical-resource-id StoreErrors --output text"
        " --query StackResourceDetail.PhysicalResourceId)"
    )
    policy = '--role-name "$(output FunctionRoleName)" --policy-arn "$(output TablesPolicyArn)"'
    cloud.run(f"aws iam detach-role-policy {policy}")
    assert cloud.run("status opportunities") == "500"
    cloud.run(f"aws iam attach-role-policy {policy}")
    assert cloud.run("status opportunities") == "200"


def metrics_of_tables_and_indexes_are_seen(cloud: Deployment, said: str) -> None:
    seen = [line.split("\t") for line in said.splitlines() if line.count("\t") == 3]
    assert [(metric, table, index, float(value)) for metric, table, index, value in seen] == [
        (metric, table, index, 1000 * row + column)
        for row, metric in enumerate(METRICS, 1)
        for column, (table, index) in enumerate(PLACES, 1)
    ]
    assert "planted" in said


def errors_are_found_in_the_log(cloud: Deployment, said: str) -> None:
    assert "DynamoDB ERROR" in said
    assert "Example Corp" not in (cloud.folder / "build" / "errors.txt").read_text("utf-8")


def previous_version_is_live(cloud: Deployment, said: str) -> None:
    assert json.loads(said)["FunctionVersion"] == cloud.run("echo $PREVIOUS")
    assert cloud.run("status opportunities") == "200"


def reserved(cloud: Deployment) -> int:
    question = "lambda get-function-concurrency --function-name $FUNCTION"
    found: int = cloud.ask(question)["ReservedConcurrentExecutions"]
    return found


def sqlite_url(cloud: Deployment) -> str:
    return f"sqlite:///{cloud.folder / 'build' / 'data' / 'opportune.sqlite3'}"


def file_has_everything(cloud: Deployment, said: str) -> None:
    in_cloud = cloud.records(TABLE_URL)
    assert cloud.records(sqlite_url(cloud)) == in_cloud
    assert sum('"in the cloud"' in record for record in in_cloud) == 1
    assert sum('"deleted":true' in record for record in in_cloud) > 8
    assert reserved(cloud) == 0  # which the emulator keeps, but does not apply to a version
    (cloud.folder / "build" / "records.json").write_text(json.dumps(sorted(in_cloud)), "utf-8")


def table_has_what_was_written_since(note: str) -> Callable[[Deployment, str], None]:
    def check(cloud: Deployment, said: str) -> None:
        now, before = cloud.records(TABLE_URL), set(cloud.file("records.json"))
        assert now >= before
        (written,) = now - before
        assert f'"{note}"' in written
        (cloud.folder / "build" / "records.json").write_text(json.dumps(sorted(now)), "utf-8")
        assert cloud.run("status opportunities") == "200"

    return check


def table_has_what_the_file_got(cloud: Deployment, said: str) -> None:
    table_has_what_was_written_since("while DynamoDB rested")(cloud, said)
    assert reserved(cloud) == 20
    assert cloud.records(sqlite_url(cloud)) == cloud.records(TABLE_URL)
    assert cloud.file("history.json")[-1]["changeNote"] == "while DynamoDB rested"


def memory_is_empty_and_the_table_untouched(cloud: Deployment, said: str) -> None:
    assert cloud.file("in-memory.json")["items"] == []
    assert len(cloud.file("in-dynamodb.json")["items"]) > 8
    assert cloud.records(TABLE_URL) == set(cloud.file("records.json"))
    live = int(cloud.run("echo $VERSION"))
    kept = cloud.file("variables.json")
    assert variables(cloud, str(live)) == kept
    assert variables(cloud, str(live - 1)) == kept | {"OPPORTUNITY_STORAGE_TYPE": "memory"}


def integration_tables_came_and_went(cloud: Deployment, said: str) -> None:
    assert "Exit from VMware" in said or "Base migration" in said
    assert said.split()[-3:] == [
        json.dumps(name.replace("Sessions", "Sessions-Test")) for name in TABLES
    ]
    assert cloud.ask("dynamodb list-tables")["TableNames"] == TABLES


def local_tables_came_and_went(cloud: Deployment, said: str) -> None:
    assert said.count("Created OpportunitySessions-Test") == 3


def data_stays(cloud: Deployment, said: str) -> None:
    assert cloud.records(TABLE_URL) == set(cloud.file("records.json"))
    assert cloud.ask("lambda list-functions --query Functions") == []
    assert len(cloud.ask("s3api list-buckets --query Buckets")) == 2


def nothing(cloud: Deployment, said: str) -> None:
    """The next block shows it."""


CHECKS: dict[str, list[Callable[[Deployment, str], None]]] = {
    "Before you start": [nothing],
    "Phase 1: create the tables": [tables_are_there],
    "Phase 2: permissions": [operators_may_scan_and_services_may_not],
    "Phase 3: build the package": [package_is_named_after_its_digest],
    "Phase 5: deploy and test": [function_answers, what_was_found_is_in_the_table],
    "Larger files": [uploads_are_analysed_and_gone],
    "Switching the store of a running function": [no_variable_was_lost],
    "The next release": [nothing, two_versions_are_left],
    "Phase 6: monitor and validate": [
        metrics_of_tables_and_indexes_are_seen,
        errors_are_found_in_the_log,
    ],
    "To the code of before": [previous_version_is_live],
    "Without DynamoDB, with all data": [file_has_everything, nothing, table_has_what_the_file_got],
    "Into memory, for a demonstration": [table_has_what_was_written_since("in memory")],
    "The guide's: memory in the function": [memory_is_empty_and_the_table_untouched],
    "Testing strategy": [integration_tables_came_and_went, local_tables_came_and_went],
    "Removing it": [data_stays],
}


@pytest.mark.timeout(1800)
def test_every_command_of_the_page_works_and_does_what_it_says(tmp_path: Path) -> None:
    sections = blocks_of(PAGE_TEXT)
    assert {title: len(blocks) for title, blocks in sections.items()} == {
        title: len(checks) for title, checks in CHECKS.items()
    }
    cloud = Deployment(tmp_path)
    try:
        for title, blocks in sections.items():
            for block, check in zip(blocks, CHECKS[title], strict=True):
                check(cloud, cloud.play(block))
    finally:
        cloud.close()


def test_each_flaw_of_the_guide_has_its_row_and_the_tests_it_names_exist() -> None:
    numbers = [int(one) for one in re.findall(r"^\| (\d+) \|", PAGE_TEXT, re.MULTILINE)]
    assert numbers == list(range(1, 31))
    assert all(re.findall(r"^\| \d+ \|.*`test_\w+` \|$", PAGE_TEXT, re.MULTILINE))
    sources = "".join(
        path.read_text("utf-8") for path in Path(__file__).parents[1].rglob("test_*.py")
    )
    assert set(named_tests(PAGE_TEXT)) <= set(
        re.findall(r"^def (test_\w+)\(", sources, re.MULTILINE)
    )


def test_each_parameter_of_the_app_is_described() -> None:
    template = read_template((ROOT / "infra" / "app.yaml").read_text("utf-8"))
    assert [name for name in template["Parameters"] if f"`{name}`" not in PAGE_TEXT] == []
