"""The codec beside botocore's own: the same calls, the same answers, compared."""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError
from hypothesis import given, settings
from hypothesis import strategies as st
from wire import ENDPOINT, Answer, Json, Wire, checked, damaged, ok

from opportune.errors import StoreUnavailableError
from opportune.stores.dynamodb import codec
from opportune.stores.dynamodb.connection import Connection

CHANGES_EACH_TIME = {"X-Amz-Date", "Authorization", "amz-sdk-invocation-id", "Content-Length"}


class Twins:
    """A client of botocore's own making and one with the codec."""

    def __init__(self, mode: str = "standard", attempts: int = 1) -> None:
        retries: Any = {"mode": mode, "total_max_attempts": attempts}
        options: Json = {
            "region_name": "eu-west-1",
            "endpoint_url": ENDPOINT,
            "aws_access_key_id": "local",
            "aws_secret_access_key": "local",
            "config": Config(
                parameter_validation=False,
                retries=retries,
            ),
        }
        plain = botocore.session.get_session().create_client("dynamodb", **options)
        direct = codec.create_client(botocore.session.get_session(), **options)
        self.clients: tuple[Any, Any] = (plain, direct)
        self.wires = (Wire(), Wire())
        for client, wire in zip(self.clients, self.wires, strict=True):
            client.meta.events.register("before-send.dynamodb", wire)

    def outcomes(self, answers: Sequence[Answer], method: str, request: Json) -> list[Any]:
        return [outcome(c, w, answers, method, request) for c, w in self.pairs()]

    def pairs(self) -> Iterator[tuple[Any, Wire]]:
        return zip(self.clients, self.wires, strict=True)


def outcome(client: Any, wire: Wire, answers: Sequence[Answer], method: str, request: Json) -> Any:
    """Return what a call returns, or all that its error says."""
    wire.give(*answers)
    try:
        return getattr(client, method)(**request)
    except ClientError as error:
        return type(error).__name__, str(error), error.operation_name, error.response


@pytest.fixture(scope="module")
def twins() -> Twins:
    return Twins()


texts = st.text(max_size=20)
names = st.text(min_size=1, max_size=10)
numbers = st.decimals(allow_nan=False, allow_infinity=False).map(lambda n: {"N": str(n)})
leaves = (
    texts.map(lambda text: {"S": text})
    | numbers
    | st.booleans().map(lambda is_so: {"BOOL": is_so})
    | st.just({"NULL": True})
    | st.lists(texts, min_size=1, max_size=3).map(lambda some: {"SS": some})
)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda some: {"L": some})
        | st.dictionaries(names, inner, max_size=4).map(lambda some: {"M": some})
    ),
    max_leaves=10,
)
items = st.dictionaries(names, values, max_size=5)

CAPACITY = [{"TableName": "T", "CapacityUnits": 2, "Table": {"CapacityUnits": 1.5}}]

Make = Callable[[Json], Json]
CALLS: dict[str, tuple[Make, Make]] = {
    "put_item": (
        lambda item: {
            "TableName": "T",
            "Item": item,
            "ConditionExpression": "attribute_not_exists(#id)",
            "ExpressionAttributeNames": {"#id": "ñ"},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            "ReturnConsumedCapacity": "INDEXES",
        },
        lambda item: {"Attributes": item, "ConsumedCapacity": CAPACITY[0]},
    ),
    "get_item": (
        lambda item: {"TableName": "T", "Key": item, "ConsistentRead": True},
        lambda item: {"Item": item, "ConsumedCapacity": None},
    ),
    "update_item": (
        lambda item: {
            "TableName": "T",
            "Key": item,
            "UpdateExpression": "SET #a = :a",
            "ExpressionAttributeValues": item,
        },
        lambda item: {"Attributes": item},
    ),
    "delete_item": (lambda item: {"TableName": "T", "Key": item}, lambda item: {}),
    "query": (
        lambda item: {
            "TableName": "T",
            "KeyConditionExpression": "a = :a",
            "ExpressionAttributeValues": item,
            "Limit": 7,
            "ScanIndexForward": False,
            "ExclusiveStartKey": item,
        },
        lambda item: {"Items": [item, {}, item], "Count": 3, "LastEvaluatedKey": item},
    ),
    "scan": (
        lambda item: {"TableName": "T", "ExclusiveStartKey": item},
        lambda item: {"Items": [item], "Count": 1, "ScannedCount": 1, "LastEvaluatedKey": None},
    ),
    "batch_get_item": (
        lambda item: {"RequestItems": {"T": {"Keys": [item], "ConsistentRead": True}}},
        lambda item: {
            "Responses": {"T": [item]},
            "UnprocessedKeys": {"T": {"Keys": [item], "ConsistentRead": True}},
        },
    ),
    "batch_write_item": (
        lambda item: {
            "RequestItems": {
                "T": [{"PutRequest": {"Item": item}}, {"DeleteRequest": {"Key": item}}]
            },
        },
        lambda item: {"UnprocessedItems": {"T": [{"PutRequest": {"Item": item}}]}},
    ),
    "transact_get_items": (
        lambda item: {"TransactItems": [{"Get": {"TableName": "T", "Key": item}}]},
        lambda item: {"Responses": [{"Item": item}, {}]},
    ),
    "transact_write_items": (
        lambda item: {
            "TransactItems": [
                {"Put": {"TableName": "T", "Item": item}},
                {"Delete": {"TableName": "T", "Key": item}},
            ],
            "ClientRequestToken": "token",
        },
        lambda item: {"ConsumedCapacity": CAPACITY},
    ),
}


def test_every_operation_of_the_codec_is_compared(twins: Twins) -> None:
    names_of = twins.clients[0].meta.method_to_api_mapping
    assert {names_of[method] for method in CALLS} == codec.OPERATIONS


@pytest.mark.parametrize("method", CALLS)
@given(item=items)
@settings(max_examples=25, deadline=None)
def test_what_is_sent_is_what_botocore_would_send(twins: Twins, method: str, item: Json) -> None:
    request, _ = CALLS[method]
    twins.outcomes([ok({})], method, request(item))
    (plain,), (direct,) = (wire.sent for wire in twins.wires)
    assert json.loads(body_of(direct)) == json.loads(body_of(plain))
    assert (direct.method, direct.url) == (plain.method, plain.url)
    assert fixed_headers(direct) == fixed_headers(plain)
    assert set(direct.headers) == set(plain.headers)
    assert int(direct.headers["Content-Length"]) == len(body_of(direct))


def body_of(request: AWSPreparedRequest) -> bytes:
    assert isinstance(request.body, bytes)
    return request.body


def fixed_headers(request: AWSPreparedRequest) -> Json:
    return {name: request.headers[name] for name in request.headers if is_fixed(name)}


def is_fixed(name: str) -> bool:
    return name.lower() not in {one.lower() for one in CHANGES_EACH_TIME}


@pytest.mark.parametrize("method", CALLS)
@given(item=items)
@settings(max_examples=25, deadline=None)
def test_what_is_returned_is_what_botocore_would_return(
    twins: Twins, method: str, item: Json
) -> None:
    request, answer = CALLS[method]
    plain, direct = twins.outcomes([ok(answer(item))], method, request(item))
    assert direct == plain
    assert direct["ResponseMetadata"]["RequestId"] == "R1"
    assert direct["ResponseMetadata"]["RetryAttempts"] == 0


def test_half_a_surrogate_pair_goes_out_as_botocore_sends_it(twins: Twins) -> None:
    request = {"TableName": "T", "Key": {"id": {"S": "\ud800"}}}
    twins.outcomes([ok({})], "get_item", request)
    (plain,), (direct,) = (wire.sent for wire in twins.wires)
    assert body_of(direct) == body_of(plain)


def test_one_call_leaves_nothing_in_the_next(twins: Twins) -> None:
    client, wire = twins.clients[1], twins.wires[1]
    wire.give(ok({}))

    def mark(params: Json, **_: object) -> None:
        params["headers"]["X-Once"] = "1"

    client.meta.events.register("before-call.dynamodb", mark)
    client.put_item(TableName="T", Item={"a": {"S": "1"}}, ReturnConsumedCapacity="TOTAL")
    client.meta.events.unregister("before-call.dynamodb", mark)
    client.put_item(TableName="T", Item={"b": {"S": "2"}})
    first, second = wire.sent
    assert "X-Once" in first.headers
    assert "X-Once" not in second.headers
    assert json.loads(body_of(second)) == {"TableName": "T", "Item": {"b": {"S": "2"}}}
    assert first.headers["amz-sdk-invocation-id"] != second.headers["amz-sdk-invocation-id"]


ITEM = {"id": {"S": "a"}, "n": {"N": "1"}, "blob": {"B": "YQ=="}}
ERRORS: dict[str, tuple[int, str, Json]] = {
    "condition": (400, "ConditionalCheckFailedException", {"Item": ITEM}),
    "cancelled": (
        400,
        "TransactionCanceledException",
        {
            "CancellationReasons": [
                {"Code": "None"},
                {"Code": "ConditionalCheckFailed", "Message": "no", "Item": ITEM},
                {"Code": "TransactionConflict", "Message": None},
            ],
        },
    ),
    "throttled": (
        400,
        "ProvisionedThroughputExceededException",
        {"ThrottlingReasons": [{"reason": "r", "resource": "arn"}]},
    ),
    "mismatch": (400, "IdempotentParameterMismatchException", {}),
    "validation": (400, "ValidationException", {}),
    "no-such-table": (400, "ResourceNotFoundException", {}),
    "not-in-the-model": (400, "BrandNewException", {"Extra": 1}),
    "denied": (403, "AccessDeniedException", {}),
    "internal": (500, "InternalServerError", {}),
}


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("prefix", ["", "com.amazonaws.dynamodb.v20120810#"])
@pytest.mark.parametrize("key", ["message", "Message"])
@given(message=texts)
@settings(max_examples=10, deadline=None)
def test_errors_are_botocores(
    twins: Twins, error: str, prefix: str, key: str, message: str
) -> None:
    status, code, more = ERRORS[error]
    body = json.dumps({"__type": prefix + code, key: message} | more).encode()
    plain, direct = twins.outcomes([checked(status, body)], "put_item", {"TableName": "T"})
    assert direct == plain
    assert direct[3]["Error"]["Code"] == code


@pytest.mark.parametrize("status", [301, 400, 403, 413, 500, 503])
@pytest.mark.parametrize(
    "body", [b"", b"{}", b"<html>Service Unavailable</html>", b"not json", b'{"message": "m"}']
)
def test_errors_that_dynamodb_did_not_write_are_botocores(
    twins: Twins, status: int, body: bytes
) -> None:
    plain, direct = twins.outcomes([Answer(status, body)], "query", {"TableName": "T"})
    assert direct == plain


def refusal(code: str, status: int) -> Answer:
    return checked(status, json.dumps({"__type": code, "message": "later"}).encode())


GOOD = ok({"Item": {"a": {"S": "1"}}})
TROUBLES = {
    "throttled": refusal("ProvisionedThroughputExceededException", 400),
    "throttling": refusal("ThrottlingException", 400),
    "internal": refusal("InternalServerError", 500),
    "unavailable": Answer(503, b""),
    "damaged": damaged({"Item": {}}),
    "damaged-but-json": Answer(200, b'{"Item":{"a":{"S":"2"}}}', GOOD.headers),
    "conflict": refusal("TransactionConflictException", 400),
    "denied": refusal("AccessDeniedException", 403),
}


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["standard", "legacy"])
@pytest.mark.parametrize("trouble", TROUBLES)
def test_botocores_retries_see_the_same(
    mode: str, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)
    twins = Twins(mode, attempts=3)
    answers = [TROUBLES[trouble], TROUBLES[trouble], GOOD]
    plain, direct = twins.outcomes(answers, "get_item", {"TableName": "T", "Key": {}})
    assert direct == plain
    assert len(twins.wires[0].sent) == len(twins.wires[1].sent)
    if trouble not in ("conflict", "denied"):
        assert direct["ResponseMetadata"]["RetryAttempts"] == 2


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"<html></html>", b'{"Item": {', b"\xff"])
def test_a_success_that_is_no_json_object_is_refused(twins: Twins, body: bytes) -> None:
    client, wire = twins.clients[1], twins.wires[1]
    for answer in (Answer(200, body), checked(200, body)):
        wire.give(answer)
        with pytest.raises(ResponseParserError):
            client.get_item(TableName="T", Key={})


@pytest.mark.parametrize("status", [200, 400])
@given(item=items, data=st.data())
@settings(max_examples=60, deadline=None)
def test_the_connection_accepts_no_damaged_answer(
    status: int, item: Json, data: st.DataObject
) -> None:
    refusal_of = {"__type": "ConditionalCheckFailedException", "message": "no", "Item": item}
    document = {"Item": item} if status == 200 else refusal_of
    whole = checked(status, json.dumps(document, ensure_ascii=False).encode())
    place = data.draw(st.integers(0, len(whole.body) - 1))
    flipped = whole.body[place] ^ data.draw(st.integers(1, 255))
    changed = whole.body[:place] + bytes([flipped]) + whole.body[place + 1 :]
    broken = data.draw(st.sampled_from([changed, whole.body[:place], whole.body + b" "]))
    wire = WIRE_OF_CONNECTION
    wire.give(Answer(status, broken, whole.headers))
    with pytest.raises(StoreUnavailableError):
        CONNECTION.get("T", {})
    wire.give(Answer(status, broken, whole.headers), ok({"Item": item}))
    assert CONNECTION.get("T", {}) == item


@pytest.mark.parametrize("body", [b"[]", b"7", b"\xff", b'{"__type": 7}'])
def test_an_error_that_botocore_stumbles_over_is_one_of_botocores(
    twins: Twins, body: bytes
) -> None:
    client, wire = twins.clients[1], twins.wires[1]
    wire.give(Answer(400, body))
    with pytest.raises(ResponseParserError):
        client.get_item(TableName="T", Key={})


CONNECTION = Connection(region="eu-west-1", endpoint=ENDPOINT, sleep=lambda seconds: None)
WIRE_OF_CONNECTION = Wire()
CONNECTION.client.meta.events.register("before-send.dynamodb", WIRE_OF_CONNECTION)


def test_the_connection_has_the_codec() -> None:
    assert isinstance(CONNECTION.client._serializer, codec.DirectSerializer)  # noqa: SLF001 # it is there


def test_other_operations_keep_botocores_walk(twins: Twins) -> None:
    table = {"TableName": "T", "CreationDateTime": 1.7e9, "ItemCount": 2}
    plain, direct = twins.outcomes([ok({"Table": table})], "describe_table", {"TableName": "T"})
    assert direct == plain
    assert direct["Table"]["CreationDateTime"].year == 2023
    batch: Json = {"Statements": [{"Statement": "s", "Parameters": [{"B": b"\x00"}]}]}
    twins.outcomes([ok({})], "batch_execute_statement", batch)
    plain_sent, direct_sent = (wire.sent[0].body for wire in twins.wires)
    assert direct_sent == plain_sent


def test_a_client_that_is_built_otherwise_is_left_as_it_is(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    client = codec.create_client(
        botocore.session.get_session(),
        region_name="eu-west-1",
        endpoint_url=ENDPOINT,
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    wire = Wire()
    client.meta.events.register("before-send.dynamodb", wire)
    client.put_item(TableName="Table", Item={"a": {"N": str(Decimal(1))}})
    assert json.loads(body_of(wire.sent[0])) == {"TableName": "Table", "Item": {"a": {"N": "1"}}}
    assert [record.message for record in caplog.records] == ["dynamodb_codec_off"]
