"""DynamoDB in this process, for schedules by the thousand: only what our requests use of it.

It answers at the HTTP layer, so that everything from botocore's client upwards is real. It is held
to the same contract suite as the engines. Unlike them it can cut a Query into short pages.
"""

import json
import random
import threading
from datetime import datetime
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from faults import answer, refusal, sent_body, sent_operation

from opportune.stores.dynamodb.blueprint import declared_tables
from opportune.stores.dynamodb.table_in_memory import Key, Table, condition_holds, updated

Item = dict[str, Any]


class _RefusedError(Exception):
    def __init__(self, item: Item | None) -> None:
        super().__init__()
        self.item = item


class Simulator:
    """Answers requests. `chance` makes pages short; None = one page holds all."""

    def __init__(self, chance: random.Random | None = None) -> None:
        self.chance = chance
        self.tables: dict[str, Table] = {}
        self._lock = threading.Lock()

    def create(self, table: str) -> str:
        for declared in declared_tables(table):
            self.tables[declared["TableName"]] = Table(declared)
        return table

    def items(self) -> dict[str, dict[Key, Item]]:
        """Return what each table holds; an item is never changed in place."""
        return {name: dict(table.items) for name, table in self.tables.items()}

    def put_back(self, items: dict[str, dict[Key, Item]]) -> None:
        """Let each table hold what it held when `items` returned this."""
        for name, held in items.items():
            self.tables[name].items = dict(held)

    def sweep(self, now: datetime, chance: random.Random) -> None:
        """Remove some of the items whose ttl has passed, in any order."""
        for table in self.tables.values():
            for key, item in list(table.items.items()):
                ttl = float(item.get("ttl", {"N": "inf"})["N"])
                if ttl <= now.timestamp() and chance.random() < 0.5:
                    del table.items[key]

    def __call__(self, request: AWSPreparedRequest) -> AWSResponse:
        operation = sent_operation(request)
        body = json.loads(sent_body(request))
        try:
            with self._lock:
                content = getattr(self, f"_{operation}")(body)
        except _RefusedError as refused:
            return refusal("ConditionalCheckFailedException", Item=refused.item or {})
        return content if isinstance(content, AWSResponse) else answer(200, content)

    def _GetItem(self, body: Item) -> Item:  # noqa: N802 # DynamoDB's spelling
        assert body["ConsistentRead"]
        table = self.tables[body["TableName"]]
        item = table.items.get(table.key(body["Key"]))
        return {"Item": item} if item else {}

    def _BatchGetItem(self, body: Item) -> Item:  # noqa: N802 # DynamoDB's spelling
        found: dict[str, list[Item]] = {}
        for name, wanted in body["RequestItems"].items():
            assert wanted["ConsistentRead"]
            table = self.tables[name]
            assert len({table.key(key) for key in wanted["Keys"]}) == len(wanted["Keys"]) <= 100
            items = (table.items.get(table.key(key)) for key in wanted["Keys"])
            found[name] = [item for item in items if item]
        return {"Responses": found, "UnprocessedKeys": {}}

    def _Query(self, body: Item) -> Item:  # noqa: N802 # DynamoDB's spelling
        assert bool(body.get("IndexName")) != body.get("ConsistentRead", False)
        return self._page(body)

    def _Scan(self, body: Item) -> Item:  # noqa: N802 # DynamoDB's spelling
        assert body["ConsistentRead"]
        return self._page(body)

    def _page(self, body: Item) -> Item:
        table = self.tables[body["TableName"]]
        rows = table.found(body)
        size = body.get("Limit", len(rows) + 1)
        if self.chance and not body.get("IndexName"):
            size = min(size, self.chance.randint(1, 6 + len(rows) // 4))
        content: Item = {"Items": rows[:size]}
        if len(rows) >= size and rows:
            content["LastEvaluatedKey"] = table.page_end(body, rows[size - 1])
        return content

    def _PutItem(self, body: Item) -> Item:  # noqa: N802 # DynamoDB's spelling
        self._check(body)
        self._put(body)
        return {}

    def _UpdateItem(self, body: Item) -> Item:  # noqa: N802 # DynamoDB's spelling
        self._check(body)
        self._update(body)
        return {}

    def _TransactWriteItems(self, body: Item) -> Item | AWSResponse:  # noqa: N802 # DynamoDB's spelling
        actions = [next(iter(action.items())) for action in body["TransactItems"]]
        assert len(actions) <= 100
        touched = [(one["TableName"], self._key(one)) for _, one in actions]
        assert len(set(touched)) == len(touched)
        reasons = [self._reason(action) for _, action in actions]
        if any(reason["Code"] != "None" for reason in reasons):
            return refusal("TransactionCanceledException", CancellationReasons=reasons)
        carry_out = {"Put": self._put, "Update": self._update}
        for kind, action in actions:
            if kind != "ConditionCheck":
                carry_out[kind](action)
        return {}

    def _BatchWriteItem(self, body: Item) -> Item:  # noqa: N802 # DynamoDB's spelling
        for name, requests in body["RequestItems"].items():
            assert len(requests) <= 25
            table = self.tables[name]
            keys = [table.key(request["DeleteRequest"]["Key"]) for request in requests]
            assert len(set(keys)) == len(keys)
            for key in keys:
                table.items.pop(key, None)
        return {"UnprocessedItems": {}}

    def _key(self, action: Item) -> Key:
        return self.tables[action["TableName"]].key(action.get("Key") or action["Item"])

    def _reason(self, action: Item) -> Item:
        try:
            self._check(action)
        except _RefusedError:
            return {"Code": "ConditionalCheckFailed"}
        return {"Code": "None"}

    def _put(self, action: Item) -> None:
        table = self.tables[action["TableName"]]
        table.items[table.key(action["Item"])] = action["Item"]

    def _update(self, action: Item) -> None:
        table = self.tables[action["TableName"]]
        table.items[table.key(action["Key"])] = updated(action, table.get(action["Key"]))

    def _check(self, action: Item) -> None:
        item = self.tables[action["TableName"]].items.get(self._key(action))
        if not condition_holds(action, item):
            raise _RefusedError(item)
