"""The log of a server that runs by command: a line of JSON for each event, on standard error."""

import json
import logging
from datetime import UTC, datetime

from opportune.times import time_text

_ALWAYS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class JsonLines(logging.Formatter):
    """Writes an event's name and its facts; a line break within them ends no line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, object] = {
            "time": time_text(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _ALWAYS}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def write_log() -> None:
    """Write what the product logs to standard error from now on."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("opportune")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
