"""The clients that `benchmarks.stores` compares, each doing the same four pieces of work.

A plain client writes one item an opportunity, with the attributes of the migration guide, and
nothing more. Each is written as its own documentation would write it, one request at a time.
"""

# ruff: noqa: D102 # said once, in Client

import asyncio
import importlib
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from types import NoneType
from typing import Any, NamedTuple, Protocol, get_args, get_origin

import boto3
from boto3.dynamodb.conditions import Key
from pydantic import BaseModel

from opportune.model.records import Opportunity, Session, Status
from opportune.stores.dynamodb.connection import Connection
from opportune.stores.open import open_store

REGION = "eu-west-1"
NOW = "2026-11-22T09:00:00.000Z"
TTL = 1_800_000_000
BATCH = 25
"""Items that one BatchWriteItem takes."""

Row = dict[str, Any]
"""A plain item as Python values."""


class Sample(NamedTuple):
    """A session's list, as models and as plain items."""

    session_id: str
    opportunities: Sequence[Opportunity]
    rows: Sequence[Row]
    float_rows: Sequence[Row]
    """The same with floats for Decimals."""


class Client(Protocol):
    """What is measured. Each method returns how many items it wrote or read."""

    def store(self, samples: Sequence[Sample]) -> int:
        """Write whole sessions."""
        ...

    def read(self, session_ids: Sequence[str]) -> int:
        """Read whole sessions."""
        ...

    def update(self, keys: Sequence[tuple[str, str]]) -> int:
        """Set the status of opportunities: session id, opportunity id."""
        ...

    def close(self) -> None:
        """Release what it holds."""
        ...


class Peer(NamedTuple):
    """A client and what it guarantees."""

    name: str
    guarantees: str
    open: Callable[[str, str], Client]
    """Table's name, endpoint -> the client."""


class OurStore:
    """The store as the product uses it."""

    def __init__(self, table: str, endpoint: str) -> None:
        self._store = open_store(f"dynamodb://{table}?region={REGION}&endpoint={endpoint}")

    def store(self, samples: Sequence[Sample]) -> int:
        for sample in samples:
            header = Session(id=sample.session_id, updated_by="bench", change_id="store")
            self._store.store_opportunities(header, sample.opportunities)
        return sum(2 * len(sample.opportunities) + 1 for sample in samples)

    def read(self, session_ids: Sequence[str]) -> int:
        return sum(len(self._store.get_opportunities(one)) for one in session_ids)

    def update(self, keys: Sequence[tuple[str, str]]) -> int:
        for _, opportunity_id in keys:
            current = self._store.get_opportunity(opportunity_id)
            change = {"status": Status.IN_PROGRESS, "updated_by": "bench", "change_id": "update"}
            self._store.put_opportunity(current.model_copy(update=change))
        return 2 * len(keys)

    def close(self) -> None:
        self._store.close()


class OurClient:
    """The store's client alone, writing plain items."""

    def __init__(self, table: str, endpoint: str) -> None:
        self._table = table
        self._connection = Connection(region=REGION, endpoint=endpoint)

    def store(self, samples: Sequence[Sample]) -> int:
        client = self._connection.client
        for sample in samples:
            for rows in _batches(sample.rows):
                puts = [{"PutRequest": {"Item": _typed_members(row)}} for row in rows]
                left: dict[str, Any] = {self._table: puts}
                while left:
                    left = client.batch_write_item(RequestItems=left).get("UnprocessedItems")
        return sum(len(sample.rows) for sample in samples)

    def read(self, session_ids: Sequence[str]) -> int:
        return sum(1 for one in session_ids for _ in self._rows(one))

    def _rows(self, session_id: str) -> Iterator[Row]:
        for item in self._connection.query(
            self._table,
            "sessionId = :sessionId",
            ExpressionAttributeValues={":sessionId": {"S": session_id}},
        ):
            yield _plain_members(item)

    def update(self, keys: Sequence[tuple[str, str]]) -> int:
        for session_id, opportunity_id in keys:
            self._connection.send(
                "UpdateItem",
                self._table,
                TableName=self._table,
                Key={"sessionId": {"S": session_id}, "opportunityId": {"S": opportunity_id}},
                UpdateExpression="SET #status = :status, updatedAt = :updatedAt",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={
                    ":status": {"S": Status.IN_PROGRESS},
                    ":updatedAt": {"S": NOW},
                },
            )
        return len(keys)

    def close(self) -> None:
        self._connection.close()


class GuideClient:
    """boto3 in the manner of the migration guide; but it reads every page, not the first alone."""

    def __init__(self, table: str, endpoint: str) -> None:
        self._resource = boto3.resource(
            "dynamodb",
            region_name=REGION,
            endpoint_url=endpoint,
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
        self._table = self._resource.Table(table)

    def store(self, samples: Sequence[Sample]) -> int:
        for sample in samples:
            for rows in _batches(sample.rows):
                puts: list[Any] = [{"PutRequest": {"Item": row}} for row in rows]
                self._resource.batch_write_item(RequestItems={self._table.name: puts})
        return sum(len(sample.rows) for sample in samples)

    def read(self, session_ids: Sequence[str]) -> int:
        return sum(len(self._rows(one)) for one in session_ids)

    def _rows(self, session_id: str) -> list[Row]:
        condition = Key("sessionId").eq(session_id)
        page = self._table.query(KeyConditionExpression=condition)
        rows: list[Row] = list(page["Items"])
        while "LastEvaluatedKey" in page:
            page = self._table.query(
                KeyConditionExpression=condition, ExclusiveStartKey=page["LastEvaluatedKey"]
            )
            rows += page["Items"]
        return rows

    def update(self, keys: Sequence[tuple[str, str]]) -> int:
        for session_id, opportunity_id in keys:
            self._table.update_item(
                Key={"sessionId": session_id, "opportunityId": opportunity_id},
                UpdateExpression="SET #status = :status, updatedAt = :updatedAt",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={":status": "En Progreso", ":updatedAt": NOW},
            )
        return len(keys)

    def close(self) -> None:
        self._resource.meta.client.close()


class PynamoClient:
    """PynamoDB: a model class, its batch writer, query and update."""

    def __init__(self, table: str, endpoint: str) -> None:
        attributes = importlib.import_module("pynamodb.attributes")
        models = importlib.import_module("pynamodb.models")
        meta = {
            "table_name": table,
            "region": REGION,
            "host": endpoint,
            "aws_access_key_id": "local",
            "aws_secret_access_key": "local",
        }
        fields = {
            field.alias or name: _attribute(attributes, field.annotation)
            for name, field in Opportunity.model_fields.items()
        }
        text = attributes.UnicodeAttribute
        fields |= {"sessionId": text(hash_key=True), "opportunityId": text(range_key=True)}
        self._model: Any = type("Row", (models.Model,), {"Meta": type("Meta", (), meta)} | fields)

    def store(self, samples: Sequence[Sample]) -> int:
        for sample in samples:
            with self._model.batch_write() as batch:
                for row in sample.float_rows:
                    batch.save(self._model(**row))
        return sum(len(sample.rows) for sample in samples)

    def read(self, session_ids: Sequence[str]) -> int:
        return sum(1 for one in session_ids for _ in self._model.query(one))

    def update(self, keys: Sequence[tuple[str, str]]) -> int:
        model = self._model
        for session_id, opportunity_id in keys:
            changes = [model.status.set("En Progreso"), model.updatedAt.set(NOW)]
            model(session_id, opportunity_id).update(actions=changes)
        return len(keys)

    def close(self) -> None:
        pass  # it offers none


def _attribute(attributes: Any, annotation: Any) -> Any:
    """Return the attribute of PynamoDB for a field of our models."""
    of = annotation
    while arguments := get_args(of):
        of = next(one for one in arguments if one is not NoneType)
    if get_origin(annotation) is tuple:
        return attributes.ListAttribute(of=type(_attribute(attributes, of)))
    if issubclass(of, BaseModel):
        return attributes.MapAttribute(null=True)
    if issubclass(of, bool):
        return attributes.BooleanAttribute()
    if issubclass(of, int | float | Decimal):
        return attributes.NumberAttribute(null=True)
    return attributes.UnicodeAttribute(null=True)


class AiodynamoClient:
    """aiodynamo on aiohttp, the faster of the two HTTP clients that it can use."""

    def __init__(self, table: str, endpoint: str) -> None:
        self._table = table
        self._aio = importlib.import_module("aiodynamo.client")
        self._models = importlib.import_module("aiodynamo.models")
        self._expressions = importlib.import_module("aiodynamo.expressions")
        self._loop = asyncio.new_event_loop()
        self._http: Any = None
        self._client: Any = self._loop.run_until_complete(self._open(endpoint))

    async def _open(self, endpoint: str) -> Any:
        aiohttp = importlib.import_module("aiohttp")
        credentials = importlib.import_module("aiodynamo.credentials")
        http = importlib.import_module("aiodynamo.http.aiohttp")
        yarl = importlib.import_module("yarl")
        self._http = aiohttp.ClientSession()
        key = credentials.StaticCredentials(credentials.Key("local", "local"))
        return self._aio.Client(http.AIOHTTP(self._http), key, REGION, yarl.URL(endpoint))

    def store(self, samples: Sequence[Sample]) -> int:
        self._loop.run_until_complete(self._store(samples))
        return sum(len(sample.rows) for sample in samples)

    async def _store(self, samples: Sequence[Sample]) -> None:
        for sample in samples:
            for rows in _batches(sample.rows):
                left = list(rows)
                while left:
                    request = self._models.BatchWriteRequest(items_to_put=left)
                    result = await self._client.batch_write({self._table: request})
                    left = result[self._table].unput_items if result else []

    def read(self, session_ids: Sequence[str]) -> int:
        return self._loop.run_until_complete(self._read(session_ids))

    async def _read(self, session_ids: Sequence[str]) -> int:
        count = 0
        for one in session_ids:
            condition = self._expressions.HashKey("sessionId", one)
            async for _ in self._client.query(self._table, condition):
                count += 1
        return count

    def update(self, keys: Sequence[tuple[str, str]]) -> int:
        self._loop.run_until_complete(self._update(keys))
        return len(keys)

    async def _update(self, keys: Sequence[tuple[str, str]]) -> None:
        field = self._expressions.F
        for session_id, opportunity_id in keys:
            key = {"sessionId": session_id, "opportunityId": opportunity_id}
            change = field("status").set("En Progreso") & field("updatedAt").set(NOW)
            await self._client.update_item(self._table, key, change)

    def close(self) -> None:
        self._loop.run_until_complete(self._http.close())
        self._loop.close()


PEERS = (
    Peer("ours (full guarantees)", "atomic session, revision kept, conflicts seen", OurStore),
    Peer("ours, plain items", "half batches and checksum seen", OurClient),
    Peer("boto3, the guide's way", "none: half batches are lost", GuideClient),
    Peer("PynamoDB", "half batches seen", PynamoClient),
    Peer("aiodynamo", "half batches seen, checksum not", AiodynamoClient),
)


def _typed_members(row: Row) -> dict[str, Any]:
    return {
        name: {"S": value} if type(value) is str else _WRITERS[type(value)](value)
        for name, value in row.items()
    }


def _batches(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]


def _typed(value: Any) -> dict[str, Any]:
    """Write a Python value in DynamoDB's JSON."""
    return _WRITERS[type(value)](value)


def _plain(typed: dict[str, Any]) -> Any:
    """Read a value of DynamoDB's JSON."""
    for kind, value in typed.items():  # it has one
        return value if kind == "S" else _READERS[kind](value)
    return None


def _plain_members(typed: dict[str, dict[str, Any]]) -> Row:
    return {name: value["S"] if "S" in value else _plain(value) for name, value in typed.items()}


_WRITERS: dict[type, Callable[[Any], dict[str, Any]]] = {
    str: lambda text: {"S": text},
    int: lambda number: {"N": str(number)},
    Decimal: lambda number: {"N": str(number)},
    bool: lambda is_so: {"BOOL": is_so},
    NoneType: lambda _: {"NULL": True},
    list: lambda some: {"L": [_typed(one) for one in some]},
    dict: lambda some: {"M": _typed_members(some)},
}

_READERS: dict[str, Callable[[Any], Any]] = {
    "N": Decimal,
    "BOOL": bool,
    "NULL": lambda _: None,
    "L": lambda some: [_plain(one) for one in some],
    "M": _plain_members,
}
