"""What DynamoDB's error codes mean for who sent the request."""

from collections.abc import Iterable

from botocore.exceptions import ClientError

from opportune.stores import observing

TRANSIENT = frozenset(
    {
        "InternalServerError",
        "InternalFailure",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    },
)
TRANSIENT_REASONS = frozenset(
    {"None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
)
THROTTLES = frozenset(
    {
        "LimitExceededException",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingError",
        "ThrottlingException",
        "UnprocessedItems",
        "UnprocessedKeys",
    },
)
"""Also of a transaction's reasons, and of batches that were carried out in part."""
ACCESS = frozenset(
    {
        "AccessDeniedException",
        "ExpiredTokenException",
        "IncompleteSignatureException",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "UnrecognizedClientException",
    },
)


def code_of(error: Exception) -> str:
    """Return DynamoDB's code of an error; the class of one that is not from DynamoDB."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", ""))
    return type(error).__name__


def status_of(error: ClientError) -> int:
    """Return the HTTP status that an error came with."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def count_throttle(codes: Iterable[str]) -> None:
    """Count it for the operation under way if one of the codes says "slower"."""
    observation = observing.current()
    if observation is not None and not THROTTLES.isdisjoint(codes):
        observation.throttled()
