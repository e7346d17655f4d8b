"""A loopback server that answers DynamoDB's item operations at once: what is left is client cost.

Run by `benchmarks.stores`; by itself it prints its port and ends with its standard input.

It keeps items in memory as JSON, pages a Query at 1 MB and sends the checksum that clients verify.
It believes every request: no conditions, no signatures, no indexes. One process, one thread.
"""

import asyncio
import json
import sys
from binascii import crc32
from collections.abc import Callable
from typing import Any

PAGE_BYTES = 1_000_000

Document = dict[str, Any]


class Tables:
    """Items by table, partition and sort key: each as JSON, ready to be sent."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], dict[str, str]] = {}

    def put(self, table: str, item: Document) -> None:
        """Store an item."""
        partition, sort = _key(table, item)
        self._rows.setdefault((table, partition), {})[sort] = json.dumps(item)

    def delete(self, table: str, key: Document) -> None:
        """Remove an item."""
        partition, sort = _key(table, key)
        self._rows.get((table, partition), {}).pop(sort, None)

    def drop(self, table: str) -> None:
        """Forget a table."""
        self._rows = {key: rows for key, rows in self._rows.items() if key[0] != table}

    def get(self, table: str, key: Document) -> str:
        """Return an item's JSON; empty if there is none."""
        partition, sort = _key(table, key)
        return self._rows.get((table, partition), {}).get(sort, "")

    def update(self, request: Document) -> None:
        """Carry out `SET #a = :a, b = :b REMOVE #c` and the like."""
        table, key = request["TableName"], request["Key"]
        item = json.loads(self.get(table, key) or json.dumps(key))
        names = request.get("ExpressionAttributeNames", {})
        sets, _, removes = request["UpdateExpression"].partition("REMOVE ")
        for assignment in filter(None, sets.removeprefix("SET ").split(",")):
            name, value = (part.strip() for part in assignment.split("="))
            item[names.get(name, name)] = request["ExpressionAttributeValues"][value]
        for name in filter(None, removes.split(",")):
            item.pop(names.get(name.strip(), name.strip()), None)
        self.put(table, item)

    def page(self, request: Document) -> str:
        """Answer a Query for one partition, whose key is the only value in the request."""
        table = request["TableName"]
        (value,) = request["ExpressionAttributeValues"].values()
        rows = self._rows.get((table, next(iter(value.values()))), {})
        after = request.get("ExclusiveStartKey")
        start = _key(table, after)[1] if after else ""
        items: list[str] = []
        size = 0
        sorts = sorted(sort for sort in rows if sort > start)
        for sort in sorts:
            if size > PAGE_BYTES:
                break
            items.append(rows[sort])
            size += len(rows[sort])
        answer = f'"Count":{len(items)},"ScannedCount":{len(items)},"Items":[{",".join(items)}]'
        if len(items) < len(sorts):
            last = json.loads(items[-1])
            key = {name: last[name] for name in _key_names(table)}
            answer += f',"LastEvaluatedKey":{json.dumps(key)}'
        return f"{{{answer}}}"


def _key_names(table: str) -> tuple[str, str]:
    is_history = table.endswith("-History")
    return ("opportunityId", "version") if is_history else ("sessionId", "opportunityId")


def _key(table: str, item: Document) -> tuple[str, str]:
    """Return the values of an item's keys; a number so that text order is its order."""
    partition, sort = (item[name] for name in _key_names(table))
    return partition["S"], sort["S"] if "S" in sort else f"{int(sort['N']):010}"


def _get(tables: Tables, request: Document) -> str:
    item = tables.get(request["TableName"], request["Key"])
    return f'{{"Item":{item}}}' if item else "{}"


def _put(tables: Tables, request: Document) -> str:
    tables.put(request["TableName"], request["Item"])
    return "{}"


def _update(tables: Tables, request: Document) -> str:
    tables.update(request)
    if request.get("ReturnValues") != "ALL_NEW":
        return "{}"
    return f'{{"Attributes":{tables.get(request["TableName"], request["Key"])}}}'


def _transact(tables: Tables, request: Document) -> str:
    for action in request["TransactItems"]:
        if "Put" in action:
            _put(tables, action["Put"])
        elif "Update" in action:
            _update(tables, action["Update"])
    return "{}"


def _batch_write(tables: Tables, request: Document) -> str:
    for table, writes in request["RequestItems"].items():
        for write in writes:
            if "PutRequest" in write:
                tables.put(table, write["PutRequest"]["Item"])
            else:
                tables.delete(table, write["DeleteRequest"]["Key"])
    return '{"UnprocessedItems":{}}'


def _batch_get(tables: Tables, request: Document) -> str:
    found = []
    for table, wanted in request["RequestItems"].items():
        items = filter(None, (tables.get(table, key) for key in wanted["Keys"]))
        found.append(f"{json.dumps(table)}:[{','.join(items)}]")
    return f'{{"Responses":{{{",".join(found)}}},"UnprocessedKeys":{{}}}}'


def _drop(tables: Tables, request: Document) -> str:
    tables.drop(request["TableName"])
    return "{}"


def _always(answer: str) -> Callable[[Tables, Document], str]:
    return lambda _tables, _request: answer


_OPERATIONS: dict[str, Callable[[Tables, Document], str]] = {
    "BatchGetItem": _batch_get,
    "BatchWriteItem": _batch_write,
    "CreateTable": _always("{}"),
    "DeleteTable": _drop,
    "DescribeTable": _always('{"Table":{"TableStatus":"ACTIVE"}}'),
    "GetItem": _get,
    "PutItem": _put,
    "Query": Tables.page,
    "TransactWriteItems": _transact,
    "UpdateItem": _update,
}


class Connection(asyncio.Protocol):
    """One client's connection: HTTP/1.1, kept open, every request with a Content-Length."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport to answer on."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each request that is complete."""
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            lines = self._received[:end].decode("latin-1").split("\r\n")[1:]
            headers = {name.lower(): value for name, _, value in (x.partition(": ") for x in lines)}
            stop = end + 4 + int(headers["content-length"])
            if len(self._received) < stop:
                return
            body = bytes(self._received[end + 4 : stop])
            del self._received[:stop]
            assert isinstance(self._transport, asyncio.WriteTransport)
            self._transport.write(self._answer(headers["x-amz-target"], body))

    def _answer(self, target: str, body: bytes) -> bytes:
        operation = _OPERATIONS[target.partition(".")[2]]
        answer = operation(self._tables, json.loads(body)).encode()
        head = (
            "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\n"
            f"x-amz-crc32: {crc32(answer)}\r\nx-amzn-RequestId: {'0' * 52}\r\n"
            f"Content-Length: {len(answer)}\r\n\r\n"
        )
        return head.encode() + answer


async def main() -> None:
    tables = Tables()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(tables), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
