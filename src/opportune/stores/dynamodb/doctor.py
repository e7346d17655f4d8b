"""Compares live tables with infra/storage.yaml, and tries what the service's role must be able to.

Needs the operator's role to describe; trying is harmless: reads of one key, writes whose condition
cannot hold.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from opportune.errors import StoreUnavailableError
from opportune.stores.dynamodb.blueprint import declared_tables
from opportune.stores.dynamodb.connection import open_client

_OF_TEMPLATES = "kind"
"""Partition key of the templates: nothing reads many of them at once."""

_CONDITION_FAILED = ("ConditionalCheckFailedException", "TransactionCanceledException")

_NOWHERE = "#doctor"
"""Value of a key under which nothing is ever stored."""


@dataclass(frozen=True)
class Finding:
    """What was looked at, and if it is not as it should be, how to mend it.

    `remedy` is empty if all is well.
    """

    table: str
    subject: str
    found: str
    remedy: str = ""

    @property
    def is_well(self) -> bool:
        """Tell whether nothing is to be done."""
        return not self.remedy


def examine(table: str, *, region: str = "", endpoint: str = "") -> tuple[Finding, ...]:
    """Examine the three tables.

    Raises:
        ConfigurationError: No region is known.
        StoreUnavailableError: The endpoint does not answer.
    """
    client = open_client(region, endpoint)
    try:
        return tuple(
            finding
            for declared in declared_tables(table)
            for finding in _Examination(client, declared).findings()
        )
    except BotoCoreError as error:
        raise StoreUnavailableError(f"DynamoDB does not answer: {error}") from error
    finally:
        client.close()


class _Examination:
    """Of one table."""

    def __init__(self, client: Any, declared: Mapping[str, Any]) -> None:
        self._client = client
        self._declared = declared
        self._name: str = declared["TableName"]

    def findings(self) -> Iterator[Finding]:
        try:
            live = self._client.describe_table(TableName=self._name)["Table"]
        except ClientError as error:
            code = _code(error)
            missing = code == "ResourceNotFoundException"
            yield self._finding(
                "table",
                "missing" if missing else code,
                "deploy infra/storage.yaml, or `opportune store create-tables` locally"
                if missing
                else "use a role that is granted infra/iam-operator.json",
            )
            return
        yield self._compared("table", live["TableStatus"], "ACTIVE", "wait until it is ACTIVE")
        yield from self._keys_and_indexes(live)
        yield from self._protections(live)
        yield from self._permissions()

    def _keys_and_indexes(self, live: Mapping[str, Any]) -> Iterator[Finding]:
        renew = "keys of a table cannot be changed: make a new one from infra/storage.yaml"
        yield self._compared(
            "keys", _keys(live, live), _keys(self._declared, self._declared), renew
        )
        found = _indexes(live)
        wanted = _indexes(self._declared)
        for name in sorted(found | wanted):
            yield self._compared(
                f"index {name}",
                found.get(name, "missing"),
                wanted.get(name, "none"),
                "delete and create the index as infra/storage.yaml declares it",
            )

    def _protections(self, live: Mapping[str, Any]) -> Iterator[Finding]:
        update = "update the stack of infra/storage.yaml"
        if "TimeToLiveSpecification" in self._declared:
            ttl = self._asked(self._client.describe_time_to_live, "TimeToLiveDescription")
            told = f"{ttl.get('TimeToLiveStatus', ttl.get('code'))} {ttl.get('AttributeName', '')}"
            yield self._compared("TTL", told.strip(), "ENABLED ttl", update)
        backups = self._asked(
            self._client.describe_continuous_backups, "ContinuousBackupsDescription"
        )
        recovery = backups.get("PointInTimeRecoveryDescription", {})
        told = recovery.get("PointInTimeRecoveryStatus", backups.get("code", "DISABLED"))
        yield self._compared("point-in-time recovery", told, "ENABLED", update)
        encryption = live.get("SSEDescription", {}).get("Status", "DISABLED")
        yield self._compared("encryption with KMS", encryption, "ENABLED", update)
        protection = str(live.get("DeletionProtectionEnabled", False))
        yield self._compared("deletion protection", protection, "True", update)

    def _permissions(self) -> Iterator[Finding]:
        """Try what infra/iam-service.json grants, and of the operator's the scan."""
        key = {
            one["AttributeName"]: {"S": _NOWHERE} if one["AttributeType"] == "S" else {"N": "0"}
            for one in self._declared["AttributeDefinitions"]
            if one["AttributeName"] in {k["AttributeName"] for k in self._declared["KeySchema"]}
        }
        partition = self._declared["KeySchema"][0]["AttributeName"]
        never: dict[str, Any] = {
            "ConditionExpression": "attribute_exists(#key)",
            "ExpressionAttributeNames": {"#key": partition},
        }
        here: dict[str, Any] = {"TableName": self._name}
        yield self._tried("GetItem", self._client.get_item, Key=key, **here)
        yield self._tried("PutItem", self._client.put_item, Item=key, **never, **here)
        yield self._tried("Query", self._client.query, **_query(partition), **here)
        for index in self._declared.get("GlobalSecondaryIndexes", []):
            name = index["IndexName"]
            request = _query(index["KeySchema"][0]["AttributeName"]) | here
            yield self._tried(f"Query {name}", self._client.query, IndexName=name, **request)
        if partition != _OF_TEMPLATES:
            read = {self._name: {"Keys": [key]}}
            yield self._tried("BatchGetItem", self._client.batch_get_item, RequestItems=read)
            check = {"ConditionCheck": {"Key": key, **never, **here}}
            transact = self._client.transact_write_items
            yield self._tried("ConditionCheckItem", transact, TransactItems=[check])
        yield self._tried("Scan", self._client.scan, role="operator", Limit=1, **here)

    def _tried(
        self, subject: str, method: Callable[..., Any], *, role: str = "service", **request: Any
    ) -> Finding:
        try:
            method(**request)
        except ClientError as error:
            code = _code(error)
            if code not in _CONDITION_FAILED:
                remedy = f"grant the role infra/iam-{role}.json"
                return self._finding(f"permission {subject}", code, remedy)
        return self._finding(f"permission {subject}", "granted", "")

    def _asked(self, method: Callable[..., Any], member: str) -> dict[str, Any]:
        """Describe; an engine that cannot, or a role that may not, answers with the code."""
        try:
            described: dict[str, Any] = method(TableName=self._name)[member]
        except ClientError as error:
            return {"code": _code(error)}
        return described

    def _compared(self, subject: str, found: str, wanted: str, remedy: str) -> Finding:
        if found == wanted:
            return self._finding(subject, found, "")
        return self._finding(subject, found, f"should be {wanted}: {remedy}")

    def _finding(self, subject: str, found: str, remedy: str) -> Finding:
        return Finding(self._name, subject, found, remedy)


def _query(partition: str) -> dict[str, Any]:
    return {
        "KeyConditionExpression": "#key = :nowhere",
        "ExpressionAttributeNames": {"#key": partition},
        "ExpressionAttributeValues": {":nowhere": {"S": _NOWHERE}},
        "Limit": 1,
    }


def _keys(schema: Mapping[str, Any], table: Mapping[str, Any]) -> str:
    """Write keys as `sessionId S, opportunityId S`."""
    types = {one["AttributeName"]: one["AttributeType"] for one in table["AttributeDefinitions"]}
    names = (one["AttributeName"] for one in schema["KeySchema"])
    return ", ".join(f"{name} {types[name]}" for name in names)


def _indexes(table: Mapping[str, Any]) -> dict[str, str]:
    """Write each index's keys and projection."""
    written = {}
    for index in table.get("GlobalSecondaryIndexes", []):
        projection = index["Projection"]
        kept = ", ".join(sorted(projection.get("NonKeyAttributes", [])))
        kind = projection["ProjectionType"]
        written[index["IndexName"]] = f"{_keys(index, table)}; {kind} {kept}".strip()
    return written


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
