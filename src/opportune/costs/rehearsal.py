"""Tables in memory that answer the store's requests and say what each would have consumed.

The store's own code runs on it, so an estimate asks for exactly what the store asks for, whatever
that comes to be. Items and index rows are those that infra/storage.yaml declares. One caller at a
time; nothing is sent anywhere.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
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
from opportune.stores.dynamodb.table_in_memory import Request, Table, condition_holds, updated
from opportune.stores.dynamodb.usage import UsageMeter

PAGE_BYTES = 1024 * 1024
"""Of items that one Query or Scan reads."""


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


class MeteredTable(Table):
    """A table that says what a change of an item costs.

    Args:
        declared: Its properties in infra/storage.yaml.
    """

    def __init__(self, declared: Mapping[str, Any]) -> None:
        super().__init__(declared)
        self.indexes = {
            index["IndexName"]: Index.declared(index, self.keys)
            for index in declared.get("GlobalSecondaryIndexes", ())
        }

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
            self.items.pop(self.key(key), None)
        else:
            self.items[self.key(key)] = after

    def rows(self, index: str = "") -> list[Item]:
        """Return all items, or the rows of an index with only what is copied to it."""
        rows = super().rows(index)
        if not index:
            return rows
        return [row for row in map(self.indexes[index].row, rows) if row is not None]


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
        declared = (MeteredTable(one) for one in declared_tables(table))
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

    def _page(self, request: Request, consumed: Consumed) -> dict[str, Any]:
        """Answer a Query or a Scan."""
        table = self.tables[request["TableName"]]
        rows = table.found(request)
        page = list(_fitting(rows[: request.get("Limit", len(rows))]))
        size = sum(map(item_bytes, page))
        units = read_units(size, is_strong=request.get("ConsistentRead", False))
        consumed.add(table.name, units, request.get("IndexName", ""))
        answer: dict[str, Any] = {"Items": page}
        if len(page) < len(rows) or (page and len(page) == request.get("Limit")):
            answer["LastEvaluatedKey"] = table.page_end(request, page[-1])
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
            if not condition_holds(one, item)
        }
        if failed:
            raise ConditionFailedError(failed, is_uncertain=False)
        for table, (kind, one), item in zip(tables, writes, held, strict=True):
            if kind == "ConditionCheck":
                units = write_units(item_bytes(item or {})) * TRANSACTION_FACTOR
                consumed.add(table.name, units)
                continue
            after = one["Item"] if kind == "Put" else updated(one, item)
            table.put(after, after, consumed, in_transaction=in_transaction)


_OPERATIONS: dict[str, Callable[[Rehearsal, Request, Consumed], dict[str, Any]]] = {
    "BatchGetItem": Rehearsal._batch_get_item,  # noqa: SLF001 # of the class above, as all of them
    "BatchWriteItem": Rehearsal._batch_write_item,  # noqa: SLF001 # likewise
    "GetItem": Rehearsal._get_item,  # noqa: SLF001 # likewise
    "PutItem": Rehearsal._put_item,  # noqa: SLF001 # likewise
    "Query": Rehearsal._page,  # noqa: SLF001 # likewise
    "Scan": Rehearsal._page,  # noqa: SLF001 # likewise
    "TransactWriteItems": Rehearsal._transact_write_items,  # noqa: SLF001 # likewise
    "UpdateItem": Rehearsal._update_item,  # noqa: SLF001 # likewise
}


def _fitting(rows: Iterable[Item]) -> Iterator[Item]:
    """Yield rows until a page is full: the one that fills it is its last."""
    size = 0
    for row in rows:
        yield row
        size += item_bytes(row)
        if size >= PAGE_BYTES:
            return
