"""What a running process tells whoever watches it: log lines, metrics and, on wish, traces.

Every event has a constant name, its facts stand beside it. As JSON a line is an object of its own,
and those of store operations and requests are also CloudWatch metrics in the embedded format
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
Nothing about a customer is logged: no name, host or text, and of a session only a digest.
"""

import hashlib
import json
import logging
import sys
import time
import traceback
from collections.abc import Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from opportune.settings import Settings
from opportune.stores.observing import Observation

NAMESPACE = "Opportune"
STORE_OPERATION = "store-operation"
REQUEST = "request"

logger = logging.getLogger("opportune.monitoring")

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
"""Of the request being served; stands on every line that is logged meanwhile."""

_STORE_METRICS = {
    "Latency": "Milliseconds",
    "Conflicts": "Count",
    "Throttles": "Count",
    "Unavailable": "Count",
    "ReadUnits": "Count",
    "WriteUnits": "Count",
}
_REQUEST_METRICS = {"Duration": "Milliseconds", "ServerErrors": "Count"}
_PLAIN_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def configure(settings: Settings) -> None:
    """Set up logging for a process that serves; again is the same as once.

    Lines go to standard error: JSON on Lambda and where OPPORTUNITY_LOG_FORMAT says so, else text.
    """
    is_json = settings.log_format == "json"
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if is_json else TextFormatter())
    # In place of handlers that are there: Lambda's own would print everything a second time.
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("opportune").setLevel(logging.INFO)
    # Metrics are for machines: as text they would only hide what is said to people.
    logger.setLevel(logging.INFO if is_json else logging.WARNING)


def store_operation(observation: Observation) -> None:
    """Log an operation on the store, with its metrics by store and operation."""
    if not logger.isEnabledFor(logging.INFO):
        return
    values = {
        "Latency": round(observation.latency_ms, 3),
        "Conflicts": observation.conflicts,
        "Throttles": observation.throttles,
        "Unavailable": observation.unavailable,
        "ReadUnits": observation.read_units,
        "WriteUnits": observation.write_units,
    }
    dimensions = {"Store": observation.store, "Operation": observation.operation}
    facts = {
        "requests": observation.requests,
        "session": digest(observation.session_id),
        "failure": observation.failure,
    }
    _log_metrics(STORE_OPERATION, dimensions, _STORE_METRICS, values, facts)


def request_served(
    *, method: str, route: str, status: int, duration_ms: float, request_id: str
) -> None:
    """Log a request, with its metrics by route.

    Args:
        method: `GET`, ...
        route: The template that it fits, as `/api/sessions/{session_id}`; never the path itself.
        status: Of the answer.
        duration_ms: Until the last byte was sent.
        request_id: As the answer has it.
    """
    if not logger.isEnabledFor(logging.INFO):
        return
    values = {"Duration": round(duration_ms, 3), "ServerErrors": int(status >= 500)}  # noqa: PLR2004 - they begin there
    dimensions = {"Route": f"{method} {route}"}
    facts = {"status": status, "requestId": request_id}
    _log_metrics(REQUEST, dimensions, _REQUEST_METRICS, values, facts)


def digest(session_id: str) -> str:
    """Return what stands for a session in the log: ids may be chosen by users, and say too much."""
    return hashlib.sha256(session_id.encode()).hexdigest()[:12] if session_id else ""


def _log_metrics(
    event: str,
    dimensions: Mapping[str, str],
    units: Mapping[str, str],
    values: Mapping[str, float],
    facts: Mapping[str, object],
) -> None:
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [list(dimensions)],
        "Metrics": [{"Name": name, "Unit": unit} for name, unit in units.items()],
    }
    embedded = {"Timestamp": time.time_ns() // 1_000_000, "CloudWatchMetrics": [directive]}
    logger.info(event, extra={"_aws": embedded, **dimensions, **values, **facts})


class JsonFormatter(logging.Formatter):
    """One line, one JSON object: `time`, `level`, `logger`, `event`, `requestId` and the facts."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        told: dict[str, Any] = {
            "time": _time_of(record),
            "level": record.levelname,
            "logger": record.name,
            "event": record.getMessage(),
        }
        if REQUEST_ID.get():
            told["requestId"] = REQUEST_ID.get()
        told |= _log_fields(record)
        if record.exc_info:
            told["exception"] = _exception(record.exc_info[1])
        return json.dumps(told, default=str)  # ASCII: whatever is in it, it stays one line


class TextFormatter(logging.Formatter):
    """The same for people: time, level, event, facts."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        facts = {"requestId": REQUEST_ID.get()} if REQUEST_ID.get() else {}
        facts |= _log_fields(record)
        told = " ".join(f"{name}={value!r}" for name, value in facts.items())
        line = f"{_time_of(record)} {record.levelname} {record.getMessage()} {told}".rstrip()
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _exception(error: BaseException | None) -> dict[str, object]:
    """Return where an error was raised. Its message is left out: it may quote a customer's file."""
    frames = traceback.extract_tb(error.__traceback__) if error else ()
    places = [f"{Path(one.filename).name}:{one.lineno} {one.name}" for one in frames]
    return {"type": type(error).__name__, "at": places}


def _log_fields(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _PLAIN_FIELDS}


def _time_of(record: logging.LogRecord) -> str:
    seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
    return f"{seconds}.{int(record.msecs):03}Z"
