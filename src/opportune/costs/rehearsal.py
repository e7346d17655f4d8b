"""Tables in memory that answer the store's requests and say what each would have consumed.

The store's own code runs on it, so an estimate asks for exactly what the store asks for, whatever
that comes to be. Items and index rows are those that infra/storage.yaml declares. One caller at a
time; nothing is sent anywhere.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from opportune.costs.units import (
    TRANSACTION_FACTOR,
    Index,
    item_bytes,
    read_units,
    table_write_units,
    write_units,
)
from opportune.stores.dynamodb.blueprint import declared_tables
from opportune.stores.dynamodb.connection import ConditionFailedError, Connection
from opportune.stores.dynamodb.items import Item
from opportune.stores.dynamodb.usage import UsageMeter

PAGE_BYTES = 1024 * 1024
"""Of items that one Query or Scan reads."""

Request = Mapping[str, Any]
Key = tuple[Any, ...]


class Consumed:
    """Units of one request, by table and index, as an answer says them."""

    def __init__(self) -> None:
        self._of_tables: dict[str, float] = {}
        self._of_indexes: dict[str, dict[str, float]] = defaultdict(dict)

    def add(self, table: str, units: float, index: str = "") -> None:
        """Count units of a table, or of an index of it."""
        self._of_tables.setdefault(table, 0)
        if index:
            sums = self._of_indexes[table]
            sums[index] = sums.get(index, 0) + units
        else:
            self._of_tables[table] += units

    def answer(self) -> list[dict[str, Any]]:
        """Return it as `ConsumedCapacity`."""
        return [
            {
                "TableName": table,
                "Table": {"CapacityUnits": units},
                "GlobalSecondaryIndexes": {
                    index: {"CapacityUnits": of_index}
                    for index, of_index in self._of_indexes[table].items()
                },
            }
            for table, units in self._of_tables.items()
        ]


class Table:
    """Items by key, and what a change of one costs.

    Args:
        declared: Its properties in infra/storage.yaml.
    """

    def __init__(self, declared: Mapping[str, Any]) -> None:
        self.name: str = declared["TableName"]
        self.keys = tuple(key["AttributeName"] for key in declared["KeySchema"])
        self.indexes = {
            index["IndexName"]: Index.declared(index, self.keys)
            for index in declared.get("GlobalSecondaryIndexes", ())
        }
        self._items: dict[Key, Item] = {}

    def key(self, item: Item) -> Key:
        """Return an item's key."""
        return tuple(_plain(item[name]) for name in self.keys)

    def get(self, item: Item) -> Item | None:
        """Return what is stored under the key of this item, or under this key."""
        return self._items.get(self.key(item))

    def put(
        self, key: Item, after: Item | None, consumed: Consumed, *, in_transaction: bool
    ) -> None:
        """Replace what is stored under a key; None deletes it."""
        before = self.get(key)
        units = table_write_units(before, after, in_transaction=in_transaction)
        consumed.add(self.name, units)
        for index in self.indexes.values():
            of_index = index.write_units(before, after)
            if of_index:
                consumed.add(self.name, of_index, index.name)
        if after is None:
            self._items.pop(self.key(key), None)
        else:
            self._items[self.key(key)] = after

    def rows(self, index_name: str = "") -> list[Item]:
        """Return items, or rows of an index, by sort key."""
        index = self.indexes.get(index_name)
        names = index.keys if index else self.keys
        rows = (index.row(item) for item in self._items.values()) if index else self._items.values()
        held = [row for row in rows if row is not None]
        return sorted(held, key=lambda row: (_plain(row[names[-1]]), self.key(row)))


class Rehearsal(Connection):
    """A connection that sends nothing.

    Args:
        table: Name of the main table.
    """

    def __init__(self, table: str) -> None:
        # Without the parent's: it makes a client.
        self.meter = UsageMeter()
        self._in_flight = 1
        self._sleep = lambda _: None
        self._jitter = lambda: 0.0
        self._monotonic = lambda: 0.0
        declared = (Table(one) for one in declared_tables(table))
        self.tables = {one.name: one for one in declared}

    def close(self) -> None:
        """Do nothing: there is no client."""

    def send(self, operation: str, table: str, **request: Any) -> dict[str, Any]:
        """Answer as DynamoDB would, and meter it."""
        consumed = Consumed()
        answer: dict[str, Any] = _OPERATIONS[operation](self, request, consumed)
        self.meter.add(operation, table, {"ConsumedCapacity": consumed.answer()})
        return answer

    def _get_item(self, request: Request, consumed: Consumed) -> dict[str, Any]:
        table = self.tables[request["TableName"]]
        item = table.get(request["Key"])
        units = read_units(item_bytes(item or {}), is_strong=request["ConsistentRead"])
        consumed.add(table.name, units)
        return {"Item": item} if item else {}

    def _batch_get_item(self, request: Request, consumed: Consumed) -> dict[str, Any]:
        found: dict[str, list[Item]] = {}
        for name, wanted in request["RequestItems"].items():
            items = [self.tables[name].get(key) for key in wanted["Keys"]]
            is_strong = wanted["ConsistentRead"]
            sizes = [item_bytes(item or {}) for item in items]
            consumed.add(name, sum(read_units(size, is_strong=is_strong) for size in sizes))
            found[name] = [item for item in items if item]
        return {"Responses": found}

    def _query(self, request: Request, consumed: Consumed) -> dict[str, Any]:
        table, index = self.tables[request["TableName"]], request.get("IndexName", "")
        tests = list(_key_tests(request))
        rows = [row for row in table.rows(index) if all(test(row) for test in tests)]
        if not request.get("ScanIndexForward", True):
            rows.reverse()
        return self._page(request, table, rows, consumed)

    def _scan(self, request: Request, consumed: Consumed) -> dict[str, Any]:
        table = self.tables[request["TableName"]]
        return self._page(request, table, table.rows(), consumed)

    def _page(
        self, request: Request, table: Table, rows: list[Item], consumed: Consumed
    ) -> dict[str, Any]:
        index = request.get("IndexName", "")
        names = dict.fromkeys((*table.keys, *(table.indexes[index].keys if index else ())))
        start = request.get("ExclusiveStartKey")
        if start:
            begins = next(n for n, row in enumerate(rows, 1) if table.key(row) == table.key(start))
            rows = rows[begins:]
        page = list(_fitting(rows[: request.get("Limit", len(rows))]))
        size = sum(map(item_bytes, page))
        units = read_units(size, is_strong=request.get("ConsistentRead", False))
        consumed.add(table.name, units, index)
        answer: dict[str, Any] = {"Items": page}
        if len(page) < len(rows) or (page and len(page) == request.get("Limit")):
            answer["LastEvaluatedKey"] = {name: page[-1][name] for name in names}
        return answer

    def _put_item(self, request: Request, consumed: Consumed) -> dict[str, Any]:
        self._write([{"Put": request}], consumed, in_transaction=False)
        return {}

    def _update_item(self, request: Request, consumed: Consumed) -> dict[str, Any]:
        self._write([{"Update": request}], consumed, in_transaction=False)
        return {}

    def _batch_write_item(self, request: Request, consumed: Consumed) -> dict[str, Any]:
        for name, deletes in request["RequestItems"].items():
            for delete in deletes:
                key = delete["DeleteRequest"]["Key"]
                self.tables[name].put(key, None, consumed, in_transaction=False)
        return {}

    def _transact_write_items(self, request: Request, consumed: Consumed) -> dict[str, Any]:
        self._write(request["TransactItems"], consumed, in_transaction=True)
        return {}

    def _write(
        self, actions: Iterable[Request], consumed: Consumed, *, in_transaction: bool
    ) -> None:
        """Carry out actions, all or none."""
        writes = [next(iter(action.items())) for action in actions]
        tables = [self.tables[one["TableName"]] for _, one in writes]
        held = [
            table.get(one.get("Key") or one["Item"])
            for table, (_, one) in zip(tables, writes, strict=True)
        ]
        failed = {
            place
            for place, ((_, one), item) in enumerate(zip(writes, held, strict=True))
            if not _holds(one, item)
        }
        if failed:
            raise ConditionFailedError(failed, is_uncertain=False)
        for table, (kind, one), item in zip(tables, writes, held, strict=True):
            if kind == "ConditionCheck":
                units = write_units(item_bytes(item or {})) * TRANSACTION_FACTOR
                consumed.add(table.name, units)
                continue
            after = one["Item"] if kind == "Put" else _updated(one, item)
            table.put(after, after, consumed, in_transaction=in_transaction)


_OPERATIONS: dict[str, Callable[[Rehearsal, Request, Consumed], dict[str, Any]]] = {
    "BatchGetItem": Rehearsal._batch_get_item,  # noqa: SLF001 # of the class above, as all of them
    "BatchWriteItem": Rehearsal._batch_write_item,  # noqa: SLF001 # likewise
    "GetItem": Rehearsal._get_item,  # noqa: SLF001 # likewise
    "PutItem": Rehearsal._put_item,  # noqa: SLF001 # likewise
    "Query": Rehearsal._query,  # noqa: SLF001 # likewise
    "Scan": Rehearsal._scan,  # noqa: SLF001 # likewise
    "TransactWriteItems": Rehearsal._transact_write_items,  # noqa: SLF001 # likewise
    "UpdateItem": Rehearsal._update_item,  # noqa: SLF001 # likewise
}


def _plain(value: Mapping[str, Any]) -> Any:
    return Decimal(value["N"]) if "N" in value else value["S"]


def _fitting(rows: Iterable[Item]) -> Iterator[Item]:
    """Yield rows until a page is full: the one that fills it is its last."""
    size = 0
    for row in rows:
        yield row
        size += item_bytes(row)
        if size >= PAGE_BYTES:
            return


def _key_tests(request: Request) -> Iterator[Callable[[Item], bool]]:
    """Yield the tests of a KeyConditionExpression, in the forms that the store uses."""
    names, values = request["ExpressionAttributeNames"], request["ExpressionAttributeValues"]
    for test in request["KeyConditionExpression"].split(" AND "):
        prefix = re.fullmatch(r"begins_with\((#\w+), (:\w+)\)", test)
        if prefix:
            yield _key_test(names[prefix[1]], "begins_with", values[prefix[2]])
        else:
            name, sign, value = test.split(" ")
            yield _key_test(names[name], sign, values[value])


def _key_test(attribute: str, sign: str, value: Mapping[str, Any]) -> Callable[[Item], bool]:
    wanted = _plain(value)
    signs: dict[str, Callable[[Any], bool]] = {
        "=": lambda held: bool(held == wanted),
        "<=": lambda held: bool(held <= wanted),
        ">=": lambda held: bool(held >= wanted),
        "<": lambda held: bool(held < wanted),
        ">": lambda held: bool(held > wanted),
        "begins_with": lambda held: bool(held.startswith(wanted)),
    }
    holds = signs[sign]
    return lambda item: holds(_plain(item[attribute]))


def _holds(action: Request, item: Item | None) -> bool:
    """Tell whether the condition of a write holds, in the forms that the store uses."""
    names = action.get("ExpressionAttributeNames", {})
    values = action.get("ExpressionAttributeValues", {})
    for test in filter(None, action.get("ConditionExpression", "").split(" AND ")):
        absent = re.fullmatch(r"attribute_not_exists\((#\w+)\)", test)
        if absent:
            if names[absent[1]] in (item or {}):
                return False
            continue
        path, value = test.split(" = ")
        if _at(item, [names[name] for name in path.split(".")]) != values[value]:
            return False
    return True


def _at(item: Item | None, path: list[str]) -> Any:
    first, *others = path
    value = (item or {}).get(first)
    return _at(value["M"], others) if others and value else value


def _updated(action: Request, item: Item | None) -> Item:
    """Return an item after an UpdateExpression, in the forms that the store uses."""
    after = dict(item or action["Key"])
    names, values = action["ExpressionAttributeNames"], action["ExpressionAttributeValues"]
    steps = r"(SET|REMOVE) (#\w+)(?: = (:\w+))?"
    for verb, name, value in re.findall(steps, action["UpdateExpression"]):
        if verb == "SET":
            after[names[name]] = values[value]
        else:
            after.pop(names[name], None)
    return after
