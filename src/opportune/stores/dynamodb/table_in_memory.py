"""A table of DynamoDB in this process: items by key, and the expressions that our requests use.

A rehearsal of costs and the simulator of the tests answer requests with it. It knows only the
forms of expressions that this store sends; any other form is a KeyError or ValueError.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from opportune.stores.dynamodb.items import Item

Request = Mapping[str, Any]
Key = tuple[Any, ...]
Test = Callable[[Item], bool]


class Table:
    """Items by key. One caller at a time.

    Args:
        declared: Its properties in infra/storage.yaml.
    """

    def __init__(self, declared: Mapping[str, Any]) -> None:
        self.name: str = declared["TableName"]
        self.keys = _key_names(declared)
        self.index_keys = {
            index["IndexName"]: _key_names(index)
            for index in declared.get("GlobalSecondaryIndexes", ())
        }
        self.items: dict[Key, Item] = {}

    def key(self, item: Item) -> Key:
        """Return an item's key."""
        return tuple(comparable(item[name]) for name in self.keys)

    def get(self, item: Item) -> Item | None:
        """Return what is stored under the key of this item, or under this key."""
        return self.items.get(self.key(item))

    def rows(self, index: str = "") -> list[Item]:
        """Return all items by key; of an index those that have its keys, by its sort key."""
        if not index:
            return [self.items[key] for key in sorted(self.items)]
        names = self.index_keys[index]
        held = [item for item in self.items.values() if all(name in item for name in names)]
        return sorted(held, key=lambda item: (comparable(item[names[-1]]), self.key(item)))

    def found(self, request: Request) -> list[Item]:
        """Return the rows of a Query, or of a Scan, from its ExclusiveStartKey on."""
        tests = list(_key_tests(request)) if "KeyConditionExpression" in request else []
        index = request.get("IndexName", "")
        rows = [row for row in self.rows(index) if all(test(row) for test in tests)]
        if not request.get("ScanIndexForward", True):
            rows.reverse()
        start = request.get("ExclusiveStartKey")
        if start:
            keys = [self.key(row) for row in rows]
            rows = rows[keys.index(self.key(start)) + 1 :] if self.key(start) in keys else []
        return rows

    def page_end(self, request: Request, row: Item) -> Item:
        """Return the LastEvaluatedKey of a page that ends with this row."""
        names = (*self.keys, *self.index_keys.get(request.get("IndexName", ""), ()))
        return {name: row[name] for name in names}


def condition_holds(action: Request, item: Item | None) -> bool:
    """Tell whether the ConditionExpression of a write holds; none always does."""
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


def updated(action: Request, item: Item | None) -> Item:
    """Return an item after an UpdateExpression; where there was none it has the key alone."""
    after = dict(item or action["Key"])
    names, values = action["ExpressionAttributeNames"], action.get("ExpressionAttributeValues", {})
    steps = r"(SET|REMOVE) (#\w+)(?: = (:\w+))?"
    for verb, name, value in re.findall(steps, action["UpdateExpression"]):
        if verb == "SET":
            after[names[name]] = values[value]
        else:
            after.pop(names[name], None)
    return after


def comparable(value: Mapping[str, Any]) -> Any:
    """Return a key's value as Python compares it: a text or a number."""
    return Decimal(value["N"]) if "N" in value else value["S"]


def _at(item: Item | None, path: list[str]) -> Any:
    first, *others = path
    value = (item or {}).get(first)
    return _at(value["M"], others) if others and value else value


def _key_names(declared: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(key["AttributeName"] for key in declared["KeySchema"])


_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "begins_with": str.startswith,
}


def _key_tests(request: Request) -> Iterator[Test]:
    """Yield the tests of a KeyConditionExpression."""
    names, values = request["ExpressionAttributeNames"], request["ExpressionAttributeValues"]
    between = r"(#\w+) BETWEEN (:\w+) AND (:\w+)"
    begins = r"begins_with\((#\w+), (:\w+)\)"
    expression = re.sub(between, r"\1 >= \2 AND \1 <= \3", request["KeyConditionExpression"])
    for test in re.sub(begins, r"\1 begins_with \2", expression).split(" AND "):
        name, sign, value = test.split(" ")
        yield _key_test(names[name], _SIGNS[sign], comparable(values[value]))


def _key_test(attribute: str, holds: Callable[[Any, Any], bool], wanted: Any) -> Test:
    return lambda item: holds(comparable(item[attribute]), wanted)
