"""Requests to DynamoDB: one client, one place where answers are checked and tries repeated.

botocore signs, finds credentials and keeps the connections. It tries each request once; trying
again is decided here, because only here is known what a repeat may do: every write of this package
is conditional or carries its token, so each request may be sent twice. Waiting grows with full
jitter; tries and time are bounded, and what is then still open is a StoreUnavailableError.
"""

import logging
import random
import time
import uuid
from binascii import crc32
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 # botocore's own, the parent of all that cannot connect
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    NoRegionError,
)
from botocore.parsers import ResponseParserError

from opportune.errors import ConfigurationError, StoreError, StoreUnavailableError
from opportune.stores.dynamodb import codec, refusals
from opportune.stores.dynamodb.items import Item
from opportune.stores.dynamodb.refusals import code_of, count_throttle, status_of
from opportune.stores.dynamodb.usage import UsageMeter

logger = logging.getLogger(__name__)

T = TypeVar("T")
V = TypeVar("V")

CONNECT_TIMEOUT_S = 2
READ_TIMEOUT_S = 5
DEADLINE_S = 20
"""Of one request with all its tries: inside the 29 s that an HTTP API grants."""
TRIES = 8
POOL_CONNECTIONS = 64
"""More than the 40 threads in which the HTTP API runs its routes."""
IN_FLIGHT = 8
"""Requests that one call sends at once, where it has many that do not depend on each other."""
BATCH_GET_KEYS = 100
BATCH_WRITE_KEYS = 25

_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 1.0


class DamagedAnswerError(BotoCoreError):
    """The answer's bytes are not those that DynamoDB sent."""

    fmt = "The answer does not match its checksum"


_NO_GOOD_ANSWER = (HTTPClientError, ConnectionError, DamagedAnswerError, ResponseParserError)
"""The network failed, or what came back cannot be read."""


class ConditionFailedError(Exception):
    """A condition did not hold, so nothing was written. Never leaves this package.

    Args:
        failed: Positions of the actions whose condition it was; 0 of a single write.
        is_uncertain: An earlier try of this very request may have been carried out.
    """

    def __init__(self, failed: Collection[int], *, is_uncertain: bool) -> None:
        super().__init__("a condition did not hold")
        self.failed = failed
        self.is_uncertain = is_uncertain


@dataclass(frozen=True)
class Tables:
    """Names of the three tables."""

    sessions: str

    @property
    def history(self) -> str:
        """Of every revision."""
        return f"{self.sessions}-History"

    @property
    def templates(self) -> str:
        """Of the templates."""
        return f"{self.sessions}-Templates"


class Connection:
    """Sends requests; safe to share between threads.

    Args:
        region: Empty = what the AWS settings of this machine say.
        endpoint: Empty = the region's. On a loopback address no credentials are needed.
        in_flight: Requests that one call may have under way; 1 = one after the other.
        sleep, jitter, monotonic: Waiting, a fraction 0..1, seconds; tests pass their own.
    """

    def __init__(  # noqa: PLR0913 # what a connection is made of, by name
        self,
        *,
        region: str = "",
        endpoint: str = "",
        in_flight: int = IN_FLIGHT,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.meter = UsageMeter()
        self._in_flight = in_flight
        self._sleep = sleep
        self._jitter = jitter
        self._monotonic = monotonic
        self.client = open_client(region, endpoint)
        self.client.meta.events.register("after-call.dynamodb", _check_answer)

    @property
    def region(self) -> str:
        """The region that requests go to."""
        return str(self.client.meta.region_name)

    def close(self) -> None:
        """Close the connections."""
        self.client.close()

    def pauses(self) -> Iterator[int]:
        """Yield 0, 1, 2, ... with a growing pause before each but the first, then end."""
        deadline = self._monotonic() + DEADLINE_S
        for number in range(TRIES):
            if number:
                longest = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2 ** (number - 1))
                self._sleep(self._jitter() * longest)
            if self._monotonic() > deadline:
                return
            yield number

    def send(self, operation: str, table: str, **request: Any) -> dict[str, Any]:
        """Send one request, again if need be; `operation` in DynamoDB's spelling.

        Raises:
            ConditionFailedError: A condition of a write did not hold.
            ConfigurationError: No table, no credentials or no permission.
            StoreUnavailableError: No answer, or none but "later", to any try.
        """
        method = getattr(self.client, _METHODS[operation])
        is_uncertain = False
        problem: Exception | None = None
        for _ in self.pauses():
            try:
                response: dict[str, Any] = method(ReturnConsumedCapacity="INDEXES", **request)
            except ClientError as error:
                problem = error
                self._judge(operation, table, error, is_uncertain=is_uncertain)
                is_uncertain |= status_of(error) >= 500  # noqa: PLR2004 # server errors begin there
            except _NO_GOOD_ANSWER as error:
                problem = error
                is_uncertain |= not isinstance(error, EndpointConnectionError | ConnectTimeoutError)
            except BotoCoreError as error:
                raise self._misconfigured(operation, table, error) from error
            else:
                self.meter.add(operation, table, response)
                return response
        reason = code_of(problem) if problem else "deadline"
        self._log(operation, table, reason)
        raise StoreUnavailableError(
            f"DynamoDB did not carry out {operation} on {table} in time ({reason})."
        ) from problem

    def transact(self, table: str, actions: Sequence[Mapping[str, Any]]) -> None:
        """Carry out up to 100 actions, all or none; `table` is for messages.

        The token makes a repeat of the same call one and the same transaction for DynamoDB.
        """
        self.send(
            "TransactWriteItems",
            table,
            TransactItems=list(actions),
            ClientRequestToken=uuid.uuid4().hex,
        )

    def get(self, table: str, key: Item) -> Item | None:
        """Read one item, strongly consistent."""
        response = self.send("GetItem", table, TableName=table, Key=key, ConsistentRead=True)
        item: Item | None = response.get("Item")
        return item

    def get_many(self, table: str, keys: Sequence[Item]) -> list[Item]:
        """Read items, strongly consistent, in any order; those that do not exist are left out."""
        batches = _cut(keys, BATCH_GET_KEYS)
        read = self.each(lambda batch: self._get_batch(table, batch), batches)
        return [item for items in read for item in items]

    def _get_batch(self, table: str, keys: Sequence[Item]) -> list[Item]:
        items: list[Item] = []
        for _ in self.pauses():
            response = self.send(
                "BatchGetItem",
                table,
                RequestItems={table: {"Keys": list(keys), "ConsistentRead": True}},
            )
            items += response["Responses"].get(table, [])
            keys = response.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
            if not keys:
                return items
            count_throttle({"UnprocessedKeys"})
        self._log("BatchGetItem", table, "UnprocessedKeys")
        raise StoreUnavailableError(f"DynamoDB left {len(keys)} keys of {table} unread.")

    def delete_many(self, table: str, keys: Sequence[Item]) -> None:
        """Delete items, whatever they hold; one that does not exist raises no error."""
        self.each(lambda batch: self._delete_batch(table, batch), _cut(keys, BATCH_WRITE_KEYS))

    def _delete_batch(self, table: str, keys: Sequence[Item]) -> None:
        left: dict[str, Any] = {table: [{"DeleteRequest": {"Key": key}} for key in keys]}
        for _ in self.pauses():
            response = self.send("BatchWriteItem", table, RequestItems=left)
            left = response.get("UnprocessedItems", {})
            if not left:
                return
            count_throttle({"UnprocessedItems"})
        self._log("BatchWriteItem", table, "UnprocessedItems")
        raise StoreUnavailableError(f"DynamoDB left items of {table} undeleted.")

    def each(self, do: Callable[[T], V], tasks: Sequence[T]) -> list[V]:
        """Do something for each task, several at once; return the answers in their order."""
        workers = min(self._in_flight, len(tasks))
        if workers <= 1:
            return [do(task) for task in tasks]
        # Each thread works in a copy of our context: what it consumes is counted for our caller.
        contexts = [copy_context() for _ in tasks]
        with ThreadPoolExecutor(workers) as pool:
            return list(pool.map(lambda context, task: context.run(do, task), contexts, tasks))

    def pages(self, operation: str, table: str, **request: Any) -> Iterator[dict[str, Any]]:
        """Yield every page of a Query or Scan: an empty one need not be the last."""
        while True:
            page = self.send(operation, table, TableName=table, **request)
            yield page
            if not page.get("LastEvaluatedKey"):
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def query(self, table: str, condition: str, **request: Any) -> Iterator[Item]:
        """Yield every item of a strongly consistent Query on a table."""
        for page in self.pages(
            "Query", table, KeyConditionExpression=condition, ConsistentRead=True, **request
        ):
            yield from page["Items"]

    def _judge(self, operation: str, table: str, error: ClientError, *, is_uncertain: bool) -> None:
        """Return if trying again makes sense; raise what the error means otherwise."""
        code = code_of(error)
        count_throttle({code})
        if code == "ConditionalCheckFailedException":
            raise ConditionFailedError({0}, is_uncertain=is_uncertain) from error
        if code == "TransactionCanceledException":
            reasons: list[Any] = list(error.response.get("CancellationReasons", []))
            codes = {reason.get("Code", "None") for reason in reasons}
            count_throttle(codes)
            failed = {
                place
                for place, reason in enumerate(reasons)
                if reason.get("Code") == "ConditionalCheckFailed"
            }
            if failed:
                raise ConditionFailedError(failed, is_uncertain=is_uncertain) from error
            if codes and codes <= refusals.TRANSIENT_REASONS:
                return
        if code in refusals.TRANSIENT or status_of(error) >= 500:  # noqa: PLR2004 # server errors
            return
        if code in refusals.ACCESS or code == "ResourceNotFoundException":
            raise self._misconfigured(operation, table, error) from error
        self._log(operation, table, code)
        raise StoreError(f"DynamoDB refused {operation} on {table} ({code}).") from error

    def _misconfigured(self, operation: str, table: str, error: Exception) -> ConfigurationError:
        code = code_of(error)
        self._log(operation, table, code)
        if code == "ResourceNotFoundException":
            return ConfigurationError(
                f"Table {table} does not exist in region {self.region}: set DYNAMODB_TABLE_NAME "
                "and AWS_REGION, or create it from infra/storage.yaml "
                "(`opportune store create-tables` for a local endpoint)."
            )
        return ConfigurationError(
            f"No access for {operation} on {table} in region {self.region} ({code}): check the "
            "AWS credentials and that they are granted infra/iam-service.json."
        )

    def _log(self, operation: str, table: str, code: str) -> None:
        logger.error(
            "DynamoDB ERROR",
            extra={"operation": operation, "table": table, "region": self.region, "code": code},
        )


_METHODS = {
    "BatchGetItem": "batch_get_item",
    "BatchWriteItem": "batch_write_item",
    "GetItem": "get_item",
    "PutItem": "put_item",
    "Query": "query",
    "Scan": "scan",
    "TransactWriteItems": "transact_write_items",
    "UpdateItem": "update_item",
}


def open_client(region: str, endpoint: str) -> Any:
    """Make a botocore client for DynamoDB.

    Raises:
        ConfigurationError: No region is known.
    """
    is_local = urlsplit(endpoint).hostname in ("127.0.0.1", "localhost", "::1")
    session = botocore.session.get_session()
    try:
        return codec.create_client(
            session,
            region_name=region or ("us-east-1" if is_local else None),
            endpoint_url=endpoint or None,
            config=Config(
                connect_timeout=CONNECT_TIMEOUT_S,
                read_timeout=READ_TIMEOUT_S,
                max_pool_connections=POOL_CONNECTIONS,
                retries={"mode": "standard", "total_max_attempts": 1},
                parameter_validation=False,  # requests are built here, not by users
                user_agent=session.user_agent(),  # else it is put together twice a request
            ),
            aws_access_key_id="local" if is_local else None,
            aws_secret_access_key="local" if is_local else None,  # no secret
        )
    except NoRegionError:
        raise ConfigurationError("AWS_REGION is not set: name the region of the tables.") from None
    except (BotoCoreError, ValueError) as error:
        raise ConfigurationError(
            f"No DynamoDB client for region {region!r}, endpoint {endpoint!r}: {error}"
        ) from error


def _check_answer(http_response: Any, **_: object) -> None:
    """Refuse an answer whose bytes were changed on the way; botocore lets the last one pass."""
    checksum = http_response.headers.get("x-amz-crc32")
    if checksum is not None and crc32(http_response.content) != int(checksum):
        raise DamagedAnswerError


def _cut(keys: Sequence[Item], size: int) -> list[Sequence[Item]]:
    return [keys[start : start + size] for start in range(0, len(keys), size)]
