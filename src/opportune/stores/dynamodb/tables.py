"""Making and removing the tables on a local engine. In the cloud CloudFormation does it."""

from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from opportune.errors import ConfigurationError, StoreUnavailableError
from opportune.stores.dynamodb.blueprint import declared_tables
from opportune.stores.dynamodb.connection import open_client

_OF_CREATE_TABLE = (
    "TableName",
    "AttributeDefinitions",
    "KeySchema",
    "BillingMode",
    "GlobalSecondaryIndexes",
)


def create_tables(
    table: str, *, region: str = "", endpoint: str, with_ttl: bool = True
) -> tuple[str, ...]:
    """Create what infra/storage.yaml declares; what exists already is left as it is.

    Args:
        table: Name of the main table.
        region: Any, for a local engine.
        endpoint: Of a local engine.
        with_ttl: Let the engine sweep what has expired; tests with a clock of their own do not.

    Returns:
        Names of the tables that were made.

    Raises:
        ConfigurationError: The endpoint is AWS: deploy infra/storage.yaml there.
    """
    client = _local_client(region, endpoint)
    made = []
    for declared in declared_tables(table):
        name = declared["TableName"]
        request = {key: declared[key] for key in _OF_CREATE_TABLE if key in declared}
        if not _call(client.create_table, "ResourceInUseException", **request):
            continue
        client.get_waiter("table_exists").wait(
            TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
        )
        if with_ttl and "TimeToLiveSpecification" in declared:
            _call(
                client.update_time_to_live,
                "",
                TableName=name,
                TimeToLiveSpecification=declared["TimeToLiveSpecification"],
            )
        made.append(name)
    client.close()
    return tuple(made)


def delete_tables(table: str, *, region: str = "", endpoint: str) -> tuple[str, ...]:
    """Remove the tables with all they hold; return the names of those that were there.

    Raises:
        ConfigurationError: The endpoint is AWS.
    """
    client = _local_client(region, endpoint)
    names = [declared["TableName"] for declared in declared_tables(table)]
    gone = [
        name
        for name in names
        if _call(client.delete_table, "ResourceNotFoundException", TableName=name)
    ]
    client.close()
    return tuple(gone)


def _local_client(region: str, endpoint: str) -> Any:
    host = urlsplit(endpoint).hostname or ""
    if not host or host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws")):
        raise ConfigurationError(
            "Tables are made and removed only on a local engine: set AWS_ENDPOINT_URL_DYNAMODB. "
            "In AWS, deploy infra/storage.yaml."
        )
    return open_client(region, endpoint)


def _call(method: Any, expected: str, **request: Any) -> bool:
    """Call; False if it fails with the expected code."""
    try:
        method(**request)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code == expected:
            return False
        raise ConfigurationError(f"The engine refuses: {code}.") from error
    except BotoCoreError as error:
        raise StoreUnavailableError(f"The engine does not answer: {error}") from error
    return True
