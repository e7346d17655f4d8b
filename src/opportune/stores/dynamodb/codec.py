"""A botocore client for DynamoDB that reads and writes its JSON directly.

Requests of this package are in DynamoDB's own JSON already (`{"S": "text"}`), and so are the
answers that it wants. botocore walks its service model over every value both ways, which costs more
than all the rest of a call. Here both walks are left out, for the operations on items and where the
outcome is the same; everything else stays botocore's: credentials, endpoints, signing, connections,
retries, checksums, and the reading of every error.

What is sent means what botocore would have sent; letters beyond ASCII travel as UTF-8 instead of
escapes. What is returned is what it would have returned, but for members that its model does not
know: they are kept. Binary values need the walk, so there must be none: they would go out, and come
back, unconverted.
"""

import json
import logging
from binascii import crc32
from collections.abc import Mapping
from typing import Any

from botocore.model import OperationModel, Shape
from botocore.parsers import JSONParser, ResponseParser, ResponseParserError, ResponseParserFactory
from botocore.serialize import JSONSerializer
from botocore.session import Session
from botocore.utils import lowercase_dict
from pydantic_core import PydanticSerializationError, to_json

logger = logging.getLogger(__name__)

OPERATIONS = frozenset(
    {
        "BatchGetItem",
        "BatchWriteItem",
        "DeleteItem",
        "GetItem",
        "PutItem",
        "Query",
        "Scan",
        "TransactGetItems",
        "TransactWriteItems",
        "UpdateItem",
    },
)
"""Those whose model has nothing that JSON cannot say but binary values."""

_OUTPUTS = frozenset(f"{operation}Output" for operation in OPERATIONS)


def create_client(session: Session, **options: Any) -> Any:
    """Make a DynamoDB client with this codec.

    Args:
        session: Of its own; clients made of it later have the parser too.
        options: As for `session.create_client`. The parameter validation must be off in `config`:
            it is part of what is replaced.
    """
    session.register_component("response_parser_factory", DirectParserFactory())
    client: Any = session.create_client("dynamodb", **options)
    install_serializer(client)
    return client


def install_serializer(client: Any) -> bool:
    """Put the direct serializer into a client; False if it is not built as we know it.

    The attribute is private to botocore. If it ever holds something else, that stays, and the
    client is only slower.
    """
    found = getattr(client, "_serializer", None)
    if type(found) is not JSONSerializer:
        logger.warning("dynamodb_codec_off", extra={"serializer": type(found).__name__})
        return False
    client._serializer = DirectSerializer(found)  # noqa: SLF001 # guarded above, see the docstring
    return True


class DirectSerializer:
    """Writes request bodies without a walk.

    Args:
        walking: botocore's own, for everything else.
    """

    def __init__(self, walking: JSONSerializer) -> None:
        self._walking = walking
        self._frames: dict[str, dict[str, Any]] = {}

    def serialize_to_request(
        self, parameters: Mapping[str, Any], operation_model: OperationModel
    ) -> dict[str, Any]:
        """Answer as botocore's serializer does."""
        operation = operation_model.name
        body = _written(parameters) if operation in OPERATIONS else None
        if body is None:
            walked: dict[str, Any] = self._walking.serialize_to_request(parameters, operation_model)
            return walked
        frame = self._frames.get(operation)
        if frame is None:
            frame = self._walking.serialize_to_request({}, operation_model)
            self._frames[operation] = frame
        return frame | {"headers": dict(frame["headers"]), "body": body}


def _written(parameters: Mapping[str, Any]) -> bytes | None:
    """Write a body; None if UTF-8 cannot say it (half a surrogate pair)."""
    try:
        return to_json(parameters)
    except PydanticSerializationError:
        return None


class DirectParserFactory(ResponseParserFactory):
    """Hands out the direct parser for DynamoDB's protocol, botocore's own for every other."""

    def __init__(self) -> None:
        super().__init__()
        self._direct = DirectParser()

    def create_parser(self, protocol_name: str) -> ResponseParser:
        """Answer as botocore's factory does."""
        if protocol_name == "json":
            return self._direct
        parser: ResponseParser = super().create_parser(protocol_name)
        return parser


class DirectParser(JSONParser):
    """Reads answers without a walk.

    A successful answer that is not a JSON object does not count as one: botocore would take it for
    an empty answer, which reads as "there is no such item". If the checksum tells that it was
    damaged on the way, it is left to botocore's retries, which check that; otherwise it is refused
    here.
    """

    def parse(self, response: Mapping[str, Any], shape: Shape | None) -> Any:
        """Answer as botocore's parser does.

        Raises:
            ResponseParserError: Something that DynamoDB cannot have sent.
        """
        if response["status_code"] != 200 or shape is None or shape.name not in _OUTPUTS:  # noqa: PLR2004 # HTTP's OK
            return self._walked(response, shape)
        body: bytes = response["body"]
        headers = response["headers"]
        parsed = _object(body)
        if parsed is None:
            if not _is_damaged(body, headers):
                raise ResponseParserError("The answer is not a JSON object.")
            parsed = {}
        parsed["ResponseMetadata"] = {"HTTPStatusCode": 200, "HTTPHeaders": lowercase_dict(headers)}
        if "x-amzn-requestid" in headers:
            parsed["ResponseMetadata"]["RequestId"] = headers["x-amzn-requestid"]
        return parsed

    def _walked(self, response: Mapping[str, Any], shape: Shape | None) -> Any:
        """Let botocore read it; where it stumbles over a body, say so in its own terms."""
        try:
            return super().parse(response, shape)  # type: ignore[arg-type] # None is allowed
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ResponseParserError(f"The answer cannot be read: {error!r}.") from error


def _object(body: bytes) -> dict[str, Any] | None:
    """Read a JSON object, without the members that are null; None if it is none."""
    try:
        read = json.loads(body)
    except ValueError:
        return None
    if not isinstance(read, dict):
        return None
    return {name: value for name, value in read.items() if value is not None}


def _is_damaged(body: bytes, headers: Mapping[str, str]) -> bool:
    checksum = headers.get("x-amz-crc32")
    return checksum is not None and crc32(body) != int(checksum)
